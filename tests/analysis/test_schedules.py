"""Schedules: a clock waits for nobody, unless it ticks so often that the next run needs the answer."""

import pytest

from .verdicts import cases, marked, verdict

SELDOM = {
    "celery_beat": """
        from celery import Celery
        from celery.schedules import crontab
        from llm import ask

        app = Celery("shop")
        app.conf.beat_schedule = {"nightly": {"task": "app.relabel", "schedule": crontab(hour=2, minute=0)}}

        def work():
            for line in open("products.txt"):
                print(ask(line))  # !

        @app.task
        def relabel():
            work()
        """,
    "celery_beat_setting": {
        "shop/settings.py": """
            from datetime import timedelta

            CELERY_BEAT_SCHEDULE = {"nightly": {"task": "shop.tasks.relabel", "schedule": timedelta(days=1)}}
            """,
        "shop/tasks.py": """
            from celery import shared_task
            from llm import ask

            @shared_task
            def relabel():
                for line in open("products.txt"):
                    print(ask(line))  # !
            """,
    },
    "celery_periodic": """
        from celery import Celery
        from celery.schedules import crontab
        from llm import ask

        app = Celery("shop")

        @app.on_after_configure.connect
        def setup(sender, **kwargs):
            sender.add_periodic_task(crontab(hour=2), relabel.s())

        @app.task
        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "apscheduler": """
        from apscheduler.schedulers.blocking import BlockingScheduler
        from llm import ask

        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !

        scheduler = BlockingScheduler()
        scheduler.add_job(relabel, "cron", hour=2)
        scheduler.start()
        """,
    "apscheduler_decorator_in_a_web_app": """
        from apscheduler.schedulers.asyncio import AsyncIOScheduler
        from fastapi import FastAPI
        from llm import aask

        scheduler = AsyncIOScheduler()
        app = FastAPI(on_startup=[scheduler.start])

        @scheduler.scheduled_job("interval", hours=12)
        async def relabel():
            for line in open("products.txt"):
                print(await aask(line))  # !
        """,
    "apscheduler_with_an_early_first_turn": """
        from datetime import datetime, timedelta
        from apscheduler.schedulers.background import BackgroundScheduler
        from config import settings
        from llm import ask

        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !

        def start(scheduler: BackgroundScheduler):
            scheduler.add_job(
                relabel,
                "interval",
                minutes=settings.pause,
                next_run_time=datetime.now() + timedelta(seconds=5),
            )
        """,
    "apscheduler_with_a_first_turn_of_its_own": """
        from datetime import datetime, timedelta
        from apscheduler.schedulers.background import BackgroundScheduler
        from llm import ask

        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !

        def start(scheduler: BackgroundScheduler):
            scheduler.add_job(relabel, "interval", hours=6)
            scheduler.add_job(relabel, trigger="date", run_date=datetime.now() + timedelta(seconds=5))
        """,
    "schedule": """
        import schedule
        from llm import ask

        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !

        schedule.every().day.at("02:00").do(relabel)
        """,
    "arq_cron": """
        from arq import cron
        from llm import aask

        async def relabel(ctx):
            for line in open("products.txt"):
                print(await aask(line))  # !

        class WorkerSettings:
            cron_jobs = [cron(relabel, hour=2, minute=0)]
        """,
    "huey_periodic": """
        from huey import RedisHuey, crontab
        from llm import ask

        huey = RedisHuey("shop")

        @huey.periodic_task(crontab(minute="0", hour="2"))
        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "dramatiq_periodiq": """
        import dramatiq
        from periodiq import cron
        from llm import ask

        @dramatiq.actor(periodic=cron("0 2 * * *"))
        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "rq_scheduler": """
        from redis import Redis
        from rq_scheduler import Scheduler
        from llm import ask

        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !

        Scheduler(connection=Redis()).cron("0 2 * * *", func=relabel)
        """,
    "django_q_schedule": """
        from django_q.tasks import schedule
        from llm import ask

        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !

        schedule("app.relabel", schedule_type="D")
        """,
    "django_crontab": {
        "shop/settings.py": """
            CRONJOBS = [("0 2 * * *", "shop.cron.relabel")]
            """,
        "shop/cron.py": """
            from llm import ask

            def relabel():
                for line in open("products.txt"):
                    print(ask(line))  # !
            """,
    },
    "procrastinate_periodic": """
        import procrastinate
        from llm import ask

        app = procrastinate.App(connector=None)

        @app.periodic(cron="0 2 * * *")
        @app.task
        def relabel(timestamp):
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "rocketry": """
        from rocketry import Rocketry
        from llm import ask

        app = Rocketry()

        @app.task("daily after 02:00")
        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "prefect_serve": """
        from prefect import flow
        from llm import ask

        @flow
        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !

        if __name__ == "__main__":
            relabel.serve(name="nightly", cron="0 2 * * *")
        """,
    "dagster_schedule": """
        import dagster
        from llm import ask

        @dagster.op
        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !

        @dagster.job
        def nightly():
            relabel()

        schedule = dagster.ScheduleDefinition(job=nightly, cron_schedule="0 2 * * *")
        """,
    "fastapi_repeat_every": """
        from fastapi import FastAPI
        from fastapi_utils.tasks import repeat_every
        from llm import ask

        app = FastAPI()

        @app.on_event("startup")
        @repeat_every(seconds=60 * 60 * 24)
        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "loop_that_sleeps_for_a_day": """
        import time
        from llm import ask

        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !

        if __name__ == "__main__":
            while True:
                relabel()
                time.sleep(24 * 60 * 60)
        """,
}

