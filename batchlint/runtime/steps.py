"""The type of functions that yield requests."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

T = TypeVar("T")
Steps = Generator[Any, Any, T]
"""What a function returns that yields requests on its way to a `T`: `def summarise(text: str) -> Steps[str]`."""
