"""`batchlint fix` on the command line: what it shows, what it writes, when it declines, how it ends."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from batchlint.cli import main

JOB = """\
from openai import OpenAI

client = OpenAI()


def main():
    for line in open("texts.txt"):
        answer = client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": line}])
        print(answer.choices[0].message.content)


if __name__ == "__main__":
    main()
"""
CHAIN = (
    JOB.replace("for line in", "said = ''\n    for line in")
    .replace('"content": line', '"content": said + line')
    .replace("print(answer", "said = str(answer")
)


@dataclass
class Done:
    exit_code: object
    stdout: str
    stderr: str


def fix(*arguments: str) -> Done:
    return run("fix", *arguments)


def run(command: str, *arguments: str) -> Done:
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch("sys.argv", ["batchlint", command, "--color", "never", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as stopped,
    ):
        main()
    gc.unfreeze()
    gc.enable()
    return Done(stopped.value.code, out.getvalue(), err.getvalue())


def git(*arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with one job, all committed; the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.py").write_text(JOB)
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "job")
    return tmp_path


def snapshot(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def test_a_diff_shows_the_change_and_writes_nothing(tree: Path) -> None:
    before = snapshot(tree)
    done = fix("--diff", ".")
    assert done.exit_code == 1
    assert "--- a/job.py\n+++ b/job.py\n" in done.stdout
    assert "-    for line in open" in done.stdout
    assert "+    run_batch(handle_line(line) for line in open" in done.stdout
    assert "--- /dev/null\n+++ b/llm_batch.py\n" in done.stdout
    assert "job.py:8:18: RTB104 would be rewritten (batch)" in done.stderr
    assert snapshot(tree) == before


def test_the_diff_can_be_applied(tree: Path) -> None:
    done = fix("--diff", ".")
    (tree / "fix.patch").write_text(done.stdout)
    git("apply", "fix.patch")
    patched = snapshot(tree)
    git("checkout", "job.py")
    (tree / "llm_batch.py").unlink()
    (tree / "fix.patch").unlink()
    fix(".")
    patched.pop("fix.patch")
    assert snapshot(tree) == patched


def test_fix_writes_and_ends_with_zero_and_a_second_run_has_nothing_to_do(tree: Path) -> None:
    done = fix(".")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "Rewrote 1 call in 1 file.")
    once = snapshot(tree)
    assert set(once) == {"job.py", "llm_batch.py"}
    again = fix("--allow-dirty", ".")
    assert (again.exit_code, again.stdout.splitlines()[-1]) == (0, "Nothing to rewrite.")
    assert snapshot(tree) == once


GATHERING = """\
import asyncio

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(line):
    answer = await client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": line}])
    print(answer.choices[0].message.content)


async def main():
    await asyncio.gather(*[ask(line) for line in open("texts.txt")])


if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.parametrize("job", [JOB, GATHERING], ids=["loop", "coroutines"])
def test_nothing_is_found_any_more_in_what_was_rewritten(tree: Path, job: str) -> None:
    (tree / "app.py").write_text(job)
    assert run("check").exit_code == 1
    assert run("fix", "--allow-no-vcs").exit_code == 0
    assert run("check").exit_code == 0


def test_what_is_refused_is_told_and_ends_with_one(tree: Path) -> None:
    (tree / "job.py").write_text(CHAIN)
    git("commit", "-q", "-a", "-m", "chain")
    before = snapshot(tree)
    done = fix(".")
    assert snapshot(tree) == before
    line = next(line for line in done.stdout.splitlines() if line.startswith("job.py:9"))
    assert "not rewritten (dependent-iterations): `said` is read before the request" in line


def test_uncommitted_changes_are_left_alone(tree: Path) -> None:
    (tree / "job.py").write_text(JOB + "# more\n")
    before = snapshot(tree)
    done = fix(".")
    assert done.exit_code == 2
    assert "uncommitted changes in job.py: commit or stash them first (--allow-dirty)" in done.stderr
    assert snapshot(tree) == before
    assert fix("--allow-dirty", ".").exit_code == 0


