"""Functions that hand the answer on by a constant, or through parts of what they are given: who calls one asks."""

import pytest

from .verdicts import cases, marked, verdict

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
    "right_answer": """
        from llm import ask

        def is_same(one, other):
            winner = ask(one).choices[0].message.content
            if winner == other:
                return 1
            return 0.5
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
    "length": """
        from llm import ask

        def is_same(one, other):
            answer = ask(f"{one} or {other}?").choices[0].message.content
            if len(answer) == 0 or answer == None:
                return False
            store(answer)
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
def test_the_caller_of_what_keeps_one_answer_asks_once_per_item(judge):
    assert verdict({"judge.py": judge, "app.py": LOOP}) == "batchable"


PARTS = """
    from judge import is_same

    def is_any(one, others):
        {body}

    if __name__ == "__main__":
        for line in open("words.txt"):
            print(is_any(line, line.split()))  # !
    """


@pytest.mark.parametrize(
    ("kept", "body", "expected"),
    [
        (True, "for other in others: is_same(one, other)", None),  # the loop over the parts is the one to tell of
        (True, "return is_same(one, others)", "batchable"),
        (False, "return [other for other in others if is_same(one, other)]", "batchable"),
    ],
)
def test_the_caller_of_what_keeps_the_answers_of_all_decides_nothing(kept, body, expected):
    judge = KEPT["done"] if kept else JUDGES["equal"]
    site = marked({"judge.py": judge, "app.py": PARTS.format(body=body)})
    assert site is not None
    assert (None if site.rounds else str(site.verdict)) == expected


REPORTS = """
    import json
    import sys
    from sections import label_all

    if __name__ == "__main__":
        report = json.load(open(sys.argv[1]))
        label_all(report)  # !
        print(report)
    """
FILLED = {
    "parts_of_a_tree_that_is_returned": """
        from concurrent.futures import ThreadPoolExecutor
        from llm import ask

        def label_all(report):
            parts = flatten(report)
            with ThreadPoolExecutor() as pool:
                labels = list(pool.map(ask, [part["text"] for part in parts]))
            for part, label in zip(parts, labels):
                part["label"] = label
            return report
        """,
    "items_of_futures": """
        from concurrent.futures import ThreadPoolExecutor, as_completed
        from llm import ask

        def label(part):
            part["label"] = ask(part["text"])
            return part

        def label_all(report):
            with ThreadPoolExecutor() as pool:
                futures = {pool.submit(label, part): part for part in report}
                for future in as_completed(futures):
                    part = futures[future]
                    part = future.result()
        """,
}
STORED = {
    "table_of_its_own": """
        from concurrent.futures import ThreadPoolExecutor
        from llm import ask

        def label_all(report):
            table = connect()
            for part in report:
                table[part["id"]] = ask(part["text"])
            return len(report)
        """,
}


@pytest.mark.parametrize("sections", cases(FILLED))
def test_the_caller_is_told_through_the_parts_of_what_it_gives(sections):
    assert verdict({"sections.py": sections, "app.py": REPORTS}) == "batchable"


@pytest.mark.parametrize("sections", cases(STORED))
def test_the_caller_of_what_stores_the_answers_decides_nothing(sections):
    assert verdict({"sections.py": sections, "app.py": REPORTS}) == "none"
