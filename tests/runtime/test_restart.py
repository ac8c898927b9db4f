"""A job that is killed, or goes wrong, finds again what it has paid for; a job that ended well leaves nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from fake_provider import FakeProvider, Faults

from runtime.programs import Program

OPENAI = """
    import sys
    from openai import OpenAI
    from llm_batch import request, run_batch

    client = OpenAI()
    ITEMS = ["one", "two", "three", "two", "five"]

    def describe(item):
        answer = yield request(
            client.chat.completions.create, model="gpt-4o-mini", messages=[{"role": "user", "content": item}]
        )
        text = answer.choices[0].message.content
        print(item, text)
        return text

    if __name__ == "__main__":
        print(run_batch(describe(item) for item in ITEMS + sys.argv[1:]))
"""
ANTHROPIC = (
    OPENAI.replace("from openai import OpenAI", "from anthropic import Anthropic as OpenAI")
    .replace(
        'client.chat.completions.create, model="gpt-4o-mini",',
        'client.messages.create, model="claude-haiku-4-5", max_tokens=99,',
    )
    .replace("answer.choices[0].message.content", "answer.content[0].text")
)
ROUNDS = """
    from openai import OpenAI
    from llm_batch import in_turn, request, run_batch

    client = OpenAI()

    def ask(text):
        answer = yield request(
            client.chat.completions.create, model="gpt-4o-mini", messages=[{"role": "user", "content": text}]
        )
        return answer.choices[0].message.content

    def check(item):
        draft = yield from ask(item)
        verdict = "skipped"
        if item != "b":
            verdict = yield from ask("check " + draft)
        yield in_turn()
        print(item, draft, verdict)

    run_batch(check(item) for item in "abc")
