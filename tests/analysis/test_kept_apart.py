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


PAGED = """
    from sqlalchemy import select
    from sqlalchemy.orm import Session, relationship
    from llm import ask

    class Note: ...
    class Part: ...

    def run(session: Session):
        count = 0
        while count < 100:
            {asked}
            rows = session.{rows}.all()
            if not rows:
                return
            for row in rows:
                count += 1
                {seen}
                session.add(Part(note_id=row.id, text=ask(row.text)))  # !
            session.commit()

    if __name__ == "__main__":
        run(Session())
    """


@pytest.mark.parametrize(
    ("asked", "rows", "seen"),
    [
        ("", "query(Note).outerjoin(Part).filter(Part.note_id.is_(None)).limit(8)", ""),
        ("", "query(Note).outerjoin(Part, Part.note_id == Note.id).filter(Part.id == None).limit(8)", ""),
        ("", "scalars(select(Note).outerjoin(Part).where(Part.id.is_(None)).limit(8))", ""),
        ("", "query(Note).filter(~Note.parts.any(Part.id > 0)).limit(8)", ""),
        ("", "query(Note).filter(Note.id.not_in(select(Part.note_id))).limit(8)", ""),
        ("done = session.query(Part.note_id).subquery()", "query(Note).filter(~Note.id.in_(done)).limit(8)", ""),
        ("done = {r[0] for r in session.query(Part.note_id)}", "query(Note)", "if row.id in done: continue"),
    ],
)
def test_which_rows_have_no_answer_yet_is_in_no_request(asked: str, rows: str, seen: str):
    assert verdict(PAGED.format(asked=asked, rows=rows, seen=seen or "pass")) == "batchable"


@pytest.mark.parametrize(
    ("asked", "rows", "seen"),
    [
        ("", "query(Note).join(Part).filter(Part.text.contains('x')).limit(8)", ""),
        ("", "query(Note).outerjoin(Part).filter(Part.note_id.is_not(None)).limit(8)", ""),
        ("", "query(Note, Part).outerjoin(Part).filter(Part.note_id.is_(None)).limit(8)", ""),
        ("", "query(Part).outerjoin(Note).filter(Note.id == None).limit(8)", ""),
        (
            "done = session.query(Part).all()",
            "query(Note)",
            "row = row if row.id in done else done[-1]",
        ),
        ("done = session.query(Part).limit(8)", "query(Note)", "row = (row, list(done))"),
    ],
)
def test_what_a_query_gives_of_the_answers_may_be(asked: str, rows: str, seen: str):
    assert verdict(PAGED.format(asked=asked, rows=rows, seen=seen or "pass")) == "realtime"
