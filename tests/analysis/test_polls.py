"""Tasks whose state a page asks for, and their twins that leave nothing to ask for."""

import pytest

from .verdicts import cases, is_waited_for, verdict

MODELS = """
    from sqlalchemy import Column, Integer, String
    from sqlalchemy.orm import declarative_base

    class Note(declarative_base()):
        id = Column(Integer, primary_key=True)
        text = Column(String)
        status = Column(String)
        label = Column(String)
    """
TASK = """
    from celery import Celery, shared_task
    from llm import ask
    from models import Note

    @shared_task
    def label(session, id):
        note = session.get(Note, id)
        note.label = ask(note.text)  # !
        {settle}
    """
ROUTE = """
    from fastapi import FastAPI
    from models import Note
    from schemas import NoteOut
    from tasks import label

    api = FastAPI()

    @api.post("/notes"{options})
    def create(text: str, session):
        {make}
        session.add(note)
        label.delay(note.id)
        {answer}

    @api.get("/notes/{id}")
    def read(id: int, session):
        return session.get(Note, id)
    """
SCHEMA = """
    from pydantic import BaseModel

    class NoteOut(BaseModel):
        id: int
        {field}: str
    """


SERVICE = """
    from fastapi import FastAPI
    from models import Note
    from schemas import NoteOut
    from tasks import label

    api = FastAPI()

    def save(session, text) -> Note:
        note = Note(text=text)
        session.add(note)
        label.delay(note.id)
        return note

    @api.post("/notes"{options})
    def create(text: str, session):
        return save(session, text)
    """


def notes(
    options: str = "",
    make: str = "note = Note(text=text)",
    answer: str = "return {'id': note.id}",
    settle: str = "note.status = 'done'",
    field: str = "status",
) -> dict[str, str]:
    route = ROUTE
    for name, text in {"options": options, "make": make, "answer": answer}.items():
        route = route.replace("{" + name + "}", text)
    return {
        "models.py": MODELS,
        "schemas.py": SCHEMA.replace("{field}", field),
        "tasks.py": TASK.replace("{settle}", settle),
        "api.py": route,
    }


POLLED = {
    "status_of_the_route": notes(", status_code=202"),
    "status_of_the_route_by_name": notes(", status_code=status.HTTP_202_ACCEPTED"),
    "row_as_it_is": notes(answer="return note"),
    "schema_with_a_state": notes(", response_model=NoteOut", answer="return convert(note)"),
    "made_with_a_state": notes(make="note = Note(text=text, status='queued')"),
    "made_with_an_id_and_a_state": notes(make="note = Note(id=key, text=text, status='queued')", answer="return key"),
    "answer_that_holds_the_state": notes(answer="return {'id': note.id, 'status': note.status}"),
    "answer_that_holds_the_value_of_the_state": notes(answer="return {'id': note.id, 'status': note.status.value}"),
    "list_of_rows_with_their_states": notes(
        make="note, rows = Note(text=text), []\n        rows.append({'id': note.id, 'status': note.status})",
        answer="return {'notes': rows}",
    ),
    "answer_of_another_status": notes(
        answer="return Response({'id': note.id, 'status': note.status}, status=status.HTTP_201_CREATED)"
    ),
    "answer_that_is_put_together_first": notes(
        answer="data = {'id': note.id, 'status': note.status}\n        return data"
    ),
    "word_of_an_answer_that_is_put_together_first": notes(
        answer="data = {'id': note.id, 'message': 'accepted'}\n        return Response(data)"
    ),
    "id_of_the_task_and_a_sentence_that_it_has_begun": notes(
        answer="return {'message': f'Labelling of {note.id} started.', 'task_id': 'label'}"
    ),
    "schema_that_is_given_the_state": notes(answer="return NoteOut(id=note.id, status=note.status)"),
    "made_with_a_state_of_an_enumeration": notes(make="note = Note(text=text, status=Status.PENDING)"),
}
LEFT = {
    "no_state_anywhere": notes(),
    "a_state_that_the_task_leaves": notes(
        make="note = Note(text=text, status='queued')", answer="return note", settle="session.commit()"
    ),
    "word_in_something_else_that_is_put_together": notes(
        answer="data = {'id': note.id, 'message': 'accepted'}\n        print(data)\n        return Response(note.id)"
    ),
    "sentence_without_an_id_to_ask_with": notes(answer="return {'message': 'Labelling started.', 'id': note.id}"),
    "id_of_a_task_that_nobody_asks_for": notes(answer="return {'message': 'Note saved.', 'task_id': 'label'}"),
    "schema_without_a_state": notes(", response_model=NoteOut", answer="return convert(note)", field="text"),
    "row_that_is_cut_to_a_schema_without_a_state": notes(
        ", response_model=NoteOut", answer="return note", field="text"
    ),
    "accepted_without_a_word": notes(", status_code=202", answer=""),
    "answer_that_holds_a_state_that_the_task_leaves": notes(
        answer="return {'id': note.id, 'status': note.status}", settle="session.commit()"
    ),
    "list_of_rows_that_is_not_answered": notes(
        make="note, rows = Note(text=text), []\n        rows.append({'id': note.id, 'status': note.status})"
    ),
    "list_of_rows_without_their_states": notes(
        make="note, rows = Note(text=text), []\n        rows.append({'id': note.id, 'text': note.text})",
        answer="return {'notes': rows}",
    ),
    "answer_that_holds_something_else": notes(answer="return {'id': note.id, 'text': note.text}"),
    "answer_with_the_status_of_another_answer": notes(answer="return Response(note.id, status=upstream.status)"),
    "made_with_an_id_and_a_state_that_is_final": notes(
        make="note = Note(id=key, text=text, status='public')", answer="return key"
    ),
    "made_with_a_state_that_is_final": notes(make="note = Note(text=text, status='public')"),
}


