"""How code hangs together: whichever way a job reaches a call, and a route that reaches it the same way, is found."""

import pytest

from .verdicts import call_sites, cases, is_waited_for, marked, verdict

JOB = """
    from {module} import {name}

    if __name__ == "__main__":
        for line in open("products.txt"):
            print({call})
    """
ROUTE = """
    from flask import Flask, request
    from {module} import {name}

    app = Flask(__name__)

    @app.post("/label")
    def handle():
        return [{call} for line in request.json]
    """

# The files between the caller and the call; how the caller imports and calls them.
LINKS = {
    "class_that_a_decorator_puts_into_a_table": (
        {
            "labels.py": """
                from llm import ask

                KNOWN = {}

                def known(name):
                    def add(cls):
                        KNOWN[name] = cls
                        return cls
                    return add

                @known("short")
                class Short:
                    def label(self, text):
                        return ask(text)  # !

                def label(text):
                    return KNOWN["short"]().label(text)
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "class_that_a_class_method_registers": (
        {
            "labels.py": """
                from llm import ask

                class Labels:
                    known = {}

                    @classmethod
                    def register(cls, name):
                        def add(made):
                            cls.known[name] = made
                            return made
                        return add

                    @classmethod
                    def make(cls, name, **options):
                        return cls.known[name](**options)

                @Labels.register("short")
                class Short:
                    def label(self, text):
                        return ask(text)  # !

                def label(text):
                    return Labels.make("short").label(text)
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "function_handed_to_each_of_a_table": (
        {
            "checks.py": """
                def short(judge, text):
                    return judge("Short? " + text)

                def polite(judge, text):
                    return judge("Polite? " + text)

                CHECKS = {"short": short, "polite": polite}
                """,
            "labels.py": """
                from checks import CHECKS
                from llm import ask

                def judge(prompt):
                    return ask(prompt)  # !

                def label(text):
                    return {name: check(judge, text) for name, check in CHECKS.items()}
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "subclass_in_a_table_of_its_base": (
        {
            "labels.py": """
                from llm import ask

                class Labels:
                    known = {}

                    def __init_subclass__(cls, **options):
                        super().__init_subclass__(**options)
                        Labels.known[cls.name] = cls

                class Short(Labels):
                    name = "short"

                    def label(self, text):
                        return ask(text)  # !

                def label(text):
                    return Labels.known["short"]().label(text)
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "attribute_of_what_a_decorator_makes": (
        {
            "streams.py": """
                class Stream:
                    def __init__(self, function):
                        self.steps = function

                    def __call__(self, *args):
                        return list(self.steps(*args))[-1]

                def streamable(function):
                    return Stream(function)
                """,
            "labels.py": """
                from llm import ask
                from streams import streamable

                @streamable
                def parts(text):
                    yield ask(text)  # !

                def label(text):
                    for part in parts.steps(text):
                        return part
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "lambdas_in_a_list_that_a_pool_of_the_project_runs": (
        {
            "pools.py": """
                import asyncio

                class Pool:
                    async def run(self, tasks):
                        async def patient(task):
                            return await task()

                        pending = [asyncio.create_task(patient(task)) for task in tasks]
                        return [await each for each in pending]
                """,
            "labels.py": """
                import asyncio
                from llm import aask
                from pools import Pool

                async def labels(texts):
                    async def one(text):
                        return await aask(text)  # !

                    tasks = [lambda text=text: one(text) for text in texts]
                    return await Pool().run(tasks)

                def label(text):
                    return asyncio.run(labels([text]))
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "method_of_another_mixin": (
        {
            "asking.py": """
                from llm import ask

                class Asking:
                    def label(self, text):
                        return ask(text)  # !
                """,
            "walking.py": """
                class Walking:
                    def label_one(self, text):
                        return self.label(text)
                """,
            "labels.py": """
                from asking import Asking
                from walking import Walking

                class Labels(Walking, Asking):
                    pass

                def label(text):
                    return Labels().label_one(text)
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "class_out_of_a_table_by_a_member_of_an_enum": (
        {
            "kinds.py": """
                from enum import Enum

                class Kind(str, Enum):
                    SHORT = "short"
                    LONG = "long"

                def pick(text):
                    return Kind["LONG" if len(text) > 9 else "SHORT"]
                """,
            "labels.py": """
                from kinds import Kind, pick
                from llm import ask

                class Short:
                    def label(self, text):
                        return ask(text)  # !

                class Long:
                    def label(self, text):
                        return text

                def label(text):
                    makers: dict[Kind, tuple[type, dict]] = {Kind.SHORT: (Short, {}), Kind.LONG: (Long, {})}
                    maker = makers.get(pick(text))
                    made, arguments = maker
                    return made(**arguments).label(text)
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "wrapper_that_its_decorator_casts": (
        {
            "labels.py": """
                import functools
                from collections.abc import Callable
                from typing import TypeVar, cast
                from llm import ask

                F = TypeVar("F", bound=Callable)

                def traced(name):
                    def decorator(function: F) -> F:
                        @functools.wraps(function)
                        def wrapper(text):
                            print(name)
                            return function(text)

                        return cast(F, wrapper)

                    return decorator

                @traced("label")
                def label(text):
                    return ask(text)  # !
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "object_of_a_module_that_is_called": (
        {
            "asking.py": """
                from llm import ask

                class Client:
                    def __call__(self, text):
                        return ask(text)  # !

                ask_model = Client()
                """,
            "labels.py": """
                import asking

                def label(text):
                    return asking.ask_model(text)
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "module_that_is_called": (
        {
            "modules.py": """
                import dspy

                class Label(dspy.Module):
                    def __init__(self):
                        self.answer = dspy.Predict("text -> label")

                    def forward(self, text):
                        return self.answer(text=text)  # !

                class Labels(dspy.Module):
                    def __init__(self):
                        self.one = Label()

                    def forward(self, text):
                        return self.one(text)

                class Runner:
                    def __init__(self):
                        self.labels = Labels()

                    def label(self, text):
                        return self.labels(text)
                """,
            "labels.py": """
                from modules import Runner

                def label(text):
                    return Runner().label(text)
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "client_of_a_class_that_a_string_names": (
        {
            "clients.py": """
                def load_class(path):
                    module, name = path.rsplit(".", 1)
                    return getattr(__import__(module, fromlist=[name]), name)

                def make_clients(configs, default_class):
                    made = []
                    for config in configs:
                        Client = load_class(config.pop("class", default_class))
                        made.append(Client(**config))
                    return made
                """,
            "labels.py": """
                import json
                from clients import make_clients

                def label(text):
                    client = make_clients(json.load(open("clients.json")), default_class="openai.OpenAI")[0]
                    return client.responses.create(model="gpt-5", input=text)  # !
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "class_of_a_module_that_a_setting_names": (
        {
            "readers/__init__.py": """
                from .lines import Lines
                from .words import Words
                """,
            "readers/lines.py": "class Lines:\n    def __init__(self, text):\n        self.label = text\n",
            "readers/words.py": """
                from llm import ask

                class Words:
                    def __init__(self, text):
                        self.label = ask(text)  # !
                """,
            "labels.py": """
                import yaml
                import readers

                config = yaml.safe_load(open("config.yaml"))

                def label(text):
                    reader = getattr(readers, config["reader"])
                    return reader(text).label
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "pairs_of_what_a_table_of_makers_makes": (
        {
            "labels.py": """
                from typing import Any
                from llm import ask

                class Judge:
                    def __init__(self, language):
                        self.language = language

                    def label(self, text):
                        return ask(f"{self.language}: {text}")  # !

                class Silent:
                    def label(self, text):
                        return ""

                MAKERS = {"en": lambda: ("English", Judge("en")), "de": lambda: ("German", Judge("de"))}

                def make(names):
                    made = []
                    for key in names:
                        name, judge = MAKERS[key]()
                        made.append((name, judge))
                    return made

                def label(text):
                    judges: list[tuple[str, Any]] = make(["en", "de"])
                    return {name: judge.label(text) for name, judge in judges}
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "object_that_a_list_is_given_by_its_name": (
        {
            "labels.py": """
                from llm import ask

                class Judge:
                    def label(self, text):
                        return ask(text)  # !

                class Silent:
                    def label(self, text):
                        return ""

                judges = []
                for _ in open("judges.txt"):
                    judge = Judge()
                    judges.append(judge)

                def label(text):
                    return [each.label(text) for each in judges]
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "variable_that_another_module_fills": (
        {
            "state.py": """
                client = None
                parts = {"client": None}
                """,
            "setup.py": """
                import state
                from openai import OpenAI

                class Labels:
                    def __init__(self):
                        state.client = OpenAI()

                    def label(self, text):
                        return state.client.responses.create(model="gpt-5", input=text)  # !

                def prepare():
                    state.parts["labels"] = Labels()
                """,
            "labels.py": """
                from state import parts

                def label(text):
                    return parts["labels"].label(text)
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "object_that_a_class_method_makes": (
        {
            "labels.py": """
                from openai import AzureOpenAI, OpenAI

                class Labels:
                    def __init__(self, client):
                        self.client = client

                    @classmethod
                    def of(cls, provider):
                        client = AzureOpenAI() if provider == "azure" else OpenAI()
                        return cls(client)

                    def label(self, text):
                        return self.client.responses.create(model="gpt-5", input=text)  # !
                """
        },
        ("labels", "Labels", "Labels.of('openai').label(line)"),
    ),
    "steps_in_a_list": (
        {
            "labels.py": """
                from llm import ask

                class Label:
                    def run(self, text):
                        return ask(text)  # !

                class Steps:
                    def __init__(self):
                        self.steps = []
                        self.steps.append(Label())

                    def run(self, text):
                        return [step.run(text) for step in self.steps]
                """
        },
        ("labels", "Steps", "Steps().run(line)"),
    ),
    "constructor_of_an_external_base": (
        {
            "labels.py": """
                from langchain_text_splitters import RecursiveCharacterTextSplitter
                from llm import ask

                class Summaries:
                    def __call__(self, text, parts):
                        return [ask(part) for part in parts]  # !

                class Splitter(RecursiveCharacterTextSplitter):
                    def __init__(self, handler=None, **options):
                        super().__init__(**options)
                        self.handler = handler

                    def split_text(self, text):
                        return self.handler(text, super().split_text(text))

                def splitter():
                    return Splitter.from_tiktoken_encoder(chunk_size=100, handler=Summaries())
                """
        },
        ("labels", "splitter", "splitter().create_documents([line])"),
    ),
    "pydantic_constructor": (
        {
            "labels.py": """
                from pydantic import BaseModel
                from llm import ask

                class Labeller(BaseModel):
                    prompt: str

                    def run(self, text):
                        return ask(self.prompt + text)  # !

                def make_label(text):
                    return Labeller.model_validate({"prompt": "Label this: "}).run(text)
                """
        },
        ("labels", "make_label", "make_label(line)"),
    ),
    "alias": (
        {
            "labels.py": """
                from llm import ask as question

                def label(text):
                    return question(text)  # !
                """
        },
        ("labels", "label as make_label", "make_label(line)"),
    ),
    "module_alias": (
        {
            "labels.py": """
                import llm as model

                def label(text):
                    return model.ask(text)  # !
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "relative_imports": (
        {
            "shop/__init__.py": "",
            "shop/text/__init__.py": "",
            "shop/text/labels.py": """
                from ..model import complete

                def label(text):
                    return complete(text)  # !
                """,
            "shop/model.py": """
                from llm import ask

                def complete(text):
                    return ask(text)
                """,
        },
        ("shop.text.labels", "label", "label(line)"),
    ),
    "namespace_package": (
        {
            "shop/text/labels.py": """
                from llm import ask

                def label(text):
                    return ask(text)  # !
                """
        },
        ("shop.text.labels", "label", "label(line)"),
    ),
    "folder_with_a_file_of_its_own_name": (
        {
            "core/labels/labels.py": "NAMES = ['new', 'used']",
            "core/labels/writer.py": """
                from llm import ask

                def label(text):
                    return ask(text)  # !
                """,
        },
        ("labels", "writer", "writer.label(line)"),
    ),
    "package_in_the_source_folder_of_a_project_of_its_name": (
        {
            "labels/setup.py": "from setuptools import setup",
            "labels/src/labels/__init__.py": "from .asking import label",
            "labels/src/labels/asking.py": """
                from llm import ask

                def label(text):
                    return ask(text)  # !
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "package_in_a_project_s_folder_of_its_name": (
        {
            "labels/setup.py": "from setuptools import setup",
            "labels/labels/__init__.py": """
                from llm import ask

                def label(text):
                    return ask(text)  # !
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "re_export_by_star": (
        {
            "shop/__init__.py": "from shop.labels import *",
            "shop/labels.py": """
                from llm import ask

                def label(text):
                    return ask(text)  # !
                """,
        },
        ("shop", "label", "label(line)"),
    ),
    "star_import_of_an_sdk": (
        {
            "labels.py": """
                from openai import *

                client = OpenAI()

                def label(text):
                    return client.responses.create(model="m", input=str(text))  # !
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "import_inside_a_function": (
        {
            "labels.py": """
                def label(text):
                    from llm import ask

                    return ask(text)  # !
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "package_whose_tests_mirror_its_name": (
        {
            "layers/sdk/python/shop/__init__.py": "",
            "layers/sdk/python/shop/labels.py": """
                from llm import ask

                def label(text):
                    return ask(text)  # !
                """,
            "tests/sdk/shop/labels_test.py": "import shop.labels",
            "api/routes.py": """
                import shop.labels

                def label(text):
                    return shop.labels.label(text)
                """,
        },
        ("api.routes", "label", "label(line)"),
    ),
    "self": (
        {
            "labels.py": """
                from llm import ask

                class Labels:
                    def label(self, text):
                        return self._complete(text)

                    def _complete(self, text):
                        return ask(text)  # !
                """
        },
        ("labels", "Labels", "Labels().label(line)"),
    ),
    "inherited": (
        {
            "base.py": """
                from llm import ask

                class Base:
                    def complete(self, text):
                        return ask(text)  # !
                """,
            "labels.py": """
                from base import Base

                class Labels(Base):
                    def label(self, text):
                        return self.complete(text)
                """,
        },
        ("labels", "Labels", "Labels().label(line)"),
    ),
    "super": (
        {
            "labels.py": """
                from llm import ask

                class Base:
                    def label(self, text):
                        return ask(text)  # !

                class Labels(Base):
                    def label(self, text):
                        return super().label(text.strip())
                """
        },
        ("labels", "Labels", "Labels().label(line)"),
    ),
    "abstract_base_as_an_annotation": (
        {
            "labels.py": """
                from abc import ABC, abstractmethod
                from llm import ask

                class Engine(ABC):
                    @abstractmethod
                    def label(self, text): ...

                class Model(Engine):
                    def label(self, text):
                        return ask(text)  # !

                def run(engine: Engine, text):
                    return engine.label(text)

                def label(text):
                    return run(Model(), text)
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "protocol": (
        {
            "labels.py": """
                from typing import Protocol
                from llm import ask

                class Labeller(Protocol):
                    def label_text(self, text): ...

                class Model:
                    def label_text(self, text):
                        return ask(text)  # !

                def run(labeller: Labeller, text):
                    return labeller.label_text(text)

                def label(text):
                    return run(Model(), text)
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "class_and_static_methods": (
        {
            "labels.py": """
                from llm import ask

                class Labels:
                    @classmethod
                    def label(cls, text):
                        return cls.complete(text)

                    @staticmethod
                    def complete(text):
                        return ask(text)  # !
                """
        },
        ("labels", "Labels", "Labels.label(line)"),
    ),
    "object_with_call": (
        {
            "labels.py": """
                from llm import ask

                class Label:
                    def __call__(self, text):
                        return ask(text)  # !

                label = Label()
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "module_singleton": (
        {
            "labels.py": """
                from llm import ask

                class Labels:
                    def label(self, text):
                        return ask(text)  # !

                labels = Labels()
                """
        },
        ("labels", "labels", "labels.label(line)"),
    ),
    "singleton_behind_a_getter": (
        {
            "labels.py": """
                from llm import ask

                class Labels:
                    def label(self, text):
                        return ask(text)  # !

                _labels = None

                def get_labels():
                    global _labels
                    if _labels is None:
                        _labels = Labels()
                    return _labels
                """
        },
        ("labels", "get_labels", "get_labels().label(line)"),
    ),
    "service_given_to_the_constructor": (
        {
            "labels.py": """
                from openai import OpenAI

                class Client:
                    def __init__(self, client):
                        self.client = client

                    def complete(self, text):
                        return self.client.responses.create(model="m", input=text)  # !

                class Labels:
                    def __init__(self, model: Client):
                        self.model = model

                    def label(self, text):
                        return self.model.complete(text)

                labels = Labels(Client(OpenAI()))
                """
        },
        ("labels", "labels", "labels.label(line)"),
    ),
    "client_with_options": (
        {
            "labels.py": """
                from openai import OpenAI

                client = OpenAI()

                def label(text):
                    patient = client.with_options(timeout=60)
                    return patient.responses.create(model="m", input=text)  # !
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "client_as_a_context": (
        {
            "labels.py": """
                from openai import OpenAI

                def label(text):
                    with OpenAI() as client:
                        return client.responses.create(model="m", input=text)  # !
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "client_that_is_entered_by_hand": (
        {
            "labels.py": """
                import aioboto3

                class Labels:
                    def __init__(self):
                        self._opened = None

                    async def _open(self):
                        opening = aioboto3.Session().client("bedrock-runtime")
                        self._opened = await opening.__aenter__()

                    async def label(self, text):
                        await self._open()
                        return await self._opened.invoke_model(modelId="m", body=text)  # !

                labels = Labels()
                """
        },
        ("labels", "labels", "labels.label(line)"),
    ),
    "client_on_an_exit_stack": (
        {
            "labels.py": """
                from contextlib import ExitStack
                from openai import OpenAI

                def label(text):
                    with ExitStack() as stack:
                        client = stack.enter_context(OpenAI())
                        return client.responses.create(model="m", input=text)  # !
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "pydantic_field": (
        {
            "labels.py": """
                from openai import OpenAI
                from pydantic import BaseModel

                class Labels(BaseModel):
                    client: OpenAI

                    def label(self, text):
                        return self.client.responses.create(model="m", input=text)  # !

                labels = Labels(client=OpenAI())
                """
        },
        ("labels", "labels", "labels.label(line)"),
    ),
    "lambda": (
        {
            "labels.py": """
                from llm import ask

                label = lambda text: ask(text)  # !
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "closure": (
        {
            "labels.py": """
                from llm import ask

                def labeller(style):
                    def label(text):
                        return ask(style + text)  # !

                    return label

                label = labeller("short")
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "callback_argument": (
        {
            "labels.py": """
                from llm import ask

                def complete(text):
                    return ask(text)  # !

                def label(text, step=complete):
                    return step(text)
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "function_with_other_options": (
        {
            "labels.py": """
                import tenacity
                from llm import ask

                @tenacity.retry(stop=tenacity.stop_after_attempt(3))
                def complete(text):
                    return ask(text)  # !

                def label(text):
                    return complete.retry_with(stop=tenacity.stop_after_attempt(9))(text)
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "coroutine_run_by_a_helper_in_a_thread": (
        {
            "labels.py": """
                import asyncio
                from concurrent.futures import ThreadPoolExecutor
                from llm import aask

                class Labels:
                    def __init__(self):
                        self.loop = asyncio.new_event_loop()

                    def label(self, text):
                        def run(function, *args):
                            return self.loop.run_until_complete(function(*args))

                        with ThreadPoolExecutor(1) as pool:
                            return pool.submit(run, self._label, text).result()

                    async def _label(self, text):
                        return await aask(text)  # !
                """
        },
        ("labels", "Labels", "Labels().label(line)"),
    ),
    "backoff_and_cache": (
        {
            "labels.py": """
                import functools
                import backoff
                from llm import ask

                @functools.lru_cache(maxsize=None)
                @backoff.on_exception(backoff.expo, Exception)
                def label(text):
                    return ask(text)  # !
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "arguments_beside_a_thread_s_target": (
        {
            "labels.py": """
                from threading import Thread
                from openai import OpenAI

                def complete(client, text, answers):
                    answers.append(client.chat.completions.create(model="m", messages=[{"content": text}]))  # !

                def label(text):
                    answers = []
                    thread = Thread(target=complete, args=(OpenAI(), text), kwargs={"answers": answers})
                    thread.start()
                    thread.join()
                    return answers
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "star_arguments": (
        {
            "labels.py": """
                from openai import OpenAI

                def first(text, *clients):
                    return clients[0].chat.completions.create(model="m", messages=[{"content": text}])  # !

                def label(text):
                    return first(text, OpenAI(), None)
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "chain_reduced_from_stages_behind_a_lambda": (
        {
            "chains.py": """
                from functools import reduce
                from langchain_core.runnables import RunnableLambda, coerce_to_runnable

                def build(*stages):
                    chain = reduce(lambda a, b: a | b, (coerce_to_runnable(stage) for stage in stages))

                    def run(payload):
                        return chain.invoke(payload)

                    return RunnableLambda(run)
                """,
            "labels.py": """
                from langchain_openai import ChatOpenAI
                from chains import build

                def label(text):
                    chain = build("Label {text}", ChatOpenAI(model="m"))
                    return chain.invoke({"text": text})  # !
                """,
        },
        ("labels", "label", "label(line)"),
    ),
    "branch_of_chains": (
        {
            "labels.py": """
                from langchain_core.runnables import RunnableBranch
                from langchain_openai import ChatOpenAI

                def label(text):
                    short = (lambda text: len(text) < 9, str.lower)
                    chain = RunnableBranch(short, ChatOpenAI(model="m")).with_config(tags=[])
                    return chain.invoke(text)  # !
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "name_that_the_package_imports_when_asked": (
        {
            "shop/__init__.py": """
                import importlib

                def __getattr__(name):
                    if name == "label":
                        module = importlib.import_module(".labels", __package__)
                        return getattr(module, name)
                    raise AttributeError(name)
                """,
            "shop/labels.py": """
                from llm import ask

                def label(text):
                    return ask(text)  # !
                """,
        },
        ("shop", "label", "label(line)"),
    ),
    "name_that_the_package_takes_from_a_module_when_asked": (
        {
            "shop/__init__.py": """
                def __getattr__(name):
                    if name in ("label", "label_all"):
                        from .labels import label as _label, label_all as _label_all

                        return {"label": _label, "label_all": _label_all}[name]
                    raise AttributeError(name)
                """,
            "shop/labels.py": """
                from llm import ask

                def label(text):
                    return ask(text)  # !

                def label_all(texts):
                    raise NotImplementedError
                """,
        },
        ("shop", "label", "label(line)"),
    ),
    "method_of_which_only_the_beginning_of_the_name_is_known": (
        {
            "labels.py": """
                from llm import ask

                class Stages:
                    def run(self, stage, text):
                        return getattr(self, f"stage_{stage}")(text)

                    def stage_label(self, text):
                        return ask(text)  # !

                    def print_label(self, text):
                        print(text)
                """,
        },
        ("labels", "Stages", 'Stages().run(open("stage.txt").read(), line)'),
    ),
    "class_out_of_a_register": (
        {
            "labels.py": """
                from llm import ask

                class Labeller:
                    def label(self, text):
                        return self.complete(text)

                class Hosted(Labeller):
                    def complete(self, text):
                        return ask(text)  # !

                REGISTER = {}

                def named(name: str) -> type[Labeller]:
                    return REGISTER[name]
                """
        },
        ("labels", "named", 'named("hosted")().label(line)'),
    ),
    "name_bound_again_to_what_comes_of_it": (
        {
            "labels.py": """
                from anthropic import Anthropic

                def label(text):
                    client = Anthropic()
                    client = client.messages
                    return client.create(model="m", messages=[{"role": "user", "content": text}])  # !
                """
        },
        ("labels", "label", "label(line)"),
    ),
    "steps_in_tuples_run_in_a_context": (
        {
            "steps.py": """
                import contextvars
                from concurrent.futures import ThreadPoolExecutor

                def together(steps):
                    with ThreadPoolExecutor() as pool:
                        context = contextvars.copy_context()
                        return [pool.submit(context.run, step, item) for i, (step, item) in enumerate(steps)]
                """,
            "labels.py": """
                from llm import ask
                from steps import together

                def complete(text):
                    return ask(text)  # !

                def label(texts):
                    return together([(complete, text) for text in texts])
                """,
        },
        ("labels", "label", "label([line])"),
    ),
    "async_from_sync": (
        {
            "labels.py": """
                import asyncio
                from llm import aask

                async def alabel(text):
                    return await aask(text)  # !

                def label(text):
                    return asyncio.run(alabel(text))
                """
        },
        ("labels", "label", "label(line)"),
    ),
}


def programs(template):
    return {
        name: {**files, "app.py": template.format(module=module, name=imported, call=call)}
        for name, (files, (module, imported, call)) in LINKS.items()
    }


@pytest.mark.parametrize("program", cases(programs(JOB)))
def test_a_job_is_found_behind(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize("program", cases(programs(ROUTE)))
def test_a_route_is_found_behind(program):
    assert is_waited_for(program)


@pytest.mark.parametrize(("named", "expected"), [("{kind}", "batchable"), ("Old{kind}", "unclear")])
def test_a_setting_names_no_class_of_which_the_name_begins_otherwise(named: str, expected: str):
    files, _ = LINKS["class_of_a_module_that_a_setting_names"]
    program = {
        **files,
        "labels.py": f"""
            import readers

            for kind in open("kinds.txt"):
                print(getattr(readers, f"{named}")(kind))
            """,
    }
    assert verdict(program) == expected


def test_a_wrapper_that_its_decorator_casts_is_no_call_site():
    files, _ = LINKS["wrapper_that_its_decorator_casts"]
    assert [(site.path, site.function) for site in call_sites(files) if "traced" in site.function] == []


@pytest.mark.parametrize(("inside", "expected"), [("src", "batchable"), ("build/old", "realtime")])
def test_a_project_s_folder_stands_for_the_package_near_beneath_it(inside: str, expected: str):
    program = {
        f"labels/{inside}/labels/__init__.py": """
            from llm import ask

            def label(text):
                return ask(text)  # !

            if __name__ == "__main__":
                print(label("a"))
            """,
        "app.py": JOB.format(module="labels", name="label", call="label(line)"),
    }
    assert verdict(program) == expected


PICTURES = """
    import base64
    import io
    from llm import ask

    def describe(image):
        buffer = io.BytesIO()
        {write}
        return ask(base64.b64encode(buffer.getvalue()).decode())

    if __name__ == "__main__":
        for name in open("names.txt"):
            print(describe(load(name)))  # !
    """


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        ("image.save(buffer, format='PNG')", "batchable"),
        ("json.dump(image, buffer)", "batchable"),
        ("chart().save(buffer)", "none"),
        ("image.close()", "none"),
    ],
)
def test_what_is_written_into_a_buffer_is_asked_about(write: str, expected: str):
    assert verdict(PICTURES.format(write=write)) == expected


def test_two_roots_in_one_repository_each_have_their_own_module_of_a_name():
    program = {
        "web/labels.py": """
            from llm import ask

            def label(text):
                return ask(text)
            """,
        "web/main.py": """
            from flask import Flask
            from labels import label

            app = Flask(__name__)

            @app.get("/label")
            def handle():
                return label("x")
            """,
        "jobs/labels.py": """
            from llm import ask

            def label(text):
                return ask(text)  # !
            """,
        "jobs/main.py": """
            from labels import label

            if __name__ == "__main__":
                for line in open("products.txt"):
                    print(label(line))
            """,
    }
    assert verdict(program) == "batchable"


def test_two_users_of_one_helper_are_kept_apart():
    program = {
        "fan.py": """
            from concurrent.futures import ThreadPoolExecutor

            def in_parallel(step, items):
                with ThreadPoolExecutor() as pool:
                    return list(pool.map(step, items))
            """,
        "web.py": """
            from flask import Flask, request
            from fan import in_parallel

            app = Flask(__name__)

            @app.post("/shorten")
            def shorten():
                return in_parallel(len, request.json)
            """,
        "job.py": """
            from fan import in_parallel
            from llm import ask

            def label(text):
                return ask(text)  # !

            if __name__ == "__main__":
                in_parallel(label, open("products.txt"))
            """,
    }
    assert verdict(program) == "batchable"


# One method that every subclass has, and two jobs: each makes its own kind of object.
FAMILY = """
    from llm import ask

    class Labeller:
        def label(self, text):
            return self.complete(text)

        def tuned(self, **options):
            self.options = options
            return self

    class Hosted(Labeller):
        def complete(self, text):
            return ask(text)

    class Counted(Labeller):
        def complete(self, text):
            return len(text)
    """
OBJECTS = {
    "made_in_place": "labeller = {}()",
    "out_of_a_fluent_method": "labeller = {}().tuned(short=True)",
    "annotated_with_the_base": "labeller: Labeller = {}()",
    "out_of_an_annotated_list": "labellers: list[Labeller] = [{}()]; labeller = labellers[0]",
}


@pytest.mark.parametrize("made", OBJECTS.values(), ids=OBJECTS)
@pytest.mark.parametrize(("kind", "expected"), [("Hosted", "batchable"), ("Counted", "none")])
def test_a_method_of_the_base_runs_what_the_object_s_own_class_has(made, kind, expected):
    program = {
        "labels.py": FAMILY,
        "job.py": f"""
            from labels import Counted, Hosted, Labeller

            if __name__ == "__main__":
                {made.format(kind)}
                for line in open("products.txt"):
                    print(labeller.label(line))  # !
            """,
    }
    assert verdict(program) == expected


def test_who_waits_for_one_subclass_does_not_wait_for_the_other():
    program = {
        "labels.py": FAMILY.replace("return ask(text)", "return ask(text)  # !"),
        "web.py": """
            from flask import Flask, request
            from labels import Counted

            app = Flask(__name__)

            @app.post("/label")
            def label():
                return Counted().label(request.json)
            """,
        "job.py": """
            from labels import Hosted

            if __name__ == "__main__":
                for line in open("products.txt"):
                    print(Hosted().label(line))
            """,
    }
    assert verdict(program) == "batchable"
    assert is_waited_for({**program, "web.py": program["web.py"].replace("Counted", "Hosted")})


def test_a_wrapper_s_calls_of_its_own_module_are_told_where_the_wrapper_is_called():
    program = {
        "labels.py": """
            from llm import ask

            def label(text):
                return polished(text.strip())  # !

            def polished(text):
                return ask(text)
            """,
        "job.py": """
            from labels import label

            if __name__ == "__main__":
                for line in open("products.txt"):
                    print(label(line))
            """,
    }
    assert verdict(program) == "none"
    assert (
        verdict({path: text.replace("  # !", "").replace("(line))", "(line))  # !") for path, text in program.items()})
        == "batchable"
    )


@pytest.mark.parametrize(("given", "expected"), [("OpenAI()", "batchable"), ("Counter()", "none")])
def test_what_a_class_method_makes_holds_what_it_is_given(given, expected):
    program = f"""
        from collections import Counter
        from openai import OpenAI

        class Labels:
            def __init__(self, client):
                self.client = client

            @classmethod
            def of(cls, client):
                return cls(client)

            def label(self, text):
                return self.client.responses.create(model="gpt-5", input=text)  # !

        if __name__ == "__main__":
            for line in open("lines.txt"):
                Labels.of({given}).label(line)
        """
    assert verdict(program) == expected


@pytest.mark.parametrize(
    ("given", "annotation", "expected"),
    [
        ("gateway.chat_model()", "BaseChatModel", "batchable"),
        ("gateway.chat_model()", "Counter", "none"),
        ("Counter()", "BaseChatModel", "none"),
    ],
)
def test_an_annotation_says_more_than_a_library_on_which_nothing_is_known(given, annotation, expected):
    program = f"""
        import gateway
        from langchain_core.language_models.chat_models import BaseChatModel

        class Counter:
            def invoke(self, text):
                return len(text)

        def model() -> {annotation}:
            return {given}

        if __name__ == "__main__":
            for line in open("lines.txt"):
                print(model().invoke(line))  # !
        """
    assert verdict(program) == expected


@pytest.mark.parametrize(("filled", "expected"), [("state", "batchable"), ("other", "none")])
def test_only_the_module_that_is_filled_has_the_object(filled, expected):
    program = {
        "state.py": "client = None",
        "other.py": "client = None",
        "app.py": f"""
            import other
            import state
            from openai import OpenAI

            if __name__ == "__main__":
                {filled}.client = OpenAI()
                for line in open("lines.txt"):
                    state.client.moderations.create(input=line)  # !
            """,
    }
    assert verdict(program) == expected


def test_a_library_is_meant_in_a_project_s_own_folder_of_its_name():
    program = {
        "shop/__init__.py": "",
        "shop/providers/openai/__init__.py": "",
        "shop/providers/openai/labels.py": """
            from openai import OpenAI

            def client():
                return OpenAI()
            """,
        "shop/nightly.py": """
            from shop.providers.openai.labels import client

            if __name__ == "__main__":
                for line in open("lines.txt"):
                    client().responses.create(model="gpt-5", input=line)  # !
            """,
    }
    assert verdict(program) == "batchable"


@pytest.mark.parametrize(
    ("path", "inside", "start"),
    [
        ("shop/jobs", "from shop.jobs import labels, prices", "from shop.jobs import labels"),
        ("shop/jobs", "from shop.jobs import labels", "from shop import jobs\nfrom shop.jobs import labels"),
        ("jobs", "from jobs import labels", "from jobs import labels"),
        ("jobs", "import jobs.labels as labels", "from jobs import labels"),
    ],
)
def test_a_package_may_import_its_own_modules_by_its_full_name(path: str, inside: str, start: str):
    program = {
        "shop/__init__.py": "",
        f"{path}/__init__.py": f"{inside}\n\n__all__ = ['labels']",
        f"{path}/prices.py": "",
        f"{path}/labels.py": """
            from llm import ask

            def label(line):
                return ask(line)  # !
            """,
        "nightly.py": f"""{start}

if __name__ == "__main__":
    for line in open("lines.txt"):
        labels.label(line)
""",
    }
    assert verdict(program) == "batchable"


def test_a_package_in_another_package_has_a_library_s_name():
    program = {
        "shop/__init__.py": "",
        "shop/openai/__init__.py": "from openai import OpenAI\n\nclient = OpenAI()",
        "nightly.py": """
            from shop.openai import client

            if __name__ == "__main__":
                for line in open("lines.txt"):
                    client.responses.create(model="gpt-5", input=line)  # !
            """,
    }
    assert verdict(program) == "batchable"


@pytest.mark.parametrize(("named", "expected"), [("Labels", "batchable"), ("Agent", "none")])
def test_a_file_beside_that_has_a_library_s_name_is_meant_where_it_has_what_is_imported(named, expected):
    program = {
        "agents.py": """
            from llm import ask

            class Labels:
                def label(self, text):
                    return ask(text)  # !
            """,
        "nightly.py": f"""
            from agents import {named}

            if __name__ == "__main__":
                for line in open("lines.txt"):
                    {named}().label(line)
            """,
    }
    found = marked(program)
    assert ("batchable" if found is not None and found.verdict.value == "batchable" else "none") == expected


def test_a_model_is_known_where_what_is_made_of_it_comes_back_to_the_maker():
    program = {
        "patience.py": """
            from langchain_core.runnables import Runnable

            def patient(runnable: Runnable) -> Runnable:
                return runnable.with_retry()
            """,
        "services.py": """
            from langchain_openai import ChatOpenAI

            class Service:
                def chat(self, name):
                    return self.tagged(self.model(name))

                def tagged(self, model):
                    model.metadata = {"by": "shop"}
                    return model

            class Hosted(Service):
                def model(self, name):
                    return ChatOpenAI(model=name)

            def service(note):
                return Hosted() if note else Hosted()
            """,
        "talks.py": """
            from patience import patient
            from services import service

            class Talk:
                def __init__(self, llm):
                    self.llm = llm

                def answer(self, text):
                    return patient(self.llm.tagged(text)).invoke(text)

            def talk(note):
                return Talk(patient(service(note).chat("gpt-5")))
            """,
        "nightly.py": """
            from patience import patient
            from services import service
            from talks import talk

            if __name__ == "__main__":
                llm = patient(service("n").chat("gpt-5"))
                for line in open("lines.txt"):
                    llm.invoke(line)  # !
                print(talk("n").answer("all"))
            """,
    }
    assert verdict(program) == "batchable"


def test_who_runs_other_steps_in_tuples_has_nothing_to_do_with_these():
    program = {
        "steps.py": """
            from concurrent.futures import ThreadPoolExecutor

            def together(steps):
                with ThreadPoolExecutor() as pool:
                    return [pool.submit(step, item) for step, item in steps]
            """,
        "web.py": """
            from flask import Flask, request
            from steps import together

            app = Flask(__name__)

            @app.post("/shorten")
            def shorten():
                return together([(len, text) for text in request.json])
            """,
        "job.py": """
            from llm import ask
            from steps import together

            def label(text):
                return ask(text)  # !

            if __name__ == "__main__":
                together([(label, line) for line in open("products.txt")])
            """,
    }
    assert verdict(program) == "batchable"


def test_a_client_is_known_however_many_functions_it_comes_through():
    factories = "".join(f"\ndef made_{i}():\n    return made_{i - 1}()\n" for i in range(1, 120))
    program = {
        "clients.py": f"from openai import OpenAI\n\ndef made_0():\n    return OpenAI()\n{factories}",
        "job.py": """
            from clients import made_119

            for line in open("products.txt"):
                made_119().chat.completions.create(model="m", messages=[{"role": "user", "content": line}])  # !
            """,
    }
    assert verdict(program) == "batchable"


def test_a_library_is_meant_where_a_folder_only_has_its_name():
    site = marked(
        {
            "shop/background/celery/tasks.py": """
                from celery import shared_task
                from llm import ask

                @shared_task
                def label(texts):
                    for text in texts:
                        print(ask(text))  # !
                """
        }
    )
    assert site is not None
    assert site.rule == "RTB102"


@pytest.mark.parametrize(("named", "expected"), [("openai.OpenAI", "batchable"), ("shop.models.Counter", "none")])
def test_what_is_called_on_an_object_is_known_by_the_class_that_a_string_names(named, expected):
    program = {
        "app.py": f"""
            import importlib

            def load(path):
                module, name = path.rsplit(".", 1)
                return getattr(importlib.import_module(module), name)

            if __name__ == "__main__":
                client = load("{named}")()
                for line in open("lines.txt"):
                    client.moderations.create(input=line)  # !
            """,
    }
    assert verdict(program) == expected


def test_a_function_that_nothing_here_calls_is_unclear_and_asks_who_starts_it():
    site = marked("""
        from llm import ask

        def label(texts):
            return [ask(text) for text in texts]  # !

        def other():
            return 1

        if __name__ == "__main__":
            other()
        """)
    assert site is not None
    assert str(site.verdict) == "unclear"
    assert site.question is not None
    assert "label" in site.question


@pytest.mark.parametrize(
    ("imported", "expected"),
    [
        ("langchain_openai.chat_models import ChatOpenAI", "batchable"),
        ("langchain_openai.chat_models.base import ChatOpenAI", "batchable"),
        ("langchain_google_genai.chat_models import ChatGoogleGenerativeAI as ChatOpenAI", "batchable"),
        ("langchain_openai.output_parsers import OutputParser as ChatOpenAI", "none"),
    ],
)
def test_a_class_may_be_imported_from_the_module_that_defines_it(imported: str, expected: str):
    program = f"""
        from {imported}

        model = ChatOpenAI(model="m")
        for line in open("products.txt"):
            print(model.invoke(line))  # !
        """
    assert verdict(program) == expected


def test_a_recursion_over_a_tree_is_not_a_retry():
    program = """
        from llm import ask

        def summarise(node):
            for child in node.children:
                summarise(child)
            print(ask(node.text))  # !

        if __name__ == "__main__":
            for root in open("roots.txt"):
                summarise(root)
        """
    assert verdict(program) == "batchable"


def test_who_hands_over_the_collection_that_a_comprehension_goes_over_decides_on_the_requests():
    program = """
        from flask import Flask, request
        from llm import ask

        app = Flask(__name__)

        def label_all(texts):
            return [ask(text) for text in texts]

        @app.post("/label")
        def now():
            return label_all(request.json)

        if __name__ == "__main__":
            label_all(open("products.txt"))  # !
        """
    assert verdict(program) == "batchable"


@pytest.mark.parametrize(
    ("decorator", "expected"), [('@router.post("/save")', "realtime"), ("", "batchable")], ids=["route", "called"]
)
def test_a_route_that_calls_what_the_function_around_it_was_given_is_what_starts_it(decorator: str, expected: str):
    program = {
        "routes.py": f"""
            from typing import Callable, Optional
            from fastapi import APIRouter
            from llm import ask

            def embedder(style) -> Callable:
                async def vectors(texts):
                    return [ask(style + text) for text in texts]  # !

                return vectors

            def register(app, *, embed: Optional[Callable] = None):
                router = APIRouter()

                {decorator}
                async def save(texts: list[str]):
                    return await embed(texts)

                app.include_router(router)
            """,
        "app.py": """
            from fastapi import FastAPI
            from routes import embedder, register

            class Plugin:
                def __init__(self, app):
                    embed = embedder("short")
                    register(app, embed=embed)

            app = FastAPI()
            Plugin(app)
            """,
    }
    assert verdict(program) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ('[sys.executable, "-m", "jobs.label"]', "realtime"),
        ('["uv", "run", "-m", "jobs.label"]', "realtime"),
        ('["git", "commit", "-m", message]', "batchable"),
        ('["git", "commit", "-m", "label"]', "batchable"),
    ],
)
def test_a_message_is_no_module_that_a_command_starts(command: str, expected: str):
    program = {
        "app.py": f"""
            import subprocess
            import sys
            from fastapi import FastAPI

            app = FastAPI()

            @app.post("/save")
            def save(message: str):
                return subprocess.run({command}, check=True)
            """,
        "jobs/label.py": """
            from llm import ask

            if __name__ == "__main__":
                for line in open("products.txt"):
                    print(ask(line))  # !
            """,
    }
    assert verdict(program) == expected


LAUNCHED = {
    "jobs/label.py": """
        from llm import ask

        if __name__ == "__main__":
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "app.py": """
        import os
        import shlex
        import subprocess
        import sys
        from pathlib import Path
        from fastapi import FastAPI

        HERE = Path(__file__).resolve().parent
        JOBS = HERE / "jobs"
        STEPS = [("other", "jobs/other.py"), ("label", "jobs/label.py")]
        app = FastAPI()

        def step(name, argv, cwd="."):
            print(name, shlex.join(argv))
            return subprocess.run([str(part) for part in argv], cwd=cwd)

        def script(path, *options):
            return step("script", [sys.executable, path, *options])

        def later(argv, seconds):
            command = list(argv)

            def work():
                with open("lock"):
                    return subprocess.run(command, timeout=seconds)

            return work

        @app.post("/save")
        def save(day: str):
            {body}
        """,
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('step("label", [sys.executable, JOBS / "label.py", "--day", day])', "realtime"),
        ('step(name="label", argv=[sys.executable, JOBS / "other.py"])', "batchable"),
        ('script(os.path.join(HERE, "jobs", "label.py"), "--day", day)', "realtime"),
        ('script(JOBS.joinpath("label.py"))', "realtime"),
        ('command = [sys.executable, JOBS / "label.py"]; return later(command, 600)()', "realtime"),
        ('command = [sys.executable, JOBS / "other.py"]; return later(command, 600)()', "batchable"),
        ('script(JOBS / "other.py")', "batchable"),
        ('cmd = [sys.executable]; cmd += ["jobs/label.py"]; subprocess.run(cmd)', "realtime"),
        ('cmd = [sys.executable]; cmd.append("jobs/label.py"); subprocess.run(args=cmd)', "realtime"),
        ('cmd = [sys.executable]; cmd.extend(["-m", "jobs.label"]); subprocess.run(cmd)', "realtime"),
        ('cmd = ["git"]; cmd.extend(["-m", "jobs.label"]); subprocess.run(cmd)', "batchable"),
        ('cmd = ["jobs/label.py"]; subprocess.run(["ls"]); print(cmd)', "batchable"),
        ('cmd = [sys.executable] + ["jobs/label.py"]; subprocess.Popen(cmd)', "realtime"),
        ('subprocess.run(f"{sys.executable} {JOBS}/label.py --day {day}", shell=True)', "realtime"),
        ('subprocess.run(shlex.split("python jobs/label.py"))', "realtime"),
        ("for name, path in STEPS: script(HERE / path)", "realtime"),
        ('for name, path in STEPS: script(f"{HERE}/{path}")', "realtime"),
        ('for name, path in STEPS: subprocess.run([sys.executable, "-m", f"jobs.{name}"])', "realtime"),
        ('for name, path in STEPS: subprocess.run([sys.executable, "-m", f"works.{name}"])', "batchable"),
        ('for name in ["jobs.other", "jobs.label"]: subprocess.run([sys.executable, "-m", name])', "realtime"),
        ("script(day)", "batchable"),
    ],
)
def test_a_command_line_may_be_put_together_and_handed_on(body: str, expected: str):
    assert verdict({**LAUNCHED, "app.py": LAUNCHED["app.py"].replace("{body}", body)}) == expected


def test_a_helper_starts_for_each_caller_what_that_hands_it():
    program = {
        **LAUNCHED,
        "app.py": LAUNCHED["app.py"].replace("{body}", 'script(JOBS / "other.py", day)'),
        "nightly.py": """
            from app import JOBS, script

            if __name__ == "__main__":
                script(JOBS / "label.py")
            """,
    }
    assert verdict(program) == "batchable"
    started = marked(program)
    assert started is not None
    assert "nightly.py" in {step.path for context in started.contexts for step in context.chain}


def test_of_two_files_of_one_name_the_nearest_is_started():
    program = {
        "one/label.py": LAUNCHED["jobs/label.py"],
        "two/label.py": "print(1)",
        "two/app.py": LAUNCHED["app.py"].replace("{body}", 'script(HERE / "label.py")'),
    }
    assert verdict(program) == "batchable"


@pytest.mark.parametrize(("kept", "expected"), [("NamedTuple", None), ("Thing", "batchable")])
def test_an_object_that_only_keeps_a_function_calls_nothing(kept: str, expected: str | None):
    program = {
        "slots.py": """
            from llm import ask

            class Slot:
                def write_label(self, text):
                    return ask(text)
            """,
        "app.py": f"""
            from importlib import import_module
            from typing import NamedTuple
            from things import Thing

            class Step({kept}):
                name: str
                label: object

            def steps(names):
                return [
                    Step(name, import_module(name).Slot().write_label)  # !
                    for name in names
                ]

            if __name__ == "__main__":
                steps(open("slots.txt"))
            """,
    }
    found = marked(program)
    assert (found.verdict.value if found is not None else None) == expected


NOTES = {
    "shop/models.py": """
        from django.db import models
        from llm import ask

        class Note(models.Model):
            text = models.TextField()

            def describe(self):
                return ask(self.text)  # !
        """,
    "shop/tables.py": """
        from sqlalchemy.orm import DeclarativeBase, Mapped
        from llm import ask

        class Base(DeclarativeBase):
            pass

        class Note(Base):
            text: Mapped[str]

            def describe(self):
                return ask(self.text)  # !
        """,
}


@pytest.mark.parametrize(
    ("models", "note"),
    [
        ("models", "Note.objects.get(pk=pk)"),
        ("models", "Note.objects.filter(owner=pk).select_related('owner').first()"),
        ("models", "Note.objects.get_or_create(pk=pk)[0]"),
        ("models", "get_object_or_404(Note, pk=pk)"),
        ("models", "get_object_or_404(Note.objects.filter(public=True), pk=pk)"),
        ("models", "next(note for note in Note.objects.all())"),
        ("tables", "session.get(Note, pk)"),
        ("tables", "session.query(Note).filter_by(id=pk).one()"),
        ("tables", "session.scalars(select(Note).where(Note.id == pk)).first()"),
    ],
)
def test_rows_of_a_table_are_objects_of_their_class(models, note):
    job = f"""
        from celery import shared_task
        from django.shortcuts import get_object_or_404
        from sqlalchemy import select
        from .db import session
        from .{models} import Note

        @shared_task
        def describe(pk):
            note = {note}
            print(note.describe())
        """
    view = job.replace("@shared_task", "@app.get('/<pk>')").replace(
        "from celery import shared_task", "from .web import app"
    )
    web = "from flask import Flask\n\napp = Flask(__name__)\n"
    model = {f"shop/{models}.py": NOTES[f"shop/{models}.py"]}
    assert verdict({**model, "shop/jobs.py": job}) == "batchable"
    assert verdict({**model, "shop/jobs.py": job, "shop/web.py": web, "shop/views.py": view}) == "realtime"


def test_fakes_in_tests_do_not_hide_the_objects_of_the_program():
    program = {
        "llms.py": """
            from abc import ABC
            from llm import ask

            class BaseModel(ABC):
                pass

            class Hosted(BaseModel):
                def complete_prompt(self, text):
                    return ask(text)  # !
            """,
        "app.py": """
            from importlib import import_module
            from flask import Flask, request

            app = Flask(__name__)

            @app.post("/ask")
            def answer():
                model = import_module(request.json["module"]).make()
                return model.complete_prompt(request.json["text"])
            """,
        "job.py": """
            from llms import Hosted

            if __name__ == "__main__":
                for line in open("lines.txt"):
                    Hosted().complete_prompt(line)
            """,
    }
    fake = """
        class Fake:
            def complete_prompt(self, text):
                return text
        """
    assert verdict(program) == "realtime"
    assert verdict({**program, "tests/test_app.py": fake}) == "realtime"


PROJECT_FOLDER = {
    "llm.py": "",
    "site/__init__.py": "",
    "site/services/__init__.py": "",
    "site/services/tasks.py": """
        from celery import shared_task
        from openai import OpenAI

        client = OpenAI()

        @shared_task
        def label(text):
            return client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": text}])  # !
        """,
    "site/shop/__init__.py": "",
    "site/shop/views.py": """
        from django.http import HttpResponse
        from services.tasks import label

        def product(request):
            return HttpResponse(label(request.GET["q"]))
        """,
    "site/shop/urls.py": """
        from django.urls import path
        from . import views

        urlpatterns = [path("product", views.product)]
        """,
}


def test_the_folder_that_a_project_runs_from_can_be_a_package():
    assert is_waited_for(PROJECT_FOLDER)


@pytest.mark.parametrize(
    "program",
    cases(
        {
            # (where the views import from, and what stands there)
            "another_folder_has_the_module": {
                "site/shop/services/tasks.py": "def label(text): return text",
            },
            "python_s_own_module_is_meant": {
                "site/shop/views.py": PROJECT_FOLDER["site/shop/views.py"].replace("services.tasks", "email"),
                "site/email.py": "from services.tasks import label",
            },
        }
    ),
)
def test_a_package_is_no_root_where_an_import_means_something_else(program):
    assert not is_waited_for({**PROJECT_FOLDER, **program})


@pytest.mark.parametrize(
    ("folder", "line", "module", "expected"),
    [
        ("parts", "sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'parts'))", "labels", "batchable"),
        ("parts", "sys.path.append('parts')", "labels", "batchable"),
        ("parts", "print(sys.argv)", "labels", "none"),
        ("parts", "sys.path.append('lib')", "labels", "none"),
        ("parts", "sys.path.append('parts')", "calendar", "none"),
        # `src` is put there by whoever starts the program.
        ("src", "print(sys.argv)", "labels", "batchable"),
        ("src", "print(sys.argv)", "calendar", "none"),
    ],
)
def test_a_package_is_a_root_for_who_puts_it_on_the_path(folder, line, module, expected):
    program = {
        f"{folder}/__init__.py": "",
        f"{folder}/{module}.py": "from llm import ask\n\ndef label(text):\n    return ask(text)\n",
        "job.py": f"""
            import os
            import sys
            {line}
            from {module} import label

            if __name__ == "__main__":
                for text in open("products.txt"):
                    label(text)  # !
            """,
    }
    assert verdict(program) == expected


def test_a_package_file_in_the_root_stands_in_no_import_s_way():
    program = {
        "__init__.py": "",
        "backend/__init__.py": "",
        "backend/models/ask.py": """
            from llm import ask

            def question(text):
                return ask(text)  # !
            """,
        "backend/job.py": """
            from backend.models.ask import question

            if __name__ == "__main__":
                for line in open("lines.txt"):
                    question(line)
            """,
    }
    assert verdict(program) == "batchable"


@pytest.mark.parametrize(
    "request_line",
    [
        'requests.post(f"https://api.openai.com{path}", json={"messages": [text]})',
        'requests.post(f"{BASE}/embeddings", json={"model": "m", "input": [text]})',
        'OpenAI().chat.completions.with_raw_response.create(model="m", messages=[text])',
        'anthropic.Anthropic().beta.prompt_caching.messages.create(model="m", messages=[text])',
    ],
)
def test_a_request_is_seen_whatever_is_put_between_its_parts(request_line):
    program = f"""
        import os
        import anthropic
        import requests
        from openai import OpenAI

        BASE = os.environ["BASE_URL"]

        def send(path, text):
            return {request_line}  # !

        if __name__ == "__main__":
            for line in open("lines.txt"):
                print(send(line, line))
        """
    assert verdict(program) == "batchable"
    for word, other in [("openai", "corp"), ("OpenAI", "Corp"), ("anthropic", "corp"), ("embeddings", "rows")]:
        program = program.replace(word, other)
    assert verdict(program) == "none"


CHOSEN = """
import sys
from openai import OpenAI

class Hosted:
    def __init__(self):
        self.client = OpenAI()

    def label(self, text):
        return self.client.responses.create(model="gpt-5", input=text)  # !

class Counted:
    def label(self, text):
        return len(text)

class Lines:
    def __init__(self, path, model):
        self.path, self.model = path, model()

    def label_all(self):
        return [self.model.label(line) for line in open(self.path)]

READERS = {{"txt": Lines}}

if __name__ == "__main__":
    {made}
"""


@pytest.mark.parametrize(
    "made",
    [
        "READERS[sys.argv[1]]('notes.txt', {}).label_all()",
        "READERS.get(sys.argv[1])('notes.txt', {}).label_all()",
        "reader = READERS[sys.argv[1]]; reader('notes.txt', model={}).label_all()",
    ],
)
@pytest.mark.parametrize(("model", "expected"), [("Hosted", "batchable"), ("Counted", "unclear")])
def test_a_class_out_of_a_table_is_handed_what_its_call_is_given(made, model, expected):
    assert verdict(CHOSEN.format(made=made.format(model))) == expected


@pytest.mark.parametrize(
    "start",
    [
        "self.conversations = client.beta.conversations",
        "self.conversations = [] if client is None else client.beta.conversations",
    ],
)
def test_what_holds_an_sdks_object_is_told_from_a_list_of_the_same_name(start):
    program = f"""
        from mistralai import Mistral

        client = Mistral()

        class Talks:
            def __init__(self):
                self.conversations: list = []

        class Digest:
            def __init__(self):
                {start}

            def add(self, line):
                return self.conversations.append(conversation_id="c", inputs=line)  # !

        if __name__ == "__main__":
            digest = Digest()
            for line in open("lines.txt"):
                print(digest.add(line))
        """
    assert verdict(program) == "batchable"
    assert verdict(program.replace("client.beta.conversations", "[]")) == "none"


@pytest.mark.parametrize("imported", ["complete", "completion as complete"])
def test_a_function_of_an_sdk_is_seen_through_modules_that_hand_it_on(imported):
    program = {
        "shop/__init__.py": f"from shop.llm import {imported}",
        "shop/llm.py": "from litellm import completion\ncomplete = completion",
        "app.py": """
            from shop import complete

            if __name__ == "__main__":
                for line in open("lines.txt"):
                    print(complete(model="gpt-5", messages=[{"role": "user", "content": line}]))  # !
            """,
    }
    assert verdict(program) == "batchable"
    assert verdict({**program, "shop/llm.py": "def completion(**request): ...\ncomplete = completion"}) == "none"


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [("text", "batchable"), ("question", "none")],
    ids=["has its methods", "takes something else"],
)
def test_a_protocol_stands_for_the_classes_that_have_its_methods(parameter, expected):
    program = f"""
        from typing import Protocol
        import plugins
        from openai import OpenAI

        class Model(Protocol):
            def answer(self, text: str) -> str: ...

        class Hosted:
            def answer(self, {parameter}: str) -> str:
                return OpenAI().responses.create(model="gpt-5", input={parameter}).output_text

        class Digest:
            def __init__(self, model: Model = plugins.default()):
                self.model = model

            def run(self, lines):
                for line in lines:
                    print(self.model.answer(line))  # !

        if __name__ == "__main__":
            Digest(plugins.chosen()).run(open("lines.txt"))
        """
    assert verdict(program) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [("print(ask)", "none"), ("inspect.signature(ask)", "none"), ("library.each(ask)", "unclear")],
)
def test_what_only_looks_at_a_function_does_not_run_it(call, expected):
    program = f"""
        import inspect
        import library
        from llm import ask

        def run(lines):
            {call}  # !
        """
    assert verdict(program) == expected


GIVEN_MODEL = """
    from abc import ABC, abstractmethod
    from llm import ask
    from plugins import find

    class Model(ABC):
        @abstractmethod
        def answer(self, text): ...

    class Hosted(Model):
        def answer(self, text):
            return ask(text)  # !

    class Words(Model):
        def answer(self, text):
            return text.split()[0]

    def run(model: Model, lines):
        for line in lines:
            print(label(model, line))

    def label(model: Model, line):
        return model.answer(line)

    def main():
        model = {made}
        run(model, open("lines.txt"))

    if __name__ == "__main__":
        main()
"""


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("Hosted()", "batchable"),
        ("Words()", "unclear"),
        ("Words() if DEBUG else Hosted()", "batchable"),
        ("find('model') or Words()", "batchable"),
    ],
)
def test_an_object_that_is_given_runs_the_methods_of_its_own_class(made, expected):
    assert verdict(GIVEN_MODEL.format(made=made)) == expected


HANDED_METHOD = """
    from openai import OpenAI

    client = OpenAI()

    def patiently(call, *args, **options):
        for attempt in range(3):
            try:
                return call(*args, **options)
            except TimeoutError:
                pass

    def label(line):
        return patiently(client.responses.create, model="gpt-5", input=line)

    if __name__ == "__main__":
        for line in open("lines.txt"):
            label(line)
            patiently({handed}, line)  # !
"""


@pytest.mark.parametrize(
    ("handed", "expected"),
    [("client.embeddings.create", "batchable"), ("client.batches.create", "none"), ("client.files.create", "none")],
)
def test_who_hands_over_another_method_of_the_sdk_asks_no_model(handed, expected):
    assert verdict(HANDED_METHOD.format(handed=handed)) == expected


CLOSURE = """
    from openai import OpenAI

    client = OpenAI()

    def patiently(call):
        try:
            return call()
        except TimeoutError:
            return call()

    def label(text, **options):
        def request():
            return client.responses.create({body})

        return patiently(request).output_text

    if __name__ == "__main__":
        for line in open("lines.txt"):
            print(label(line, model="gpt-5"))  # !
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("model='gpt-5', input=text", "batchable"),
        ("input=text, **options", "batchable"),
        ("model='gpt-5', input='Tell a joke'", "none"),
    ],
)
def test_a_wrapper_whose_request_a_closure_makes_is_told_of_where_it_is_called(body, expected):
    assert verdict(CLOSURE.format(body=body)) == expected


PART_IN_A_CLOSURE = """
    from fastapi import FastAPI
    from openai import OpenAI

    app = FastAPI()
    client = OpenAI()

    def label(text):
        prompt = f"Label {{text}}"
        model = "gpt-5"

        def request(model):
            return client.responses.create(model=model, input={asked}).output_text

        for each in ("gpt-5", "gpt-5-mini"):
            try:
                return request(each)
            except TimeoutError:
                continue

    {start}
"""
BY_HAND = "for line in open('lines.txt'): print(label(line))  # !"
IN_A_ROUTE = """@app.post("/labels")
    def labels(lines: list[str]):
        return [label(line) for line in lines]  # !"""


@pytest.mark.parametrize(
    ("asked", "start", "expected"),
    [
        ("prompt", BY_HAND, "batchable"),
        ("f'{prompt}!'", BY_HAND, "batchable"),
        ("'Tell a joke'", BY_HAND, "none"),
        ("f'Which model is {model}?'", BY_HAND, "none"),
        ("prompt", IN_A_ROUTE, "realtime"),
    ],
)
def test_so_it_is_where_the_closure_is_handed_a_part_of_the_request(asked: str, start: str, expected: str):
    assert verdict(PART_IN_A_CLOSURE.format(asked=asked, start=start)) == expected


OWN_METHODS = """
    from concurrent.futures import ThreadPoolExecutor
    from flask import Flask
    from llm import ask

    app = Flask(__name__)

    class Page:
        def __init__(self, text):
            self.text = text
            self.topic = None

        def fill(self):
            self.topic = self.find_topic()

        def find_topic(self):
            return ask({asked})

    {start}
"""
PAGES = """if __name__ == "__main__":
        pages = [Page(line) for line in open("pages.txt")]
        with ThreadPoolExecutor() as pool:
            {turn}
        print([page.topic for page in pages])"""
PAGES_OF_A_ROUTE = """@app.post("/topics")
    def topics():
        pages = [Page(line) for line in open("pages.txt")]
        for page in pages:
            page.fill()  # !
        return [page.topic for page in pages]"""


@pytest.mark.parametrize(
    ("asked", "start", "expected"),
    [
        ("self.text", PAGES.format(turn="list(pool.map(lambda page: page.fill(), pages))  # !"), "batchable"),
        ("self.text", PAGES.format(turn="futures = [pool.submit(page.fill) for page in pages]  # !"), "batchable"),
        ("self.text", PAGES.format(turn="[page.fill() for page in pages]  # !"), "batchable"),
        ("'Tell a joke'", PAGES.format(turn="[page.fill() for page in pages]  # !"), "none"),
        ("self.text", PAGES_OF_A_ROUTE, "none"),
    ],
)
def test_who_picks_the_object_decides_also_where_another_method_of_it_asks(asked: str, start: str, expected: str):
    assert verdict(OWN_METHODS.format(asked=asked, start=start)) == expected


def test_a_single_object_is_a_single_request():
    start = 'if __name__ == "__main__":\n        Page("A page").fill()  # !'
    assert verdict(OWN_METHODS.format(asked="self.text", start=start)) == "realtime"


SEVERAL = """
    from llm import ask

    class Note:
        def summarize_text(self):
            return ask(self.text)  # !

    class Draft:
        def summarize_text(self):
            return self.text[:80]
    """
CARRIED = """
    from django.http import HttpRequest
    from ninja import NinjaAPI
    from notes import Note

    api = NinjaAPI()

    @api.post("/note")
    def read(request: HttpRequest):
        {name} = {carried}
        return {name}.summarize_text()

    def nightly():
        for note in [Note(), Note()]:
            note.summarize_text()

    if __name__ == "__main__":
        nightly()
    """


@pytest.mark.parametrize(
    ("name", "carried", "expected"),
    [
        ("note", "request.auth.latest()", "realtime"),
        ("draft", "request.auth.latest()", "batchable"),
        ("found", "request.auth.latest()", "batchable"),
        ("note", "request.headers.latest()", "batchable"),
    ],
)
def test_an_object_of_unknown_class_is_of_the_one_that_it_is_named_for(name, carried, expected):
    route = CARRIED.replace("{name}", name).replace("{carried}", carried)
    assert verdict({"notes.py": SEVERAL, "api.py": route}) == expected


ROWS = {
    "rows.py": """
        from llm import ask

        class Row:
            def __init__(self, id):
                self.id = id

            @classmethod
            def get(cls, id):
                return cls(id)

        class Note(Row):
            def store(self):
                print(ask(str(self.id)))  # !

        class User(Row):
            def store(self):
                print(self.id)
        """,
    "job.py": """
        from rows import Note

        for id in open("ids.txt"):
            Note.get(id).store()
        """,
}
ROUTE_OVER_ROWS = """
    from fastapi import FastAPI
    from rows import {name}

    app = FastAPI()

    @app.post("/rows/{{id}}")
    def keep(id: int):
        {name}.get(id).store()
    """


@pytest.mark.parametrize(("name", "expected"), [("User", "batchable"), ("Note", "realtime")])
def test_a_class_method_of_the_base_gives_an_object_of_the_class_it_is_asked_of(name: str, expected: str) -> None:
    assert verdict({**ROWS, "api.py": ROUTE_OVER_ROWS.format(name=name)}) == expected


NAMESAKES = """
    from flask import Flask, request
    from llm import ask
    from shop import reviewed

    app = Flask(__name__)

    def repeat({parameter}, times):
        for _ in range(times):
            found = {parameter}("")
            if reviewed(found):
                return found

    def label(text):
        def generate(hint):
            return ask(text + hint)  # !

        return repeat(generate, 2)

    @app.get("/example")
    def example():
        def count(hint):
            return len(request.args["text"] + hint)

        return repeat(count, 2)

    if __name__ == "__main__":
        for line in open("products.txt"):
            print(label(line))
    """


@pytest.mark.parametrize("parameter", ["make", "generate"])
def test_a_parameter_may_have_the_name_of_a_function_that_it_stands_for(parameter):
    assert verdict(NAMESAKES.format(parameter=parameter)) == "batchable"


def test_who_hands_over_a_function_of_the_parameter_s_name_waits_for_it():
    program = NAMESAKES.format(parameter="generate").replace("return repeat(count, 2)", 'return label("one")')
    assert verdict(program) == "realtime"


TABLE = """
    import sys
    from flask_sqlalchemy import SQLAlchemy
    from llm import ask

    db = SQLAlchemy()

    class Note(db.Model):
        def shorten(self, hint):
            self.summary = ask(hint)

    for line in sys.stdin:
        note = Note(text=line)
        {what}  # !
    """


@pytest.mark.parametrize(("what", "expected"), [("db.session.add(note)", "none"), ("note.shorten(line)", "batchable")])
def test_a_session_that_is_given_a_row_calls_none_of_its_methods(what, expected):
    assert verdict(TABLE.format(what=what)) == expected


ORDERED = """
    import heapq
    from flask import Flask
    from llm import ask

    app = Flask(__name__)

    class Judge:
        def __call__(self, text):
            return len(ask(text))  # !

    judge = Judge()

    {start}
        return {ordered}
    """
IN_A_JOB = (
    'def main():\n        texts = open("texts.txt").readlines()\n        print(best(texts))\n\n    def best(texts):'
)


@pytest.mark.parametrize("ordered", ["sorted(texts, key=judge)", "max(texts, key=judge)"])
@pytest.mark.parametrize(
    ("start", "expected"), [(IN_A_JOB, "batchable"), ('@app.get("/best")\n    def best(texts):', "realtime")]
)
def test_an_object_by_which_items_are_ordered_is_called_for_each(ordered, start, expected):
    program = ORDERED.format(ordered=ordered, start=start)
    assert verdict(program + ("\n    main()\n" if start == IN_A_JOB else "")) == expected


@pytest.mark.parametrize("taken", ["from shop.jobs import night", "from . import night", "from jobs import night"])
def test_a_package_may_take_its_own_modules_by_its_whole_name(taken):
    program = {
        "shop/__init__.py": "",
        "shop/jobs/__init__.py": taken,
        "shop/jobs/night.py": """
            from llm import ask

            def label_all():
                for line in open("products.txt"):
                    print(ask(line))  # !
            """,
        "main.py": """
            from shop.jobs import night

            if __name__ == "__main__":
                night.label_all()
            """,
    }
    assert verdict(program) == "batchable"
