"""Items of containers: whether what a loop stores in one is read again as another iteration's, `rows[i]["answer"]`."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from batchlint.iterables import COUNTED, PAIRED
from batchlint.trees import children, length_of, walk

_ACCESSORS = frozenset({"loc", "iloc", "at", "iat"})
"""Attributes of data frames by which items are read and stored."""
_OWN = frozenset({"self", "cls"})
Keys = tuple[ast.expr, ...]
Constants = Callable[[ast.expr], ast.expr]
"""What a name stands for, where that is one expression; else the name."""


class Turn(NamedTuple):
    """The names by which a turn of a loop finds its own items."""

    turning: frozenset[str]
    """What the loop gives: `i`, `row`."""
    own: frozenset[str] = frozenset()
    """What inner loops draw from the turn's part of a list: `row` of `for row in rows[i : i + 20]`."""
    counted: frozenset[str] = frozenset()
    """What inner loops count such a part with: `j` of `rows[i + j]`."""


def turn_of(loop: ast.For | ast.AsyncFor, turning: frozenset[str]) -> Turn:
    """The names of the loop's turn, with those of its part of a list: `for i in part` of `part = left[s:s + 20]`."""
    nodes = [node for statement in loop.body for node in walk(statement)]
    parts = set(turning)
    is_stepping = isinstance(loop.iter, ast.Call) and len(loop.iter.args) == 3
    for node in nodes if is_stepping else ():
        if isinstance(node, ast.Assign) and _is_part(node.value, turning):
            parts |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    own: set[str] = set()
    counted: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            own |= {name for name, iterated in _pairs(node.target, node.iter) if iterated in parts}
            counted |= set(_counters(node)) if is_stepping else set()
    return Turn(turning, frozenset(own), frozenset(counted - turning))


def _counters(loop: ast.For | ast.AsyncFor | ast.comprehension) -> Iterator[str]:
    """The name with which the loop counts from nought: `for j, row in enumerate(part)`, `for j in range(len(part))`."""
    node, target = loop.iter, loop.target
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or len(node.args) != 1:
        return
    if node.func.id in COUNTED and not node.keywords and isinstance(target, ast.Tuple):
        target = target.elts[0]
    elif node.func.id != "range":
        return
    if isinstance(target, ast.Name):
        yield target.id


def _is_part(node: ast.expr, turning: frozenset[str]) -> bool:
    start = node.slice.lower if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) else None
    return isinstance(start, ast.Name) and start.id in turning


def _pairs(target: ast.expr, iterated: ast.expr) -> Iterator[tuple[str, str]]:
    """The names that a loop gives its items, each with the list that it comes from."""
    if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Name) and isinstance(target, ast.Tuple):
        if iterated.func.id in PAIRED:
            for each, source in zip(target.elts, iterated.args, strict=False):
                yield from _pairs(each, source)
        elif iterated.func.id in COUNTED and iterated.args and len(target.elts) == 2:
            yield from _pairs(target.elts[1], iterated.args[0])
    elif isinstance(target, ast.Name) and isinstance(iterated, ast.Name):
        yield target.id, iterated.id


