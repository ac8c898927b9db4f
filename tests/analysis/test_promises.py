"""Tasks of which somebody is told that the result is there in a moment, and twins of which nobody is told so."""

import pytest

from .verdicts import marked, verdict

TASKS = """
    from celery import group, shared_task
    from llm import ask
    from models import Answer

    @shared_task
    def draft(id):
        Answer.objects.filter(id=id).update(text=ask(str(id))){one}

    @shared_task
    def draft_all(ids):
        group(draft.si(id) for id in ids).apply_async(){all}
    """
VIEWS = """
    import logging
    from django.contrib import messages
    from django.shortcuts import redirect
    from django.urls import path
    from tasks import {task}

    logger = logging.getLogger(__name__)

    def again(request, id):
        "{doc}"
        if request.method == "PUT":
            raise ValueError("{error}")
        {task}.delay(id)
        {tell}
        return redirect("answers")

    urlpatterns = [path("again/<int:id>", again)]
    """


def program(tell: str = "pass", task: str = "draft", doc: str = "Draft again.", error: str = "no") -> dict[str, str]:
    views = VIEWS
    for name, text in {"tell": tell, "task": task, "doc": doc, "error": error}.items():
        views = views.replace("{" + name + "}", text)
    one, every = ("  # !", "") if task == "draft" else ("", "  # !")
    return {"tasks.py": TASKS.replace("{one}", one).replace("{all}", every), "views.py": views}


@pytest.mark.parametrize(
    "text",
    [
        "Drafting! Refresh the page to see updates.",
        "Your answer is on its way, this may take a few moments.",
        "Reload this page in a moment",
        "Working on it, it takes 10-20 seconds",
        "Please wait while it is drafted",
    ],
)
def test_who_is_told_to_come_back_in_a_moment_waits(text: str) -> None:
    tell = f"messages.success(request, '{text}')"
    assert verdict(program(tell)) == "realtime"
    assert marked(program(tell, "draft_all")) is None


@pytest.mark.parametrize(
    "told",
    [
        {"tell": "messages.success(request, 'The answers are drafted tonight.')"},
        {"tell": "messages.error(request, 'Too many drafts, please wait a few minutes and try again')"},
        {"tell": "logger.info('drafting takes a few minutes')"},
        {"tell": "print('drafting takes a few minutes')"},
        {"doc": "Refresh the page in a moment to see the draft."},
        {"error": "refresh the page first"},
    ],
    ids=["tonight", "refused", "a log", "a terminal", "documentation", "an error"],
)
def test_who_is_told_nothing_of_the_kind_does_not(told: dict[str, str]) -> None:
    assert verdict(program(**told)) == "batchable"
    site = marked(program(task="draft_all", **told))
    assert site is not None and str(site.verdict) == "batchable"
