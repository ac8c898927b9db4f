"""Where plain requests go: addresses that are put together, put into a dict, or told to what sends them."""

import pytest

from .verdicts import verdict

REQUESTS = {
    "joined": """
        from urllib.parse import urljoin
        import json, requests

        for line in open("requests.jsonl"):
            url = urljoin("https://{server}/v1/", "chat/completions")
            print(requests.post(url, json=json.loads(line)).json())  # !
        """,
    "put into a dict": """
        import json, requests

        settings = {}
        settings["url"] = "https://{server}/v1/chat/completions"

        def send(line):
            return requests.post(settings["url"], json=json.loads(line)).json()  # !

        for line in open("requests.jsonl"):
            print(send(line))
        """,
    "put into a dict, and made longer": """
        import json, requests

        settings = {}
        settings["url"] = "https://{server}/v1"
        settings["url"] = settings["url"] + "/chat/completions"
        for line in open("requests.jsonl"):
            print(requests.post(settings["url"], json=json.loads(line)).json())  # !
        """,
    "told to a session": """
        import aiohttp, asyncio, json

        async def send(session, line):
            async with session.post("/v1/chat/completions", json=json.loads(line)) as response:  # !
                return await response.json()

        async def main():
            async with aiohttp.ClientSession("https://{server}") as session:
                print(await asyncio.gather(*(send(session, line) for line in open("requests.jsonl"))))

        asyncio.run(main())
        """,
    "told to a connection": """
        import http.client

        connection = http.client.HTTPSConnection("{server}")
        for line in open("requests.jsonl"):
            connection.request("POST", "/v1/chat/completions", line)  # !
            print(connection.getresponse().read())
        """,
}


@pytest.mark.parametrize(("server", "expected"), [("api.openai.com", "batchable"), ("example.org", "none")])
@pytest.mark.parametrize("name", REQUESTS)
def test_the_server_of_a_plain_request(name: str, server: str, expected: str) -> None:
    assert verdict(REQUESTS[name].replace("{server}", server)) == expected


def test_another_key_of_the_dict_is_another_address() -> None:
    source = REQUESTS["put into a dict"].replace("{server}", "api.openai.com")
    assert verdict(source.replace('post(settings["url"]', 'post(settings["other"]')) == "none"
