"""Functions that may be generators."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any


def steps_of(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
    """`function(...)` as a generator, which asks what that yields, if it is one too."""
    value = function(*args, **kwargs)
    return (yield from value) if isinstance(value, Generator) else value
