"""`while` loops that take one item after the other out of a collection: `while queue: item = queue.popleft()`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from batchlint.codemod import counting, drawing_tests, scopes
from batchlint.codemod.access import Access, Frame
from batchlint.codemod.blocks import Comprehension, Loop, awaits, own_exits
from batchlint.codemod.changes import Fanout, LoopChange
from batchlint.codemod.refusals import Refused
from batchlint.facts import MODULE, FunctionFacts
from batchlint.symbols import last_name

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_TAKES = frozenset({"pop", "popleft", "popitem", "get", "get_nowait", "heappop"})

_GROWS = frozenset({"append", "add", "extend", "update"})


def fanout(planner: Planner, function: FunctionFacts, node: ast.While) -> Fanout:
    """The fan-out of the loop: what takes the items stays a loop, the rest of the body handles one of them."""
    check_until_enough(planner, function, node)
    counts = counting.of(planner, function, node) if not awaits([node]) else None
    if counts is not None:
        return counting.fanout(planner, function, node, counts)
    in_test = drawing_tests.loop_of(planner, function, node)
    if in_test is not None:
        return _drawn_in_test(planner, function, node, *in_test)
    taking = [] if node.orelse or awaits([node]) else _taking(planner, function, node)
    heads, rest = [node.body[i] for i in taking], [s for i, s in enumerate(node.body) if i not in taking]
    if not rest or not taking:
        raise Refused(
            "unsupported-shape",
            "a `while` loop decides as it goes how many requests there are; loop over the items, or take each out of"
            " its collection first thing",
        )
    if planner.asks(function, [node.test]) or planner.asks(function, heads):
        raise Refused("unsupported-shape", f"a request decides which item comes next (line {heads[0].lineno})")
    left = planner.reader.exposure.after(function.node, node) & (
        scopes.read(node.test) | set().union(*map(scopes.read, heads))
    )
    if left and scopes.is_in_try(function.node, node):
        raise Refused(
            "unsupported-shape", f"what an error leaves in `{min(left)}` is read after the loop; handle it per item"
        )
    outer = Frame(function, set())
    drawing = [a for head in [*heads, node.test] for a in _accesses(planner, head, outer)]
    state = frozenset(name for head in heads if (name := _sliced(head, node)) and isinstance(head, ast.Assign))
    if state & scopes.bound(rest):
        what = f"`{min(state & scopes.bound(rest))}` gets other items on the way"
        raise Refused("dependent-iterations", what)
    made = Fanout(function.id, node)
    first = heads[0]
    is_cut = any(_sliced(head, node) for head in heads)
    if isinstance(first, ast.Assign) and not is_cut:
        loop = ast.For(first.targets[0], first.value, rest, [])
    else:
        names = sorted(scopes.bound(heads) & set().union(*map(scopes.read, rest)))
        targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in names]
        # A slice is a list of its own, whatever becomes of the list that it is cut from.
        source = ast.Tuple([], ast.Load())
        loop = ast.For(targets[0] if len(targets) == 1 else ast.Tuple(targets, ast.Store()), source, rest, [])
    loop = ast.fix_missing_locations(ast.copy_location(loop, node))
    planner.split(made, function, loop, nested=False, stands=node, drawing=drawing, state=state)
    change = made.file(function.id.path).loops[planner.place(function.id.path, node)]
    scope = "global" if function.id.qualname == MODULE else "nonlocal"
    _take(change, node, taking)
    change.state = f"{scope} {', '.join(sorted(state))}" if state else ""
    return made


def _drawn_in_test(
    planner: Planner, function: FunctionFacts, node: ast.While, loop: ast.For, drawing: list[Access], heads: int
) -> Fanout:
    made = Fanout(function.id, node)
    planner.split(made, function, loop, nested=False, stands=node, drawing=drawing)
    _take(made.file(function.id.path).loops[planner.place(function.id.path, node)], node, range(heads))
    return made


def _take(change: LoopChange, node: ast.While, taking: Sequence[int]) -> None:
    """Note which statements of the body take an item: these, and those that number it."""
    rest = [place for place in range(len(node.body)) if place not in taking]
    numbers = rest[: change.numbering.heads] if change.numbering is not None else []
    change.taking = tuple(sorted([*taking, *numbers]))


def check_until_enough(planner: Planner, function: FunctionFacts, node: ast.While) -> None:
    """Refused where each turn asks, and the loop goes on until so many answers are kept: `while len(kept) < target`."""
    counted = {kept for n in ast.walk(node.test) if isinstance(n, ast.Compare) and (kept := _too_few(n))}
    asking = planner.converted(function, node.body) if counted else ()
    inner = [n for n in ast.walk(node) if isinstance(n, Loop | Comprehension)]
    lines = [call.lineno for call in asking if not any(n is call for each in inner for n in ast.walk(each))]
    for each in ast.walk(node) if lines else ():
        is_growing = isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in _GROWS
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and is_growing:
            kept = ast.unparse(each.func.value)
            if kept in counted and min(lines) <= each.lineno:
                raise Refused("early-stop", f"the loop in line {node.lineno} goes on until `{kept}` has enough")


def _too_few(test: ast.Compare) -> str:
    """The collection that the test finds too small."""
    sides = [(test.left, ast.Lt | ast.LtE | ast.NotEq), (test.comparators[0], ast.Gt | ast.GtE)]
    for side, operators in sides:
        is_len = isinstance(side, ast.Call) and last_name(side.func) == "len" and len(side.args) == 1
        if isinstance(side, ast.Call) and is_len and isinstance(test.ops[0], operators):
            return ast.unparse(side.args[0])
    return ""


def _taking(planner: Planner, function: FunctionFacts, node: ast.While) -> list[int]:
    """The places of the statements that take an item; none where it is not known what does."""
    head, last = node.body[0], len(node.body) - 1
    if isinstance(head, ast.Assign) and len(head.targets) == 1 and _takes(head.value):
        return [0]
    if _sliced(head, node):
        return [0]
    for index in (1, last):  # what is cut off goes at once, or when it is handled
        name = _sliced(node.body[index], node) if index <= last else None
        between = node.body[1:index]
        is_steered = name is not None and name in scopes.bound(between) | set().union(*map(scopes.read, between))
        if name and _cuts(head, name) and not is_steered and not any(own_exits(between)):
            return [0, index]
    return []


def _cuts(statement: ast.stmt, name: str) -> bool:
    """Whether the statement gives a name to the first items: `part = todo[:10]`."""
    value = statement.value if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
    return isinstance(value, ast.Subscript) and _is_named(value.value, name) and isinstance(value.slice, ast.Slice)


def _sliced(statement: ast.stmt, node: ast.While) -> str | None:
    """The tested list that the statement cuts: `todo = todo[10:]`, also beside another name, or `del todo[:10]`."""
    tested = scopes.read(node.test)
    if isinstance(statement, ast.Delete) and len(statement.targets) == 1:
        place = statement.targets[0]
        if (
            isinstance(place, ast.Subscript)
            and isinstance(place.value, ast.Name)
            and isinstance(place.slice, ast.Slice)
        ):
            return place.value.id if place.value.id in tested else None
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    target, value = statement.targets[0], statement.value
    pairs = [(target, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        pairs = list(zip(target.elts, value.elts, strict=True))
    if not all(isinstance(v, ast.Subscript) and isinstance(v.slice, ast.Slice) for _, v in pairs):
        return None
    names = {v.value.id for _, v in pairs if isinstance(v, ast.Subscript) and isinstance(v.value, ast.Name)}
    name = names.pop() if len(names) == 1 else ""
    return name if name in tested and any(_is_named(t, name) for t, _ in pairs) else None


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _accesses(planner: Planner, node: ast.AST, frame: Frame) -> list[Access]:
    if isinstance(node, ast.stmt):
        return planner.reader.statement(node, frame)
    return planner.reader.of(node, frame)


def _takes(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and last_name(value.func) in _TAKES
