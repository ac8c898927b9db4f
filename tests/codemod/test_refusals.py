"""What the codemod leaves as it is, each with the name, the line and the sentence that a user reads."""

from __future__ import annotations

import textwrap

import pytest

from batchlint import codemod

from .programs import check_noop, dedented, rewrite

HEAD = """\
from openai import OpenAI

client = OpenAI()


def ask(text):
    response = client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": text}])
    return response.choices[0].message.content


"""
ROUTE = """
from flask import Flask, request
from llm import ask

app = Flask(__name__)


@app.post("/ask")
def answer():
    return [ask(text) for text in request.json]
"""

# name -> refusals: what a reader calls the case, the program behind HEAD, and words of the sentence.
REFUSED: dict[str, dict[str, tuple[str, str]]] = {
    "dependent-iterations": {
        "the answer goes into the next prompt": (
            """
            def main(texts):
                summary = ""
                for text in texts:
                    summary = ask(summary + text)
                return summary
            """,
            "`summary` is read before the request (line 14) and changed after an answer",
        ),
        "through an attribute": (
            """
            class Chat:
                def __init__(self):
                    self.last = ""

                def run(self, texts):
                    for text in texts:
                        self.last = ask(self.last + text)
            """,
            "`self.last` is read before the request (line 17) and changed after an answer",
        ),
        "through a list": (
            """
            def main(texts):
                history = []
                for text in texts:
                    history.append(ask(text + "".join(history)))
                return history
            """,
            "`history` is read before the request (line 14)",
        ),
        "through a global variable of a helper": (
            """
            HISTORY = []


            def talk(text):
                HISTORY.append(ask(text + str(len(HISTORY))))


            def main(texts):
                for text in texts:
                    talk(text)
            """,
            "`HISTORY` is read before the request (line 15)",
        ),
        "an answer is printed into a buffer that the next request holds": (
            """
            import io


            def main(texts):
                buffer = io.StringIO()
                for text in texts:
                    buffer.write(ask(text + buffer.getvalue()))
            """,
            "`buffer` is read before the request (line 17)",
        ),
        "the queue that the loop draws from grows by answers": (
            """
            def main(texts):
                queue = list(texts)
                for text in queue:
                    answer = ask(text)
                    if len(answer) > 100:
                        queue.append(answer)
            """,
            "`queue",
        ),
        "a budget that answers use up": (
            """
            def main(texts):
                spent = 0
                for text in texts:
                    if spent > 1000:
                        continue
                    spent += len(ask(text))
            """,
            "`spent` is read before the request (line 14)",
        ),
    },
    "external-read-back": {
        "a table": (
            """
            import sqlite3


            def main(texts):
                db = sqlite3.connect("a.db")
                for text in texts:
                    known = db.execute("SELECT answer FROM answers").fetchall()
                    answer = ask(f"{text} {known}")
                    db.execute("INSERT INTO answers VALUES (?)", (answer,))
            """,
            "the table `answers` is read in line 17 before a request and written after one (line 19)",
        ),
        "a file": (
            """
            from pathlib import Path


            def main(texts):
                for text in texts:
                    so_far = Path("story.txt").read_text()
                    answer = ask(so_far + text)
                    with open("story.txt", "a") as file:
                        file.write(answer)
            """,
            "the file `'story.txt'` is read in line 16 before a request and written after one (line 18)",
        ),
        "a file that helpers read and write": (
            """
            def load(path):
                with open(path) as file:
                    return file.read()


            def add(path, text):
                with open(path, "a") as file:
                    file.write(text)


            def main(texts):
                for text in texts:
                    answer = ask(load("story.txt") + text)
                    add("story.txt", answer)
            """,
            "the file `'story.txt'` is read in line 12 before a request and written after one (line 17)",
        ),
    },
    "early-stop": {
        "break on an answer": (
            """
            def main(texts):
                for text in texts:
                    if ask(text) == "yes":
                        break
            """,
            "the loop ends early (line 14), and a batch would buy what comes after",
        ),
        "return of an answer": (
            """
            def main(texts):
                for text in texts:
                    answer = ask(text)
                    if answer:
                        return answer
            """,
            "the function returns from within the loop (line 15)",
        ),
        "a loop with an else, and an answer that ends it": (
            """
            def main(texts):
                for text in texts:
                    if not ask(text):
                        break
                else:
                    print("all")
            """,
            "the loop ends early (line 14)",
        ),
    },
    "streaming": {
        "stream=True": (
            """
            def main(texts):
                for text in texts:
                    for part in client.chat.completions.create(model="gpt-5", messages=[], stream=True):
                        print(part)
            """,
            "the answer is streamed",
        ),
    },
    "generator-consumer": {
        "the loop yields answers": (
            """
            def answers(texts):
                for text in texts:
                    yield ask(text)


            def main(texts):
                for answer in answers(texts):
                    print(answer)
                    if answer == "stop":
                        break
            """,
            "`answers` is not taken whole (line 17)",
        ),
        "a generator expression that someone may stop": (
            """
            def main(texts):
                return any(ask(text) == "yes" for text in texts)
            """,
            "a generator expression is handed to `any` (line 12)",
        ),
        "a generator expression that nobody draws here": (
            """
            def main(texts):
                return (ask(text) for text in texts)
            """,
            "a generator expression",
        ),
    },
    "order-of-effects": {
        "a service is told before the call and after it": (
            """
            import requests


            def main(texts):
                for text in texts:
                    requests.post("https://example.com/started")
                    answer = ask(text)
                    requests.post("https://example.com/done", data=answer)
            """,
            "`https://example.com` is used before the call (line 16) and after it (line 18)",
        ),
        "each has a transaction of its own": (
            """
            import warehouse


            def main(texts):
                connection = warehouse.connect()
                for text in texts:
                    connection.begin()
                    connection.store(text, ask(text))
                    connection.commit()
            """,
            "(line 17) and after it (line 19), and a batch runs all requests first; commit once, behind the loop",
        ),
    },
    "unknown-effects": {
        "locals": (
            """
            def main(texts):
                for text in texts:
                    answer = ask(text)
                    print(locals())
            """,
            "`locals` reaches the variables of the loop (line 14)",
        ),
    },
    "no-batch-tier": {
        "a provider without one": (
            """
            deepseek = OpenAI(base_url="https://api.deepseek.com")


            def main(texts):
                for text in texts:
                    messages = [{"role": "user", "content": text}]
                    print(deepseek.chat.completions.create(model="deepseek-chat", messages=messages))
            """,
            "",
        ),
    },
    "no-backend": {
        "a provider without a backend": (
            """
            import cohere

            co = cohere.Client()


            def main(texts):
                for text in texts:
                    print(co.chat(message=text))
            """,
            "",
        ),
        "a request without the SDK": (
            """
            import requests


            def main(texts):
                for text in texts:
                    body = {"model": "mistral-small-latest", "messages": [{"role": "user", "content": text}]}
                    print(requests.post("https://api.mistral.ai/v1/chat/completions", json=body).json())
            """,
            "the helper has no backend for `requests.post`",
        ),
        **{
            f"a call of an SDK that was replaced, {call}": (
                f"""
                import google.generativeai as genai
                import openai

                gemini = genai.GenerativeModel("gemini-1.5-pro")


                def main(texts):
                    for text in texts:
                        print({call})
                """,
                "is of an SDK that the helper cannot call",
            )
            for call in (
                "openai.Moderation.create(input=text)",
                "openai.Image.create(prompt=text)",
                "genai.embed_content(model='models/embedding-001', content=text)",
            )
        },
    },
    "single-events": {
        "a task for each upload": (
            """
            from celery import shared_task

            @shared_task
            def label(key):
                print(ask(key))

            def upload(key):
                label.delay(key)
            """,
            "`label` is enqueued for one event at a time (app.py:18)",
        ),
    },
    "no-fan-out": {
        "one call": (
            """
            if __name__ == "__main__":
                print(ask("hello"))
            """,
            "nothing repeats this call, so there is nothing to put into one batch",
        ),
    },
    "unsupported-shape": {
        "the rest goes into a batch already": (
            """
            def submit(lines):
                return client.batches.create(input_file_id=lines, endpoint="/v1/responses", completion_window="24h")


            def main(texts, is_urgent):
                if not is_urgent:
                    return submit(texts)
                for text in texts:
                    print(ask(text))
            """,
            "`client.batches.create` (line 12) makes batches of its own here",
        ),
        "a method that sends a header": (
            """
            from anthropic import Anthropic

            claude = Anthropic()


            def main(texts):
                for text in texts:
                    prompt = [{"role": "user", "content": text}]
                    print(claude.beta.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=prompt))
            """,
            "`beta` (line 19) sends a header",
        ),
        "a while loop": (
            """
            def main(texts):
                while texts:
                    print(ask(texts.pop()))
            """,
            "take each out of its collection first thing",
        ),
        "a variable that a factory fills, which something else calls too": (
            """
            def make(model):
                def score(text):
                    return ask(model + text)
                return score

            def main(texts):
                score = make("strict: ")
                print(score("first"))
                for text in texts:
                    print(score(text))
            """,
            "holds functions that ask, and is used otherwise; call the functions by their names",
        ),
        "the loop's variable is used behind an error": (
            """
            def main(texts):
                try:
                    for text in texts:
                        print(ask(text))
                finally:
                    print(text)
            """,
            "`text` is used after the loop; keep its last value in a variable of its own",
        ),
        "a property that asks": (
            """
            class Page:
                def __init__(self, text):
                    self.text = text

                @property
                def title(self):
                    return ask(self.text)


            def main(texts):
                for text in texts:
                    print(Page(text).title)
            """,
            "`Page.title` is a property, and reading it has no place to wait",
        ),
        "a function made in the loop that outlives the item": (
            """
            def main(texts):
                later = []
                for text in texts:
                    print(ask(text))
                    later.append(lambda: text)
                return [call() for call in later]
            """,
            "a function made in the loop reads `text`, which changes with each item",
        ),
        "a call decides which items are kept": (
            """
            def main(texts):
                return [text for text in texts if ask(text) == "yes" if ask(text * 2)]
            """,
            "a call decides which items the comprehension keeps",
        ),
        "extra headers": (
            """
            def main(texts):
                for text in texts:
                    client.chat.completions.create(model="gpt-5", messages=[], extra_headers={"a": text})
            """,
            "`extra_headers` (line 13) cannot go into a batch line",
        ),
        "a decorated helper": (
            """
            import streamlit


            @streamlit.cache_data
            def cached(text):
                return ask(text)


            def main(texts):
                for text in texts:
                    print(cached(text))
            """,
            "`cached` is wrapped by `@streamlit.cache_data`, which expects an answer at once",
        ),
        "a route that a job calls": (
            """
            import fastapi

            app = fastapi.FastAPI()


            @app.post("/label")
            def label(text: str):
                return ask(text)


            def main(texts):
                for text in texts:
                    print(label(text))
            """,
            "`label` is wrapped by `@app.post`, which expects an answer at once",
        ),
        "a target in the loop's head": (
            """
            class Box:
                pass


            def main(texts):
                box = Box()
                for box.text in texts:
                    print(ask(box.text))
            """,
            "the loop assigns to an attribute or item in its head",
        ),
        "an item in the loop's head": (
            """
            def main(texts):
                row = {}
                for row["number"], (_, *_) in enumerate(texts):
                    print(ask(texts[row["number"]]))
            """,
            "the loop assigns to an attribute or item in its head",
        ),
        "a walrus in a comprehension": (
            """
            def main(texts):
                return [last := ask(text) for text in texts]
            """,
            "the comprehension assigns names with `:=`; write it as a loop",
        ),
    },
}


