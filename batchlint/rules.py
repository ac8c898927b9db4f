"""The rules: what each code reports, why it matters, and when to ignore it.

A rule's docstring is its page: `batchlint explain CODE` prints it and docs/rules/CODE.md holds the same text.
Which entry points a rule covers is its `kinds`; `code_for` picks the rule of an entry point.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import ClassVar


class Rule:
    """A code and what it stands for, never instantiated; `kinds` are the entry-point kinds it covers."""

    code: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]] = ()
    on_request: ClassVar[bool] = False
    """Reported only when its exact code is selected."""

    @classmethod
    def page(cls) -> str:
        """The rule's documentation page as Markdown."""
        return f"# {cls.code} {cls.name}\n\n{inspect.getdoc(cls)}\n"


class ScheduledJob(Rule):
    """A realtime call to a hosted model in code that a schedule starts.

    ## What it does
    Reports model calls that are reached only from schedules: crontab files, Celery beat, APScheduler, GitHub Actions
    `on: schedule`, Kubernetes CronJobs and the like.

    ## Why
    A clock started the job, so nobody waits for the answer. The provider's batch API takes the same requests for less
    and answers within its window.

    ## Example
    ```python
    # crontab: 0 2 * * * python nightly.py
    for product in products:
        answer = client.chat.completions.create(model=MODEL, messages=prompt(product))
        save(product, answer.choices[0].message.content)
    ```

    ## Rewrite
    `batchlint fix` turns the loop into requests that are submitted as one batch, polled, and handled in the old order:
    ```python
    def handle(product):
        answer = yield request(client.chat.completions.create, model=MODEL, messages=prompt(product))
        save(product, answer.choices[0].message.content)

    run_batch(handle(product) for product in products)
    ```

    ## When to ignore
    When the schedule runs every few minutes, or something later the same morning needs the result: state it with
    `# batchlint: latency=realtime` on the call, or in the configuration.
    """

    code = "RTB101"
    name = "realtime-call-in-scheduled-job"
    summary = "realtime model call in a scheduled job"
    kinds = ("schedule",)


class QueueTask(Rule):
    """A realtime call to a hosted model in a task that a queue runs.

    ## What it does
    Reports model calls in Celery, RQ, Dramatiq, Huey, arq and similar tasks whose result nobody waits for: no `.get()`,
    no page that polls the task's status.

    ## Why
    Whoever enqueued the task has gone on. A worker that sits on a realtime call pays full price and blocks for the
    time of the answer.

    ## Example
    ```python
    @app.task
    def tag_upload(upload_id):
        answer = client.chat.completions.create(model=MODEL, messages=prompt(upload_id))
        store_tags(upload_id, answer)
    ```

    ## Rewrite
    Where the tasks are enqueued in a loop, one task that takes the whole list can submit one batch and collect it
    later. `batchlint explain PATH:LINE` says what `batchlint fix` would do with the call.

    ## When to ignore
    When a person watches for the result, in a way the tool cannot see (a push message, a dashboard that reloads): put
    `# batchlint: latency=realtime` on the task.
    """

    code = "RTB102"
    name = "realtime-call-in-queue-task"
    summary = "realtime model call in a queue task"
    kinds = ("task_queue",)


class DataPipeline(Rule):
    """A realtime call to a hosted model in a data pipeline.

    ## What it does
    Reports model calls in Airflow, Prefect, Dagster, Luigi and similar pipelines, in Spark, Ray and Dask functions, and
    in ingestion code that embeds or labels documents.

    ## Why
    A pipeline works through a data set; its readers see the finished table, not the single answer. These are the
    largest sets of independent requests, and the ones that batch APIs are made for.

    ## Example
    ```python
    @dag.task
    def embed(documents):
        return [client.embeddings.create(model=MODEL, input=d["text"]).data[0].embedding for d in documents]
    ```

    ## Rewrite
    `batchlint fix` submits the requests of the whole data set as one batch (split at the provider's limits) and
    continues with the answers in the old order.

    ## When to ignore
    When the pipeline has a deadline shorter than the batch window: put `# batchlint: latency=minutes` (or `realtime`)
    on the step, or in the configuration.
    """

    code = "RTB103"
    name = "realtime-call-in-pipeline"
    summary = "realtime model call in a data pipeline"
    kinds = ("pipeline",)


