"""Loops in coroutines whose items end in another order than they come in."""

from __future__ import annotations

import textwrap

import pytest
from fake_provider import Failure, Faults

from .programs import check_noop, check_rewritten, check_runs_alike, rewrite, run

HEAD = """
import asyncio

import openai
from openai import AsyncOpenAI

WORDS = ["a", "refuse this", "bb", "refuse this too", "a"]


async def ask(client, text):
    response = await client.responses.create(model="gpt-5", input=text)
    return response.output_text


async def careful(client, text):
    for attempt in range(3):
        try:
            return await ask(client, f"{text} {attempt}")
        except openai.BadRequestError:
            await asyncio.sleep(0)
    return None


"""
ALIKE = {
    "a gather of two an item": """
        async def main():
            client = AsyncOpenAI(max_retries=0)
            out = []
            for word in WORDS:
                short, long = await asyncio.gather(
                    careful(client, f"short {word}"), careful(client, f"long {word}")
                )
                out.append((short, long))
                print(len(out), word)
            print(out)
        """,
    "what is printed before an answer and after it": """
        async def main():
            client = AsyncOpenAI(max_retries=0)
            for number, word in enumerate(WORDS):
                print("asks", number)
                answer = await careful(client, word)
                print("asked", number, end=" ")
                if number % 2:
                    print("again", await careful(client, f"{answer} again"))
                await asyncio.to_thread(print, "from a thread", number)
                for part in ("head", "tail"):
                    print(f"the {part}:")
                    print(await careful(client, f"{part} of {answer}"))
                print("done", number)
            print("all done")
        """,
    "what comes of an error": """
        async def main():
            client = AsyncOpenAI(max_retries=0)
            out = []
            for word in WORDS:
                try:
                    out.append(await ask(client, word))
                    print("done", word)
                except openai.OpenAIError as error:
                    print(f"{word}: {error.code}")
                    out.append(None)
            print(out)


        asyncio.run(main())
        """,
    "a wait that only some items have": """
        async def main():
            client = AsyncOpenAI()
            out = []
            for number, word in enumerate(WORDS[2:]):
                answer = await ask(client, word[:2])
                if number == 0:
                    await asyncio.sleep(0.01)
                out.append(f"{number} {answer}")
            print(out)


        asyncio.run(main())
        """,
    "a sum that is read before its answer": """
        async def main():
            client = AsyncOpenAI()
            total = 0
            for word in WORDS[2:3] * 3:
                total += len(await ask(client, word))
            print(total)


        asyncio.run(main())
        """,
    "an effect below": """
        out = []


        async def noted(client, text):
            try:
                out.append(await ask(client, text))
            except openai.OpenAIError:
                out.append(None)


        async def main():
            client = AsyncOpenAI(max_retries=0)
            for word in WORDS:
                await noted(client, word)
            print(out)


        asyncio.run(main())
        """,
    "attempts below": """
        async def main():
            client = AsyncOpenAI(max_retries=0)
            with open("out.txt", "w") as file:
                for word in WORDS:
                    file.write(f"{word}: {await careful(client, word)}\\n")


        asyncio.run(main())
        """,
}


@pytest.mark.parametrize("name", ALIKE)
def test_effects_keep_the_order_of_the_loop(name: str, tmp_path) -> None:
    text = HEAD + ALIKE[name].replace("\n        ", "\n")
    check_runs_alike(text, tmp_path, faults=Faults(failures=[Failure("refuse this")]))


def test_an_error_comes_in_its_turn(tmp_path) -> None:
    program = """
        async def main():
            client = AsyncOpenAI(max_retries=0)
            for word in ["refuse this", "fail here"]:
                print(await careful(client, word))


        asyncio.run(main())
        """
    faults = Faults(failures=[Failure("refuse this"), Failure("fail here 0", status=403)])
    alike = check_runs_alike(HEAD + program.replace("\n        ", "\n"), tmp_path, faults=faults)
    assert alike.after.ended.output == "None\n"
    assert alike.after.ended.code == 1


