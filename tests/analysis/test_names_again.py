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


WINDOW = """
    import json
    from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
    from llm import ask

    def label_all(rows):
        pending, waiting, labels = {{}}, list(rows), []
        with ThreadPoolExecutor(8) as pool:
            while waiting and len(pending) < 8:
                name, text = waiting.pop()
                pending[pool.submit(ask, text)] = name
            while pending:
                done, _ = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    name = pending.pop(future)
                    text = str(future.result())
                    labels.append((name, text))
                while waiting and len(pending) < 8:
                    {next}
                    future = pool.submit(ask, text)  # !
                    pending[future] = name
        return labels

    if __name__ == "__main__":
        json.dump(label_all(json.load(open("rows.json"))), open("labels.json", "w"))
    """


@pytest.mark.parametrize(
    ("next", "expected"),
    [
        ("name, text = waiting.pop()", "batchable"),
        ("text = waiting.pop(); name = 'row'", "batchable"),
        ("text = {'seen': labels}; text = text['seen']", "realtime"),
        ("name = waiting.pop()", "realtime"),
        ("text = waiting.pop() + text", "realtime"),
        ("text = waiting.pop(); text += labels[-1][1]", "realtime"),
        ("text = waiting.pop(); text = f'{text} {labels}'", "realtime"),
        ("text = [waiting.pop()]; text.extend(labels)", "realtime"),
        ("text = waiting.pop() if name else text", "realtime"),
    ],
)
def test_the_next_item_has_the_name_that_the_last_one_had(next: str, expected: str):
    assert verdict(WINDOW.format(next=next.replace("; ", "\n                    "))) == expected
