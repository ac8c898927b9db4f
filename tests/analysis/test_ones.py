"""A call that is made only where there is one item asks once, whatever loop is below it."""

import pytest

from .verdicts import verdict

APP = """
import sys
from llm import ask

class Parts:
    def __init__(self, text, width=1000):
        self.parts = [text[at : at + width] for at in range(0, len(text), width)]
        self.amount = len(self.parts)
        self.width = width

    def ask_all(self, prompt):
        return [ask(prompt + part) for part in self.parts]

def ask_all(parts):
    return [ask(part) for part in parts]

def main(text):
    parts = Parts(text)
    others = Parts(text.upper())
    pieces = text.split()
    amount = len(pieces)
    {test}
        print({call})  # !

if __name__ == "__main__":
    main(open(sys.argv[1]).read())
"""


@pytest.mark.parametrize(
    ("test", "call"),
    [
        ("if parts.amount == 1:", "parts.ask_all(text)"),
        ("if len(pieces) == 1:", "ask_all(pieces)"),
        ("if text and 1 == amount:", "ask_all(pieces)"),
    ],
)
def test_what_is_asked_for_one_item_is_one_request(test: str, call: str) -> None:
    assert verdict(APP.format(test=test, call=call)) == "realtime"


@pytest.mark.parametrize(
    ("test", "call"),
    [
        ("if parts.amount == 2:", "parts.ask_all(text)"),
        ("if parts.amount > 1:", "parts.ask_all(text)"),
        ("if others.amount == 1:", "parts.ask_all(text)"),
        ("if parts.width == 1:", "parts.ask_all(text)"),
        ("if len(pieces) == 1 or text:", "ask_all(pieces)"),
        ("if len(text) == 1:", "ask_all(pieces)"),
        ("if amount != 1:", "ask_all(pieces)"),
    ],
)
def test_what_is_asked_for_any_number_is_many(test: str, call: str) -> None:
    assert verdict(APP.format(test=test, call=call)) == "batchable"


SAMPLES = """
import os
from llm import ask

def label(records, rules):
    found = [clean(record) for record in records]
    return [ask(str(record) + str(rules)) for record in found]

def judge(rules, folder):
    return [ask(open(path).read() + str(rules)) for path in os.listdir(folder)]

def run(records, rules):
    labels = label(records, rules)
    return [str(each) for each in labels]

if __name__ == "__main__":
    rules = {{"kind": "short", "language": "en"}}
    records = {records}
    print({call})  # !
"""
RECORD = '{"title": "A pump", "text": "It pumps."}'


@pytest.mark.parametrize(
    ("records", "call", "expected"),
    [
        (f"[{RECORD}]", "run(records, rules)", "realtime"),
        (f"[{RECORD}, {RECORD}]", "run(records, rules=rules)", "realtime"),
        ('["A pump that pumps water uphill."]', "run(records, rules)", "realtime"),
        (f"[{', '.join([RECORD] * 20)}]", "run(records, rules)", "batchable"),
        ('["pumps.txt", "valves.txt"]', "run(records, rules)", "batchable"),
        (f"[{RECORD}, *os.listdir('.')]", "run(records, rules)", "batchable"),
        ("os.listdir('.')", "run(records, rules)", "batchable"),
        # The records are rules for everything in a folder.
        (f"[{RECORD}, {RECORD}]", "judge(records, 'texts')", "batchable"),
    ],
)
def test_two_or_three_records_in_the_code_are_samples(records: str, call: str, expected: str) -> None:
    assert verdict(SAMPLES.format(records=records, call=call)) == expected


TRIED = """
from llm import ask

class Classifier:
    def label(self, record):
        return ask(str(record))

RECORDS = [
    {{"sender": "jobs@example.com", "subject": "Interview"}},
    {{"sender": "shop@example.com", "subject": "Order"}},
    {{"sender": "news@example.com", "subject": "Trends"}},
    {{"sender": "bank@example.com", "subject": "Statement"}},
]

def {name}():
    classifier = Classifier()
    for number, record in enumerate({records}):
        print(number, classifier.label(record))  # !

if __name__ == "__main__":
    {name}()
"""


@pytest.mark.parametrize("name", ["test_classifier", "demo", "_example", "classifier_demo"])
def test_records_written_out_in_what_is_called_a_test_are_samples(name: str) -> None:
    assert verdict(TRIED.format(name=name, records="RECORDS")) == "realtime"


@pytest.mark.parametrize(
    ("name", "records"),
    [
        ("label_all", "RECORDS"),
        ("latest", "RECORDS"),
        ("test_classifier", "RECORDS * 4"),
        ("test_classifier", "open('mails.txt')"),
        ("test_classifier", "[('pandas', 1), ('numpy', 2), ('scipy', 5), ('pandas', 8)]"),
        ("test_classifier", "[*RECORDS, *open('mails.txt')]"),
    ],
)
def test_other_records_or_functions_are_none(name: str, records: str) -> None:
    assert verdict(TRIED.format(name=name, records=records)) == "batchable"


