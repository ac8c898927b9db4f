"""Objects with two names: which variables, attributes and elements may stand for the same list, mapping or object.

An expression has parts: a channel with the steps that lead from its value to what is behind that channel. No steps: the
value is that object, or shows it as it is at any time (a view, an iterator, what a library makes of it). One step: the
value is new and holds the same elements, as a copy does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from batchlint.codemod.access import ANY, CELL, OWN, Access, Channel, Frame
from batchlint.codemod.scopes import bound
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.symbols import last_name
from batchlint.trees import walk, walk_own
from batchlint.values import Cls, Ext, Fn, Inst

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths
    from batchlint.codemod.steps import Step

Parts = set[tuple[Channel, Channel]]
Fact = tuple[Channel, Channel]
"""Two channels behind which the same object may be."""
_OF_MAPPINGS = frozenset(
    {"dict", "copy", "OrderedDict", "defaultdict", "UserDict", "replace", "keys", "values", "items"}
)
"""Those that do not go through the keys of a mapping."""
COPYING = frozenset(
    {
        "dict", "list", "tuple", "set", "frozenset", "sorted", "copy", "OrderedDict", "deque", "defaultdict", "Counter",
        "UserDict", "UserList", "replace", "SimpleNamespace", "nlargest", "nsmallest", "sample",
    }
)  # fmt: skip
"""Calls whose value is new and holds the elements of what they are given, or called on."""
_TAKING = frozenset(
    {"get", "setdefault", "pop", "popleft", "popitem", "next", "max", "min", "choice", "itemgetter", "reduce"}
)
"""Calls that give an element."""
_PICKING = frozenset({"getattr", "max", "min"})
_TUPLES = frozenset({"zip", "zip_longest", "enumerate", "product", "pairwise", "groupby", "batched", "items"})
"""Calls that give tuples of elements."""
_LIVE = frozenset({"iter", "map", "filter", "reversed", "islice", "chain", "cycle", "tee", "values", "keys"})
"""Calls whose value shows what they are given, or called on, as it is at any time."""
_WRAPPING = frozenset({"sorted", "list", "tuple", "reversed", "tqdm", "track", "iter"})
"""Calls that give what they are given one by one."""
_VIEWS = frozenset(
    {"reshape", "ravel", "view", "transpose", "squeeze", "swapaxes", "cast", "toreadonly", "new_child", "__iter__"}
)
"""The same of methods of arrays and the like."""
_PUTTING = frozenset({"append", "add", "appendleft", "insert", "put", "push", "setdefault"})
_PUTTING_ALL = frozenset({"extend", "extendleft", "update"})
_FRESH = frozenset(
    {
        "len", "sum", "str", "repr", "int", "float", "bool", "any", "all", "range", "dumps", "dump", "loads", "load",
        "deepcopy", "join", "format", "print", "DataFrame", "Series", "from_dict", "from_records", "array", "concat",
        "isinstance", "type", "id", "hash", "open", "Thread", "Process", "Document", "from_list", "run",
        "run_until_complete",
    }
)  # fmt: skip
"""Calls whose value has nothing to do with what they are given."""
_MAX_DEPTH = 6
_MOST = 40
_MOST_CALLS = 20
_DEEPEST = 9
_ELEMENT = (ANY,)


class Aliases:
    """Finds them."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._program = paths.program
        self._of_scope: dict[FunctionId, list[Fact]] = {}
        self._own: dict[str, set[Fact]] | None = None

    # -- channels
    def changed(self, steps: Sequence[Step]) -> None:
        """Add to steps that change something the touches of it by its other names."""
        writes = {a.channel for step in steps for a in step.accesses if _changes(a)}
        if not writes:
            return
        stems = {stem for step in steps for stem in step.touched if stem[0] == "v" and len(stem) == 4}
        scopes = {self._scope(FunctionId(path, qualname)) for _, path, qualname, _ in stems}
        scopes |= {self._scope(FunctionId(stem[1], MODULE)) for stem in stems}
        others = self._others(writes, sorted(filter(None, scopes)))
        for step in steps if others else ():
            more = [a._replace(channel=c) for a in step.accesses if _changes(a) for c in others.get(a.channel, ())]
            step.touch(more)

    def _scope(self, id: FunctionId) -> FunctionId | None:
        is_known = id.path in self._program.modules and (id.qualname == MODULE or id in self._program.functions)
        return id if is_known else None

    def _others(self, channels: Iterable[Channel], scopes: Iterable[FunctionId]) -> dict[Channel, list[Channel]]:
        """For channels of which something is changed, the others behind which that may be too."""
        index: dict[Channel, list[Fact]] = {}
        for scope in scopes:
            for a, b in self._facts(scope):
                index.setdefault(a[:4], []).append((a, b))
                index.setdefault(b[:4], []).append((b, a))
        return {channel: found for channel in channels if (found := self._closure(channel, index))}

    def _closure(self, start: Channel, index: dict[Channel, list[Fact]]) -> list[Channel]:
        found, waiting = {start}, [start]
        while waiting and len(found) < _MOST:
            channel = waiting.pop()
            more = {to for a, b in index.get(channel[:4], ()) if (to := _moved(channel, a, b))}
            for place in range(4, len(channel)):
                own = self._attributes.get(channel[place], ())
                more |= {(*channel[:place], *to) for a, b in own if (to := _moved(channel[place:], a, b))}
            new = {each for each in more - found if len(each) <= _DEEPEST}
            found |= new
            waiting += sorted(new)
        return sorted(found - {start})

    # -- facts
    def _facts(self, id: FunctionId) -> list[Fact]:
        """What the statements of a function or a module's body say."""
        known = self._of_scope.get(id)
        if known is None:
            self._of_scope[id] = []
            scope = self._program.modules[id.path].body if id.qualname == MODULE else self._program.functions[id]
            stated = (*self._stated(scope), *self._of_parameters(scope))
            known = self._of_scope[id] = list(dict.fromkeys(fact for fact in stated if fact[0] != fact[1]))
        return known

    def _stated(self, scope: FunctionFacts) -> Iterator[Fact]:
        frame = Frame(scope, set())
        body = self._program.modules[scope.id.path].tree.body if scope.id.qualname == MODULE else _body(scope)
        for node in (n for statement in body for n in _within(statement)):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    yield from self._bound(target, node.value, frame)
                if len(node.targets) > 1 and not isinstance(node.value, ast.Constant):
                    places = [sorted(self._paths.path(t, frame)) for t in node.targets if not isinstance(t, ast.Tuple)]
                    yield from ((a, b) for first in places[:1] for a in first for each in places[1:] for b in each)
            elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                yield from self._bound(node.target, node.value, frame)
            elif isinstance(node, ast.AugAssign):
                yield from self._put(node.target, _elements(self.parts(node.value, frame)), frame)
            elif isinstance(node, ast.For | ast.AsyncFor):
                for each, drawn in self._drawn(node.target, node.iter, frame):
                    yield from self._into(each, drawn, frame)
            elif isinstance(node, ast.withitem) and node.optional_vars is not None:
                yield from self._bound(node.optional_vars, node.context_expr, frame)
            elif isinstance(node, ast.Match):
                parts = self.parts(node.subject, frame)
                for name in _captured(node):
                    yield from self._into(ast.Name(name, ast.Load()), parts | _taken(parts), frame)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                if node.func.attr in _PUTTING:
                    yield from self._put(node.func.value, _put_in(self.parts(node.args[-1], frame)), frame)
                elif node.func.attr in _PUTTING_ALL:
                    yield from self._put(node.func.value, _elements(self.parts(node.args[0], frame)), frame)

    def _put(self, container: ast.expr, parts: Parts, frame: Frame) -> Iterator[Fact]:
        if parts:
            for place in sorted(self._paths.path(container, frame)):
                yield from (((*place, *steps), channel) for steps, channel in sorted(parts))

    def _bound(self, target: ast.expr, value: ast.expr, frame: Frame) -> Iterator[Fact]:
        pairs = _paired(target, value)
        for each, given in pairs:
            yield from self._bound(each, given, frame)
        if not pairs:
            yield from self._into(target, self.parts(value, frame) | self._viewed(value, frame), frame)

    def _into(self, target: ast.expr, parts: Parts, frame: Frame) -> Iterator[Fact]:
        if not parts:
            return
        if isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                yield from self._into(each, _elements(parts) if isinstance(each, ast.Starred) else _taken(parts), frame)
        elif isinstance(target, ast.Starred):
            yield from self._into(target.value, parts, frame)
        else:
            yield from self._put(target, parts, frame)

    def _viewed(self, value: ast.expr, frame: Frame) -> Parts:
        """The parts of what tuples are made of, as long as nothing has taken them."""
        is_made = isinstance(value, ast.Call) and last_name(value.func) in _TUPLES
        if not is_made or not isinstance(value, ast.Call):
            return set()
        receiver = [value.func.value] if isinstance(value.func, ast.Attribute) else []
        return self._all([*receiver, *value.args], frame, 0)

    def _of_parameters(self, scope: FunctionFacts) -> Iterator[Fact]:
        """What callers give: two parameters may be one object, or one that a global variable holds."""
        for name in scope.parameter_names:
            for caller, _, argument in list(self._program.callers.arguments(scope, name))[:_MOST_CALLS]:
                frame = Frame(self._program.functions.get(caller) or self._program.modules[caller.path].body, set())
                for steps, channel in sorted(self.parts(argument, frame)):
                    yield ("v", scope.id.path, scope.id.qualname, name, *steps), channel

    @property
    def _attributes(self) -> dict[str, set[Fact]]:
        """By their first step, attributes of one object that may hold the same."""
        if self._own is None:
            self._own = {}
            for a, b in self._of_classes():
                self._own.setdefault(a[0], set()).add((a, b))
                self._own.setdefault(b[0], set()).add((b, a))
        return self._own

    def _of_classes(self) -> Iterator[Fact]:
        for stored in self._program.self_writes.values():
            names: dict[int, str] = {}
            for name, places in stored.items():
                for function, binding in places:
                    if binding.how != "value" or binding.value is None or isinstance(binding.value, ast.Constant):
                        continue
                    other = names.setdefault(id(binding.value), name)
                    if other != name:
                        yield (name,), (other,)
                    yield from self._of_object((name,), binding.value, function)
        for function in self._program.functions.values():
            if function.owner and any(last_name(d) in {"property", "cached_property"} for d in function.decorators):
                for value in function.returns:
                    yield from self._of_object((function.name,), value, function)

    def _of_object(self, name: Channel, value: ast.expr, function: FunctionFacts) -> Iterator[Fact]:
        if function.parameters:
            own = ("v", function.id.path, function.id.qualname, function.parameters[0].arg)
            for steps, channel in self.parts(value, Frame(function, set())):
                if channel[:4] == own and len(channel) > 4 and (*name, *steps) != channel[4:]:
                    yield (*name, *steps), channel[4:]

    # -- expressions
    def copied(self, value: ast.expr, frame: Frame) -> Parts:
        """The parts of what is a copy of something, or what a call picks out."""
        is_copy = isinstance(value, ast.Dict) and None in value.keys
        is_copy = is_copy or (isinstance(value, ast.Call) and last_name(value.func) in COPYING | _PICKING)
        return self.parts(value, frame) if is_copy else set()

    def parts(self, node: ast.expr | None, frame: Frame, depth: int = 0) -> Parts:
        """The parts of the expression's value."""
        if node is None or depth > _MAX_DEPTH or isinstance(node, ast.Constant):
            return set()
        if isinstance(node, ast.Name | ast.Attribute):
            copied = {(_ELEMENT, c) for c in self._paths.elements(node, frame)}
            return {((), channel) for channel in self._paths.path(node, frame)} | copied
        if isinstance(node, ast.Subscript):
            inside = self.parts(node.value, frame, depth + 1)
            if isinstance(node.slice, ast.Tuple) or self._is_array(node, frame):
                return inside
            return _elements(inside) if isinstance(node.slice, ast.Slice) else _taken(inside)
        if isinstance(node, ast.IfExp):
            return self._all([node.body, node.orelse], frame, depth)
        if isinstance(node, ast.BoolOp):
            return self._all(node.values, frame, depth)
        if isinstance(node, ast.NamedExpr):
            return self._all([node.target, node.value], frame, depth)
        if isinstance(node, ast.Starred | ast.Await):
            return self.parts(node.value, frame, depth + 1)
        if isinstance(node, ast.BinOp):
            return _elements(self._all([node.left, node.right], frame, depth))
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return self._held(node.elts, frame, depth)
        if isinstance(node, ast.Dict):
            shared = [v for k, v in zip(node.keys, node.values, strict=True) if k is None]
            own = [v for k, v in zip(node.keys, node.values, strict=True) if k is not None]
            return self._held(own, frame, depth) | _elements(self._all(shared, frame, depth))
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            return self._made(node, frame, depth)
        return self._of_call(node, frame, depth) if isinstance(node, ast.Call) else set()

    def _all(self, nodes: Iterable[ast.expr], frame: Frame, depth: int) -> Parts:
        return set().union(*(self.parts(each, frame, depth + 1) for each in nodes), set())

    def _held(self, nodes: Iterable[ast.expr], frame: Frame, depth: int) -> Parts:
        """The parts of a new container of the values."""
        found: Parts = set()
        for each in nodes:
            parts = self.parts(each, frame, depth + 1)
            found |= _elements(parts) if isinstance(each, ast.Starred) else _put_in(parts)
        return found

    def _made(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, frame: Frame, depth: int
    ) -> Parts:
        names = {n.id for g in node.generators for n in walk(g.target) if isinstance(n, ast.Name)}
        inner = Frame(frame.function, frame.local | names, dict(frame.aliases), caller=frame.caller, given=frame.given)
        for name in names:
            inner.aliases[name] = set()
        for generator in node.generators:
            for target, taken in self._drawn(generator.target, generator.iter, inner, depth + 1):
                for name in (n.id for n in walk(target) if isinstance(n, ast.Name)):
                    inner.aliases[name] |= {channel for steps, channel in taken if not steps}
        return self._held([node.value if isinstance(node, ast.DictComp) else node.elt], inner, depth)

    def _drawn(
        self, target: ast.expr, iterated: ast.expr, frame: Frame, depth: int = 0
    ) -> Iterator[tuple[ast.expr, Parts]]:
        """The targets of a loop that may be what can change, each with its parts: no keys and no numbers."""
        name = last_name(iterated.func) if isinstance(iterated, ast.Call) else ""
        if isinstance(iterated, ast.Call) and name in _WRAPPING and iterated.args:
            yield from self._drawn(target, iterated.args[0], frame, depth)
            return
        taken = set() if self._is_mapping(iterated, frame) else _taken(self.parts(iterated, frame, depth))
        if name in {"items", "enumerate"} and isinstance(target, ast.Tuple | ast.List) and len(target.elts) == 2:
            yield target.elts[1], _taken(taken)
        elif isinstance(target, ast.Tuple | ast.List):
            yield from ((each, _taken(taken)) for each in target.elts)
        else:
            yield target, taken

    def _of_call(self, node: ast.Call, frame: Frame, depth: int) -> Parts:
        name, func = last_name(node.func), node.func
        values = self._program.eval(frame.function.id, func)
        if any(isinstance(v, Fn) for v in values):
            found = (self._returned(v, node, frame, depth) for v in values if isinstance(v, Fn))
            return set().union(*found)
        if name in _FRESH or any(isinstance(v, Cls | Inst) for v in values):
            return set()
        given = [*node.args, *(k.value for k in node.keywords if k.arg not in {"key", "default_factory"})]
        is_method = isinstance(func, ast.Attribute) and not any(_is_of_module(v) for v in values)
        if name == "getattr" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            made = ast.Attribute(node.args[0], str(node.args[1].value), ast.Load())
            return self._all([ast.copy_location(made, node), *node.args[2:]], frame, depth)
        if isinstance(func, ast.Attribute) and is_method:
            if name in _TAKING:
                return _taken(self.parts(func.value, frame, depth + 1)) | self._all(node.args[1:], frame, depth)
            given = [func.value]
        elif name in _TAKING:
            several = name in {"max", "min"} and len(node.args) > 1
            return self._all(node.args, frame, depth) if several else _taken(self._all(node.args, frame, depth))
        if name in COPYING:
            return _elements(self._all(given, frame, depth))
        if name == "fromkeys":
            return _put_in(self._all(node.args[1:], frame, depth))
        if name in COPYING | _LIVE | _TUPLES:
            given = [each for each in given if name in _OF_MAPPINGS or not self._is_mapping(each, frame)]
        if name in _TUPLES:
            return _put_in(_elements(self._all(given, frame, depth)))
        if name in _LIVE:
            return self._all(given, frame, depth)
        if is_method:
            return self._all(given, frame, depth) if name in _VIEWS else set()
        return {part for each in given if self._can_change(each, frame) for part in self.parts(each, frame, depth + 1)}

    def _returned(self, target: Fn, node: ast.Call, frame: Frame, depth: int) -> Parts:
        """The parts of what a function of the project gives."""
        function = self._program.functions[target.id]
        if function.is_generator or not function.returns or depth > 2:
            return set()
        aliases = self._paths.handed(target, node, frame)
        local = (set(function.parameter_names) | bound(_body(function))) - function.outer
        inner = Frame(function, local, {name: set(channels) for name, channels in aliases.items()})
        return self._all(function.returns, inner, depth + 1)

    def _can_change(self, node: ast.expr, frame: Frame) -> bool:
        """Whether it is a variable that holds a container, or a display of some."""
        if isinstance(node, ast.Attribute | ast.Lambda):
            return isinstance(node, ast.Attribute)
        if not isinstance(node, ast.Name):
            return isinstance(node, ast.List | ast.Tuple | ast.Dict | ast.Starred | ast.Call)
        owner = self._program.owner(frame.function, node.id)
        values = [b.value for b in owner.bindings.get(node.id, ()) if b.how == "value"] if owner is not None else []
        scope = owner.id if owner is not None else frame.function.id
        return any(v is not None and self._paths.shared.can_change(v, scope) for v in values)

    def _is_mapping(self, node: ast.expr, frame: Frame) -> bool:
        """Whether it is a variable that holds a mapping, of which going through it gives the keys."""
        owner = self._program.owner(frame.function, node.id) if isinstance(node, ast.Name) else None
        bindings = owner.bindings.get(node.id, ()) if owner is not None and isinstance(node, ast.Name) else ()
        values = [b.value for b in bindings if b.how == "value"]
        return bool(values) and all(_is_mapping(value) for value in values)

    def _is_array(self, node: ast.Subscript, frame: Frame) -> bool:
        """Whether a slice is one of an array, which is a view of it."""
        if not isinstance(node.slice, ast.Slice):
            return False
        values = self._program.eval(frame.function.id, node.value)
        return any(
            isinstance(v, Ext) and v.path.startswith(("numpy.", "torch.", "builtins.memoryview")) for v in values
        )


