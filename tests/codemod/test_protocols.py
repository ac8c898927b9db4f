"""What a `Protocol` stands for gets twins as one family: also objects that wrap another one of their kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike, rewrite

HEAD = """\
from typing import Any, Protocol

from openai import OpenAI


class Model(Protocol):
    def prompt(self, prompt: str, **kwargs: Any) -> Any: ...


class Logging:
    def __init__(self, inner: Model) -> None:
        self._inner = inner

    def prompt(self, prompt: str, **kwargs: Any) -> Any:
        answer = self._inner.prompt(prompt, **kwargs)
        print(len(prompt), len(answer))
        return answer


class Fast:
    def __init__(self) -> None:
        self._client = OpenAI()

    def prompt(self, prompt: str, **kwargs: Any) -> str:
        return self._client.responses.create(model="gpt-5-mini", input=prompt).output_text


"""
MAIN = """

def main(texts):
    model = build("logged")
    for text in texts:
        print(model.prompt(text))


main(["tea", "cup", "jam", "pot"])
"""


def test_a_wrapper_of_what_its_protocol_stands_for_enters_the_batch(tmp_path: Path) -> None:
    build = """\
def find(kind):
    return globals()[kind]()


def build(kind) -> Model:
    return Logging(find("Fast")) if kind == "logged" else Fast()
"""
    after = check_runs_alike(HEAD + build + MAIN, tmp_path).rewritten.files["app.py"]
    assert "yield from self._inner.prompt(prompt, **kwargs)" in after


def test_a_wrapper_of_what_another_package_may_bring_stays() -> None:
    build = """\
import plugins


def build(kind) -> Model:
    return Logging(plugins.find(kind)) if kind == "logged" else Fast()
"""
    refusal = check_noop(HEAD + build + MAIN, "unsupported-shape")
    assert refusal is not None
    assert "`self._inner.prompt` can be `plugins.find().prompt` as well" in refusal.detail


def test_a_name_that_nothing_binds_brings_nothing_else() -> None:
    build = """\
def build(kind) -> Model:
    return Logging(Forgotten()) if kind == "other" else Logging(Fast())
"""
    assert "run_batch(" in rewrite(HEAD + build + MAIN).files["app.py"]


UNKNOWN_CALLERS = {
    "what is handed in": """\
def later(things):
    return {name: thing.complete(name) for name, thing in things.items()}""",
    "what a container gives": """\
import container

def later(name):
    return container.instance.find(name).complete(name)""",
}


@pytest.mark.parametrize("name", UNKNOWN_CALLERS)
def test_a_method_that_somebody_unknown_may_call_keeps_its_realtime_form(name: str) -> None:
    program = """\
from openai import OpenAI


class Writer:
    def complete(self, text):
        return OpenAI().responses.create(model="gpt-5-mini", input=text).output_text


LATER


writer = Writer()
for text in ["tea", "cup", "jam"]:
    print(writer.complete(text))
"""
    program = program.replace("LATER", UNKNOWN_CALLERS[name])
    after = rewrite(program).files["app.py"]
    assert "yield from writer.complete_batch(text)" in after
    assert "return realtime(self.complete_batch(text))" in after
    alone = rewrite(program.replace(".complete(name)", ".finish(name)")).files["app.py"]
    assert "yield from writer.complete(text)" in alone


INHERITED = """\
from openai import OpenAI

client = OpenAI()


class Judge:
    def __init__(self, name):
        self.name = name

    def score(self, text):
        return client.responses.create(model="gpt-5-mini", input=f"{{self.name}}: {{text}}").output_text


class Kind(Judge):
    def __init__(self):
        super().__init__("kind")


class Strict(Judge):
    def score(self, text):
        {asks}


JUDGES = {{"kind": lambda: Kind(), "strict": lambda: Strict("strict")}}


def main(name):
    judge = JUDGES[name]()
    for text in ["tea", "cup"]:
        print(judge.score(text))


main("kind")
main("strict")
"""


def test_a_method_that_one_class_inherits_and_another_replaces_has_one_form(tmp_path: Path) -> None:
    asks = 'return client.responses.create(model="gpt-5-mini", input=f"strictly {text}").output_text'
    alike = check_runs_alike(INHERITED.format(asks=asks), tmp_path)
    assert sum(alike.after.answered.values()) == 4


def test_what_the_replacing_method_remembers_counts() -> None:
    asks = 'self.name = client.responses.create(model="gpt-5-mini", input=self.name + text).output_text\n'
    check_noop(INHERITED.format(asks=asks + "        return self.name"), "dependent-iterations")


FIELDS = """\
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from openai import OpenAI


class Base(ABC):
    @abstractmethod
    def ask(self, text):
        pass


class Fast(Base):
    def ask(self, text):
        return OpenAI().responses.create(model="gpt-5-mini", input=text).output_text


def fast():
    return Fast()


@dataclass
class Config:
    model: Base = {field}


class Job:
    def __init__(self, config):
        self.model = config.model

    def run(self, texts):
        for text in texts:
            print(self.model.ask(text))


Job(Config()).run(["tea", "cup", "jam", "pot"])
"""


@pytest.mark.parametrize("factory", ["Fast", "fast", "lambda: Fast()"])
def test_a_field_whose_value_the_project_makes(factory: str, tmp_path: Path) -> None:
    check_runs_alike(FIELDS.format(field=f"field(default_factory={factory})"), tmp_path)


def test_a_field_whose_value_something_else_makes() -> None:
    check_noop(
        FIELDS.format(field="field(default_factory=models.default)").replace(
            "from openai", "import models\nfrom openai"
        )
    )


NAMED = {
    "app.py": """
        import sys
        from providers import create

        provider = create(sys.argv[1] if len(sys.argv) > 1 else "fast")
        for text in ["tea", "cup", "jam", "pot"]:
            print(provider.ask(text))
        """,
    "providers.py": """
        from importlib import import_module

        CLASSES = {"fast": ("fast", "Fast"), "slow": ("slow", "Slow")}


        def create(kind):
            module, name = CLASSES[kind]
            return getattr(import_module(module), name)()
        """,
    "fast.py": """
        from openai import OpenAI


        class Fast:
            def ask(self, text):
                return OpenAI().responses.create(model="gpt-5-mini", input=text).output_text
        """,
    "slow.py": """
        class Slow:
            def ask(self, text):
                return text.upper()
        """,
}


def test_classes_by_the_names_in_a_table(tmp_path: Path) -> None:
    check_runs_alike(NAMED, tmp_path)


def test_classes_of_which_one_is_not_the_projects() -> None:
    check_noop({**NAMED, "providers.py": NAMED["providers.py"].replace('"slow", "Slow"', '"vendor.slow", "Slow"')})
