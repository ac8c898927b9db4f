"""Where values go inside one function: into a request, out of an answer, from one iteration to the next.

Flow-insensitive and by name (`x`, `self.x`), so it errs on the side of "reaches".
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from batchlint import countdowns, lastturns, lookedup, settled, trees
from batchlint.facts import FunctionFacts, LoopNode
from batchlint.items import Constants, Turn, is_apart, paired, read_again, turn_of
from batchlint.trees import SCOPES, children, is_none, spreads, stands_in, walk


class Move(NamedTuple):
    """Names that get a value, and the expressions that it comes from."""

    given: set[str]
    values: tuple[ast.AST, ...]
    reads: set[str]
    """The names that the expressions read."""
    within: ast.AST | None
    """The comprehension in which alone it counts."""
    item: ast.Subscript | None = None
    """The item of a container that gets it, where only one does."""


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_OWN = ("self.", "cls.")
_VIEWS = frozenset({"items", "keys", "values"})
"""Methods whose result shows what the object becomes."""
_LEAVES = (ast.Name, ast.Constant)
_LOOPS = (ast.For, ast.AsyncFor)
MUTATORS = frozenset(
    {"append", "extend", "add", "update", "insert", "appendleft", "push", "setdefault", "add_message", "append_message",
     "add_user_message", "add_ai_message", "add_messages", "put"}
)  # fmt: skip


def reads(node: ast.AST) -> set[str]:
    """The names that `node` reads: `x`, and `a.b` for attributes of a name; what it binds itself stays inside."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Constant):
        return set()
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        owner = node.value.id
        return {f"{owner}.{node.attr}"} if owner in {"self", "cls"} else {f"{owner}.{node.attr}", owner}
    found: set[str] = set()
    for child in children(node):
        found |= reads(child)
    if isinstance(node, _COMPREHENSIONS):
        bound = set().union(*(set(targets(generator.target)) for generator in node.generators))
        found = {name for name in found if name.partition(".")[0] not in bound}
    if isinstance(node, ast.Lambda):
        own = {argument.arg for argument in walk(node.args) if isinstance(argument, ast.arg)}
        found = {name for name in found if name.partition(".")[0] not in own} | all_read(children(node.args))
    return found


def all_read(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that any of the nodes reads."""
    return set().union(*map(reads, nodes))


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


def moves(statements: Iterable[ast.AST], inside: Iterable[ast.AST] = (), steered: Collection[str] = ()) -> list[Move]:
    """What flows where in the statements, nested functions left out.

    What is changed in place under a condition also says something about the condition, and so does a name of `steered`,
    whatever it becomes. The names that a comprehension binds count only where it holds one of the nodes `inside`:
    elsewhere they may be others of the same spelling.
    """
    found: list[Move] = []
    for statement in statements:
        _moves(statement, [], found, steered)
    return _counting(found, inside)


def moves_of(function: FunctionFacts, inside: Iterable[ast.AST] = ()) -> list[Move]:
    """`moves` of the function's body, found once."""
    if function.moves is None:
        function.moves = []
        for statement in body(function):
            _moves(statement, [], function.moves)
    return _counting(function.moves, inside)


def _counting(rows: list[Move], inside: Iterable[ast.AST]) -> list[Move]:
    nodes = {id(node) for node in inside}
    return [row for row in rows if row.within is None or any(id(inner) in nodes for inner in walk(row.within))]


def _moves(node: ast.AST, tests: list[ast.AST], found: list[Move], steered: Collection[str] = ()) -> None:
    if isinstance(node, _LEAVES):
        return

    def move(target: ast.expr, *values: ast.AST, within: ast.AST | None = None) -> None:
        read = all_read(values)
        item = target if isinstance(target, ast.Subscript) else None
        found.append(Move(set(targets(target)), values, read, within, item))

    if isinstance(node, ast.Assign):
        for target in node.targets:
            in_place = isinstance(target, ast.Subscript) or not whole(target).isdisjoint(steered)
            move(target, node.value, *(tests if in_place else ()))
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
        if node.value is not None:
            move(node.target, node.value)
    elif isinstance(node, ast.AugAssign):
        move(node.target, node.value, *tests)
    elif isinstance(node, _LOOPS):
        for target, source in paired(node.target, node.iter):
            move(target, source)
    elif isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            if item.optional_vars is not None:
                move(item.optional_vars, item.context_expr)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            move(node.func.value, *node.args, *(k.value for k in node.keywords), *tests)
    elif isinstance(node, _COMPREHENSIONS):
        for generator in node.generators:
            for target, source in paired(generator.target, generator.iter):
                move(target, source, within=node)
    elif isinstance(node, ast.If):
        _moves(node.test, tests, found, steered)
        under = tests if _is_presence(node.test) else [*tests, node.test]
        for statement in (*node.body, *node.orelse):
            _moves(statement, under, found, steered)
        return
    for child in children(node):
        if not isinstance(child, SCOPES):
            _moves(child, tests, found, steered)


def _is_presence(test: ast.expr) -> bool:
    """Whether the test only asks if there is something, as `before is not None` does from the second turn on."""
    return (
        isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is | ast.IsNot) and is_none(test.comparators[0])
    )


