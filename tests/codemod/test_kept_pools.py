"""Pools that an object or a module keeps, and those that do more than make the requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
from concurrent.futures import ThreadPoolExecutor, as_completed

from openai import OpenAI

client = OpenAI()
TEXTS = ["tea", "cup", "jam", "bun"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


"""
CLASS = """\
class Annotator:
    def __init__(self, workers=4):
        self._pool = ThreadPoolExecutor(max_workers=workers)
        self.errors = []

    def close(self):
        self._pool.shutdown(wait=True)

    def _one(self, text):
        try:
            return ask(f"label {text}")
        except ValueError as error:
            self.errors.append(str(error))

    def annotate(self, texts):
        futures = [self._pool.submit(self._one, text) for text in texts]
        return [future.result() for future in futures]
"""
USE = """

annotator = Annotator(2)
print(annotator.annotate(TEXTS), annotator.errors)
annotator.close()
"""
MODULE = """\
POOL = ThreadPoolExecutor(4)


def main():
    print(list(POOL.map(ask, TEXTS)))


main()
"""
MAPPED = CLASS.replace(
    "futures = [self._pool.submit(self._one, text) for text in texts]\n        return [f", "return [f"
).replace("[future.result() for future in futures]", "list(self._pool.map(self._one, texts))")
COMPLETED = CLASS.replace(
    "[future.result() for future in futures]", "sorted(f.result() for f in as_completed(futures))"
)
LAZY = CLASS.replace("self._pool = ThreadPoolExecutor(max_workers=workers)", "self._pool = None").replace(
    "        futures", "        if self._pool is None:\n            self._pool = ThreadPoolExecutor(4)\n        futures"
)
OTHER_CLASS = """


class Database:
    def __init__(self):
        self._pool = []

    def take(self):
        return self._pool.pop()
"""
PASSED_ON = CLASS.replace(
    "    def annotate(self, texts):\n"
    "        futures = [self._pool.submit(self._one, text) for text in texts]\n"
    "        return [future.result() for future in futures]\n",
    "    def submit(self, text):\n        return self._pool.submit(self._one, text)\n",
)
COLLECTED = """

annotator = Annotator(2)
futures = [(text, annotator.submit(text)) for text in TEXTS]
print({text: future.result() for text, future in futures}, annotator.errors)
more = []
for text in TEXTS[:2]:
    more.append(annotator.submit(text.upper()))
print([future.result() for future in more])
annotator.close()
"""
ALIKE = {
    "submitted": CLASS + USE,
    "mapped": MAPPED + USE,
    "as they are completed": COMPLETED + USE,
    "made when it is needed": LAZY + USE,
    "beside another one's attribute": CLASS + OTHER_CLASS + USE,
    "of a module": MODULE,
    "submitted for callers that collect": PASSED_ON + COLLECTED,
}
LEFT = {
    "submitted for a caller that waits at once": PASSED_ON + COLLECTED.replace("er())", "er()).result()"),
    "submitted for a caller that waits in its loop": PASSED_ON
    + COLLECTED.replace("))\nprint([", "))\n    print(more[-1].result())\nprint(["),
    "submitted for a caller that submits one": PASSED_ON + COLLECTED + "print(annotator.submit('tar').result())\n",
    "submitted, and kept": PASSED_ON.replace("return self._pool", "self.last = self._pool") + COLLECTED,
    "other work": CLASS + "\n    def save(self, text):\n        self._pool.submit(print, text)\n" + USE,
    "work of a caller": CLASS + USE + "annotator._pool.submit(print, 'done')\n",
    "handed to somebody": CLASS + "\n    def pool(self):\n        return self._pool\n" + USE,
    "requests elsewhere": CLASS + "\n    def other(self, texts):\n        return self._pool.map(ask, texts)\n" + USE,
    "a pool from outside": CLASS.replace("workers=4", "pool").replace("ThreadPoolExecutor(max_workers=workers)", "pool")
    + USE.replace("(2)", "(ThreadPoolExecutor(2))"),
    "one item at a time": CLASS.replace(
        "futures = [self._pool.submit(self._one, text) for text in texts]",
        "futures = [self._pool.submit(self._one, texts)]",
    )
    + USE.replace("annotator.annotate(TEXTS)", "[annotator.annotate(text) for text in TEXTS]"),
    "results that nobody takes": CLASS.replace(
        "futures = [self._pool.submit(self._one, text) for text in texts]",
        "for text in texts:\n            self._pool.submit(self._one, text)",
    ).replace("[future.result() for future in futures]", "len(texts)")
    + USE,
    "of a module, with other work": MODULE.replace("    print(list", "    POOL.submit(print, 1)\n    print(list"),
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_the_pool_runs_goes_into_batches(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + ALIKE[name], tmp_path)


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left(name: str) -> None:
    check_noop(HEAD + LEFT[name], "unsupported-shape")
