"""Celery tasks: what enqueues them one by one, and loops inside of them; with what is left as it is."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from .programs import check_noop, check_rewritten, check_runs_alike, rewrite

HEAD = """
import sqlite3

from celery import Celery, chain, chord, group
from openai import OpenAI

app = Celery("shop", broker="memory://")
app.conf.update(task_always_eager=True, task_eager_propagates=True)
client = OpenAI()
ROWS = [(1, "tea"), (2, ""), (3, "jam"), (4, "tea")]


def connect():
    return sqlite3.connect("shop.db")


with connect() as con:
    con.execute("create table if not exists texts (id integer, text text)")


def ask(text):
    answer = client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": text}])
    return answer.choices[0].message.content


def store(number, text):
    with connect() as con:
        con.execute("insert into texts values (?, ?)", (number, text))


@app.task(queue="models")
def describe(number, name, language="en"):
    store(number, ask(f"{name} in {language}"))


@app.task
def finish():
    print("finished")


"""

ENQUEUED = {
    "a loop, with keywords": (
        "for number, name in ROWS:\n    describe.delay(number, name=name)",
        "describe_all.delay([(number, name) for number, name in ROWS])",
    ),
    "keywords in another order": (
        "for number, name in ROWS:\n    describe.delay(name=str(name), number=int(number))",
        "describe_all.delay([(int(number), str(name)) for number, name in ROWS])",
    ),
    "options of sending": (
        "for number, name in ROWS:\n"
        "    describe.apply_async(args=[number, name], kwargs={'language': 'de'}, queue='slow')",
        "describe_all.apply_async(args=([(number, name, 'de') for number, name in ROWS],), queue='slow')",
    ),
    "guards and logs": (
        "for number, name in ROWS:\n"
        "    if not name:\n"
        "        continue\n"
        "    print('describing', name)\n"
        "    describe.delay(number, name)  # in its turn",
        "describe_items = []\n"
        "for number, name in ROWS:\n"
        "    if not name:\n"
        "        continue\n"
        "    print('describing', name)\n"
        "    describe_items.append((number, name))  # in its turn\n"
        "describe_all.delay(describe_items)",
    ),
    "a look-up that may fail": (
        "names = dict(ROWS)\nfor number in (1, 3):\n    name = names.pop(number)\n    describe.delay(number, name)",
        "names = dict(ROWS)\n"
        "describe_items = []\n"
        "try:\n"
        "    for number in (1, 3):\n"
        "        name = names.pop(number)\n"
        "        describe_items.append((number, name))\n"
        "finally:\n"
        "    describe_all.delay(describe_items)",
    ),
    "a comprehension": (
        "[describe.delay(*row) for row in ROWS if row[1]]",
        "describe_all.delay([(*row,) for row in ROWS if row[1]])",
    ),
    "a group": (
        "group(describe.s(number, name) for number, name in ROWS)()",
        "describe_all.delay([(number, name) for number, name in ROWS])",
    ),
    "a group with options": (
        "group([describe.si(number, name) for number, name in ROWS]).apply_async(countdown=60)",
        "describe_all.apply_async(args=([(number, name) for number, name in ROWS],), countdown=60)",
    ),
    "chunks": ("describe.chunks(ROWS, 2).apply_async()", "describe_all.delay(list(ROWS))"),
}


@pytest.mark.parametrize("name", ENQUEUED)
def test_what_enqueues_one_by_one_enqueues_once(name: str) -> None:
    before, after = ENQUEUED[name]
    done = rewrite(HEAD + before + "\n")
    text = done.files["app.py"]
    assert text.endswith(after + "\n"), (text, done.refusals)
    assert '@app.task(queue="models", bind=True, max_retries=None, ' in text
    again = rewrite(done.files)
    assert again.files == done.files, "a second run changes more"


LOOPS = {
    "rows of a database": """
        @app.task(bind=True)
        def nightly(self, language):
            '''Describe all.'''
            with connect() as con:
                rows = con.execute("select 1, 'tea' union select 2, '' union select 3, 'jam'").fetchall()
            for number, name in rows:
                if not name:
                    store(number, "nothing")
                    continue
                store(number, ask(f"{name} in {language}"))
            print("sent", len(rows))
            return len(rows)

        nightly.delay("de")
    """,
    "ids that came with the message": """
        @app.task
        def nightly(numbers):
            for number in numbers:
                text = ask(str(number))
                store(number, text)

        nightly.delay([3, 1, 2])
    """,
}


@pytest.mark.parametrize("name", [*LOOPS, *ENQUEUED])
def test_the_rows_are_the_same(name: str, tmp_path: Path) -> None:
    program = LOOPS[name] if name in LOOPS else ENQUEUED[name][0].replace("countdown=60", "queue='slow'")
    check_runs_alike(HEAD + textwrap.dedent(program), tmp_path)


LOOPING = """
from celery import shared_task
from openai import OpenAI
from shop.models import Product

