"""Names and addresses as text."""

from __future__ import annotations

import ast
import re
from typing import TypeGuard
from urllib.parse import urlsplit

_CONSTRUCTORS = frozenset(
    {"create", "build", "load", "model_validate", "model_validate_json", "model_construct", "parse_obj", "parse_raw"}
)
REMOTE = "remote"
"""What has a class of Ray's make an object in another process, of what the class itself would take."""
_NAME, _ATTRIBUTE, _CALL = ast.Name, ast.Attribute, ast.Call
CLOCKS = re.compile(r"time\.(time|monotonic|perf_counter)(_ns)?$|datetime\.(.*\.)?(now|utcnow|today)$")
"""Paths of what tells the time."""
LOCAL = "localhost"
"""The host that stands for all that are no hosted ones."""
MAX_STEPS = 24
"""Steps of a symbolic path beyond which nothing is followed."""
MAX_UNTOLD_STEPS = 6
"""The same of a library that the shipped data does not name: what its objects give gives more and more of them."""


def last_name(node: ast.expr) -> str:
    """The last step of a name or attribute: `f` and `a.b.f` -> `f`; of a call its function's; else the empty string."""
    while node.__class__ is _CALL:
        node = node.func
    kind = node.__class__
    name: str = node.attr if kind is _ATTRIBUTE else node.id if kind is _NAME else ""  # type: ignore[attr-defined]
    return name


def is_partial(node: ast.AST | None) -> TypeGuard[ast.Call]:
    """Whether the node binds arguments of a function: `partial(ask, client)`."""
    return isinstance(node, ast.Call) and last_name(node.func) == "partial" and bool(node.args)


def is_constructor(name: str) -> bool:
    """Whether a class method of the name makes an object of the class, by all usage."""
    return name.startswith("from_") or name in _CONSTRUCTORS or name == REMOTE


def host_of(url: str) -> str | None:
    """The host of a URL, LOCAL for every address that is no hosted one; None if `url` has none."""
    if "//" not in url:
        return None
    # What is put in behind a whole name begins the path: f"https://api.example.com{path}".
    url = re.sub(r"(//[\w.-]+\.[a-z]{2,})(?=\{)", r"\1/", url)
    host = urlsplit(re.sub(r"[{}<>]", "x", url)).hostname
    if not host:
        return None
    if (
        host in {LOCAL, "host.docker.internal"}
        or host.endswith((".local", ".internal", ".localhost"))
        or "." not in host
    ):
        return LOCAL
    import ipaddress

    try:
        return LOCAL if ipaddress.ip_address(host).is_private else host
    except ValueError:
        return host