OFTEN = {
    "celery_beat_every_minute": """
        from celery import Celery
        from celery.schedules import crontab
        from llm import ask

        app = Celery("shop")
        app.conf.beat_schedule = {"watch": {"task": "app.watch", "schedule": crontab(minute="*")}}

        @app.task
        def watch():
            for line in open("inbox.txt"):
                print(ask(line))  # !
        """,
    "apscheduler_every_five_minutes": """
        from apscheduler.schedulers.blocking import BlockingScheduler
        from llm import ask

        def watch():
            for line in open("inbox.txt"):
                print(ask(line))  # !

        BlockingScheduler().add_job(watch, "interval", minutes=5)
        """,
    "apscheduler_in_five_minutes": """
        from datetime import datetime, timedelta
        from apscheduler.schedulers.background import BackgroundScheduler
        from llm import ask

        def watch():
            for line in open("inbox.txt"):
                print(ask(line))  # !

        def start(scheduler: BackgroundScheduler):
            scheduler.add_job(watch, "date", run_date=datetime.now() + timedelta(minutes=5))
        """,
    "schedule_every_ten_minutes": """
        import schedule
        from llm import ask

        def watch():
            for line in open("inbox.txt"):
                print(ask(line))  # !

        schedule.every(10).minutes.do(watch)
        """,
    "cache_kept_warm": """
        from apscheduler.schedulers.background import BackgroundScheduler
        from llm import ask

        PROMPTS = ["long system prompt", "another one"]

        def keep_warm():
            for prompt in PROMPTS:
                ask(prompt)  # !

        scheduler = BackgroundScheduler()
        scheduler.add_job(keep_warm, "interval", minutes=5)
        """,
    "loop_that_sleeps_for_a_minute": """
        import time
        from llm import ask

        def watch():
            for line in open("inbox.txt"):
                print(ask(line))  # !

        if __name__ == "__main__":
            while True:
                watch()
                time.sleep(60)
        """,
}


