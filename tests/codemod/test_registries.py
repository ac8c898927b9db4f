"""Functions that decorators put into a table, and calls of what the table holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HANDLERS = '''
from openai import OpenAI

client = OpenAI()
HANDLERS = {{}}


def handler(name):
    """Register a function."""

    def wrap(function):
        {store}
        return function

    return wrap


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


@handler("summary")
def summary(text):
    return ask(f"sum up {{text}}")


@handler("upper")
def upper(text):
    return text.upper()
'''
BARE = """
from openai import OpenAI

client = OpenAI()
HANDLERS = {}


def handler(function):
    HANDLERS[len(HANDLERS)] = function
    return function


@handler
def summary(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


@handler
def title(text):
    return client.responses.create(model="gpt-5-mini", input=text + "?").output_text
"""
STORE = "HANDLERS[name] = function"
PLAIN = HANDLERS.format(store=STORE)
APP = """
from handlers import HANDLERS

for kind, text in [("summary", "a"), ("upper", "b"), ("summary", "c"), ("other", "d")]:
    function = HANDLERS.get(kind)
    if function is not None:
        print(kind, function(text))
"""
BY_NUMBER = """
from handlers import HANDLERS

for number, text in enumerate(["a", "b"]):
    print(HANDLERS[number](text))
"""
OTHER = """def other(text):
    return text + "!"


HANDLERS = {"other": other}"""
ALIKE = {
    "by name": {"handlers.py": PLAIN, "app.py": APP},
    "without a name": {"handlers.py": BARE, "app.py": BY_NUMBER},
    "beside what the display has": {
        "handlers.py": PLAIN.replace("HANDLERS = {}", OTHER),
        "app.py": APP,
    },
    "in another file": {
        "handlers.py": PLAIN,
        "more.py": 'from handlers import ask, handler\n\n\n@handler("other")\ndef other(text):\n    return ask(text)\n',
        "app.py": "import more\n" + APP,
    },
}
LEFT = {
    "what wraps the function": {
        "handlers.py": HANDLERS.format(store="HANDLERS[name] = lambda text: function(text)"),
        "app.py": APP,
    },
    "by the name of the function": {
        "handlers.py": HANDLERS.format(store="HANDLERS[function.__name__] = function"),
        "app.py": APP,
    },
    "what else it does with the function": {
        "handlers.py": HANDLERS.format(store=STORE + "\n        print(function('x'))"),
        "app.py": APP,
    },
    "a call of the decorator": {"handlers.py": PLAIN + "\nhandler('length')(len)\n", "app.py": APP},
    "what else fills the table": {"handlers.py": PLAIN + "\nHANDLERS['length'] = len\n", "app.py": APP},
    "another use of the table": {"handlers.py": PLAIN, "app.py": APP + "print([f('x') for f in HANDLERS.values()])\n"},
    "a second decorator": {
        "handlers.py": PLAIN.replace('@handler("summary")', '@handler("summary")\n@print_calls').replace(
            "def ask(", "def print_calls(function):\n    print(function)\n    return function\n\n\ndef ask("
        ),
        "app.py": APP,
    },
}


NOTING = """
from openai import OpenAI

client = OpenAI()
TASKS = {}
LONG = []


def task(name, when=lambda text: True):
    def register(function):
        function.when = when
        TASKS[name] = function
        return function

    return register


@task("title")
def title(text):
    return client.responses.create(model="gpt-5-mini", input=f"title {text}").output_text


@task("words", when=lambda text: len(text) > 4)
def words(text):
    return client.responses.create(model="gpt-5-mini", input=f"words {text}").output_text.split()
"""
NOTED = """
from tasks import LONG, TASKS


def annotate(text):
    found = {}
    for name in ["title", "words"]:
        function = TASKS[name]
        if not function.when(text):
            found[name] = None
            continue
        found[name] = function(text)
    return found


for text in ["tea", "green tea", "jam"]:
    found = annotate(text)
    LONG.append(found["title"])
    print(text, found)
"""
NOTED_LEFT = {
    "what is read by the function's name": (NOTING, NOTED + "\nfrom tasks import title\n\nprint(title.when('tea'))\n"),
    "what has a table's name": (NOTING.replace(".when", ".get"), NOTED.replace(".when", ".get")),
    "the function itself": (
        NOTING.replace("function.when = when", "function.when = when\n        function.own = function"),
        NOTED,
    ),
}


def test_what_a_decorator_notes_on_the_function_is_read_there(tmp_path: Path) -> None:
    alike = check_runs_alike({"tasks.py": NOTING, "app.py": NOTED}, tmp_path)
    assert "run_batch(" in alike.rewritten.files["app.py"]


def test_what_is_noted_may_need_an_answer(tmp_path: Path) -> None:
    tasks = NOTING.replace("len(text) > 4", "len(LONG) > 1")
    alike = check_runs_alike({"tasks.py": tasks, "app.py": NOTED}, tmp_path)
    assert "    found = annotate(text)" in alike.rewritten.files["app.py"]


@pytest.mark.parametrize("name", NOTED_LEFT)
def test_what_a_decorator_notes_is_left(name: str) -> None:
    tasks, app = NOTED_LEFT[name]
    check_noop({"tasks.py": tasks, "app.py": app})


@pytest.mark.parametrize("name", ALIKE)
def test_what_a_decorator_puts_into_a_table_is_called_from_there(name: str, tmp_path: Path) -> None:
    alike = check_runs_alike(ALIKE[name], tmp_path)
    assert "run_batch(" in alike.rewritten.files["app.py"]


@pytest.mark.parametrize("name", LEFT)
def test_tables_that_are_filled_or_used_otherwise_are_left(name: str) -> None:
    check_noop(LEFT[name], "unsupported-shape")


def test_a_function_that_is_called_elsewhere_too_is_put_there_in_its_new_form(tmp_path: Path) -> None:
    app = APP + "\n\nfrom handlers import summary\n\nprint(summary('alone'))\n"
    alike = check_runs_alike({"handlers.py": PLAIN, "app.py": app}, tmp_path, realtime=1)
    text = alike.rewritten.files["handlers.py"]
    assert '@handler("summary")\ndef summary_batch(text):' in text
    assert "\n\n\ndef summary(text):" in text
