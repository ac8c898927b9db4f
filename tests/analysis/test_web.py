"""Web frameworks: a route's answer is waited for; what the same file does for a script or a job is not."""

import pytest

from .verdicts import cases, is_waited_for, verdict

LIVE = {
    "decorator_that_registers_its_wrapper": """
        from flask import Flask, request
        from llm import ask

        app = Flask(__name__)

        def api(rule):
            def decorator(function):
                def wrapper():
                    return {"labels": function(request.get_json())}

                app.add_url_rule(rule, view_func=wrapper)
                return function

            return decorator

        @api("/labels")
        def labels(texts):
            return [ask(text) for text in texts]  # !
        """,
    "decorator_of_the_project_that_makes_a_route": """
        from functools import wraps
        from flask import Flask
        from llm import ask

        app = Flask(__name__)

        def page(function):
            @app.get(f"/{function.__name__}")
            @wraps(function)
            def run(*args, **kwargs):
                return function(*args, **kwargs)
            return run

        @page
        def labels():
            return [ask(line) for line in open("products.txt")]  # !
        """,
    "fastapi": """
        from fastapi import FastAPI
        from llm import ask

        app = FastAPI()

        @app.post("/label")
        def label(texts: list[str]):
            return [ask(text) for text in texts]  # !
        """,
    "fastapi_router_and_dependency": """
        from fastapi import APIRouter, Depends
        from llm import ask

        router = APIRouter()

        def labels(texts: list[str]):
            return [ask(text) for text in texts]  # !

        @router.get("/label")
        def label(found=Depends(labels)):
            return found
        """,
    "fastapi_websocket": """
        from fastapi import FastAPI, WebSocket
        from llm import aask

        app = FastAPI()

        @app.websocket("/ws")
        async def talk(socket: WebSocket):
            async for text in socket.iter_text():
                await socket.send_text(await aask(text))  # !
        """,
    "starlette": """
        from starlette.applications import Starlette
        from starlette.routing import Route
        from llm import aask

        async def label(request):
            return [await aask(text) for text in await request.json()]  # !

        app = Starlette(routes=[Route("/label", label, methods=["POST"])])
        """,
    "sse": """
        from sse_starlette.sse import EventSourceResponse
        from llm import ask

        def stream(texts):
            def events():
                for text in texts:
                    yield ask(text)  # !
            return EventSourceResponse(events())
        """,
    "flask": """
        from flask import Blueprint, jsonify, request
        from llm import ask

        pages = Blueprint("pages", __name__)

        @pages.route("/label", methods=["POST"])
        def label():
            return jsonify([ask(text) for text in request.json])  # !
        """,
    "flask_restful": """
        from flask_restful import Api, Resource
        from llm import ask

        class Labels(Resource):
            def post(self):
                return [ask(text) for text in self.texts()]  # !
        """,
    "flask_socketio": """
        from flask_socketio import SocketIO, emit
        from llm import ask

        socketio = SocketIO()

        @socketio.on("texts")
        def texts(message):
            for text in message["texts"]:
                emit("label", ask(text))  # !
        """,
    "django_view": {
        "shop/urls.py": """
            from django.urls import path
            from shop import pages

            urlpatterns = [path("label/", pages.label)]
            """,
        "shop/pages.py": """
            from django.http import JsonResponse
            from llm import ask

            def label(req):
                return JsonResponse([ask(text) for text in req.POST.getlist("texts")], safe=False)  # !
            """,
    },
    "django_class_based": {
        "shop/urls.py": """
            from django.urls import path
            from shop.pages import LabelView

            urlpatterns = [path("label/", LabelView.as_view())]
            """,
        "shop/pages.py": """
            from django.views.generic import TemplateView
            from llm import ask

            class LabelView(TemplateView):
                def get_context_data(self, **kwargs):
                    return {"labels": [ask(text) for text in self.texts]}  # !
            """,
    },
    "django_admin_action": """
        from django.contrib import admin
        from llm import ask

        @admin.action(description="Label")
        def label(modeladmin, request, queryset):
            for row in queryset:
                row.label = ask(row.text)  # !
        """,
    "drf_viewset": """
        from rest_framework import viewsets
        from rest_framework.decorators import action
        from llm import ask

        class Products(viewsets.ModelViewSet):
            @action(detail=False, methods=["post"])
            def label(self, request):
                return [ask(text) for text in request.data["texts"]]  # !
        """,
    "drf_apiview": """
        from rest_framework.views import APIView
        from llm import ask

        class Labels(APIView):
            def post(self, request):
                return [ask(text) for text in request.data]  # !
        """,
    "drf_function": """
        from rest_framework.decorators import api_view
        from llm import ask

        @api_view(["POST"])
        def label(request):
            return [ask(text) for text in request.data]  # !
        """,
    "drf_serializer": """
        from rest_framework import serializers
        from llm import ask

        class ProductSerializer(serializers.ModelSerializer):
            label = serializers.SerializerMethodField()

            def get_label(self, product):
                return [ask(line) for line in product.lines]  # !
        """,
    "django_ninja": """
        from ninja import Router
        from llm import ask

        router = Router()

        @router.post("/label")
        def label(request, texts: list[str]):
            return [ask(text) for text in texts]  # !
        """,
    "quart": """
        from quart import Quart, request
        from llm import aask

        app = Quart(__name__)

        @app.post("/label")
        async def label():
            return [await aask(text) for text in await request.get_json()]  # !
        """,
    "aiohttp_decorated": """
        from aiohttp import web
        from llm import aask

        routes = web.RouteTableDef()

        @routes.post("/label")
        async def label(request):
            return web.Response(text=str([await aask(text) for text in await request.json()]))  # !
        """,
    "aiohttp_added": """
        from aiohttp import web
        from llm import aask

        async def label(request):
            return web.Response(text=str([await aask(text) for text in await request.json()]))  # !

        app = web.Application()
        app.router.add_post("/label", label)
        """,
    "aiohttp_listed": """
        from aiohttp import web
        from llm import aask

        async def label(request):
            return web.Response(text=str([await aask(text) for text in await request.json()]))  # !

        def create():
            app = web.Application()
            app.add_routes([web.post("/label", label)])
            return app
        """,
    "sanic": """
        from sanic import Sanic, json
        from llm import aask

        app = Sanic("labels")

        @app.post("/label")
        async def label(request):
            return json([await aask(text) for text in request.json])  # !
        """,
    "tornado": """
        import tornado.web
        from llm import ask

        class Labels(tornado.web.RequestHandler):
            def post(self):
                self.write({"labels": [ask(text) for text in self.get_arguments("text")]})  # !
        """,
    "falcon": """
        import falcon
        from llm import ask

        class Labels:
            def on_post(self, req, resp):
                resp.media = [ask(text) for text in req.media]  # !

        app = falcon.App()
        app.add_route("/labels", Labels())
        """,
    "litestar": """
        from litestar import Litestar, post
        from llm import aask

        @post("/label")
        async def label(data: list[str]) -> list[str]:
            return [await aask(text) for text in data]  # !

        app = Litestar([label])
        """,
    "bottle": """
        from bottle import post, request
        from llm import ask

        @post("/label")
        def label():
            return {"labels": [ask(text) for text in request.json]}  # !
        """,
    "pyramid": """
        from pyramid.view import view_config
        from llm import ask

        @view_config(route_name="label", renderer="json")
        def label(request):
            return [ask(text) for text in request.json_body]  # !
        """,
    "http_server": """
        from http.server import BaseHTTPRequestHandler
        from llm import ask

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                for text in self.rfile:
                    self.wfile.write(ask(text))  # !
        """,
    "strawberry": """
        import strawberry
        from llm import ask

        @strawberry.type
        class Query:
            @strawberry.field
            def labels(self, texts: list[str]) -> list[str]:
                return [ask(text) for text in texts]  # !
        """,
    "graphene_resolver": """
        import graphene
        from llm import ask

        class Query(graphene.ObjectType):
            labels = graphene.List(graphene.String)

            def resolve_labels(root, info, texts):
                return [ask(text) for text in texts]  # !
        """,
    "graphene_mutation": """
        import graphene
        from llm import ask

        class Label(graphene.Mutation):
            def mutate(root, info, texts):
                return [ask(text) for text in texts]  # !
        """,
    "ariadne": """
        from ariadne import QueryType
        from llm import ask

        query = QueryType()

        @query.field("labels")
        def labels(_, info, texts):
            return [ask(text) for text in texts]  # !
        """,
    "grpc": """
        import grpc
        import labels_pb2_grpc
        from llm import ask

        class Labels(labels_pb2_grpc.LabelsServicer):
            def Label(self, request, context):
                return [ask(text) for text in request.texts]  # !
        """,
    "websockets": """
        import asyncio
        import websockets
        from llm import aask

        async def talk(socket):
            async for text in socket:
                await socket.send(await aask(text))  # !

        async def main():
            async with websockets.serve(talk, "", 8001):
                await asyncio.Future()

        asyncio.run(main())
        """,
    "socketio": """
        import socketio
        from llm import aask

        sio = socketio.AsyncServer()

        @sio.event
        async def texts(sid, data):
            for text in data:
                await sio.emit("label", await aask(text))  # !
        """,
    "channels": """
        from channels.generic.websocket import AsyncWebsocketConsumer
        from llm import aask

        class Talk(AsyncWebsocketConsumer):
            async def receive(self, text_data):
                for line in text_data.splitlines():
                    await self.send(await aask(line))  # !
        """,
    "bentoml": """
        import bentoml
        from llm import ask

        @bentoml.service
        class Labels:
            @bentoml.api
            def label(self, texts: list[str]) -> list[str]:
                return [ask(text) for text in texts]  # !
        """,
}

