"""Rewrites the calls of one file: requests, calls of twins, of pools and gathers, and what names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import libcst as cst
import libcst.matchers as m
from libcst.metadata import PositionProvider

from batchlint.codemod.changes import FileChanges, Place
from batchlint.codemod.nodes import (
    WIDTH,
    Moved,
    arguments_like,
    is_indented,
    parenthesised,
    renamed,
    spread,
    spread_list,
    with_keyword,
)
from batchlint.codemod.widths import widest
from batchlint.runtime.assemble import NAMES


class Names:
    """What twins and helper functions are called in this file."""

    def __init__(self, twins: dict[Place, tuple[str, str]], callee: dict[Place, str], taken: set[str]) -> None:
        """`twins`: functions with "in place" or "beside" and the twin's name; `callee`: new names of callees."""
        self.twins = twins
        self.callee = callee
        self.taken = taken
        self.bound: set[str] = set()
        """What the file itself calls by such a name."""
        self.aliases: dict[str, str] = {}
        """What helper functions are imported as whose names are bound already."""
        self.fanning: set[Place] = set()
        """Functions whose callers get a batch of their own, although they have a twin."""


class CallRewriter(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, changes: FileChanges, names: Names, default_indent: str, lines: Sequence[str]) -> None:
        super().__init__()
        self.lines = lines
        self.limit = max(WIDTH, widest(lines))
        """Characters that a line may have: as many as the file's longest that a formatter could have broken."""
        self.changes = changes
        self.names = names
        self.indent = default_indent
        self.helpers: set[str] = set(changes.names)
        self._in_text = 0
        self._column = 0
        """Where the statement begins that is being visited."""
        self._is_hoisted = False
        """Whether its answers get names in front of it, and so leave it."""
        self._calls: list[Place] = []
        """The calls that are being visited, outermost first."""
        self._lists: list[Place] = []
        self._wide: set[Place] = set()
        """List comprehensions that one line no longer holds."""
        self._appended = {change.call: change for change in changes.enqueues.values() if change.call is not None}

    # -- places
    def place(self, node: cst.CSTNode) -> Place:
        position = self.get_metadata(PositionProvider, node)
        return position.start.line, position.start.column, position.end.line, position.end.column

    def _use(self, name: str) -> cst.Name:
        self.helpers.add(name)
        if name in self.names.bound:
            self.names.aliases[name] = f"LLM{name}" if name[0].isupper() else f"llm_{name}"
        return cst.Name(self.names.aliases.get(name, name))

    # -- calls
    def visit_Call(self, node: cst.Call) -> None:
        self._calls.append(self.place(node))

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        where = self._calls.pop()
        change = self.changes.calls.get(where)
        if where in self._appended:
            enqueue = self._appended[where]
            return cst.parse_expression(f"{enqueue.items}.append({enqueue.item})")
        if where in self.changes.keywords:
            keyword, value = self.changes.keywords[where]
            updated_node = with_keyword(updated_node, keyword, value)
        if where in self.changes.stripped:
            kept = [
                a for a in updated_node.args if a.keyword is None or a.keyword.value in {"return_exceptions", "timeout"}
            ]
            if len(kept) < len(updated_node.args) and kept:
                kept[-1] = kept[-1].with_changes(comma=updated_node.args[-1].comma)
            updated_node = updated_node.with_changes(args=kept)
        if where in self.changes.unwrapped | self.changes.untasked and updated_node.args:
            return self._moved(updated_node.args[0].value, original_node, original_node.args[0].value)
        if where in self.changes.functions and isinstance(updated_node.func, cst.Attribute):
            return cst.Call(self._use(self.changes.functions[where]), [cst.Arg(updated_node.func.value)])
        if where in self.changes.joined and isinstance(updated_node.func, cst.Attribute):
            return cst.Call(self._use("batch_joined"), [cst.Arg(updated_node.func.value)])
        if where in self.changes.awaited:
            return cst.Await(updated_node.args[0].value, [cst.LeftParen()], [cst.RightParen()])
        if where in self.names.callee:
            updated_node = updated_node.with_changes(func=renamed(updated_node.func, self.names.callee[where]))
        carrier = self.changes.mapped.get(where)
        if carrier == "run_batch":
            return cst.Call(self._use(carrier), [cst.Arg(updated_node)])
        if carrier == "each":
            by_pool = isinstance(updated_node.func, cst.Attribute)
            made = updated_node.with_changes(func=cst.Name("map")) if by_pool else updated_node
            return parenthesised(cst.Yield(cst.Call(self._use(carrier), [cst.Arg(made)])))
        if carrier == "batch_filter":
            return updated_node.with_changes(func=self._use(carrier))
        if carrier is not None:
            return self._passed(carrier, updated_node, where, f"{carrier}(, ")
        if change is None and self._is_list_of_each(original_node):
            return updated_node.args[0].value
        if change is None:
            return self._reference(original_node, self._grown(original_node, updated_node))
        if change.how == "request":
            return parenthesised(cst.Yield(self._passed("request", updated_node, where, "(yield request(, )")))
        if change.how == "await":
            return self._passed("batched", updated_node, where, "batched(, ")
        if change.how == "opened":
            return cst.Await(self._passed("batched", updated_node, where, "await batched(, )"))
        if change.how == "blocking":
            waiting = cst.Await(self._passed("batched", updated_node, where, "(await batched(, )"))
            return waiting.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        if change.how == "steps":
            called = self._fitting(updated_node, where, "(await batched_steps())")
            waiting = cst.Await(cst.Call(self._use("batched_steps"), [cst.Arg(called)]))
            return waiting.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        if change.how == "thread":
            return self._passed("batched_thread", updated_node, where, "batched_thread(, ")
        if change.how == "made":
            return self._made(original_node, updated_node, change.argument)
        if change.how == "called":
            passed = self._passed("called", updated_node, where, "(yield from called(, )")
            return parenthesised(cst.Yield(cst.From(item=passed, whitespace_before_from=cst.SimpleWhitespace(""))))
        if change.how == "enter":
            called = self._fitting(updated_node, where, "(yield from )")
            return parenthesised(cst.Yield(cst.From(item=called, whitespace_before_from=cst.SimpleWhitespace(""))))
        return self._grown(original_node, updated_node)

    def _is_list_of_each(self, call: cst.Call) -> bool:
        """Whether the call makes a list of what is one then: `list(map(...))`."""
        is_list = m.matches(call, m.Call(m.Name("list"), [m.Arg(m.Call(), keyword=None, star="")]))
        return is_list and self.changes.mapped.get(self.place(call.args[0].value)) == "each"

    def _made(self, original: cst.Call, call: cst.Call, argument: int) -> cst.Call:
        """What a thread was to call, `f(a)`, as `batched(f, a)`; `argument`: its place among the call's."""
        handed, was = call.args[argument].value, original.args[argument].value
        if isinstance(handed, cst.Lambda) and isinstance(was, cst.Lambda):
            handed, was = handed.body, was.body
            assert isinstance(handed, cst.Call)
            passed = self._passed("batched", handed, self.place(was), "batched(, ")
        elif isinstance(handed, cst.Call):  # a `partial`
            passed = handed.with_changes(func=self._use("batched"))
        else:
            return call.with_changes(func=self._use("batched"), args=call.args[argument:])
        return cast(cst.Call, self._moved(passed, original, was))

    def _moved(self, inner: cst.BaseExpression, outer: cst.CSTNode, was: cst.CSTNode) -> cst.BaseExpression:
        """What stood as `was` within the outer expression and now stands in its place, with its lines as far in."""
        lines = [self.lines[self.place(node)[0] - 1] for node in (outer, was)]
        by = len(lines[1]) - len(lines[1].lstrip()) - (len(lines[0]) - len(lines[0].lstrip()))
        return cast(cst.BaseExpression, inner.visit(Moved(lambda margin: margin[: max(len(margin) - by, 0)])))

    def _passed(self, helper: str, call: cst.Call, where: Place, added: str) -> cst.Call:
        """`f(a)` as `helper(f, a)`, on several lines where `added` makes its line longer than those of the file."""
        func = call.func
        plain = func.with_changes(lpar=[], rpar=[]) if getattr(func, "lpar", None) else func
        passed = call.with_changes(func=self._use(helper), args=arguments_like(call, plain), lpar=[], rpar=[])
        return self._fitting(passed, where, added, is_indented(call))

    def _fitting(self, call: cst.Call, where: Place, added: str, is_indented: bool = False) -> cst.Call:
        """The call on several lines where `added` makes its line too long, or where it stood on several already."""
        line = self.lines[where[0] - 1]
        length = len(line) + len(added)
        margin = line[self._column : len(line) - len(line.lstrip())]
        for place in self.changes.comprehensions:
            if _holds(place, where):  # what is in it gets a line of its own
                margin = ""
                width = self._moved_width(line, place, where)
                length = len(line) - len(line.lstrip()) + width + len(added) + len("return ()")
        outgrown = where[0] == where[2] and length > self.limit
        if outgrown and self._lists and self._lists[-1][0] == self._lists[-1][2]:
            self._wide.add(self._lists[-1])
        elif (outgrown or is_indented) and not self._in_text:
            room = self.limit - (len(line) - len(line.lstrip())) - len(self.indent.expandtabs(4))
            return spread(call, self.indent, room, margin)
        return call

    def _moved_width(self, line: str, comprehension: Place, call: Place) -> int:
        """The width of what moves out of the comprehension with the call: its element, or the item and a condition."""
        if comprehension[0] != comprehension[2]:
            return len(line.strip())
        if line.find(" for ", comprehension[1], call[1]) >= 0:
            return call[3] - call[1] + len("item, not ")
        end = line.find(" for ", call[3])
        return (end if end >= 0 else comprehension[3]) - comprehension[1]

    def _grown(self, original: cst.Call, call: cst.Call) -> cst.Call:
        """The call on several lines where longer names in it make its line too long."""
        where = self.place(original)
        asks = any(place != where and _holds(where, place) for place in self.changes.calls)
        is_in_another = any(outer[0] == outer[2] == where[0] for outer in self._calls)
        if (
            where[0] != where[2]
            or is_in_another
            or (self._is_hoisted and asks)
            or not any(_holds(where, place) for place in [*self.changes.renames, *self.names.callee])
        ):
            return call
        code = cst.Module([]).code_for_node(call)
        return call if "\n" in code else self._fitting(call, where, " " * (len(code) - (where[3] - where[1])))

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            where = self.place(node)
            self._column, self._is_hoisted = where[1], where in self.changes.hoisted | self.changes.moved
        return super().on_visit(node)

    def visit_ListComp(self, node: cst.ListComp) -> None:
        if self.place(node) not in self.changes.comprehensions:
            self._lists.append(self.place(node))

    def leave_ListComp(self, original_node: cst.ListComp, updated_node: cst.ListComp) -> cst.BaseExpression:
        where = self.place(original_node)
        if self._lists and self._lists[-1] == where:
            self._lists.pop()
        line = self.lines[where[0] - 1]
        margin = line[self._column : len(line) - len(line.lstrip())]
        return spread_list(updated_node, self.indent, margin) if where in self._wide else updated_node

    def visit_FormattedString(self, node: cst.FormattedString) -> None:
        self._in_text += 1

    def leave_FormattedString(
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> cst.BaseExpression:
        self._in_text -= 1
        return updated_node

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self._reference(original_node, updated_node)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        if self.changes.taken and (name := self.changes.taken.get(self.place(original_node))) is not None:
            return cst.Name(name, lpar=updated_node.lpar, rpar=updated_node.rpar)
        return self._reference(original_node, updated_node)

    def _reference(self, original: cst.BaseExpression, updated: Any) -> cst.BaseExpression:
        if not self.changes.renames:
            return updated  # type: ignore[no-any-return]
        new = self.changes.renames.get(self.place(original))
        if new is None:
            return updated  # type: ignore[no-any-return]
        if self.place(original) in self.changes.policies:
            return cst.Call(self._use(new), [cst.Arg(updated)])
        if new in NAMES and self.place(original) not in self.changes.references:  # a twin of `run` is no `run_batch`
            return self._use(new)
        return renamed(updated, new)


def _holds(outer: Place, inner: Place) -> bool:
    return outer[:2] <= inner[:2] and inner[2:] <= outer[2:]
