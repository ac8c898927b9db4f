"""The entry points' data: a row that can match nothing, or that nobody can check, is an error."""

from importlib.resources import files

import pytest
import yaml

from batchlint import entrypoints
from batchlint.findings import Latency
from batchlint.patterns import tails, to_regex

DOCUMENTS = {
    entry.name: yaml.safe_load(entry.read_text(encoding="utf-8"))
    for entry in (files("batchlint") / "data" / "entrypoints").iterdir()
    if entry.name.endswith(".yaml")
}
TABLES = (
    "decorators",
    "bases",
    "registers",
    "enqueues",
    "schedules",
    "higher_order",
    "calls",
    "defaults",
    "conventions",
)
CALLED = ("registers", "enqueues", "schedules", "higher_order", "calls", "defaults")
"""Tables whose rows are looked up by the name of the function that is called."""


def rows(framework, tables):
    steps = [step for workflow in framework.get("workflows") or [] for step in workflow["steps"]]
    return [row for table in tables for row in framework.get(table) or []] + steps


every_document = pytest.mark.parametrize("document", [pytest.param(d, id=n) for n, d in sorted(DOCUMENTS.items())])


@every_document
def test_it_says_when_and_where_it_was_looked_up(document):
    assert len(str(document["checked"])) == len("2026-11-24")
    assert all(framework["source"].startswith("https://") for framework in document["frameworks"])


@every_document
def test_every_latency_is_a_budget_or_unknown(document):
    for framework in document["frameworks"]:
        for row in [framework, *rows(framework, TABLES)]:
            latency = row.get("latency", "unknown")
            assert latency == "unknown" or Latency.parse(latency) in Latency, row


@every_document
def test_every_pattern_can_match(document):
    for framework in document["frameworks"]:
        for row in rows(framework, TABLES):
            to_regex(row.get("path", ""))
        for row in rows(framework, CALLED):
            assert not [tail for tail in tails(row.get("path", "")) if "*" in tail], row


@every_document
def test_what_hands_over_a_function_says_which_argument_it_is(document):
    for framework in document["frameworks"]:
        for row in rows(framework, ("registers", "higher_order")):
            assert "argument" in row or "keyword" in row, row


def test_no_framework_is_described_twice():
    names = [framework["name"] for document in DOCUMENTS.values() for framework in document["frameworks"]]
    assert sorted(names) == sorted(set(names))


def test_users_rows_are_read_like_the_shipped_ones():
    document = {
        "frameworks": [
            {
                "name": "shop",
                "kind": "bot",
                "latency": "realtime",
                "decorators": [{"path": "shopbot.{Bot,AsyncBot}().on_{message,order}"}],
            }
        ]
    }
    found = entrypoints.build([document]).decorators.first("shopbot.AsyncBot().on_order")
    assert found is not None
    assert (found.kind, found.latency) == ("bot", Latency.REALTIME)
