"""Calls that show who sits in front of a program: somebody at a prompt, a page that shows a spinner."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from batchlint.entrypoints import Kind
from batchlint.facts import MODULE, CallFacts, FunctionFacts, FunctionId, LoopNode, Reference
from batchlint.findings import Step
from batchlint.graph import typedwords
from batchlint.graph.choices import asked_by, gives_choice, is_menu, is_number, only_chooses
from batchlint.graph.leftout import is_left_out
from batchlint.graph.links import Asking, Entry, ModelCall, Part, brief, label
from batchlint.graph.picks import is_taken_once, picks_from_all
from batchlint.graph.shown import Shown
from batchlint.graph.sittings import SITTING, Sittings
from batchlint.graph.subcommands import word_of
from batchlint.symbols import CallRef, Program, last_name
from batchlint.symbols.parsed import name_of
from batchlint.trees import stands_in, walk, walk_own
from batchlint.values import Cls, Ext, Fn

_CONFIRMATION = re.compile(
    r"\[?\(?\by(es)?\s*/\s*n(o)?\b|continue\?|to continue|proceed|sure\?|['\"]y(es)?['\"]|press (any|enter|return)",
    re.IGNORECASE,
)
_GENERAL = re.compile(
    r"(?<![a-z])(folder|directory|dir|(your|first|last|full|user) ?name|password|(api|bot)[ _-]?(key|token))(?![a-z])",
    re.IGNORECASE,
)
"""Asks where all the files are that the program is to go through, or who somebody is."""
_FILE = re.compile(r"(?<![a-z])(path|file[ _-]?(name|path)?s?)(?![a-z])", re.IGNORECASE)
"""Asks for a file."""
_SETTING = re.compile(r"(?<![a-z])(models?|providers?|languages?|data ?sets?|how many)(?![a-z])", re.IGNORECASE)
"""Asks what else a command line tells."""
_SAID = re.compile(r"(?<![a-z])(questions?|prompts?|messages?|quer(y|ies)|ask|say|tell|instructions?)(?![a-z])", re.I)
"""Asks for what somebody says."""
_MAX_CALLERS = 5
_NO_TEXTS = frozenset(
    ["int", "float", "bool", "complex", "Path", "PurePath", "FileType", "File", "Choice", "IntRange", "FloatRange",
     "INT", "FLOAT", "BOOL", "DateTime", "UUID", "Literal", "Enum"]
)  # fmt: skip
"""Types of arguments that hold no words of somebody's."""
_OPENING = frozenset(
    ["open", "Path", "read_csv", "read_json", "read_excel", "read_parquet", "load_dataset", "listdir", "expanduser",
     "abspath", "realpath"]
)  # fmt: skip
"""Calls whose argument names a file or a folder."""
_MAY_BE_FILES = frozenset(["exists", "isfile", "is_file"])
"""Calls that ask whether there is a file."""
_PRINTS = frozenset(["print", "echo", "secho", "print_json"])
_QUESTION = Kind("command-line", "interactive", None)
_SITTING = Kind(SITTING, "interactive", None)
_PICKING = Kind("picking", "interactive", None)
"""Who picks from what a model made of the items sits through that, and not through what follows."""
_CHOOSING = Kind("choosing", "interactive", None)
"""So does who picks from a menu, unless that stands between two pieces of the model's work."""
_SHOWN = Kind("shown", "interactive", None)
_BEFORE = (_PICKING, _CHOOSING, _SHOWN)


class _Front(NamedTuple):
    """A call that shows who sits in front of the program."""

    call: CallFacts
    kind: Kind
    word: str = ""
    """The subcommand that asks, where only one does."""
    options: frozenset[str] = frozenset()
    """The options that hold what was asked, where nothing else asks and they may be left out."""
    is_aside: bool = False
    """Whether only those are asked who want a sample first."""


