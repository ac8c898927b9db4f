"""Each answer is the SDK's own object, each failure the SDK's own exception, as the realtime call would have given."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_provider import Failure, FakeProvider, Faults

from runtime.programs import Program

# Every call is made twice: realtime first, then through the helper. What is printed must be the same.
BOTH = """
    import anthropic, openai
    from pydantic import BaseModel
    from llm_batch import request, run_batch

    class City(BaseModel):
        name: str
        people: int

    client = openai.OpenAI(max_retries=0)
    claude = anthropic.Anthropic(max_retries=0)
    TALK = [{"role": "user", "content": "item"}]
    SPEND = [{"role": "user", "content": "spend"}]
    TOOL = {"type": "function", "function": {"name": "look", "parameters": {
        "type": "object", "properties": {"where": {"type": "string"}}}}}

    def show(value):
        for name in ("_request_id", "request_id"):
            if getattr(value, name, None) and not isinstance(value, Exception):
                setattr(value, name, None)
        if isinstance(value, Exception):
            return type(value).__name__, str(value), [getattr(value, n, None) for n in ("status_code", "code", "body")]
        return type(value).__name__, repr(value)

    def one(method, kwargs):
        try:
            answer = yield request(method, **kwargs)
        except Exception as error:
            return show(error)
        return show(answer)

    def live(method, kwargs):
        try:
            return show(method(**kwargs))
        except Exception as error:
            return show(error)

    CALLS = [
        (client.chat.completions.create, dict(model="m", messages=TALK, temperature=0.1, timeout=3)),
        (client.chat.completions.create, dict(model="m", messages=(m for m in ()), extra_body={"messages": TALK})),
        (client.chat.completions.create, dict(model="m", messages=TALK, tools=[TOOL])),
        (client.chat.completions.parse, dict(model="m", messages=TALK, response_format=City)),
        (client.chat.completions.parse, dict(model="m", messages=TALK, response_format=City, max_tokens=1)),
        (client.embeddings.create, dict(model="e", input="item")),
        (client.embeddings.create, dict(model="e", input=["item", "other"], dimensions=3)),
        (client.embeddings.create, dict(model="e", input="item", encoding_format="float")),
        (client.embeddings.create, dict(model="e", input="item", encoding_format="base64")),
        (client.moderations.create, dict(model="m", input="item")),
        (client.completions.create, dict(model="m", prompt="item")),
        (client.responses.create, dict(model="m", input="item")),
        (client.responses.parse, dict(model="m", input="item", text_format=City)),
        (client.chat.completions.create, dict(model="m", messages=SPEND)),
        (claude.messages.create, dict(model="c", max_tokens=9, messages=TALK)),
        (claude.messages.parse, dict(model="c", max_tokens=9, messages=TALK, output_format=City)),
        (claude.messages.create, dict(model="c", max_tokens=9, messages=SPEND)),
    ]
    batch = run_batch(one(method, kwargs) for method, kwargs in CALLS)
    for (method, kwargs), got in zip(CALLS, batch):
        if "extra_body" in kwargs:
            kwargs = {**kwargs, "messages": []}
        wanted = live(method, kwargs)
        print("same" if got == wanted else f"{method} {kwargs}: {got} is not {wanted}")
"""


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 429, 500, 503, 529])
def test_answers_and_errors_are_those_of_the_realtime_call(tmp_path: Path, status: int) -> None:
    program = Program(tmp_path, BOTH)
    with FakeProvider(Faults(failures=[Failure("spend", status, "no_money", "No money.")])) as provider:
        result = program.run(provider)
        lines = result.output.splitlines()
        odd = [line for line in lines if line != "same"]
        if status in (409, 422, 503):  # Anthropic's errors name a kind, not a status: these have no kind of their own
            odd = [line for line in odd if "messages.create" not in line and "Messages.create" not in line]
        assert (result.code, len(lines), odd) == (0, 17, []), result


CANNOT = """
    from openai import OpenAI
    from llm_batch import request
    client = OpenAI()
    TALK = [{"role": "user", "content": "x"}]
    for method, kwargs in [
        (client.chat.completions.create, dict(model="m", messages=TALK, stream=True)),
        (client.chat.completions.create, dict(model="m", messages=TALK, extra_headers={"a": "b"})),
        (client.images.edit, dict(model="m", prompt="x", image=b"x")),
        (client.chat.completions.create, dict(model="m")),
        (client.models.list, {}),
        (print, {}),
    ]:
        try:
            request(method, **kwargs)
        except Exception as error:
            print(type(error).__name__)
