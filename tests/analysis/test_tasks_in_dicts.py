"""Tasks that lie in a list with their function under a key, and are handed to a pool from there."""

import pytest

from .verdicts import call_sites, verdict

TASKS = """
    from concurrent.futures import ThreadPoolExecutor
    from llm import ask

    def label(row):
        return ask(row).choices[0].message.content

    def clean(row):
        return row.strip()

    def main(rows):
        def judge(row, rule):
            return ask(row + rule).choices[0].message.content

        tasks = []
        for row in rows:
            if row:
                tasks.append({{"run": {run}, "args": {args}, "row": row}})
        with ThreadPoolExecutor() as pool:
            futures = []
            for task in tasks:
                futures.append(pool.submit(task["{key}"], *task["args"]))  # !
        with open("labels.txt", "w") as out:
            out.writelines(future.result() for future in futures)

    if __name__ == "__main__":
        main(open("rows.txt").readlines())
    """


@pytest.mark.parametrize(
    ("run", "args", "expected"),
    [("label", "[row]", "batchable"), ("judge", "[row, 'short']", "batchable"), ("clean", "[row]", "none")],
)
def test_the_pool_runs_what_the_key_holds(run: str, args: str, expected: str) -> None:
    assert verdict(TASKS.format(run=run, args=args, key="run")) == expected


def test_putting_a_task_in_the_list_asks_nothing() -> None:
    source = TASKS.format(run="label", args="[row]", key="run")
    assert "tasks.append" not in {site.call for site in call_sites(source)}
