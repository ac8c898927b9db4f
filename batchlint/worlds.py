"""Objects that are told the answers and asked what goes into the next requests: `world.apply(name, action)` in a turn,
and `world.observe(name)` in front of the next one's request.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import TypeGuard

from batchlint import flow
from batchlint.facts import ClassId, FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.trees import CONTAINERS, DISPLAYS, walk

_DEEP = 2
"""Methods that a method calls."""
_DATA = (*DISPLAYS, ast.Constant, ast.JoinedStr)


class Worlds:
    """Asked call by call."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def find(
        self, scope: FunctionId, statements: Sequence[ast.stmt], turning: Collection[str], call: ast.Call
    ) -> str | None:
        """The attribute of an object beyond one turn that a method of it makes of the answer, and the request holds.

        `turning` are the names of one turn's own item. What is looked up by a key is that item's own.
        """
        rows = flow.moves(statements, [call])
        changed = self._changed(scope, statements, call, rows, turning)
        if not changed:
            return None
        asking = asked_with(rows, call, turning)
        for owner, names in changed.items():
            found = names & set(self._asked(scope, owner, asking, call))
            if found:
                return f"{owner}.{min(found)}"
        return None

    def _changed(
        self,
        scope: FunctionId,
        statements: Sequence[ast.stmt],
        call: ast.Call,
        rows: list[flow.Move],
        turning: Collection[str],
    ) -> dict[str, set[str]]:
        """What the methods that are told the answer make of it, by the object."""
        filled = flow.reached(set(), rows, call)
        given = set(turning).union(*(row.given for row in rows))
        found: dict[str, set[str]] = {}
        for node in (node for statement in statements for node in walk(statement)):
            owner = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
            if node is call or not isinstance(node, ast.Call) or not isinstance(owner, ast.Name | ast.Attribute):
                continue
            name = ast.unparse(owner)
            told = [
                each for each in flow.request_arguments(node) if flow.reads(each) & filled or flow.holds([each], call)
            ]
            if not told or name in {"self", "cls"} or name in given or name.partition(".")[0] in given:
                continue
            for method in self._graph.entered(scope, node):
                parameters = {flow.parameter_of(method, node, each) or "" for each in told}
                found.setdefault(name, set()).update(self._made(method, parameters, 0))
        return {name: attributes for name, attributes in found.items() if attributes}

    def _made(self, method: FunctionFacts, parameters: set[str], depth: int) -> set[str]:
        """The attributes of its own object that a method makes of what it is handed."""
        own = _own(method)
        if method.owner is None or not own:
            return set()
        reached = flow.reached(parameters, flow.moves_of(method))
        named = (name.partition(".")[2] for name in reached if name.startswith(f"{own}."))
        found = {name for name in named if self._holds_data(ClassId(method.id.path, method.owner), name)}
        for each in method.calls if depth < _DEEP else ():
            func = each.node.func
            if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == own:
                told = [a for a in flow.request_arguments(each.node) if flow.reads(a) & reached]
                for inner in self._graph.entered(method.id, each.node) if told else ():
                    names = {flow.parameter_of(inner, each.node, a) or "" for a in told}
                    found |= self._made(inner, names, depth + 1)
        return found

    def _holds_data(self, klass: ClassId, name: str) -> bool:
        """Whether the attribute is data of the object, rather than a way to a store where each item has its own."""
        program = self._graph.program
        line = [each for each in program.mro(klass)[0] if each in program.classes]
        written = (each for k in line for _, each in program.self_writes.get(k, {}).get(name, ()))
        return any(_is_data(each.value) for each in written) or any(name in program.classes[k].bindings for k in line)

    def _asked(self, scope: FunctionId, owner: str, asking: Sequence[ast.AST], call: ast.Call) -> Iterator[str]:
        """The attributes of the object that are read for the request, by its methods or on the spot."""
        for node in (node for each in asking for node in walk(each)):
            if isinstance(node, ast.Call) and node is not call and isinstance(node.func, ast.Attribute):
                if ast.unparse(node.func.value) == owner:
                    for method in self._graph.entered(scope, node):
                        yield from self._looks(method, _own(method), 0)
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == owner:
                yield node.attr
        for argument in flow.request_arguments(call):
            if isinstance(argument, ast.Name | ast.Attribute) and ast.unparse(argument) == owner:
                for function in self._graph.entered(scope, call):
                    yield from self._looks(function, flow.parameter_of(function, call, argument) or "", 0)

    def _looks(self, function: FunctionFacts, own: str, depth: int) -> Iterator[str]:
        """The attributes of the object in the variable that the function looks at as a whole."""
        nodes = list(walk(function.node)) if own else []
        parts = {id(part) for node in nodes for part in _looked_up(node)}
        yield from (node.attr for node in nodes if _is_part(node, own) and id(node) not in parts)
        for each in function.calls if depth < _DEEP and own else ():
            if _is_part(each.node.func, own):
                for method in self._graph.entered(function.id, each.node):
                    yield from self._looks(method, _own(method), depth + 1)


def asked_with(rows: list[flow.Move], call: ast.Call, turning: Collection[str]) -> list[ast.AST]:
    """The arguments of the request, and all that they are made of.

    What a turn does with its own item behind the call is left out: the next turn has another item.
    """
    own, end = set(turning), call.end_lineno or call.lineno
    before = [row for row in rows if not row.given <= own or not _is_behind(row, end)]
    needed = flow.origins(flow.request_arguments(call), before)
    return [*flow.request_arguments(call), *(value for row in before if row.given & needed for value in row.values)]


def _is_behind(row: flow.Move, end: int) -> bool:
    """Whether all that is moved stands below the line."""
    return bool(row.values) and all(getattr(value, "lineno", 0) > end for value in row.values)


def _own(method: FunctionFacts) -> str:
    return method.parameters[0].arg if method.owner is not None and method.parameters else ""


def _is_data(node: ast.expr | None) -> bool:
    """Whether the expression is a list, a dict, a text or the like, written out or made empty."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in CONTAINERS
    return isinstance(node, _DATA) and not (isinstance(node, ast.Constant) and node.value is None)


def _is_part(node: ast.AST, own: str) -> TypeGuard[ast.Attribute]:
    is_read = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    return is_read and isinstance(node.value, ast.Name) and node.value.id == own  # type: ignore[attr-defined]


def _looked_up(node: ast.AST) -> Iterator[ast.expr]:
    """What the node only takes one item of, adds to, counts or looks something up in."""
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
        yield node.value
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        yield from node.comparators
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and (node.func.attr == "get" or node.func.attr in flow.MUTATORS):
            yield node.func.value
        elif isinstance(node.func, ast.Name) and node.func.id == "len":
            yield from node.args