@pytest.mark.parametrize("program", cases(POLLED))
def test_a_page_asks_for_the_state_that_the_task_sets(program):
    assert is_waited_for(program)


@pytest.mark.parametrize("program", cases(LEFT))
def test_there_is_no_state_to_ask_for(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize(
    ("options", "field", "expected"),
    [
        ("", "text", "realtime"),
        (", response_model=NoteOut", "status", "realtime"),
        (", response_model=NoteOut", "text", "batchable"),
    ],
)
def test_what_a_helper_gives_the_route_may_be_cut_to_a_schema(options: str, field: str, expected: str):
    assert verdict({**notes(field=field), "api.py": SERVICE.replace("{options}", options)}) == expected


TOLD = {
    "progress_to_whoever_listens": ("hub.publish('notes', {'id': id, 'progress': 50})", "realtime"),
    "progress_by_name": ("emit_progress(id, 50)", "realtime"),
    "progress_as_a_keyword": ("hub.send('notes', progress=50)", "realtime"),
    "a_state_of_the_task": ("label.update_state(state='PROGRESS', meta={'done': 50})", "realtime"),
    "a_state_of_failure": ("label.update_state(state='FAILURE', meta={'done': 50})", "batchable"),
    "an_event_when_it_is_done": ("hub.publish('notes', {'id': id, 'label': note.label})", "batchable"),
    "a_line_of_the_log": ("log.info('progress', id)", "batchable"),
    "progress_by_a_task": ("notify_progress.delay(id, 50)", "realtime"),
    "progress_by_a_task_of_that_name": ("Celery('app').send_task('chat.notify_progress', [id, 50])", "realtime"),
    "a_task_that_keeps_progress": ("store_progress.delay(id, 50)", "batchable"),
    "a_task_of_that_name_that_keeps_it": ("Celery('app').send_task('chat.store_progress', [id, 50])", "batchable"),
    "a_sentence_about_progress": ("hub.publish('notes', 'one more, we make progress')", "batchable"),
}


@pytest.mark.parametrize(("settle", "expected"), TOLD.values(), ids=TOLD)
def test_who_is_told_how_far_a_task_is_looks_on(settle: str, expected: str):
    assert verdict(notes(settle=settle)) == expected


def test_a_helper_may_send_to_the_group_that_a_page_listens_to():
    helper = """
        from asgiref.sync import async_to_sync
        from channels.layers import get_channel_layer

        def tell(text):
            async_to_sync(get_channel_layer().group_send)("notes", {"type": "note", "text": text})

        def log(text):
            print(text)
        """
    for settle, expected in (("tell('labelling')", "realtime"), ("log('labelling')", "batchable")):
        program = {**notes(settle=settle), "hub.py": helper}
        program["tasks.py"] = program["tasks.py"].replace("import Note", "import Note\n    from hub import log, tell")
        assert verdict(program) == expected


def test_a_helper_may_tell_how_far_a_task_is():
    helper = "\n    def tell(id, part):\n        hub.publish('notes', {'id': id, 'progress': part})\n"
    program = notes(settle="tell(id, 50)")
    assert verdict({**program, "tasks.py": program["tasks.py"] + helper}) == "realtime"


STATUS = """
    @api.get("/notes/{id}/status")
    def progress(id: int, session):
        return {"status": session.get(Note, id).status}
    """


@pytest.mark.parametrize(
    ("answer", "route", "expected"),
    [
        ("return {'id': note.id, 'status': note.status}", STATUS, "realtime"),
        ("return {'id': note.id, 'status': note.status}", "", "batchable"),
        ("return {'id': note.id}", STATUS, "batchable"),
    ],
)
def test_a_page_may_ask_for_the_state_although_others_are_told(answer: str, route: str, expected: str):
    program = notes(answer=answer, settle="note.status = 'done'\n        call_webhook(note.id)")
    assert verdict({**program, "api.py": program["api.py"] + route}) == expected


@pytest.mark.parametrize(
    ("settle", "expected"),
    [
        ("notify(note.id)", "batchable"),
        ("try:\n            note.tidy()\n        except OSError as error:\n            notify(error)", "realtime"),
    ],
)
def test_who_is_told_of_errors_only_still_asks(settle: str, expected: str):
    assert verdict(notes(answer="return {'id': note.id, 'message': 'queued'}", settle=settle)) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("{'queued': len(found)}", "batchable"), ("{'queued': note.id}", "realtime"), ("{'state': 'queued'}", "realtime")],
)
def test_how_many_there_are_is_no_state(answer: str, expected: str):
    assert verdict(notes(answer=f"return {answer}", settle="session.commit()")) == expected


