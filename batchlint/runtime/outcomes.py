"""What a coroutine has come to, without raising it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any


async def outcome(awaitable: Awaitable[Any]) -> tuple[Any, BaseException | None]:
    """The value or the exception."""
    try:
        return await awaitable, None
    except Exception as error:
        return None, error
