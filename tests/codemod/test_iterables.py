"""What is drawn through a progress bar is followed like the items themselves, whatever the bar is called."""

from __future__ import annotations

import pytest

from .programs import rewrite

PROGRAM = """\
from bars import show
from openai import OpenAI

client = OpenAI()


def rate(text):
    answer = client.chat.completions.create(model="gpt-5", messages=[{{"role": "user", "content": text}}])
    return answer.choices[0].message.content


print(list({bar}(rate(text) for text in ["a", "bb", "ccc"])))
"""


@pytest.mark.parametrize("bar", ["tqdm", "alive_it", "progressbar", "stqdm"])
def test_a_progress_bar_passes_items_on(bar) -> None:
    assert rewrite(PROGRAM.replace("show", bar).format(bar=bar)).planned


def test_an_unknown_function_may_do_anything_with_them() -> None:
    assert not rewrite(PROGRAM.format(bar="show")).planned
