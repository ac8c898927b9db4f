"""What happens without a call being written: properties, operators of objects, and what `with` does at its end."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from batchlint.codemod.access import CONTENT, LEN, Access, Frame, touches
from batchlint.codemod.matching import compared
from batchlint.codemod.paths import function_body
from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId
from batchlint.symbols import PROPERTIES, Program, last_name, members
from batchlint.symbols.members import MANAGERS
from batchlint.trees import walk
from batchlint.values import Cls, Fn, Inst, Value, ordered

if TYPE_CHECKING:
    from batchlint.codemod.reader import Reader

_GETTERS = PROPERTIES
_SETTERS = frozenset({"setter"})
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.MatMult: "matmul", ast.BitOr: "or", ast.BitAnd: "and", ast.BitXor: "xor",
    ast.LShift: "lshift", ast.RShift: "rshift",
}  # fmt: skip
_UNARY: dict[type[ast.unaryop], str] = {ast.USub: "__neg__", ast.UAdd: "__pos__", ast.Invert: "__invert__"}
_COMPARING: dict[type[ast.cmpop], str] = {
    ast.Eq: "__eq__", ast.NotEq: "__ne__", ast.Lt: "__lt__", ast.LtE: "__le__", ast.Gt: "__gt__", ast.GtE: "__ge__",
}  # fmt: skip
_SHOWING = ("__str__", "__repr__", "__format__")
_BUILTINS: dict[str, tuple[str, ...]] = {
    "len": ("__len__",), "bool": ("__bool__",), "next": ("__next__",), "str": _SHOWING, "repr": _SHOWING,
    "format": _SHOWING, "print": _SHOWING, "int": ("__int__", "__index__"), "float": ("__float__",),
    "round": ("__round__",), "abs": ("__abs__",), "hash": ("__hash__",),
}  # fmt: skip
"""What functions of Python call of the objects that they are given."""
_OF_CLASSES = frozenset({"__class_getitem__", "__subclasshook__"})
"""What is called of a class by its own method, and not by one of its metaclass."""
_CHECKING = {
    "isinstance": ("__instancecheck__", "__subclasshook__"),
    "issubclass": ("__subclasscheck__", "__subclasshook__"),
}
_CLOSING = {"closing": "close", "aclosing": "aclose"}
_FILLING = ("__getitem__", "__missing__")
"""What a text asks the mapping that it is filled from: `"%(word)s" % words`."""
_TRUTH = frozenset({"__bool__", "__len__"})
_DRAWING = frozenset({"__iter__", "__next__", "__getitem__"})
Written = tuple[ast.expr, str, list[ast.expr]]
"""A receiver, the name of its method, and the arguments."""


class Implicit:
    """Finds what they touch."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[FunctionId, list[ast.stmt]] = {}

    @cached_property
    def _names(self) -> frozenset[str]:
        """The properties and special methods of the program's classes."""
        return frozenset(
            function.name
            for function in self.program.functions.values()
            if function.owner and (function.name.startswith("__") or _decorated(function.decorators, _GETTERS))
        )

    @cached_property
    def kinds(self) -> frozenset[type[ast.AST]]:
        """Kinds of expressions, beside names, calls and comparisons, of which a class says what they do."""
        found: set[type[ast.AST]] = set()
        if any(f"__{side}{name}__" in self._names for name in _OPERATORS.values() for side in ("", "r")):
            found.add(ast.BinOp)
        if self._names & _TRUTH:
            found |= {ast.BoolOp, ast.UnaryOp, ast.IfExp, ast.comprehension}
        if not self._names.isdisjoint(_UNARY.values()):
            found.add(ast.UnaryOp)
        if self._names & _DRAWING:
            found.add(ast.comprehension)
        if not self._names.isdisjoint(_SHOWING):
            found.add(ast.FormattedValue)
        if not self._names.isdisjoint({*_SHOWING, *_FILLING}):
            found.add(ast.BinOp)
        return frozenset(found)

    def at(self, reader: Reader, node: ast.AST, frame: Frame) -> list[Access]:
        """The accesses of what the expression, or the statement itself, calls."""
        found: list[Access] = []
        for written in _written(node):
            for target, call in self._found(frame.function.id, node, written):
                found += reader.function(target, call, frame)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            if last_name(node.value) in self._numbering:
                found += touches({(*path, CONTENT) for path in reader.path(node.value, frame)}, "write", node.lineno)
            if last_name(node.value) in self._made_with_factory:  # a key that is missing is there from now on
                paths = reader.path(node.value, frame)
                found += touches({(*path, LEN) for path in paths}, "write", node.lineno)
                found += touches(reader.keys(paths), "tally", node.lineno)
            for function, factory in self._factories.get(last_name(node.value), ()):
                found += self._made_by(reader, function, factory, frame)
        resumed = _resumed(node)
        for made in reader.starts(resumed, frame) if resumed is not None else ():
            found += self._goes_on(reader, made, resumed, frame)
        for source in _sources(node) or self._searched(frame.function.id, node):
            for target, call in self.drawn(frame.function.id, source):
                found += reader.function(target, call, frame)
        return found

    def _goes_on(self, reader: Reader, made: ast.expr, variable: ast.expr | None, frame: Frame) -> list[Access]:
        """What a generator touches that the variable holds, where the program has it go on."""
        owner = self.program.owner(frame.function, variable.id) if isinstance(variable, ast.Name) else frame.function
        if not isinstance(made, ast.Call) or owner is None:
            return []
        outside = frame if owner is frame.function else Frame(owner, set())
        values = ordered(self.program.eval(owner.id, made.func))
        generators = [v for v in values if isinstance(v, Fn) and self.program.functions[v.id].is_generator]
        return [access for each in generators for access in reader.function(each, made, outside)]

    def _searched(self, scope: FunctionId, node: ast.AST) -> list[ast.expr]:
        """What `in` goes through, as no method of its own says what is in it."""
        if not isinstance(node, ast.Compare):
            return []
        pairs = zip(node.ops, node.comparators, strict=True)
        places = [place for operator, place in pairs if isinstance(operator, ast.In | ast.NotIn)]
        return [place for place in places if not any(self.called(scope, place, "__contains__"))]

    def drawn(self, scope: FunctionId, source: ast.expr) -> Iterator[tuple[Fn, ast.Call]]:
        """What a loop over the object calls for each item."""
        names = ("__iter__", "__next__")
        if isinstance(source, ast.Call) and last_name(source.func) == "reversed" and len(source.args) == 1:
            source, names = source.args[0], ("__reversed__", "__len__")
        methods = [method for name in names for method in self.called(scope, source, name)]
        yield from methods or self.called(scope, source, "__getitem__")

    def _made_by(self, reader: Reader, function: FunctionFacts, factory: ast.expr, frame: Frame) -> list[Access]:
        """What the factory of a mapping touches, which it calls for a key that it lacks."""
        call = ast.copy_location(ast.Call(factory, [], []), factory)
        outside = frame if frame.function is function else Frame(function, set())
        if isinstance(factory, ast.Lambda):
            return reader.of(factory.body, outside)
        values = ordered(self.program.eval(function.id, factory))
        return [a for value in values if isinstance(value, Fn) for a in reader.function(value, call, outside)]

    @cached_property
    def _numbering(self) -> frozenset[str]:
        """The variables and attributes whose items come from what counts them: `defaultdict(count().__next__)`."""
        made = self._made_with_factory
        return frozenset(name for name, given in made.items() if any(_numbers(factory) for _, factory in given))

    @cached_property
    def _factories(self) -> dict[str, list[tuple[FunctionFacts, ast.expr]]]:
        """The factories of the program's own, by the variables and attributes whose mapping calls them."""
        found: dict[str, list[tuple[FunctionFacts, ast.expr]]] = {}
        for name, given in self._made_with_factory.items():
            own = [(f, each) for f, each in given if isinstance(each, ast.Lambda) or self._is_own(f, each)]
            if own:
                found[name] = own
        return found

    def _is_own(self, function: FunctionFacts, factory: ast.expr) -> bool:
        return any(isinstance(value, Fn) for value in self.program.eval(function.id, factory))

    @cached_property
    def _made_with_factory(self) -> dict[str, list[tuple[FunctionFacts, ast.expr]]]:
        bodies = [module.body for module in self.program.modules.values()]
        functions = [*bodies, *self.program.functions.values()]
        bound = [(name, f, b.value) for f in functions for name, given in f.bindings.items() for b in given]
        stored = self.program.self_writes.values()
        bound += [(name, f, b.value) for writes in stored for name, given in writes.items() for f, b in given]
        found: dict[str, list[tuple[FunctionFacts, ast.expr]]] = {}
        for name, function, value in bound:
            if isinstance(value, ast.Call) and last_name(value.func) == "defaultdict" and value.args:
                found.setdefault(name, []).append((function, value.args[0]))
        return found

    def leaving(self, reader: Reader, node: ast.With | ast.AsyncWith, frame: Frame) -> list[Access]:
        """The accesses of what the statement does when its block has ended."""
        found: list[Access] = []
        for item in node.items:
            expression = item.context_expr
            for name in ("__exit__", "__aexit__"):
                for target, call in self._found(frame.function.id, node, (expression, name, [])):
                    found += reader.function(target, call, frame)
            for call in _closed(expression):
                found += reader.of(call, frame)
            values = self.program.eval(frame.function.id, expression.func) if isinstance(expression, ast.Call) else ()
            for value in ordered(values):
                if isinstance(value, Fn) and isinstance(expression, ast.Call) and (behind := self._behind(value.id)):
                    inner = reader.callee_frame(value, expression, frame)
                    found += [access for each in behind for access in reader.statement(each, inner)]
        return found

    def called(self, scope: FunctionId, receiver: ast.expr, name: str) -> Iterator[tuple[Fn, ast.Call]]:
        """The methods of that name, with a call, which what is done with the receiver calls."""
        yield from self._found(scope, receiver, (receiver, name, []))

    def later(self, target: Fn, call: ast.Call) -> set[int]:
        """The statements of a context manager, by identity, that come when the block has ended for which it is made."""
        behind = self._behind(target.id)
        return {id(each) for each in behind} if behind and id(call) in self._entered else set()

    def _behind(self, id: FunctionId) -> list[ast.stmt]:
        """What a function that is a context manager does behind its `yield`; nothing for other functions."""
        function = self.program.functions[id]
        if not _decorated(function.decorators, MANAGERS):
            return []
        if id not in self._known:
            self._known[id] = list(_behind_yield(function_body(function)))
        return self._known[id]

    @cached_property
    def _entered(self) -> set[int]:
        """What stands behind `with`, by identity."""
        nodes = (node for module in self.program.modules.values() for node in walk(module.tree))
        return {id(i.context_expr) for n in nodes if isinstance(n, ast.With | ast.AsyncWith) for i in n.items}

    def _found(self, scope: FunctionId, node: ast.AST, written: Written) -> Iterator[tuple[Fn, ast.Call]]:
        receiver, name, arguments = written
        if name not in self._names:
            return
        is_stored = isinstance(node, ast.Assign)
        if name in {"__get__", "__set__"} and isinstance(receiver, ast.Attribute):
            yield from self._described(scope, receiver, name, arguments)
            return
        for value in ordered(self.program.eval(scope, receiver)):
            if isinstance(value, Inst) and name == "__getattr__" and self._has(value, getattr(node, "attr", "")):
                continue
            for method in self._entered_by(value, name, is_stored):
                func = ast.Attribute(receiver, name, ast.Load())
                call = ast.Call(ast.copy_location(func, receiver), arguments, [])
                yield method, ast.copy_location(call, receiver)

    def _entered_by(self, value: Value, name: str, is_stored: bool) -> list[Fn]:
        """The methods of that name which what is done with an object or a class calls."""
        if isinstance(value, Inst):
            return [] if name in _OF_CLASSES else self._methods(value, name, is_stored)
        if not isinstance(value, Cls):
            return []
        if name in _OF_CLASSES:
            return self._methods(Inst(value.id, True), name, is_stored)
        return [m for each in self._metaclasses(value) for m in self._methods(Inst(each, True), name, is_stored)]

    def _metaclasses(self, value: Cls) -> list[ClassId]:
        """The classes of the class itself."""
        found: list[ClassId] = []
        for each in self.program.mro(value.id)[0]:
            facts = self.program.classes.get(each)
            for keyword in facts.node.keywords if facts else ():
                scope = FunctionId(each.path, (facts.parent if facts else None) or MODULE)
                values = self.program.eval(scope, keyword.value) if keyword.arg == "metaclass" else ()
                found += [v.id for v in values if isinstance(v, Cls)]
        return found

    def _described(
        self, scope: FunctionId, attribute: ast.Attribute, name: str, arguments: list[ast.expr]
    ) -> Iterator[tuple[Fn, ast.Call]]:
        """The method of the object that the class keeps for all its objects in the place of the attribute."""
        for value in ordered(self.program.eval(scope, attribute)):
            for method in self._methods(value, name, False) if isinstance(value, Inst) else ():
                klass = ast.Attribute(attribute.value, "__class__", ast.Load())
                func = ast.Attribute(ast.Attribute(klass, attribute.attr, ast.Load()), name, ast.Load())
                call = ast.copy_location(ast.Call(func, arguments, []), attribute)
                yield method, ast.fix_missing_locations(call)

    def _methods(self, value: Inst, name: str, is_stored: bool) -> list[Fn]:
        """The methods of that name which the object can have, where no call is needed for them."""
        classes = [*self.program.mro(value.id)[0], *(() if value.exact else self.program.subclasses(value.id))]
        found = []
        for klass in classes:
            for method in members.defined(self.program, klass, name):
                kinds = _SETTERS if is_stored else _GETTERS
                if name.startswith("__") or _decorated(self.program.functions[method.id].decorators, kinds):
                    found.append(method)
            if found and klass in self.program.mro(value.id)[0] and value.exact:
                break
        return found

    def _has(self, value: Inst, name: str) -> bool:
        """Whether the objects have the attribute, so that nothing else is asked for it."""
        line = self.program.mro(value.id)[0]
        classes = (self.program.classes[each] for each in line if each in self.program.classes)
        return any(name in facts.bindings for facts in classes) or any(
            name in self.program.self_writes.get(each, ()) for each in line
        )


