"""Helpers of the project that run what they are given: once per item, or once."""

import pytest

from .verdicts import cases, verdict

APP = """
    import csv
    from functools import partial
    from helper import each
    from llm import ask

    def label(text):
        return ask(text)  # !

    texts = [row["text"] for row in csv.DictReader(open("texts.csv"))]
    print(each(texts, label, 5))
    """
PARTLY = APP.replace("each(texts, label, 5)", "each(texts, partial(label), 5)")
REPEATING = {
    "closure in a pool": """
        from concurrent.futures import ThreadPoolExecutor

        def each(items, function, width):
            def one(bar, item):
                result = function(item)
                bar.update(1)
                return result

            futures = []
            with ThreadPoolExecutor(width) as pool:
                for item in items:
                    futures.append(pool.submit(one, bar, item))
            return [future.result() for future in futures]
        """,
    "closure that a pool maps": """
        from concurrent.futures import ThreadPoolExecutor

        def each(items, function, width):
            def one(item):
                return function(item)

            with ThreadPoolExecutor(width) as pool:
                return list(pool.map(one, items))
        """,
    "lambda that a pool maps": """
        from concurrent.futures import ThreadPoolExecutor

        def each(items, function, width):
            with ThreadPoolExecutor(width) as pool:
                return list(pool.map(lambda item: function(item), items))
        """,
    "worker that is given the function": """
        from concurrent.futures import ThreadPoolExecutor

        def one(function, item):
            return function(item)

        def each(items, function, width):
            with ThreadPoolExecutor(width) as pool:
                return [f.result() for f in [pool.submit(one, function, item) for item in items]]
        """,
    "worker that has the function bound": """
        from functools import partial
        from multiprocessing import Pool

        def one(item, function):
            return function(item)

        def each(items, function, width):
            bound = partial(one, function=function)
            with Pool(width) as pool:
                return list(pool.imap(bound, items))
        """,
    "coroutines that are gathered": """
        import asyncio

        def each(items, function, width):
            async def main():
                gate = asyncio.Semaphore(width)

                async def one(item):
                    async with gate:
                        return await asyncio.to_thread(function, item)

                return await asyncio.gather(*[one(item) for item in items])

            return asyncio.run(main())
        """,
    "lambda that is tried again, per item": """
        from attempts import insist

        def each(items, function, width):
            return [insist(lambda: function(item)) for item in items]
        """,
    "bound function in a dictionary of futures": """
        from concurrent.futures import ThreadPoolExecutor, as_completed
        from functools import partial

        def each(items, function, width):
            bound = partial(function)
            with ThreadPoolExecutor(width) as pool:
                futures = {pool.submit(bound, item): item for item in items}
                return [future.result() for future in as_completed(futures)]
        """,
}
REPEATING["function in a pool of another library"] = """
    from mpire import WorkerPool

    def each(items, function, width):
        with WorkerPool(n_jobs=width) as pool:
            return pool.map(function, items)
    """
ONCE = {
    "closure in a thread of its own": """
        from concurrent.futures import ThreadPoolExecutor

        def each(items, function, width):
            def one(everything):
                return function(everything)

            with ThreadPoolExecutor(1) as pool:
                return pool.submit(one, items).result(timeout=width)
        """,
    "closure that is tried again": """
        def each(items, function, width):
            def one():
                return function(items)

            for attempt in range(width):
                try:
                    return one()
                except OSError:
                    continue
        """,
    "worker that is given the function, once": """
        from concurrent.futures import ThreadPoolExecutor

        def one(function, everything):
            return function(everything)

        def each(items, function, width):
            with ThreadPoolExecutor(width) as pool:
                return pool.submit(one, function, items).result()
        """,
    "another closure is the one that repeats": """
        from concurrent.futures import ThreadPoolExecutor

        def each(items, function, width):
            def tidy(item):
                return item.strip()

            def one(everything):
                return function(everything)

            with ThreadPoolExecutor(width) as pool:
                return one(list(pool.map(tidy, items)))
        """,
}
ATTEMPTS = """
    import time

    def insist(function):
        for attempt in range(3):
            try:
                return function()
            except OSError:
                time.sleep(1)
    """


def program(helper, app):
    return {"app.py": app, "helper.py": helper, "attempts.py": ATTEMPTS}


@pytest.mark.parametrize("app", [APP, PARTLY], ids=["function", "partial"])
@pytest.mark.parametrize("helper", cases(REPEATING))
def test_once_per_item(helper, app):
    assert verdict(program(helper, app)) == "batchable"


@pytest.mark.parametrize("app", [APP, PARTLY], ids=["function", "partial"])
@pytest.mark.parametrize("helper", cases(ONCE))
def test_once(helper, app):
    assert verdict(program(helper, app)) == "realtime"


MODULE = """
    import json, sys
    import dspy

    class Extract(dspy.{base}):
        def __init__(self):
            self.answer = dspy.Predict("text -> fields")

        def forward(self, text):
            return self.answer(text=text)  # !

        async def aforward(self, text):
            return len(text)

        {own}

    def rows():
        return [dspy.Example(text=line).with_inputs("text") for line in open(sys.argv[1])]

    if __name__ == "__main__":
        extract = Extract()
        json.dump({run}, open("fields.json", "w"))
    """


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("extract.batch(rows(), num_threads=8)", "batchable"),
        ("[extract(text=row.text) for row in rows()]", "batchable"),
        ("extract(text=str(rows()))", "realtime"),
        ("extract.acall(text=str(rows()))", "unclear"),
    ],
)
def test_a_library_runs_what_its_object_is_called_for_once_per_item(run: str, expected: str):
    assert verdict(MODULE.format(base="Module", own="", run=run)) == expected


def test_a_method_of_the_program_s_own_runs_what_it_says():
    own = "def batch(self, rows, num_threads):\n            return len(rows)"
    program = MODULE.format(base="Module", own=own, run="extract.batch(rows(), num_threads=8)")
    assert verdict(program) == "unclear"
