"""Context managers that may catch an error: what stands behind their block runs, whatever the block had done."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from batchlint.facts import FunctionFacts
from batchlint.symbols import Program, last_name
from batchlint.symbols.members import MANAGERS
from batchlint.trees import walk_own

SUPPRESSING = frozenset({"suppress", "raises", "assertRaises"})
"""Those of libraries."""
_EXITS = frozenset({"__exit__", "__aexit__"})


def catching(program: Program) -> frozenset[str]:
    """The names by which the program's `with` statements may name one."""
    found: set[str] = set(SUPPRESSING)
    while more := set(_further(program, found)) - found:
        found |= more
    return frozenset(found)


def may_catch(node: ast.With | ast.AsyncWith, names: Set[str]) -> bool:
    """Whether the statement may go on after an error in its block."""
    return any(last_name(item.context_expr) in names for item in node.items)


def _further(program: Program, found: set[str]) -> Iterator[str]:
    for function in program.functions.values():
        if function.name in _EXITS and function.owner and any(map(_may_say_so, function.returns)):
            yield function.owner.rpartition(".")[2]
        is_manager = any(last_name(decorator) in MANAGERS for decorator in function.decorators)
        if (is_manager and _goes_on(function, found)) or any(last_name(value) in found for value in function.returns):
            yield function.name
        for name, bindings in function.bindings.items():
            if any(b.how == "value" and b.value is not None and last_name(b.value) in found for b in bindings):
                yield name
        for _, name, binding in function.attributes:
            if binding.value is not None and last_name(binding.value) in found:
                yield name
    for klass in program.classes.values():
        if any(last_name(base) in found for base in klass.node.bases):
            yield klass.name
    for name in found:
        yield from program.aliases.get(name, ())
    for each in program.calls_by_name.get("enter_context", ()):
        if any(last_name(given) in found for given in each.call.node.args):
            yield from ("ExitStack", "AsyncExitStack")


def _may_say_so(value: ast.expr) -> bool:
    """Whether what `__exit__` returns may say that it has caught the error."""
    return last_name(value) not in _EXITS and not (isinstance(value, ast.Constant) and not value.value)


def _goes_on(function: FunctionFacts, found: set[str]) -> bool:
    """Whether the generator may end without the error that comes out of its `yield`."""
    for node in walk_own(function.node):
        if isinstance(node, ast.Try | ast.TryStar):
            is_caught = not all(map(_hands_on, node.handlers)) or _has(node.finalbody, ast.Return)
        elif isinstance(node, ast.With | ast.AsyncWith):
            is_caught = may_catch(node, found)
        else:
            continue
        if is_caught and _has(node.body, ast.Yield):
            return True
    return False


def _has(statements: list[ast.stmt], kind: type[ast.AST]) -> bool:
    return any(isinstance(node, kind) for statement in statements for node in walk_own(statement))


def _hands_on(handler: ast.ExceptHandler) -> bool:
    """Whether the handler ends with an error whatever happens."""
    return isinstance(handler.body[-1], ast.Raise) and not _has(handler.body, ast.Return)
