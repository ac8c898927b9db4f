"""Files that stand open around a loop or a request while their path is read, and those whose path nobody reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import csv
import json
from pathlib import Path

from openai import OpenAI

client = OpenAI()
WORDS = ["tea", "cup", "jam"]
Path("out.txt").touch()
Path("in.txt").write_text("a note")


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


"""
LEFT = {
    "around the loop": """
        def main():
            with open("out.txt", "w") as file:
                for word in WORDS:
                    done = len(Path("out.txt").read_text().splitlines())
                    file.write(ask(f"{word} ({done} done)") + "\\n")
                    file.flush()


        main()
        """,
    "by a writer": """
        def done(path):
            with open(path) as file:
                return len(list(csv.reader(file)))


        def main(path):
            file = open(path, "a", newline="")
            writer = csv.writer(file)
            for word in WORDS:
                writer.writerow([word, ask(f"{word} ({done(path)} done)")])
                file.flush()


        main("out.txt")
        """,
    "by a helper that is handed it": """
        def note(file, text):
            print(text, file=file, flush=True)


        def main():
            with Path("out.txt").open("a") as file:
                for word in WORDS:
                    answer = ask(f"{word} {Path('out.txt').read_text()}")
                    note(file, answer)


        main()
        """,
    "by a second variable that reads it": """
        out = open("out.txt", "w")
        tail = open("out.txt")
        for word in WORDS:
            news = tail.read()
            out.write(ask(f"{word} {news}") + "\\n")
            out.flush()
        """,
    "for reading and writing": """
        for word in WORDS:
            with open("out.txt", "a+") as file:
                file.seek(0)
                known = file.read()
                file.write(ask(f"{word} not {known}") + "\\n")
        """,
    "around each request": """
        for word in WORDS:
            known = Path("out.txt").read_text()
            with open("out.txt", "a") as file:
                json.dump(ask(f"{word} not {known}"), file)
        """,
}
ALIKE = {
    "another file": """
        def main():
            with open("out.txt", "w") as file:
                for word in WORDS:
                    note = Path("in.txt").read_text()
                    file.write(ask(f"{word} {note}") + "\\n")


        main()
        """,
    "a file that a variable names": """
        def main(source, target):
            with open(target, "w") as file:
                writer = csv.writer(file)
                for word in WORDS:
                    writer.writerow([word, ask(f"{word} {Path('in.txt').read_text()} {Path(source).read_text()}")])


        main("in.txt", "out.txt")
        """,
    "a file that stands open": """
        notes = open("in.txt")
        with open("out.txt", "w") as file:
            for word in WORDS:
                file.write(ask(f"{word} {notes.readline()}") + "\\n")
        """,
    "behind the answer": """
        def main():
            with open("out.txt", "w") as file:
                for word in WORDS:
                    file.write(ask(word) + "\\n")
                    file.flush()
                    print(len(Path("out.txt").read_text().splitlines()))


        main()
        """,
    "before the loop": """
        def main():
            known = Path("out.txt").read_text()
            with open("out.txt", "a") as file:
                for word in WORDS:
                    file.write(ask(f"{word} {known}") + "\\n")


        main()
        """,
    "around each request, and not read": """
        for word in WORDS:
            with open("out.txt", "a") as file:
                file.write(ask(word) + "\\n")
        """,
}


def placed(body: str) -> str:
    return HEAD + body.replace("\n        ", "\n").lstrip("\n")


@pytest.mark.parametrize("name", LEFT)
def test_a_file_is_read_that_the_answers_go_into(name: str) -> None:
    refusal = check_noop(placed(LEFT[name]), "external-read-back")
    assert refusal is not None and "before a request and written after one" in refusal.detail


@pytest.mark.parametrize("name", ALIKE)
def test_an_open_file_takes_the_answers(name: str, tmp_path: Path) -> None:
    check_runs_alike(placed(ALIKE[name]), tmp_path)
