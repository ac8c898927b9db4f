"""Files that are read for a request are closed in front of it; what reads on behind it keeps its file."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_runs_alike, rewrite

HEAD = """\
import csv
import json
from pathlib import Path

from openai import OpenAI

client = OpenAI()
FOLDER = Path("texts")
FOLDER.mkdir(exist_ok=True)
for name in ["a", "b", "c"]:
    (FOLDER / f"{name}.txt").write_text(f"{name} one\\n{name} two\\n")


def ask(text, suffix=""):
    return client.responses.create(model="gpt-5-mini", input=text + suffix).output_text


"""
CLOSED = {
    "what is asked": """
        for path in sorted(FOLDER.iterdir()):
            with open(path) as file:  # the text
                # all of it
                print(path.name, ask(file.read(), suffix="!"))
        """,
    "in a helper": """
        def summary(path):
            with path.open(encoding="utf-8") as file:
                return ask(file.read().upper())


        print([summary(path) for path in sorted(FOLDER.iterdir())])
        """,
    "before it": """
        for path in sorted(FOLDER.iterdir()):
            with open(path, "r") as file:
                lines = [line.strip() for line in file.readlines()]
                if len(lines) < 2:
                    continue
                answer = ask(lines[0])
                # told
                print(path.name, answer)
        """,
    "and other requests behind it": """
        for path in sorted(FOLDER.iterdir()):
            with open(path) as file:
                first = ask(file.read())
                print(first, ask(first))
        """,
    "in a pool": """
        from concurrent.futures import ThreadPoolExecutor

        def summary(path):
            with open(path) as file:
                return ask(file.read())


        with ThreadPoolExecutor(2) as pool:
            print(list(pool.map(summary, sorted(FOLDER.iterdir()))))
        """,
    "in coroutines": """
        import asyncio

        from openai import AsyncOpenAI

        slow = AsyncOpenAI()


        async def summary(path):
            with open(path) as file:
                return (await slow.responses.create(model="gpt-5-mini", input=file.read())).output_text


        async def main():
            print(await asyncio.gather(*[summary(path) for path in sorted(FOLDER.iterdir())]))


        asyncio.run(main())
        """,
}
KEPT = {
    "lines that are read one by one": """
        for path in sorted(FOLDER.iterdir()):
            with open(path) as file:
                for line in file:
                    print(ask(line.strip()))
        """,
    "a reader": """
        for path in sorted(FOLDER.iterdir()):
            with open(path) as file:
                for row in csv.reader(file):
                    print(ask(row[0]))
        """,
    "read behind it": """
        for path in sorted(FOLDER.iterdir()):
            with open(path) as file:
                first = ask(path.name)
                print(first, file.read())
        """,
    "written": """
        for path in sorted(FOLDER.iterdir()):
            with open(path.with_suffix(".out"), "w") as file:
                file.write(ask(path.name))
        """,
}


def program(body: str) -> str:
    return HEAD + textwrap.dedent(body).lstrip()


@pytest.mark.parametrize("name", CLOSED)
def test_the_file_is_closed_while_the_item_waits(name: str, tmp_path: Path) -> None:
    check_runs_alike(program(CLOSED[name]), tmp_path)
    done = rewrite(program(CLOSED[name]))
    assert not any("keeps its file open" in note for note in done.notes)
    assert "content = file.read()" in done.files["app.py"] or name == "before it"
    assert rewrite(done.files["app.py"]).files == {"app.py": done.files["app.py"]}


@pytest.mark.parametrize("name", KEPT)
def test_what_needs_its_file_keeps_it(name: str, tmp_path: Path) -> None:
    check_runs_alike(program(KEPT[name]), tmp_path)
    assert any("keeps its file open" in note for note in rewrite(program(KEPT[name])).notes)
