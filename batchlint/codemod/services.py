"""Web services that a program reads and writes: what an answer changes there, the next look at an address shows.

A look at an address that does not depend on the item is one at the state of the service: what belongs to an item has
the item in its address.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from batchlint.codemod import file_names
from batchlint.codemod.access import MARK, Access, Frame, shown_text
from batchlint.symbols import last_name

if TYPE_CHECKING:
    from batchlint.codemod.reader import Reader

SERVICE = "service"
_LOOKING = frozenset({"get", "head", "options"})
_METHODS = r"(?P<method>get|head|options|post|put|patch|delete|request)$"
_SENDING = re.compile(
    r"((requests|httpx)\.(api\.)?"
    r"|(requests\.(sessions\.)?[Ss]ession|httpx\.(Async)?Client|aiohttp\.(client\.)?ClientSession)\(\)\.)" + _METHODS
)
_OPENING = "urllib.request.urlopen"
_ASKING = frozenset({"params", "json", "data", "content", "files"})
"""Keywords with what is asked for or sent."""
_HOST = re.compile(r"\w+://[^/{]*")


def touched(reader: Reader, path: str, call: ast.Call, frame: Frame, *, dropped: bool) -> list[Access] | None:
    """What a call that sends an HTTP request touches of the service at whose address it is; None for other calls."""
    found = _SENDING.match(path)
    if found is None and path != _OPENING:
        return None
    request, method = (call, found["method"]) if found else (_made(call, frame), "request")
    arguments = list(request.args)
    if method == "request" and found and arguments:
        method = _text(reader, arguments.pop(0), frame)
    asked = [k.value for k in request.keywords if k.arg in _ASKING]
    if not found:
        method = _opened(reader, request, [*arguments[1:2], *asked], frame)
        asked = []
    is_look = method.lower() in _LOOKING
    address = reader.expand(arguments[0], frame) if arguments else None
    base = _base(reader, address, call, frame) if address is not None else None
    if address is None or base is None:
        return [Access(("call", path.partition(".")[0]), "write", call.lineno)] if dropped and not is_look else []
    if is_look:
        is_one = _is_whole(address) and not any(_is_varied(reader, each, frame) for each in asked)
        return [Access((SERVICE, base), "read", call.lineno)] if is_one and MARK not in ast.unparse(address) else []
    effect = [Access(("call", base), "write", call.lineno)] if dropped else []
    return [Access((SERVICE, base), "sum", call.lineno), *effect]


def _made(call: ast.Call, frame: Frame) -> ast.Call:
    """The request that is opened: `Request(url, data, method="PUT")`, or the call itself."""
    node = call.args[0] if call.args else None
    if isinstance(node, ast.Name) and node.id in frame.stable:
        node = frame.definitions.get(node.id, node)
    return node if isinstance(node, ast.Call) and last_name(node.func) == "Request" else call


def _opened(reader: Reader, request: ast.Call, bodies: list[ast.expr], frame: Frame) -> str:
    """The method of a request of `urllib`, which a body makes a POST."""
    named = next((k.value for k in request.keywords if k.arg == "method"), None)
    if named is not None:
        return _text(reader, named, frame)
    sent = (reader.expand(body, frame) for body in bodies)
    return "post" if any(not isinstance(b, ast.Constant) or b.value is not None for b in sent) else "get"


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
        if isinstance(node, ast.BinOp):
            node = node.left
        elif isinstance(node, ast.JoinedStr) and node.values:
            node = node.values[0]
        elif isinstance(node, ast.FormattedValue):
            node = node.value
        elif isinstance(node, ast.Call) and last_name(node.func) == "urljoin" and node.args:
            node = node.args[0]
        else:
            return node


def _is_whole(address: ast.expr) -> bool:
    """Whether all of the address but what it begins with is written out."""
    rest = [n for n in ast.walk(address) if isinstance(n, ast.Name)]
    first = {id(n) for n in ast.walk(_first(address))}
    return all(id(name) in first for name in rest if name.id != "urljoin")


def _is_varied(reader: Reader, node: ast.expr, frame: Frame) -> bool:
    """Whether what is asked for may differ from time to time."""
    return any(isinstance(n, ast.Name) for n in ast.walk(reader.expand(node, frame)))
