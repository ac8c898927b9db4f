"""Objects in other processes (Ray's actors): a class and its methods are asked through `remote`."""

import pytest

from .verdicts import verdict

PROGRAM = """
    import ray
    from openai import OpenAI

    {decorator}
    class Labeller:
        def __init__(self, client, model="gpt-5"):
            self.client, self.model = client, model

        def label(self, line):
            return self.client.responses.create(model=self.model, input=line).output_text  # !

        def shorten(self, line):
            return line[:80]

    def run(client):
        {body}

    {start}
    """
BY_HAND = 'if __name__ == "__main__": run(OpenAI())'
IN_A_ROUTE = """from fastapi import FastAPI
    app = FastAPI()

    @app.post("/labels")
    def labels():
        return run(OpenAI())"""
MADE = [
    "labeller = Labeller.remote(client)",
    "labeller = Labeller.remote(client=client)",
    "labeller = Labeller.options(num_cpus=2).remote(client)",
]
EACH = "return ray.get([labeller.{}.remote(line) for line in open('lines.txt')])"


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("decorator", ["@ray.remote", "@ray.remote(max_restarts=-1)"])
@pytest.mark.parametrize(
    ("method", "start", "expected"),
    [
        ("label", BY_HAND, "batchable"),
        ("label", IN_A_ROUTE, "realtime"),
        ("shorten", BY_HAND, "unclear"),
    ],
)
def test_who_calls_a_method_remotely_runs_it(made: str, decorator: str, method: str, start: str, expected: str):
    body = f"{made}; {EACH.format(method)}"
    assert verdict(PROGRAM.format(decorator=decorator, body=body, start=start)) == expected
