"""Programs that wake often and do some work only when enough time has passed since the last, and twins that do not."""

import pytest

from .verdicts import cases, verdict

LOOP = """
    import time
    from datetime import datetime, timedelta
    from llm import ask

    class Worker:
        def __init__(self):
            self.running = True
            self.interval = 3600
            self.last_label = datetime.utcnow()
            self.last_run = time.time()

        def start(self):
            while self.running:
                {test}
                time.sleep(60)

        def label(self):
            for line in open("products.txt"):
                print(ask(line))  # !

    if __name__ == "__main__":
        Worker().start()
    """
SELDOM = {
    "total_seconds": """
                passed = (datetime.utcnow() - self.last_label).total_seconds()
                if passed >= self.interval:
                    self.label()""",
    "delta": """
                if datetime.utcnow() - self.last_label > timedelta(hours=6):
                    self.label()""",
    "days": """
                now = datetime.utcnow()
                if (now - self.last_label).days >= 1:
                    self.label()""",
    "hours": """
                if (time.time() - self.last_run) / 3600 > 2 and self.running:
                    self.label()""",
    "turned": """
                if self.interval <= time.time() - self.last_run:
                    self.label()""",
    "left_before": """
                if time.time() - self.last_run < self.interval:
                    time.sleep(60)
                    continue
                self.label()""",
}
OFTEN = {
    "each_turn": """
                self.label()""",
    "minutes": """
                if time.time() - self.last_run > 120:
                    self.label()""",
    "until_then": """
                if time.time() - self.last_run < self.interval:
                    self.label()""",
    "either": """
                if time.time() - self.last_run > self.interval or self.running:
                    self.label()""",
    "the_age_of_something_else": """
                if time.time() - self.created > self.interval:
                    self.label()""",
    "beside_it": """
                if time.time() - self.last_run > self.interval:
                    print("an hour has passed")
                self.label()""",
}


@pytest.mark.parametrize("test", cases(SELDOM))
def test_what_is_done_once_an_hour_has_passed_can_wait_hours(test: str) -> None:
    assert verdict(LOOP.replace("{test}", test.strip())) == "batchable"


@pytest.mark.parametrize("test", cases(OFTEN))
def test_what_is_done_in_other_turns_too_comes_often(test: str) -> None:
    assert verdict(LOOP.replace("{test}", test.strip())) == "realtime"


@pytest.mark.parametrize(
    ("seconds", "then", "expected"),
    [
        (600, "self.rows.save(line, answer)", "batchable"),
        (120, "self.rows.save(line, answer)", "realtime"),
        (600, "self.mail.send(line, answer)", "realtime"),
    ],
)
def test_what_comes_every_ten_minutes_may_wait_where_it_only_keeps_the_answers(
    seconds: int, then: str, expected: str
) -> None:
    test = f"""
                if time.time() - self.last_run > {seconds}:
                    self.label()"""
    label = f"""answer = ask(line)  # !
                {then}"""
    program = LOOP.replace("{test}", test.strip()).replace("print(ask(line))  # !", label)
    assert verdict(program) == expected


SERVICE = """
    import asyncio
    import time
    from llm import ask

    class Worker:
        def __init__(self):
            self.running, self.woken, self.last_run = True, asyncio.Event(), 0

        async def start(self):
            while {until}:
                await self.woken.wait()
                await self.turn()

        async def turn(self):
            if time.time() - self.last_run >= {seconds}:
                await self.label()

        async def label(self):
            print(ask(open("products.txt").read()))  # !

    if __name__ == "__main__":
        asyncio.run(Worker().start())
    """


@pytest.mark.parametrize(
    ("until", "seconds", "expected"),
    [
        ("self.running", "86400", "batchable"),
        ("not self.stopped", "6 * 3600", "batchable"),
        ("self.running", "60", "unclear"),  # whoever wakes it may wait
        ("self.running", "self.pause", "unclear"),
    ],
)
def test_what_a_loop_without_a_clock_does_once_in_hours_only(until: str, seconds: str, expected: str):
    assert verdict(SERVICE.format(until=until, seconds=seconds)) == expected
