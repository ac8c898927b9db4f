"""Carries the changes of one file out over its LibCST tree; formatting, comments and quotes stay what they are."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper

from batchlint.codemod.buffer_nodes import filling_loop, left_over, yielding
from batchlint.codemod.call_rewriter import CallRewriter, Names
from batchlint.codemod.changes import FileChanges, LoopChange, Place, Release, SentLoop
from batchlint.codemod.comprehension_nodes import asking, over_answers
from batchlint.codemod.counting_nodes import counted_loop, parted
from batchlint.codemod.hoisting import Hoist
from batchlint.codemod.nodes import (
    ASKS_NOTHING,
    def_statement,
    drawable,
    drawn_as,
    forwarded,
    gap,
    gathered_call,
    indented,
    is_spread,
    line,
    long_call,
    name_expression,
    outdented,
    own_parens,
    parenthesised,
    phased_call,
    spread,
    spread_decorators,
    spread_drawing,
    spread_header,
    spread_like,
    standalone,
    with_phase,
)
from batchlint.codemod.task_nodes import extras_of, loop_task, sent_expression, sent_loop, task_functions
from batchlint.codemod.yield_nodes import collected, listed, yielded


class Rewriter(CallRewriter):
    def __init__(self, changes: FileChanges, names: Names, default_indent: str, lines: Sequence[str]) -> None:
        super().__init__(changes, names, default_indent, lines)
        self._defs: dict[Place, list[cst.BaseStatement]] = {}
        self._sent: list[tuple[SentLoop, cst.BaseSuite]] = []
        """Loops of the task that is being left, with their bodies."""
        self._releases: dict[Place, Release] = {}
        self._contents: dict[Place, str] = {}
        """Names for what is read of files, by the calls that read it."""
        self._read: dict[Place, cst.Call] = {}
        self._generators: dict[Place, Place] = {}
        """Generator expressions that ask, with their places as they are planned."""
        self._tails: dict[Place, cst.BaseStatement] = {}
        """What stands behind a loop and asks for what is left over, by the loop."""
        self._taken_in: set[Place] = set()
        """Those of them that are looked at where they go to."""
        self._new: set[str] = set()
        """Names of the functions that were made of loops and comprehensions."""

    # -- statements
    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        left = super().on_leave(original_node, updated_node)
        if not self.changes.ended or not isinstance(original_node, cst.BaseStatement):
            return left
        last = original_node.body[-1] if isinstance(original_node, cst.SimpleStatementLine) else original_node
        pool = self.changes.ended.get(self.place(last))
        if pool is None:
            return left
        ending = cst.Call(self._use("ended"), [cst.Arg(cst.Name(pool))])
        statements = left.nodes if isinstance(left, cst.FlattenSentinel) else [left]
        return cst.FlattenSentinel([*statements, cst.SimpleStatementLine([cst.Expr(cst.Yield(ending))])])

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        return updated_node.with_changes(value=own_parens(updated_node.value, original_node.value))

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        if isinstance(updated_node.value, cst.Await):
            return updated_node.with_changes(value=own_parens(updated_node.value, original_node.value))
        return updated_node

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:
        if isinstance(updated_node.value, cst.Await):
            return updated_node.with_changes(value=own_parens(updated_node.value, original_node.value))
        return updated_node

    def leave_AnnAssign(self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign) -> cst.AnnAssign:
        if updated_node.value is None or original_node.value is None:
            return updated_node
        return updated_node.with_changes(value=own_parens(updated_node.value, original_node.value))

    def leave_Expr(self, original_node: cst.Expr, updated_node: cst.Expr) -> cst.Expr:
        enqueue = self.changes.enqueues.get(self.place(original_node))
        if enqueue is not None:
            return updated_node.with_changes(value=sent_expression(updated_node.value, enqueue))
        taken = self.changes.yields.get(self.place(original_node.value))
        if taken is not None and isinstance(updated_node.value, cst.Yield):
            return updated_node.with_changes(value=collected(updated_node.value, taken))
        return updated_node.with_changes(value=own_parens(updated_node.value, original_node.value))

    def leave_Continue(self, original_node: cst.Continue, updated_node: cst.Continue) -> cst.BaseSmallStatement:
        return cst.Return() if self.place(original_node) in self.changes.exits else updated_node

    def leave_Break(self, original_node: cst.Break, updated_node: cst.Break) -> Any:
        flag = self.changes.exits.get(self.place(original_node))
        if flag is None:
            return updated_node
        return cst.FlattenSentinel([cst.parse_statement(f"{flag} = True").body[0], cst.Return()])  # type: ignore[index]

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> Any:
        first = original_node.body[0]
        where = self.place(first)
        if where in self.changes.dropped and where not in self._taken_in:
            return cst.RemoveFromParent()
        statements: list[cst.BaseStatement] = []
        for before, each in zip(original_node.body, updated_node.body, strict=False):
            place = self.place(before)
            turn = self._turn(place) if place in self.changes.hoisted else None
            in_parts = place in self.changes.moved
            is_told = bool(turn or in_parts)
            if is_told or isinstance(each, cst.AugAssign):
                # What else a sum awaits stays in it.
                asking = m.Yield() | m.Await() if is_told or self._asks(place) else m.Yield()
                if m.findall(each, asking):
                    statements = self._hoisted(updated_node, each, turn, in_parts)
        flags = [
            index
            for index, each in enumerate(original_node.body)
            if isinstance(each, cst.Break) and self.changes.exits.get(self.place(each))
        ]
        if flags and len(original_node.body) == 1:
            set_flag, leave = updated_node.body
            statements = [
                updated_node.with_changes(
                    body=[set_flag.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)],
                    trailing_whitespace=cst.TrailingWhitespace(),
                ),
                cst.SimpleStatementLine([leave], trailing_whitespace=updated_node.trailing_whitespace),
            ]
        return self._with_extras(where, statements or [updated_node])

    def _hoisted(
        self,
        statement: cst.SimpleStatementLine,
        each: cst.BaseSmallStatement,
        turn: cst.SimpleStatementLine | None,
        in_parts: bool,
    ) -> list[cst.BaseStatement]:
        """The statement's answers get names first: `total += yield ...` reads `total` before the answer is there.

        `in_parts`: whether the rest of a value is read behind the answers too.
        """
        hoist = Hoist(self._fresh)
        value = getattr(each, "value", None)
        is_bare = turn and isinstance(each, cst.Assign) and isinstance(value, cst.Yield | cst.Await)
        if is_bare or not (turn or in_parts):
            name = self._fresh("answer")
            stored = [(name, own_parens(value, None))]  # type: ignore[arg-type]
            rest: Any = each.with_changes(value=cst.Name(name))
        else:
            rest = each.visit(hoist)
            stored = hoist.stored
        lines: list[cst.BaseStatement] = [
            cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], value)]) for name, value in stored
        ]
        lines[0] = lines[0].with_changes(leading_lines=statement.leading_lines)
        if turn:
            lines.append(turn)
        body = [rest if b is each else b for b in statement.body]
        return [*lines, statement.with_changes(body=body, leading_lines=[])]

    def _asks(self, place: Place) -> bool:
        return any(place[:2] <= call[:2] and call[2:] <= place[2:] for call in self.changes.calls)

    def _turn(self, place: Place, key: str | None = None) -> cst.SimpleStatementLine:
        """What waits for the item's turn."""
        arguments = [cst.Arg(cst.parse_expression(key))] if key else []
        if place in self.changes.ordered:
            return cst.SimpleStatementLine([cst.Expr(cst.Await(cst.Call(self._use("in_order"), arguments)))])
        return cst.SimpleStatementLine([cst.Expr(cst.Yield(cst.Call(self._use("in_turn"), arguments)))])

    def _called(self, name: str) -> str:
        return self._use(name).value

    def _fresh(self, wanted: str) -> str:
        name, number = wanted, 2
        while name in self.names.taken:
            name, number = f"{wanted}_{number}", number + 1
        self.names.taken.add(name)
        return name

    def _with_extras(self, where: Place, statements: Sequence[Any]) -> Any:
        """The statements with the functions and barriers that go in front of them."""
        before: list[Any] = list(self._defs.pop(where, []))
        before += [cst.parse_statement(self.changes.swaps[where])] if where in self.changes.swaps else []
        if where in self.changes.barriers:
            turn = self._turn(where, self.changes.barriers[where])
            if not before:
                return cst.FlattenSentinel(_behind(turn, statements))
            before.append(turn)
        if not before:
            return statements[0] if len(statements) == 1 else cst.FlattenSentinel(statements)
        first, rest = statements[0], statements[1:]
        leading = list(first.leading_lines)
        before[0] = before[0].with_changes(
            leading_lines=[*leading, *before[0].leading_lines] if leading else before[0].leading_lines
        )
        first = first.with_changes(leading_lines=[])
        return cst.FlattenSentinel([*before, first, *rest])

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> Any:
        where = self.place(original_node)
        if where in self.changes.dropped:
            return cst.RemoveFromParent()
        return (
            self._with_extras(where, [updated_node])
            if where in self._defs or where in self.changes.barriers
            else updated_node
        )

    def leave_Try(self, original_node: cst.Try, updated_node: cst.Try) -> Any:
        return self._with_extras(self.place(original_node), [updated_node])

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> Any:
        where = self.place(original_node)
        if where in self.changes.unwrapped and isinstance(updated_node.body, cst.IndentedBlock):
            block = updated_node.body
            body: list[Any] = list(block.body)
            header = [cst.EmptyLine(comment=block.header.comment)] if block.header.comment else []
            body[0] = body[0].with_changes(leading_lines=[*updated_node.leading_lines, *header, *body[0].leading_lines])
            return cst.FlattenSentinel(body)
        if where in self._releases and isinstance(updated_node.body, cst.IndentedBlock):
            return self._with_extras(where, self._released(updated_node, updated_node.body, self._releases[where]))
        return self._with_extras(where, [updated_node])

    def visit_With(self, node: cst.With) -> None:
        release = self.changes.released.get(self.place(node))
        block = node.body
        if release is None or not isinstance(block, cst.IndentedBlock) or block.footer:
            return
        if not any(self.place(each) in self.changes.barriers for each in block.body[: release.inside]):
            self._releases[self.place(node)] = release
            if release.given is not None:
                self._contents[release.given] = self._fresh("content")

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        where, left = self.place(original_node), super().leave_Call(original_node, updated_node)
        if where in self._contents:
            self._read[where] = updated_node
            return cst.Name(self._contents[where])
        return left

    def _released(self, node: cst.With, block: cst.IndentedBlock, release: Release) -> list[cst.BaseStatement]:
        """The `with` with what reads its file, and what stood behind that in it."""
        inside, rest = list(block.body[: release.inside]), list(block.body[release.inside :])
        if release.given is not None:
            target = cst.AssignTarget(cst.Name(self._contents[release.given]))
            inside.append(cst.SimpleStatementLine([cst.Assign([target], self._read[release.given])]))
        return [node.with_changes(body=block.with_changes(body=inside)), *rest]

    # -- loops
    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> Any:
        where = self.place(original_node)
        enqueue = self.changes.enqueues.get(where)
        if enqueue is not None:
            return cst.FlattenSentinel(sent_loop(updated_node, enqueue))
        sent = self.changes.sent.get(where)
        if sent is not None:
            self._sent.append((sent, updated_node.body))
            bare = updated_node.with_changes(body=cst.SimpleStatementSuite([cst.Pass()]))
            return cst.FlattenSentinel(sent_loop(bare, sent.enqueue))
        change = self.changes.loops.get(where)
        if change is None:
            return self._with_extras(where, [updated_node])
        if change.buffer is not None:
            filling, asking = filling_loop(updated_node, change.buffer, partial(_drawing, change))
            tail = self._tails.get(where)
            behind = [left_over(tail, change.buffer, partial(_drawing, change))] if isinstance(tail, cst.If) else []
            return self._split(where, change, updated_node, asking, filling, behind)
        over = drawable(updated_node.iter)
        drawn: cst.BaseStatement | cst.GeneratorExp = cst.GeneratorExp(
            elt=_item(change),
            for_in=cst.CompFor(
                target=drawn_as(updated_node.target, change.kept), iter=over, asynchronous=updated_node.asynchronous
            ),
            lpar=[],
            rpar=[],
        )
        if (numbers := change.numbering) is not None:
            draws, rest = parted(updated_node, range(numbers.heads), partial(_drawing, change), numbers)
            return self._split(where, change, updated_node, rest, cst.For(updated_node.target, over, draws))
        if change.stop or change.has_tail:
            drawn = cst.For(updated_node.target, over, _drawing(change))
        if change.has_tail:
            last = yielding(self._tails[where], self._as_last)
            return self._split(where, change, updated_node, updated_node.body, drawn, [last])
        return self._split(where, change, updated_node, updated_node.body, drawn)

    def leave_While(self, original_node: cst.While, updated_node: cst.While) -> Any:
        where = self.place(original_node)
        change = self.changes.loops.get(where)
        if change is None:
            return self._with_extras(where, [updated_node])
        if change.taken:
            return self._worker(where, change, updated_node)
        if change.counter is not None:
            drawn, body = counted_loop(updated_node, change.counter, partial(_drawing, change))
            return self._split(where, change, updated_node, body, drawn)
        draws, rest = parted(updated_node, change.taking, partial(_drawing, change))
        drawn = updated_node.with_changes(body=draws, leading_lines=[])
        return self._split(where, change, updated_node, rest, drawn)

    def _split(
        self,
        where: Place,
        change: LoopChange,
        loop: cst.For | cst.While,
        body: cst.BaseSuite,
        drawn: cst.BaseStatement | cst.GeneratorExp,
        behind: Sequence[cst.BaseStatement] = (),
    ) -> Any:
        """The function that handles an item, and its driver over `drawn`: a generator, or a loop that yields, with what
        yields `behind` it.
        """
        self._new.add(change.name)
        handler = def_statement(change.name, change.parameters, self._scoped(change, body), is_async=change.is_async)
        statements: list[cst.BaseStatement] = [line(f"{name}: object") for name in change.unset]
        statements += [line(f"{change.stop} = False")] if change.stop else []
        statements += [line(f"{change.collected} = []")] if change.collected else []
        statements.append(handler)
        if isinstance(drawn, cst.BaseStatement):
            name = self._fresh(change.name.replace("handle_", "each_"))
            self._new.add(name)
            counted = change.counter or change.numbering
            outer = [f"{'global' if counted.is_global else 'nonlocal'} {counted.name}"] if counted else []
            outer += [change.state] if change.state else []
            statements.append(def_statement(name, [], cst.IndentedBlock([*map(line, outer), drawn, *behind])))
            statements.append(self._driver(cst.Call(cst.Name(name)), change, where))
        else:
            statements.append(self._driver(drawn, change, where))
        if change.collected:
            guarded = change.is_guarded and where not in self.changes.phased
            each = self._fresh("result") if change.is_async else None
            statements[-1:] = yielded(statements[-1], change.collected, is_guarded=guarded, each=each)
        statements[0] = statements[0].with_changes(leading_lines=list(loop.leading_lines))
        if loop.orelse is not None and change.stop:
            leading = loop.orelse.leading_lines
            statements.append(cst.If(cst.parse_expression(f"not {change.stop}"), loop.orelse.body, None, leading))
        elif loop.orelse is not None:
            statements += cast(list[cst.BaseStatement], list(loop.orelse.body.body))
        return self._with_extras(where, statements)

    def _worker(self, where: Place, change: LoopChange, loop: cst.While) -> Any:
        """The function that handles an item, and the loop that starts it for each that it takes."""
        self._new.add(change.name)
        body = list(indented(loop.body).body)
        rest = cst.IndentedBlock(body[change.taken :])
        handler = def_statement(change.name, change.parameters, self._scoped(change, rest), is_async=True)
        items = self._fresh("items")
        start = cst.Call(cst.Attribute(cst.Name(items), cst.Name("start")), [cst.Arg(_item(change))])
        taking = [*body[: change.taken], cst.SimpleStatementLine([cst.Expr(start)])]
        drawn = loop.with_changes(body=cst.IndentedBlock(taking), leading_lines=[])
        context = cst.WithItem(cst.Call(self._use("BatchItems")), cst.AsName(cst.Name(items)))
        block = cst.With([context], cst.IndentedBlock([drawn]), asynchronous=cst.Asynchronous())
        unset: list[cst.BaseStatement] = [line(f"{name}: object") for name in change.unset]
        statements = [*unset, handler, block]
        statements[0] = statements[0].with_changes(leading_lines=list(loop.leading_lines))
        return self._with_extras(where, statements)

    def _driver(self, drawn: cst.BaseExpression, change: LoopChange, where: Place) -> cst.SimpleStatementLine:
        if change.is_async:
            items = cst.ListComp(elt=drawn.elt, for_in=drawn.for_in) if isinstance(drawn, cst.GeneratorExp) else drawn
            gathering = self._use("gather_in_order" if change.is_ordered else "gather_batch")
            call = gathered_call(gathering, items, where[1], self.indent)
            if change.runner is None:
                return cst.SimpleStatementLine([cst.Expr(cst.Await(call))])
            return cst.SimpleStatementLine([cst.Expr(cst.Call(name_expression(change.runner), [cst.Arg(call)]))])
        if where in self.changes.phased:
            call = phased_call(self._use("submit_or_collect"), drawn, self.changes.phased[where], where[1], self.indent)
            return cst.SimpleStatementLine([cst.Expr(call)])
        call = long_call(self._use("each" if change.nested else "run_batch"), drawn, where[1], self.indent)
        return cst.SimpleStatementLine([cst.Expr(cst.Yield(call) if change.nested else call)])

    def _scoped(self, change: LoopChange, body: cst.BaseSuite) -> cst.BaseSuite:
        block = indented(body)
        for keyword, names in (("nonlocal", change.outer), ("global", change.shared)):
            if names:
                block = block.with_changes(body=[line(f"{keyword} {', '.join(names)}"), *block.body])
        if not change.is_async and not m.findall(block, m.Yield()):
            block = block.with_changes(body=[*block.body, line(ASKS_NOTHING)])
        return block

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> None:
        self._note_tails(node.body)

    def visit_Module(self, node: cst.Module) -> None:
        self._note_tails(node.body)

    def _note_tails(self, body: Sequence[cst.CSTNode]) -> None:
        for each, behind in itertools.pairwise(body) if self.changes.dropped else ():
            if not isinstance(each, cst.For) or not isinstance(behind, cst.If | cst.SimpleStatementLine):
                continue
            if self.place(behind if isinstance(behind, cst.If) else behind.body[0]) in self.changes.dropped:
                self._tails[self.place(each)] = behind

    def _as_last(self, tail: cst.SimpleStatementLine) -> Any:
        """The statement behind a loop as it asks for what is left over."""
        where = self.place(tail.body[0])
        self._taken_in.add(where)
        asking = tail.visit(self)
        self._taken_in.discard(where)
        return asking

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        return updated_node.with_changes(body=self._spaced(updated_node.body, 1))

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        return updated_node.with_changes(body=self._spaced(updated_node.body, 2))

    def _spaced(self, body: Sequence[Any], count: int) -> list[Any]:
        """Empty lines around the new functions, as linters want them."""
        spaced: list[Any] = []
        after_def = False
        for index, statement in enumerate(body):
            is_new = isinstance(statement, cst.FunctionDef) and statement.name.value in self._new
            if index and (is_new or after_def):
                empty = [each for each in statement.leading_lines if each.comment is None]
                missing = [cst.EmptyLine(indent=False)] * max(0, count - len(empty))
                statement = statement.with_changes(leading_lines=[*missing, *statement.leading_lines])
            spaced.append(statement)
            after_def = is_new
        return spaced

    # -- comprehensions
    def leave_ListComp(self, original_node: cst.ListComp, updated_node: cst.ListComp) -> cst.BaseExpression:
        if self.place(original_node) not in self.changes.comprehensions:
            return super().leave_ListComp(original_node, updated_node)
        return self._comprehension(original_node, updated_node, None)

    def leave_SetComp(self, original_node: cst.SetComp, updated_node: cst.SetComp) -> cst.BaseExpression:
        return self._comprehension(original_node, updated_node, "set")

    def leave_GeneratorExp(self, original_node: cst.GeneratorExp, updated_node: cst.GeneratorExp) -> cst.BaseExpression:
        return self._comprehension(original_node, updated_node, None)

    def leave_DictComp(self, original_node: cst.DictComp, updated_node: cst.DictComp) -> cst.BaseExpression:
        return self._comprehension(original_node, updated_node, "dict")

    def visit_GeneratorExp(self, node: cst.GeneratorExp) -> None:
        # `ast` counts the parentheses of a generator expression, also those of the call around it. Within them stands
        # the expression itself first, and others in it.
        where = self.place(node)
        around = [
            p
            for p in self.changes.comprehensions
            if p[:2] <= where[:2] and where[2:] <= p[2:] and self.lines[p[0] - 1][p[1]] == "("
        ]
        place = max(around, default=None)
        if place is not None and place not in self._generators.values():
            self._generators[where] = place

    def _comprehension(self, original: Any, updated: Any, collect: str | None) -> cst.BaseExpression:
        where = self.place(original)
        planned = self._generators.get(where, where) if isinstance(original, cst.GeneratorExp) else where
        change = self.changes.comprehensions.get(planned)
        if change is None:
            return updated  # type: ignore[no-any-return]
        whole = updated
        updated = asking(updated, change)
        element = (
            cst.Tuple([cst.Element(updated.key), cst.Element(updated.value)])
            if isinstance(updated, cst.DictComp)
            else updated.elt
        )
        if change.name is None:
            item = own_parens(element, None)
        else:
            if updated is whole:
                element = outdented(element, self._deeper(original, change.statement))
            plain = element.with_changes(lpar=[], rpar=[]) if isinstance(element, cst.Yield) else element
            result = cst.Return(parenthesised(plain) if isinstance(plain, cst.Yield) else standalone(element))
            block = cst.IndentedBlock([cst.SimpleStatementLine([result])])
            self._new.add(change.name)
            handler = def_statement(change.name, change.parameters, block, is_async=change.is_async)
            self._defs.setdefault(change.statement, []).append(handler)
            item = cst.Call(cst.Name(change.name), [cst.Arg(cst.Name(p)) for p in change.parameters])
        if isinstance(item, cst.Yield):
            item = item.value.item if isinstance(item.value, cst.From) else item.value  # type: ignore[assignment]
        drawn = cst.GeneratorExp(elt=item, for_in=updated.for_in, lpar=[], rpar=[])
        if change.is_async:
            items = cst.ListComp(elt=item, for_in=updated.for_in)
            run: cst.BaseExpression = cst.Await(
                cst.Call(self._use("gather_batch"), [cst.Arg(items, star="*")]),
                lpar=[cst.LeftParen()],
                rpar=[cst.RightParen()],
            )
        else:
            phased = self.changes.phased.get(planned)
            driver = self._use("submit_or_collect" if phased else "each" if change.nested else "run_batch")
            call = cst.Call(driver, [cst.Arg(drawn)])
            if phased:
                call = phased_call(driver, drawn, phased, where[1], self.indent)
            elif isinstance(updated, cst.ListComp | cst.SetComp | cst.DictComp) and updated is whole:
                call = spread_like(call, updated)
            line, code = self.lines[where[0] - 1], cst.Module([]).code_for_node(call)
            grown = len(line) - (where[3] - where[1]) + len(code) + len(collect + "()" if collect else "")
            outgrown = where[0] == where[2] and "\n" not in code and grown > self.limit
            if (outgrown or is_spread(updated)) and not phased and updated is whole:
                call = spread_drawing(driver, drawn, self.indent, line[self._column : len(line) - len(line.lstrip())])
            run = parenthesised(cst.Yield(call)) if change.nested else call
        if updated is not whole:
            return over_answers(whole, change, run, self.indent, self.limit - where[1])  # type: ignore[no-any-return]
        if collect:
            return cst.Call(cst.Name(collect), [cst.Arg(own_parens(run, None) if not change.nested else run)])
        return run

    def _deeper(self, comprehension: Any, statement: Place) -> str:
        """What stands in front of the comprehension's element, beside the margin of the statement around it."""
        element = comprehension.key if isinstance(comprehension, cst.DictComp) else comprehension.elt
        margins = []
        for number in (self.place(element)[0], statement[0]):
            text = self.lines[number - 1]
            margins.append(text[: len(text) - len(text.lstrip())])
        return margins[0].removeprefix(margins[1])

    # -- functions
    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> Any:
        where = self.place(original_node)
        task = self.changes.tasks.get(where)
        if task is not None:
            self.helpers.update(extras_of(task))
            functions = task_functions(original_node, updated_node, task, self._called)
            return cst.FlattenSentinel([spread_decorators(each, self.indent, self.limit) for each in functions])
        if self._sent and any(where[0] <= place[0] and place[2] <= where[2] for place in self.changes.sent):
            tasks = [each for sent, body in self._sent for each in loop_task(original_node, body, sent, self._called)]
            self._sent = []
            fitting = [spread_decorators(each, self.indent, self.limit) for each in tasks]
            return cst.FlattenSentinel([*fitting, updated_node])
        leaving: list[cst.BaseExpression] = [self._use("in_phases")] if where in self.changes.early else []
        if (phased := self.changes.leaving.get(where)) is not None:
            call = with_phase(cst.Call(self._use(phased.decorator)), phased)
            is_long = where[1] + len(cst.Module([]).code_for_node(call)) >= self.limit
            leaving.append(spread(call, self.indent, self._room(original_node)) if is_long else call)
        if leaving:
            decorators = [*updated_node.decorators, *map(cst.Decorator, leaving)]
            updated_node = updated_node.with_changes(decorators=decorators)
        twin = self.names.twins.get(where)
        if twin is None:
            return self._with_extras(where, [updated_node]) if where in self.changes.barriers else updated_node
        how, name = twin
        if where in self.changes.wrapping:
            wrapping = updated_node.with_changes(name=cst.Name(name))
            if how == "in place":
                return wrapping
            return cst.FlattenSentinel([original_node, wrapping.with_changes(leading_lines=gap(original_node))])
        new = updated_node.with_changes(
            name=cst.Name(name),
            returns=self._annotation(updated_node.returns),
            decorators=self._kept(original_node, updated_node),
        )
        new = spread_header(new, self.indent, self.limit - where[1])
        is_stub = where in self.changes.stubs
        if not is_stub and not m.findall(new.body, m.Yield()):
            block = indented(new.body)
            new = new.with_changes(body=block.with_changes(body=[*block.body, line(ASKS_NOTHING)]))
        new = listed(new, self.changes.listed[where]) if where in self.changes.listed else new
        if how == "in place":
            return new
        if is_stub:
            return cst.FlattenSentinel([new, original_node.with_changes(leading_lines=gap(original_node))])
        return cst.FlattenSentinel(
            [new, self._forwarded(original_node, name).with_changes(leading_lines=gap(original_node))]
        )

    def _forwarded(self, function: cst.FunctionDef, twin: str) -> cst.FunctionDef:
        """The function as its other callers know it."""
        is_fanning = self.place(function) in self.names.fanning
        kept = [d for d in function.decorators if not self._has_twin(d.decorator)]
        room = self._room(function)
        function = function.with_changes(decorators=kept)
        driver = self._use("run_batch" if is_fanning else "realtime")
        return forwarded(function, twin, driver, is_batch=is_fanning, indent=self.indent, room=room)

    def _kept(self, original: cst.FunctionDef, updated: cst.FunctionDef) -> list[cst.Decorator]:
        """The decorators of the twin."""
        both = zip(original.decorators, updated.decorators, strict=True)
        return [new for old, new in both if self.place(old.decorator) not in self.changes.undecorated]

    def _room(self, function: cst.FunctionDef) -> int:
        """How long a line of the function's body may be, without its indentation."""
        return self.limit - self.place(function)[1] - len(self.indent.expandtabs(4))

    def _has_twin(self, decorator: cst.BaseExpression) -> bool:
        """Whether the decorator stands with the twin only: the project's own, or a cache that is the helper's."""
        place = self.place(decorator.func if isinstance(decorator, cst.Call) else decorator)
        return place in self.changes.references or place in self.changes.renames or place in self.changes.registering

    def _annotation(self, returns: cst.Annotation | None) -> cst.Annotation | None:
        if returns is None:
            return None
        inner = returns.annotation
        steps = cst.Subscript(self._use("Steps"), [cst.SubscriptElement(cst.Index(inner))])
        return returns.with_changes(annotation=steps)


