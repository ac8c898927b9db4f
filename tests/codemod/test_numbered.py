"""Loops that number their items by hand: drawing counts on, and each item keeps its number."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from .programs import check_noop, check_rewritten, check_runs_alike

HEAD = """\
from itertools import islice

from openai import OpenAI

client = OpenAI()
TEXTS = ["tea", "", "cup", "jam", "", "bun"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


"""
ALIKE = {
    "first of all": """
        number = 0
        for text in TEXTS:
            number += 1
            print(number, ask(f"{number} {text}"), f"{number}/{len(TEXTS)}")
            print(number)
        print(number)
        """,
    "behind what leaves items out": """
        def run(texts):
            number = 10
            for text in texts:
                if not text:
                    continue
                number = number + 2
                answer = ask(text)
                print(f"[{number}] {answer}")
            return number


        print(run(TEXTS))
        """,
    "last of all": """
        number = 1
        for text in TEXTS:
            answer = ask(f"{number} {text}")
            if answer:
                print(f"[{number}] {answer}")
            number += 1
        print(number)
        """,
    "last of all, behind what leaves items out": """
        def run(texts):
            number = 0
            for text in texts:
                text = text.strip()
                if not text:
                    continue
                answer = ask(f"{number} {text}")
                print(answer)
                number += 1
            return number


        print(run(TEXTS))
        """,
    "behind the answer, and read there": """
        count = 0
        for text in TEXTS:
            if text:
                print("asking", count)
            answer = ask(f"{count} {text}")
            count += 1
            if count % 2 == 0:
                print(count, answer)
        print(count)
        """,
    "what a loop draws that has no end": """
        def run():
            source = (text for text in TEXTS if text)
            number = 0
            while True:
                part = list(islice(source, 2))
                if not part:
                    break
                number += 1
                if "jam" in part:
                    continue
                answer = ask(" ".join(part))
                print(number, answer)
            print(number)


        run()
        """,
    "what a loop takes out": """
        todo = list(TEXTS)
        number = 0
        while todo:
            text = todo.pop()
            number += 1
            answer = ask(text)
            print(number, answer)
        """,
    "until one ends it": """
        number = 0
        for text in TEXTS:
            number += 1
            if number > 4:
                break
            answer = ask(text)
            print(number, answer)
        print(number)
        """,
}
LEFT = {
    "an answer decides": """
        number = 0
        for text in TEXTS:
            answer = ask(f"{number} {text}")
            if answer:
                number += 1
            print(number)
        """,
    "an answer leaves the item out": """
        number = 0
        for text in TEXTS:
            answer = ask(f"{number} {text}")
            if "7" in answer:
                continue
            number += 1
            print(number)
        """,
    "an answer ends the loop": """
        number = 0
        for text in TEXTS:
            answer = ask(f"{number} {text}")
            if "7" in answer:
                break
            number += 1
        """,
    "an array counts": """
        import numpy

        number = numpy.zeros(2)
        for text in TEXTS:
            number += 1
            answer = ask(f"{number} {text}")
            print(number, answer)
        """,
    "it counts for what is left out too": """
        number = 0
        for text in TEXTS:
            if not text:
                number += 1
                continue
            answer = ask(f"{number} {text}")
            number += 1
            print(number, answer)
        """,
    "what has been found decides": """
        number, found = 0, []
        for text in TEXTS:
            if len(found) > 2:
                continue
            number += 1
            answer = ask(text)
            found.append(answer)
            print(number)
        """,
    "the number is set back": """
        number = 0
        for text in TEXTS:
            number += 1
            answer = ask(f"{number} {text}")
            if "x" in answer:
                number = 0
            print(number)
        """,
    "a function reads it": """
        number = 0
        for text in TEXTS:
            number += 1
            answer = ask(f"{number} {text}")
            print((lambda: number)(), answer, number)
        """,
    "an error leaves it": """
        number = 0
        try:
            for text in TEXTS:
                number += 1
                answer = ask(text)
                print(number, answer.index("x"))
        except OSError:
            pass
        print(number)
        """,
}


@pytest.mark.parametrize("name", ALIKE)
def test_items_keep_their_numbers(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + textwrap.dedent(ALIKE[name]), tmp_path)


@pytest.mark.parametrize("name", LEFT)
def test_numbers_that_are_none_of_the_item_keep_the_loop(name: str) -> None:
    refusal = check_noop(HEAD + textwrap.dedent(LEFT[name]))
    assert refusal is None or refusal.name in {"dependent-iterations", "early-stop", "unsupported-shape"}


def test_what_leaves_items_out_stands_where_they_are_drawn() -> None:
    before = """
        from openai import OpenAI

        client = OpenAI()


        def run(texts):
            number = 0
            for text in texts:
                # nothing to say
                if not text:
                    continue
                number += 1
                answer = client.responses.create(model="m", input=text)
                print(f"[{number}] {answer.output_text}")
        """
    after = """
        from openai import OpenAI

        from llm_batch import request, run_batch

        client = OpenAI()


        def run(texts):
            number = 0

            def handle_text(number, text):
                answer = yield request(client.responses.create, model="m", input=text)
                print(f"[{number}] {answer.output_text}")

            def each_text():
                nonlocal number
                for text in texts:
                    # nothing to say
                    if not text:
                        continue
                    number += 1
                    yield handle_text(number, text)

            run_batch(each_text())
        """
    check_rewritten(before, after)
