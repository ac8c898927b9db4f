"""Tasks that answer whoever wrote, and their twins that only tell somebody of what was done anyway."""

import pytest

from batchlint.entrypoints.manifests import ManifestTarget
from batchlint.findings import Latency, Step

from .verdicts import cases, is_waited_for, verdict

WEBHOOK = """
    import os
    import redis
    import requests
    from celery import Celery
    from flask import Flask, request
    from flask_socketio import SocketIO
    from slack_sdk import WebClient
    from telebot import TeleBot
    from twilio.rest import Client
    from llm import ask

    web = Flask(__name__)
    queue = Celery("answers")
    slack = WebClient()
    BOT = os.environ["BOT"]
    telegram = TeleBot(BOT)
    sockets = SocketIO(message_queue="redis://")
    store = redis.Redis()

    @queue.task
    def answer(whom, text):
        found = ask(text)  # !
        {send}

    @web.post("/hook")
    def hook():
        {enqueue}
        return ""
    """
ENQUEUE = 'answer.delay(request.json["whom"], request.json["text"])'
SENT = {
    "slack": "slack.chat_postMessage(channel=whom, text=found)",
    "telegram": "telegram.send_message(whom, found)",
    "telegram_by_its_api": (
        'requests.post(f"https://api.telegram.org/bot{BOT}/sendMessage", json={"chat_id": whom, "text": found})'
    ),
    "a_reply_token_in_the_address": (
        'requests.patch(f"https://discord.com/api/v10/webhooks/1/{whom}/messages/@original", json={"content": found})'
    ),
    "sms": 'Client().messages.create(to=whom, from_="+1", body=found)',
    "socket": 'sockets.emit("answer", found, room=whom)',
    "publish": 'store.publish(f"chat:{whom}", found)',
    "address_of_whoever_asks": "callback_url = whom\n        requests.post(callback_url, json=found, timeout=60)",
    "part_of_what_it_was_handed": 'slack.chat_postMessage(channel=whom["channel"], thread_ts=whom["ts"], text=found)',
}
KEPT = {
    "channel_of_the_team": 'slack.chat_postMessage(channel="#reports", text=found)',
    "channel_from_the_settings": 'slack.chat_postMessage(channel=os.environ["CHANNEL"], text=f"{whom}: {found}")',
    "mail": 'requests.post("https://api.mailgun.net/v3/x/messages", data={"to": whom, "text": found})',
    "address_from_the_settings": 'callback_url = os.environ["DONE"]\n        requests.post(callback_url, json=found)',
    "index": 'requests.put(f"http://index/notes/{whom}", json={"text": found})',
}


def hook(send: str, enqueue: str = ENQUEUE) -> str:
    return WEBHOOK.replace("{send}", send).replace("{enqueue}", enqueue)


@pytest.mark.parametrize("send", cases(SENT))
def test_whoever_wrote_waits_for_the_message(send):
    assert is_waited_for(hook(send))


@pytest.mark.parametrize("send", cases(KEPT))
def test_a_message_to_somebody_else_is_no_answer(send):
    assert verdict(hook(send)) == "batchable"


ROW = 'answer.delay(request.json["user"], request.json["text"])'
FOUND = {
    "row_of_an_id": ("telegram.send_message(User.objects.get(id=user_id).chat, found)", "realtime"),
    "row_of_a_session": (
        "user = session.query(User).filter(User.id == user_id).first()\n        telegram.send_message(user.id, found)",
        "realtime",
    ),
    "function_that_finds_it": ("telegram.send_message(get_user(user_id).chat, found)", "realtime"),
    "channel_of_a_topic": ('slack.chat_postMessage(channel=CHANNELS.get("a"), text=found)', "batchable"),
    "row_of_another_id": ("telegram.send_message(User.objects.get(id=ADMIN_ID).chat, found)", "batchable"),
    "what_is_made_with_it": ("telegram.send_message(Room.create(user_id).chat, found)", "batchable"),
}


@pytest.mark.parametrize(("send", "expected"), FOUND.values(), ids=FOUND)
def test_whom_to_answer_may_be_looked_up_by_an_id(send, expected):
    assert verdict(hook(send, ROW).replace("(whom, text)", "(user_id, text)")) == expected


def test_rows_that_are_gone_through_are_no_answer():
    each = "for user in User.objects.all(): answer.delay(user.id, user.note)"
    send = "telegram.send_message(User.objects.get(id=user_id).chat, found)"
    assert verdict(hook(send, each).replace("(whom, text)", "(user_id, text)")) == "batchable"


def test_messages_to_many_answer_nobody():
    each = "for user in User.objects.all(): answer.delay(user.chat, user.note)"
    assert verdict(hook(SENT["telegram"], each)) == "batchable"


