"""Which arguments lead a function to a call in it: those that pass the tests of their type or word on the way there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from batchlint.facts import CallFacts, FunctionFacts, FunctionId
from batchlint.graph.kinds import BUILTIN, Kinds, is_one
from batchlint.graph.links import Edge, Part
from batchlint.graph.options import Options
from batchlint.symbols import Program, last_name
from batchlint.trees import SCOPES, children, stands_in


class Demand(NamedTuple):
    """What a function's argument must be, or must not be, for the call in question to run."""

    parameter: str
    types: frozenset[str]
    holds: bool
    is_word: bool = False
    """Whether it must be one of the strings `types`, as in `mode == "query"`, rather than of one of the types."""
    is_option: bool = False
    """Whether `parameter` is an option of the program's command line."""


Demands = frozenset[Demand]
_TRUE, _NONE = frozenset({"\0true"}), frozenset({"\0none"})
"""Stand among the words for whatever counts as true, as in `if query:`, and for None."""
_FLAGS = (_TRUE, _NONE)
_LEAVE = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class Guards(Part):
    """Reads the tests before calls, and holds the arguments of callers against them."""

    def __init__(self, program: Program, *, by_word: bool = True, by_flag: bool = False) -> None:
        super().__init__(program)
        self._by_word, self._by_flag = by_word, by_flag
        self._kinds = Kinds(program)
        self._options = Options(program)
        self._known: dict[tuple[FunctionId, int], Demands] = {}

    def before(self, id: FunctionId, node: ast.expr) -> Demands:
        """What the function's own parameters must be for the call `node` in it to run."""
        key = (id, node.lineno * 10_000 + node.col_offset)
        if key not in self._known:
            self._known[key] = self._find(self.function(id), node)
        return self._known[key]

    def _find(self, function: FunctionFacts, node: ast.expr) -> Demands:
        fixed = {name for name in function.parameter_names if name not in function.bindings}
        is_parsing = self._options.are_parsed_in(function)
        if not fixed and not is_parsing:
            return frozenset()
        tests = list(tests_before(function, node))
        demands = (demand for test, holds in tests for demand in _read(test, holds))
        found = [self._with_rounds(function, demand) for demand in demands if demand.parameter in fixed]
        if is_parsing:
            found += [self._of_option(function, test, holds) for test, holds in tests]
        return frozenset(demand for demand in found if demand is not None and self._is_asked(demand))

    def _of_option(self, function: FunctionFacts, test: ast.expr, holds: bool) -> Demand | None:
        """What a test says about an option that the function has parsed."""
        if not isinstance(test, ast.Compare) or (option := self._options.named(function, test.left)) is None:
            return None
        words = _words_in(test)
        is_same = isinstance(test.ops[0], ast.Eq | ast.In)
        return Demand(option, words, holds is is_same, True, True) if words and words not in _FLAGS else None

    def _is_asked(self, demand: Demand) -> bool:
        if demand.types in _FLAGS:
            return self._by_flag
        return self._by_word or not demand.is_word

    def _with_rounds(self, function: FunctionFacts, demand: Demand) -> Demand | None:
        """The demand, met as well by what has the function call itself with what meets it; None where that is open."""
        own = [call.node for call in function.calls if last_name(call.node.func) == function.name]
        for call in own * len(own) if demand.is_word else ():
            given = self._words(function, call, demand.parameter)
            if given is not None and not any(_meets(word, demand) for word in given):
                continue
            before = [each for test, holds in tests_before(function, call) for each in _read(test, holds)]
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
        options = frozenset(demand for demand in demands if demand.is_option)
        if options:
            if edge.caller.path == edge.callee.path:
                found |= options
            elif any(self._is_told_otherwise(edge, demand) for demand in options):
                return None
            demands -= options
        call = edge.node
        if edge.kind == "call" and isinstance(call, ast.Call) and not _is_spread(call):
            callee = self.function(edge.callee)
            for demand in filter(self._is_asked, demands):
                refused = self._is_refused(edge.caller, callee, call, demand)
                if refused:
                    return None
                argument = self.program.callers.argument(call, callee, demand.parameter)
                if refused is None and isinstance(argument, ast.Name) and self._is_fixed(edge.caller, argument.id):
                    found.add(demand._replace(parameter=argument.id))
        return frozenset(found)

    def _is_told_otherwise(self, edge: Edge, demand: Demand) -> bool:
        """Whether the command by which the caller starts the program gives the option a value that leads elsewhere."""
        given = self._options.given(edge, demand.parameter)
        return given is not None and not _meets(given, demand)

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
        if _is_spread(call):
            return None
        argument = self.program.callers.argument(call, callee, name) or callee.default(name)
        choices = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
        given: list[object] = [each.value for each in choices if isinstance(each, ast.Constant)]
        return given if len(given) == len(choices) else None

    def _is_fixed(self, id: FunctionId, name: str) -> bool:
        function = self.function(id)
        return name in function.parameter_names and name not in function.bindings


