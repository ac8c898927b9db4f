"""What the path of a file comes to: a constant's text, or a folder that the item makes for itself."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod.access import Frame
from batchlint.symbols import last_name
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths

_OWN_FOLDERS = frozenset({"tempfile.TemporaryDirectory", "tempfile.mkdtemp"})
_LEAVING = frozenset({"parent", "parents", "name", "stem", "suffix", "basename", "len", "relative_to"})
"""What gives of a path something that lies elsewhere, or is none."""
_MAX_DEPTH = 6


def bare(path: ast.expr) -> ast.expr:
    """The path without what makes a path or text of it."""
    while isinstance(path, ast.Call) and len(path.args) == 1 and last_name(path.func) in {"Path", "str"}:
        path = path.args[0]
    return path


def constant(paths: Paths, node: ast.expr, frame: Frame) -> ast.expr | None:
    """The text that a name of the path stands for throughout: `OUT = Path("out.txt")`."""
    for _ in range(_MAX_DEPTH):
        node = bare(node)
        if isinstance(node, ast.Constant):
            return node if isinstance(node.value, str) else None
        if not isinstance(node, ast.Name):
            return None
        if node.id in frame.local:
            given = _value(node.id, frame)
            if given is None:
                return None
            node, frame = given
            continue
        if node.id in paths.program.stored_names:
            return None  # it may be another one of its module by then
        owner = paths.program.owner(frame.function, node.id)
        if owner is None or node.id in owner.parameter_names:
            return None
        id, value = paths.graph.constant(owner.id, node)
        if value is node:
            return None
        node, frame = value, Frame(paths.program.functions.get(id, paths.program.modules[id.path].body), set())
    return None


def is_private(paths: Paths, node: ast.expr, frame: Frame, depth: int = 0) -> bool:
    """Whether the path lies in a folder that the item makes for itself."""
    if depth > _MAX_DEPTH:
        return False
    if any(last_name(n) in _LEAVING for n in ast.walk(node) if isinstance(n, ast.Attribute | ast.Name)):
        return False
    if any(isinstance(n, ast.Constant) and ".." in str(n.value) for n in ast.walk(node)):
        return False
    if isinstance(node, ast.Call):
        values = paths.program.eval(frame.function.id, node.func)
        if values and all(isinstance(v, Ext) and v.path in _OWN_FOLDERS for v in values):
            return True
    for name in (n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in frame.local):
        given = _value(name.id, frame)
        if given is not None and is_private(paths, *given, depth + 1):
            return True
    return False


def _value(name: str, frame: Frame) -> tuple[ast.expr, Frame] | None:
    """What the frame's own name is bound to once, or was given, with the frame in which that stands."""
    if name not in frame.stable:
        return None
    value = frame.definitions.get(name)
    if value is not None:
        return value, frame
    given = frame.given.get(name)
    return (given, frame.caller) if given is not None and frame.caller is not None else None
