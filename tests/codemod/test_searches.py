"""Names of files that are looked for until one is not there yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike
from .test_shared import HEAD

MORE = """\
import itertools
import os
from pathlib import Path


def free(word):
    number, path = 1, f"{word}.txt"
    while os.path.exists(path):
        number += 1
        path = f"{word}-{number}.txt"
    return path


def counted(word):
    for number in itertools.count():
        path = Path(f"{word}-{number}.txt")
        if not path.exists():
            return path


"""
BEFORE = "    path = {call}\n    text = ask(word)\n    Path(path).write_text(text)\n    print(path)\n"
BEHIND = "    text = ask(word)\n    path = {call}\n    Path(path).write_text(text)\n    print(path)\n"


@pytest.mark.parametrize("call", ["free(word)", "counted(word)"])
def test_a_free_name_is_looked_for(call: str, tmp_path: Path) -> None:
    loop = HEAD + MORE + "for word in WORDS:\n"
    refusal = check_noop(loop + BEFORE.format(call=call), "external-read-back")
    assert refusal is not None and "a file is read" in refusal.detail
    check_runs_alike(loop + BEHIND.format(call=call), tmp_path)


def test_a_file_of_the_items_own_is_looked_for(tmp_path: Path) -> None:
    body = "    if not Path(f'{word}.in').exists():\n        Path(f'{word}.out').write_text(ask(word))\n"
    check_runs_alike(HEAD + MORE + "for word in WORDS[:3]:\n" + body, tmp_path)
