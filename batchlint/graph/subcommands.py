"""Which functions of a command-line program run for which subcommand: `python cli.py digest`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property

from batchlint.entrypoints import Kind
from batchlint.entrypoints.manifests.targets import ANY_WORD
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.findings import Step
from batchlint.graph.conditions import tests_before
from batchlint.graph.links import Entry, Part, label
from batchlint.symbols import last_name
from batchlint.values import Fn

Place = tuple[FunctionId, ast.expr]
"""A node of a function, by which a way goes down from it."""


class Subcommands(Part):
    """Reads `@cli.command()` of click and typer, and argparse's `add_parser("x")` with what looks at its word."""

    def of(self, word: str, path: str) -> Sequence[FunctionId]:
        """The functions that the word starts in the program `path`: its own, else the only one elsewhere.

        A word that a variable holds may be any of the program's own.
        """
        if word == ANY_WORD:
            known = (id for ids in self._functions.values() for id in ids if id.path == path)
            return list(dict.fromkeys(known))
        found = self._functions.get(word, ())
        own = [id for id in found if id.path == path]
        return own or (found if len(found) == 1 else ())

    def as_started(self, entry: Entry, *way: Place) -> Entry | None:
        """The entry, or where the way down is taken for another subcommand than its own, somebody who types that.

        None where the entry is that somebody types a question: other subcommands are asked none.
        """
        if entry.kind.kind == "interactive":
            is_other = bool(entry.word) and any(self.is_for_others(entry, id, node) for id, node in way)
            return None if is_other else entry
        if not entry.word or not self._excludes(entry.word, way):
            return entry
        first = self.function(way[0][0])
        what = f"{label(first.id)}, as another subcommand than `{entry.word}`"
        return Entry(Kind("subcommand", "script", None), Step(first.id.path, first.line, what))

    def _excludes(self, word: str, way: Sequence[Place]) -> bool:
        """Whether the way down is taken for another subcommand only, by a test such as `args.command == "check"`."""
        if word not in self._words:
            return False
        return any(
            others and word not in others
            for id, node in way
            for test, holds in tests_before(self.function(id), node)
            if holds and (others := set(_compared(test)) & self._words)
        )

    def is_for_others(self, entry: Entry, id: FunctionId, node: ast.expr) -> bool:
        """Whether the function comes to the node only for subcommands that stand beside the entry's own."""
        beside = self._beside.get(entry.word, frozenset())
        return bool(beside) and any(
            holds and bool(others := set(_compared(test))) and others <= beside
            for test, holds in tests_before(self.function(id), node)
        )

    @cached_property
    def _functions(self) -> dict[str, list[FunctionId]]:
        found: dict[str, list[FunctionId]] = {}
        for function in self.program.functions.values():
            for decorator in function.decorators:
                for name in _names(function, decorator) if last_name(decorator) == "command" else ():
                    found.setdefault(name, []).append(function.id)
        for caller, call in self.program.calls_by_name.get("set_defaults", ()):
            word = word_of(caller, call.node)
            for keyword in call.node.keywords if word else ():
                values = self.program.eval(caller.id, keyword.value)
                found.setdefault(word, []).extend(value.id for value in values if isinstance(value, Fn))
        return found

    @cached_property
    def _words(self) -> set[str]:
        """The words for which there are parsers."""
        calls = self.program.calls_by_name.get("add_parser", ())
        return {word for reference in calls for word in _first_text(reference.call.node.args)}

    @cached_property
    def _beside(self) -> dict[str, frozenset[str]]:
        """By the word of a subcommand those that its parser cannot be given with it."""
        together: dict[tuple[FunctionId, str], set[str]] = {}
        for caller, call in self.program.calls_by_name.get("add_parser", ()):
            if isinstance(call.node.func, ast.Attribute):
                parsers = together.setdefault((caller.id, ast.dump(call.node.func.value)), set())
                parsers.update(_first_text(call.node.args))
        groups = list(together.values())
        words = {word for group in groups for word in group}
        # A word that several parsers have may be the one or the other.
        return {
            word: frozenset(own[0] - {word})
            for word in words
            if len(own := [group for group in groups if word in group]) == 1
        }


def word_of(function: FunctionFacts, node: ast.Call) -> str:
    """The word of the subcommand whose parser has its method called there: `add_parser("x").set_defaults(func=f)`."""
    if not isinstance(node.func, ast.Attribute):
        return ""
    parser: ast.expr | None = node.func.value
    if isinstance(parser, ast.Name):
        before = [b for b in function.bindings.get(parser.id, ()) if b.line <= node.lineno]
        parser = max(before, key=lambda b: b.line).value if before else None
    is_parser = isinstance(parser, ast.Call) and last_name(parser.func) == "add_parser"
    return next(_first_text(parser.args), "") if is_parser and isinstance(parser, ast.Call) else ""


def _names(function: FunctionFacts, decorator: ast.expr) -> list[str]:
    """The words for a click or typer command: the stated one, or the function's name."""
    if isinstance(decorator, ast.Call):
        stated = [*decorator.args[:1], *(keyword.value for keyword in decorator.keywords if keyword.arg == "name")]
        for word in _first_text(stated):
            return [word]
    return list(dict.fromkeys([function.name.replace("_", "-"), function.name]))


def _first_text(nodes: Sequence[ast.expr]) -> Iterator[str]:
    for node in nodes[:1]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _compared(test: ast.expr) -> Iterator[str]:
    """The strings one of which something must equal for the test to hold."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.In):
        right = test.comparators[0]
        nodes = right.elts if isinstance(right, ast.Tuple | ast.List | ast.Set) else [right]
        yield from (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
