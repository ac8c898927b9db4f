"""Lists that hold an object more than once, or each of them once."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike
from .test_shared import HEAD

CARD = """\
class Card:
    def __init__(self, word):
        self.word = word
        self.texts = []


tea, cup, jam = Card("tea"), Card("cup"), Card("jam")
red, blue = [], []


def study(card):
    card.texts.append(ask(f"{card.word}, seen {len(card.texts)} times"))


"""
LEFT = {
    "an object": "for card in [tea, cup, tea, jam]:\n    study(card)\n",
    "a part of an item": (
        "WORK = [('tea', red), ('cup', blue), ('jam', red)]\nfor word, shelf in WORK:\n"
        "    shelf.append(ask(f'{word} beside {len(shelf)}'))\n"
    ),
    "a part of a numbered item": (
        "for number, (card, what) in enumerate([(tea, 'hot'), (cup, 'red'), (tea, 'cold')]):\n"
        "    text = ask(f'{number} {what} {card.word} after {card.texts}')\n    card.texts.append(text)\n"
    ),
    "a value of a table": (
        "SHELVES = {'tea': red, 'cup': blue, 'jam': red}\nfor word, shelf in SHELVES.items():\n"
        "    text = ask(f'{word} beside {len(shelf)}')\n    shelf.append(text)\n"
    ),
    "a list that is taken twice": "for card in [tea, cup] * 2:\n    study(card)\n",
    "a comprehension's": (
        "def seen(shelf, word):\n    shelf.append(ask(f'{word} beside {len(shelf)}'))\n    return len(shelf)\n\n\n"
        "print([seen(shelf, word) for word, shelf in [('tea', red), ('cup', red)]])\n"
    ),
}
ALIKE = {
    "each object once": "for card in [tea, cup, jam]:\n    study(card)\nprint(tea.texts, cup.texts, jam.texts)\n",
    "each part once": (
        "for word, shelf in [('tea', red), ('cup', blue)]:\n    shelf.append(ask(f'{word} beside {len(shelf)}'))\n"
        "print(red, blue)\n"
    ),
    "an object of which nothing is needed": (
        "for word, shelf in [('tea', red), ('cup', blue), ('jam', red)]:\n    shelf.append(ask(word))\n"
        "print(red, blue)\n"
    ),
    "a text": (
        "FIRST = 'tea'\nfor word, tone in [(FIRST, 'plain'), ('cup', 'rude'), (FIRST, 'mild')]:\n"
        "    print(word, ask(f'{word}, {tone}'))\n"
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_an_object_is_there_twice(name: str) -> None:
    check_noop(HEAD + CARD + LEFT[name], "dependent-iterations")


@pytest.mark.parametrize("name", ALIKE)
def test_no_request_needs_what_another_item_leaves(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + CARD + ALIKE[name], tmp_path)
