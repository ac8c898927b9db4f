"""What becomes of a task whose events come together first, in LibCST."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst
import libcst.matchers as m

from batchlint.codemod.changes import EventsChange, TaskChange
from batchlint.codemod.nodes import TWO_LINES, line

SECONDS = 900
"""For how long events come together, at most."""
Use = Callable[[str], str]
"""What the file calls a name of the helper, which it then imports."""


def collecting(live: cst.FunctionDef, task: TaskChange, events: EventsChange, use: Use) -> list[cst.FunctionDef]:
    """The task that takes an event (`live` would work on it now), and the one that tries an event again."""
    taking = _kept_by_worker(live, task, use) if events.flush is None else _put_aside(live, task, use)
    if events.alone is None:
        return [taking]
    name = {"name": f'"{task.registered}_alone"'} if task.registered else {}
    decorators = [_with_options(each, **name) for each in live.decorators] if name else live.decorators
    return [live.with_changes(name=cst.Name(events.alone), decorators=decorators), taking]


def flushing(name: str, task: TaskChange, events: EventsChange, use: Use) -> list[cst.FunctionDef]:
    """The task that hands on what the task `name` has put aside, and its place in beat's schedule."""
    if events.flush is None:
        return []
    source = f"""
@{task.decorator}({task.named("flush")}acks_late=True, reject_on_worker_lost=True)
def {events.flush}():
    '''Hands on to `{task.together}` what `{name}` has put aside.'''
    for items in {use("taken_events")}({task.together}):
        {task.together}.delay(items)


@{events.app}.on_after_finalize.connect
def {events.schedule}(sender, **kwargs):
    sender.add_periodic_task({SECONDS}, {events.flush}.s())
""".replace("'''", '"' * 3)
    functions = [each for each in cst.parse_module(source).body if isinstance(each, cst.FunctionDef)]
    return [each.with_changes(leading_lines=TWO_LINES) for each in functions]


def _put_aside(live: cst.FunctionDef, task: TaskChange, use: Use) -> cst.FunctionDef:
    """The task, which only keeps its arguments."""
    parameters = [*live.params.posonly_params, *live.params.params][task.bound :]
    arguments = ", ".join([task.together, *(parameter.name.value for parameter in parameters)])
    return _instead(live, f"{use('put_aside')}({arguments})")


def _kept_by_worker(live: cst.FunctionDef, task: TaskChange, use: Use) -> cst.FunctionDef:
    """The task as one of celery-batches, which gets many events at a time."""
    receiver = live.params.params[:1] if task.bound else ()
    options = {"base": "Batches", "flush_every": "1_000", "flush_interval": str(SECONDS)}
    handed = f"{task.together}.delay([{use('event_arguments')}({task.twin}, each) for each in requests])"
    return _instead(live, handed).with_changes(
        params=cst.Parameters([*receiver, cst.Param(cst.Name("requests"))]),
        decorators=[_with_options(each, **options) for each in live.decorators],
    )


def _instead(live: cst.FunctionDef, statement: str) -> cst.FunctionDef:
    """The task with its docstring, and this statement as its body."""
    kept = live.body.body[:1] if live.get_docstring() is not None else []
    gives_none = live.returns is not None and m.matches(live.returns.annotation, m.Name("None"))
    body = cst.IndentedBlock([*kept, line(statement)])
    return live.with_changes(body=body, returns=live.returns if gives_none else None)


def _with_options(decorator: cst.Decorator, **options: str) -> cst.Decorator:
    """The decorator with these keyword arguments, in place of those that it has of their names."""
    made = decorator.decorator
    call = made if isinstance(made, cst.Call) else cst.Call(made)
    kept = [each for each in call.args if each.keyword is None or each.keyword.value not in options]
    equal = cst.AssignEqual(whitespace_before=cst.SimpleWhitespace(""), whitespace_after=cst.SimpleWhitespace(""))
    new = [cst.Arg(cst.parse_expression(text), cst.Name(name), equal) for name, text in options.items()]
    if kept:
        kept[-1] = kept[-1].with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))
    return decorator.with_changes(decorator=call.with_changes(args=[*kept, *new]))
