"""The values of each kind of expression."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from batchlint.facts import FunctionId
from batchlint.symbols import enums, keyed, parsed, rows, unpacking
from batchlint.symbols.names import LOCAL, host_of, last_name
from batchlint.values import NOTHING, Cls, Elems, Ext, Fn, Inst, Text, Value, Values, elements, ordered

if TYPE_CHECKING:
    from batchlint.symbols import Program

_CONTAINER_METHODS = frozenset(
    {"get", "pop", "popleft", "setdefault", "values", "items", "copy", "rstrip", "strip", "lstrip"}
)

_CUTTING = frozenset({"split", "rsplit", "partition", "rpartition"})
_FIELDS = {"field": "dataclasses.field", "Field": "pydantic.Field", "PrivateAttr": "pydantic.PrivateAttr"}
"""What says of a field how it is made, by its last name."""
_MAKING = frozenset(f"builtins.{name}" for name in ("list", "dict", "set", "str", "int", "float", "bytearray"))
"""What makes a new value each time it is called."""
_ENTERING = frozenset({"__enter__", "__aenter__", "enter_context", "enter_async_context"})
"""What enters a context manager without `with`: by its own method, or an exit stack's."""
_MOST_SERVERS = 4
"""So many servers at which an address can begin; one that can begin with more says nothing."""


def _eval_name(program: Program, scope: FunctionId, node: ast.Name) -> Values:
    return program.name(scope, node.id)


def _eval_attribute(program: Program, scope: FunctionId, node: ast.Attribute) -> Values:
    key = (scope, id(node))
    known = program.memo.get(key)
    return program.once(key, _attributes, program, scope, node) if known is None else known


def _attributes(program: Program, scope: FunctionId, node: ast.Attribute) -> Values:
    values = program.eval(scope, node.value)
    if node.attr in program.registry.mapper.managers and (managed := rows.managed(program, values, node.attr)):
        return managed
    found = _of_each(program, values, node.attr)
    if behind := rows.behind(program, values, node.attr, found):
        return found | behind
    found |= parsed.address(program, scope, values, node.attr)
    stored = program.stored.attribute(node.attr, values)
    return found | stored if stored else found


def _of_each(program: Program, values: Values, name: str) -> Values:
    if len(values) == 1:
        return program.attribute(next(iter(values)), name)
    found: set[Value] = set()
    for value in ordered(values):
        found |= program.attribute(value, name)
    return frozenset(found)


def _eval_call(program: Program, scope: FunctionId, node: ast.Call) -> Values:
    key = (scope, id(node))
    known = program.memo.get(key)
    return program.once(key, _given, program, scope, node) if known is None else known


def _given(program: Program, scope: FunctionId, node: ast.Call) -> Values:
    read = rows.queried(program, scope, node) or rows.drawn(program, scope, node)
    if read:
        return read
    found = _calls(program, scope, node)
    if found and isinstance(node.func, ast.Attribute) and len(receivers := program.eval(scope, node.func.value)) > 1:
        return found | rows.followed(program, receivers, found)
    return found


def _calls(program: Program, scope: FunctionId, node: ast.Call) -> Values:
    func = node.func
    if node.keywords and last_name(func) in _FIELDS and (made := _of_factory(program, scope, node)):
        return made
    if not isinstance(func, ast.Attribute):
        return program.call(scope, node)
    if func.attr in _CONTAINER_METHODS:
        held = [v for v in program.eval(scope, func.value) if isinstance(v, Elems)]
        is_columns = func.attr == "values" and (node.args or node.keywords)  # of a query's rows
        if held and not is_columns:
            inner = frozenset().union(*(v.values for v in held))
            return inner if func.attr in {"get", "pop", "popleft", "setdefault"} else frozenset({Elems(inner)})
        texts = [v for v in program.eval(scope, func.value) if isinstance(v, Text)]
        if texts and func.attr in {"rstrip", "strip", "lstrip"}:
            return frozenset(texts)
        if func.attr == "get" and node.args and (stored := _stored_item(program, scope, func.value, node.args[0])):
            return stored | program.call(scope, node)
        if func.attr in {"get", "pop"} and len(node.args) == 2 and isinstance(node.args[0], ast.Constant):
            default = program.eval(scope, node.args[1])
            return program.call(scope, node) | {v for v in default if isinstance(v, Text | Fn | Cls)}
    elif func.attr in program.registry.altering_methods:
        wrapped = [v for v in program.eval(scope, func.value) if _is_decorated(program, v)]
        return frozenset(wrapped) or program.call(scope, node)
    elif func.attr in program.registry.named_objects:
        return _named(program, node) or program.call(scope, node)
    elif func.attr in _CUTTING:
        return _cut(program, scope, func.value, node) or program.call(scope, node)
    elif func.attr in _ENTERING and (func.attr.startswith("__") or node.args):
        return unpacking.entered(program, scope, func.value if func.attr.startswith("__") else node.args[0])
    elif func.attr in {"format", "join", "replace"}:
        return frozenset(v for v in program.eval(scope, func.value) if isinstance(v, Text)) or program.call(scope, node)
    return program.call(scope, node)


