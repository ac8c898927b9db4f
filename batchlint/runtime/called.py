"""Functions that are handed over and may yield requests."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from typing import Any

from batchlint.runtime.asking import backend_of, request


def called(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
    """`result = yield from called(f, ...)`: `f(...)` as a request where `f` is an SDK's method, with the requests
    that it yields where it yields some, and at once where it is any other function.
    """
    plain: Any = function
    while isinstance(plain, functools.partial):
        plain = plain.func
    if backend_of(getattr(plain, "__self__", None)):
        return (yield request(function, *args, **kwargs))
    if inspect.isgeneratorfunction(plain):
        return (yield from function(*args, **kwargs))
    return function(*args, **kwargs)
