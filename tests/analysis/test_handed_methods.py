"""SDK methods that are handed to what calls them: pools, retries, decorators that are applied by hand."""

import pytest

from .verdicts import call_sites, verdict

PROGRAM = """
    import asyncio
    import time
    from concurrent.futures import ThreadPoolExecutor
    from functools import partial

    import backoff
    import openai
    import pybreaker
    from retry.api import retry_call
    from tenacity import Retrying, retry, stop_after_attempt

    client = openai.OpenAI()
    breaker = pybreaker.CircuitBreaker()
    pool = ThreadPoolExecutor()
    retryer = Retrying(stop=stop_after_attempt(3))
    ask = retry(stop=stop_after_attempt(3))(client.responses.create)
    ask_slowly = backoff.on_exception(backoff.expo, openai.RateLimitError)(client.responses.create)

    class Gateway:
        def __init__(self):
            self.retryer = Retrying(stop=stop_after_attempt(3))

        def text(self, word):
            return self.retryer(client.responses.create, model="gpt-5", input=word)  # !

    {decorator}
    def label(word):
        return {call}  # !

    {body}
    """
CALLS = [
    'pool.submit(client.responses.create, model="gpt-5", input=word)',
    'pool.submit(partial(client.responses.create, model="gpt-5"), input=word)',
    'retryer(client.responses.create, model="gpt-5", input=word)',
    'retry_call(client.responses.create, fkwargs={{"model": "gpt-5", "input": word}})',
    'breaker.call(client.responses.create, model="gpt-5", input=word)',
    'ask(model="gpt-5", input=word)',
    'ask_slowly(model="gpt-5", input=word)',
]
OFFLINE = 'for word in open("words.txt"):\n        label(word)'


@pytest.mark.parametrize("call", CALLS)
def test_what_is_handed_over_is_a_call_like_any_other(call: str) -> None:
    program = PROGRAM.replace("# !", "", 1)
    assert verdict(program.format(decorator="", call=call.format(), body=OFFLINE)) == "batchable"
    served = program.replace("{decorator}", "from fastapi import FastAPI\n    app = FastAPI()\n    @app.get('/')")
    assert verdict(served.format(call=call.format(), body="")) == "realtime"


def test_an_attribute_may_hold_what_tries_again() -> None:
    program = PROGRAM.replace("{call}  # !", "word").format(decorator="", body="gateway = Gateway()\n    {body}")
    assert verdict(program.format(body='for word in open("words.txt"):\n        gateway.text(word)')) == "batchable"


@pytest.mark.parametrize(("handed", "found"), [("client.responses.create", True), ("str.format", False)])
def test_a_parameter_may_hold_the_method(handed: str, found: bool) -> None:
    program = f"""
        import asyncio
        from openai import OpenAI

        client = OpenAI()

        async def tried(method, **options):
            return await asyncio.to_thread(method, **options)

        async def main():
            for word in open("words.txt"):
                print(await tried({handed}, model="gpt-5", input=word))

        asyncio.run(main())
        """
    verdicts = {site.verdict for site in call_sites(program) if site.path == "app.py"}
    assert ("batchable" in verdicts) is found


@pytest.mark.parametrize(
    "call",
    [
        "print(client.responses.create)",
        "pool.submit(print, client.responses.create)",
        "hasattr(client.responses, 'create')",
        "time.sleep(1)",
        "pool.submit(label, word)",
    ],
)
def test_a_method_that_nothing_calls_is_no_call(call: str) -> None:
    program = PROGRAM.replace('return self.retryer(client.responses.create, model="gpt-5", input=word)  # !', "pass")
    sites = call_sites(program.format(decorator="", call=call, body=OFFLINE))
    assert not [site for site in sites if site.path == "app.py"]


BOUND = """
    from functools import partial
    from openai import OpenAI

    client = OpenAI()

    def tried(run):
        while True:
            try:
                return run({given})
            except OSError:
                print("again")

    for word in open("words.txt"):
        {held}
        print(tried(call))
    """


@pytest.mark.parametrize(
    ("held", "given", "lines"),
    [
        ('call = partial(client.responses.create, model="gpt-5", input=word)', "", [15]),
        ("call = client.responses.create", 'model="gpt-5", input="hi"', [10]),
    ],
)
def test_what_binds_the_arguments_of_a_request_is_its_place(held: str, given: str, lines: list[int]) -> None:
    sites = call_sites({"app.py": BOUND.format(held=held, given=given), "llm.py": ""})
    assert [site.line for site in sites] == lines
