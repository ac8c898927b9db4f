"""A function that takes one text or many: the type of the argument tells which of its calls a caller comes to."""

import pytest

from .verdicts import is_waited_for, verdict

GUARDS = {
    "early_return": """
        if isinstance(texts, str):
            return ask(texts)
        return [ask(text) for text in texts]  # !
        """,
    "both_branches": """
        if not isinstance(texts, (str, bytes)):
            found = [ask(text) for text in texts]  # !
        else:
            found = [ask(texts)]
        return found
        """,
    "conditional_expression": """
        return ask(texts) if isinstance(texts, str) else [ask(text) for text in texts]  # !
        """,
    "and": """
        if isinstance(texts, list) and len(texts) > 0:
            return [ask(text) for text in texts]  # !
        return ask(str(texts))
        """,
}
PROGRAM = """
from dataclasses import dataclass
from flask import Flask, request
from llm import ask

app = Flask(__name__)

@dataclass
class Page:
    title: str
    parts: list

def label(texts):
    {guard}

def label_again(texts):
    return label(texts)

def cleaned() -> str:
    return request.json["text"]

@app.post("/label")
def handle():
    page = Page(**request.json)
    text = request.json["text"].strip()
    texts = request.json["texts"]
    {route}

if __name__ == "__main__":
    label([line for line in open("products.txt")])
"""


def program(guard: str, route: str) -> str:
    body = "\n".join(f"    {line.removeprefix(' ' * 8)}" for line in GUARDS[guard].strip("\n").splitlines())
    return PROGRAM.format(guard=body.strip(), route=route)


@pytest.mark.parametrize("guard", GUARDS)
def test_a_route_that_hands_over_one_text_does_not_wait_for_the_loop_over_many(guard: str):
    assert verdict(program(guard, "return label(text)")) == "batchable"
    assert verdict(program(guard, "return label(texts)")) == "realtime"


@pytest.mark.parametrize(
    "argument",
    [
        '"what is new?"',
        'f"classify {texts}"',
        '"classify " + texts',
        '", ".join(texts)',
        "text[:200]",
        "page.title",
        "str(texts)",
        "cleaned()",
        '"" if texts else text',
    ],
)
def test_what_is_a_string_by_its_form_or_annotation_is_one_text(argument: str):
    assert verdict(program("early_return", f"return label({argument})")) == "batchable"


@pytest.mark.parametrize(
    "argument", ["texts", "page.parts", "[text]", "request.json", '"" if text else texts', "*texts"]
)
def test_what_may_be_many_texts_is_waited_for(argument: str):
    assert verdict(program("early_return", f"return label({argument})")) == "realtime"


def test_the_type_is_kept_where_a_function_only_hands_its_parameter_on():
    assert verdict(program("early_return", "return label_again(text)")) == "batchable"
    assert verdict(program("early_return", "return label_again(texts)")) == "realtime"


def test_a_parameter_that_the_function_replaces_says_nothing():
    changed = PROGRAM.format(
        guard="""texts = [texts]
    if isinstance(texts, str):
        return ask(texts)
    return [ask(text) for text in texts]  # !""",
        route="return label(text)",
    )
    assert verdict(changed) == "realtime"


WORDS = """
from flask import Flask, request
from llm import ask

app = Flask(__name__)

def label(texts, mode="all", hint=None):
    {guard}

def label_again(texts, mode):
    return label(texts, mode=mode)

@app.post("/label")
def handle():
    text, mode = request.json["text"], request.json["mode"]
    return {route}

if __name__ == "__main__":
    label([line for line in open("products.txt")])
"""
ALL = {
    "equal": """if mode == "all":
        return [ask(text) for text in texts]  # !
    return [texts[0]]""",
    "one_of": """if mode in ("all", "every"):
        return [ask(text) for text in texts]  # !
    return [texts[0]]""",
    "left_before": """if mode == "first":
        return [texts[0]]
    return [ask(text) for text in texts]  # !""",
    "else": """if mode != "all":
        found = [texts[0]]
    else:
        found = [ask(text) for text in texts]  # !
    return found""",
}


