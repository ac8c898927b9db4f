"""Events of a task that wait in the broker until they are worth a batch."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from queue import Empty
from typing import Any

TOGETHER = 10_000  # so many events go into one message


def put_aside(task: Any, *item: Any) -> None:
    """Keep the arguments of an event in the broker, until `taken_events` takes them for the task that works on many.

    Where tasks run as soon as they are called (`task_always_eager`), so does that one, for the event alone.
    """
    if task.app.conf.task_always_eager:
        task.delay([item])
        return
    with task.app.connection_or_acquire() as connection, outbox(connection, task) as queue:
        queue.put(item, retry=True)


def taken_events(task: Any) -> Iterator[list[Any]]:
    """What was put aside for the task, in parts. A part comes again later where the caller fails with it."""
    with task.app.connection_for_read() as connection, outbox(connection, task) as queue:
        while messages := list(itertools.islice(arrived(queue), TOGETHER)):
            is_handed_on = False
            try:
                yield [message.payload for message in messages]
                is_handed_on = True
            finally:
                for message in messages:
                    message.ack() if is_handed_on else message.requeue()


def arrived(queue: Any) -> Iterator[Any]:
    with contextlib.suppress(Empty):
        while True:
            yield queue.get_nowait()


def outbox(connection: Any, task: Any) -> Any:
    return connection.SimpleQueue(f"llm_batch.{task.name}")
