"""`functools.lru_cache` for functions that yield requests."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Generator
from typing import Any

from batchlint.runtime.driver import Loop  # noqa: F401


def batch_lru_cache(maxsize: Any = 128, typed: bool = False) -> Any:
    """`lru_cache` whose function yields requests: who calls with the same arguments meanwhile waits for the first."""
    if callable(maxsize):
        return batch_lru_cache()(maxsize)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        calls: OrderedDict[Any, CachedCall] = OrderedDict()

        @functools.wraps(function)
        def cached(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            key: Any = (args, tuple(kwargs.items()))
            key = (*key, *map(type, (*args, *kwargs.values()))) if typed else key
            while key in calls:
                call = calls[key]
                calls.move_to_end(key)
                if not call.is_over:
                    yield call
                if not call.is_over:  # in realtime nobody can wait
                    return (yield from function(*args, **kwargs))
                if call.is_good:
                    return call.value
            call = calls[key] = CachedCall()
            if maxsize is not None and len(calls) > maxsize:
                calls.popitem(last=False)
            try:
                call.value = yield from function(*args, **kwargs)
                call.is_good = True
            finally:
                call.is_over = True
                if not call.is_good and calls.get(key) is call:
                    del calls[key]
            return call.value

        return cached

    return decorate


def batch_cache(function: Callable[..., Any]) -> Any:
    """`functools.cache` whose function yields requests."""
    return batch_lru_cache(None)(function)


class CachedCall:
    """One call that others may wait for."""

    value: Any = None
    is_over = is_good = False

    def ready(self, item: Any, loop: Any) -> bool:
        return self.is_over

    def result(self) -> None:
        pass
