"""What an annotation allows."""

from __future__ import annotations

import ast
from collections.abc import Sequence, Set
from functools import cache
from typing import TYPE_CHECKING

from batchlint.facts import ClassId, FunctionId
from batchlint.symbols.names import last_name
from batchlint.symbols.protocols import is_protocol
from batchlint.values import NOTHING, Cls, Elems, Ext, Fn, Inst, Value, Values, ordered

if TYPE_CHECKING:
    from batchlint.symbols import Program

_UNIONS = frozenset(
    {"Optional", "Union", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "Awaitable", "Mapped"}
)
_CONTAINERS = frozenset(
    {"list", "List", "Sequence", "Iterable", "Iterator", "set", "Set", "tuple", "Tuple", "Collection", "Generator",
     "AsyncIterator", "AsyncGenerator", "AsyncIterable", "deque", "frozenset",
     "QuerySet", "Manager", "BaseManager", "Query", "ScalarResult"}
)  # fmt: skip
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"})


def instance(program: Program, scope: FunctionId, annotation: ast.expr) -> Values:
    """The values that `annotation` allows."""
    if isinstance(annotation, ast.Constant):
        if not isinstance(annotation.value, str):
            return NOTHING
        quoted = parsed(annotation.value)
        return instance(program, scope, quoted) if quoted is not None else NOTHING
    if isinstance(annotation, ast.BinOp):
        return instance(program, scope, annotation.left) | instance(program, scope, annotation.right)
    if isinstance(annotation, ast.Subscript):
        return _subscripted(program, scope, annotation)
    found: set[Value] = set()
    if isinstance(annotation, ast.Name | ast.Attribute):
        for value in ordered(program.eval(scope, annotation)):
            if isinstance(value, Cls):
                found.add(Inst(value.id))
            elif isinstance(value, Ext) and not value.path.startswith(("builtins.", "typing.")):
                found.add(Ext(f"{value.path}()", value.host))
            elif isinstance(value, Inst | Elems):
                found.add(value)
    return frozenset(found)


def rules_out(program: Program, annotated: Values, found: Set[Value]) -> bool:
    """Whether none of what was found can be of the project's classes that are annotated.

    What a helper that all share was given elsewhere is not what it gives here.
    """
    stated, others = _classes(annotated), _classes(found)
    if not stated or len(stated) < len(annotated):
        return False
    if any(is_protocol(program.classes[each]) for each in stated if each in program.classes):
        return False
    below = [(each, program.mro(each)[0]) for each in others]
    above = {parent for each in stated for parent in program.mro(each)[0]}
    return not any(each in above or not stated.isdisjoint(line) for each, line in below)


def is_told(program: Program, annotated: Values, given: Sequence[tuple[FunctionId, Values]]) -> bool:
    """Whether the program's calls say of which classes the objects are for which a base of the project's is annotated.

    `given`: the callers, and what they give. What only tests give says nothing of the program.
    """
    stated = _classes(annotated)
    if not stated or len(stated) < len(annotated) or all(program.is_test(caller.path) for caller, _ in given):
        return False
    return all(
        bool(values)
        and all(isinstance(value, Inst) and value.exact for value in values)
        and all(not stated.isdisjoint(program.mro(each)[0]) for each in _classes(values))
        for _, values in given
    )


def _classes(values: Set[Value]) -> set[ClassId]:
    return {value.id for value in values if isinstance(value, Inst | Cls)}


@cache
def parsed(annotation: str) -> ast.expr | None:
    """The expression in a quoted annotation; the same one each time, as values are remembered by node."""
    try:
        return ast.parse(annotation.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _subscripted(program: Program, scope: FunctionId, annotation: ast.Subscript) -> Values:
    name = last_name(annotation.value)
    inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    if name in _UNIONS:
        found: set[Value] = set()
        for each in inner:
            if isinstance(each, ast.Call):
                for value in ordered(program.eval(scope, each)):
                    found |= {value} if not isinstance(value, Fn) else program.returned(value)
            else:
                found |= instance(program, scope, each)
        return frozenset(found)
    if name in _CONTAINERS:
        return frozenset({Elems(frozenset().union(*(instance(program, scope, each) for each in inner)))})
    if name in _MAPPINGS:
        return frozenset({Elems(instance(program, scope, inner[-1]))})
    if name in {"type", "Type"}:
        found = {v for v in program.eval(scope, inner[0]) if isinstance(v, Cls | Ext)}
        below = {Cls(each) for v in found if isinstance(v, Cls) for each in program.subclasses(v.id)}
        return frozenset(found | below)
    return instance(program, scope, annotation.value)
