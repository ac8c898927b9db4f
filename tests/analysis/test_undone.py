"""Rounds over what is left to do: an answer that only marks its item as done is in no later request."""

import pytest

from .verdicts import marked, verdict

ROUNDS = """
    import json
    from llm import ask

    def run(path, out):
        rows = json.load(open(path))
        done = [0 for _ in rows]
        answers = {{}}
        while True:
            left, places = [], []
            for i, row in enumerate(rows):
                if done[i] == 1:
                    continue
                left.append(row)
                places.append(i)
            for i in range(len(left)):
                {request}
            if all(done):
                break
        json.dump(answers, open(out, "w"))

    if __name__ == "__main__":
        run("rows.json", "answers.json")
    """
ONCE = """answer = ask(left[i])  # !
                answers[places[i]] = answer
                if "error" not in answer:
                    done[places[i]] = {mark}"""
EITHER = """while True:
                    answer = ask(left[i])  # !
                    answers.setdefault(places[i], []).append(answer)
                    if "error" not in answer:
                        done[places[i]] = 1
                        break
                    else:
                        {otherwise}"""


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (ONCE.format(mark="1"), "batchable"),
        (ONCE.format(mark="answer").replace("ask(left[i])", 'ask(f"{done} {left[i]}")'), "realtime"),
        (ONCE.format(mark="1") + "\n                    rows[places[i]] = answer", "realtime"),
        (EITHER.format(otherwise="break"), "batchable"),
        (EITHER.format(otherwise="continue"), "realtime"),
    ],
    ids=["a mark", "the answer itself", "the row as well", "a loop that ends", "a loop that goes on"],
)
def test_what_is_marked_as_done_is_only_not_asked_again(request_: str, expected: str) -> None:
    assert verdict(ROUNDS.format(request=request_)) == expected


SEARCH = """
    from llm import ask

    def find(pages):
        for page in pages:
            answer = ask(page)  # !
            if answer == "yes":
                return page
            {otherwise}

    if __name__ == "__main__":
        print(find(open("pages.txt")))
    """


@pytest.mark.parametrize("otherwise", ["else: return None", "print(page)"])
def test_a_loop_that_ends_in_its_first_turn_or_at_an_answer_goes_through_nothing(otherwise: str) -> None:
    assert verdict(SEARCH.format(otherwise=otherwise)) == "realtime"


PASSES = """
    import json
    import sys
    from llm import ask

    def answer_all(rows):
        return [ask(row) for row in rows]  # !

    def main(rows):
        {first}
        for turn in range(3):
            empty = [i for i, answer in enumerate(answers) if not answer]
            if not empty:
                break
            for i, answer in zip(empty, answer_all([rows[i] for i in empty])):
                answers[i] = answer
        json.dump(answers, open("answers.json", "w"))

    if __name__ == "__main__":
        main(json.load(open(sys.argv[1])))
    """


@pytest.mark.parametrize(
    ("first", "is_chain"),
    [("answers = answer_all(rows)", False), ("answers = [None] * len(rows)", True)],
)
def test_what_also_asks_about_all_at_once_is_no_chain(first: str, is_chain: bool) -> None:
    site = marked(PASSES.format(first=first))
    assert site is not None
    assert (str(site.verdict), "chain" in {factor.name for factor in site.factors}) == ("batchable", is_chain)


PARTS = """
    import json
    from llm import ask

    def translate(text):
        left, found = json.load(open("languages.json")), {{}}
        while left:
            answer = json.loads(ask({asked}))  # !
            found |= answer
            left = {rest}
        return found

    if __name__ == "__main__":
        {each}
    """
EACH = """for text in open("texts.txt"):
            print(translate(text))"""
REST = "[each for each in left if each not in answer]"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "batchable"),
        ({"each": 'print(translate(open("text.txt").read()))'}, "realtime"),
        ({"asked": 'f"{text}: {left[:5]}, after {found}"'}, "realtime"),
        ({"rest": 'answer["left"]'}, "realtime"),
    ],
    ids=["what is left of each", "of one only", "what was found as well", "what the answer says is left"],
)
def test_a_few_at_a_time_of_what_is_left_are_rounds_over_all_items(changed: dict[str, str], expected: str) -> None:
    parts = {"asked": 'f"{text}: {left[:5]}"', "rest": REST, "each": EACH} | changed
    assert verdict(PARTS.format(**parts)) == expected
