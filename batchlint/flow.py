"""Where values go inside one function: what reaches a request, what an answer reaches, and whether the next one needs it.

Flow-insensitive and by name (`x`, `self.x`), so it errs on the side of "reaches".
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from batchlint.facts import FunctionFacts, LoopNode, walk_own

_MUTATORS = frozenset(
    {"append", "extend", "add", "update", "insert", "appendleft", "push", "setdefault", "add_message", "append_message",
     "add_user_message", "add_ai_message", "add_messages", "put"}
)  # fmt: skip


def names(node: ast.AST) -> set[str]:
    """The names that `node` reads: `x`, and `self.x` for attributes of a plain name."""
    found: set[str] = set()
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, ast.Attribute) and isinstance(current.value, ast.Name):
            found.add(f"{current.value.id}.{current.attr}")
            found.add(current.value.id)
        elif isinstance(current, ast.Name):
            found.add(current.id)
        else:
            stack.extend(ast.iter_child_nodes(current))
    return found


def _reads(node: ast.AST) -> set[str]:
    """Like `names`, but an attribute of a plain name counts as itself only."""
    found: set[str] = set()
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, ast.Attribute) and isinstance(current.value, ast.Name):
            found.add(f"{current.value.id}.{current.attr}")
            if current.value.id not in {"self", "cls"}:
                found.add(current.value.id)
        elif isinstance(current, ast.Name):
            found.add(current.id)
        else:
            stack.extend(ast.iter_child_nodes(current))
    return found


def targets(node: ast.expr) -> Iterator[str]:
    """The names that an assignment target gives a value; an item's container counts as given one too."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Tuple | ast.List):
        for element in node.elts:
            yield from targets(element)
    elif isinstance(node, ast.Starred):
        yield from targets(node.value)
    elif isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
        else:
            yield from targets(node.value)
    elif isinstance(node, ast.Subscript):
        yield from targets(node.value)


def moves(statements: Iterable[ast.AST]) -> list[tuple[set[str], list[ast.AST], bool]]:
    """What flows where: the names that get a value, the expressions it comes from, whether the old value goes."""
    found: list[tuple[set[str], list[ast.AST], bool]] = []
    for statement in statements:
        for node in walk_own(statement):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    found.append((set(targets(target)), [node.value], isinstance(target, ast.Name)))
            elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                found.append((set(targets(node.target)), [node.value], True))
            elif isinstance(node, ast.AugAssign):
                found.append((set(targets(node.target)), [node.value], False))
            elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
                found.append((set(targets(node.target)), [node.iter], True))
            elif isinstance(node, ast.With | ast.AsyncWith):
                for item in node.items:
                    if item.optional_vars is not None:
                        found.append((set(targets(item.optional_vars)), [item.context_expr], True))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATORS:
                values: list[ast.AST] = [*node.args, *(k.value for k in node.keywords)]
                found.append((set(targets(node.func.value)), values, False))
    return found


def reached(
    seeds: set[str], rows: list[tuple[set[str], list[ast.AST], bool]], source: ast.AST | None = None
) -> set[str]:
    """The names that values of `seeds`, or of the expression `source`, reach through the moves in `rows`."""
    read = [
        (set().union(*(_reads(value) for value in values)), source is not None and _holds(values, source), given)
        for given, values, _ in rows
    ]
    found = set(seeds)
    changed = True
    while changed:
        changed = False
        for reads, holds, given in read:
            if not given <= found and (holds or reads & found):
                found |= given
                changed = True
    return found


def _holds(values: Iterable[ast.AST], wanted: ast.AST) -> bool:
    return any(node is wanted for value in values for node in ast.walk(value))


def body(function: FunctionFacts) -> list[ast.AST]:
    node = function.node
    return [node.body] if isinstance(node, ast.Lambda) else list(node.body)


def takes_parameters(function: FunctionFacts, arguments: Iterable[ast.AST]) -> bool:
    """Whether the function passes one of its parameters on to `arguments`: then its callers decide on the request."""
    parameters = {p.arg for p in function.parameters()}
    args = function.arguments
    if args is not None:
        parameters |= {a.arg for a in (args.vararg, args.kwarg) if a is not None}
    parameters -= {"self", "cls"}
    if not parameters:
        return False
    wanted = set().union(*(_reads(argument) for argument in arguments), set())
    if wanted & parameters:
        return True
    return bool(wanted & reached(parameters, moves(body(function))))


