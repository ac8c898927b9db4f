"""Programs that wake often and work at one time of the day, or sleep until it comes, and twins that work all day."""

import pytest

from batchlint.entrypoints.manifests import ManifestTarget
from batchlint.findings import Latency, Step

from .verdicts import cases, verdict

TIMER = """
    import datetime
    from discord.ext import tasks
    from llm import ask
    from store import article, last_sent, store

    HOUR, MINUTE = 7, 30

    @tasks.loop(minutes=1)
    async def relabel():
        now = datetime.datetime.now()
        today = now.strftime("%Y-%m-%d")
        {when}
            for line in open("products.txt"):
                print(ask(line))  # !
    """
AT_ITS_HOUR = {
    "hour": "if now.hour == HOUR:",
    "hour_and_minute": "if now.hour == HOUR and now.minute == MINUTE:",
    "once_a_day": "if store.last_run != now.date():",
    "once_a_day_as_text": "if today != last_sent.get('products'):",
    "left_where_it_was_done": "if store.last_run == datetime.date.today():\n            return\n        if True:",
    "left_unless": "if now.hour != HOUR or now.minute > MINUTE:\n            return\n        if True:",
    "left_unless_among": "if now.hour not in (7, 19):\n            return\n        if True:",
}
ALL_DAY = {
    "minute": "if now.minute == MINUTE:",
    "of_today": "if article.day == today:",
    "not_of_today": "if article.day != today:",
    "once_an_hour": "if store.last_run != now.strftime('%d %H'):",
    "again_where_it_was_done": "if store.last_run == today:",
    "from_then_on": "if now.hour >= HOUR:",
    "left_at_its_hour": "if now.hour == HOUR:\n            return\n        if True:",
    "left_unless_the_minute_fits": "if now.minute != MINUTE:\n            return\n        if True:",
}


@pytest.mark.parametrize("when", cases(AT_ITS_HOUR))
def test_a_job_that_looks_at_the_clock_every_minute_runs_by_the_time_of_the_day(when):
    assert verdict(TIMER.replace("{when}", when)) == "batchable"


@pytest.mark.parametrize("when", cases(ALL_DAY))
def test_a_job_that_works_in_many_hours_runs_often(when):
    assert verdict(TIMER.replace("{when}", when)) == "realtime"


EVERY_FIVE_MINUTES = [ManifestTarget("app.py", "schedule", Latency.MINUTES, Step("crontab", 1, "*/5 * * * * app.py"))]
DUE = """
    import datetime
    from llm import ask
    from db import chats

    def digest(chat):
        chat.post(ask(str(chat.messages())))  # !

    def main():
        for chat in chats():
            now = datetime.datetime.now()
            {when}
                digest(chat)

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("if now.hour == chat.hour and now.minute == chat.minute:", "batchable"),
        (
            "if now.hour != chat.hour or now.minute != chat.minute:\n                continue\n            if True:",
            "batchable",
        ),
        ("if now.minute % 15 == chat.minute:", "realtime"),
        ("if now.hour == chat.hour:\n                continue\n            if True:", "realtime"),
        ("if chat.messages():", "realtime"),
    ],
)
def test_a_script_that_comes_often_and_goes_on_at_each_one_s_hour_runs_by_the_time_of_the_day(when, expected):
    assert verdict(DUE.replace("{when}", when), EVERY_FIVE_MINUTES) == expected


SLEEPER = """
    import datetime
    import time
    from llm import ask

    def relabel():
        for line in open("products.txt"):
            print(ask(line))  # !

    def next_morning():
        now = datetime.datetime.now()
        morning = now.replace(hour=7, minute=0)
        return morning if morning > now else morning + datetime.timedelta(days=1)

    def left(now):
        return (next_morning() - now).total_seconds()

    def poll_pause():
        return 20

    class Service:
        def __init__(self):
            self.running = True

        def run(self):
            while self.running:
                now = datetime.datetime.now()
                {wait}
                relabel()

    if __name__ == "__main__":
        Service().run()
    """
UNTIL = {
    "what_is_left_of_it": """
                target = now.replace(hour=7, minute=0, second=0)
                pause = (target - now).total_seconds()
                time.sleep(pause)""",
    "combined": """
                target = datetime.datetime.combine(now.date(), datetime.time(7))
                time.sleep((target - now).total_seconds())""",
    "by_a_helper": "time.sleep(left(now))",
    "looks_at_the_clock_until_then": """
                target = next_morning()
                while self.running and datetime.datetime.now() < target:
                    time.sleep(20)""",
    "compares_the_other_way": """
                target = next_morning()
                while target > datetime.datetime.now():
                    time.sleep(20)""",
}
SOONER = {
    "at_most_so_long": "time.sleep(min(left(now), 30))",
    "to_the_next_minute": """
                target = now.replace(second=0) + datetime.timedelta(minutes=1)
                time.sleep((target - now).total_seconds())""",
    "a_helper_that_knows_no_time": "time.sleep(poll_pause())",
    "works_until_then": """
                while datetime.datetime.now() < next_morning():
                    relabel()
                    time.sleep(20)""",
    "until_there_is_something": """
                while not self.queued():
                    time.sleep(20)""",
}


@pytest.mark.parametrize("wait", cases(UNTIL))
def test_a_loop_that_waits_for_a_time_of_the_day_is_a_schedule(wait):
    assert verdict(SLEEPER.replace("{wait}", wait.strip())) == "batchable"


@pytest.mark.parametrize("wait", cases(SOONER))
def test_a_loop_that_waits_for_less_is_none(wait):
    assert verdict(SLEEPER.replace("{wait}", wait.strip())) != "batchable"


ROUNDS = """
    import time
    from llm import ask
    from queues import inbox

    class Service:
        def run(self):
            while True:
                {turn}

        def one_round(self):
            for line in open("products.txt"):
                print(ask(line))  # !
            {pause}

    if __name__ == "__main__":
        Service().run()
    """


@pytest.mark.parametrize(
    ("turn", "pause", "expected"),
    [
        ("self.one_round()", "time.sleep(86400)", "batchable"),
        ("self.one_round()", "time.sleep(60)", "realtime"),
        ("self.one_round()", "if not line: time.sleep(60)", "realtime"),
        ("self.one_round()", "time.sleep(2)", "unclear"),
        # What it takes from a queue says more of it than a pause on the way.
        ("item = inbox.get(); print(item); self.one_round()", "time.sleep(2)", "batchable"),
    ],
)
def test_a_loop_pauses_in_what_it_does_nothing_but_call(turn, pause, expected):
    assert verdict(ROUNDS.replace("{turn}", turn).replace("{pause}", pause)) == expected
