"""Code that asks one by one only while there are few items, and makes a batch of more."""

import pytest

from .verdicts import marked, verdict

APP = """
import json
import sys
from openai import OpenAI
from llm import ask

client = OpenAI()
LIMIT = 10

class Batches:
    def is_worth_it(self, amount, force=False):
        if force:
            return True
        return amount > LIMIT

    def named(self, amount):
        return amount in (1, 2)

def submit(rows):
    file = client.files.create(file=open("rows.jsonl", "rb"), purpose="batch")
    return {made}

def one_by_one(rows):
    return [ask(row) for row in rows]  # !

def label(rows):
    {choice}

if __name__ == "__main__":
    json.dump(label(open("rows.txt").readlines()), open("labels.json", "w"))
"""
BATCH = 'client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")'


def program(choice: str, made: str = BATCH) -> str:
    return APP.format(choice=choice, made=made)


@pytest.mark.parametrize(
    "choice",
    [
        "if len(rows) > LIMIT:\n        return submit(rows)\n    return one_by_one(rows)",
        "if len(rows) <= LIMIT:\n        return one_by_one(rows)\n    else:\n        return submit(rows)",
        "total = len(rows)\n    many = total >= LIMIT\n    if many:\n        return submit(rows)\n"
        "    return one_by_one(rows)",
        "total = len(rows)\n    many = Batches().is_worth_it(total)\n    if many:\n        made = submit(rows)\n"
        "        if made:\n            return made\n    return one_by_one(rows)",
        "if not len(rows) > LIMIT or len(rows) > 50000:\n        return one_by_one(rows)\n"
        "    else:\n        return submit(rows)",
    ],
)
def test_what_is_left_for_few_items_is_unclear(choice: str) -> None:
    site = marked(program(choice))
    assert site is not None
    assert str(site.verdict) == "unclear"
    assert site.question == "are there ever more than a few items that one_by_one is to ask one by one about?"


@pytest.mark.parametrize(
    ("choice", "made"),
    [
        ('if "--batch" in sys.argv:\n        return submit(rows)\n    return one_by_one(rows)', BATCH),
        (
            'if "--batch" in sys.argv and len(rows) > LIMIT:\n        return submit(rows)\n    return one_by_one(rows)',
            BATCH,
        ),
        ("if Batches().named(len(rows)):\n        return submit(rows)\n    return one_by_one(rows)", BATCH),
        ("if len(rows) > LIMIT:\n        submit(rows)\n    return one_by_one(rows)", BATCH),
        ("if len(rows) > LIMIT:\n        return submit(rows)\n    return one_by_one(rows)", "print(rows)"),
        ("if len(rows) > LIMIT:\n        return one_by_one(rows)\n    return one_by_one(rows)", BATCH),
    ],
)
def test_what_is_asked_in_any_number_is_batchable(choice: str, made: str) -> None:
    assert verdict(program(choice, made)) == "batchable"
