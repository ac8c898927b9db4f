"""Routes that start a scheduled job before its time, and the twins whose sender waits or asks for something."""

import pytest

from .verdicts import verdict

JOB = """
    import asyncio
    from apscheduler.schedulers.asyncio import AsyncIOScheduler
    from db import documents
    from llm import aask

    scheduler = AsyncIOScheduler()

    async def label_all(bot=None, of=None):
        for document in await documents.unlabelled(of):
            answer = await aask(document.text)  # !
            await documents.store(document.id, answer)

    async def nightly():
        await label_all()

    def start(bot):
        scheduler.add_job(SCHEDULED, "interval", hours=6, id="label", args=[bot])
    """
ROUTE = """
    import asyncio
    import threading
    from db import documents
    from fastapi import FastAPI, Request
    from jobs import label_all, scheduler

    api = FastAPI()
    tasks = set()

    @api.post("/jobs/label")
    async def trigger(request: Request):
        {route}
    """
TASK = 'bot = scheduler.get_job("label").args[0]; task = asyncio.create_task({work}); '
CLOSURE = """async def run():
            await label_all({given})
        task = asyncio.create_task(run())
        task.add_done_callback(tasks.discard)
        tasks.add(task)
        return {{"status": "started"}}"""


def of(route: str, scheduled: str = "label_all") -> str:
    return verdict({"jobs.py": JOB.replace("SCHEDULED", scheduled), "api.py": ROUTE.format(route=route)})


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ('asyncio.create_task(label_all()); return {"status": "started"}', "batchable"),
        (TASK.format(work="label_all(bot)") + 'tasks.add(task); return {"status": "started"}', "batchable"),
        (CLOSURE.format(given=""), "batchable"),
        ('threading.Thread(target=label_all, daemon=True).start(); return {"status": "started"}', "batchable"),
        # What the request names is the sender's own.
        ('asyncio.create_task(label_all(of=request.query_params["of"])); return {}', "realtime"),
        ('of = request.query_params["of"]; asyncio.create_task(label_all(of=of)); return {}', "realtime"),
        (CLOSURE.format(given='of=request.query_params["of"]'), "realtime"),
        # The route waits for it, or answers with what it can be asked by.
        ("await label_all(); return {'labelled': await documents.count()}", "realtime"),
        (TASK.format(work="label_all(bot)") + "await task; return {}", "realtime"),
        (TASK.format(work="label_all(bot)") + "api.state.task = task; return {}", "realtime"),
        ('import uuid; key = uuid.uuid4(); asyncio.create_task(label_all(of=key)); return {"key": key}', "realtime"),
    ],
)
def test_who_sets_off_a_scheduled_job_does_not_wait_for_it(route: str, expected: str) -> None:
    assert of(route) == expected


RUNS = """
    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
    from db import documents
    from jobs import label_all

    api = FastAPI()

    @api.post("{path}")
    async def {name}(of: str = "all"):
        try:
            {run}
            content = "done"
            return {answer}
        except Exception as error:
            content = f"failed: {error}"
            return JSONResponse(content=content, status_code=500)
    """


@pytest.mark.parametrize(
    ("changed", "job", "expected"),
    [
        ({}, "", "batchable"),
        ({"path": "/label", "name": "trigger_label"}, "", "batchable"),
        ({"answer": "JSONResponse(content)"}, "", "batchable"),
        ({"answer": "None"}, "", "batchable"),
        # It may be what somebody looks at next.
        ({"path": "/label"}, "", "realtime"),
        ({"answer": "await documents.all()"}, "", "realtime"),
        ({"answer": "HTMLResponse(content)"}, "", "realtime"),
        ({"answer": '"<h3>Done</h3>"'}, "", "realtime"),
        ({"answer": 'RedirectResponse("/documents")'}, "", "realtime"),
        ({"answer": 'RedirectResponse(f"/documents/{documents}")'}, "", "realtime"),
        ({"run": "found = await label_all()"}, "", "realtime"),
        ({"run": "await label_all(of=of)", "answer": "{'of': of}"}, "", "realtime"),
        ({}, "\n        return documents", "realtime"),
    ],
)
def test_a_route_for_jobs_may_run_the_scheduled_job_itself(changed: dict[str, str], job: str, expected: str) -> None:
    texts = {
        "path": "/jobs/label",
        "name": "label",
        "run": "await label_all()",
        "answer": '{"message": "triggered"}',
        **changed,
    }
    source = RUNS
    for name, text in texts.items():
        source = source.replace("{" + name + "}", text)
    jobs = JOB.replace("SCHEDULED", "label_all").replace(
        "store(document.id, answer)", f"store(document.id, answer){job}"
    )
    assert verdict({"jobs.py": jobs, "api.py": source}) == expected


@pytest.mark.parametrize(("scheduled", "expected"), [("nightly", "batchable"), ("print", "realtime")])
def test_so_it_is_where_the_schedule_runs_it_in_a_function_of_its_own(scheduled: str, expected: str) -> None:
    assert of('asyncio.create_task(label_all()); return {"status": "started"}', scheduled) == expected


@pytest.mark.parametrize(
    ("parameters", "given", "expected"),
    [
        ("limit: int = 10", "limit", "batchable"),
        ("many: Many", "many.limit", "batchable"),
        ("many: Many", "many.day or date.today().isoformat()", "batchable"),
        # A number that has to be given may name a row, and a text may be anything.
        ("limit: int", "limit", "realtime"),
        ("of: str = 'all'", "of", "realtime"),
        ("many: Many", "many.of", "realtime"),
        ("many: Many", "many.of or 'all'", "realtime"),
    ],
)
def test_how_much_of_it_and_for_which_day_may_be_said(parameters: str, given: str, expected: str) -> None:
    api = f"""
        import asyncio
        from datetime import date
        from fastapi import FastAPI
        from pydantic import BaseModel
        from jobs import label_all, scheduler

        api = FastAPI()

        class Many(BaseModel):
            limit: int = 10
            day: str | None = None
            of: str = "all"

        @api.post("/jobs/label")
        async def trigger({parameters}):
            chosen = {given}
            asyncio.create_task(label_all(of=chosen))
            return {{"status": "started", "of": chosen}}
        """
    assert verdict({"jobs.py": JOB.replace("SCHEDULED", "label_all"), "api.py": api}) == expected


STARTER = """
    import threading
    from jobs import nightly

    def start():
        worker = threading.Thread(target=nightly)
        worker.daemon = True
        worker.start(){rest}
    """


@pytest.mark.parametrize(
    ("rest", "expected"), [("", "batchable"), ("; worker.join()", "realtime"), ("; return worker", "realtime")]
)
@pytest.mark.parametrize("scheduled", ["starter.start", "nightly"])
def test_so_it_is_where_the_route_calls_what_starts_it(scheduled: str, rest: str, expected: str) -> None:
    jobs = """
        import starter
        from apscheduler.schedulers.background import BackgroundScheduler
        from db import documents
        from llm import ask

        scheduler = BackgroundScheduler()

        def nightly():
            for document in documents.unlabelled():
                documents.store(document.id, ask(document.text))  # !

        scheduler.add_job(SCHEDULED, "interval", hours=6)
        """.replace("SCHEDULED", scheduled)
    api = """
        from flask import Flask
        from starter import start

        app = Flask(__name__)

        @app.post("/label")
        def begin():
            start()
            return {"status": "started"}
        """
    assert verdict({"jobs.py": jobs, "starter.py": STARTER.format(rest=rest), "api.py": api}) == expected
