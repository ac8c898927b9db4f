"""What becomes of queue tasks and of what enqueues them, in LibCST."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
import libcst.matchers as m

from batchlint.codemod.changes import EnqueueChange, SentLoop, TaskChange
from batchlint.codemod.event_nodes import Use, collecting, flushing
from batchlint.codemod.nodes import TWO_LINES, def_statement, drawable, forwarded, line
from batchlint.codemod.retrying_tasks import REQUEST, RETRY


def sent_once(change: EnqueueChange, items: str) -> cst.BaseExpression:
    """The call that enqueues the task for all items."""
    suffix = "_on_commit" if change.on_commit else ""
    if change.options:
        return cst.parse_expression(f"{change.receiver}.apply_async{suffix}(args=({items},){change.options})")
    return cst.parse_expression(f"{change.receiver}.delay{suffix}({items})")


def sent_loop(loop: cst.For, change: EnqueueChange) -> list[cst.BaseStatement]:
    """`for x in xs: task.delay(x)` as `task_all.delay([(x,) for x in xs])`, or as a list that the loop fills."""
    if change.items is not None:
        return _filled(loop, change, change.items)
    block = loop.body
    statement = block.body[0]
    leading, trailing = list(loop.leading_lines), cst.TrailingWhitespace()
    if isinstance(statement, cst.SimpleStatementLine):
        leading += statement.leading_lines
        trailing = statement.trailing_whitespace
    if isinstance(block, cst.IndentedBlock) and block.header.comment is not None:
        leading.append(cst.EmptyLine(comment=block.header.comment))
    call = sent_once(change, _drawn(change.item, cst.CompFor(target=loop.target, iter=drawable(loop.iter))))
    return [cst.SimpleStatementLine([cst.Expr(call)], leading_lines=leading, trailing_whitespace=trailing)]


def _filled(loop: cst.For, change: EnqueueChange, items: str) -> list[cst.BaseStatement]:
    first = line(f"{items} = []").with_changes(leading_lines=loop.leading_lines)
    bare = loop.with_changes(leading_lines=[])
    last = cst.SimpleStatementLine([cst.Expr(sent_once(change, items))])
    if not change.guarded:
        return [first, bare, last]
    return [first, cst.Try(body=cst.IndentedBlock([bare]), finalbody=cst.Finally(cst.IndentedBlock([last])))]


def sent_expression(value: cst.BaseExpression, change: EnqueueChange) -> cst.BaseExpression:
    """`[task.delay(x) for x in xs]`, `group(task.s(x) for x in xs)()` and `task.chunks(xs, 10)()`."""
    if change.whole is not None:
        return sent_once(change, f"list({change.whole})")
    drawn = m.findall(value, m.ListComp() | m.SetComp() | m.GeneratorExp())[0]
    assert isinstance(drawn, cst.ListComp | cst.SetComp | cst.GeneratorExp)
    return sent_once(
        change, _drawn(change.item, drawn.for_in.with_changes(whitespace_before=cst.SimpleWhitespace(" ")))
    )


def _drawn(item: str, for_in: cst.CompFor) -> str:
    return f"[{item}{cst.Module([]).code_for_node(for_in)}]"


def task_functions(
    original: cst.FunctionDef, changed: cst.FunctionDef, task: TaskChange, use: Use
) -> list[cst.FunctionDef | cst.ClassDef]:
    """The twin without its decorator, the task that runs it for one item, and the task that runs it for all."""
    parameters = changed.params
    if task.bound and not task.keeps_self:
        parameters = parameters.with_changes(params=parameters.params[1:])
    twin = changed.with_changes(name=cst.Name(task.twin), params=parameters, decorators=[], returns=None)
    plain = original.with_changes(params=parameters, decorators=[])
    is_live = task.events is None or task.events.alone
    driver = cst.Name(use("realtime") if is_live else "realtime")
    live = forwarded(plain, task.twin, driver, is_task=task.keeps_self).with_changes(
        params=original.params, decorators=original.decorators, leading_lines=TWO_LINES
    )
    name = original.name.value
    again = task.events.alone if task.events else name if task.retries or RETRY in task.asked else None
    together = _together(task, f"`{name}` for all items", use, is_each=True, again=again)
    if task.events is None:
        return [twin, live, *_first(name, task), together]
    return [twin, *collecting(live, task, task.events, use), together, *flushing(name, task, task.events, use)]


def extras_of(task: TaskChange) -> Iterator[str]:
    """What a task and those beside it need of other packages, as `package:name`."""
    if task.events is not None and task.events.flush is None:
        yield "celery_batches:Batches"
    elif task.events is not None and task.events.app == "current_app":
        yield "celery:current_app"
    if RETRY in task.asked:
        yield "celery.exceptions:Retry"
    if REQUEST in task.asked:
        yield "celery.app.task:Context"


def _first(name: str, task: TaskChange) -> list[cst.ClassDef]:
    """What stands for the task `name` in the first run of an item."""
    if not task.first:
        return []
    lines = [
        f"class {task.first}:",
        f'    """Stands for `{name}` in its first run: what that would try again, `{task.together}` enqueues alone."""',
    ]
    if REQUEST in task.asked:
        lines += ["", "    request = Context()"]
    for setting in sorted(task.asked - {RETRY, REQUEST}):
        lines += ["", "    @property", f"    def {setting}(self):", f"        return {name}.{setting}"]
    if RETRY in task.asked:
        lines += [
            "",
            "    def retry(self, exc=None, countdown=None, max_retries=None):",
            f"        raise Retry(exc=exc, when={name}.default_retry_delay if countdown is None else countdown)",
        ]
    made = cst.parse_statement("\n".join(lines) + "\n")
    assert isinstance(made, cst.ClassDef)
    return [made.with_changes(leading_lines=TWO_LINES)]


def loop_task(function: cst.FunctionDef, body: cst.BaseSuite, sent: SentLoop, use: Use) -> list[cst.FunctionDef]:
    """The loop's body as a generator, and the task that runs it for all items."""
    twin = def_statement(sent.task.twin, sent.parameters, body).with_changes(leading_lines=TWO_LINES)
    return [twin, _together(sent.task, f"The loop of `{function.name.value}`", use)]


