"""The words of a command line that code puts together: lists that grow, joined paths, what a helper is handed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from batchlint.facts import Binding, FunctionFacts, FunctionId
from batchlint.graph.conditions import tests_before
from batchlint.graph.links import Part
from batchlint.symbols import CallRef, last_name
from batchlint.values import Elems, Mod, Text

UNKNOWN = "{}"
"""Stands for a word that is not known."""
OR = "|"
"""Stands between the words that one can be."""


class Perhaps(str):
    """A word that only some of the runs have in the line."""

    __slots__ = ()


_SAME = frozenset(
    {"str", "list", "tuple", "Path", "PurePath", "fspath", "fsdecode", "split", "quote", "abspath", "realpath"}
)
"""Calls that give the words of their first argument."""
_SAME_OF = frozenset({"resolve", "absolute", "as_posix", "expanduser", "copy", "split", "strip", "format"})
"""Methods that give those of what they are called on."""
_GROWS = frozenset({"append", "extend", "insert"})
_INTERPRETER = re.compile(r"python|pypy|^\{\}$")
_EVERY = range(1_000_000)
_DEEP = 12
_CALLERS = 4
_SITES = 60
_LINES = 200


class _Frame(NamedTuple):
    """A function on the way to the one that starts the program, and the call that gives its parameters."""

    function: FunctionFacts
    start: ast.expr | None = None
    """The call in it that starts the program, or leads down to it."""
    site: ast.Call | None = None
    shift: int = 0
    is_inner: bool = False
    """Whether it stands in the function of the next frame."""


class CommandLines(Part):
    def read(self, reference: CallRef, node: ast.expr) -> Iterator[tuple[CallRef, list[str]]]:
        """The command lines that `node`, an argument of the call, can be, each with the call that says what is run.

        That is the call itself, unless a parameter holds what is run: then it is the one that hands it over.
        """
        yield from islice(self._lines((_Frame(reference.caller, reference.call.node),), reference, node), _LINES)

    def _lines(
        self, frames: tuple[_Frame, ...], reference: CallRef, node: ast.expr
    ) -> Iterator[tuple[CallRef, list[str]]]:
        reader = _Reader(self, frames)
        words = reader.words(0, node, 0)
        function = frames[-1].function
        if reader.is_outer and function.parent is not None and len(frames) < _CALLERS:
            around = self.function(FunctionId(function.id.path, function.parent))
            yield from self._lines((*frames[:-1], frames[-1]._replace(is_inner=True), _Frame(around)), reference, node)
            return
        sites = self.program.callers.call_sites(function) if reader.is_open and len(frames) < _CALLERS else []
        if not sites or program_at(words):
            yield reference, words
            return
        for caller, call, shift in sites[:_SITES]:
            above = self.program.call_facts[id(call)]
            if any(caller == frame.function.id for frame in frames):
                continue
            known = frames[-1]._replace(site=call, shift=shift)
            longer = (*frames[:-1], known, _Frame(above.caller, call))
            yield from self._lines(longer, above, node)


class _Reader:
    """Reads the words of expressions in the functions of `frames`, the innermost first."""

    def __init__(self, part: Part, frames: tuple[_Frame, ...]) -> None:
        self._part = part
        self._frames = frames
        self._seen: set[tuple[int, str]] = set()
        self.is_open = False
        """Whether a parameter was met of which the frames do not tell what it holds."""
        self.is_outer = False
        """Whether a variable was met that a function around the outermost one has."""

    def words(self, at: int, node: ast.expr, depth: int) -> list[str]:
        """The words of the expression, which stands in the function of that frame."""
        if depth > _DEEP:
            return [UNKNOWN]
        inner = depth + 1
        if isinstance(node, ast.Constant):
            return node.value.replace(";", " ").split() if isinstance(node.value, str) else [str(node.value)]
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return self._all(at, node.elts, inner)
        if isinstance(node, ast.Dict):
            return self._all(at, node.values, inner)
        if isinstance(node, ast.Starred | ast.Await | ast.FormattedValue):
            return self.words(at, node.value, inner)
        if isinstance(node, ast.IfExp | ast.BoolOp):
            choices = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
            return [Perhaps(word) for word in self._all(at, choices, inner)]
        if isinstance(node, ast.ListComp | ast.GeneratorExp):
            return self.words(at, node.generators[0].iter, inner)
        if isinstance(node, ast.BinOp):
            return self._combined(at, node, inner)
        if isinstance(node, ast.JoinedStr):
            return self._formatted(at, node, inner)
        if isinstance(node, ast.Call):
            return self._called(at, node, inner)
        if isinstance(node, ast.Name):
            return self._named(at, node, inner)
        return self._member(at, node, inner) if isinstance(node, ast.Attribute) else self._evaluated(at, node)

    def _all(self, at: int, nodes: Iterable[ast.expr], depth: int) -> list[str]:
        return [word for node in nodes for word in self.words(at, node, depth)]

    def _text(self, at: int, node: ast.expr, depth: int) -> str:
        """The expression as a part of a text."""
        if isinstance(node, ast.Constant):
            return str(node.value)
        return " ".join(self.words(at, node, depth)) or UNKNOWN

    def _formatted(self, at: int, node: ast.JoinedStr, depth: int) -> list[str]:
        """The words of the text with each of those that its parts can be."""
        texts, is_open = [""], False
        for part in node.values:
            if isinstance(part, ast.Constant):
                ends = [str(part.value)]
            else:
                words = self.words(at, part, depth)
                is_open |= any(isinstance(word, Perhaps) for word in words)
                ends = (" ".join(words) or UNKNOWN).split(OR)
            texts = [text + end for text in texts for end in ends][:_SITES]
        if len(texts) > 1 and not any(" " in text for text in texts):
            return [OR.join(texts)]
        found = [word for text in texts for word in text.replace(";", " ").split()]
        return [Perhaps(word) for word in found] if is_open else found

    def _combined(self, at: int, node: ast.BinOp, depth: int) -> list[str]:
        left, right = self.words(at, node.left, depth), self.words(at, node.right, depth)
        if isinstance(node.op, ast.Div):
            return [OR.join(_joined([*left[-1:], end]) for end in each.split(OR)) for each in right[:1]]
        if isinstance(node.op, ast.Add) and _is_text(node.left) | _is_text(node.right):
            return (self._text(at, node.left, depth) + self._text(at, node.right, depth)).split()
        return left if isinstance(node.op, ast.Mod) else [*left, *right]

    def _called(self, at: int, node: ast.Call, depth: int) -> list[str]:
        func, name = node.func, last_name(node.func)
        if name in {"join", "joinpath"} and node.args and not _is_text(func):
            base = [func.value] if name == "joinpath" and isinstance(func, ast.Attribute) else []
            return [_joined([self._text(at, each, depth) for each in (*base, *node.args)])]
        if name == "join" and node.args:
            return self.words(at, node.args[0], depth)
        if name == "map" and len(node.args) > 1:
            return self.words(at, node.args[1], depth)
        if name in _SAME and node.args:
            return [_joined(self._all(at, node.args, depth))] if name == "Path" else self.words(at, node.args[0], depth)
        if name in _SAME_OF and isinstance(func, ast.Attribute):
            return self.words(at, func.value, depth)
        return self._evaluated(at, node)

    def _named(self, at: int, node: ast.Name, depth: int) -> list[str]:
        if (at, node.id) in self._seen:
            return []
        self._seen.add((at, node.id))
        try:
            return self._find_named(at, node, depth)
        finally:
            self._seen.discard((at, node.id))

    def _find_named(self, at: int, node: ast.Name, depth: int) -> list[str]:
        function = self._frames[at].function
        if node.id in function.bindings:
            words = self._given(at, node.id, depth) if node.id in function.parameter_names else []
            lines = self._lines_of(at, node.id)
            for binding in function.bindings[node.id]:
                if binding.line in lines:
                    words += self._as_run(at, binding.value, self._bound(at, binding, depth))
            for call in function.calls:
                func = call.node.func
                is_own = isinstance(func, ast.Attribute) and func.attr in _GROWS and _is_name(func.value, node.id)
                if is_own and call.node.lineno in lines:
                    words += self._as_run(at, call.node, self._all(at, call.node.args[-1:], depth))
            return words
        if node.id in function.parameter_names or node.id == function.rest:
            return self._given(at, node.id, depth)
        if self._is_around(function, node.id):
            if self._frames[at].is_inner:
                return self._named(at + 1, node, depth)
            self.is_outer |= at == len(self._frames) - 1
            return [UNKNOWN]
        scope, value = self._part.constant(function.id, node)
        if value is not node:
            return self._elsewhere(self._part.function(scope), value, depth)
        return self._evaluated(at, node)

    def _lines_of(self, at: int, name: str) -> range:
        """The lines that tell what the name holds where the program is started: from what is bound on every run on."""
        frame = self._frames[at]
        function, start = frame.function, frame.start
        if start is None:
            return _EVERY
        is_again = any(call.node is start and call.loops for call in function.calls)
        lines = _EVERY if is_again else range(start.lineno + 1)
        bindings = [each for each in function.bindings[name] if each.value is not None and each.line <= start.lineno]
        if len(bindings) < 2:
            return lines
        grown = {id(node.value) for node in ast.walk(function.node) if isinstance(node, ast.AugAssign)}
        sure = (each for each in bindings if id(each.value) not in grown and self._is_sure(frame, each.value))
        return range(max((each.line for each in sure), default=0), lines.stop)

    @staticmethod
    def _is_sure(frame: _Frame, node: ast.expr | None) -> bool:
        """Whether each run that starts the program comes by the node."""
        if node is None or frame.start is None:
            return True
        known = {id(test) for test, _ in tests_before(frame.function, frame.start)}
        return all(id(test) in known for test, _ in tests_before(frame.function, node))

    def _as_run(self, at: int, node: ast.expr | None, words: list[str]) -> list[str]:
        """The words that the expression adds, as those of some runs only where it stands under a test of its own."""
        return words if self._is_sure(self._frames[at], node) else [Perhaps(word) for word in words]

    def _is_around(self, function: FunctionFacts, name: str) -> bool:
        """Whether the name is a variable of a function that the given one stands in."""
        while function.parent is not None:
            function = self._part.function(FunctionId(function.id.path, function.parent))
            if name in function.bindings or name in function.parameter_names:
                return True
        return False

    def _bound(self, at: int, binding: Binding, depth: int) -> list[str]:
        if binding.value is None or binding.how not in {"value", "element", "unpack"}:
            return []
        if binding.how == "value":
            return self.words(at, binding.value, depth)
        rows, position = self._rows(at, binding.value), binding.position
        if rows and position is not None:
            words = self._all(at, [row.elts[position] for row in rows if len(row.elts) > position], depth)
        else:
            words = self.words(at, binding.value, depth)
        return words if "-m" in words else [OR.join(words)]

    def _rows(self, at: int, node: ast.expr) -> list[ast.Tuple | ast.List]:
        """The rows of a table that is written out."""
        table = self._part.constant(self._frames[at].function.id, node)[1]
        rows = table.elts if isinstance(table, ast.List | ast.Tuple) else []
        return [row for row in rows if isinstance(row, ast.Tuple | ast.List)]

    def _given(self, at: int, name: str, depth: int) -> list[str]:
        """What the call of the frame gives for the parameter."""
        frame = self._frames[at]
        if frame.site is None:
            self.is_open = True
            return [UNKNOWN]
        function, node = frame.function, frame.site
        named = [keyword.value for keyword in node.keywords if keyword.arg == name]
        if named:
            return self.words(at + 1, named[0], depth)
        names = [parameter.arg for parameter in function.parameters]
        position = (len(names) if name == function.rest else names.index(name)) - frame.shift
        if name == function.rest:
            return self._all(at + 1, node.args[max(position, 0) :], depth)
        if 0 <= position < len(node.args):
            return self.words(at + 1, node.args[position], depth)
        default = function.default(name)
        return self.words(at, default, depth) if default is not None else [UNKNOWN]

    def _member(self, at: int, node: ast.Attribute, depth: int) -> list[str]:
        """A variable of a module; `path.parent` and the like are not known."""
        program = self._part.program
        for value in program.eval(self._frames[at].function.id, node.value):
            body = program.body_of(value) if isinstance(value, Mod) else None
            bindings = body.bindings.get(node.attr, ()) if body is not None else ()
            if body is not None and len(bindings) == 1 and bindings[0].value is not None:
                return self._elsewhere(body, bindings[0].value, depth)
        return self._evaluated(at, node)

    def _elsewhere(self, function: FunctionFacts, node: ast.expr, depth: int) -> list[str]:
        return _Reader(self._part, (_Frame(function),)).words(0, node, depth)

    def _evaluated(self, at: int, node: ast.expr) -> list[str]:
        values = self._part.program.eval(self._frames[at].function.id, node)
        texts = [value.text for value in values if isinstance(value, Text)]
        held = {
            each.text for value in values if isinstance(value, Elems) for each in value.values if isinstance(each, Text)
        }
        return texts[0].replace(";", " ").split() if len(texts) == 1 else sorted(held) or [UNKNOWN]


def program_at(words: Sequence[str]) -> int:
    """How many words the line has up to the Python file or module that it starts; none where it names none."""
    for position, word in enumerate(words):
        is_module = position > 1 and words[position - 1] == "-m" and re.search(r"\w", word) is not None
        if names_code(word) or is_module:
            return position + 1
    return 0


def given_to(words: Sequence[str]) -> Iterator[list[str]]:
    """The words behind each program that the line starts: it has several where the command can be either."""
    at = program_at(words)
    rest = list(words[at:])
    while at:
        at = program_at(rest)
        own = rest[: at - 1] if at else rest
        starter = max((n for n, word in enumerate(own) if at and _INTERPRETER.search(word)), default=len(own))
        yield own[:starter]
        rest = rest[at:]


def names_code(word: str) -> bool:
    """Whether the word is the path of a Python file."""
    return any(each.strip("\"'").endswith(".py") and each != ".py" for each in word.split(OR))


def _joined(parts: Iterable[str]) -> str:
    return "/".join(part.strip("\"'") for part in parts)


def _is_text(node: ast.expr) -> bool:
    """Whether the expression is a text, or a method of one."""
    node = node.value if isinstance(node, ast.Attribute) else node
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
