"""Tasks for single events, whose events come together under `--strategy accumulate`; see test_celery.py for workers."""

from __future__ import annotations

import pytest

from .programs import check_rewritten, rewrite

TASK = """
from celery import shared_task
from django.db import transaction
from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.chat.completions.create(model="gpt-5", messages=text).choices[0].message.content


@shared_task(name="shop.describe")
def describe(number: int, name: str) -> str:
    '''Describe one product.'''
    return ask(name)


"""
EVENT = """def on_change(product):
    transaction.on_commit(lambda: describe.delay(product.id, name=product.name))
"""
TWIN = """
client = OpenAI()


def ask(text):
    return (yield request(
        client.chat.completions.create, model="gpt-5", messages=text
    )).choices[0].message.content


def describe_batch(number: int, name: str):
    '''Describe one product.'''
    return (yield from ask(name))


"""
TOGETHER = """
@shared_task(
    name="shop.describe_all",
    bind=True,
    max_retries=None,
    acks_late=True,
    reject_on_worker_lost=True,
)
def describe_all(self, items):
    \"\"\"`describe` for all items as one batch; comes back later instead of waiting.\"\"\"
    steps = (describe_batch(*item) for item in items)
    try:
        results = collect_batch(
            steps, return_exceptions=True, wait=self.request.is_eager, job=self.request.id
        )
    except NotReady as pause:
        raise self.retry(countdown=pause.seconds) from None
    raise_errors(results)
"""
FORMS = {
    "outbox": """
from celery import current_app, shared_task
from django.db import transaction
from openai import OpenAI

from llm_batch import (
    NotReady,
    collect_batch,
    put_aside,
    raise_errors,
    request,
    taken_events,
)
"""
    + TWIN
    + """@shared_task(name="shop.describe")
def describe(number: int, name: str):
    '''Describe one product.'''
    put_aside(describe_all, number, name)

"""
    + TOGETHER
    + """

@shared_task(name="shop.describe_flush", acks_late=True, reject_on_worker_lost=True)
def describe_flush():
    \"\"\"Hands on to `describe_all` what `describe` has put aside.\"\"\"
    for items in taken_events(describe_all):
        describe_all.delay(items)


@current_app.on_after_finalize.connect
def schedule_describe_flush(sender, **kwargs):
    sender.add_periodic_task(900, describe_flush.s())


"""
    + EVENT,
    "celery-batches": """
from celery import shared_task
from celery_batches import Batches
from django.db import transaction
from openai import OpenAI

from llm_batch import NotReady, collect_batch, event_arguments, raise_errors, request
"""
    + TWIN
    + """@shared_task(name="shop.describe", base=Batches, flush_every=1_000, flush_interval=900)
def describe(requests):
    '''Describe one product.'''
    describe_all.delay([event_arguments(describe_batch, each) for each in requests])

"""
    + TOGETHER
    + "\n\n"
    + EVENT,
}


@pytest.mark.parametrize("strategy", FORMS)
def test_events_come_together(strategy: str) -> None:
    check_rewritten(TASK + EVENT, FORMS[strategy], strategy=strategy)


@pytest.mark.parametrize("strategy", ["auto", "batch"])
def test_events_stay_single_unless_asked(strategy: str) -> None:
    done = rewrite(TASK + EVENT, strategy=strategy)
    assert done.files == done.before
    assert {refusal.name for _, _, refusal in done.refusals} == {"single-events"}


def test_a_loop_beside_the_events_enqueues_once() -> None:
    loop = "def on_import(products):\n    for product in products:\n        describe.delay(product.id, product.name)\n"
    text = rewrite(TASK + EVENT + loop, strategy="outbox").files["app.py"]
    assert "    describe_all.delay([(product.id, product.name) for product in products])\n" in text
    assert "    put_aside(describe_all, number, name)\n" in text


def test_the_file_names_the_app(strategy: str = "outbox") -> None:
    source = TASK.replace("import shared_task", "import Celery").replace("@shared_task", "@celery_app.task")
    app = "client = OpenAI()\ncelery_app = Celery('shop')\n"
    text = rewrite(source.replace("client = OpenAI()\n", app) + EVENT, strategy=strategy).files["app.py"]
    assert "\n@celery_app.on_after_finalize.connect\ndef schedule_describe_flush(" in text


LEFT = {
    "a call at once": ("def now(product):\n    print(describe(1, product.name))\n", "calls `describe` itself"),
    "its id": ("def page(product):\n    return describe.delay(1, product.name).id\n", "does more with `describe`"),
    "a workflow": (
        "from celery import chain\n\ndef both(a):\n    chain(describe.si(1, a), describe.si(2, a))()\n",
        "a workflow of tasks that wait for each other",
    ),
    "a schedule": (
        "from celery import Celery\napp = Celery('shop')\n"
        "app.conf.beat_schedule = {'d': {'task': 'shop.describe', 'schedule': 60.0, 'args': (1, 'tea')}}\n",
        "is started by a schedule too",
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_tasks_that_are_more_than_events_stay(name: str) -> None:
    program, words = LEFT[name]
    done = rewrite(TASK + EVENT + program, strategy="outbox")
    assert done.files == done.before
    assert any(words in refusal.detail for _, _, refusal in done.refusals), done.refusals


@pytest.mark.parametrize(
    ("parameter", "words"), [("*, name: str", "by its name alone"), ("name: str, *more", "plain parameters")]
)
def test_parameters_that_are_not_plain_stay(parameter: str, words: str) -> None:
    source = TASK.replace("name: str)", f"{parameter})")
    done = rewrite(source + EVENT, strategy="outbox")
    assert done.files == done.before
    assert any(words in refusal.detail for _, _, refusal in done.refusals), done.refusals
