"""Loops that fill a list and ask when it is full: `found.append(row); if len(found) >= 100: embed(found); found = []`.

Filling the list is drawing an item: each full list is one, and what is left over behind the loop is the last. The
statement behind the loop that asks for it goes into what draws the lists.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Sequence, Set
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod import redrawn, scopes
from batchlint.codemod.access import CONTENT, Access, Channel, Frame
from batchlint.codemod.blocks import awaits, own_exits
from batchlint.codemod.changes import Buffer, Fanout
from batchlint.codemod.refusals import Refused
from batchlint.facts import MODULE, FunctionFacts
from batchlint.symbols import last_name
from batchlint.trees import walk
from batchlint.values import Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_PUTS = frozenset({"append", "extend", "insert"})
_KEEPS = frozenset({"add", "appendleft", "put", "put_nowait", "setdefault", "update", *_PUTS})
_EMPTIES = frozenset({"clear"})
_READING = frozenset(
    ["len", "zip", "enumerate", "sorted", "sum", "max", "min", "any", "all", "list", "tuple", "set", "join", "dumps",
     "print", "str", "range"]
)  # fmt: skip
"""Calls that keep nothing of what they are given but its elements."""
_LOOKING = (ast.If, ast.While, ast.UnaryOp, ast.Compare, ast.For, ast.comprehension, ast.FormattedValue, ast.Delete)
_LEAVES = (ast.Return, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)
_MAX_DEPTH = 3


class Filled(NamedTuple):
    """A loop whose last statement, however deep, is the block `full`, which asks for what the lists `names` hold."""

    names: tuple[str, ...]
    full: ast.If
    resets: int
    """How many statements at the end of the block empty the lists."""
    tail: ast.If | None
    """The statement behind the loop that asks for what is left over."""

    @property
    def asking(self) -> list[ast.stmt]:
        return self.full.body[: -self.resets]


def of(planner: Planner, function: FunctionFacts, loop: ast.AST) -> Filled | None:
    """What the loop fills; None for other loops."""
    levels = list(_levels(loop))
    full = levels[-1].body[-1] if levels else None
    if not isinstance(full, ast.If) or full.orelse or awaits([loop]):
        return None
    if _shares_lines(full) or any(map(_shares_lines, levels)):
        return None
    emptied = _emptied(full.body)
    names = tuple(dict.fromkeys(name for group in emptied for name in group))
    asking = full.body[: len(full.body) - len(emptied)]
    if not names or not asking or not planner.asks(function, asking) or scopes.bound(asking) & set(names):
        return None
    resets = full.body[len(asking) :]
    if not all(_is_its_own(planner, function, name, resets) for name in names):
        return None
    if scopes.bound(asking) & scopes.bound(resets):
        return None
    behind = scopes.following(function.node, loop)
    tail = behind[0] if behind else None
    is_plain = isinstance(tail, ast.If) and not tail.orelse and not _shares_lines(tail)
    if not isinstance(tail, ast.If) or not is_plain or not scopes.read(tail.test) <= {*names, "len"}:
        tail = None
    rest = tail.body[: len(tail.body) - len(_emptied(tail.body))] if tail is not None else []
    is_same = [ast.dump(each) for each in rest] == [ast.dump(each) for each in asking]
    return Filled(names, full, len(emptied), tail if is_same else None)


def around(planner: Planner, function: FunctionFacts, node: ast.AST) -> ast.For | None:
    """The loop for whose rest the statement around the node asks."""
    for outer, tail in itertools.pairwise(scopes.path_to(function.node, node)):
        before = scopes.preceding(outer, tail) if isinstance(tail, ast.If) else []
        loop = before[-1] if before else None
        filled = of(planner, function, loop) if isinstance(loop, ast.For) else None
        if filled is not None and filled.tail is tail and isinstance(loop, ast.For):
            return loop
    return None


def fanout(planner: Planner, function: FunctionFacts, loop: ast.For, filled: Filled) -> Fanout:
    """The fan-out of the lists; Refused where filling one may have to do with an answer."""
    filling = _Filling(planner, function, loop, filled)
    made, path = Fanout(function.id, loop), function.id.path
    planner.split(
        made,
        function,
        filling.lists(),
        nested=False,
        stands=loop,
        drawing=filling.touched(),
        # What the asking part binds too is seen by what fills the next list only where that reads it first.
        state=frozenset((filling.bound - scopes.bound(filled.asking)) | set(filled.names)),
        beside=filling.beside,
        aliases=filling.aliases(),
    )
    changes, tail = made.file(path), filled.tail
    change = changes.loops[planner.place(path, loop)]
    scope = "global" if function.id.qualname == MODULE else "nonlocal"
    change.state = f"{scope} {', '.join(sorted(filling.outer))}"
    rest = len(_emptied(tail.body)) if tail is not None else 0
    change.buffer = Buffer(filled.names, filled.resets, len(filling.levels), rest)
    if tail is not None:
        changes.dropped.add(planner.place(path, tail))
        made.converted |= {id(call) for call in planner.converted(function, tail.body)}
    return made


class _Filling:
    """How a loop fills its lists; Refused where a request decides on what comes into them, or the loop may be left."""

    def __init__(self, planner: Planner, function: FunctionFacts, loop: ast.For, filled: Filled) -> None:
        self.planner, self.function, self.loop, self.filled = planner, function, loop, filled
        self.levels = list(_levels(loop))
        self.fills: list[ast.stmt] = [statement for level in self.levels for statement in level.body[:-1]]
        self.heads: list[ast.expr] = [*(level.iter for level in self.levels), filled.full.test]
        if planner.asks(function, self.fills) or planner.asks(function, self.heads):
            raise Refused("unsupported-shape", f"a request decides which item comes next (line {loop.lineno})")
        _check_exits(self.fills, filled.asking)
        targets = [name for level in self.levels for name in _targets(level)]
        resets = filled.full.body[-filled.resets :]
        self.bound = scopes.bound([*self.fills, *resets]) | {*targets, *filled.names}
        self.outer = _outer(planner, function, loop, filled, self.bound)
        read = set().union(*map(scopes.read, filled.asking))
        self.given = [*filled.names, *sorted((self.bound & read) - set(filled.names))]
        # A name that not every turn binds may stand for what another list was asked with.
        kept = ast.Tuple([filled.full.test, *(ast.Name(name, ast.Load()) for name in self.given)], ast.Load())
        turn = ast.fix_missing_locations(ast.copy_location(_without_asking(self.levels, kept), loop))
        self.beside = planner.reader.exposure.exposed([turn]) - set(filled.names)
        """What filling reads before it has bound it."""
        inner = self.levels[-1]
        fresh = scopes.bound(inner.body[:-1]) | set(_targets(inner))
        self.frame = planner.frame(function, turn, sorted(targets), fresh - self.outer - self.beside)
        self.variables: dict[str, Channel] = {
            name: ("v", function.id.path, function.id.qualname, name) for name in self.bound
        }

    def lists(self) -> ast.For:
        """The loop that goes through the full lists."""
        names: list[ast.expr] = [ast.Name(name, ast.Store()) for name in self.given]
        target = names[0] if len(names) == 1 else ast.Tuple(names, ast.Store())
        made = ast.For(target, ast.Tuple([], ast.Load()), self.filled.asking, [])
        return ast.fix_missing_locations(ast.copy_location(made, self.loop))

    def touched(self) -> list[Access]:
        """What filling the lists touches; Refused where that may depend on the items before."""
        reader, loop = self.planner.reader, self.loop
        found = self.planner.drawn_by(self.function, loop)
        found += redrawn.redrawn(reader, self.frame, loop.target, loop.iter, self.bound)
        found += [a for head in self.heads[1:] for a in reader.of(head, self.frame)]
        found += [a for statement in self.fills for a in reader.statement(statement, self.frame)]
        # An item keeps what the variable is bound to when it is drawn.
        renewed = {self.variables[name] for name in self.given}
        return [a for a in found if a.channel not in renewed or a.how == "read"]

    def aliases(self) -> dict[str, set[Channel]]:
        """What each list is handed over with: what else holds the objects."""
        found = {name: self.frame.aliases.get(name, set()) for name in self.given}
        found |= {name: {(*self.variables[name], CONTENT)} for name in self.given if name not in self.frame.local}
        for name in self.filled.names:
            put = _put(self.planner, self.frame, self.fills, name)
            found |= {name: put, f"**{name}": put}
        return found


def _targets(loop: ast.For) -> Iterator[str]:
    return (node.id for node in walk(loop.target) if isinstance(node, ast.Name))


def _put(planner: Planner, frame: Frame, fills: Sequence[ast.stmt], name: str) -> set[Channel]:
    """What else the list holds objects of."""
    found: set[Channel] = set()
    for node in (n for statement in fills for n in walk(statement)):
        values: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_named(name, node.func.value):
            values = node.args
        elif isinstance(node, ast.AugAssign) and _is_named(name, node.target):
            values = [node.value]
        found |= {channel for value in values for _, channel in planner.reader.sharing.of(value, frame)}
    return found


def _without_asking(levels: Sequence[ast.For], full: ast.expr) -> ast.For:
    """The loop without what asks."""
    inner = _without_asking(levels[1:], full) if len(levels) > 1 else ast.Expr(full)
    return ast.For(levels[0].target, levels[0].iter, [*levels[0].body[:-1], inner], [])


def _shares_lines(block: ast.If | ast.For) -> bool:
    """Whether two of its statements, or one and its head, stand on one line: they are not changed one by one."""
    starts = [statement.lineno for statement in block.body]
    ends = [block.lineno, *(statement.end_lineno for statement in block.body)]
    return any(start == end for start, end in zip(starts, ends, strict=False))


def _levels(loop: ast.AST) -> Iterator[ast.For]:
    """The loop, and the one that is the last statement of its body, and so on."""
    while isinstance(loop, ast.For) and not loop.orelse:
        yield loop
        loop = loop.body[-1]


def _emptied(body: Sequence[ast.stmt]) -> list[list[str]]:
    """The lists that the last statements of the block empty, statement by statement; none for what else starts anew."""
    found: list[list[str]] = []
    for statement in reversed(body):
        lists = emptied_by(statement)
        names = [each.id for each in lists if isinstance(each, ast.Name)]
        if len(names) < len(lists) or not (names or _starts_anew(statement)):
            break
        found.append(names)
    return found


def _starts_anew(statement: ast.stmt) -> bool:
    """Whether it gives variables a constant, as what has been counted for a list: `size = 0`."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Constant):
        return False
    return all(isinstance(target, ast.Name) for target in statement.targets)


