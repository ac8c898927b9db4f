"""Pauses that are slept in short parts are as long as all of these."""

import pytest

from .verdicts import cases, verdict

LOOP = """
    import asyncio
    import time
    from llm import ask

    PAUSE = 3600

    class Worker:
        def __init__(self):
            self.stopped = False

        async def run(self):
            while not self.stopped:
                self.label()
                {pause}

        def label(self):
            for line in open("products.txt"):
                print(ask(line))  # !

    if __name__ == "__main__":
        asyncio.run(Worker().run())
    """
LONG = {
    "counted": """
                for _ in range(PAUSE):
                    if self.stopped:
                        break
                    await asyncio.sleep(1)""",
    "calculated": """
                for _ in range(int(PAUSE / 5)):
                    time.sleep(5)
                    if self.stopped:
                        return""",
    "counted_up": """
                waited = 0
                while waited < PAUSE and not self.stopped:
                    time.sleep(10)
                    waited += 10""",
}
SHORT = {
    "few": """
                for _ in range(60):
                    if self.stopped:
                        break
                    await asyncio.sleep(1)""",
    "counted_up_faster": """
                waited = 0
                while waited < PAUSE and not self.stopped:
                    time.sleep(10)
                    waited += 600""",
    "works_in_between": """
                for _ in range(PAUSE):
                    self.label()
                    time.sleep(1)""",
    "once": """
                time.sleep(60)""",
}


@pytest.mark.parametrize("pause", cases(LONG))
def test_a_loop_that_sleeps_for_an_hour_in_parts_comes_once_an_hour(pause: str) -> None:
    assert verdict(LOOP.replace("{pause}", pause.strip())) == "batchable"


@pytest.mark.parametrize("pause", cases(SHORT))
def test_a_loop_that_does_not_sleep_so_long_comes_often(pause: str) -> None:
    assert verdict(LOOP.replace("{pause}", pause.strip())) in {"realtime", "unclear"}