@pytest.mark.parametrize(("name", "expected"), [("ingestion_status", "realtime"), ("marital_status", "batchable")])
def test_a_state_may_say_of_what_work_it_is(name, expected):
    program = notes(answer="return {'id': note.id, 'progress': note.status}")
    assert verdict({path: text.replace("note.status", f"note.{name}") for path, text in program.items()}) == expected


VIEWS = {
    "models.py": """
        from django.db import models

        class Note(models.Model):
            text = models.TextField()
            status = models.CharField(max_length=9, default="queued")
            label = models.TextField()
        """,
    "tasks.py": """
        from celery import shared_task
        from llm import ask
        from models import Note

        @shared_task
        def label(pk):
            note = Note.objects.get(pk=pk)
            Note.objects.filter(pk=pk).update(status="done", label=ask(note.text))  # !
        """,
    "views.py": """
        from rest_framework import mixins, serializers, viewsets
        from models import Note
        from tasks import label

        class NoteSerializer(serializers.ModelSerializer):
            class Meta:
                model = Kept
                fields = ["id", "status", "label"]

        class NoteViewSet(mixins.CreateModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
            serializer_class = NoteSerializer

            def perform_create(self, serializer):
                label.delay(serializer.save().pk)
        """,
}


LISTED = """Kept
                fields = ["id", "status", "label"]"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", "realtime"),
        ("mixins.RetrieveModelMixin, ", "", "batchable"),
        ('["id", "status", "label"]', '["id", "text"]', "batchable"),
        (
            'Kept\n                fields = ["id", "status", "label"]',
            'Note\n                fields = "__all__"',
            "realtime",
        ),
    ],
)
def test_a_view_set_shows_the_state_that_its_serializer_lists(old, new, expected):
    assert verdict({**VIEWS, "views.py": VIEWS["views.py"].replace(old, new)}) == expected


RESULTS = {
    "tasks.py": """
        from celery import shared_task
        from llm import ask

        @shared_task
        def label(text):
            return ask(text)  # !
        """,
    "views.py": """
        from rest_framework.response import Response
        from rest_framework.views import APIView
        from tasks import label

        class Labels(APIView):
            def post(self, request):
                task = label.delay(request.data["text"])
                return Response({"task_id": task.task_id})
        """,
}
KEPT = """
        from django_celery_results.models import TaskResult

        class Label(APIView):
            def get(self, request):
                return Response(TaskResult.objects.get(task_id=request.GET["task_id"]).result)
