"""What is drawn through a progress bar is followed like the items themselves, whatever the bar is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike, rewrite

PROGRAM = """\
from bars import show
from openai import OpenAI

client = OpenAI()


def rate(text):
    answer = client.chat.completions.create(model="gpt-5", messages=[{{"role": "user", "content": text}}])
    return answer.choices[0].message.content


print(list({bar}(rate(text) for text in ["a", "bb", "ccc"])))
"""


@pytest.mark.parametrize("bar", ["tqdm", "alive_it", "progressbar", "stqdm"])
def test_a_progress_bar_passes_items_on(bar) -> None:
    assert rewrite(PROGRAM.replace("show", bar).format(bar=bar)).planned


def test_an_unknown_function_may_do_anything_with_them() -> None:
    assert not rewrite(PROGRAM.format(bar="show")).planned


PAGES = """\
import csv
from itertools import islice

from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


def opened():
    return csv.reader(open("rows.csv"))


def pages(rows):
    for page in range(3):
        text = ""
        for row in {drawn}:
            {body}
        print(page, text)


pages({rows})
"""
ROWS = {"rows.csv": "a\nb\nc\nd\ne\nf\n"}
GOES_ON = "text = ask(row[0] + text)"


@pytest.mark.parametrize(
    "rows", ['csv.reader(open("rows.csv"))', "iter(['a', 'b', 'c'])", "(row for row in 'abcd')", "opened()"]
)
@pytest.mark.parametrize("drawn", ["rows", "enumerate(islice(rows, 2))"])
def test_what_one_item_takes_from_an_iterator_between_its_requests_is_gone_for_the_next(rows: str, drawn: str) -> None:
    body = GOES_ON.replace("row[0]", "row[1]") if "enumerate" in drawn else GOES_ON
    check_noop({"app.py": PAGES.format(rows=rows, drawn=drawn, body=body), **ROWS}, "dependent-iterations")


@pytest.mark.parametrize(
    ("rows", "drawn", "body"),
    [
        ('list(csv.reader(open("rows.csv")))', "rows", GOES_ON),
        ('list(csv.reader(open("rows.csv")))', "islice(rows, 2)", GOES_ON),
        ('csv.reader(open("rows.csv"))', "islice(rows, 2)", "print(row, ask(row[0]))"),
    ],
)
def test_what_an_item_takes_at_once_or_from_a_list(rows: str, drawn: str, body: str, tmp_path: Path) -> None:
    check_runs_alike({"app.py": PAGES.format(rows=rows, drawn=drawn, body=body), **ROWS}, tmp_path)
