"""Requests made of what earlier turns of the loop kept in a store, and those that only ask what is left to do."""

import pytest

from .verdicts import verdict

STORE = """
    import db

    class Store:
        def pages(self):
            return [Page(row) for row in db.query("select * from pages")]

        def left(self):
            return [page for page in self.pages() if not page.french]

        def change(self, id, french=None, state=None):
            db.execute("update pages set french = %s, state = %s where id = %s", french, state, id)

    class Notes(Store):
        pass

    class Page:
        def __init__(self, row):
            self.id, self.text, self.french, self.state = row
    """
APP = """
    import sys
    from llm import ask
    from store import Notes, Store

    class Translator:
        def __init__(self):
            self.store = Store()
            self.notes = Notes()

        def context(self, page):
            {context}

        def translate(self, page):
            return ask(self.context(page) + page.text)

        def run(self):
            for page in self.store.left():
                answer = self.translate(page)  # !
                self.store.change(page.id, {kept})

    if __name__ == "__main__":
        Translator().run()
    """
BEFORE = "before = [each for each in self.store.pages() if each.id < page.id]; "


def of(context: str, kept: str = "french=answer") -> str:
    return verdict({"store.py": STORE, "app.py": APP.format(context=context, kept=kept)})


@pytest.mark.parametrize(
    "context",
    [
        BEFORE + 'return "\\n".join(each.french for each in before)',
        BEFORE + "last = before[-1]; return last.french",
        "found = []\n            for each in self.store.pages():\n                found.append(each.french)\n"
        '            return "\\n".join(found)',
    ],
)
def test_what_is_kept_of_one_page_goes_into_the_next_request(context: str) -> None:
    assert of(context) == "realtime"
    assert of(context, "state=answer") == "batchable"


@pytest.mark.parametrize(
    "context",
    [
        BEFORE + 'return "\\n".join(each.text for each in before)',
        # What says which are done is in no request.
        BEFORE + 'return "first" if all(True for each in before if each.french) else "next"',
        'return "\\n".join(each.french for each in page.parts)',
        'glossary = [each for each in self.notes.pages()]; return "\\n".join(each.state for each in glossary)',
    ],
)
def test_what_is_read_of_others_is_no_answer(context: str) -> None:
    assert of(context) == "batchable"
