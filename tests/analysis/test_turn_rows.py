"""Tasks that put the model's turn into a conversation of rows, and twins whose rows are nobody's turn."""

import pytest

from .verdicts import is_waited_for, verdict

MODELS = """
    from enum import Enum
    from django.db import models

    class Role(Enum):
        USER = "user"
        ASSISTANT = "assistant"

    class Message(models.Model):
        role = models.TextField()
        text = models.TextField()

    class Report(models.Model):
        author = models.TextField()
        text = models.TextField()

    def add(chat, role, text):
        return Message.objects.create(chat=chat, role=role, text=text)
    """
TASKS = """
    from celery import shared_task
    from llm import ask
    from models import Message, Report, Role, add

    @shared_task
    def answer(chat, text):
        {before}
        found = ask(str(text))  # !
        {keep}
    """
VIEWS = """
    from django.http import HttpResponse
    from django.urls import path
    from models import Message
    from tasks import answer

    def post(request):
        {post}
        answer.delay(request.POST["chat"], request.POST["text"])
        return HttpResponse("")

    urlpatterns = [path("post", post)]
    """
HISTORY = "text = [each.text for each in Message.objects.filter(chat=chat)] + [text]"
POST = 'Message.objects.create(role="user", text=request.POST["text"])'
SAY = 'Message.objects.create(chat=chat, role="assistant", text=found)'


def program(before: str = "", keep: str = SAY, post: str = "") -> dict[str, str]:
    tasks = TASKS.replace("{before}", before).replace("{keep}", keep)
    return {"models.py": MODELS, "tasks.py": tasks, "views.py": VIEWS.replace("{post}", post)}


@pytest.mark.parametrize(
    ("before", "keep", "post"),
    [
        (HISTORY, SAY, ""),
        ("", SAY, POST),
        ("", SAY.replace('"assistant"', "Role.ASSISTANT.value"), POST),
        ("", 'add(chat, "assistant", found)', POST),
        ("", 'Message(role="assistant", text=found).save()', POST),
    ],
    ids=["it reads the others", "whoever writes has made one", "a role of an enum", "by a helper", "a row of its own"],
)
def test_whoever_wrote_waits_for_the_turn_of_the_model(before: str, keep: str, post: str):
    assert is_waited_for(program(before, keep, post))


@pytest.mark.parametrize(
    ("before", "keep", "post"),
    [
        ("", SAY, ""),
        (HISTORY, 'Report.objects.create(author="assistant", text=found)', POST),
        (HISTORY, SAY.replace('"assistant"', '"user"'), POST),
        (HISTORY, 'add(chat, "note", found)', POST),
        (HISTORY, SAY.replace("role=", "kind="), POST),
    ],
    ids=["no other turn", "rows of another kind", "the turn of the user", "nobody's turn", "another column"],
)
def test_what_is_kept_in_rows_that_are_no_turns(before: str, keep: str, post: str):
    assert verdict(program(before, keep, post)) == "batchable"


def test_a_nightly_run_that_writes_to_everybody_answers_nobody():
    nightly = """
        from apscheduler.schedulers.blocking import BlockingScheduler
        from models import Message
        from tasks import answer

        scheduler = BlockingScheduler()

        @scheduler.scheduled_job("cron", hour=2)
        def run():
            for each in Message.objects.all():
                answer.delay(each.chat, each.text)
        """
    files = {**program(HISTORY), "app.py": nightly}
    del files["views.py"]
    assert verdict(files) == "batchable"


DOCUMENT = 'store.messages.insert_one({"chat": chat, "role": "assistant", "text": found})'


@pytest.mark.parametrize(
    ("before", "keep", "post", "expected"),
    [
        ("text = [*store.messages.find({'chat': chat}), text]", DOCUMENT, "", "realtime"),
        ("", DOCUMENT, 'store.messages.insert_one({"role": "user", "text": request.POST["text"]})', "realtime"),
        ("text = store.table('turns').select('*').eq('chat', chat).execute()",
         'row = {"sender": "ai", "text": found}\n        store.table("turns").insert(row).execute()', "", "realtime"),
        ("text = [*store.notes.find({'chat': chat}), text]", DOCUMENT, "", "batchable"),
        ("text = [*store.messages.find({'chat': chat}), text]", DOCUMENT.replace("role", "made_by"), "", "batchable"),
        ("", DOCUMENT, 'store.texts.insert_one({"role": "user", "text": request.POST["text"]})', "batchable"),
    ],
    ids=["it reads them", "whoever writes has put one", "a table", "it reads others", "another field", "elsewhere"],
)  # fmt: skip
def test_a_conversation_may_be_kept_in_documents(before: str, keep: str, post: str, expected: str):
    files = program(before, keep, post)
    store = "import os\nfrom driver import connect\nstore = connect(os.environ['URL'])\n"
    files["store.py"] = store
    for name in ("tasks.py", "views.py"):
        files[name] = files[name].replace("from models import", "from store import store\n    from models import", 1)
    assert verdict(files) == expected
