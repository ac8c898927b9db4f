"""The steps that lead from the client of a store to a call: `client["shop"]["notes"].find_one({"_id": key})`.

Names and attributes on the way are followed to what they stand for: `notes = client["shop"]["notes"]`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod.access import Frame
from batchlint.codemod.store_kinds import Group, Kind, kinds, quiet
from batchlint.facts import ClassId, FunctionFacts
from batchlint.iterables import EACH, PAIRED
from batchlint.patterns import head_of
from batchlint.symbols import last_name
from batchlint.values import Cls, Ext, Inst, Text

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths

_ATTRIBUTE, _SUBSCRIPT = ".", "[]"
_PASSING = EACH | PAIRED
_MAX_STEPS = 24
_GIVEN = re.compile(r"\('[^']*'\)")
"""What a path says of the arguments of a call."""


class Step(NamedTuple):
    """A step of the chain from a client to a call."""

    name: str
    node: ast.expr
    """The call, the subscript or the attribute."""
    function: FunctionFacts
    frame: Frame | None
    """In whose names it is; None outside of the iteration."""

    @property
    def call(self) -> ast.Call | None:
        return self.node if isinstance(self.node, ast.Call) else None

    def argument(self, places: Iterable[int | str]) -> ast.expr | None:
        """What the step is given at the first of these places or keywords."""
        call = self.call
        if call is None:
            if isinstance(self.node, ast.Subscript):
                return self.node.slice
            return ast.Constant(self.node.attr) if isinstance(self.node, ast.Attribute) else None
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        for place in places:
            if isinstance(place, str) and place in named:
                return named[place]
            if isinstance(place, int) and len(call.args) > place:
                return call.args[place]
        return None


class Chain(NamedTuple):
    """The steps to a call, the outermost first, and what they begin with."""

    kind: Kind
    steps: list[Step]
    table: str | None
    """What the beginning says of the table."""
    begin: Step | None = None
    """The object of a table's class with which it begins, if it does: one that has been looked up."""


class Acts(NamedTuple):
    """What a call does."""

    how: str
    """read | write"""
    group: Group
    at: int
    """The number of the step that says so."""


class Root(NamedTuple):
    """What a chain begins with."""

    kind: Kind
    table: str | None = None
    is_client: bool = True
    """Whether nothing comes before it."""
    is_object: bool = False


