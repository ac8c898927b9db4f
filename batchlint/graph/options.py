"""What a program does by the options that it is started with: `if args.kind == "nightly"`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph.commandlines import OR, UNKNOWN, CommandLines
from batchlint.graph.links import Edge, Part
from batchlint.symbols import CallRef, Program, last_name

_PARSES = frozenset({"parse_args", "parse_known_args"})


class Options(Part):
    """Reads which option a test looks at, and what a command that project code runs gives for it."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._commands = CommandLines(program)
        self._words: dict[int, list[list[str]]] = {}
        """The command lines of a call, by the identity of its node."""

    def are_parsed_in(self, function: FunctionFacts) -> bool:
        """Whether the function has the program's options, from the parser or from a helper that asks it."""
        return function.id in self._with_options

    @cached_property
    def _with_options(self) -> set[FunctionId]:
        return {caller.id for name in self._parsing for caller, _ in self.program.calls_by_name.get(name, ())}

    @cached_property
    def _parsing(self) -> set[str]:
        """The names of what gives the options: the parser's methods, and functions that return what they give."""
        calls = (reference for name in _PARSES for reference in self.program.calls_by_name.get(name, ()))
        return {*_PARSES, *(caller.name for caller, call in calls if _returns(caller, call.node))}

    def named(self, function: FunctionFacts, node: ast.expr) -> str | None:
        """The option that the expression reads: `kind` of `args.kind`, where `args` is what was parsed."""
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            return None
        bound = function.bindings.get(node.value.id, ())
        values = [binding.value for binding in bound]
        is_parsed = all(isinstance(value, ast.Call) and last_name(value.func) in self._parsing for value in values)
        return node.attr if values and is_parsed else None

    def given(self, edge: Edge, option: str) -> str | None:
        """What the command that starts the program gives for the option; None where it does not tell."""
        flags = set(self._flags.get((edge.callee.path, option), ()))
        lines = self._lines(edge) if flags and edge.callee.qualname == MODULE else []
        found = {value for line in lines for value in _values(line, flags)}
        value = next(iter(found)) if len(found) == 1 else None
        return None if value is None or UNKNOWN in value or OR in value else value

    def _lines(self, edge: Edge) -> list[list[str]]:
        node = edge.node
        if not isinstance(node, ast.Call):
            return []
        if id(node) not in self._words:
            given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "args")]
            line = ast.copy_location(ast.List(given, ast.Load()), node)
            reference = self.program.call_facts.get(id(node))
            read = self._commands.read(reference, line) if isinstance(reference, CallRef) else ()
            self._words[id(node)] = [words for _, words in read]
        return self._words[id(node)]

    @cached_property
    def _flags(self) -> dict[tuple[str, str], list[str]]:
        """How the options of each file are written on its command line."""
        found: dict[tuple[str, str], list[str]] = {}
        for caller, call in self.program.calls_by_name.get("add_argument", ()):
            texts = (arg.value for arg in call.node.args if isinstance(arg, ast.Constant))
            flags = [text for text in texts if isinstance(text, str) and text.startswith("-")]
            flags.sort(key=lambda flag: not flag.startswith("--"))
            named = [keyword.value for keyword in call.node.keywords if keyword.arg == "dest"]
            names = [each.value for each in named if isinstance(each, ast.Constant)]
            names += [flag.lstrip("-").replace("-", "_") for flag in flags]
            if flags and names:
                found.setdefault((caller.id.path, str(names[0])), []).extend(flags)
        return found


def _returns(function: FunctionFacts, call: ast.Call) -> bool:
    """Whether the function gives what the call gives."""
    held = {name for name, bound in function.bindings.items() if any(each.value is call for each in bound)}
    return any(node is call or (isinstance(node, ast.Name) and node.id in held) for node in function.returns)


def _values(line: list[str], flags: set[str]) -> Iterator[str]:
    """What stands behind the flags in the line."""
    for position, word in enumerate(line):
        flag, sign, value = word.partition("=")
        if flag in flags and sign:
            yield value
        elif word in flags and position + 1 < len(line):
            yield line[position + 1]
