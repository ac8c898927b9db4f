"""Variables that code finds by a name which is not written there, and what functions say of themselves."""

from __future__ import annotations

import textwrap

import pytest

from .programs import check_noop, rewrite

PROGRAM = """
import gc
import inspect
import sys

import __main__
from openai import OpenAI

client = OpenAI()
NOTES = []


def ask(text, *, tone="calm"):
    answer = client.responses.create(model="gpt-5", input=f"{text} {tone}")
    return answer.output_text


def parsed(answer):
    return eval(answer)


def about(text):
    return "%s %s" % (text, FOUND)


for text in ("a", "bb", "ccc"):
    answer = ask(about(text))
    AFTER
    NOTES.append(answer)
print(NOTES)
"""


def program(found: str, after: str = "pass") -> str:
    return textwrap.dedent(PROGRAM).replace("FOUND", found).replace("AFTER", after)


@pytest.mark.parametrize(
    "found",
    [
        'eval("NOTES")',
        'globals().get("NOTES")',
        "sys._getframe(1).f_globals['NOTES']",
        "inspect.currentframe().f_back",
        'sys.modules["__main__"].NOTES',
        "about.__globals__['NOTES']",
        "__main__.NOTES",
        "gc.get_objects()",
    ],
)
def test_a_prompt_that_may_find_the_answers_is_left(found) -> None:
    refusal = check_noop(program(found), "dependent-iterations")
    assert refusal is not None
    assert "a variable that is found by its name" in refusal.detail


@pytest.mark.parametrize("found", ["text.upper()", "len(sys.argv)", "inspect.cleandoc(text)"])
def test_a_prompt_that_finds_nothing_else_is_rewritten(found) -> None:
    assert rewrite(program(found)).planned


@pytest.mark.parametrize("after", ["answer = parsed(answer)", 'answer = eval(answer, {"__builtins__": {}})'])
def test_an_answer_may_be_evaluated(after) -> None:
    assert rewrite(program("text", after)).planned


def test_an_answer_may_not_be_evaluated_with_the_variables_of_the_loop() -> None:
    check_noop(program("text", "answer = eval(answer)"), "unknown-effects")


@pytest.mark.parametrize(
    "after", ['ask.__kwdefaults__["tone"] = answer', "ask.__defaults__ = (answer,)", "ask.__code__ = about.__code__"]
)
def test_an_answer_that_changes_what_a_function_does_stays(after) -> None:
    check_noop(program("text", after), "unknown-effects")


def test_a_name_set_for_all_modules_stays() -> None:
    source = program("tone", "builtins.tone = answer").replace("import gc", "import builtins\nimport gc")
    check_noop(source, "unknown-effects")
