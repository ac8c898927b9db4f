"""A command that runs one of a module's jobs, by the name it is told."""

import pytest

from .verdicts import verdict

JOBS = """
    from llm import ask

    def {name}({taken}):
        for line in open("lines.txt"):
            print(ask(line))  # !

    def clean_up(days=3):
        print("older than", days)
    """
RUN = """
    import sys
    import jobs

    if __name__ == "__main__":
        {run}
    """


@pytest.mark.parametrize(
    ("name", "taken", "run", "expected"),
    [
        ("label", "", "getattr(jobs, sys.argv[1])()", "batchable"),
        ("label", "day=None", "getattr(jobs, sys.argv[1])()", "batchable"),
        ("label", "", "jobs.clean_up()", "unclear"),
        ("_label", "", "getattr(jobs, sys.argv[1])()", "unclear"),
        ("label", "text", "getattr(jobs, sys.argv[1])()", "unclear"),
    ],
)
def test_a_command_runs_any_job_of_a_list(name: str, taken: str, run: str, expected: str) -> None:
    program = {"jobs.py": JOBS.format(name=name, taken=taken), "run.py": RUN.format(run=run)}
    assert verdict(program) == expected


STUDIES = """
    from llm import ask

    def topics(path="papers.txt"):
        known = []
        for line in open(path):
            known.append(ask(f"Find a topic that is none of {known}: {line}"))  # !
        print(known)

    def words():
        print(len(open("papers.txt").read().split()))

    if __name__ == "__main__":
        {run}
    """


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("for study in [topics, words]: study()", "realtime"),
        ("for path in open('papers.txt'): topics(path)", "batchable"),
    ],
    ids=["different functions", "items"],
)
def test_a_loop_over_different_functions_runs_each_of_them_once(run: str, expected: str) -> None:
    assert verdict(STUDIES.replace("{run}", run)) == expected
