"""What a program does by the options that it is started with: `if args.kind == "nightly"`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph.commandlines import OR, UNKNOWN, CommandLines, Perhaps, given_to
from batchlint.graph.links import Edge, Part
from batchlint.symbols import CallRef, Program, last_name
from batchlint.symbols.parsed import name_of

_HANDS = 3
"""Calls through which what was parsed is handed on."""
_PARSES = frozenset({"parse_args", "parse_known_args"})


class _Told(Enum):
    """What is known of an option's value where it is no constant."""

    GIVEN = "given"
    OPEN = "open"


GIVEN = _Told.GIVEN
"""Some value, of which is not known which."""
OPEN = _Told.OPEN
"""Whatever there is."""


_ACTIONS: dict[str, object] = {
    "store": GIVEN,
    "append": GIVEN,
    "extend": GIVEN,
    "store_true": True,
    "store_false": False,
}
"""What an option is that is given, by what its parser does then."""


class _Setting(NamedTuple):
    """An option as its parser describes it."""

    flags: frozenset[str]
    takes_value: bool
    on: object
    """What it is where one of the flags stands in the line; `GIVEN`: the word behind that."""
    default: object

    def is_at(self, word: str) -> bool:
        """Whether the word gives the option."""
        return word.partition("=")[0] in self.flags

    def value(self, words: list[str]) -> object:
        """What it is by the first of the words, which gives it, and the second."""
        if not self.takes_value:
            return self.on
        _, sign, value = words[0].partition("=")
        value = value if sign else "".join(words[1:])
        return GIVEN if UNKNOWN in value or OR in value else value


