"""Collections of vectors whose embedding function another file of the program makes."""

import pytest

from .verdicts import verdict

STORE = """
    import chromadb
    from chromadb.utils.embedding_functions import OpenAIEmbeddingFunction, SentenceTransformerEmbeddingFunction

    client = chromadb.HttpClient()
    hosted = OpenAIEmbeddingFunction(model_name="text-embedding-3-small")
    local = SentenceTransformerEmbeddingFunction()
    """
INDEX = """
    from store import {names}

    notes = client.get_or_create_collection("notes", embedding_function={used})

    for line in open("notes.txt"):
        notes.add(ids=[line], documents=[line])  # !
    """


@pytest.mark.parametrize(("used", "expected"), [("hosted", "batchable"), ("local", "none")])
def test_a_collection_asks_the_model_that_it_is_given(used: str, expected: str) -> None:
    index = INDEX.replace("{names}", f"client, {used}").replace("{used}", used)
    assert verdict({"store.py": STORE, "index.py": index}) == expected
