"""Functions that turn the answer into a constant: who calls one asks the model."""

import pytest

from .verdicts import cases, verdict

LOOP = """
    import sys
    from judge import is_same

    if __name__ == "__main__":
        pairs = [line.split("|") for line in open(sys.argv[1])]
        print(sum(is_same(*pair) for pair in pairs))  # !
    """
JUDGES = {
    "equal": """
        from llm import ask

        def is_same(one, other):
            for attempt in range(3):
                verdict = ask(f"{one} or {other}?").choices[0].message.content
                if verdict == "True":
                    return True
                elif verdict == "False":
                    return False
            return None
        """,
    "holds": """
        from llm import ask

        def is_same(one, other):
            verdict = ask(f"{one} or {other}?").choices[0].message.content.lower()
            if "yes" in verdict:
                return 1
            return 0
        """,
    "starts": """
        from llm import ask

        def is_same(one, other):
            if ask(f"{one} or {other}?").choices[0].message.content.startswith("Yes"):
                return Verdict.SAME
            return Verdict.OTHER
        """,
}
KEPT = {
    "done": """
        from llm import ask

        def is_same(one, other):
            answer = ask(f"{one} or {other}?").choices[0].message.content
            if not answer:
                return False
            store(answer)
            return True
        """,
    "cut_off": """
        from llm import ask

        def is_same(one, other):
            choice = ask(f"{one} or {other}?").choices[0]
            if choice.finish_reason == "length":
                return False
            store(choice.message.content)
            return True
        """,
    "another_text": """
        from llm import ask

        def is_same(one, other):
            store(ask(f"{one} or {other}?").choices[0].message.content)
            if one == "x":
                return True
            return False
        """,
}


@pytest.mark.parametrize("judge", cases(JUDGES))
def test_the_caller_of_a_judge_asks_once_per_item(judge):
    assert verdict({"judge.py": judge, "app.py": LOOP}) == "batchable"


@pytest.mark.parametrize("judge", cases(KEPT))
def test_the_caller_of_what_keeps_the_answer_decides_nothing(judge):
    assert verdict({"judge.py": judge, "app.py": LOOP}) == "none"