def cases() -> list[object]:
    return [
        pytest.param(name, program, words, id=f"{name}-{case}")
        for name, rows in REFUSED.items()
        for case, (program, words) in rows.items()
    ]


def placed(program: str) -> str:
    return HEAD + dedented(program)["app.py"]


@pytest.mark.parametrize(("name", "program", "words"), cases())
def test_a_refusal_names_its_reason_and_changes_nothing(name: str, program: str, words: str) -> None:
    refusal = check_noop(placed(program), name)
    assert refusal is not None
    assert words in refusal.detail
    assert "\n" not in refusal.detail


@pytest.mark.parametrize(
    "call",
    [
        "client.chat.completions.create(model='gpt-5', messages=[{'role': 'user', 'content': text}])",
        "client.completions.create(model='davinci-002', prompt=text)",
        "client.embeddings.create(model='text-embedding-3-small', input=text)",
        "client.moderations.create(input=text)",
        "gemini.models.generate_content(model='gemini-3-pro', contents=text)",
        "claude.messages.create(model='claude-haiku-4-5', max_tokens=9, messages=[{'role': 'user', 'content': text}])",
        "client.beta.chat.completions.parse(model='gpt-5', messages=[{'role': 'user', 'content': text}])",
    ],
)
def test_the_calls_of_the_current_sdk_are_rewritten(call: str) -> None:
    program = f"""
        from anthropic import Anthropic
        from google import genai

        gemini, claude = genai.Client(), Anthropic()


        def main(texts):
            for text in texts:
                print({call})


        main(["a", "b"])
        """
    assert "(yield request(" in rewrite(placed(program)).files["app.py"]