@pytest.mark.parametrize("program", cases(SELDOM))
def test_what_a_clock_starts_is_batchable(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize("program", cases(OFTEN))
def test_what_a_clock_starts_every_few_minutes_is_not(program):
    assert verdict(program) != "batchable"


@pytest.mark.parametrize(
    "setting",
    [
        "CELERY_BEAT_SCHEDULE = dict(DAILY)",
        "CELERY_BEAT_SCHEDULE = {**DAILY}",
        "CELERY_BEAT_SCHEDULE = BASE | DAILY",
        "CELERY_BEAT_SCHEDULE = DAILY",
        "CELERY_BEAT_SCHEDULE = {}\nCELERY_BEAT_SCHEDULE.update(DAILY)",
        "CELERY_BEAT_SCHEDULE = {}\nCELERY_BEAT_SCHEDULE['relabel'] = DAILY['relabel']",
    ],
)
def test_a_schedule_may_be_put_together_from_tables_of_other_modules(setting):
    program = {
        "shop/beat.py": """
            from celery.schedules import crontab

            DAILY = {"relabel": {"task": "shop.tasks.relabel", "schedule": crontab(EVERY)}}
            """,
        "shop/settings.py": f"from .beat import DAILY\n\nBASE = {{}}\n{setting}\n",
        "shop/tasks.py": """
            from celery import shared_task
            from llm import ask

            @shared_task
            def relabel():
                for line in open("products.txt"):
                    print(ask(line))  # !
            """,
    }
    table = program["shop/beat.py"]
    daily = marked({**program, "shop/beat.py": table.replace("EVERY", "hour=2, minute=0")})
    assert daily is not None
    assert daily.rule == "RTB101"
    assert verdict({**program, "shop/beat.py": table.replace("EVERY", 'minute="*"')}) == "realtime"


SERVICE = """
    import threading
    import time
    from llm import ask

    stop_event = threading.Event()

    class Worker:
        def __init__(self, inbox):
            self.inbox = inbox
            self.closing = False

        def work(self{parameter}):
            {loop}
                for message in self.inbox.claim():
                    ask(message)  # !
                self.rest()

        def rest(self):
            {rest}

    if __name__ == "__main__":
        from inboxes import Inbox

        Worker(Inbox()).work({argument})
    """


@pytest.mark.parametrize(
    ("loop", "parameter", "rest", "expected"),
    [
        ("while not stop_event.is_set():", "", "time.sleep(1)", "unclear"),
        ("while not stop_event.get():", "", "pass", "unclear"),
        ("while not stop_event.get.remote():", "", "pass", "unclear"),
        ("while not self.inbox.get.remote():", "", "pass", "batchable"),
        ("while self.step(stop_event):", ", stop_event", "pass", "unclear"),
        ("while self.inbox.is_open():", "", "pass", "batchable"),
        ("while not self.inbox.empty():", "", "pass", "batchable"),
        ("while self._running:", "", "pass", "unclear"),
    ],
)
def test_what_runs_until_it_is_told_to_stop_may_serve_somebody(loop, parameter, rest, expected):
    program = SERVICE.format(loop=loop, parameter=parameter, rest=rest, argument=parameter.strip(", "))
    assert verdict(program) == expected


STOPPED = """
    import threading
    from llm import ask

    def run(names, stop_event):
        {loop}

    def rest(stop_event):
        while not stop_event.is_set():
            pass

    if __name__ == "__main__":
        names = open("names.txt").readlines()
        threading.Thread(target=run, args=(names, threading.Event())).start()
    """


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        ("while names and not stop_event.is_set(): print(ask(names.pop()))  # !", "batchable"),
        ("for name in (names if not stop_event.is_set() else ()): print(ask(name))  # !", "unclear"),
        ("while True and not stop_event.is_set(): print([ask(name) for name in names])  # !", "unclear"),
        ("while names and not stop_event.is_set(): rest(stop_event); print(ask(names.pop()))  # !", "unclear"),
    ],
)
def test_what_has_an_end_of_its_own_may_be_stopped_before(loop, expected):
    assert verdict(STOPPED.format(loop=loop)) == expected


