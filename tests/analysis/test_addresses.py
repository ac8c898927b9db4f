"""Where plain requests go: addresses that are put together, put into a dict, or told to what sends them."""

import pytest

from .verdicts import marked, verdict

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


HELPER = """
    import json
    import sys
    import requests

    class Model:
        def __init__(self, url):
            self.url = url

        def payload(self, words):
            body = {{"model": "gpt-5", "messages": [{{"role": "user", "content": words}}], "temperature": 0}}
            return body

        def send(self, payload):
            return requests.post(self.url, {sent})  # !

        def story(self, words):
            body = self.payload(words)
            return self.send(payload=body)

        def sentence(self, word):
            return self.send({other})

    if __name__ == "__main__":
        model = Model(sys.argv[1])
        for line in open("words.txt"):
            print(model.story(line), model.sentence(line))
    """


@pytest.mark.parametrize("sent", ["json=payload", "data=json.dumps(payload)", "data=json.dumps(payload).encode()"])
def test_a_body_that_callers_give_tells_what_is_asked(sent: str):
    assert verdict(HELPER.format(sent=sent, other="self.payload(word)")) == "batchable"


@pytest.mark.parametrize("other", ['{"chat_id": 1, "text": word}', "json.loads(word)"])
def test_a_helper_that_sends_other_bodies_as_well_asks_no_model(other: str):
    assert verdict(HELPER.format(sent="json=payload", other=other)) == "none"


GATEWAY = """
    import requests

    def answer(text):
        body = {"providers": "openai", "text": text, "chatbot_global_action": "Label it."}
        return requests.post("https://<server>/v2/text/chat", json=body).json()["openai"]

    for line in open("texts.txt"):
        print(answer(line), file=open("labels.txt", "a"))  # !
    """


@pytest.mark.parametrize(
    ("server", "expected"), [("api.edenai.run", "batchable"), ("edenai.example.com", "none"), ("localhost", "none")]
)
def test_a_gateway_is_known_by_its_server(server: str, expected: str) -> None:
    assert verdict(GATEWAY.replace("<server>", server)) == expected


TIERS = """
    import requests

    MODEL = "gemini-2.5-flash"
    for line in open("texts.txt"):
        print(requests.post(f"https://{url}", json={{"contents": line, "messages": line}}).json())  # !
    """


@pytest.mark.parametrize(
    ("url", "endpoint", "is_cheaper"),
    [
        ("generativelanguage.googleapis.com/v1beta/models/gemini-pro:generateContent", "models:generateContent", True),
        ("generativelanguage.googleapis.com/v1/models/{MODEL}:generateContent", "models:generateContent", True),
        ("generativelanguage.googleapis.com/v1beta/models/gemini-pro:countTokens", None, False),
        ("generativelanguage.googleapis.com/v1beta/models/gemini-pro:batchGenerateContent", None, False),
        ("api.anthropic.com/v1/messages/count_tokens", None, False),
        ("openrouter.ai/api/v1/chat/completions", "/v1/chat/completions", False),
        ("api.openai.com/v1/chat/completions", "/v1/chat/completions", True),
        ("api.openai.com/v1/audio/speech", "/v1/audio/speech", False),
    ],
)
def test_the_path_of_a_url_names_the_endpoint(url: str, endpoint: str | None, is_cheaper: bool) -> None:
    site = marked(TIERS.format(url=url))
    assert (site.endpoint if site else None, bool(site and site.batch)) == (endpoint, is_cheaper)
