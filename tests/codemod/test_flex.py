"""`--strategy flex`: one argument at the model call, where the tier has the model and nobody waits."""

from __future__ import annotations

import pytest

from .programs import check_rewritten, rewrite

REFUSED = {
    "a model that the tier has not": ('model="gpt-4o", input=text', "asks `gpt-4o`"),
    "a model that only the run knows": ("model=MODEL, input=text", "asks a model that only the run knows"),
    "a tier that is named already": (
        'model="gpt-5", input=text, service_tier="priority"',
        "names its `service_tier` already (line 10)",
    ),
    "arguments from a dictionary": ('model="gpt-5", **options(text)', "are handed over as `**`"),
}


def program(arguments: str) -> str:
    return f"""
        import os

        from openai import OpenAI

        client = OpenAI()
        MODEL = os.environ["MODEL"]


        def ask(text):
            return client.responses.create({arguments}).output_text


        if __name__ == "__main__":
            print(ask("Why?"))
        """


@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED)
def test_a_call_without_the_tier_stays(arguments: str, words: str) -> None:
    done = rewrite(program(arguments), strategy="flex")
    assert done.files == done.before
    assert done.refusals
    assert {refusal.name for _, _, refusal in done.refusals} == {"no-flex-tier"}
    assert all(words in refusal.detail for _, _, refusal in done.refusals)


def test_a_provider_without_the_tier_stays() -> None:
    source = """
        import anthropic

        client = anthropic.Anthropic()
        print(client.messages.create(model="claude-sonnet-4-5", max_tokens=9, messages=[]))
        """
    done = rewrite(source, strategy="flex")
    assert done.files == done.before
    assert [refusal.name for _, _, refusal in done.refusals] == ["no-flex-tier"]


def test_who_waits_keeps_the_fast_tier() -> None:
    route = """
        from flask import Flask
        from app import ask

        app = Flask(__name__)


        @app.get("/ask/<text>")
        def answer(text):
            return ask(text)
        """
    done = rewrite({"app.py": program('model="gpt-5", input=text'), "web.py": route}, strategy="flex")
    assert done.files == done.before
    assert {refusal.name for _, _, refusal in done.refusals} == {"live-consumer"}


def test_the_argument_joins_the_others() -> None:
    before = program('model="gpt-5", input=text')
    check_rewritten(before, program('model="gpt-5", input=text, service_tier="flex"'), strategy="flex")


def test_a_comment_stays_behind_its_argument() -> None:
    before = """
        from openai import OpenAI

        answer = OpenAI().responses.create(
            model="o3",
            input="Why?",  # asked by many
        )
        """
    after = before.replace("by many\n", 'by many\n            service_tier="flex",\n')
    check_rewritten(before, after, strategy="flex")


def test_flex_needs_no_helper() -> None:
    assert set(rewrite(program('model="gpt-5", input=text'), strategy="flex").files) == {"app.py"}
