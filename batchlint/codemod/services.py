"""Web services that a program reads and writes: what an answer changes there, the next look at an address shows.

A look at an address that does not depend on the item is one at the state of the service: what belongs to an item has
the item in its address. Which calls send requests: data/services.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

from batchlint.codemod import file_names
from batchlint.codemod.access import MARK, Access, Frame, shown_text
from batchlint.datafiles import document
from batchlint.patterns import to_regex
from batchlint.symbols import last_name

if TYPE_CHECKING:
    from batchlint.codemod.reader import Reader

SERVICE = "service"
_HOST = re.compile(r"\w+://[^/{]*")
_MAX_DEPTH = 6
_MAKING_BODIES = frozenset({"bytes", "bytearray", "dict", "dumps", "encode", "format", "join", "str", "urlencode"})
"""Calls that never give None."""


@cache
def _sending() -> re.Pattern[str]:
    """Paths of calls that send a request, with the name of its method where a client has one for each."""
    data = document("services", "clients")
    clients = "|".join(to_regex(each["path"]) for each in data["clients"])
    openers = "|".join(to_regex(each["path"]) for each in data["openers"])
    return re.compile(rf"(?:{clients})\.(?P<method>{'|'.join(data['methods'])})$|(?:{openers})$")


def touched(reader: Reader, path: str, call: ast.Call, frame: Frame, *, dropped: bool) -> list[Access] | None:
    """What a call that sends an HTTP request touches of the service at whose address it is; None for other calls."""
    found = _sending().match(path)
    if found is None:
        return None
    data = document("services", "clients")
    is_named = found["method"] is not None
    request, method = (call, found["method"]) if is_named else (_made(reader, call, frame), "request")
    arguments = [*request.args, *(k.value for k in request.keywords if k.arg == "url")]
    if method in {"request", "stream"} and is_named:
        named = [k.value for k in request.keywords if k.arg == "method"] or [arguments.pop(0) for _ in arguments[:1]]
        method = _text(reader, named[0], frame) if named else ""
    asked = [k.value for k in request.keywords if k.arg in data["bodies"]]
    if not is_named:
        method = _opened(reader, request, [*request.args[1:2], *asked], frame)
        asked = []
    address = reader.expand(arguments[0], frame) if arguments else None
    base = _base(reader, address, call, frame) if address is not None else None
    is_look = method.lower() in data["safe"]
    if address is None or base is None:
        return [Access(("call", path.partition(".")[0]), "write", call.lineno)] if dropped and not is_look else []
    # What a function is given of which it is not known who calls it says nothing of the item.
    is_of_item = MARK in ast.unparse(address) and (frame.caller is not None or frame.items is not None)
    key = _own_parts(address) if is_of_item else None
    if is_look:
        is_varied = not is_of_item and any(_is_varied(reader, each, frame) for each in asked)
        return [] if is_varied else [Access((SERVICE, base), "read", call.lineno, key)]
    effect = [Access(("call", base), "write", call.lineno)] if dropped else []
    hows = ("sum",) if method else ("read", "sum")
    return [*(Access((SERVICE, base), how, call.lineno, key) for how in hows), *effect]


def _own_parts(address: ast.expr) -> str:
    """The parts of the address that the item makes."""
    parts = [n.value for n in ast.walk(address) if isinstance(n, ast.FormattedValue)] or [address]
    own = {ast.unparse(part) for part in parts if MARK in ast.unparse(part)}
    return "\0".join(sorted(own or {ast.unparse(address)}))


def _made(reader: Reader, call: ast.Call, frame: Frame) -> ast.Call:
    """The request that is opened: `Request(url, data, method="PUT")`, or the call itself."""
    node = call.args[0] if call.args else None
    if isinstance(node, ast.Name) and node.id in frame.local:
        node = frame.definitions.get(node.id, node) if node.id in frame.stable else node
    elif isinstance(node, ast.Name):
        owner = reader.program.owner(frame.function, node.id)
        node = (owner.only_value(node.id) if owner is not None else None) or node
    return node if isinstance(node, ast.Call) and last_name(node.func) == "Request" else call


def _opened(reader: Reader, request: ast.Call, bodies: list[ast.expr], frame: Frame) -> str:
    """The method of a request that is opened, which a body makes a POST; an empty text where that is not known."""
    if not reader.program.attribute_writes.keys().isdisjoint({"data", "method"}):
        return ""  # they may be given to a request that is made already
    named = next((k.value for k in request.keywords if k.arg == "method"), None)
    if named is not None:
        return _text(reader, named, frame)
    sent = [_is_there(reader, body, frame) for body in bodies]
    return "post" if any(sent) else "" if None in sent else "get"


def _is_there(reader: Reader, node: ast.expr, frame: Frame, depth: int = 0) -> bool | None:
    """Whether the value is something else than None, which is None where that is not known."""
    if isinstance(node, ast.Constant):
        return node.value is not None
    if isinstance(node, ast.IfExp):
        chosen = _holds(reader, node.test, frame, depth + 1)
        ways = [node.body, node.orelse] if chosen is None else [node.body if chosen else node.orelse]
        found = {_is_there(reader, way, frame, depth + 1) for way in ways}
        return found.pop() if len(found) == 1 else None
    if isinstance(node, ast.Name) and depth < _MAX_DEPTH:
        value, around = reader.bound_once(node.id, frame)
        return _is_there(reader, value, around, depth + 1) if value is not None else None
    if isinstance(node, ast.Call):
        return True if last_name(node.func) in _MAKING_BODIES else None
    return None if isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.BoolOp | ast.Await) else True


def _holds(reader: Reader, test: ast.expr, frame: Frame, depth: int) -> bool | None:
    """What a test for None gives: `data is None`, `data is not None`, `data`, `not data`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        held = _holds(reader, test.operand, frame, depth)
        return None if held is None else not held
    if isinstance(test, ast.Compare) and isinstance(test.comparators[0], ast.Constant) and len(test.ops) == 1:
        is_there = _is_there(reader, test.left, frame, depth) if test.comparators[0].value is None else None
        known = isinstance(test.ops[0], ast.Is | ast.IsNot) and is_there is not None
        return is_there == isinstance(test.ops[0], ast.IsNot) if known else None
    return _is_there(reader, test, frame, depth) if isinstance(test, ast.Name) else None


