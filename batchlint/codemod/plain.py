"""Which fan-outs the helper's plain driver runs: those of whose items none prints before its turn.

Nor may one have something open at a request: an item that a loop would not have begun ends there, and nothing of it may
show. Where it is not known what code prints, it counts as printing.
"""

from __future__ import annotations

import ast
import builtins
import datetime
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from batchlint.codemod.blocks import Comprehension
from batchlint.codemod.changes import Fanout
from batchlint.codemod.effects import MUTATORS, READERS
from batchlint.codemod.helper_places import HELPER
from batchlint.codemod.phases import MANY, Phases
from batchlint.codemod.steps import Step
from batchlint.facts import FunctionId
from batchlint.graph import Graph
from batchlint.symbols import PROPERTIES, last_name
from batchlint.trees import walk
from batchlint.values import Cls, Ext, Fn, Inst

_PRINTING = frozenset({"print", "pprint", "input", "help", "breakpoint", "exec", "eval", "write", "writelines"})
_PRINTING_METHODS = _PRINTING | {"log", "record", "echo", "info", "display", "show", "print_help", "flush"}
_PRINTING_MODULES = ("sys.stdout", "pprint", "pdb", "cmd", "code", "dis", "unittest", "doctest", "timeit", "turtle")
_QUIET_PACKAGES = frozenset(
    [
        "anthropic", "boto3", "bs4", "dateutil", "dotenv", "httpx", "jinja2", "lxml", "mistralai", "numpy", "openai",
        "orjson", "pandas", "psycopg", "psycopg2", "pydantic", "pymongo", "pypdf", "pytz", "redis", "requests",
        "tiktoken", "tqdm", "yaml",
    ]
)  # fmt: skip
"""Packages of which no method prints to stdout but those that say so."""
_KINDS = (str, bytes, list, dict, set, int, float, Path, datetime.datetime, datetime.timedelta, re.Match, re.Pattern)
_QUIET_METHODS = (READERS | MUTATORS | {name for kind in _KINDS for name in dir(kind)}) - _PRINTING_METHODS
_CALLED = frozenset({"__init__", "__new__", "__post_init__", "__call__", "__enter__", "__exit__"})
"""Special methods that run where a call is written, of the class or of the object."""
_TO_STDOUT = re.compile(r"\bstdout\b|RichHandler|structlog|dictConfig|fileConfig")
_CATCH_ALL = re.compile(r"\b(BaseException|GeneratorExit)\b")


def is_plain(graph: Graph, fanout: Fanout) -> bool:
    """Whether the plain driver keeps all that shows of the fan-out."""
    phases = fanout.iteration
    changes = fanout.changes.values()
    if not isinstance(phases, Phases) or phases.is_async or fanout.held:
        return False
    if any(call.how == "called" for each in changes for call in each.calls.values()):
        return False
    nodes = [fanout.node, *(graph.function(id).node for id in sorted(fanout.twins))]
    if any(_holds(each, fanout.converted) for node in nodes for each in walk(node)):
        return False
    quiet = _Quiet(graph)
    early = _early(phases, fanout)
    return all(quiet.is_call(scope, call) for scope, call in early) and all(map(quiet.is_function, _sources(graph)))


def _sources(graph: Graph) -> Iterator[FunctionId]:
    """What may run without a call: where an item is drawn, an attribute read, a value shown.

    Generators that yield requests are no such thing.
    """
    for module in graph.modules.values():
        is_rewritten = f"{HELPER} import" in module.text
        for function in module.functions.values() if not module.is_helper else ():
            named = {last_name(decorator) for decorator in function.decorators}
            is_implicit = function.owner and function.name.startswith("__") and function.name not in _CALLED
            gives = bool(function.yields) and not (is_rewritten and _gives_nothing(function.node))
            if is_implicit or gives or named & PROPERTIES:
                yield function.id


def _gives_nothing(function: ast.AST) -> bool:
    """Whether all that the generator yields is what it waits for."""
    given = [n.value.value for n in walk(function) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Yield)]
    return all(isinstance(value, ast.Call) and last_name(value.func) == "in_turn" for value in given)


def _holds(node: ast.AST, converted: set[int]) -> bool:
    """Whether something is done where a generator ends at a request in the block."""
    if isinstance(node, ast.Try | ast.TryStar):
        types = [handler.type for handler in node.handlers]
        catches = any(kind is None or _CATCH_ALL.search(ast.unparse(kind)) for kind in types)
        if not catches and not node.finalbody:
            return False
    elif not isinstance(node, ast.With | ast.AsyncWith):
        return False
    return any(id(inner) in converted for inner in walk(node))


