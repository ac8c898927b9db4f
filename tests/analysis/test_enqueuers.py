"""Tasks that are enqueued by way of something: their method is handed over, or a helper is handed the task."""

import textwrap

import pytest

from .verdicts import verdict

TASKS = """
    from celery import shared_task
    from llm import ask

    @shared_task
    def label(product_id):
        answer = ask(product_id)  # !
        open("labels.txt", "a").write(answer)
        return answer
    """
QUEUE = """
    from asgiref.sync import async_to_sync
    from functools import partial
    from typing import Any, cast
    from django.db import transaction

    def later(task, *args):
        {later}

    def enqueue(task, *args):
        {later}

    def twice(task, *args):
        later(task, *args)
        later(task, *args)
    """
ROUTE = """
    from fastapi import FastAPI
    from asgiref.sync import async_to_sync
    from functools import partial
    from django.db import transaction
    from queueing import enqueue, later, twice
    from tasks import label

    api = FastAPI()

    @api.post("/products")
    def create(product_id: int):
        {route}
        return {{"id": product_id}}

    @api.post("/other")
    def other(product_id: int):
        return later(print, product_id).get()
    """


def enqueued(route: str, later: str = "return task.delay(*args)") -> str:
    program = {"tasks.py": TASKS, "queueing.py": QUEUE.format(later=later), "api.py": ROUTE.format(route=route)}
    return verdict(program)


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("later(label, product_id)", "batchable"),
        ("enqueue(label, product_id)", "batchable"),
        ("twice(label, product_id)", "batchable"),
        ("later(label, product_id).get()", "realtime"),
        ("enqueue(label, product_id).get()", "realtime"),
        ("job = later(label, product_id); job.wait()", "realtime"),
        ("async_to_sync(label.delay)(product_id)", "batchable"),
        ("async_to_sync(label.delay)(product_id).get()", "realtime"),
        ("transaction.on_commit(partial(label.delay, product_id))", "batchable"),
        ("label(product_id)", "realtime"),
    ],
)
def test_whoever_has_a_task_enqueued_may_want_its_result(route: str, expected: str):
    assert enqueued(route) == expected


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ("task.apply_async(args=args)", "batchable"),
        ("cast(Any, task).delay(*args)", "batchable"),
        ("async_to_sync(cast(Any, task).delay)(*args)", "batchable"),
        ("transaction.on_commit(lambda: task.delay(*args))", "batchable"),
        ("transaction.on_commit(partial(task.delay, *args))", "batchable"),
        ("return task.delay(*args).get()", "realtime"),
        ("return task(*args)", "realtime"),
    ],
)
def test_a_helper_enqueues_the_task_that_it_is_handed(later: str, expected: str):
    assert enqueued("later(label, product_id)", later) == expected


LOOKUP = """
    @api.get("/labels/{id}")
    def read(id: str):
        return AsyncResult(id).result
    """


@pytest.mark.parametrize("later", ["return task.delay(*args)", "return task.delay(*args).id"])
@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("job = later(label, product_id); return {{'label': job}}", "realtime"),
        ("return later(label, product_id)", "realtime"),
        ("job = later(label, product_id); print(job)", "batchable"),
    ],
)
def test_what_a_helper_gives_may_be_the_id_to_ask_with(later: str, route: str, expected: str):
    api = textwrap.dedent(ROUTE).format(route=route.format()) + textwrap.dedent(LOOKUP)
    program = {"tasks.py": TASKS, "queueing.py": QUEUE.format(later=later)}
    assert verdict({**program, "api.py": f"from celery.result import AsyncResult\n{api}"}) == expected
