"""Items that are one object: `[row] * 3`, `dict.fromkeys(names, [])`, `[("sea", red), ("salt", red)]`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod.access import ANY, OWN, SHARED, Channel, Frame
from batchlint.codemod.effects import PUTTING
from batchlint.codemod.scalars import is_scalar
from batchlint.codemod.scopes import bound, in_head, path_to, read
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.iterables import COUNTED, PAIRED, SAME, SEVERAL
from batchlint.symbols import last_name
from batchlint.trees import SCOPES, children, replaced, walk, walk_own
from batchlint.values import Fn, Inst

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths

_OVER = SAME | {"dict", "copy", "deque"}
"""Calls that give the items of what they are given, or called on."""
_MADE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.Call, ast.BinOp, ast.Tuple)
"""Expressions that make an object each time they are evaluated."""
_REPEATING = frozenset({"cycle", "choices"})
"""Calls that give what they are given more than once."""
_LARGEST = frozenset({"nlargest", "nsmallest"})
_MAX_DEPTH = 5
_MOST = 20


class Element(NamedTuple):
    """Something that a container holds, in the names of a frame."""

    frame: Frame
    value: ast.expr
    is_often: bool = False
    """Whether several places hold what the expression gives."""
    is_one: bool = False
    """Whether it is evaluated once for all of them."""


class Repeated:
    """Finds them."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._program = paths.program
        self._known: dict[Channel, bool] = {}
        self._names: dict[tuple[FunctionId, str], list[Element]] = {}
        self._attributes: dict[str, list[Element]] = {}

    # -- the loop
    def targets(self, function: FunctionFacts, target: ast.expr, iterated: ast.expr) -> dict[str, set[Channel]]:
        """The targets of the loop that may be the same object for two items, with the variables that hold it.

        Under `**name` what a target holds that others hold too, as copies of one object do.
        """
        found: dict[str, set[Channel]] = {}
        counts: Counter[tuple[str, Channel]] = Counter()
        for name, element in self._drawn(function, target, iterated, 0):
            if is_scalar(self._program, element.value, element.frame):
                continue
            if element.is_one and isinstance(element.value, _MADE):
                found.setdefault(name, set()).add(("v", function.id.path, function.id.qualname, name, SHARED))
            for steps, channel in self._paths.sharing.of(element.value, element.frame):
                if len(steps) < 2 and not self._holds_scalars(channel):
                    counts[f"**{name}" if steps else name, channel] += 2 if element.is_often else 1
        for (name, channel), count in counts.items():
            if count > 1:
                found.setdefault(name, set()).add(channel)
        around = Frame(function, set())
        same = {(*root, ANY) for root in self._paths.iterated(iterated, around) if self.is_repeating(root)}
        same |= {(*root, ANY) for root in self._joined(function, iterated)}
        for name in [n.id for n in ast.walk(target) if isinstance(n, ast.Name)] if same else ():
            found.setdefault(name, set()).update(same)
        return found

    def aliases(self, function: FunctionFacts, target: ast.expr, iterated: ast.expr) -> dict[str, set[Channel]]:
        """What each target of the loop may be part of: of its own item, or of what others have too."""
        paths, around = self._paths, Frame(function, set())
        names = [n.id for n in ast.walk(target) if isinstance(n, ast.Name)]
        found = {name: {(*root, OWN) for root in paths.iterated(iterated, around)} for name in names}
        if isinstance(iterated, ast.List | ast.Tuple) and all(isinstance(e, ast.Tuple) for e in iterated.elts):
            found = {name: set() for name in names}
            for name, value in (pair for element in iterated.elts for pair in _pairs(target, element)):
                found[name] |= {(*path, OWN) for path in paths.path(value, around)}
        if isinstance(iterated, ast.Call) and last_name(iterated.func) == "groupby" and iterated.args:
            grouped = {
                (*root, ANY if self.is_repeating(root) else OWN) for root in paths.iterated(iterated.args[0], around)
            }
            found |= {f"**{name}": grouped for name in names[-1:]}  # a group is new, and holds elements
        for name, channels in self.targets(function, target, iterated).items():
            found.setdefault(name, set()).update(channels)
        return found

    def handed(self, function: FunctionFacts, call: ast.Call, names: list[str]) -> dict[str, set[Channel]]:
        """The parameters, by their order, of what `map` or a pool's `map` calls, that may be the same object for two
        items.
        """
        if last_name(call.func) != "map" or any(isinstance(each, ast.Starred) for each in call.args):
            return {}
        drawn = ast.copy_location(ast.Call(ast.Name("zip", ast.Load()), call.args[1:], []), call)
        return self.targets(function, ast.Tuple([ast.Name(name, ast.Store()) for name in names], ast.Store()), drawn)

    def is_repeating(self, channel: Channel) -> bool:
        """Whether the variable or attribute holds a container in which one object has several places."""
        if channel[0] != "v" or len(channel) < 4 or channel[-1][:1] == "[":
            return False
        if channel not in self._known:
            self._known[channel] = False
            self._known[channel] = self._is_repeating(channel)
        return self._known[channel]

    def _joined(self, function: FunctionFacts, iterated: ast.expr) -> set[Channel]:
        """The containers that a loop goes through more than once: `people + people[::-1]`, `chain(old, [old[0]])`."""
        node: ast.expr | None = iterated
        if isinstance(node, ast.Name) and node.id not in function.parameter_names:
            owner = self._program.owner(function, node.id)
            node = owner.only_value(node.id) if owner is not None else None
        around, counts = Frame(function, set()), Counter[Channel]()
        while isinstance(node, ast.Call) and node.args and last_name(node.func) in SAME | _LARGEST:
            node = node.args[last_name(node.func) in _LARGEST] if len(node.args) > 1 else node.args[0]
        for part in _summed(node) if node is not None else ():
            while isinstance(part, ast.Subscript) or (isinstance(part, ast.Call) and last_name(part.func) in SAME):
                part = part.value if isinstance(part, ast.Subscript) else part.args[0] if part.args else ast.Constant(0)
            roots = {root for root in self._paths.path(part, around) if isinstance(part, ast.Name | ast.Attribute)}
            value = function.only_value(part.id) if isinstance(part, ast.Name) else part
            taken = value.elts if isinstance(value, ast.List) else []
            roots |= {r for e in taken if isinstance(e, ast.Subscript) for r in self._paths.path(e.value, around)}
            counts.update(roots)
        return {root for root, count in counts.items() if count > 1}

    def _is_repeating(self, channel: Channel) -> bool:
        counts: Counter[Channel] = Counter()
        for element in self._behind(channel):
            if is_scalar(self._program, element.value, element.frame):
                continue
            if element.is_one and isinstance(element.value, _MADE):
                return True
            for steps, shared in self._paths.sharing.of(element.value, element.frame):
                if not steps:
                    counts[shared] += 2 if element.is_often else 1
        return any(count > 1 for count in counts.values())

    def _behind(self, channel: Channel) -> Iterator[Element]:
        """What the container behind the channel holds."""
        if len(channel) > 4:
            yield from self._of_attribute(channel[-1])
            return
        id = FunctionId(channel[1], channel[2])
        if channel[1] in self._program.modules and (id.qualname == MODULE or id in self._program.functions):
            module = self._program.modules[channel[1]]
            scope = module.body if id.qualname == MODULE else self._program.functions[id]
            yield from self._elements(scope, ast.Name(channel[3], ast.Load()), 0)

    def _holds_scalars(self, channel: Channel) -> bool:
        """Whether what the container has in which the channel is cannot change."""
        held = list(self._behind(channel[:-1])) if len(channel) == 5 else []
        return bool(held) and all(is_scalar(self._program, e.value, e.frame) for e in held)

    # -- containers
    def _drawn(
        self, function: FunctionFacts, target: ast.expr, iterated: ast.expr, depth: int
    ) -> Iterator[tuple[str, Element]]:
        """The names of the target, each with what it may be bound to."""
        name = last_name(iterated.func) if isinstance(iterated, ast.Call) else ""
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else []
        if isinstance(iterated, ast.Call) and name in COUNTED | PAIRED and parts:
            sources = iterated.args[:1] if name in COUNTED else iterated.args
            for part, source in zip(parts[1:2] if name in COUNTED else parts, sources, strict=False):
                yield from self._drawn(function, part, source, depth + 1)
            filling = next((k.value for k in iterated.keywords if k.arg == "fillvalue"), None)
            if filling is not None:  # of `zip_longest`
                rest = Element(Frame(function, set()), filling, is_often=True, is_one=True)
                yield from (pair for part in parts for pair in self._named(part, rest))
        elif isinstance(iterated, ast.Call) and name in _OVER and iterated.args:
            yield from self._drawn(function, target, iterated.args[0], depth + 1)
        elif (
            name in {"items", "values"} and isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Attribute)
        ):
            is_pair = name == "items" and len(parts) == 2
            if is_pair or name == "values":
                for element in self._elements(function, iterated.func.value, depth):
                    yield from self._named(parts[1] if is_pair else target, element)
        else:
            for element in self._elements(function, iterated, depth):
                yield from self._named(target, element)

    @staticmethod
    def _named(target: ast.expr, element: Element) -> Iterator[tuple[str, Element]]:
        if isinstance(target, ast.Name):
            yield target.id, element
            parts = element.value.elts if isinstance(element.value, ast.Tuple | ast.List) else []
            parts = element.value.values if isinstance(element.value, ast.Dict) else parts
            shared = (part for part in parts if isinstance(part, ast.Name | ast.Attribute))
            yield from ((target.id, element._replace(value=part)) for part in shared)
        elif isinstance(target, ast.Tuple | ast.List) and isinstance(element.value, ast.Tuple | ast.List):
            for each, part in zip(target.elts, element.value.elts, strict=False):
                yield from Repeated._named(each, element._replace(value=part))

    def _elements(self, function: FunctionFacts, node: ast.expr | None, depth: int) -> Iterator[Element]:
        """What the container holds, as far as the program says."""
        if depth > _MAX_DEPTH or node is None:
            return
        plain = Frame(function, set())
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            for each in node.elts:
                if isinstance(each, ast.Starred):
                    yield from self._elements(function, each.value, depth + 1)
                else:
                    yield Element(plain, each)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                yield from self._elements(function, value, depth + 1) if key is None else [Element(plain, value)]
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            inner = node.value if isinstance(node, ast.DictComp) else node.elt
            names = in_head(node)
            if isinstance(inner, ast.Name) and isinstance(node.generators[-1].target, ast.Name) and inner.id in names:
                yield from self._elements(function, node.generators[-1].iter, depth + 1)
            else:
                yield Element(Frame(function, names), inner, is_often=True)
            if isinstance(node, ast.ListComp | ast.GeneratorExp) and len(node.generators) > 1:
                yield from _again(plain, inner, [(g.target, g.iter) for g in node.generators])
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            for factor in (node.left, node.right):
                yield from _often(self._elements(function, factor, depth + 1))
        elif isinstance(node, ast.BinOp | ast.IfExp | ast.BoolOp | ast.Subscript):
            for each in _parts(node):
                yield from self._elements(function, each, depth + 1)
        elif isinstance(node, ast.Call):
            yield from self._of_call(function, node, depth)
        elif isinstance(node, ast.Name):
            yield from self._of_name(function, node.id, depth)
        elif isinstance(node, ast.Attribute):
            values = self._program.eval(function.id, node.value)
            if any(isinstance(v, Inst) for v in values):
                yield from self._of_attribute(node.attr)

    def _of_call(self, function: FunctionFacts, node: ast.Call, depth: int) -> Iterator[Element]:
        name = last_name(node.func)
        if name in {"repeat", "fromkeys"}:
            given = node.args[:1] if name == "repeat" else node.args[1:2]
            yield from (Element(Frame(function, set()), each, is_often=True, is_one=True) for each in given)
        elif name in _REPEATING:
            yield from _often(e for each in node.args[:1] for e in self._elements(function, each, depth + 1))
            yield from (Element(Frame(function, set()), _first(each), is_often=True) for each in node.args[:1])
        elif name in SEVERAL:  # a set: which of them a target takes out tells `Linked`
            firsts = [_first(each) for each in node.args if not isinstance(each, ast.Starred)]
            yield Element(Frame(function, set()), ast.Set(firsts), is_often=True)
        elif name in _LARGEST:
            yield from (e for each in node.args[1:2] for e in self._elements(function, each, depth + 1))
        elif name == "from_iterable" and node.args:
            yield from self._of_inner(function, node.args[0], depth + 1)
        elif name in {*_OVER, "values", "chain"}:
            inside = [node.func.value] if isinstance(node.func, ast.Attribute) and name in {"values", "copy"} else []
            for each in [*inside, *node.args]:
                yield from self._elements(function, each, depth + 1)
        else:
            values = self._program.eval(function.id, node.func)
            for called in (self._program.functions[value.id] for value in values if isinstance(value, Fn)):
                for returned in called.returns:
                    yield from self._elements(called, returned, depth + 2)
                for each in (n for n in walk_own(called.node) if isinstance(n, ast.Yield | ast.YieldFrom)):
                    yield from self._yielded(called, each)

    def _of_inner(self, function: FunctionFacts, node: ast.expr, depth: int) -> Iterator[Element]:
        """What the containers hold that are chained: those of a list that is written out, or one of them each time."""
        if isinstance(node, ast.List | ast.Tuple):
            yield from (e for each in node.elts for e in self._elements(function, each, depth))
        elif isinstance(node, ast.ListComp | ast.GeneratorExp) and not read(node.elt) & in_head(node):
            yield from _often(self._elements(function, node.elt, depth))
            yield Element(Frame(function, set()), _first(node.elt), is_often=True)

    def _yielded(self, function: FunctionFacts, node: ast.Yield | ast.YieldFrom) -> Iterator[Element]:
        """What a generator yields again and again: what a loop draws that another one starts anew."""
        loops = [n for n in path_to(function.node, node) if isinstance(n, ast.For | ast.While)]
        drawn = [(n.target, n.iter) for n in loops if isinstance(n, ast.For)]
        endless = [(ast.Name("_", ast.Store()), ast.Constant(0)) for n in loops if isinstance(n, ast.While)]
        if isinstance(node, ast.YieldFrom):
            given = (ast.Name(" ", ast.Store()), node.value)  # the loop that it stands for
            yield from _again(Frame(function, set()), ast.Name(" ", ast.Load()), [*endless, *drawn, given])
        elif node.value is not None:
            yield from _again(Frame(function, set()), node.value, [*endless, *drawn])

    def _of_attribute(self, name: str) -> list[Element]:
        """What the attributes of the name hold, of whichever class."""
        if name not in self._attributes:
            self._attributes[name] = []  # as long as it is not known: it may be made of itself
            found = list[Element]()
            for stored in self._program.self_writes.values():
                for function, binding in stored.get(name, ()):
                    if binding.how == "value" and function.parameters:
                        found += self._elements(function, binding.value, 0)
                        found += self._put(function, f"{function.parameters[0].arg}.{name}", 0)
            self._attributes[name] = found
        return self._attributes[name]

    def _of_name(self, function: FunctionFacts, name: str, depth: int) -> list[Element]:
        owner = self._program.owner(function, name)
        home = owner or self._program.modules[function.id.path].body
        imported = self._paths.shared.imported(home, name) if depth <= _MAX_DEPTH else None
        if imported is not None:
            return [each for channel in imported for each in self._behind(channel)]
        if owner is None:
            return []
        key = (owner.id, name)
        if key not in self._names:
            self._names[key] = []
            found = list[Element]()
            if name in owner.parameter_names:
                for caller, _, argument in list(self._program.callers.arguments(owner, name))[:_MOST]:
                    found += self._elements(self._program.functions[caller], argument, depth + 1)
            for binding in owner.bindings.get(name, ()):
                if binding.how == "value":
                    found += self._elements(owner, binding.value, depth + 1)
            found += self._put(owner, name, depth)
            self._names[key] = found
        return self._names[key]

    def _put(self, function: FunctionFacts, container: str, depth: int) -> Iterator[Element]:
        """What the function puts into the container; in a loop the same again, unless the loop makes it."""
        for node, loop in _with_loops(children(function.node), None):
            if isinstance(node, ast.AugAssign) and _is(node.target, container):
                yield from self._elements(function, node.value, depth + 1)
            put = _put_in(node, container)
            if put is None:
                continue
            frame = Frame(function, set())
            if loop is not None:
                frame.local |= bound([loop])
                self._paths.alias_statements(frame, loop.body)
            yield Element(frame, put, is_often=loop is not None)


