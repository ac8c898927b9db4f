"""Answers that are streams where only their use tells: settings from a file ask for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """
import json

from openai import OpenAI

client = OpenAI()
PARAMS = json.load(open("params.json"))
QUESTIONS = ["a", "b", "c"]


def asked(text, **more):
    return client.chat.completions.create(messages=[{"role": "user", "content": text}], **PARAMS)


def texts(events):
    for event in events:
        yield event.choices[0].delta.content or ""


class Source:
    def open(self, text):
        self.events = asked(text)

    def count(self):
        return sum(1 for _ in self.events)


"""
STREAMED = {
    "a loop over it": "events = asked(question)\n    for event in events:\n        print(len(event.choices))",
    "a comprehension": "print([event.choices for event in asked(question)])",
    "a with statement": "with asked(question) as events:\n        print(events)",
    "a part taken by hand": "events = iter(asked(question))\n    print(next(events))",
    "a list of it": "print(len(list(asked(question))))",
    "an attribute of streams": "print(asked(question).get_final_text())",
    "a function that goes over it": "print(''.join(texts(asked(question))))",
    "a keyword": "print(''.join(texts(events=asked(question))))",
    "an attribute of an object": "source = Source()\n    source.open(question)\n    print(source.count())",
    "a wrapper of others": "for part in json.scanner(asked(question)):\n        print(part.choices[0].delta.content)",
}


@pytest.mark.parametrize("use", STREAMED.values(), ids=STREAMED)
def test_an_answer_whose_parts_are_used_is_a_stream(use: str) -> None:
    check_noop(HEAD + f"for question in QUESTIONS:\n    {use}\n", "streaming")


REUSED = """
for question in QUESTIONS:
    answer = asked(question)
    {first}
    for part in answer:
        print(part)
"""


def test_the_name_of_an_answer_may_stand_for_its_text_later(tmp_path: Path) -> None:
    settings = HEAD.partition("class Source")[0].replace('json.load(open("params.json"))', '{"model": "gpt-4o-mini"}')
    check_runs_alike(settings + REUSED.format(first="answer = answer.choices[0].message.content.split()"), tmp_path)


@pytest.mark.parametrize("first", ["pass", "if question:\n        answer = answer.choices", "print(len(list(answer)))"])
def test_the_name_stands_for_the_answer_where_nothing_else_is_sure(first: str) -> None:
    check_noop(HEAD + REUSED.format(first=first), "streaming")


@pytest.mark.parametrize("settings", ['{"model": "gpt-4o", "stream": True}', 'dict(model="gpt-4o", stream=1)'])
def test_settings_that_are_written_out_tell_themselves(settings: str) -> None:
    use = "for question in QUESTIONS:\n    print(asked(question))\n"
    check_noop(HEAD.replace('json.load(open("params.json"))', settings) + use, "streaming")


def test_a_whole_answer_is_none(tmp_path: Path) -> None:
    use = """
def shown(answer):
    for choice in answer.choices:
        print(choice.message.content)
    for name, value in answer:
        print(name if name == "model" else len(name))
    return answer


for question in QUESTIONS:
    answer = shown(asked(question))
    print(dict(answer)["model"], [choice.index for choice in answer.choices], list(answer.choices)[0].index)
"""
    settings = '{"model": "gpt-4o-mini", "stream": False}'
    head = HEAD.partition("class Source")[0]
    check_runs_alike(head.replace('json.load(open("params.json"))', settings) + use, tmp_path)
