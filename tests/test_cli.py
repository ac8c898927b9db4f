"""The command line as people and hooks use it: exit codes, options, one clear line for what is wrong."""

import json
import os
import re
import subprocess
import sys

import pytest

CALL = """
from openai import OpenAI

client = OpenAI()


def label(text):
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])


if __name__ == "__main__":
    for line in open("lines.txt"):
        print(label(line))
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "crontab").write_text("0 2 * * * python job.py\n")
    (tmp_path / "job.py").write_text(CALL)
    (tmp_path / "other.py").write_text("x = 1\n")

    def call(*arguments, stdin=None):
        return subprocess.run(
            [sys.executable, "-m", "batchlint", *arguments], cwd=tmp_path, input=stdin, capture_output=True, text=True
        )

    return call


def test_findings_are_exit_code_one_and_clean_is_zero(run):
    found = run("check", "--output-format", "concise")
    assert found.returncode == 1
    assert re.match(r"job\.py:8:12: RTB101 .*`client\.chat\.completions\.create` in `label`", found.stdout)
    assert run("check", "--exit-zero").returncode == 0
    clean = run("check", "--ignore", "RTB101")
    assert (clean.returncode, clean.stdout) == (0, "No realtime calls that could wait, in 2 files.\n")


def test_no_file_of_the_program_stands_in_for_a_library(run, tmp_path):
    for name in ("click", "pathlib", "typing", "yaml"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('run')\n")
    found = run("check", "--output-format", "concise")
    assert (found.returncode, found.stderr) == (1, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "missing"], "missing: no such file or folder"),
        (["check", "--select", "RTB9"], "unknown rule 'RTB9'"),
        (["check", "--output-format", "xml"], "'xml' is not one of"),
        (["check", "--min-score", "200"], "200 is not in the range"),
        (["check", "--baseline", "none.json"], "none.json: baseline cannot be read"),
        (["check", "--config", "none.toml"], "none.toml: no such configuration file"),
        (["check", "-"], "--stdin-filename"),
        (["check", "--frobnicate"], "No such option"),
        (["explain", "RTB99"], "neither a rule nor PATH:LINE"),
        (["explain", "job.py:1"], "no model call at job.py:1; this file has some at"),
        (["rule", "RTB111"], "did you mean 'RTB11"),
        (["fix", "."], "is in no git repository"),
    ],
)
def test_errors_are_one_line_and_exit_code_two(run, arguments, message):
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("batchlint: error: ")
    assert done.stderr.count("\n") == 1


def test_a_named_file_is_judged_by_the_whole_project(run, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "other.py").write_text("from job import label\nimport flask\napp = flask.Flask('x')\n")
    assert "RTB101" in run("check", "job.py", "--output-format", "concise").stdout
    assert run("check", "other.py").returncode == 0


def test_stdin_stands_for_the_file(run, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    done = run("check", "--output-format", "concise", "--stdin-filename", "job.py", "-", stdin="\n" + CALL)
    assert done.stdout.startswith("job.py:9:12: RTB101")
    assert run("check", "--stdin-filename", "job.py", "-", stdin="x = 1\n").returncode == 0


def test_json_has_the_contract_and_goes_to_a_file(run, tmp_path):
    done = run("check", "--all-calls", "--output-format", "json", "-o", "out.json")
    assert done.stdout == ""
    document = json.loads((tmp_path / "out.json").read_text())
    sites = {(s["path"], s["line"]): s for s in document["call_sites"]}
    caller = sites["job.py", 13]
    assert (caller["verdict"], caller["rule"], caller["latency"]) == ("batchable", "RTB101", "hours")
    assert caller["via"][-1]["line"] == 8
    assert any(step["path"] == "crontab" for context in caller["contexts"] for step in context["chain"])


def test_noqa_and_stated_budgets(run, tmp_path):
    quiet = CALL.replace("text}])", "text}])  # noqa: RTB101")
    (tmp_path / "job.py").write_text(quiet)
    assert run("check").returncode == 0
    live = CALL.replace("print(label(line))", "print(label(line))  # batchlint: latency=realtime")
    (tmp_path / "job.py").write_text(live)
    assert run("check").returncode == 0
    wrong = CALL.replace("print(label(line))", "print(label(line))  # batchlint: latency=soon")
    (tmp_path / "job.py").write_text(wrong)
    assert "job.py:13:1: error: unknown latency 'soon'" in run("check", "--output-format", "concise").stdout


def test_add_noqa_silences_and_keeps_the_code(run, tmp_path):
    done = run("check", "--add-noqa")
    assert done.stdout == "Silenced 1 finding.\n"
    assert (tmp_path / "job.py").read_text() == CALL.replace("text}])", "text}])  # noqa: RTB101")
    assert run("check").returncode == 0


def test_the_baseline_hides_what_it_knows_and_no_more(run, tmp_path):
    assert run("baseline").stdout == "Wrote 1 known finding to .batchlint-baseline.json.\n"
    moved = "# moved\n" + CALL + "        print(client.responses.create(model='m', input=line))\n"
    (tmp_path / "job.py").write_text(moved)
    done = run("check", "--output-format", "concise", "--baseline", ".batchlint-baseline.json")
    assert done.returncode == 1
    assert done.stdout.count("RTB101") == 1
    assert "1 known finding hidden." in done.stdout


def test_explain_shows_the_evidence_of_one_call(run):
    text = run("explain", "job.py:13").stdout
    for part in ("RTB101", "factors", "crontab:1", "batch tier", "rewrite", "what would change the verdict"):
        assert part in text


def test_explain_of_a_call_on_the_way_shows_the_call_site_above_it(run, tmp_path):
    helpers = [
        "from job import label",
        "def tidy(text):",
        "    return inner(text)",
        "def inner(text):",
        "    return label(text)",
    ]
    (tmp_path / "labels.py").write_text("\n".join(helpers) + "\n")
    (tmp_path / "other.py").write_text(
        "from labels import tidy\nfor line in open('lines.txt'):\n    print(tidy(line))\n"
    )
    assert run("explain", "labels.py:3").stdout.startswith("other.py:3:")


def test_files_settings_and_numbers_are_shown(run):
    assert run("check", "--show-files").stdout.split() == ["job.py", "other.py"]
    assert run("check", "--show-files", "--extend-exclude", "other.py").stdout.split() == ["job.py"]
    assert "min-score = 60" in run("check", "--show-settings").stdout
    assert "min-score = 60" in run("config").stdout
    assert json.loads(run("metrics", "--output-format", "json").stdout)["value"] == 2
    assert "2 files" in run("check", "-v", "--exit-zero").stderr
    assert run("check", "-q", "--ignore", "RTB101").stdout == ""


def test_excluded_files_that_are_named_count_unless_forced(run):
    assert run("check", "--extend-exclude", "job.py", "job.py").returncode == 1
    assert run("check", "--extend-exclude", "job.py", "--force-exclude", "job.py").returncode == 0


def test_every_rule_has_its_page_in_the_docs():
    from pathlib import Path

    from batchlint import rules

    folder = Path(__file__).parent.parent / "docs" / "rules"
    pages = {path.stem: path.read_text() for path in folder.glob("*.md")}
    assert pages == {code: rule.page() for code, rule in rules.RULES.items()}


def test_the_readme_shows_what_the_tool_says():
    from pathlib import Path

    root = Path(__file__).parent.parent
    shown = re.search(r"```console\n\$ batchlint (.*)\n((?:.*\n)*?)```", (root / "README.md").read_text())
    done = subprocess.run(
        [sys.executable, "-m", "batchlint", *shown[1].split()],
        cwd=root,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    for paragraph in shown[2].split("\n\n"):
        assert paragraph.strip() in done.stdout


def test_fix_does_not_speak_of_calls_that_only_tests_make(run, tmp_path):
    (tmp_path / "test_job.py").write_text("from job import label\n\n\ndef test_label():\n    assert label('x')\n")
    done = run("fix", "--diff")
    assert "job.py:8" in done.stderr
    assert "test_job.py" not in done.stderr


def test_the_docs_give_the_weight_of_every_factor():
    from pathlib import Path

    from batchlint.scoring import FACTORS

    page = (Path(__file__).parent.parent / "docs" / "how-it-decides.md").read_text()
    assert {
        name: int(points) for name, points in re.findall(r"^\| `(\w+)` \| (-?\d+) \|", page, re.MULTILINE)
    } == FACTORS
