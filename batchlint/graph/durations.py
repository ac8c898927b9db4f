"""How long a pause takes: from literals, constants, defaults of settings and options, else from the names in it."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from batchlint.entrypoints import intervals
from batchlint.facts import MODULE, Binding, ClassId, FunctionId
from batchlint.graph.links import Part
from batchlint.symbols import last_name
from batchlint.symbols.parsed import name_of
from batchlint.trees import walk
from batchlint.values import Cls, Fn, Inst, Mod, ordered

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Mult: operator.mul,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
}
_CASTS = frozenset({"int", "float", "round", "abs", "ceil", "floor", "total_seconds"})
_LEAST = frozenset({"uniform", "randint", "randrange", "triangular"})
"""Calls of which the first argument is the least that they give."""
_LOOKUPS = frozenset(
    {"get", "getenv", "getattr", "pop", "setdefault", "config", "int", "float", "env", "get_int", "getint"}
)
"""Calls whose last argument of several is what they give where nothing is set."""
_FIELDS = frozenset({"Option", "Argument", "Field", "field", "mapped_column"})
"""Calls whose first argument is the default of a setting or an option."""
_HOURS = re.compile(r"(^|_)(hours?|hrs?|days?|daily|nightly|weeks?|weekly|midnight|tomorrow)(_|$)", re.IGNORECASE)
_MINUTES = re.compile(r"(^|_)(minutes?|mins)(_|$)|\w_min$|next_(run|time)|until_next|till_next", re.IGNORECASE)
_DEEP = 8
_UNTIL_DEEP = 3
"""Names and helpers through which the moment that is waited for is followed."""


class Duration(NamedTuple):
    """A pause: its seconds, or at least the unit in which it is counted (`hours`, `minutes`)."""

    seconds: float | None
    unit: str | None = None


class Durations(Part):
    def of(self, scope: FunctionId, node: ast.expr) -> Duration:
        """How long `node`, an expression in the function `scope`, is in seconds."""
        seconds = self.number(scope, node)
        return Duration(seconds) if seconds is not None else Duration(None, self._unit(scope, node))

    # -- by value
    def number(self, scope: FunctionId, node: ast.expr, depth: int = 0) -> float | None:
        """The number that `node`, an expression in the function `scope`, stands for; None if that is not told."""
        if depth > _DEEP:
            return None
        if isinstance(node, ast.Constant):
            return _literal(node.value)
        if isinstance(node, ast.Await):
            return self.number(scope, node.value, depth)
        if isinstance(node, ast.BinOp):
            return self._calculated(scope, node, depth)
        if isinstance(node, ast.BoolOp):
            return self.number(scope, node.values[-1], depth + 1) if isinstance(node.op, ast.Or) else None
        if isinstance(node, ast.IfExp):
            return self._least(self.number(scope, each, depth + 1) for each in (node.body, node.orelse))
        if isinstance(node, ast.Call):
            return self._called(scope, node, depth + 1)
        if isinstance(node, ast.Name):
            return self._named(scope, node.id, depth + 1)
        if isinstance(node, ast.Attribute):
            return self._attribute(scope, node, depth + 1)
        return None

    @staticmethod
    def _least(found: Iterable[float | None], take: Callable[[list[float]], float] = min) -> float | None:
        """The least of several, or another one that `take` picks, if all are known."""
        numbers = list(found)
        known = [number for number in numbers if number is not None]
        return take(known) if known and len(known) == len(numbers) else None

    def _calculated(self, scope: FunctionId, node: ast.BinOp, depth: int) -> float | None:
        left, right = self.number(scope, node.left, depth + 1), self.number(scope, node.right, depth + 1)
        if left is None or right is None:
            return None
        if isinstance(node.op, ast.Div | ast.FloorDiv):
            return left / right if right else None
        calculate = _OPERATORS.get(type(node.op))
        return calculate(left, right) if calculate is not None else None

    def _called(self, scope: FunctionId, node: ast.Call, depth: int) -> float | None:
        name = last_name(node.func)
        if name == "timedelta":
            return self._delta(scope, node, depth)
        if name == "total_seconds" and isinstance(node.func, ast.Attribute):
            return self.number(scope, node.func.value, depth)
        if name in {"min", "max"} and node.args:
            numbers = (self.number(scope, each, depth) for each in node.args)
            return self._least(numbers, min if name == "min" else max)
        given = [keyword.value for keyword in node.keywords if keyword.arg == "default"]
        if not given and name in _LOOKUPS and len(node.args) > 1:
            given = [node.args[-1]]
        if not given and name in (_CASTS | _LEAST | _FIELDS):
            given = node.args[:1]
        if given:
            return self.number(scope, given[0], depth)
        if name == "strip" and isinstance(node.func, ast.Attribute):
            return self.number(scope, node.func.value, depth)
        return self._returned(scope, node, depth)

    def _returned(self, scope: FunctionId, node: ast.Call, depth: int) -> float | None:
        """The least that the project's functions give which are called."""
        values = self.program.eval(scope, node.func)
        made = [value.id for value in ordered(values) if isinstance(value, Fn)]
        answers = [(id, answer) for id in made for answer in self.function(id).returns]
        return (
            self._least(self.number(id, answer, depth) for id, answer in answers) if len(made) == len(values) else None
        )

    def _delta(self, scope: FunctionId, node: ast.Call, depth: int) -> float | None:
        parts = [(keyword.arg or "", keyword.value) for keyword in node.keywords]
        parts += list(zip(("days", "seconds"), node.args, strict=False))
        minutes = [
            number * intervals.UNITS[unit]
            for name, value in parts
            if (unit := name.removesuffix("s")) in intervals.UNITS
            and (number := self.number(scope, value, depth)) is not None
        ]
        return sum(minutes) * 60 if parts and len(minutes) == len(parts) else None

    def _named(self, scope: FunctionId, name: str, depth: int) -> float | None:
        for function in self.program.around(self.function(scope)):
            if name in function.bindings:
                return self._bound(function.id, name, function.bindings[name], depth)
            if name in function.parameter_names:
                default = function.default(name)
                numbers = [self.number(scope, default, depth)] if default is not None else []
                given = self.program.callers.arguments(function, name)
                numbers += [self.number(caller, argument, depth) for caller, _, argument in given]
                # What is handed over says more than a default that stands for it.
                known = [number for number in numbers if number is not None]
                return min(known) if known else self._option(name, depth)
        body = self.modules[scope.path].body
        return self._bound(body.id, name, body.bindings.get(name, ()), depth)

    def _bound(self, scope: FunctionId, name: str, bindings: Iterable[Binding], depth: int) -> float | None:
        """The least that the bindings give, without those that only go on from the value itself."""
        numbers: list[float | None] = []
        for binding in bindings:
            if binding.source is not None and binding.source.name:
                path = self.program.imported_path(binding.source, scope.path)
                other = self.modules[path].body if path in self.modules and path != scope.path else None
                found = other.bindings.get(binding.source.name, ()) if other is not None else ()
                numbers.append(self._bound(other.id, binding.source.name, found, depth + 1) if other else None)
            elif binding.value is None or binding.how == "annotation":
                continue
            elif binding.how == "element":
                numbers.append(self._drawn(scope, binding.value, binding.position, depth + 1))
            elif not any(isinstance(each, ast.Name) and each.id == name for each in walk(binding.value)):
                numbers.append(self.number(scope, binding.value, depth + 1) if binding.how == "value" else None)
        return self._least(numbers)

    def _drawn(self, scope: FunctionId, node: ast.expr, position: int | None, depth: int) -> float | None:
        """The least at that place of what a list has: `for job, pause in JOBS`, `self.jobs.append((job, pause))`."""
        numbers: list[float | None] = []
        for id, item in self._items(scope, node) if depth <= _DEEP else ():
            parts = item.elts if isinstance(item, ast.Tuple) else []
            part = item if position is None else next(iter(parts[position : position + 1]), None)
            numbers.append(self.number(id, part, depth) if part is not None else None)
        return self._least(numbers)

    def _items(self, scope: FunctionId, node: ast.expr) -> Iterator[tuple[FunctionId, ast.expr]]:
        """What stands in the list that is gone over, and what the code of the file appends to one of its name."""
        place, shown = self.constant(scope, node)
        if isinstance(shown, ast.List | ast.Tuple):
            yield from ((place, each) for each in shown.elts)
        for caller, call in self.program.calls_by_name.get("append", ()):
            func = call.node.func
            is_same = isinstance(func, ast.Attribute) and last_name(func.value) == last_name(node)
            if is_same and caller.id.path == scope.path and type(func.value) is type(node):  # type: ignore[attr-defined]
                yield from ((caller.id, each) for each in call.node.args)

    def _attribute(self, scope: FunctionId, node: ast.Attribute, depth: int) -> float | None:
        """The least that the objects and modules keep under the name, else the default of the option."""
        found: list[float | None] = []
        for value in ordered(self.program.eval(scope, node.value)):
            if isinstance(value, Mod):
                body = self.program.body_of(value)
                if body is not None:
                    found.append(self._bound(body.id, node.attr, body.bindings.get(node.attr, ()), depth))
            elif isinstance(value, Inst | Cls):
                held = (self._held(klass, node.attr, depth) for klass in self.program.mro(value.id)[0])
                found += next((numbers for numbers in held if numbers), [])
        known = [number for number in found if number is not None]
        if found:
            return min(known) if known else None
        return self._option(node.attr, depth)

    def _held(self, klass: ClassId, name: str, depth: int) -> list[float | None]:
        """What the methods and the body of the class itself give the attribute."""
        writes = self.program.self_writes.get(klass, {}).get(name, ())
        numbers = [
            self.number(function.id, binding.value, depth) if binding.value is not None else None
            for function, binding in writes
        ]
        facts = self.program.classes.get(klass)
        if facts is not None and name in facts.bindings:
            numbers.append(self._bound(FunctionId(klass.path, MODULE), name, facts.bindings[name], depth))
        return numbers

    def _option(self, name: str, depth: int) -> float | None:
        """The default of the command line's option of that name."""
        numbers = [
            self.number(caller.id, keyword.value, depth)
            for function in ("add_argument", "option")
            for caller, call in self.program.calls_by_name.get(function, ())
            if any(isinstance(each, ast.Constant) and name_of(str(each.value)) == name for each in call.node.args)
            for keyword in call.node.keywords
            if keyword.arg == "default"
        ]
        return self._least(numbers)

    # -- by name
    def _unit(self, scope: FunctionId, node: ast.expr) -> str | None:
        """The unit in which a number that is not known is counted, by its name and by what makes seconds of it."""
        factors = [each.value for each in walk(node) if isinstance(each, ast.Constant)]
        names = set(self._names(scope, node, 0))
        if any(map(_HOURS.search, names)) or any(each in factors for each in (3600, 86400)) or factors.count(60) > 1:
            return "hours"
        if self._is_until(scope, node, 0):
            return "hours"
        return "minutes" if any(map(_MINUTES.search, names)) or 60 in factors else None

    def _is_until(self, scope: FunctionId, node: ast.expr, depth: int) -> bool:
        """Whether what is waited for is a time of the day: `now.replace(hour=10) - now`, also of a helper's making."""
        if depth > _UNTIL_DEEP:
            return False
        function = self.function(scope)
        for each in walk(node):
            if isinstance(each, ast.Call):
                if last_name(each.func) == "min":
                    return False  # looks at the clock in between
                if _sets_hour(each):
                    return True
                made = (value.id for value in self.program.eval(scope, each.func) if isinstance(value, Fn))
                given = ((id, answer) for id in made for answer in self.function(id).returns)
                if any(self._is_until(id, answer, depth + 1) for id, answer in given):
                    return True
            elif isinstance(each, ast.Name):
                bound = (binding.value for binding in function.bindings.get(each.id, ()) if binding.how == "value")
                if any(value is not None and self._is_until(scope, value, depth + 1) for value in bound):
                    return True
        return False

    def _names(self, scope: FunctionId, node: ast.expr, depth: int) -> Iterator[str]:
        for each in walk(node):
            if isinstance(each, ast.Attribute):
                yield each.attr
            elif isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.value
            elif isinstance(each, ast.Name):
                yield each.id
                for binding in self.function(scope).bindings.get(each.id, ()) if depth < 1 else ():
                    if binding.how == "value" and binding.value is not None:
                        yield from self._names(scope, binding.value, depth + 1)


def _sets_hour(call: ast.Call) -> bool:
    """Whether the call makes the moment of a day at which the clock shows a certain time."""
    name = last_name(call.func)
    return (name == "replace" and any(keyword.arg == "hour" for keyword in call.keywords)) or (
        name == "combine" and len(call.args) > 1
    )


def _literal(value: object) -> float | None:
    """The number that a constant is, or that the text of a setting's default says."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return float(value) if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value) else None