CLIENTS = """
import os

from google import genai
from openai import OpenAI

{made}


def main(texts):
    for text in texts:
        print(client.{asked})


main(["a", "b"])
"""
GEMINI = "models.generate_content(model='gemini-3-pro', contents=text)"
GPT = "responses.create(model='gpt-5-mini', input=text)"
OPTIONS = """
def connect(url):
    options = {{"max_retries": 3}}
    if url:
        options["base_url"] = url
    return OpenAI(**options)


client = connect({url})
"""


@pytest.mark.parametrize(
    ("made", "asked", "name"),
    [
        ("client = genai.Client(vertexai=True, project='shop')", GEMINI, "no-backend"),
        (OPTIONS.format(url="'https://openrouter.ai/api/v1'"), GPT, "no-batch-tier"),
        ("options = {'base_url': 'https://openrouter.ai/api/v1'}\nclient = OpenAI(**options)", GPT, "no-batch-tier"),
        ("client = OpenAI(base_url='https://openrouter.ai/api/v1') if os.name else OpenAI()", GPT, "no-batch-tier"),
    ],
)
def test_a_client_of_which_no_batch_takes_the_requests_stays(made: str, asked: str, name: str) -> None:
    check_noop(CLIENTS.format(made=made, asked=asked), name)


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        ("client = genai.Client(vertexai=False)", GEMINI),
        (OPTIONS.format(url="None"), GPT),
        ("options = {'max_retries': 3}\nclient = OpenAI(**options)", GPT),
        ("client = OpenAI(max_retries=3) if os.name else OpenAI()", GPT),
    ],
)
def test_a_client_of_the_provider_does_not(made: str, asked: str) -> None:
    assert "(yield request(" in rewrite(placed(CLIENTS.format(made=made, asked=asked))).files["app.py"]


