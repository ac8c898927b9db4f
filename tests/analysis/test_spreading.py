"""Clients that come to a request beside its item: in tuples that are spread, from a table's `apply`, in an object."""

import pytest

from .verdicts import cases, verdict

HEAD = """
    import sys
    from argparse import Namespace
    from concurrent.futures import ThreadPoolExecutor
    from multiprocessing import Pool
    from types import SimpleNamespace

    import pandas as pd
    from datasets import load_dataset
    from langchain_openai import ChatOpenAI
    from store import connect

    pool = ThreadPoolExecutor()
    made = {made}
    """
ITEM = """
    def label(job):
        chain, text = job
        return chain.invoke(text)  # !
    """
ENTRY = """
    def label(job):
        return job["chain"].invoke(job["text"])  # !
    """
PAIR = """
    def label(chain, text):
        return chain.invoke(text)  # !
    """
ROW = """
    def label(text, chain=None, prompt=""):
        return chain.invoke(prompt + text)  # !
    """
FIELD = """
    def label(settings, text):
        return settings.chain.invoke(text)  # !
    """
TUPLES = "jobs = [(made, line) for line in open(sys.argv[1])]"
DICTS = "jobs = [{'chain': made, 'text': line} for line in open(sys.argv[1])]"
FILLED = "jobs = []\n    for line in open(sys.argv[1]):\n        jobs.append({job})"
TABLE = "table = pd.read_csv('texts.csv')"


def program(label: str, *lines: str, made: str = "ChatOpenAI()") -> str:
    return HEAD.replace("{made}", made) + label + "\n    " + "\n    ".join(lines) + "\n"


GIVEN = {
    "tuples in a loop": program(PAIR, TUPLES, "for job in jobs: print(label(*job))"),
    "tuples for a pool": program(PAIR, TUPLES, "print([pool.submit(label, *job) for job in jobs])"),
    "a tuple by name": program(PAIR, "for line in open(sys.argv[1]):", "    job = (made, line)", "    label(*job)"),
    "behind another": program(ROW, "jobs = [(made, 'Label: ')]", "for job in jobs: label(sys.argv[1:], *job)"),
    "tuples that are appended": program(
        ITEM, FILLED.replace("{job}", "(made, line)"), "print(list(pool.map(label, jobs)))"
    ),
    "dicts that are appended": program(
        ENTRY, FILLED.replace("{job}", "{'chain': made, 'text': line}"), "print(list(pool.map(label, jobs)))"
    ),
    "dicts by way of a lambda": program(PAIR, DICTS, "print(list(pool.map(lambda job: label(**job), jobs)))"),
    "a dict that is handed on": program(
        PAIR, "def run(job): return label(**job)", "for line in open(sys.argv[1]): run({'chain': made, 'text': line})"
    ),
    "a table, by name": program(ROW, TABLE, "table['label'] = table['text'].apply(label, chain=made)"),
    "a table, in a tuple": program(ROW, TABLE, "table['label'] = table['text'].apply(label, args=(made, 'Label: '))"),
    "a data set": program(ROW, "load_dataset('texts').map(label, fn_kwargs={'chain': made})"),
    "a pool's tuple": program(PAIR, "for line in open(sys.argv[1]): Pool().apply(label, args=(made, line))"),
    "a plain object": program(
        FIELD, "settings = SimpleNamespace(chain=made)", "for line in open(sys.argv[1]): label(settings, line)"
    ),
    "options": program(
        FIELD, "settings = Namespace(chain=made)", "for line in open(sys.argv[1]): label(settings, line)"
    ),
}
OTHERS = {
    **{f"{name}, of another object": each.replace("ChatOpenAI()", "connect()") for name, each in GIVEN.items()},
    "the other place": program(PAIR, TUPLES.replace("(made, line)", "(line, made)"), "for job in jobs: label(*job)"),
    "another place of a table": program(ROW, TABLE, "table['text'].apply(label, args=('Label: ', made))"),
    "another name": program(ROW, TABLE, "table['text'].apply(label, prompt=made)"),
    "another field": program(
        FIELD, "settings = Namespace(other=made)", "for line in open(sys.argv[1]): label(settings, line)"
    ),
}


@pytest.mark.parametrize("source", cases(GIVEN))
def test_a_client_comes_beside_the_item(source: str) -> None:
    assert verdict(source) == "batchable"


@pytest.mark.parametrize("source", cases(OTHERS))
def test_what_is_no_client_of_the_request(source: str) -> None:
    assert verdict(source) == "none"