def test_a_webhook_that_brings_several_messages_is_answered():
    each = 'for message in request.json["messages"]: answer.delay(message["from"], message["text"])'
    assert is_waited_for(hook(SENT["telegram"], each))


def test_a_scheduled_message_is_awaited_by_nobody():
    program = hook(SENT["slack"]).replace('@web.post("/hook")', '@queue.task(name="evening")')
    program = program.replace(ENQUEUE, "answer.delay(os.environ['CHANNEL'], 'the day')")
    assert verdict(program + '\n    queue.conf.beat_schedule = {"e": {"task": "evening", "schedule": 86400.0}}\n') == (
        "batchable"
    )


ANSWERS = {
    "rq_task_of_a_bot": {
        "work.py": """
            from redis import Redis
            from rq import Queue
            from slack_sdk import WebClient
            from llm import ask

            queue = Queue(connection=Redis())

            def answer(channel, thread_ts, text):
                WebClient().chat_postMessage(channel=channel, thread_ts=thread_ts, text=ask(text))  # !
            """,
        "bot.py": """
            from slack_bolt import App
            from work import answer, queue

            app = App()

            @app.event("app_mention")
            def mention(event):
                queue.enqueue(answer, event["channel"], event["ts"], event["text"])
            """,
    },
    "address_that_slack_gives_along": """
        import requests
        from celery import Celery
        from flask import Flask, request
        from llm import ask

        web = Flask(__name__)
        queue = Celery("answers")

        @queue.task
        def answer(payload):
            requests.post(payload["response_url"], json={"text": ask(payload["text"])})  # !

        @web.post("/slash")
        def slash():
            answer.delay(request.form.to_dict())
            return "thinking"
        """,
    "sent_by_a_helper": {
        "chat.py": """
            import os
            import requests

            def say(chat, text):
                body = {"text": text}
                body["chat_id"] = chat
                requests.post(f"https://api.telegram.org/bot{os.environ['BOT']}/sendMessage", json=body)
            """,
        "app.py": """
            from celery import shared_task
            from telegram.ext import Application, MessageHandler, filters
            from chat import say
            from llm import ask

            @shared_task
            def answer(chat, text):
                say(chat, ask(text))  # !

            async def written(update, context):
                answer.delay(update.effective_chat.id, update.message.text)

            app = Application.builder().build()
            app.add_handler(MessageHandler(filters.TEXT, written))
            """,
    },
    "sent_by_a_task_of_its_own": """
        from celery import shared_task
        from flask import Flask, request
        from telebot import TeleBot
        from llm import ask

        web = Flask(__name__)
        bot = TeleBot("token")

        @shared_task
        def say(chat, text):
            bot.send_message(chat, text)

        @shared_task
        def answer(chat, text):
            say.delay(chat, ask(text))  # !

        @web.post("/hook")
        def hook():
            answer.delay(request.json["chat"], request.json["text"])
            return ""
        """,
}


@pytest.mark.parametrize("program", cases(ANSWERS))
def test_it_answers_whoever_wrote(program):
    assert is_waited_for(program)


RECORDS = """
    import json
    from slack_sdk import WebClient
    from llm import ask

    slack = WebClient()

    def respond(event, context):
        for record in event["Records"]:
            note = json.loads(record["body"])
            slack.chat_postMessage(channel=note["channel"], {thread}text=ask(note["text"]))  # !
    """


@pytest.mark.parametrize(
    ("thread", "expected"),
    [('thread_ts=note["ts"], ', "realtime"), ("", "batchable"), ('thread_ts="1", ', "batchable")],
)
def test_a_message_below_the_one_that_came_through_a_queue_answers_it(thread, expected):
    step = Step("serverless.yml", 3, "function respond, sqs q")
    queue = ManifestTarget("app.respond", "task_queue", Latency.HOURS, step)
    assert verdict(RECORDS.replace("{thread}", thread), [queue]) == expected


CONSUMER = """
    from broker import connect
    from faststream.rabbit import RabbitBroker
    from llm import ask

    broker = RabbitBroker("amqp://localhost")

    def send(where, body):
        connect().publish({told}, body=body)

    @broker.subscriber("questions")
    async def handle(message):
        found = ask(message["text"])  # !
        send({where}, found)
    """


@pytest.mark.parametrize(
    ("told", "where", "expected"),
    [
        ("queue_name=where", 'message["answers"]', "realtime"),
        ("routing_key=where.reply_to", "message", "realtime"),
        ("routing_key=where.routing_key", "message", "batchable"),
        ("queue_name=where", '"answers"', "batchable"),
        ("kind=where", 'message["answers"]', "batchable"),
    ],
)
def test_who_names_the_queue_for_the_answer_waits_for_it(told, where, expected):
    assert verdict(CONSUMER.format(told=told, where=where)) == expected


