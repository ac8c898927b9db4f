"""Coroutines that make blocking calls, also in threads: the same before and after, and what is left as it is."""

from __future__ import annotations

import textwrap

import pytest
from fake_provider import Failure, Faults

from batchlint.codemod import leftovers

from .programs import check_noop, check_rewritten, check_runs_alike

LLM = """
from openai import OpenAI

client = OpenAI()


def ask(text, *, model="gpt-4o-mini"):
    response = client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}])
    return response.choices[0].message.content


def careful(text):
    for attempt in range(2):
        try:
            return ask(f"{text} (try {attempt})")
        except Exception as error:
            print(type(error).__name__)
    return "nothing"


def improve(text):
    draft = ask(f"draft {text}")
    parts = [ask(f"{part} of {draft}") for part in ("head", "tail")]
    return " ".join(parts)


class Asker:
    def __init__(self, model):
        self.model = model

    def ask(self, text):
        return ask(text, model=self.model)
"""

ALIKE = {
    "threads run helpers": """
        import asyncio
        from concurrent.futures import ThreadPoolExecutor
        from functools import partial

        from llm import Asker, ask, careful, improve

        asker = Asker("gpt-5-mini")
        LIMIT = asyncio.Semaphore(2)


        async def label(text):
            async with LIMIT:
                answer = await asyncio.to_thread(careful, text)
            return f"{text}: {answer}"


        async def one_by_one(texts):
            for text in texts:
                answer = await asyncio.to_thread(asker.ask, f"loop {text}")
                print(text, answer)


        async def main():
            print(await asyncio.gather(*(label(text) for text in ["a", "refuse this", "b", "a"])))
            print(await asyncio.gather(*[asyncio.to_thread(improve, text) for text in ["x", "y"]]))
            print(await asyncio.gather(*[asyncio.to_thread(ask, *key) for key in [("v",), ("w",)]]))
            loop = asyncio.get_running_loop()
            with ThreadPoolExecutor(2) as pool:
                futures = [loop.run_in_executor(pool, partial(ask, model="gpt-5"), text) for text in ["p", "q"]]
                print(await asyncio.gather(*futures))
            print(await asyncio.gather(*(loop.run_in_executor(None, lambda: ask("same")) for _ in range(3))))
            await one_by_one(["k", "l", "m"])


        asyncio.run(main())
        """,
    "helpers keep coroutines waiting": """
        import asyncio

        from llm import Asker, ask, improve

        asker = Asker("gpt-5-mini")


        async def read(text):
            await asyncio.sleep(0)
            total = len(ask(f"first {text}"))
            total += len(asker.ask(text))
            parts = [improve(part) for part in text.split()]
            return f"{ask(text)}: {total} {parts}"


        async def main():
            print(await asyncio.gather(*(read(text) for text in ["a b", "b", "a b"])))
            for text in ["k", "l"]:
                answer = improve(text)
                await asyncio.sleep(0.001)
                print(text, answer)


        asyncio.run(main())
        """,
    "a generator expression keeps a coroutine waiting": """
        import asyncio

        from llm import ask


        async def read(texts):
            return " ".join(ask(text) for text in texts)


        async def main():
            print(await asyncio.gather(*[read(texts) for texts in ("ab", "c", "ab")]))


        asyncio.run(main())
        """,
    "threads make the request": """
        import asyncio
        import functools

        from llm import client


        async def by_thread(text):
            answer = await asyncio.to_thread(client.responses.create, model="gpt-4.1-mini", input=text)
            return answer.output_text


        async def by_lambda(text):
            loop = asyncio.get_event_loop()
            answer = await loop.run_in_executor(
                None,
                lambda: client.responses.create(
                    model="gpt-4.1-mini",
                    input=f"lambda {text}",
                ),
            )
            return answer.output_text


        async def one_by_one(texts):
            loop = asyncio.get_event_loop()
            for text in texts:
                answer = await loop.run_in_executor(
                    None, lambda: client.responses.create(model="gpt-4.1-mini", input=f"one {text}")
                )
                print(text, answer.output_text)


        async def by_partial(text):
            loop = asyncio.get_event_loop()
            return (
                await loop.run_in_executor(
                    None, functools.partial(client.responses.create, model="gpt-4.1-mini", input=text)
                )
            ).output_text


        async def main():
            for ways in (by_thread, by_lambda):
                print(ways.__name__)
            print(await asyncio.gather(*map(by_thread, ["a", "b", "a"])))
            print(await asyncio.gather(*map(lambda text: by_thread(text * 2), ["a", "b", "a"])))
            print(await asyncio.gather(*[by_lambda(text) for text in ["a", "b"]]))
            print(await asyncio.gather(*[by_partial(text) for text in ["c", "d"]]))
            await one_by_one(["e", "f", "g"])


        asyncio.run(main())
        """,
    "coroutines are handed to what limits them": """
        import asyncio

        from openai import AsyncOpenAI

        client = AsyncOpenAI()


        async def limited(semaphore, coroutine):
            async with semaphore:
                return await coroutine


        async def gather_limited(number, *coroutines):
            semaphore = asyncio.Semaphore(number)

            async def one(coroutine):
                async with semaphore:
                    return await coroutine

            return await asyncio.gather(*(one(coroutine) for coroutine in coroutines))


        async def label(text):
            response = await client.responses.create(model="gpt-5", input=text)
            return response.output_text


        async def main():
            semaphore = asyncio.Semaphore(1)
            print(await asyncio.gather(*(limited(semaphore, label(text)) for text in ["a", "b", "c"])))
            tasks = [asyncio.create_task(limited(semaphore, coroutine=label(text))) for text in ["d", "e"]]
            print(await asyncio.gather(*tasks))
            print(await gather_limited(2, *[label(text) for text in ["f", "g", "h"]]))


        asyncio.run(main())
        """,
    "coroutine functions are handed to what limits them": """
        import asyncio
        from functools import partial

        from openai import AsyncOpenAI

        client = AsyncOpenAI()


        async def bounded_map(function, items, limit=8):
            gate = asyncio.Semaphore(limit)

            async def one(item):
                async with gate:
                    try:
                        return await function(item)
                    except Exception as error:
                        return type(error).__name__

            return list(await asyncio.gather(*(one(item) for item in items)))


        async def length(text):
            return len(text)


        async def label(tone, text, ending="."):
            response = await client.responses.create(model="gpt-5", input=f"{tone} {text}{ending}")
            return response.output_text


        async def main():
            print(await bounded_map(partial(label, "kind", ending="!"), ["a", "refuse this", "c"], limit=2))
            print(await bounded_map(length, ["d", "ee"]))


        asyncio.run(main())
        """,
    "coroutines block": """
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        from llm import ask, client


        async def score(text):
            response = client.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": f"Score {text}"}]
            )
            print("scored", text)
            return response.choices[0].message.content


        async def read(text):
            return client.responses.create(model="gpt-4.1-mini", input=text).output_text


        async def main():
            await asyncio.sleep(0)
            for number, text in enumerate(["a", "b", "c"]):
                print(number, ask(f"loop {text}"))
            print([ask(f"comprehension {text}") for text in ["a", "b"]])
            with ThreadPoolExecutor(2) as pool:
                print(list(pool.map(ask, ["p", "q"])))
            print(list(map(ask, ["m", "n"])))
            print(await asyncio.gather(*(score(text) for text in ["a", "b", "c"])))
            print(await asyncio.gather(*(read(text) for text in ["a", "b"])))


        asyncio.run(main())
        """,
}