client = OpenAI()


@shared_task(name="blurbs.nightly", ignore_result=True)
def nightly(language):
    # All that have none.
    for key in Product.objects.filter(blurb="").values_list("pk", flat=True):
        product = Product.objects.get(pk=key)
        if not product.name:
            continue  # nothing to say
        prompt = [{"role": "user", "content": f"{product.name} in {language}"}]
        answer = client.chat.completions.create(model="gpt-5", messages=prompt)
        product.blurb = answer.choices[0].message.content
        product.save()
"""
LOOPED = """
from celery import shared_task
from openai import OpenAI
from shop.models import Product

from llm_batch import NotReady, collect_batch, in_turn, request

client = OpenAI()


def nightly_batch(key, language):
    product = Product.objects.get(pk=key)
    if not product.name:
        return  # nothing to say
    prompt = [{"role": "user", "content": f"{product.name} in {language}"}]
    answer = yield request(
        client.chat.completions.create, model="gpt-5", messages=prompt
    )
    product.blurb = answer.choices[0].message.content
    yield in_turn()
    product.save()


@shared_task(
    name="blurbs.nightly_all",
    ignore_result=True,
    bind=True,
    max_retries=None,
    acks_late=True,
    reject_on_worker_lost=True,
)
def nightly_all(self, items):
    '''The loop of `nightly` as one batch; comes back later instead of waiting.'''
    steps = (nightly_batch(*item) for item in items)
    try:
        collect_batch(steps, wait=self.request.is_eager, job=self.request.id)
    except NotReady as pause:
        raise self.retry(countdown=pause.seconds) from None


@shared_task(name="blurbs.nightly", ignore_result=True)
def nightly(language):
    # All that have none.
    nightly_all.delay([(key, language) for key in Product.objects.filter(blurb="").values_list("pk", flat=True)])
""".replace("'''", '"""')


def test_a_loop_in_a_task_becomes_a_task_of_its_own() -> None:
    check_rewritten(LOOPING, LOOPED)


# what a reader calls the case: the change that makes the loop stay in its task, and words of the note.
WAITING = {
    "objects": ('.values_list("pk", flat=True)', ".all()", "cannot be shown to fit into a message"),
    "rows as one name": ('"pk", flat=True', '"pk", "name"', "cannot be shown to fit into a message"),
    "something afterwards": ("product.save()", "product.save()\n    report()", "comes after all answers"),
    "a sum": ("product.save()", "product.save()\n        total = total + 1", "shares `total` with the rest"),
    "a base class": ("ignore_result=True", "base=Base", "`base`, which a batch cannot keep"),
    "an effect before the request": ("        prompt =", "        product.mark()\n        prompt =", "effect in line"),
    "a caller that goes on": (
        "def nightly(language",
        "def all():\n    nightly(1)\n\n\n@shared_task\ndef nightly(language",
        "may go on when it ends",
    ),
}


@pytest.mark.parametrize("name", WAITING)
def test_a_loop_that_has_to_stay_waits_in_its_task(name: str) -> None:
    old, new, words = WAITING[name]
    source = LOOPING.replace(old, new).replace(
        "    # All", "    total = 0\n    # All" if name == "a sum" else "    # All"
    )
    done = rewrite(source)
    assert "\n    run_batch(" in done.files["app.py"], done.refusals
    assert words in done.notes[0]


def test_a_loop_below_a_task_waits_and_says_so() -> None:
    source = LOOPING.replace('@shared_task(name="blurbs.nightly", ignore_result=True)\n', "")
    done = rewrite(source + "\n\n@shared_task\ndef all():\n    nightly(1)\n")
    assert "\n    run_batch(" in done.files["app.py"]
    assert [note.partition(";")[0] for note in done.notes] == ["holds its worker until the batch has ended"]