WORKFLOW = {
    "work.py": """
        from datetime import timedelta
        from temporalio import activity, workflow
        from llm import ask

        @activity.defn
        async def label(text):
            return ask(text)  # !

        @workflow.defn
        class Labels:
            @workflow.run
            async def run(self{given}):
                {body}
        """,
    "client.py": "",
}
ASKED = "found = await workflow.execute_activity(label, text)\n                return f'Label: {found}'"
EACH = """found = []
                for line in text:
                    found.append(await workflow.execute_activity(label, line))
                return len(found)"""
STARTS = """
    from temporalio.client import Client
    from work import Labels

    async def main():
        client = await Client.connect("localhost:7233")
        {start}
    """
TIMED = """
    from temporalio.client import Client, Schedule, ScheduleActionStartWorkflow, ScheduleSpec
    from work import Labels

    async def main():
        client = await Client.connect("localhost:7233")
        await client.create_schedule(
            "labels",
            Schedule(action=ScheduleActionStartWorkflow(Labels.run, "x", id="x", task_queue="q"), spec=ScheduleSpec()),
        )
    """


@pytest.mark.parametrize(
    ("given", "body", "client", "expected"),
    [
        (", text", ASKED, "", "unclear"),
        (", text", ASKED, TIMED, "batchable"),
        (", text", ASKED, STARTS.format(start='await client.start_workflow(Labels.run, "x", id="x")'), "batchable"),
        (", text", EACH, "", "batchable"),
        ("", ASKED.replace(", text", ', "today"'), "", "batchable"),
    ],
)
def test_who_starts_a_workflow_from_elsewhere_may_wait_for_what_it_returns(given, body, client, expected):
    work = WORKFLOW["work.py"].replace("{given}", given).replace("{body}", body)
    assert verdict({"work.py": work, "client.py": client}) == expected


BY_NAME = """
    from fastapi import FastAPI
    from temporalio import activity, workflow
    from temporalio.client import Client
    from llm import ask

    @activity.defn{named}
    async def label(text):
        return ask(text)  # !

    @workflow.defn
    class Labels:
        @workflow.run
        async def run(self, text):
            await workflow.execute_activity({activity}, text)

    api = FastAPI()

    @api.post("/labels")
    async def create(text: str):
        client = await Client.connect("localhost:7233")
        handle = await client.start_workflow(Labels.run, text, id="labels")
        {wait}
    """


@pytest.mark.parametrize(
    ("named", "activity", "wait", "expected"),
    [
        ("", '"label"', "await handle.result()", "realtime"),
        ('(name="label-text")', '"label-text"', "await handle.result()", "realtime"),
        ("", '"label"', "pass", "batchable"),
        ("", '"count"', "await handle.result()", "unclear"),
    ],
)
def test_who_waits_for_a_workflow_waits_for_the_activities_that_it_runs_by_name(named, activity, wait, expected):
    program = BY_NAME.replace("{named}", named).replace("{activity}", activity).replace("{wait}", wait)
    assert verdict(program) == expected


UNSTARTED = """
    from celery import shared_task
    from llm import ask

    class Assistant:
        def __init__(self, user):
            self.user = user

        def handle(self, message):
            return {"reply": ask(message)}  # !

    @shared_task(bind=True)
    def process(self, user_id, message):
        result = Assistant(user_id).handle({handed})
        {answer}
    """


@pytest.mark.parametrize(
    ("handed", "answer", "expected"),
    [
        ("message", "return result", "unclear"),
        ("message", "return result['reply']", "unclear"),
        ("message", "return 'done'", "batchable"),
        ("message", "print(result)", "batchable"),
        ("open('notes.txt').read()", "return result", "batchable"),
    ],
)
def test_whoever_starts_a_task_from_elsewhere_may_want_what_it_returns(handed, answer, expected):
    assert verdict(UNSTARTED.replace("{handed}", handed).replace("{answer}", answer)) == expected


def test_nobody_wants_it_who_enqueues_the_task_here():
    nightly = """
        from apscheduler.schedulers.blocking import BlockingScheduler
        from app import process

        scheduler = BlockingScheduler()

        @scheduler.scheduled_job("cron", hour=2)
        def run():
            for line in open("log.txt"):
                process.delay(1, line)
        """
    tasks = UNSTARTED.replace("{handed}", "message").replace("{answer}", "return result")
    assert verdict({"app.py": tasks, "nightly.py": nightly}) == "batchable"
