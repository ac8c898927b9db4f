"""Clients in dicts that stand in a list, and that calls spread one after the other: `ask(**options)`."""

import pytest

from .verdicts import cases, verdict

POOL = """
    import sys
    from concurrent.futures import ThreadPoolExecutor, as_completed
    from langchain_openai import ChatOpenAI
    from store import connect

    def label(text, chain=None, model=None):
        return chain.invoke(text, model=model)  # !

    def for_all(work, jobs):
        with ThreadPoolExecutor() as pool:
            started = {run}
            return [each.result() for each in as_completed(started)]

    def main():
        client = {client}
        {fill}
        print(for_all(label, jobs))

    if __name__ == "__main__":
        main()
    """
SUBMIT = "{pool.submit(work, **options): number for number, options in enumerate(jobs)}"
APPEND = "jobs = []\n        for text in open(sys.argv[1]):\n            jobs.append({'text': text, 'chain': client})"
NAMED = APPEND.replace("jobs.append(", "options = ").replace("client})", "client}\n            jobs.append(options)")


def program(run: str = SUBMIT, fill: str = APPEND, client: str = "ChatOpenAI()") -> str:
    return POOL.replace("{run}", run).replace("{fill}", fill).replace("{client}", client)


GIVEN = {
    "appended": program(),
    "appended by name": program(fill=NAMED),
    "a comprehension": program(fill="jobs = [{'text': text, 'chain': client} for text in open(sys.argv[1])]"),
    "dict()": program(fill="jobs = [dict(text=text, chain=client) for text in open(sys.argv[1])]"),
    "a plain loop": program(run="[pool.submit(work, **options) for options in jobs]"),
    "a list around it": program(run="[pool.submit(work, **options) for options in list(jobs)]"),
}
OTHERS = {
    "another key": program(fill=APPEND.replace("'chain': client", "'model': client")),
    "another object": program(client="connect()"),
    "another list": program(fill=APPEND.replace("jobs.append", "others.append")),
    "the number of each": program(run="[pool.submit(work, **options) for options, _ in enumerate(jobs)]"),
}


@pytest.mark.parametrize("source", cases(GIVEN))
def test_a_client_comes_to_the_request_in_a_dict_of_a_list(source: str) -> None:
    assert verdict(source) == "batchable"


@pytest.mark.parametrize("source", cases(OTHERS))
def test_what_is_no_client_of_the_request(source: str) -> None:
    assert verdict(source) == "none"
