"""Celery tasks that try again by hand, `raise self.retry(exc=error, countdown=60)`, or ask how often they did.

In the task for all, every item is in its first run. What that would try again is enqueued alone behind the answers.
"""

from __future__ import annotations

import ast
import itertools

from batchlint.codemod import scopes
from batchlint.codemod.catching import may_catch
from batchlint.codemod.paths import function_body
from batchlint.codemod.refusals import Refused
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.symbols import Program, last_name
from batchlint.trees import parents_in, spreads, walk

RETRY, REQUEST = "retry", "request"
_CURRENT, _SIGNAL = "current_task", "task_retry"
_SETTINGS = frozenset({"max_retries", "default_retry_delay", "name", "MaxRetriesExceededError"})
"""What a task has that is the same in each of its runs."""
_OPTIONS = frozenset({"exc", "countdown", "max_retries"})


def asked(
    program: Program, task: FunctionFacts, receiver: str, given: dict[str, ast.expr], managers: frozenset[str]
) -> frozenset[str]:
    """What the task asks its object for, by name; Refused where its first run in a batch could not be told that.

    `given`: the options of its decorator. `managers`: the names of context managers that may catch an error.
    """
    body = function_body(task)
    parents = parents_in(body)
    found: set[str] = set()
    for use in (n for statement in body for n in walk(statement) if isinstance(n, ast.Name) and n.id == receiver):
        attribute = parents.get(id(use))
        if not isinstance(attribute, ast.Attribute):
            raise _refused(task, f"hands its object `{receiver}` on", use, "hand on what is asked of it")
        outer = parents.get(id(attribute))
        call = outer if isinstance(outer, ast.Call) and outer.func is attribute else None
        is_asked = isinstance(attribute.ctx, ast.Load) and call is None
        if attribute.attr == RETRY and call is None:
            raise _refused(task, f"hands `{receiver}.{RETRY}` on", use, "call it")
        if attribute.attr == RETRY and call is not None:
            _check_retry(program, task, call, managers)
        elif attribute.attr == REQUEST and isinstance(outer, ast.Attribute):
            is_asked = outer.attr == "retries" and isinstance(outer.ctx, ast.Load)
        else:
            is_asked = is_asked and attribute.attr in _SETTINGS
        if attribute.attr != RETRY and not is_asked:
            asked_for = ast.unparse(outer if isinstance(outer, ast.Attribute) else attribute)
            raise _refused(task, f"asks for `{asked_for}`, which is of a message of its own", use, "do without it")
        found.add(attribute.attr)
    if RETRY in found and "autoretry_for" in given:
        raise _refused(task, "tries again in two ways", given["autoretry_for"], "leave one of them out")
    if RETRY in found and not _is_some(program, task, given.get("max_retries", ast.Constant(None))):
        raise _refused(task, "may have no second try", given["max_retries"], "write `max_retries` out")
    return frozenset(found)


def check_otherwise(program: Program, task: FunctionFacts) -> None:
    """Refuse a task that is tried again by another way than its own object: by its name, or as the current task."""
    current = {_CURRENT, "get_current_task", *program.aliases.get(_CURRENT, ())}
    names = {task.name, *program.aliases.get(task.name, ()), *current}
    for path, module in program.modules.items():
        for node in walk(module.tree) if any(name in module.text for name in names) else ():
            if isinstance(node, ast.Attribute) and node.attr in {RETRY, REQUEST} and last_name(node.value) in names:
                is_current = last_name(node.value) in current
                if path == task.id.path or node.attr == RETRY or not is_current:
                    where = f"{path}:{node.lineno}"
                    what = (
                        f"`{ast.unparse(node)}` ({where}) may be of the task `{task.name}`, which a batch runs for all"
                    )
                    raise Refused("unsupported-shape", f"{what}; bind the task and ask `self`")


def check_heard(program: Program, task: FunctionFacts) -> None:
    """Refuse a task whose first retry, which the task for all enqueues in its place, somebody would hear of."""
    for path, module in program.modules.items():
        for node in walk(module.tree) if _SIGNAL in module.text else ():
            named = node.attr if isinstance(node, ast.Attribute) else node.name if isinstance(node, ast.alias) else ""
            if named == _SIGNAL:
                where = f"{path}:{getattr(node, 'lineno', 1)}"
                raise Refused("unsupported-shape", f"`{_SIGNAL}` tells of retries of the task `{task.name}` ({where})")


def _refused(task: FunctionFacts, what: str, node: ast.expr, advice: str) -> Refused:
    return Refused("unsupported-shape", f"the task `{task.name}` {what} (line {node.lineno}); {advice}")


def _check_retry(program: Program, task: FunctionFacts, call: ast.Call, managers: frozenset[str]) -> None:
    if not _is_plain(program, task, call):
        raise _refused(task, "tries again with more than an error and a time", call, "raise the error")
    if _is_caught(task, call, managers):
        raise _refused(task, "may go on after it is to be tried again", call, "try again at its end")


def _is_plain(program: Program, task: FunctionFacts, call: ast.Call) -> bool:
    """Whether the call says no more than when to try again, and what went wrong."""
    if call.args or spreads(call) or any(keyword.arg not in _OPTIONS for keyword in call.keywords):
        return False
    return all(k.arg != "max_retries" or _is_some(program, task, k.value) for k in call.keywords)


def _is_caught(task: FunctionFacts, call: ast.Call, managers: frozenset[str]) -> bool:
    """Whether the task may go on although the call has enqueued it again, or a function in it makes the call."""
    trail = scopes.path_to(task.node, call)
    for outer, inner in itertools.pairwise(trail):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            return True
        if isinstance(outer, ast.With) and may_catch(outer, managers):
            return True
        if isinstance(outer, ast.Try | ast.TryStar) and inner in outer.body and not all(map(_is_end, outer.handlers)):
            return True
    return False


def _is_end(handler: ast.ExceptHandler) -> bool:
    """Whether the handler is only for a task that has been tried often enough."""
    return handler.type is not None and last_name(handler.type) == "MaxRetriesExceededError"


def _is_some(program: Program, task: FunctionFacts, node: ast.expr) -> bool:
    """Whether a limit lets a task try again at least once: None, or a number above 0."""
    if isinstance(node, ast.Name):
        bindings = program.functions[FunctionId(task.id.path, MODULE)].bindings.get(node.id, ())
        values = [binding.value for binding in bindings if binding.how == "value"]
        is_bound_once = len(values) == len(bindings) == 1 and node.id not in task.bindings
        return is_bound_once and isinstance(values[0], ast.Constant) and _is_some(program, task, values[0])
    if not isinstance(node, ast.Constant):
        return False
    return node.value is None or (isinstance(node.value, int) and node.value > 0)
