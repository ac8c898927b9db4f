"""Rows behind objects, wherever these come from, and what their attributes lead to."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike
from .test_stores import parts

BOOKS = """\
from __future__ import annotations

import pandas as pd
from openai import OpenAI
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, scoped_session, sessionmaker

client = OpenAI()


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    bio: Mapped[str | None]
    books: Mapped[list[Book]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    note: Mapped[str | None]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books")


engine = create_engine("sqlite:///shop.db")
Base.metadata.create_all(engine)
made = scoped_session(sessionmaker(engine))
Base.query = made.query_property()
session = Session(engine)
a, b = Author(name="a"), Author(name="b")
session.add_all([Book(title=title, author=author) for title, author in [("x", a), ("y", a), ("z", b)]])
session.commit()


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=str(text)).output_text


def find(id):
    return session.get(Book, id)


def pending():
    for book in session.scalars(select(Book)).all():
        yield book


def noted():
    return session.query(Book).filter(Book.note.is_not(None)).count()


def keep(book, known):
    book.note = ask([book.title, known])


{body}
print([(book.title, book.note, book.author.bio) for book in Session(engine).scalars(select(Book).order_by(Book.id))])
"""

OWN_BOOKS = """\
#
for id, book in {book.id: book for book in session.scalars(select(Book))}.items():
    book.note = ask([id, book.title])
    session.commit()
#
for book in sorted(pending(), key=lambda book: book.title):
    setattr(book, "note", ask(book.title))
    session.commit()
#
for id in [1, 2, 1]:
    book = find(id)
    if book.note:
        print("has one")
        continue
    book.note = ask(book.title)
    session.commit()
#
for title in ["cup", "pot", "cup"]:
    book = session.query(Book).filter_by(title=title).first() or Book(title=title, author_id=1)
    if book.note:
        print("has one")
        continue
    session.add(book)
    book.note = ask(title)
    session.commit()
#
for author in session.scalars(select(Author)).all():
    for book in author.books:
        book.note = ask([author.name, book.title])
        session.commit()
#
for book in session.scalars(select(Book)).all():
    book.note = ask([book.author.name, book.title])
    book.author.bio = "read"
    session.commit()
#
for row in [{"id": 1, "title": "cup"}, {"id": 2, "title": "pot"}, {"id": 1, "title": "cup"}]:
    author = session.get(Author, row["id"])
    known = [book.title for book in author.books]
    session.add(Book(title=row["title"], note=ask([row, known]), author_id=author.id))
    session.commit()
#
for title in ["cup", "pot"]:
    book = Book()
    book.title = title
    book.author_id = 1
    book.note = ask(title)
    session.add(book)
    session.commit()
#
for title in ["cup", "pot"]:
    book = Book(title="new", author_id=1)
    session.add(book)
    session.commit()
    session.refresh(book)
    book.note = ask(title)
    session.commit()
#
for title in ["cup", "pot", "cup"]:
    if Book.query.filter_by(title=title).first():
        print("there")
        continue
    made.add(Book(title=title, note=ask(title), author_id=1))
    made.commit()
#
for book in session.scalars(select(Book)).all():
    text = ask([book.title, len(pd.read_sql("select * from authors where id = ?", engine, params=(book.author_id,)))])
    print(text)
#
for book, author in session.query(Book, Author).join(Author).all():
    if author.bio:
        print("has one")
        continue
    author.bio = ask([author.name, book.title])
    session.commit()
"""

OTHER_BOOKS = """\
#
for id, book in {book.id: book for book in session.scalars(select(Book))}.items():
    book.note = ask([book.title, noted()])
    session.commit()
#
for book in pending():
    keep(book, noted())
    session.commit()
#
for id in [1, 2]:
    known = noted()
    find(id).note = ask([id, known])
    session.commit()
#
for row in session.execute(select(Book)).all():
    book = row[0]
    book.note = ask([book.title, noted()])
    session.commit()
#
for book in session.scalars(select(Book)).all():
    known = noted()
    setattr(book, "note", ask([book.title, known]))
    session.commit()
#
for title in ["cup", "pot"]:
    book = Book(title=title, author_id=1)
    session.add(book)
    book.note = ask([title, noted()])
session.commit()
#
for author in session.scalars(select(Author)).all():
    for book in author.books:
        book.note = ask([book.title, noted()])
        session.commit()
#
for title in ["cup", "pot"]:
    author = session.get(Author, 1)
    known = [book.title for book in author.books]
    author.books.append(Book(title=ask([title, known])[:8]))
    session.commit()
#
for book in session.scalars(select(Book)).all():
    book.author.bio = ask([book.author.bio, book.title])
    session.commit()
#
for book in session.scalars(select(Book)).all():
    book.note = ask([other.note for other in book.author.books])
    session.commit()
#
first = session.get(Book, 1)
for book in session.scalars(select(Book)).all():
    session.refresh(first)
    book.note = ask([book.title, first.note])
    session.commit()
#
for title in ["cup", "pot"]:
    known = Book.query.filter(Book.note.is_not(None)).count()
    made.add(Book(title=title, note=ask([title, known]), author_id=1))
    made.commit()
