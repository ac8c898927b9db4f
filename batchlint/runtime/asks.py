"""Who asks: requests are made otherwise in realtime, and in jobs that cannot stay."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

from batchlint.runtime.asking import request

ASK: contextvars.ContextVar[Callable[..., Any] | None] = contextvars.ContextVar("llm_batch_ask", default=None)


def captured(method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The request of a batch, whoever asks."""
    asking = ASK.set(None)
    try:
        return request(method, *args, **kwargs)
    finally:
        ASK.reset(asking)


def asking_alike(initialize: Callable[[], Any]) -> Callable[[], None]:
    """What makes other threads ready, so that they ask as this one does."""
    ask = ASK.get()

    def begin() -> None:
        ASK.set(ask)
        initialize()

    return begin
