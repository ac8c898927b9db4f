"""Objects that loops draw from what itertools and the like make of lists: `product(tasks, rows)`, `[*old, *new]`."""

import pytest

from .verdicts import cases, verdict

TASKS = """
    import csv
    import heapq
    import itertools
    import sys
    from itertools import chain, combinations, pairwise, product, takewhile

    from openai import OpenAI
    from rich.progress import track
    from tqdm.contrib.itertools import product as shown

    class Task:
        def __init__(self, model):
            self.model = model
            self.client = OpenAI()

        def run(self, row):
            said = [{"role": "user", "content": row["text"]}]
            return self.client.chat.completions.create(model=self.model, messages=said)  # !

    class Long(Task):
        pass

    class Count:
        def run(self, row):
            return len(row["text"])

    def main():
        rows = list(csv.DictReader(open(sys.argv[1])))
        tasks = [kind(model) for model in ("gpt-5", "gpt-4.1") for kind in (Task, Long)]
        others = [Count()]
        {lines}

    if __name__ == "__main__":
        main()
    """


def program(*lines: str) -> str:
    return TASKS.replace("{lines}", "\n        ".join(lines))


PAIRS = "for task, row in pairs: print(task.run(row))"
ROWS = "print([task.run(row) for row in rows])"
PASSED = {
    "product": program("for task, row in product(tasks, rows): print(task.run(row))"),
    "by the module's name": program("for row, task in itertools.product(rows, tasks): print(task.run(row))"),
    "of three": program("for task, row, _ in product(tasks, rows, range(3)): print(task.run(row))"),
    "repeated": program("for first, second in product(tasks, repeat=2): print([second.run(row) for row in rows])"),
    "with a bar": program("for task, row in shown(tasks, rows): print(task.run(row))"),
    "numbered": program("for number, (task, row) in enumerate(product(tasks, rows)): print(number, task.run(row))"),
    "a list of it": program("pairs = list(product(tasks, rows))", PAIRS),
    "pairs of a comprehension": program("pairs = [(task, row) for task in tasks for row in rows]", PAIRS),
    "by its place": program("for pair in product(tasks, rows): print(pair[0].run(pair[1]))"),
    "a delayed method": program(
        "from joblib import Parallel, delayed",
        "print(Parallel(n_jobs=2)(delayed(task.run)(row) for task, row in product(tasks, rows)))",
    ),
    "chain": program(f"for task in chain(others, tasks): {ROWS}"),
    "a chain of lists": program(f"for task in chain.from_iterable([tasks, others]): {ROWS}"),
    "lists spread in a list": program(f"for task in [*others, *tasks]: {ROWS}"),
    "a dict spread in a dict": program("table = {'a': tasks[0]}", f"for task in {{**table}}.values(): {ROWS}"),
    "track": program(f"for task in track(tasks): {ROWS}"),
    "takewhile": program(f"for task in takewhile(lambda task: task.model, tasks): {ROWS}"),
    "nlargest": program(f"for task in heapq.nlargest(3, tasks): {ROWS}"),
    "combinations": program("for first, second in combinations(tasks, 2): print([second.run(row) for row in rows])"),
    "pairwise": program("for first, second in pairwise(tasks): print([first.run(row) for row in rows])"),
}
OTHERS = {
    "another place": program("for row, task in product(tasks, others): print(task.run(row))"),
    "another place of a pair": program("pairs = [(other, each) for each in tasks for other in others]", PAIRS),
    "another list": program(f"for task in chain(others, others): {ROWS}"),
    "the number that is asked for": program(f"for task in heapq.nlargest(tasks, others): {ROWS}"),
}


@pytest.mark.parametrize("source", cases(PASSED))
def test_what_a_loop_draws_is_called(source: str) -> None:
    assert verdict(source) == "batchable"


@pytest.mark.parametrize("source", cases(OTHERS))
def test_what_stands_elsewhere_is_not(source: str) -> None:
    assert verdict(source) != "batchable"
