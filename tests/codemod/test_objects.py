"""Objects that are called: items of a list that all are such get twins, whatever else a variable may hold stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
from openai import OpenAI

client = OpenAI()


class Clean:
    def __call__(self, text):
        return text.strip().lower()


class Draft:
    def __call__(self, text):
        return client.responses.create(model="gpt-5-mini", input=f"draft {text}").output_text


class Improve(Draft):
    def __call__(self, text):
        return client.responses.create(model="gpt-5-mini", input=f"improve {text}").output_text


"""
RUN = """
def run(text):
    for stage in {stages}:
        text = stage(text)
    return text


for text in ["Tea", " cup", "tea", "jam "]:
    print(run(text))
"""
HANDED = """
class Counted(Draft):
    def __init__(self):
        self.count = 0

    def __call__(self, text):
        answer = client.responses.create(model="gpt-5-mini", input=f"say {text}").output_text
        self.count += 1
        return answer


def work(stage, text):
    first = stage(f"first {text}")
    return f"{first}, {stage(text)}" if text != "cup" else first


def main():
    counted, clean = Counted(), Clean()
    for text in ["tea", "cup", "jam"]:
        print(work(counted, text), OTHER)
    print(counted.count)


main()
"""
COROUTINES = """
import asyncio
from openai import AsyncOpenAI


class Model:
    def __init__(self):
        self.client = AsyncOpenAI()
        self.gate = asyncio.Semaphore(2)

    async def __call__(self, text, *, words=3):
        async with self.gate:
            return (await self.client.responses.create(model="gpt-5-mini", input=f"{words} {text}")).output_text


async def work(model, text):
    first = await model(text)
    return await model(f"{first}, {text}", words=5)


async def main():
    model = Model()
    print(await asyncio.gather(*(work(model, text) for text in ["tea", "cup", "jam"])))


asyncio.run(main())
"""
ALIKE = {
    "what is handed to the item's function": HANDED.replace("OTHER", "text"),
    "one of those that are handed": HANDED.replace("OTHER", "work(clean, text)"),
    "what is handed to the item's coroutine": COROUTINES,
    "one that asks nothing": "STAGES = [Clean(), Draft()]\n\n" + RUN.format(stages="STAGES"),
    "two that ask": "draft = Draft()\nSTAGES = (draft, Improve())\n\n" + RUN.format(stages="STAGES"),
    "where they are called": RUN.format(stages="(Clean(), Draft(), Improve())"),
}
STAGED = """
class Stages:
    def __init__(self, stages):
        self.stages = list(stages)


STAGES = Stages([Clean(), Draft()])

"""
ALIKE["what an object keeps of a list"] = STAGED + RUN.format(stages="STAGES.stages")
LEFT = {
    "what an object keeps with a function among it": (
        STAGED.replace("Clean()", "str.strip") + RUN.format(stages="STAGES.stages")
    ),
    "what an object keeps and adds to": (
        STAGED + "STAGES.stages.append(str.strip)\n\n" + RUN.format(stages="STAGES.stages")
    ),
    "what objects keep of several lists": (
        STAGED + "OTHERS = Stages([str.strip])\n\n" + RUN.format(stages="STAGES.stages")
    ),
    "a function that is handed too": HANDED.replace("OTHER", "work(str.upper, text)"),
    "something unknown that is handed too": "from stages import found\n" + HANDED.replace("OTHER", "work(found, text)"),
    "what nobody has seen that is handed too": HANDED.replace("OTHER", "[work(each, text) for each in clean.more()]"),
    "a function among them": "STAGES = [str.strip, Draft()]\n\n" + RUN.format(stages="STAGES"),
    "what is added later": "STAGES = [Draft()]\nSTAGES.append(str.strip)\n\n" + RUN.format(stages="STAGES"),
    "what nobody knows": "from stages import found\n\nSTAGES = [Draft(), found]\n\n" + RUN.format(stages="STAGES"),
    "what a constructor is given": (
        "class Stages:\n    def __init__(self, *stages):\n        self.stages = stages\n\n\n"
        "STAGES = Stages(Draft(), str.strip)\n\n" + RUN.format(stages="STAGES.stages")
    ),
}


@pytest.mark.parametrize("name", ALIKE)
def test_objects_of_a_list_are_called_by_batch(name: str, tmp_path: Path) -> None:
    alike = check_runs_alike(HEAD + ALIKE[name], tmp_path)
    assert not [note for note in alike.rewritten.notes if "stay realtime" in note]


@pytest.mark.parametrize("name", LEFT)
def test_what_may_be_something_else_stays(name: str) -> None:
    refusal = check_noop(HEAD + LEFT[name], "unsupported-shape")
    assert refusal is not None
    assert "call it by the name of a method" in refusal.detail


def test_a_property_whose_own_loop_asks_is_rewritten(tmp_path) -> None:
    check_runs_alike(
        """
        from openai import OpenAI

        client = OpenAI()


        class Pages:
            texts = ["tea", "cup"]

            @property
            def titles(self):
                found = []
                for text in self.texts:
                    found.append(client.responses.create(model="gpt-5-mini", input=text).output_text)
                return found


        print(Pages().titles)
        """,
        tmp_path,
    )
