"""Programs that go over the files of their own folder, in which the helper comes to lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """
import glob
import os
from pathlib import Path

from openai import OpenAI

client = OpenAI()
HERE = Path(__file__).resolve().parent
KINDS = (".py", ".txt")


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


for name in ("a.txt", "b.txt", "docs/c.txt"):
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(name)
"""
SEES_THE_HELPER = {
    "all programs": 'for path in sorted(Path(".").glob("*.py")):\n    print(path, ask(path.name))\n',
    "all files below": 'for path in sorted(HERE.rglob("*")):\n    print(path.name, ask(path.name))\n',
    "all but some": """
for name in sorted(os.listdir()):
    if not name.endswith(".tmp"):
        print(name, ask(name))
""",
    "kinds among which it is": """
for folder, _, names in os.walk(os.path.dirname(os.path.abspath(__file__))):
    for name in sorted(names):
        if os.path.splitext(name)[1] in KINDS:
            print(name, ask(name))
""",
    "a pattern": 'for name in sorted(glob.glob(os.path.join(HERE, "*"))):\n    print(ask(name))\n',
    "a list of them": """
def sources():
    return [path for path in sorted(Path.cwd().iterdir()) if path.suffix == ".py"]


for path in sources():
    print(path.name, ask(path.name))
""",
}
SEES_OTHERS = {
    "other files": 'for path in sorted(Path(".").rglob("*.txt")):\n    print(path, ask(path.name))\n',
    "a folder": 'for path in sorted((HERE / "docs").glob("*")):\n    print(path.name, ask(path.name))\n',
    "a pattern": 'for name in sorted(glob.glob("docs/*")):\n    print(name, ask(name))\n',
    "names that end so": """
for name in sorted(os.listdir(".")):
    if not name.endswith(".txt"):
        continue
    print(name, ask(name))
""",
    "one kind": """
for path in sorted(p for p in HERE.iterdir() if p.suffix.lower() in {".txt", ".md"}):
    print(path.name, ask(path.name))
""",
}


@pytest.mark.parametrize("body", SEES_THE_HELPER.values(), ids=SEES_THE_HELPER)
def test_a_folder_in_which_the_helper_would_be_an_item_is_left(body: str) -> None:
    refusal = check_noop(HEAD + body, "external-read-back")
    assert refusal is not None
    assert "the folder in which the helper comes to lie" in refusal.detail


@pytest.mark.parametrize("body", SEES_OTHERS.values(), ids=SEES_OTHERS)
def test_files_among_which_the_helper_is_not(body: str, tmp_path: Path) -> None:
    assert check_runs_alike(HEAD + body, tmp_path).after.cost