@pytest.mark.parametrize(("last", "expected"), [("running = bool(page)", "batchable"), ("rest()", "unclear")])
def test_a_loop_that_ends_itself_is_no_service(last: str, expected: str):
    program = f"""
        from llm import ask
        from store import next_page, rest

        running = True

        def relabel(page):
            for line in page:
                print(ask(line))  # !

        if __name__ == "__main__":
            while running:
                page = next_page()
                relabel(page)
                {last}
        """
    assert verdict(program) == expected


@pytest.mark.parametrize(("seconds", "expected"), [("24 * 60 * 60", "batchable"), ("60", "realtime")])
def test_a_service_that_sleeps_for_a_known_time_is_a_schedule(seconds, expected):
    program = f"""
        import threading
        import time
        from llm import ask

        shutdown = threading.Event()

        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !

        if __name__ == "__main__":
            while not shutdown.is_set():
                relabel()
                time.sleep({seconds})
        """
    assert verdict(program) == expected


PACED = """
    import asyncio
    import os
    import random
    import sched
    import threading
    import time
    from config import MINUTES, SECONDS, every, remaining, settings
    from llm import ask

    DAY = 24 * 60 * 60
    EVERY = int(os.environ.get("EVERY_SECONDS", "7200"))
    stop = threading.Event()
    wake = threading.Event()

    class Worker:
        interval = 3600

        def __init__(self, pause=5):
            self.pause = pause

        def relabel(self):
            for line in open("products.txt"):
                print(ask(line))  # !

        def loop(self, stop, hold=False):
            {body}

    if __name__ == "__main__":
        threading.Thread(target=Worker().loop, args=(stop,)).start()
        while not stop.wait(60):
            pass
    """
CONFIG = """
    import os

    MINUTES = os.environ["RELABEL_MINUTES"]
    SECONDS = 10800

    class Settings:
        relabel_every: int = 86400

    settings = Settings()

    def remaining():
        return 3

    def every(least=60):
        raw = (os.environ.get("PAUSE") or "7200").strip()
        try:
            return max(least, int(raw))
        except ValueError:
            return least * 60
    """


def paced(*lines: str) -> dict[str, str]:
    """The worker with these lines as its loop."""
    return {"app.py": PACED.replace("{body}", ("\n" + " " * 12).join(lines)), "config.py": CONFIG}