def _first(iterated: ast.expr) -> ast.expr:
    """One of the things that it gives."""
    return ast.copy_location(ast.Subscript(iterated, ast.Constant(0), ast.Load()), iterated)


def _often(elements: Iterable[Element]) -> Iterator[Element]:
    return (each._replace(is_often=True, is_one=True) for each in elements)


def _put_in(node: ast.AST, container: str) -> ast.expr | None:
    """What the node puts into the container, if it does."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        return node.args[-1] if node.func.attr in PUTTING and _is(node.func.value, container) else None
    if isinstance(node, ast.Assign):
        stored = any(isinstance(t, ast.Subscript) and _is(t.value, container) for t in node.targets)
        return node.value if stored else None
    return None


def _is(node: ast.expr, text: str) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) == text


def _with_loops(
    nodes: Iterable[ast.AST], loop: ast.For | ast.AsyncFor | ast.While | None
) -> Iterator[tuple[ast.AST, ast.For | ast.AsyncFor | ast.While | None]]:
    """The nodes below, without those of functions and classes in there, each with the innermost loop around it."""
    for node in nodes:
        if not isinstance(node, SCOPES):
            yield node, loop
            inner = node if isinstance(node, ast.For | ast.AsyncFor | ast.While) else loop
            yield from _with_loops(children(node), inner)


def _parts(node: ast.BinOp | ast.IfExp | ast.BoolOp | ast.Subscript) -> list[ast.expr]:
    """The containers whose elements the value has."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return node.values
    return [node.value] if isinstance(node.slice, ast.Slice) else []


