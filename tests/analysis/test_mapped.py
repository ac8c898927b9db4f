"""Functions that are called with one item of a collection at a time: the item is of the class of what it holds."""

import pytest

from .verdicts import verdict

PROGRAM = """
    from concurrent.futures import ThreadPoolExecutor
    from functools import partial
    from itertools import starmap
    from multiprocessing import Pool

    from openai import OpenAI

    class Page:
        def __init__(self, text):
            self.text = text

        def fill(self, client):
            self.topic = client.responses.create(model="gpt-5", input=self.text)  # !

    class Echo(Page):
        def fill(self, client):
            self.topic = self.text

    def work(page):
        page.fill(OpenAI())

    def work_with(client, page):
        page.fill(client)

    def work_on_pair(pair):
        page, client = pair
        page.fill(client)

    class Filler:
        def work(self, page):
            page.fill(OpenAI())

    if __name__ == "__main__":
        pages = [{kind}(line) for line in open("pages.txt")]
        clients = [OpenAI() for page in pages]
        pairs = [(page, OpenAI()) for page in pages]
        bound = partial(work_with, OpenAI())
        pool = ThreadPoolExecutor()
        {start}
    """
STARTS = [
    "list(map(work, pages))",
    "pool.map(work, pages)",
    "pool.map(Filler().work, pages)",
    "pool.map(lambda page: page.fill(OpenAI()), pages)",
    "pool.map(work_with, clients, pages)",
    "pool.map(partial(work_with, OpenAI()), pages)",
    "pool.map(bound, pages)",
    "pool.map(work_on_pair, pairs)",
    "Pool().map(work, pages)",
    "Pool().imap_unordered(work, pages)",
    "list(starmap(work_with, [(OpenAI(), page) for page in pages]))",
    "Pool().starmap(work_with, [(OpenAI(), page) for page in pages])",
]


@pytest.mark.parametrize("start", STARTS)
def test_the_methods_of_the_items_run(start: str):
    assert verdict(PROGRAM.format(kind="Page", start=start)) == "batchable"


@pytest.mark.parametrize("start", STARTS)
def test_those_of_another_class_do_not(start: str):
    assert verdict(PROGRAM.format(kind="Echo", start=start)) != "batchable"


def test_who_has_them_mapped_in_a_route_waits():
    route = """if True:
            from fastapi import FastAPI
            app = FastAPI()

            @app.post("/topics")
            def topics(texts: list[str]):
                filled = [Page(text) for text in texts]
                pool.map(work, filled)
                return [page.topic for page in filled]"""
    assert verdict(PROGRAM.format(kind="Echo", start=route)) == "realtime"