def _changes(access: Access) -> bool:
    """Whether it changes an object that a variable holds, or holds somewhere."""
    return access.how in {"write", "sum"} and access.channel[0] == "v" and len(access.channel) > 4


def _moved(channel: Channel, a: Channel, b: Channel) -> Channel | None:
    """The channel that is behind `b` what the given one is behind `a`; only what is inside is the same.

    What is within the item's own element is that of other items by fields: `Linked` knows these.
    """
    reached = channel[: len(a)]
    if len(channel) <= len(a) or OWN in reached or not all(_is_same(x, y) for x, y in zip(reached, a, strict=True)):
        return None
    return (*b, *channel[len(a) :])


def _is_same(x: str, y: str) -> bool:
    return x == y or (_is_element(x) and _is_element(y))


def _is_element(step: str) -> bool:
    return step in (OWN, ANY) or step.startswith(CELL)


def _taken(parts: Parts) -> Parts:
    """The parts of an element."""
    return {((), (*c, ANY)) if not steps else (steps[1:], c) for steps, c in parts}


def _elements(parts: Parts) -> Parts:
    """The parts of a new container of the elements."""
    return {(_ELEMENT, (*c, ANY)) if not steps else (steps, c) for steps, c in parts}


def _put_in(parts: Parts) -> Parts:
    """The parts of a new container of the value."""
    return {((ANY, *steps), c) for steps, c in parts}


