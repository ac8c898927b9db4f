"""Looking at which objects a list holds, or at the class of one, is no look at what other items change in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_runs_alike, rewrite

PROGRAM = """\
from openai import OpenAI

client = OpenAI()
texts = ["tea", "cup", "jam"]


class Stats:
    def __init__(self):
        self.seen = 0


class Extractor:
    last = []

    def __init__(self, kind, stats=None):
        self.kind = kind
        self.seen = 0
        self.stats = stats
        KEEP

    def extract(self, text):
        answer = client.responses.create(model="gpt-5-mini", instructions=self.kind, input=text).output_text
        CHANGE
        return answer


class Done(Extractor):
    pass


class Few(list):
    def __iter__(self):
        return iter([each for each in list.copy(self) if each.seen < 2])


def main():
    extractors = LIST
    for text in texts:
        LOOP
    print([(each.kind, each.seen) for each in extractors])


main()
"""
MADE = '[Extractor(kind) for kind in ("person", "money")]'
COUNT = "self.seen += 1"
ALIKE = {
    "counted": (MADE, COUNT, "for each in extractors:\n            print(text, each.extract(text))"),
    "numbered": (
        '[Extractor("person"), Done("money")]',
        COUNT,
        "for number, each in enumerate(extractors):\n            print(each.extract(text), number)",
    ),
    "of_a_class": (
        '[Extractor("person"), Done("money")]',
        COUNT,
        "for each in extractors:\n            print(each.extract(f'{type(each).__name__} {each is None} {text}'))",
    ),
}
IN_TURN = {
    "counter_in_the_request": (MADE, COUNT, "for each in extractors:\n            each.extract(f'{text} {each.seen}')"),
    "counter_of_the_first": (
        MADE,
        COUNT,
        "for each in extractors:\n            print(each.extract(f'{text} {extractors[0].seen}'))",
    ),
    "counter_under_another_name": (
        '[first := Extractor("person"), Extractor("money")]',
        COUNT,
        "for each in extractors:\n            print(each.extract(f'{text} {first.seen}'))",
    ),
    "counter_of_one_that_has_a_name": (
        '[Done("money")]\n    last = Extractor("person")\n    extractors = [last, *extractors]',
        COUNT,
        "for each in extractors:\n            print(each.extract(f'{text} {last.seen}'))",
    ),
    "counter_of_the_last_one": (
        MADE + "\n    last = extractors[0]",
        COUNT,
        "for each in extractors:\n            print(each.extract(f'{text} {last.seen}'))\n            last = each",
    ),
    "counter_of_one_that_is_kept": (
        MADE + "\n    kept = []",
        COUNT,
        "for each in extractors:\n            kept.append(each)\n"
        "            print(each.extract(f'{text} {kept[0].seen}'))",
    ),
    "counter_of_a_comprehension": (
        MADE,
        COUNT,
        "for each in extractors:\n            print(each.extract(f'{text} {[e.seen for e in extractors]}'))",
    ),
    "counter_in_a_part": (
        "[Extractor(kind, stats) for kind in ('person', 'money')]",
        "self.stats.seen += 1",
        "for each in extractors:\n            print(each.extract(f'{text} {stats.seen}'))",
    ),
    "list_that_looks_at_them": (
        "Few([Extractor('person'), Done('money')])",
        COUNT,
        "for each in extractors:\n            print(each.extract(text))",
    ),
    "class_that_changes": (
        MADE,
        "self.__class__ = Done",
        "for each in extractors:\n            print(each.extract(f'{type(each).__name__} {text}'))",
    ),
}


def program(made: str, change: str, loop: str) -> str:
    made = "None\n    stats = Stats()\n    extractors = " + made if "stats" in made else made
    keep = "Extractor.last.append(self)" if "Extractor.last" in loop else "pass"
    return PROGRAM.replace("KEEP", keep).replace("LIST", made).replace("CHANGE", change).replace("LOOP", loop)


def is_one_batch(source: str) -> bool:
    done = rewrite(source)
    return bool(done.planned) and "    for text in texts:" not in done.files["app.py"]


@pytest.mark.parametrize("name", ALIKE)
def test_rounds_over_objects_join_one_batch(name: str, tmp_path: Path) -> None:
    source = program(*ALIKE[name])
    assert is_one_batch(source)
    check_runs_alike(source, tmp_path)


@pytest.mark.parametrize("name", IN_TURN)
def test_rounds_stay_apart_where_what_they_change_is_read(name: str, tmp_path: Path) -> None:
    source = program(*IN_TURN[name])
    assert not is_one_batch(source)
    if rewrite(source).planned:
        check_runs_alike(source, tmp_path)


def test_objects_that_their_class_keeps_are_not_the_lists_own() -> None:
    loop = "for each in extractors:\n            print(each.extract(f'{text} {Extractor.last[0].seen}'))"
    assert not is_one_batch(program(MADE, COUNT, loop))
