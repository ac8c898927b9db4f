"""Objects with two names: an answer goes in by the one, and the next prompt reads the other."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import contextlib
import copy
from collections import ChainMap
from functools import partial
from types import MappingProxyType

from openai import OpenAI

client = OpenAI()
WORDS = ["tea", "cup", "jam", "egg"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


"""
LISTS = {
    "or": ("notes = []\nshown = None or notes", "shown", "notes"),
    "conditional expression": ("notes = []\nshown = notes if WORDS else []", "shown", "notes"),
    "chain": ("notes = shown = []", "shown", "notes"),
    "pair": ("notes = []\nshown, _ = notes, 1", "shown", "notes"),
    "third name": ("notes = []\nbetween = notes\nshown = between", "shown", "notes"),
    "walrus": ("if (shown := (notes := [])) is None:\n    print()", "shown", "notes"),
    "with": ("notes = []\nwith contextlib.nullcontext(notes) as shown:\n    pass", "shown", "notes"),
    "target of a loop": ("rows = [[], []]\nfor shown in rows:\n    pass", "shown", "rows[-1]"),
    "starred": ("first, *rest = [[], [], []]\nrow = rest", "rest", "row[0]"),
    "taken out and put back": ("rows = [[]]\ntop = rows.pop()\nrows.append(top)", "rows", "top"),
    "get": ("store = {'log': []}\nlog = store.get('log')", "store", "log"),
    "setdefault": ("store = {}\nlog = store.setdefault('log', [])", "store", "log"),
    "zip": ("notes = []\nshown = list(zip([notes], 'x'))[0][0]", "shown", "notes"),
    "longest": ("rows = [['a'], ['b', 'c']]\nlongest = max(rows, key=len)", "rows[1]", "longest"),
    "comprehension": ("rows = [{'log': []}]\nlogs = [row['log'] for row in rows]", "rows[0]", "logs[0]"),
    "helper": ("def same(x):\n    return x\n\n\nnotes = []\nshown = same(notes)", "shown", "notes"),
    "elements of a dict": ("base = {'log': []}\nspec = dict(base)", "spec['log']", "base['log']"),
    "elements of a display": ("base = {'log': []}\nspec = {**base, 'x': 1}", "spec['log']", "base['log']"),
    "elements of a slice": ("base = [[], []]\nspec = base[:]", "spec[0]", "base[0]"),
    "elements of a sum": ("base = [[]]\nspec = base + [1]", "spec[0]", "base[0]"),
    "lazy items": ("notes = []\nshown = reversed(notes)", "list(shown)", "notes"),
    "made by a library": ("from queue_tools import Window\n\nnotes = []\nshown = Window(notes)", "shown.text", "notes"),
    "partial": (
        "def shown_as(notes, word):\n    return f'{word} {notes}'\n\n\nnotes = []\nshow = partial(shown_as, notes)",
        "show(word)",
        "notes",
    ),
}
"""What comes before the loop, what the prompt reads, and where the answer is put."""
MAPPINGS = {
    "keys": ("notes = {}\nshown = notes.keys()", "list(shown)"),
    "items": ("notes = {}\nshown = notes.items()", "list(shown)"),
    "proxy": ("notes = {}\nshown = MappingProxyType(notes)", "dict(shown)"),
    "chain": ("notes = {}\nshown = ChainMap(notes, {'x': 1})", "dict(shown)"),
    "global": ("notes = {}\n\n\ndef shown():\n    return len(notes.copy())", "shown()"),
}
OTHERS = {
    "a list that a with statement hands out": """
        notes = []
        for word in WORDS:
            with contextlib.nullcontext(notes) as shown:
                answer = ask(f"{word} {shown}")
                shown.append(answer)
        """,
    "a list that a function has with statements hand out": """
        notes = []


        def scope():
            return contextlib.nullcontext(notes)


        for word in WORDS:
            with scope() as shown:
                answer = ask(f"{word} {shown}")
                shown.append(answer)
        """,
    "a method of a mixin that comes next": """
        class Base:
            context = "none"

            def after(self, answer):
                return answer

            def work(self, word):
                return self.after(ask(f"{word} {self.context}"))


        class Remember:
            def after(self, answer):
                self.context = answer
                return super().after(answer)


        class Desk(Remember, Base):
            pass


        desk = Desk()
        for word in WORDS:
            print(desk.work(word))
        """,
    "attributes of one object": """
        class Desk:
            def __init__(self):
                self.notes = self.shown = []

            def work(self, word):
                answer = ask(f"{word} {self.shown}")
                self.notes.append(answer)


        desk = Desk()
        for word in WORDS:
            desk.work(word)
        """,
    "a view of an attribute": """
        class Desk:
            def __init__(self):
                self.notes = {}
                self.known = self.notes.keys()

            def run(self):
                for word in WORDS:
                    answer = ask(f"{word} {sorted(self.known)}")
                    self.notes[word] = answer


        Desk().run()
        """,
    "a property": """
        class Desk:
            def __init__(self):
                self._notes = {}

            @property
            def notes(self):
                return MappingProxyType(self._notes)

            def put(self, word, answer):
                self._notes[word] = answer


        desk = Desk()
        view = desk.notes
        for word in WORDS:
            desk.put(word, ask(f"{word} {dict(view)}"))
        """,
    "two parameters": """
        def run(notes, shown):
            for word in WORDS:
                answer = ask(f"{word} {shown}")
                notes.append(answer)


        texts = []
        run(texts, texts)
        """,
    "a parameter and a variable": """
        texts = []


        def run(notes):
            for word in WORDS:
                answer = ask(f"{word} {texts}")
                notes += [answer]


        run(texts)
        """,
    "a copy of the item's own": """
        template = {"style": "short", "examples": []}
        for word in WORDS:
            spec = copy.copy(template)
            answer = ask(f"{word} {spec}")
            spec["examples"].append(answer)
        """,
    "a name that is bound behind the loop, which comes again": """
        shown, notes = [], []
        for round in range(2):
            for word in WORDS:
                answer = ask(f"{word} {shown}")
                notes.append(answer)
            shown = notes
        """,
    "a variable of all that is bound behind the loop, which another call finds": """
        shown, notes = [], []


        def run():
            global shown
            for word in WORDS:
                answer = ask(f"{word} {shown}")
                notes.append(answer)
            shown = notes


        run()
        run()
        """,
    "a list that is extended": """
        notes = []
        shown = notes
        for word in WORDS:
            answer = ask(f"{word} {shown}")
            notes += [answer]
        """,
    "the name is for it since an earlier turn of a loop around": """
        rows = [{"text": word} for word in WORDS]
        for turn in "ab":
            if turn == "a":
                done = rows
            else:
                for word in WORDS:
                    done[0]["text"] = ask(f"{word} {rows}")
        """,
}
ALIKE = {
    "a mixin that only shows what came": """
        class Base:
            context = "none"

            def after(self, answer):
                return answer

            def work(self, word):
                return self.after(ask(f"{word} {self.context}"))


        class Show:
            def after(self, answer):
                print(answer)
                return super().after(answer)


        class Desk(Show, Base):
            pass


        desk = Desk()
        for word in WORDS:
            print(desk.work(word))
        """,
    "a list of the item's own that a with statement hands out": """
        for word in WORDS:
            with contextlib.nullcontext([word]) as shown:
                answer = ask(f"{word} {shown}")
                shown.append(answer)
                print(shown)
        """,
    "a copy": """
        notes = ["none"]
        shown = list(notes)
        for word in WORDS:
            answer = ask(f"{word} {shown}")
            notes.append(answer)
        print(notes)
        """,
    "a copy of a mapping": """
        notes = {"x": "y"}
        shown = {**notes, "z": 1}
        for word in WORDS:
            answer = ask(f"{word} {shown}")
            notes[word] = answer
        print(notes)
        """,
    "a deep copy": """
        base = {"log": []}
        spec = copy.deepcopy(base)
        for word in WORDS:
            answer = ask(f"{word} {spec['log']}")
            base["log"].append(answer)
        print(base)
        """,
    "a copy of the item's own": """
        BASE = [{"role": "user", "content": "short"}]
        for word in WORDS:
            turns = list(BASE)
            turns.append({"role": "user", "content": word})
            answer = ask(str(turns))
            turns.append({"role": "assistant", "content": answer})
            turns[0] = {"role": "user", "content": answer}
            print(turns)
        print(BASE)
        """,
    "a name that is bound again": """
        first = "none"
        last = first
        for word in WORDS:
            answer = ask(f"{word} {first}")
            last = answer
        print(last)
        """,
    "a name that is bound behind the loop": """
        rows = [{"text": word} for word in WORDS]
        found = []
        for row in rows:
            answer = ask(row["text"])
            found.append({**row, "answer": answer})
        rows = found
        print(rows)
        """,
    "a name of each call that is bound behind the loop": """
        def run(words):
            found = []
            for word in words:
                found.append(ask(f"{word} of {len(words)}"))
            words = found
            return words


        print(run(WORDS), run(WORDS))
        """,
    "a number of what is there": """
        notes = ["none"]
        known = len(notes)
        for word in WORDS:
            answer = ask(f"{word} {known}")
            notes.append(answer)
        print(notes)
        """,
    "keys": """
        kinds = {"hot": [1], "cold": [2]}
        counts = dict.fromkeys(kinds, 0)
        found = {}
        for kind in kinds:
            found.setdefault(kind, [])
        for word in WORDS:
            answer = ask(f"{word} {list(kinds)}")
            kind = "hot" if "a" in answer else "cold"
            counts[kind] += 1
            found[kind].append(answer)
        for kind, texts in found.items():
            print(kind, texts, counts[kind])
        """,
    "a key that an item names": """
        import json

        output = json.loads("{}") if WORDS else {}
        rows = [{"id": word} for word in WORDS]
        for row in rows:
            name = row["id"]
            answer = ask(f"{name} {row['id']}")
            output[name] = {}
            output[name]["text"] = answer
        for name in output:
            print(name, output[name])
        """,
    "another element": """
        store = {"style": "short", "log": []}
        style = store["style"]
        for word in WORDS:
            answer = ask(f"{word} {style}")
            store["log"] = [answer]
        print(store)
        """,
    "attributes of two lists": """
        class Desk:
            def __init__(self, shown):
                self.shown = list(shown)
                self.notes = list(self.shown)

            def work(self, word):
                answer = ask(f"{word} {self.shown}")
                self.notes.append(answer)


        desk = Desk(["none"])
        for word in WORDS:
            desk.work(word)
        print(desk.notes)
        """,
    "two parameters": """
        def run(notes, shown):
            for word in WORDS:
                answer = ask(f"{word} {shown}")
                notes.append(answer)


        texts, known = [], ["none"]
        run(texts, known)
        print(texts)
        """,
    "the name is for a second list in the other branch only": """
        rows = [{"text": word, "n": 0} for word in WORDS]
        if "again" in WORDS:
            done = rows
            for row in done:
                row["n"] += 1
        else:
            done = []
            for row in rows:
                done.append({"text": ask(f"{row}")})
                done[-1]["n"] = 2
        print(done)
        """,
}


def _left(text: str) -> None:
    refusal = check_noop(HEAD + text, "dependent-iterations")
    assert refusal is not None


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_a_second_name(name: str) -> None:
    before, shown, changed = LISTS[name]
    asking = f'answer = ask(f"{{word}} {{{shown}}}")'
    _left(f"{before}\n\nfor word in WORDS:\n    {asking}\n    {changed}.append(answer)\n")


@pytest.mark.parametrize("name", MAPPINGS)
def test_a_view_shows_a_mapping(name: str) -> None:
    before, shown = MAPPINGS[name]
    asking = f'answer = ask(f"{{word}} {{{shown}}}")'
    _left(f"{before}\n\n\nfor word in WORDS:\n    {asking}\n    notes[word] = answer\n")


@pytest.mark.parametrize("name", OTHERS)
def test_an_object_has_a_second_name(name: str) -> None:
    _left(textwrap.dedent(OTHERS[name]))


@pytest.mark.parametrize("name", ALIKE)
def test_copies_are_objects_of_their_own(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + textwrap.dedent(ALIKE[name]), tmp_path)
