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
from batchlint.symbols import Program, last_name
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


_ASKING = frozenset({"check_output", "popen"})
"""What runs a command for its output."""
_INTERPRETERS = re.compile(r"(executable|(^|/)(python[\d.]*|uv|poetry|bash|sh|node|npx|sudo|env))$")


@cache
def _settings() -> PathTable[bool]:
    return PathTable((path, True) for path in datafiles.document("reruns", "settings")["settings"])


@cache
def _of() -> frozenset[str]:
    return frozenset(datafiles.document("reruns", "settings")["of"])


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


def run(call: ast.Call, *, dropped: bool) -> list[Access]:
    """The accesses of a call that runs a command: of the files that it reads, and of what its program keeps."""
    words = call.args[:1]
    if words and isinstance(words[0], ast.List | ast.Tuple):
        words = words[0].elts
    texts = [word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    found = [Access(("call", "subprocess"), "write", call.lineno)] if dropped else []
    if not _LOOKS.isdisjoint(word for text in texts for word in re.split(r"[\s;|&()]+", text)):
        return [*found, Access(("file",), "read", call.lineno)]
    is_asked = last_name(call.func) in _ASKING or any(k.arg in {"capture_output", "stdout"} for k in call.keywords)
    return [*found, Access(("program", *_program(words)), "read" if is_asked else "write", call.lineno)]


def _program(words: list[ast.expr]) -> list[str]:
    """What is run, as far as the command says; the script where that is an interpreter's."""
    first = words[0] if words else None
    if len(words) == 1 and isinstance(first, ast.Constant):
        words = [ast.Constant(word) for word in str(first.value).split()]
    text = str(first.value) if isinstance(first, ast.Constant) else ast.unparse(first) if first is not None else ""
    named = words[1:2] if _INTERPRETERS.search(text) else words[:1]
    return [str(word.value) for word in named if isinstance(word, ast.Constant)]


def check_setting(program: Program, scope: FunctionId, path: str, call: ast.Call) -> None:
    """Refuse what changes a setting of the whole process, where that may be another one for each item."""
    if _settings().find(path) and not _is_same(program, scope, call):
        raise _for_all(call.func)


def check_stored(program: Program, scope: FunctionId, node: ast.Assign) -> None:
    """The same of a setting that is an attribute: `decimal.getcontext().prec = digits`."""
    for target in node.targets:
        if isinstance(target, ast.Attribute):
            paths = [value.path for value in program.eval(scope, target.value) if isinstance(value, Ext)]
            is_setting = any(path == each or path.startswith(f"{each}.") for path in paths for each in _of())
            if is_setting and not _is_same(program, scope, node.value):
                raise _for_all(target)


def _is_same(program: Program, scope: FunctionId, node: ast.expr) -> bool:
    """Whether the value is the same for all items."""
    if isinstance(node, ast.Call):
        return all(_is_same(program, scope, each) for each in [*node.args, *(k.value for k in node.keywords)])
    if isinstance(node, ast.Attribute):
        values = program.eval(scope, node)
        return bool(values) and all(isinstance(v, Ext) and "()" not in v.path for v in values)
    return isinstance(node, ast.Constant)


def _for_all(setting: ast.expr) -> Refused:
    what = f"`{ast.unparse(setting)}` (line {setting.lineno}) holds for the whole process"
    return Refused("dependent-iterations", f"{what}, also for the other items of a batch")
