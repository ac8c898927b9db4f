"""Objects that are asked for each of many rows, in every combination: `product(tasks, rows)`, `chain(old, new)`."""

from __future__ import annotations

import pytest

from .programs import check_noop, check_runs_alike

TASKS = """
import itertools
from itertools import chain, combinations, product

from openai import OpenAI


class Chat:
    system = "Be brief."

    def __init__(self, model):
        self.model, self.seen = model, []

    def ask(self, text):
        said = [{"role": "system", "content": self.system}, {"role": "user", "content": f"{text} {self.seen[-1:]}"}]
        return OpenAI().chat.completions.create(model=self.model, messages=said).choices[0].message.content


class Task(Chat):
    def run(self, row):
        return self.model, row, self.ask(f"{self.name}: {row}")


class Witness(Task):
    name = "witness"


class Tenant(Task):
    name, system = "tenant", "One word."


TASKS = [kind(model) for model in ("gpt-4o", "gpt-4o-mini") for kind in (Witness, Tenant)]
ROWS = ["a", "b"]
"""
LOOPS = {
    "a pool": """
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(3) as pool:
            waiting = [pool.submit(task.run, row) for task, row in product(TASKS, ROWS)]
            print([each.result() for each in waiting])
        """,
    "joblib": """
        from joblib import Parallel, delayed

        print(Parallel(n_jobs=2, backend="threading")(delayed(t.run)(row) for t, row in itertools.product(TASKS, ROWS)))
        """,
    "a loop": """
        for task, row in product(TASKS, ROWS):
            print(*task.run(row))
        """,
    "a loop over what is chained": """
        for task in chain(TASKS[:1], [Witness("gpt-5")]):
            print([task.run(row) for row in ROWS])
        """,
    "a list of all": """
        for number, (task, row) in enumerate([(task, row) for row in ROWS for task in [*TASKS, Tenant("gpt-5")]]):
            print(number, task.run(row))
        """,
}
TOLD = {
    "who is told the answer is asked again": """
        for task, row in product(TASKS, ROWS):
            task.seen.append(task.run(row)[2])
        """,
    "the other one of two is told": """
        for first, second in combinations(TASKS, 2):
            second.seen.append(first.run("c")[2])
        """,
    "the one that comes first in the next list": """
        for task in chain(TASKS, TASKS[:2]):
            task.seen.append(task.run("c")[2])
        """,
    "a list of all with one of them again": """
        for task in [*TASKS, TASKS[0]]:
            task.seen.append(task.run("c")[2])
        """,
    "two lists of the same": """
        for task in chain.from_iterable([TASKS, TASKS]):
            task.seen.append(task.run("c")[2])
        """,
    "the best of two lists of the same": """
        import heapq

        for task in heapq.nlargest(6, TASKS + TASKS, key=id):
            task.seen.append(task.run("c")[2])
        """,
    "one that is chosen again": """
        import random

        for task in random.choices(TASKS, k=9):
            task.seen.append(task.run("c")[2])
        """,
    "one that comes round": """
        for row, task in zip("abcdefg", itertools.cycle(TASKS)):
            task.seen.append(task.run(row)[2])
        """,
    "a list of the combinations": """
        pairs = list(product(TASKS, ROWS))
        for task, row in pairs:
            task.seen.append(task.run(row)[2])
        """,
    "another name of it": """
        pairs = [(task, row) for row in ROWS for task in TASKS]
        for task, row in pairs:
            answer = task.run(row)[2]
            task.seen.append(answer)
        """,
}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_they_are_asked_in_one_batch(loop: str, tmp_path) -> None:
    alike = check_runs_alike({"tasks.py": TASKS, "app.py": f"\n        from tasks import *\n{loop}"}, tmp_path)
    assert alike.before.ended.code == 0, alike.before.ended
    assert alike.after.cost == alike.before.cost / 2


@pytest.mark.parametrize("names", ["*", "TASKS, ROWS, chain, combinations, itertools, product"])
@pytest.mark.parametrize("loop", TOLD.values(), ids=TOLD)
def test_who_is_told_an_answer_is_asked_in_turn(loop: str, names: str) -> None:
    check_noop({"tasks.py": TASKS, "app.py": f"\n        from tasks import {names}\n{loop}"}, "dependent-iterations")


def test_a_row_that_comes_again_keeps_the_last_answer(tmp_path) -> None:
    program = """
        from tasks import *

        rows = [{"text": text} for text in ROWS]
        for task, row in product(TASKS, rows):
            row["answer"] = task.ask(row["text"])
        print(rows)
        """
    check_runs_alike({"tasks.py": TASKS, "app.py": program}, tmp_path)