class Chains:
    """Finds them."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    @cached_property
    def _used(self) -> list[Kind]:
        imported = self._paths.graph.imported_packages
        return [kind for packages, kind in kinds() if not packages.isdisjoint(imported)]

    @cached_property
    def _packages(self) -> frozenset[str]:
        return frozenset(
            name.partition(".")[0] for packages, kind in kinds() if kind in self._used for name in packages
        )

    @cached_property
    def acting(self) -> frozenset[str]:
        """The names of all calls that look or change something."""
        return frozenset(name for kind in self._used for name in kind.acting)

    def kind(self, name: str) -> Kind | None:
        """The store of the name, if it is used."""
        return next((kind for kind in self._used if kind.name == name), None)

    @cached_property
    def holding(self) -> frozenset[str]:
        """The names of calls that change which rows belong to an object."""
        return frozenset(name for kind in self._used for name in kind.holding)

    @cached_property
    def has_objects(self) -> bool:
        """Whether attributes of what is looked up may be stored."""
        return any(kind.objects for kind in self._used)

    @cached_property
    def mapping(self) -> list[Kind]:
        """The stores for whose tables classes stand."""
        return [kind for kind in self._used if kind.mapped_by]

    def of(self, node: ast.expr, function: FunctionFacts, frame: Frame | None, depth: int = 0) -> Chain | None:
        """The steps from a client to what the expression gives; None where it begins with no client."""
        steps: list[Step] = []
        nearest: Chain | None = None
        while depth + len(steps) < _MAX_STEPS:
            if isinstance(node, ast.Await):
                node = node.value
                continue
            value, around, home = self.behind(node, function, frame)
            if value is not None:
                further = self.of(value, home, around, depth + len(steps) + 1)
                if further is not None:
                    return further._replace(steps=[*steps, *further.steps])
            if steps or depth or isinstance(node, ast.Name):
                begun = self._root(node, function)
                if begun is not None and begun.is_client:
                    begin = Step("", node, function, frame) if begun.is_object else None
                    return Chain(begun.kind, steps, begun.table, begin)
                if begun is not None and nearest is None:
                    nearest = Chain(begun.kind, [*steps], begun.table)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                steps.append(Step(node.func.attr, node, function, frame))
                node = node.func.value
            elif isinstance(node, ast.Attribute | ast.Subscript):
                is_attribute = isinstance(node, ast.Attribute)
                steps.append(Step(_ATTRIBUTE if is_attribute else _SUBSCRIPT, node, function, frame))
                node = node.value
            else:
                break
        return nearest

    def drawn(self, node: ast.expr, function: FunctionFacts, frame: Frame | None) -> tuple[list[Chain], Step]:
        """What the loops look up whose items the name stands for, and the name as the loop has it."""
        for _ in range(_MAX_STEPS):
            value, around, home = self.behind(node, function, frame)
            if value is None:
                break
            node, frame, function = value, around, home
        chains = (self.of(part, function, None) for part in self.drawn_from(node, function))
        return [chain for chain in chains if chain is not None], Step("", node, function, frame)

    @staticmethod
    def drawn_from(node: ast.expr, function: FunctionFacts) -> Iterator[ast.expr]:
        """What gives the items of the loops that bind the name."""
        bindings = function.bindings.get(node.id, ()) if isinstance(node, ast.Name) else ()
        values = [binding.value for binding in bindings if binding.how == "element" and binding.value is not None]
        return (part for value in values for part in _gone_through(value))

    def behind(
        self, node: ast.expr, function: FunctionFacts, frame: Frame | None
    ) -> tuple[ast.expr | None, Frame | None, FunctionFacts]:
        """What a name or an attribute of `self` stands for, and in which names; None where it may be several things."""
        program = self._paths.program
        if isinstance(node, ast.Name) and frame is not None and node.id in frame.local:
            if node.id in frame.firsts:
                return frame.firsts[node.id], frame, frame.function
            value, around = self._paths.bound_once(node.id, frame)
            return value, around, around.function
        if isinstance(node, ast.Name):
            owner = program.owner(function, node.id)
            return (owner.only_value(node.id), None, owner) if owner is not None else (None, None, function)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and function.owner:
            klass = program.self_class(function, node.value)
            writes = program.self_writes.get(klass, {}).get(node.attr, []) if klass is not None else []
            if len(writes) == 1:
                return writes[0][1].value, None, writes[0][0]
        return None, None, function

    def _root(self, node: ast.expr, function: FunctionFacts) -> Root | None:
        """The store whose client, or what comes of it, the expression is."""
        for value in self._paths.program.eval(function.id, node):
            for kind in self._used:
                if kind.root is not None and isinstance(value, Ext):
                    found = re.match(kind.root, _GIVEN.sub("()", value.path))
                    if found is not None:
                        return Root(kind, is_client=not found["rest"])
                elif kind.model is not None and isinstance(value, Cls | Inst):
                    externals = self._paths.program.mro(value.id)[1]
                    if any(re.match(kind.model, each.path) for each in externals):
                        is_object = isinstance(value, Inst)
                        return Root(kind, table_of(value.id), not is_object or isinstance(node, ast.Name), is_object)
        return None

    def acts(self, chain: Chain) -> Acts | None:
        """What the call at the end of the chain does; None where it neither looks nor changes."""
        kind, steps = chain.kind, chain.steps
        if chain.begin is not None and any(step.name == _ATTRIBUTE for step in steps):
            return None  # of what the object leads to: `note.tags.all()`
        above = next((i for i, step in enumerate(steps) if step.name not in {_ATTRIBUTE, _SUBSCRIPT}), len(steps))
        results = [
            i for i, each in enumerate(steps) if each.call is not None and (kind.objects or each.name not in kind.steps)
        ]
        is_result = any(step.name == _ATTRIBUTE and any(i > at for i in results) for at, step in enumerate(steps))
        if above or (is_result and not kind.run):
            return None  # of what was looked up
        for at, step in enumerate(steps if kind.run else steps[:1]):
            for how in ("read", "write"):
                group = self.group(kind, how, step, steps)
                if group is not None:
                    inner = steps[at + 1 :] if not (kind.run or kind.objects) else []
                    is_of_result = any(each.name in kind.acting and each.name not in kind.steps for each in inner)
                    return None if is_of_result else Acts(how, group, at)
        return None

    def group(self, kind: Kind, how: str, step: Step, steps: Sequence[Step]) -> Group | None:
        """The group of looks, or of changes, to which the step belongs."""
        groups = kind.looks if how == "read" else kind.changes
        return next((g for g in groups.get(step.name, ()) if self._is_of(g, how, step, steps)), None)

    def _is_of(self, group: Group, how: str, step: Step, steps: Sequence[Step]) -> bool:
        """Whether the step is one of the group's, by what leads to it and what it is given."""
        if "chain" in group and all(group["chain"] not in {each.name, _attribute(each)} for each in steps[1:]):
            return False
        if "text" not in group or how != "read":
            return True
        node = step.argument(group["text"])
        texts = [group.get("absent")] if node is None else self.texts(node, step)
        return bool(texts) and not any(text is None or re.search(group["unlike"], text) for text in texts)

    def query(self, acting: Step, group: Group) -> list[Step] | None:
        """The steps of the query that the call is given: `select(Text).where(Text.key == key)`."""
        node: ast.expr | None = acting.argument([group["query"]])
        function, frame, steps = acting.function, acting.frame, list[Step]()
        while node is not None and len(steps) < _MAX_STEPS:
            value, around, home = self.behind(node, function, frame)
            if value is not None:
                node, frame, function = value, around, home
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                steps.append(Step(node.func.attr, node, function, frame))
                node = node.func.value
            elif isinstance(node, ast.Call):
                steps.append(Step(last_name(node.func) or "", node, function, frame))
                return steps if steps[-1].name in {"select", "insert", "update", "delete"} else None
            else:
                return None
        return None

    def unlisted(self, call: ast.Call, function: FunctionFacts, frame: Frame | None) -> Kind | None:
        """The store of a client with a method of which it is not known what it does; None for other calls."""
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if not self._used or not isinstance(call.func, ast.Attribute) or not name or name in quiet():
            return None
        values = self._paths.program.eval(function.id, call.func.value)
        if values and not any(isinstance(v, Ext) and head_of(v.path) in self._packages for v in values):
            return None
        chain = self.of(call, function, frame)
        if (
            chain is None
            or name in chain.kind.acting
            or chain.kind.objects
            or chain.kind.run
            or name in chain.kind.steps
        ):
            return None
        is_direct = all(step.call is None or step.name in chain.kind.steps for step in chain.steps[1:])
        return chain.kind if is_direct else None

    def texts(self, node: ast.expr, step: Step) -> list[str]:
        """The texts that an argument of the step can be; none where not all are known."""
        if isinstance(node, ast.Constant):
            return [str(node.value)]
        values = self._paths.program.eval(step.function.id, node)
        return sorted(v.text for v in values if isinstance(v, Text)) if all(isinstance(v, Text) for v in values) else []


def _attribute(step: Step) -> str:
    """The attribute that the step is, if it is one: `Note.query`."""
    return step.node.attr if isinstance(step.node, ast.Attribute) else ""


def table_of(klass: ClassId) -> str:
    """The name for the table of the class."""
    return f"{klass.path}:{klass.qualname}"


def _gone_through(value: ast.expr) -> Iterator[ast.expr]:
    """What gives the items of a loop, also by way of `zip`, `enumerate`, `sorted` and the like."""
    yield value
    if isinstance(value, ast.Call) and last_name(value.func) in _PASSING:
        for each in value.args:
            yield from _gone_through(each)