STOPPED = {
    "an effect in the loop": """
        async def main():
            client = AsyncOpenAI(max_retries=0)
            for word in WORDS:
                answer = await ask(client, word)
                print(word, answer)

        try:
            asyncio.run(main())
        except openai.OpenAIError as error:
            print(error.code)
        """,
    "what is printed before": """
        async def main():
            client = AsyncOpenAI(max_retries=0)
            for word in WORDS:
                print("asks", word)
                answer = await ask(client, word)
                print(answer)

        asyncio.run(main())
        """,
    "an effect in a helper": """
        async def process(client, word, out):
            answer = await ask(client, word)
            out.write(answer)

        async def main():
            client = AsyncOpenAI(max_retries=0)
            with open("out.txt", "w") as out:
                for word in WORDS:
                    await process(client, word, out)

        asyncio.run(main())
        """,
    "a list that outlives the error": """
        async def main():
            client = AsyncOpenAI(max_retries=0)
            results = []
            try:
                for word in WORDS:
                    results.append(await ask(client, word))
            except openai.OpenAIError as error:
                print(error.code)
            print(results)

        asyncio.run(main())
        """,
}


@pytest.mark.parametrize("name", STOPPED)
def test_items_after_one_that_fails_have_no_effects(name: str, tmp_path) -> None:
    program = rewrite(HEAD + STOPPED[name].replace("\n        ", "\n"))
    seen = []
    for files in (program.before, program.files):
        folder = tmp_path / str(len(seen))
        folder.mkdir()
        seen.append(run(files, folder, faults=Faults(failures=[Failure("refuse this")])).visible)
    assert seen[0] == seen[1]
    assert "gather_in_order(" in program.files["app.py"]


def test_a_list_that_nobody_sees_after_an_error_needs_no_order() -> None:
    program = """
        async def main():
            client = AsyncOpenAI(max_retries=0)
            results = []
            for word in WORDS:
                results.append(await ask(client, word))
            print(results)

        asyncio.run(main())
        """
    assert "await gather_batch(*[" in rewrite(HEAD + program.replace("\n        ", "\n")).files["app.py"]


def test_an_item_waits_for_those_before() -> None:
    before = """
        from openai import AsyncOpenAI, BadRequestError

        client = AsyncOpenAI()


        async def main(words):
            out = []
            for word in words:
                try:
                    response = await client.responses.create(model="gpt-5", input=word)
                    out.append(response.output_text)
                except BadRequestError:
                    out.append("?")
            return out
        """
    after = """
        from openai import AsyncOpenAI, BadRequestError

        from llm_batch import batched, gather_in_order, in_order

        client = AsyncOpenAI()


        async def main(words):
            out = []

            async def handle_word(word):
                try:
                    response = await batched(
                        client.responses.create, model="gpt-5", input=word
                    )
                    await in_order()
                    out.append(response.output_text)
                except BadRequestError:
                    await in_order()
                    out.append("?")

            await gather_in_order(*[handle_word(word) for word in words])
            return out
        """
    check_rewritten(before, after)


FEW = (
    HEAD
    + """
async def main(words):
    client = AsyncOpenAI()
    last = ""
    {loop}
        word = {word}
        short, long = await asyncio.gather(ask(client, "short " + word), ask(client, "long " + word))
        last = str(short)
        print(short, long)


asyncio.run(main(WORDS))
"""
)


@pytest.mark.parametrize(
    ("loop", "word", "name"),
    [("if words:", "words[0]", "no-fan-out"), ("for each in words:", "each + last", "dependent-iterations")],
)
def test_a_gather_of_a_few_is_no_batch_of_its_own(loop: str, word: str, name: str) -> None:
    check_noop(FEW.replace("{loop}", loop).replace("{word}", word), name)


def test_a_driver_that_outgrows_the_line_is_spread() -> None:
    before = """
        from openai import AsyncOpenAI

        client = AsyncOpenAI()


        async def main(the_words_of_all_the_documents_of_the_last_year, those_that_nobody_has_looked_up):
            for word in the_words_of_all_the_documents_of_the_last_year.difference(those_that_nobody_has_looked_up):
                await client.responses.create(model="gpt-5", input=word)
        """
    after = """
        from openai import AsyncOpenAI

        from llm_batch import batched, gather_batch

        client = AsyncOpenAI()


        async def main(the_words_of_all_the_documents_of_the_last_year, those_that_nobody_has_looked_up):
            async def handle_word(word):
                await batched(client.responses.create, model="gpt-5", input=word)

            await gather_batch(*[
                handle_word(word)
                for word in the_words_of_all_the_documents_of_the_last_year.difference(those_that_nobody_has_looked_up)
            ])
        """
    check_rewritten(before, after)