OFFLINE = {
    "decorator_that_registers_nothing": """
        from llm import ask

        def logged(name):
            def decorator(function):
                def wrapper():
                    print(name)
                    return function()

                wrapper()
                return function

            return decorator

        @logged("labels")
        def labels():
            return [ask(text) for text in open("products.txt")]  # !
        """,
    "fastapi_app_and_a_script_next_to_it": {
        "web.py": """
            from fastapi import FastAPI
            from labels import label_one

            app = FastAPI()

            @app.get("/label")
            def label(text: str):
                return label_one(text)
            """,
        "labels.py": """
            from llm import ask

            def label_one(text):
                return ask(text)
            """,
        "relabel.py": """
            from labels import label_one

            if __name__ == "__main__":
                for line in open("products.txt"):
                    print(label_one(line))  # !
            """,
    },
    "flask_command": """
        from flask import Flask
        from llm import ask

        app = Flask(__name__)

        @app.cli.command("relabel")
        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "django_command": {
        "shop/management/commands/relabel.py": """
            from django.core.management.base import BaseCommand
            from shop.models import Product
            from llm import ask

            class Command(BaseCommand):
                def handle(self, *args, **options):
                    for product in Product.objects.all():
                        product.label = ask(product.text)  # !
            """
    },
    "django_migration": {
        "shop/migrations/0007_labels.py": """
            from django.db import migrations
            from llm import ask

            def fill(apps, schema_editor):
                for product in apps.get_model("shop", "Product").objects.all():
                    product.label = ask(product.text)  # !

            class Migration(migrations.Migration):
                operations = [migrations.RunPython(fill)]
            """
    },
    "quart_command": """
        from quart import Quart
        from llm import ask

        app = Quart(__name__)

        @app.cli.command("relabel")
        def relabel():
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "aiohttp_client": """
        import asyncio
        import aiohttp
        from llm import aask

        async def main():
            async with aiohttp.ClientSession() as session:
                for url in open("urls.txt"):
                    async with session.get(url) as page:
                        print(await aask(await page.text()))  # !

        asyncio.run(main())
        """,
    "tornado_client": """
        from tornado.httpclient import HTTPClient
        from llm import ask

        if __name__ == "__main__":
            for url in open("urls.txt"):
                print(ask(HTTPClient().fetch(url).body))  # !
        """,
    "grpc_client": """
        import grpc
        import catalog_pb2_grpc
        from llm import ask

        if __name__ == "__main__":
            stub = catalog_pb2_grpc.CatalogStub(grpc.insecure_channel("catalog:50051"))
            for product in stub.List(None):
                print(ask(product.text))  # !
        """,
    "nameko_timer": """
        from nameko.timer import timer
        from llm import ask

        class Labels:
            @timer(interval=86400)
            def relabel(self):
                for product in self.products():
                    product.label = ask(product.text)  # !
        """,
}

