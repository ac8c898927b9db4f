"""Scripts that send the lines of a file to the address that an option names, taking one after the other."""

import pytest

from .verdicts import verdict

SENDER = """
    import argparse
    import asyncio
    import json
    from dataclasses import dataclass
    import aiohttp

    @dataclass
    class Request:
        body: dict

        async def send(self, session, url):
            async with session.post(url=url, json=self.body) as response:  # !
                print(await response.json())

    async def send_all(path, url):
        with open(path) as file:
            lines, request = {lines}, None
            async with aiohttp.ClientSession() as session:
                while True:
                    {take}
                    if request:
                        asyncio.create_task(request.send(session, url=url))
                        request = None
                    await asyncio.sleep(0.001)

    if __name__ == "__main__":
        parser = argparse.ArgumentParser()
        parser.add_argument("path")
        parser.add_argument({option})
        args = parser.parse_args()
        asyncio.run(send_all(args.path, args.request_url))
    """
NEXT = """try:
                        request = Request(json.loads(next(lines)))
                    except StopIteration:
                        break"""
URL = '"https://api.openai.com/v1/embeddings"'


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "batchable"),
        ({"option": f'"-u", "--url", dest="request_url", default={URL}'}, "batchable"),
        ({"option": '"--request-url", default="http://localhost:8000/v1/embeddings"'}, "none"),
        ({"option": '"--request-url", required=True'}, "none"),
        ({"option": f'"--other-url", default={URL}'}, "none"),
        ({"take": "request = Request(json.loads(input()))"}, "realtime"),
        ({"take": "request = Request(json.loads(lines))", "lines": "file.read()"}, "unclear"),
    ],
)
def test_an_address_that_is_an_options_default_and_the_next_line_of_a_file(changed: dict[str, str], expected: str):
    parts = {"lines": "iter(file)", "take": NEXT, "option": f'"--request-url", default={URL}'} | changed
    assert verdict(SENDER.format(**parts)) == expected
