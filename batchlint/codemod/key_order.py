"""Mappings that show nobody in which order their keys came: all that reads them sorts, sums, or names a key."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import cast

from batchlint.codemod.access import Channel
from batchlint.facts import MODULE, FunctionId
from batchlint.symbols import Program, last_name
from batchlint.trees import parents_in, walk

_WITHOUT_ORDER = frozenset({"sorted", "len", "sum", "min", "max", "any", "all", "bool"})
"""Calls that give the same of the same items in any order, where no key makes two of them equal."""
_NAMES_A_KEY = frozenset({"get", "setdefault", "pop", "clear", "total"})
_GIVES_ALL = frozenset({"keys", "values", "items"})
_MAKERS = frozenset({"Counter", "defaultdict", "dict"})
_WHOLE = re.compile(r"\b(vars|asdict|astuple|pickle|copy|deepcopy|__dict__|__getstate__|locals|globals)\b")
"""What shows all attributes of an object, or all variables, at once."""


class KeyOrder:
    """Finds them, by the name of the variable or attribute that holds them."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[Channel, bool] = {}
        self._parents: dict[str, dict[int, ast.AST]] = {}

    def shown(self, channels: Iterable[Channel]) -> set[Channel]:
        """Those of the mappings whose order can be seen."""
        return {channel for channel in channels if not self._is_hidden(channel)}

    def _is_hidden(self, channel: Channel) -> bool:
        if channel not in self._known:
            self._known[channel] = channel[0] == "v" and not channel[-1].startswith("[") and self._find(channel)
        return self._known[channel]

    def _find(self, channel: Channel) -> bool:
        name, is_variable = channel[-1], len(channel) == 4
        paths = [path for path, module in self._program.modules.items() if name in module.text]
        is_own = is_variable and channel[2] != MODULE
        if is_own:
            function = self._program.functions.get(FunctionId(channel[1], channel[2]))
            if function is None or name in function.parameter_names | function.outer:
                return False
            own = (n for n in walk(function.node) if isinstance(n, ast.Name) and n.id == name)
            uses = [(channel[1], cast("ast.AST", node)) for node in own]
        else:
            uses = [(path, node) for path in paths for node in self._named(path, name)]
            if any(_WHOLE.search(self._program.modules[path].text) for path in paths):
                return False
        return bool(uses) and all(self._hides(path, node, is_variable) for path, node in uses)

    def _named(self, path: str, name: str) -> Iterator[ast.AST]:
        """All that may name the variable or attribute."""
        for node in walk(self._program.modules[path].tree):
            is_import = isinstance(node, ast.alias) and name in (node.name, node.asname, "*")
            is_text = isinstance(node, ast.Constant) and node.value == name
            if last_name(node) == name if isinstance(node, ast.Name | ast.Attribute) else is_import or is_text:
                yield node

    def _hides(self, path: str, node: ast.AST, is_variable: bool) -> bool:
        if path not in self._parents:
            self._parents[path] = parents_in([self._program.modules[path].tree])
        parents = self._parents[path]
        parent = parents[id(node)]
        if not isinstance(node, ast.Name if is_variable else ast.Attribute):
            return False
        if isinstance(node.ctx, ast.Store):
            return _is_made(node, parent)
        if isinstance(parent, ast.Subscript):
            return parent.value is node
        if isinstance(parent, ast.Attribute):
            call = parents[id(parent)]
            is_called = isinstance(call, ast.Call) and call.func is parent
            if is_called and parent.attr in _GIVES_ALL:
                return _forgets_order(call, parents[id(call)])
            return is_called and parent.attr in _NAMES_A_KEY
        return _forgets_order(node, parent)


def _is_made(node: ast.Name | ast.Attribute, parent: ast.AST) -> bool:
    """Whether the variable is given a mapping that nothing else holds."""
    is_alone = isinstance(parent, ast.AnnAssign) or (isinstance(parent, ast.Assign) and parent.targets == [node])
    value = parent.value if is_alone and isinstance(parent, ast.Assign | ast.AnnAssign) else None
    if isinstance(value, ast.Call):
        return last_name(value.func) in _MAKERS
    return isinstance(value, ast.Dict | ast.DictComp)


def _forgets_order(node: ast.AST, parent: ast.AST) -> bool:
    """Whether what stands around the mapping, or around all its keys or values, is the same for any order."""
    if isinstance(parent, ast.Compare):
        return node in parent.comparators and all(isinstance(op, ast.In | ast.NotIn) for op in parent.ops)
    is_test = isinstance(parent, ast.If | ast.While | ast.IfExp) and parent.test is node
    if not isinstance(parent, ast.Call) or parent.args[:1] != [node]:
        return is_test or (isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not))
    if last_name(parent.func) in {"dump", "dumps"}:
        return any(
            k.arg == "sort_keys" and isinstance(k.value, ast.Constant) and k.value.value for k in parent.keywords
        )
    is_named = isinstance(parent.func, ast.Name) and parent.func.id in _WITHOUT_ORDER and len(parent.args) == 1
    return is_named and not any(k.arg == "key" for k in parent.keywords)
