"""Embeddings of what a model made of one question: they are there to search with, however many they are."""

import pytest

from .verdicts import verdict

PROGRAM = """
    from langchain_openai import OpenAIEmbeddings
    from llm import ask
    from store import notes, search

    class Model:
        def ask(self, text):
            return ask(text)

        def embed(self, texts):
            return OpenAIEmbeddings().embed_documents(texts)

    class Chat:
        def __init__(self, model):
            self.model = model

        def ways(self, question):
            answer = self.model.ask(f"Put {{question}} in three ways")
            return [line.strip() for line in answer.splitlines()]

        def each(self, questions):
            return [self.model.ask(f"Put {{each}} in another way") for each in questions]

        def index(self, question):
            texts = {texts}
            print(search(self.model.embed({embedded})))  # !

    if __name__ == "__main__":
        Chat(Model()).index("Who closed the mill?")
    """


@pytest.mark.parametrize(
    ("texts", "embedded", "expected"),
    [
        ("self.ways(question)", "texts", "realtime"),
        ("self.ways(question)", "[question, *texts]", "realtime"),
        ("ask(question).splitlines()", "[each for each in texts if each]", "realtime"),
        ("self.each(notes())", "texts", "batchable"),
        ("[self.ways(each) for each in notes()]", "sum(texts, [])", "batchable"),
        ("notes()", "texts", "batchable"),
    ],
)
def test_what_a_model_made_of_one_question_is_no_collection(texts: str, embedded: str, expected: str) -> None:
    assert verdict(PROGRAM.format(texts=texts, embedded=embedded)) == expected


def test_many_questions_are_a_collection() -> None:
    program = PROGRAM.format(texts="self.ways(question)", embedded="texts")
    start = 'Chat(Model()).index("Who closed the mill?")'
    each = "for each in notes():\n            Chat(Model()).index(each)"
    assert verdict(program.replace(start, each)) == "batchable"