def _item(change: LoopChange) -> cst.Call:
    """The call that makes the item's generator; what is read after the loop is bound as it would bind it."""
    given = {p: cst.NamedExpr(cst.Name(p), cst.Name(each), lpar=[], rpar=[]) for p, each in change.kept.items()}
    given |= {p: cst.NamedExpr(cst.Name(to), cst.Name(p), lpar=[], rpar=[]) for p, to in change.handed.items()}
    return cst.Call(cst.Name(change.name), [cst.Arg(given.get(p, cst.Name(p))) for p in change.parameters])


def _drawing(change: LoopChange, *before: Any) -> cst.IndentedBlock:
    """The body of the loop that yields the items' generators."""
    drawn: list[Any] = [*before, cst.SimpleStatementLine([cst.Expr(cst.Yield(_item(change)))])]
    if change.stop:
        drawn.append(cst.If(cst.Name(change.stop), cst.IndentedBlock([cst.SimpleStatementLine([cst.Break()])])))
    return cst.IndentedBlock(drawn)


def rewrite(text: str, changes: FileChanges, names: Names) -> tuple[str, set[str]]:
    """The changed text, and what it needs from the helper module."""
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    rewriter = Rewriter(changes, names, wrapper.module.default_indent, text.splitlines())
    return wrapper.visit(rewriter).code, rewriter.helpers


def _behind(turn: cst.SimpleStatementLine, statements: Sequence[Any]) -> list[Any]:
    """The statements behind what waits for the turn; a comment above the first one stays there."""
    leading = list(statements[0].leading_lines)
    blank = next((i for i, each in enumerate(leading) if each.comment is not None), len(leading))
    first = statements[0].with_changes(leading_lines=leading[blank:])
    return [turn.with_changes(leading_lines=leading[:blank]), first, *statements[1:]]
