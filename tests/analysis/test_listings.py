"""Lists made of another collection item by item: of one text they hold one, whatever else is filtered on the way."""

import pytest

from .verdicts import verdict

STORE = """
    import sys
    from openai import OpenAI

    class Embedder:
        def __init__(self):
            self.client = OpenAI()
            self.cache = {{}}

        def prepare(self, texts):
            found = []
            for text in texts:
                {add}
            return found

        def embed(self, texts):
            rows = self.prepare(texts)
            misses: list[tuple[int, str]] = []
            for number, row in enumerate(rows):
                if row in self.cache:
                    continue
                misses.append((number, row))
            {more}
            vectors = []
            for start in range(0, len(misses), 100):
                part = [row for _, row in misses[start:start + 100]]
                answer = self.client.embeddings.create(model="text-embedding-3-small", input=part)
                vectors.extend(each.embedding for each in answer.data)
            return vectors

        def embed_query(self, texts):
            return self.embed(texts)

    def search(question):
        embedder = Embedder()
        return embedder.{call}

    if __name__ == "__main__":
        print(search(sys.argv[1]))  # !
    """
ONE = """if text:
                    found.append(text.strip())
                else:
                    found.append('nothing')"""


def program(add: str = ONE, more: str = "pass", call: str = "embed_query([question])") -> str:
    return STORE.format(add=add, more=more, call=call)


@pytest.mark.parametrize("add", [ONE, "found.append(text)", "found.append(text); continue"])
def test_of_one_text_there_is_one(add: str) -> None:
    assert verdict(program(add)) == "realtime"


def test_a_comprehension_has_as_many() -> None:
    source = program("pass").replace("return found", "return [text.strip() for text in texts if text]")
    assert verdict(source) == "realtime"


@pytest.mark.parametrize(
    "source",
    [
        program("found.append(text)\n                found.append(text.lower())"),
        program("found.extend(text.split())"),
        program("for part in text.split():\n                    found.append(part)"),
        program(more="misses.append((0, 'more'))\n            misses.extend(self.cache)"),
        program(call="embed_query(open(question).readlines())"),
        program(call="embed([question, *open('more.txt')])"),
    ],
    ids=["two each", "parts", "a loop more", "others too", "a file", "one and a file"],
)
def test_what_may_be_more_is_a_collection(source: str) -> None:
    assert verdict(source) == "batchable"