def test_an_item_that_has_its_turn_keeps_it() -> None:
    program = """
        from openai import OpenAI

        client = OpenAI()


        def ask(text):
            return client.responses.create(model="gpt-5", input=text).output_text


        def main(texts):
            answers, lengths = [], {}
            for text in texts:
                first = ask(text)
                if len(first) > 9:
                    first = ask(f"shorter: {first}")
                answers.append(first)
                if text:
                    lengths.setdefault(len(first), []).append(text)
                for word in first.split():
                    answers.append(word)
            return answers, lengths
        """
    after = rewrite(program).files["app.py"]
    assert after.count("yield in_turn()\n") == 1
    assert "yield in_turn()\n        answers.append(first)\n        if text:\n            lengths" in after


def test_a_turn_on_one_way_is_none_on_the_other() -> None:
    program = """
        from openai import OpenAI

        client = OpenAI()


        def ask(text):
            return client.responses.create(model="gpt-5", input=text).output_text


        def main(texts):
            answers = []
            for text in texts:
                first = ask(text)
                if len(first) > 9:
                    first = ask(f"shorter: {first}")
                if text:
                    answers.append(first)
                answers.append("--")
            return answers
        """
    after = rewrite(program).files["app.py"]
    assert after.count("yield in_turn()\n") == 2


def test_what_stands_below_a_turn_has_it() -> None:
    program = """
        from openai import OpenAI

        client = OpenAI()


        def main(texts, store):
            waiting = []
            for text in texts:
                if not text:
                    continue
                answer = client.responses.create(model="gpt-5", input=text).output_text
                if len(answer) > 9:
                    answer = client.responses.create(model="gpt-5", input=answer).output_text
                if len(waiting) >= 100:
                    if waiting:
                        print(len(waiting))
                        waiting.clear()
                waiting.append(answer)
            return waiting
        """
    after = rewrite(program).files["app.py"]
    assert after.count("yield in_turn()\n") == 1
    assert "yield in_turn()\n        if len(waiting) >= 100:\n            if waiting:\n                print" in after


def test_what_follows_a_statement_in_its_turn_has_it_too() -> None:
    program = """
        from openai import OpenAI

        client = OpenAI()


        def main(texts):
            answers, numbers = [], []
            for number, text in enumerate(texts):
                if text:
                    text = client.responses.create(model="gpt-5", input=text).output_text
                answers.append(client.responses.create(model="gpt-5", input=text).output_text)
                numbers.append(number)
            return answers, numbers
        """
    after = rewrite(program).files["app.py"]
    assert "yield in_turn()\n        answers.append(answer.output_text)\n        numbers.append(number)" in after


@pytest.mark.parametrize(("told", "is_alike"), [("print(word)", False), ("pass", True)])
def test_what_drawing_an_item_prints_comes_before_what_the_items_print(told: str, is_alike: bool) -> None:
    source = f"""
        from openai import AsyncOpenAI

        client = AsyncOpenAI()


        def drawn(words):
            for word in words:
                print(word)
                yield word


        async def main(words):
            out = []
            for word in drawn(words):
                {told}
                response = await client.responses.create(model="gpt-5", input=word)
                out.append(response.output_text)
            return out
        """
    done = rewrite(textwrap.dedent(source).lstrip())
    assert (done.files != done.before) is is_alike


def test_what_another_thread_prints_for_an_item_has_no_turn() -> None:
    source = """
        async def main(told):
            client = AsyncOpenAI(max_retries=0)
            loop = asyncio.get_running_loop()
            for word in WORDS:
                print("asks", word)
                answer = await ask(client, word)
                await loop.run_in_executor(None, told, answer)
                print(answer)
        """
    check_noop(HEAD + source.replace("\n        ", "\n"), "order-of-effects")