def _is_decorated(program: Program, value: Value) -> bool:
    """Whether a function or class has decorators, which may give it methods."""
    if isinstance(value, Fn):
        return bool(program.functions[value.id].decorators)
    return isinstance(value, Cls) and bool(program.classes[value.id].node.decorator_list)


def _of_factory(program: Program, scope: FunctionId, node: ast.Call) -> Values:
    """What a field holds for which something is called that makes the value: `field(default_factory=Log)`."""
    if not any(isinstance(v, Ext) and v.path in _FIELDS.values() for v in program.eval(scope, node.func)):
        return NOTHING
    found: set[Value] = set()
    for factory in (keyword.value for keyword in node.keywords if keyword.arg in {"default_factory", "factory"}):
        for value in ordered(program.eval(scope, factory)):
            if isinstance(value, Cls):
                found.add(Inst(value.id, True))
            elif isinstance(value, Fn):
                found |= program.returned(value)
            elif isinstance(value, Ext) and value.path in _MAKING:
                found.add(Ext(f"{value.path}()"))
    return frozenset(found)


def _named(program: Program, node: ast.Call) -> Values:
    """The objects of the classes whose name the call is given: `bot.get_cog("Labels")`."""
    name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    classes = (each for each in program.classes if each.qualname == name and not program.is_test(each.path))
    return frozenset(Inst(each, True) for each in classes)


def _cut(program: Program, scope: FunctionId, text: ast.expr, node: ast.Call) -> Values:
    """The parts of a name that is cut at its dots, to be imported: `module, name = path.rsplit(".", 1)`."""
    sign = node.args[0] if node.args else None
    if not isinstance(sign, ast.Constant) or sign.value not in (".", ":"):
        return NOTHING
    paths = [v.text for v in program.eval(scope, text) if isinstance(v, Text) and sign.value in v.text]
    parts = {Text(part) for path in paths for part in path.rpartition(sign.value)[::2]}
    return frozenset({Elems(frozenset(parts))}) if parts else NOTHING


def _eval_inner(program: Program, scope: FunctionId, node: ast.expr) -> Values:
    return program.eval(scope, node.value)  # type: ignore[attr-defined]


def _eval_boolean(program: Program, scope: FunctionId, node: ast.BoolOp) -> Values:
    return frozenset().union(*(program.eval(scope, value) for value in node.values))


def _eval_conditional(program: Program, scope: FunctionId, node: ast.IfExp) -> Values:
    return program.eval(scope, node.body) | program.eval(scope, node.orelse)


def _eval_operator(program: Program, scope: FunctionId, node: ast.BinOp) -> Values:
    if isinstance(node.op, ast.BitOr):
        return program.eval(scope, node.left) | program.eval(scope, node.right)
    if isinstance(node.op, ast.Add):
        left, right = program.eval(scope, node.left), program.eval(scope, node.right)
        texts = _texts(left)
        if texts:
            ends = _texts(right) or ["{}"]
            return frozenset(Text(a + b) for a in texts[:4] for b in ends[:4])
        return frozenset(v for v in left | right if isinstance(v, Elems))
    if isinstance(node.op, ast.BitAnd | ast.Sub):
        return frozenset(v for v in program.eval(scope, node.left) if isinstance(v, Elems))
    return NOTHING


def _texts(values: Values) -> list[str]:
    """The texts among the values, addresses first: not all of many are put together."""
    return sorted((v.text for v in values if isinstance(v, Text)), key=lambda text: ("://" not in text, text))


