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


OF_DJANGO = """\
import functools
from concurrent.futures import ThreadPoolExecutor

import django
from django.conf import settings
from django.db import close_old_connections, connection, connections, models

settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "words.db"}})
django.setup()


class Note(models.Model):
    word = models.CharField(max_length=10)
    text = models.CharField(max_length=200)

    class Meta:
        app_label = "notes"


with connection.schema_editor() as editor:
    editor.create_model(Note)
"""
CLOSING = """

def closing(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        finally:
            {closed}

    return wrapper


@closing
def note(word):
    Note.objects.create(word=word, text=ask(word))


for word in WORDS:
    note(word)
with ThreadPoolExecutor(1) as pool:
    list(pool.map(note, WORDS))
connection.close()
"""


@pytest.mark.parametrize("closed", ["connection.close()", "connections.close_all()", "close_old_connections()"])
def test_connections_that_open_again_may_be_closed(closed: str, tmp_path: Path) -> None:
    check_runs_alike(OF_DJANGO + HEAD + CLOSING.format(closed=closed), tmp_path)


@pytest.mark.parametrize("undone", ["connection.rollback()", "Note.objects.all().delete()"])
def test_a_wrapper_undoes_what_others_did(undone: str) -> None:
    check_noop(OF_DJANGO + HEAD + CLOSING.format(closed=undone), "unsupported-shape")
