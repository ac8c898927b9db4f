"""The address that an option of a command line is unless somebody gives another one: `args.request_url`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.facts import FunctionId
from batchlint.values import NOTHING, Ext, Text, Value, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program

_PARSED = "argparse.ArgumentParser().parse_args()"


def address(program: Program, scope: FunctionId, values: Values, name: str) -> Values:
    """The addresses that are the option's default in a parser of the file, if one of the values is what it parsed."""
    if not any(isinstance(value, Ext) and value.path == _PARSED for value in values):
        return NOTHING
    found: set[Value] = set()
    for caller, call in program.calls_by_name.get("add_argument", ()):
        if caller.id.path == scope.path and name in _names(call.node):
            default = next((each.value for each in call.node.keywords if each.arg == "default"), None)
            known = program.eval(caller.id, default) if default is not None else NOTHING
            found |= {value for value in known if isinstance(value, Text) and "://" in value.text}
    return frozenset(found)


def _names(call: ast.Call) -> set[str]:
    """The names under which an option is kept: of its flags, or as `dest` says."""
    said = [each.value for each in call.keywords if each.arg == "dest"]
    texts = (each.value for each in said or call.args if isinstance(each, ast.Constant))
    return {text.lstrip("-").replace("-", "_") for text in texts if isinstance(text, str)}
