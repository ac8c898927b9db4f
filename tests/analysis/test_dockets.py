"""Docket: tasks that a function is put into by handing it over, and defaults that have a task come back."""

import pytest

from .verdicts import verdict

ROUTE = """
    from docket import Docket
    from fastapi import FastAPI
    from llm import aask

    app = FastAPI()

    async def label(text):
        open("labels.txt", "a").write(str(await aask(text)))  # !

    @app.post("/labels")
    async def create(text: str):
        async with Docket(name="labels") as docket:
            {put}
        return {answer}
    """


@pytest.mark.parametrize(
    ("put", "answer", "expected"),
    [
        ("await docket.add(label)(text)", "{}", "batchable"),
        ("await docket.replace(label, when=soon, key=text)(text)", "{}", "batchable"),
        ("found = await docket.add(label)(text)", "await found.get_result()", "realtime"),
        ("await label(text)", "{}", "realtime"),
        ("await other.add(label)(text)", "{}", "realtime"),
    ],
)
def test_a_docket_ends_the_wait(put: str, answer: str, expected: str):
    assert verdict(ROUTE.replace("{put}", put).replace("{answer}", answer)) == expected


COMING_BACK = """
    from datetime import timedelta
    from docket import Cron, Perpetual
    from llm import aask
    from store import fresh, save

    async def label({parameter}):
        for note in fresh():
            save(note, await aask(note.text))  # !
    """


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("again: Perpetual = Perpetual(every=timedelta(hours=6), automatic=True)", "batchable"),
        ("*, again: Perpetual = Perpetual(timedelta(days=1))", "batchable"),
        ("again: Cron = Cron('0 3 * * *')", "batchable"),
        ("again: Perpetual = Perpetual(every=timedelta(minutes=1))", "realtime"),
        ("again: Cron = Cron('* * * * *')", "realtime"),
        ("again: Perpetual = Perpetual()", "unclear"),
        ("again=timedelta(hours=6)", "unclear"),
    ],
)
def test_a_default_has_a_task_come_back(parameter: str, expected: str):
    assert verdict(COMING_BACK.replace("{parameter}", parameter)) == expected


OWN = """
    import asyncio
    from docket import Docket
    from fastapi import BackgroundTasks, FastAPI
    from llm import aask
    from settings import settings

    app = FastAPI()

    class Tasks(BackgroundTasks):
        def add_task(self, function, *values):
            {how}

        async def run(self, function, *values):
            await function(*values)

    async def label(text):
        open("labels.txt", "a").write(str(await aask(text)))  # !

    @app.post("/labels")
    async def create(text: str, tasks: Tasks):
        {start}
        return {"ok": True}
    """
EITHER = """if settings.queued:
                async def put():
                    async with Docket(name="labels") as docket:
                        await docket.add(function)(*values)

                asyncio.run(put())
            else:
                asyncio.create_task(self.run(function, *values))"""


@pytest.mark.parametrize(
    ("how", "start", "expected"),
    [
        (EITHER, "tasks.add_task(label, text)", "batchable"),
        (EITHER, "tasks.add_task(label, text)\n        await label(text)", "realtime"),
        (EITHER, "await tasks.run(label, text)", "realtime"),
        ("asyncio.create_task(self.run(function, *values))", "tasks.add_task(label, text)", "realtime"),
    ],
)
def test_what_a_call_may_put_into_a_queue_nobody_waits_for(how: str, start: str, expected: str):
    assert verdict(OWN.replace("{how}", how).replace("{start}", start)) == expected
