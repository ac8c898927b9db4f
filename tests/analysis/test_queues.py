"""Queue tasks: enqueueing ends the wait, unless whoever enqueues waits for the result after all."""

import textwrap

import pytest

from .verdicts import cases, is_waited_for, marked, verdict

OFFLINE = {
    "celery_beside_a_read_in_a_thread": """
        import asyncio
        from celery import Celery
        from fastapi import FastAPI
        from llm import ask

        app = Celery("app")
        api = FastAPI()

        @app.task(name="labels.label")
        def label(text):
            open("labels.txt", "a").write(ask(text))  # !

        @api.get("/label")
        async def show(text, cache):
            app.send_task("labels.label", args=[text])
            return await asyncio.to_thread(cache.get, "last")
        """,
    "arq_cron_job_with_the_workers_own_client": """
        from arq import cron
        from mistralai import Mistral

        async def startup(ctx):
            ctx["mistral"] = Mistral()

        async def label(ctx):
            for line in open("products.txt"):
                print(await ctx["mistral"].chat.complete_async(model="mistral-large-latest", messages=[line]))  # !

        class WorkerSettings:
            cron_jobs = [cron(label, hour=4)]
            on_startup = startup
        """,
    "decorator_of_the_project_that_makes_a_task": """
        from functools import wraps
        from celery import shared_task
        from llm import ask

        def job(retries=3):
            def decorator(function):
                @shared_task(bind=True, max_retries=retries)
                @wraps(function)
                def run(self, *args, **kwargs):
                    return function(*args, **kwargs)
                return run
            return decorator

        @job()
        def label(product_id):
            print(ask(product_id))  # !
        """,
    "django_q_by_name_in_a_file_that_imports_no_task": {
        "shop/tasks.py": """
            from llm import ask

            def label(product_id):
                print(ask(product_id))  # !
            """,
        "shop/receivers.py": """
            from django.db.models.signals import post_save
            from django.dispatch import receiver
            from django_q.tasks import async_task

            @receiver(post_save)
            def saved(sender, instance, **kwargs):
                async_task("shop.tasks.label", instance.pk)
            """,
    },
    "celery": """
        from celery import Celery
        from flask import Flask
        from llm import ask

        app = Celery("labels")
        web = Flask(__name__)

        @app.task
        def label(product_id):
            print(ask(product_id))  # !

        @web.post("/upload")
        def upload():
            label.delay(7)
            return "thanks"
        """,
    "celery_shared_task_in_another_file": {
        "shop/tasks.py": """
            from celery import shared_task
            from llm import ask

            @shared_task(bind=True, max_retries=3)
            def label(self, product_id):
                print(ask(product_id))  # !
            """,
        "shop/views.py": """
            from django.http import HttpResponse
            from shop.tasks import label

            def upload(request):
                label.apply_async(args=[request.POST["id"]], countdown=5)
                return HttpResponse("thanks")
            """,
    },
    "celery_by_name": {
        "worker.py": """
            from celery import Celery
            from llm import ask

            app = Celery("labels")

            @app.task(name="labels.label")
            def label(product_id):
                print(ask(product_id))  # !
            """,
        "web.py": """
            from celery import Celery
            from fastapi import FastAPI

            celery = Celery("labels")
            api = FastAPI()

            @api.post("/upload")
            def upload(product_id: int):
                celery.send_task("labels.label", args=[product_id])
            """,
    },
    "celery_class": """
        from celery import Celery, Task
        from llm import ask

        app = Celery("labels")

        class Label(Task):
            def run(self, product_id):
                print(ask(product_id))  # !

        label = app.register_task(Label())
        """,
    "celery_group": """
        from celery import group, shared_task
        from flask import Flask
        from llm import ask

        web = Flask(__name__)

        @shared_task
        def label(product_id):
            print(ask(product_id))  # !

        @web.post("/upload")
        def upload():
            group(label.s(n) for n in range(100)).apply_async()
            return "thanks"
        """,
    "rq": """
        from flask import Flask
        from redis import Redis
        from rq import Queue
        from llm import ask

        web = Flask(__name__)
        queue = Queue(connection=Redis())

        def label(product_id):
            print(ask(product_id))  # !

        @web.post("/upload")
        def upload():
            queue.enqueue(label, 7)
            return "thanks"
        """,
    "rq_task_that_enqueues_itself": """
        from django_rq import job
        from llm import ask

        @job("default")
        def label(product_id):
            print(ask(product_id))  # !

        def upload(request):
            label.enqueue(7)
        """,
    "rq_by_name": {
        "jobs/labels.py": """
            from llm import ask

            def label(product_id):
                print(ask(product_id))  # !
            """,
        "web.py": """
            import django_rq

            def upload(request):
                django_rq.enqueue("jobs.labels.label", 7)
            """,
    },
    "dramatiq": """
        import dramatiq
        from flask import Flask
        from llm import ask

        web = Flask(__name__)

        @dramatiq.actor(queue_name="labels")
        def label(product_id):
            print(ask(product_id))  # !

        @web.post("/upload")
        def upload():
            label.send(7)
            return "thanks"
        """,
    "huey": """
        from flask import Flask
        from huey import RedisHuey
        from llm import ask

        huey = RedisHuey("labels")
        web = Flask(__name__)

        @huey.task()
        def label(product_id):
            print(ask(product_id))  # !

        @web.post("/upload")
        def upload():
            label(7)
            return "thanks"
        """,
    "arq": """
        from arq import create_pool
        from fastapi import FastAPI
        from llm import aask

        api = FastAPI()

        async def label(ctx, product_id):
            print(await aask(product_id))  # !

        class WorkerSettings:
            functions = [label]

        @api.post("/upload")
        async def upload():
            pool = await create_pool()
            await pool.enqueue_job("label", 7)
        """,
    "saq": """
        from saq import Queue
        from llm import aask

        queue = Queue.from_url("redis://queue.example.com")

        async def label(ctx, *, product_id):
            print(await aask(product_id))  # !

        async def upload(product_id):
            await queue.enqueue("label", product_id=product_id)

        settings = {"queue": queue, "functions": [label]}
        """,
    "django_q": """
        from django_q.tasks import async_task
        from llm import ask

        def label(product_id):
            print(ask(product_id))  # !

        def upload(request):
            async_task(label, request.POST["id"])
        """,
    "django_tasks": """
        from django.tasks import task
        from llm import ask

        @task(priority=2)
        def label(product_id):
            print(ask(product_id))  # !

        def upload(request):
            label.enqueue(request.POST["id"])
        """,
    "taskiq": """
        from taskiq_redis import ListQueueBroker
        from llm import aask

        broker = ListQueueBroker("redis://queue.example.com")

        @broker.task
        async def label(product_id):
            print(await aask(product_id))  # !

        async def upload(product_id):
            await label.kiq(product_id)
        """,
    "procrastinate": """
        import procrastinate
        from llm import ask

        app = procrastinate.App(connector=None)

        @app.task(queue="labels")
        def label(product_id):
            print(ask(product_id))  # !

        def upload(request):
            label.defer(product_id=request.POST["id"])
        """,
    "faststream": """
        from faststream.rabbit import RabbitBroker
        from llm import aask

        broker = RabbitBroker()

        @broker.subscriber("uploads")
        async def label(message):
            print(await aask(message))  # !
        """,
    "pika": """
        import pika
        from llm import ask

        def label(channel, method, properties, body):
            print(ask(body))  # !

        def main():
            channel = pika.BlockingConnection().channel()
            channel.basic_consume(queue="uploads", on_message_callback=label)
            channel.start_consuming()
        """,
    "pubsub": """
        from google.cloud import pubsub_v1
        from llm import ask

        def label(message):
            print(ask(message.data))  # !

        subscriber = pubsub_v1.SubscriberClient()
        subscriber.subscribe("projects/x/subscriptions/uploads", callback=label)
        """,
    "sqs": """
        import boto3
        from llm import ask

        def work():
            sqs = boto3.client("sqs")
            for message in sqs.receive_message(QueueUrl="q")["Messages"]:
                print(ask(message["Body"]))  # !
        """,
    "kafka": """
        from kafka import KafkaConsumer
        from llm import ask

        def work():
            for message in KafkaConsumer("uploads"):
                print(ask(message.value))  # !
        """,
}

