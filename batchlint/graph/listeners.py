"""Functions that an unknown library calls when something comes: `client.add_event_handler(kind, self.answer)`."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from batchlint.entrypoints import Kind
from batchlint.facts import FunctionId
from batchlint.graph.links import Part
from batchlint.symbols import CallRef
from batchlint.values import Fn, Inst, Mod, ordered

_REGISTERS = re.compile(
    r"(add|set|register|attach)_?(\w+_)?(event|message|update|command|mention|request)s?_?(handler|listener|callback)s?"
    r"|(add|register)_?(event_?)?(listener|subscriber|observer)s?|subscribe|on_(message|event|update|command|mention)s?",
    re.IGNORECASE,
)
"""Names of calls by which a function is told of what others send."""
TOLD = Kind("listener", "unknown", None)
"""Who sends it may wait for what the function answers."""


class Listeners(Part):
    def find(self, known: Collection[int]) -> Iterator[tuple[FunctionId, CallRef]]:
        """The functions with the calls that register them, without those calls that are `known` by their node's id."""
        program = self.program
        for name in sorted(each for each in program.calls_by_name if _REGISTERS.fullmatch(each)):
            for reference in program.calls_by_name[name]:
                caller, call = reference
                if id(call.node) in known or not isinstance(call.node.func, ast.Attribute):
                    continue
                called = program.eval(caller.id, call.node.func)
                if any(isinstance(value, Fn | Inst | Mod) for value in called):
                    continue  # the project's own code shows what it calls
                for argument in (*call.node.args, *(keyword.value for keyword in call.node.keywords)):
                    for value in ordered(program.eval(caller.id, argument)):
                        if isinstance(value, Fn):
                            yield value.id, reference
