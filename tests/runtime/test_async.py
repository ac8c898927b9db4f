"""Coroutines park their requests until all have parked; outside of a gather they call in realtime."""

from __future__ import annotations

from pathlib import Path

from fake_provider import Failure, FakeProvider, Faults

from runtime.programs import Program

HEAD = """
    import asyncio
    from openai import AsyncOpenAI, BadRequestError
    from llm_batch import BatchError, batched, gather_batch
    client = AsyncOpenAI(max_retries=0)

    async def ask(text):
        answer = await batched(client.embeddings.create, model="m", input=text)
        return answer.data[0].embedding[0]
"""


def run(folder: Path, body: str, provider: FakeProvider, **variables: str) -> str:
    result = Program(folder, HEAD + body, ("openai",)).run(provider, **variables)
    assert result.code == 0, result
    return result.output


def test_rounds_and_nested_gathers_share_batches(tmp_path: Path) -> None:
    body = """
    async def item(n):
        parts = await gather_batch(*[ask(f"{n}.{i}") for i in range(n)])
        await asyncio.sleep(0)
        return await ask(str(sum(parts)))

    async def main():
        got = await gather_batch(*[item(n) for n in (1, 2, 3)])
        live = [await ask(f"{n}") for n in range(2)]
        print(len(got), len(live))
    asyncio.run(main())
    """
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider) == "3 2\n"
        assert (len(provider.batches), provider.realtime_calls) == (2, 2)
        assert sum(provider.answered().values()) == 6 + 3 + 2
        assert not (tmp_path / ".llm_batch").exists()


def test_threads_run_generators_in_batches_and_in_realtime(tmp_path: Path) -> None:
    body = """
    import functools
    from concurrent.futures import ThreadPoolExecutor
    from openai import OpenAI
    from llm_batch import batched_thread, each, request
    blocking = OpenAI(max_retries=0)

    def steps(text):
        try:
            answer = yield request(blocking.embeddings.create, model="m", input=text)
        except BadRequestError as error:
            return error.code
        parts = yield each(steps(f"{part} {text}") for part in (1, 2) if " " not in text)
        return [len(answer.data), *parts]

    async def main():
        print(await gather_batch(*[batched_thread(asyncio.to_thread, steps, text) for text in ("a", "bad", "c")]))
        with ThreadPoolExecutor(1) as pool:
            run = asyncio.get_running_loop().run_in_executor
            print(await gather_batch(batched_thread(run, pool, functools.partial(steps, "d")), ask("e")) != [])
            print(await batched_thread(run, pool, steps, "f"), await batched_thread(asyncio.to_thread, len, "text"))
        print(len((await batched(blocking.embeddings.create, model="m", input="g")).data))
    asyncio.run(main())
    """
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        assert run(tmp_path, body, provider) == (
            "[[1, [1], [1]], 'invalid_prompt', [1, [1], [1]]]\nTrue\n[1, [1], [1]] 4\n1\n"
        )
        assert (len(provider.batches), provider.realtime_calls) == (4, 4)


def test_generators_run_in_coroutines_in_batches_and_in_realtime(tmp_path: Path) -> None:
    body = """
    from openai import OpenAI
    from llm_batch import batched_steps, each, request
    blocking = OpenAI(max_retries=0)

    def steps(text):
        print("asks", text)
        try:
            answer = yield request(blocking.embeddings.create, model="m", input=text)
        except BadRequestError as error:
            return error.code
        parts = yield each(steps(f"{part} {text}") for part in (1, 2) if " " not in text)
        return [len(answer.data), *parts]

    async def main():
        print(await gather_batch(*[batched_steps(steps(text)) for text in ("a", "bad", "c")], ask("d")) != [])
        print(await batched_steps(steps("f")), await batched_steps("nothing asked"))
    asyncio.run(main())
    """
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        first, second = run(tmp_path, body, provider).split("True\n")
        assert first.splitlines()[:3] == ["asks a", "asks bad", "asks c"]
        assert sorted(first.splitlines()[3:]) == ["asks 1 a", "asks 1 c", "asks 2 a", "asks 2 c"]
        assert second == "asks f\nasks 1 f\nasks 2 f\n[1, [1], [1]] nothing asked\n"
        assert (len(provider.batches), provider.realtime_calls) == (2, 3)


