"""Objects that code keeps on what a framework hands around: who gets them from there is a caller like any other."""

import pytest

from .verdicts import call_sites, is_waited_for, marked, verdict

WRITER = """
    from llm import ask

    class Writer:
        def title(self, text):
            return ask(text)  # !
    """
BULK = """
    from service import Writer

    writer = Writer()
    for line in open("texts.txt"):
        print(writer.title(line))
    """

# Live code that gets the object by a name alone.
LIVE = {
    "streamlit_session": """
        import streamlit as st
        from service import Writer

        if "writer" not in st.session_state:
            st.session_state.writer = Writer()
        st.write(st.session_state.writer.title(st.text_input("text")))
        """,
    "streamlit_session_of_several": """
        import streamlit as st
        from service import Writer

        @st.cache_resource
        def load():
            return {"writer": Writer(), "words": open("words.txt").read()}

        if "writer" not in st.session_state:
            loaded = load()
            st.session_state["words"] = loaded["words"]
            st.session_state["writer"] = loaded["writer"]
        st.write(st.session_state["writer"].title(st.text_input("text")))
        """,
    "flask_g": """
        from flask import Flask, g, request
        from service import Writer

        app = Flask(__name__)

        @app.before_request
        def attach():
            g.writer = Writer()

        @app.post("/")
        def title():
            return g.writer.title(request.json["text"])
        """,
    "flask_extension": """
        from flask import Flask, current_app, request
        from service import Writer

        app = Flask(__name__)
        app.extensions["writer"] = Writer()

        @app.post("/")
        def title():
            return current_app.extensions["writer"].title(request.json["text"])
        """,
    "flask_config_of_an_attribute": """
        from flask import Flask, current_app, request
        from service import Writer

        app = Flask(__name__)
        app.writer = Writer()
        app.config["WRITER"] = app.writer

        @app.post("/")
        def title():
            return current_app.config.get("WRITER").title(request.json["text"])
        """,
    "tornado_application": """
        import tornado.web
        from service import Writer

        class Handler(tornado.web.RequestHandler):
            def post(self):
                self.write(self.application.writer.title(self.get_body_argument("text")))

        app = tornado.web.Application([("/", Handler)])
        app.writer = Writer()
        """,
    "tornado_initialize": """
        import tornado.web
        from service import Writer

        class Handler(tornado.web.RequestHandler):
            def initialize(self, writer):
                self.writer = writer

            def post(self):
                self.write(self.writer.title(self.get_body_argument("text")))

        app = tornado.web.Application([("/", Handler, dict(writer=Writer()))])
        """,
    "bot_of_a_cog": """
        from discord.ext import commands
        from service import Writer

        class Titles(commands.Cog):
            def __init__(self, bot):
                self.bot = bot

            @commands.command()
            async def title(self, ctx, text):
                await ctx.send(self.bot.writer.title(text))

        bot = commands.Bot("!")
        bot.writer = Writer()
        """,
    "own_bot_of_a_cog": """
        from discord.ext import commands
        from service import Writer

        class Assistant(commands.Bot):
            def __init__(self):
                super().__init__("!")
                self.writer = Writer()

        class Titles(commands.Cog):
            def __init__(self, bot):
                self.bot = bot

            @commands.command()
            async def title(self, ctx, text):
                await ctx.send(self.bot.writer.title(text))
        """,
    "context_of_a_query": """
        import strawberry
        from fastapi import FastAPI
        from strawberry.fastapi import GraphQLRouter
        from service import Writer

        @strawberry.type
        class Query:
            @strawberry.field
            def title(self, text: str, info: strawberry.Info) -> str:
                return info.context["writer"].title(text)

        def context():
            return {"writer": Writer()}

        app = FastAPI()
        app.include_router(GraphQLRouter(strawberry.Schema(Query), context_getter=context))
        """,
    "lifespan_of_a_server": """
        from contextlib import asynccontextmanager
        from dataclasses import dataclass
        from mcp.server.fastmcp import Context, FastMCP
        from service import Writer

        @dataclass
        class State:
            writer: Writer

        @asynccontextmanager
        async def lifespan(server):
            yield State(writer=Writer())

        mcp = FastMCP("titles", lifespan=lifespan)

        @mcp.tool()
        async def title(text: str, ctx: Context) -> str:
            return ctx.request_context.lifespan_context.writer.title(text)
        """,
    "container": """
        import punq
        from flask import Flask, request
        from service import Writer

        container = punq.Container()
        container.register(Writer)
        app = Flask(__name__)

        @app.post("/")
        def title():
            return container.resolve(Writer).title(request.json["text"])
        """,
    "middleware": """
        from django.http import HttpResponse
        from service import Writer

        class TitleMiddleware:
            def __init__(self, get_response):
                self.get_response = get_response
                self.writer = Writer()

            def __call__(self, request):
                request.title = self.writer.title(request.path)
                return self.get_response(request)
        """,
}