REFUSED = {
    "one event": ("describe.delay(1, 'tea')", "single-events", "is enqueued for one event at a time (app.py:40)"),
    "results": (
        "results = [describe.delay(*row) for row in ROWS]",
        "unsupported-shape",
        "what enqueuing gives is used",
    ),
    "waiting for each": (
        "for row in ROWS:\n    describe.delay(*row).get()",
        "unsupported-shape",
        "enqueues in no way that the rewrite knows",
    ),
    "a chord": (
        "chord(describe.s(*row) for row in ROWS)(finish.si())",
        "unsupported-shape",
        "a workflow of tasks that wait for each other",
    ),
    "a chain": (
        "chain(describe.si(*row) for row in ROWS)()",
        "unsupported-shape",
        "a workflow of tasks that wait for each other",
    ),
    "spread over time": (
        "for number, name in ROWS:\n    describe.apply_async((number, name), countdown=number * 10)",
        "unsupported-shape",
        "`countdown` in line 41 differs from item to item",
    ),
    "a callback of each": (
        "for row in ROWS:\n    describe.apply_async(row, link=finish.si())",
        "unsupported-shape",
        "`link` in line 41 is meant for one task",
    ),
    "a mark on each row": (
        "for number, name in ROWS:\n    store(number, 'queued')\n    describe.delay(number, name)",
        "order-of-effects",
        "the loop that enqueues has another effect in line 41",
    ),
    "errors of enqueuing": (
        "for row in ROWS:\n    try:\n        describe.delay(*row)\n    except OSError:\n        print(row)",
        "unsupported-shape",
        "within more than a `for` loop",
    ),
    "a comment inside": (
        "group(\n    describe.s(*row)  # one each\n    for row in ROWS\n)()",
        "unsupported-shape",
        "`# one each` stands within the enqueuing",
    ),
    "arguments that are worked out in another order": (
        "for number, name in ROWS:\n    describe.delay(name=told(name), number=told(number))",
        "order-of-effects",
        "in another order than `describe` takes them",
    ),
    "arguments as a mapping": (
        "for row in ROWS:\n    describe.delay(**dict(number=row[0], name=row[1]))",
        "unsupported-shape",
        "arguments are handed over as `**`",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_enqueues_otherwise_is_left(name: str) -> None:
    program, refusal, words = REFUSED[name]
    given = check_noop(HEAD + program + "\n", refusal)
    assert given is not None
    assert words in given.detail


TASKS = {
    "its own message": (
        "@app.task(bind=True)\ndef describe(self, number, name, language='en'):\n    print(self.request.id)",
        "asks for `self.request.id`",
    ),
    "a second decorator": ("@app.task\n@logged\ndef describe(number, name, language='en'):", "one decorator"),
    "a parameter that is given by its name": (
        "@app.task\ndef describe(number, name, *, language):",
        "`describe` takes `language` by its name alone",
    ),
    "an effect before the request": (
        "@app.task\ndef describe(number, name, language='en'):\n    store(number, '')",
        "has an effect in line",
    ),
}


@pytest.mark.parametrize("name", TASKS)
def test_tasks_that_cannot_be_run_for_all_are_left(name: str) -> None:
    head, words = TASKS[name]
    source = HEAD.replace('@app.task(queue="models")\ndef describe(number, name, language="en"):', head)
    done = rewrite(source + "for row in ROWS:\n    describe.delay(*row)\n")
    assert done.files == done.before
    assert any(words in refusal.detail for _, _, refusal in done.refusals), done.refusals


def test_a_parameter_that_is_given_by_its_name_counts_where_it_is_given() -> None:
    source = HEAD.replace("name, language=", "name, *, language=")
    text = rewrite(source + "for row in ROWS:\n    describe.delay(*row)\n").files["app.py"]
    assert text.endswith("describe_all.delay([(*row,) for row in ROWS])\n")
    given = check_noop(source + "for row in ROWS:\n    describe.delay(*row, language='de')\n", "unsupported-shape")
    assert given is not None
    assert "takes `language` by its name alone" in given.detail


BY_HAND = """
def ask_again(task, error):
    raise task.retry(exc=error)


@app.task(bind=True, max_retries=3)
def summarise(self, number, name):
    try:
        text = ask(name)
    except Exception as error:
        print(number, self.request.retries, type(error).__name__)
        raise self.retry(exc=error, countdown=2 ** self.request.retries)
    store(number, text)


for number, name in ROWS:
    summarise.delay(number, name)
"""
RAISED = "raise self.retry(exc=error, countdown=2 ** self.request.retries)"
QUIET = """
@contextlib.contextmanager
def quiet():
    try:
        yield
    except Exception:
        print("quiet")


"""
SILENT = ('print("quiet")', "pass")
WITHIN = (
    ("import sqlite3", "import contextlib\nimport sqlite3"),
    ("    try:\n", "    with quiet():\n     try:\n"),
    ("    except", "     except"),
)
ALIKE_BY_HAND = {
    "as it stands": (3, ()),
    "without an error or a time": (3, ((RAISED, "raise self.retry()"),)),
    "without `raise`": (2, ((RAISED, "self.retry(exc=error, countdown=0, max_retries=2)"),)),
    "a limit with a name": (
        2,
        (("max_retries=3", "max_retries=TRIES"), ("def ask_again", "TRIES = 2\n\n\ndef ask_again")),
    ),
    "an end of its own": (
        3,
        (
            (RAISED, f"if self.request.retries < self.max_retries:\n            {RAISED}"),
            ("    store(number, text)", "        print('never')\n        return\n    store(number, text)"),
        ),
    ),
    "an end by its error": (
        3,
        ((RAISED, f"try:\n            {RAISED}\n        except self.MaxRetriesExceededError:\n            text = ''"),),
    ),
    "in a context manager that catches nothing": (
        3,
        (*WITHIN, ("def ask_again", QUIET.replace("except Exception:", "finally:") + "def ask_again"), SILENT),
    ),
    "an error in front of the request": (0, (("ask(name)", "ask(name[: 9 // abs(number - 3)])"),)),
    "how often it was tried": (
        3,
        (("max_retries=3", "autoretry_for=(Exception,), default_retry_delay=0"), (RAISED, "raise")),
    ),
}
"""How often what fails is tried again, and what the task does otherwise."""
LEFT_BY_HAND = {
    "by its own name": (
        (
            ("bind=True, ", ""),
            ("self, number", "number"),
            ("self.request.retries, type", "type"),
            (RAISED, "raise summarise.retry(exc=error)"),
        ),
        ") may be of the task `summarise`",
    ),
    "as the current task": (
        (
            ("from openai", "from celery import current_task as current\nfrom openai"),
            (RAISED, "raise current.retry(exc=error)"),
        ),
        ") may be of the task `summarise`",
    ),
    "a name for how it tries": (
        ((RAISED, "again = self.retry\n        raise again(args=(number, name + '!'), exc=error)"),),
        "hands `self.retry` on",
    ),
    "a helper that tries": (
        (("raise task.retry", "raise task"), (RAISED, "ask_again(self.retry, error)")),
        "hands `self.retry` on",
    ),
    "somebody hears of it": (
        (("from openai", "from celery.signals import task_retry\nfrom openai"),),
        "`task_retry` tells of retries of the task `summarise`",
    ),
    "a context manager that catches": (
        (*WITHIN, ("def ask_again", f"{QUIET}def ask_again")),
        "may go on after it is to be tried again",
    ),
    "no second try": ((("max_retries=3", "max_retries=0"),), "may have no second try"),
    "a limit that is worked out": ((("max_retries=3", "max_retries=len(ROWS)"),), "may have no second try"),
    "somebody else tries": (((RAISED, "ask_again(self, error)"),), "hands its object `self` on"),
    "other arguments": (
        (("countdown=2", "args=(number, 'tea'), countdown=2"),),
        "tries again with more than an error and a time",
    ),
    "its own message": ((("self.request.retries, type", "self.request.id, type"),), "asks for `self.request.id`"),
    "something that it keeps": (((RAISED, "self.seen = number"),), "asks for `self.seen`"),
    "it goes on after it": (
        (("    except Exception", "        if len(text) > 3:\n            self.retry()\n    except Exception"),),
        "may go on after it is to be tried again",
    ),
    "it tries again in two ways": (
        (("max_retries=3", "max_retries=3, autoretry_for=(OSError,)"),),
        "tries again in two ways",
    ),
    "a function in it tries": (
        ((RAISED, f"def again(error=error):\n            {RAISED}\n\n        again()"),),
        "may go on after it is to be tried again",
    ),
}


def by_hand(changes: tuple[tuple[str, str], ...]) -> str:
    text = HEAD + BY_HAND
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize("name", ALIKE_BY_HAND)
def test_a_task_that_tries_again_by_hand_is_tried_again_alone(name: str, tmp_path: Path) -> None:
    tries, changes = ALIKE_BY_HAND[name]
    program = by_hand(changes).replace("client = OpenAI()", "client = OpenAI(max_retries=0)")
    program = program.replace("eager_propagates=True", "eager_propagates=False")
    faults = Faults(failures=[Failure("jam", 500)])
    done = check_runs_alike(program, tmp_path, faults=faults, realtime=tries)
    assert done.before.ended.code == 0, done.before.ended
    assert "(FirstSummarise(), *item)" in done.rewritten.files["app.py"]


@pytest.mark.parametrize("name", LEFT_BY_HAND)
def test_a_task_that_asks_more_of_its_run_is_left(name: str) -> None:
    changes, words = LEFT_BY_HAND[name]
    refusal = check_noop(by_hand(changes), "unsupported-shape")
    assert refusal is not None
    assert words in refusal.detail


def test_a_loop_of_a_task_that_tries_again_by_hand_waits_there() -> None:
    looping = """
        @app.task(bind=True)
        def nightly(self, numbers):
            if not numbers:
                raise self.retry(countdown=60)
            for number in numbers:
                store(number, ask(str(number)))

        nightly.delay([3, 1, 2])
    """
    text = rewrite(HEAD + textwrap.dedent(looping)).files["app.py"]
    assert "    run_batch(handle_number(number) for number in numbers)\n" in text


def test_a_task_that_is_enqueued_one_by_one_too_keeps_its_form() -> None:
    enqueuing = "for row in ROWS:\n    describe.delay(*row)\n\ndescribe.delay(7, 'salt')\n"
    text = rewrite(HEAD + enqueuing).files["app.py"]
    assert "    return realtime(describe_batch(number, name, language))\n" in text
    assert text.endswith("\n\ndescribe.delay(7, 'salt')\n")


def test_two_loops_share_the_task_for_all() -> None:
    enqueuing = "for row in ROWS:\n    describe.delay(*row)\nfor row in ROWS:\n    describe.delay(*row, 'de')\n"
    text = rewrite(HEAD + enqueuing).files["app.py"]
    assert text.endswith(
        "describe_all.delay([(*row,) for row in ROWS])\ndescribe_all.delay([(*row, 'de') for row in ROWS])\n"
    )
    assert text.count("def describe_all(") == 1


def test_a_task_that_is_called_like_a_part_of_the_helper_keeps_its_name(tmp_path: Path) -> None:
    head = HEAD.replace("describe(", "collect(").replace(
        "@app.task\ndef finish", "class NotReady:\n    pass\n\n\ndef finish"
    )
    program = head + "for number, name in ROWS:\n    collect.delay(number, name)\n"
    text = rewrite(program).files["app.py"]
    assert "NotReady as LLMNotReady" in text
    assert "        results = llm_collect_batch(" in text
    check_runs_alike(program, tmp_path)


def test_a_task_for_one_event_is_left_as_such_whatever_else_it_is() -> None:
    bound = HEAD.replace('@app.task(queue="models")\ndef describe(', "@app.task(bind=True)\ndef describe(self, ")
    bound = bound.replace("    store(number,", "    print(self.request.id)\n    store(number,")
    check_noop(bound + "describe.delay(1, 'tea')\n", "single-events")
    check_noop(bound + "print(describe.delay(1, 'tea').id)\n", "single-events")
    check_noop(bound + "print(list(map(lambda row: describe.delay(*row), ROWS)))\n", "unsupported-shape")
    check_noop(bound + "for number, name in ROWS:\n    describe.delay(number, name)\n", "unsupported-shape")


def test_what_only_enqueues_gets_no_helper() -> None:
    enqueuing = """
        from shop.tasks import ROWS, describe

        for number, name in ROWS:
            describe.delay(number, name)
    """
    done = rewrite({"shop/__init__.py": "", "shop/tasks.py": HEAD, "enqueue.py": enqueuing})
    assert "describe_all.delay(" in done.files["enqueue.py"]
    assert done.files.keys() - done.before.keys() == {"shop/llm_batch.py"}
