"""Requests under a condition within a statement: made for the items for which they were, by what was so before."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
from openai import OpenAI

client = OpenAI()
WORDS = ["tea", "cup", "jam", "tea", "pan"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


def main():
    seen, out = set(), []
    for word in WORDS:
{body}
    print(out)


main()
"""
ALIKE = {
    "a conditional expression": """
        draft = ask(word)
        out.append(ask(f"improve {draft}") if word > "d" else draft)
        """,
    "over several lines": """
        draft = ask(word)
        out.append(
            ask(f"improve {draft}")
            if word > "d"
            else draft
        )
        """,
    "behind `and` and `or`": """
        if word > "d":
            word = ask(word)
        out.append((word > "k" and ask(f"long {word}") and ask(f"last {word}"), word[5:] or ask(f"short {word}")))
        """,
    "one for equal items": """
        answer = ask(word) if word not in seen else "again"
        out.append(answer)
        seen.add(word)
        """,
}
LEFT = {
    "how many came before decides": """
        answer = ask(word) if len(seen) < 3 else "enough"
        out.append(answer)
        seen.add(answer)
        """,
    "the last answer decides": """
        out.append((out and out[-1] == "yes") or ask(word))
        """,
}


def placed(body: str) -> str:
    return HEAD.format(body=body.strip("\n").rstrip())


@pytest.mark.parametrize("name", ALIKE)
def test_no_other_request_is_made(name: str, tmp_path: Path) -> None:
    check_runs_alike(placed(ALIKE[name]), tmp_path)


@pytest.mark.parametrize("name", LEFT)
def test_what_other_items_decide_stays(name: str) -> None:
    check_noop(placed(LEFT[name]), "dependent-iterations")


HOISTED = {
    "a name that the statement binds": "out.append((n := len(word), ask(f'{word} {n}')))",
    "a chain of comparisons": "out.append('a' < ask(word) < ask(f'again {word}'))",
}


@pytest.mark.parametrize("name", HOISTED)
def test_requests_that_cannot_stand_before_their_statement_stay(name: str) -> None:
    body = f"""
        if word > "d":
            word = ask(word)
        {HOISTED[name]}
        """
    refusal = check_noop(placed(body), "order-of-effects")
    assert refusal is not None
    assert "store the answer first" in refusal.detail


def test_a_list_of_requests_that_earlier_items_shorten_is_no_part_of_their_batch(tmp_path: Path) -> None:
    body = """
        answers = [ask(letter) for letter in word if letter not in seen]
        out.append(answers)
        seen.update(word)
        """
    alike = check_runs_alike(placed(body), tmp_path)
    assert "for word in WORDS:\n" in alike.rewritten.files["app.py"]
