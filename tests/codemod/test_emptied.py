"""Files that a run has read and opened anew around its requests, and those that it only writes when it has answers."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_runs_alike, rewrite

HEAD = """\
import json
from pathlib import Path

from openai import OpenAI

client = OpenAI()
WORDS = ["tea", "cup", "jam"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


def known(path):
    return json.loads(path.read_text()) if path.exists() else {}


"""
EMPTIED = {
    "around the loop": """
        def main():
            target = Path("answers.json")
            answers = known(target)
            with target.open("w") as file:
                for word in WORDS:
                    answers[word] = ask(word)
                json.dump(answers, file)
        """,
    "around each request": """
        def main():
            for word in WORDS:
                target = Path(f"{word}.json")
                answers = known(target)
                with open(target, mode="w") as file:
                    answers[word] = ask(word)
                    json.dump(answers, file)
        """,
}
KEPT = {
    "opened when the answer is there": """
        def main():
            for word in WORDS:
                target = Path(f"{word}.json")
                answers = known(target)
                answers[word] = ask(word)
                with open(target, mode="w") as file:
                    json.dump(answers, file)
        """,
    "nothing of it is read": """
        def main():
            with open("answers.txt", "w") as file:
                for word in WORDS:
                    file.write(ask(word))
        """,
    "written at its end": """
        def main():
            before = known(Path("answers.txt"))
            with open("answers.txt", "a") as file:
                for word in WORDS:
                    file.write(ask(word) + str(before))
        """,
    "of the same name in several turns": """
        def main(folder=Path(".")):
            for word in [*WORDS, "tea"]:
                target = folder / f"{word}.json"
                answers = known(target)
                answers[str(len(answers))] = ask(f"{word} {len(answers)}")
                with target.open("w") as file:
                    json.dump(answers, file)
                print(word, len(answers))
        """,
}


def program(body: str) -> str:
    return f"{HEAD}{textwrap.dedent(body).lstrip()}\n\nmain()\n"


@pytest.mark.parametrize("name", EMPTIED)
def test_a_file_is_not_emptied_for_hours(name: str) -> None:
    done = rewrite(program(EMPTIED[name]))
    assert done.files == done.before
    assert any("write it when the answers are there" in refusal.detail for *_, refusal in done.refusals)


@pytest.mark.parametrize("name", KEPT)
def test_files_hold_the_same(name: str, tmp_path: Path) -> None:
    check_runs_alike(program(KEPT[name]), tmp_path)
