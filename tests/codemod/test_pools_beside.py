"""Functions in whose function a pool runs too: only what the pool is handed goes into its batches."""

from __future__ import annotations

from .programs import check_noop, rewrite

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
