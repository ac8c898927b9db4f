"""A call that takes a whole collection is one request or a few where the way in gives one item, or two or three."""

import pytest

from .verdicts import verdict

STORE = """
from langchain_core.documents import Document
from langchain_openai import OpenAIEmbeddings
from langchain_postgres import PGVector

class Store:
    def __init__(self):
        self.vectors = PGVector(OpenAIEmbeddings(), connection="postgresql://db")
        self.known = set()

    def add(self, documents):
        {changed}
        self.vectors.add_documents(documents)  # !

    def remember(self, text):
        self.add([Document(page_content=text)])
"""
APP = """
import os
from store import Document, Store

def chosen(folder):
    return [Document(page_content=open(path).read()) for path in os.listdir(folder)]

def main():
    store = Store()
    documents = {documents}
    {call}

if __name__ == "__main__":
    main()
"""
NEW = """documents = [each for each in documents if each.page_content not in self.known]"""
FILLED = """left = []
        for each in documents:
            if each.page_content not in self.known:
                left.append(each)
        documents = left"""
MORE = """documents = list(documents)
        documents.extend(chosen("old"))"""
DOCUMENT = 'Document(page_content="A pump.")'


def judged(documents: str, call: str, changed: str = "pass") -> str:
    app = APP.format(documents=documents, call=call)
    return verdict({"store.py": STORE.format(changed=changed), "app.py": app})


@pytest.mark.parametrize(
    ("documents", "call", "changed"),
    [
        (f"[{DOCUMENT}]", "store.add(documents)", "pass"),
        (f"[{DOCUMENT}, {DOCUMENT}]", "store.add(documents)", "pass"),
        (f"[{DOCUMENT}, {DOCUMENT}]", "store.add(documents=documents)", NEW),
        (f"({DOCUMENT}, {DOCUMENT})", "store.add(list(documents))", FILLED),
        ("[]", 'store.remember("A pump.")', "pass"),
        ("[]", 'store.remember("A pump.")', FILLED),
    ],
)
def test_one_item_or_a_few_are_no_collection(documents: str, call: str, changed: str) -> None:
    assert judged(documents, call, changed) == "realtime"


@pytest.mark.parametrize(
    ("documents", "call", "changed"),
    [
        ("chosen('new')", "store.add(documents)", "pass"),
        ("chosen('new')", "store.add(documents)", FILLED),
        (f"[{DOCUMENT}, *chosen('new')]", "store.add(documents)", "pass"),
        (f"[{', '.join([DOCUMENT] * 9)}]", "store.add(documents)", "pass"),
        (f"[{DOCUMENT}]; documents += chosen('new')", "store.add(documents)", "pass"),
        (f"[{DOCUMENT}]; documents.extend(chosen('new'))", "store.add(documents)", "pass"),
        (f"[{DOCUMENT}]", "store.add(documents)", MORE),
        ("chosen('new')", "[store.remember(each.page_content) for each in documents]", "pass"),
    ],
)
def test_any_number_of_items_is_a_collection(documents: str, call: str, changed: str) -> None:
    assert judged(documents, call, changed) == "batchable"
