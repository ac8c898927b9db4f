"""Clocks around a request: what they measure, and whether the time, rather than the answer, is what counts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from batchlint.facts import Binding, CallFacts, FunctionFacts
from batchlint.symbols import Program, last_name
from batchlint.symbols.names import CLOCKS
from batchlint.trees import parents_in, walk
from batchlint.values import Ext

_NAMES = re.compile(r"(time|monotonic|perf_counter)(_ns)?$|now$|utcnow$|today$")
_FILE_NAME = re.compile(r"\.(jsonl?|csv|tsv|txt|md|parquet|xlsx|pkl|ya?ml)$")
_TELLS = re.compile(r"(print|sleep|echo|secho|set_postfix|set_description|debug|info|warning|error|log)$")
_STORES = frozenset({"append", "add", "extend", "write", "writerow", "execute", "insert", "setdefault", "update"})
_KEEPS = ("record", "observe")
_ABOUT = frozenset({"usage", "usage_metadata", "success", "ok", "status_code", "elapsed", "latency", "latency_ms"})
"""What an answer says of how much was asked, whether it went well and how long it took, not what was asked for."""
_WENT = frozenset({"status_code", "ok", "is_success", "raise_for_status", "reason", "reason_phrase"})
"""What a response says of whether the request went well."""


def measured(program: Program, function: FunctionFacts, body: Iterable[ast.AST]) -> list[ast.BinOp]:
    """The differences to a clock that was read in the body."""
    nodes = [node for statement in body for node in walk(statement)]
    started = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and _is_clock(program, function, node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    differences = [n for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Sub)] if started else []
    return [n for n in differences if isinstance(n.right, ast.Name) and n.right.id in started]


def _is_clock(program: Program, function: FunctionFacts, node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    return any(isinstance(v, Ext) and CLOCKS.match(v.path) for v in program.eval(function.id, node.func))


def is_what_counts(program: Program, function: FunctionFacts, call: CallFacts) -> bool:
    """Whether the function keeps how long the call takes, and nothing of what it answers but how that went."""
    if not _reads_clock(function):
        return False
    is_read = _is_read(getattr(function.node, "body", []), call) or _reads_file(function, call)
    return not is_read and keeps_time(program, function, call)


def keeps_time(program: Program, function: FunctionFacts, call: CallFacts) -> bool:
    """Whether the function keeps how long the call takes."""
    if not _reads_clock(function):
        return False
    body = getattr(function.node, "body", [])
    differences = [each for each in measured(program, function, body) if each.lineno >= call.node.lineno]
    parents = parents_in(body)
    return any(_is_kept(body, parents, each) for each in differences)


def _reads_clock(function: FunctionFacts) -> bool:
    is_block = isinstance(getattr(function.node, "body", []), list)
    return is_block and any(_NAMES.match(last_name(each.node.func)) for each in function.calls)


def _is_read(body: list[ast.stmt], call: CallFacts) -> bool:
    """Whether anything is read of the answer but how it went."""
    if call.is_dropped:
        return False
    name = _holder(call)
    return name is None or len(_uses(body, name)) > _told(body, name, _ABOUT)


def _reads_file(function: FunctionFacts, call: CallFacts) -> bool:
    """Whether the function goes on with the file that it told the call to write: `run(out); load(out)`."""
    given = {
        each.id for each in (*call.node.args, *(k.value for k in call.node.keywords)) if isinstance(each, ast.Name)
    }
    files = {name for name in given if any(map(_is_file, function.bindings.get(name, ())))}
    uses = (use for name in files for use in _uses(getattr(function.node, "body", []), name))
    return any(use.lineno > (call.node.end_lineno or call.node.lineno) for use in uses)


def _is_file(binding: Binding) -> bool:
    """Whether a variable holds the name of a file."""
    nodes = walk(binding.value) if binding.how == "value" and binding.value is not None else ()
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return any(_FILE_NAME.search(text) for text in texts)


def is_only_tried(program: Program, function: FunctionFacts, call: CallFacts) -> bool:
    """Whether all that is read of the answer is whether the request went well: `assert response.status_code == 200`."""
    name = _holder(call)
    text = program.modules[function.id.path].text if name is not None else ""
    body = getattr(function.node, "body", []) if any(f".{word}" in text for word in _WENT) else []
    if name is None or not isinstance(body, list):
        return False
    return 0 < len(_uses(body, name)) == _told(body, name, _WENT)


def _awaited(node: ast.expr | None) -> ast.expr | None:
    return node.value if isinstance(node, ast.Await) else node


def _holder(call: CallFacts) -> str | None:
    """The name that alone holds what the call gives."""
    statement = call.statement
    if not isinstance(statement, ast.Assign) or _awaited(statement.value) is not call.node:
        return None
    target = statement.targets[0] if len(statement.targets) == 1 else None
    return target.id if isinstance(target, ast.Name) else None


def _told(body: list[ast.stmt], name: str, about: frozenset[str]) -> int:
    """How often one of those attributes of the name is read."""
    nodes = (node for each in body for node in walk(each) if isinstance(node, ast.Attribute) and node.attr in about)
    return sum(isinstance(node.value, ast.Name) and node.value.id == name for node in nodes)


def _is_kept(body: list[ast.stmt], parents: dict[int, ast.AST], difference: ast.expr) -> bool:
    """Whether the time comes back from the function, or goes into an object, a row or a file."""
    pending: list[ast.AST] = [difference]
    seen: set[str] = set()
    while pending:
        node = pending.pop()
        for above in _above(node, parents):
            if isinstance(above, ast.Return | ast.Yield) or _stores(above):
                return True
            if isinstance(above, ast.Call) and _TELLS.match(last_name(above.func)):
                break
            if isinstance(above, ast.Assign) and isinstance(above.targets[0], ast.Name):
                name = above.targets[0].id
                pending += _uses(body, name) if name not in seen else ()
                seen.add(name)
            if isinstance(above, ast.stmt | ast.Compare):
                break
    return False


def _uses(body: list[ast.stmt], name: str) -> list[ast.Name]:
    nodes = (n for statement in body for n in walk(statement))
    return [n for n in nodes if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]


def _above(node: ast.AST, parents: dict[int, ast.AST]) -> Iterator[ast.AST]:
    while (parent := parents.get(id(node))) is not None:
        yield parent
        node = parent


def _stores(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Subscript | ast.Attribute) for target in node.targets)
    if not isinstance(node, ast.Call):
        return False
    name = last_name(node.func)
    return name in _STORES or name[:1].isupper() or name.startswith(_KEEPS)
