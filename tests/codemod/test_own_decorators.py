"""Decorators of the project whose wrapper changes what it is given, or only asks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike
from .test_shared import HEAD

GLOSSARY = """\
import functools


def around(method):
    @functools.wraps(method)
    def wrapper(self, word, **options):
        {body}

    return wrapper


class Glossary:
    def __init__(self):
        self.kept = {{}}
        self.calls = 0

    @around
    def define(self, word, **options):
        return ask(word).upper()


glossary = Glossary()
for word in WORDS:
    print(word, glossary.define(word))
"""
CHANGES = {
    "an attribute's item": (
        "if word not in self.kept:\n            self.kept[word] = method(self, word)\n        return self.kept[word]"
    ),
    "by a name of its own": (
        "kept = self.kept\n        if word not in kept:\n            kept[word] = method(self, word)\n"
        "        return kept[word]"
    ),
}
FITS = {
    "a count": "self.calls += 1\n        return method(self, word)",
    "its own options": "options['tone'] = 'plain'\n        return method(self, word, **options)",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_wrapper_changes_the_object(name: str) -> None:
    refusal = check_noop(HEAD + GLOSSARY.format(body=CHANGES[name]), "unsupported-shape")
    assert refusal is not None and "wrapped by `@around`" in refusal.detail


@pytest.mark.parametrize("name", FITS)
def test_a_wrapper_leaves_the_object(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + GLOSSARY.format(body=FITS[name]), tmp_path)
