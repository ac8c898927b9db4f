"""Spam filters and moderation: a queue runs them, yet whoever sent something in waits until it is let through."""

import pytest

from .verdicts import cases, marked, verdict

GATES = {
    "one_task": """
        from celery import shared_task
        from llm import ask

        def looks_like_spam(text):
            return ask("Is this spam? " + text)

        @shared_task
        def check_comment(comment):
            if looks_like_spam(comment.text):  # !
                comment.hide()
        """,
    "the_answer_after_the_verdict": """
        from celery import shared_task
        from llm import ask

        def moderate(text):
            return ask("Is this abusive? " + text)

        def topic_of(text):
            return ask("Which topic? " + text)

        @shared_task
        def take_in(question):
            if not moderate(question.text):
                question.topic = topic_of(question.text)  # !
                question.publish()
        """,
    "class": """
        from celery import shared_task
        from llm import ask

        class SpamFilter:
            def check(self, text):
                return ask(text)  # !

        @shared_task
        def take_in(comment_id):
            SpamFilter().check(comment_id)
        """,
}

NO_GATES = {
    "another_verdict": """
        from celery import shared_task
        from llm import ask

        def looks_alike(text):
            return ask("Which product is this? " + text)

        @shared_task
        def check_comment(comment):
            comment.product = looks_alike(comment.text)  # !
        """,
    "nightly_clean_up": """
        from celery import Celery
        from celery.schedules import crontab
        from llm import ask

        app = Celery("shop")
        app.conf.beat_schedule = {"nightly": {"task": "app.clean_up", "schedule": crontab(hour=2, minute=0)}}

        def looks_like_spam(text):
            return ask("Is this spam? " + text)

        @app.task
        def clean_up():
            for line in open("comments.txt"):
                print(looks_like_spam(line))  # !
        """,
    "many_in_one_task": """
        from celery import shared_task
        from llm import ask

        def looks_like_spam(text):
            return ask("Is this spam? " + text)

        @shared_task
        def clean_up(path):
            for line in open(path):
                print(looks_like_spam(line))  # !
        """,
    "script": """
        from llm import ask

        def moderate(text):
            return ask("Is this abusive? " + text)

        if __name__ == "__main__":
            for line in open("comments.txt"):
                print(moderate(line))  # !
        """,
}


@pytest.mark.parametrize("program", cases(GATES))
def test_a_task_that_lets_submissions_through_asks_how_long_they_may_wait(program):
    site = marked(program)
    assert site is not None
    assert str(site.verdict) == "unclear"
    assert site.question is not None
    assert "how long" in site.question


@pytest.mark.parametrize("program", cases(NO_GATES))
def test_a_verdict_that_nobody_waits_for_is_batchable(program):
    assert verdict(program) == "batchable"


TIMED = """
    import csv
    import time
    from llm import client

    def measure(text):
        start = time.perf_counter()
        answer = client.responses.create(model="gpt-5", input=text)  # !
        seconds = time.perf_counter() - start
        {told}

    def main():
        with open("times.csv", "w") as file:
            for text in open("texts.txt"):
                csv.writer(file).writerow(measure(text))

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("return [text, round(seconds, 3), answer.usage.output_tokens]", "realtime"),
        ("return [text, round(seconds, 3), answer.success, answer.latency_ms]", "realtime"),
        ("return [text, round(seconds, 3), answer.output_text]", "batchable"),
        ("return [text, round(seconds, 3), answer.success, answer.output_text]", "batchable"),
        ("print(f'took {seconds:.1f} s'); return [text, answer.usage.output_tokens]", "batchable"),
    ],
)
def test_a_request_that_is_made_to_measure_how_long_it_takes_is_none_to_batch(told, expected):
    assert verdict(TIMED.format(told=told)) == expected


MOMENT = """
    import datetime
    import json
    from apscheduler.schedulers.blocking import BlockingScheduler
    from llm import ask

    def decide(notes):
        answer = ask("Is now the moment? " + notes)
        return json.loads(answer.output_text)

    def nudge():
        now = datetime.datetime.now()
        hour = now.hour
        notes = open("notes.txt").read()
        if {when}:
            return
        decision = decide(notes)  # !
        if {test}:
            return
        print("Have you been out today?", decision)

    scheduler = BlockingScheduler()
    scheduler.add_job(nudge, "interval", hours=3)
    scheduler.start()
    """


@pytest.mark.parametrize(
    ("when", "test", "expected"),
    [
        ("not 9 <= now.hour < 21", "not decision['send']", "unclear"),
        ("hour < 9 or hour >= 21", "decision.get('send') is False", "unclear"),
        ("now.hour < 9 or now.hour > 21", "not decision.send", "unclear"),
        ("now.hour < 9", "not decision['send']", "batchable"),  # from then on
        ("not notes", "not decision['send']", "batchable"),
        ("not 9 <= now.hour < 21", "not decision", "batchable"),  # no answer came
        ("not 9 <= now.hour < 21", "decision.get('error')", "batchable"),
        ("not 9 <= now.hour < 21", "not notes", "batchable"),
    ],
)
def test_a_job_asks_whether_now_is_the_moment(when: str, test: str, expected: str):
    assert verdict(MOMENT.format(when=when, test=test)) == expected
    behind = MOMENT.replace("  # !", "").replace("decision)", "ask(notes))  # !")
    assert verdict(behind.format(when=when, test=test)) == expected
