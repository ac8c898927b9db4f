"""Calls behind which a loop ends: they are made once, whatever the loop goes through."""

import pytest

from .verdicts import verdict

JOB = """
    import sys
    from llm import ask

    def main():
        for line in open(sys.argv[1]):
            <turn>
        print("done")

    if __name__ == "__main__":
        main()
    """


def job(turn: str) -> str:
    return verdict(JOB.replace("<turn>", turn.replace("\n", "\n            ")))


ONCE = "print(ask(line), file=open(sys.argv[2], 'w'))  # !"


@pytest.mark.parametrize(
    "turn",
    [
        f"if line.startswith('#'):\n    {ONCE}\n    return",
        f"if line.startswith('#'):\n    {ONCE}\n    break\nprint(line)",
        f"if line:\n    with open(line):\n        {ONCE}\n        break",
    ],
)
def test_what_ends_the_loop_is_asked_once(turn: str) -> None:
    assert job(turn) != "batchable"


@pytest.mark.parametrize(
    "turn",
    [
        f"if line.startswith('#'):\n    {ONCE}\n    continue",
        f"{ONCE}\nif line.startswith('#'):\n    return",
        f"if line:\n    if line.startswith('#'):\n        return\n    {ONCE}",
        f"if line:\n    for word in line.split():\n        {ONCE.replace('line', 'word')}\n    break",
    ],
    ids=["goes on", "ends elsewhere", "ends in front", "an inner loop"],
)
def test_what_each_turn_asks_is_asked_for_all(turn: str) -> None:
    assert job(turn) == "batchable"
