"""Loops that only draw the elements of a list: which it holds is read, not what is in all of them.

What is read of an element is read by the name that the loop gives it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from batchlint.codemod.access import ANY, OWN, Access, Channel, Frame, touches
from batchlint.codemod.blocks import Comprehension
from batchlint.codemod.given_out import FETCHING
from batchlint.codemod.looks import keeps_to_itself
from batchlint.iterables import COUNTED, PAIRED, SAME
from batchlint.symbols import Program, last_name
from batchlint.trees import parents_in, walk
from batchlint.values import Inst, elements

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths

_PLACES = ast.Name | ast.Attribute | ast.Subscript
Drawn = tuple[ast.Name, ast.expr]
"""The name of an element, and the variable or attribute that holds the list."""


def is_slice(node: ast.expr) -> bool:
    """Whether the expression makes a list of some elements of another one."""
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)


def of_loop(paths: Paths, loop: ast.For | ast.AsyncFor, frame: Frame) -> set[int]:
    """The lists, by identity, whose elements the loop draws under names that are known to stand for them."""
    return {
        id(source)
        for name, source in drawn(loop.target, loop.iter)
        if (lists := paths.path(source, frame))
        and _stands_for(paths.root(frame, name.id), lists)
        and _keep_to_themselves(paths.program, source, frame)
    }


def _stands_for(known: set[Channel], lists: set[Channel]) -> bool:
    return all(known & {(*channel, ANY), (*channel, OWN)} for channel in lists)


def _keep_to_themselves(program: Program, source: ast.expr, frame: Frame) -> bool:
    """Whether no class of the elements hands its objects to anything that may change them by another name."""
    held = program.eval(frame.function.id, source)
    return all(keeps_to_itself(program, each.id) for each in elements(held) | held if isinstance(each, Inst))


def of_comprehension(paths: Paths, node: Comprehension, frame: Frame) -> tuple[set[int], list[Access]]:
    """The same of a comprehension of which all that it does with an element is to read fields; with these reads."""
    ids: set[int] = set()
    found: list[Access] = []
    parents: dict[int, ast.AST] = {}
    for name, source in (pair for each in node.generators for pair in drawn(each.target, each.iter)):
        lists = paths.path(source, frame)
        if not lists or not _keep_to_themselves(paths.program, source, frame):
            continue
        parents = parents or parents_in([node])
        uses = [n for n in walk(node) if isinstance(n, ast.Name) and n.id == name.id and n is not name]
        fields = [field for use in uses if (field := _field(use, parents)) is not None]
        if len(fields) == len(uses):
            ids.add(id(source))
            aliases = {**frame.aliases, name.id: {(*channel, ANY) for channel in lists}}
            inner = replace(frame, local=frame.local | {name.id}, aliases=aliases)
            found += [a for field in fields for a in touches(paths.path(field, inner), "read", field.lineno)]
    return ids, found


def drawn(target: ast.expr, iterated: ast.expr) -> Iterator[Drawn]:
    """The names of a loop's target that stand for an element of a list each."""
    if isinstance(iterated, ast.Call) and iterated.args:
        name = last_name(iterated.func)
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else []
        if name in SAME:
            yield from drawn(target, iterated.args[0])
        elif name in COUNTED and len(parts) == 2:
            yield from drawn(parts[1], iterated.args[0])
        elif name in PAIRED and len(parts) == len(iterated.args):
            for part, source in zip(parts, iterated.args, strict=True):
                yield from drawn(part, source)
    elif isinstance(target, ast.Name) and isinstance(iterated, _PLACES):
        yield target, iterated


def _field(use: ast.Name, parents: dict[int, ast.AST]) -> ast.expr | None:
    """The field of the element that is read where its name stands: `row["text"]`, `row.text`, `row.get("text")`."""
    parent = parents[id(use)]
    above = parents.get(id(parent))
    if isinstance(parent, ast.Subscript):
        is_named = parent.value is use and isinstance(parent.slice, ast.Constant)
        return parent if is_named and isinstance(parent.ctx, ast.Load) else None
    if not isinstance(parent, ast.Attribute) or not isinstance(parent.ctx, ast.Load):
        return None
    if not isinstance(above, ast.Call) or above.func is not parent:
        return parent
    return above if parent.attr in FETCHING and above.args and isinstance(above.args[0], ast.Constant) else None