def test_a_folder_without_git_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.py").write_text(JOB)
    done = fix(".")
    assert done.exit_code == 2
    assert "is in no git repository" in done.stderr
    assert snapshot(tmp_path) == {"job.py": JOB.encode()}
    assert fix("--allow-no-vcs", ".").exit_code == 0


def test_all_files_are_written_or_none(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(tree)
    replace = Path.replace

    def fail_for_the_second(self: Path, target: Path) -> Path:
        if Path(target).name == "llm_batch.py":
            raise PermissionError(13, "Permission denied", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_for_the_second)
    done = fix(".")
    assert done.exit_code == 2
    assert "cannot be written: Permission denied" in done.stderr
    assert snapshot(tree) == before


def test_the_mode_of_a_file_stays(tree: Path) -> None:
    (tree / "job.py").chmod(0o755)
    git("commit", "-q", "-a", "-m", "executable")
    fix(".")
    assert (tree / "job.py").stat().st_mode & 0o777 == 0o755


def test_a_file_that_is_no_python_is_reported_and_the_others_are_rewritten(tree: Path) -> None:
    (tree / "broken.py").write_text("from openai import OpenAI\ndef broken(:\n")
    git("add", ".")
    git("commit", "-q", "-m", "broken")
    done = fix(".")
    assert "broken.py:2: error: " in done.stdout
    assert "run_batch" in (tree / "job.py").read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_a_file_that_cannot_be_read_is_reported(tree: Path) -> None:
    (tree / "secret.py").write_text(JOB)
    git("add", ".")
    git("commit", "-q", "-m", "secret")
    (tree / "secret.py").chmod(0)
    assert "secret.py" in fix(".").stdout


def test_a_byte_order_mark_and_an_encoding_stay(tree: Path) -> None:
    (tree / "job.py").write_bytes(b"\xef\xbb\xbf" + JOB.encode())
    (tree / "latin.py").write_bytes(("# coding: latin-1\n# \u00e9t\u00e9\n" + JOB).encode("latin-1"))
    git("add", ".")
    git("commit", "-q", "-m", "encodings")
    fix(".")
    assert (tree / "job.py").read_bytes().startswith(b"\xef\xbb\xbffrom openai")
    text = (tree / "latin.py").read_bytes()
    assert text.startswith(b"# coding: latin-1\n# \xe9t\xe9\nfrom openai")
    assert b"run_batch" in text


def test_a_path_that_does_not_exist_is_a_usage_error(tree: Path) -> None:
    done = fix("nowhere")
    assert done.exit_code == 2
    assert "nowhere" in done.stderr


TWO_LOOPS = """\
import requests
from openai import OpenAI

client = OpenAI()


def ask(text):
    draft = client.responses.create(model="gpt-5", input=text).output_text
    return client.responses.create(model="gpt-5", input=f"Check: {draft}").output_text


def main():
    for text in open("texts.txt"):
        requests.post("https://example.com", data=text)
        print(ask(text))
        requests.post("https://example.com", data="done")
    print([client.responses.create(model="gpt-5", input=text).output_text for text in open("more.txt")])


if __name__ == "__main__":
    main()
"""


MAPPED = """
import requests
from openai import OpenAI

client = OpenAI()


def label(text):
    requests.post("https://example.com", data=text)
    answer = client.responses.create(model="gpt-5", input=text).output_text
    requests.post("https://example.com", data=answer)
    return answer


if __name__ == "__main__":
    print(list(map(label, open("texts.txt"))))
"""


def test_the_summary_says_of_a_mapping_too_what_only_unsafe_fixes_allow(tree: Path) -> None:
    (tree / "job.py").write_text(MAPPED)
    git("commit", "-q", "-a", "-m", "a mapping")
    assert "allowed by --unsafe-fixes: `https://example.com`" in fix("--diff", "--unsafe-fixes", ".").stderr
    assert "order-of-effects" in fix("--diff", ".").stderr


def test_calls_that_are_refused_say_once_where_the_request_is_made(tree: Path) -> None:
    (tree / "job.py").write_text(
        "from openai import OpenAI\n\n\ndef is_known(text):\n"
        "    return OpenAI().responses.create(model='gpt-5', input=text).output_text == 'yes'\n\n\n"
        "TEXTS = open('texts.txt').read().split()\n"
        "print(any(is_known(text) for text in TEXTS))\nprint(all(is_known(text) for text in TEXTS))\n"
    )
    git("commit", "-q", "-a", "-m", "two answers")
    told = [line for line in fix(".").stdout.splitlines() if "generator-consumer" in line]
    assert [line.endswith("; asked at job.py:5") for line in told] == [True, False]


def test_the_summary_says_what_each_loop_comes_to(tree: Path) -> None:
    (tree / "job.py").write_text(TWO_LOOPS)
    git("commit", "-q", "-a", "-m", "two loops")
    told = fix("--diff", "--unsafe-fixes", ".").stderr.splitlines()
    first, second = (i for i, line in enumerate(told) if line.startswith("job.py:") and ": main: moves " in line)
    more = "(more beyond 50,000 requests or for several models)"
    assert told[first] == f"job.py:13: main: moves 2 calls; 2 batches a run, one after the other {more}"
    assert told[second] == f"job.py:17: main: moves 1 call; one batch a run {more}"
    assert told[first + 1].startswith("    saves 50% of what openai /v1/responses costs (https://")
    review = "\n".join(told[first:second])
    assert "    review: allowed by --unsafe-fixes: `https://example.com` (line 14) now comes before" in review
    assert "unsafe" not in "\n".join(told[second:])
    assert told[-1] == "Would rewrite 3 calls in 1 file."


def test_without_unsafe_fixes_nothing_is_allowed(tree: Path) -> None:
    (tree / "job.py").write_text(TWO_LOOPS)
    git("commit", "-q", "-a", "-m", "two loops")
    told = fix("--diff", ".").stderr
    assert "allowed by" not in told
    assert "job.py:8:13: RTB104 not rewritten (order-of-effects): `https://example.com` is used before the call" in told


TASK = """\
from celery import shared_task
from openai import OpenAI


@shared_task
def describe(number):
    answer = OpenAI().chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": str(number)}])
    print(answer.choices[0].message.content)


def on_change(product):
    describe.delay(product.id)
"""


@pytest.mark.parametrize(
    ("requirements", "how"), [("celery\n", "put_aside("), ("celery-batches>=0.9\n", "base=Batches")]
)
def test_events_come_together_as_the_project_can(tree: Path, requirements: str, how: str) -> None:
    (tree / "job.py").write_text(TASK)
    (tree / "requirements.txt").write_text(requirements)
    done = fix("--diff", "--strategy", "accumulate", ".")
    assert how in done.stdout, done.stderr
    assert "events of `describe`" in done.stderr
    assert "single-events" in fix("--diff", ".").stderr


CHUNKED = """\
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.responses.create(model="gpt-5", input=text)


def main(texts):
    for start in range(0, len(texts), 10):
        with ThreadPoolExecutor() as pool:
            futures = [pool.submit(ask, text) for text in texts[start : start + 10]]
            print([future.result() for future in futures])


if __name__ == "__main__":
    main(open("texts.txt").read().splitlines())
"""
COLLECTED = (
    CHUNKED.replace("    for start", "    work = []\n    for start")
    .replace("        with", "        work.extend(texts[start : start + 10])\n    with")
    .replace("            futures", "        futures")
    .replace("for text in texts[start : start + 10]]", "for text in work]")
    .replace("            print", "        print")
)


@pytest.mark.parametrize(
    ("program", "is_told"),
    [(CHUNKED.replace("Thread", "Process"), True), (CHUNKED, False), (COLLECTED, False)],
    ids=["processes in a loop", "threads in a loop", "behind it"],
)
def test_batches_that_follow_each_other_in_a_loop_are_told(tree: Path, program: str, is_told: bool) -> None:
    (tree / "job.py").write_text(program)
    git("commit", "-q", "-a", "-m", "chunks")
    told = fix("--diff", ".").stderr
    assert "Would rewrite 1 call in 1 file." in told
    assert ("review: each round of the loop in line 13 makes batches of its own" in told) is is_told


def test_why_the_loop_around_makes_no_batch_of_all_is_told(tree: Path) -> None:
    looped = """\
def main(texts, store):
    for start in range(0, len(texts), 10):
        store.begin()
        for text in texts[start : start + 10]:
            print(ask(text))
        store.commit()


"""
    head, _, end = CHUNKED.replace("from concurrent.futures import ThreadPoolExecutor\n\n", "").partition("def main")
    (tree / "job.py").write_text(f"{head}{looped}{end[end.index('if __name__') :]}")
    git("commit", "-q", "-a", "-m", "rounds")
    told = fix("--diff", ".").stderr
    assert "the loop in line 11 makes batches of its own, one after the other: `store` is used before" in told


def test_spaces_on_empty_lines_are_not_copied(tree: Path) -> None:
    asking = "    def ask(self, text):\n        return client.responses.create(model='m', input=text)\n"
    helper = f"class Writer:\n    size = 1\n    \n{asking}"
    program = JOB.replace("def main", f"{helper}\n\ndef main").replace("print(answer", "Writer().ask(answer")
    (tree / "job.py").write_text(program.replace("    main()", "    main()\n    Writer().ask('end')"))
    git("commit", "-q", "-a", "-m", "spaces")
    added = [line for line in fix("--diff", ".").stdout.splitlines() if line.startswith("+")]
    assert any("def ask_batch(" in line for line in added)
    assert not any(line != "+" and not line[1:].strip() for line in added)


@pytest.mark.parametrize("other", ["", "print(complete('tea'))\n"])
def test_the_summary_names_helpers_that_become_generators(tree: Path, other: str) -> None:
    """Code that was not read may import them; one that something else calls keeps its realtime form."""
    (tree / "llm.py").write_text(
        "from openai import OpenAI\n\n\ndef complete(text):\n"
        '    return OpenAI().responses.create(model="gpt-5", input=text).output_text\n'
    )
    (tree / "job.py").write_text(
        "from llm import complete\n\nwith open('out.txt', 'w') as out:\n    for line in open('texts.txt'):\n"
        "        out.write(complete(line))\n" + other
    )
    git("add", "-A")
    git("commit", "-q", "-m", "a helper")
    told = fix("--diff", ".").stderr
    note = "    review: `complete` (llm.py) becomes a generator: only the rewritten code calls it"
    assert (note in told.splitlines()) == (not other)


@pytest.mark.parametrize("end", ["\n\n\n    ", "\n# the end\n\n\t", "\n  \n "])
def test_blanks_behind_the_last_line_stay(tree: Path, end: str) -> None:
    (tree / "job.py").write_text(JOB + end)
    fix("--allow-dirty", ".")
    text = (tree / "job.py").read_text()
    assert "run_batch" in text
    assert text.endswith(end)


SHELL = """\
import cmd

from openai import OpenAI


class Kitchen(cmd.Cmd):
    client = OpenAI()

    def do_cook(self, words):
        print(self.client.responses.create(model="gpt-5", input=words).output_text)


Kitchen().cmdloop()
"""
ROUTE = """\
from fastapi import FastAPI
from openai import OpenAI

app, client = FastAPI(), OpenAI()


@app.get("/dish")
def dish(words: str):
    return client.responses.create(model="gpt-5", input=words).output_text
"""


@pytest.mark.parametrize(
    ("program", "told"),
    [
        (SHELL, "not rewritten (live-consumer): somebody waits for `Kitchen.do_cook`"),
        (ROUTE, "Nothing to rewrite."),  # nobody expects a service's routes to be listed
    ],
)
def test_whoever_sits_at_the_program_is_told_why_a_call_stays(program: str, told: str, tree: Path) -> None:
    (tree / "job.py").write_text(program)
    done = fix("--diff", "job.py")
    assert told in done.stdout + done.stderr
    assert ("live-consumer" in done.stdout + done.stderr) is ("live-consumer" in told)
