"""Tasks that run on the spot where the project has no queue, and their twins that somebody wants on the spot."""

import pytest

from .verdicts import verdict

PROGRAM = {
    "tasks.py": """
        from celery import shared_task
        from llm import ask

        @shared_task
        def label(product_id):
            open("labels.txt", "a").write(ask(product_id))  # !
        """,
    "api.py": """
        import os
        from django.conf import settings
        from flask import Flask, request
        from tasks import label

        api = Flask(__name__)
        EAGER = os.getenv("EAGER")

        def is_eager():
            return bool(settings.TASKS_EAGER)

        @api.post("/products")
        def create(product_id, now=False):
            {create}
            return {{"id": product_id}}
        """,
}
BRANCHES = """
            if {test}:
                label(product_id)
            else:
                label.delay(product_id)
"""


def started(create: str) -> str:
    return verdict({**PROGRAM, "api.py": PROGRAM["api.py"].format(create=create.strip())})


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("settings.TASKS_EAGER", "batchable"),
        ("is_eager()", "batchable"),
        ("EAGER", "batchable"),
        ("not os.getenv('BROKER_URL')", "batchable"),
        ("now", "realtime"),
        ("settings.TASKS_EAGER or product_id == 1", "realtime"),
        ("request.args.get('now')", "realtime"),
    ],
)
def test_how_the_project_is_set_up_says_nothing_of_who_waits(test: str, expected: str):
    assert started(BRANCHES.format(test=test)) == expected


@pytest.mark.parametrize(
    ("create", "expected"),
    [
        ("eager = settings.TASKS_EAGER; label(product_id) if eager else label.delay(product_id)", "batchable"),
        ("eager = request.json['now']; label(product_id) if eager else label.delay(product_id)", "realtime"),
        ("label.delay(product_id); label(product_id)", "realtime"),
        ("label(product_id) if settings.TASKS_EAGER else print(product_id)", "realtime"),
    ],
)
def test_what_enqueues_the_task_stands_in_the_other_branch(create: str, expected: str):
    assert started(create) == expected


TRIES = """
            try:
                {tried}
            except {error}:
                label(product_id)
"""


@pytest.mark.parametrize(
    ("tried", "error", "expected"),
    [
        ("label.delay(product_id)", "ConnectionError", "batchable"),
        ("label.delay(product_id).get()", "ConnectionError", "realtime"),
        ("print(product_id)", "ConnectionError", "realtime"),
    ],
)
def test_so_it_is_where_the_queue_is_down(tried: str, error: str, expected: str):
    assert started(TRIES.format(tried=tried, error=error)) == expected
