"""Files that the answers go into, and that are read again: whether the next request is made of what stands there."""

import pytest

from .verdicts import verdict

PROGRAM = """
    import json
    import os
    import sys
    from pathlib import Path
    from llm import ask

    KEPT = Path("rows.json")

    def load(path="rows.json"):
        if os.path.exists(path):
            with open(path) as file:
                return json.load(file)
        return []

    def load_kept():
        return json.loads(KEPT.read_text())

    def save(row, path="rows.json"):
        rows = load(path)
        rows.append(row)
        with open(path, "w") as file:
            json.dump(rows, file)

    def save_kept(row):
        KEPT.write_text(json.dumps([*load_kept(), row]))

    def counts(rows):
        return {each: rows.count(each) for each in rows}

    def one(item):
        {before}
        answer = {asked}
        {after}

    def main():
        for item in open(sys.argv[1]):
            {turn}

    if __name__ == "__main__":
        main()
    """
STEP = "{before}\n            answer = {asked}  # !\n            {after}"
SAVES = "save(str(answer))"
ALL = 'ask(f"{item} unlike {known}")'


def program(before: str, asked: str, after: str) -> str:
    turn = STEP.replace("{before}", before).replace("{asked}", asked).replace("{after}", after)
    return (
        PROGRAM.replace("{turn}", turn)
        .replace("{before}", "pass")
        .replace("{asked}", "ask(item)")
        .replace("{after}", "save(answer)")
    )


@pytest.mark.parametrize(
    ("before", "asked", "after"),
    [
        ("known = load()", ALL, SAVES),
        ("known = counts(load())", ALL, SAVES),
        ("rows = load(); known = counts(rows)", ALL, "row = {'text': str(answer)}; save(row)"),
        ("known = load('other.json')", ALL, "save(str(answer), 'other.json')"),
        ("known = load(sys.argv[2])", ALL, "save(str(answer), sys.argv[2])"),
        ("known = load_kept()", ALL, "save_kept(str(answer))"),
        ("known = open('log.txt').read()", ALL, "open('log.txt', 'a').write(str(answer))"),
        ("known = open('log.txt').read()", ALL, "with open('log.txt', 'a') as log: log.write(str(answer))"),
        (
            "with open('log.txt') as log: known = log.read()",
            ALL,
            "with open('log.txt', 'a') as f: f.write(str(answer))",
        ),
        ("known = KEPT.read_text()", ALL, "KEPT.write_text(known + str(answer))"),
    ],
)
def test_the_next_request_is_made_of_what_the_last_answer_left(before: str, asked: str, after: str) -> None:
    assert verdict(program(before, asked, after)) == "realtime"


@pytest.mark.parametrize(
    ("before", "asked", "after"),
    [
        ("known = load()", "ask(item)", SAVES),
        ("if item in load(): continue", "ask(item)", SAVES),
        ("known = load('examples.json')", ALL, SAVES),
        ("known = load()", ALL, "save(item); print(answer)"),
        ("known = load(item)", ALL, "save(str(answer), item)"),
        ("path = item + '.json'; known = load(path)", ALL, "save(str(answer), path)"),
        ("known = open('log.txt').read()", ALL, "open('answers.txt', 'a').write(str(answer))"),
        (
            "with open('examples.json') as file: known = json.load(file)",
            ALL,
            "with open('rows.json') as file: rows = json.load(file); rows.append(str(answer))\n"
            "            with open('rows.json', 'w') as file: json.dump(rows, file)",
        ),
        ("known = item", ALL, SAVES + "; item = load()"),
        ("known = open('log.txt', 'w').name", ALL, "open('log.txt', 'a').write(str(answer))"),
    ],
    ids=[
        "not asked with",
        "only what is done",
        "examples",
        "not the answer",
        "its own",
        "its own name",
        "another",
        "files of one name",
        "behind",
        "no read",
    ],
)
def test_the_file_says_nothing_in_the_next_request(before: str, asked: str, after: str) -> None:
    assert verdict(program(before, asked, after)) == "batchable"


@pytest.mark.parametrize(
    ("before", "asked", "after", "expected"),
    [
        ("known = load()", ALL, "save(str(answer))", "realtime"),
        ("known = load()", "ask(item)", "save(str(answer))", "batchable"),
        ("known = load('examples.json')", ALL, "save(str(answer))", "batchable"),
    ],
)
def test_both_may_stand_in_what_a_turn_calls(before: str, asked: str, after: str, expected: str) -> None:
    source = PROGRAM.replace("{turn}", "one(item)  # !").replace("{before}", before)
    assert verdict(source.replace("{asked}", asked).replace("{after}", after)) == expected