WORK = "    self.relabel()"
SLOW = {
    "event": paced("while not stop.is_set():", WORK, "    stop.wait(60 * 60)"),
    "event_by_keyword": paced("while not stop.is_set():", WORK, "    stop.wait(timeout=3600)"),
    "event_in_the_test": paced("while not stop.wait(3600):", WORK),
    "event_that_ends_it_later": paced("while True:", WORK, "    if stop.wait(3600):", "        break"),
    "event_with_a_timeout": paced(
        "while not stop.is_set():", WORK, "    asyncio.run(asyncio.wait_for(stop.wait(), timeout=3600))"
    ),
    "constant": paced("while True:", WORK, "    time.sleep(DAY)"),
    "constant_of_another_file": paced("while True:", WORK, "    time.sleep(SECONDS)"),
    "default_of_a_variable_of_the_environment": paced("while True:", WORK, "    time.sleep(EVERY)"),
    "setting": paced("while True:", WORK, "    time.sleep(settings.relabel_every)"),
    "attribute_of_the_class": paced("while True:", WORK, "    time.sleep(self.interval)"),
    "jitter": paced("while True:", WORK, "    time.sleep(DAY * random.uniform(0.9, 1.1))"),
    "variable_counted_in_minutes": paced("while True:", WORK, "    time.sleep(int(MINUTES) * 60)"),
    "variable_counted_in_hours": paced("while True:", WORK, "    time.sleep(remaining() * 3600)"),
    "time_until_the_next_run": paced("while True:", WORK, "    time.sleep((self.next_run - self.now).total_seconds())"),
    "pause_before_a_turn_that_is_left_out": paced(
        "while not stop.is_set():",
        "    if hold:",
        "        stop.wait(30)",
        "        continue",
        WORK,
        "    stop.wait(3600)",
    ),
    "pause_after_an_error": paced(
        "while True:",
        "    try:",
        "        self.relabel()",
        "    except OSError:",
        "        time.sleep(5)",
        "    except KeyboardInterrupt:",
        "        break",
        "    time.sleep(3600)",
    ),
    "one_turn_only_where_asked": paced(
        "while True:", WORK, "    if hold.once:", "        return", "    time.sleep(3600)"
    ),
    "time_of_day": paced(
        "while True:",
        "    now = time.strftime('%H:%M')",
        "    if now in ['07:00', '19:00']:",
        "        self.relabel()",
        "    time.sleep(60)",
    ),
    "hour_and_minute_of_the_settings": paced(
        "while not stop.is_set():",
        "    now = datetime.datetime.now()",
        "    if now.hour == settings.hour and now.minute == settings.minute:",
        "        self.relabel()",
        "    time.sleep(30)",
    ),
    "timer_that_comes_back": paced("self.relabel()", "threading.Timer(3600, self.loop, [stop]).start()"),
    "slices": paced(
        "while not stop.is_set():",
        WORK,
        "    for _ in range(3600):",
        "        if stop.is_set():",
        "            break",
        "        time.sleep(1)",
    ),
    "slices_of_a_pause": paced(
        "while True:", WORK, "    for _ in range(0, self.interval, 5):", "        time.sleep(5)"
    ),
    "slices_that_are_counted": paced(
        "while not stop.is_set():",
        WORK,
        "    waited = 0",
        "    while waited < self.interval and not stop.is_set():",
        "        time.sleep(5)",
        "        waited += 5",
    ),
    "moments_after_a_failure": paced(
        "while not stop.is_set():",
        "    try:",
        "        if self.relabel() == 0:",
        "            stop.wait(3600)",
        "    except OSError:",
        "        stop.wait(10)",
    ),
    "what_a_function_gives": paced("while True:", WORK, "    time.sleep(every())"),
    "scheduler_that_comes_back": paced("self.relabel()", "sched.scheduler().enter(3600, 1, self.loop, (stop,))"),
}
QUICK = {
    "event": paced("while not stop.is_set():", WORK, "    stop.wait(2)"),
    "event_in_the_test": paced("while not stop.wait(2):", WORK),
    "event_that_others_set": paced("while not stop.is_set():", WORK, "    wake.wait(3600)"),
    "constant": paced("while True:", WORK, "    time.sleep(DAY / 86400)"),
    "default_of_a_parameter": paced("while True:", WORK, "    time.sleep(self.pause)"),
    "long_only_after_a_failure": paced(
        "while True:",
        "    try:",
        "        if self.relabel() == 0:",
        "            time.sleep(2)",
        "    except OSError:",
        "        time.sleep(3600)",
    ),
    "few_slices": paced("while True:", WORK, "    for _ in range(5):", "        time.sleep(1)"),
    "slices_with_work_between": paced(
        "while True:", WORK, "    for _ in range(3600):", "        remaining()", "        time.sleep(1)"
    ),
    "slices_up_to_something_else": paced(
        "while not stop.is_set():", WORK, "    while remaining() < 3600:", "        time.sleep(1)"
    ),
    "what_a_function_gives_at_least": paced("while True:", WORK, "    time.sleep(every(0.1))"),
    "unknown_time": paced("while not stop.is_set():", WORK, "    stop.wait(self.delay)"),
    "unknown_seconds": paced("while not stop.is_set():", WORK, "    stop.wait(self.poll_interval_seconds)"),
    "only_where_there_was_nothing_to_do": paced(
        "while not stop.is_set():", "    if hold:", "        self.relabel()", "    else:", "        stop.wait(2)"
    ),
    "hours_between": paced("while True:", "    if self.now.hour > 6:", "        self.relabel()", "    time.sleep(5)"),
    "minute_of_every_hour": paced(
        "while True:", "    if self.now.minute == 5:", "        self.relabel()", "    time.sleep(5)"
    ),
    "but_for_the_time_of_day": paced(
        "while True:", "    if self.now.hour == 3:", "        continue", "    self.relabel()", "    time.sleep(5)"
    ),
    "other_work_of_every_turn": paced(
        "while True:",
        "    self.relabel()",
        "    if self.now.hour == 3:",
        "        remaining()",
        "    time.sleep(5)",
    ),
    "timer_that_comes_back": paced("self.relabel()", "threading.Timer(2, self.loop, [stop]).start()"),
}


