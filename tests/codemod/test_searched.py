"""What `in` looks through: a property or a method that Python calls for it may look at more than it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

PROGRAM = """\
from openai import OpenAI

client = OpenAI()


class Glossary:
    def __init__(self):
        self.entries = []
        self.stop = ["jam"]

    {head}
        return {within}


glossary = Glossary()
for term in ["tea", "cup", "jam", "tea"]:
    if term in {place}:
        continue
    answer = client.responses.create(model="gpt-5-mini", input=f"Define {{term}}")
    glossary.entries.append((term, answer.output_text))
print(glossary.entries)
"""
PLACES = [
    ("@property\n    def terms(self):", "[{}]", "glossary.terms"),
    ("def __getattr__(self, name):", "[{}]", "glossary.terms"),
    ("def __getitem__(self, name):", "[{}]", "glossary['terms']"),
    ("def __iter__(self):", "iter([{}])", "glossary"),
]


@pytest.mark.parametrize(("head", "within", "place"), PLACES)
def test_what_other_items_put_in_keeps_the_loop(head: str, within: str, place: str) -> None:
    looked = within.format("term for term, _ in self.entries")
    check_noop(PROGRAM.format(head=head, within=looked, place=place), "dependent-iterations")


@pytest.mark.parametrize(("head", "within", "place"), PLACES)
def test_what_no_item_changes_is_looked_through(head: str, within: str, place: str, tmp_path: Path) -> None:
    looked = within.format("term for term in self.stop")
    check_runs_alike(PROGRAM.format(head=head, within=looked, place=place), tmp_path)


def test_a_mapping_behind_a_property_is_asked_under_the_items_key(tmp_path: Path) -> None:
    head, within = "@property\n    def terms(self):", "self.known"
    program = PROGRAM.format(head=head, within=within, place="glossary.terms")
    program = program.replace("self.entries = []", "self.known = {}").replace("glossary.entries)", "glossary.known)")
    program = program.replace("entries.append((term, answer.output_text))", "known[term] = answer.output_text")
    check_runs_alike(program, tmp_path)
