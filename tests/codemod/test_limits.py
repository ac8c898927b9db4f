"""Limits around requests: on time and on how many run they go, what one item at a time may hold is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike, rewrite

HEAD = """\
import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from openai import AsyncOpenAI, OpenAI

client, live = AsyncOpenAI(), OpenAI()
PLACES, LOCK = threading.Semaphore(2), threading.Lock()
WORDS = ["tea", "cup", "jam", "pot"]


async def ask(text):
    return (await client.responses.create(model="gpt-5-mini", input=text)).output_text


"""
ASYNC = "\n\nasyncio.run(main())\n"
GONE = {
    "a time for each": (
        """
        async def main():
            for word in WORDS:
                try:
                    answer = await asyncio.wait_for(ask(word), timeout=30)
                except asyncio.TimeoutError:
                    continue
                print(word, answer)
        """,
        ASYNC,
        "wait_for",
    ),
    "a block of time, and one around what asks nothing": (
        """
        async def timely(word):
            async with asyncio.timeout(60):
                await asyncio.sleep(0)
            async with asyncio.timeout(30):
                return await ask(word)


        async def main():
            async with asyncio.timeout(300):
                print(await asyncio.gather(*[timely(word) for word in WORDS]))
        """,
        ASYNC,
        "timeout(30",
    ),
    "a time by who is handed it": (
        """
        async def within(coroutine, seconds):
            return await asyncio.wait_for(coroutine, seconds)


        async def main():
            print(await asyncio.gather(*[within(ask(word), 5) for word in WORDS]))
        """,
        ASYNC,
        "wait_for",
    ),
    "places of threads": (
        """
        def careful(text):
            with PLACES:
                return live.responses.create(model="gpt-5-mini", input=text).output_text


        with ThreadPoolExecutor(8) as pool:
            print(list(pool.map(careful, WORDS)))
        """,
        "",
        "with PLACES",
    ),
}
HELD = {
    "a lock of threads": """
        def careful(text):
            with LOCK:
                return live.responses.create(model="gpt-5-mini", input=text).output_text


        with ThreadPoolExecutor(8) as pool:
            print(list(pool.map(careful, WORDS)))
        """,
    "a lock of coroutines": """
        async def main():
            lock = asyncio.Lock()

            async def careful(word):
                async with lock:
                    return await ask(word)

            print(await asyncio.gather(*[careful(word) for word in WORDS]))
        """,
    "a place that is taken by hand": """
        def careful(text):
            PLACES.acquire()
            try:
                return live.responses.create(model="gpt-5-mini", input=text).output_text
            finally:
                PLACES.release()


        with ThreadPoolExecutor(8) as pool:
            print(list(pool.map(careful, WORDS)))
        """,
    "a time that is looked at": """
        async def main():
            for word in WORDS:
                async with asyncio.timeout(30) as limit:
                    print(await ask(word))
                print(limit.expired())
        """,
}
SIGNALS = {
    "threads": """
        def careful(word):
            if word != WORDS[0]:
                warm.wait(timeout=60)
            answer = live.responses.create(model="gpt-5-mini", input=word).output_text
            warm.set()
            return answer


        warm = threading.Event()
        with ThreadPoolExecutor(8) as pool:
            print(list(pool.map(careful, WORDS)))
        """,
    "coroutines": """
        async def main():
            first = asyncio.Event()

            async def careful(word):
                if word != WORDS[0]:
                    await first.wait()
                answer = await ask(word)
                first.set()
                return answer

            print(await asyncio.gather(*[careful(word) for word in WORDS]))
        """,
    "all that meet": """
        def careful(word):
            answer = live.responses.create(model="gpt-5-mini", input=word).output_text
            together.wait()
            return answer


        together = threading.Barrier(4)
        with ThreadPoolExecutor(8) as pool:
            print(list(pool.map(careful, WORDS)))
        """,
}


def placed(body: str) -> str:
    return HEAD + body.replace("\n        ", "\n").lstrip("\n")


@pytest.mark.parametrize(("body", "end", "gone"), GONE.values(), ids=GONE)
def test_limits_that_a_batch_does_not_need_go(body: str, end: str, gone: str, tmp_path: Path) -> None:
    alike = check_runs_alike(placed(body) + end, tmp_path)
    after = alike.rewritten.files["app.py"]
    assert gone not in after
    assert ("timeout(60)" in after) == ("timeout(60)" in body)
    lost = [note for note in alike.rewritten.notes if "the time limit in line" in note]
    assert bool(lost) == (end == ASYNC)


@pytest.mark.parametrize("name", HELD)
def test_what_an_item_would_hold_for_hours_stays(name: str) -> None:
    check_noop(placed(HELD[name]) + (ASYNC if "main" in HELD[name] else ""), "unsupported-shape")


@pytest.mark.parametrize("name", SIGNALS)
def test_an_item_that_waits_for_another_one_stays(name: str) -> None:
    program = placed(SIGNALS[name]) + (ASYNC if "main" in SIGNALS[name] else "")
    assert "another item" in str(check_noop(program, "dependent-iterations"))


def test_a_pause_by_an_event_that_nothing_sets_is_no_signal(tmp_path: Path) -> None:
    program = """
        def careful(word):
            stopped.wait(0.01)
            return live.responses.create(model="gpt-5-mini", input=word).output_text


        stopped = threading.Event()
        with ThreadPoolExecutor(8) as pool:
            print(list(pool.map(careful, WORDS)))
        """
    check_runs_alike(placed(program), tmp_path)


def test_a_place_for_a_request_that_stays_realtime_stays() -> None:
    program = """
        class Model:
            def __init__(self):
                self.places = asyncio.Semaphore(4)

            async def ask(self, text):
                raise NotImplementedError

            async def run(self):
                print(await asyncio.gather(*[self.ask(word) for word in WORDS]))


        class Hosted(Model):
            async def ask(self, text):
                async with self.places:
                    return (await client.responses.create(model="gpt-5-mini", input=text)).output_text


        class Old(Model):
            def __init__(self):
                super().__init__()
                self.model = vertexai.generative_models.GenerativeModel("gemini")

            async def ask(self, text):
                async with self.places:
                    return (await self.model.generate_content_async(text)).text


        asyncio.run({"hosted": Hosted, "old": Old}["hosted"]().run())
        """
    after = rewrite("import vertexai.generative_models\n" + placed(program)).files["app.py"]
    assert "await gather_batch(" in after
    assert after.count("async with self.places:") == 1
    assert "async with self.places:\n            return (await self.model.generate_content_async(text)).text" in after


def test_what_follows_a_limit_on_top_of_its_function_comes_on_top() -> None:
    program = """
        async def limited(coroutines, limit):
            places = asyncio.Semaphore(limit)

            async def one(coroutine):
                async with places:
                    return await coroutine

            return await asyncio.gather(*[one(each) for each in coroutines])


        asyncio.run(limited([ask(word) for word in WORDS], 4))
        """
    after = rewrite(placed(program)).files["app.py"]
    assert "async def limited(coroutines, limit):\n    async def one(coroutine):\n        return await" in after
