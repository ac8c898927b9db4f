"""Programs run before and after the rewrite with the real SDKs: same output, exit code, files, rows and requests."""

from __future__ import annotations

import pytest
from fake_provider import Failure, Faults

from .programs import check_noop, check_runs_alike

LLM = """
from anthropic import Anthropic
from openai import OpenAI

client = OpenAI()
claude = Anthropic()


def complete(text, model="gpt-4o-mini"):
    response = client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}])
    return response.choices[0].message.content


def summarise(text):
    if not text:
        return ""
    message = claude.messages.create(
        model="claude-haiku-4-5", max_tokens=99, messages=[{"role": "user", "content": f"Summarise: {text}"}]
    )
    return message.content[0].text


def careful(text):
    for attempt in range(3):
        try:
            return complete(f"{text} (try {attempt})")
        except Exception as error:
            print(f"attempt {attempt}: {type(error).__name__}")
    return None


class Writer:
    def __init__(self):
        self.written = 0

    def improve(self, text):
        draft = complete(f"draft {text}")
        final = complete(f"improve {draft}")
        self.written += 1
        return final
"""

PROGRAMS = {
    "direct loops of two providers, into files, rows and output": """
        import json
        import sqlite3

        from llm import claude, client

        PRODUCTS = [("p1", "tea"), ("p2", ""), ("p3", "cups"), ("p4", "tea"), ("p5", "jam")]


        def describe(db):
            count = 0
            for number, (key, name) in enumerate(PRODUCTS):
                if not name:
                    print(f"{key}: nothing to describe")
                    continue
                response = client.chat.completions.create(
                    model="gpt-4o-mini", messages=[{"role": "user", "content": f"Describe {name}"}], temperature=0
                )
                print(number, key, response.usage.total_tokens)
                db.execute("insert into texts values (?, ?)", (key, response.choices[0].message.content))
                count += 1
            return count


        def translate(path):
            with open(path, "w") as file:
                for _, name in PRODUCTS:
                    try:
                        message = claude.messages.create(
                            model="claude-haiku-4-5", max_tokens=50, messages=[{"role": "user", "content": name or "?"}]
                        )
                    except Exception as error:
                        print("failed", type(error).__name__)
                        continue
                    file.write(json.dumps({"name": name, "text": message.content[0].text}) + "\\n")


        def embed(texts):
            vectors = []
            for start in range(0, len(texts), 2):
                chunk = texts[start : start + 2]
                response = client.embeddings.create(model="text-embedding-3-small", input=chunk)
                vectors.extend(row.embedding for row in response.data)
            return vectors


        if __name__ == "__main__":
            with sqlite3.connect("shop.db") as db:
                db.execute("create table texts (key, text)")
                print(describe(db))
            translate("texts.jsonl")
            print([sum(vector) for vector in embed([name for _, name in PRODUCTS if name])])
            labels = {
                key: client.responses.create(model="gpt-5-mini", input=f"Label {name}").output_text
                for key, name in PRODUCTS
            }
            print(labels)
        """,
    "helpers in another file, two levels deep, with retries and two requests an item": """
        from llm import Writer, careful, complete, summarise

        TEXTS = ["one", "", "two", "refuse this", "one", "three"]


        def improve_all(writer):
            results = []
            for text in TEXTS:
                if text and "refuse" not in text:
                    results.append(writer.improve(text))
            return results


        def main():
            summaries = [summarise(text) for text in TEXTS[:3]]
            print(summaries)
            writer = Writer()
            print(improve_all(writer))
            print(writer.written)
            for text in TEXTS:
                answer = careful(text)
                if answer is None:
                    print("gave up on", text)
                    continue
                print(text, answer)
            print("longest", max(len(complete(text)) for text in ["x", "y"]))


        main()
        """,
    "pools, with map, submit and partial": """
        from concurrent.futures import ThreadPoolExecutor, as_completed
        from functools import partial

        from llm import careful, complete, summarise

        WORDS = ["one", "two", "", "three", "two"]


        def by_map():
            with ThreadPoolExecutor(max_workers=4) as pool:
                return list(pool.map(summarise, WORDS))


        def by_submit():
            found = {}
            with ThreadPoolExecutor(max_workers=3) as pool:
                futures = {pool.submit(complete, word, model="gpt-5-mini"): word for word in WORDS if word}
                for future in as_completed(futures):
                    found[futures[future]] = future.result()
            return sorted(found.items())


        def by_partial():
            with ThreadPoolExecutor() as pool:
                return list(pool.map(partial(complete, model="gpt-5-nano"), WORDS[:2]))


        if __name__ == "__main__":
            print(by_map())
            print(by_submit())
            print(by_partial())
        """,
    "coroutines, gathered under a semaphore": """
        import asyncio

        from openai import AsyncOpenAI

        client = AsyncOpenAI()
        LIMIT = asyncio.Semaphore(2)


        async def label(word):
            async with LIMIT:
                try:
                    response = await client.chat.completions.create(
                        model="gpt-4o-mini", messages=[{"role": "user", "content": word}]
                    )
                except Exception as error:
                    return type(error).__name__
            return response.choices[0].message.content


        async def main():
            labels = await asyncio.gather(*[label(word) for word in ["a", "b", "refuse this", "a", "e", "f"]])
            print(labels)
            first, second = await asyncio.gather(label("x"), label("y"))
            print(first, second)


        asyncio.run(main())
        """,
    "caches, nested loops and a break before the call": """
        from pathlib import Path

        from llm import complete

        PAGES = [["one", "two"], [], ["two", "three", "one"]]
        CACHE = {}


        def cached(word):
            if word not in CACHE:
                CACHE[word] = complete(word)
            return CACHE[word]


        def to_files(words):
            for word in words:
                path = Path(f"{word}.txt")
                if path.exists():
                    print("kept", path)
                    continue
                path.write_text(complete(f"page {word}"))


        def main():
            for page in PAGES:
                for word in page:
                    print(word, complete(f"nested {word}"))
            for page in PAGES:
                for word in page:
                    print(cached(word))
            to_files(["a", "b", "a"])
            total = 0
            for number, word in enumerate(["p", "q", "r", "s"]):
                if number == 3:
                    break
                total += len(complete(f"counted {word}"))
            print(total)


        main()
        """,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_programs_do_the_same_by_batch(program: str, tmp_path) -> None:
    faults = Faults(failures=[Failure("refuse this")])
    alike = check_runs_alike({"app.py": program, "llm.py": LLM}, tmp_path, faults=faults)
    assert alike.before.ended.code == 0, alike.before.ended
    assert alike.before.realtime > 5
    assert alike.after.cost == alike.before.cost / 2


def test_an_error_that_nobody_catches_ends_the_program_as_before(tmp_path) -> None:
    program = """
        import sys
        from openai import OpenAI

        client = OpenAI()


        def main():
            with open("done.txt", "w") as file:
                for word in ["one", "two", "refuse this"]:
                    answer = client.completions.create(model="gpt-3.5-turbo-instruct", prompt=word)
                    print(word)
                    file.write(answer.choices[0].text)


        main()
        """
    alike = check_runs_alike(program, tmp_path, faults=Faults(failures=[Failure("refuse this")]))
    assert alike.after.ended.code == 1
    assert "BadRequestError" in alike.after.ended.errors
    assert list(alike.after.files) == ["done.txt"]


PASSES = """
        from openai import OpenAI

        client = OpenAI()
        PASSES = 5


        def place(word, number):
            answer = client.responses.create(model="gpt-5-mini", input=f"{{number}}: {{word}}").output_text
            return int(answer[:8], 16) % 3 == 0


        def main(words):
            for number in {turns}:
                found = []
                for word in words:
                    {before}
                    if place(word, number):
                        found.append(word)
                    {after}
                words = [word for word in words if word not in found]
                print(number, words)
                if not words:
                    break
            else:
                print("left", words)


        main(["tea", "cup", "jam", "jar", "pot"])
        """


@pytest.mark.parametrize("turns", ["range(1, 6)", "range(1, PASSES + 1)", "[1, 2, 3]"])
def test_a_loop_of_few_turns_that_ends_early_makes_a_batch_a_turn(turns: str, tmp_path) -> None:
    alike = check_runs_alike(PASSES.format(turns=turns, before="pass", after="pass"), tmp_path)
    assert alike.before.ended.output.count("\n") > 1
    assert alike.after.cost == alike.before.cost / 2


def test_an_inner_loop_that_ends_with_an_answer_is_left() -> None:
    check_noop(PASSES.format(turns="range(1, 6)", before="pass", after="if found: break"), "early-stop")


def test_a_loop_that_ends_early_after_who_knows_how_many_turns_is_left() -> None:
    check_noop(PASSES.format(turns="range(len(words))", before="pass", after="pass"), "early-stop")


def test_live_callers_of_a_helper_stay_realtime(tmp_path) -> None:
    program = """
        from flask import Flask
        from llm import complete

        app = Flask(__name__)


        @app.post("/ask/<text>")
        def ask(text):
            return complete(text)


        if __name__ == "__main__":
            for word in ["one", "two"]:
                print(complete(word))
            print(ask("live"))
        """
    flask = """
        class Flask:
            def __init__(self, name):
                self.name = name

            def post(self, path):
                return lambda function: function
        """
    alike = check_runs_alike({"app.py": program, "llm.py": LLM, "flask.py": flask}, tmp_path, realtime=1)
    assert alike.after.answered.total() == 3
    before, after = alike.before, alike.after
    assert (before.cost, after.cost) == (3.0, 2.0)
