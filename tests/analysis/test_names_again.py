"""Names that get another value behind the call: the request holds the value in front."""

import pytest

from .verdicts import verdict

JOB = """
    from apscheduler.schedulers.blocking import BlockingScheduler
    from llm import ask

    class Labels:
        def __init__(self, store):
            self.store = store

        def label(self, rows):
            {before}
            for batch in rows:
                {texts}
                answer = ask(texts)  # !
                {after}

    def nightly():
        Labels(open("store")).label(open("rows"))

    scheduler = BlockingScheduler()
    scheduler.add_job(nightly, "cron", hour=2)
    scheduler.start()
    """
TEXTS = "texts = [row.text for row in batch]"
LOOPED = """texts = []
                for row in batch:
                    texts.append(row.text)"""
STORED = """for part in answer.choices:
                    row = self.store.get(part.id)
                    row.label = part.text
                    self.store.add(row)"""


def job(before: str = "", texts: str = LOOPED, after: str = STORED) -> str:
    source = JOB
    for name, text in {"before": before or "pass", "texts": texts, "after": after}.items():
        source = source.replace("{" + name + "}", text)
    return source


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (job(), "batchable"),
        (job(texts=TEXTS), "batchable"),
        (job(texts="texts = [batch, self.store.last()]"), "realtime"),
        (job(before="row = None", texts="texts = [batch, row]"), "realtime"),
        (job(before="row = None", texts="row = self.store.first(); texts = [batch, row]"), "realtime"),
        (job(before="texts = []", texts="texts.append(batch)"), "batchable"),
        (
            job(before="known = self.store.labels", texts="texts = [batch, known]", after="self.store.labels = answer"),
            "realtime",
        ),
    ],
    ids=["a loop", "a comprehension", "read in front", "left by the last turn", "read again", "kept", "an attribute"],
)
def test_a_name_that_is_given_again_behind_the_call_holds_no_answer_in_front(source: str, expected: str) -> None:
    assert verdict(source) == expected
