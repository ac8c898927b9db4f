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


MADE = """
    import json, sys
    from llm import ask

    class Bot:
        def __init__(self):
            self.messages = []

        def say(self, text):
            self.messages.append(text)
            answer = ask(str(self.messages))  # !
            self.messages.append(answer)
            return answer

    class Formal(Bot):
        pass

    def answered(row, kind):
        tries, missing = 3, True
        {made}
        while missing and tries > 0:
            {turn}
            tries -= 1
        return text

    if __name__ == "__main__":
        for row in json.load(open("rows.json")):
            print(answered(row, sys.argv[1]))
    """
TRIED = """try:
                text = bot.say(row)
                missing = False
            except ValueError:
                pass"""
ASKED = """text = bot.say(row)
            row = input(text)"""
OF_A_KIND = """if kind == "formal":
            bot = Formal()
        else:
            bot = Bot()"""


@pytest.mark.parametrize("made", ["bot = Bot()", OF_A_KIND, "bot = Formal() if kind == 'formal' else Bot()"])
def test_what_is_made_for_each_item_keeps_nothing_for_the_next(made: str):
    assert verdict(MADE.format(made=made, turn=TRIED)) == "batchable"


@pytest.mark.parametrize(
    ("made", "turn"),
    [
        (OF_A_KIND, ASKED),
        ("bot = Formal() if kind == 'formal' else BOT", TRIED),
        ("bot = BOT", TRIED),
    ],
)
def test_what_lives_on_does(made: str, turn: str):
    program = MADE.format(made=made, turn=turn).replace("    def answered", "    BOT = Bot()\n\n    def answered")
    assert verdict(program) == "realtime"