@pytest.mark.parametrize("program", cases(SLOW))
def test_a_loop_that_works_and_pauses_for_long_is_a_schedule(program):
    site = marked(program)
    assert site is not None
    assert (site.rule, site.verdict) == ("RTB101", "batchable")


@pytest.mark.parametrize("program", cases(QUICK))
def test_a_loop_that_looks_out_for_something_is_none(program):
    assert verdict(program) == "unclear"


def test_keeping_the_program_alive_is_no_work():
    program = """
        import threading
        import time
        from llm import ask

        def serve():
            for message in inbox():
                ask(message)  # !

        def main():
            threading.Thread(target=serve).start()
            while True:
                time.sleep(86400)
        """
    assert verdict(program) == "unclear"


@pytest.mark.parametrize(("seconds", "expected"), [("2.5", "realtime"), ("window", "realtime")])
def test_what_a_route_puts_off_once_is_still_its_own(seconds: str, expected: str):
    program = f"""
        import asyncio
        from fastapi import FastAPI
        from llm import ask

        app = FastAPI()

        def answer():
            print(ask("hello"))  # !

        @app.post("/messages")
        async def message(window: float):
            asyncio.get_running_loop().call_later({seconds}, answer)
        """
    assert verdict(program) == expected


def test_a_loop_that_asks_somebody_is_no_schedule_however_long_it_pauses():
    program = """
        import time
        from llm import ask

        if __name__ == "__main__":
            while True:
                print(ask(input("> ")))  # !
                time.sleep(3600)
        """
    assert verdict(program) == "realtime"


AT_START = """
    import asyncio
    from contextlib import asynccontextmanager
    from apscheduler.schedulers.asyncio import AsyncIOScheduler
    from fastapi import FastAPI
    from llm import ask

    async def relabel():
        for product in open("products.txt"):
            print(ask(product))  # !

    async def remind():
        print("labels are due")

    @asynccontextmanager
    async def lifespan(app):
        scheduler = AsyncIOScheduler()
        scheduler.add_job({job}, "cron", hour=3)
        scheduler.start()
        asyncio.create_task(relabel())
        yield

    app = FastAPI(lifespan=lifespan)
    """


@pytest.mark.parametrize(("job", "expected"), [("relabel", "batchable"), ("remind", "unclear")])
def test_a_scheduled_job_that_the_app_runs_as_it_starts_too_stays_one(job, expected):
    assert verdict(AT_START.format(job=job)) == expected


def test_a_job_that_runs_once_beside_another_one_keeps_its_moment():
    site = marked(
        """
        from datetime import datetime, timedelta
        from apscheduler.schedulers.background import BackgroundScheduler
        from llm import ask

        def watch():
            for line in open("inbox.txt"):
                print(ask(line))  # !

        def clean():
            print("clean")

        def start(scheduler: BackgroundScheduler):
            scheduler.add_job(func=clean, trigger="interval", hours=6)
            scheduler.add_job(func=watch, trigger="date", run_date=datetime.now() + timedelta(minutes=5))
        """
    )
    assert [context.kind for context in site.contexts] == ["schedule"]


