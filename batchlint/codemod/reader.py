"""Lists what expressions, statements and whole functions touch outside their own iteration."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set

from batchlint.codemod import cells, chance, list_reads, process_wide, services, sheets
from batchlint.codemod.access import (
    ANY,
    CELL,
    CONTENT,
    ELEMENTS,
    KEYS,
    LEN,
    MARK,
    OBJECT,
    OUTSIDE,
    OWN,
    Access,
    Channel,
    Frame,
    touches,
)
from batchlint.codemod.callbacks import Callbacks
from batchlint.codemod.decorated import Decorated
from batchlint.codemod.effects import ARRAYS, LOOKS, MUTATORS
from batchlint.codemod.endings import Endings
from batchlint.codemod.foreign import Foreign
from batchlint.codemod.implicit import Implicit
from batchlint.codemod.key_order import KeyOrder
from batchlint.codemod.libraries import Libraries
from batchlint.codemod.linked import is_self, steps_of
from batchlint.codemod.log_handlers import LogHandlers
from batchlint.codemod.looks import looked_at
from batchlint.codemod.matching import captures, compared
from batchlint.codemod.once import Once
from batchlint.codemod.paths import Paths, function_body, receiver_of
from batchlint.codemod.readings import Readings
from batchlint.codemod.reflection import found_by_name
from batchlint.codemod.searches import Searches
from batchlint.codemod.threads import Threads
from batchlint.facts import ClassId
from batchlint.graph import Graph
from batchlint.symbols import last_name
from batchlint.trees import DISPLAYS, children
from batchlint.values import Cls, Ext, Fn, Inst, ordered

_NOTHING = (ast.Constant, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
"""What itself touches nothing."""
_PLACES = (ast.Name, ast.Attribute, ast.Subscript)
_STEPS = (ast.Attribute, ast.Subscript)
_TELLING = frozenset([*_NOTHING, *_PLACES, ast.Call, ast.Lambda, ast.Compare])
"""Kinds of expressions of which more is to say than of what stands in them."""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DRAWING = frozenset([ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp])
_CONTAINERS = frozenset({"list", "set", "dict"})
_NAMED = OUTSIDE | {services.SERVICE}
"""First steps of channels that depend on what exactly a function was given."""
_BLOCKS = (ast.stmt, ast.ExceptHandler, ast.match_case)


class Reader(Paths):
    """Lists the accesses of expressions and of whole functions."""

    def __init__(self, graph: Graph, threads: Threads, callbacks: Callbacks) -> None:
        super().__init__(graph, threads)
        self.callbacks = callbacks
        self.decorated = Decorated(graph)
        self.implicit = Implicit(graph.program)
        self.endings = Endings(graph.program)
        self.fakes = callbacks.support.fakes
        self.searches = Searches(graph)
        self.log_handlers = LogHandlers(graph.program)
        self.once = Once(self, callbacks)
        self.key_order = KeyOrder(graph.program)
        self.readings = Readings()
        self._own: dict[tuple[object, ...], tuple[ast.stmt, list[Access]]] = {}
        self._by_value: set[tuple[object, ...]] = set()
        """Functions whose accesses depend on what exactly they were given."""
        self.prints = False
        """Whether the order of what is printed matters: the driver of coroutines does not keep it."""
        self._has_frames = any("pandas" in module.text for module in graph.modules.values())
        self.chance = chance.Chance(self.program)
        self.foreign = Foreign(self)
        self.libraries = Libraries(self)

    # -- expressions
    def reference(self, node: ast.expr, frame: Frame, skip: set[int] | None = None) -> list[Access]:
        """The accesses of naming what a method is called on: which object it is, not what is in it."""
        own = self.path(node, frame)
        return [
            a._replace(channel=(*a.channel, OBJECT)) if a.how == "read" and a.channel in own else a
            for a in self.of(node, frame, skip)
        ]

    def of(
        self,
        node: ast.AST,
        frame: Frame,
        skip: set[int] | None = None,
        discarded: bool = False,
        drawn: set[int] | None = None,
    ) -> list[Access]:
        """All accesses of the expression, sub-expressions in `skip` (by identity) left out.

        `drawn`: those of which only the elements are handed out, and looked at by names of their own.
        """
        found: list[Access] = []
        stack: list[tuple[ast.AST, bool]] = [(node, discarded)]
        bases: set[int] = set()
        drawn = drawn or set()
        while stack:
            current, dropped = stack.pop()
            if skip is not None and id(current) in skip:
                continue
            if current.__class__ not in _TELLING:
                stack += [(child, False) for child in children(current)]
                if current.__class__ in _DRAWING:
                    self.linked.draw(current, frame)
                    lists, fields = list_reads.of_comprehension(self, current, frame)  # type: ignore[arg-type]
                    drawn |= lists
                    found += fields
                elif isinstance(current, ast.FormattedValue):
                    found += self.linked.shown(current.value, frame)
                elif isinstance(current, ast.NamedExpr):
                    found += self.targets(current.target, frame)
                if current.__class__ in self.implicit.kinds:
                    found += self.implicit.at(self, current, frame)
                continue
            found += self.implicit.at(self, current, frame)
            found += found_by_name(self.program, current, frame)
            if isinstance(current, ast.Call):
                if _is_len(current) and (paths := self.path(current.args[0], frame)):
                    found += touches({(*p, LEN) for p in paths}, "read", current.lineno)
                    continue
                entered = self.once.told([current], self._call(current, frame, dropped), frame)
                found += entered
                found += self.linked.called(current, frame)
                found += self.stores.set(current, frame)
                found += self.foreign.called(current, frame, dropped)
                if not dropped and id(current) not in bases:
                    found += self._taken_out(current, entered, frame)
                if isinstance(current.func, ast.Attribute):
                    found += self.reference(current.func.value, frame, skip)
                elif isinstance(current.func, ast.Name):
                    if current.func.id not in frame.local:
                        found += touches(self.root(frame, current.func.id), "read", current.lineno)
                    found += touches(self.bound_to(current.func, frame), "read", current.lineno)
                handed_on = self._handed_on(current, frame) or looked_at(self.program, frame.function, current)
                handed_on = handed_on or self.libraries.changed_by(current, frame)
                for child in [*current.args, *(k.value for k in current.keywords)]:
                    if child in handed_on:
                        found += self.reference(child, frame, skip)
                    else:
                        stack.append((child, False))
                continue
            if isinstance(current, (ast.Lambda, *_NOTHING)):
                stack += [(current.body, False)] if isinstance(current, ast.Lambda) else []
                continue
            if isinstance(current, _PLACES) and isinstance(current.ctx, ast.Load):
                fetched = self._fetched_by(current, frame) if isinstance(current, ast.Name) else None
                key_node = current.slice if isinstance(current, ast.Subscript) else fetched
                key = self.key_text(key_node, frame) if key_node is not None else None
                means = self.meaning(key_node, frame) if key_node is not None and key else None
                if isinstance(current, ast.Attribute) and current.attr in LOOKS:  # handed on, to be called elsewhere
                    found += touches({(*p, CONTENT) for p in self.path(current.value, frame)}, "read", current.lineno)
                if not is_self(current):
                    channels = self.path(current, frame)
                    if id(current) in drawn or list_reads.is_slice(current):
                        channels = {(*channel, ELEMENTS) for channel in channels}
                    read = touches(channels, "read", current.lineno, key, means, frame.number)
                    read = self.once.told(steps_of(current), read, frame)
                    found += [a._replace(held=True) for a in read] if fetched is not None else read
                    found += cells.read(self, current, frame) if self._has_frames else []
                found += self.stores.read(current, frame)
                base: ast.expr = current
                while isinstance(base, _STEPS):
                    found += self.linked.read(base, frame)
                    found += self.implicit.at(self, base, frame) if base is not current else ()
                    if isinstance(base, ast.Subscript):
                        stack.append((base.slice, False))
                    base = base.value
                if not isinstance(base, ast.Name):
                    bases.add(id(base))
                    stack.append((base, False))
                continue
            if (
                isinstance(current, ast.Compare)
                and any(isinstance(op, ast.In | ast.NotIn) for op in current.ops)
                and len(current.ops) == 1
            ):
                container = current.comparators[0]
                elements = self.element(current.left, self.path(container, frame), "read", frame)
                if isinstance(container, _PLACES) and not list_reads.is_slice(container):
                    elements = [access._replace(asks=True) for access in elements]
                found += self.once.told([current], elements, frame)
                stack += [(current.left, False)]
                if not elements:
                    stack += [(container, False)]
                    continue
                while isinstance(container, _STEPS):  # a property or a `__getitem__` may look at more
                    found += self.implicit.at(self, container, frame)
                    stack += [(container.slice, False)] if isinstance(container, ast.Subscript) else []
                    container = container.value
                if isinstance(container, ast.Call) and self._enters(container, frame):
                    stack.append((container, False))
                continue
            looked = looked_at(self.program, frame.function, current)
            found += [a for part in looked for a in self.reference(part, frame, skip)]
            stack += [(child, False) for child in children(current) if child not in looked]
        return found

    def _handed_on(self, call: ast.Call, frame: Frame) -> list[ast.expr]:
        """The arguments of which project functions show what is done with them."""
        targets = self.program.eval(frame.function.id, call.func)
        if not targets or not self.readings.can_go_down() or not all(isinstance(t, Fn) for t in targets):
            return []
        passed = [[argument for _, argument in self.passed(t, call)] for t in targets if isinstance(t, Fn)]
        return [a for a in passed[0] if isinstance(a, ast.Name | ast.Attribute) and all(a in each for each in passed)]

    def targets(self, target: ast.expr, frame: Frame, how: str = "write") -> list[Access]:
        """The accesses of an assignment to `target`."""
        if isinstance(target, ast.Tuple | ast.List):
            return [a for each in target.elts for a in self.targets(each, frame, how)]
        if isinstance(target, ast.Starred):
            return self.targets(target.value, frame, how)
        if isinstance(target, ast.Name):
            named = [] if target.id in frame.local else touches(self.root(frame, target.id), how, target.lineno)
            return self.once.told([target], named, frame)
        found = found_by_name(self.program, target, frame)
        key = means = None
        if isinstance(target, ast.Subscript):
            key = self.key_text(target.slice, frame)
            means = self.meaning(target.slice, frame) if key else None
        if isinstance(target, ast.Attribute | ast.Subscript):
            found += self._place(target, frame)
        channels = self.path(target, frame)
        set_once = self.once.told([target], touches(channels, how, target.lineno, key, means, frame.number), frame)
        found += set_once
        found += self.linked.stored(target, frame)
        found += self.stores.assigned(target, frame)
        found += sheets.shown(self, target.value if isinstance(target, ast.Attribute) else target, frame)
        if isinstance(target, ast.Subscript) and how == "write" and not self._is_list(target.value, frame):
            # A key of the item's own meets no other, but the mapping shows in which order they came.
            stored = {channel[:-1] if channel[-1].startswith(CELL) else channel for channel in channels}
            keys = self.keys(channel[:-1] for channel in stored if channel[-1] == OWN)
            found += touches(keys, "tally", target.lineno)
            keys = self.keys(a.channel[:-1] for a in set_once if a.once) - keys
            is_same = MARK not in self.meaning(target.slice, frame)
            found += touches(keys, "tally", target.lineno, means=self.meaning(target.slice, frame) if is_same else None)
        return found

    def _place(self, target: ast.expr, frame: Frame) -> list[Access]:
        """The accesses of finding the place: its keys, and what is called for it."""
        found: list[Access] = []
        while isinstance(target, ast.Attribute | ast.Subscript):
            found += self.of(target.slice, frame) if isinstance(target, ast.Subscript) else []
            target = target.value
        return found if isinstance(target, ast.Name) else [*found, *self.of(target, frame)]

    def _is_list(self, node: ast.expr, frame: Frame) -> bool:
        """Whether the variable only ever holds a list or an array, whose places are there before."""
        starts = self.starts(node, frame)
        starts = [s.left if isinstance(s, ast.BinOp) and isinstance(s.op, ast.Mult) else s for s in starts]
        return bool(starts) and all(isinstance(s, ast.List | ast.ListComp) or self.is_array(s, frame) for s in starts)

    def is_array(self, node: ast.expr, frame: Frame) -> bool:
        """Whether it is an array, which operators such as `+=` change in its place."""
        values = self.program.eval(frame.function.id, node)
        return bool(values) and all(isinstance(v, Ext) and ARRAYS.match(v.path) is not None for v in values)

    # -- calls
    def _call(self, call: ast.Call, frame: Frame, dropped: bool) -> list[Access]:
        call = self.threads.plain(call)
        func, line = call.func, call.lineno
        values = self.fakes.without(ordered(self.program.eval(frame.function.id, func)), frame.function.id.path)
        if isinstance(func, ast.Call) and last_name(func.func) == "getattr" and len(func.args) > 1:
            func = _as_attribute(func)
            call = ast.copy_location(ast.Call(func, call.args, call.keywords), call)
        if (cell := self.cell(call, frame)) is not None:
            return self._cell(call, cell, frame)
        if (asked := self.stores.called(call, frame, dropped=dropped)) is not None:
            return asked
        found = self.changing_methods(call, frame)
        known = bool(found)
        values += [v for v in self._held_methods(call, frame) if v not in values]
        for value in values:
            if isinstance(value, Fn):
                known = True
                found += self.function(value, call, frame)
            elif isinstance(value, Inst):
                for method in ordered(self.program.attribute(value, "__call__")):
                    if isinstance(method, Fn) and self.program.functions[method.id].name == "__call__":
                        known = True
                        found += self.function(method, call, frame)
            elif isinstance(value, Cls):
                known = True
                for method in self.program.attribute(Inst(value.id, True), "__init__"):
                    if isinstance(method, Fn):
                        found += self.function(method, call, frame, fresh=True)
            elif isinstance(value, Ext):
                sent = services.touched(self, value.path, call, frame, dropped=dropped)
                external = self.libraries.called(value.path, call, frame, dropped) if sent is None else sent
                if external is not None:
                    known = True
                    found += external
        if known:
            return found
        if isinstance(func, ast.Attribute) and not func.attr:
            return self.libraries.looked_up(func.value, call, frame)
        if isinstance(func, ast.Attribute):
            return self.libraries.method(func, call, frame, dropped)
        if isinstance(func, ast.Name) and not values:
            objects = [argument for argument in call.args if self._is_of_project(argument, frame)]
            changed = touches({path for each in objects for path in self.path(each, frame)}, "write", line)
            return changed or ([Access(("call", func.id), "write", line)] if dropped else [])
        return []

    def _cell(self, call: ast.Call, cell: ast.Subscript, frame: Frame) -> list[Access]:
        """The accesses of a call that gives a cell of a sheet, and may fill it."""
        if sheets.filled(call) is None:
            return []
        return [*touches(self.path(cell, frame), "write", call.lineno), *sheets.shown(self, call, frame)]

    def _enters(self, call: ast.Call, frame: Frame) -> bool:
        """Whether it calls a function of the project."""
        return any(isinstance(value, Fn) for value in self.program.eval(frame.function.id, call.func))

    def _is_of_project(self, node: ast.expr, frame: Frame) -> bool:
        """Whether it is an object of a class of the project, which code that is not known may change."""
        return any(isinstance(value, Inst) for value in self.program.eval(frame.function.id, node))

    def _taken_out(self, call: ast.Call, entered: list[Access], frame: Frame) -> Iterator[Access]:
        """What is read of what the call gives, which is not its own: by the key under which the function named it."""
        set_once = {a.channel: a.once for a in entered if a.once and a.how == "write"}
        named: dict[Channel, set[tuple[str | None, str | None, int]]] = {}
        for a in entered:
            if a.how == "read" and a.channel[-1] == OBJECT:
                named.setdefault(a.channel[:-1], set()).add((a.key, a.means, a.frame))
        for access in touches(self.given_out.returned(call, frame), "read", call.lineno):
            by_name = tuple(ANY if step == OWN else step for step in access.channel)  # as the function knows it
            keys = named.get(access.channel, named.get(by_name, set()))
            key, means, number = next(iter(keys)) if len(keys) == 1 else (None, None, 0)
            yield access._replace(once=set_once.get(access.channel, ""), key=key, means=means, frame=number)

    def _held_methods(self, call: ast.Call, frame: Frame) -> list[Fn]:
        """The methods that the call may enter by the name of a variable, beside those that are known."""
        held = self.methods.held(frame.function, call.func)
        found = (v for m in held for v in ordered(self.program.eval(m.function.id, m.node)))
        return [v for v in found if isinstance(v, Fn) and v.owner is not None]

    def changing_methods(self, call: ast.Call, frame: Frame) -> list[Access]:
        """What methods of lists and the like do that the call calls by the name of a variable."""
        found: list[Access] = []
        for method in self.methods.held(frame.function, call.func):
            if method.node.attr in MUTATORS and not self.program.eval(method.function.id, method.node):
                changed = {(*path, CONTENT) for path in self.taken_from(method, frame)}
                found += touches(changed, "write", call.lineno)
        return found

    def _fetched_by(self, name: ast.Name, frame: Frame) -> ast.expr | None:
        """The key under which the value of the variable was fetched: `hit = cache.get(key)`."""
        value = frame.definitions.get(name.id) if name.id in frame.stable else None
        if isinstance(value, ast.Subscript):
            return value.slice
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "get":
            return value.args[0] if value.args else None
        return None

    def element(self, key_node: ast.expr, receiver: set[Channel], how: str, frame: Frame) -> list[Access]:
        """The touch of what the receiver holds under the key."""
        key = self.key_text(key_node, frame)
        means = self.meaning(key_node, frame) if key else None
        step = OWN if self.is_own(key_node, frame) else ANY
        return touches({(*p, step) for p in receiver}, how, key_node.lineno, key, means, frame.number)

    def function(self, target: Fn, call: ast.Call, caller: Frame, fresh: bool = False) -> list[Access]:
        """All accesses of a project function, in no order; those of a recursive call are there already."""
        if not self.readings.can_enter(target.id):
            return []
        aliases = self.handed(target, call, caller)
        if fresh and (parameters := self.program.functions[target.id].parameters):
            aliases[parameters[0].arg] = set()
        given = {} if fresh else dict(self.passed(target, call))
        later = self.implicit.later(target, call)
        receiver = None if fresh else receiver_of(target, call)
        key: tuple[object, ...] = (self.alike(target.id, aliases, given, caller, receiver), self.prints, bool(later))
        if key in self._by_value:
            key = (*key, *((name, self.meaning(value, caller)) for name, value in given.items()))
        known = self.readings.known(key)
        if known is not None:
            return known
        with self.readings.entering(target.id) as entered:
            frame = self.entered(target.id, aliases, given, caller, receiver)
            frame.entry = call
            body = function_body(frame.function)
            touched = (a for statement in body for a in self.statement(statement, frame, later))
            path = target.id.path
            found = list(dict.fromkeys(a if a.path else a._replace(path=path) for a in touched))
        is_named = any(a.means or a.channel[0] in _NAMED for a in found) or self.once.marks(frame.function)
        if key not in self._by_value and len(key) == 3 and is_named:
            self._by_value.add(key)
        else:
            self.readings.keep(key, entered, found)
        return found

    def entering(self, target: Fn, call: ast.Call, receivers: set[Channel], caller: Frame) -> list[Access]:
        """All accesses of a method of those objects, which something calls that the program does not show."""
        if not self.readings.can_enter(target.id):
            return []
        with self.readings.entering(target.id):
            own = self.program.functions[target.id].parameters[:1]
            frame = self.entered(target.id, {each.arg: receivers for each in own}, {}, caller, None)
            return [
                access._replace(line=call.lineno, path=caller.function.id.path)
                for statement in function_body(frame.function)
                for access in self.statement(statement, frame)
            ]

    def statement(self, statement: ast.stmt, frame: Frame, later: Set[int] = frozenset()) -> list[Access]:
        """All accesses of a statement and what stands in it, those left out that come `later`."""
        found: list[Access] = []
        stack: list[ast.AST] = [statement]
        while stack:
            node = stack.pop()
            if isinstance(node, _DEFINITIONS) or id(node) in later:
                found += self.foreign.defined(node, frame) if id(node) not in later else ()
                continue
            found += self.simple(node, frame)
            found += self.implicit.leaving(self, node, frame) if isinstance(node, ast.With | ast.AsyncWith) else []
            stack += [child for child in children(node) if isinstance(child, _BLOCKS)]
        return found

    def own(self, statement: ast.stmt, frame: Frame, skip: set[int] | None) -> list[Access]:
        """`simple`, remembered for frames that are alike where what they were given is no part of it."""
        if frame.alike is None or skip:
            return self.simple(statement, frame, skip)
        key = (id(statement), frame.alike, self.prints)
        known = self._own.get(key)
        if known is not None:
            return known[1]
        found = self.simple(statement, frame)
        if not any(a.key or a.means or a.once or a.channel[0] in _NAMED for a in found):
            self._own[key] = statement, found  # with the statement, whose identity is the key
        return found

    def simple(self, node: ast.AST, frame: Frame, skip: set[int] | None = None) -> list[Access]:
        """The accesses of a statement's own expressions, without the blocks in it."""
        found = self.implicit.at(self, node, frame)
        if isinstance(node, ast.Assign):
            process_wide.check_stored(self.program, frame.function.id, node)
            is_name = isinstance(node.value, ast.Call) and all(isinstance(t, ast.Name) for t in node.targets)
            is_named = is_name and isinstance(node.value, ast.Call) and bool(self.given_out.returned(node.value, frame))
            found += (self.reference if is_named else self.of)(node.value, frame, skip)
            for target in node.targets:
                found += self.targets(target, frame)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                found += self.of(node.value, frame, skip)
                found += self.targets(node.target, frame)
        elif isinstance(node, ast.AugAssign):
            found += self.of(node.value, frame, skip)
            how = "sum" if isinstance(node.op, ast.Add | ast.Sub) and self._is_number(node, frame) else "write"
            found += self.targets(node.target, frame, how)
            found += self.linked.merged(node, frame)
            if isinstance(node.target, ast.Name) and node.target.id in frame.local and _extends(node, frame):
                changed = {(*path, CONTENT) for path in self.root(frame, node.target.id)}
                found += touches(changed, "write", node.lineno)
            elif isinstance(node.target, ast.Name | ast.Attribute) and _extends(node, frame):
                found += touches({(*p, CONTENT) for p in self.path(node.target, frame)}, "write", node.lineno)
            if how == "sum" and isinstance(node.target, ast.Subscript):
                found += self._tally(node.target, frame)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                found += self.targets(target, frame)
        elif isinstance(node, ast.For | ast.AsyncFor):
            found += self.of(node.iter, frame, skip, drawn=list_reads.of_loop(self, node, frame))
            found += self.targets(node.target, frame)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                found += self.of(item.context_expr, frame, skip)
                if item.optional_vars is not None:
                    found += self.targets(item.optional_vars, frame)
        elif isinstance(node, ast.Return) and node.value in self.given_out.of(frame.function.id) and frame.caller:
            found += self.reference(node.value, frame, skip) if node.value else []
        elif isinstance(node, ast.Match):
            found += self.of(node.subject, frame, skip)
            for case in node.cases:
                found += [a for name, _ in captures(case.pattern, node.subject) for a in self.targets(name, frame)]
                found += [a for _, value in compared(case.pattern, node.subject) for a in self.of(value, frame, skip)]
                found += self.of(case.guard, frame, skip) if case.guard is not None else []
        elif isinstance(node, ast.Expr):
            found += self.of(node.value, frame, skip, discarded=True)
            if isinstance(node.value, ast.Yield | ast.YieldFrom) and frame.caller is None:  # a helper's is a list
                found.append(Access(("yield", str(frame.function.id)), "write", node.lineno))
        else:
            for child in children(node):
                if isinstance(child, ast.expr):
                    found += self.of(child, frame, skip)
        return found

    def _tally(self, target: ast.Subscript, frame: Frame) -> list[Access]:
        """The touch of a mapping's keys by a sum that begins with its key, as in a `Counter`: later output shows it."""
        starts = self.starts(target.value, frame)
        calls = {last_name(start.func) for start in starts if isinstance(start, ast.Call)}
        if starts and not calls & {"Counter", "defaultdict"}:
            return []
        key = ast.unparse(target.slice) if isinstance(target.slice, ast.Constant) else None
        return touches(self.keys(self.path(target.value, frame)), "tally", target.lineno, means=key)

    def keys(self, mappings: Iterable[Channel]) -> set[Channel]:
        """The order in which the keys of the mappings came, where anything shows it."""
        return {(*path, KEYS) for path in self.key_order.shown(mappings)}

    def _is_number(self, node: ast.AugAssign, frame: Frame) -> bool:
        """Whether the sum is one of numbers: the variable starts as a number everywhere."""
        target = node.target
        if isinstance(node.value, ast.Constant):
            return isinstance(node.value.value, int | float)
        starts = self.starts(target, frame)
        return any(isinstance(s, ast.Constant) and isinstance(s.value, int | float) for s in starts)

    def starts(self, target: ast.expr, frame: Frame) -> list[ast.expr]:
        """What the variable or attribute is assigned."""
        starts: list[ast.expr | None] = []
        if isinstance(target, ast.Name):
            for owner in self.program.scopes(frame.function):
                starts = starts or [b.value for b in owner.bindings.get(target.id, ()) if b.how == "value"]
        elif isinstance(target, ast.Attribute):
            for value in self.program.eval(frame.function.id, target.value):
                if isinstance(value, Inst):
                    starts += [b.value for _, b in self.program.self_writes.get(value.id, {}).get(target.attr, ())]
                    starts += self._class_bindings(value.id, target.attr)
            starts += self.shared.starts(target, frame.function.id)
        return [start for start in starts if start is not None]

    def _class_bindings(self, klass: ClassId, name: str) -> list[ast.expr | None]:
        facts = self.program.classes.get(klass)
        return [b.value for b in facts.bindings.get(name, []) if b.how == "value"] if facts else []


def _extends(node: ast.AugAssign, frame: Frame) -> bool:
    """Whether the statement puts something into the list or set that a name of the frame stands for."""
    value = frame.definitions.get(node.value.id) if isinstance(node.value, ast.Name) else node.value
    return isinstance(value, DISPLAYS) or (isinstance(value, ast.Call) and last_name(value.func) in _CONTAINERS)


def _as_attribute(call: ast.Call) -> ast.Attribute:
    """What the call of `getattr` stands for; without a name where none is written."""
    named = call.args[1]
    name = named.value if isinstance(named, ast.Constant) and isinstance(named.value, str) else ""
    return ast.copy_location(ast.Attribute(call.args[0], name, ast.Load()), call)


def _is_len(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Name)
        and call.func.id == "len"
        and len(call.args) == 1
        and isinstance(call.args[0], ast.Name | ast.Attribute)
    )