UNCLEAR = {
    "startup_hook": """
        from fastapi import FastAPI
        from llm import ask

        app = FastAPI()
        labels = []

        @app.on_event("startup")
        def load():
            for line in open("products.txt"):
                labels.append(ask(line))  # !
        """,
    "lifespan": """
        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        from llm import aask

        @asynccontextmanager
        async def lifespan(app):
            app.state.labels = [await aask(line) for line in open("products.txt")]  # !
            yield

        app = FastAPI(lifespan=lifespan)
        """,
    "top_level_of_an_app": """
        import chainlit as cl
        from llm import ask

        labels = [ask(line) for line in open("products.txt")]  # !

        @cl.on_message
        async def answer(message):
            await cl.Message(content=str(labels)).send()
        """,
    "django_signal": """
        from django.db.models.signals import post_save
        from django.dispatch import receiver
        from shop.models import Product
        from llm import ask

        @receiver(post_save, sender=Product)
        def label(sender, instance, **kwargs):
            for line in instance.lines:
                instance.label = ask(line)  # !
        """,
    "django_signal_connected": """
        from django.db.models.signals import post_save
        from llm import ask

        def label(sender, instance, **kwargs):
            for line in instance.lines:
                instance.label = ask(line)  # !

        post_save.connect(label)
        """,
    "websocket_feed": """
        import websocket
        from llm import ask

        def on_message(feed, message):
            for line in message.splitlines():
                print(ask(line))  # !

        websocket.WebSocketApp("wss://news.example.com", on_message=on_message).run_forever()
        """,
}


