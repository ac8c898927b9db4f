"""What a thread or an executor gives back: what the function gives that it runs."""

import pytest

from .verdicts import verdict

JOB = """
    import asyncio
    import sys
    from functools import partial

    import anyio.to_thread
    import boto3
    from fastapi.concurrency import run_in_threadpool
    from openai import OpenAI

    class Store:
        responses = None

    def hosted(key=None):
        return OpenAI(api_key=key)

    def local(key=None):
        return OpenAI(api_key=key, base_url="http://localhost:8000/v1")

    async def main():
        loop = asyncio.get_running_loop()
        client = await <made>
        for line in open(sys.argv[1]):
            answer = await asyncio.to_thread(partial(client.<method>, model="gpt-5", input=line))  # !
            print(answer, file=open(sys.argv[2], "a"))

    if __name__ == "__main__":
        asyncio.run(main())
    """


def job(made: str, method: str = "responses.create") -> str:
    return verdict(JOB.replace("<made>", made).replace("<method>", method))


@pytest.mark.parametrize(
    "how",
    [
        "asyncio.to_thread(%s)",
        "asyncio.to_thread(%s, 'key')",
        "asyncio.to_thread(partial(%s, 'key'))",
        "loop.run_in_executor(None, %s)",
        "loop.run_in_executor(None, partial(%s, key='key'))",
        "anyio.to_thread.run_sync(%s)",
        "run_in_threadpool(%s)",
        "asyncio.to_thread(lambda: %s())",
    ],
)
def test_a_client_may_be_made_in_a_thread(how: str) -> None:
    assert job(how % "OpenAI") == "batchable"
    assert job(how % "hosted") == "batchable"
    assert job(how % "local") == "none"
    assert job(how % "Store") == "none"


def test_what_a_factory_makes_is_named_by_what_the_executor_hands_it() -> None:
    made = "asyncio.to_thread(partial(boto3.client, '%s', region_name='eu-west-1'))"
    assert job(made % "bedrock-runtime", "converse") == "batchable"
    assert job(made % "s3", "converse") == "none"


ASSISTANT = """
    from functools import partial
    from homeassistant.core import HomeAssistant
    from openai import <kind>

    async def async_setup_entry(hass, entry):
        client = await hass.async_add_executor_job(partial(<kind>, api_key=entry.data["key"]))

        async def describe(call):
            return await hass.async_add_executor_job(
                partial(client.responses.create, model="gpt-5", input=call.data["text"])  # !
            )

        hass.services.async_register("camera", "describe", describe)
    """


def test_a_home_s_service_waits_for_what_its_executor_runs() -> None:
    assert verdict(ASSISTANT.replace("<kind>", "OpenAI")) == "realtime"
    assert verdict(ASSISTANT.replace("<kind>", "OpenAIError")) == "none"


FOLDER = """
    import asyncio
    import sys
    from functools import partial
    from llm import ask

    def label(path, folder="."):
        open(path + ".label", "w").write(ask(open(folder + path).read()))

    async def run(path):
        loop = asyncio.get_running_loop()
        await <run>

    async def main():
        for path in sys.argv[1:]:
            await run(<path>)  # !

    if __name__ == "__main__":
        asyncio.run(main())
    """


@pytest.mark.parametrize(
    "how",
    [
        "asyncio.to_thread(label, path)",
        "asyncio.to_thread(label, path, 'texts/')",
        "asyncio.to_thread(label, path=path)",
        "loop.run_in_executor(None, label, path)",
        "loop.run_in_executor(None, partial(label, path))",
        "asyncio.to_thread(partial(label, path, folder='texts/'))",
    ],
)
def test_what_a_thread_is_given_becomes_the_function_s_parameters(how: str) -> None:
    assert verdict(FOLDER.replace("<run>", how).replace("<path>", "path")) == "batchable"


def test_who_gives_the_thread_nothing_of_its_own_passes_nothing_on() -> None:
    assert verdict(FOLDER.replace("<run>", "asyncio.to_thread(label, 'a.txt')").replace("<path>", "path")) == "none"