def paired(target: ast.expr, iterated: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What a loop gives values, each with what these come from: of `zip(a, b)` each name draws from its own part."""
    parts = target.elts if isinstance(target, ast.Tuple | ast.List) else []
    sources: list[ast.expr] = []
    if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Name):
        if iterated.func.id in PAIRED:
            sources = iterated.args
        elif iterated.func.id in COUNTED and iterated.args:
            sources = [iterated, iterated.args[0]]  # how often it was counted says as much as before
    if not sources or len(parts) != len(sources) or any(isinstance(each, ast.Starred) for each in (*parts, *sources)):
        yield target, iterated
        return
    for part, source in zip(parts, sources, strict=True):
        if source is iterated:
            yield part, source
        else:
            yield from paired(part, source)


def is_apart(stored: ast.expr, reads: Iterable[ast.AST], turn: Turn, constants: Constants = lambda node: node) -> bool:
    """Whether no expression of `reads` can see what another iteration stored in the item `stored`.

    Each read of the container has another constant key, or an index that is another one in each turn.
    """
    name, keys = _item(stored)
    if name is None or not keys:
        return False
    is_inside = isinstance(stored, ast.Subscript) and isinstance(stored.value, ast.Subscript)
    return all(
        read is not None and _differ(keys, read, turn, constants)
        for node in reads
        for read in _reads_of(node, name, turn.own, with_length=not is_inside)
    )


def read_again(key: ast.expr, container: str, reads: Iterable[ast.AST], turning: frozenset[str]) -> bool:
    """Whether an expression of `reads` looks up the key in an item of the container that is not the turn's own.

    `rows[i - 1]["answer"]` and `rows[j].get("answer")` in a loop that stores answers by `row["answer"] = ...`.
    """
    nodes = (inner for node in reads for inner in walk(node))
    return isinstance(key, ast.Constant) and any(
        isinstance(held, ast.Subscript)
        and isinstance(held.value, ast.Name)
        and held.value.id == container
        and not (isinstance(held.slice, ast.Name) and held.slice.id in turning)
        and isinstance(other, ast.Constant)
        and other.value == key.value
        for held, other in map(_looked_up, nodes)
    )


def _looked_up(node: ast.AST) -> tuple[ast.AST | None, ast.expr | None]:
    """What a key is looked up in, and the key: `row["answer"]`, `row.get("answer")`."""
    if isinstance(node, ast.Subscript):
        return node.value, node.slice
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        return node.func.value, node.args[0]
    return None, None


def _item(node: ast.expr) -> tuple[str | None, Keys]:
    """The name of the container, and the keys from the outside in: `df.loc[i, "a"]`, `rows[i]["a"]`."""
    keys: Keys = ()
    while True:
        if isinstance(node, ast.Subscript):
            own = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            keys = (*own, *keys)
            node = node.value
        elif isinstance(node, ast.Attribute) and node.attr in _ACCESSORS:
            node = node.value
        else:
            return _dotted(node), keys


def _dotted(node: ast.AST) -> str | None:
    """The name of a variable or of an attribute of one: `rows`, `self.rows`."""
    if isinstance(node, ast.Attribute):
        held = _dotted(node.value)
        return f"{held}.{node.attr}" if held is not None else None
    return node.id if isinstance(node, ast.Name) else None


def _reads_of(node: ast.AST, name: str, own: frozenset[str], *, with_length: bool) -> Iterator[Keys | None]:
    """The keys with which the container is read in the node; None where it is read as a whole.

    `own`: names that inner loops draw from the turn's own part. `with_length`: whether its length counts for that: what
    is stored in one of its items leaves it as it is.
    """
    if isinstance(node, ast.Subscript):
        container, keys = _item(node)
        if container == name:
            yield keys
            for each in keys:
                yield from _reads_of(each, name, own, with_length=with_length)
            return
    if not with_length and _is_length(node):
        return
    shown = _dotted(node)
    if shown is not None and f"{name}.".startswith(f"{shown}."):
        if shown not in _OWN:  # what a method of the same object reads is asked of the method
            yield None
        return
    held, key = _looked_up(node)
    if isinstance(node, ast.Call) and held is not None and _dotted(held) == name and key is not None:
        yield (key,)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            yield from _reads_of(argument, name, own, with_length=with_length)
        return
    targets = (each.target for each in getattr(node, "generators", ()))
    drawn = {n.id for target in targets for n in walk(target) if isinstance(n, ast.Name)} - own
    for child in children(node):
        for found in _reads_of(child, name, own, with_length=with_length):
            is_drawn = found is not None and any(isinstance(key, ast.Name) and key.id in drawn for key in found)
            yield None if is_drawn else found  # a comprehension's own name is no turn's


def _is_length(node: ast.AST) -> bool:
    measured = length_of(node) if isinstance(node, ast.Call) else None
    return measured is not None and _dotted(measured) is not None


def _differ(stored: Keys, read: Keys, turn: Turn, constants: Constants) -> bool:
    turning = turn.turning
    for mine, other in zip(stored, read, strict=False):
        names = {key.id for key in (mine, other) if isinstance(key, ast.Name)}
        is_named = isinstance(mine, ast.Name) and isinstance(other, ast.Name)
        if is_named and (names <= turn.own or (len(names) == 1 and names <= turning)):
            return True
        if _is_same_part(mine, other, turning) or _is_named_after(mine, other, turning):
            return True
        if _is_in_part(mine, other, turn):
            return True
        if not may_be_equal(mine, other, constants):
            return True
    return False


def _is_same_part(mine: ast.expr, other: ast.expr, turning: frozenset[str]) -> bool:
    """Whether both are the part of a list that begins with the turn's own place: `rows[i : i + 20]`."""
    if not isinstance(mine, ast.Slice) or not isinstance(mine.lower, ast.Name) or mine.lower.id not in turning:
        return False
    return ast.dump(mine) == ast.dump(other)


def _is_in_part(mine: ast.expr, other: ast.expr, turn: Turn) -> bool:
    """Whether both are of the part that begins with the turn's own place: `rows[i + j]` beside `rows[i : i + 20]`."""
    starts = [_start(key, turn) for key in (mine, other)]
    return starts[0] is not None and starts[0] == starts[1]


def _start(key: ast.expr, turn: Turn) -> str | None:
    """The turn's own place at which the part begins that the key is of."""
    if isinstance(key, ast.Slice):
        return key.lower.id if isinstance(key.lower, ast.Name) and key.lower.id in turn.turning else None
    if not isinstance(key, ast.BinOp) or not isinstance(key.op, ast.Add):
        return None
    names = {side.id for side in (key.left, key.right) if isinstance(side, ast.Name)}
    places, steps = names & turn.turning, names & turn.counted
    return next(iter(places)) if len(places) == 1 and len(steps) == 1 else None


def _is_named_after(mine: ast.expr, other: ast.expr, turning: frozenset[str]) -> bool:
    """Whether one key is the turn's own and the other made of it: `table[f"{name}_summary"]` beside `table[name]`."""
    for own, made in ((mine, other), (other, mine)):
        if isinstance(own, ast.Name) and own.id in turning and isinstance(made, ast.JoinedStr | ast.BinOp):
            names = {node.id for node in walk(made) if isinstance(node, ast.Name)}
            texts = [n.value for n in walk(made) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
            if names == {own.id} and any(texts):
                return True
    return False


def may_be_equal(one: ast.expr, other: ast.expr, constants: Constants = lambda node: node) -> bool:
    """Whether two keys can be the same: constants that are, one that an f-string can give, two that end alike."""
    values = constants(one), constants(other)
    if all(isinstance(value, ast.Constant) for value in values):
        return len({value.value for value in values if isinstance(value, ast.Constant)}) == 1
    mine, others = (_parts(value, constants) for value in values)
    if mine is None or others is None:
        return True
    if len(mine) > 1 and len(others) > 1:
        first, other_first, last, other_last = mine[0], others[0], mine[-1], others[-1]
        can_begin = first.startswith(other_first) or other_first.startswith(first)
        return can_begin and (last.endswith(other_last) or other_last.endswith(last))
    if len(mine) > 1:
        mine, others = others, mine
    return re.fullmatch(".*".join(map(re.escape, others)), mine[0], re.DOTALL) is not None


def _parts(key: ast.expr, constants: Constants) -> list[str] | None:
    """The parts of a text between which something stands that is not known: of a constant one."""
    if isinstance(key, ast.Constant):
        return [str(key.value)]
    if not isinstance(key, ast.JoinedStr):
        return None
    parts = [""]
    for each in key.values:
        value = constants(each.value) if isinstance(each, ast.FormattedValue) else each
        if isinstance(value, ast.Constant):
            parts[-1] += str(value.value)
        else:
            parts.append("")
    return parts
