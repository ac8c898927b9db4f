"""`sorted`, `max`, `filter` and the like with functions that yield requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from batchlint.runtime.driver import run_batch
from batchlint.runtime.stepping import steps_of


def batch_keyed(take: Callable[..., Any], /, *args: Any, key: Callable[[Any], Any], **options: Any) -> Any:
    """`take(*args, key=key, **options)`, e.g. of `sorted`; the requests that `key` yields go into batches.

    The items are the last argument: the keys of all come first, each once and in order, as `take` asks for them.
    """
    items = list(args[-1])
    keys = iter(run_batch(steps_of(key, item) for item in items))
    return take(*args[:-1], items, key=lambda item: next(keys), **options)


def batch_filter(keep: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """`filter(keep, items)`; the requests that `keep` yields go into batches."""
    items = list(items)
    kept = run_batch(steps_of(keep, item) for item in items)
    return iter([item for item, keeps in zip(items, kept, strict=True) if keeps])
