"""Pools, coroutines and several rounds of a job that cannot stay: killed between runs, with items that come and go."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fake_provider import Failure, FakeProvider, Faults

from runtime.programs import Program

POOL = """
    import sys
    from openai import OpenAI
    from llm_batch import BatchExecutor, pools_in_phases, request

    client = OpenAI()

    def ask(text):
        return (yield request(client.responses.create, model="gpt-5-mini", input=text)).output_text

    def work(item):
        text = yield from ask(item)
        for word in ["better", "best"][:ROUNDS - 1]:
            text = yield from ask(word + text)
        return text

    @pools_in_phases(job="job.main", rounds=ROUNDS > 1)
    def main(items):
        with BatchExecutor(3) as pool:
            answers = list(pool.map(work, items))
        for item, answer in zip(items, answers):
            print(item, answer.split()[-1])

    try:
        main(sys.argv[1:] or ["one", "two", "one"])
    except Exception as error:
        print("alarm:", error)
"""
COROUTINES = """
    import asyncio
    import sys
    from openai import AsyncOpenAI
    from llm_batch import batched, gather_batch, gathers_in_phases

    client = AsyncOpenAI()

    async def ask(text):
        return (await batched(client.responses.create, model="gpt-5-mini", input=text)).output_text

    async def work(item):
        text = await ask(item)
        for word in ["better", "best"][:ROUNDS - 1]:
            text = await ask(word + text)
        return text

    @gathers_in_phases(job="job.main", rounds=ROUNDS > 1)
    async def main(items):
        answers = await gather_batch(*[work(item) for item in items])
        for item, answer in zip(items, answers):
            print(item, answer.split()[-1])

    try:
        asyncio.run(main(sys.argv[1:] or ["one", "two", "one"]))
    except Exception as error:
        print("alarm:", error)
"""
THREADS = (
    COROUTINES.replace("AsyncOpenAI", "OpenAI")
    .replace("batched, ", "batched_thread, request, ")
    .replace(
        """    async def ask(text):
        return (await batched(client.responses.create, model="gpt-5-mini", input=text)).output_text
""",
        """    def asking(text):
        return (yield request(client.responses.create, model="gpt-5-mini", input=text)).output_text

    async def ask(text):
        return await batched_thread(asyncio.get_running_loop().run_in_executor, None, asking, text)
""",
    )
)
KINDS = {"pool": POOL, "coroutines": COROUTINES, "threads": THREADS}


ALL = [("pool", 1), ("pool", 3), ("coroutines", 1), ("coroutines", 3), ("threads", 3)]
LONG = pytest.mark.parametrize("job", [("pool", 3), ("coroutines", 3)], indirect=True, ids=["pool", "coroutines"])


@pytest.fixture(params=ALL, ids=lambda p: f"{p[0]}-{p[1]}")
def job(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Program, int]:
    kind, rounds = request.param
    return Program(tmp_path, KINDS[kind].replace("ROUNDS", str(rounds)), ("openai",)), rounds


def renewed(program: Program) -> Program:
    """What the next runner of a CI service finds: the same files, and no state."""
    shutil.rmtree(program.folder / ".llm_batch", ignore_errors=True)
    return program


def names(output: str) -> list[str]:
    return [line.split()[0] for line in output.splitlines()]


def test_each_run_ends_in_peace_until_all_rounds_are_there(job: tuple[Program, int]) -> None:
    program, rounds = job
    with FakeProvider() as provider:
        for _ in range(rounds):
            early = renewed(program).run(provider)
            assert (early.code, early.output) == (0, ""), early
            assert "Traceback" not in early.errors
            assert "never retrieved" not in early.errors
        last = renewed(program).run(provider)
        assert names(last.output) == ["one", "two", "one"], last
        assert (len(provider.batches), len(provider.exchanges), provider.realtime_calls) == (rounds, 3 * rounds, 0)
        assert program.state == []


@LONG
def test_a_run_that_may_wait_does_all_rounds_itself(job: tuple[Program, int]) -> None:
    program, rounds = job
    with FakeProvider() as provider:
        done = program.run(provider, LLM_BATCH_WAIT_SECONDS="60")
        assert names(done.output) == ["one", "two", "one"], done
        assert len(provider.batches) == rounds


@LONG
def test_killed_while_it_submits(job: tuple[Program, int]) -> None:
    program, rounds = job
    with FakeProvider(Faults()) as provider:
        for _ in range(rounds - 1):
            renewed(program).run(provider)
        provider.faults.broken_replies["POST /v1/batches"] = [0]
        renewed(program).run_killed(provider, provider.faults.accepted)
        outputs = [renewed(program).run(provider).output for _ in range(2)]
        assert names(outputs[-1] or outputs[0]) == ["one", "two", "one"], outputs
        assert (len(provider.batches), provider.realtime_calls) == (rounds, 0)


@LONG
def test_killed_while_it_waits(job: tuple[Program, int]) -> None:
    program, rounds = job
    with FakeProvider(Faults(hold_from=rounds - 1)) as provider:
        for _ in range(rounds - 1):
            renewed(program).run(provider)
        running = renewed(program).start(provider, LLM_BATCH_WAIT_SECONDS="60")
        assert provider.faults.polled_while_held.wait(30), running.kill().errors
        running.kill()
        provider.faults.hold_from = None
        assert names(renewed(program).run(provider).output) == ["one", "two", "one"]
        assert (len(provider.batches), provider.realtime_calls) == (rounds, 0)


def test_new_items_in_each_run_are_paid_once_and_do_not_keep_it_from_ending(job: tuple[Program, int]) -> None:
    program, rounds = job
    items = ["one", "two", "gone"]
    with FakeProvider() as provider:
        for run in range(rounds):
            assert renewed(program).run(provider, *items).output == ""
            items = [f"new{run}", *(item for item in items if item != "gone")]
        last = renewed(program).run(provider, *items)
        assert names(last.output) == items, last
        assert max(provider.answered().values()) == 1
        # The newest is late for all rounds, the one before for all but one, and so on.
        assert provider.realtime_calls == rounds * (rounds + 1) // 2


@LONG
def test_more_new_items_than_a_batch_has_answered_get_a_batch(job: tuple[Program, int]) -> None:
    program, rounds = job
    many = ["one", *(f"new{n}" for n in range(5))]
    with FakeProvider() as provider:
        for _ in range(rounds):
            assert renewed(program).run(provider, "one").output == ""
        assert renewed(program).run(provider, *many).output == ""
        assert names(renewed(program).run(provider, *many).output) == many
        # In the next run they are as many as it has answers for, and the rest of them comes at once.
        assert (provider.realtime_calls, max(provider.answered().values())) == (5 * (rounds - 1), 1)


@LONG
def test_a_refused_request_raises_the_error_of_the_sdk(job: tuple[Program, int]) -> None:
    program, rounds = job
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        outputs = [renewed(program).run(provider, "one", "bad").output for _ in range(rounds + 1)]
        assert outputs[0] == ""
        assert "alarm: Error code: 400" in outputs[-1]


@LONG
def test_a_late_request_that_is_refused_raises_it_too(job: tuple[Program, int]) -> None:
    program, rounds = job
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        for _ in range(rounds):
            assert renewed(program).run(provider, "one", "two").output == ""
        assert "alarm: Error code: 400" in renewed(program).run(provider, "one", "bad", "two").output
