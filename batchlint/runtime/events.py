"""Events that celery-batches has kept."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def event_arguments(function: Callable[..., Any], event: Any) -> tuple[Any, ...]:
    """The arguments of an event, in the order of the function's parameters."""
    given = inspect.signature(function).bind(*event.args, **event.kwargs)
    given.apply_defaults()
    return given.args