"""


@pytest.mark.parametrize(("route", "expected"), [(KEPT, "realtime"), ("", "batchable")])
def test_a_page_asks_for_the_row_that_holds_the_result(route, expected):
    assert verdict({**RESULTS, "views.py": RESULTS["views.py"] + route}) == expected


OWN_STATE = """
    from celery import shared_task
    from django_celery_results.models import TaskResult
    from flask import Flask
    from llm import ask
    from models import Note

    web = Flask("notes")

    @shared_task(bind=True)
    def label(self, session, note_id):
        note = session.get(Note, note_id)
        note.task = {row}
        note.label = ask(note.text)  # !

    @web.route("/label/<note_id>")
    def start(note_id, session):
        label.delay(session, note_id)
        return "Thanks"
    """


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("TaskResult.objects.get(task_id=self.request.id)", "realtime"),
        ("TaskResult.objects.get(task_id=note.before)", "batchable"),
        ("log.info(self.request.id)", "batchable"),
    ],
)
def test_a_task_that_keeps_its_own_state_with_what_it_works_on_is_looked_at(row, expected):
    assert verdict({"app.py": OWN_STATE.format(row=row), "models.py": MODELS}) == expected


STAGES = {
    "models.py": MODELS,
    "tasks.py": TASK.replace("{settle}", "note.status = 'done'"),
    "stages.py": """
        from celery import chain, signature
        from tasks import label

        def stage(name, id):
            return signature(label, args=[id])

        def run(id):
            return chain(stage("label", id)).apply_async().id
        """,
    "jobs.py": """
        def publish_after_commit(session, publish):
            session.commit()
            return publish()
        """,
    "api.py": """
        from fastapi import FastAPI
        from jobs import publish_after_commit
        from models import Note
        from stages import run

        api = FastAPI()

        @api.post("/notes")
        def create(text: str, session):
            note = Note(text=text)
            publish_after_commit(session, publish=lambda: run(note.id))
            return {"id": note.id, "status": "queued"}
        """,
}


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        ("api.py", "", "", "realtime"),
        ("api.py", ', "status": "queued"', "", "batchable"),
        ("tasks.py", "note.status = 'done'", "session.commit()", "batchable"),
        ("api.py", '@api.post("/notes")', "@command", "batchable"),
    ],
)
def test_a_route_is_found_above_the_helpers_that_put_its_task_together(path, old, new, expected):
    assert verdict({**STAGES, path: STAGES[path].replace(old, new)}) == expected


NEXT = {
    "models.py": MODELS,
    "tasks.py": TASK.replace("{settle}", "note.status = 'done'"),
    "first.py": """
        from celery import shared_task
        from models import Note
        from tasks import label

        @shared_task
        def fetch(session, id):
            note = session.get(Note, id)
            note.status = "fetched"
            advance(note)

        def advance(note):
            label.delay(note.id)
        """,
    "api.py": ROUTE.replace("{options}", "")
    .replace("{make}", "note = Note(text=text)")
    .replace("{answer}", "return note")
    .replace("from tasks import label", "from first import fetch")
    .replace("label.delay", "fetch.delay"),
}


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        ("api.py", "", "", "realtime"),
        ("api.py", "return note", "return {'id': note.id}", "batchable"),
        ("first.py", 'note.status = "fetched"', "note.fetched = True", "batchable"),
        ("tasks.py", "note.status = 'done'", "note.done = True", "batchable"),
    ],
)
def test_a_page_asks_for_the_state_that_the_next_task_goes_on_to_set(path, old, new, expected):
    assert verdict({**NEXT, path: NEXT[path].replace(old, new)}) == expected


BY_ID = """
    from celery.result import AsyncResult
    from fastapi import FastAPI
    from first import fetch
    from models import Note

    api = FastAPI()

    @api.post("/notes")
    def create(text: str, session):
        note = Note(text=text)
        session.add(note)
        task = fetch.delay(note.id)
        return {answer}

    @api.get("/tasks/{{id}}")
    def finished(id: str):
        return {{"finished": AsyncResult(id).ready()}}
    """


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        # The page is told when the first task has ended, and asks for nothing that the next one sets.
        ('{"task_id": task.id}', "batchable"),
        ('{"task_id": task.id, "state": "queued"}', "realtime"),
        ("note", "realtime"),
    ],
)
def test_who_asks_for_a_task_by_its_id_does_not_wait_for_what_it_enqueues(answer, expected):
    assert verdict({**NEXT, "api.py": BY_ID.format(answer=answer)}) == expected


SHARED = {
    "worker.py": """
        from arq import run_worker
        from llm import aask

        async def label(ctx, id):
            note = await load(id)
            note.label = await aask(note.text)  # !
            note.status = "done"

        class WorkerSettings:
            functions = [label]

        run_worker(WorkerSettings)
        """,
    "service.py": """
        from elsewhere import get_pool

        async def enqueue(function: str, id: int):
            pool = await get_pool()
            await pool.enqueue_job(function, id)
        """,
    "api.py": """
        from fastapi import FastAPI
        from service import enqueue

        api = FastAPI()

        @api.post("/notes")
        async def create(id: int):
            await enqueue("label", id)
            return {"id": id, "status": "queued"}
        """,
}


@pytest.mark.parametrize(("old", "expected"), [("", "realtime"), (', "status": "queued"', "batchable")])
def test_a_page_asks_for_a_job_whose_pool_is_made_out_of_sight(old, expected):
    assert verdict({**SHARED, "api.py": SHARED["api.py"].replace(old, "")}) == expected


TOLD_BY_ID = """
    from celery import Celery
    from celery.result import AsyncResult
    from flask import Flask, request
    from llm import ask

    app, celery = Flask("notes"), Celery("notes")

    @celery.task
    def label(login):
        open(f"{{login}}.txt", "w").write(str(ask(login)))  # !

    @app.route("/label/<login>")
    def start(login):
        task = label.apply_async(args=[login])
        return {answer}

    @app.route("/next")
    def go_on():
        return AsyncResult({asked}, app=celery).state
    """


@pytest.mark.parametrize(
    ("answer", "asked", "expected"),
    [
        ('"Label added to the queue, task id: {}".format(task.id)', 'request.args["task_id"]', "realtime"),
        ('f"Ask with {task.id}"', 'request.args["task_id"]', "realtime"),
        ('f"Hello {login}"', 'request.args["task_id"]', "batchable"),
    ],
)
def test_a_page_that_is_told_the_id_of_its_task(answer, asked, expected):
    assert verdict(TOLD_BY_ID.format(answer=answer, asked=asked)) == expected


def test_an_id_by_which_nothing_is_looked_up():
    program = TOLD_BY_ID.format(answer='f"Noted as {task.id}"', asked="None").partition('@app.route("/next")')[0]
    assert verdict(program) == "batchable"


SCHEDULED = """
    from celery import Celery
    from llm import ask
    from models import Note

    app = Celery("notes")
    app.conf.beat_schedule = {"label": {"task": "{task}", "schedule": 86400}}

    @app.task(name="label")
    def label(limit=100):
        for note in Note.fresh(limit):
            note.label = ask(note.text)  # !

    @app.task(name="clean")
    def clean(limit=100):
        Note.forget(limit)
    """
SETTING_OFF = """
    from celery.result import AsyncResult
    from fastapi import FastAPI
    from tasks import app, label

    api = FastAPI()

    @api.post("/label")
    def start(limit: int):
        {call}
        return {"status": "started"}
    """


@pytest.mark.parametrize(
    ("call", "task", "expected"),
    [
        ("label.delay()", "label", "batchable"),
        ("label.delay(50)", "label", "batchable"),
        ("app.send_task('label')", "label", "batchable"),
        ("label.delay(limit)", "label", "realtime"),
        ("label.delay()", "clean", "realtime"),
    ],
)
def test_a_route_may_only_set_off_what_is_scheduled(call: str, task: str, expected: str):
    route = SETTING_OFF.replace("{call}", call).replace("    from celery.result import AsyncResult\n", "")
    assert verdict({"models.py": MODELS, "tasks.py": SCHEDULED.replace("{task}", task), "api.py": route}) == expected


def test_who_sets_off_a_task_may_ask_for_its_result():
    looking = '\n    @api.get("/label/{id}")\n    def result(id: str):\n        return AsyncResult(id).result\n'
    route = SETTING_OFF.replace("{call}", "label.delay()") + looking
    assert (
        verdict({"models.py": MODELS, "tasks.py": SCHEDULED.replace("{task}", "label"), "api.py": route}) == "realtime"
    )


HELPED = """
    from celery import Celery, shared_task
    from llm import ask
    from models import Note

    def change(session, id, label=None, status=None):
        note = session.get(Note, id)
        if label is not None:
            note.label = label
        if status is not None:
            note.status = status

    def keep(session, id, label, status=None):
        {relayed}

    @shared_task
    def label(session, id):
        found = ask(session.get(Note, id).text)  # !
        {settle}
    """


@pytest.mark.parametrize(
    ("settle", "relayed", "expected"),
    [
        ("change(session, id, label=found)", "", "batchable"),
        ("change(session, id, label=found, status=None)", "", "batchable"),
        ("keep(session, id, found)", "change(session, id, label, status)", "batchable"),
        ("change(session, id, found, 'labelled')", "", "realtime"),
        ("change(session, id, label=found, status='labelled')", "", "realtime"),
        ("change(session, id, **found)", "", "realtime"),
        ("keep(session, id, found, 'labelled')", "change(session, id, label, status)", "realtime"),
        ("keep(session, id, found)", "change(session, id, label, 'labelled')", "realtime"),
        ("keep(session, id, found)", "status = status or 'labelled'; change(session, id, label, status)", "realtime"),
    ],
)
def test_a_helper_sets_only_what_it_is_given(settle: str, relayed: str, expected: str):
    task = HELPED.replace("{settle}", settle).replace("{relayed}", relayed or "pass")
    program = notes(", response_model=NoteOut", answer="return note")
    assert isinstance(program, dict)
    assert verdict({**program, "tasks.py": task}) == expected


@pytest.mark.parametrize(
    ("taken", "tested", "expected"),
    [
        ("body: NoteIn", "body.status == 'active'", "batchable"),
        ("body: NoteIn, old: Note = Depends(latest)", "old.status == 'active'", "realtime"),
        ("body: NoteIn, old: Annotated[Note, Depends(latest)]", "old.status == 'active'", "realtime"),
        ("body: NoteIn", "session.get(Note, body.id).status == 'active'", "realtime"),
    ],
    ids=["the request's own", "a row's", "a row's by its annotation", "a row's that is looked up"],
)
def test_what_the_request_says_of_a_state_is_no_state_to_ask_for(taken: str, tested: str, expected: str):
    api = f"""
        from typing import Annotated
        from fastapi import Depends, FastAPI
        from models import Note, latest, session
        from schemas import NoteIn
        from tasks import label

        api = FastAPI()

        @api.post("/notes")
        def create({taken}):
            if {tested}:
                label.delay(body.id)
            return {{"text": body.text}}
        """
    program = notes(settle="session.commit()")
    schema = "from pydantic import BaseModel\n\nclass NoteIn(BaseModel):\n    id: int\n    text: str\n    status: str\n"
    assert verdict({**program, "api.py": api, "schemas.py": schema}) == expected
