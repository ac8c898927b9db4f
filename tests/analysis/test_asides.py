"""Work that a route starts beside its answer, and the twins whose outcome somebody looks for or is told."""

import pytest

from batchlint.findings import Verdict

from .verdicts import cases, is_waited_for, marked, verdict

AFTER = """
    from fastapi import BackgroundTasks, FastAPI
    from db import session
    from llm import ask

    api = FastAPI()
    LABELS = {}

    def label(note_id, text):
        answer = ask(text)  # !
        {keep}

    @api.post("/notes"{options})
    def create(note_id: str, text: str, background: BackgroundTasks):
        background.add_task(label, note_id, text)
        {answer}
    """
KEEP = 'session.execute("insert into labels values (:id, :label)", {"id": note_id, "label": answer})'


def after(keep: str = KEEP, options: str = ", status_code=204", answer: str = "") -> str:
    return AFTER.replace("{keep}", keep).replace("{options}", options).replace("{answer}", answer)


THREAD = """
    import threading
    from django.http import HttpResponse, JsonResponse
    from django.urls import path
    from llm import ask
    from models import Note

    def label(pk, found=None):
        note = Note.objects.get(pk=pk)
        note.label = ask(note.text)  # !
        note.save()

    def create(request):
        note = Note.objects.create(text=request.POST["text"])
        {start}
        return {answer}

    urlpatterns = [path("notes", create)]
    """
STARTED = "threading.Thread(target=label, args=(note.pk,), daemon=True).start()"


def thread(start: str = STARTED, answer: str = "HttpResponse(status=201)") -> str:
    return THREAD.replace("{start}", start).replace("{answer}", answer)


SESSION = """
    import asyncio
    from fastapi import FastAPI, WebSocket, WebSocketDisconnect
    from crm import log
    from llm import aask

    api = FastAPI()

    async def sum_up(lines, socket=None):
        summary = await aask(str(lines))  # !
        {keep}

    @api.websocket("/talk")
    async def talk(socket: WebSocket):
        lines = []
        try:
            while True:
                lines.append(await socket.receive_text())
                {meanwhile}
        except WebSocketDisconnect:
            {afterwards}
    """


def session(keep: str = "log(summary)", meanwhile: str = "pass", afterwards: str = "pass") -> str:
    text = SESSION.replace("{keep}", keep).replace("{meanwhile}", meanwhile)
    return text.replace("{afterwards}", afterwards)


LEFT = {
    "after_an_empty_answer": after(),
    "after_an_answer_that_says_nothing_of_it": after(answer='return {"ok": True}', options=""),
    "in_a_thread": thread(),
    "in_a_thread_with_a_name": thread("worker = threading.Thread(target=label, args=(note.pk,)); worker.start()"),
    "once_the_other_end_has_gone": session(afterwards="asyncio.create_task(sum_up(lines))"),
}
AWAITED = {
    "id_in_the_answer": after(answer='return {"id": note_id}', options=""),
    "state_in_the_answer": after(answer='return {"status": "pending"}', options=""),
    "status_of_the_route": after(answer='return {"ok": True}', options=", status_code=202"),
    "kept_in_memory": after("LABELS[note_id] = answer"),
    "kept_in_memory_by_a_method": after("LABELS.update({note_id: answer})"),
    "kept_in_a_cache": after("cache.set(note_id, answer)"),
    "told": after("notify_owner(note_id, answer)"),
    "thread_that_is_joined": thread(
        "worker = threading.Thread(target=label, args=(note.pk,)); worker.start(); worker.join()"
    ),
    "thread_with_the_id_in_the_answer": thread(answer='JsonResponse({"id": note.pk})'),
    "thread_that_also_runs_in_the_request": thread(f"{STARTED}; label(note.pk)"),
    "awaited_at_the_end": session(afterwards="await sum_up(lines)"),
    "while_the_session_goes_on": session(meanwhile="asyncio.create_task(sum_up(lines))"),
    "sent_to_the_session": session(
        "await socket.send_text(summary)", afterwards="asyncio.create_task(sum_up(lines, socket))"
    ),
}


@pytest.mark.parametrize("program", cases(LEFT))
def test_who_waits_for_work_beside_the_answer_is_open(program):
    site = marked(program)
    assert site is not None
    assert site.verdict is Verdict.UNCLEAR
    assert not any(factor.name == "live" for factor in site.factors)


@pytest.mark.parametrize("program", cases(AWAITED))
def test_somebody_waits_for_work_that_shows(program):
    assert is_waited_for(program)


def test_work_that_a_schedule_starts_in_a_thread_is_batchable():
    program = """
        import threading
        from apscheduler.schedulers.background import BackgroundScheduler
        from llm import ask

        def label(texts):
            for text in texts:
                print(ask(text))  # !

        def nightly():
            threading.Thread(target=label, args=(open("texts.txt"),)).start()

        scheduler = BackgroundScheduler()
        scheduler.add_job(nightly, "cron", hour=3)
        """
    assert verdict(program) == "batchable"


SET_OFF = """
    import time
    from fastapi import BackgroundTasks, FastAPI
    from llm import ask
    from models import Note

    api = FastAPI()

    def relabel(limit=100):
        for note in Note.fresh(limit):
            note.label = ask(note.text)  # !

    def main():
        while True:
            {turn}
            time.sleep(3600)

    @api.post("/labels", status_code=202)
    def start(background: BackgroundTasks, limit: int):
        background.add_task({call})
        return {"message": "started"}

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("turn", "call", "expected"),
    [
        ("relabel()", "relabel", "batchable"),
        ("relabel()", "relabel, 50", "batchable"),
        ("relabel()", "relabel, limit", "realtime"),
        ("print('up')", "relabel", "realtime"),
    ],
    ids=["set off", "with a fixed limit", "with their own", "scheduled nowhere"],
)
def test_a_route_that_only_sets_off_what_a_loop_does_anyway(turn, call, expected):
    program = SET_OFF.replace("{turn}", turn).replace("{call}", call)
    assert verdict({"models.py": "class Note:\n    pass\n", "app.py": program}) == expected
