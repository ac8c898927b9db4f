"""Objects that keep a talk, and forget it in front of each item of a loop."""

import pytest

from .verdicts import verdict

PROGRAM = """
    import json
    from llm import ask

    class Bot:
        def __init__(self):
            self.messages = []
            self.told = 0

        def reset(self):
            {reset}

        def forget(self, really=True):
            if really:
                self.messages = []

        def begin(self):
            self.reset()

        def say(self, text):
            self.messages.append(text)
            answer = ask(str(self.messages))  # !
            self.messages.append(answer)
            self.told += 1
            return answer

    def run(rows, bot):
        for row in rows:
            {before}
            print(bot.say(row))
            {after}

    if __name__ == "__main__":
        run(json.load(open("rows.json")), Bot())
    """


@pytest.mark.parametrize(
    ("reset", "before"),
    [
        ("self.messages = []", "bot.reset()"),
        ("self.messages = ['Be short.']", "bot.reset()"),
        ("self.messages.clear()", "bot.begin()"),
        ("del self.messages[:]", "bot.reset()"),
        ("pass", "bot.messages = []"),
        ("pass", "bot.messages.clear()"),
    ],
)
def test_what_is_forgotten_before_each_item_is_no_memory(reset: str, before: str):
    assert verdict(PROGRAM.format(reset=reset, before=before, after="pass")) == "batchable"


@pytest.mark.parametrize(
    ("reset", "before", "after"),
    [
        ("self.told = 0", "bot.reset()", "pass"),
        ("self.messages = self.messages[-4:]", "bot.reset()", "pass"),
        ("self.messages = []", "bot.forget()", "pass"),
        ("self.messages = []", "if row: bot.reset()", "pass"),
        ("self.messages = []", "bot.reset()", "print(bot.say('And then?'))"),
        ("self.messages = []", "pass", "pass"),
    ],
)
def test_what_the_next_item_is_told_as_well_is_one(reset: str, before: str, after: str):
    assert verdict(PROGRAM.format(reset=reset, before=before, after=after)) == "realtime"