def _decorated(decorators: list[ast.expr], names: frozenset[str]) -> bool:
    return any(last_name(decorator) in names for decorator in decorators)


def _sources(node: ast.AST) -> list[ast.expr]:
    """What the node goes through."""
    return [node.iter] if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) else []


def _resumed(node: ast.AST) -> ast.expr | None:
    """The variable whose generator the node has go on: `next(numbers)`, `numbers.send(text)`."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr in {"send", "throw", "__next__"}:
        return node.func.value
    is_next = isinstance(node.func, ast.Name) and node.func.id == "next" and bool(node.args)
    return node.args[0] if is_next else None


def _tested(node: ast.AST) -> list[ast.expr]:
    """Of which values the node asks whether they are true."""
    if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert):
        return [node.test]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.comprehension):
        return node.ifs
    return [node.operand] if isinstance(node, ast.UnaryOp) else []


def _written(node: ast.AST) -> Iterator[Written]:
    for tested in _tested(node):
        yield from ((tested, name, []) for name in sorted(_TRUTH))
    if isinstance(node, ast.Attribute):
        yield node.value, node.attr, []
        yield node.value, "__getattribute__", [ast.Constant(node.attr)]
        if isinstance(node.ctx, ast.Load):
            yield node.value, "__getattr__", [ast.Constant(node.attr)]
            yield node, "__get__", [node.value]
    elif isinstance(node, ast.Subscript):
        yield node.value, "__getitem__", [node.slice]
        yield node.value, "__missing__", [node.slice]
        yield node.value, "__class_getitem__", [node.slice]
    elif isinstance(node, ast.Compare):
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In | ast.NotIn):
                yield right, "__contains__", [node.left]
            elif type(operator) in _COMPARING:
                yield node.left, _COMPARING[type(operator)], [right]
    elif isinstance(node, ast.Call):
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        names = _BUILTINS.get(node.func.id, ()) if isinstance(node.func, ast.Name) else ()
        if isinstance(node.func, ast.Attribute):
            names = _SHOWING if node.func.attr == "format" else _FILLING if node.func.attr == "format_map" else ()
        yield from ((each, name, []) for each in given for name in names)
        if isinstance(node.func, ast.Name) and node.func.id in _CHECKING and len(node.args) == 2:
            of = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else node.args[1:]
            yield from ((each, name, node.args[:1]) for each in of for name in _CHECKING[node.func.id])
    elif isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        yield node.operand, _UNARY[type(node.op)], []
    elif isinstance(node, ast.FormattedValue):
        yield from ((node.value, name, []) for name in _SHOWING)
    elif isinstance(node, ast.AugAssign):
        name = _OPERATORS[type(node.op)]
        yield node.target, f"__i{name}__", [node.value]
        yield node.target, f"__{name}__", [node.value]
        yield node.value, f"__r{name}__", [node.target]
    elif isinstance(node, ast.BinOp):
        name = _OPERATORS[type(node.op)]
        yield node.left, f"__{name}__", [node.right]
        yield node.right, f"__r{name}__", [node.left]
        if isinstance(node.op, ast.Mod):
            shown = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            yield from ((each, name, []) for each in shown for name in (*_SHOWING, *_FILLING))
    elif isinstance(node, ast.Delete):
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                yield target.value, "__delitem__", [target.slice]
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                yield target.value, "__setitem__", [target.slice, node.value]
            elif isinstance(target, ast.Attribute):
                yield target.value, target.attr, [node.value]
                yield target.value, "__setattr__", [ast.Constant(target.attr), node.value]
                yield target, "__set__", [target.value, node.value]
    elif isinstance(node, ast.Match):
        for part, value in (pair for case in node.cases for pair in compared(case.pattern, node.subject)):
            yield part, "__eq__", [value]
            yield value, "__eq__", [part]
    elif isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            yield item.context_expr, "__enter__", []
            yield item.context_expr, "__aenter__", []


def _closed(expression: ast.expr) -> Iterator[ast.Call]:
    """What `closing(page)` calls when its block has ended: `page.close()`."""
    if isinstance(expression, ast.Call) and expression.args and last_name(expression.func) in _CLOSING:
        func = ast.Attribute(expression.args[0], _CLOSING[last_name(expression.func)], ast.Load())
        yield ast.copy_location(ast.Call(ast.copy_location(func, expression), [], []), expression)


def _numbers(factory: ast.expr) -> bool:
    """Whether it makes the items of a mapping by taking the next one, or by counting."""
    if isinstance(factory, ast.Attribute):
        return factory.attr in {"__next__", "__len__"}
    return isinstance(factory, ast.Lambda) and any(
        isinstance(n, ast.Call) and last_name(n.func) in {"next", "len"} for n in walk(factory.body)
    )


def _behind_yield(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for position, statement in enumerate(body):
        if not any(isinstance(n, ast.Yield) for n in ast.walk(statement)):
            continue
        if isinstance(statement, ast.Try):
            yield from _behind_yield(statement.body)
            yield from [*statement.orelse, *(s for h in statement.handlers for s in h.body), *statement.finalbody]
        elif isinstance(statement, ast.With | ast.AsyncWith | ast.If):
            yield from _behind_yield(statement.body)
            yield from _behind_yield(getattr(statement, "orelse", []))
        yield from body[position + 1 :]
        return
