"""`while` loops that count through a collection: `while start < len(texts): ...; start += 100`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod import scopes
from batchlint.codemod.access import Channel, Frame
from batchlint.codemod.blocks import LEAVING, leaving_out, own_exits
from batchlint.codemod.changes import Counter, Fanout
from batchlint.codemod.refusals import Refused
from batchlint.codemod.yielding import own_yields
from batchlint.facts import MODULE, FunctionFacts
from batchlint.trees import walk

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner


class Counting(NamedTuple):
    """Where in a loop's body it counts on, and how many statements in front leave items out, which may count too."""

    place: int
    heads: int


def of(planner: Planner, function: FunctionFacts, node: ast.While) -> Counting | None:
    """How the loop counts, where nothing but that decides which items come."""
    tested = scopes.read(node.test)
    steps = [index for index, each in enumerate(node.body) if _counted(each) in tested]
    if len(steps) != 1 or node.orelse:
        return None
    index, step = steps[0], node.body[steps[0]]
    assert isinstance(step, ast.AugAssign) and isinstance(step.target, ast.Name)
    heads = leaving_out(node.body[:index])
    others = [*node.body[heads:index], *node.body[index + 1 :]]
    counter, bound = step.target.id, scopes.bound(others)
    declared = scopes.declared(ast.walk(function.node))
    is_steered = counter in bound | declared or scopes.read(step.value) & (bound | scopes.bound(node.body[:heads]))
    leaves = heads and any(isinstance(n, LEAVING) for s in node.body[:heads] for n in walk(s))
    leaves = leaves or (index < len(node.body) - 1 and any(own_exits(others, ast.Break)))
    loop = ast.For(step.target, node.test, node.body, [])
    shares_line = ";" in planner.graph.modules[function.id.path].lines[step.lineno - 1]
    is_other = not others or is_steered or leaves or own_yields(loop) or shares_line
    return None if is_other else Counting(index, heads)


def _counted(statement: ast.stmt) -> str:
    """The variable that the statement counts on or down."""
    is_sum = isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add | ast.Sub)
    target = statement.target if is_sum and isinstance(statement, ast.AugAssign) else None
    return target.id if isinstance(target, ast.Name) else ""


def fanout(planner: Planner, function: FunctionFacts, node: ast.While, counting: Counting) -> Fanout:
    """The fan-out of the loop: what counts stays a loop, the rest of the body handles the items from one number on."""
    step = node.body[counting.place]
    assert isinstance(step, ast.AugAssign) and isinstance(step.target, ast.Name)
    counter, heads = step.target.id, node.body[: counting.heads]
    if planner.asks(function, [node.test, step.value]) or planner.asks(function, heads):
        raise Refused("unsupported-shape", f"a request decides which item comes next (line {node.lineno})")
    after = planner.reader.exposure.after(function.node, node)
    if counter in after and scopes.is_in_try(function.node, node):
        raise Refused(
            "unsupported-shape", f"what an error leaves in `{counter}` is read after the loop; handle it per item"
        )
    behind = node.body[counting.place + 1 :]
    is_read = counter in set().union(*map(scopes.read, behind))
    rest = node.body[counting.heads :]
    body = rest if is_read else [each for each in rest if each is not step]
    outer = Frame(function, set())
    drawing = [*planner.reader.of(node.test, outer), *planner.reader.simple(step, outer)]
    items = _range(node, step)
    target: ast.expr = ast.Name(counter, ast.Store())
    aliases: dict[str, set[Channel]] = {}
    if heads:
        turn = ast.fix_missing_locations(ast.copy_location(ast.For(target, items, heads, []), node))
        given = sorted((scopes.bound(heads) & set().union(*map(scopes.read, rest))) - {counter})
        used = [ast.Expr(ast.Name(name, ast.Load())) for name in given]
        if left := set(given) & (
            planner.reader.exposure.exposed([*heads, *used], {counter}) | after | planner.read_elsewhere(function)
        ):
            raise Refused("unsupported-shape", f"`{min(left)}` may be of another turn of the loop (line {node.lineno})")
        frame = planner.frame(function, turn, [counter], scopes.bound(heads) - {counter})
        frame.targets.add(counter)  # each turn has another number, also where what leaves an item out counts on
        drawing += [a for head in heads for a in planner.reader.statement(head, frame)]
        aliases = {name: frame.aliases.get(name, set()) for name in given}
        target = ast.Tuple([target, *(ast.Name(name, ast.Store()) for name in given)], ast.Store())
        items = ast.Call(ast.Name("enumerate", ast.Load()), [items], [])
    loop = ast.copy_location(ast.For(target, items, body, []), node)
    made = Fanout(function.id, node)
    counted = Counter(counter, is_kept=is_read, is_global=function.id.qualname == MODULE, heads=counting.heads)
    planner.split(
        made,
        function,
        ast.fix_missing_locations(loop),
        nested=False,
        stands=node,
        drawing=drawing,
        counter=counted,
        aliases=aliases,
    )
    return made


def _range(node: ast.While, step: ast.AugAssign) -> ast.expr:
    """What a `for` loop would go over, for a name of its items."""
    lengths = [n for n in ast.walk(node.test) if isinstance(n, ast.Call)]
    is_by_one = isinstance(step.value, ast.Constant) and step.value.value == 1
    start, end = ast.Constant(0), lengths[0] if lengths else node.test
    return ast.Call(ast.Name("range", ast.Load()), [start, end] if is_by_one else [start, end, step.value], [])
