"""What is read of other objects where one is made a text of: nothing of a number, all fields of what may hold one."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike, rewrite

STORE = """\
from openai import OpenAI

client = OpenAI()


class Asker:
    def __init__(self):
        self.total = 0

    def ask(self, text):
        answer = client.responses.create(model="gpt-5-mini", input=text).output_text
        self.total += len(answer)
        return answer

    def both(self, text):
        return self.ask(self.ask(text))


class Report:
    def __init__(self, asker):
        self.asker = asker

    def __str__(self):
        return f"{self.asker.total} characters"


class Store:
    def __init__(self, asker):
        self.asker = asker
        self.report = Report(asker)
        self.kept = {}

    def count(self, text: str) -> int:
        return len(text)

    def add(self, word):
        answer = self.asker.both(word)
        self.kept[word] = answer
        RETURN


def main():
    store = Store(Asker())
    for word in ["tea", "cup", "jam"]:
        found = store.add(word)
        print(f"{word}: {found}")
    print(store.asker.total, store.kept)


main()
"""
SCALARS = {
    "a_length": "return len(answer)",
    "a_number_or_nothing": "return self.count(answer) + 1 if answer else None",
    "a_text": 'size = "long" if len(answer) > 20 else "short"\n        return f"{size} answer"',
    "a_position": "for number in range(3):\n            found = number\n        return found",
    "a_comparison": "return len(answer) > 20",
}
OBJECTS = {
    "an_object_with_a_text_of_its_own": "return self.report",
    "one_that_is_made": "return Report(self.asker)",
    "one_of_several": "return len(answer) if not answer else self.report",
    "one_in_a_variable": "found = 0\n        if answer:\n            found = self.report\n        return found",
    "one_that_is_handed_through": "return (lambda given: given)(self.report)",
}


@pytest.mark.parametrize("name", SCALARS)
def test_a_number_or_text_is_shown(name: str, tmp_path: Path) -> None:
    check_runs_alike(STORE.replace("RETURN", SCALARS[name]), tmp_path)


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_shown_whose_text_may_tell_of_others(name: str) -> None:
    refusal = check_noop(STORE.replace("RETURN", OBJECTS[name]), "dependent-iterations")
    assert refusal is not None
    assert "is changed before the request (line 12) and read after an answer" in refusal.detail


DIGEST = """\
from openai import OpenAI


class Notes:
    def __init__(self, reader):
        self.reader = reader

    def __str__(self):
        return f"{self.reader.requests} requests"


class Reader:
    def __init__(self, client, settings):
        self.client = client
        self.size = settings["size"]
        self.requests = 0

    def ask(self, instruction, text):
        response = self.client.chat.completions.create(
            model="gpt-5-mini", messages=[{"role": "user", "content": f"{instruction} {text}"}]
        )
        self.requests += 1
        return response.choices[0].message.content

    def parts(self, text):
        parts = [self.ask("shorten", word) for word in text.split()]
        CHANGE
        return parts

    def digest(self, text):
        parts = self.parts(text)
        if not parts:
            return None
        if len(parts) == 1:
            return parts[0]
        return self.ask("merge", " ".join(parts))


def change(parts, reader):
    parts.append(Notes(reader))


def main():
    settings = {"size": 3, "texts": ["green tea", "cup", "", "jam with bread"]}
    reader = Reader(OpenAI(), settings)
    for text in settings["texts"]:
        digest = reader.digest(text)
        print(f"{text}: {digest}")
    print(reader.requests)


main()
"""
KEPT = {
    "as it is": "pass",
    "its length": "print(len(parts) if len(parts) > 9 else '')",
    "its texts": "print([part.upper() for part in parts if not part])",
}
CHANGED = {
    "by a method": "parts.append(Notes(self))",
    "by its place": "parts[0:0] = [Notes(self)]",
    "by a sum": "parts += [Notes(self)]",
    "by a function": "change(parts, self)",
    "by another name": "same = parts\n        same.append(Notes(self))",
}


@pytest.mark.parametrize("name", KEPT)
def test_a_list_of_answers_is_shown(name: str, tmp_path: Path) -> None:
    alike = check_runs_alike(DIGEST.replace("CHANGE", KEPT[name]), tmp_path)
    assert "digest = yield from reader.digest(text)" in alike.rewritten.files["app.py"]


@pytest.mark.parametrize("name", CHANGED)
def test_a_list_is_shown_into_which_something_else_comes(name: str) -> None:
    done = rewrite(DIGEST.replace("CHANGE", CHANGED[name]).replace("join(parts)", "join(map(str, parts))"))
    assert "digest = reader.digest(text)" in done.files["app.py"]