"""


def test_what_a_batch_cannot_carry_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with FakeProvider() as provider:
        result = Program(tmp_path, CANNOT).run(provider)
        names = result.output.split()
        assert names == ["ValueError", "ValueError", "ValueError", "TypeError", "ValueError", "TypeError"], result
        assert provider.calls.total() == 0


SPLIT = """
    import llm_batch
    from openai import OpenAI
    from llm_batch import request, run_batch

    def embed(client, model, texts):
        answer = yield request(client.embeddings.create, model=model, input=texts)
        return len(answer.data)

    llm_batch.FACTS["openai"]["limits"] = (3, 100_000, 8)
    jobs = [("a", ["x"])] * 4 + [("b", ["y"] * 5)] * 2 + [("a", ["z" * 60_000])] * 2
    print(run_batch(embed(OpenAI(), model, texts) for model, texts in jobs))
"""


def test_batches_are_split_by_model_and_limits(tmp_path: Path) -> None:
    with FakeProvider() as provider:
        result = Program(tmp_path, SPLIT).run(provider)
        assert result.output == "[1, 1, 1, 1, 5, 5, 1, 1]\n", result
        sizes = [batch["request_counts"]["total"] for batch in provider.batches.values()]
        assert (sizes, provider.refused) == ([3, 1, 2, 1, 1], [])


RETRIED = """
    from openai import OpenAI
    from llm_batch import request, run_batch
    client = OpenAI()
    def ask(text):
        try:
            answer = yield request(client.embeddings.create, model="m", input=text)
        except Exception as error:
            return type(error).__name__
        return "ok"
    print(run_batch(ask(text) for text in ["a", "flaky", "b", "broken"]))
"""


def test_failures_by_chance_are_tried_again_as_the_client_would(tmp_path: Path) -> None:
    failures = [Failure("flaky", 500, times=1), Failure("broken", 503)]
    with FakeProvider(Faults(failures=failures)) as provider:
        result = Program(tmp_path, RETRIED).run(provider)
        assert result.output == "['ok', 'ok', 'ok', 'InternalServerError']\n", result
        assert len(provider.batches) == 3, "the client's max_retries is 2"


PHASES = """
    from openai import OpenAI
    from llm_batch import NotReady, collect_batch, request
    client = OpenAI()
    def ask(text):
        first = yield request(client.embeddings.create, model="m", input=text)
        second = yield request(client.embeddings.create, model="m", input=str(first.data[0].embedding[0]))
        return second.data[0].embedding[0]
    try:
        print(collect_batch(ask(text) for text in "ab"))
    except NotReady as later:
        print("later", later.seconds > 0)
"""


def test_a_job_that_does_not_wait_collects_in_later_runs(tmp_path: Path) -> None:
    program = Program(tmp_path, PHASES)
    with FakeProvider(polls=2) as provider:
        outputs = [program.run(provider).output for _ in range(6)]
        done = [output for output in outputs if output != "later True\n"]
        assert outputs[0] == "later True\n"
        assert done, outputs
        assert sum(provider.answered().values()) <= 8
        assert max(provider.answered().values()) <= 2


JOBS = """
    import os
    from openai import InternalServerError, OpenAI
    from llm_batch import NotReady, collect_batch, request
    client = OpenAI()
    def ask(text):
        try:
            answer = yield request(client.embeddings.create, model="m", input=text)
            return answer.model
        except InternalServerError:
            return "failed"
    def comes_back(job):
        try:
            print(job, collect_batch((ask(text) for text in ("tea", "jam")), job=job))
        except NotReady:
            return True
    for night in range(2):
        jobs = os.environ["JOBS"].split()
        for look in range(9):
            jobs = [job for job in jobs if comes_back(job)]
"""


def test_jobs_share_a_batch_until_the_last_of_them_has_used_it(tmp_path: Path) -> None:
    with FakeProvider(polls=3) as provider:
        result = Program(tmp_path, JOBS).run(provider, JOBS="one two")
    assert result.output == "one ['m', 'm']\ntwo ['m', 'm']\n" * 2, result
    assert (len(provider.batches), set(provider.answered().values())) == (2, {2})


def test_jobs_that_come_back_do_not_try_for_ever(tmp_path: Path) -> None:
    with FakeProvider(Faults(failures=[Failure("jam", 503)]), polls=2) as provider:
        result = Program(tmp_path, JOBS).run(provider, JOBS="one")
    assert result.output == "one ['m', 'failed']\n" * 2, result
    assert len(provider.batches) == 6, "the client's max_retries is 2"


FAILED = """
    from openai import OpenAI
    from llm_batch import collect_batch, raise_errors, request
    client = OpenAI(max_retries=0)
    def ask(text):
        answer = yield request(client.embeddings.create, model="m", input=text)
        if text in ("tea", "jam"):
            raise ValueError(f"no {text}")
        return answer.model
    results = collect_batch((ask(text) for text in ("pot", "tea", "jam")), return_exceptions=True, wait=True)
    try:
        raise_errors(results)
    except ValueError as error:
        print("raised", error)
    raise_errors(results[:1])
"""


def test_no_error_of_a_task_for_all_items_is_lost(tmp_path: Path) -> None:
    with FakeProvider() as provider:
        result = Program(tmp_path, FAILED).run(provider)
    assert result.output == "raised no tea\n", result
    assert "ValueError: no jam" in result.errors
