"""Generators that yield answers to whoever takes them all."""

from __future__ import annotations

import pytest
from fake_provider import Failure, Faults
from hypothesis import event, given, note

from .grammar_generators import yielding
from .programs import check_noop, check_rewritten, check_runs_alike
from .test_grammar import check_alike

HEAD = """
import csv
import json

import openai
from openai import OpenAI

client = OpenAI(max_retries=0)
WORDS = ["a", "refuse this", "bb", "a"]


def ask(text):
    return client.responses.create(model="gpt-5", input=text).output_text


def answers(words):
    for word in words:
        yield word, ask(word.replace("refuse", "ok"))


"""
ALIKE = {
    "into files, lists, mappings and rows": """
        def careful(words):
            for word in words:
                if not word:
                    yield word, None
                    continue
                try:
                    yield word, ask(word)
                except openai.BadRequestError as error:
                    yield word, error.code


        with open("out.jsonl", "w") as file:
            for word, answer in answers(WORDS):
                file.write(json.dumps([word, answer]) + "\\n")
                print(word)
        found = list(careful([*WORDS, ""]))
        print(found, sorted(answers(WORDS)), dict(careful(WORDS)))
        print({word: len(answer) for word, answer in answers(WORDS) if answer})
        with open("out.csv", "w") as file:
            csv.writer(file).writerows(answers(WORDS))
        """,
    "several of one answer": """
        from collections import Counter
        from collections.abc import Iterator


        def letters(word: str, least: int = 1) -> Iterator[str]:
            \"\"\"The letters of the answer.\"\"\"
            if not word:
                return
            answer = ask(word)
            for letter in answer:
                if letter.isalpha() and len(answer) > least:
                    yield letter
            yield from answer[:2]


        for word in ["a", "bb", "", "a"]:
            counts = Counter(letters(word))
            for letter in letters(word, least=100):
                counts[letter] += 1
            print(word, sorted(counts.items()), [letter for letter in letters(word)][:1])
        print([letter for word in WORDS if len(word) < 3 for letter in letters(word)])
        """,
    "into a function of the project": """
        def store(rows, path):
            with open(path, "w") as file:
                file.write("word,answer\\n")
                for number, (word, answer) in enumerate(rows, start=1):
                    file.write(f"{number},{word},{answer}\\n")


        def total(rows):
            return sum(len(answer) for answer in [answer for _, answer in rows])


        store(answers(WORDS), "out.csv")
        print(total(answers(WORDS)))
        """,
    "up to an error in a function of the project": """
        def store(rows, path):
            with open(path, "w") as file:
                for word, answer in rows:
                    file.write(f"{word},{answer}\\n")


        def strict(words):
            for word in words:
                yield word, ask(word)


        store(strict(sorted(WORDS)), "out.csv")
        """,
    "up to an error": """
        def strict(words):
            yield "begin", ""
            for word in words:
                for part in ask(word).split():
                    yield word, part


        def main():
            kept = []
            try:
                for word, part in strict(["a", "bb", "refuse this"]):
                    print(word, part)
                    kept.append(part)
            finally:
                print(kept)


        print(len(list(answers([]))))
        main()
        """,
    "through another generator, and over what is changed by who takes it": """
        print(list(answers([])))


        def labelled(rows):
            for row in rows:
                yield row, ask(row["text"])


        def long(rows):
            for row, answer in labelled(rows):
                if len(answer) > 2:
                    yield row, answer


        def main():
            rows = [{"text": word} for word in ["a", "bb", "ccc"]]
            pairs = long(rows)
            for number, (row, answer) in enumerate(pairs):
                row["label"] = f"{number}: {answer}"
            print(rows)


        main()
        """,
}


@pytest.mark.parametrize("name", ALIKE)
def test_takers_get_the_same(name: str, tmp_path) -> None:
    text = HEAD + ALIKE[name].replace("\n        ", "\n")
    check_runs_alike(text, tmp_path, faults=Faults(failures=[Failure("refuse this")]))


def test_what_is_yielded_waits_in_a_list() -> None:
    before = """
        from openai import OpenAI

        client = OpenAI()


        def answers(words):
            # one by one
            for word in words:
                reply = client.responses.create(model="gpt-5", input=word)
                yield word, reply.output_text


        print(dict(answers(["a", "b"])))
        """
    after = """
        from openai import OpenAI

        from llm_batch import request, run_batch

        client = OpenAI()


        def answers(words):
            # one by one
            results = []

            def handle_word(word):
                reply = yield request(client.responses.create, model="gpt-5", input=word)
                results.append((word, reply.output_text))

            run_batch(handle_word(word) for word in words)
            yield from results


        print(dict(answers(["a", "b"])))
        """
    check_rewritten(before, after)