def test_the_end_of_a_transaction_for_each_item_is_no_reason_to_stay() -> None:
    program = """
        import warehouse


        def main(texts):
            connection = warehouse.connect()
            for text in texts:
                connection.store(text, ask(text))
                connection.commit()
        """
    assert "run_batch(" in rewrite(placed(program)).files["app.py"]


def test_batches_that_other_functions_make_are_no_reason_to_stay() -> None:
    program = """
        def submit(lines):
            return client.batches.create(input_file_id=lines, endpoint="/v1/responses", completion_window="24h")


        def main(texts):
            for text in texts:
                print(ask(text))
        """
    assert "run_batch(" in rewrite(placed(program)).files["app.py"]


def test_somebody_who_waits_is_named() -> None:
    refusal = check_noop({"llm.py": HEAD, "app.py": ROUTE}, "live-consumer")
    assert refusal is not None
    assert "somebody waits for `answer`" in refusal.detail


STOPPED = """
        import sys


        class Found(Exception):
            pass


        class AnswerError(Exception):
            pass


        def main(texts):
            try:
                for text in texts:
                    answer = ask(text)
                    if answer == "yes":
                        {stop}
                    print(answer)
            except (Found, AnswerError) as found:
                print(found)
        """


@pytest.mark.parametrize("stop", ["raise Found(text)", "sys.exit()", "sys.exit(0)", "exit()", "raise SystemExit"])
def test_what_ends_the_loop_for_an_answer_is_an_early_stop(stop: str) -> None:
    refusal = check_noop(placed(STOPPED.replace("{stop}", stop)), "early-stop")
    assert refusal is not None
    assert stop in refusal.detail


@pytest.mark.parametrize("stop", ["raise AnswerError(text)", "sys.exit(1)", 'sys.exit(f"no answer to {text}")'])
def test_an_error_ends_the_loop_as_it_did(stop: str) -> None:
    assert "run_batch(" in rewrite(placed(STOPPED.replace("{stop}", stop))).files["app.py"]


UNKNOWN = """
        import logging
        import sys

        logger = logging.getLogger(__name__)


        def settled(model, answer):
            if model == "gpt-5-mini":
                return answer.strip()
            {message}
            sys.exit()


        def main(texts, model="gpt-5-mini"):
            for text in texts:
                answer = ask(text)
                print(settled(model, answer))
        """


@pytest.mark.parametrize("message", ["logger.error('no such model')", "logging.critical('no')"])
def test_an_exit_behind_the_message_of_an_error_is_one(message: str) -> None:
    assert "run_batch(" in rewrite(placed(UNKNOWN.replace("{message}", message))).files["app.py"]


