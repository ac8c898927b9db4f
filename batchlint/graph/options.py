"""What a program does by the options that it is started with: `if args.kind == "nightly"`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph.commandlines import OR, UNKNOWN, CommandLines, program_at
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
        key = edge.callee.path, option
        flags, commands = set(self._flags.get(key, ())), self._commands_of.get(key, set())
        lines = self._lines(edge) if (flags or commands) and edge.callee.qualname == MODULE else []
        found = {value for line in lines for value in _values(line, flags)}
        found |= {_command(line[program_at(line) :], commands, self._switches) for line in lines} if commands else set()
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
    def _commands_of(self) -> dict[tuple[str, str], set[str]]:
        """The words for subcommands of each file's parser, by what holds the one that is given."""
        words = {
            each.value
            for _, call in self.program.calls_by_name.get("add_parser", ())
            for each in call.node.args[:1]
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        }
        return {
            (caller.id.path, str(keyword.value.value)): words
            for caller, call in self.program.calls_by_name.get("add_subparsers", ())
            for keyword in call.node.keywords
            if keyword.arg == "dest" and isinstance(keyword.value, ast.Constant) and not _is_inner(caller, call.node)
        }

    @cached_property
    def _switches(self) -> set[str]:
        """The flags behind which no value stands."""
        calls = (call.node for _, call in self.program.calls_by_name.get("add_argument", ()))
        return {
            str(argument.value)
            for node in calls
            if any(keyword.arg == "action" for keyword in node.keywords)
            for argument in node.args
            if isinstance(argument, ast.Constant)
        }

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


def _is_inner(function: FunctionFacts, call: ast.Call) -> bool:
    """Whether subcommands of a subcommand are made."""
    parser = call.func.value if isinstance(call.func, ast.Attribute) else None
    bound = function.bindings.get(parser.id, ()) if isinstance(parser, ast.Name) else ()
    return any(isinstance(each.value, ast.Call) and last_name(each.value.func) == "add_parser" for each in bound)


def _command(options: list[str], commands: set[str], switches: set[str]) -> str:
    """The first of the options that is a subcommand; nothing where none is, and none that is open can be one."""
    given = next((word for word in options if word in commands), None)
    if given is not None:
        return given
    before = ["", *options]
    is_value = [flag.startswith("-") and flag not in switches for flag in before]
    is_open = any((UNKNOWN in word or OR in word) and not is_value[at] for at, word in enumerate(options))
    return UNKNOWN if is_open else ""


def _values(line: list[str], flags: set[str]) -> Iterator[str]:
    """What stands behind the flags in the line."""
    for position, word in enumerate(line):
        flag, sign, value = word.partition("=")
        if flag in flags and sign:
            yield value
        elif word in flags and position + 1 < len(line):
            yield line[position + 1]
