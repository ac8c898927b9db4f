"""Loops that ask again until an answer will do."""

from __future__ import annotations

import pytest
from fake_provider import Failure, Faults
from hypothesis import event, given, note

from .grammar import awaiting, retrying
from .programs import check_noop, check_rewritten, check_runs_alike
from .test_grammar import check_alike

HEAD = """
import json
import time

import openai
from openai import OpenAI

client = OpenAI(max_retries=0)
WORDS = ["a", "refuse this", "bb", "a"]


def ask(text):
    return client.responses.create(model="gpt-5", input=text).output_text

"""
ALIKE = {
    "by count, with what is left where nothing came": """
        def main():
            out, failed = [], []
            for word in WORDS:
                for attempt in range(3):
                    try:
                        response = client.responses.create(model="gpt-5", input=word)
                        out.append(response.output_text)
                        break
                    except openai.BadRequestError as error:
                        print(f"attempt {attempt + 1} of {word}: {error}")
                        if attempt == 2:
                            failed.append(word)
                        else:
                            time.sleep(0.001 * 2**attempt)
            print(out, failed)


        main()
        """,
    "until a flag is set": """
        with open("out.jsonl", "a") as file:
            for number, word in enumerate(WORDS):
                done, tries = False, 0
                while not done:
                    try:
                        file.write(json.dumps([word, ask(word)]) + "\\n")
                        done = True
                    except openai.OpenAIError:
                        tries += 1
                        print("again", number)
                        if tries > 1:
                            file.write(json.dumps([word, None]) + "\\n")
                            break
        """,
    "with the answer of the item before where nothing came": """
        def main():
            for word in WORDS:
                for attempt in range(2):
                    try:
                        response = ask(word)
                        break
                    except openai.BadRequestError:
                        print("again", attempt)
                print(word, response)


        main()
        """,
    "with an else for when all attempts failed": """
        results = {}
        for word in WORDS:
            for _ in range(2):
                try:
                    results[word] = ask(f"{word} {len(word)}")
                    break
                except openai.OpenAIError as error:
                    print(error)
            else:
                results[word] = "?"
        print(results)
        """,
}


@pytest.mark.parametrize("name", ALIKE)
def test_attempts_end_alike(name: str, tmp_path) -> None:
    check_runs_alike(
        HEAD + ALIKE[name].replace("\n        ", "\n"), tmp_path, faults=Faults(failures=[Failure("refuse")])
    )


def test_an_item_waits_for_its_turn_behind_its_last_attempt() -> None:
    before = """
        import time

        import openai
        from openai import OpenAI

        client = OpenAI()


        def main(words):
            out = []
            for word in words:
                retries = 0
                while retries < 5:
                    try:
                        out.append(client.responses.create(model="gpt-5", input=word).output_text)
                        break
                    except openai.RateLimitError:
                        retries += 1  # a busy hour
                        time.sleep(10)
            return out


        main(["a", "b"])
        """
    after = """
        import time

        import openai
        from openai import OpenAI

        from llm_batch import in_turn, request, run_batch

        client = OpenAI()


        def main(words):
            out = []

            def handle_word(word):
                retries = 0
                while retries < 5:
                    try:
                        answer = yield request(
                            client.responses.create, model="gpt-5", input=word
                        )
                        yield in_turn()
                        out.append(answer.output_text)
                        break
                    except openai.RateLimitError:
                        retries += 1  # a busy hour
                        time.sleep(10)

            run_batch(handle_word(word) for word in words)
            return out


        main(["a", "b"])
        """
    check_rewritten(before, after)


STAY = {
    "an answer of the item before that may be missing where errors are told": """
        def main():
            for word in WORDS:
                try:
                    if len(word) < 3:
                        answer = ask(word)
                    print(answer)
                except NameError as error:
                    print(error)


        main()
        """,
    "an error behind the effect": """
        for word in WORDS:
            for attempt in range(3):
                try:
                    out.append(ask(word))
                    print(out[-1].title)
                    break
                except AttributeError:
                    print("again")
        """,
    "an effect of each attempt": """
        for word in WORDS:
            for attempt in range(3):
                try:
                    answer = ask(word)
                    break
                except openai.OpenAIError:
                    out.append(word)
        """,
    "an effect of the last attempt but one": """
        for word in WORDS:
            for attempt in range(3):
                try:
                    answer = ask(word)
                    break
                except openai.OpenAIError:
                    if attempt == 1:
                        out.append(word)
        """,
    "a limit that moves": """
        for word in WORDS:
            limit = 3
            for attempt in range(limit):
                try:
                    answer = ask(word)
                    break
                except openai.OpenAIError:
                    limit = 2
                    if attempt == limit - 1:
                        out.append(word)
        """,
    "a counter that starts again": """
        for word in WORDS:
            tries = 0
            while tries < 3:
                try:
                    answer = ask(word)
                    break
                except openai.OpenAIError:
                    tries += 1
                    if tries == 3:
                        out.append(word)
                        tries = 0
        """,
    "a flag that is taken back": """
        for word in WORDS:
            done = False
            while not done:
                try:
                    out.append(ask(word))
                    done = True
                except openai.OpenAIError:
                    print("again")
                if len(word) > 3:
                    done = False
        """,
    "a method of the project's, which may fail half way": """
        class Store:
            def __init__(self):
                self.items = []

            def append(self, text):
                self.items.append(text)
                if not text:
                    raise ValueError


        store = Store()
        for word in WORDS:
            for attempt in range(3):
                try:
                    store.append(ask(word))
                    break
                except ValueError:
                    print("again")
        print(store.items)
        """,
}


@pytest.mark.parametrize("name", STAY)
def test_effects_between_attempts_are_left_as_they_are(name: str) -> None:
    check_noop(HEAD + "out = []" + STAY[name].replace("\n        ", "\n") + "print(out)\n", "dependent-iterations")


@given(retrying())
def test_every_loop_that_asks_again_is_refused_or_does_the_same(text: str) -> None:
    note(text)
    event(check_alike(text))


@given(awaiting())
def test_every_coroutine_that_asks_again_is_refused_or_does_the_same(text: str) -> None:
    note(text)
    event(check_alike(text))
