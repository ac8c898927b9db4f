"""Handlers of loggers that keep messages, where a request needs them or does not."""

from __future__ import annotations

from pathlib import Path

from .programs import check_noop, check_runs_alike
from .test_shared import HEAD

KEEP = """\
import logging


class Keep(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []
        self.kept = []

    def emit(self, record):
        self.lines.append(record.getMessage())


keep = Keep()
log = logging.getLogger("words")
log.addHandler(keep)
log.setLevel(logging.INFO)


def tell(word):
    text = ask(f"{word} after {len(keep.NAME)}")
    log.info("%s: %s", word, text)
    return text


for word in WORDS:
    print(tell(word))
print(keep.lines)
"""


def test_a_handler_keeps_what_a_request_needs(tmp_path: Path) -> None:
    refusal = check_noop(HEAD + KEEP.replace("NAME", "lines"), "dependent-iterations")
    assert refusal is not None and "`keep.lines`" in refusal.detail
    check_runs_alike(HEAD + KEEP.replace("NAME", "kept"), tmp_path)
