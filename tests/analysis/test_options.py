"""What is given in a dict that a call spreads, or read out of `**options`."""

import pytest

from .verdicts import verdict

SPREAD = """
    from openai import OpenAI

    class Writer:
        def __init__(self):
            self.client = OpenAI()

        def __call__(self, text):
            return self.client.responses.create(model="gpt-5", input=text)

    class Echo:
        def __call__(self, text):
            return text

    def shorten(**options):
        writer = options["writer"]
        return [writer(row) for row in options["rows"]]  # !

    def shorten_named(rows, writer=None):
        return [writer(row) for row in rows]

    def handed(**options):
        return shorten(**options)

    def main(rows):
        {call}

    main(open("rows.txt").readlines())
    """
CALLS = {
    "by_keyword": "print(shorten(writer={writer}(), rows=rows))",
    "in_a_dict": 'options = {{"writer": {writer}(), "rows": rows}}; print(shorten(**options))',
    "in_a_dict_in_a_dict": """
        shared = {{"writer": {writer}()}}
        options = {{**shared, "rows": rows}}
        print(shorten(**options))""",
    "made_by_name": "options = dict(writer={writer}(), rows=rows); print(shorten(**options))",
    "handed_on": "print(handed(writer={writer}(), rows=rows))",
    "gathered_first": """
        parts = []
        for start in range(0, len(rows), 20):
            options = {{"writer": {writer}(), "rows": rows[start:start + 20]}}
            parts.append(options)
        for options in parts:
            print(shorten(**options))""",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_option_is_what_its_key_holds(call: str) -> None:
    assert verdict(SPREAD.format(call=call.format(writer="Writer"))) == "batchable"
    assert verdict(SPREAD.format(call=call.format(writer="Echo"))) == "none"


def test_another_key_holds_something_else() -> None:
    call = 'options = {"writer": Echo(), "other": Writer(), "rows": rows}; print(shorten(**options))'
    assert verdict(SPREAD.format(call=call)) == "none"


@pytest.mark.parametrize(("writer", "expected"), [("Writer", "batchable"), ("Echo", "none")])
def test_a_parameter_takes_what_a_spread_dict_holds_under_its_name(writer: str, expected: str) -> None:
    call = f'options = {{"writer": {writer}()}}; print(shorten_named(rows, **options))'
    source = SPREAD.replace("  # !", "").replace("return [writer(row) for row in rows]", "\\g")
    source = source.replace("\\g", "return [writer(row) for row in rows]  # !")
    assert verdict(source.format(call=call)) == expected
