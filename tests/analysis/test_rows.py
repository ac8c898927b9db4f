"""Rows of tables: through every part, union and page of a query they are objects of their class, and of no other."""

import pytest

from .verdicts import verdict

MODELS = """
    from django.db import models
    from llm import ask

    class NoteQuerySet(models.QuerySet):
        def recent(self):
            return self.filter(age__lt=7)

        def texts(self):
            return self.values_list("text", flat=True)

    class DraftManager(models.Manager):
        def get_queryset(self) -> models.QuerySet:
            return super().get_queryset().filter(draft=True)

        @property
        def unseen(self) -> models.QuerySet:
            return self.get_queryset().filter(seen=False)

    class Base(models.Model):
        class Meta:
            abstract = True

    class Note(Base):
        objects = NoteQuerySet.as_manager()
        drafts = DraftManager()
        text = models.TextField()

        def describe(self):
            return ask(self.text)  # !

    class Page(Base):
        objects = NoteQuerySet.as_manager()
        drafts = DraftManager()

        def describe(self):
            return self.title
    """
TABLES = """
    from sqlalchemy.orm import DeclarativeBase, Mapped
    from llm import ask

    class Base(DeclarativeBase):
        pass

    class Note(Base):
        text: Mapped[str]

        def describe(self):
            return ask(self.text)  # !

    class Page(Base):
        title: Mapped[str]

        def describe(self):
            return self.title
    """
JOB = """
    import sys
    from itertools import batched
    from django.core.paginator import Paginator
    from sqlalchemy import select
    from db import session
    from {models} import Note, Page

    def main(full, start, end):
        {rows}

    if __name__ == "__main__":
        main(*sys.argv[1:])
    """
ROWS = [
    ("models", "for note in Note.objects.order_by('id')[3:]:\n            print(note.describe())"),
    ("models", "for note in Note.objects.filter(a=1)[start:end].iterator():\n            print(note.describe())"),
    ("models", "for note in list(Note.objects.all())[start:end]:\n            print(note.describe())"),
    ("models", "for n, note in enumerate(reversed(Note.objects.all()[start:])):\n            print(note.describe())"),
    ("models", "for note in Note.objects.filter(a=1) | Note.objects.filter(b=1):\n            print(note.describe())"),
    ("models", "for note in Note.objects.filter(a=1) & Note.objects.filter(b=1):\n            print(note.describe())"),
    ("models", "for note in Note.objects.all() if full else Note.objects.none():\n            print(note.describe())"),
    ("models", "for note in Note.drafts.order_by('id'):\n            print(note.describe())"),
    (
        "models",
        "for note in (Note.drafts if full else Note.drafts.unseen).order_by('id'):\n            note.describe()",
    ),
    ("models", "for note in Note.objects.recent().recent()[start:]:\n            print(note.describe())"),
    ("models", "for note in Note.published.order_by('id'):\n            print(note.describe())"),
    ("models", "print([n.describe() for page in Paginator(Note.objects.all(), 9) for n in page.object_list])"),
    ("models", "print([n.describe() for n in Paginator(Note.drafts.all(), 9).get_page(start)])"),
    ("models", "print([n.describe() for n in Paginator(Note.drafts.all(), 9).page(start).object_list])"),
    ("models", "print([n.describe() for part in batched(Note.objects.all(), 9) for n in part])"),
    ("models", "print([n.describe() for part in batched(Note.drafts.all(), 9) for n in part[:end]])"),
    ("tables", "for note in session.query(Note).all()[:end]:\n            print(note.describe())"),
    ("tables", "for note in session.scalars(select(Note)).all():\n            print(note.describe())"),
    (
        "tables",
        "for note in session.execute(select(Note)).scalars().all()[start:]:\n            print(note.describe())",
    ),
]


