"""The plugin in the real flake8."""

import subprocess
import sys

import pytest
from test_cli import CALL


@pytest.fixture
def flake8(tmp_path):
    (tmp_path / "crontab").write_text("0 2 * * * python job.py\n")
    (tmp_path / "llm.py").write_text(CALL.partition("if __name__")[0].lstrip())
    for name in ("job", "job2", "job3"):
        (tmp_path / f"{name}.py").write_text(
            "from llm import label\n\nfor line in open('lines.txt'):\n    print(label(line))\n"
        )
    (tmp_path / "pyproject.toml").write_text("[tool.batchlint]\nmin-score = 60\n")

    def run(*arguments, stdin=None):
        return subprocess.run(
            [sys.executable, "-m", "flake8", "--isolated", "--select=RTB", *arguments],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_findings_come_from_one_analysis_of_the_whole_program(flake8, jobs):
    done = flake8("-j", jobs, ".")
    assert "./job.py:4:11: RTB101" in done.stdout
    assert done.returncode == 1


def test_a_named_file_is_judged_by_its_project(flake8):
    done = flake8("job.py")
    assert done.stdout.startswith("job.py:4:11: RTB101")
    assert flake8("llm.py").stdout == ""


def test_noqa_is_flake8s_business(flake8, tmp_path):
    job = tmp_path / "job.py"
    job.write_text(job.read_text().replace("print(label(line))", "print(label(line))  # noqa: RTB101"))
    assert "RTB101" not in flake8("job.py").stdout
    assert "RTB101" in flake8("--disable-noqa", "job.py").stdout


def test_an_editor_pipes_the_text(flake8):
    text = "from llm import label\n\n\nfor line in open('lines.txt'):\n    print(label(line))\n"
    done = flake8("--stdin-display-name", "job.py", "-", stdin=text)
    assert done.stdout.startswith("job.py:5:11: RTB101")


def test_broken_settings_end_the_run_with_one_line(flake8, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.batchlint]\nmin-scor = 3\n")
    done = flake8(".")
    assert done.returncode != 0
    assert "batchlint: error: pyproject.toml:2: unknown key 'min-scor'" in done.stderr
