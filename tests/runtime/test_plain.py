"""The driver for items of which none prints before its turn does what the one for all others does."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_provider import Failure, FakeProvider, Faults

from runtime.programs import PROVIDERS, Program

HEAD = """
from openai import OpenAI, BadRequestError
from llm_batch import request, run_batch

client = OpenAI()
def ask(text):
    answer = yield request(
        client.chat.completions.create, model="gpt-4o-mini", messages=[{"role": "user", "content": text}]
    )
    return answer.choices[0].message.content.split(" ", 1)[1]
"""
DRIVERS = pytest.mark.parametrize("names", [["run_batch"], ["run_batch", "Loop"]], ids=["plain", "loop"])


def run(folder: Path, body: str, provider: FakeProvider, names: list[str]) -> list[str]:
    program = Program(folder, HEAD + body, PROVIDERS, names=names)
    assert ("class Loop" in (folder / "llm_batch.py").read_text()) == ("Loop" in names)
    result = program.run(provider)
    assert result.code == 0, result
    assert not (folder / ".llm_batch").exists()
    return result.output.splitlines()


@DRIVERS
def test_values_come_in_the_order_of_the_input_whatever_the_rounds(tmp_path: Path, names: list[str]) -> None:
    body = """
def item(name, rounds):
    found = []
    for number in range(rounds):
        found.append((yield from ask(f"{name}{number}")))
    return found

print(run_batch(item(name, rounds) for name, rounds in [("a", 2), ("b", 0), ("c", 1)]))
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider, names) == ["[['a0', 'a1'], [], ['c0']]"]
        assert len(provider.batches) == 2


@DRIVERS
def test_an_error_comes_when_the_items_before_it_are_done(tmp_path: Path, names: list[str]) -> None:
    body = """
def item(name):
    if name == "":
        raise ValueError("nothing to ask")
    try:
        got = yield from ask(name)
    except BadRequestError:
        got = yield from ask(name[3:])
    print(got)

def names():
    for name in ["a", "bad b", "", "c"]:
        yield item(name)
    raise AssertionError("a loop would not get here")

try:
    run_batch(names())
except ValueError as error:
    print(error)
"""
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        assert run(tmp_path, body, provider, names) == ["a", " b", "nothing to ask"]
        assert sum(provider.answered().values()) == 2


@DRIVERS
def test_what_the_source_raises_comes_behind_the_items_before_it(tmp_path: Path, names: list[str]) -> None:
    body = """
def item(name):
    print((yield from ask(name)))

def names():
    yield item("a")
    raise LookupError("no more")

try:
    run_batch(names())
except LookupError as error:
    print(error)
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider, names) == ["a", "no more"]


@DRIVERS
def test_more_items_than_a_window_are_drawn_when_those_before_have_got_on(tmp_path: Path, names: list[str]) -> None:
    body = """
import llm_batch
getattr(llm_batch, "Loop", llm_batch).WINDOW = 2
drawn = []

def item(name):
    drawn.append(name)
    print((yield from ask(name)), len(drawn))

run_batch(item(name) for name in "abcde")
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider, names) == ["a 2", "b 2", "c 4", "d 4", "e 5"]
        assert len(provider.batches) == 3


@DRIVERS
def test_nothing_is_submitted_where_nothing_is_asked(tmp_path: Path, names: list[str]) -> None:
    body = """
def item(name):
    return name
    yield

print(run_batch(item(name) for name in "ab"), run_batch([1, 2]))
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider, names) == ["['a', 'b'] [1, 2]"]
        assert not provider.batches


@DRIVERS
def test_something_else_than_a_request_is_an_error(tmp_path: Path, names: list[str]) -> None:
    body = """
def item(name):
    yield name

try:
    run_batch(item(name) for name in "ab")
except TypeError as error:
    print(error)
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider, names) == ["a generator of run_batch must yield request(...), not str"]
