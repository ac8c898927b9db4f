"""The path of a file that a helper reads, in the names of the statement that calls the helper."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from batchlint.codemod.access import Access, Frame

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths


def named_in(paths: Paths, access: Access, frame: Frame) -> str | None:
    """The key of the access in the frame's own names and those of its file; None where it needs others."""
    if access.key is None:
        return None
    own = sorted(((frame.stable | frame.targets) & frame.local) - set(frame.drawn))
    known = {ast.dump(paths.expand(ast.Name(name, ast.Load()), frame)): name for name in own}
    tree = _Renaming(known).visit(ast.parse(access.key, mode="eval"))
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - set(known.values())
    is_known = all(name not in frame.local and is_one(paths, frame, name) for name in names)
    return ast.unparse(tree) if is_known else None


def is_one(paths: Paths, frame: Frame, name: str) -> bool:
    """Whether the name means the same in the frame's file as in any other one that has it."""
    path = frame.function.id.path
    own = paths.program.modules[path].body.bindings.get(name, ())
    if not own:
        return hasattr(builtins, name)
    imported = {binding.source for binding in own}
    others = (module for module in paths.program.modules.values() if module.path != path)
    bound = (binding for module in others for binding in module.body.bindings.get(name, ()))
    return all(binding.source is not None and binding.source in imported for binding in bound)


class _Renaming(ast.NodeTransformer):
    """Puts the frame's names in the place of what they stand for."""

    def __init__(self, known: dict[str, str]) -> None:
        self.known = known

    def visit(self, node: ast.AST) -> ast.AST:
        name = self.known.get(ast.dump(node)) if isinstance(node, ast.expr) else None
        return ast.Name(name, ast.Load()) if name is not None else self.generic_visit(node)