def tests_before(function: FunctionFacts, node: ast.expr | ast.stmt) -> Iterator[tuple[ast.expr, bool]]:
    """The conditions, each with how it must turn out, under which the function comes to the node."""
    if not isinstance(function.node, ast.Lambda):
        yield from _tests(function.node.body, node)


def are_apart(function: FunctionFacts, one: CallFacts, other: ast.expr) -> bool:
    """Whether a run of the function that comes to one of the nodes does not come to the other."""
    if any(stands_in(other, loop) for loop in one.loops):
        return False
    if one.node is other:  # `COMMANDS[argv[1]]()`: only one of the commands asks
        return True
    tests = {id(test): holds for test, holds in tests_before(function, one.node)}
    return any(tests.get(id(test), holds) is not holds for test, holds in tests_before(function, other))


def _is_spread(call: ast.Call) -> bool:
    return any(isinstance(argument, ast.Starred) for argument in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    )


def _tests(statements: Sequence[ast.stmt], node: ast.expr | ast.stmt) -> Iterator[tuple[ast.expr, bool]]:
    """The conditions, each with how it must turn out, under which the statements come to the node."""
    for statement in statements:
        if not stands_in(node, statement):
            if isinstance(statement, ast.If) and not statement.orelse and isinstance(statement.body[-1], _LEAVE):
                yield statement.test, False
            continue
        yield from _inside(statement, node)
        return


def _inside(parent: ast.AST, node: ast.expr | ast.stmt) -> Iterator[tuple[ast.expr, bool]]:
    if parent is node or isinstance(parent, SCOPES):
        return
    blocks = [value for _, value in ast.iter_fields(parent) if isinstance(value, list) and _are_statements(value)]
    for block in blocks:
        if any(stands_in(node, statement) for statement in block):
            if isinstance(parent, ast.If):
                yield parent.test, block is parent.body
            yield from _tests(block, node)
            return
    for child in children(parent):
        if stands_in(node, child):
            if isinstance(parent, ast.IfExp) and child is not parent.test:
                yield parent.test, child is parent.body
            yield from _inside(child, node)
            return


def _are_statements(value: list[ast.AST]) -> bool:
    return bool(value) and isinstance(value[0], ast.stmt)


def _read(test: ast.expr, holds: bool) -> Iterator[Demand]:
    """What a test of a name's type, or of the string that it is, says where it turns out as it must."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _read(test.operand, not holds)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is holds:
        for value in test.values:
            yield from _read(value, holds)
    elif isinstance(test, ast.Call) and _is_test(test) and isinstance(test.args[0], ast.Name):
        types = _types(test.args[1])
        if types is not None:
            yield Demand(test.args[0].id, types, holds)
    elif isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and (words := _words_in(test)):
        is_one_of = isinstance(test.ops[0], ast.Eq | ast.In | ast.Is)
        yield Demand(test.left.id, words, holds is is_one_of, True)
    elif isinstance(test, ast.Name):
        yield Demand(test.id, _TRUE, holds, True)


def _words_in(test: ast.expr) -> frozenset[str]:
    """The strings that a test compares a name with; empty for other tests."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return frozenset()
    operator, other = test.ops[0], test.comparators[0]
    if isinstance(operator, ast.Is | ast.IsNot) and isinstance(other, ast.Constant) and other.value is None:
        return _NONE
    if isinstance(operator, ast.In | ast.NotIn) and isinstance(other, ast.Tuple | ast.List | ast.Set):
        nodes = other.elts
    else:
        nodes = [other] if isinstance(operator, ast.Eq | ast.NotEq) else []
    words = [each.value for each in nodes if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return frozenset(words) if len(words) == len(nodes) else frozenset()


def _meets(value: object, demand: Demand) -> bool:
    """Whether the constant is what the demand asks for."""
    if demand.types == _TRUE:
        return bool(value) is demand.holds
    if demand.types == _NONE:
        return (value is None) is demand.holds
    return (isinstance(value, str) and value in demand.types) is demand.holds


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