class Fronts(Part):
    def __init__(self, program: Program, model_calls: Iterable[ModelCall]) -> None:
        super().__init__(program)
        calls = list(model_calls)
        self._model_calls = {id(model.node) for model in calls}
        self._shown = Shown(program)
        self._sittings = Sittings(program, {model.function for model in calls}, self._model_calls)

    def of(self, id: FunctionId) -> list[Entry]:
        """What the calls in the function say about who started it."""
        fronts = self._fronts.get(id, ())
        is_repeated = bool(fronts) and self._is_repeated(self.function(id), 0)
        return [
            Entry(
                kind,
                Step(id.path, call.node.lineno, f"{brief(call.node)} in {label(id)}"),
                asking=None if is_repeated and not is_aside else asking,
                word=word,
            )
            for call, kind, word, options, is_aside in fronts
            for asking in self._askings(id, call, kind, options, is_aside)
        ]

    def _askings(
        self, id: FunctionId, call: CallFacts, kind: Kind, options: Iterable[str], is_aside: bool
    ) -> list[Asking]:
        """Where the function turns to what was asked: where it reads the options, if nothing else in its file does."""
        references = self.program.modules[id.path].references
        read = [each for name in options for each in references.get(name, ()) if isinstance(each.node, ast.Attribute)]
        if not read or any(each.function != id for each in read):
            loops = () if kind == _CHOOSING else call.loops
            return [Asking(call.node, loops, kind in _BEFORE, is_aside)]
        tests = [node.test for node in walk_own(self.function(id).node) if isinstance(node, ast.If | ast.While)]
        used = [each.node for each in read if not any(stands_in(each.node, test) for test in tests)]
        return [Asking(node, ()) for node in used] or [Asking(call.node, call.loops)]

    @cached_property
    def _fronts(self) -> dict[FunctionId, list[_Front]]:
        program, table = self.program, self.program.registry.calls
        found: dict[FunctionId, list[_Front]] = {}
        for name in sorted(table.tails):
            for caller, call in program.calls_by_name.get(name, ()):
                for value in program.eval(caller.id, call.node.func):
                    kind = table.first(value.path) if isinstance(value, Ext) else None
                    picks = kind is not None and self._picks(kind, caller, call)
                    chooses = kind is not None and self._chooses(kind, caller, call)
                    confirms = picks or (kind is not None and self._only_confirms(kind, caller, call))
                    parts = confirms and self._sittings.parts(caller, call)
                    is_aside = confirms and not parts and self._sittings.samples(caller, call)
                    if kind is None or (confirms and not parts and not is_aside):
                        continue
                    asked = _PICKING if picks else _SITTING if confirms else self._asked(kind, caller, call)
                    if chooses and not confirms:
                        asked = _CHOOSING
                    if asked == kind or not self._is_general(caller, call):
                        found.setdefault(caller.id, []).append(_Front(call, asked, is_aside=is_aside))
        for caller, call in self._shown.calls():
            found.setdefault(caller.id, []).append(_Front(call, _SHOWN))
        for caller, call in typedwords.calls(program):
            found.setdefault(caller.id, []).append(_Front(call, _QUESTION))
        for caller, call in self._options():
            word = word_of(caller, call.node)
            names = frozenset(self._questions(call.node)) if not word and _may_be_left_out(call.node) else frozenset()
            found.setdefault(caller.id, []).append(_Front(call, _QUESTION, word, names))
        # `question = ask()` and then the model: the one who is asked is the caller's user too.
        for asking, rows in list(found.items()):
            interactive = [each for each in rows if each.kind.kind == "interactive" and not each.is_aside]
            if interactive and asking.qualname != MODULE:
                is_choice = gives_choice(program.functions[asking])
                for asked_by, node, _ in program.callers.call_sites(program.functions[asking]):
                    call = program.call_facts[id(node)].call
                    fronts = [self._between(program.functions[asked_by], each) for each in _told_of(interactive, call)]
                    if is_choice and only_chooses(program.functions[asked_by], call):
                        if not self._sittings.parts(program.functions[asked_by], call):
                            continue
                        fronts = [_Front(call, _SITTING)]
                    found.setdefault(asked_by, []).extend(fronts)
        return found

    def _options(self) -> Iterator[CallRef]:
        """Where a command line gets an option for somebody's question: `parser.add_argument("--query")`."""
        registry = self.program.registry
        for name in sorted(registry.parsers.tails):
            for caller, call in self.program.calls_by_name.get(name, ()):
                values = self.program.eval(caller.id, call.node.func) if self._questions(call.node) else ()
                is_option = any(isinstance(value, Ext) and registry.parsers.first(value.path) for value in values)
                if is_option and not any(self._is_file(caller.id, each) for each in self._questions(call.node)):
                    yield CallRef(caller, call)

    def question(self, id: FunctionId) -> Entry | None:
        """Who started a command whose parameter holds a question."""
        function = self.function(id)
        registry = self.program.registry
        names = registry.questions | (registry.questions_once if _prints_once(function) else frozenset())
        asked = names.intersection(function.parameter_names)
        asked -= {parameter.arg for parameter in function.parameters if _is_no_text(parameter.annotation)}
        for decorator in function.decorators:
            asked -= self._filters(decorator)
            if isinstance(decorator, ast.Call) and _is_chosen(decorator):
                asked -= _option_names(decorator)
        asked -= {name for name in asked if self._is_file(id, name)}
        if not asked:
            return None
        return Entry(_QUESTION, Step(id.path, function.line, f"`{min(asked)}` of {label(id)}"))

    def _questions(self, node: ast.Call) -> set[str]:
        """The words in the names of an option or argument that stand for somebody's question."""
        registry = self.program.registry
        places = {text for text in _texts(node.args) if not text.startswith("-")}
        names = (_option_names(node) & registry.questions) | (places & registry.questions_once)
        return set() if _is_chosen(node) else names - self._filters(node)

    def _is_file(self, id: FunctionId, name: str) -> bool:
        """Whether the program opens what an option, or a parameter of the function, is given: `open(args.question)`."""
        read = [
            each
            for each in self.program.modules[id.path].references.get(name, ())
            if each.call is not None and (isinstance(each.node, ast.Attribute) or each.function == id)
        ]
        is_opened = any(each.call is not None and (_opens(each.call) or self._is_loaded(each)) for each in read)
        return is_opened and not any(self._may_be_file(each.function, each.node) for each in read)

    def _is_loaded(self, read: Reference) -> bool:
        """Whether a function of the project opens it that it is handed to as it is: `load_lines(args.question)`."""
        if read.call is None or read.node not in (*read.call.args, *(keyword.value for keyword in read.call.keywords)):
            return False
        functions = (value.id for value in self.program.eval(read.function, read.call.func) if isinstance(value, Fn))
        return any(
            argument is read.node and self._opens_parameter(id, name)
            for id in functions
            for name in sorted(self.function(id).parameter_names)
            for _, _, argument in self.program.callers.arguments(self.function(id), name)
        )

    def _opens_parameter(self, id: FunctionId, name: str) -> bool:
        read = self.program.modules[id.path].references.get(name, ())
        return any(each.call is not None and each.function == id and _opens(each.call) for each in read)

    def _may_be_file(self, id: FunctionId, node: ast.expr) -> bool:
        """Whether the function looks first if what it is given is a file at all: `Path(question).exists()`."""
        calls = (call.node for call in self.function(id).calls)
        return any(last_name(call.func) in _MAY_BE_FILES and stands_in(node, call) for call in calls)

    def _filters(self, node: ast.expr) -> set[str]:
        options = _texts(node.args) if isinstance(node, ast.Call) else ()
        return {text.lstrip("-") for text in options if text.startswith("-")} & self.program.registry.filters

    def _asked(self, kind: Kind, caller: FunctionFacts, call: CallFacts) -> Kind:
        """The kind of a front, where a question that is asked once only starts what then runs without anybody."""
        if kind.kind != "interactive" or not self._is_asked_once(caller, call):
            return kind
        return kind._replace(latency=None)

    def _is_asked_once(self, caller: FunctionFacts, call: CallFacts) -> bool:
        """Whether nothing comes back to the question once it is answered."""
        return not any(self._talks(caller, call, loop) for loop in call.loops) and not self._is_repeated(caller, 0)

    def _is_general(self, caller: FunctionFacts, call: CallFacts) -> bool:
        """Whether the question is none about a piece of the work: as one for a file, or a number, that nobody named."""
        if _asks_for(_GENERAL, call.node):
            return True
        is_setting = _asks_for(_SETTING, call.node) and not _asks_for(_SAID, call.node)
        is_setting = is_setting or _asks_for(_FILE, call.node) or is_number(caller, call)
        return is_setting and self._is_left_out(caller, call)

    def _is_left_out(self, caller: FunctionFacts, call: CallFacts) -> bool:
        """Whether somebody is asked only where nothing else tells, in the function or wherever that is called."""
        if is_left_out(caller, call):
            return True
        sites = self.program.callers.call_sites(caller) if caller.id.qualname != MODULE else ()
        calls = [(above, self.program.call_facts[id(node)].call) for above, node, _ in sites]
        return bool(calls) and all(is_left_out(self.function(above), each) for above, each in calls)

    def _picks(self, kind: Kind, caller: FunctionFacts, call: CallFacts) -> bool:
        """Whether the question, asked once, is which of the items the run is to go through, or all of them."""
        return kind.kind == "interactive" and picks_from_all(caller, call) and self._is_asked_once(caller, call)

    def _chooses(self, kind: Kind, caller: FunctionFacts, call: CallFacts) -> bool:
        """Whether the question, asked once and not between two pieces of the model's work, is which way to go."""
        if kind.kind != "interactive" or not is_menu(caller, call) or self._is_repeated(caller, 0):
            return False
        others = (each for each in caller.calls if each is not call)
        done = (each for each in others if self._sittings.asks(each) or self._is_own(caller, each))
        return not self._sittings.parts(caller, call) and all(
            is_taken_once(each, loop) for each in done for loop in call.loops if loop in each.loops
        )

    def _between(self, caller: FunctionFacts, front: _Front) -> _Front:
        """What a helper that asks says where it is called: who chooses between two pieces of work sits through them."""
        is_between = front.kind == _CHOOSING and self._sittings.parts(caller, front.call)
        return front._replace(kind=_SITTING) if is_between else front

    def _only_confirms(self, kind: Kind, caller: FunctionFacts, call: CallFacts) -> bool:
        """Whether the question is if the program shall go on at all: in words, or as one asked once with yes and no."""
        if _asks_for(_CONFIRMATION, call.node) or any(_asks_for(_CONFIRMATION, each) for each in _told(caller, call)):
            return True
        if kind.kind == "interactive" and only_chooses(caller, call) and not self._is_repeated(caller, 0):
            return True
        is_yes_or_no = kind.kind == "interactive" and kind.latency is None
        return is_yes_or_no and not call.loops and not self._is_repeated(caller, 0)

    def _talks(self, caller: FunctionFacts, call: CallFacts, loop: LoopNode) -> bool:
        """Whether the loop does more than ask until the answer is one that it takes."""
        return any(
            loop in each.loops
            and each is not call
            and (
                id(each.node) in self._model_calls
                or (self._is_own(caller, each) and (self._sittings.asks(each) or not is_taken_once(each, loop)))
            )
            for each in caller.calls
        )

    def _is_own(self, caller: FunctionFacts, call: CallFacts) -> bool:
        """Whether the call is one of the project's code."""
        return any(isinstance(value, Fn | Cls) for value in self.program.eval(caller.id, call.node.func))

    def _is_repeated(self, function: FunctionFacts, depth: int) -> bool:
        """Whether a loop comes back to the function, around its calls or around those of its callers."""
        if depth > _MAX_CALLERS:
            return True
        sites = self.program.callers.call_sites(function) if function.id.qualname != MODULE else ()
        return any(
            self.program.call_facts[id(node)].call.loops or self._is_repeated(self.function(above), depth + 1)
            for above, node, _ in sites
        )