@pytest.mark.parametrize("program", cases(LIVE))
def test_an_answer_for_a_request_is_realtime(program):
    assert is_waited_for(program)


@pytest.mark.parametrize("program", cases(OFFLINE))
def test_the_work_beside_the_requests_is_batchable(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize("program", cases(UNCLEAR))
def test_what_may_run_in_a_request_or_not_is_unclear(program):
    assert verdict(program) == "unclear"


LOADED = """
    import json
    from fastapi import FastAPI
    from llm import ask

    app = FastAPI()

    def load():
        return [ask(text) for text in json.load(open("texts.json"))]  # !

    {above}

    {route}
    def found(name: str):
        return notes[name]

    if __name__ == "__main__":
        {main}
    """
ROUTE, SERVED = '@app.get("/notes")', "import uvicorn; uvicorn.run(app)"


@pytest.mark.parametrize(
    ("above", "route", "main", "expected"),
    [
        ("notes = load()", ROUTE, SERVED, "unclear"),
        ("if not open('notes.json'):\n        notes = load()", ROUTE, SERVED, "unclear"),
        ("notes = {}", ROUTE, "load()", "batchable"),  # a command of its own
        ("notes = load()", "", "print(found('first'))", "batchable"),
    ],
)
def test_a_server_that_starts_may_be_waited_for(above: str, route: str, main: str, expected: str):
    assert verdict(LOADED.format(above=above, route=route, main=main)) == expected
