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
