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


ASKING = """
    {imports}
    from openai import OpenAI

    {head}
        client = OpenAI(base_url={url})
        for line in open(path):
            print(client.responses.create(model="m", input=line))  # !

    if __name__ == "__main__":
        run()
    """
PARSER = """
    import argparse

    def parser():
        parser = argparse.ArgumentParser()
        parser.add_argument("path")
        parser.add_argument("--api-url", default=DEFAULT)
        return parser
    """
CLICK = """@click.command()
    @click.option("--api-url", default=DEFAULT)
    @click.argument("path")
    def run(path, api_url):"""
TYPER = """@app.command()
    def run(path: str, api_url: str = typer.Option(DEFAULT, help="Where")):"""
HEADS = {
    "argparse": (
        "from options import parser",
        "def run(path='x'):\n        args = parser().parse_args()",
        "args.api_url",
    ),
    "click": ("import click", CLICK, "api_url"),
    "typer": ("import typer\n    app = typer.Typer()", TYPER, "api_url"),
}


@pytest.mark.parametrize(
    ("default", "expected"),
    [("http://localhost:8000/v1", "none"), ("https://api.openai.com/v1", "batchable"), (None, "batchable")],
)
@pytest.mark.parametrize("way", HEADS)
def test_a_script_asks_the_server_that_is_an_options_default(way: str, default: str | None, expected: str):
    imports, head, url = HEADS[way]
    program = {"app.py": ASKING.format(imports=imports, head=head, url=url), "options.py": PARSER}
    assert verdict({path: text.replace("DEFAULT", repr(default)) for path, text in program.items()}) == expected


def test_an_option_of_another_program_says_nothing():
    other = PARSER.replace("DEFAULT", '"http://localhost:8000/v1"')
    imports, head, url = HEADS["argparse"]
    app = ASKING.format(imports=imports, head=head, url=url)
    second = other.replace("8000", "9000").replace("def parser", "def other")
    assert verdict({"app.py": app, "options.py": other, "others.py": second}) == "batchable"
