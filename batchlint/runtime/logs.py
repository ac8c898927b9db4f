"""Loggers that write to stdout: what an item logs before its turn is kept for it, as what it prints is."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from typing import Any


class Stdout:
    """What stdout is at the moment, for handlers that would write to what it was."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stdout, name)


@contextlib.contextmanager
def logs_in_turn() -> Iterator[None]:
    """Have the handlers that write to stdout write where items print."""
    loggers = [logging.getLogger(), *logging.root.manager.loggerDict.values()]
    handlers = {handler for logger in loggers for handler in getattr(logger, "handlers", ())}
    out = sys.stdout
    handlers = {each for each in handlers if isinstance(each, logging.StreamHandler) and each.stream is out}
    for handler in handlers:
        handler.setStream(Stdout())
    try:
        yield
    finally:
        for handler in handlers:
            handler.setStream(out)
