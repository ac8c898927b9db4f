"""For jobs that cannot stay until a batch has ended: a run submits and leaves, the next one collects."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from batchlint.runtime.looking import Looking
from batchlint.runtime.visits import Visit, asking_for


def submit_or_collect(generators: Iterable[Any], *, job: str, wait: float = 0, rounds: bool = False) -> list[Any]:
    """`run_batch` for a job that cannot stay: a run submits the batch and leaves, the next run goes on from there.

    Returns what `run_batch` returns when all answers are there. Until then it raises BatchPending after `wait` seconds
    (LLM_BATCH_WAIT_SECONDS), before any effect behind a request. The next run must make the same requests: those that
    it makes no longer are dropped, the few that are new when the batch has ended are asked at once, at the full price.
    `job` names the batches at the provider. `rounds`: items ask several times in turn, each round in a batch, and have
    their effects behind `in_turn()`. With LLM_BATCH_COLLECT_ONLY a run that finds no batch submits none. A second
    process on this machine waits for the first to end.
    """
    with asking_for(job, functools.partial(Visit, job, wait, rounds)) as phase:
        return Looking(generators).run(phase.rounds())