"""


@pytest.fixture(params=["openai", "anthropic"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    return Program(tmp_path, {"openai": OPENAI, "anthropic": ANTHROPIC}[request.param], (request.param,))


@pytest.fixture
def expected(program: Program) -> tuple[str, Counter[str]]:
    """What a run without trouble prints and asks for."""
    with FakeProvider() as provider:
        result = program.run(provider)
        assert (result.code, provider.realtime_calls, len(provider.batches)) == (0, 0, 1), result
        assert (provider.refused, provider.cost, program.state) == ([], 2.5, [])
        return result.output, provider.answered()


def test_the_next_night_asks_again(program: Program, expected: tuple[str, Counter[str]]) -> None:
    with FakeProvider() as provider:
        first, second = program.run(provider), program.run(provider)
        assert first.output == second.output == expected[0]
        assert provider.answered() == expected[1] + expected[1]
        assert len(provider.batches) == 2


def test_killed_while_the_batch_runs(program: Program, expected: tuple[str, Counter[str]]) -> None:
    with FakeProvider(Faults(hold_from=0)) as provider:
        program.run_killed(provider, provider.faults.polled_while_held)
        provider.faults.hold_from = None
        result = program.run(provider)
        assert (result.output, provider.answered(), len(provider.batches)) == (*expected, 1), result
        assert program.state == []


def test_killed_before_the_provider_says_that_it_has_the_batch(
    program: Program, expected: tuple[str, Counter[str]]
) -> None:
    faults = Faults(broken_replies={"POST /v1/batches": [0], "POST /v1/messages/batches": [0]})
    with FakeProvider(faults) as provider:
        program.run_killed(provider, faults.accepted)
        result = program.run(provider)
        assert (result.output, provider.answered(), len(provider.batches)) == (*expected, 1), result


STEPS = [
    ("openai", "POST /v1/files"),
    ("openai", "GET /v1/batches"),
    ("openai", "GET /v1/batches/batch_0"),
    ("openai", "GET /v1/files/file-output_batch_0/content"),
    ("openai", "DELETE /v1/files/file-0"),
    ("anthropic", "GET /v1/messages/batches/msgbatch_0"),
    ("anthropic", "GET /v1/messages/batches/msgbatch_0/results"),
]


@pytest.mark.parametrize(("program", "route"), STEPS, indirect=["program"])
def test_killed_at_any_other_step(program: Program, expected: tuple[str, Counter[str]], route: str) -> None:
    faults = Faults(broken_replies={route: [0]})
    with FakeProvider(faults) as provider:
        program.run_killed(provider, faults.accepted)
        result = program.run(provider)
        assert (result.output, provider.answered(), len(provider.batches)) == (*expected, 1), result


def test_create_answers_500_although_it_made_the_batch(program: Program, expected: tuple[str, Counter[str]]) -> None:
    faults = Faults(broken_replies={"POST /v1/batches": [500], "POST /v1/messages/batches": [500]})
    with FakeProvider(faults) as provider:
        result = program.run(provider)
        assert (result.output, provider.answered(), len(provider.batches)) == (*expected, 1), result


def test_killed_in_the_second_round(tmp_path: Path) -> None:
    program = Program(tmp_path, ROUNDS)
    with FakeProvider() as provider:
        expected = program.run(provider).output, provider.answered()
        assert len(provider.batches) == 2
        assert [line[0] for line in expected[0].splitlines()] == ["a", "b", "c"]
    with FakeProvider(Faults(hold_from=1)) as provider:
        program.run_killed(provider, provider.faults.polled_while_held)
        provider.faults.hold_from = None
        result = program.run(provider)
        assert (result.output, provider.answered(), len(provider.batches)) == (*expected, 2), result


def test_killed_in_the_second_of_two_loops_over_equal_requests(tmp_path: Path) -> None:
    loop = "print(run_batch(describe(item) for item in ITEMS + sys.argv[1:]))"
    program = Program(tmp_path, OPENAI.replace(loop, f"{loop}\n        {loop}"))
    with FakeProvider(Faults(hold_from=1)) as provider:
        program.run_killed(provider, provider.faults.polled_while_held)
        provider.faults.hold_from = None
        result = program.run(provider)
        assert (result.code, len(provider.batches), len(provider.exchanges)) == (0, 2, 10), result
        assert program.state == []


def test_a_restart_with_new_items_buys_only_those(program: Program, expected: tuple[str, Counter[str]]) -> None:
    with FakeProvider(Faults(hold_from=0)) as provider:
        program.run_killed(provider, provider.faults.polled_while_held)
        provider.faults.hold_from = None
        result = program.run(provider, "six", "one")
        assert result.output.startswith(expected[0].splitlines()[0]), result
        assert (sum(provider.answered().values()), len(provider.batches)) == (7, 2)
        assert provider.answered() >= expected[1]


def test_a_machine_without_a_disk_finds_the_batch_at_the_provider(tmp_path: Path) -> None:
    program = Program(tmp_path, OPENAI)
    with FakeProvider(Faults(hold_from=0)) as provider:
        program.run_killed(provider, provider.faults.polled_while_held)
        provider.faults.hold_from = None
        for path in tmp_path.glob(".llm_batch/*"):
            path.unlink()
        assert program.run(provider).code == 0
        assert len(provider.batches) == 1
        assert program.run(provider).code == 0
        assert len(provider.batches) == 2, "the next night took the answers of the night before"


def test_two_starts_of_one_job_share_the_batch(program: Program, expected: tuple[str, Counter[str]]) -> None:
    with FakeProvider(Faults(hold_from=0)) as provider:
        first = program.start(provider)
        assert provider.faults.polled_while_held.wait(30)
        second = program.start(provider)
        while "going on with batch" not in second.errors.read_text(encoding="utf-8"):
            provider.faults.polled_while_held.clear()
            assert provider.faults.polled_while_held.wait(30)
        provider.faults.hold_from = None
        results = [first.wait(), second.wait()]
        assert [result.output for result in results] == [expected[0]] * 2, results
        assert (provider.answered(), len(provider.batches)) == (expected[1], 1)
        assert program.state == []


def test_an_expired_batch_keeps_its_answers_and_the_rest_is_submitted_again(
    program: Program, expected: tuple[str, Counter[str]]
) -> None:
    with FakeProvider(Faults(expiring=2)) as provider:
        result = program.run(provider)
        assert (result.output, provider.answered(), len(provider.batches)) == (*expected, 3), result
        assert program.state == []


def test_a_provider_that_never_runs_the_requests_ends_the_job(
    program: Program, expected: tuple[str, Counter[str]]
) -> None:
    with FakeProvider(Faults(expiring=100, answered=0.0)) as provider:
        result = program.run(provider)
        assert result.code == 1
        assert "went unanswered" in result.errors
        assert result.output == ""
        had = sum(provider.answered().values())
        provider.faults.expiring = 0
        result = program.run(provider)
        assert (result.output, provider.answered()) == expected, (had, result)


TROUBLE = {
    "POST /v1/files": [500, 429],
    "GET /v1/batches/": [500, 429, 503, 500, 500],
    "GET /v1/batches": [500],
    "POST /v1/batches": [500, 429],
    "GET /v1/files/file-output": [500],
    "POST /v1/messages/batches": [529, 500],
    "GET /v1/messages/batches": [500, 429, 503, 500, 500],
}


def test_a_provider_in_trouble_is_asked_again(program: Program, expected: tuple[str, Counter[str]]) -> None:
    with FakeProvider(Faults(statuses={route: list(queue) for route, queue in TROUBLE.items()})) as provider:
        result = program.run(provider)
        assert (result.output, provider.answered(), len(provider.batches)) == (*expected, 1), result


def test_a_refused_batch_ends_the_job_and_buys_nothing(program: Program, expected: tuple[str, Counter[str]]) -> None:
    with FakeProvider(Faults(refusal="token_limit_exceeded")) as provider:
        result = program.run(provider)
        assert result.code == 1
        assert "token_limit_exceeded" in result.errors.splitlines()[-1]
        assert (provider.answered(), provider.realtime_calls) == (Counter(), 0)
        provider.faults.refusal = ""
        result = program.run(provider)
        assert (result.output, provider.answered()) == expected, result


def test_an_error_of_the_job_keeps_what_is_paid_for_the_next_start(tmp_path: Path) -> None:
    source = OPENAI.replace("print(item, text)", "print(item, text); assert item != sys.argv[-1], item")
    program = Program(tmp_path, source)
    with FakeProvider() as provider:
        result = program.run(provider, "three")
        assert result.errors.endswith("AssertionError: three\n"), result
        assert len(result.output.splitlines()) == 3, "a loop would have gone no further"
        result = program.run(provider, "seven")
        assert result.code == 1
        assert len(provider.batches) == 2, "six requests are paid, one is new"
        assert sum(provider.answered().values()) == 7


def test_no_requests_make_no_batch_and_no_file(tmp_path: Path) -> None:
    program = Program(tmp_path, "from llm_batch import run_batch\nprint(run_batch([]), run_batch([1, None]))")
    with FakeProvider() as provider:
        assert program.run(provider).output == "[] [1, None]\n"
        assert provider.calls == Counter()
        assert not (tmp_path / ".llm_batch").exists()


def test_a_deadline_ends_the_wait_and_the_next_start_goes_on(
    program: Program, expected: tuple[str, Counter[str]]
) -> None:
    with FakeProvider(Faults(hold_from=0)) as provider:
        result = program.run(provider, LLM_BATCH_DEADLINE_SECONDS="0")
        assert result.code == 1
        assert "not ended before the deadline" in result.errors
        provider.faults.hold_from = None
        result = program.run(provider)
        assert (result.output, provider.answered(), len(provider.batches)) == (*expected, 1), result