def reached(seeds: set[str], rows: list[Move], source: ast.expr | None = None) -> set[str]:
    """The names that values of `seeds`, or of the expression `source`, reach through the moves in `rows`."""
    found = set(seeds)
    if source is not None:
        for row in rows:
            if holds(row.values, source):
                found |= row.given
    changed = True
    while changed:
        changed = False
        for row in rows:
            if not row.given <= found and not row.reads.isdisjoint(found):
                found |= row.given
                changed = True
    return found


def holds(values: Iterable[ast.AST], wanted: ast.expr) -> bool:
    """Whether the expression stands in one of the values."""
    return any(stands_in(wanted, value) for value in values)


def body(function: FunctionFacts) -> list[ast.AST]:
    node = function.node
    return [node.body] if isinstance(node, ast.Lambda) else list(node.body)


def taken_parameters(
    function: FunctionFacts,
    arguments: Iterable[ast.AST],
    inner: Sequence[Move] = (),
) -> set[str]:
    """The parameters that the function passes on to `arguments`: whoever gives them decides on the request.

    `inner` are the moves of a nested function in which the arguments stand. `*` and `**` stand for the rest.
    """
    parameters = {parameter.arg: parameter.arg for parameter in function.parameters}
    args = function.arguments
    if args is not None:
        parameters |= {rest.arg: sign for rest, sign in ((args.vararg, "*"), (args.kwarg, "**")) if rest is not None}
    for own in ("self", "cls"):
        parameters.pop(own, None)
    if not parameters:
        return set()
    arguments = list(arguments)
    wanted = all_read(arguments)
    rows = [*moves_of(function, arguments), *inner]
    return {sign for name, sign in parameters.items() if wanted & reached({name}, rows)}


def gives_answer(function: FunctionFacts, call: ast.Call, saving: frozenset[str] = frozenset()) -> bool:
    """Whether what the call gives is what the function gives: returned, yielded, or put into one of its parameters.

    A parameter that the function saves itself, by a method named in `saving`, is its own work done, not an answer.
    """
    tainted = reached(set(), moves_of(function, [call]), call)
    for expression in (*function.returns, *function.yields):
        if reads(expression) & tainted or holds([expression], call):
            return True
    parameters = set(function.parameter_names)
    for node in (node for statement in body(function) for node in walk(statement)):
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and reads(node.iter) & parameters:
            parameters |= set(targets(node.target))
    nodes = (node for statement in body(function) for node in walk(statement))
    parameters -= {
        name
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in saving
        for name in reads(node.func.value)
    }
    return any(name.partition(".")[0] in parameters for name in tainted) or _fills_returned(function, tainted)


def _fills_returned(function: FunctionFacts, tainted: set[str]) -> bool:
    """Whether parts of a parameter that the function returns get what is `tainted`: `part["label"] = answer`."""
    given = {each.id for each in function.returns if isinstance(each, ast.Name)} & function.parameter_names
    rows = moves_of(function) if given else []
    parts = reached(given, rows) if given else set()
    return any(row.item is not None and row.reads & tainted and row.given & parts for row in rows)


