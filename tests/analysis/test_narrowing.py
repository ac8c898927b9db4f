"""Loops that narrow something down: each answer moves a bound that the next request depends on."""

import pytest

from .verdicts import verdict

PROGRAM = """
    from llm import ask

    def first(editions, claim):
        low, high = 0, len(editions)
        {body}

    if __name__ == "__main__":
        import json
        for claim in json.load(open("claims.json")):
            print(first(json.load(open("editions.json")), claim))
    """


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            """
        while low < high:
            middle = (low + high) // 2
            if ask(editions[middle] + claim) == "yes":  # !
                high = middle
            else:
                low = middle + 1
        return low
            """,
            "realtime",
        ),
        (
            """
        found = []
        while low < high:
            if ask(editions[low] + claim) == "yes":  # !
                found.append(low)
            low = low + 1
        return found
            """,
            "batchable",
        ),
        (
            """
        last = None
        for low, edition in enumerate(editions):
            if ask(edition + claim) == "yes":  # !
                last = low
        return last
            """,
            "batchable",
        ),
    ],
    ids=["halves", "all of them, counted", "all of them"],
)
def test_a_loop_whose_bounds_an_answer_moves_is_a_search(body: str, expected: str) -> None:
    assert verdict(PROGRAM.format(body=body.strip())) == expected
