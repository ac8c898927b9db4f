"""What the value of an expression shares with variables: the parts of copies, views, containers and elements.

A part is a channel with the steps that lead from the value to what is behind that channel. No steps: the value is that
object, or shows it as it is at any time (a view, an iterator, what a library makes of it). One step: the value is new
and holds the same elements, as a copy does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from batchlint.codemod import sheets
from batchlint.codemod.access import ANY, Channel, Frame
from batchlint.codemod.scopes import bound, in_head
from batchlint.facts import FunctionFacts
from batchlint.iterables import CHUNKED, COUNTED, PAIRED, SAME
from batchlint.symbols import last_name
from batchlint.trees import walk
from batchlint.values import Cls, Ext, Fn, Inst

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths

Parts = set[tuple[Channel, Channel]]
_OF_MAPPINGS = frozenset(
    {"dict", "copy", "OrderedDict", "defaultdict", "UserDict", "replace", "keys", "values", "items"}
)
"""Those that do not go through the keys of a mapping."""
_COPYING = frozenset(
    {
        "dict", "list", "tuple", "set", "frozenset", "sorted", "copy", "OrderedDict", "deque", "defaultdict", "Counter",
        "UserDict", "UserList", "replace", "SimpleNamespace", "nlargest", "nsmallest", "sample", "choices",
    }
)  # fmt: skip
"""Calls whose value is new and holds the elements of what they are given, or called on."""
_TAKING = frozenset(
    {"get", "setdefault", "pop", "popleft", "popitem", "next", "max", "min", "choice", "itemgetter", "reduce"}
)
"""Calls that give an element."""
_RANDOM = ("random.", "numpy.random.", "secrets.")
"""Whose objects choose from what they are given, and hold nothing."""
_PICKING = frozenset({"getattr", "max", "min"})
_TUPLES = PAIRED | COUNTED | CHUNKED | {"product", "pairwise", "groupby", "items"}
"""Calls that give tuples of elements."""
_LIVE = frozenset({"iter", "map", "filter", "reversed", "islice", "chain", "cycle", "tee", "values", "keys"})
"""Calls whose value shows what they are given, or called on, as it is at any time."""
_VIEWS = frozenset(
    {"reshape", "ravel", "view", "transpose", "squeeze", "swapaxes", "cast", "toreadonly", "new_child", "__iter__"}
)
"""The same of methods of arrays and the like."""
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
_ELEMENT = (ANY,)


class Sharing:
    """Finds them."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._program = paths.program

    def copied(self, value: ast.expr, frame: Frame) -> Parts:
        """The parts of what is a copy of something, or what a call picks out."""
        is_copy = isinstance(value, ast.Dict) and None in value.keys
        is_copy = is_copy or (isinstance(value, ast.ListComp | ast.SetComp) and isinstance(value.elt, ast.Name))
        is_copy = is_copy or (isinstance(value, ast.Call) and last_name(value.func) in _COPYING | _PICKING)
        return self.of(value, frame) if is_copy else set()

    def of(self, node: ast.expr | None, frame: Frame, depth: int = 0) -> Parts:
        """The parts of the expression's value."""
        if node is None or depth > _MAX_DEPTH or isinstance(node, ast.Constant):
            return set()
        if isinstance(node, ast.Name | ast.Attribute):
            copied = {(_ELEMENT, c) for c in self._paths.elements(node, frame)}
            return {((), channel) for channel in self._paths.path(node, frame)} | copied
        if isinstance(node, ast.Subscript):
            inside = self.of(node.value, frame, depth + 1)
            if isinstance(node.slice, ast.Tuple) or self._is_array(node, frame):
                return inside
            return elements(inside) if isinstance(node.slice, ast.Slice) else taken(inside)
        if isinstance(node, ast.IfExp):
            return self._all([node.body, node.orelse], frame, depth)
        if isinstance(node, ast.BoolOp):
            return self._all(node.values, frame, depth)
        if isinstance(node, ast.NamedExpr):
            return self._all([node.target, node.value], frame, depth)
        if isinstance(node, ast.Starred | ast.Await):
            return self.of(node.value, frame, depth + 1)
        if isinstance(node, ast.BinOp):
            return elements(self._all([node.left, node.right], frame, depth))
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return self._held(node.elts, frame, depth)
        if isinstance(node, ast.Dict):
            shared = [v for k, v in zip(node.keys, node.values, strict=True) if k is None]
            own = [v for k, v in zip(node.keys, node.values, strict=True) if k is not None]
            return self._held(own, frame, depth) | elements(self._all(shared, frame, depth))
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            return self._made(node, frame, depth)
        return self._of_call(node, frame, depth) if isinstance(node, ast.Call) else set()

    def _all(self, nodes: Iterable[ast.expr], frame: Frame, depth: int) -> Parts:
        return set().union(*(self.of(each, frame, depth + 1) for each in nodes), set())

    def _held(self, nodes: Iterable[ast.expr], frame: Frame, depth: int) -> Parts:
        """The parts of a new container of the values."""
        found: Parts = set()
        for each in nodes:
            parts = self.of(each, frame, depth + 1)
            found |= elements(parts) if isinstance(each, ast.Starred) else put_in(parts)
        return found

    def _made(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, frame: Frame, depth: int
    ) -> Parts:
        names = in_head(node)
        inner = Frame(frame.function, frame.local | names, dict(frame.aliases), caller=frame.caller, given=frame.given)
        for name in names:
            inner.aliases[name] = set()
        for generator in node.generators:
            for target, taken in self.drawn(generator.target, generator.iter, inner, depth + 1):
                for name in (n.id for n in walk(target) if isinstance(n, ast.Name)):
                    inner.aliases[name] |= {channel for steps, channel in taken if not steps}
                    held = {channel for steps, channel in taken if steps == _ELEMENT}
                    inner.aliases[f"**{name}"] = inner.aliases.get(f"**{name}", set()) | held
        return self._held([node.value if isinstance(node, ast.DictComp) else node.elt], inner, depth)

    def drawn(
        self, target: ast.expr, iterated: ast.expr, frame: Frame, depth: int = 0
    ) -> Iterator[tuple[ast.expr, Parts]]:
        """The targets of a loop that may be what can change, each with its parts: no keys and no numbers."""
        name = last_name(iterated.func) if isinstance(iterated, ast.Call) else ""
        if isinstance(iterated, ast.Call) and name in SAME and iterated.args:
            yield from self.drawn(target, iterated.args[0], frame, depth)
            return
        each: Parts = set() if self._is_mapping(iterated, frame) else taken(self.of(iterated, frame, depth))
        if name in COUNTED | {"items"} and isinstance(target, ast.Tuple | ast.List) and len(target.elts) == 2:
            yield target.elts[1], taken(each)
        elif name == "groupby" and isinstance(target, ast.Tuple | ast.List) and len(target.elts) == 2:
            yield target.elts[0], taken(each)
            yield target.elts[1], each  # a group is new, and holds elements
        elif isinstance(target, ast.Tuple | ast.List):
            yield from ((part, taken(each)) for part in target.elts)
        else:
            yield target, each

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
        is_random = name == "choice" or any(isinstance(v, Ext) and v.path.startswith(_RANDOM) for v in values)
        if isinstance(func, ast.Attribute) and name in sheets.known().makers:
            return taken(self.of(func.value, frame, depth + 1))
        if isinstance(func, ast.Attribute) and is_method and not (is_random and (node.args or node.keywords)):
            if name in _TAKING:
                return taken(self.of(func.value, frame, depth + 1)) | self._all(node.args[1:], frame, depth)
            given = [func.value]
        elif name in _TAKING:
            several = name in {"max", "min"} and len(node.args) > 1
            return self._all(node.args, frame, depth) if several else taken(self._all(given, frame, depth))
        if name in _COPYING:
            return elements(self._all(given, frame, depth))
        if name == "fromkeys":
            return put_in(self._all(node.args[1:], frame, depth))
        if name in _COPYING | _LIVE | _TUPLES:
            given = [each for each in given if name in _OF_MAPPINGS or not self._is_mapping(each, frame)]
        if name in _TUPLES:
            return put_in(elements(self._all(given, frame, depth)))
        if name in _LIVE:
            return self._all(given, frame, depth)
        if is_method and not is_random:
            return self._all(given, frame, depth) if name in _VIEWS else set()
        return {part for each in given if self._can_change(each, frame) for part in self.of(each, frame, depth + 1)}

    def _returned(self, target: Fn, node: ast.Call, frame: Frame, depth: int) -> Parts:
        """The parts of what a function of the project gives."""
        function = self._program.functions[target.id]
        if function.is_generator or not function.returns or depth > 2:
            return set()
        aliases = self._paths.handed(target, node, frame)
        local = (set(function.parameter_names) | bound(body_of(function))) - function.outer
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
        return any(_is_mapping(value) for value in values)

    def _is_array(self, node: ast.Subscript, frame: Frame) -> bool:
        """Whether a slice is one of an array, which is a view of it."""
        if not isinstance(node.slice, ast.Slice):
            return False
        values = self._program.eval(frame.function.id, node.value)
        return any(
            isinstance(v, Ext) and v.path.startswith(("numpy.", "torch.", "builtins.memoryview")) for v in values
        )

    def viewed(self, value: ast.expr, frame: Frame) -> Parts:
        """The parts of what tuples are made of, as long as nothing has taken them."""
        is_made = isinstance(value, ast.Call) and last_name(value.func) in _TUPLES
        if not is_made or not isinstance(value, ast.Call):
            return set()
        receiver = [value.func.value] if isinstance(value.func, ast.Attribute) else []
        return self._all([*receiver, *value.args], frame, 0)


def taken(parts: Parts) -> Parts:
    """The parts of an element."""
    return {((), (*c, ANY)) if not steps else (steps[1:], c) for steps, c in parts}


def elements(parts: Parts) -> Parts:
    """The parts of a new container of the elements."""
    return {(_ELEMENT, (*c, ANY)) if not steps else (steps, c) for steps, c in parts}


def put_in(parts: Parts) -> Parts:
    """The parts of a new container of the value."""
    return {((ANY, *steps), c) for steps, c in parts}


def _is_mapping(value: ast.expr | None) -> bool:
    made = isinstance(value, ast.Call) and last_name(value.func) in {"dict", "defaultdict", "Counter", "OrderedDict"}
    return made or isinstance(value, ast.Dict | ast.DictComp)


def _is_of_module(value: object) -> bool:
    return isinstance(value, Ext) and "()" not in value.path and value.path.count(".") >= 1


def body_of(function: FunctionFacts) -> list[ast.stmt]:
    node = function.node
    return [] if isinstance(node, ast.Lambda) or not hasattr(node, "body") else list(node.body)
