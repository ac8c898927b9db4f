"""What a program reads of a response over HTTP that a batch does not have: headers, times, the request that was sent.

A header that says how long to wait is none the less read where the program has something else to go by without it.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

from batchlint.codemod.refusals import Refused
from batchlint.codemod.streamed import Place, Streamed
from batchlint.datafiles import document
from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name
from batchlint.trees import walk

_LIBRARIES = {
    "HTTPCalls": re.compile(r"(requests(\.api|\.(sessions\.)?[Ss]ession\(\))?|httpx2?(\.(Async)?Client\(\))?)\.post$"),
    "AioCalls": re.compile(r"aiohttp\.(client\.)?ClientSession\(\)\.post$"),
    "URLCalls": re.compile(r"urllib\.request\.urlopen$"),
}
"""Calls of a provider's API without an SDK that the helper carries, by the part of it that does."""
_TAKING = frozenset({"gather", "wait_for", "create_task", "ensure_future", "shield", "append"})


def parts(path: str) -> set[str]:
    """The part of the helper that carries a call over HTTP; none for one of an SDK."""
    return {name for name, calls in _LIBRARIES.items() if calls.match(path)}


def check(streamed: Streamed, function: FunctionFacts, call: ast.Call, package: str) -> None:
    """Refused where the call's response, one of the package, is asked for what only a connection has."""
    attributes = {*_facts()["connection"], *_facts()["connection_of"].get(package, ())}
    for place in streamed.places(function, call):
        read = streamed.parent(place)
        if not isinstance(read, ast.Attribute) or read.attr not in attributes:
            continue
        if not _is_optional(streamed, Place(place.function, read)):
            what = f"`{ast.unparse(read)}` (line {read.lineno}) tells of the connection, which a batch does not have"
            raise Refused("unsupported-shape", what)
    if package == "aiohttp" and not _is_awaited(streamed, Place(function, call)):
        what = f"`{ast.unparse(call.func)}` (line {call.lineno}) is awaited elsewhere; await it where it is made"
        raise Refused("unsupported-shape", what)


def _is_awaited(streamed: Streamed, place: Place) -> bool:
    """Whether the request is awaited or opened where it is made, or handed to what awaits it."""
    node, around = streamed.around(place)
    if isinstance(around, ast.Call):
        return node is not place.node or last_name(around.func) in _TAKING
    return isinstance(node, ast.Await) or isinstance(
        around, ast.withitem | ast.List | ast.ListComp | ast.GeneratorExp | ast.Starred
    )


@cache
def _facts() -> dict[str, Any]:
    return document("runtime", "connection")


@cache
def _pacing() -> re.Pattern[str]:
    return re.compile("|".join(_facts()["pacing"]), re.IGNORECASE)


def _is_optional(streamed: Streamed, headers: Place) -> bool:
    """Whether `headers.get(name)` stands there, of a header that says how long to wait, and something else may do."""
    method = streamed.parent(headers)
    if not isinstance(method, ast.Attribute) or method.attr != "get":
        return False
    call = streamed.parent(Place(headers.function, method))
    if not isinstance(call, ast.Call) or call.func is not method:
        return False
    name = call.args[0] if call.args else None
    if not isinstance(name, ast.Constant) or not _pacing().fullmatch(str(name.value)):
        return False
    around = streamed.parent(Place(headers.function, call))
    if isinstance(around, ast.Assign | ast.NamedExpr) and len(call.args) == 1:
        names = around.targets if isinstance(around, ast.Assign) else [around.target]
        return any(ast.unparse(each) in _tested(headers.function.node) for each in names)
    return len(call.args) > 1 or (isinstance(around, ast.BoolOp) and isinstance(around.op, ast.Or))


def _tested(node: ast.AST) -> set[str]:
    """The names that a condition in the node asks for."""
    tests = [each.test for each in walk(node) if isinstance(each, ast.If | ast.IfExp | ast.While)]
    tests += [each for each in walk(node) if isinstance(each, ast.BoolOp)]
    return {each.id for test in tests for each in walk(test) if isinstance(each, ast.Name)}
