"""Tasks that tell how far they are: whoever starts them from elsewhere looks on, unless they are started here."""

import pytest

from .verdicts import verdict

TASKS = """
    from celery import Celery
    from llm import ask

    app = Celery("notes")

    @app.task(bind=True)
    def label(self, texts):
        for text in texts:
            print(ask(text))  # !
            {tell}

    def label_later(texts):
        label.delay(texts)

    {start}
    """
TELLS = "self.update_state(state='PROGRESS', meta={'done': 1})"
SCHEDULE = """app.conf.beat_schedule = {"label": {"task": "label", "schedule": 86400.0, "args": [["a", "b"]]}}"""
AGAIN = "@app.task\n    def again():\n        label_later(open('lines.txt'))"
MAIN = "if __name__ == '__main__':\n        label_later(open('lines.txt'))"


@pytest.mark.parametrize(
    ("tell", "start", "expected"),
    [
        (TELLS, "", "unclear"),
        (TELLS, AGAIN, "unclear"),
        ("print(text)", "", "batchable"),
        (TELLS, SCHEDULE, "batchable"),
        (TELLS, MAIN, "batchable"),
    ],
)
def test_a_task_that_tells_how_far_it_is_is_followed(tell: str, start: str, expected: str) -> None:
    program = {"tasks.py": TASKS.format(tell=tell, start=start)}
    assert verdict(program) == expected
