"""`batchlint fix` and the user's tree: what it refuses to touch, and that it writes all files or none."""

import subprocess
import sys

import pytest

from batchlint import engine, rewriting
from batchlint.config import load

JOB = """\
from openai import OpenAI

client = OpenAI()

for line in open("lines.txt"):
    answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": line}])
    print(answer.choices[0].message.content)
"""


def git(folder, *arguments):
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "crontab").write_text("0 2 * * * python job.py\n")
    (tmp_path / "job.py").write_text(JOB)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "x")
    return tmp_path


def fix(tree, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "batchlint", "fix", *arguments], cwd=tree, capture_output=True, text=True
    )


def test_a_clean_tree_is_rewritten_and_told(tree):
    done = fix(tree)
    assert done.returncode == 0, done.stderr
    assert "job.py:6:14: RTB101 rewritten (batch)" in done.stdout
    assert "llm_batch.py: was added" in done.stdout
    assert done.stdout.endswith("Rewrote 1 call in 1 file.\n")
    assert "run_batch" in (tree / "job.py").read_text()
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "y")
    before = {path: path.read_bytes() for path in tree.glob("*.py")}
    assert fix(tree).stdout == "Nothing to rewrite.\n"
    assert {path: path.read_bytes() for path in tree.glob("*.py")} == before


def test_uncommitted_changes_stop_it_unless_allowed(tree):
    (tree / "job.py").write_text(JOB + "print('done')\n")
    done = fix(tree)
    assert done.returncode == 2
    assert "uncommitted changes in job.py" in done.stderr
    assert (tree / "job.py").read_text() == JOB + "print('done')\n"
    assert fix(tree, "--allow-dirty").returncode == 0
    assert "run_batch" in (tree / "job.py").read_text()


def test_a_file_that_git_does_not_know_is_left(tree):
    (tree / "crontab").write_text("0 2 * * * python new.py\n")
    git(tree, "rm", "-q", "--cached", "job.py")
    git(tree, "commit", "-qam", "y")
    done = fix(tree)
    assert done.returncode == 2
    assert "job.py is not in git" in done.stderr
    assert (tree / "job.py").read_text() == JOB


def test_a_diff_needs_no_clean_tree_and_says_what_would_change(tree):
    (tree / "job.py").write_text(JOB + "print('done')\n")
    done = fix(tree, "--diff")
    assert done.returncode == 1
    assert "--- a/job.py\n+++ b/job.py\n" in done.stdout
    assert "--- /dev/null\n+++ b/llm_batch.py\n" in done.stdout
    assert "Would rewrite 1 call in 1 file." in done.stderr


def test_all_files_are_written_or_none(tree, monkeypatch):
    outcome = rewriting.rewrite([tree], load([tree]), unsafe=False, strategy="auto")
    assert len(outcome.edits) == 2
    real = rewriting.Path.replace
    calls = []

    def fail_second(self, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", str(target))
        return real(self, target)

    monkeypatch.setattr(rewriting.Path, "replace", fail_second)
    with pytest.raises(rewriting.TreeError, match="No space left"):
        rewriting.apply(outcome, allow_untracked=False)
    assert (tree / "job.py").read_text() == JOB
    assert sorted(path.name for path in tree.iterdir()) == [".git", "crontab", "job.py"]


def test_a_file_that_changed_meanwhile_is_not_overwritten(tree):
    outcome = rewriting.rewrite([tree], load([tree]), unsafe=False, strategy="auto")
    (tree / "job.py").write_text(JOB + "# edited\n")
    with pytest.raises(rewriting.TreeError, match=r"job\.py changed while it was read"):
        rewriting.apply(outcome, allow_untracked=False)
    assert (tree / "job.py").read_text() == JOB + "# edited\n"


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_encoding_and_line_ends_stay(tree, ending):
    text = ("# -*- coding: latin-1 -*-\n# naïve\n" + JOB).replace("\n", ending)
    (tree / "job.py").write_bytes(text.encode("latin-1"))
    assert fix(tree, "--allow-dirty").returncode == 0
    after = (tree / "job.py").read_bytes()
    assert after.startswith(f"# -*- coding: latin-1 -*-{ending}# naïve{ending}".encode("latin-1"))
    assert after.count(b"\r\n") == (after.count(b"\n") if ending == "\r\n" else 0)


@pytest.mark.parametrize(("limit", "found"), [("_MOST", [True, False]), ("_MOST_OF_ONE", [False, False])])
def test_linting_leaves_the_rest_where_much_has_been_read(tmp_path, monkeypatch, limit, found):
    llm = "from openai import OpenAI\n\nclient = OpenAI()\n\n\ndef ask(text):\n    "
    (tmp_path / "llm.py").write_text(f"{llm}return client.responses.create(model='gpt-5', input=text).output_text\n")
    loop = "from llm import ask\n\nfor line in open('{0}.txt'):\n    print(ask(line))\n"
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text(loop.format(name))
    monkeypatch.setattr(f"batchlint.codemod.planned.{limit}", 0)
    config = load([tmp_path])
    linted = engine.analyze([tmp_path], config).findings
    assert [finding.site.rewrite.available for finding in linted] == found
    assert linted[1].site.rewrite.reason == "not-planned"
    planned = engine.run([tmp_path], config, to_rewrite=True).report.findings
    assert all(finding.site.rewrite.available for finding in planned)
