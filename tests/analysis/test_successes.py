"""Loops that end once it has worked, around a request that a history goes into, and loops that only look like them."""

import pytest

from .verdicts import cases, verdict

TALK = """
    import time
    from openai import OpenAI

    class Talk:
        def __init__(self, model):
            self.model, self.said, self.client = model, [], OpenAI()

        def ask(self, text):
            self.said.append({"role": "user", "content": text})
            {before}
                try:
                    answer = self.client.chat.completions.create(model=self.model, messages=self.said)  # !
                    {kept}
                except Exception:
                    {after}
            return self.said[-1]["content"]
    """
KEEP = 'self.said.append({"role": "assistant", "content": answer.choices[0].message.content})'
MAIN = """
    from talk import Talk

    for line in open("questions.txt"):
        talk = Talk("gpt-5")
        print(talk.ask(line))
        print(talk.ask("So, yes or no?"))
    """


def talk(before, *kept, after="time.sleep(5)", main=MAIN):
    source = TALK.replace("{before}", before.replace("\n", "\n" + " " * 12)).replace("{after}", after)
    return {"talk.py": source.replace("{kept}", ("\n" + " " * 20).join(kept)), "main.py": main}


UNTIL = "done = False\nwhile not done:"
ONCE = {
    "a flag": talk(UNTIL, KEEP, "done = True"),
    "a flag that comes first": talk(UNTIL, "done = True", KEEP),
    "a flag that an error takes back": talk(UNTIL, "done = True", KEEP, after="done = False"),
    "a flag for going on": talk("failed = True\nwhile failed:", KEEP, "failed = False"),
    "a flag that is compared": talk("done = False\nwhile done == False:", KEEP, "done = True"),
    "a flag and a number of tries": talk(
        "done, n = False, 0\nwhile not done and n < 9:", "n += 1", KEEP, "done = True"
    ),
    "a flag on both sides": talk(UNTIL, "if answer.usage: done = True", "else: done = True", KEEP),
    "an answer at all": talk("answer = None\nwhile answer is None:", KEEP),
    "a number for a flag": talk("done = 0\nwhile done == 0:", KEEP, "done = 1"),
    "the end of the loop": talk("while True:", KEEP, "break"),
    "the end of the function": talk("for _ in range(3):", KEEP, "return answer"),
}
AGAIN = {
    "a flag that an answer sets": talk(UNTIL, KEEP, "done = 'yes' in str(answer)"),
    "a flag under a condition": talk(UNTIL, KEEP, "if 'yes' in str(answer): done = True"),
    "an answer that is taken back": talk(
        "answer = None\nwhile answer is None:", KEEP, "answer = json.loads(str(answer)) or None", "answer = None"
    ),
    "no flag of the loop": talk("other = False\nwhile len(self.said) < 9:", KEEP, "other = True"),
    "what may go wrong after it is kept": talk(UNTIL, KEEP, "json.loads(self.said[-1]['content'])", "done = True"),
    "a talk for all": talk(
        UNTIL,
        KEEP,
        "done = True",
        main="""
            from talk import Talk

            talk = Talk("gpt-5")
            for line in open("questions.txt"):
                print(talk.ask(line))
            """,
    ),
}


@pytest.mark.parametrize("program", cases(ONCE))
def test_a_history_of_an_item_stays_its_own_where_the_request_is_only_tried_until_it_works(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize("program", cases(AGAIN))
def test_a_history_that_the_next_request_needs(program):
    assert verdict(program) == "realtime"


@pytest.mark.parametrize(
    ("end", "expected"), [("done = True", "realtime"), ("done = not todo", "batchable")], ids=["tried", "items"]
)
def test_a_loop_that_ends_once_it_has_worked_goes_over_no_items(end, expected):
    source = f"""
        from llm import ask

        done, todo = False, open("questions.txt").readlines()
        while not done:
            try:
                text = ask(todo.pop())  # !
                open("answer.txt", "a").write(text)
                {end}
            except OSError as error:
                print(error)
        """
    assert verdict(source) == expected


BEHIND = """
    import time
    from openai import OpenAI

    client = OpenAI()

    def ask(text):
        said = [{"role": "user", "content": text}]
        while True:
            try:
                answer = client.chat.completions.create(model="gpt-5", messages=said)  # !
            except Exception:
                {failed}
            said.append({"role": "assistant", "content": answer.choices[0].message.content})
            {end}
        return said

    for line in open("questions.txt"):
        print(ask(line))
    """


@pytest.mark.parametrize(
    ("failed", "end", "expected"),
    [
        ("continue", "break", "batchable"),
        ("continue", "return said", "batchable"),
        ("continue", "if len(said) > 9: break", "realtime"),
        ("raise", "if 'no' in str(answer): continue", "realtime"),
    ],
)
def test_what_is_behind_all_that_goes_on_reaches_no_later_turn(failed: str, end: str, expected: str) -> None:
    assert verdict(BEHIND.replace("{failed}", failed).replace("{end}", end)) == expected