LIVE = {
    "arq_task_named_as_its_route_is": {
        "worker.py": """
            from llm import aask

            async def label(ctx, text):
                return await aask(text)  # !

            class WorkerSettings:
                functions = [label]
            """,
        "web.py": """
            from arq import create_pool
            from fastapi import FastAPI

            app = FastAPI()

            @app.post("/label")
            async def label(text: str):
                pool = await create_pool()
                job = await pool.enqueue_job("label", text)
                return await job.result(timeout=30)
            """,
    },
    "celery_waits_for_the_result": """
        from celery import shared_task
        from flask import Flask
        from llm import ask

        web = Flask(__name__)

        @shared_task
        def label(text):
            return ask(text)  # !

        @web.post("/label")
        def wait():
            return label.delay("x").get(timeout=30)
        """,
    "celery_waits_in_a_thread": """
        import asyncio
        from celery import Celery
        from fastapi import FastAPI
        from llm import ask

        app = Celery("app")
        api = FastAPI()

        @app.task(name="labels.label")
        def label(text):
            return ask(text)  # !

        class Labels:
            def __init__(self, text):
                self.text = text

            async def read(self):
                result = app.send_task("labels.label", args=[self.text])
                return await asyncio.to_thread(result.get, timeout=60)

        @api.get("/label")
        async def show(text):
            return await Labels(text).read()
        """,
    "celery_waits_through_a_variable": """
        from celery import shared_task
        from flask import Flask
        from llm import ask

        web = Flask(__name__)

        @shared_task
        def label(text):
            return ask(text)  # !

        @web.post("/label")
        def wait():
            task = label.apply_async(args=["x"])
            task.wait()
            return task.result
        """,
    "celery_called_like_a_function": """
        from celery import shared_task
        from flask import Flask
        from llm import ask

        web = Flask(__name__)

        @shared_task
        def label(text):
            return ask(text)  # !

        @web.post("/label")
        def now():
            return label("x")
        """,
    "dramatiq_waits": """
        import dramatiq
        from flask import Flask
        from llm import ask

        web = Flask(__name__)

        @dramatiq.actor(store_results=True)
        def label(text):
            return ask(text)  # !

        @web.post("/label")
        def wait():
            message = label.send("x")
            return message.get_result(block=True)
        """,
    "huey_waits": """
        from flask import Flask
        from huey import RedisHuey
        from llm import ask

        huey = RedisHuey("labels")
        web = Flask(__name__)

        @huey.task()
        def label(text):
            return ask(text)  # !

        @web.post("/label")
        def wait():
            return label("x").get(blocking=True)
        """,
    "taskiq_waits": """
        from fastapi import FastAPI
        from taskiq_redis import ListQueueBroker
        from llm import aask

        api = FastAPI()
        broker = ListQueueBroker("redis://queue.example.com")

        @broker.task
        async def label(text):
            return await aask(text)  # !

        @api.post("/label")
        async def wait(text: str):
            task = await label.kiq(text)
            return await task.wait_result(timeout=30)
        """,
    "rq_status_is_polled_in_the_request": """
        import time
        from flask import Flask
        from redis import Redis
        from rq import Queue
        from llm import ask

        web = Flask(__name__)
        queue = Queue(connection=Redis())

        def label(text):
            return ask(text)  # !

        @web.post("/label")
        def wait():
            job = queue.enqueue(label, "x")
            while job.get_status() != "finished":
                time.sleep(1)
            return job.result
        """,
    "thread_joined_in_a_route": """
        import threading
        from flask import Flask
        from llm import ask

        web = Flask(__name__)

        def label(texts, found):
            for text in texts:
                found.append(ask(text))  # !

        @web.post("/label")
        def wait():
            found = []
            worker = threading.Thread(target=label, args=(["x"], found))
            worker.start()
            worker.join()
            return found
        """,
    "celery_status_polled_by_the_page": """
        from celery.result import AsyncResult
        from celery import shared_task
        from fastapi import FastAPI
        from llm import ask

        api = FastAPI()

        @shared_task
        def label(text):
            return ask(text)  # !

        @api.post("/label", status_code=202)
        def start(text: str):
            return {"task_id": label.delay(text).id}

        @api.get("/label/{task_id}")
        def status(task_id: str):
            result = AsyncResult(task_id)
            return {"status": result.status, "label": result.result}
        """,
    "result_that_goes_to_an_open_page": """
        from asgiref.sync import async_to_sync
        from celery import shared_task
        from channels.layers import get_channel_layer
        from django.http import JsonResponse
        from django.urls import path
        from llm import ask

        @shared_task
        def label(room, text):
            answer = ask(text)  # !
            async_to_sync(get_channel_layer().group_send)(room, {"type": "label", "text": answer})

        def start(request):
            label.delay(request.POST["room"], request.POST["text"])
            return JsonResponse({"ok": True})

        urlpatterns = [path("label", start)]
        """,
    "progress_that_a_page_shows": """
        from celery import shared_task
        from celery_progress.backend import ProgressRecorder
        from django.http import HttpResponseRedirect
        from django.urls import path
        from llm import ask

        @shared_task(bind=True)
        def label_all(self, texts):
            recorder = ProgressRecorder(self)
            for number, text in enumerate(texts):
                ask(text)  # !
                recorder.set_progress(number, len(texts))

        def start(request):
            label_all.delay(request.POST.getlist("texts"))
            return HttpResponseRedirect("/labels")

        urlpatterns = [path("label", start)]
        """,
    "background_task_polled_by_the_page": """
        from fastapi import BackgroundTasks, FastAPI
        from llm import ask

        api = FastAPI()
        labels = {}

        def label_all(job_id, texts):
            labels[job_id] = [ask(text) for text in texts]  # !

        @api.post("/label", status_code=202)
        def start(job_id: str, texts: list[str], background_tasks: BackgroundTasks):
            background_tasks.add_task(label_all, job_id, texts)
            return {"job_id": job_id, "status": "PENDING"}

        @api.get("/label/{job_id}")
        def status(job_id: str):
            return {"labels": labels.get(job_id)}
        """,
}


