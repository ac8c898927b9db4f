"""The address that an option of a command line is unless somebody gives another one: `args.request_url`."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.symbols.names import last_name
from batchlint.values import NOTHING, Ext, Text, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program

PARSED = "argparse.ArgumentParser().parse_args()"
"""The path of what a command line is parsed to."""
_DECLARING = frozenset({"option", "argument", "Option", "Argument"})
"""Last names of what says of a function's parameter that it is an option of a command."""


def address(program: Program, scope: FunctionId, values: Values, name: str) -> Values:
    """The addresses that are the option's default in the file's parser, if one of the values is what that parsed.

    Where the parser stands in another file, it is the only one with such an option.
    """
    if not any(isinstance(value, Ext) and value.path == PARSED for value in values):
        return NOTHING
    named = [each for each in program.calls_by_name.get("add_argument", ()) if name in _names(each.call.node)]
    own = [(caller.id, call.node) for caller, call in named if caller.id.path == scope.path]
    others = [(caller.id, call.node) for caller, call in named]
    return _defaults(program, own or (others if len(others) == 1 else ()))


def declared(program: Program, function: FunctionFacts, name: str) -> Values:
    """The address that a command's option is by its decorator, `@click.option("--url", default=...)`, or its default,
    `url: str = typer.Option(...)`.
    """
    outer = FunctionId(function.id.path, function.parent or MODULE)
    options = [each for each in function.decorators if isinstance(each, ast.Call) and name in _names(each)]
    default = function.default(name)
    if isinstance(default, ast.Call):
        options.append(default)
    return _defaults(program, [(outer, each) for each in options if last_name(each.func) in _DECLARING])


def _defaults(program: Program, options: Iterable[tuple[FunctionId, ast.Call]]) -> Values:
    """The addresses among the defaults of the options."""
    found: Values = NOTHING
    for scope, option in options:
        said = [each.value for each in option.keywords if each.arg == "default"]
        for default in said or (option.args[:1] if last_name(option.func) in {"Option", "Argument"} else ()):
            found |= {v for v in program.eval(scope, default) if isinstance(v, Text) and "://" in v.text}
    return found


def name_of(flag: str) -> str:
    """The name under which a flag is kept: `dry_run` of `--dry-run`."""
    return flag.lstrip("-").replace("-", "_")


def _names(option: ast.Call) -> set[str]:
    """The names under which an option is kept: of its flags, or as `dest` says."""
    said = [each.value for each in option.keywords if each.arg == "dest"]
    texts = (each.value for each in said or option.args if isinstance(each, ast.Constant))
    return {name_of(text) for text in texts if isinstance(text, str)}
