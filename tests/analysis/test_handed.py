"""Functions that are handed over: their parameters take what they are called with where they were handed to."""

import pytest

from .verdicts import marked, verdict

PROGRAM = """
    import sys
    from concurrent.futures import ThreadPoolExecutor
    from functools import partial
    from llm import ask

    class Hosted:
        def complete(self, text):
            return ask(text)  # !

        def shorten(self, writer, rows):
            return writer.complete(rows)

    class Echo:
        def complete(self, text):
            return text

    def _call(llm, rows):
        return llm.complete(str(rows))

    def _other(llm, rows):
        return llm.complete(str(rows)).upper()

    def _swapped(rows, llm):
        return llm.complete(str(rows))

    CALLS = {{"call": _call, "other": _other}}

    def retry(llm, rows, call):
        return [call(llm, rows[start : start + 5]) for start in range(0, len(rows), 5)]

    def named(llm, rows, *, call=None):
        return [call(rows=rows[start : start + 5], llm=llm) for start in range(0, len(rows), 5)]

    def outer(llm, rows, work):
        return retry(llm, rows, work)

    def nested(llm, rows, call):
        def one(row):
            return call(llm, row)
        return [one(row) for row in rows]

    def alone(rows, call):
        return [call(rows[start : start + 5]) for start in range(0, len(rows), 5)]

    def pooled(llm, rows, call):
        with ThreadPoolExecutor() as pool:
            return [future.result() for future in [pool.submit(call, llm, row) for row in rows]]

    class Retrier:
        def run(self, llm, rows, call):
            return [call(llm, row) for row in rows]

    def keep(llm, rows, call):
        print(llm.complete.__name__, len(rows), call.__name__)

    def main(llm, rows, kind):
        print({call})

    if __name__ == "__main__":
        main({llm}(), sys.argv[1:], sys.argv[1])
    """
CALLS = [
    "retry(llm, rows, _call)",
    "retry(llm, rows, call=_call)",
    "named(llm, rows, call=_call)",
    "named(llm, rows, call=_swapped)",
    "outer(llm, rows, work=_call)",
    "nested(llm, rows, _call)",
    "alone(rows, partial(_call, llm))",
    "alone(rows, lambda part: _call(llm, part))",
    "retry(llm, rows, lambda writer, part: writer.complete(part))",
    "retry(llm, rows, Hosted().shorten)",
    "retry(llm, rows, CALLS[kind])",
    "retry(llm, rows, CALLS.get(kind, _other))",
    "retry(llm, rows, _call if kind else _other)",
    "[retry(llm, rows, call) for call in CALLS.values()]",
    "Retrier().run(llm, rows, _call)",
    "pooled(llm, rows, _call)",
]


@pytest.mark.parametrize("call", CALLS)
def test_parameters_take_what_a_called_parameter_is_given(call):
    assert verdict(PROGRAM.format(call=call, llm="Hosted")) == "batchable"
    assert verdict(PROGRAM.format(call=call, llm="Echo")) == "unclear"


@pytest.mark.parametrize(
    "call",
    ["keep(llm, rows, _call)", "retry(rows, llm, _call)", "retry(Echo(), rows, _call)", "retry(llm, rows, print)"],
)
def test_functions_that_are_not_called_with_it_do_not_take_it(call):
    assert verdict(PROGRAM.format(call=call, llm="Hosted")) == "unclear"


DISPATCHED = """
    from functools import singledispatch
    from llm import ask

    @singledispatch
    def label(row):
        return str(row)

    @label.register
    def _(row: dict):
        return ask(row["text"])  # !

    def other(row):
        return row

    for line in open("rows.txt"):
        {called}({{"text": line}})
    """


def test_what_is_registered_for_a_class_is_called_for_it() -> None:
    assert verdict(DISPATCHED.format(called="label")) == "batchable"
    assert verdict(DISPATCHED.format(called="other")) != "batchable"


PASSED_DOWN = """
    from concurrent.futures import ThreadPoolExecutor
    from llm import ask

    def label(note):
        print(ask(note))

    def one(note, work):
        work(note)

    def portion(notes, work):
        with ThreadPoolExecutor(8) as pool:
            for future in [pool.submit(one, note, work) for note in notes]:
                future.result()

    def in_portions(notes, work):
        for start in range(0, len(notes), 8):
            portion(notes[start : start + 8], work)

    if __name__ == "__main__":
        in_portions(open("notes.txt").readlines(), label)  # !
    """


def test_the_way_down_shows_all_calls_by_which_a_function_is_handed_on() -> None:
    site = marked(PASSED_DOWN)
    assert site is not None
    assert [step.what for step in site.via] == [
        "portion",
        "pool.submit",
        "work",
        "ask",
        "client.chat.completions.create",
    ]


TWICE = """
    import csv, sys
    from llm import ask

    def compare(rows, judge):
        for row in rows:
            first = judge(row["a"] + row["b"])
            {second}
            print(first, second)

    if __name__ == "__main__":
        compare(list(csv.DictReader(open("pairs.csv"))), ask)  # !
    """


@pytest.mark.parametrize(
    ("second", "lines"),
    [
        ("second = judge(row['b'] + row['a'])", [7, 8]),
        ("second = len(row)", [7]),
    ],
)
def test_all_places_that_call_what_is_handed_over_are_shown(second: str, lines: list[int]):
    site = marked(TWICE.format(second=second))
    assert site is not None and site.verdict == "batchable"
    assert [step.line for step in site.via if step.path == "app.py"] == lines
