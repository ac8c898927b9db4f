"""The attributes of project objects and classes: methods, fields, and what `__getattr__` asks instead."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING

from batchlint.facts import MODULE, ClassFacts, ClassId, FunctionFacts, FunctionId
from batchlint.symbols import enums, keyed
from batchlint.symbols.handedup import handed_up
from batchlint.symbols.names import last_name
from batchlint.trees import spreads
from batchlint.values import NOTHING, Cls, Elems, Ext, Fn, Inst, Value, Values, ordered

if TYPE_CHECKING:
    from batchlint.symbols import Program

PROPERTIES = frozenset({"property", "cached_property", "hybrid_property", "computed_field"})
"""Decorators that make a method an attribute."""
MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})
"""Decorators that make a generator a context manager."""


def member(program: Program, klass: ClassId, name: str, exact: bool, receiver: Inst | Cls) -> Values:
    """What the attribute of the receiver can be; its class is `klass`, or unless `exact` one below it."""
    line, externals = program.mro(klass)
    found: set[Value] = set()
    for base in line:
        values = _own_member(program, base, name, receiver)
        if values:
            found |= values
            if any(isinstance(value, Fn) for value in values):
                break
    if not exact:
        for subclass in program.subclasses(klass):
            several = len(program.classes[subclass].node.bases) > 1
            asked = program.mro(subclass)[0] if several else [subclass]
            found |= _first(program, itertools.takewhile(lambda each: each != klass, asked), name, Inst(subclass))
        if not found:
            found |= _of_siblings(program, klass, name)
    if not found and name != "__getattr__":
        found |= _delegated(program, klass, name)
    if not found:
        rows = [row for external in externals for row in program.registry.called.find(external.path)]
        methods = [method for by, method in rows if by == name]
        found |= {value for method in methods for value in member(program, klass, method, exact, receiver)}
    if not found and not any(name in program.self_writes.get(base, ()) for base in line):
        for external in externals:
            path = f"{external.path}().{name}" if isinstance(receiver, Inst) else f"{external.path}.{name}"
            found.add(Ext(path, external.host))
    return frozenset(found)


def merged(lines: list[list[ClassId]]) -> list[ClassId]:
    """The classes of several bases' lines in the order in which Python asks them: none before one that is below it."""
    found: list[ClassId] = []
    lines = [list(line) for line in lines]
    while lines := [line for line in lines if line]:
        first = next((line[0] for line in lines if not any(line[0] in other[1:] for other in lines)), lines[0][0])
        found.append(first)
        lines = [[each for each in line if each != first] for line in lines]
    return found


def _of_siblings(program: Program, mixin: ClassId, name: str) -> Values:
    """The attribute that a mixin's object has from another base of its class."""
    below = program.subclasses(mixin)
    return NOTHING.union(*(_first(program, program.mro(each)[0], name, Inst(each)) for each in below))


def _first(program: Program, classes: Iterable[ClassId], name: str, receiver: Inst) -> Values:
    """What the first of the classes that has the attribute gives for it."""
    return next(filter(None, (_own_member(program, each, name, receiver) for each in classes)), NOTHING)


def _delegated(program: Program, klass: ClassId, name: str) -> Values:
    """The attribute of what the class's `__getattr__` asks instead, as proxies and lazy imports do."""
    found: set[Value] = set()
    for method in member(program, klass, "__getattr__", True, Inst(klass, True)):
        if isinstance(method, Fn):
            for value in asked(program, method.id, program.functions[method.id].returns):
                if not (isinstance(value, Inst | Cls) and value.id == klass):
                    found |= program.attribute(value, name)
    return frozenset(found)