def _pairs(target: ast.expr, element: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """The names of the target with the variables that the element has in their places."""
    if isinstance(target, ast.Name) and isinstance(element, ast.Name | ast.Attribute):
        yield target.id, element
    elif isinstance(target, ast.Tuple | ast.List) and isinstance(element, ast.Tuple | ast.List):
        for each, part in zip(target.elts, element.elts, strict=False):
            yield from _pairs(each, part)
    elif isinstance(target, ast.Name) and isinstance(element, ast.Tuple | ast.List | ast.Dict):
        parts = element.values if isinstance(element, ast.Dict) else element.elts
        yield from ((target.id, part) for part in parts if isinstance(part, ast.Name | ast.Attribute))


def _summed(node: ast.expr) -> Iterator[ast.expr]:
    """The lists that a sum, a chain or a list of lists is made of; none for other expressions."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        for side in (node.left, node.right):
            yield from _summed(side) if isinstance(side, ast.BinOp) else [side]
    elif isinstance(node, ast.Call) and last_name(node.func) == "chain":
        yield from node.args
    elif isinstance(node, ast.Call) and last_name(node.func) == "from_iterable":
        yield from (e for each in node.args if isinstance(each, ast.List | ast.Tuple) for e in each.elts)
    elif isinstance(node, ast.List | ast.Tuple) and any(isinstance(each, ast.Starred) for each in node.elts):
        yield from (each.value for each in node.elts if isinstance(each, ast.Starred))
        yield ast.List([each for each in node.elts if not isinstance(each, ast.Starred)], ast.Load())


def _again(frame: Frame, value: ast.expr, drawn: Sequence[tuple[ast.expr, ast.expr]]) -> Iterator[Element]:
    """The value with elements of the containers that a loop inside others goes through each time, in its names."""
    sources: dict[str, ast.expr] = {}
    outer: set[str] = set()
    for place, (target, iterated) in enumerate(drawn):
        if place and isinstance(target, ast.Name) and not read(iterated) & outer:
            sources[target.id] = _first(iterated)
        outer |= {n.id for n in walk(target) if isinstance(n, ast.Name)}
    changed = replaced(value, lambda name: sources.get(name.id, name))
    if changed is not value:
        yield Element(frame, changed, is_often=True)
