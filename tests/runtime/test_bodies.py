"""Bodies that hold objects: what an SDK answered, dates, models, what is drawn only once."""

from __future__ import annotations

from pathlib import Path

from fake_provider import FakeProvider

from runtime.programs import Program

SOURCE = """
import datetime, sys
import anthropic, openai
from pydantic import BaseModel
from llm_batch import realtime, request, run_batch

client, claude = openai.OpenAI(), anthropic.Anthropic()

class Part(BaseModel):
    type: str = "text"
    text: str
    extra: str = "left out, as nobody has set it"

def chat(text):
    return dict(model="m", messages=[{"role": "user", "content": text}])

def rounds():
    first = yield request(client.chat.completions.create, **chat("one"))
    told = chat("one")["messages"] + [first.choices[0].message, {"role": "user", "content": "and two"}]
    yield request(client.chat.completions.create, model="m", messages=told)
    yield request(client.chat.completions.create, model="m", messages=(each for each in told))
    asked = {"role": "user", "content": [Part(type="input_text", text="three")]}
    yield request(client.responses.create, model="m", input=[asked])
    answer = yield request(claude.messages.create, **chat("four"), max_tokens=9)
    turns = [*chat("four")["messages"], {"role": "assistant", "content": answer.content}]
    again = [{"type": "text", "text": str(datetime.date(2026, 11, 30))}, Part(type="text", text="five")]
    asked = [*turns, {"role": "user", "content": again}]
    yield request(claude.messages.create, model="m", max_tokens=9, messages=asked)

realtime(rounds()) if sys.argv[1:] else run_batch(rounds() for _ in range(1))
"""


def test_objects_are_sent_as_the_sdk_sends_them(tmp_path: Path) -> None:
    program = Program(tmp_path, SOURCE)
    with FakeProvider() as provider:
        assert program.run(provider, "live").code == 0
        realtime = provider.answered()
        provider.exchanges.clear()
        result = program.run(provider)
        assert (result.code, provider.answered()) == (0, realtime), result
        assert (realtime.total(), provider.realtime_calls) == (6, 6)
