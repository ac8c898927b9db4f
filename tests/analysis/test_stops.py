"""Loops that end at an answer: no call of a turn can wait for the calls of the next one."""

import pytest

from .verdicts import cases, verdict

TALK = """
    from llm import ask

    class Talk:
        def __init__(self, steps):
            self.steps, self.said, self.turns = steps, [], 0

        def is_over(self):
            return ask(f"Are all of {{self.steps}} in {{self.said}}?")  {judge}

        def say(self):
            self.said.append(ask(f"What to say next: {{self.steps}}?"))  {speaker}

        def hold(self):
            while self.turns < 20:
                self.say()
                if self.is_over() == "yes":
                    break

    def main():
        for line in open("talks.txt"):
            Talk(line).hold()

    {more}

    main()
    """
PAGES = """
    from llm import ask

    def is_contents(page):
        return ask(f"Is this a table of contents? {{page}}")  # !

    def find(pages):
        found, i = [], 0
        while i < len(pages):
            if is_contents(pages[i]) == "no":
                break
            found.append(pages[i])
            i += 1
        return found

    def main():
        pages = open("book.txt").read().split("---")
        print(find(pages){more})

    main()
    """
UNTIL = """
    from llm import ask

    def read(topic):
        texts, complete = [], "no"
        while {test}:
            for part in topic.split():
                {asked}
            complete = ask(f"Is this complete? {{texts}}") {judged}
        return texts

    for line in open("topics.txt"):
        print(read(line))
    """
NOVEL = """
    from llm import ask

    def is_like(text, other):
        return ask(f"Do they say the same? {{text}} {{other}}") == "yes"  # !

    def is_new(text, others):
        return not any([is_like(text, other) for other in others])

    def ideas(topic, pool):
        found, marks = [], []
        while True:
            idea = pool.pop()
            fresh = is_new(idea, found)
            found.append(idea)
            marks.append(fresh)
            if not fresh:
                break
        return marks

    for line in open("topics.txt"):
        print(ideas(line, line.split()))
    {more}
    """

ENDED = {
    "what tells whether there is another turn": TALK.format(judge="# !", speaker="", more=""),
    "what the turn asks before": TALK.format(judge="", speaker="# !", more=""),
    "one page after the other": PAGES.format(more=""),
    "an answer in the loop's test": UNTIL.format(test='complete != "yes"', asked="texts.append(part)", judged="  # !"),
    "a few comparisons with what the turns before have found": NOVEL.format(more=""),
    "a test that asks": """
        from llm import ask

        def read(topic):
            texts = [topic]
            while ask(f"Is this enough? {len(texts)}") == "no":  # !
                texts.append(topic)
            return texts

        for line in open("topics.txt"):
            print(read(line))
        """,
}
OPEN = {
    "a helper that others call for each item": TALK.format(
        judge="# !",
        speaker="",
        more="for line in open('done.txt'):\n        print(Talk(line).is_over())",
    ),
    "one that is asked for each page as well": PAGES.format(more=", [is_contents(page) for page in pages]"),
    "comparisons that others make for each item": NOVEL.format(
        more="print([is_like(*line.split('|')) for line in open('pairs.txt')])",
    ),
    "many answers in each turn": UNTIL.format(
        test='complete != "yes"', asked="texts.append(ask(part))  # !", judged=""
    ),
    "as many answers as it takes": """
        from llm import ask

        def write(topic, count):
            found = []
            while len(found) < count:
                found.append(ask(topic))  # !
            return found

        for line in open("topics.txt"):
            print(write(line, 30))
        """,
    "a page that the answer does not tell": """
        import requests
        from llm import ask

        url = "https://example.org/pages"
        while url:
            page = requests.get(url).json()
            print(ask(page["text"]))  # !
            url = page["next"]
        """,
}


@pytest.mark.parametrize("program", cases(ENDED))
def test_a_turn_that_waits_for_the_last_one(program):
    assert verdict(program) == "realtime"


@pytest.mark.parametrize("program", cases(OPEN))
def test_turns_that_can_go_together(program):
    assert verdict(program) == "batchable"


FAILING = """
    from llm import ask

    def claims(lines):
        found = []
        for line in lines:
            answer = ask(line)  # !
            {failing}
            found.append(answer.choices[0])
        return found

    print(claims(open("lines.txt")))
    """


