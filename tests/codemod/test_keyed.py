"""`sorted`, `max`, `filter` and the like with a function that asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import heapq

from openai import OpenAI

client = OpenAI()
TEXTS = ["tea", "cup", "jam", "bun", "tea"]


def score(text):
    answer = client.responses.create(model="gpt-5-mini", input=f"score {text}").output_text
    return sum(map(ord, answer)) % 17


"""
ALIKE = {
    "sorted": "print(sorted(TEXTS, key=score, reverse=True))\n",
    "sorted by a method's answers": (
        "class Judge:\n    def score(self, text):\n        return score(text)\n\n\n"
        "print(sorted(set(TEXTS), key=Judge().score) and len(TEXTS))\n"
    ),
    "objects that are called": (
        "class Judge:\n    def __call__(self, text):\n        return score(text)\n\n\njudge = Judge()\n"
        "print(sorted(TEXTS, key=judge), heapq.nlargest(2, TEXTS, key=judge))\n"
    ),
    "max of a generator": "print(max((text.upper() for text in TEXTS), key=score))\n",
    "min by a lambda": "print(min(TEXTS, key=lambda text: score(text.upper())))\n",
    "a lambda that does more": "print(sorted(enumerate(TEXTS), key=lambda pair: (-score(pair[1]), pair[0])))\n",
    "the smallest": "print(heapq.nsmallest(2, TEXTS, key=score))\n",
    "a default": "print(max([], key=score, default=None), max(TEXTS, key=score, default=None))\n",
    "a mapped lambda that does more": "print(list(map(lambda text: score(text) + len(text), TEXTS)))\n",
    "filter": "print(list(filter(score, TEXTS)))\n",
    "filter by a lambda": "print(sum(1 for _ in TEXTS), list(filter(lambda text: score(text) > 7, TEXTS)))\n",
    "the true answers of a mapping": "print(list(filter(None, map(score, TEXTS))))\n",
    "the true answers of a generator": "print(sum(filter(bool, (score(text) - 1 for text in TEXTS))))\n",
}
LEFT = {
    "a function that compares": (
        "from functools import cmp_to_key\n\n\ndef compare(one, other):\n    return score(one + other)\n\n\n"
        "by_pairs = cmp_to_key(compare)\nprint(sorted(TEXTS, key=cmp_to_key(compare)), min(TEXTS, key=by_pairs))\n"
    ),
    "items that are given one by one": "print(max('tea', 'cup', 'jam', key=score))\n",
    "a list that is sorted in place": "TEXTS.sort(key=score)\nprint(TEXTS)\n",
    "a filter that is taken one by one": "for text in filter(score, TEXTS):\n    print(text)\n    break\n",
    "true answers that are taken one by one": "for n in filter(None, map(score, TEXTS)):\n    print(n)\n    break\n",
    "answers of which a function is told one by one": (
        "def tell(number):\n    print(number)\n    return number\n\n\n"
        "def told(text):\n    print(text)\n    return score(text)\n\n\n"
        "print(list(filter(tell, map(told, TEXTS))))\n"
    ),
    "what the answers change": (
        "SEEN = []\n\n\ndef rank(text):\n    SEEN.append(score(text + str(len(SEEN))))\n    return SEEN[-1]\n\n\n"
        "print(sorted(TEXTS, key=rank))\n"
    ),
}


@pytest.mark.parametrize("name", ALIKE)
def test_programs_run_alike(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + ALIKE[name], tmp_path)


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left(name: str) -> None:
    assert check_noop(HEAD + LEFT[name]) is None
