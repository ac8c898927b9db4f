"""Objects that are called, wrapped first and then kept by another object that calls all of them."""

import pytest

from .verdicts import verdict

PROGRAM = """
    import asyncio
    from functools import wraps
    from llm import aask

    class Explainer:
        async def __call__(self, record):
            return await aask(record)  # !

    class Echo:
        async def __call__(self, record):
            return record

    def timed(function, before=None):
        @wraps(function)
        async def wrapped(record):
            if before is not None:
                record = before(record)
            return await function(record)

        return wrapped

    class Pipe:
        def __init__(self, *functions):
            self.functions = functions

        async def __call__(self, record):
            return await asyncio.gather(*[function(record) for function in self.functions])

    async def run(pipe, records):
        for record in records:
            print(await pipe(record))

    def main(kinds):
        {made}
        asyncio.run(run(pipe, open("records.txt")))

    main(["short", "long"])
    """
MADE = [
    "pipe = Pipe(timed({kind}(), str.strip))",
    "steps = [timed({kind}())]; pipe = Pipe(*steps)",
    """
        steps = []
        for kind in kinds:
            step = {kind}()
            ready = timed(step, str.strip)
            steps.append(ready)
        pipe = Pipe(*steps)""",
]


@pytest.mark.parametrize("made", MADE)
def test_a_pipe_calls_the_objects_that_it_was_made_of(made: str) -> None:
    assert verdict(PROGRAM.format(made=made.format(kind="Explainer"))) == "batchable"
    assert verdict(PROGRAM.format(made=made.format(kind="Echo"))) == "unclear"


STREAM = """
    import anthropic

    client = anthropic.Anthropic()

    def request(text):
        found = None
        while found is None:
            found = client.messages.create(
                model="claude-sonnet-4-5", max_tokens=9, messages=[{{"role": "user", "content": text}}], stream=True
            )  # !
        return found

    def main():
        for line in open("texts.txt"):
            answer = request(line)
            if isinstance(answer, anthropic.Stream):
                text = ""
                for part in answer:
                    {part}
            else:
                text = answer.content[0].text
            print(text)

    main()
    """


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("text += part.delta.text", "batchable"),
        ("print(part.delta.text)", "realtime"),
    ],
)
def test_a_stream_that_may_also_be_a_whole_answer(part: str, expected: str) -> None:
    assert verdict(STREAM.format(part=part)) == expected