@pytest.mark.parametrize("message", ["logger.info('found')", "print('found', file=sys.stderr)", "answer.lower()"])
def test_an_exit_behind_other_words_is_an_early_stop(message: str) -> None:
    check_noop(placed(UNKNOWN.replace("{message}", message)), "early-stop")


@pytest.mark.parametrize("stop", ["sys.exit(0)", "raise Found(answer)"])
def test_an_end_that_says_that_all_is_well_is_an_early_stop(stop: str) -> None:
    program = UNKNOWN.replace("sys.exit()", stop).replace("{message}", "logger.error('enough')")
    program = program.replace("def settled", "class Found(Exception):\n            pass\n\n\n        def settled")
    check_noop(placed(program), "early-stop")


LIMITED = """
        import sys


        class Budget:
            def __init__(self):
                self.words = 0

            def is_spent(self):
                return self.words > 40


        def main(texts):
            budget, seen, short = Budget(), [], 0
            for text in texts:
                answer = ask(text)
                budget.words += len(answer.split())
                seen.append(answer)
                short = short + 1 if len(answer) < 3 else 0
                if {limit}:
                    {stop}
                print(answer)
        """


@pytest.mark.parametrize("limit", ["budget.words > 40", "budget.is_spent()", "len(seen) >= 5", "short >= 5 and text"])
@pytest.mark.parametrize("stop", ["raise RuntimeError('too much')", "sys.exit(1)"])
def test_a_limit_that_answers_reach_is_an_early_stop(limit: str, stop: str) -> None:
    refusal = check_noop(placed(LIMITED.replace("{limit}", limit).replace("{stop}", stop)), "early-stop")
    assert refusal is not None
    assert "comes of other items' answers" in refusal.detail


@pytest.mark.parametrize("limit", ["len(answer) > 40", "answer == 'no'", "not answer"])
def test_what_is_wrong_with_one_answer_is_an_error(limit: str) -> None:
    program = placed(LIMITED.replace("{limit}", limit).replace("{stop}", "raise RuntimeError(answer)"))
    assert "run_batch(" in rewrite(program).files["app.py"]


IN_A_HANDLER = """
        import sys

        import openai


        class OutOfReach(Exception):
            pass


        class Enough(Exception):
            pass


        def size(answer, enough=9):
            try:
                if len(answer) > enough:
                    raise Enough
                return int(answer)
            except {kinds}:
                {stop}


        def main(texts):
            for text in texts:
                answer = ask(text)
                print(size(answer))
        """


@pytest.mark.parametrize("kinds", ["ValueError", "Exception as error", "(TypeError, openai.OpenAIError)"])
@pytest.mark.parametrize("stop", ["raise OutOfReach(answer)", "sys.exit()", "quit()"])
def test_what_ends_the_loop_for_an_error_is_none(kinds: str, stop: str) -> None:
    program = placed(
        IN_A_HANDLER.replace("{kinds}", kinds).replace("{stop}", stop).replace("raise Enough", "answer = '9'")
    )
    assert "run_batch(" in rewrite(program).files["app.py"]


@pytest.mark.parametrize("kinds", ["Enough", "(Enough, ValueError)", "EOFError"])
@pytest.mark.parametrize("stop", ["raise OutOfReach(answer)", "sys.exit()"])
def test_what_ends_the_loop_for_no_error_is_an_early_stop(kinds: str, stop: str) -> None:
    refusal = check_noop(placed(IN_A_HANDLER.replace("{kinds}", kinds).replace("{stop}", stop)), "early-stop")
    assert refusal is not None


IN_A_HELPER = """
        class BudgetSpent(Exception):
            pass


        class Budget:
            left = 3

            def charge(self, answer):
                self.left -= len(answer)
                {stop}


        def size(text, budget):
            {start}
            answer = ask(text)
            budget.charge(answer)
            return len(answer)


        def main(texts):
            budget = Budget()
            try:
                {loop}
            except BudgetSpent:
                print("spent")
        """
LOOPS = [
    "for text in texts: print(size(text, budget))",
    "sizes = [size(text, budget) for text in texts]",
]


@pytest.mark.parametrize("loop", LOOPS)
def test_a_function_that_ends_the_loop_for_an_answer_is_an_early_stop(loop: str) -> None:
    stop = "if self.left < 0: raise BudgetSpent(self.left)"
    program = IN_A_HELPER.replace("{loop}", loop).replace("{start}", "print(end='')")
    refusal = check_noop(placed(program.replace("{stop}", stop)), "early-stop")
    assert refusal is not None
    assert "`raise BudgetSpent(self.left)` ends the loop (line 20 of app.py)" in refusal.detail


