"""Objects with two names: which variables, attributes and elements may stand for the same list, mapping or object.

A fact is a pair of channels behind which the same object may be. What is changed behind the one is changed behind the
other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from batchlint.codemod import sheets
from batchlint.codemod.access import KEY, OWN, Access, Channel, Frame, is_element, is_numbered
from batchlint.codemod.effects import PUTTING
from batchlint.codemod.parts import Parts, body_of, elements, put_in, taken
from batchlint.codemod.scopes import unreached
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.symbols import last_name
from batchlint.trees import walk, walk_own

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths
    from batchlint.codemod.steps import Step

Fact = tuple[Channel, Channel]
Stated = tuple[Channel, Channel, int]
"""A fact, and the line from which on it holds; 0 where it may hold from the start."""
_PUTTING_ALL = frozenset({"extend", "extendleft", "update"})
_MOST = 40
_MOST_CALLS = 20
_DEEPEST = 9


class Aliases:
    """Finds them."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._program = paths.program
        self._sharing = paths.sharing
        self._of_scope: dict[FunctionId, list[Stated]] = {}
        self._own: dict[str, set[Fact]] | None = None

    # -- channels
    def changed(self, steps: Sequence[Step], scope: FunctionFacts, last: int) -> None:
        """Add to steps that change something the touches of it by its other names.

        `last`: the last line of the steps in `scope`, of whose own names those bound below its loops come later.
        """
        writes = {a.channel for step in steps for a in step.accesses if _changes(a)}
        if not writes:
            return
        stems = {stem for step in steps for stem in step.touched if stem[0] == "v" and len(stem) == 4}
        scopes = {self._scope(FunctionId(path, qualname)) for _, path, qualname, _ in stems}
        for path in {stem[1] for stem in stems if stem[1] in self._program.modules}:
            functions = self._program.modules[path].functions.values()
            scopes |= {self._scope(FunctionId(path, MODULE)), *(each.id for each in functions if each.outer)}
        others = self._others(writes, sorted(filter(None, scopes)), scope.id, unreached(scope.node, last))
        for step in steps if others else ():
            more = [a._replace(channel=c) for a in step.accesses if _changes(a) for c in others.get(a.channel, ())]
            step.touch(more)

    def _scope(self, id: FunctionId) -> FunctionId | None:
        is_known = id.path in self._program.modules and (id.qualname == MODULE or id in self._program.functions)
        return id if is_known else None

    def _others(
        self, channels: Iterable[Channel], scopes: Iterable[FunctionId], here: FunctionId, unreached: list[range]
    ) -> dict[Channel, list[Channel]]:
        """For channels of which something is changed, the others behind which that may be too."""
        index: dict[Channel, list[Fact]] = {}
        for scope in scopes:
            for a, b, line in self._facts(scope):
                if scope == here and any(line in lines for lines in unreached):
                    continue
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
    def _facts(self, id: FunctionId) -> list[Stated]:
        """What the statements of a function or a module's body say."""
        known = self._of_scope.get(id)
        if known is None:
            self._of_scope[id] = []
            scope = self._program.modules[id.path].body if id.qualname == MODULE else self._program.functions[id]
            keys = self._keys(scope)
            stated = (*self._stated(scope), *((a, b, 0) for a, b in self._of_parameters(scope)))
            known = [fact for fact in stated if fact[0] != fact[1] and keys.isdisjoint(part[:4] for part in fact[:2])]
            known = self._of_scope[id] = list(dict.fromkeys(known))
        return known

    def _nodes(self, scope: FunctionFacts) -> Iterator[ast.AST]:
        body = self._program.modules[scope.id.path].tree.body if scope.id.qualname == MODULE else body_of(scope)
        return (node for statement in body for node in _within(statement))

    def _keys(self, scope: FunctionFacts) -> set[Channel]:
        """The variables by which elements are named: what is a key does not change."""
        named = (node.slice for node in self._nodes(scope) if isinstance(node, ast.Subscript))
        return {("v", scope.id.path, scope.id.qualname, key.id) for key in named if isinstance(key, ast.Name)}

    def _stated(self, scope: FunctionFacts) -> Iterator[Stated]:
        frame = Frame(scope, set())
        for node in self._nodes(scope):
            line = node.lineno if isinstance(node, ast.Assign | ast.For) and _binds_names(node) else 0
            for a, b in self._stated_by(node, frame):
                # The variables of a call, or of a module's own lines, are bound anew each time.
                yield a, b, line if a[1:3] == (scope.id.path, scope.id.qualname) else 0

    def _stated_by(self, node: ast.AST, frame: Frame) -> Iterator[Fact]:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from self._bound(target, node.value, frame)
            if len(node.targets) > 1 and not isinstance(node.value, ast.Constant):
                places = [sorted(self._paths.path(t, frame)) for t in node.targets if not isinstance(t, ast.Tuple)]
                yield from ((a, b) for first in places[:1] for a in first for each in places[1:] for b in each)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            yield from self._bound(node.target, node.value, frame)
        elif isinstance(node, ast.AugAssign):
            yield from self._put(node.target, elements(self._sharing.of(node.value, frame)), frame)
        elif isinstance(node, ast.For | ast.AsyncFor):
            for each, drawn in self._sharing.drawn(node.target, node.iter, frame):
                yield from self._into(each, drawn, frame)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield from self._bound(node.optional_vars, node.context_expr, frame)
        elif isinstance(node, ast.Match):
            parts = self._sharing.of(node.subject, frame)
            for name in _captured(node):
                yield from self._into(ast.Name(name, ast.Load()), parts | taken(parts), frame)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            if node.func.attr in PUTTING:
                yield from self._put(node.func.value, put_in(self._sharing.of(node.args[-1], frame)), frame)
            elif node.func.attr in _PUTTING_ALL:
                yield from self._put(node.func.value, elements(self._sharing.of(node.args[0], frame)), frame)

    def _put(self, container: ast.expr, parts: Parts, frame: Frame) -> Iterator[Fact]:
        if parts:
            for place in sorted(self._paths.path(container, frame)):
                yield from (((*place, *steps), channel) for steps, channel in sorted(parts))

    def _bound(self, target: ast.expr, value: ast.expr, frame: Frame) -> Iterator[Fact]:
        pairs = _paired(target, value)
        for each, given in pairs:
            yield from self._bound(each, given, frame)
        if not pairs:
            yield from self._into(target, self._sharing.of(value, frame) | self._sharing.viewed(value, frame), frame)

    def _into(self, target: ast.expr, parts: Parts, frame: Frame) -> Iterator[Fact]:
        if not parts or (isinstance(target, ast.Attribute) and sheets.item(target.value) is not None):
            return  # a cell holds a number or a text
        if isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                yield from self._into(each, elements(parts) if isinstance(each, ast.Starred) else taken(parts), frame)
        elif isinstance(target, ast.Starred):
            yield from self._into(target.value, parts, frame)
        else:
            yield from self._put(target, parts, frame)

    def _of_parameters(self, scope: FunctionFacts) -> Iterator[Fact]:
        """What callers give: two parameters may be one object, or one that a global variable holds."""
        for name in scope.parameter_names:
            for caller, _, argument in list(self._program.callers.arguments(scope, name))[:_MOST_CALLS]:
                frame = Frame(self._program.functions.get(caller) or self._program.modules[caller.path].body, set())
                for steps, channel in sorted(self._sharing.of(argument, frame)):
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
            for steps, channel in self._sharing.of(value, Frame(function, set())):
                if channel[:4] == own and len(channel) > 4 and (*name, *steps) != channel[4:]:
                    yield (*name, *steps), channel[4:]


