"""What becomes of queue tasks and of what enqueues them, in LibCST."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from batchlint.codemod.changes import EnqueueChange, SentLoop, TaskChange
from batchlint.codemod.nodes import def_statement, forwarded, line

_GAP = [cst.EmptyLine(indent=False)] * 2


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
    call = sent_once(change, _drawn(change.item, cst.CompFor(target=loop.target, iter=loop.iter)))
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


def task_functions(original: cst.FunctionDef, changed: cst.FunctionDef, task: TaskChange) -> list[cst.BaseStatement]:
    """The twin without its decorator, the task that runs it for one item now, and the task that runs it for all."""
    parameters = changed.params
    if task.bound:
        parameters = parameters.with_changes(params=parameters.params[1:])
    twin = changed.with_changes(name=cst.Name(task.twin), params=parameters, decorators=[], returns=None)
    plain = original.with_changes(params=parameters, decorators=[])
    live = forwarded(plain, task.twin, cst.Name("realtime")).with_changes(
        params=original.params, decorators=original.decorators, leading_lines=_GAP
    )
    return [twin, live, _together(task, f"`{original.name.value}` for all items", live.name.value)]


def loop_task(function: cst.FunctionDef, body: cst.BaseSuite, sent: SentLoop) -> list[cst.BaseStatement]:
    """The loop's body as a generator, and the task that runs it for all items."""
    twin = def_statement(sent.task.twin, sent.parameters, body).with_changes(leading_lines=_GAP)
    return [twin, _together(sent.task, f"The loop of `{function.name.value}`", None)]


def _together(task: TaskChange, what: str, each: str | None) -> cst.FunctionDef:
    """`each`: the task for one item, of which one failure does not keep the others from being done."""
    results, kept = ("results = ", "return_exceptions=True, ") if each else ("", "")
    lines = [
        f"@{task.decorator}({task.options}bind=True, max_retries=None, acks_late=True, reject_on_worker_lost=True)",
        f"def {task.together}(self, items):",
        f'    """{what} as one batch; comes back later instead of waiting."""',
        f"    steps = ({task.twin}(*item) for item in items)",
        "    try:",
        f"        {results}collect_batch(steps, {kept}wait=self.request.is_eager, job=self.request.id)",
        "    except NotReady as pause:",
        "        raise self.retry(countdown=pause.seconds) from None",
    ]
    failed = "isinstance(result, Exception)"
    if each and task.retries:
        lines += [
            "    for item, result in zip(items, results):",
            f"        if isinstance(result, {each}.autoretry_for):  # is tried again alone, as often as before",
            f"            {each}.apply_async(item, retries=1, countdown={each}.default_retry_delay)",
        ]
        failed += f" and not isinstance(result, {each}.autoretry_for)"
    if each:
        lines += ["    for result in results:", f"        if {failed}:", "            raise result"]
    function = cst.parse_statement("\n".join(lines) + "\n")
    assert isinstance(function, cst.FunctionDef)
    return function.with_changes(leading_lines=_GAP)
