"""Histories that a store keeps from one task to the next, and what else a task keeps there."""

import pytest

from .verdicts import verdict

TASK = """
    from celery import shared_task
    from django.core.cache import cache
    from openai import OpenAI

    client = OpenAI()

    @shared_task
    def talk(user_id, text):
        {load}
        {add}
        answer = client.chat.completions.create(model="gpt-5", messages={messages})  # !
        said = answer.choices[0].message.content
        {keep}
    """
LOAD = "turns = cache.get(f'turns-{user_id}', [])"
ADD = "turns.append({'role': 'user', 'content': text})"
KEEP = "turns.append({'role': 'assistant', 'content': said}); cache.set(f'turns-{user_id}', turns, 3600)"


def task(load=LOAD, add=ADD, messages="turns", keep=KEEP):
    given = {"load": load, "add": add, "messages": messages, "keep": keep}
    source = TASK
    for name, text in given.items():
        source = source.replace("{" + name + "}", text)
    return source


@pytest.mark.parametrize(
    "source",
    [
        task(),
        task(messages="[{'role': 'system', 'content': 'Be kind.'}, *turns[-10:]]"),
        task(
            load="turns = json.loads(redis.get(user_id) or '[]')",
            keep=KEEP.partition(";")[0] + "; redis.set(user_id, json.dumps(turns))",
        ),
    ],
    ids=["as it is", "the end of it", "as text"],
)
def test_a_task_waits_for_the_last_answer_of_the_history(source):
    assert verdict(source) == "realtime"


@pytest.mark.parametrize(
    "source",
    [
        task(keep="cache.set(f'answer-{user_id}', said)"),
        task(keep="turns.append({'role': 'assistant', 'content': said}); cache.set(f'last-{user_id}', turns)"),
        task(load="turns = []"),
        task(keep="cache.set(f'turns-{user_id}', turns)"),
        task(
            load="row = cache.get(user_id)",
            add="turns = [row['text']]",
            keep="row['label'] = said; cache.set(user_id, row)",
        ),
        task(load=f"known = cache.get(text)\n        {LOAD}", keep="cache.set(text, answer)"),
    ],
    ids=["only the answer", "elsewhere", "begun anew", "without the answer", "a row", "a cache of answers"],
)
def test_a_task_that_keeps_no_answer_for_the_next_one(source):
    assert verdict(source) == "batchable"


OBJECT = """
    from celery import shared_task
    from openai import OpenAI
    from store import cache

    client = OpenAI()

    class Talk:
        def __init__(self, user_id):
            self.key = f"turns-{user_id}"
            self.turns = {turns}

        def keep(self):
            cache.set(self.key, self.turns)

        def ask(self, text):
            turns = self.turns
            turns.append({"role": "user", "content": text})
            answer = client.chat.completions.create(model="gpt-5", messages=turns)  # !
            turns.append({"role": "assistant", "content": answer.choices[0].message.content})
            self.keep()

    {run}
    """
RUN_TASK = "@shared_task\n    def talk(user_id, text):\n        Talk(user_id).ask(text)"
RUN_LOOP = 'for user_id, text in map(str.split, open("texts.txt")):\n        Talk(user_id).ask(text)'


@pytest.mark.parametrize(
    ("turns", "run", "expected"),
    [
        ("cache.get(self.key, [])", RUN_TASK, "realtime"),
        ("[]", RUN_TASK, "batchable"),
        ("cache.get(self.key, [])", RUN_LOOP, "batchable"),
    ],
    ids=["tasks", "tasks that begin anew", "a run over all"],
)
def test_an_object_may_keep_its_history_in_a_store(turns: str, run: str, expected: str):
    assert verdict(OBJECT.replace("{turns}", turns).replace("{run}", run)) == expected
