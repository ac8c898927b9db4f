"""Loops around what has a loop of its own, and functions that stand in the function that calls them."""

import pytest

from batchlint import engine, metrics
from batchlint.config import load

from .verdicts import call_sites, files, marked, verdict

SUBJECTS = """
    import json
    from llm import ask

    def answer_all(subject):
        rows = json.load(open(f"{{subject}}.json"))
        answers = [ask(row["question"]) for row in rows]
        json.dump(answers, open(f"{{subject}}-answers.json", "w"))

    def main(subjects):
        {outer}

    if __name__ == "__main__":
        main(["maths", "history", "physics", "biology"])
    """
OUTER = [
    "for subject in subjects: answer_all(subject)  # !",
    "from multiprocessing import Pool; Pool(4).map(answer_all, subjects)  # !",
    "print([answer_all(subject) for subject in subjects])  # !",
]


@pytest.mark.parametrize("outer", OUTER)
def test_a_loop_around_the_loop_is_a_place_to_look_at(outer: str) -> None:
    site = marked(SUBJECTS.format(outer=outer))
    assert site is not None
    assert (str(site.verdict), site.rounds) == ("batchable", True)


@pytest.mark.parametrize("outer", OUTER)
def test_so_it_is_where_the_loop_asks_the_provider_itself(outer: str) -> None:
    source = SUBJECTS.replace("import ask", "import client").replace(
        'ask(row["question"])', 'client.responses.create(model="gpt-5", input=row["question"])'
    )
    site = marked(source.format(outer=outer))
    assert site is not None
    assert (str(site.verdict), site.rounds) == ("batchable", True)


def test_who_calls_it_once_is_none() -> None:
    assert verdict(SUBJECTS.format(outer="answer_all(subjects[0])  # !")) == "none"


def test_in_a_route_somebody_waits_for_all_the_rounds() -> None:
    source = SUBJECTS.format(outer=OUTER[0]).partition("    if __name__")[0]
    route = """
    from fastapi import FastAPI

    app = FastAPI()

    @app.post("/answers")
    def answers(subjects: list[str]):
        main(subjects)
    """
    assert verdict(source + route) in {"none", "realtime"}


def test_the_finding_is_the_loop_that_has_the_requests(tmp_path) -> None:
    for path, text in files(SUBJECTS.format(outer=OUTER[0])).items():
        (tmp_path / path).write_text(text)
    report = engine.analyze([tmp_path], load([tmp_path]))
    rounds = [site for site in report.call_sites if site.rounds]
    assert [site.function for site in rounds] == ["main"]
    assert {finding.site.function for finding in (*report.findings, *report.covered)} == {"answer_all", "ask"}


def test_the_calls_below_a_loop_around_the_loop_are_counted_once(tmp_path) -> None:
    numbers = []
    for outer in (OUTER[0], "answer_all(subjects[0])"):
        for path, text in files(SUBJECTS.format(outer=outer)).items():
            (tmp_path / path).write_text(text)
        numbers.append(metrics.measure(engine.analyze([tmp_path], load([tmp_path]))))
    assert [each["value"] for each in numbers] == [2, 2]
    assert numbers[0]["rules"] == numbers[1]["rules"]


INNER = """
    from llm import ask

    def sample(text, times):
        def once():
            return ask(f"Another title: {{text}}")

        {calls}

    def main():
        for line in open("texts.txt"):
            print(sample(line, 8))

    main()
    """


@pytest.mark.parametrize(
    ("calls", "expected"),
    [("return [once() for number in range(times)]  # !", "batchable"), ("return once()  # !", "none")],
)
def test_a_loop_decides_also_on_what_stands_beside_it(calls: str, expected: str) -> None:
    assert verdict(INNER.format(calls=calls)) == expected


def test_the_way_down_tells_where_a_function_is_called_that_was_handed_over() -> None:
    source = """
        from llm import ask

        def grade(rows, teacher):
            for row in rows:
                print(teacher(row))

        if __name__ == "__main__":
            grade(open("rows.txt"), ask)
        """
    site = next(each for each in call_sites(source) if each.call == "grade")
    assert [(step.path, step.line, step.what) for step in site.via[:1]] == [("app.py", 6, "teacher")]


@pytest.mark.parametrize(
    ("start", "expected"),
    [("pool.map(work, rows)", "batchable"), ("pool.schedule(work, args=[rows[0]])", "realtime")],
)
def test_a_pool_of_pebble_goes_over_what_it_maps(start: str, expected: str) -> None:
    source = f"""
        from llm import ask
        from pebble import ProcessPool

        def work(row):
            return ask(row)  # !

        def main(rows):
            with ProcessPool(max_workers=4) as pool:
                {start}

        main(open("rows.txt").readlines())
        """
    assert verdict(source) == expected
