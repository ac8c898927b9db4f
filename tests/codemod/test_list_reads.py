"""Fields of mappings and of the elements of lists: what an answer fills is not what a prompt reads of another one."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import json

from openai import OpenAI

client = OpenAI()


class Paper:
    def __init__(self, title):
        self.title = title
        self.score = ""


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


ROWS = [{"title": title, "meta": {"note": ""}} for title in ("tea", "cup", "jam", "egg", "oat")]
PAPERS = [Paper(row["title"]) for row in ROWS]
STATE = {"style": "short", "kinds": {"a": {"tone": "dry"}}}


"""
CHUNKS = """
for start in range(0, len({rows}), 2):
    chunk = {rows}[start : start + 3]
    answer = ask({prompt})
    for row, score in zip(chunk, answer):
        {keep}
print([str(vars(row) if isinstance(row, Paper) else row) for row in {rows}])
"""
CHUNKED_ALIKE = {
    "fields of rows": ("ROWS", '" ".join(r["title"] for r in chunk)', 'row["score"] = score'),
    "fields of rows with get": (
        "ROWS",
        '" ".join(r.get("title", "") for n, r in enumerate(chunk))',
        'row["score"] = score',
    ),
    "attributes of objects": ("PAPERS", '" ".join(r.title for r in chunk)', "row.score = score"),
    "a row by its place": ("ROWS", '" ".join(r["title"] for r in chunk)', 'chunk[-1]["score"] = score'),
}
"""The list, what of it a prompt holds, and how an answer is kept."""
CHUNKED_LEFT = {
    "the same field": ("ROWS", '" ".join(r["title"] for r in chunk)', 'row["title"] = score'),
    "the whole row": ("ROWS", '" ".join(str(r) for r in chunk)', 'row["score"] = score'),
    "all rows as a text": ("ROWS", "json.dumps(chunk)", 'row["score"] = score'),
    "a field that any key names": ("ROWS", '" ".join(r["title"] for r in chunk)', "row[score] = score"),
    "an update": ("ROWS", '" ".join(r.get("note", "") for r in ROWS)', "row.update(note=score)"),
    "a row that becomes another one": ("ROWS", '" ".join(r["title"] for r in ROWS)', 'ROWS[0] = {"title": score}'),
}
ALIKE = {
    "keys of one mapping": """
        for row in ROWS:
            answer = ask(row["title"] + STATE["style"])
            STATE["last"] = answer
        print(STATE)
        """,
    **{
        name: CHUNKS.format(rows=rows, prompt=prompt, keep=keep) for name, (rows, prompt, keep) in CHUNKED_ALIKE.items()
    },
}
LEFT = {
    "what the rows before have": """
        for place, row in enumerate(ROWS):
            before = ROWS[max(0, place - 2) : place]
            row["score"] = ask(row["title"] + "".join(r["score"] for r in reversed(before)))
        """,
    "a window that is made once": """
        window = ROWS[:2]
        for row in ROWS:
            row["score"] = ask(row["title"] + " ".join(r.get("score", "") for r in window))
        """,
    "a key of one mapping": """
        for row in ROWS:
            STATE["style"] = ask(row["title"] + STATE["style"])
        """,
    "a key that only the answer names": """
        for row in ROWS:
            answer = ask(row["title"] + STATE["style"])
            STATE[answer] = 1
        """,
    "a method that is handed over to read it": """
        for row in ROWS:
            answer = ask(row["title"] + "".join(map(STATE.get, ["style"])))
            STATE["style"] = answer
        """,
    "a method that is handed over to set it": """
        for row in ROWS:
            answer = ask(row["title"] + STATE["style"])
            list(map(lambda text: STATE.__setitem__("style", text), [answer]))
        """,
    "a mapping in a mapping": """
        kind = STATE["kinds"]["a"]
        for row in ROWS:
            answer = ask(row["title"] + kind["tone"])
            STATE["kinds"]["a"]["tone"] = answer
        """,
    "a mapping that a loop finds": """
        for row in ROWS:
            answer = ask(row["title"] + STATE["kinds"]["a"]["tone"])
            for kind in STATE["kinds"].values():
                kind["tone"] = answer
        """,
    **{name: CHUNKS.format(rows=rows, prompt=prompt, keep=keep) for name, (rows, prompt, keep) in CHUNKED_LEFT.items()},
}


@pytest.mark.parametrize("name", ALIKE)
def test_other_fields_are_filled_by_batch(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + textwrap.dedent(ALIKE[name]), tmp_path)


@pytest.mark.parametrize("name", LEFT)
def test_fields_that_a_prompt_may_read_keep_the_loop(name: str) -> None:
    refusal = check_noop(HEAD + textwrap.dedent(LEFT[name]), "dependent-iterations")
    assert refusal is not None
