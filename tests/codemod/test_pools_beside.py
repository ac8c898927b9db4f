"""Functions in whose function a pool runs too: only what the pool is handed goes into its batches."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike, rewrite

HEAD = """\
from concurrent.futures import ThreadPoolExecutor, as_completed

from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


"""


def test_what_is_kept_in_a_list_and_called_by_what_the_pool_runs_stays() -> None:
    program = """
def execute(thunk, key, out):
    try:
        out.append((key, thunk()))
    except ValueError as error:
        out.append((key, str(error)))


def main(texts, is_serial):
    pending, out = [], []
    for text in texts:
        pending.append((lambda text=text: ask(text), text))
    if is_serial:
        for thunk, key in pending:
            execute(thunk, key, out)
    else:
        with ThreadPoolExecutor() as pool:
            for future in as_completed([pool.submit(execute, thunk, key, out) for thunk, key in pending]):
                future.result()
    print(out)


main(["tea", "cup", "jam"], False)
"""
    check_noop(HEAD + program.lstrip("\n"), "unsupported-shape")


def test_what_something_else_is_handed_asks_in_realtime() -> None:
    program = """
import atexit


def main(texts):
    atexit.register(ask, "end")
    with ThreadPoolExecutor() as pool:
        print(list(pool.map(ask, texts)))


main(["tea", "cup", "jam", "pot"])
"""
    after = rewrite(HEAD + program.lstrip("\n")).files["app.py"]
    assert 'atexit.register(ask, "end")' in after
    assert "return realtime(ask_batch(text))" in after
    assert "pool.map(ask_batch, texts)" in after


OWN = """
class Inline:
    def map(self, function, texts):
        return [function(text) for text in texts]


def main(texts, is_debug):
    {pool}
    print(list(pool.map(ask, texts)))


main(["tea", "cup", "jam"], False)
"""


@pytest.mark.parametrize(
    "pool",
    [
        "pool = Inline() if is_debug else ThreadPoolExecutor(2)",
        "def make():\n        if is_debug:\n            return Inline()\n        return ThreadPoolExecutor(2)\n\n"
        "    pool = make()",
    ],
)
def test_a_pool_that_may_be_one_of_the_program_stays(pool: str) -> None:
    check_noop(HEAD + OWN.format(pool=pool).lstrip("\n"), "unsupported-shape")


def test_a_pool_of_the_program_alone_is_a_loop(tmp_path: Path) -> None:
    check_runs_alike(HEAD + OWN.format(pool="pool = Inline()").lstrip("\n"), tmp_path)


def test_a_pool_within_one_item_is_told() -> None:
    program = """
LOG = []


def note(text):
    answer = ask(text)
    LOG.append(text)
    return answer


def main(texts):
    for text in texts:
        print(note(text))
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(note, text)
        print(future.result())
    print(LOG)


main(["tea", "cup", "jam"])
"""
    done = rewrite(HEAD + program.lstrip("\n"))
    assert "requests of the pool in line 25 stay realtime: it runs within one item of the batch" in done.notes
