"""Which arguments lead a function to a call in it: those that pass the tests of their type or word on the way there."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph.conditions import tests_before
from batchlint.graph.kinds import BUILTIN, Kinds, is_one
from batchlint.graph.links import Edge, Part
from batchlint.graph.modulesettings import ModuleSettings
from batchlint.graph.objectsettings import ObjectSettings
from batchlint.graph.options import GIVEN, Options, flag_in
from batchlint.symbols import Program, last_name
from batchlint.trees import spreads

Owner = Literal["function", "program", "module", "object"]


class Demand(NamedTuple):
    """What a function's argument must be, or must not be, for the call in question to run."""

    parameter: str
    types: frozenset[str]
    holds: bool
    is_word: bool = False
    """Whether it must be one of the words `types`, as in `mode == "query"`, rather than of one of the types."""
    of: Owner = "function"
    """Whose `parameter` is: an option of the program's command line, or a setting of a module or of the method's own
    object, counts as well."""
    file: str = ""
    """Where the option is parsed, if that is another file than the program's own."""


class _Subject(NamedTuple):
    """What a test looks at."""

    name: str
    of: Owner = "function"


Demands = frozenset[Demand]
_TRUE, _NONE = frozenset({"\0true"}), frozenset({"\0none"})
"""Stand among the words for whatever counts as true, as in `if query:`, and for None."""
_FLAGS = (_TRUE, _NONE)