@pytest.mark.parametrize("name", ALIKE)
def test_coroutines_do_the_same_by_batch(name: str, tmp_path) -> None:
    faults = Faults(failures=[Failure("refuse this")])
    alike = check_runs_alike({"app.py": ALIKE[name], "llm.py": LLM}, tmp_path, faults=faults)
    assert alike.before.ended.code == 0, alike.before.ended
    assert "async with" not in alike.rewritten.files["app.py"]


def test_what_a_thread_was_to_call_stands_in_its_place() -> None:
    before = """
        import asyncio

        from openai import OpenAI

        client = OpenAI()
        limit = asyncio.Semaphore(5)
        # shared with the other jobs
        others = asyncio.Semaphore(2)


        async def name(text):
            loop = asyncio.get_running_loop()
            async with limit, others:
                pass
            async with limit:
                answer = await loop.run_in_executor(
                    None,
                    lambda: client.responses.create(
                        model="gpt-5",  # the large one
                        input=text,
                    ),
                )
            return answer.output_text


        async def main(texts):
            return await asyncio.gather(*[asyncio.to_thread(print, text) for text in texts], *(name(t) for t in texts))


        asyncio.run(main(["a", "b"]))
        """
    after = before.replace(
        """\
            loop = asyncio.get_running_loop()
            async with limit, others:
                pass
            async with limit:
                answer = await loop.run_in_executor(
                    None,
                    lambda: client.responses.create(
                        model="gpt-5",  # the large one
                        input=text,
                    ),
                )
""",
        """\
            async with limit, others:
                pass
            answer = await batched(
                client.responses.create,
                model="gpt-5",  # the large one
                input=text,
            )
""",
    )
    after = after.replace("await asyncio.gather(", "await gather_batch(")
    after = after.replace("import OpenAI\n", "import OpenAI\n\n        from llm_batch import batched, gather_batch\n")
    check_rewritten(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f():\n    loop = get_running_loop()\n    return 1\n", "def f():\n    return 1\n"),
        ("def f():\n    global loop\n    loop = get_running_loop()\n", None),
        ("def f():\n    loop = get_running_loop()  # kept\n    return 1\n", None),
        (
            "def f():\n    # First of all.\n    loop = get_running_loop()\n    return 1\n",
            "def f():\n    # First of all.\n    return 1\n",
        ),
        ("def f():\n    import asyncio\n\n    loop = asyncio.Semaphore(2)\n    return 1\n", "def f():\n    return 1\n"),
        (
            "def f(x):\n    if x:\n        loop = asyncio.Semaphore(2)\n        return 1\n",
            "def f(x):\n    if x:\n        return 1\n",
        ),
        ("def f(x):\n    if x:\n        loop = asyncio.Semaphore(2)\n", None),
        ("def f():\n    loop = started(1)\n    return 1\n", None),
        ("shared = Semaphore(2)\nloop = Semaphore(2)\nprint(1)\n", "shared = Semaphore(2)\nprint(1)\n"),
    ],
)
def test_what_only_served_the_rewritten_calls_goes(before: str, after: str | None) -> None:
    used = f"{before}\n\ndef g():\n    return loop, shared\n"
    assert leftovers.drop(used, before, lambda name: name == "shared") == (before if after is None else after)


