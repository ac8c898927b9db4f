"""Lists and tables of jobs that are filled in one place and run in another."""

import pytest

from .verdicts import verdict

PROGRAM = """
    import os
    from llm import ask

    def label(line):
        return ask(line)  # !

    def shorten(line):
        return line[:80]

    JOBS = [shorten]
    NAMED = [("shorten", shorten)]
    TABLE = {{"shorten": shorten}}

    if os.getenv("PAID"):
        {filled}

    {start}
    """
RUN = {
    "JOBS": "for job in JOBS: print(job(line))",
    "NAMED": "for name, job in NAMED: print(job(line))",
    "TABLE": "print(TABLE[name](line))",
}
FILLED = [
    "JOBS.append({})",
    "JOBS.insert(0, {})",
    "JOBS.extend([{}])",
    "JOBS += [{}]",
    "JOBS[1:1] = [{}]",
    "NAMED.extend([('label', {}), ('shorten', shorten)])",
    "NAMED[0:0] = [('label', lambda line: {}(line))]",
    "TABLE['label'] = {}",
    "TABLE.update({{'label': {}}})",
    "TABLE.update(label={})",
    "TABLE.setdefault('label', {})",
    "TABLE |= {{'label': {}}}",
]


@pytest.mark.parametrize("filled", FILLED)
@pytest.mark.parametrize(
    ("put", "start", "expected"),
    [
        (
            "label",
            "def run(name):\n        for line in open('lines.txt'):\n            {}\n\n    run('label')",
            "batchable",
        ),
        (
            "label",
            "from flask import Flask, request\n    app = Flask(__name__)\n"
            "    @app.post('/run')\n    def run(name):\n        for line in request.json:\n            {}",
            "realtime",
        ),
        (
            "shorten",
            "def run(name):\n        for line in open('lines.txt'):\n            {}\n\n    run('label')",
            "unclear",
        ),
    ],
)
def test_who_runs_all_of_them_runs_what_was_put_in_later(filled: str, put: str, start: str, expected: str):
    name = next(each for each in RUN if filled.startswith(each))
    assert verdict(PROGRAM.format(filled=filled.format(put), start=start.format(RUN[name]))) == expected


REGISTRY = """
    from llm import ask

    class Page:
        def read(self, line):
            return ask(line)  # !

    class Feed:
        def read(self, line):
            return line[:80]

    class Sources:
        def __init__(self):
            self.more = []
            for name in open("pages.txt"):
                self.register(name, {made})

        def register(self, name, source):
            self.more.append((name, source))

        def run(self):
            sources = [("feed", Feed())]
            {filled}
            for name, source in sources:
                print(source.read(name))

    if __name__ == "__main__":
        Sources().run()
    """


@pytest.mark.parametrize(
    ("made", "filled", "expected"),
    [
        ("Page()", "sources.extend(self.more)", "batchable"),
        ("Feed()", "sources.extend(self.more)", "unclear"),
        ("Page()", "self.more.extend(sources)", "unclear"),
    ],
)
def test_what_one_list_has_goes_into_another(made: str, filled: str, expected: str) -> None:
    assert verdict(REGISTRY.replace("{made}", made).replace("{filled}", filled)) == expected


SPREAD = """
    import json
    import sys
    from dataclasses import dataclass
    import requests

    URLS = {"chat": "https://api.openai.com/v1/chat/completions", "done": "https://example.org/done"}

    @dataclass
    class Settings:
        key: str
        url: str

    def settings(path):
        {found}
        return Settings({given})

    def label(given: Settings, path):
        for line in open(path):
            print(requests.post(given.url, json=json.loads(line), headers={"Authorization": given.key}).json())  # !

    if __name__ == "__main__":
        label(settings(sys.argv[1]), sys.argv[2])
    """
PUT = 'found = {}; found["key"] = open(path).read(); found["url"] = URLS["chat"]'


@pytest.mark.parametrize(
    ("found", "given", "expected"),
    [
        (PUT, "**found", "batchable"),
        ('found = {"key": open(path).read(), "url": URLS["chat"]}', "**found", "batchable"),
        (PUT.replace('URLS["chat"]', '"https://example.org/label"'), "**found", "none"),
        (PUT.replace('found["url"]', 'found["address"]'), "**found", "none"),
    ],
    ids=["put in", "written out", "another server", "another key"],
)
def test_a_field_is_given_in_a_dict_that_makes_the_object(found: str, given: str, expected: str) -> None:
    assert verdict(SPREAD.replace("{found}", found).replace("{given}", given)) == expected
