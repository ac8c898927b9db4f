"""A program that goes on asking after a refused batch comes to an end."""

from __future__ import annotations

from pathlib import Path

from fake_provider import FakeProvider, Faults

from runtime.programs import Program

HEAD = """
    from openai import OpenAI
    from llm_batch import request, run_batch

    client = OpenAI()

    def describe(item):
        answer = yield request(client.responses.create, model="gpt-5-mini", input=item)
        print(item, len(answer.output_text) > 0)

"""
ENDLESS = """
    while True:
        try:
            run_batch(describe(item) for item in ("one", "two"))
            break
        except Exception as error:
            print("failed", "limit" in str(error))
"""
FEW = """
    for _ in range(3):
        try:
            run_batch(describe(item) for item in ("one", "two"))
        except Exception as error:
            print("failed", "limit" in str(error))
    print("went on")
"""
OTHERS = """
    for items in (["one"], ["two"], ["one", "three"]):
        try:
            run_batch(describe(item) for item in items)
        except Exception as error:
            print("failed", "limit" in str(error))
"""


def program(folder: Path, body: str) -> Program:
    return Program(folder, HEAD + body, ("openai",))


def test_a_loop_that_never_gives_up_is_ended(tmp_path: Path) -> None:
    with FakeProvider(Faults(refusal="token_limit_exceeded")) as provider:
        ended = program(tmp_path, ENDLESS).run(provider)
        assert ended.code == 1
        assert set(ended.output.splitlines()) == {"failed True"}
        assert "failed 6 times in this run" in ended.errors.splitlines()[-1]
        assert (len(provider.batches), provider.realtime_calls) == (6, 0)


def test_a_program_that_gives_up_goes_on(tmp_path: Path) -> None:
    with FakeProvider(Faults(refusal="token_limit_exceeded")) as provider:
        ended = program(tmp_path, FEW).run(provider)
        assert (ended.code, ended.output) == (0, "failed True\n" * 3 + "went on\n")


def test_other_requests_are_sent(tmp_path: Path) -> None:
    with FakeProvider(Faults(refusal="token_limit_exceeded", refused_batches=1)) as provider:
        ended = program(tmp_path, OTHERS).run(provider)
        assert (ended.code, ended.output) == (0, "failed True\ntwo True\none True\nthree True\n")