class ScriptOverCollection(Rule):
    """A realtime call to a hosted model, once per item, in a script or an evaluation.

    ## What it does
    Reports model calls that a script (`__main__`, argparse, click, typer, a management command) or an evaluation makes
    for each element of a collection.

    ## Why
    A script that walks a data set is started and left alone. Its requests are independent and known early, so they can
    go out as one batch.

    ## Example
    ```python
    if __name__ == "__main__":
        for row in csv.DictReader(open(sys.argv[1])):
            print(row["id"], classify(row["text"]))
    ```

    ## Rewrite
    `batchlint fix` makes a batch twin of the helper and drives all items at once; output and files stay as they were.

    ## When to ignore
    When somebody sits at the terminal and reads each line as it comes: put `# batchlint: latency=realtime` on the call.
    """

    code = "RTB104"
    name = "realtime-call-in-script-over-collection"
    summary = "realtime model call per item in a script or evaluation"
    kinds = ("script", "evaluation")


class DeclaredBudget(Rule):
    """A realtime call to a hosted model that a stated latency budget allows to wait.

    ## What it does
    Reports model calls for which a person stated a budget of `minutes` or `hours`, with a `# batchlint: latency=hours`
    comment or in the configuration, and which go through the realtime endpoint all the same.

    ## Why
    The budget is a decision that the code does not follow yet. A stated budget wins over what the tool infers, so it is
    also checked.

    ## Example
    ```python
    def summarise(text):  # batchlint: latency=hours
        return client.chat.completions.create(model=MODEL, messages=prompt(text))
    ```

    ## Rewrite
    With `hours`: the batch API, as for the other rules. With `minutes`: the provider's slower synchronous tier, where
    it has one.

    ## When to ignore
    When the budget is wrong: change it. `# noqa: RTB110` keeps the budget and silences the line.
    """

    code = "RTB110"
    name = "realtime-call-against-stated-budget"
    summary = "realtime model call that its stated budget allows to wait"


class Unclear(Rule):
    """A call to a hosted model for which the tool cannot tell who waits.

    ## What it does
    Reports the model calls whose verdict is `unclear`, each with the question that a person has to answer. It is
    reported only when `--select` or `--extend-select` (or the configuration) names RTB199 exactly.

    ## Why
    Unknown is not the same as offline. The tool does not guess, but an audit of a repository wants to see these calls
    too.

    ## Example
    ```python
    def call_llm(prompt):  # a library function that nothing in this repository calls
        return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": prompt}])
    ```

    ## Rewrite
    None: answer the question first, with `# batchlint: latency=hours` (or `minutes`, `realtime`) on the call or its
    function, with `[[tool.batchlint.latency]]`, or with `[[tool.batchlint.entry-points]]` for code that a framework
    starts.

    ## When to ignore
    Always, outside an audit.
    """

    code = "RTB199"
    name = "unclear-who-waits"
    summary = "model call for which it is unclear who waits"
    on_request = True


RULES: dict[str, type[Rule]] = {
    rule.code: rule for rule in (ScheduledJob, QueueTask, DataPipeline, ScriptOverCollection, DeclaredBudget, Unclear)
}
_BY_KIND = {kind: rule.code for rule in RULES.values() for kind in rule.kinds}


def code_for(kind: str) -> str | None:
    """The code of the rule that covers entry points of `kind`; None where no rule does (web, bots, tests)."""
    return _BY_KIND.get(kind)


def unknown_selector(selector: str) -> bool:
    """Whether `selector` names no rule: it must be ALL, a code, or the beginning of one."""
    return selector != "ALL" and not any(code.startswith(selector) for code in RULES if selector)


def selected(code: str, select: Iterable[str], ignore: Iterable[str]) -> bool:
    """Whether findings of `code` are reported: the longer of the matching selectors wins, `ignore` wins a tie."""
    chosen = max((_strength(code, s) for s in select), default=-1)
    dropped = max((_strength(code, s) for s in ignore), default=-1)
    if RULES[code].on_request and chosen < len(code):
        return False
    return chosen >= 0 and chosen > dropped


def _strength(code: str, selector: str) -> int:
    if selector == "ALL":
        return len(code) if RULES[code].on_request else 0
    return len(selector) if code.startswith(selector) else -1