@pytest.mark.parametrize(
    ("failing", "expected"),
    [
        ("if not answer: return None", "batchable"),
        ("if answer is None: return []", "batchable"),
        ("if not answer or not answer.choices: return found", "realtime"),
        (
            "if answer and len(answer):\n                print(answer)\n            else:\n                return None",
            "batchable",
        ),
        ("if answer == 'none': return None", "realtime"),
        ("if answer: return None", "realtime"),
        ("if not answer: break", "realtime"),
        ("is_over = 'over' in answer.choices\n            if not is_over: return None", "realtime"),
        ("if answer is None:\n                if line == 'end': break\n                continue", "batchable"),
        ("if answer is not None:\n                if line == 'end': break\n                continue", "realtime"),
    ],
)
def test_giving_up_where_no_answer_came_is_no_end_by_what_it_says(failing, expected):
    assert verdict(FAILING.format(failing=failing)) == expected


COUNTED = """
    from llm import ask

    def label(lines):
        found, {count}, seen = [], 0, 0
        for line in lines:
            answer = ask(line)  # !
            if answer is not None:
                found.append(answer.choices[0])
                {good}
            else:
                {bad}
            {after}
            if {count} >= 3:
                print("so many, the rest another day")
                break
        return found

    print(label(open("lines.txt")))
    """


@pytest.mark.parametrize(
    ("good", "bad", "after", "expected"),
    [
        ("failed = 0", "failed += 1", "print(line)", "batchable"),
        ("print(line)", "failed += 1", "print(line)", "batchable"),
        ("failed = len(answer.choices)", "failed += 1", "print(line)", "realtime"),
        ("failed = 0", "failed += 1", "failed += answer == 'no'", "realtime"),
    ],
)
def test_a_count_of_what_got_no_answer_is_no_answer(good: str, bad: str, after: str, expected: str) -> None:
    assert verdict(COUNTED.format(count="failed", good=good, bad=bad, after=after)) == expected


GAME = """
    from game import Game
    from llm import ask

    def play(game):
        for {count} in range({most}):
            move = ask(f"The board: {{game.board}}. What is next?")  # !
            if game.make(move).is_won:
                break
        return game

    def main():
        for line in open("games.txt"):
            print(play(Game(line)).board)

    main()
    """


@pytest.mark.parametrize(
    ("count", "most", "expected"),
    [
        ("turn", "most", "realtime"),
        ("i", "MAX_TURNS", "realtime"),
        ("turn", "3", "batchable"),
        ("i", "most", "batchable"),
        ("i", "RETURNED", "batchable"),
    ],
)
def test_turns_of_a_game_are_more_than_a_few_rounds(count: str, most: str, expected: str):
    assert verdict(GAME.format(count=count, most=most)) == expected


FALLBACK = """
    import sys
    from apscheduler.schedulers.blocking import BlockingScheduler
    from llm import client
    from store import keep

    NAMES = ["gpt-5", "gpt-5-mini", "gpt-4.1", "gpt-4.1-mini"]

    def report():
        text = open("report.txt").read()
        for {name} in NAMES:
            made = client.chat.completions.create(  # !
                model="gpt-5", messages=[{{"role": "user", "content": text + {name}}}]
            )
            {end}
        raise RuntimeError("no answer")

    {start}
    """
SCHEDULE = 'BlockingScheduler().add_job(report, "interval", hours=12)'
RETURNED = "if made.choices: return keep(made)"


@pytest.mark.parametrize(
    ("name", "end", "start", "expected"),
    [
        ("model", RETURNED, SCHEDULE, "batchable"),
        ("fallback_model", RETURNED, SCHEDULE, "batchable"),
        ("api_key", "if not made.choices: continue\n            else: return keep(made)", SCHEDULE, "batchable"),
        ("provider", "if made.choices: keep(made); break", SCHEDULE, "batchable"),
        # One request for whoever starts it is none of many.
        ("model", RETURNED, "report()", "realtime"),
        # Each is asked.
        ("model", "keep(made)", "report()", "batchable"),
        ("model", "keep(made)\n            if sys.flags.debug: break", "report()", "batchable"),
        # Which of the things it is decides the answer.
        ("product", RETURNED, SCHEDULE, "realtime"),
        ("model", "if 'yes' in sys.argv: return None\n            keep(made)", "report()", "batchable"),
    ],
)
def test_asking_another_model_until_there_is_an_answer_is_to_try_again(
    name: str, end: str, start: str, expected: str
) -> None:
    assert verdict(FALLBACK.format(name=name, end=end, start=start)) == expected
