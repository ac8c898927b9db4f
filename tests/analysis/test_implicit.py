"""Methods that Python itself calls, for a loop, an index or a `with`."""

import pytest

from .verdicts import verdict

PROGRAM = {
    "pages.py": """
        from openai import OpenAI

        client = OpenAI()

        def label(line):
            return client.responses.create(model="gpt-5", input=line).output_text  # !

        class Base:
            def __init__(self, path):
                self.lines = open(path).readlines()
                self.at = 0

            def __iter__(self):
                return self

            def __next__(self):
                if self.at == len(self.lines):
                    raise StopIteration
                self.at += 1
                return self.made(self.lines[self.at - 1])

            def __enter__(self):
                self.first = label(self.lines[0])
                return self

            def __exit__(self, *error):
                return None

            def __getitem__(self, at):
                return label(self.lines[at])

        class Labelled(Base):
            def made(self, line):
                return label(line)

        class Plain(Base):
            def made(self, line):
                return line

        class Cursor:
            def __init__(self, lines):
                self.lines = lines

            def __next__(self):
                return label(self.lines.pop())

        class Apart(Base):
            def __iter__(self):
                return Cursor(self.lines)

        class Generated(Base):
            def __iter__(self):
                for line in self.lines:
                    yield label(line)

        class Streamed(Base):
            def __aiter__(self):
                return self

            async def __anext__(self):
                return label(self.lines.pop())

        class Asking:
            def __init__(self, line):
                self.line = line

            def run(self):
                return label(self.line)

        class Jobs(Base):
            def made(self, line):
                return Asking(line)
        """,
    "app.py": """
        import asyncio
        import sys
        from tqdm import tqdm
        from pages import Apart, Generated, Jobs, Labelled, Plain, Streamed

        async def stream():
            async for page in Streamed("pages.txt"):
                print(page)

        def main():
            {body}

        if __name__ == "__main__":
            main()
        """,
}


def program(body: str) -> dict[str, str]:
    return {**PROGRAM, "app.py": PROGRAM["app.py"].format(body=body)}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("for page in Labelled('pages.txt'): print(page)", "batchable"),
        ("for n, page in enumerate(tqdm(Labelled('pages.txt'))): print(n, page)", "batchable"),
        ("print([page for page in Labelled('pages.txt')])", "batchable"),
        ("print(list(Apart('pages.txt')))", "batchable"),
        ("for page in Apart('pages.txt'): print(page)", "batchable"),
        ("for page in Generated('pages.txt'): print(page)", "batchable"),
        ("print(list(Generated('pages.txt')))", "batchable"),
        ("asyncio.run(stream())", "batchable"),
        ("print([Plain('pages.txt')[n] for n in range(1000)])", "batchable"),
        ("for job in Jobs('pages.txt'): print(job.run())", "batchable"),
        ("for path in sys.argv:\n                with Plain(path) as pages: print(pages.first)", "batchable"),
    ],
)
def test_a_script_comes_to_them(body: str, expected: str):
    assert verdict(program(body)) == expected


@pytest.mark.parametrize(
    "body",
    [
        "for page in Plain('pages.txt'): print(page)",
        "print(next(Labelled('pages.txt')))",
        "with Plain('pages.txt') as pages: print(pages.first)",
        "print(Plain('pages.txt')[0])",
    ],
)
def test_one_item_or_one_that_asks_nothing_is_no_batch(body: str):
    assert verdict(program(body)) != "batchable"
