"""Folders that are listed while the items of a loop write files: those that are seen then, and those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import glob
import os
from pathlib import Path

from openai import OpenAI

client = OpenAI()
OUT = Path("out")
WORDS = ["tea", "cup", "jam", "tea"]
OUT.mkdir()
Path("in").mkdir()
Path("in", "note.txt").write_text("a note")


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


def existing():
    return sorted(path.stem for path in OUT.glob("*.txt"))


"""
LEFT = {
    "in a helper": """
        for word in WORDS:
            text = ask(f"{word}: {existing()}")
            (OUT / f"{word}.txt").write_text(text)
        """,
    "by a pattern": """
        for number, word in enumerate(WORDS):
            known = len(glob.glob("*.md"))
            Path(f"{number}.md").write_text(ask(f"{word} {known}"))
        """,
    "by a pattern with an item's name": """
        for number, word in enumerate(WORDS):
            if list(Path(".").glob(f"*-{word}.txt")):
                continue
            Path(f"{number}-{word}.txt").write_text(ask(word))
        """,
    "by another name of the folder": """
        for word in WORDS:
            number = len(os.listdir("out"))
            text = ask(f"{word}, number {number}")
            with open(OUT / f"{number}.txt", "w") as file:
                file.write(text)
        """,
    "for the name of the next file": """
        for word in WORDS:
            number = len(list(OUT.iterdir()))
            path = OUT / f"{number:03}.txt"
            path.write_text(ask(word))
        """,
    "with all folders in it": """
        for number, word in enumerate(WORDS):
            names = [name for _, _, names in os.walk(".") for name in names if name.endswith(".md")]
            (OUT / f"{number}.md").write_text(ask(f"{word} {sorted(names)}"))
        """,
    "with the sizes of its files": """
        for number, word in enumerate(WORDS):
            size = sum(entry.stat().st_size for entry in os.scandir(OUT))
            Path(os.path.join("out", f"{number}.md")).write_text(ask(f"{word} {size}"))
        """,
    "where it is not known what is written": """
        def target(word):
            return OUT / word


        for word in WORDS:
            known = os.listdir(OUT)
            path = target(word)
            path.write_text(ask(f"{word} {known}"))
        """,
}
ALIKE = {
    "another folder": """
        for word in WORDS:
            notes = [path.read_text() for path in sorted(Path("in").glob("*.txt"))]
            (OUT / f"{word}.txt").write_text(ask(f"{word} {notes}"))
        """,
    "a folder in the other one": """
        Path("in", "out").mkdir()
        for word in WORDS:
            folders = sorted(os.listdir("in"))
            Path(f"in/out/{word}.txt").write_text(ask(f"{word} {folders}"))
        """,
    "other files by their ending": """
        for word in WORDS:
            Path("in", f"{word}.png").touch()
            pictures = sorted(glob.glob(f"in/{word}*.png"))
            Path("in", f"{word}.txt").write_text(ask(str(pictures)))
        """,
    "each item's own folder": """
        for word in WORDS:
            folder = OUT / word
            folder.mkdir(exist_ok=True)
            number = len(list(folder.iterdir()))
            text = ask(f"{word}, number {number}")
            (folder / f"{number}.txt").write_text(text)
        """,
    "behind the answer": """
        for word in WORDS:
            text = ask(word)
            with open(f"out/{len(os.listdir(OUT)):03}.txt", "w") as file:
                file.write(text)
        """,
    "before the loop": """
        known = existing()
        for word in WORDS:
            (OUT / f"{word}.txt").write_text(ask(f"{word}: {known}"))
        print(existing())
        """,
    "items' folders whose texts stand elsewhere": """
        for folder in [Path("in"), Path("none")]:
            texts = [path.read_text() for path in sorted(folder.glob("*.txt"))]
            (OUT / f"{folder.name}.md").write_text(ask(f"{folder.name}: {texts}"))
        """,
}


def placed(body: str) -> str:
    return HEAD + body.replace("\n        ", "\n").lstrip("\n")


@pytest.mark.parametrize("name", LEFT)
def test_a_folder_is_listed_whose_files_come_with_the_answers(name: str) -> None:
    refusal = check_noop(placed(LEFT[name]), "external-read-back")
    assert refusal is not None and "is listed before a request" in refusal.detail


@pytest.mark.parametrize("name", ALIKE)
def test_a_folder_is_listed_that_is_the_same_for_all_items(name: str, tmp_path: Path) -> None:
    check_runs_alike(placed(ALIKE[name]), tmp_path)


MADE = """
import os
from html.parser import HTMLParser

from openai import OpenAI

client = OpenAI()


class Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.words = []

    def handle_data(self, data):
        self.words.append(data)


class Kept(HTMLParser):
    def again(self, text):
        super().feed(text)


kept = Kept()


def parsed(text):
    words = Words()
    words.feed(text)
    return words.words


def main(names):
    for name in names:
        {before}
        answer = client.responses.create(model="gpt-5-mini", input=name).output_text
        {after}
        print(name, answer)


main(["a", "b", "a"])
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("os.makedirs(f'in/{name}', exist_ok=True)", "os.makedirs(f'out/{name}', exist_ok=True)"),
        ("os.path.isdir(name) or os.mkdir(name)", "os.makedirs(f'out/{name}', exist_ok=True)"),
        ("name += str(parsed(f'<b>{name}</b>'))", "print(parsed(answer))"),
    ],
)
def test_folders_and_objects_of_an_item_are_made_on_both_sides(before: str, after: str, tmp_path: Path) -> None:
    check_runs_alike(MADE.format(before=before, after=after), tmp_path)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("os.utime(__file__)", "os.utime(__file__)"),
        ("kept.again(name)", "kept.again(answer)"),
    ],
)
def test_other_effects_are_not(before: str, after: str) -> None:
    check_noop(MADE.format(before=before, after=after))


DIGEST = """\
from pathlib import Path

from openai import OpenAI

client = OpenAI()
notes = Path("notes")
notes.mkdir(exist_ok=True)
for name in ["tea", "cup", "jam"]:
    days = len(list(notes.glob("????-??.md")))
    answer = client.responses.create(model="gpt-5-mini", input=f"{name} {days}").output_text
    with (notes / "{file}").open("a") as out:
        print(answer, file=out)
"""


def test_a_file_whose_name_the_pattern_leaves_out_is_not_listed(tmp_path: Path) -> None:
    check_runs_alike(DIGEST.replace("{file}", "README.md"), tmp_path)


def test_a_file_whose_name_fits_the_pattern_is_listed() -> None:
    check_noop(DIGEST.replace("{file}", "2026-11.md"), "external-read-back")
