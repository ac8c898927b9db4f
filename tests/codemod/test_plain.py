"""The helper has the plain driver where no item prints before its turn, and nothing is open at a request."""

from __future__ import annotations

import textwrap

import pytest

from .programs import HELPER, rewrite

HEAD = """
import json
import logging
import sys
import contextlib

import openai
from openai import OpenAI

client = OpenAI()
texts = ["tea", "cup"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


"""
PLAIN = {
    "printed after the answer": """
        for text in texts:
            print(text, ask(text))
    """,
    "in the statement that asks": """
        for text in texts:
            print(json.loads(client.responses.create(model="gpt-5-mini", input=text.strip()).output_text))
    """,
    "to stderr": """
        for text in texts:
            print(text, file=sys.stderr)
            print(ask(text))
    """,
    "an item that asks nothing is silent": """
        found = {}
        for text in texts:
            if len(text) > 9:
                continue
            print(ask(text))
    """,
    "two requests, and what is printed behind the last one": """
        for text in texts:
            first = ask(text)
            print(first, ask(first))
    """,
    "a comprehension": """
        print([ask(text.strip()) for text in texts if text])
    """,
    "an error is caught": """
        for text in texts:
            try:
                answer = ask(text)
            except openai.BadRequestError as error:
                raise ValueError(text) from error
            print(answer)
    """,
    "a file is closed before the request": """
        for name in texts:
            with open(name) as file:
                text = file.read()
            print(ask(text))
    """,
    "a while loop": """
        while texts:
            text = texts.pop(0)
            print(ask(text))
    """,
    "a generator that prints nothing": """
        def rows():
            for text in texts:
                yield text.strip()

        for text in rows():
            print(ask(text))
    """,
}
WHOLE = {
    "printed before the request": """
        for text in texts:
            print("asking", text)
            print(ask(text))
    """,
    "by a function that it calls": """
        def told(text):
            print("asking", text)
            return text

        for text in texts:
            print(ask(told(text)))
    """,
    "by one that is handed on": """
        def told(text):
            print("asking", text)
            return text

        for text in texts:
            print(ask("".join(map(told, text))))
    """,
    "an item that asks nothing prints": """
        for text in texts:
            if len(text) > 9:
                print("too long")
                continue
            print(ask(text))
    """,
    "an item that fails before it asks prints": """
        for text in texts:
            try:
                answer = ask(json.loads(text))
            except ValueError:
                answer = "no JSON"
            print(answer)
    """,
    "between two requests": """
        for text in texts:
            first = ask(text)
            print(first)
            print(ask(first))
    """,
    "where an answer may be there already": """
        found = {}

        def known(text):
            if text not in found:
                found[text] = ask(text)
            return found[text]

        for text in texts:
            print(known(text))
    """,
    "where as many requests as it takes are made": """
        for text in texts:
            for attempt in range(5):
                try:
                    print(ask(text))
                    break
                except openai.RateLimitError:
                    pass
    """,
    "by code that is not known": """
        import retriever

        for text in texts:
            print(ask(retriever.find(text)))
    """,
    "by a logger that writes to stdout": """
        logging.basicConfig(stream=sys.stdout)
        for text in texts:
            logging.warning("asking %s", text)
            print(ask(text))
    """,
    "to stdout itself": """
        for text in texts:
            sys.stdout.write(text)
            print(ask(text))
    """,
    "by the generator that it comes from": """
        def rows():
            for text in texts:
                print("next", text)
                yield text

        for text in rows():
            print(ask(text))
    """,
    "finally": """
        for text in texts:
            try:
                answer = ask(text)
            finally:
                done = text
            print(answer)
    """,
    "a bare except": """
        for text in texts:
            try:
                answer = ask(text)
            except:
                answer = "failed"
            print(answer)
    """,
    "something is open at the request": """
        for text in texts:
            with contextlib.suppress(openai.BadRequestError):
                print(ask(text))
    """,
}


def helper(body: str) -> str:
    done = rewrite(HEAD + textwrap.dedent(body))
    assert done.files != done.before, done.refusals
    assert "run_batch(" in done.files["app.py"]
    return done.files[HELPER]


@pytest.mark.parametrize("body", PLAIN.values(), ids=list(PLAIN))
def test_is_plain(body: str) -> None:
    assert "class Loop" not in helper(body)


@pytest.mark.parametrize("body", WHOLE.values(), ids=list(WHOLE))
def test_is_not(body: str) -> None:
    assert "class Loop" in helper(body)


def test_a_logger_that_writes_to_stderr_prints_nothing() -> None:
    body = """
        logging.basicConfig(level=logging.INFO)
        for text in texts:
            logging.warning("asking %s", text)
            print(ask(text))
    """
    assert "class Loop" not in helper(body)


def test_old_sdks_parse_only_where_something_is_parsed() -> None:
    body = """
        for text in texts:
            print(client.responses.parse(model="gpt-5-mini", input=text, text_format=dict).output_parsed)
    """
    assert "called_again" in helper(body)
    assert "called_again" not in helper(PLAIN["a comprehension"])
