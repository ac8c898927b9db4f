"""What items do to the process that they share: nothing of it may hold for another item that has its turn meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import contextlib
import decimal
import io
import logging
import os
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from openai import OpenAI
from unittest import mock

client = OpenAI()
WORDS = ["apple", "bean", "cherry"]
logger = logging.getLogger("words")
logger.addHandler(logging.StreamHandler(sys.stdout))


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=str(text)).output_text


def language():
    return os.environ.get("WORD", "none")


"""
BLOCKS = {
    "the output": "contextlib.redirect_stdout(io.StringIO())",
    "the folder": "contextlib.chdir('.')",
    "the environment": "mock.patch.dict(os.environ, WORD=word)",
    "the warnings": "warnings.catch_warnings()",
    "the precision": "decimal.localcontext()",
}
IN_BLOCK = """
for word in WORDS:
    {first}
    with {block}:
        text = {second}
    print(word, text)
"""


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_no_item_waits_in_a_block_that_changes_the_process(block: str, tmp_path: Path) -> None:
    refusal = check_noop(
        HEAD + IN_BLOCK.format(first="answer = ''", block=block, second="ask(word)"), "order-of-effects"
    )
    assert refusal is not None
    assert "holds for the whole process" in refusal.detail
    check_runs_alike(HEAD + IN_BLOCK.format(first="answer = ask(word)", block=block, second="answer.upper()"), tmp_path)


STATE = {
    "a variable of the environment": ("os.environ['WORD'] = word", "language()"),
    "the level of a logger": ("logger.setLevel(10 * len(word))", "logger.warning('done %s', word)"),
}
BETWEEN = """
for word in WORDS:
    {before}
    answer = ask(word)
    {between}
    print(answer, {behind})
"""


@pytest.mark.parametrize("name", STATE)
def test_what_is_set_for_an_item_holds_until_it_is_done(name: str, tmp_path: Path) -> None:
    sets, uses = STATE[name]
    check_noop(HEAD + BETWEEN.format(before=sets, between="pass", behind=uses), "dependent-iterations")
    check_runs_alike(HEAD + BETWEEN.format(before="pass", between=sets, behind=uses), tmp_path)


COUNTED = """
for word in WORDS:
    found = subprocess.run({command!r}, shell=True, capture_output=True, text=True).stdout.strip()
    with open(f"{{word}}.txt", "w") as file:
        file.write(ask(f"{{word}} {{found}}"))
"""


def test_a_command_that_looks_at_files_reads_what_items_write(tmp_path: Path) -> None:
    check_noop(HEAD + COUNTED.format(command="ls *.txt | wc -l"), "external-read-back")
    check_runs_alike(HEAD + COUNTED.format(command="echo one"), tmp_path)


def test_each_thread_of_a_pool_is_made_ready(tmp_path: Path) -> None:
    program = """
local = threading.local()


def prepare(words):
    local.words = words


def define(number):
    return ask(local.words[number])


with ThreadPoolExecutor(2, initializer=prepare, initargs=(WORDS,)) as pool:
    print(list(pool.map(define, range(3))))
"""
    check_runs_alike(HEAD + program, tmp_path)


SETTINGS = {
    "a function": "decimal.setcontext(decimal.Context(prec={given}))",
    "an attribute": "decimal.getcontext().prec = {given}",
}
SETTING = """
for word in WORDS:
    answer = ask(f"{{word}} {{decimal.Decimal(1) / 7}}")
    {setting}
    print(answer)
"""


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_a_setting_of_the_process_is_not_an_items_own(setting: str) -> None:
    check_noop(HEAD + SETTING.format(setting=setting.format(given="4 + len(answer)")), "dependent-iterations")


def test_a_setting_that_is_the_same_for_all_shows_nowhere(tmp_path: Path) -> None:
    check_runs_alike(HEAD + SETTING.format(setting=SETTINGS["an attribute"].format(given="28")), tmp_path)


COMMANDS = """
for word in WORDS:
    before = subprocess.run([sys.executable, "{first}"], capture_output=True, text=True).stdout
    answer = ask(word + before)
    subprocess.run([sys.executable, "{second}", word])
    print(answer)
"""
SCRIPTS = {"shown.py": "print('shown')\n", "notes.py": "import sys\nopen('notes.txt', 'a').write(sys.argv[-1])\n"}


def test_a_program_may_tell_of_what_it_was_told(tmp_path: Path) -> None:
    check_noop(HEAD + COMMANDS.format(first="notes.py", second="notes.py"), "dependent-iterations")
    check_runs_alike({"app.py": HEAD + COMMANDS.format(first="shown.py", second="notes.py"), **SCRIPTS}, tmp_path)


LINES = {
    "a block of structlog": "with structlog.contextvars.bound_contextvars(word=word):\n        print(ask(word))",
    "a name of structlog": "structlog.contextvars.bind_contextvars(word=word)\n    print(ask(word))",
    "a block of loguru": "with logger.contextualize(word=word):\n        print(ask(word))",
}


@pytest.mark.parametrize("name", LINES)
def test_no_item_waits_where_log_lines_carry_another_one(name: str) -> None:
    imports = "import structlog\nfrom loguru import logger\n" + HEAD.partition("logger = ")[0]
    asking = "def ask(text):" + HEAD.partition("def ask(text):")[2]
    check_noop(f"{imports}\n\n{asking}for word in WORDS:\n    {LINES[name]}\n")
