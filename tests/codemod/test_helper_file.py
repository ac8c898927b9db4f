"""The helper in the user's tree: one file, extended while it is as it was written, never overwritten once edited."""

import io
import re
import subprocess
import sys

import pytest
from pyflakes import api as pyflakes
from pyflakes.reporter import Reporter

from batchlint import runtime
from batchlint.runtime.assemble import NAMES

FIRST = """\
from openai import OpenAI

client = OpenAI()

if __name__ == "__main__":
    for text in open("texts.txt"):
        answer = client.responses.create(model="gpt-5", input=text)
        print(answer.output_text)
"""
SECOND = """\
from anthropic import Anthropic

client = Anthropic()

if __name__ == "__main__":
    for text in open("texts.txt"):
        message = [{"role": "user", "content": text}]
        answer = client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=message)
        print(answer.content[0].text)
"""
THIRD = """\
import asyncio
from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(text):
    answer = await client.responses.create(model="gpt-5", input=text)
    return answer.output_text


async def main():
    for answer in await asyncio.gather(*(ask(text) for text in open("texts.txt"))):
        print(answer)


if __name__ == "__main__":
    asyncio.run(main())
"""


def batchlint(folder, *arguments):
    command = [sys.executable, "-m", "batchlint", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "first.py").write_text(FIRST)
    assert batchlint(tmp_path, "fix", "--allow-no-vcs", ".").returncode == 0
    (tmp_path / "second.py").write_text(SECOND)
    return tmp_path


def test_a_second_provider_extends_the_helper(project):
    assert batchlint(project, "fix", "--allow-no-vcs", ".").returncode == 0
    helper = (project / "llm_batch.py").read_text()
    assert runtime.served(helper) == (("openai", "anthropic"), ("BatchError", "request", "run_batch"))
    assert helper == runtime.render(["openai", "anthropic"], ["run_batch"])


def test_the_helper_has_the_parts_that_the_code_uses(project):
    (project / "second.py").unlink()
    helper = project / "llm_batch.py"
    assert runtime.served(helper.read_text()) == (("openai",), ("BatchError", "request", "run_batch"))
    assert "asyncio" not in helper.read_text()
    (project / "third.py").write_text(THIRD)
    assert batchlint(project, "fix", "--allow-no-vcs", ".").returncode == 0
    assert {"run_batch", "batched", "gather_batch"} <= set(runtime.served(helper.read_text())[1])


def test_a_loop_that_prints_before_it_asks_brings_what_keeps_that_for_its_turn(project):
    (project / "second.py").write_text(FIRST.replace("        answer", "        print(text)\n        answer"))
    assert "class Loop" not in (project / "llm_batch.py").read_text()
    assert batchlint(project, "fix", "--allow-no-vcs", ".").returncode == 0
    assert "class Loop" in (project / "llm_batch.py").read_text()


def test_an_edited_helper_stops_the_rewrite_and_stays(project):
    helper = project / "llm_batch.py"
    helper.write_text(helper.read_text() + "# ours\n")
    done = batchlint(project, "fix", "--allow-no-vcs", ".")
    assert done.returncode == 2
    assert "llm_batch.py was edited and lacks a backend" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (project / "second.py").read_text() == SECOND
    assert helper.read_text().endswith("# ours\n")


def test_a_module_of_the_projects_own_in_the_helpers_place_is_named_for_each_call(tmp_path):
    (tmp_path / "first.py").write_text(f"import llm_batch\n{FIRST}")
    (tmp_path / "llm_batch.py").write_text("FACTS: list = []\n")
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "second.py").write_text(SECOND)
    done = batchlint(tmp_path, "fix", "--diff", "--allow-no-vcs", ".")
    assert "first.py:8:18: RTB104 not rewritten (unsupported-shape): llm_batch.py is the project's own" in done.stderr
    assert "jobs/second.py:8:18: RTB104 would be rewritten" in done.stderr
    assert "jobs/llm_batch.py: would be added" in done.stderr


def test_the_helper_is_written_anew_when_asked(project):
    done = batchlint(project, "runtime", "llm_batch.py", "--provider", "anthropic", "--update")
    assert done.returncode == 0
    assert (project / "llm_batch.py").read_text() == runtime.render(["openai", "anthropic"], ["run_batch"])


def test_an_unknown_provider_is_one_line(tmp_path):
    done = batchlint(tmp_path, "runtime", "--provider", "openai2")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "openai2" in done.stderr


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_helper_with_one_part_lacks_nothing(name):
    for providers in (["openai"], ["anthropic", "google"], ["openai", "anthropic", "mistral"]):
        text = runtime.render(providers, [name])
        told = io.StringIO()
        assert not pyflakes.check(text, "llm_batch.py", Reporter(told, told)), told.getvalue()
        assert name in runtime.served(text)[1]
        assert not re.search(r"# (with|around) |\n\n\n\n", text)
        assert runtime.render(*runtime.served(text)) == text


def test_the_helper_of_a_plain_loop_is_shorter():
    """Without what stands for stdout, threads, turns and jobs that leave; one provider has one class."""
    plain, whole = (runtime.render(["openai"], names) for names in (["run_batch"], ["run_batch", "Loop"]))
    assert plain.count("\n") < 605
    assert plain.count("\n") < whole.count("\n") - 60
    assert not re.search(r"redirect_stdout|threading|in_turn|contextvars|class Stainless", plain)
