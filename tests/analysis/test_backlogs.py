"""Jobs that come every few minutes: those that only keep what is said of each new item, and those that act on it."""

import pytest

from .verdicts import verdict

PROGRAM = {
    "feeds.py": """
        from llm import ask
        from store import insert_row, items, rows

        def take_up():
            for item in items.new():
                label = ask(item.text)  # !
                {then}
            {after}
        """,
    "store.py": """
        import db

        def insert_row(item, label):
            db.table("labels").upsert({"id": item.id, "label": label})
        """,
}
INTERVAL = """
    from apscheduler.schedulers.blocking import BlockingScheduler
    from feeds import take_up

    scheduler = BlockingScheduler()
    scheduler.add_job(take_up, "interval", minutes={minutes})
    scheduler.start()
    """
LOOP = """
    import asyncio
    from feeds import take_up

    async def repeat(seconds):
        while True:
            take_up()
            await asyncio.sleep(seconds)

    asyncio.run(repeat({minutes} * 60))
    """
BEAT = """
    from celery import Celery
    from feeds import take_up

    app = Celery("shop")

    @app.task(name="take_up")
    def task():
        take_up()

    app.conf.beat_schedule = {{"all": {{"task": "take_up", "schedule": {minutes} * 60}}}}
    """
DECORATOR = """
    from discord.ext import tasks
    from feeds import take_up

    @tasks.loop(minutes={minutes})
    async def often():
        take_up()
    """


def of(starter: str, minutes: int, then: str = "rows.update_one(item.id, label)", after: str = "") -> str:
    feeds = PROGRAM["feeds.py"].replace("{then}", then).replace("{after}", after)
    return verdict({**PROGRAM, "feeds.py": feeds, "app.py": starter.format(minutes=minutes)})


@pytest.mark.parametrize(("minutes", "expected"), [(5, "batchable"), (15, "batchable"), (4, "realtime")])
@pytest.mark.parametrize("starter", [INTERVAL, LOOP, DECORATOR], ids=["interval", "loop", "decorator"])
def test_what_is_only_kept_may_come_later(starter: str, minutes: int, expected: str) -> None:
    assert of(starter, minutes) == expected


@pytest.mark.parametrize(("minutes", "expected"), [(5, "batchable"), (4, "realtime")])
def test_so_it_is_in_a_queue_that_a_timer_fills(minutes: int, expected: str) -> None:
    assert of(BEAT, minutes) == expected


@pytest.mark.parametrize(
    ("then", "after", "expected"),
    [
        ("insert_row(item, label)", "", "batchable"),
        ("rows.append(label)", "rows.commit()", "realtime"),
        ("rows.insert(0, label)", "", "realtime"),
        ("print(label)", "", "realtime"),
        ("rows.save(item.id, label); item.channel.send(label)", "", "realtime"),
        ("rows.save(item.id, label)", "rows.notify_owners()", "realtime"),
        ("rows.save(item.id, label); place_order(label)", "", "realtime"),
    ],
)
def test_who_acts_on_it_or_keeps_nothing_of_one_item_needs_it_soon(then: str, after: str, expected: str) -> None:
    assert of(INTERVAL, 10, then, after) == expected


POOLED = """
    from concurrent.futures import ThreadPoolExecutor
    from llm import ask
    from store import items, rows

    def {name}(item):
        rows.get_or_create(id=item.id, label=ask(item.text))  # !

    def take_up():
        with ThreadPoolExecutor() as pool:
            for item in items.new():
                pool.submit({handed}, item)
            {after}

    def notify(item):
        print(item)
    """


@pytest.mark.parametrize(
    ("name", "handed", "after", "expected"),
    [
        ("label", "label", "", "batchable"),
        ("label_and_publish", "label_and_publish", "", "batchable"),
        ("label", "label", "pool.submit(notify, items)", "realtime"),
        ("label", "label", "notify(items)", "realtime"),
    ],
)
def test_what_is_handed_to_a_pool_is_part_of_the_job(name: str, handed: str, after: str, expected: str) -> None:
    feeds = POOLED.format(name=name, handed=handed, after=after)
    assert verdict({**PROGRAM, "feeds.py": feeds, "app.py": INTERVAL.format(minutes=10)}) == expected


def test_one_answer_that_is_renewed_every_few_minutes_is_not_kept_for_later() -> None:
    job = """
        from apscheduler.schedulers.blocking import BlockingScheduler
        from llm import ask
        from store import rows

        def renew():
            rows.save(ask(rows.state()))  # !

        BlockingScheduler().add_job(renew, "interval", minutes=10)
        """
    assert verdict({**PROGRAM, "feeds.py": "", "app.py": job}) == "realtime"