def _eval_subscript(program: Program, scope: FunctionId, node: ast.Subscript) -> Values:
    found: set[Value] = {*_stored_item(program, scope, node.value, node.slice), *keyed.texts(program, scope, node)}
    kept = keyed.item(program, scope, node)
    if kept is not None:
        return kept | found
    for value in ordered(program.eval(scope, node.value)):
        if isinstance(value, Elems):
            found |= {value} if isinstance(node.slice, ast.Slice) else value.values
        elif isinstance(value, Cls | Ext):
            found |= enums.members(program, [value]) or {value}
    return frozenset(found)


def _stored_item(program: Program, scope: FunctionId, container: ast.expr, key: ast.expr) -> Values:
    """What is kept under a constant key in a container that is not the project's own."""
    if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
        return NOTHING
    return program.stored.item(key.value, lambda: program.eval(scope, container))


def _eval_display(program: Program, scope: FunctionId, node: ast.List | ast.Tuple | ast.Set) -> Values:
    return frozenset({Elems(frozenset().union(*(_held(program, scope, each) for each in node.elts[:60])))})


def _held(program: Program, scope: FunctionId, item: ast.expr) -> Values:
    """What an item of a display puts into it: `*tasks` what `tasks` holds."""
    return unpacking.iterated(program, scope, item) if isinstance(item, ast.Starred) else program.eval(scope, item)


def _eval_dict(program: Program, scope: FunctionId, node: ast.Dict) -> Values:
    pairs = list(zip(node.keys, node.values, strict=True))[:60]
    held = (elements(v) if key is None else v for key, v in ((key, program.eval(scope, value)) for key, value in pairs))
    return frozenset({Elems(frozenset().union(*held))})


def _eval_comprehension(
    program: Program, scope: FunctionId, node: ast.ListComp | ast.SetComp | ast.GeneratorExp
) -> Values:
    return frozenset({Elems(program.eval(scope, node.elt))})


def _eval_dict_comprehension(program: Program, scope: FunctionId, node: ast.DictComp) -> Values:
    return frozenset({Elems(program.eval(scope, node.value))})


def _eval_constant(program: Program, scope: FunctionId, node: ast.Constant) -> Values:
    value = node.value
    return frozenset({Text(value)}) if isinstance(value, str) and len(value) < 300 else NOTHING


def _eval_joined(program: Program, scope: FunctionId, node: ast.JoinedStr) -> Values:
    text, heads = "", {""}
    for part in node.values[:12]:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            inner = [v.text for v in program.eval(scope, part.value) if isinstance(v, Text)] if len(text) < 80 else []
            if not text and _are_servers(inner):
                heads = set(inner)
            else:
                text += inner[0] if len(inner) == 1 else "{}"
    return frozenset({Text(f"{head}{text}"[:300]) for head in heads})


def _are_servers(urls: list[str]) -> bool:
    """Whether an address can begin at any of these servers, of which some are hosted, as others may be."""
    hosts = {host_of(each) for each in urls}
    return 1 < len(urls) <= _MOST_SERVERS and None not in hosts and hosts != {LOCAL}


def _eval_lambda(program: Program, scope: FunctionId, node: ast.Lambda) -> Values:
    qualname = program.modules[scope.path].lambdas.get((node.lineno, node.col_offset))
    return frozenset({Fn(FunctionId(scope.path, qualname))}) if qualname else NOTHING


EVALUATORS: dict[type[ast.AST], Callable[..., Values]] = {
    ast.Name: _eval_name,
    ast.Attribute: _eval_attribute,
    ast.Call: _eval_call,
    ast.Await: _eval_inner,
    ast.Starred: _eval_inner,
    ast.NamedExpr: _eval_inner,
    ast.YieldFrom: _eval_inner,
    ast.BoolOp: _eval_boolean,
    ast.IfExp: _eval_conditional,
    ast.BinOp: _eval_operator,
    ast.Subscript: _eval_subscript,
    ast.List: _eval_display,
    ast.Tuple: _eval_display,
    ast.Set: _eval_display,
    ast.Dict: _eval_dict,
    ast.ListComp: _eval_comprehension,
    ast.SetComp: _eval_comprehension,
    ast.GeneratorExp: _eval_comprehension,
    ast.DictComp: _eval_dict_comprehension,
    ast.Constant: _eval_constant,
    ast.JoinedStr: _eval_joined,
    ast.Lambda: _eval_lambda,
}
