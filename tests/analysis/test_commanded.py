"""A command that is given the one thing that it asks about, beside a job that has the same code ask about all."""

import pytest

from .verdicts import verdict

SHARED = """
    import llm

    def score(company, strict=True):
        return llm.ask(company){shared}
    """
JOB = """
    from store import companies
    from scores import score

    if __name__ == "__main__":
        for company in companies():
            print(score(company)){job}
    """
CLICK = """
    import asyncio
    import click
    from store import companies, fetch
    from scores import score

    @click.group()
    def cli(): ...

    @cli.command()
    @click.{declared}
    def show(url):
        async def run():
            page = fetch(url)
            print(score({given}))

        asyncio.run(run())

    if __name__ == "__main__":
        cli()
    """
ARGV = """
    import sys
    from store import companies
    from scores import score

    def main():
        {told} = sys.argv[1]
        for company in companies():
            if company.{picked}:
                print(score(company))
                break

    if __name__ == "__main__":
        main()
    """
PARSED = """
    import argparse
    from store import fetch
    from scores import score

    def show(company):
        print(score(fetch(company)))

    def main():
        parser = argparse.ArgumentParser()
        parser.add_argument({declared})
        args = parser.parse_args()
        show({given})

    if __name__ == "__main__":
        main()
    """
ONE = [
    (CLICK, {"declared": 'argument("url")', "given": "page"}),
    (CLICK, {"declared": 'argument("url")', "given": "f'{page.title} {url}'"}),
    (ARGV, {"told": "wanted", "picked": "id == wanted"}),
    (PARSED, {"declared": '"name"', "given": "args.name"}),
    (PARSED, {"declared": '"name"); parser.add_argument("town"', "given": "args.name"}),
]
OTHERS = [
    (CLICK, {"declared": 'option("--url")', "given": "page"}),
    (CLICK, {"declared": 'argument("url", nargs=-1)', "given": "page"}),
    (CLICK, {"declared": 'argument("url")', "given": "companies()[0]"}),
    (CLICK, {"declared": 'argument("url", type=click.Path())', "given": "page"}),
    (ARGV, {"told": "path", "picked": "id == path"}),
    (ARGV, {"told": "if len(sys.argv) > 1:\n            wanted", "picked": "id == wanted"}),
    (ARGV, {"told": "wanted", "picked": "id != wanted"}),
    (PARSED, {"declared": '"name", nargs="?"', "given": "args.name"}),
    (PARSED, {"declared": '"--name"', "given": "args.name"}),
    (PARSED, {"declared": '"name", help="XML file, e.g. all.xml"', "given": "args.name"}),
    (PARSED, {"declared": '"name"); parser.add_argument("names", nargs="*"', "given": "args.name"}),
]


def program(command: str, parts: dict[str, str], mark: str) -> dict[str, str]:
    for name, text in parts.items():
        command = command.replace("{" + name + "}", text)
    files = {"scores.py": SHARED, "job.py": JOB, "show.py": command}
    for name in ("shared", "job"):
        files = {path: text.replace("{" + name + "}", "  # !" * (name == mark)) for path, text in files.items()}
    return files


@pytest.mark.parametrize(("mark", "expected"), [("shared", "realtime"), ("job", "batchable")])
@pytest.mark.parametrize(("command", "parts"), ONE)
def test_who_names_the_one_item_waits(command: str, parts: dict[str, str], mark: str, expected: str):
    assert verdict(program(command, parts, mark)) == expected


@pytest.mark.parametrize(("command", "parts"), OTHERS)
def test_a_command_that_is_no_question(command: str, parts: dict[str, str]):
    assert verdict(program(command, parts, "shared")) == "batchable"