def test_what_items_of_a_loop_print_comes_in_their_turn(tmp_path: Path) -> None:
    body = """
    import sys
    from llm_batch import gather_in_order, in_order

    async def item(name, asked, inner=()):
        print(name, "begins")
        for text in asked:
            try:
                await ask(text)
            except BadRequestError:
                print(name, "fails")
                if name == "z":
                    raise
            sys.stdout.write(f"{name} has {text}\\n")
        await gather_in_order(*[item(f"{name}.{each}", ["i" * each]) for each in inner])
        print(name, "ends", flush=True)

    async def beside():
        await asyncio.sleep(0)
        print("beside")

    async def main():
        shown = sys.stdout
        other = asyncio.create_task(beside())
        await gather_in_order(item("a", ["1", "2", "3"]), item("b", ["1"], [2, 1]), item("c", []))
        await other
        try:
            await gather_in_order(item("y", ["1", "bad"]), item("z", ["bad"]), item("never", []))
        except BadRequestError as error:
            print(error.code, sys.stdout is shown)
    asyncio.run(main())
    """
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        lines = run(tmp_path, body, provider).splitlines()
    lines.remove("beside")
    assert lines == [
        *["a begins", "a has 1", "a has 2", "a has 3", "a ends"],
        *["b begins", "b has 1", "b.2 begins", "b.2 has ii", "b.2 ends", "b.1 begins", "b.1 has i", "b.1 ends"],
        *["b ends", "c begins", "c ends"],
        *["y begins", "y has 1", "y fails", "y has bad", "y ends", "z begins", "z fails", "invalid_prompt True"],
    ]


def test_an_error_is_one_coroutines_own(tmp_path: Path) -> None:
    body = """
    async def main():
        got = await gather_batch(ask("a"), ask("bad"), ask("c"), return_exceptions=True)
        print([type(value).__name__ for value in got])
        try:
            await gather_batch(ask("d"), ask("bad"))
        except BadRequestError as error:
            print(error.code)
    asyncio.run(main())
    """
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        assert run(tmp_path, body, provider) == "['float', 'BadRequestError', 'float']\ninvalid_prompt\n"


def test_a_refused_batch_is_nobodys_answer(tmp_path: Path) -> None:
    body = """
    async def careful(text):
        try:
            return await ask(text)
        except Exception:
            return "default"

    async def main():
        try:
            print(await gather_batch(careful("a"), careful("b")))
        except BatchError as error:
            print("token_limit_exceeded" in str(error))
    asyncio.run(main())
    """
    with FakeProvider(Faults(refusal="token_limit_exceeded")) as provider:
        assert run(tmp_path, body, provider) == "True\n"


def test_a_semaphore_that_was_left_in_place_slows_the_job_but_does_not_stop_it(tmp_path: Path) -> None:
    body = """
    async def main():
        gate = asyncio.Semaphore(2)
        async def item(n):
            async with gate:
                return await ask(f"{n}")
        print(len(await gather_batch(*[item(n) for n in range(4)])))
    asyncio.run(main())
    """
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider, LLM_BATCH_SETTLE_SECONDS="0.1") == "4\n"
        assert (sum(provider.answered().values()), provider.realtime_calls) == (4, 0)


TASKS = """
    from llm_batch import batch_task

    async def item(text):
        try:
            return await ask(text)
        except BadRequestError as error:
            return error.code

    async def main():
        tasks = [batch_task(item(text)) for text in ("a", "bad", "c")]
        print([await task for task in tasks][1])
        more = batch_task(ask("bad"), name="more")
        try:
            await more
        except BadRequestError as error:
            print(more.get_name(), error.code)
        inner = [batch_task(ask("d"))]
        print(len([await task for task in inner]))
    try:
        asyncio.run(main())
    except BatchError as error:
        print(error)
"""


def test_tasks_that_are_awaited_one_by_one(tmp_path: Path) -> None:
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        assert run(tmp_path, TASKS, provider) == "invalid_prompt\nmore invalid_prompt\n1\n"
        assert (len(provider.batches), provider.realtime_calls) == (3, 0)
        assert not (tmp_path / ".llm_batch").exists()


def test_a_refused_batch_is_no_tasks_answer(tmp_path: Path) -> None:
    with FakeProvider(Faults(refusal="token_limit_exceeded")) as provider:
        assert "token_limit_exceeded" in run(tmp_path, TASKS, provider)
