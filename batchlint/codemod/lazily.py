"""What of an iterable is worked out only when its next item is drawn, also where a variable holds the iterable."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.codemod import scopes
from batchlint.codemod.access import STORE, Access, Frame, touches
from batchlint.codemod.reader import Reader
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts
from batchlint.iterables import BARS, CHUNKED, LAZY, PAIRED
from batchlint.symbols import last_name
from batchlint.values import Fn, Inst

_MAPPING = frozenset(
    {"map", "filter", "starmap", "takewhile", "dropwhile", "filterfalse", "accumulate", "compress", "groupby"}
)
"""What calls a function for each item."""
_PASSING = _MAPPING | LAZY | PAIRED | CHUNKED | {"islice", "chain", "from_iterable", "tee"}
"""What draws from what it is given when it is drawn from itself."""
_ONCE = (_PASSING - BARS) | {
    "open",
    "reader",
    "DictReader",
    "scandir",
    "iglob",
    "iterdir",
    "finditer",
    "count",
    "cycle",
}
"""What gives each item once: who draws one leaves it to nobody else."""
_TAKING = frozenset({"__next__", "__anext__", "send", "read", "readline", "readlines"})
"""Methods of such an iterator that move it on."""
_MAX_DEPTH = 4


def parts(node: ast.expr) -> Iterator[ast.expr]:
    """The iterables from which an item is drawn where `node` gives its next one, with itself."""
    yield node
    inner: list[ast.expr] = []
    if isinstance(node, ast.GeneratorExp):
        inner = [each.iter for each in node.generators]
    elif isinstance(node, ast.Call) and last_name(node.func) in _PASSING:
        inner = node.args
    elif isinstance(node, ast.IfExp):
        inner = [node.body, node.orelse]
    elif isinstance(node, ast.Starred | ast.NamedExpr):
        inner = [node.value]
    elif isinstance(node, ast.BoolOp):
        inner = node.values
    for each in inner:
        yield from parts(each)


def read(reader: Reader, node: ast.expr, outer: Frame) -> list[Access]:
    """What is touched where `node`, a generator expression or a mapping, gives its next item."""
    if isinstance(node, ast.GeneratorExp):
        own = scopes.in_head(node)
        inner = Frame(outer.function, own, stable=set(own), targets=set(own))
        parts = [node.elt, *(test for each in node.generators for test in each.ifs)]
        parts += [each.iter for each in node.generators[1:]]
        return [access for part in parts for access in reader.of(part, inner)]
    found = reader.of(node, outer) if isinstance(node, ast.Call) and last_name(node.func) in _MAPPING else []
    return [access for access in found if access.channel[0] != STORE]  # `Note.objects.filter(...)` asks once


def check_body(reader: Reader, function: FunctionFacts, loop: ast.For | ast.AsyncFor) -> None:
    """Refused where the body draws from what the loop draws from: how much it takes may hang on an answer."""
    names = {part.id for part in parts(loop.iter) if isinstance(part, ast.Name)}
    once = {name for name in names if any(_gives_once(reader, *each) for each in _bound(reader, function, name))}
    nodes = [n for statement in loop.body for n in ast.walk(statement)] if once else []
    asked = {id(n.value) for n in nodes if isinstance(n, ast.Attribute) and n.attr not in _TAKING}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in once and id(node) not in asked:
            what = f"the loop's `{node.id}` is used in its body too (line {node.lineno}), and what is taken is gone"
            raise Refused("dependent-iterations", what)


def taken(reader: Reader, node: ast.expr, frame: Frame) -> list[Access]:
    """What a loop over `node` takes from iterators that it did not make: others find that gone."""
    found: list[Access] = []
    for part in parts(node):
        if _is_used_up(reader, part, frame, 0):
            found += touches(reader.path(part, frame), "write", part.lineno)
    return found


def _is_used_up(reader: Reader, node: ast.expr, frame: Frame, depth: int) -> bool:
    """Whether what has the name gives each item once, whoever draws it."""
    if not isinstance(node, ast.Name | ast.Attribute) or depth > _MAX_DEPTH:
        return False
    return any(
        _gives_once(reader, around.function, value) or _is_used_up(reader, value, around, depth + 1)
        for value, around in held(reader, node, frame, 0)
    )


def _gives_once(reader: Reader, function: FunctionFacts, value: ast.expr, depth: int = 0) -> bool:
    if not isinstance(value, ast.Call):
        return isinstance(value, ast.GeneratorExp)
    made = reader.program.eval(function.id, value.func)
    called = [reader.program.functions[each.id] for each in made if isinstance(each, Fn)]
    return last_name(value.func) in _ONCE or any(
        each.is_generator
        or (depth < _MAX_DEPTH and any(r is not None and _gives_once(reader, each, r, depth + 1) for r in each.returns))
        for each in called
    )


def held(reader: Reader, node: ast.expr, outer: Frame, depth: int) -> Iterator[tuple[ast.expr, Frame]]:
    """The iterables that a variable, a parameter or an attribute holds which are worked out as they are drawn from."""
    if depth > _MAX_DEPTH:
        return
    program = reader.program
    if isinstance(node, ast.Name):
        for function, value in _bound(reader, outer.function, node.id):
            is_below = function is outer.function and value.lineno > node.lineno
            if not is_below or value.lineno <= scopes.end_of_loops(function.node, node.lineno):
                yield value, Frame(function, set())
    elif isinstance(node, ast.Call):
        for made in program.eval(outer.function.id, node.func):
            called = program.functions[made.id] if isinstance(made, Fn) else None
            if called is not None and not called.is_generator:
                yield from ((value, Frame(called, set())) for value in called.returns if value is not None)
    elif isinstance(node, ast.Attribute):
        classes = [v.id for v in program.eval(outer.function.id, node.value) if isinstance(v, Inst)]
        line = (each for klass in classes for each in program.mro(klass)[0])
        own = (write for each in line for write in program.self_writes.get(each, {}).get(node.attr, ()))
        others = ((function, binding) for function, _, binding in program.attribute_writes.get(node.attr, ()))
        for function, binding in (*own, *others):
            if binding.how == "value" and binding.value is not None:
                yield binding.value, Frame(function, set())


def _bound(reader: Reader, function: FunctionFacts, name: str) -> Iterator[tuple[FunctionFacts, ast.expr]]:
    """What the name is bound to, and where; a parameter to what callers give."""
    program = reader.program
    owner = program.owner(function, name)
    if owner is not None and name in owner.bindings:
        hows = ("value", "enter")  # `with open(path) as lines`
        yield from ((owner, b.value) for b in owner.bindings[name] if b.how in hows and b.value is not None)
    elif owner is not None:
        given = program.callers.arguments(owner, name)
        yield from ((program.functions[caller], argument) for caller, _, argument in given)