def _text(reader: Reader, node: ast.expr, frame: Frame) -> str:
    """The text that the expression is, as far as is known."""
    value = reader.expand(node, frame)
    return str(value.value) if isinstance(value, ast.Constant) else ""


def _base(reader: Reader, address: ast.expr, call: ast.Call, frame: Frame) -> str | None:
    """What the address begins with: its host, a name, or the client to which it is relative."""
    first = _first(file_names.constant(reader, address, frame) or address)
    if not isinstance(first, ast.Constant):
        named = file_names.constant(reader, first, frame)
        first = named if named is not None else first
    if not isinstance(first, ast.Constant):
        return None if MARK in ast.unparse(first) else shown_text(ast.unparse(first))
    host = _HOST.match(str(first.value))
    if host is not None:
        return host[0]
    return ast.unparse(reader.expand(call.func.value, frame)) if isinstance(call.func, ast.Attribute) else None


def _first(node: ast.expr) -> ast.expr:
    """The part with which a text begins."""
    while True:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            node = node.right.elts[0] if isinstance(node.right, ast.Tuple) and node.right.elts else node.right
        elif isinstance(node, ast.BinOp):
            node = node.left
        elif isinstance(node, ast.JoinedStr) and node.values:
            node = node.values[0]
        elif isinstance(node, ast.FormattedValue):
            node = node.value
        elif isinstance(node, ast.Call) and last_name(node.func) == "urljoin" and node.args:
            node = node.args[0]
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif (filled := _filled_in(node)) is not None:
            node = filled
        else:
            return node


def _filled_in(node: ast.expr) -> ast.expr | None:
    """What a template begins with where it begins with a gap: `"{}/notes".format(BASE)`, `"/".join([BASE, id])`."""
    template = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
    text = str(template.value) if isinstance(template, ast.Constant) else ""
    if isinstance(node, ast.Call) and node.args and isinstance(template, ast.Constant):
        parts = node.args[0].elts if isinstance(node.args[0], ast.List | ast.Tuple) else []
        if last_name(node.func) == "join" and parts:
            return parts[0]
        return node.args[0] if last_name(node.func) == "format" and text.startswith("{") else None
    return None


def _is_varied(reader: Reader, node: ast.expr, frame: Frame) -> bool:
    """Whether what is asked for may differ from time to time."""
    return MARK in ast.unparse(reader.expand(node, frame))