def _told_of(fronts: Sequence[_Front], call: CallFacts) -> list[_Front]:
    """What a call of the function that has these fronts says: the strictest of them, else one per subcommand."""
    always = [front for front in fronts if not front.word]
    if always:
        strictest = min(always, key=lambda each: (each.kind.latency is None, each.kind in _BEFORE))
        only_options = all(front.options for front in always)
        options = frozenset[str]().union(*(front.options for front in always if only_options))
        return [strictest._replace(call=call, options=options)]
    return list(dict.fromkeys(front._replace(call=call) for front in fronts))


def _prints_once(function: FunctionFacts) -> bool:
    """Whether the function goes through nothing, and prints."""
    return not any(call.loops for call in function.calls) and any(
        last_name(call.node.func) in _PRINTS for call in function.calls
    )


def _told(caller: FunctionFacts, call: CallFacts) -> Iterator[ast.Call]:
    """What is printed on the line above a prompt that has no words of its own."""
    for each in () if call.node.args else caller.calls:
        if last_name(each.node.func) == "print" and each.node.end_lineno == call.node.lineno - 1:
            yield each.node


def _asks_for(what: re.Pattern[str], node: ast.Call) -> bool:
    """Whether the words of the question say so."""
    said = (text for call in asked_by(node) for argument in call.args for text in _texts(walk(argument)))
    return any(what.search(text) for text in said)


