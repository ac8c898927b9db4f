"""Loop variables that differ from item to item: an index, a key, a number."""

from __future__ import annotations

import ast
from collections.abc import Set

from batchlint.codemod import scopes
from batchlint.codemod.effects import ARGUMENT_WRITES, MUTATORS, PUTTING
from batchlint.facts import FunctionFacts
from batchlint.iterables import COUNTED, NUMBERS, SAME
from batchlint.symbols import Program, last_name
from batchlint.trees import parents_in, walk
from batchlint.values import Ext, Fn

_FRAMES = ("pandas.", "polars.")
_RELABELLING = frozenset({"set_index", "concat", "explode", "set_axis"})
_MAKING = frozenset({"DataFrame", "Series", "read_csv", "read_excel", "read_table", "read_sql", "read_sql_query"})
_LABELS = frozenset({"index", "index_col"})
"""Arguments of what makes a frame that name its rows."""
_REPEATING = ("email.", "mailbox.", "http.client.", "multidict.")
"""Packages whose mappings hold a key more than once."""
_HOLDING = (
    ast.keyword, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.AugAssign, ast.Starred, ast.Lambda, ast.arguments,
    ast.withitem, ast.Match, ast.Yield, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
"""What may give a list another name, or change it."""
_GIVING = frozenset({"cast", "partial", "getattr", "nullcontext", "closing", "proxy"})
"""Calls that give what they are given, or a way to it."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_LISTED = frozenset({"tolist", "to_list", "to_numpy", "copy"})
"""Methods of a frame's index that give its labels."""


def distinct(program: Program, function: FunctionFacts, target: ast.expr, iterated: ast.expr) -> set[str]:
    """The names in the loop's head that stand for something else in each item of what it goes through."""
    held = _values(program, function, iterated.id) if isinstance(iterated, ast.Name) else []
    if len(held) > 1:
        return set.intersection(*(distinct(program, function, target, value) for value in held))
    iterated = held[0] if held else iterated
    if isinstance(target, ast.Name) and (
        _is_index(program, function, iterated) or isinstance(iterated, ast.Set | ast.SetComp)
    ):
        return {target.id}
    if isinstance(iterated, ast.Subscript) and isinstance(iterated.slice, ast.Slice):
        return distinct(program, function, target, iterated.value)
    if isinstance(iterated, ast.ListComp | ast.GeneratorExp):
        return _kept(program, function, target, iterated)
    if not isinstance(iterated, ast.Call):
        return set()
    if isinstance(target, ast.Name) and program.eval(function.id, iterated.func) == {Ext("builtins.set")}:
        return {target.id}
    if any(isinstance(value, Fn) for value in program.eval(function.id, iterated.func)):
        return set()
    name = last_name(iterated.func)
    if name in SAME and iterated.args:
        return distinct(program, function, target, iterated.args[0])
    if may_be_negative(iterated):
        return set()  # a number below zero is another name for one of the last places of a list
    if name in NUMBERS and isinstance(target, ast.Name):
        return {target.id}
    parts = target.elts if isinstance(target, ast.Tuple) else []
    first = parts[0] if parts else None
    if name in COUNTED and isinstance(first, ast.Name):
        inner = distinct(program, function, parts[1], iterated.args[0]) if len(parts) == 2 and iterated.args else set()
        return {first.id} | inner
    if name == "iterrows" and isinstance(first, ast.Name):
        return set() if _labels_may_repeat(program) else {first.id}
    if name in {"items", "keys"} and _may_repeat_keys(program, function, iterated):
        return set()
    if name == "items" and isinstance(first, ast.Name):
        return {first.id}
    if name in {"groupby", "group_by"} and isinstance(first, ast.Name):
        called = program.eval(function.id, iterated.func)
        is_frame = bool(called) and all(isinstance(v, Ext) and v.path.startswith(_FRAMES) for v in called)
        return {first.id} if is_frame else set()  # those of itertools come again
    return {target.id} if name == "keys" and isinstance(target, ast.Name) else set()


def _kept(
    program: Program, function: FunctionFacts, target: ast.expr, made: ast.ListComp | ast.GeneratorExp
) -> set[str]:
    """Those of a list of items that a test leaves: `[(key, row) for key, row in rows.items() if row]`."""
    if len(made.generators) > 1:
        return set()
    drawn = made.generators[0]
    own = distinct(program, function, drawn.target, drawn.iter)
    own -= {n.id for test in drawn.ifs for n in walk(test) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return {
        name.id
        for name, part in _pairs(target, made.elt)
        if isinstance(name, ast.Name) and isinstance(part, ast.Name) and part.id in own
    }


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """The parts of a target with those of what it is bound to."""
    if not isinstance(target, ast.Tuple):
        return [(target, value)]
    is_alike = isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts)
    parts = [*target.elts, *value.elts] if isinstance(value, ast.Tuple) else []
    if not is_alike or any(isinstance(each, ast.Starred) for each in parts):
        return []
    return list(zip(parts[: len(target.elts)], parts[len(target.elts) :], strict=True))


def _held(program: Program, function: FunctionFacts, iterated: ast.expr) -> ast.expr:
    """What a variable holds that nothing else is ever bound to or put into."""
    values = _values(program, function, iterated.id) if isinstance(iterated, ast.Name) else []
    return values[0] if len(values) == 1 else iterated


def _values(program: Program, function: FunctionFacts, name: str) -> list[ast.expr]:
    """All that a variable of the function can hold, in which nothing changes; nothing where that is not to be seen."""
    bindings = function.bindings.get(name, [])
    values = [each.value for each in bindings if each.how == "value" and each.value is not None]
    is_all = len(values) == len([each for each in bindings if each.how != "annotation"])
    if not is_all or name in function.parameter_names or not is_only_read(program, function, name):
        return []
    return [] if any(name in scopes.read(value) for value in values) else values


def is_only_read(program: Program, function: FunctionFacts, name: str, known: Set[str] = frozenset()) -> bool:
    """Whether no use of a list adds something to it. `known`: other names that it has."""
    names = known | {name}
    parents = parents_in([function.node])
    for use in (n for n in walk(function.node) if isinstance(n, ast.Name) and n.id == name):
        around: ast.AST | None = parents.get(id(use))
        value: ast.AST | None = use
        while isinstance(around, ast.BoolOp) or (isinstance(around, ast.IfExp) and around.test is not value):
            around, value = parents.get(id(around)), around
        if value is not use and not _is_test(around, value):
            return False
        if isinstance(around, ast.Attribute):
            is_read = around.attr not in MUTATORS
        elif isinstance(around, ast.Subscript):
            is_read = around.value is not use or isinstance(around.ctx, ast.Load)
        elif isinstance(around, ast.Call):
            called = program.eval(function.id, around.func)
            is_known = all(isinstance(v, Ext) and v.path not in ARGUMENT_WRITES for v in called)
            is_one_of = last_name(around.func) in {"max", "min"} and len(around.args) > 1
            is_read = is_known and last_name(around.func) not in PUTTING | _GIVING and not is_one_of
        elif isinstance(around, ast.Assign) and around.value is use:
            others = [target.id for target in around.targets if isinstance(target, ast.Name)]
            is_read = len(others) == len(around.targets) and all(
                other in names or is_only_read(program, function, other, names) for other in others
            )
        elif isinstance(around, ast.Return):
            is_read = not any(use in walk(inner) for inner in _inside(function))
        else:
            is_other = isinstance(around, ast.AnnAssign | ast.NamedExpr) and around.value is use
            is_read = not is_other and not isinstance(around, _HOLDING)
        if not is_read:
            return False
    return True


def _is_test(around: ast.AST | None, value: ast.AST | None) -> bool:
    """Whether it is only asked if the value is true."""
    if isinstance(around, ast.UnaryOp):
        return isinstance(around.op, ast.Not)
    is_tested = isinstance(around, ast.If | ast.While | ast.IfExp | ast.Assert) and around.test is value
    return is_tested or (isinstance(around, ast.comprehension) and value in around.ifs)


def _inside(function: FunctionFacts) -> list[ast.AST]:
    """The functions that stand in the function."""
    return [node for node in walk(function.node) if isinstance(node, _FUNCTIONS) and node is not function.node]


def may_be_negative(numbers: ast.Call) -> bool:
    """Whether the call says that numbers below zero are counted: `range(-2, 3)`, not `range(9, -1, -1)`."""
    given = {k.arg: k.value for k in numbers.keywords}
    name, args = last_name(numbers.func), numbers.args
    if name in COUNTED:
        return _is_below(args[1] if len(args) > 1 else given.get("start"), 0)
    if name not in NUMBERS:
        return False
    start, stop = (args[0], args[1]) if len(args) > 1 else (given.get("start"), None)
    is_downward = _is_below(args[2] if len(args) > 2 else given.get("step"), 0)
    return _is_below(start, 0) or (is_downward and _is_below(stop, -1))


def _is_below(node: ast.expr | None, number: int) -> bool:
    if not isinstance(node, ast.UnaryOp) or not isinstance(node.op, ast.USub):
        return False
    return not isinstance(node.operand, ast.Constant) or -node.operand.value < number  # type: ignore[operator]


def _is_index(program: Program, function: FunctionFacts, node: ast.expr) -> bool:
    """Whether it is the labels of a frame's rows, or of those that a test leaves: `df.index[df["name"] == ""]`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _LISTED:
        return _is_index(program, function, _held(program, function, node.func.value))
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.List | ast.Tuple):
        return _is_index(program, function, _held(program, function, node.value))
    if not isinstance(node, ast.Attribute) or node.attr != "index":
        return False
    values = program.eval(function.id, node.value)
    is_frame = all(isinstance(value, Ext) and value.path.startswith(_FRAMES) for value in values)
    return is_frame and not _labels_may_repeat(program)


def _labels_may_repeat(program: Program) -> bool:
    """Whether the program names rows of frames itself, or puts them together: two may have one label then."""
    calls = [each.call.node for name in _RELABELLING for each in program.calls_by_name.get(name, ())]
    if any(not any(keyword.arg == "ignore_index" for keyword in call.keywords) for call in calls):
        return True
    made = (each.call.node for name in _MAKING for each in program.calls_by_name.get(name, ()))
    return any(keyword.arg in _LABELS for call in made for keyword in call.keywords)


def _may_repeat_keys(program: Program, function: FunctionFacts, drawn: ast.Call) -> bool:
    """Whether it is a mapping in which a key may stand more than once: the headers of a mail, a series."""
    paths = [value.path for value in program.eval(function.id, drawn.func) if isinstance(value, Ext)]
    is_series = any(path.startswith(_FRAMES) for path in paths)
    return any(path.startswith(_REPEATING) for path in paths) or (is_series and _labels_may_repeat(program))
