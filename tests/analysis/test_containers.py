"""Programs that Dependency Injector puts together: who asks a model is what the container's providers make."""

import ast
import textwrap

import pytest

from batchlint import containers

from .verdicts import cases, marked, verdict

SERVICES = """
    from typing import Protocol
    from openai import OpenAI

    class Model(Protocol):
        def answer(self, prompt): ...

    class Hosted(Model):
        def __init__(self, client, name="gpt-5"):
            self.client, self.name = client, name

        def answer(self, prompt):
            return self.client.responses.create(model=self.name, input=prompt)  # !

    class Echo(Model):
        def answer(self, prompt):
            return prompt

    class Runner:
        def __init__(self, model, delay):
            self.model = model

        def run(self, task, text):
            return self.model.answer(f"{task}: {text}")

    class Labels:
        def __init__(self, runners, parts=None):
            self.runners = runners

        def run(self, texts):
            for text in texts:
                print([runner.run("Label", text) for runner in self.runners])
    """
CONTAINER = """
    from dependency_injector import containers, providers
    from openai import OpenAI
    from services import Echo, Hosted, Labels, Runner

    class Container(containers.DeclarativeContainer):
        config = providers.Configuration()
        client = providers.Singleton(OpenAI, api_key=config.key)
        hosted = providers.Factory(Hosted, client=client)
        echo: providers.Factory[Echo] = providers.Factory(Echo)
        model = {model}
        runner = providers.Factory(Runner, model, delay=config.delay)
        labels = providers.Factory(Labels, runners=providers.List({runner}))
    """
SCRIPT = """
    from container import Container

    if __name__ == "__main__":
        container = Container()
        container.config.from_yaml("config.yaml")
        container.labels().run(open("texts.txt"))
    """
ROUTE = """
    from dependency_injector.wiring import Provide, inject
    from flask import Flask, request
    from container import Container
    from services import Labels

    app = Flask(__name__)

    @app.post("/labels")
    @inject
    def labels(service: Labels = Provide[Container.labels]):
        service.run(request.json["texts"])
        return ""
    """
SELECTOR = "providers.Selector(config.kind, hosted=hosted, echo=echo)"


def program(*, model: str = SELECTOR, runner: str = "runner", start: str = SCRIPT) -> dict[str, str]:
    return {
        "services.py": SERVICES,
        "container.py": CONTAINER.format(model=model, runner=runner),
        "app.py": start,
    }


MADE = {
    "chosen": program(),
    "by_itself": program(model="providers.ThreadSafeSingleton(Hosted, client)"),
    "an_object": program(model="providers.Object(Hosted(OpenAI()))"),
    "made_in_place": program(runner="providers.Factory(Runner, model=hosted, delay=1)"),
}


@pytest.mark.parametrize("made", cases(MADE))
def test_what_the_providers_make_asks_the_model(made: dict[str, str]) -> None:
    site = marked(made)
    assert site is not None
    assert str(site.verdict) == "batchable"
    assert site.contexts[0].chain[0].path == "app.py"


def test_what_a_route_is_given_by_the_container_asks_for_it() -> None:
    assert verdict(program(start=ROUTE)) == "realtime"


def test_what_no_provider_makes_is_not_asked() -> None:
    assert verdict(program(model="echo")) != "batchable"


def test_a_container_in_a_container_has_providers_of_its_own() -> None:
    outer = """
        from dependency_injector import containers, providers
        from container import Container
        from services import Labels

        class Program(containers.DeclarativeContainer):
            inner = providers.Container(Container)
            labels = providers.Factory(Labels, runners=providers.List(inner.runner))
        """
    start = SCRIPT.replace("Container", "Program").replace("from container", "from outer")
    assert verdict(program(start=start) | {"outer.py": outer}) == "batchable"


WRITTEN = {
    "Factory(Pool, make=client.provider, size=3)": "Pool(make=self.client, size=3)",
    "Resource(opened, client, *rest, **more)": "opened(self.client(), *rest, **more)",
    "Dict(a=client, b=Singleton(Echo))": "{'a': self.client(), 'b': Echo()}",
    "Factory(Service, inner.files, config.path)": "Service(self.inner.files(), config.path)",
}


@pytest.mark.parametrize("provider", WRITTEN)
def test_a_provider_is_the_method_that_makes_what_it_provides(provider: str) -> None:
    text = textwrap.dedent(f"""
        class Container(DeclarativeContainer):
            config = Configuration()
            inner = Container(Files)
            client = Singleton(Client)
            made = {provider}
        """)
    method = containers.written_out(ast.parse(text)).body[0].body[-1]
    assert ast.unparse(method) == f"def made(self):\n    return {WRITTEN[provider]}"