def request_arguments(call: ast.Call) -> list[ast.AST]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def carried(loop: LoopNode, call: ast.Call, arguments: list[ast.AST]) -> str | None:
    """The name through which one iteration's answer reaches the next iteration's request; None if there is none."""
    if isinstance(loop, ast.comprehension):
        return None
    rows = moves(loop.body)
    tainted = reached(set(), rows, call)
    if not tainted:
        return None
    fresh = _fresh(loop)
    wanted = set().union(*(_reads(argument) for argument in arguments), set())
    needed = _needed(wanted, rows)
    for name in sorted(tainted & needed):
        if name not in fresh and name.partition(".")[0] not in fresh:
            return name
    return None


def _needed(wanted: set[str], rows: list[tuple[set[str], list[ast.AST], bool]]) -> set[str]:
    """All names that `wanted` is worked out from."""
    found = set(wanted)
    changed = True
    while changed:
        changed = False
        for given, values, _ in rows:
            if given & found:
                reads = set().union(*(_reads(value) for value in values), set())
                if not reads <= found:
                    found |= reads
                    changed = True
    return found


def _fresh(loop: ast.For | ast.AsyncFor | ast.While) -> set[str]:
    """Names that every iteration gives a new value before anything else: the target, and plain assignments at the top level."""
    found = set(targets(loop.target)) if isinstance(loop, ast.For | ast.AsyncFor) else set()
    used: set[str] = set()
    for statement in _straight(loop.body):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            used |= _reads(statement.value)
            given = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in given:
                for name in targets(target):
                    if not isinstance(target, ast.Subscript) and name not in used:
                        found.add(name)
        elif isinstance(statement, ast.For | ast.AsyncFor):
            used |= _reads(statement.iter)
            found |= {name for name in targets(statement.target) if name not in used}
            used |= set().union(*(_reads(inner) for inner in statement.body), set()) - found
        elif isinstance(statement, ast.With | ast.AsyncWith):
            for item in statement.items:
                used |= _reads(item.context_expr)
                if item.optional_vars is not None:
                    found |= {name for name in targets(item.optional_vars) if name not in used}
        else:
            used |= _reads(statement) - found
    return found


def _straight(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in statements:
        yield statement
        if isinstance(statement, ast.With | ast.AsyncWith | ast.Try):
            yield from _straight(statement.body)


def stops_early(loop: LoopNode, call: ast.Call) -> ast.stmt | None:
    """The `break` or `return` under a condition on the answer that ends the loop; None if there is none."""
    if isinstance(loop, ast.comprehension):
        return None
    tainted = reached(set(), moves(loop.body), call)
    return _exit(loop.body, tainted, call, 0, False)


def _exit(statements: list[ast.stmt], tainted: set[str], call: ast.Call, depth: int, under: bool) -> ast.stmt | None:
    for statement in statements:
        if isinstance(statement, ast.Return) and under:
            return statement
        if isinstance(statement, ast.Break) and under and depth == 0:
            return statement
        inner: list[tuple[list[ast.stmt], int, bool]] = []
        if isinstance(statement, ast.If):
            tests = under or bool(_reads(statement.test) & tainted) or _holds([statement.test], call)
            inner = [(statement.body, depth, tests), (statement.orelse, depth, tests)]
        elif isinstance(statement, ast.For | ast.AsyncFor | ast.While):
            inner = [(statement.body, depth + 1, under)]
        elif isinstance(statement, ast.With | ast.AsyncWith):
            inner = [(statement.body, depth, under)]
        elif isinstance(statement, ast.Try):
            inner = [(statement.body, depth, under), (statement.orelse, depth, under), (statement.finalbody, depth, under)]
        for nested, level, tests in inner:
            found = _exit(nested, tainted, call, level, tests)
            if found is not None:
                return found
    return None


def remembers(function: FunctionFacts, call: ast.Call, arguments: list[ast.AST]) -> str | None:
    """An attribute that holds earlier answers and goes into the request, as a conversation's history does."""
    rows = moves(body(function))
    tainted = reached(set(), rows, call)
    needed = _needed(set().union(*(_reads(argument) for argument in arguments), set()), rows)
    for name in sorted(tainted & needed):
        if name.startswith(("self.", "cls.")):
            return name
    return None