STAY = {
    "one who takes the first of several": """
        def letters(word):
            yield from ask(word)


        for word in WORDS:
            print(next(letters(word)))
        """,
    "one who changes what the next one is made of": """
        known = []


        def letters(word):
            answer = ask(word)
            for letter in answer:
                yield letter, len(known)


        for word in WORDS:
            for letter, number in letters(word):
                known.append(letter)
            known.clear()
        """,
    "one that asks again behind what it yields": """
        def letters(word):
            yield word
            yield ask(word)


        for word in WORDS:
            print(list(letters(word)))
        """,
    "a function of the project that leaves": """
        def first(rows, many):
            found = []
            for word, answer in rows:
                found.append(answer)
                if len(found) == many:
                    break
            return found


        print(first(answers(WORDS), 2))
        """,
    "a function of the project that looks twice": """
        def head(rows):
            print(next(rows))
            return list(rows)


        print(head(answers(WORDS)))
        """,
    "a function of the project that changes what is read": """
        def store(rows, words):
            for word, answer in rows:
                words.append(answer)
                if len(words) > 9:
                    words.clear()


        store(answers(WORDS), WORDS)
        """,
    "a taker that leaves": """
        for word, answer in answers(WORDS):
            if answer:
                break
        """,
    "a taker that returns": """
        def first():
            for word, answer in answers(WORDS):
                if answer:
                    return word


        print(first())
        """,
    "a taker that takes one": """
        print(next(answers(WORDS)))
        """,
    "a taker that is not known": """
        def main(take):
            take(answers(WORDS))


        main(print)
        """,
    "two takers, of which one leaves": """
        print(list(answers(WORDS)))
        for word, answer in answers(WORDS):
            break
        """,
    "a taker of the taker that leaves": """
        def kept():
            for word, answer in answers(WORDS):
                yield answer


        for answer in kept():
            if answer:
                break
        """,
    "a taker that changes what is asked for": """
        known = []


        def fresh(words):
            for word in words:
                yield ask(f"{word} {known}")


        for answer in fresh(WORDS):
            known.append(answer)
        """,
    "a taker that changes the next item": """
        def chained(rows):
            for number, row in enumerate(rows):
                yield row, ask(f"{row} {rows[number - 1]}")


        def main():
            for row, answer in chained([{"a": 1}, {"a": 2}]):
                row["answer"] = answer


        main()
        """,
    "an item that grows behind the yield": """
        def growing(words):
            found = []
            for word in words:
                found.append(ask(word))
                yield found


        for found in growing(WORDS):
            print(found)
        """,
    "an item that is changed behind the yield": """
        def marked(rows):
            for row in rows:
                yield row, ask(row["text"])
                row["done"] = True


        for row, answer in marked([{"text": "a"}]):
            print(row)
        """,
    "an item that is open while it is taken": """
        def opened(words):
            for word in words:
                with open(word) as file:
                    ask(word)
                    yield file


        print([file.read() for file in opened(WORDS)])
        """,
    "prints on both sides": """
        def told(words):
            for word in words:
                print("asking", word)
                yield ask(word)


        for answer in told(WORDS):
            print(answer)
        """,
    "what is sent back": """
        def talking(words):
            for word in words:
                seen = yield ask(word)
                print(seen)


        print(list(talking(WORDS)))
        """,
}


@pytest.mark.parametrize("name", STAY)
def test_takers_that_decide_keep_their_generator(name: str) -> None:
    check_noop(HEAD + STAY[name].replace("\n        ", "\n"), "generator-consumer")


ASYNC = """
import asyncio

import openai
from openai import AsyncOpenAI

client = AsyncOpenAI(max_retries=0)
WORDS = ["a", "refuse this", "bb", "a"]


async def ask(text):
    return (await client.responses.create(model="gpt-5", input=text)).output_text


async def letters(words):
    for word in words:
        yield word[:1]


async def answers(words):
    yield "begin", None
    async for letter in letters(words):
        if letter == "r":
            continue
        draft = await ask(letter)
        yield letter, await ask(f"improve {draft}") if letter == "a" else draft


async def strict(words):
    for word in words:
        yield word, await ask(word)


"""
TAKEN = {
    "a loop and comprehensions": """
        async def main():
            async for letter, answer in answers(WORDS):
                print(letter, answer)
            print([answer async for letter, answer in answers(WORDS) if answer])
            print({word: len(answer) async for word, answer in strict(WORDS[2:])})
        """,
    "up to an error": """
        async def main():
            try:
                async for word, answer in strict(["a", "bb", "refuse this"]):
                    print(word, answer)
            except openai.BadRequestError as error:
                print(error.code)
        """,
}
DECIDED = {
    "leaves": """
        async def main():
            async for word, answer in strict(WORDS):
                if len(answer) > 3:
                    break
        """,
    "gives others a turn": """
        async def main():
            async for word, answer in strict(WORDS):
                await asyncio.sleep(len(answer))
        """,
    "takes one": """
        async def main():
            print(await anext(strict(WORDS)))
        """,
    "hands it on": """
        async def main(show):
            await show(strict(WORDS))
        """,
}


def in_a_coroutine(body: str) -> str:
    return ASYNC + body.replace("\n        ", "\n") + "\n\nasyncio.run(main())\n"


@pytest.mark.parametrize("name", TAKEN)
def test_coroutines_that_take_all_have_it_by_batch(name: str, tmp_path) -> None:
    check_runs_alike(in_a_coroutine(TAKEN[name]), tmp_path, faults=Faults(failures=[Failure("refuse")]))


@pytest.mark.parametrize("name", DECIDED)
def test_coroutines_that_decide_keep_their_generator(name: str) -> None:
    check_noop(in_a_coroutine(DECIDED[name]), "generator-consumer")


@given(yielding())
def test_every_generator_is_refused_or_does_the_same(text: str) -> None:
    note(text)
    event(check_alike(text))