def goes_into(function: FunctionFacts, call: ast.Call, other: ast.Call) -> bool:
    """Whether what `call` gives is an argument of `other`, directly or through variables."""
    arguments = request_arguments(other)
    if holds(arguments, call):
        return True
    tainted = reached(set(), moves_of(function, [call]), call)
    return any(reads(argument) & tainted for argument in arguments)


def request_arguments(call: ast.Call) -> list[ast.AST]:
    return [*trees.arguments(call)]


def parameter_of(function: FunctionFacts, call: ast.Call, argument: ast.AST, first: int = 0) -> str | None:
    """The parameter that the argument becomes; "*" and "**" stand for the rest, None for what cannot be told.

    `first`: how many arguments stand before those of the function.
    """
    names = [parameter.arg for parameter in function.parameters]
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    if spreads(call):
        return None
    for position, given in enumerate(call.args, -first):
        if given is argument:
            return None if position < 0 else names[position] if position < len(names) else "*"
    keyword = next((k.arg for k in call.keywords if k.value is argument), None)
    return keyword if keyword in names else "**"


def carried(
    loop: LoopNode,
    call: ast.Call,
    arguments: list[ast.AST],
    apart: frozenset[str] = frozenset(),
    constants: Constants = lambda node: node,
    seen: Callable[[Move], Move] = lambda row: row,
) -> str | None:
    """The name through which one iteration's answer reaches the next iteration's request; None if there is none.

    Through the names `apart` an answer only decides what is asked again; a row counts as it is `seen`.
    """
    if isinstance(loop, ast.comprehension):
        return None
    last_turn = {id(node) for statement in lastturns.parted(loop) for node in walk(statement)}
    if id(call) in last_turn:
        return None
    bounds = reads(loop.test) if isinstance(loop, ast.While) else ()  # `while low < high`: an answer moves one of them
    rows = [
        seen(row) for row in moves(loop.body, [call], bounds) if not row.given <= apart and not _all_in(row, last_turn)
    ]
    if not reached(set(), rows, call):
        return None
    # What is worked out behind the call is no part of its request, unless an inner loop comes back to the call.
    last = max(_ends_of_loops(loop.body, call), default=call.end_lineno or call.lineno)
    before = [row for row in rows if any(getattr(value, "lineno", 0) <= last for value in row.values)]
    turning = frozenset(targets(loop.target)) if isinstance(loop, ast.For | ast.AsyncFor) else frozenset()

    is_stored = isinstance(loop, ast.For | ast.AsyncFor) and any(row.item is not None for row in rows)
    turn = turn_of(loop, turning) if is_stored else Turn(turning)  # type: ignore[arg-type]

    def is_own(row: Move) -> bool:
        """Whether what the row stores is an item that no other iteration's request reads."""
        read = [*arguments, *(value for each in before if each is not row for value in each.values)]
        return row.item is not None and is_apart(row.item, read, turn, constants)

    own = {id(row) for row in rows if is_own(row)}
    tainted = reached(set(), _of_this_turn([row for row in rows if id(row) not in own], loop, call, turning), call)
    unset = exposed(loop)
    counted = countdowns.of(loop)
    wanted = settled.traced(loop.body, call, all_read(arguments) - countdowns.only(counted, arguments), reads)
    others = [row for row in before if id(row) not in own]
    needed = _needed(
        wanted,
        [row._replace(reads=row.reads - countdowns.only(counted, row.values)) for row in others] if counted else others,
    )
    found = sorted(tainted & needed)
    shared = lookedup.shared(loop, turning, MUTATORS) if found else frozenset()
    for name in found:
        if name in unset or name in shared:
            return name
    stored = [row.item for row in rows if row.item is not None and (row.reads & tainted or holds(row.values, call))]
    container = _iterated(loop)
    if not stored or container is None:
        return None
    read = [*arguments, *(value for row in before if row.given & needed for value in row.values)]
    keys = [item.slice for item in stored if isinstance(item.value, ast.Name) and item.value.id in turning]
    return container if any(read_again(key, container, read, turning) for key in keys) else None