MADE = """
import asyncio
import json
from llm import aask

class Desk:
    async def rank(self, records):
        return sorted(records, key=str)

    async def load_like(self, records):
        return json.load(open("records.json"))

    async def digest(self, records):
        return [await aask(str(record)) for record in records]

async def {name}():
    '''{said}'''
    desk = Desk()
    records = {records}
    ranked = await desk.{make}(records)
    print(await desk.digest(ranked))  # !

if __name__ == "__main__":
    asyncio.run({name}())
"""
TWO = f"[{RECORD}, {RECORD}]"


@pytest.mark.parametrize(
    ("name", "said", "records", "make", "expected"),
    [
        ("main", "Test the desk.", TWO, "rank", "realtime"),
        ("main", "Manual test.", TWO, "rank", "realtime"),
        ("test_desk", "", TWO, "rank", "realtime"),
        ("main", "The digest of the day.", TWO, "rank", "batchable"),  # it may get more by what it is given
        ("main", "Testimonials of the day.", TWO, "rank", "batchable"),
        ("main", "Test the desk.", TWO, "load_like", "batchable"),
        ("main", "Test the desk.", "json.load(open('records.json'))", "rank", "batchable"),
    ],
)
def test_what_a_trial_makes_of_samples_are_samples(
    name: str, said: str, records: str, make: str, expected: str
) -> None:
    assert verdict(MADE.format(name=name, said=said, records=records, make=make)) == expected


SHOWN = """
from llm import ask

if __name__ == "__main__":
    {name} = ["a dark story with grey characters", "books like the last one", "9780439023523", "a lake", "poems"]
    answers = []
    for query in {over}:
        print(ask(query))  # !
        answers.append(query)
    {after}
"""


@pytest.mark.parametrize("name", ["test_queries", "samples", "EXAMPLE_TEXTS", "query_examples"])
def test_texts_that_are_called_samples_and_only_shown_are_some(name: str) -> None:
    assert verdict(SHOWN.format(name=name, over=name, after="print(answers)")) == "realtime"


@pytest.mark.parametrize(
    ("name", "over", "after"),
    [
        ("queries", "queries", "print(answers)"),
        ("latest", "latest", "print(answers)"),
        ("test_queries", "test_queries", "open('answers.txt', 'w').writelines(answers)"),
        ("test_queries", "open('queries.txt')", "print(answers)"),
    ],
)
def test_other_texts_and_those_whose_answers_are_kept_are_none(name: str, over: str, after: str) -> None:
    assert verdict(SHOWN.format(name=name, over=over, after=after)) == "batchable"


GATHERED = """
import argparse
from llm import ask

def more(topics):
    topics.append("b")

def main(topic, others):
    topics = []
    {fill}
    topics = topics[:50]
    for each in topics:
        report = ask(each)  # !
        with open(f"{each}.txt", "w") as file:
            file.write(report)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--topic")
    parser.add_argument("--others", nargs="*")
    args = parser.parse_args()
    main(args.topic, args.others)
"""


def test_a_list_that_gets_one_item_has_one() -> None:
    fill = "if topic:\n        topics.append(topic)"
    assert verdict(GATHERED.replace("{fill}", fill)) == "realtime"


@pytest.mark.parametrize(
    "fill",
    [
        "for other in others:\n        topics.append(other)",
        "topics.append(topic)\n    topics.extend(others)",
        "topics.append(topic)\n    topics += others",
        "topics.append(topic)\n    more(topics)",
        "topics.append(topic)\n    def add(other):\n        topics.append(other)\n    list(map(add, others))",
        "topics.append(topic)\n    topics = others",
        "topics.append(topic)\n    topics.append(topic.upper())",
    ],
    ids=["in a loop", "all of another", "by +=", "by a function", "by a closure", "another list", "two that are kept"],
)
def test_a_list_that_may_get_more_is_many(fill: str) -> None:
    assert verdict(GATHERED.replace("{fill}", fill)) == "batchable"


ANNOUNCED = """
from llm import ask

def label(text):
    return ask(text)

if __name__ == "__main__":
    {first}
    for text in {texts}:
        print(label(text))  # !
"""
TEXTS = '["a pump that pumps water", "a valve that opens itself", "a pipe of five meters", "a hose of black rubber"]'


@pytest.mark.parametrize(
    ("first", "texts", "expected"),
    [
        ('print("Testing the labels...")', TEXTS, "realtime"),
        ('print("=== Quick test ===")', TEXTS, "realtime"),
        ('print("Labelling all texts")', TEXTS, "batchable"),
        ('print("Testing the labels...")', "open('texts.txt')", "batchable"),
        ('print("Testing the labels...")', '["pumps", "valves", "pipes", "hoses"]', "batchable"),
    ],
)
def test_a_file_that_says_that_it_tries_itself_out_goes_over_samples(first: str, texts: str, expected: str) -> None:
    assert verdict(ANNOUNCED.format(first=first, texts=texts)) == expected