def _together(
    task: TaskChange, what: str, use: Use, *, is_each: bool = False, again: str | None = None
) -> cst.FunctionDef:
    """`is_each`: one item's failure does not keep the others from being done. `again`: the task that then tries it."""
    given = "wait=self.request.is_eager, job=self.request.id"
    receiver = f"{task.first}(), " if task.first else "self, "
    receiver = receiver if task.keeps_self and is_each else ""
    collecting_batch = use("collect_batch")
    collect = [f"        {collecting_batch}(steps, {given})"]
    if is_each:
        collect = [
            f"        results = {collecting_batch}(",
            f"            steps, return_exceptions=True, {given}",
            "        )",
        ]
    options = f"{task.named('all')}bind=True, max_retries=None, acks_late=True, reject_on_worker_lost=True"
    lines = [
        f"@{task.decorator}({options})",
        f"def {task.together}(self, items):",
        f'    """{what} as one batch; comes back later instead of waiting."""',
        f"    steps = ({task.twin}({receiver}*item) for item in items)",
        "    try:",
        *collect,
        f"    except {use('NotReady')} as pause:",
        "        raise self.retry(countdown=pause.seconds) from None",
    ]
    results = "results"
    if again:
        by_hand = RETRY in task.asked
        kind = "Retry" if by_hand else f"{again}.autoretry_for"
        countdown = "result.when" if by_hand else f"{again}.default_retry_delay"
        lines += [
            "    for item, result in zip(items, results):",
            "        # It is tried again alone, as often as before.",
            f"        if isinstance(result, {kind}):",
            f"            {again}.apply_async(item, retries=1, countdown={countdown})",
        ]
        results = f"result for result in results if not isinstance(result, {kind})"
    if is_each:
        lines.append(f"    {use('raise_errors')}({results})")
    function = cst.parse_statement("\n".join(lines) + "\n")
    assert isinstance(function, cst.FunctionDef)
    return function.with_changes(leading_lines=TWO_LINES)
