"""Files and folders with a second name: what is read through a link may be what the answers were written into."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import os
from pathlib import Path

from openai import OpenAI

client = OpenAI()
WORDS = ["tea", "cup", "jam"]
BASE = Path("runs")
RUN = BASE / "one"
LATEST = BASE / "latest"


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


RUN.mkdir(parents=True)
Path("notes_v1.txt").touch()
Path("in.txt").write_text("a note")
"""
LEFT = {
    "a hard link": """
os.link("notes_v1.txt", "notes.txt")
for word in WORDS:
    with open("notes.txt") as file:
        known = file.read()
    answer = ask(f"{word} not {known}")
    with open("notes_v1.txt", "a") as file:
        file.write(answer)
""",
    "a symbolic link to a folder": """
LATEST.symlink_to(RUN.resolve())
for word in WORDS:
    known = sorted(path.name for path in LATEST.iterdir())
    answer = ask(f"{word} not {known}")
    (RUN / f"{word}.txt").write_text(answer)
""",
}
ALIKE = {
    "another file": """
os.link("notes_v1.txt", "notes.txt")
for word in WORDS:
    known = Path("in.txt").read_text()
    answer = ask(f"{word} not {known}")
    with open("notes_v1.txt", "a") as file:
        file.write(answer)
""",
    "a link that only others read": """
LATEST.symlink_to(RUN.resolve())
for word in WORDS:
    path = RUN / f"{word}.txt"
    if not path.exists():
        path.write_text(ask(word))
""",
}


@pytest.mark.parametrize("name", LEFT)
def test_a_file_that_is_read_through_a_link(name: str) -> None:
    check_noop(HEAD + LEFT[name], "external-read-back")


@pytest.mark.parametrize("name", ALIKE)
def test_files_that_no_link_leads_to(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + ALIKE[name], tmp_path)
