"""What a coroutine has come to, without raising it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any


async def outcome(awaitable: Awaitable[Any], name: str | None = None) -> tuple[Any, BaseException | None]:
    """The value or the exception. `name`: of the task."""
    task = asyncio.current_task()
    if task and name:
        task.set_name(name)
    try:
        return await awaitable, None
    except Exception as error:
        return None, error