def emptied_by(statement: ast.stmt) -> list[ast.expr]:
    """The lists that the statement empties, or gives way to empty ones; none where it does something else too."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            pairs = list(zip(target.elts, value.elts, strict=True))
        return [_whole(target) for target, _ in pairs] if all(is_empty(value) for _, value in pairs) else []
    if isinstance(statement, ast.Delete):
        cut = [target for target in statement.targets if _whole(target) is not target]
        return [_whole(target) for target in cut] if len(cut) == len(statement.targets) else []
    call = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _EMPTIES:
        return [call.func.value]
    return []


def _whole(target: ast.expr) -> ast.expr:
    """The list that is a target itself, or by a slice of all of it."""
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice):
        cut = target.slice
        return target.value if cut.lower is None and cut.upper is None and cut.step is None else target
    return target


def is_empty(value: ast.expr | None) -> bool:
    """Whether the value is a new list without anything in it."""
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "list" and not value.args
    return isinstance(value, ast.List) and not value.elts


def _is_its_own(planner: Planner, function: FunctionFacts, name: str, resets: Sequence[ast.stmt]) -> bool:
    """Whether nothing but the variable holds its lists: a full one is handed over, and an empty one takes its place."""
    bindings = function.bindings.get(name, ())
    is_local = name not in function.parameter_names and name not in function.outer and bool(bindings)
    if not is_local or not all(b.how in {"value", "annotation"} for b in bindings):
        return False
    if not all(is_empty(b.value) for b in bindings if b.how == "value") or name in planner.read_elsewhere(function):
        return False
    is_it = partial(_is_named, name)
    is_renewed = name in scopes.bound(resets)
    return not is_kept(planner, function, is_it, 0) and (is_renewed or is_only_read(planner, function, is_it))


def is_kept(planner: Planner, function: FunctionFacts, is_it: Callable[[ast.expr | None], bool], depth: int) -> bool:
    """Whether the function puts the list itself somewhere else, or hands it to somebody who does."""
    for node in walk(function.node):
        values: list[ast.expr | None] = []
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.Return | ast.Yield):
            values = [node.value]
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            values = [*node.elts] if not isinstance(getattr(node, "ctx", None), ast.Store) else []
        elif isinstance(node, ast.Dict):
            values = [*node.values]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _KEEPS:
            values = [*node.args]
        elif isinstance(node, ast.Call) and _keeps(planner, function, node, is_it, depth):
            return True
        if any(map(is_it, values)):
            return True
    return False


def is_only_read(planner: Planner, function: FunctionFacts, is_it: Callable[[ast.expr | None], bool]) -> bool:
    """Whether the function fills the list, empties it, and else only reads it: an alias would see it emptied."""
    for node, parents in _with_parents(function.node):
        if not is_it(node):
            continue
        parent, *around = parents
        if isinstance(parent, ast.Starred):  # `zip(*found)` is given what is in it
            if not around or (isinstance(around[0], ast.Call) and last_name(around[0].func) not in _READING):
                return False
            continue
        if isinstance(parent, ast.Attribute):
            is_called = bool(around) and isinstance(around[0], ast.Call) and around[0].func is parent
            if not is_called or parent.attr not in _PUTS | _EMPTIES:
                return False
        elif isinstance(parent, ast.Call):
            targets = planner.program.eval(function.id, parent.func)
            is_asking = planner.support.converts(function.id, parent) is not None
            is_plain = is_asking or last_name(parent.func) in _READING or any(isinstance(v, Fn) for v in targets)
            if parent.func is node or not is_plain:
                return False
        elif isinstance(parent, ast.keyword):
            call = around[0] if around else None
            if not isinstance(call, ast.Call) or planner.support.converts(function.id, call) is None:
                return False
        elif isinstance(parent, ast.Subscript):
            if not isinstance(parent.ctx, ast.Load) and not isinstance(parent.slice, ast.Slice):
                return False
        elif not isinstance(parent, _LOOKING) or (isinstance(parent, ast.For) and parent.iter is not node):
            return False
    return True


def _with_parents(root: ast.AST) -> Iterator[tuple[ast.expr, list[ast.AST]]]:
    """The names and attributes that are read, each with what it stands in, innermost first."""
    stack: list[tuple[ast.AST, list[ast.AST]]] = [(root, [])]
    while stack:
        node, parents = stack.pop()
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node, parents
        stack += [(child, [node, *parents]) for child in ast.iter_child_nodes(node)]


def _keeps(
    planner: Planner, function: FunctionFacts, call: ast.Call, is_it: Callable[[ast.expr | None], bool], depth: int
) -> bool:
    """Whether a function of the project keeps the list that the call gives it."""
    if not any(is_it(argument) for argument in [*call.args, *(k.value for k in call.keywords)]):
        return False
    for value in planner.program.eval(function.id, call.func):
        if not isinstance(value, Fn):
            continue
        given = [parameter for parameter, argument in planner.reader.passed(value, call) if is_it(argument)]
        inner = planner.program.functions[value.id]
        kept = (is_kept(planner, inner, partial(_is_named, each), depth + 1) for each in given)
        if not given or depth > _MAX_DEPTH or any(kept):
            return True
    return False


def _is_named(name: str, node: ast.expr | None) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _check_exits(fills: list[ast.stmt], asking: list[ast.stmt]) -> None:
    leaves: list[ast.AST] = [n for s in fills for n in walk(s) if isinstance(n, _LEAVES)]
    leaves += [n for s in asking for n in walk(s) if isinstance(n, ast.Return)]
    leaves += [*own_exits(asking), *own_exits(asking, ast.Break)]
    if leaves:
        line = getattr(leaves[0], "lineno", 0)
        raise Refused("early-stop", f"a loop that fills a list and asks for it may be left (line {line})")


def _outer(planner: Planner, function: FunctionFacts, loop: ast.For, filled: Filled, bound: Set[str]) -> set[str]:
    """What filling the lists binds for the function around it."""
    last = filled.tail or loop
    left = planner.reader.exposure.after(function.node, loop) & bound
    if left and scopes.is_in_try(function.node, loop):
        what = f"what an error leaves in `{min(left)}` is read after the loop"
        raise Refused("unsupported-shape", f"{what}; handle it per item")
    after = planner.reader.exposure.after(function.node, last) & bound
    beside = scopes.bound_beside(function.node, loop) & bound
    is_module = function.id.qualname == MODULE
    if not is_module and (after - beside or bound & function.outer):
        name = min((after - beside) or (bound & function.outer))
        raise Refused("unsupported-shape", f"`{name}` is read after the loop, and bound in it; bind it before the loop")
    if elsewhere := planner.read_elsewhere(function) & bound:
        raise Refused("unsupported-shape", f"`{min(elsewhere)}` is read by a function; hand it over as an argument")
    return set(filled.names) | after | beside
