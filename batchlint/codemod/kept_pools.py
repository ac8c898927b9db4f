"""Pools that an object or a module keeps: made in one place, given all that they run in another one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from batchlint.codemod.refusals import Refused
from batchlint.facts import Binding, ClassId, FunctionFacts, FunctionId
from batchlint.symbols import last_name
from batchlint.trees import children, is_none, walk
from batchlint.values import Inst

if TYPE_CHECKING:
    from batchlint.codemod.handing import Handing

_GIVES = frozenset({"submit", "map"})
_ENDS = frozenset({"shutdown"})


class Kept(NamedTuple):
    """Where a pool is made: the function, and the calls of its class."""

    function: FunctionId
    made: ast.Call


def found(handing: Handing, caller: FunctionFacts, call: ast.Call, stand_in: str) -> list[Kept]:
    """Where the pool is made that the call gives work; nothing where that is not known.

    Refused where it gets other work too, or one item at a time.
    """
    pool = call.func.value if isinstance(call.func, ast.Attribute) else None
    if not isinstance(pool, ast.Name | ast.Attribute) or last_name(call.func) not in _GIVES:
        return []
    made = _made(handing, caller, pool)
    if not made or any(stand_in not in handing.stand_ins_of(each.function, each.made) for each in made):
        return []
    shown = ast.unparse(pool)
    facts = next((c for c in caller.calls if c.node is call), None)
    is_many = (facts is not None and bool(facts.loops)) or last_name(call.func) == "map"
    if not is_many and not is_passed_on(handing, caller, call):
        raise Refused("unsupported-shape", f"`{shown}` is given one item at a time (line {call.lineno}); map over them")
    if facts is not None and isinstance(facts.statement, ast.Expr) and facts.statement.value is call:
        raise Refused("unsupported-shape", f"nobody waits for what `{shown}` is given (line {call.lineno}); keep it")
    for function, use, parents in _uses(handing, caller, pool):
        if not _is_plain(handing, caller, function, use, parents):
            where = f"{function.id.path}:{getattr(use, 'lineno', 1)}"
            raise Refused("unsupported-shape", f"`{shown}` is there for more than these requests ({where})")
    return made


def is_passed_on(handing: Handing, function: FunctionFacts, call: ast.expr) -> bool:
    """Whether the function gives what it submits to callers that submit many before they wait for one."""
    is_submit = isinstance(call, ast.Call) and last_name(call.func) == "submit"
    if not is_submit or not any(isinstance(n, ast.Return) and n.value is call for n in walk(function.node)):
        return False
    sites = list(handing.program.callers.call_sites(function))
    return bool(sites) and all(_are_collected(handing.program.functions[id], node) for id, node, _ in sites)


def _are_collected(caller: FunctionFacts, call: ast.Call) -> bool:
    """Whether a loop makes the call, and waits for no result, or a comprehension that does not wait for this one."""
    loops = next((each.loops for each in caller.calls if each.node is call), ())
    if not loops:
        return False
    if isinstance(loops[-1], ast.comprehension):
        return not any(_is_waiting(n) and n.value is call for n in walk(caller.node))
    return not any(map(_is_waiting, walk(loops[-1])))


def _is_waiting(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and node.attr == "result"


def _made(handing: Handing, caller: FunctionFacts, pool: ast.Name | ast.Attribute) -> list[Kept]:
    """All that is ever assigned to the attribute or module's variable, if that makes pools."""
    writes: list[tuple[FunctionId, Binding]] = []
    if isinstance(pool, ast.Attribute):
        for klass in _line(handing, caller, pool):
            written = handing.program.self_writes.get(klass, {}).get(pool.attr, [])
            writes += [(function.id, binding) for function, binding in written]
            if pool.attr in handing.program.classes[klass].bindings:
                return []
    elif pool.id not in caller.bindings and pool.id not in caller.parameter_names:
        module = handing.program.modules[caller.id.path]
        writes = [(module.body.id, binding) for binding in module.body.bindings.get(pool.id, [])]
        if any(pool.id in function.outer for function in module.functions.values()):
            return []
    values = [(id, binding.value) for id, binding in writes if binding.how != "annotation"]
    values = [(id, value) for id, value in values if not is_none(value)]
    made = [Kept(id, value) for id, value in values if isinstance(value, ast.Call)]
    return made if len(made) == len(values) else []


def _line(handing: Handing, scope: FunctionFacts, pool: ast.Attribute) -> set[ClassId]:
    """The classes of the object whose attribute it is, with what they inherit from."""
    values = handing.program.eval(scope.id, pool.value)
    return {each for v in values if isinstance(v, Inst) for each in handing.program.mro(v.id)[0]}


Use = tuple[FunctionFacts, ast.AST, list[ast.AST]]


def _uses(handing: Handing, caller: FunctionFacts, pool: ast.Name | ast.Attribute) -> Iterator[Use]:
    """Where the program names the pool, with what stands around it."""
    line = _line(handing, caller, pool) if isinstance(pool, ast.Attribute) else set()
    for path, module in sorted(handing.program.modules.items()):
        for function in (module.body, *module.functions.values()):
            for node, parents in _nodes(function.node):
                if isinstance(pool, ast.Name):
                    is_named = isinstance(node, ast.Name) and node.id == pool.id and path == caller.id.path
                    # Another module may have it by an import or as an attribute.
                    is_named |= isinstance(node, ast.Attribute) and node.attr == pool.id
                    is_named |= isinstance(node, ast.alias) and node.name == pool.id
                else:
                    is_named = isinstance(node, ast.Attribute) and node.attr == pool.attr
                    others = _line(handing, function, node) if isinstance(node, ast.Attribute) and is_named else set()
                    is_named &= not others or bool(others & line)
                if is_named:
                    yield function, node, parents


def _nodes(root: ast.AST) -> Iterator[tuple[ast.AST, list[ast.AST]]]:
    stack: list[tuple[ast.AST, list[ast.AST]]] = [(node, []) for node in children(root)]
    while stack:
        node, parents = stack.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node, parents
            stack += [(child, [*parents, node]) for child in children(node)]


def _is_plain(
    handing: Handing, caller: FunctionFacts, function: FunctionFacts, use: ast.AST, parents: list[ast.AST]
) -> bool:
    """Whether the use makes or ends the pool, tests for it, or gives it requests in the function that is planned."""
    if isinstance(getattr(use, "ctx", None), ast.Store):
        return True
    above, call = [*[None] * 2, *parents][-1], [*[None] * 2, *parents][-2]
    if isinstance(above, ast.If | ast.Compare | ast.UnaryOp | ast.BoolOp):
        return True
    if not isinstance(above, ast.Attribute) or not isinstance(call, ast.Call) or call.func is not above:
        return False
    if above.attr in _ENDS:
        return True
    is_here = function is caller and above.attr in _GIVES
    return is_here and any(edge.node is call for edge in handing.edges(caller.id))
