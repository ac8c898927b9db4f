"""Pools of jobs that cannot stay until a batch has ended."""

from __future__ import annotations

import contextlib
import functools

from batchlint.runtime.visits import Visit, asking_for


def pools_in_phases(*, job: str, wait: float = 0, rounds: bool = False) -> contextlib.AbstractContextManager[object]:
    """For a function with a pool, or a `with` around one: its requests are those of `submit_or_collect`."""
    return asking_for(job, functools.partial(Visit, job, wait, rounds))
