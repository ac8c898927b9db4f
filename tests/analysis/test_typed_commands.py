"""One request that a schedule makes, and a command of a command line too: whoever types that waits for it."""

import pytest

from batchlint.findings import Latency, Step
from batchlint.graph import ManifestTarget

from .verdicts import verdict

REPORT = """
    from llm import ask
    from store import articles

    def report():
        print(ask("\\n".join(articles())))  # !

    def reports():
        for article in articles():
            print(ask(article))
    """
SCHEDULE = """
    from apscheduler.schedulers.blocking import BlockingScheduler
    from report import report

    def start():
        scheduler = BlockingScheduler()
        scheduler.add_job(report, "cron", hour=7)
        scheduler.start()
    """
CLICK = """
    import click
    from report import report

    @click.group()
    def cli(): ...

    @cli.command()
    def briefing():
        report()

    if __name__ == "__main__":
        cli()
    """
TYPER = """
    import typer
    from report import report

    app = typer.Typer()

    @app.command()
    def briefing():
        report()
    """
ARGPARSE = """
    import argparse
    from report import report

    def briefing(args):
        report()

    parser = argparse.ArgumentParser()
    parser.add_subparsers().add_parser("briefing").set_defaults(func=briefing)
    args = parser.parse_args()
    args.func(args)
    """
MAIN = """
    from report import report

    if __name__ == "__main__":
        report()
    """
ONCE = """
    import click
    from apscheduler.schedulers.blocking import BlockingScheduler
    from report import report

    @click.command()
    @click.option("--once", is_flag=True)
    def assistant(once):
        if once:
            return report()
        scheduler = BlockingScheduler()
        scheduler.add_job(report, "cron", hour=7)
        scheduler.start()
    """


@pytest.mark.parametrize("command", [CLICK, TYPER, ARGPARSE])
def test_a_command_is_typed_by_somebody(command: str) -> None:
    assert verdict({"report.py": REPORT, "clock.py": SCHEDULE, "cli.py": command}) == "unclear"


@pytest.mark.parametrize(
    "start",
    [
        {"clock.py": SCHEDULE},
        {"clock.py": SCHEDULE, "app.py": MAIN},
        {"clock.py": SCHEDULE, "cli.py": CLICK.replace("briefing", "run_once")},
        {"cli.py": ONCE},
    ],
)
def test_a_schedule_beside_its_own_script_decides(start: dict[str, str]) -> None:
    assert verdict({"report.py": REPORT, **start}) == "batchable"


def test_a_schedule_that_runs_the_command_decides() -> None:
    step = Step("crontab", 1, "0 7 * * * python cli.py briefing")
    crontab = ManifestTarget("cli.py", "schedule", Latency.HOURS, step, given=("briefing",))
    assert verdict({"report.py": REPORT, "cli.py": CLICK}, [crontab]) == "batchable"


def test_many_requests_are_worth_a_batch_also_for_a_command() -> None:
    many = REPORT.replace("  # !", "").replace("print(ask(article))", "print(ask(article))  # !")
    files = {"clock.py": SCHEDULE, "cli.py": CLICK}
    program = {
        path: text.replace("import report", "import reports").replace("report(", "reports(")
        for path, text in files.items()
    }
    assert verdict({"report.py": many, **program}) == "batchable"


ASKED = """
    import sys
    from prefect import flow, task
    from llm import ask

    @task
    def answer(text):
        return ask(text)  # !

    @flow
    def run(text):
        print(answer(text))

    if __name__ == "__main__":
        {typed}
    """


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ('query = " ".join(sys.argv[1:])\n        run(query)', "unclear"),
        (
            'question = " ".join(sys.argv[1:]) if len(sys.argv) > 1 else "What is new?"\n        run(question)',
            "unclear",
        ),
        ('day = " ".join(sys.argv[1:])\n        run(day)', "batchable"),
        ('query = ",".join(sys.argv)\n        run(query)', "batchable"),
        ('query = " ".join(open("words.txt").readlines()[1:])\n        run(query)', "batchable"),
    ],
    ids=["typed", "typed or not", "no question", "with the program's name", "read"],
)
def test_whose_words_are_the_rest_of_the_command_asks_a_question(typed: str, expected: str) -> None:
    assert verdict(ASKED.replace("{typed}", typed)) == expected
