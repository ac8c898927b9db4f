"""Tasks that a coroutine makes first and awaits afterwards, and those that only look like it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import asyncio

from openai import AsyncOpenAI, BadRequestError
from tqdm.asyncio import tqdm

client = AsyncOpenAI()
LIMIT = asyncio.Semaphore(2)
TEXTS = ["tea", "cup", "jam", "bun"]


async def ask(text):
    async with LIMIT:
        answer = await client.responses.create(model="gpt-5-mini", input=text)
    return answer.output_text


async def improve(text):
    return await ask(await ask(text))


"""
RUN = "\n\nasyncio.run(main())\n"
ALIKE = {
    "a list that a loop fills": """
        async def main():
            tasks = []
            for kind in ("red", "blue"):
                for text in TEXTS:
                    tasks.append(asyncio.create_task(improve(f"{kind} {text}")))
            results = []
            for task in tasks:
                results.append(await task)
            print(len(tasks), results)
    """,
    "a comprehension": """
        async def main():
            tasks = [asyncio.create_task(ask(text), name=text) for text in TEXTS]
            print([await task for task in tasks])
    """,
    "a comprehension that is taken at once": """
        async def main():
            print([await task for task in [asyncio.ensure_future(ask(text)) for text in TEXTS]])
    """,
    "tasks of a mapping that are gathered, and then asked": """
        async def main():
            tasks = {text: asyncio.create_task(ask(text)) for text in TEXTS}
            await asyncio.gather(*tasks.values())
            print({text: task.result() for text, task in tasks.items()})
    """,
    "gathered tasks that have names and may have failed": """
        async def main():
            tasks = [asyncio.create_task(ask(text), name=text) for text in TEXTS]
            await asyncio.gather(*tasks, return_exceptions=True)
            for task in tasks:
                print(task.get_name(), type(task.exception()).__name__ if task.exception() else task.result())
    """,
    "gathered tasks in pairs": """
        async def main():
            tasks = []
            for text in TEXTS:
                task = asyncio.create_task(improve(text))
                tasks.append((text, task))
            await asyncio.gather(*(task for _, task in tasks))
            print([(text, task.done(), await task) for text, task in tasks])
    """,
    "a mapping": """
        async def main():
            tasks = {text: asyncio.ensure_future(ask(text)) for text in TEXTS}
            with open("answers.txt", "w") as file:
                for text, task in tasks.items():
                    file.write(f"{text}: {await task}\\n")
    """,
    "items of a mapping": """
        async def main():
            tasks = {}
            for text in TEXTS:
                tasks[text] = asyncio.get_running_loop().create_task(ask(text))
            for text in sorted(TEXTS):
                print(text, await tasks[text])
    """,
    "pairs, and a variable between": """
        async def main():
            started = []
            for text in TEXTS:
                task = asyncio.create_task(ask(text))
                started.append((text, task))
            for text, task in started:
                try:
                    print(text, await task)
                except BadRequestError as error:
                    print(error)
    """,
    "one group after the other": """
        async def main():
            for kind in ("red", "blue"):
                tasks = [asyncio.create_task(ask(f"{kind} {text}")) for text in TEXTS]
                for task in tasks:
                    print(await task)
    """,
    "an old loop that runs the gather": """
        def main():
            loop = asyncio.new_event_loop()
            tasks = [loop.create_task(ask(text)) for text in TEXTS]
            print(loop.run_until_complete(asyncio.gather(*tasks)))
            loop.close()
            return asyncio.sleep(0)
    """,
    "a function that runs the gather of its coroutines": """
        def answered(texts):
            made = [improve(text) for text in texts]
            return asyncio.run(tqdm.gather(*made, disable=True))

        def main():
            print(answered(TEXTS))
            return asyncio.sleep(0)
    """,
    "a group that tells its tasks by their names": """
        lines = {}

        async def told(text):
            answer = await ask(text)
            lines[asyncio.current_task().get_name()] = answer

        async def main():
            async with asyncio.TaskGroup() as group:
                for text in TEXTS:
                    group.create_task(told(text), name=f"task {text}")
            print(sorted(lines.items()))
    """,
    "gathered tasks that tell themselves by their names": """
        lines = {}

        async def told(text):
            answer = await ask(text)
            lines[asyncio.current_task().get_name()] = answer

        async def main():
            await asyncio.gather(*[asyncio.create_task(told(text), name=f"task {text}") for text in TEXTS])
            print(sorted(lines.items()))
    """,
    "awaited tasks that tell themselves by their names": """
        lines = {}

        async def told(text):
            answer = await ask(text)
            lines[asyncio.current_task().get_name()] = answer

        async def main():
            tasks = [asyncio.create_task(told(text), name=f"task {text}") for text in TEXTS]
            for task in tasks:
                await task
            print(sorted(lines.items()))
    """,
}
LEFT = {
    "a task of a group in a context of its own": """
        import contextvars

        async def main():
            async with asyncio.TaskGroup() as group:
                for text in TEXTS:
                    group.create_task(ask(text), context=contextvars.copy_context())
    """,
    "one after the other": """
        async def main():
            for text in TEXTS:
                task = asyncio.create_task(ask(text))
                print(await task)
    """,
    "one after the other in a comprehension": """
        async def main():
            print([await asyncio.create_task(ask(text)) for text in TEXTS])
    """,
    "a pause between them": """
        async def main():
            tasks = []
            for text in TEXTS:
                tasks.append(asyncio.create_task(ask(text)))
                await asyncio.sleep(0.01)
            print([await task for task in tasks])
    """,
    "those of a caller": """
        async def start():
            return [asyncio.create_task(ask(text)) for text in TEXTS]


        async def main():
            print([await task for task in await start()])
    """,
    "those that somebody else gets too": """
        async def main():
            tasks = [asyncio.create_task(ask(text)) for text in TEXTS]
            watch(tasks)
            print([await task for task in tasks])
    """,
    "a time for each": """
        async def main():
            tasks = [asyncio.create_task(ask(text)) for text in TEXTS]
            print([await asyncio.wait_for(task, 5) for task in tasks])
    """,
    "a time for all": """
        async def main():
            tasks = [asyncio.create_task(ask(text)) for text in TEXTS]
            async with asyncio.timeout(5):
                for task in tasks:
                    print(await task)
    """,
    "an early end": """
        async def main():
            tasks = [asyncio.create_task(ask(text)) for text in TEXTS]
            for task in tasks:
                if "x" in await task:
                    break
    """,
    "one task beside": """
        async def main():
            task = asyncio.create_task(ask("tea"))
            print(await ask("cup"), await task)
    """,
}


@pytest.mark.parametrize("name", ALIKE)
def test_tasks_run_in_one_batch(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + textwrap.dedent(ALIKE[name]).lstrip() + RUN, tmp_path)


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left(name: str) -> None:
    assert check_noop(HEAD + textwrap.dedent(LEFT[name]).lstrip() + RUN) is None
