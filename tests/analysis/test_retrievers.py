"""Retrievers that are given an embedding model, and those that only count words."""

import pytest

from .verdicts import verdict

INDEX = """
    import sys
    from langchain_community.retrievers import BM25Retriever, KNNRetriever, PineconeHybridSearchRetriever, SVMRetriever
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_openai import OpenAIEmbeddings

    def texts():
        return open(sys.argv[1]).read().splitlines()

    def index():
        <index>

    if __name__ == "__main__":
        index()
    """
SEARCH = """
    from fastapi import FastAPI
    from langchain_community.retrievers import BM25Retriever, KNNRetriever, PineconeHybridSearchRetriever
    from langchain_openai import OpenAIEmbeddings

    app = FastAPI()
    retriever = <retriever>

    @app.get("/search")
    def search(text: str):
        return retriever.invoke(text)  # !
    """
HYBRID = "PineconeHybridSearchRetriever(embeddings=%s(), sparse_encoder=None, index=None)"


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (HYBRID % "OpenAIEmbeddings" + ".add_texts(texts())  # !", "batchable"),
        ("KNNRetriever.from_texts(texts(), OpenAIEmbeddings())  # !", "batchable"),
        ("SVMRetriever.from_texts(texts(), OpenAIEmbeddings())  # !", "batchable"),
        (HYBRID % "HuggingFaceEmbeddings" + ".add_texts(texts())  # !", "none"),
        ("KNNRetriever.from_texts(texts(), HuggingFaceEmbeddings())  # !", "none"),
        ("BM25Retriever.from_texts(texts())  # !", "none"),
    ],
)
def test_an_index_of_embeddings_is_made_of_all_texts(index: str, expected: str) -> None:
    assert verdict(INDEX.replace("<index>", index)) == expected


@pytest.mark.parametrize(
    ("retriever", "expected"),
    [
        (HYBRID % "OpenAIEmbeddings", "realtime"),
        ('KNNRetriever.from_texts(["a", "b"], OpenAIEmbeddings())', "realtime"),
        ("BM25Retriever(docs=[])", "none"),
    ],
)
def test_a_question_is_embedded_for_whoever_asks(retriever: str, expected: str) -> None:
    assert verdict(SEARCH.replace("<retriever>", retriever)) == expected
