"""An iteration laid out as a graph of steps, the helpers that make requests inlined.

Each step gets the numbers of requests that can lie behind it, and whether one can still lie ahead.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import replace

from batchlint.codemod import augmented, filled, lazily, process_wide, scopes
from batchlint.codemod.access import OWN, Access, Channel, Frame
from batchlint.codemod.attempts import Attempts, OpenLoop, changes_last, is_quiet
from batchlint.codemod.blocks import opens
from batchlint.codemod.callbacks import CALLED
from batchlint.codemod.conditions import can_be_hoisted, decisions, parts_before, under_condition
from batchlint.codemod.endings import End
from batchlint.codemod.families import is_stub
from batchlint.codemod.held import HELD, Way
from batchlint.codemod.mapped_items import ITEM, call_per_item, submitted_call
from batchlint.codemod.paths import function_body
from batchlint.codemod.reader import Reader
from batchlint.codemod.refusals import Refused
from batchlint.codemod.steps import MANY, Step
from batchlint.codemod.support import MAPPED, SUBMITTED, Target
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.symbols import last_name
from batchlint.trees import SCOPES, children, walk
from batchlint.values import Fn

_CLOSED = (*SCOPES, ast.ExceptHandler, ast.match_case)
"""What makes no call in the course of a statement."""
_APART = (ast.stmt, *_CLOSED)
Converts = Callable[[FunctionId, ast.Call], Target]


class Layout:
    """Builds the graph of one iteration."""

    def __init__(
        self, reader: Reader, converts: Converts, parallel: Iterable[ast.AST] = (), *, is_async: bool = False
    ) -> None:
        """`parallel`: nested loops whose iterations join the same rounds. `is_async`: whether items are coroutines."""
        self.is_async = is_async
        self.suspends = False
        """Whether an item may wait for something else than its requests, and so fall behind later ones."""
        self.reader = reader
        self.converts = converts
        self.callbacks = reader.callbacks
        self.endings = reader.endings
        self.parallel = {id(loop) for loop in parallel}
        self.hoists = False
        """Whether the answers of statements that read something before they ask are stored in front of them."""
        self.hoistable = False
        """Whether there are such statements."""
        self.moved: list[tuple[Frame, ast.stmt]] = []
        """Those whose answers are."""
        self.untimely: list[ast.stmt] = []
        """Statements that may come in any round, or not at all."""
        self.steps: list[Step] = []
        self._handlers: list[list[int]] = []
        self._loops: list[OpenLoop] = []
        self._returns: list[list[int]] = []
        self._stack: dict[FunctionId, tuple[Frame, list[int], list[int]]] = {}
        """The functions that are entered: where their steps begin, and where those of one that calls itself end."""
        self._files: dict[Channel, list[Access]] = {}
        """The files that variables hold open."""
        self._requests: dict[tuple[FunctionId, int], tuple[ast.AST, list[tuple[ast.Call, str | tuple[Fn, ...]]]]] = {}
        """Each with the node, whose identity is half of the key."""
        self.first_line = self.last_line = 0
        self.function: FunctionFacts | None = None
        """Where the iteration stands: the line where it begins, and the function."""
        self.leaves: list[tuple[ast.stmt, str, int]] = []
        """`break` and `return` that leave the loop, by the step in front of them."""
        self.ends: list[tuple[End, int]] = []
        """What ends the loop from anywhere, by the step with which it does."""

    def build(self, frame: Frame, body: list[ast.stmt], first: list[Access], *, is_function: bool = False) -> None:
        """Lay out the iteration: `first` are the accesses of drawing the next item."""
        self.function, self.first_line = frame.function, body[0].lineno
        start = self._add(Step(frame, None, first), [])
        self.last_line = body[-1].end_lineno or 0
        self._returns.append([])
        if is_function:  # whose `return` does not leave a loop
            self._returns.append([])
        self._loops.append(OpenLoop())
        self._block(body, start, frame)
        self._count()

    def expression(self, frame: Frame, nodes: list[ast.expr], statement: ast.stmt, first: list[Access]) -> None:
        """The same for a comprehension: `nodes` are evaluated in order."""
        preds = self._add(Step(frame, None, first), [])
        self._returns.append([])
        for node in nodes:
            preds = self._evaluate(node, preds, frame, statement, self._reading(node, frame))
        self._count()

    def _reading(self, node: ast.expr, frame: Frame) -> Callable[[set[int] | None], list[Access]]:
        return lambda skip: self.reader.of(node, frame, skip)

    def _testing(self, node: ast.If | ast.While, frame: Frame) -> Callable[[set[int] | None], list[Access]]:
        return lambda skip: [
            *self.reader.of(node.test, frame, skip),
            *self.reader.implicit.at(self.reader, node, frame),
        ]

    def _add(self, step: Step, preds: list[int], *, raises: bool = True) -> list[int]:
        index = len(self.steps)
        if index > 4000:
            raise Refused("unsupported-shape", "the helpers below this loop are too large to follow")
        if "v" in {channel[0] for channel in step.touched}:
            step.touch(filled.fills(self.reader, step.accesses, self._files))
        self.steps.append(step)
        for pred in preds:
            self.steps[pred].next.add(index)
        for raising in self._handlers if raises else ():
            raising.append(index)
        if self._loops and preds and self._loops[-1].last.issuperset(preds):
            self._loops[-1].last.add(index)
        return [index]

    def _ending(self, preds: list[int], frame: Frame, is_last: bool) -> list[int]:
        """The steps, or one behind them that begins the last pass of the loop around."""
        if is_last and preds:
            preds = self._add(Step(frame, None), preds, raises=False)
            self._loops[-1].last.update(preds)
        return preds

    def _block(self, statements: list[ast.stmt], preds: list[int], frame: Frame) -> list[int]:
        for statement in statements:
            loop, ends = self._loops[-1], list[int]()
            for part in loop.parts(preds):
                is_last = part[0] in loop.last
                after = self._statement(statement, part, frame)
                loop.last.update(after if is_last else ())
                ends += after
            preds = ends
        return preds

    def _statement(self, node: ast.stmt, preds: list[int], frame: Frame) -> list[int]:
        def own(skip: set[int] | None) -> list[Access]:
            return self.reader.own(node, frame, skip)

        if node in self.untimely:
            self.suspends |= self.is_async
            return preds
        if isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Global | ast.Nonlocal | ast.Pass
        ):
            defining = self.reader.foreign.defined(node, frame)
            return self._add(Step(frame, node, defining), preds) if defining else preds
        taking = self.reader.taking(node, frame)
        if taking is None:
            return preds
        preds = self._add(Step(frame, node, taking), preds) if taking else preds
        self.suspends |= self.is_async and isinstance(node, ast.AsyncFor | ast.AsyncWith)
        if isinstance(node, ast.If):
            preds = self._evaluate(node.test, preds, frame, node, self._testing(node, frame))
            ending = self._loops[-1].value_of_last(node.test)
            body = self._block(node.body, self._ending(preds, frame, ending is True), frame)
            return [*body, *self._block(node.orelse, self._ending(preds, frame, ending is False), frame)]
        if isinstance(node, ast.For | ast.AsyncFor):
            return self._for(node, preds, frame)
        if isinstance(node, ast.While):
            return self._while(node, preds, frame)
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                preds = self._evaluate(item.context_expr, preds, frame, node, self._reading(item.context_expr, frame))
            process_wide.check(self.reader.program, frame.function, node, lambda: self.waits_inside(frame, node))
            preds = self._add(Step(frame, node, own(None)), preds)
            return self._leave(node, preds, frame)
        if isinstance(node, ast.Try | ast.TryStar):
            return self._try(node, preds, frame)
        if isinstance(node, ast.Match):
            preds = self._evaluate(node.subject, preds, frame, node, own)
            return [*preds, *(p for case in node.cases for p in self._block(case.body, preds, frame))]
        preds = self._evaluate(node, preds, frame, node, own)
        if self._loops[-1].is_ended_by(node):
            self._loops[-1].last.update(preds)
        if isinstance(node, ast.Return):
            if len(self._returns) == 1:
                self.leaves.append((node, "return", preds[-1]))
            self._returns[-1] += preds
            return []
        if isinstance(node, ast.Continue):
            self._loops[-1].again.extend(preds)
            return []
        if isinstance(node, ast.Break):
            if len(self._loops) == 1:
                self.leaves.append((node, "break", preds[-1]))
            self._loops[-1].left.extend(preds)
            return []
        if isinstance(node, ast.Raise):
            for raising in self._handlers:
                raising.extend(preds)
            return []
        return preds

    def _leave(self, node: ast.With | ast.AsyncWith, preds: list[int], frame: Frame) -> list[int]:
        """The steps of the block of a `with`, and of what that does when the block ends, in whichever way."""
        leaving = [*self.reader.implicit.leaving(self.reader, node, frame), *self.reader.libraries.closing(node, frame)]
        ways = [self._returns[-1], self._loops[-1].again, self._loops[-1].left]
        before = [len(way) for way in ways]
        ends = self._block(node.body, preds, frame)
        if not leaving:
            return ends
        for way, start in zip(ways, before, strict=True):
            way[start:] = self._add(Step(frame, node, leaving, is_end=True), way[start:]) if way[start:] else []
        return self._add(Step(frame, node, leaving, is_end=True), ends) if ends else []

    def _for(self, node: ast.For | ast.AsyncFor, preds: list[int], frame: Frame) -> list[int]:
        preds = self._evaluate(node.iter, preds, frame, node, lambda skip: self.reader.simple(node, frame, skip))
        head = self._add(Step(frame, node, lazily.taken(self.reader, node.iter, frame)), preds)
        loop = self._open(node, frame)
        back = [*self._block(node.body, head, frame), *loop.again]
        self._loops.pop()
        if id(node) not in self.parallel:
            for end in set(back) - loop.last:
                self.steps[end].next.add(head[0])
        return [*self._block(node.orelse, [*head, *back], frame), *loop.left]

    def _open(self, node: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> OpenLoop:
        tree = self.reader.graph.modules[frame.function.id.path].tree
        self._loops.append(OpenLoop(Attempts(node, tree)))
        return self._loops[-1]

    def _while(self, node: ast.While, preds: list[int], frame: Frame) -> list[int]:
        head = self._add(Step(frame, node), preds)
        tested = self._evaluate(node.test, head, frame, node, self._testing(node, frame))
        loop = self._open(node, frame)
        back = [*self._block(node.body, tested, frame), *loop.again]
        self._loops.pop()
        for end in set(back) - loop.last:
            self.steps[end].next.add(head[0])
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        done = [*tested, *(end for end in back if end in loop.last)]
        return [*([] if endless else self._block(node.orelse, done, frame)), *loop.left]

    def _try(self, node: ast.Try | ast.TryStar, preds: list[int], frame: Frame) -> list[int]:
        raising: list[int] = list(preds)
        self._handlers.append(raising)
        done = self._block(node.body, preds, frame)
        self._handlers.pop()
        done = self._block(node.orelse, done, frame)
        ends = list(done)
        for handler in node.handlers:
            # Whatever happens in the body may have happened, or not, when the handler starts.
            ends += self._block(handler.body, raising, frame)
        if node.finalbody:
            return (
                self._block(node.finalbody, ends or raising, frame)
                if ends
                else self._block(node.finalbody, raising, frame)[:0]
            )
        return ends

    def _evaluate(
        self,
        node: ast.AST,
        preds: list[int],
        frame: Frame,
        statement: ast.stmt,
        accesses: Callable[[set[int] | None], list[Access]],
    ) -> list[int]:
        """The steps of one expression or simple statement, its requests in the order in which they are made."""
        calls = self._calls(node, frame)
        if not calls:
            return self._noted(node, frame, self._end(node, preds, frame, statement, accesses, None))
        conditional = under_condition(node, {id(call) for call, _ in calls})
        skip = {id(call) for call, _ in calls}
        before, first = preds, len(self.steps)
        behind: list[Access] = []
        can_move = not conditional and self._can_move(node, calls, frame)
        for stands, what in calls:
            early = self._before(node, stands, frame, skip)
            self.hoistable |= can_move and bool(early)
            if early and can_move and self.hoists:
                behind += self._effects(node, stands, frame, skip)
            elif early:
                preds = self._add(Step(frame, statement, early), preds)
            call = self.reader.threads.plain(stands)
            # What a helper does with an argument shows where the helper is laid out.
            entered = self._handed_on(what, call) if isinstance(what, tuple) else set()
            inner = []
            for argument in [*call.args, *(k.value for k in call.keywords)]:
                read = self.reader.reference if id(argument) in entered else self.reader.of
                inner += read(argument, frame, skip)
            if isinstance(call.func, ast.Attribute):
                inner += self.reader.reference(call.func.value, frame, skip)
            inner += [a for part in decisions(node, stands) for a in self.reader.of(part, frame, skip)]
            preds = self._add(Step(frame, statement, inner), preds)
            if what == "request":
                preds = self._add(Step(frame, statement, request=call), preds)
            elif what == CALLED:
                preds = self._called(call, preds, frame, statement)
            elif what == MAPPED:
                preds = self._mapped(call, preds, frame, statement)
            elif what == SUBMITTED:
                preds = self._submitted(call, preds, frame, statement)
            elif what == HELD:
                ways = self.callbacks.support.held.ways(call, frame)
                preds = [end for way in ways for end in self._way(way, preds, frame, statement)]
            elif isinstance(what, tuple):
                real = [f for f in self.reader.fakes.without(what, frame.function.id.path) if not self._is_stub(f)]
                real = [f for f in real if not self._is_wrapped_again(f, what)]
                kept = preds if any(self._is_cached(target) for target in what) else []
                preds = [end for target in real or what for end in self._inline(target, call, preds, frame)]
                preds = [*preds, *kept]  # an answer that is there already is no request
        augmented.check(self.reader, frame, node, self.steps[first:], skip)
        if behind:
            augmented.check_moved(frame, scopes.read(node), behind, self.steps[first:])
            self.moved.append((frame, statement))
        if conditional:
            preds = [*preds, *before]
        if not preds:
            return []
        return self._noted(node, frame, self._end(node, preds, frame, statement, accesses, skip))

    def _end(
        self,
        node: ast.AST,
        preds: list[int],
        frame: Frame,
        statement: ast.stmt,
        accesses: Callable[[set[int] | None], list[Access]],
        skip: set[int] | None,
    ) -> list[int]:
        """The steps of the expression or statement behind its last request."""
        found = accesses(skip)
        if not self._handlers or node is not statement:
            return self._add(Step(frame, statement, found), preds)
        if is_quiet(statement) and not skip:
            return self._add(Step(frame, statement, found), preds, raises=False)
        changes = [access for access in found if access.how != "read"]
        if changes and changes_last(statement, frame, self.reader, skip):
            reads = [access for access in found if access.how == "read"]
            preds = self._add(Step(frame, statement, reads), preds)
            return self._add(Step(frame, statement, changes), preds, raises=False)
        return self._add(Step(frame, statement, found), preds)

    def _noted(self, node: ast.AST, frame: Frame, preds: list[int]) -> list[int]:
        """The same steps; noted where what they evaluate ends the loop from anywhere."""

        def is_laid_out(call: ast.Call) -> bool:
            return self.converts(frame.function.id, call) is not None

        end = self.endings.of(frame.function, node, is_laid_out) if not self._handlers else None
        if end is not None:
            self.ends.append((end, preds[-1]))
        return preds

    def _before(self, node: ast.AST, call: ast.Call, frame: Frame, skip: set[int]) -> list[Access]:
        """What the statement reads before the call."""
        found: list[Access] = []
        for part, is_named in parts_before(node, call):
            read = self.reader.reference if is_named else self.reader.of
            found += [access for access in read(part, frame, skip) if access.how == "read"]
        return found

    def _can_move(self, node: ast.AST, calls: list[tuple[ast.Call, str | tuple[Fn, ...]]], frame: Frame) -> bool:
        """Whether the calls of the statement can be made in front of it, where they show as what is asked."""
        if any(what != "request" and not isinstance(what, tuple) for _, what in calls):
            return False
        if frame.function.is_async:
            awaited = {id(n.value) for n in walk(node) if isinstance(n, ast.Await)}
            if any(id(call) not in awaited for call, _ in calls):
                return False
        asked = {id(call) for call, _ in calls}
        before = (n for call, _ in calls for part, _ in parts_before(node, call) for n in walk(part))
        others = [n for n in before if isinstance(n, ast.Call) and not any(id(inner) in asked for inner in walk(n))]
        if not all(augmented.only_reads(self.reader, frame, other) for other in others):
            return False
        return can_be_hoisted(node, [call for call, _ in calls])

    def _effects(self, node: ast.AST, call: ast.Call, frame: Frame, skip: set[int] | None) -> list[Access]:
        """All that the statement does before the call."""
        parts = [part for part, _ in parts_before(node, call)]
        return [access for part in parts for access in self.reader.of(part, frame, skip)]

    def _is_stub(self, target: Fn) -> bool:
        return is_stub(self.reader.program, self.reader.program.functions[target.id])

    def _is_wrapped_again(self, target: Fn, others: tuple[Fn, ...]) -> bool:
        """Whether the call is that by which the method hands on to another object of its kind: one of them ends it."""
        if target.id not in self._stack or len(others) == 1:
            return False
        calls = self.reader.program.functions[target.id].calls
        asking = [each for each in calls if self.converts(target.id, each.node) is not None]
        return len(asking) == 1 and not asking[0].loops

    def _mapped(self, call: ast.Call, preds: list[int], frame: Frame, statement: ast.stmt) -> list[int]:
        """The steps of what a mapping calls for one of its items: those of all are in the same rounds."""
        handed, items = call.args
        roots = {(*root, OWN) for root in self.reader.iterated(items, frame)}
        if isinstance(handed, ast.Lambda):
            inner = self.callbacks.lambda_frame(handed, frame)
            inner.aliases.update({argument.arg: roots for argument in handed.args.args})
            return self._body_of(handed, preds, inner, statement)
        caller = replace(frame, local=frame.local | {ITEM}, aliases={**frame.aliases, ITEM: roots})
        return self._entered(call_per_item(handed, call), preds, caller)

    def _submitted(self, call: ast.Call, preds: list[int], frame: Frame, statement: ast.stmt) -> list[int]:
        """The steps of what a pool is given: those of all that it is given are in the same rounds."""
        handed = call.args[0]
        if isinstance(handed, ast.Lambda):
            return self._body_of(handed, preds, self.callbacks.lambda_frame(handed, frame), statement)
        return self._entered(submitted_call(call), preds, frame)

    def _body_of(self, node: ast.Lambda, preds: list[int], inner: Frame, statement: ast.stmt) -> list[int]:
        return self._evaluate(node.body, preds, inner, statement, self._reading(node.body, inner))

    def _entered(self, made: ast.Call, preds: list[int], caller: Frame) -> list[int]:
        """The steps of the functions of which the call enters one."""
        assert isinstance(made.func, ast.Name | ast.Attribute)
        targets = self.callbacks.support.entered(caller.function.id, made.func)
        return [end for target in targets for end in self._inline(target, made, preds, caller)]

    def _called(self, call: ast.Call, preds: list[int], frame: Frame, statement: ast.stmt) -> list[int]:
        """The steps of what the parameter is that the call calls."""
        callbacks = self.callbacks
        given, caller, made = callbacks.resolve(frame, call)
        if isinstance(given, ast.Lambda):
            return self._body_of(given, preds, callbacks.lambda_frame(given, caller), statement)
        kind = callbacks.kind(caller.function.id, given, frame.function.is_async)
        is_plain = kind != "request" and not (kind == "asks" and isinstance(given, ast.Name | ast.Attribute))
        preds = self._add(Step(frame, statement, self.reader.of(made, caller), is_called=is_plain), preds)
        if kind == "request":
            return self._add(Step(frame, statement, request=call), preds)
        if kind == "asks" and isinstance(given, ast.Name | ast.Attribute):
            targets = callbacks.support.entered(caller.function.id, given)
            return [end for target in targets for end in self._inline(target, made, preds, caller)]
        return preds

    def _way(self, way: Way, preds: list[int], frame: Frame, statement: ast.stmt) -> list[int]:
        if way.target is not None:
            return self._inline(way.target, way.call, preds, frame)
        if way.body is not None:
            return self._evaluate(way.body, preds, way.frame, statement, self._reading(way.body, way.frame))
        if way.plain is None:
            return self._add(Step(frame, statement, self.reader.of(way.call, frame), is_called=True), preds)
        given = [
            a for each in [*way.call.args, *(k.value for k in way.call.keywords)] for a in self.reader.of(each, frame)
        ]
        accesses = [*given, *self.reader.function(way.plain, way.call, frame)]
        return self._add(Step(frame, statement, accesses, is_called=True), preds)

    def _is_cached(self, target: Fn) -> bool:
        return self.reader.decorated.is_cached(self.reader.program.functions[target.id])

    def _handed_on(self, targets: tuple[Fn, ...], call: ast.Call) -> set[int]:
        """The arguments that go into a parameter of their own, whichever of the functions is entered."""
        return set.intersection(*({id(a) for _, a in self.reader.passed(target, call)} for target in targets))

    def _calls(self, node: ast.AST, frame: Frame) -> list[tuple[ast.Call, str | tuple[Fn, ...]]]:
        """The calls in `node` that become requests, innermost and leftmost first."""
        key = (frame.function.id, id(node))
        if key not in self._requests:
            self._requests[key] = node, self._find_calls(node, frame)
        return self._requests[key][1]

    def _find_calls(self, node: ast.AST, frame: Frame) -> list[tuple[ast.Call, str | tuple[Fn, ...]]]:
        found: list[tuple[ast.Call, str | tuple[Fn, ...]]] = []

        def visit(current: ast.AST) -> None:
            if isinstance(current, _APART if current is not node else _CLOSED):
                return
            for child in children(current):
                visit(child)
            if isinstance(current, ast.Call):
                what = self.converts(frame.function.id, current)
                if what is not None:
                    found.append((current, what))

        visit(node)
        asked = {id(call) for call, _ in found}
        waits = any(isinstance(child, ast.Await) and not _only_asks(child.value, asked) for child in walk(node))
        self.suspends |= self.is_async and waits
        return found

    def _inline(self, target: Fn, call: ast.Call, preds: list[int], caller: Frame) -> list[int]:
        if target.id in self._stack:
            return self._again(target, call, preds, caller)
        frame = self.reader.callee_frame(target, call, caller)
        is_repeating = bool(self.reader.recursion.calls(frame.function))
        if is_repeating:  # its steps come again from here, and all ways out of it meet
            preds = self._add(Step(frame, None), preds)
        end = len(self.steps)
        self._stack[target.id] = frame, preds, [end] if is_repeating else []
        if is_repeating:
            self._add(Step(frame, None), [])
        self._returns.append([])
        self._loops.append(OpenLoop())
        ends = self._block(function_body(frame.function), preds, frame)
        self._loops.pop()
        returned = self._returns.pop()
        del self._stack[target.id]
        if not is_repeating:
            return [*ends, *returned]
        for index in (*ends, *returned):
            self.steps[index].next.add(end)
        return [end]

    def _again(self, target: Fn, call: ast.Call, preds: list[int], caller: Frame) -> list[int]:
        """The steps of a call by which a function enters itself: those of the function, once more."""
        frame, entry, ends = self._stack[target.id]
        if caller is not frame or not ends or not self.reader.recursion.is_followed(target, call, frame):
            raise Refused("dependent-iterations", f"`{target.id.qualname}` calls itself")
        for pred in preds:
            self.steps[pred].next.update(entry)
        return list(ends)

    def _count(self) -> None:
        """For each step, how many requests can lie behind it, and whether one can lie ahead."""
        self.reader.aliases.changed(self.steps, self.steps[0].frame.function, self.last_line)
        pending = [0]
        self.steps[0].counts = {0}
        while pending:
            index = pending.pop()
            step = self.steps[index]
            out = {min(count + 1, MANY) for count in step.counts} if step.request is not None else step.counts
            for following in step.next:
                before = len(self.steps[following].counts)
                self.steps[following].counts |= out
                if len(self.steps[following].counts) != before:
                    pending.append(following)
        into: dict[int, list[int]] = {}
        for index, step in enumerate(self.steps):
            for following in step.next:
                into.setdefault(following, []).append(index)
        stack = [index for index, step in enumerate(self.steps) if step.request is not None]
        seen = set(stack)
        while stack:
            for before_index in into.get(stack.pop(), ()):
                if before_index not in seen:
                    seen.add(before_index)
                    stack.append(before_index)
        for index in seen:
            self.steps[index].ahead = self.steps[index].request is None or any(
                n in seen for n in self.steps[index].next
            )
        for step in self.steps:
            if step.request is not None:
                step.ahead = True

    @property
    def has_request(self) -> bool:
        return any(step.request is not None and step.counts for step in self.steps)

    def open_blocks(self) -> list[tuple[FunctionFacts, ast.With]]:
        """The blocks in which an iteration opens a file that it closes behind a request, each with its function."""
        found: dict[int, tuple[FunctionFacts, ast.With]] = {}
        for step in self.steps:
            node = step.statement
            if not isinstance(node, ast.With) or not any(map(opens, _contexts(node))):
                continue
            if self.waits_inside(step.frame, node):
                found[id(node)] = step.frame.function, node
        return list(found.values())

    def waits_inside(self, frame: Frame, node: ast.With | ast.AsyncWith) -> bool:
        """Whether a request is made in the block."""
        calls = (n for statement in node.body for n in walk(statement) if isinstance(n, ast.Call))
        return any(self.converts(frame.function.id, call) is not None for call in calls)


def _contexts(node: ast.With) -> list[ast.Call]:
    return [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]


def _only_asks(awaited: ast.expr, asked: set[int]) -> bool:
    """Whether it is a request, or gathers nothing but requests."""
    if id(awaited) in asked:
        return True
    if isinstance(awaited, ast.Call) and last_name(awaited.func) == "gather":
        return bool(awaited.args) and all(_only_asks(each, asked) for each in awaited.args)
    if isinstance(awaited, ast.Starred):
        return _only_asks(awaited.value, asked)
    if isinstance(awaited, ast.ListComp | ast.GeneratorExp):
        return _only_asks(awaited.elt, asked)
    return isinstance(awaited, ast.List | ast.Tuple) and all(_only_asks(each, asked) for each in awaited.elts)
