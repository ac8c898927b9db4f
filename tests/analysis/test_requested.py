"""Routes that a timer requests: the job's, if they take nothing from whoever requests them."""

import pytest

from batchlint.findings import Latency, Step
from batchlint.graph import ManifestTarget

from .verdicts import cases, verdict

TIMER = [ManifestTarget("/api/jobs/relabel", "schedule", Latency.HOURS, Step("crontab", 1, "0 4 * * * curl ..."))]
OFTEN = [TIMER[0]._replace(latency=Latency.MINUTES)]
DEPLOYED = [TIMER[0]._replace(kind="service")]

JOBS = {
    "answers_when_done": """
        from fastapi import APIRouter, Depends, Header
        from llm import ask

        router = APIRouter(prefix="/api")

        def key(x_api_key: str = Header()):
            assert x_api_key == "secret"

        @router.post("/jobs/relabel", dependencies=[Depends(key)])
        def relabel(session=Depends(key)):
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "starts_a_thread": """
        import threading
        from fastapi import Depends, FastAPI
        from llm import ask

        app = FastAPI()

        def work():
            for line in open("products.txt"):
                print(ask(line))  # !

        @app.post("/api/jobs/relabel", status_code=202)
        async def relabel(_: None = Depends(print)):
            threading.Thread(target=work, daemon=True).start()
            return {"status": "accepted"}
        """,
    "background_task": """
        from fastapi import BackgroundTasks, FastAPI
        from llm import ask

        app = FastAPI()

        def work():
            for line in open("products.txt"):
                print(ask(line))  # !

        @app.post("/jobs/relabel")
        def relabel(background: BackgroundTasks):
            background.add_task(work)
            return {"status": "started"}
        """,
    "named_dependency": """
        from typing import Annotated
        from fastapi import Depends, FastAPI
        from llm import ask

        app = FastAPI()
        Session = Annotated[object, Depends(print)]

        @app.post("/jobs/relabel")
        def relabel(session: Session):
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "flask": """
        from flask import Flask, request
        from llm import ask

        app = Flask("shop")

        @app.route("/api/jobs/relabel", methods=["POST"])
        def relabel():
            assert request.headers["X-Key"] == "secret"
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "django": {
        "shop/urls.py": """
            from django.urls import path
            from shop import views

            urlpatterns = [path("jobs/relabel/", views.relabel)]
            """,
        "shop/views.py": """
            from llm import ask

            def relabel(request):
                for line in open("products.txt"):
                    print(ask(line))  # !
            """,
    },
}
QUESTIONS = {
    "asked_in_the_body": """
        from fastapi import FastAPI
        from llm import ask

        app = FastAPI()

        @app.post("/jobs/relabel")
        def relabel(question: str):
            return [ask(f"{question} {line}") for line in open("products.txt")]  # !
        """,
    "read_from_the_request": """
        from flask import Flask, request
        from llm import ask

        app = Flask("shop")

        @app.route("/jobs/relabel", methods=["POST"])
        def relabel():
            return [ask(f"{request.json['question']} {line}") for line in open("products.txt")]  # !
        """,
    "another_route": """
        from fastapi import FastAPI
        from llm import ask

        app = FastAPI()

        @app.post("/jobs/relabel/preview")
        def relabel():
            return [ask(line) for line in open("products.txt")]  # !
        """,
    "two_of_that_path": """
        from fastapi import APIRouter
        from llm import ask

        shop, blog = APIRouter(), APIRouter()

        @shop.get("/relabel")
        def products():
            return [ask(line) for line in open("products.txt")]  # !

        @blog.get("/relabel")
        def posts():
            return []
        """,
}


@pytest.mark.parametrize("program", cases(JOBS))
def test_a_timer_waits_for_nothing(program):
    assert verdict(program, TIMER) == "batchable"


@pytest.mark.parametrize("program", cases(JOBS))
@pytest.mark.parametrize("manifest", [[], OFTEN, DEPLOYED], ids=["nobody_known", "often", "deployed"])
def test_the_same_routes_without_such_a_timer(program, manifest):
    assert verdict(program, manifest) != "batchable"


def test_a_page_that_a_timer_keeps_warm():
    page = JOBS["answers_when_done"].replace("/jobs/relabel", "/labels")
    assert verdict(page, [TIMER[0]._replace(target="/api/labels")]) == "realtime"


@pytest.mark.parametrize("program", cases(QUESTIONS))
def test_a_route_that_is_asked_something(program):
    assert verdict(program, TIMER) == "realtime"


PART = """
    from fastapi import FastAPI
    from llm import ask

    app = FastAPI()

    @app.get("{path}")
    def relabel({given}):
        for line in open("products.txt"):
            print(ask(line))  # !
    """


@pytest.mark.parametrize(
    ("path", "given", "target", "expected"),
    [
        ("/jobs/{kind}", "kind: str", "/api/jobs/relabel", "batchable"),
        ("/jobs/{kind:path}", "kind: str", "/jobs/relabel", "batchable"),
        ("/jobs/relabel", "limit: int = 50", "/jobs/relabel?limit=20", "batchable"),
        ("/jobs/relabel", "note: int", "/jobs/relabel?note=20", "realtime"),
        ("/jobs/relabel", "which: str = 'all'", "/jobs/relabel?which=new", "realtime"),
        ("/jobs/{kind}", "kind: str, question: str", "/jobs/relabel", "realtime"),
        ("/jobs/{kind}/labels", "kind: str", "/jobs/relabel", "realtime"),
        ("/{kind}/relabel", "kind: str", "/jobs/relabel", "realtime"),
    ],
)
def test_a_timer_may_fill_a_part_of_the_path_or_say_how_many(path, given, target, expected):
    program = PART.replace("{path}", path).replace("{given}", given)
    assert verdict(program, [TIMER[0]._replace(target=target)]) == expected


FUNCTION = """
    import functions_framework
    from llm import ask

    @functions_framework.http
    def relabel(request):
        {read}
        for line in open("products.txt"):
            print(ask(line))  # !
        return {{"dry": dry}}
    """
DEPLOYED_FUNCTION = [TIMER[0]._replace(target="app.relabel", framework="cloud-scheduler")]


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ('dry = request.args.get("dry", "false").lower() == "true"', "batchable"),
        ('dry = int(request.args.get("most", 5))', "batchable"),
        ('dry = request.args.get("most", 5, type=int)', "batchable"),
        ('dry = "dry" in request.args', "batchable"),
        ('dry = request.args.get("question")', "realtime"),
        ('dry = ask(request.get_json()["text"])', "realtime"),
        ('dry = request.args["text"] == request.args["other"]', "realtime"),
    ],
)
def test_a_function_that_a_timer_requests_may_read_switches_and_amounts(read, expected):
    assert verdict(FUNCTION.format(read=read), DEPLOYED_FUNCTION) == expected
    assert verdict(FUNCTION.format(read=read)) == "realtime"


KEYED = """
    import os
    from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Header, HTTPException, Request
    from llm import ask
    from settings import settings

    app = FastAPI()
    router = APIRouter(prefix="/cron")

    def from_timer(authorization: str = Header(None)):
        secret = os.environ.get("CRON_SECRET")
        if not secret or authorization != f"Bearer {{secret}}":
            raise HTTPException(status_code=401)

    def work(most=10):
        for line in open("products.txt"):
            print(ask(line))  # !

    @router.post("/relabel"{more})
    def relabel(background: BackgroundTasks, request: Request, {given}):
        {check}
        background.add_task(work)
        return {{"status": "started"}}
    """
HEADER = "authorization: str = Header(None)"
REFUSES = "\n            raise HTTPException(status_code=401)"


@pytest.mark.parametrize(
    ("given", "check", "more", "expected"),
    [
        (HEADER, 'if authorization != f"Bearer {settings.CRON_SECRET}":' + REFUSES, "", "batchable"),
        ("secret: str = None", "if secret != settings.CRON_SECRET:" + REFUSES, "", "batchable"),
        ("limit: int = 50", 'if not request.headers.get("X-Appengine-Cron"):' + REFUSES, "", "batchable"),
        ("x_cloudscheduler: str = Header(None)", "if x_cloudscheduler is None:" + REFUSES, "", "batchable"),
        ("key=Depends(from_timer)", "", "", "batchable"),
        (HEADER, "", ", dependencies=[Depends(from_timer)]", "batchable"),
        (HEADER, "from_timer(authorization)", "", "batchable"),
        (HEADER, "", "", "realtime"),
        (HEADER, 'if authorization != f"Bearer {settings.API_KEY}":' + REFUSES, "", "realtime"),
        (HEADER, "if not settings.CRON_SECRET:" + REFUSES, "", "realtime"),
        (HEADER, "if authorization not in (settings.CRON_SECRET, 'admin'):" + REFUSES, "", "realtime"),
        (HEADER, "if authorization != settings.CRON_SECRET:\n            print('?')", "", "realtime"),
        ("key: str = None", "if key != settings.CRON_SECRET and not request.user:" + REFUSES, "", "realtime"),
        ("question: str", "if request.headers['x-key'] != settings.CRON_SECRET:" + REFUSES, "", "realtime"),
    ],
)
def test_a_route_that_only_a_timers_key_opens(given, check, more, expected):
    found = verdict(KEYED.format(given=given, check=check or "pass", more=more))
    assert (found == "batchable") is (expected == "batchable"), found
