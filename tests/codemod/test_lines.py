"""Where the lines stand of what takes the place of something further out, and the comments beside them."""

from __future__ import annotations

from .programs import rewrite

LIMITED = """\
import asyncio

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def summarise(text):
    answer = await asyncio.wait_for(
        client.responses.create(
            model="gpt-5-mini",
            input=text,
        ),
        timeout=30,
    )
    return answer.output_text


async def main(texts):
    return await asyncio.gather(
        *[asyncio.create_task(summarise(text), name="a longer name for what sums up the text") for text in texts],
    )


print(asyncio.run(main(["tea", "cup", "jam"])))
"""
THREADED = """\
import asyncio

from openai import OpenAI

client = OpenAI()


def translate_the_text(text, language):
    return client.responses.create(model="gpt-5-mini", input=f"{language} {text}").output_text


async def main(texts_to_translate):
    return await asyncio.gather(
        *[asyncio.to_thread(translate_the_text, text, "de") for text in texts_to_translate],
        return_exceptions=True,
    )


print(asyncio.run(main(["tea", "cup", "jam"])))
"""
COMMENTED = """\
from openai import OpenAI

client = OpenAI()
results = []
for text in ["tea", "", "jam"]:
    if not text:

        # there is nothing to ask
        results.append("nothing")
        continue
    results.append(client.responses.create(model="gpt-5-mini", input=text).output_text)
"""


def test_what_a_limit_was_around_stands_where_the_limit_stood() -> None:
    text = rewrite(LIMITED).files["app.py"]
    assert (
        "    answer = await batched(\n        client.responses.create,\n"
        '        model="gpt-5-mini",\n        input=text,\n    )\n'
    ) in text


def test_a_list_that_outgrows_its_line_is_spread_where_it_stands() -> None:
    text = rewrite(THREADED).files["app.py"]
    assert (
        '        *[\n            batched_thread(asyncio.to_thread, translate_the_text, text, "de")\n'
        "            for text in texts_to_translate\n        ],\n"
    ) in text


def test_a_comment_stays_with_the_statement_below_it() -> None:
    text = rewrite(COMMENTED).files["app.py"]
    assert (
        "    if not text:\n\n        yield in_turn()\n        # there is nothing to ask\n"
        '        results.append("nothing")\n'
    ) in text