@pytest.mark.parametrize(("models", "rows"), ROWS)
def test_parts_of_a_query_hold_rows_of_its_class(models, rows):
    program = {"models.py": MODELS, "tables.py": TABLES}
    found = {f"{models}.py": program[f"{models}.py"], "job.py": JOB.format(models=models, rows=rows)}
    assert verdict(found) == "batchable"
    other = rows.replace("Note.", "Page.").replace("(Note)", "(Page)")
    assert verdict({**found, "job.py": JOB.format(models=models, rows=other)}) == "unclear"


@pytest.mark.parametrize(
    "rows",
    [
        "for note in Note.objects.texts():\n            print(note.describe())",
        "for note in Note.drafts.unseen.values('text'):\n            print(note['text'].describe())",
    ],
)
def test_what_a_manager_gives_that_is_no_query_holds_no_rows(rows):
    assert verdict({"models.py": MODELS, "job.py": JOB.format(models="models", rows=rows)}) == "unclear"


@pytest.mark.parametrize(
    ("models", "annotation"),
    [
        ("models", "QuerySet[Note]"),
        ("models", "models.QuerySet['Note']"),
        ("models", "QuerySet[Note] | None"),
        ("tables", "ScalarResult[Note]"),
        ("tables", "Query[Note]"),
    ],
)
def test_annotations_of_queries_name_their_rows(models, annotation):
    program = {"models.py": MODELS, "tables.py": TABLES}
    job = f"""
        import sys
        from django.db import models
        from django.db.models import QuerySet
        from sqlalchemy import ScalarResult
        from sqlalchemy.orm import Query
        from somewhere import load
        from {models} import Note, Page

        def main(rows: {annotation}):
            for note in rows[:9]:
                print(note.describe())

        if __name__ == "__main__":
            main(load(sys.argv[1]))
        """
    found = {f"{models}.py": program[f"{models}.py"], "job.py": job}
    assert verdict(found) == "batchable"
    assert verdict({**found, "job.py": job.replace("[Note]", "[Page]").replace("'Note'", "'Page'")}) == "unclear"


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [("Mapped[list['Note']]", "batchable"), ("Mapped[List[Note]]", "batchable"), ("Mapped[list['Page']]", "unclear")],
)
def test_related_rows_are_of_the_class_that_is_mapped(annotation, expected):
    tables = (
        TABLES
        + f"""
    class Shelf(Base):
        notes: {annotation} = relationship(back_populates="shelf")
    """
    )
    job = """
        from sqlalchemy import select
        from db import session
        from tables import Shelf

        if __name__ == "__main__":
            for shelf in session.scalars(select(Shelf)):
                for note in shelf.notes:
                    print(note.describe())
        """
    assert verdict({"tables.py": tables, "job.py": job}) == expected


@pytest.mark.parametrize(
    ("find", "expected"),
    [
        ("Note.objects.filter(page=1).search(text)", "realtime"),
        ("Note.objects.order_by('id').exclude(page=1).search(text)", "realtime"),
        ("Other.objects.filter(page=1).search(text)", "batchable"),
    ],
)
def test_a_manager_gives_queries_of_the_class_that_it_makes(find, expected):
    program = {
        "models.py": """
            from django.db import models
            from llm import ask

            class NoteQuerySet(models.QuerySet):
                def search(self, text):
                    return self.order_by(embed(text))

            class OtherQuerySet(models.QuerySet):
                def search(self, text):
                    return self.filter(text=text)

            class NoteManager(models.Manager):
                def get_queryset(self):
                    return NoteQuerySet(self.model, using=self._db)

            class OtherManager(models.Manager):
                def get_queryset(self):
                    return OtherQuerySet(self.model, using=self._db)

            class Note(models.Model):
                objects = NoteManager()

            class Other(models.Model):
                objects = OtherManager()

            def embed(text):
                return ask(text)  # !
            """,
        "views.py": f"""
            from flask import Flask
            from models import Note, Other

            app = Flask(__name__)

            @app.get("/search")
            def search(text):
                return list({find})
            """,
        "job.py": """
            from models import embed

            if __name__ == "__main__":
                for line in open("lines.txt"):
                    print(embed(line))
            """,
    }
    assert verdict(program) == expected
