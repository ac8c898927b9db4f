"""Where a called parameter comes from: the calls that hand the function over."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from batchlint.facts import FunctionFacts
from batchlint.graph.links import Part
from batchlint.graph.repeaters import Repeaters
from batchlint.iterables import EACH
from batchlint.symbols import CallRef, Program, last_name


class Source(NamedTuple):
    """Where what is called comes from: the expression, and the call that it stands in or first goes into."""

    reference: CallRef
    expression: ast.expr
    fan: str | None = None
    """The kind of edge by which it runs once per item on the way from there to where it is called, if it does."""
    through: tuple[CallRef, ...] = ()
    """The calls behind the first that hand it on."""


class Parameters(Part):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.repeaters = Repeaters(program)

    def handed_from(self, reference: CallRef, func: ast.expr, depth: int) -> Iterator[Source]:
        """Where what is called comes from: for a parameter the calls that hand it over; so its users stay apart.

        What is drawn from a parameter (`for step, item in steps`) comes from there too, inside a container.
        """
        name = self._drawn_from(reference.caller, func.id) if isinstance(func, ast.Name) else None
        function = self.program.callers.owner(reference.caller, name) if name else None
        if name and function is not None and depth < 4:
            if self.program.callers.wrapped(function.id) == name:
                return  # a decorator: its result counts as the function that it wraps
            handed = list(self.program.callers.arguments(function, name))
            if handed:
                inside = self.repeaters.between(function, reference.caller)
                for id_, node, argument in handed:
                    caller, call = self.function(id_), self.program.call_facts[id(node)].call
                    fan = inside or self.repeaters.kind(caller, call)
                    handing = CallRef(caller, call)
                    for source in self.handed_from(handing, argument, depth + 1):
                        through = source.through if source.reference.call is call else (*source.through, handing)
                        yield source._replace(fan=source.fan or fan, through=through)
                return
        yield Source(reference, func)

    @staticmethod
    def _drawn_from(function: FunctionFacts, name: str) -> str:
        """The collection that a variable is drawn from, where that has a name; else the name itself."""
        found = {_collection(binding.value) for binding in function.bindings.get(name, ())}
        return (found.pop() if len(found) == 1 else None) or name


def _collection(value: ast.expr | None) -> str | None:
    """The name of what the value is an item of: `steps` in `enumerate(steps)` and in `steps[0]`."""
    while isinstance(value, ast.Call) and last_name(value.func) in EACH and value.args:
        value = value.args[0]
    if isinstance(value, ast.Subscript):
        value = value.value
    return value.id if isinstance(value, ast.Name) else None


_VARIABLE = {"value", "element", "unpack", "enter", "annotation"}


def is_variable(program: Program, function: FunctionFacts, name: str) -> bool:
    """Whether the name is a parameter or a variable in the function, rather than a function or class."""
    return is_bound(program, function, name, _VARIABLE, parameters=True)


def is_bound(program: Program, function: FunctionFacts, name: str, how: set[str], *, parameters: bool = False) -> bool:
    """Whether one of the nearest bindings of the name is of a kind in `how`."""
    for current in program.around(function):
        if name in current.parameter_names:
            return parameters
        bindings = current.bindings.get(name)
        if bindings:
            return any(binding.how in how for binding in bindings)
    return any(binding.how in how for binding in program.modules[function.id.path].body.bindings.get(name, ()))