def _own_member(program: Program, klass: ClassId, name: str, receiver: Inst | Cls) -> Values:
    facts = program.classes.get(klass)
    if facts is None:
        return NOTHING
    found: set[Value] = set()
    annotated: Values = NOTHING
    scope = FunctionId(klass.path, facts.parent or MODULE)
    for binding in facts.bindings.get(name, ()):
        if binding.how == "function":
            id = FunctionId(klass.path, binding.scope or "")
            for each in (id, *program.dispatched.get(id, ())):
                found |= _bound(program, Fn(each, receiver.id), receiver)
        elif binding.how == "annotation":
            annotated |= program.binding(scope, binding)
        else:
            found |= program.binding(scope, binding)
            if isinstance(receiver, Cls) and binding.how == "value":
                found |= enums.members(program, [receiver])
    if annotated:
        found |= _objects(program, annotated, found)
    for function, binding in program.self_writes.get(klass, {}).get(name, ()):
        given = handed_up(program, receiver.id, klass, function, binding) if receiver.id != klass else None
        found |= program.binding(function.id, binding) if given is None else given
    found |= program.held(klass, name)
    others = program.attribute_writes.get(name, ())
    if not found and len(others) <= 30:
        for function, base, binding in others:
            if any(
                isinstance(v, Inst | Cls) and klass in program.mro(v.id)[0] for v in program.eval(function.id, base)
            ):
                found |= program.binding(function.id, binding)
    if name in facts.bindings and not any(isinstance(value, Fn) for value in found):
        found |= _field(program, facts, name)
    return frozenset(found)


def _objects(program: Program, annotated: Values, given: Set[Value]) -> Values:
    """What an annotation allows beside the value; some mean the class that they name: `kind: Reader = FileReader`."""
    held = {inner for value in given if isinstance(value, Elems) for inner in value.values}
    classes = [value for value in {*given, *held} if isinstance(value, Cls)]
    meant = {each for value in classes for each in program.mro(value.id)[0]}

    def is_meant(value: Value) -> bool:
        if isinstance(value, Elems):
            return bool(value.values) and all(map(is_meant, value.values))
        return isinstance(value, Inst) and value.id in meant

    return frozenset(value for value in annotated if not is_meant(value)) if meant else annotated


def _bound(program: Program, method: Fn, receiver: Inst | Cls) -> Values:
    named = decorators(program.functions[method.id])
    if isinstance(receiver, Inst) and named & PROPERTIES:
        return program.returned(method)
    if "staticmethod" in named or (isinstance(receiver, Cls) and "classmethod" not in named):
        return frozenset({Fn(method.id)})
    return frozenset({method})


def _field(program: Program, facts: ClassFacts, name: str) -> Values:
    """A dataclass or model field: what the constructor's callers pass for it."""
    found: set[Value] = set()
    for caller, call, argument in given_for_field(program, facts, name):
        made = program.eval(caller.id, call.func) if argument is not None or spreads(call) else NOTHING
        if not any(isinstance(value, Cls) and facts.id in program.mro(value.id)[0] for value in made):
            continue
        if argument is not None:
            found |= program.eval(caller.id, argument)
        else:
            found |= keyed.spread(program, caller.id, call, name)
    return frozenset(found)


def given_for_field(
    program: Program, facts: ClassFacts, name: str
) -> Iterator[tuple[FunctionFacts, ast.Call, ast.expr | None]]:
    """The calls by the name of a class without `__init__`, each with what it gives for a field that is annotated."""
    if facts.name in ("", None) or "__init__" in facts.bindings:
        return
    fields = [field for field, bindings in facts.bindings.items() if any(b.how == "annotation" for b in bindings)]
    if name not in fields:
        return
    position = fields.index(name)
    for caller, call in program.callers.named_calls(facts.name):
        named = [keyword.value for keyword in call.node.keywords if keyword.arg == name]
        yield caller, call.node, next(iter([*named, *call.node.args[position : position + 1]]), None)


def asked(program: Program, scope: FunctionId, nodes: Iterable[ast.expr]) -> Iterator[Value]:
    """What the calls of `getattr` among the nodes are asked of."""
    for node in nodes:
        if isinstance(node, ast.Call) and last_name(node.func) == "getattr" and node.args:
            yield from ordered(program.eval(scope, node.args[0]))


def defined(program: Program, klass: ClassId, name: str) -> list[Fn]:
    """The methods of that name that the class itself defines; what it inherits is left out."""
    facts = program.classes.get(klass)
    bindings = facts.bindings.get(name, ()) if facts is not None else ()
    return [Fn(FunctionId(klass.path, b.scope or ""), klass) for b in bindings if b.how == "function"]


def decorators(function: FunctionFacts) -> set[str]:
    """The names of the function's decorators."""
    return {last_name(decorator) for decorator in function.decorators}
