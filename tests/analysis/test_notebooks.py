"""Notebooks that start what no other code calls."""

import pytest

from batchlint.graph import GraphSettings
from batchlint.sources.notebooks import Cell

from .verdicts import call_sites, marked, verdict

LABELS = """
    from llm import ask

    def label_all(rows):
        return [ask(row) for row in rows]  # !

    def label(row):
        return ask(row)
    """
ONE = LABELS.replace("  # !", "").replace("return ask(row)", "return ask(row)  # !")
CLASS = """
    from llm import ask

    class Labels:
        def __init__(self, rows):
            self.rows = rows

        def run(self):
            return [ask(row) for row in self.rows]  # !

    def make(rows):
        return Labels(rows)
    """


def cells(*codes: str, path: str = "study.ipynb") -> GraphSettings:
    """Settings with one notebook of these cells, each ten lines below the one before."""
    found = [Cell(10 * number, code) for number, code in enumerate(codes, 1)]
    return GraphSettings(notebooks=lambda: {path: found})


CALLS = {
    "from": ["from app import label_all", "out = label_all(rows)"],
    "module": ["import app", "out = app.label_all(rows)"],
    "other_name": ["import app as labels\nimport pandas as pd", "await labels.label_all(pd.read_csv('x'))"],
    "below_what_is_no_python": ["from app import label_all", "this is no Python", "label_all(rows)"],
    "in_a_loop": ["from app import label_all", "for rows in tables:\n    label_all(rows)"],
}


@pytest.mark.parametrize("codes", CALLS.values(), ids=CALLS)
def test_a_cell_starts_what_it_calls(codes: list[str]) -> None:
    assert verdict(LABELS, settings=cells(*codes)) == "batchable"


def test_the_place_is_the_line_of_the_cell() -> None:
    site = marked(LABELS, settings=cells("from app import label_all", "rows = []\nlabel_all(rows)"))
    assert site is not None
    step = site.contexts[0].chain[0]
    assert (step.path, step.line, step.what) == ("study.ipynb", 21, "study.ipynb calls label_all")


@pytest.mark.parametrize("code", ["Labels(rows).run()", "labels = Labels(rows)\nlabels.run()", "make(rows).run()"])
def test_a_method_is_called_on_what_the_cells_make(code: str) -> None:
    assert verdict(CLASS, settings=cells("from app import Labels, make", code)) == "batchable"


@pytest.mark.parametrize(
    "codes",
    [
        [],
        ["from app import label_all", "out = other(rows)"],
        ["from app import label_all", "def label_all(rows):\n    return rows", "label_all(rows)"],
        ["from elsewhere import label_all", "label_all(rows)"],
    ],
)
def test_what_no_cell_calls_stays_unclear(codes: list[str]) -> None:
    assert verdict(LABELS, settings=cells(*codes)) == "unclear"


@pytest.mark.parametrize("path", ["examples/study.ipynb", "docs/usage.ipynb", "tests/try.ipynb", "demo.ipynb"])
def test_what_only_an_example_calls_stays_unclear(path: str) -> None:
    settings = cells("from app import label_all", "label_all(rows)", path=path)
    assert verdict(LABELS, settings=settings) == "unclear"


LOOPS = {
    "for": "for row in rows:\n    out.append(label(row))",
    "comprehension": "out = [label(row) for row in tqdm(rows)]",
    "mapped": "table['label'] = table['text'].progress_apply(label)",
}


@pytest.mark.parametrize("code", LOOPS.values(), ids=LOOPS)
def test_a_loop_in_a_cell_is_one_over_items(code: str) -> None:
    site = marked(ONE, settings=cells("from app import label", code))
    assert site is not None
    assert str(site.verdict) == "batchable"
    assert [f.reason for f in site.factors if f.name == "many"] == ["once per item, in a notebook"]


@pytest.mark.parametrize(
    "code",
    [
        "label('The last one was late.')",
        "for row in ['a', 'b']:\n    print(label(row))",
        "for attempt in range(3):\n    label(row)",
    ],
)
def test_a_few_calls_in_a_cell_are_for_whoever_looks_at_them(code: str) -> None:
    assert verdict(ONE, settings=cells("from app import label", code)) == "realtime"


def test_a_cell_says_nothing_of_what_somebody_waits_for() -> None:
    route = """
    from flask import Flask

    app = Flask("labels")

    @app.post("/")
    def post():
        return label_all([1])
    """
    program = LABELS + route
    assert verdict(program, settings=cells("from app import label_all", "label_all(rows)")) == "realtime"


def test_a_cell_counts_more_than_a_test() -> None:
    test = "from app import label_all\n\n\ndef test_label_all():\n    assert label_all(['a']) == []\n"
    program = {"app.py": LABELS, "tests/test_app.py": test}
    assert verdict(program) == "realtime"
    assert verdict(program, settings=cells("from app import label_all", "label_all(rows)")) == "batchable"


def test_what_a_cell_asks_itself_is_not_listed() -> None:
    sites = call_sites(LABELS, settings=cells("from app import label_all", "label_all(rows)"))
    assert {site.path for site in sites} == {"app.py", "llm.py"}


HANDED = {
    "clients.py": """
        from llm import ask

        class Client:
            def complete(self, text):
                return ask(text)
        """,
    "labels.py": """
        def label_all(rows, prompt, complete):
            return [complete(prompt + row) for row in rows]  # !

        def label_one(row, complete):
            return complete(row)

        class Labels:
            def run(self, rows, complete):
                return [complete(row) for row in rows]
        """,
}
CLIENT = "from clients import Client\nfrom labels import *\nfrom labels import Labels, label_all, label_one"


@pytest.mark.parametrize(
    ("path", "marked_line", "code"),
    [
        ("labels.py", "[complete(prompt + row) for row in rows]", "label_all(rows, 'Label: ', Client().complete)"),
        (
            "labels.py",
            "[complete(prompt + row) for row in rows]",
            "c = Client()\nlabel_all(rows, '', complete=c.complete)",
        ),
        ("labels.py", "[complete(row) for row in rows]", "Labels().run(rows, Client().complete)"),
        ("clients.py", "return ask(text)", "label_all(rows, '', Client().complete)"),
    ],
)
def test_a_cell_hands_over_what_another_function_calls(path: str, marked_line: str, code: str) -> None:
    program = {name: text.replace("  # !", "") for name, text in HANDED.items()}
    program[path] = program[path].replace(marked_line, f"{marked_line}  # !")
    assert verdict(program, settings=cells(CLIENT, code)) == "batchable"


@pytest.mark.parametrize("code", ["label_one(row, Client().complete)", "label_all(rows, Client().complete, len)"])
def test_what_is_not_called_there_or_once_is_no_job(code: str) -> None:
    assert verdict(HANDED, settings=cells(CLIENT, code)) == "none"
    program = {name: text.replace("  # !", "").replace("ask(text)", "ask(text)  # !") for name, text in HANDED.items()}
    assert verdict(program, settings=cells(CLIENT, code)) != "batchable"
