"""Workers that take items from an `asyncio.Queue`."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from .programs import check_noop, check_runs_alike

HEAD = """\
import asyncio

from openai import AsyncOpenAI

client = AsyncOpenAI(max_retries=0)
NAMES = ["tea", "cup", "jam", "pot", "pan", "lid", "mug"]


async def ask(text):
    response = await client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": text}]
    )
    return response.choices[0].message.content


"""

ALIKE = {
    "until the queue is joined, with errors of items": """
        async def work(queue, found):
            while True:
                name = await queue.get()
                try:
                    found[name] = await ask(name)
                except Exception as error:
                    found[name] = type(error).__name__
                finally:
                    queue.task_done()


        async def main():
            queue, found = asyncio.Queue(), {}
            for name in NAMES + ["refuse"]:
                queue.put_nowait(name)
            workers = [asyncio.create_task(work(queue, found)) for _ in range(3)]
            await queue.join()
            for worker in workers:
                worker.cancel()
            for name in sorted(found):
                print(name, found[name])


        asyncio.run(main())
        """,
    "until each has found its end, with a count of its own and two requests": """
        totals = []


        async def work(queue, found):
            done = 0
            while True:
                pair = await queue.get()
                if pair is None:
                    queue.task_done()
                    break
                number, name = pair
                if name == "pan":
                    continue
                draft = await ask(name)
                found.append((number, await ask(f"improve {draft}")))
                done += 1
            totals.append(done)


        async def main():
            queue, found = asyncio.Queue(), []
            workers = [asyncio.create_task(work(queue, found)) for _ in range(2)]
            for pair in enumerate(NAMES):
                await queue.put(pair)
            for _ in workers:
                await queue.put(None)
            await asyncio.gather(*workers)
            print(sorted(found), sum(totals))


        asyncio.run(main())
        """,
    "until there is nothing left, in a class, twice": """
        class Labels:
            def __init__(self):
                self.queue = asyncio.Queue()
                self.limit = asyncio.Semaphore(2)
                self.found = {}

            async def work(self):
                while True:
                    try:
                        name = self.queue.get_nowait()
                    except asyncio.QueueEmpty:
                        return
                    async with self.limit:
                        self.found[name] = await ask(name)

            async def run(self, names):
                for name in names:
                    self.queue.put_nowait(name)
                async with asyncio.TaskGroup() as group:
                    for _ in range(3):
                        group.create_task(self.work())


        async def main():
            labels = Labels()
            await labels.run(NAMES[:4])
            await labels.run(NAMES[4:])
            print(sorted(labels.found.items()))


        asyncio.run(main())
        """,
    "started in a loop, with items that were seen": """
        class Pages:
            def __init__(self):
                self.queue = asyncio.Queue()
                self.found, self.seen = [], set()

            async def work(self):
                while True:
                    name, depth = await self.queue.get()
                    if name in self.seen:
                        self.queue.task_done()
                        continue
                    self.seen.add(name)
                    self.found.append((depth, await ask(name)))
                    self.queue.task_done()

            async def run(self, names):
                for number, name in enumerate(names):
                    await self.queue.put((name, number % 2))
                tasks = []
                for _ in range(2):
                    tasks.append(asyncio.create_task(self.work()))
                await self.queue.join()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                return sorted(self.found)


        print(asyncio.run(Pages().run(NAMES + NAMES[:3])))
        """,
    "an error that ends a worker": """
        async def work(queue, found):
            while not queue.empty():
                name = await queue.get()
                found.append(await ask(name))


        async def main():
            queue, found = asyncio.Queue(), []
            for name in NAMES + ["refuse"]:
                queue.put_nowait(name)
            ended = await asyncio.gather(*(work(queue, found) for _ in range(3)), return_exceptions=True)
            print(sorted(found), sum(isinstance(each, Exception) for each in ended))


        asyncio.run(main())
        """,
}


@pytest.mark.parametrize("name", ALIKE)
def test_workers_do_the_same_afterwards(name: str, tmp_path: Path) -> None:
    faults = Faults(failures=[Failure("refuse")])
    alike = check_runs_alike(HEAD + textwrap.dedent(ALIKE[name]).lstrip("\n"), tmp_path, faults=faults)
    assert "the workers no longer limit how many items run at once" in alike.rewritten.notes


START = """
        async def main():
            queue, found = asyncio.Queue(), []
            for name in NAMES:
                queue.put_nowait(name)
            await asyncio.gather(*(work(queue, found) for _ in range(3)))
            print(found)


        asyncio.run(main())
        """
REFUSED = {
    "what is found is put into the queue": (
        "dependent-iterations",
        """
        async def work(queue, found):
            while not queue.empty():
                name = await queue.get()
                answer = await ask(name)
                found.append(answer)
                if len(name) < 4:
                    queue.put_nowait(name + answer)
        """,
        "`queue` is read before the request",
    ),
    "a worker stops when enough is found": (
        "dependent-iterations",
        """
        async def work(queue, found):
            while len(found) < 3:
                name = await queue.get()
                found.append(await ask(name))
        """,
        "`found` is read before the request",
    ),
    "a worker ends at an answer": (
        "early-stop",
        """
        async def work(queue, found):
            while True:
                name = await queue.get()
                answer = await ask(name)
                if answer == "stop":
                    break
                found.append(answer)
        """,
        "the worker may end at one of its items (line 21)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_workers_that_stay(name: str) -> None:
    refusal, program, sentence = REFUSED[name]
    text = HEAD + textwrap.dedent(program).lstrip("\n") + "\n\n" + textwrap.dedent(START).lstrip("\n")
    found = check_noop(text, refusal)
    assert found is not None and sentence in found.detail


def test_one_worker_alone_keeps_the_order_of_its_items() -> None:
    program = """
    async def work(queue):
        while not queue.empty():
            print(await ask(await queue.get()))


    async def main():
        queue = asyncio.Queue()
        for name in NAMES:
            queue.put_nowait(name)
        await asyncio.gather(work(queue))


    asyncio.run(main())
    """
    check_noop(HEAD + textwrap.dedent(program).lstrip("\n"), "unsupported-shape")
    taken_first = program.replace(
        "print(await ask(await queue.get()))", "name = await queue.get()\n            print(await ask(name))"
    )
    found = check_noop(HEAD + textwrap.dedent(taken_first).lstrip("\n"), "order-of-effects")
    assert found is not None and "one `work` takes one item after the other" in found.detail