class Guards(Part):
    """Reads the tests before calls, and holds the arguments of callers against them."""

    def __init__(self, program: Program, *, by_word: bool = True) -> None:
        super().__init__(program)
        self._by_word = by_word
        self._kinds = Kinds(program)
        self._options = Options(program)
        self._settings, self._held = ModuleSettings(program), ObjectSettings(program)
        self._known: dict[tuple[FunctionId, int], Demands] = {}

    def before(self, id: FunctionId, node: ast.expr) -> Demands:
        """What the function's own parameters, options and settings must be for the call `node` in it to run."""
        key = (id, node.lineno * 10_000 + node.col_offset)
        if key not in self._known:
            self._known[key] = self._find(self.function(id), node)
        return self._known[key]

    def _find(self, function: FunctionFacts, node: ast.expr) -> Demands:
        demands = list(self._demands(function, node))
        found = [self._with_rounds(function, each) if each.of == "function" else each for each in demands]
        return frozenset(demand for demand in found if demand is not None and self._is_asked(demand))

    def _demands(self, function: FunctionFacts, node: ast.expr) -> Iterator[Demand]:
        """What the tests before the node say about what they look at."""
        for test, holds in tests_before(function, node):
            yield from _read(test, holds, lambda each: self._subject(function, each))

    def _subject(self, function: FunctionFacts, node: ast.expr) -> _Subject | None:
        """What the expression is that others than the function decide on."""
        if isinstance(node, ast.Name) and self._is_fixed(function.id, node.id):
            return _Subject(node.id)
        is_parsing = isinstance(node, ast.Attribute) and self._options.are_parsed_in(function)
        option = self._options.named(function, node) if is_parsing else self._options.handed(function, node)
        if option is not None:
            return _Subject(option, "program")
        setting = self._settings.named(function, node)
        if setting is not None:
            return _Subject(setting, "module")
        held = self._held.named(function, node)
        return _Subject(held, "object") if held is not None else None

    def _is_asked(self, demand: Demand) -> bool:
        return self._by_word or not demand.is_word

    def _with_rounds(self, function: FunctionFacts, demand: Demand) -> Demand | None:
        """The demand, met as well by what has the function call itself with what meets it; None where that is open."""
        own = [call.node for call in function.calls if last_name(call.node.func) == function.name]
        for call in own * len(own) if demand.is_word else ():
            given = self._words(function, call, demand.parameter)
            if given is not None and not any(_meets(word, demand) for word in given):
                continue
            before = list(self._demands(function, call))
            words = [
                each.types for each in before if each.is_word and each.holds and each.parameter == demand.parameter
            ]
            if not words or not demand.holds or demand.types in _FLAGS:
                return None
            demand = demand._replace(types=demand.types.union(*words))
        return demand

    def above(self, edge: Edge, demands: Demands) -> Demands | None:
        """What the caller's parameters must be where the callee's meet `demands`; None if the arguments do not."""
        found = set(self.before(edge.caller, edge.node))
        options = frozenset(demand for demand in demands if demand.of == "program")
        if options and edge.caller.path == edge.callee.path:
            found |= options
        elif options and edge.kind == "call" and edge.caller.qualname == MODULE:  # `from .main import main; main()`
            found |= {demand._replace(file=demand.file or edge.callee.path) for demand in options}
        elif any(self._is_told_otherwise(edge, demand) for demand in options):
            return None
        if edge.kind == "call" and any(self._is_made_otherwise(edge, demand) for demand in demands):
            return None
        # Another program may have other settings, and another object.
        kept = {"module"} if edge.callee.qualname != MODULE else set()
        kept |= {"object"} if edge.kind == "call" and self._held.is_own(edge.caller, edge.node) else set()
        settings = frozenset(demand for demand in demands if demand.of in kept)
        if any(_is_against(one, other) for one in settings for other in found):
            return None
        found |= settings
        call = edge.node
        if edge.kind == "call" and isinstance(call, ast.Call):
            callee = self.function(edge.callee)
            for demand in demands:
                if (
                    demand.of != "function"
                    or not self._is_asked(demand)
                    or self._is_open(callee, call, demand.parameter)
                ):
                    continue
                refused = self._is_refused(edge.caller, callee, call, demand)
                if refused:
                    return None
                passed = self._passed(self.function(edge.caller), call, callee, demand) if refused is None else None
                if passed is not None:
                    found.add(passed)
        return frozenset(found)

    def _is_open(self, callee: FunctionFacts, call: ast.Call, name: str) -> bool:
        """Whether what the call spreads may be the parameter: of `**rest` it is none that the call gives itself."""
        if any(isinstance(argument, ast.Starred) for argument in call.args):
            return True
        return spreads(call) and self.program.callers.argument(call, callee, name) is None

    def _passed(self, caller: FunctionFacts, call: ast.Call, callee: FunctionFacts, demand: Demand) -> Demand | None:
        """The demand as one on what the caller itself was given and hands on: `main(quick=not args.full)`."""
        argument = self.program.callers.argument(call, callee, demand.parameter)
        if demand.types == _TRUE and isinstance(argument, ast.UnaryOp) and isinstance(argument.op, ast.Not):
            argument, demand = argument.operand, demand._replace(holds=not demand.holds)
        subject = self._subject(caller, argument) if argument is not None else None
        if subject is None or (subject.of != "function" and not demand.is_word):
            return None
        return demand._replace(parameter=subject.name, of=subject.of)

    def _is_told_otherwise(self, edge: Edge, demand: Demand) -> bool:
        """Whether the command by which the caller starts the program has the option lead elsewhere."""
        return _is_other(self._options.given(edge, demand.parameter, demand.file or edge.callee.path), demand)

    def _is_made_otherwise(self, edge: Edge, demand: Demand) -> bool:
        """Whether the caller makes the object with a setting that leads elsewhere: `Builder(rows).build()`."""
        made = self._held.made_with(edge.caller, edge.node, demand.parameter) if demand.of == "object" else None
        words = self._words(made.constructor, made.call, made.parameter) if made is not None else None
        return words is not None and not any(_meets(word, demand) for word in words)

    def are_told_otherwise(self, path: str, given: Sequence[str], demands: Demands) -> bool:
        """Whether the arguments of a command have an option of the program in the file lead elsewhere."""
        options = (demand for demand in demands if demand.of == "program")
        told = ((self._options.by_command(each.file or path, each.parameter, given), each) for each in options)
        return any(_is_other(values, each) for values, each in told)

    def _is_refused(self, caller: FunctionId, callee: FunctionFacts, call: ast.Call, demand: Demand) -> bool | None:
        """Whether nothing that the call can give meets the demand; None if it is open what it gives."""
        if demand.is_word:
            words = self._words(callee, call, demand.parameter)
            return None if words is None else not any(_meets(word, demand) for word in words)
        argument = self.program.callers.argument(call, callee, demand.parameter)
        types = self._kinds.of(caller, argument) if argument is not None else None
        return None if types is None else all(is_one(kind, demand.types) is (not demand.holds) for kind in types)

    def _words(self, callee: FunctionFacts, call: ast.Call, name: str) -> list[object] | None:
        """The constants that the call can give for the parameter, or leaves to its default; None if they are open."""
        if self._is_open(callee, call, name):
            return None
        argument = self.program.callers.argument(call, callee, name) or callee.default(name)
        choices = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
        given: list[object] = [each.value for each in choices if isinstance(each, ast.Constant)]
        return given if len(given) == len(choices) else None

    def _is_fixed(self, id: FunctionId, name: str) -> bool:
        function = self.function(id)
        return name in function.parameter_names and name not in function.bindings