def _early(phases: Phases, fanout: Fanout) -> Iterator[tuple[FunctionId, ast.Call]]:
    """The calls that an item may make before its turn, each with the function in which it stands."""
    home, node = fanout.function, fanout.node
    if isinstance(node, Comprehension):
        yield from ((home, call) for call in _calls([node]) if not _asks(call, fanout.converted))
    elif isinstance(node, ast.For | ast.While):
        yield from ((home, call) for call in _calls([node.iter if isinstance(node, ast.For) else node.test]))
    top = max(max(step.counts, default=0) for step in phases.steps)
    most: dict[tuple[int, int], int] = {}  # the fewest requests that lie behind the last step of a statement
    for step in phases.steps:
        place = id(step.frame), id(step.statement)
        most[place] = max(most.get(place, 0), min(step.counts, default=0))
    for step in phases.steps:
        is_last = step.counts == {top} and top < MANY and not step.ahead and not phases.parked
        if step.statement is None or is_last or (isinstance(node, Comprehension) and step.frame.function.id == home):
            continue
        is_before = most[id(step.frame), id(step.statement)] > min(step.counts, default=0)
        yield from ((step.frame.function.id, call) for call in _own_calls(step, fanout.converted, is_before))


def _own_calls(step: Step, converted: set[int], is_before: bool) -> list[ast.Call]:
    """The calls of the step's statement, where it is before a request without those that take its answer."""
    assert step.statement is not None
    parts = [
        part
        for _, value in ast.iter_fields(step.statement)
        for part in (value if isinstance(value, list) else [value])
        if isinstance(part, ast.expr | ast.withitem)
    ]
    calls = _calls([*parts, *(case.guard for case in getattr(step.statement, "cases", ()) if case.guard)])
    asking = [call for call in calls if id(call) in converted]
    return [call for call in calls if not (is_before and len(asking) == 1 and _asks(call, converted))]


def _calls(nodes: Iterable[ast.AST]) -> list[ast.Call]:
    return [inner for node in nodes for inner in walk(node) if isinstance(inner, ast.Call)]


def _asks(call: ast.Call, converted: set[int]) -> bool:
    return any(id(inner) in converted for inner in walk(call))


class _Quiet:
    """Tells which calls print nothing."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.program = graph, graph.program
        self._functions: dict[FunctionId, bool] = {}

    def is_function(self, id: FunctionId) -> bool:
        """Whether nothing is printed in the function, and the ones in it."""
        if id not in self._functions:
            self._functions[id] = True  # as far as it calls itself
            function = self.program.functions[id]
            inner = [f.id for f in self.program.functions.values() if f.parent == id.qualname and f.id.path == id.path]
            is_quiet = all(self.is_call(id, call.node) for call in function.calls)
            self._functions[id] = is_quiet and all(map(self.is_function, inner))
        return self._functions[id]

    def is_call(self, scope: FunctionId, call: ast.Call) -> bool:
        """Whether the call prints nothing, nor a function that it is handed."""
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        named = [each for each in arguments if isinstance(each, ast.Name | ast.Attribute)]
        handed = [value for each in named for value in self.program.eval(scope, each) if isinstance(value, Fn)]
        return self._is_callee(scope, call) and all(self.is_function(value.id) for value in handed)

    def _is_callee(self, scope: FunctionId, call: ast.Call) -> bool:
        name, values = last_name(call.func), self.program.eval(scope, call.func)
        is_quiet = bool(values) or (isinstance(call.func, ast.Attribute) and self._is_method(name))
        for value in values:
            if isinstance(value, Fn):
                is_quiet &= self.is_function(value.id)
            elif isinstance(value, Cls | Inst):
                is_quiet &= self._is_class(value)
            elif isinstance(value, Ext):
                is_quiet &= self._is_external(value.path.replace("()", ""), name, call)
            else:
                is_quiet &= self._is_method(name)
        return is_quiet

    def _is_class(self, value: Cls | Inst) -> bool:
        """Whether nothing is printed in what is called by itself: where it is made, entered, shown."""
        found = (v for name in self._specials for v in self.program.attribute(Inst(value.id, True), name))
        return all(self.is_function(each.id) for each in found if isinstance(each, Fn))

    @cached_property
    def _specials(self) -> list[str]:
        own = (f for f in self.program.functions.values() if f.name.startswith("__") and f.owner)
        return sorted({function.name for function in own})

    def _is_method(self, name: str) -> bool:
        """Whether methods of that name print nothing, whatever they are of."""
        own = [f.id for f in self.program.functions.values() if f.name == name]
        return name in _QUIET_METHODS and all(map(self.is_function, own))

    def _is_external(self, path: str, name: str, call: ast.Call) -> bool:
        package = path.partition(".")[0]
        if path == "builtins.print":
            file = next((keyword.value for keyword in call.keywords if keyword.arg == "file"), None)
            return file is not None and ast.unparse(file) in ("sys.stderr", "stderr")
        if package == "builtins":
            return name not in _PRINTING and (path.count(".") > 1 or hasattr(builtins, name))
        if package == "logging":
            texts = [module.text for module in self.graph.modules.values() if not module.is_helper]
            return any("basicConfig" in text for text in texts) and not any(map(_TO_STDOUT.search, texts))
        if package in sys.stdlib_module_names:
            return not path.startswith(_PRINTING_MODULES) and name not in _PRINTING
        return package in _QUIET_PACKAGES and name not in _PRINTING_METHODS