def _opens(call: ast.Call) -> bool:
    func = call.func
    is_path = isinstance(func, ast.Attribute) and func.attr == "join" and last_name(func.value) == "path"
    return is_path or last_name(func) in _OPENING


def _option_names(node: ast.Call) -> set[str]:
    return set(map(name_of, _texts(node.args)))


def _may_be_left_out(option: ast.Call) -> bool:
    """Whether the program runs without the option as well."""
    given = {keyword.arg: keyword.value for keyword in option.keywords}
    many = given.get("nargs")
    if isinstance(many, ast.Constant) and many.value in {"?", "*"}:
        return True
    return "required" not in given and any(text.startswith("-") for text in _texts(option.args))


def _is_chosen(option: ast.Call) -> bool:
    """Whether an option is a number, a switch, a file or one of a few values, rather than what somebody writes."""
    given = {keyword.arg: keyword.value for keyword in option.keywords}
    action = given.get("action")
    is_switch = isinstance(action, ast.Constant) and action.value not in {"store", "append", "extend"}
    return is_switch or not given.keys().isdisjoint({"choices", "is_flag", "count"}) or _is_no_text(given.get("type"))


def _is_no_text(kind: ast.expr | None) -> bool:
    """Whether a type, or an annotation, is none of what somebody says in words."""
    if isinstance(kind, ast.Call):
        kind = kind.func
    if isinstance(kind, ast.BinOp):
        parts = [each for each in (kind.left, kind.right) if not isinstance(each, ast.Constant)]
        return bool(parts) and all(map(_is_no_text, parts))
    if isinstance(kind, ast.Subscript):
        inner = kind.slice.elts[0] if isinstance(kind.slice, ast.Tuple) and kind.slice.elts else kind.slice
        return _is_no_text(inner if last_name(kind.value) in {"Optional", "Annotated"} else kind.value)
    return isinstance(kind, ast.Name | ast.Attribute) and last_name(kind) in _NO_TEXTS


def _texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