def _read(test: ast.expr, holds: bool, subject: Callable[[ast.expr], _Subject | None]) -> Iterator[Demand]:
    """What a test of something's type, or of the word that it is, says where it turns out as it must."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _read(test.operand, not holds, subject)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is holds:
        for value in test.values:
            yield from _read(value, holds, subject)
    elif isinstance(test, ast.Call) and _is_test(test) and isinstance(test.args[0], ast.Name):
        types, found = _types(test.args[1]), subject(test.args[0])
        if types is not None and found is not None and found.of == "function":
            yield Demand(found.name, types, holds)
    elif (flag := flag_in(test)) is not None:
        yield Demand(flag, _TRUE, holds is isinstance(test.ops[0], ast.In), True, "program")  # type: ignore[attr-defined]
    elif isinstance(test, ast.Compare) and (words := _words_in(test)) and (found := subject(test.left)):
        is_one_of = isinstance(test.ops[0], ast.Eq | ast.In | ast.Is)
        yield Demand(found.name, words, holds is is_one_of, True, found.of)
    elif isinstance(test, ast.Name | ast.Attribute) and (found := subject(test)):
        yield Demand(found.name, _TRUE, holds, True, found.of)


def _words_in(test: ast.expr) -> frozenset[str]:
    """The strings and whole numbers that a test compares a name with; empty for other tests."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return frozenset()
    operator, other = test.ops[0], test.comparators[0]
    if isinstance(operator, ast.Is | ast.IsNot) and isinstance(other, ast.Constant) and other.value is None:
        return _NONE
    if isinstance(operator, ast.In | ast.NotIn) and isinstance(other, ast.Tuple | ast.List | ast.Set):
        nodes = other.elts
    else:
        nodes = [other] if isinstance(operator, ast.Eq | ast.NotEq) else []
    words = [word for each in nodes if isinstance(each, ast.Constant) and (word := _word(each.value)) is not None]
    return frozenset(words) if len(words) == len(nodes) else frozenset()


def _word(value: object) -> str | None:
    """The word that the value is; a whole number counts as one that is like no string."""
    if isinstance(value, int):
        return f"\0{int(value)}"
    return value if isinstance(value, str) else None


def _as_read(value: object) -> list[object]:
    """What an option's value on a command line can be to the program: the string, or the number in it."""
    return [value, int(value)] if isinstance(value, str) and re.fullmatch(r"-?\d+", value) else [value]


def _is_other(given: Sequence[object] | None, demand: Demand) -> bool:
    """Whether nothing that is given on a command line is what the demand asks for."""
    return given is not None and not any(_meets(value, demand) for each in given for value in _as_read(each))


def _meets(value: object, demand: Demand) -> bool:
    """Whether the value is what the demand asks for."""
    if demand.types == _TRUE:
        return bool(value) is demand.holds
    if demand.types == _NONE:
        return (value is None) is demand.holds
    if value is GIVEN:
        return True
    return (_word(value) in demand.types) is demand.holds


def _is_against(one: Demand, other: Demand) -> bool:
    """Whether nothing is what both ask for."""
    if (one.parameter, one.of) != (other.parameter, other.of):
        return False
    if one.types == other.types:
        return one.holds is not other.holds
    are_words = one.types not in _FLAGS and other.types not in _FLAGS
    return are_words and one.holds and other.holds and not one.types & other.types


def _is_test(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "isinstance" and len(call.args) == 2


def _types(node: ast.expr) -> frozenset[str] | None:
    """The built-in types that the second argument of `isinstance` names; None if it names others."""
    if isinstance(node, ast.BinOp):
        left, right = _types(node.left), _types(node.right)
        return left | right if left is not None and right is not None else None
    names = node.elts if isinstance(node, ast.Tuple) else [node]
    found = frozenset(name.id for name in names if isinstance(name, ast.Name) and name.id in BUILTIN)
    return found if len(found) == len(names) else None
