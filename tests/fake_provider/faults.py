"""What can go wrong at a provider, switched on per test."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass
class Failure:
    """Requests whose JSON contains `text` fail with `status`; the first `times` attempts of each body, or all."""

    text: str
    status: int = 400
    code: str = "invalid_prompt"
    message: str = "The request was rejected."
    times: int | None = None
    realtime_only: bool = False


@dataclass
class Faults:
    failures: list[Failure] = field(default_factory=list)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    """Route ("POST /v1/files") -> what its first calls answer instead of doing anything."""
    broken_replies: dict[str, list[int]] = field(default_factory=dict)
    """Route -> what its first calls answer although the work was done; 0 sends no answer at all."""
    expiring: int = 0
    """How many batches expire, with `answered` of their requests done."""
    answered: float = 0.4
    refusal: str = ""
    """Every batch is refused in validation with this code."""
    refused_batches: int = 10**9
    hold_from: int | None = None
    """Batches from this one on (counted from 0) stay in progress."""

    polled_while_held: threading.Event = field(default_factory=threading.Event)
    accepted: threading.Event = field(default_factory=threading.Event)
    """Set when a batch was made and its answer was withheld."""

    def status(self, route: str) -> int | None:
        """What this call of the route fails with, before any work."""
        return _next(self.statuses, route)

    def broken_reply(self, route: str) -> int | None:
        return _next(self.broken_replies, route)

    def holds(self, position: int) -> bool:
        return self.hold_from is not None and position >= self.hold_from


def _next(table: dict[str, list[int]], route: str) -> int | None:
    queue = next((queue for prefix, queue in table.items() if route.startswith(prefix)), [])
    return queue.pop(0) if queue else None