def _all_in(row: Move, nodes: Collection[int]) -> bool:
    return bool(row.values) and id(row.values[0]) in nodes


def _of_this_turn(rows: list[Move], loop: LoopNode, call: ast.Call, turning: frozenset[str]) -> list[Move]:
    """The rows, without what those in front of the call read of the turn's own item: no answer has reached that yet."""
    if not turning or any(True for _ in _ends_of_loops(loop.body, call)):  # type: ignore[union-attr]
        return rows
    return [
        row._replace(reads=row.reads - turning) if all(_is_before(value, call) for value in row.values) else row
        for row in rows
    ]


def _is_before(node: ast.AST, call: ast.Call) -> bool:
    end = getattr(node, "end_lineno", None) or call.lineno
    return end < call.lineno


def _iterated(loop: ast.For | ast.AsyncFor | ast.While) -> str | None:
    """The name of the list that the loop goes over: `rows` in `for i, row in enumerate(rows)`."""
    node = loop.iter if isinstance(loop, ast.For | ast.AsyncFor) else None
    while isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    return node.id if isinstance(node, ast.Name) else None


def _ends_of_loops(statements: Iterable[ast.AST], call: ast.Call) -> Iterator[int]:
    """The last lines of the loops in the statements that hold the call."""
    for statement in statements:
        for node in walk(statement):
            if isinstance(node, ast.For | ast.AsyncFor | ast.While) and holds([node], call):
                yield node.end_lineno or node.lineno


def _needed(wanted: set[str], rows: list[Move]) -> set[str]:
    """All names that `wanted` is worked out from."""
    found = set(wanted)
    changed = True
    while changed:
        changed = False
        for row in rows:
            if not row.reads <= found and not row.given.isdisjoint(found):
                found |= row.reads
                changed = True
    return found


def exposed(loop: ast.For | ast.AsyncFor | ast.While) -> set[str]:
    """The names that an iteration may read before it has given them a value: those that the last one can have left."""
    found: set[str] = set()
    given = set(targets(loop.target)) if isinstance(loop, ast.For | ast.AsyncFor) else set()
    if isinstance(loop, ast.While):
        found |= reads(loop.test)
    _walk(loop.body, given, found)
    return found


def _walk(statements: Iterable[ast.stmt], given: set[str], found: set[str]) -> set[str] | None:
    """Add to `found` what is read before it is `given`; what is given after the statements, or None if they leave."""
    given = set(given)

    def read(*nodes: ast.AST | None) -> None:
        for node in nodes:
            if node is not None:
                found.update(name for name in reads(node) if name not in given and name.partition(".")[0] not in given)

    for statement in statements:
        if isinstance(statement, ast.Assign):
            read(statement.value)
            for target in statement.targets:
                read(*_containers(target))
                given |= whole(target)
        elif isinstance(statement, ast.AnnAssign):
            if statement.value is not None:
                read(statement.value)
                given |= whole(statement.target)
        elif isinstance(statement, ast.AugAssign):
            read(statement.value, statement.target)
        elif isinstance(statement, ast.If):
            read(statement.test)
            ends = [_walk(statement.body, given, found), _walk(statement.orelse, given, found)]
            open_ends = [end for end in ends if end is not None]
            if not open_ends:
                return None
            given = set.intersection(*open_ends)
        elif isinstance(statement, ast.For | ast.AsyncFor):
            read(statement.iter)
            # An empty inner loop leaves its names as they were, which hardly any program means.
            given |= set(targets(statement.target))
            given |= _walk(statement.body, given, found) or set()
            _walk(statement.orelse, given, found)
        elif isinstance(statement, ast.While):
            read(statement.test)
            given |= _walk(statement.body, given, found) or set()
        elif isinstance(statement, ast.With | ast.AsyncWith):
            for item in statement.items:
                read(item.context_expr)
                if item.optional_vars is not None:
                    given |= set(targets(item.optional_vars))
            inner = _walk(statement.body, given, found)
            if inner is None:
                return None
            given = inner
        elif isinstance(statement, ast.Try):
            done = _walk([*statement.body, *statement.orelse], given, found)
            ends = [done, *(_walk(handler.body, given | {handler.name or ""}, found) for handler in statement.handlers)]
            open_ends = [end for end in ends if end is not None]
            final = _walk(statement.finalbody, given, found)
            if not open_ends or final is None:
                return None
            given = set.intersection(*open_ends) | final
        elif isinstance(statement, ast.Return | ast.Raise | ast.Continue | ast.Break):
            read(*children(statement))
            return None
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            given.add(statement.name)
        else:
            read(statement)
            given |= {
                name for node in walk(statement) if isinstance(node, ast.NamedExpr) for name in targets(node.target)
            }
    return given