COUNTED = {
    "app.py": """
        import os
        from apscheduler.schedulers.background import BackgroundScheduler
        from celery import Celery
        from discord.ext import tasks
        from config import MINUTES, SECONDS, settings
        from llm import ask
        import schedule

        queue = Celery("shop")

        {decorator}
        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !

        {register}
        """,
    "config.py": """
        import os

        MINUTES = 2 * {factor}
        SECONDS = 120 * {factor}

        class Settings:
            minutes: int = MINUTES

        settings = Settings()
        """,
}
TIMERS = {
    "decorator": ("@tasks.loop(seconds=SECONDS)", ""),
    "job": ("", 'BackgroundScheduler().add_job(relabel, "interval", minutes=settings.minutes)'),
    "every": ("", "schedule.every(MINUTES).minutes.do(relabel)"),
    "variable_of_the_environment": (
        "",
        'BackgroundScheduler().add_job(relabel, "interval", seconds=int(os.getenv("PAUSE", SECONDS)))',
    ),
    "table": (
        '@queue.task(name="relabel")',
        'queue.conf.beat_schedule = {"all": {"task": "relabel", "schedule": SECONDS}}',
    ),
    "table_with_the_environment": (
        '@queue.task(name="relabel")',
        'queue.conf.beat_schedule = {"all": {"task": "relabel", "schedule": float(os.getenv("PAUSE", SECONDS))}}',
    ),
}


@pytest.mark.parametrize(("factor", "expected"), [("60", "batchable"), ("1", "realtime")])
@pytest.mark.parametrize(("decorator", "register"), TIMERS.values(), ids=TIMERS)
def test_how_often_a_timer_fires_may_stand_elsewhere(decorator, register, factor, expected):
    app = COUNTED["app.py"].replace("{decorator}", decorator).replace("{register}", register)
    assert verdict({"app.py": app, "config.py": COUNTED["config.py"].replace("{factor}", factor)}) == expected


MANAGED = """
    import asyncio
    from llm import aask

    JOBS = [("cities.txt", {first}), ("rivers.txt", 7200)]

    class Labels:
        def __init__(self, path):
            self.path = path
            self.running = False

        async def run_forever(self, seconds):
            self.running = True
            while self.running:
                for line in open(self.path):
                    print(await aask(line))  # !
                await asyncio.sleep(seconds)

    class Manager:
        def __init__(self):
            self.jobs = []

        def register(self, job, pause):
            self.jobs.append((job, pause))

        async def start(self):
            await asyncio.gather(*[job.run_forever(pause) for job, pause in self.jobs])

    async def register_all():
        manager = Manager()
        for path, pause in JOBS:
            manager.register(Labels(path), pause)
        await manager.start()

    asyncio.run(register_all())
    """


@pytest.mark.parametrize(
    ("first", "expected"),
    [("3600", "batchable"), ("60", "realtime"), ("2", "unclear"), ("pause_of('cities')", "unclear")],
)
def test_the_pause_may_stand_in_a_list_beside_what_runs(first: str, expected: str):
    assert verdict(MANAGED.replace("{first}", first)) == expected


def test_starting_loops_without_an_end_is_no_round_over_items():
    started = MANAGED.replace("{first}", "3600").replace("  # !", "")
    assert verdict(started.replace("in self.jobs])", "in self.jobs])  # !")) == "none"


def test_the_job_and_its_time_are_said():
    site = marked(
        """
        import schedule
        from llm import ask

        def report():
            print(ask(open("notes.txt").read()))  # !

        def main():
            schedule.every().day.at("07:30").do(report)

        main()
        """
    )
    assert site is not None
    reasons = [factor.reason for factor in site.factors if factor.name == "schedule"]
    assert reasons == ["started by schedule.every().day.at('07:30').do(report) in main"]