REFUSED = {
    "coroutines that block each other, and read what the last one has written": (
        """
        summary = ""


        async def refine(text):
            global summary
            summary = client.responses.create(model="gpt-5", input=summary + text).output_text
            return summary


        async def main(texts):
            return await asyncio.gather(*(refine(text) for text in texts))
        """,
        "dependent-iterations",
    ),
    "coroutines that block each other, and print in front of the request": (
        """
        async def read(text):
            print("reading", text)
            answer = client.responses.create(model="gpt-5", input=text).output_text
            print(answer)


        async def main(texts):
            return await asyncio.gather(*(read(text) for text in texts))
        """,
        "order-of-effects",
    ),
    "a limit for other coroutines too": (
        """
        from openai import AsyncOpenAI

        others = AsyncOpenAI()


        async def label(text):
            return await others.responses.create(model="gpt-5", input=text)


        async def limited(semaphore, coroutine):
            async with semaphore:
                return await coroutine


        async def main(texts, fetch):
            semaphore = asyncio.Semaphore(4)
            pages = await asyncio.gather(*(limited(semaphore, fetch(text)) for text in texts))
            return await asyncio.gather(*(limited(semaphore, label(page)) for page in pages))
        """,
        "unsupported-shape",
    ),
    "a helper that blocks a coroutine, and prints in front of the request": (
        """
        async def read(text):
            print("reading", text)
            answer = ask(text)
            print(answer)


        async def main(texts):
            return await asyncio.gather(*(read(text) for text in texts))
        """,
        "order-of-effects",
    ),
    "a helper with an effect in the order of the items": (
        """
        kept = []


        def note(text):
            kept.append(ask(text))
            return len(text)


        async def main(texts):
            for text in texts:
                note(text)
                await asyncio.sleep(0.1)
        """,
        "order-of-effects",
    ),
    "a function that may be a coroutine": (
        """
        class Now:
            def read(self, text):
                return ask(text)


        class Later:
            async def read(self, text):
                return ask(text)


        async def main(texts, reader=Now()):
            reader = reader or Later()
            for text in texts:
                await asyncio.sleep(0.1)
                print(reader.read(text))
        """,
        "unsupported-shape",
    ),
    "a blocking function for coroutines": (
        """
        import functools


        async def one(function, text):
            return function(text)


        async def mapped(function, texts):
            return await asyncio.gather(*(one(function, text) for text in texts))


        async def main(texts):
            print(await mapped(functools.partial(ask), texts))
        """,
        "unsupported-shape",
    ),
    "a thread for a lambda that does more": (
        """
        async def main(texts):
            loop = asyncio.get_running_loop()
            return await asyncio.gather(*(loop.run_in_executor(None, lambda: [ask(text)]) for text in texts))
        """,
        "unsupported-shape",
    ),
    "a thread for a function in a variable": (
        """
        async def main(texts):
            for function in (ask, print):
                await asyncio.gather(*(asyncio.to_thread(function, text) for text in texts))
        """,
        "unsupported-shape",
    ),
    "a comment beside what the thread calls": (
        """
        async def read(text):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                None,  # the default pool
                lambda: client.responses.create(model="gpt-5", input=text),
            )


        async def main(texts):
            return await asyncio.gather(*(read(text) for text in texts))
        """,
        "unsupported-shape",
    ),
    "futures of a pool that coroutines await": (
        """
        from concurrent.futures import ThreadPoolExecutor


        async def main(texts):
            with ThreadPoolExecutor() as pool:
                return await asyncio.gather(*(asyncio.wrap_future(pool.submit(ask, text)) for text in texts))
        """,
        "unsupported-shape",
    ),
    "futures that a function hands on": (
        """
        def started(loop, texts):
            return [loop.run_in_executor(None, ask, text) for text in texts]


        async def main(texts):
            return await asyncio.gather(*started(asyncio.get_running_loop(), texts))
        """,
        "unsupported-shape",
    ),
}
HEAD = """\
import asyncio

from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.responses.create(model="gpt-5", input=text).output_text

"""


@pytest.mark.parametrize("name", REFUSED)
def test_what_depends_on_the_order_is_left_as_it_is(name: str) -> None:
    program, refusal = REFUSED[name]
    check_noop(HEAD + textwrap.dedent(program), refusal)