def test_a_function_that_ends_the_loop_before_the_request_does_not_ask_the_answers() -> None:
    program = IN_A_HELPER.replace("{loop}", LOOPS[0]).replace("{start}", "if not text: raise BudgetSpent(text)")
    assert "run_batch(" in rewrite(placed(program.replace("{stop}", "print(self.left)"))).files["app.py"]


HANDLED = """
        def main(texts):
            last = ""
            try:
                for text in texts:
                    answer = ask(text)
                    print(answer)
            except RuntimeError as error:
                print(error, {name})
        """


def test_what_the_handler_of_an_error_reads_of_the_item_is_used_after_the_loop() -> None:
    refusal = check_noop(placed(HANDLED.replace("{name}", "text")), "unsupported-shape")
    assert refusal is not None
    assert "`text` is used after the loop" in refusal.detail
    assert "run_batch(" in rewrite(placed(HANDLED.replace("{name}", "last"))).files["app.py"]


INHERITED = """
        class Base:
            def clean(self, text):
                return text.strip()


        class Job(Base):
            def main(self, texts):
                for text in texts:
                    print({owner}.clean(text), ask(text))
        """


def test_super_without_arguments_stays_in_its_method() -> None:
    refusal = check_noop(placed(INHERITED.replace("{owner}", "super()")), "unsupported-shape")
    assert refusal is not None
    assert "`super()` without arguments" in refusal.detail
    assert "run_batch(" in rewrite(placed(INHERITED.replace("{owner}", "super(Job, self)"))).files["app.py"]


def test_a_gather_for_which_somebody_waits_stays_also_for_the_others() -> None:
    program = """
        import asyncio

        from fastapi import FastAPI
        from openai import AsyncOpenAI

        client = AsyncOpenAI()
        app = FastAPI()


        async def ask(text):
            return (await client.responses.create(model="gpt-5-mini", input=text)).output_text


        async def ask_all(texts):
            return await asyncio.gather(*[ask(text) for text in texts])


        @app.post("/answers")
        async def answers(texts: list[str]):
            return await ask_all(texts)


        def main():
            print(asyncio.run(ask_all(open("texts.txt"))))
        """
    refusal = check_noop(program, "live-consumer")
    assert refusal is not None
    assert "somebody waits for `ask_all`" in refusal.detail


@pytest.mark.parametrize(
    "loop",
    [
        """
        import kafka

        for message in kafka.KafkaConsumer("tickets"):
            print(ask(message.value))
        """,
        """
        import boto3

        sqs = boto3.client("sqs")


        def main():
            while True:
                for message in sqs.receive_message(QueueUrl="q", WaitTimeSeconds=20)["Messages"]:
                    print(ask(message["Body"]))


        main()
        """,
        """
        import pika


        def on_message(channel, method, properties, body):
            for line in body.decode().splitlines():
                print(ask(line))
            channel.basic_ack(method.delivery_tag)


        channel = pika.BlockingConnection().channel()
        channel.basic_consume("tickets", on_message)
        """,
    ],
    ids=["an endless iterator", "a long poll", "a callback"],
)
def test_no_message_is_held_for_a_day(loop: str) -> None:
    refusal = check_noop({"llm.py": HEAD, "app.py": "from llm import ask\n" + textwrap.dedent(loop)}, "short-lived")
    assert refusal is not None
    assert "would hold a message" in refusal.detail


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (HEAD, "early-stop"),
        (HEAD.replace("from openai import OpenAI", "from groq import Groq as OpenAI"), "no-batch-tier"),
    ],
    ids=["carried", "not carried"],
)
def test_a_request_that_nothing_carries_is_told_before_the_loop_around_it(head: str, name: str) -> None:
    """Whoever mends the loop first would only then learn that it was for nothing."""
    loop = """
        from llm import ask


        def first(texts):
            for text in texts:
                if ask(text) == "yes":
                    return text


        first(open("texts.txt"))
        """
    assert check_noop({"llm.py": head, "app.py": loop}, name) is not None


def test_every_refusal_has_a_case() -> None:
    assert set(REFUSED) | {"live-consumer", "no-flex-tier", "not-planned", "short-lived"} == set(codemod.REFUSALS)
