"""Tasks that keep nothing and only give back what they make, enqueued by those who take no result."""

import pytest

from .verdicts import verdict

TASKS = """
    import json
    from celery import Celery
    from llm import ask
    from store import notes, save

    app = Celery("notes")

    @app.task
    def label(text):
        answer = ask(text)  # !
        found = json.loads(answer)
        {kept}
        return {given}

    @app.task
    def collect(id):
        note = notes(id)
        note.state = "read"
        {enqueued}
    """
LEFT = "label.delay(note.text)"
GIVEN = '{"status": "ok", "labels": found}'


def _verdict(kept: str = "", given: str = GIVEN, enqueued: str = LEFT, more: str = "") -> str:
    return verdict({"tasks.py": TASKS.format(kept=kept, given=given, enqueued=enqueued) + more})


def test_nothing_tells_who_gets_what_is_only_given_back() -> None:
    assert _verdict() == "unclear"
    assert _verdict(enqueued="label.apply_async(args=[note.text], countdown=1)") == "unclear"


@pytest.mark.parametrize(
    "kept",
    [
        "save(found)",
        "app.state = found",
        "notes(text).labels = found",
        "found.append_to(open('l.txt', 'w').write(answer))",
    ],
)
def test_a_task_that_keeps_what_it_makes_is_done(kept: str) -> None:
    assert _verdict(kept) == "batchable"


def test_a_helper_may_keep_it() -> None:
    helper = """
    def keep(found):
        save(found)
    """
    assert _verdict("keep(found)", more=helper) == "batchable"


@pytest.mark.parametrize("given", ["None", "True"])
def test_a_task_that_gives_back_nothing_has_done_its_work(given: str) -> None:
    assert _verdict(given=given) == "batchable"


@pytest.mark.parametrize(
    "enqueued",
    [
        "for each in note.parts:\n            label.delay(each.text)",
        "label.apply_async(args=[note.text], link=collect.s())",
    ],
)
def test_results_of_many_and_those_that_go_on_are_wanted(enqueued: str) -> None:
    assert _verdict(enqueued=enqueued) == "batchable"


def test_who_calls_the_task_itself_takes_what_it_gives() -> None:
    job = """
    if __name__ == "__main__":
        print([label(line) for line in open("lines.txt")])
    """
    assert _verdict(more=job) == "batchable"