CONSUMER = """
    import json
    import redis
    from llm import ask

    store = redis.Redis()

    def main():
        while True:
            _, message = store.blpop("requests")
            note = json.loads(message)
            {keep}

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        ('store.set(note["id"], ask(note["text"]))  # !', "batchable"),
        ('store.publish(note["session"], ask(note["text"]))  # !', "unclear"),
    ],
)
def test_an_answer_that_a_consumer_publishes_may_be_waited_for(keep, expected):
    assert verdict(CONSUMER.format(keep=keep)) == expected


@pytest.mark.parametrize("program", cases(OFFLINE))
def test_a_task_that_nobody_waits_for_is_batchable(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize("program", cases(LIVE))
def test_a_task_whose_result_is_waited_for_is_realtime(program):
    assert is_waited_for(program)


ASKED = {
    "each_in_a_list": """
            results = [label.delay(text) for text in request.json]
            return [result.get(timeout=30) for result in results]
        """,
    "each_that_is_appended": """
            results = []
            for text in request.json:
                results.append(label.delay(text))
            for result in results:
                result.wait()
            return "done"
        """,
    "a_group": """
            job = group(label.s(text) for text in request.json).apply_async()
            return job.get()
        """,
    "a_group_at_once": """
            return group(label.s(text) for text in request.json)().get()
        """,
}
ROUTE_OF_TASKS = """
        from celery import Celery, group
        from flask import Flask, request
        from llm import ask

        app = Celery("work")
        web = Flask(__name__)

        @app.task
        def label(text):
            return ask(text)  # !

        @web.post("/")
        def labels():
        """


@pytest.mark.parametrize("name", ASKED)
def test_a_route_asks_several_tasks_for_their_results(name):
    program = textwrap.dedent(ROUTE_OF_TASKS) + textwrap.indent(textwrap.dedent(ASKED[name]), "    ")
    assert is_waited_for(program)


def test_a_route_only_starts_several_tasks():
    body = """
            results = [label.delay(text) for text in request.json]
            sizes = [len(str(result)) for result in results]
            counts = {"tasks": sum(sizes)}
            return counts.get("tasks")
        """
    program = textwrap.dedent(ROUTE_OF_TASKS) + textwrap.indent(textwrap.dedent(body), "    ")
    assert verdict(program) == "batchable"


CALLED_TOO = """
    from celery import shared_task
    from django.db.models.signals import post_save
    from django.dispatch import receiver
    from llm import ask

    @shared_task
    def label(plan):
        for line in plan.lines:
            line.label = ask(line.text)  # !

    @receiver(post_save)
    def saved(sender, instance, **kwargs):
        label{how}(instance)
    """


@pytest.mark.parametrize(("how", "expected"), [(".delay", "batchable"), ("", "unclear")])
def test_who_calls_a_task_itself_may_wait_for_it(how, expected):
    assert verdict(CALLED_TOO.format(how=how)) == expected


LISTED = """
    from {package} import {imported}
    from llm import ask

    async def label(_context, text):
        open("labels.txt", "a").write(ask(text))  # !

    {settings}
    """


@pytest.mark.parametrize(
    ("package", "imported", "settings", "expected"),
    [
        ("arq.connections", "RedisSettings", "class WorkerSettings:\n        functions = [label]", "batchable"),
        ("arq.connections", "RedisSettings", "class WorkerSettings:\n        names = [label]", "unclear"),
        ("saq", "Queue", 'settings = {"queue": Queue.from_url("redis://q"), "functions": [label]}', "batchable"),
        ("shop", "Queue", 'settings = {"queue": Queue.from_url("redis://q"), "functions": [label]}', "unclear"),
    ],
)
def test_a_worker_starts_the_functions_in_its_settings(package, imported, settings, expected):
    program = LISTED.format(package=package, imported=imported, settings=settings)
    assert verdict(program) == expected


def test_a_function_that_a_worker_lists_is_enqueued_by_its_name():
    """So a route that waits for the result is seen."""
    program = """
        from arq import create_pool
        from fastapi import FastAPI
        from llm import ask

        api = FastAPI()

        async def label(_context, text):
            return ask(text)  # !

        @api.post("/label")
        async def show(text):
            pool = await create_pool()
            job = await pool.enqueue_job("label", text)
            return await job.result()

        class WorkerSettings:
            functions = [label]
        """
    assert is_waited_for(program)


OWN_DECORATOR = {
    "work.py": """
        import functools
        import dramatiq

        def actor(**options):
            def decorate(function):
                @functools.wraps(function)
                def wrapper(*args):
                    return function(*args)

                {register}
                return wrapper

            return decorate
        """,
    "app.py": """
        from llm import ask
        from work import actor

        def label(text):
            return ask(text)  # !

        @actor(name="label")
        def relabel(text):
            print(label(text))

        if __name__ == "__main__":
            for line in open("products.txt"):
                label(line)
        """,
}


@pytest.mark.parametrize(
    ("register", "expected"), [("dramatiq.actor(wrapper, **options)", "unclear"), ("print(wrapper)", "batchable")]
)
def test_what_the_own_decorator_hands_to_a_framework_may_be_waited_for(register, expected):
    program = {**OWN_DECORATOR, "work.py": OWN_DECORATOR["work.py"].replace("{register}", register)}
    assert verdict(program) == expected


COMMAND = """
    from fastapi import FastAPI
    from llm import ask
    from surreal_commands import command, execute_command_sync, submit_command

    app = FastAPI()

    @command("label", app="shop")
    def label_command(data):
        open("labels.txt", "a").write(str(ask(data)))  # !

    @app.post("/labels")
    def create(text: str):
        {how}("shop", "{name}", {{"text": text}})
        return {{"text": text}}
    """


@pytest.mark.parametrize(
    ("how", "name", "expected"),
    [
        ("submit_command", "label", "batchable"),
        ("execute_command_sync", "label", "realtime"),
        ("execute_command_sync", "other", "batchable"),
    ],
)
def test_a_task_by_the_word_that_its_decorator_is_given_first(how, name, expected):
    assert verdict(COMMAND.format(how=how, name=name)) == expected


def test_a_decorator_that_says_much_is_shown_by_its_name():
    site = marked(
        """
        from celery import Celery
        from llm import ask

        app = Celery()

        @app.task(name="shop.labels.label_all_that_came_in_today", bind=True, acks_late=True)
        def label(self, texts):
            for text in texts:
                self.store(ask(text))  # !
        """
    )
    assert site is not None
    assert [context.chain[0].what for context in site.contexts] == ["label (@app.task(...))"]


TASKS = """
    from celery import shared_task
    from llm import ask

    @shared_task(name="{name}")
    def label(text):
        return ask(text){mark}
    """
PAGE = """
    from flask import Flask, request
    from tasks import label

    web = Flask(__name__)

    @web.post("/label")
    def page():
        return label.delay(request.json["text"]).get()
    """


@pytest.mark.parametrize(("name", "expected"), [("shop.label", True), ("shop.label_later", False)])
def test_a_copy_of_a_task_has_whoever_enqueues_its_name(name: str, expected: bool):
    tasks = TASKS.format(name="shop.label", mark="")
    copied = TASKS.format(name=name, mark="  # !")
    assert is_waited_for({"tasks.py": tasks, "tasks_fixed.py": copied, "page.py": PAGE}) is expected