@pytest.mark.parametrize("guard", ALL)
@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ('label(text, "first")', "batchable"),
        ('label(text, mode="first")', "batchable"),
        ('label_again(text, "first")', "batchable"),
        ('label(text, "first" if text else "first")', "batchable"),
        ('label(text, "first" if text else "all")', "realtime"),
        ('label(text, mode="all")', "realtime"),
        ('label_again(text, "all")', "realtime"),
        ("label(text, mode)", "realtime"),
        ("label(text)", "realtime"),
        ("label(*text)", "realtime"),
        ("label(**request.json)", "realtime"),
        ('label(text, "first", **request.json)', "batchable"),
        ("label(text, mode, **request.json)", "realtime"),
        ('label(*text, "first")', "realtime"),
    ],
)
def test_the_word_that_is_given_tells_which_call_is_come_to(guard, route, expected):
    assert verdict(WORDS.format(guard=ALL[guard], route=route)) == expected


NUMBERED = """
from flask import Flask, request
from llm import ask

app = Flask(__name__)

def run(texts, step, **options):
    if step in (0, 3):
        return options
    elif step == 2:
        return [ask(text) for text in texts]  # !
    return texts

def run_again(texts, step, **options):
    return run(texts, step, **options)

@app.post("/run")
def handle():
    texts, step, options = request.json["texts"], request.json["step"], request.json["options"]
    return {route}

if __name__ == "__main__":
    run(open("products.txt").readlines(), 2)
"""


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("run(texts, 1)", "batchable"),
        ("run(texts, 1, **options)", "batchable"),
        ("run_again(texts, 3, **options)", "batchable"),
        ("run_again(texts, step=1, **options)", "batchable"),
        ("run(texts, 2)", "realtime"),
        ("run_again(texts, 2, **options)", "realtime"),
        ("run(texts, step)", "realtime"),
        ("run(*texts, 1)", "realtime"),
        ("run(texts, **options)", "realtime"),
        ("run(texts, True)", "batchable"),
        ('run(texts, "2")', "batchable"),
    ],
)
def test_so_does_the_number_that_is_given(route: str, expected: str):
    assert verdict(NUMBERED.format(route=route)) == expected


STAGES = """if mode == "first":
        return label(texts, {again})
    if mode == "{stage}":
        return [ask(text) for text in texts]  # !
    return label(texts, "second") if mode == "all" else texts"""


@pytest.mark.parametrize(
    ("again", "stage", "expected"),
    [
        ('"second"', "second", "realtime"),
        ('"third"', "second", "batchable"),
        ("hint", "second", "realtime"),
        ('"all"', "second", "realtime"),
    ],
)
def test_a_function_may_call_itself_with_another_word(again, stage, expected):
    guard = STAGES.format(again=again, stage=stage)
    assert verdict(WORDS.format(guard=guard, route='label(text, "first")')) == expected


SWITCHED = """
from fastapi import FastAPI
from llm import ask

app = FastAPI()

def check(page, judge={default}):
    if "gone" in page:
        return False
    if {test}:
        return ask(page)  # !
    return True

@app.get("/page")
def page(text: str):
    return check({route})

if __name__ == "__main__":
    for line in open("pages.txt"):
        print(check(line, {job}))
"""


@pytest.mark.parametrize(
    ("default", "test", "route", "job", "expected"),
    [
        ("None", "judge is not None", "text", "app", False),
        ("None", "judge is not None", "text, app", "app", True),
        ("None", "judge is not None", "text, judge=app.state.judge", "app", True),
        ("False", "judge", "text", "True", False),
        ("False", "judge", "text, False", "judge=True", False),
        ("False", "judge", "text, judge=True", "True", True),
        ("False", "not judge", "text", "True", True),
        ("False", "not judge", "text, True", "judge=False", False),
        ("False", "judge or page", "text", "True", True),
        ("False", "judge and page", "text", "True", False),
    ],
)
def test_a_page_does_not_come_to_what_its_argument_switches_off(
    default: str, test: str, route: str, job: str, expected: bool
) -> None:
    source = SWITCHED.format(default=default, test=test, route=route, job=job)
    assert is_waited_for(source) is expected


def test_a_function_may_give_itself_what_its_own_call_returns():
    program = """
        import anthropic

        def ready(client, tries):
            if tries:
                client = ready(client, tries - 1)
            return client

        for line in open("lines.txt"):
            client = ready(anthropic.Anthropic(), 3)
            print(client.messages.create(model="m", max_tokens=9, messages=[line]))  # !
        """
    assert verdict(program) == "batchable"
