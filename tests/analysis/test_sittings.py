"""Programs that ask between two pieces of the model's work whether to go on, and twins that only ask before it."""

import pytest

from .verdicts import cases, marked, verdict

SITTING = """
    import argparse
    import click
    from rich.prompt import Confirm
    from llm import ask

    def search():
        return [ask(line) for line in open("jobs.txt")]  # !

    def letters(found):
        for each in found:
            print(ask(each))

    def save(found):
        open("found.txt", "w").write(str(found))

    def main():
        {body}

    if __name__ == "__main__":
        main()
    """
BETWEEN = {
    "rich": """
        found = search()
        if Confirm.ask("Write letters for these?"):
            letters(found)""",
    "input": """
        found = search()
        if input("Go on? [y/n] ") == "y":
            letters(found)""",
    "within_a_branch": """
        found = search()
        if found:
            print(found)
            if click.confirm("Letters?"):
                letters(found)""",
    "what_follows": """
        found = search()
        if not click.confirm("Letters?"):
            return
        letters(found)""",
}
NOT_BETWEEN = {
    "before": """
        if Confirm.ask("This takes long. Go on?"):
            letters(search())""",
    "after": """
        found = search()
        if Confirm.ask("Keep them?"):
            save(found)""",
    "other_branch": """
        if argparse.ArgumentParser().parse_args().search:
            return save(search())
        if Confirm.ask("Write letters?"):
            letters(open("found.txt"))""",
}


@pytest.mark.parametrize("body", cases(BETWEEN))
def test_who_is_asked_in_the_middle_may_sit_and_wait(body):
    assert verdict(SITTING.replace("{body}", body.strip())) == "unclear"


@pytest.mark.parametrize("body", cases(NOT_BETWEEN))
def test_who_is_asked_once_before_or_after_need_not(body):
    assert verdict(SITTING.replace("{body}", body.strip())) == "batchable"


SHARED = {
    "jobs.py": """
        from llm import ask

        def search():
            open("found.txt", "w").write(str([ask(line) for line in open("jobs.txt")]))

        def letters():
            for line in open("found.txt"):
                print(ask(line))
        """,
    "main.py": """
        from jobs import letters, search

        def main():
            search()
            {asked}
                letters()

        if __name__ == "__main__":
            main()
        """,
    "app.py": """
        from apscheduler.schedulers.blocking import BlockingScheduler
        from jobs import search

        scheduler = BlockingScheduler()

        @scheduler.scheduled_job("cron", hour=2)
        def nightly():
            search()  # !
        """,
}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("if input('Letters? [y/n] ') == 'y':", "batchable"), ("for _ in iter(lambda: input('> '), ''):", "none")],
    ids=["sits in the middle", "talks"],
)
def test_a_nightly_run_of_the_same_is_told_of_where_it_parts(asked, expected):
    assert verdict({**SHARED, "main.py": SHARED["main.py"].replace("{asked}", asked)}) == expected


SAMPLE = """
    import sys
    from llm import ask

    def work(path, sample):
        lines = open(path).readlines()
        if {test}:
            {first}
            {asked}
                return
        for line in lines:
            open("out.txt", "a").write(ask(line)){rest}

    if __name__ == "__main__":
        for path in sys.argv[2:]:
            work(path, sys.argv[1] == "sample"){above}
    """
SHOWN = "print([ask(line) for line in lines[:9]])"
ASKED = "if input('Looks good? Continue? [y/N] ') != 'y':"


def sample(mark: str, test: str = "sample", first: str = SHOWN, asked: str = ASKED) -> str:
    marks = {name: "  # !" if name == mark else "" for name in ("first", "rest", "above")}
    given = {"test": test, "first": first + marks["first"], "asked": asked, "rest": marks["rest"]}
    source = SAMPLE.replace("{above}", marks["above"])
    for name, text in given.items():
        source = source.replace("{" + name + "}", text)
    return source


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (sample("first"), "unclear"),
        (sample("rest"), "batchable"),
        (sample("first", asked="if not lines:"), "batchable"),
        (sample("rest", test="lines"), "batchable"),
        (sample("rest", first="print(lines[:9])"), "batchable"),
    ],
    ids=["a sample", "all of it", "nobody is asked", "a sample in most cases", "nothing of the model"],
)
def test_who_looks_at_a_sample_first_sits_in_front_of_that_alone(source: str, expected: str) -> None:
    assert verdict(source) == expected


def test_the_calls_above_tell_of_the_rest_rather_than_of_a_sample() -> None:
    shown = "def show(): print([ask(line) for line in lines[:9]])\n            show()"
    source = sample("above", first=shown).replace("lines = open(path).readlines()", "")
    source = source.replace("work(path, sample)", "work(lines, sample)").replace("work(path,", "work(open(path),")
    site = marked(source)
    assert site is not None and str(site.verdict) == "batchable"
    assert "open(" in source.splitlines()[site.via[0].line - 1]


EACH = """
    from tkinter import messagebox
    import readchar
    from llm import ask

    def label():
        answers = []
        for line in open("jobs.txt"):
            {asked}
            answers.append(ask(line))  # !
        return answers

    open("labels.txt", "w").write(str(label()))
    """


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("if input(f'Go on with {line}? [y/n] ') == 'n': break", "unclear"),
        ("go = input(f'Continue with {line}? [y/n] ')", "unclear"),
        ("go = messagebox.askyesno('Labels', f'Go on with {line}?')", "unclear"),
        ("line += readchar.readkey()", "realtime"),
        ("if line in open('labels.txt').read() and input('Go on? [y/n] ') == 'n': break", "unclear"),
        ("if line == '#': go = input('Go on? [y/n] ')", "batchable"),  # hardly ever, and not between two requests
        ("line = line.upper()", "batchable"),
    ],
)
def test_who_is_asked_before_each_request_sits_between_them(asked: str, expected: str):
    assert verdict(EACH.format(asked=asked).replace("; ", "\n                ")) == expected