class Options(Part):
    """Reads which option a test looks at, and what a command that project code runs gives for it."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._commands = CommandLines(program)
        self._words: dict[int, list[list[str]]] = {}
        """The command lines of a call, by the identity of its node."""
        self._handed: dict[tuple[FunctionId, str], bool] = {}
        """Whether the parameter is what was parsed."""

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

    def handed(self, function: FunctionFacts, node: ast.expr) -> str | None:
        """The option that the expression reads of a parameter which all calls give what was parsed: `run(args)`."""
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            return None
        if not self._is_known(function.id.path, node.attr):
            return None
        return node.attr if self._is_handed(function, node.value.id, 0) else None

    def _is_handed(self, function: FunctionFacts, name: str, depth: int) -> bool:
        if name not in function.parameter_names or name in function.bindings or depth > _HANDS:
            return False
        key = (function.id, name)
        if key not in self._handed:
            self._handed[key] = False  # where it is handed to the function itself
            given = [
                (self.function(caller), argument)
                for caller, _, argument in self.program.callers.arguments(function, name)
                if not self.program.is_test(caller.path)
            ]
            self._handed[key] = bool(given) and all(
                isinstance(argument, ast.Name)
                and (
                    self.named(caller, ast.Attribute(argument, name)) is not None
                    or self._is_handed(caller, argument.id, depth + 1)
                )
                for caller, argument in given
            )
        return self._handed[key]

    def takes_value(self, path: str, option: str) -> bool:
        """Whether a word stands behind the option of the program in the file."""
        return any(each.takes_value for each in self._settings.get((path, option), ()))

    def given(self, edge: Edge, option: str, path: str) -> list[object] | None:
        """What the option can be by the command that starts the program; None where the command does not tell.

        An option that the command leaves out is its default. `path`: the file that parses it.
        """
        is_known = self._is_known(path, option) and edge.callee.qualname == MODULE
        lines = self._lines(edge) if is_known else []
        return self._told(path, option, [words for line in lines for words in given_to(line)])

    def by_command(self, path: str, option: str, given: Sequence[str]) -> list[object] | None:
        """What the option of the program in the file can be by the arguments that a manifest's command gives it."""
        words = [f"{word.partition('$')[0]}{UNKNOWN}" if "$" in word or "`" in word else word for word in given]
        return self._told(path, option, [words]) if self._is_known(path, option) else None

    def _is_known(self, path: str, option: str) -> bool:
        return option.startswith("-") or (path, option) in self._settings or (path, option) in self._commands_of

    def _told(self, path: str, option: str, lines: Sequence[list[str]]) -> list[object] | None:
        settings, commands = self._settings.get((path, option), ()), self._commands_of.get((path, option), set())
        found: list[object] = []
        for words in lines:
            if option.startswith("-"):
                found.append(OPEN if _open_words(words, set()) else option in words)
            if settings:
                found += self._values(words, settings)
            if commands:
                found.append(_command(words, commands, self._switches))
        return found if found and not any(value in (UNKNOWN, OPEN) for value in found) else None

    def _values(self, words: list[str], settings: Sequence[_Setting]) -> Iterator[object]:
        """What the option can be where those words follow the program."""
        given = [(setting, at) for setting in settings for at, word in enumerate(words) if setting.is_at(word)]
        for setting, at in given:
            yield setting.value(words[at : at + 2])
        if not given and _open_words(words, self._switches):
            yield OPEN
        elif all(isinstance(words[at], Perhaps) for _, at in given):
            yield settings[0].default

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
        every = (setting for settings in self._settings.values() for setting in settings)
        return {flag for setting in every if not setting.takes_value for flag in setting.flags}

    @cached_property
    def _settings(self) -> dict[tuple[str, str], list[_Setting]]:
        """How each option of each file is written on its command line."""
        found: dict[tuple[str, str], list[_Setting]] = {}
        changed = {
            str(keyword.arg)
            for _, call in self.program.calls_by_name.get("set_defaults", ())
            for keyword in call.node.keywords
        }
        for caller, call in self.program.calls_by_name.get("add_argument", ()):
            texts = (arg.value for arg in call.node.args if isinstance(arg, ast.Constant))
            flags = [text for text in texts if isinstance(text, str) and text.startswith("-")]
            flags.sort(key=lambda flag: not flag.startswith("--"))
            named = [keyword.value for keyword in call.node.keywords if keyword.arg == "dest"]
            names = [str(each.value) for each in named if isinstance(each, ast.Constant)]
            names += map(name_of, flags)
            if flags and names:
                setting = _setting(frozenset(flags), call.node)
                if names[0] in changed:
                    setting = setting._replace(default=OPEN)
                found.setdefault((caller.id.path, names[0]), []).append(setting)
        return found


def flag_in(test: ast.expr) -> str | None:
    """The flag for which the program's own arguments are searched: `"--once" in sys.argv`."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.In | ast.NotIn):
        return None
    flag, given = test.left, test.comparators[0]
    given = given.value if isinstance(given, ast.Subscript) and isinstance(given.slice, ast.Slice) else given
    is_flag = isinstance(flag, ast.Constant) and isinstance(flag.value, str) and flag.value.startswith("-")
    return str(flag.value) if is_flag and last_name(given) == "argv" else None  # type: ignore[attr-defined]


def _setting(flags: frozenset[str], node: ast.Call) -> _Setting:
    """The option as `add_argument` describes it."""
    said = {keyword.arg: keyword.value for keyword in node.keywords}
    action = said.get("action", ast.Constant("store"))
    name = action.value if isinstance(action, ast.Constant) else None
    if None in said:
        return _Setting(flags, True, OPEN, OPEN)
    on = _ACTIONS.get(str(name), OPEN)
    off = not on if isinstance(on, bool) else None
    default = said.get("default", ast.Constant(off))
    return _Setting(flags, on is GIVEN, on, default.value if isinstance(default, ast.Constant) else OPEN)


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
    return UNKNOWN if _open_words(options, switches) else ""


def _open_words(options: list[str], switches: set[str]) -> bool:
    """Whether one of the words is not known, but for the values of options."""
    before = ["", *options]
    is_value = [flag.startswith("-") and flag not in switches for flag in before]
    return any((UNKNOWN in word or OR in word) and not is_value[at] for at, word in enumerate(options))