def _paired(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """The targets, each with what it is bound to, where the assignment is written out so."""
    if not isinstance(target, ast.Tuple | ast.List) or not isinstance(value, ast.Tuple | ast.List):
        return []
    is_whole = len(target.elts) == len(value.elts) and not any(isinstance(e, ast.Starred) for e in target.elts)
    return list(zip(target.elts, value.elts, strict=True)) if is_whole else []


def _is_mapping(value: ast.expr | None) -> bool:
    made = isinstance(value, ast.Call) and last_name(value.func) in {"dict", "defaultdict", "Counter", "OrderedDict"}
    return made or isinstance(value, ast.Dict | ast.DictComp)


def _captured(match: ast.Match) -> Iterator[str]:
    for case in match.cases:
        for node in walk(case.pattern):
            name = node.rest if isinstance(node, ast.MatchMapping) else getattr(node, "name", None)
            if isinstance(name, str):
                yield name


def _is_of_module(value: object) -> bool:
    return isinstance(value, Ext) and "()" not in value.path and value.path.count(".") >= 1


def _within(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of the statement, without the functions and classes in it."""
    is_scope = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    return iter(()) if is_scope else walk_own(statement)


def _body(function: FunctionFacts) -> list[ast.stmt]:
    node = function.node
    return [] if isinstance(node, ast.Lambda) or not hasattr(node, "body") else list(node.body)