#
for title in ["cup", "pot"]:
    known = len(pd.read_sql("select * from books", engine))
    session.add(Book(title=title, note=ask([title, known]), author_id=1))
    session.commit()
#
for title in ["cup", "pot"]:
    known = session.query(Book).count()
    row = {"title": title, "note": ask([title, known]), "author_id": 1}
    pd.DataFrame([row]).to_sql("books", engine, if_exists="append", index=False)
"""


@pytest.mark.parametrize("body", [body for _, body in parts(OWN_BOOKS)])
def test_an_item_may_change_its_own_row_wherever_the_object_comes_from(body: str, tmp_path: Path) -> None:
    check_runs_alike(BOOKS.replace("{body}\n", body), tmp_path)


@pytest.mark.parametrize("body", [body for _, body in parts(OTHER_BOOKS)])
def test_an_item_that_looks_at_rows_which_objects_change_keeps_the_loop(body: str) -> None:
    check_noop(BOOKS.replace("{body}\n", body))


NOTES = """\
import json

import django
from django.apps import AppConfig
from django.conf import settings
from django.db import connection, models
from django.shortcuts import get_object_or_404
from openai import OpenAI


class Shop(AppConfig):
    path = "."


database = {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.db"}
settings.configure(
    INSTALLED_APPS=[Shop("shop", json)],
    DATABASES={"default": database},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()
client = OpenAI()


class Category(models.Model):
    name = models.CharField(max_length=40)
    about = models.TextField(blank=True)

    class Meta:
        app_label = "shop"


class Tag(models.Model):
    name = models.CharField(max_length=40)

    class Meta:
        app_label = "shop"


class Note(models.Model):
    slug = models.CharField(max_length=40)
    note = models.TextField(blank=True)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="notes")
    tags = models.ManyToManyField(Tag, related_name="notes")

    class Meta:
        app_label = "shop"


with connection.schema_editor() as editor:
    for model in (Category, Tag, Note):
        editor.create_model(model)


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=str(text)).output_text


a, b = Category.objects.create(name="a"), Category.objects.create(name="b")
tags = [Tag.objects.create(name=name) for name in ("tx", "ty")]
for slug, category in [("tea", a), ("jam", a), ("bun", b)]:
    Note.objects.create(slug=slug, category=category).tags.set(tags)
{body}
print(list(Note.objects.order_by("slug", "id").values_list("slug", "note", "category__about")))
"""

OWN_NOTES = """\
#
for pk in [1, 2, 1]:
    note = get_object_or_404(Note, pk=pk)
    if note.note:
        print("has one")
        continue
    Note.objects.filter(pk=pk).update(note=ask(note.slug))
#
for note in Note.objects.filter(tags__name__contains="t").order_by("id"):
    note.refresh_from_db()
    if note.note:
        print("has one")
        continue
    note.note = ask(note.slug)
    note.save()
#
for category in Category.objects.order_by("id"):
    for note in category.notes.filter(note="").order_by("id"):
        note.note = ask([category.name, note.slug])
        note.save()
#
for note in Note.objects.select_related("category").order_by("id"):
    note.note = ask([note.category.name, note.slug])
    note.save()
#
for tag in Tag.objects.order_by("id"):
    for note in tag.notes.order_by("id"):
        if note.note:
            continue
        note.note = ask(note.slug)
        note.save()
"""

OTHER_NOTES = """\
#
for pk, other in [(1, 2), (2, 1), (3, 1)]:
    shot = get_object_or_404(Note, pk=other)
    text = ask([pk, shot.note])
    Note.objects.filter(pk=pk).update(note=text)
#
first = Note.objects.order_by("id").first()
for note in Note.objects.order_by("id"):
    first.refresh_from_db()
    text = ask([note.slug, first.note])
    Note.objects.filter(pk=note.pk).update(note=text)
#
for note in Note.objects.order_by("id"):
    done = [each.note for each in Note.objects.raw("select * from shop_note where note <> ''")]
    note.note = ask([note.slug, done])
    note.save()
#
for note in Note.objects.order_by("id"):
    about = note.category.about
    text = ask([note.slug, about])
    Category.objects.filter(pk=note.category_id).update(about=text)
#
for note in Note.objects.order_by("id"):
    category = note.category
    if category.about:
        print("has one")
        continue
    category.about = ask(category.name)
    category.save()
#
for note in Note.objects.order_by("id"):
    note.note = ask(list(note.category.notes.exclude(note="").values_list("note", flat=True)))
    note.save()
#
for note in Note.objects.order_by("id"):
    known = list(Tag.objects.filter(notes__isnull=False).distinct().values_list("name", flat=True))
    note.tags.create(name=ask([note.slug, known])[:6])
"""


@pytest.mark.parametrize("body", [body for _, body in parts(OWN_NOTES)])
def test_an_item_may_change_the_row_to_which_its_own_leads(body: str, tmp_path: Path) -> None:
    check_runs_alike(NOTES.replace("{body}\n", body), tmp_path)


@pytest.mark.parametrize("body", [body for _, body in parts(OTHER_NOTES)])
def test_rows_to_which_several_items_lead_keep_the_loop(body: str) -> None:
    check_noop(NOTES.replace("{body}\n", body), "external-read-back")
