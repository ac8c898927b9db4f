"""Helpers of the project that call what they are handed: `with_retries(lambda: client.responses.create(...))`."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from .programs import check_noop, check_rewritten, check_runs_alike

HEAD = """\
import functools
import json

from openai import OpenAI

client = OpenAI(max_retries=0)


def ask(text, tone="plain"):
    response = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text + tone}])
    return response.choices[0].message.content


def with_retries(function, *args, tries=2, **kwargs):
    for attempt in range(tries):
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if attempt == tries - 1:
                raise
            print("again after", type(error).__name__)


def create(text):
    return client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])


"""

ALIKE = {
    "a lambda around the SDK's call, in the loop itself": """
        for name in ["tea", "cup", "jam", "pot"]:
            answer = with_retries(
                lambda: client.chat.completions.create(
                    model="gpt-4o-mini", messages=[{"role": "user", "content": f"describe {name}"}]
                ),
                tries=3,
            )
            print(name, answer.choices[0].message.content)
        """,
    "lambdas around helpers, functions, methods and plain functions": """
        def length(text):
            return len(text)


        for name in ["tea", "cup", "jam", "pot"]:
            size = with_retries(length, name)
            first = with_retries(ask, name, tone=f" in {size} words")
            second = with_retries(lambda: ask(first) + "!")
            third = with_retries(client.completions.create, model="gpt-3.5-turbo-instruct", prompt=second)
            fourth = with_retries(functools.partial(ask, tone=" once more"), second)
            print(name, size, first, second, third.choices[0].text, fourth)
        print(with_retries(lambda: ask("alone")))
        """,
    "parameters of the helper's own, and a part of the rest": """
        def tried(function, text, *more, tries=2):
            for _ in range(tries):
                found = function(text, *more) if len(more) == 1 else function(text, more[-1])
                if found:
                    return found
            return None


        def length(text, tone):
            return len(text + tone)


        for name in ["tea", "cup", "jam", "pot"]:
            first = tried(ask, name, " in short")
            print(first, tried(ask, first, 1, " again"), tried(length, name, "!"))
        """,
    "two at once, and one that is told about": """
        def timed(function):
            print("calling", function.__name__)
            return function()


        def first_of(one, other):
            return one() or other()


        for name in ["tea", "cup", "jam", "pot"]:
            print(timed(lambda: ask(name)), first_of(lambda: ask(name, tone=" twice"), lambda: "nothing"))
        """,
    "in a class, with the answer of the helper": """
        class Client:
            def __init__(self):
                self.calls = 0

            def call(self, make):
                self.calls += 1
                return make().choices[0].message.content

            def name(self, text):
                return self.call(lambda: create(f"name {text}"))


        labels = Client()
        names = [labels.name(text) for text in ["tea", "cup", "jam", "pot"]]
        print(names, labels.calls)
        """,
    "a partial of the SDK's method, and lambdas, by a name": """
        def call(function, tries=2):
            for attempt in range(tries):
                try:
                    return function()
                except Exception as error:
                    print("again after", type(error).__name__)
            return None


        def describe(text):
            function = functools.partial(
                client.chat.completions.create, model="gpt-4o-mini", messages=[{"role": "user", "content": text}]
            )
            response = call(function)
            text = "another"
            return response.choices[0].message.content if response else "nothing"


        for name in ["tea", "cup", "jam", "pot"]:
            rename = lambda: ask(name, tone=" again")
            first = functools.partial(client.completions.create, model="gpt-3.5-turbo-instruct", prompt=name)
            print(describe(name), call(rename, tries=3), call(first).choices[0].text)
        """,
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_is_handed_over_goes_into_the_batch(name: str, tmp_path: Path) -> None:
    realtime = 1 if "alone" in ALIKE[name] else 0
    check_runs_alike(HEAD + textwrap.dedent(ALIKE[name]).lstrip("\n"), tmp_path, realtime=realtime)


def test_errors_come_out_of_what_is_handed_over(tmp_path: Path) -> None:
    program = """
    for name in ["tea", "refuse", "jam"]:
        try:
            print(with_retries(lambda: ask(name)))
        except Exception as error:
            print(name, type(error).__name__)
    """
    faults = Faults(failures=[Failure("refuse")])
    check_runs_alike(HEAD + textwrap.dedent(program).lstrip("\n"), tmp_path, faults=faults)


def test_the_helper_enters_what_it_is_handed() -> None:
    check_rewritten(
        """
        from anthropic import Anthropic

        client = Anthropic()


        def execute_with_retry(call, tries=3):
            for attempt in range(tries):
                try:
                    return call()
                except Exception:
                    if attempt == tries - 1:
                        raise


        def ask(text):
            message = execute_with_retry(
                lambda: client.messages.create(
                    model="claude-haiku-4-5",
                    max_tokens=9,
                    messages=[{"role": "user", "content": text}],
                )
            )
            return message.content[0].text


        def main(texts):
            return [ask(text) for text in texts]
        """,
        """
        from anthropic import Anthropic

        from llm_batch import called, request, run_batch

        client = Anthropic()


        def execute_with_retry(call, tries=3):
            for attempt in range(tries):
                try:
                    return (yield from called(call))
                except Exception:
                    if attempt == tries - 1:
                        raise


        def ask(text):
            message = yield from execute_with_retry(
                lambda: (yield request(
                    client.messages.create,
                    model="claude-haiku-4-5",
                    max_tokens=9,
                    messages=[{"role": "user", "content": text}],
                ))
            )
            return message.content[0].text


        def main(texts):
            return run_batch(ask(text) for text in texts)
        """,
    )


def test_coroutines_that_await_what_they_are_handed(tmp_path: Path) -> None:
    program = """
    import asyncio

    from openai import AsyncOpenAI

    client = AsyncOpenAI(max_retries=0)


    async def patient(make, *args, tries=2, **kwargs):
        for attempt in range(tries):
            try:
                return await make(*args, **kwargs)
            except Exception as error:
                last = error
        raise last


    async def grade(text):
        response = await patient(
            lambda: client.responses.create(model="gpt-5-mini", input=f"grade this: {text}", instructions="short")
        )
        return response.output_text


    async def name(text, tone):
        response = await client.responses.create(model="gpt-5-mini", input=f"name {text} {tone}")
        return response.output_text


    async def main():
        texts = ["tea", "cup", "jam", "refuse"]
        grades = await asyncio.gather(*[grade(text) for text in texts], return_exceptions=True)
        print([each if isinstance(each, str) else type(each).__name__ for each in grades])
        print(await asyncio.gather(*[patient(name, text, tone="loud") for text in ["tea", "cup", "jam"]]))
        found = []
        for text in ["pot", "pan", "lid", "mug"]:
            found.append(await patient(lambda: name(text, "soft")))
        print(found)


    asyncio.run(main())
    """
    check_runs_alike(textwrap.dedent(program).lstrip("\n"), tmp_path, faults=Faults(failures=[Failure("refuse")]))


REFUSED = {
    "the helper decides by what came before": (
        "dependent-iterations",
        """
        class Guard:
            def __init__(self):
                self.total = 0

            def run(self, function):
                if self.total > 100:
                    return ""
                text = function()
                self.total += len(text)
                return text


        guard = Guard()
        for name in ["tea", "cup", "jam", "pot"]:
            print(guard.run(lambda: ask(name)))
        """,
        "`guard.total` is read before the request",
    ),
    "somebody hands over what is not known": (
        "unsupported-shape",
        """
        def main(function):
            with_retries(function)


        for name in ["tea", "cup", "jam", "pot"]:
            print(with_retries(lambda: ask(name)))
        """,
        "it is not known what `function` of `with_retries` can be (line 17)",
    ),
    "the helper hands it on": (
        "unsupported-shape",
        """
        later = []


        def keep(function):
            later.append(function)
            return function()


        for name in ["tea", "cup", "jam", "pot"]:
            print(name, keep(lambda: ask("always")))
        """,
        "`keep` does more with `function` than to call it",
    ),
    "the lambda has an effect of its own": (
        "dependent-iterations",
        """
        found = []
        for name in ["tea", "cup", "jam", "pot"]:
            with_retries(lambda: found.append(ask(name)))
        print(found)
        """,
        "`found` is used between one item's requests",
    ),
    "the lambda asks in a loop": (
        "unsupported-shape",
        """
        for names in [["tea", "cup"], ["jam"], ["pot"], ["pan"]]:
            print(with_retries(lambda: [ask(name) for name in names]))
        """,
        "the comprehension stands in a lambda",
    ),
    "a partial is kept as well": (
        "unsupported-shape",
        """
        kept = []
        for name in ["tea", "cup", "jam", "pot"]:
            function = functools.partial(client.responses.create, model="gpt-5-mini", input=name)
            kept.append(function)
            print(with_retries(function))
        """,
        "`client.responses.create` is handed to `functools.partial`",
    ),
    "a lambda is called beside": (
        "unsupported-shape",
        """
        def main():
            for name in ["tea", "cup", "jam", "pot"]:
                function = lambda: ask(name)
                print(with_retries(function), function())


        main()
        """,
        "`function` is a variable that holds a function",
    ),
    "a coroutine calls a partial that keeps it waiting": (
        "unsupported-shape",
        """
        import asyncio


        async def tried(function):
            return function()


        async def name(text):
            found = await tried(functools.partial(client.responses.create, model="gpt-5-mini", input=text))
            return found.output_text


        async def main():
            print(await asyncio.gather(*[name(text) for text in ["tea", "cup", "jam", "pot"]]))


        asyncio.run(main())
        """,
        "`function` keeps the coroutine waiting",
    ),
    "the helper keeps the lambda for later": (
        "unsupported-shape",
        """
        later = []


        def keep(function):
            later.append(function)
            return function()


        for name in ["tea", "cup", "jam", "pot"]:
            print(keep(lambda: ask(name)))
        print([function() for function in later])
        """,
        "a function made in the loop reads `name`",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_handed_over_and_stays(name: str) -> None:
    refusal, program, sentence = REFUSED[name]
    found = check_noop(HEAD + textwrap.dedent(program).lstrip("\n"), refusal)
    assert found is not None and sentence in found.detail


@pytest.mark.parametrize("given", ["text + '!'", "*more[1:]", "text.strip(), *more", "more[1]"])
def test_what_the_helper_makes_itself_is_not_followed(given: str) -> None:
    program = f"""
    def tried(function, text, *more):
        return function({given})


    for name in ["tea", "cup", "jam", "pot"]:
        print(tried(ask, name, " in short"))
    """
    refusal = check_noop(HEAD + textwrap.dedent(program), "unsupported-shape")
    assert refusal is not None and "`function` is handed more than what its caller gave" in refusal.detail
