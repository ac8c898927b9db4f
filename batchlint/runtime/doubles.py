"""Copies of a client's objects."""

from __future__ import annotations

import copy
from typing import Any


def copied(resource: Any, **changed: Any) -> Any:
    """The resource on a copy of its client with other attributes; the original stays as it is."""
    client = copy.copy(resource._client)
    vars(client).update(changed)
    return type(resource)(client)