def whole(target: ast.expr) -> set[str]:
    """The names that an assignment replaces as a whole, not just an item of them."""
    if isinstance(target, ast.Tuple | ast.List):
        return set().union(*(whole(element) for element in target.elts), set())
    return set() if isinstance(target, ast.Subscript) else set(targets(target))


def _containers(target: ast.expr) -> Iterator[ast.expr]:
    for node in walk(target):
        if isinstance(node, ast.Subscript):
            yield node.value
            yield node.slice
        elif isinstance(node, ast.Attribute) and not isinstance(node.value, ast.Name):
            yield node.value


def needs(arguments: Iterable[ast.AST], moves: Iterable[Move], loops: Iterable[LoopNode] = ()) -> set[str]:
    """The attributes of the function's own object that go into the arguments: their values, not only their keys.

    `loops` stand around the arguments: what their items are is settled before the first turn, where a method gives
    them (`for row in self.rows.pending()`).
    """
    settled = [loop.iter for loop in loops if isinstance(loop, _LOOPS) and _is_asked_for(loop.iter)]
    arguments = list(arguments)
    rows = [row for row in moves if not any(value is each for value in row.values for each in settled)]
    if not any(name.startswith(_OWN) for name in _needed(all_read(arguments), rows)):
        return set()
    wanted = all_read(arguments) - _looked_up(arguments)
    rows = [row._replace(reads=row.reads - _looked_up(row.values)) for row in rows]
    return {name for name in _needed(wanted, rows) if name.startswith(_OWN)}


def _is_asked_for(iterated: ast.expr) -> bool:
    """Whether a method of an attribute gives what a loop goes through, rather than the attribute itself."""
    while isinstance(iterated, ast.Call) and iterated.args and isinstance(iterated.func, ast.Name):
        iterated = iterated.args[0]
    if not isinstance(iterated, ast.Call) or not isinstance(iterated.func, ast.Attribute):
        return False
    return isinstance(iterated.func.value, ast.Attribute) and iterated.func.attr not in _VIEWS


def _looked_up(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that the nodes read only to see what is missing: `[word for word in words if word not in known]`."""
    read: Counter[str] = Counter()
    for node in (inner for outer in nodes for inner in walk(outer)):
        if isinstance(node, ast.Name | ast.Attribute):
            read.update([ast.unparse(node)])
        elif isinstance(node, ast.Compare) and (asked := _asked(node)) is not None:
            read.subtract([ast.unparse(asked)])
    return {name for name, times in read.items() if times == 0}


def _asked(test: ast.Compare) -> ast.expr | None:
    """The container in `x in container` and `container.get(x) is None`."""
    operator, left = test.ops[0], test.left
    if isinstance(operator, ast.In | ast.NotIn):
        return test.comparators[0]
    is_got = isinstance(left, ast.Call) and isinstance(left.func, ast.Attribute) and left.func.attr == "get"
    return left.func.value if is_got and isinstance(operator, ast.Is | ast.IsNot) else None  # type: ignore[attr-defined]


def origins(arguments: Iterable[ast.AST], rows: list[Move]) -> set[str]:
    """All names that the arguments are worked out from by the moves in `rows`."""
    return _needed(all_read(arguments), rows)


def fills(function: FunctionFacts, call: ast.Call) -> set[str]:
    """The attributes of the function's own object that the call's result reaches."""
    return {name for name in reached(set(), moves_of(function), call) if name.startswith(_OWN)}
