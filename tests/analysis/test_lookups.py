"""Whoever enqueues a task and looks its result up by the id waits for it; who only keeps the id does not."""

import pytest

from .verdicts import cases, is_waited_for, verdict

JOBS = """
    from redis import Redis
    from rq import Queue
    from rq.job import Job
    from llm import ask

    redis = Redis()
    queue = Queue(connection=redis)

    def label(text):
        print(ask(text))  # !

    class Jobs:
        def submit(self, text):
            job = queue.enqueue(label, text)
            return job.id

        def state(self, key):
            job = Job.fetch(key, connection=redis)
            return {"state": job.get_status()}
    """
PAGE = """
    import time
    import streamlit as st
    from jobs import Jobs

    jobs = Jobs()

    def show(key):
        bar = st.progress(0)
        while jobs.state(key)["state"] != "finished":
            time.sleep(5)
        bar.progress(100)

    def run():
        key = jobs.submit(st.text_area("text"))
        {then}

    st.title("Labels")
    if st.button("Label"):
        run()
    """
LOOKED_UP = {
    "in_a_helper_of_the_page": {"jobs.py": JOBS, "page.py": PAGE.replace("{then}", "show(key)")},
    "by_keyword_and_under_another_name": {
        "jobs.py": JOBS,
        "page.py": PAGE.replace("{then}", "number = str(key)\n        show(key=number)"),
    },
    "in_a_session": {
        "jobs.py": JOBS,
        "page.py": PAGE.replace("{then}", "st.session_state.key = key").replace(
            'st.title("Labels")', 'if "key" in st.session_state:\n        show(st.session_state["key"])'
        ),
    },
    "where_it_is_enqueued": {
        "jobs.py": JOBS.replace("return job.id", "self.watch(job.id)").replace(
            "def state", "def watch(self, key):\n            print(self.state(key))\n\n        def state"
        ),
        "page.py": PAGE.replace("{then}", "print(key)"),
    },
    "by_a_route_that_the_answer_names": {
        "jobs.py": JOBS,
        "api.py": """
            from flask import Flask
            from jobs import Jobs

            web = Flask(__name__)

            @web.post("/label")
            def start(text):
                return {"job_id": Jobs().submit(text)}

            @web.get("/label/<key>")
            def state(key):
                return Jobs().state(key)
            """,
    },
}
LEFT = {
    "id_that_is_only_written_down": {"jobs.py": JOBS, "page.py": PAGE.replace("{then}", "print(key)")},
    "other_results_are_looked_up": {
        "jobs.py": JOBS,
        "page.py": PAGE.replace("{then}", 'print(key)\n        show(st.query_params["old"])'),
    },
    "looked_up_before_to_enqueue_it_once": {
        "jobs.py": JOBS.replace(
            "job = queue.enqueue(label, text)",
            "if Job.exists(text, connection=redis) and Job.fetch(text, connection=redis):\n"
            "                return text\n"
            "            job = queue.enqueue(label, text, job_id=text)",
        ),
        "page.py": PAGE.replace("{then}", "print(key)"),
    },
    "other_things_are_fetched": {
        "jobs.py": JOBS.replace("from rq.job import Job", "from store import Job"),
        "page.py": PAGE.replace("{then}", "show(key)"),
    },
}


@pytest.mark.parametrize("program", cases(LOOKED_UP))
def test_who_looks_the_result_up_waits(program):
    assert is_waited_for(program)


@pytest.mark.parametrize("program", cases(LEFT))
def test_who_does_not_look_the_result_up_does_not_wait(program):
    assert verdict(program) == "batchable"


def test_a_script_that_looks_the_results_up_waits_as_long_as_it_takes():
    script = """
        import sys
        import time
        from jobs import Jobs

        jobs = Jobs()
        keys = [jobs.submit(line) for line in open(sys.argv[1])]
        for key in keys:
            while jobs.state(key)["state"] != "finished":
                time.sleep(5)
        """
    assert verdict({"jobs.py": JOBS, "run.py": script}) == "batchable"


BY_ROW = """
    from celery import shared_task
    from celery.result import AsyncResult
    from django.db import models
    from rest_framework.generics import ListAPIView
    from llm import ask

    class Word(models.Model):
        text = models.TextField()

    class Job(models.Model):
        key = models.CharField(max_length=40)
        topic = models.CharField(max_length=40)

        def look(self):
            {look}

    @shared_task
    def label(topic):
        Word.objects.create(text=ask(topic))  # !

    class Words(ListAPIView):
        def get_queryset(self):
            task = label.delay(self.request.GET["topic"])
            {keep}
            return Word.objects.all()

    class Jobs({base}):
        def {method}(self):
            return [job for job in Job.objects.all() if job.look()]
    """
KEPT = {
    "keep": "Job.objects.create(key=task.id)",
    "look": "return AsyncResult(self.key).ready()",
    "base": "ListAPIView",
    "method": "get_queryset",
}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, "realtime"),
        ({"keep": "job = Job(topic='none'); job.key = str(task.id); job.save()"}, "realtime"),
        ({"look": "result = AsyncResult(id=self.key)\n            return result.status"}, "realtime"),
        ({"look": "AsyncResult(self.key).revoke()"}, "batchable"),
        ({"look": "return AsyncResult(self.topic).ready()"}, "batchable"),
        ({"keep": "Job.objects.create(key='none', topic=task.name)"}, "batchable"),
        ({"base": "object", "method": "clean"}, "batchable"),
    ],
    ids=["made with it", "given it", "by keyword", "stopped", "by something else", "not kept", "no page"],
)
def test_a_page_may_look_the_result_up_by_the_id_that_a_row_keeps(other: dict[str, str], expected: str):
    text = BY_ROW
    for name, value in {**KEPT, **other}.items():
        text = text.replace("{" + name + "}", value)
    assert verdict(text) == expected