@pytest.mark.parametrize("name", LIVE)
def test_who_gets_the_object_from_the_framework_waits(name):
    program = {"service.py": WRITER, "bulk.py": BULK, "live.py": LIVE[name]}
    assert is_waited_for(program)
    assert verdict({"service.py": WRITER, "bulk.py": BULK}) == "batchable"
    assert [site.path for site in call_sites(program) if str(site.verdict) == "batchable"] == ["bulk.py"]


def test_a_job_gets_it_from_its_context():
    """arq hands the dict that `on_startup` has filled to every job."""
    program = """
        from arq import cron
        from voyageai import AsyncClient

        async def startup(ctx):
            ctx["embedder"] = AsyncClient()

        async def label(ctx):
            for line in open("texts.txt"):
                print(await ctx["embedder"].embed([line], model="voyage-3"))  # !

        class WorkerSettings:
            on_startup = startup
            cron_jobs = [cron(label, hour=3)]
        """
    assert verdict(program) == "batchable"
    assert marked(program.replace('ctx["embedder"] = AsyncClient()', 'ctx["other"] = AsyncClient()')) is None


GIVEN = """
    from llm import client

    class Labels:
        def __init__(self):
            self.cleaner = Cleaner(self.ask)

        def ask(self, text):
            return client.responses.create(model="gpt-5", input=text)  # !

    class Cleaner:
        def __init__(self, ask):
            self.ask = {kept}

        def clean(self, text):
            return self.ask(text)

    for line in open("lines.txt"):
        print(Labels().cleaner.clean(line))
    """


@pytest.mark.parametrize(("kept", "expected"), [("ask", "batchable"), ("str.strip", "unclear")])
def test_a_field_may_hold_the_method_of_another_object_that_has_its_name(kept, expected):
    assert verdict(GIVEN.format(kept=kept)) == expected


KEYED = """
    from flask import Flask
    from llm import ask

    class Writer:
        def run(self, text):
            return ask(text)  # !

    class Counter:
        def run(self, text):
            return len(text)

    def services(more=()):
        return {{"writer": Writer(), "counter": Counter(){more}}}

    app = Flask(__name__)

    @app.post("/count")
    def count():
        known = services()
        return str(known[{key}].run("text"))

    if __name__ == "__main__":
        for line in open("texts.txt"):
            print(services()["writer"].run(line))
    """


@pytest.mark.parametrize(
    ("key", "more", "expected"),
    [
        ('"counter"', "", "batchable"),
        ('"writer"', "", "realtime"),
        ("app.name", "", "realtime"),
        ('"counter"', ", **dict(more)", "realtime"),
    ],
)
def test_of_a_dict_that_a_function_makes_a_key_tells_which_object_is_meant(key, more, expected):
    assert verdict(KEYED.format(key=key, more=more)) == expected


WRITERS = (
    WRITER
    + """
    class Echo:
        def title(self, text):
            return text.title()
    """
)
COMMANDS = """
    import click
    from service import Echo, Writer

    pass_made = click.make_pass_decorator({made})

    @click.group()
    @click.pass_context
    def cli(ctx):
        ctx.obj = {made}()

    @cli.command()
    @{decorator}
    def titles(writer):
        for line in open("texts.txt"):
            print(writer.title(line))
    """


@pytest.mark.parametrize("decorator", ["click.pass_obj", "pass_made"])
def test_a_command_is_passed_what_the_context_keeps(decorator: str) -> None:
    made = {"service.py": WRITERS, "app.py": COMMANDS.format(decorator=decorator, made="Writer")}
    assert verdict(made) == "batchable"
    assert verdict({**made, "app.py": COMMANDS.format(decorator=decorator, made="Echo")}) != "batchable"


MADE = {
    "bind.py": """
        from llm import ask

        def bind(prompt):
            def label(text):
                return ask(prompt + text)  # !
            return label

        def plain(text):
            return bind("Plain: ")(text)
        """,
    "bulk.py": """
        from bind import bind

        for line in open("texts.txt"):
            print(bind("Label: ")(line))
        """,
}
ROUTE = """
    from bind import bind, plain
    from fastapi import FastAPI

    app = FastAPI()

    @app.on_event("startup")
    def prepare():
        app.state.label = {kept}

    @app.post("/label")
    def label(text: str):
        given = {got}
        return given(text)
    """


@pytest.mark.parametrize("got", ["app.state.label", 'getattr(app.state, "label", None)'])
@pytest.mark.parametrize(
    ("kept", "is_live"),
    [('bind("Label: ")', True), ("plain", True), ("open", False)],
    ids=["a function that is made", "one that is defined", "another"],
)
def test_a_function_is_kept_in_the_state_of_an_application(got: str, kept: str, is_live: bool) -> None:
    assert is_waited_for({**MADE, "app.py": ROUTE.format(kept=kept, got=got)}) == is_live


def test_what_is_asked_for_by_another_name_is_not_what_is_kept() -> None:
    got = 'getattr(app.state, "labels", None)'
    assert verdict({**MADE, "app.py": ROUTE.format(kept='bind("Label: ")', got=got)}) == "batchable"
