"""Queues in a program's memory: a worker that handlers give something to do works for whoever sent it."""

import pytest

from .verdicts import cases, verdict

WORKER = """
    import asyncio
    import json
    from llm import aask

    jobs = asyncio.Queue()

    async def collect():
        for group in json.load(open("groups.json")):
            await jobs.put(group)

    async def work():
        while True:
            group = await jobs.get()
            found = await asyncio.gather(*(aask(post) for post in group))  # !
            print(found)
            jobs.task_done()

    async def main():
        worker = asyncio.create_task(work())
        await collect()
        await jobs.join()
        worker.cancel()

    if __name__ == "__main__":
        asyncio.run(main())
    """
BOT = """
    from aiogram import Router
    from worker import collect

    router = Router()

    @router.message()
    async def digest(message):
        await message.answer("Digest in a moment")
        {then}
    """
FED = {
    "by_a_bot": {"worker.py": WORKER, "bot.py": BOT.replace("{then}", "await collect()")},
    "through_an_object_that_was_given_the_queue": {
        "worker.py": WORKER,
        "groups.py": """
            class Groups:
                def __init__(self, jobs):
                    self.jobs = jobs

                async def add(self, posts):
                    self.jobs.put_nowait(posts)
            """,
        "bot.py": """
            from aiogram import Router
            from groups import Groups
            from worker import jobs

            router = Router()

            @router.message()
            async def digest(message):
                await Groups(jobs).add(message.text.splitlines())
            """,
    },
    "with_a_pause_in_between": {
        "worker.py": WORKER.replace("await jobs.get()", "await asyncio.wait_for(jobs.get(), 60)"),
        "bot.py": BOT.replace("{then}", "await collect()"),
    },
}
NOT_FED = {
    "by_nobody_else": WORKER,
    "by_a_bot_that_only_answers": {"worker.py": WORKER, "bot.py": BOT.replace("{then}", "print(collect)")},
    "by_a_bot_that_has_a_queue_of_its_own": {
        "worker.py": WORKER,
        "bot.py": BOT.replace("from worker import collect", "import asyncio\n\n    own = asyncio.Queue()").replace(
            "{then}", "await own.put(message)"
        ),
    },
    "by_a_bot_that_puts_something_elsewhere": {
        "worker.py": WORKER,
        "bot.py": BOT.replace("from worker import collect", "from shelf import jobs").replace(
            "{then}", "jobs.put(message)"
        ),
        "shelf.py": "jobs = open('jobs.txt', 'a')",
    },
}


@pytest.mark.parametrize("program", cases(FED))
def test_nobody_knows_whether_a_handler_that_feeds_a_worker_waits(program):
    assert verdict(program) == "unclear"


@pytest.mark.parametrize("program", cases(NOT_FED))
def test_a_worker_that_no_handler_feeds_runs_by_itself(program):
    assert verdict(program) == "batchable"
