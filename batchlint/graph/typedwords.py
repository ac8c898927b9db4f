"""Questions that are typed as the rest of a command: `query = " ".join(sys.argv[1:])`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batchlint.symbols import CallRef, Program
from batchlint.trees import stands_in
from batchlint.values import Ext


def calls(program: Program) -> Iterator[CallRef]:
    """The calls that put together what somebody typed, for a name that stands for a question."""
    registry = program.registry
    for caller, call in program.calls_by_name.get("join", ()):
        words = call.node.args[0] if call.node.args else None
        if not isinstance(words, ast.Subscript) or not _is_rest(words.slice):
            continue
        values = program.eval(caller.id, words.value)
        asked = (registry.questions | registry.questions_once) & caller.bindings.keys()
        given = [binding.value for name in sorted(asked) for binding in caller.bindings[name]]
        is_question = any(value is not None and stands_in(call.node, value) for value in given)
        if is_question and any(isinstance(value, Ext) and value.path == "sys.argv" for value in values):
            yield CallRef(caller, call)


def _is_rest(places: ast.expr) -> bool:
    """Whether the places are all from one on that is not the first, where the program's own name stands."""
    return isinstance(places, ast.Slice) and places.lower is not None and places.upper is None
