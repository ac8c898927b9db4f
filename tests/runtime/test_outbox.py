"""Events in the broker: none is lost, and those that were handed on do not come again."""

from __future__ import annotations

from typing import Any

import pytest
from celery import Celery

from batchlint.runtime.outbox import put_aside, taken_events


@pytest.fixture
def app() -> Celery:
    return Celery("shop", broker="memory://", set_as_current=False)


@pytest.fixture
def seen() -> list[Any]:
    """The items that tasks have worked on."""
    return []


def make_task(app: Celery, name: str, seen: list[Any]) -> Any:
    @app.task(name=name)
    def work(items: list[Any]) -> None:
        seen.extend(items)

    return work


@pytest.fixture
def task(app: Celery, seen: list[Any]) -> Any:
    return make_task(app, "shop.describe_all", seen)


def put(task: Any, count: int) -> None:
    for number in range(count):
        put_aside(task, number, {"name": "tea"})


def test_what_was_put_aside_is_taken_once(task: Any) -> None:
    put(task, 3)
    assert list(taken_events(task)) == [[[number, {"name": "tea"}] for number in range(3)]]
    assert list(taken_events(task)) == []


def test_what_could_not_be_handed_on_comes_again(task: Any) -> None:
    put(task, 3)
    with pytest.raises(ConnectionError):
        for _ in taken_events(task):
            raise ConnectionError
    assert [sorted(item[0] for item in items) for items in taken_events(task)] == [[0, 1, 2]]


def test_each_task_has_its_own(app: Celery, task: Any, seen: list[Any]) -> None:
    other = make_task(app, "shop.label_all", seen)
    put(task, 1)
    assert list(taken_events(other)) == []
    assert len(list(taken_events(task))) == 1


def test_what_is_more_comes_in_parts(task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batchlint.runtime.outbox.TOGETHER", 2)
    put(task, 5)
    assert [len(items) for items in taken_events(task)] == [2, 2, 1]


def test_where_tasks_run_at_once_so_does_the_event(app: Celery, task: Any, seen: list[Any]) -> None:
    app.conf.task_always_eager = True
    put_aside(task, 1, "tea")
    assert [tuple(item) for item in seen] == [(1, "tea")]
