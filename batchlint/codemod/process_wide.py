"""What belongs to the whole process: its folder, its output, its environment, its loggers."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache

from batchlint import datafiles
from batchlint.codemod.access import Access, Channel
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.patterns import PathTable
from batchlint.symbols import Program
from batchlint.values import Ext

ENVIRONMENT: Channel = ("process", "os.environ")
ENVIRONMENT_CALLS = {"os.getenv": "read", "os.getenvb": "read", "os.putenv": "write", "os.unsetenv": "write"}
LOGGING: Channel = ("process", "logging")
SETS_UP = frozenset(
    {"setLevel", "addHandler", "removeHandler", "addFilter", "removeFilter", "disable", "basicConfig", "dictConfig"}
)
"""What says what becomes of later messages."""
RUNS = frozenset(
    {"os.system", "os.popen", *(f"subprocess.{n}" for n in ("run", "call", "check_call", "check_output", "Popen"))}
)
"""What runs a command."""
_LOOKS = frozenset(
    {"ls", "cat", "wc", "find", "du", "grep", "rg", "head", "tail", "stat", "diff", "md5sum", "sha256sum"}
)
"""Commands that tell what files there are and what is in them."""


@cache
def _blocks() -> PathTable[bool]:
    return PathTable((path, True) for path in datafiles.document("reruns", "process_wide")["process_wide"])


def check(
    program: Program, function: FunctionFacts, node: ast.With | ast.AsyncWith, waits_inside: Callable[[], bool]
) -> None:
    """Refuse a block that changes the whole process where a request is waited for in it."""
    for item in node.items:
        context = item.context_expr
        values = program.eval(function.id, context.func) if isinstance(context, ast.Call) else ()
        if any(isinstance(value, Ext) and _blocks().find(value.path) for value in values) and waits_inside():
            what = (
                f"`{ast.unparse(context)}` (line {node.lineno}) holds for the whole process while an item waits in it"
            )
            raise Refused("order-of-effects", f"{what}; make the request outside of the block")


def logged(name: str, line: int) -> Access:
    """What a logger's method of that name touches."""
    return Access(LOGGING, "write" if name in SETS_UP else "read", line)


def is_environment(program: Program, scope: FunctionId, node: ast.Attribute) -> bool:
    """Whether the expression is `os.environ`."""
    return node.attr == "environ" and Ext("os.environ") in program.eval(scope, node)


def is_module(program: Program, scope: FunctionId, node: ast.expr) -> bool:
    """Whether the expression is this module itself: `sys.modules[__name__]`."""
    is_named = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name) and node.slice.id == "__name__"
    return is_named and isinstance(node, ast.Subscript) and Ext("sys.modules") in program.eval(scope, node.value)


def looks_at_files(call: ast.Call) -> bool:
    """Whether the command that the call runs reads files, as far as it is written out."""
    command = call.args[0] if call.args else None
    words = command.elts if isinstance(command, ast.List | ast.Tuple) else [command]
    texts = [word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    return not _LOOKS.isdisjoint(word for text in texts for word in re.split(r"[\s;|&()]+", text))