def _changes(access: Access) -> bool:
    """Whether it changes an object that a variable holds, or holds somewhere."""
    return access.how in {"write", "sum"} and access.channel[0] == "v" and len(access.channel) > 4


def _moved(channel: Channel, a: Channel, b: Channel) -> Channel | None:
    """The channel that is behind `b` what the given one is behind `a`; only what is inside is the same.

    What is within the item's own element is that of other items by fields: `Linked` knows these.
    """
    reached = channel[: len(a)]
    is_of_item = OWN in reached and not any(map(is_numbered, channel))
    if len(channel) <= len(a) or is_of_item or not all(_is_same(x, y) for x, y in zip(reached, a, strict=True)):
        return None
    return (*b, *channel[len(a) :])


def _is_same(x: str, y: str) -> bool:
    are_named = x.startswith(KEY) and y.startswith(KEY)
    return x == y or (is_element(x) and is_element(y) and not are_named)


def _binds_names(node: ast.Assign | ast.For) -> bool:
    """Whether it binds names and nothing else."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return not any(isinstance(each, ast.Subscript | ast.Attribute) for target in targets for each in walk(target))


def _paired(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """The targets, each with what it is bound to, where the assignment is written out so."""
    if not isinstance(target, ast.Tuple | ast.List) or not isinstance(value, ast.Tuple | ast.List):
        return []
    is_whole = len(target.elts) == len(value.elts) and not any(isinstance(e, ast.Starred) for e in target.elts)
    return list(zip(target.elts, value.elts, strict=True)) if is_whole else []


def _captured(match: ast.Match) -> Iterator[str]:
    for case in match.cases:
        for node in walk(case.pattern):
            name = node.rest if isinstance(node, ast.MatchMapping) else getattr(node, "name", None)
            if isinstance(name, str):
                yield name


def _within(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of the statement, without the functions and classes in it."""
    is_scope = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    return iter(()) if is_scope else walk_own(statement)
