"""Variables that keep the item before: `previous = item` at the end of a turn, which drawing the next one can do."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from batchlint.codemod.access import ANY, OWN, Frame
from batchlint.codemod.blocks import own_exits
from batchlint.trees import parents_in, walk


def handed_on(body: list[ast.stmt], targets: Set[str]) -> dict[str, str]:
    """Each target with the variable that is given it at the end of a turn, where the item is only shown in it.

    Each turn ends there; what else is bound in the turn, or may change the item, is none of it.
    """
    if next(iter(own_exits(body)), None) is not None:
        return {}
    stores = [n.id for s in body for n in walk(s) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)]
    parents = parents_in(body)
    found: dict[str, str] = {}
    for variable, target in _last(body):
        is_bound_once = stores.count(variable) == 1 and target not in stores and variable not in targets
        uses = [n for s in body for n in walk(s) if isinstance(n, ast.Name) and n.id in (variable, target)]
        if target not in targets or target in found or not is_bound_once:
            break
        if all(_only_shows(n, parents) for n in uses if isinstance(n.ctx, ast.Load)):
            found[target] = variable
    return found


def alias(frame: Frame, variables: Set[str]) -> None:
    """Note in the frame that the variables are items of other turns."""
    for name in variables:
        channels = frame.aliases.get(name, set())
        frame.aliases[name] = {tuple(ANY if step == OWN else step for step in channel) for channel in channels}


def _last(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """The variables that get another one's value by the last statements."""
    for statement in reversed(body):
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return
        target = statement.targets[0]
        if not isinstance(target, ast.Name) or not isinstance(statement.value, ast.Name):
            return
        yield target.id, statement.value.id


def _only_shows(use: ast.Name, parents: dict[int, ast.AST]) -> bool:
    """Whether the value is made a text, compared or asked whether there is one, or is handed on itself."""
    parent = parents.get(id(use))
    if isinstance(parent, ast.FormattedValue | ast.Compare | ast.Assign):
        return True
    return isinstance(parent, ast.If | ast.IfExp) and parent.test is use
