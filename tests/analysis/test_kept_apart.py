"""Stores in which a loop looks up what belongs to its items, and keeps their answers: no request waits for another."""

import pytest

from .verdicts import verdict

PROGRAM = """
    {imports}
    from llm import ask

    class Note: ...
    class Part: ...

    class Rows:
        def __init__(self):
            self.db = sqlite3.connect("notes.db")
            self.kept = []
            self.texts = dict()

        def get(self, id):
            return self.db.execute("select text from notes where id = ?", (id,)).fetchone()

        def add(self, id, text):
            self.db.execute("insert into parts values (?, ?)", (id, text))

        def load(self, id):
            return self.texts.get(id)

        def append(self, text, id=None):
            self.texts[id] = text

    def run(ids, db, kept):
        {made}
        for id in ids:
            {before}
            answer = ask(str(row))  # !
            {after}

    if __name__ == "__main__":
        run(open("ids.txt").readlines(), None, None)
    """
CHROMA = ("import chromadb", "notes = chromadb.Client().get_collection('c')")
NOTION = ("from notion_client import Client", "pages = Client().pages")
SESSION = ("from sqlalchemy import select\n    from sqlalchemy.orm import Session", "session = Session()")
OWN = [
    (*SESSION, "row = session.get(Note, id)", "session.add(Part(id=id, text=answer))"),
    (*SESSION, "row = session.query(Note).filter_by(id=id).first()", "session.add(Part(id=id, text=answer))"),
    (*SESSION, "row = session.scalar(select(Note).where(Note.id == id))", "session.add(Part(text=answer))"),
    (*SESSION, "row = session.get(Part, id)", "session.add(Part(text=answer))"),
    ("", "", "row = db.get(id)", "db.add(answer)"),
    ("", "", "row = db.fetch(int(id))", "db.insert(id, answer)"),
    ("", "", "key = f'n{id}'; row = db.load(key)", "db.append(answer)"),
    (*CHROMA, "row = notes.get(ids=[id])", "notes.update(ids=[id], documents=[answer])"),
    (*NOTION, "row = pages.retrieve(page_id=id)", "pages.update(page_id=id, properties={'a': answer})"),
    ("import sqlite3", "rows = Rows()", "row = rows.get(id)", "rows.add(id, answer)"),
]  # fmt: skip
OTHERS = [
    (*SESSION, "row = [id, session.query(Part).limit(3).all()]", "session.add(Part(id=id, text=answer))"),
    (*SESSION, "row = [id, session.scalars(select(Part)).all()]", "session.add(Part(id=id, text=answer))"),
    ("", "", "row = [id, db.get('all')]", "db.add(answer)"),
    ("", "", "row = db.get_context(id)", "db.add(answer)"),
    ("", "", "row = db.search(id)", "db.add(answer)"),
    ("", "", "row = [id, db]", "db.append(answer)"),
    ("", "kept = []", "row = [id, kept[-1:]]", "kept.append(answer)"),
    ("", "kept = {}", "row = kept.get(id)", "kept.update(last=answer)"),
    (*CHROMA, "row = notes.query(query_texts=[id])", "notes.add(ids=[id], documents=[answer])"),
    ("import sqlite3", "rows = Rows()", "row = rows.load(id)", "rows.append(answer)"),
]  # fmt: skip


def program(imports: str, made: str, before: str, after: str) -> str:
    return PROGRAM.format(imports=imports, made=made or "pass", before=before, after=after)


@pytest.mark.parametrize(("imports", "made", "before", "after"), OWN)
def test_what_an_item_looks_up_of_its_own_waits_for_nobody(imports: str, made: str, before: str, after: str):
    assert verdict(program(imports, made, before, after)) == "batchable"


@pytest.mark.parametrize(("imports", "made", "before", "after"), OTHERS)
def test_what_was_kept_of_others_makes_the_requests_wait(imports: str, made: str, before: str, after: str):
    assert verdict(program(imports, made, before, after)) == "realtime"
