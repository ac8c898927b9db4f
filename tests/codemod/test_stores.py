"""Databases and stores outside the program: an item may look at its own entry, and not at what others leave there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike, rewrite

PROGRAM = """\
import json
{imports}
from openai import OpenAI

client = OpenAI()
{made}

def ask(text):
    return client.responses.create(model="gpt-5-mini", input=str(text)).output_text


def vector(text):
    return client.embeddings.create(model="text-embedding-3-small", input=text).data[0].embedding


for item in json.load(open("items.json")):
    key = f"notes/{{item['id']}}.txt"
{body}
"""

STORES = {
    "mongo": ("from pymongo import MongoClient", "notes = MongoClient()['shop']['notes']"),
    "motor": ("from pymongo import MongoClient", "db = MongoClient().shop\nnotes = db.get_collection('notes')"),
    "s3": ("import boto3", "s3 = boto3.client('s3')\nBUCKET = 'shop'"),
    "dynamo": ("import boto3", "table = boto3.resource('dynamodb').Table('notes')"),
    "gcs": ("from google.cloud import storage", "bucket = storage.Client().bucket('shop')"),
    "azure": (
        "from azure.storage.blob import BlobServiceClient",
        "box = BlobServiceClient.from_connection_string('x').get_container_client('shop')",
    ),
    "firestore": ("from google.cloud import firestore", "db = firestore.Client()"),
    "supabase": ("from supabase import create_client", "db = create_client('url', 'key')"),
    "elastic": ("from elasticsearch import Elasticsearch", "es = Elasticsearch()"),
    "chroma": ("import chromadb", "notes = chromadb.PersistentClient('db').get_collection('notes')"),
    "qdrant": (
        "from qdrant_client import QdrantClient\nfrom qdrant_client.models import PointStruct",
        "qdrant = QdrantClient()",
    ),
    "redis": ("import redis", "r = redis.Redis()"),
    "neo4j": ("from neo4j import GraphDatabase", "driver = GraphDatabase.driver('bolt://x')"),
    "notion": ("from notion_client import Client", "notion = Client()"),
    "fs": ("import s3fs", "fs = s3fs.S3FileSystem()"),
    "dynamodb": (
        "import boto3",
        "dynamo = boto3.client('dynamodb')\ntable = boto3.resource('dynamodb').Table('notes')",
    ),
    "bucket": ("import boto3", "s3 = boto3.client('s3')\nres = boto3.resource('s3')"),
    "helpers": ("from elasticsearch import Elasticsearch, helpers", "es = Elasticsearch()"),
    "hook": ("from airflow.providers.amazon.aws.hooks.s3 import S3Hook", "hook = S3Hook('minio')"),
}

OWN = """\
# mongo
if notes.find_one({'_id': item['id']}):
    continue
notes.insert_one({'_id': item['id'], 'note': ask(item)})
# mongo
doc = notes.find_one({'url': item['url']})
if doc and doc.get('note'):
    continue
notes.update_one({'url': item['url']}, {'$set': {'note': ask(item)}}, upsert=True)
# motor
if notes.count_documents({'url': item['url']}) > 0:
    continue
notes.insert_one({'url': item['url'], 'note': ask(item)})
# s3
try:
    s3.head_object(Bucket=BUCKET, Key=key)
    continue
except Exception:
    pass
s3.put_object(Bucket=BUCKET, Key=key, Body=ask(item))
# dynamo
if table.get_item(Key={'id': item['id']}).get('Item'):
    continue
table.put_item(Item={'id': item['id'], 'note': ask(item)})
# gcs
blob = bucket.blob(key)
if blob.exists():
    continue
blob.upload_from_string(ask(item))
# azure
blob = box.get_blob_client(key)
if blob.exists():
    continue
blob.upload_blob(ask(item))
# firestore
ref = db.collection('notes').document(item['id'])
if ref.get().exists:
    continue
ref.set({'note': ask(item)})
# supabase
if db.table('notes').select('id').eq('id', item['id']).execute().data:
    continue
db.table('notes').insert({'id': item['id'], 'note': ask(item)}).execute()
# supabase
db.table('notes').update({'note': ask(item)}).eq('id', item['id']).execute()
# elastic
if es.exists(index='notes', id=item['id']):
    continue
es.index(index='notes', id=item['id'], document={'note': ask(item)})
# chroma
if notes.get(ids=[item['id']])['ids']:
    continue
notes.add(ids=[item['id']], embeddings=[vector(item['text'])])
# qdrant
if qdrant.retrieve('notes', ids=[item['id']]):
    continue
qdrant.upsert('notes', points=[PointStruct(id=item['id'], vector=vector(item['text']))])
# redis
if r.get(key):
    continue
r.setex(key, 3600, ask(item))
# redis
if r.sismember('done', item['id']):
    continue
print(ask(item))
r.sadd('done', item['id'])
# neo4j
text = ask(item)
with driver.session() as session:
    session.run('MERGE (a {id: $id}) SET a.note = $note', id=item['id'], note=text)
# notion
notion.pages.update(page_id=item['id'], properties={'Note': ask(item)})
# fs
if fs.exists(key):
    continue
fs.write_text(key, ask(item))
# hook
if hook.check_for_key(key, 'shop'):
    continue
hook.load_string(ask(item), key=key, bucket_name='shop')
# s3
text = s3.get_object(Bucket=BUCKET, Key=f"in/{item['id']}.pdf")['Body'].read()
s3.put_object(Bucket=BUCKET, Key=f"out/{item['id']}.txt", Body=ask(text))
# gcs
text = bucket.blob(f"{item['id']}.pdf").download_as_text()
bucket.blob(f"{item['id']}.txt").upload_from_string(ask(text))
# dynamodb
if dynamo.get_item(TableName='notes', Key={'id': {'S': item['id']}}).get('Item'):
    continue
dynamo.put_item(TableName='notes', Item={'id': {'S': item['id']}, 'note': {'S': ask(item)}})
# bucket
text = s3.get_object(Bucket='shop', Key=f"in/{item['id']}.pdf")['Body'].read()
res.Object('shop', f"out/{item['id']}.txt").put(Body=ask(text))
# helpers
text = ask(item)
helpers.bulk(es, [{'_index': 'notes', '_id': item['id'], 'note': text}])
# supabase
db.storage.from_('box').upload(f"{item['id']}.txt", ask(db.storage.from_('box').download(f"{item['id']}.pdf")))
"""

OTHERS = """\
# mongo
seen = list(notes.find({}, {'note': 1}))
notes.insert_one({'_id': item['id'], 'note': ask([item, seen])})
# mongo
last = notes.find_one({'_id': item['before']})
notes.insert_one({'_id': item['id'], 'note': ask([item, last])})
# motor
if notes.estimated_document_count() > 5:
    continue
notes.insert_one({'url': item['url'], 'note': ask(item)})
# s3
found = s3.list_objects_v2(Bucket=BUCKET)['KeyCount']
s3.put_object(Bucket=BUCKET, Key=key, Body=ask([item, found]))
# dynamo
rows = table.scan()['Items']
table.put_item(Item={'id': item['id'], 'note': ask([item, rows])})
# gcs
old = bucket.blob('all.txt').download_as_text()
bucket.blob('all.txt').upload_from_string(old + ask(old))
# azure
names = [blob.name for blob in box.list_blobs()]
box.upload_blob(name=key, data=ask([item, names]))
# firestore
seen = [doc.to_dict() for doc in db.collection('notes').stream()]
db.collection('notes').document(item['id']).set({'note': ask([item, seen])})
# supabase
rows = db.table('notes').select('note').limit(3).execute().data
db.table('notes').insert({'id': item['id'], 'note': ask([item, rows])}).execute()
# supabase
rows = db.table('notes').select('note').eq('id', item['id']).or_('id.gt.0').execute().data
db.table('notes').insert({'id': item['id'], 'note': ask([item, rows])}).execute()
# elastic
hits = es.search(index='notes', query={'match_all': {}})
es.index(index='notes', id=item['id'], document={'note': ask([item, hits])})
# chroma
near = notes.query(query_embeddings=[item['vector']])
notes.add(ids=[item['id']], documents=[ask([item, near])])
# qdrant
near = qdrant.query_points('notes', query=item['vector'])
qdrant.upsert('notes', points=[PointStruct(id=item['id'], vector=[0.0], payload={'note': ask([item, near])})])
# redis
r.rpush('done', ask([item, r.llen('done')]))
# redis
if r.exists('stop'):
    continue
r.set('stop', ask(item))
# neo4j
with driver.session() as session:
    names = session.run('MATCH (a) RETURN a.note').values()
text = ask([item, names])
with driver.session() as session:
    session.run('MERGE (a {id: $id}) SET a.note = $note', id=item['id'], note=text)
# notion
rows = notion.databases.query(database_id='d')['results']
notion.pages.create(parent={'database_id': 'd'}, properties={'Note': ask([item, rows])})
# fs
names = fs.ls('notes')
fs.write_text(key, ask([item, names]))
# hook
names = hook.list_keys('shop')
hook.load_string(ask([item, names]), key=key, bucket_name='shop')
# redis
old = r.zrevrange('rank', 0, 3)
text = ask([item, old])
r.zincrby('rank', 1, text)
# mongo
if notes.find_one({'url': item['url']}):
    continue
notes.update_one({'url': item['url']}, {'$set': {'url': ask(item)}})
# supabase
rows = db.table('notes').select('note').not_.eq('id', item['id']).execute().data
db.table('notes').insert({'id': item['id'], 'note': ask([item, rows])}).execute()
# s3
found = s3.get_paginator('list_objects_v2').paginate(Bucket=BUCKET)
s3.put_object(Bucket=BUCKET, Key=key, Body=ask([item, list(found)]))
# s3
text = s3.get_object(Bucket=BUCKET, Key=f"out/{item['before']}.txt")['Body'].read()
s3.put_object(Bucket=BUCKET, Key=f"out/{item['id']}.txt", Body=ask(text))
# s3
text = s3.get_object(Bucket=BUCKET, Key=f"out/{item['before']}")['Body'].read()
s3.put_object(Bucket=BUCKET, Key=f"out/{item['id']}.txt", Body=ask(text))
# dynamodb
rows = dynamo.scan(TableName='notes')['Items']
table.put_item(Item={'id': item['id'], 'note': ask([item, rows])})
# dynamodb
last = dynamo.get_item(TableName='notes', Key={'id': {'S': item['before']}})
dynamo.put_item(TableName='notes', Item={'id': {'S': item['id']}, 'note': {'S': ask([item, last])}})
# bucket
names = [found.key for found in res.Bucket('shop').objects.all()]
s3.put_object(Bucket='shop', Key=key, Body=ask([item, names]))
# helpers
hits = [hit['_source'] for hit in helpers.scan(es, index='notes')]
es.index(index='notes', id=item['id'], document={'note': ask([item, hits])})
# helpers
hits = es.search(index='notes', query={'match_all': {}})
text = ask([item, hits])
helpers.bulk(es, [{'_index': 'notes', '_id': item['id'], 'note': text}])
# gcs
names = [blob.name for blob in bucket.list_blobs()]
text = ask([item, names])
with bucket.blob(key).open('w') as file:
    file.write(text)
# supabase
rows = db.table('parts').select('text, notes(note)').eq('shop', item['shop']).execute().data
db.table('notes').insert({'id': item['id'], 'note': ask([item, rows])}).execute()
# supabase
names = db.storage.from_('box').list()
db.storage.from_('box').upload(key, ask([item, names]))
"""


def parts(text: str) -> list[tuple[str, str]]:
    """What stands between the lines that begin with `#`, each with what that line says."""
    found = re.split(r"^# ?(\w*)\n", text, flags=re.MULTILINE)[1:]
    return list(zip(found[::2], found[1::2], strict=True))


def program(store: str, body: str) -> str:
    imports, made = STORES[store]
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return PROGRAM.format(imports=imports, made=made, body=lines.rstrip("\n"))


@pytest.mark.parametrize(("store", "body"), parts(OWN))
def test_what_belongs_to_the_item_may_be_looked_at(store: str, body: str) -> None:
    done = rewrite(program(store, body))
    assert done.planned, done.refusals


@pytest.mark.parametrize(("store", "body"), parts(OTHERS))
def test_a_look_at_what_others_leave_keeps_the_loop(store: str, body: str) -> None:
    check_noop(program(store, body), "external-read-back")


RETRIEVER = """\
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.vectorstores import InMemoryVectorStore
from openai import OpenAI

client = OpenAI()
store = InMemoryVectorStore(DeterministicFakeEmbedding(size=8))
retriever = store.as_retriever()
for slug in ["tea", "jam", "tea"]:
    near = {near}
    text = client.responses.create(model="gpt-5-mini", input=str([slug, near])).output_text
    store.add_texts([text])
"""


def test_a_retriever_looks_at_what_its_store_is_given() -> None:
    near = "[found.page_content for found in retriever.invoke(slug)]"
    check_noop(RETRIEVER.format(near=near), "external-read-back")
    assert rewrite(RETRIEVER.format(near="slug * 2")).planned


SHOP = """\
import json

from openai import OpenAI
from sqlalchemy import String, create_engine, select, text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

client = OpenAI()


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(String(400), default="")
    note: Mapped[str | None] = mapped_column(String(400), default=None)


class Part(Base):
    __tablename__ = "parts"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[int]
    text: Mapped[str] = mapped_column(String(400))


engine = create_engine("sqlite:///shop.db")
Base.metadata.create_all(engine)
make = sessionmaker(engine)


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=str(text)).output_text


def keep(note, text):
    note.note = text


class Notes:
    def __init__(self, session):
        self.session = session

    def by_slug(self, slug):
        return self.session.query(Note).filter(Note.slug == slug).first()

    def keep(self, slug, note):
        self.session.add(Note(slug=slug, note=note))
        self.session.commit()


session = Session(engine)
notes = Notes(session)
session.add_all([Note(slug=slug, text=slug * 2) for slug in ("tea", "jam")])
session.commit()
for item in json.load(open("items.json")):
{body}
print(sorted((note.slug, note.note) for note in session.scalars(select(Note))))
"""

ITEMS = json.dumps(
    [{"id": 1, "slug": "cup"}, {"id": 2, "slug": "pot"}, {"id": 1, "slug": "cup"}, {"id": 2, "slug": "tea"}]
)

OWN_ROWS = """\
#
if session.query(Note).filter_by(slug=item['slug']).first():
    print('there')
    continue
session.add(Note(slug=item['slug'], note=ask(item)))
session.commit()
#
if session.scalar(select(Note).where(Note.slug == item['slug'])):
    continue
session.add(Note(slug=item['slug'], note=ask(item)))
session.commit()
#
note = session.get(Note, item['id'])
if note.note:
    print('has one')
    continue
note.note = ask(note.text)
session.commit()
#
with make() as db:
    known = db.query(Note).filter_by(slug=item['slug']).one_or_none()
if known is not None:
    continue
note = ask(item)
with make() as db:
    db.add(Note(slug=item['slug'], note=note))
    db.commit()
#
if notes.by_slug(item['slug']) is not None:
    continue
notes.keep(item['slug'], ask(item))
#
note = session.query(Note).filter_by(slug=item['slug']).first()
if note is None:
    note = Note(slug=item['slug'], text=item['slug'] * 3)
    session.add(note)
    session.commit()
if note.note:
    continue
note.note = ask(note.text)
session.commit()
#
note = session.scalar(select(Note).where(Note.slug == item['slug']))
if not note:
    note = Note(slug=item['slug'])
    session.add(note)
    session.commit()
if session.query(Part).filter(Part.owner == note.id).count() > 0:
    continue
session.add(Part(owner=note.id, text=ask(item)))
session.commit()
"""

OTHER_ROWS = """\
#
known = [note.note for note in session.query(Note).all()]
session.add(Note(slug=item['slug'], note=ask([item, known])))
session.commit()
#
known = session.scalars(select(Note.note)).all()
session.add(Note(slug=item['slug'], note=ask([item, known])))
session.commit()
#
with make() as db:
    known = db.query(Note).count()
note = ask([item, known])
with make() as db:
    db.add(Note(slug=item['slug'], note=note))
    db.commit()
#
known = session.query(Note).filter(Note.note.is_not(None)).first()
note = session.get(Note, item['id'])
note.note = ask([item, known and known.note])
session.commit()
#
known = [note.note for note in session.query(Note)]
session.add(Note(slug=item['slug'], note=ask([item, known])))
session.commit()
#
known = session.query(Part).join(Note, Note.id == Part.owner).filter(Note.note.is_not(None)).all()
session.add(Note(slug=item['slug'], note=ask([item, len(known)])))
session.commit()
#
known = session.query(Note).filter_by(slug=item['slug']).first()
note = session.get(Note, item['id'])
note.note = ask([item, known and known.note])
session.commit()
#
known = session.scalars(select(Note.note)).all()
session.execute(update(Note).where(Note.slug == item['slug']).values(note=ask([item, known])))
session.commit()
#
known = session.execute(text('select note from notes')).all()
session.add(Note(slug=item['slug'], note=ask([item, known])))
session.commit()
#
known = session.query(Note).filter_by(slug=item['slug']).first()
if known is not None:
    known.slug = ask(item)
    session.commit()
"""


LOOPS = """\
#
for note in session.query(Note).filter(Note.note.is_(None)):
    note.note = ask(note.slug)
    session.commit()
#
for note in session.scalars(select(Note)).all():
    fresh = session.get(Note, note.id)
    if fresh.note:
        continue
    keep(note, ask(note.slug))
session.commit()
"""

OTHERS_IN_LOOPS = """\
#
for note in session.query(Note).filter(Note.note.is_(None)):
    shots = session.query(Note).filter(Note.note.is_not(None)).limit(3).all()
    note.note = ask([shot.note for shot in shots])
    session.commit()
#
for note in session.query(Note).filter(Note.note.is_(None)).all():
    other = session.query(Note).filter(Note.slug == note.text).first()
    note.note = ask(other and other.note)
    session.commit()
#
for note in session.scalars(select(Note)).all():
    before = session.get(Note, note.text)
    keep(note, ask(before and before.note))
session.commit()
"""


def shop(body: str) -> dict[str, str]:
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    return {"app.py": SHOP.replace("{body}\n", indented), "items.json": ITEMS}


@pytest.mark.parametrize("body", [body for _, body in parts(OWN_ROWS)])
def test_an_items_own_row_of_sqlalchemy_waits_for_the_item_before_it(body: str, tmp_path: Path) -> None:
    """The first item comes twice: the second time it finds what the first has left."""
    check_runs_alike(shop(body), tmp_path)


@pytest.mark.parametrize("body", [body for _, body in parts(OTHER_ROWS)])
def test_rows_of_others_keep_the_loop_with_sqlalchemy(body: str) -> None:
    check_noop(shop(body), "external-read-back")


@pytest.mark.parametrize("body", [body for _, body in parts(LOOPS)])
def test_rows_that_a_loop_goes_through_are_their_items_own(body: str, tmp_path: Path) -> None:
    source = SHOP.replace('for item in json.load(open("items.json")):\n{body}', body)
    check_runs_alike(source, tmp_path)


@pytest.mark.parametrize("body", [body for _, body in parts(OTHERS_IN_LOOPS)])
def test_rows_of_others_keep_a_loop_through_rows(body: str) -> None:
    check_noop(SHOP.replace('for item in json.load(open("items.json")):\n{body}', body), "external-read-back")


DJANGO = """\
import json

import django
from django.conf import settings
from django.db import connection, models
from openai import OpenAI

database = {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.db"}
settings.configure(DATABASES={"default": database}, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
django.setup()
client = OpenAI()


class Note(models.Model):
    slug = models.CharField(max_length=40)
    note = models.TextField(blank=True)

    class Meta:
        app_label = "shop"


with connection.schema_editor() as editor:
    editor.create_model(Note)


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=str(text)).output_text


Note.objects.create(slug="tea")
for item in json.load(open("items.json")):
{body}
print(list(Note.objects.order_by("slug", "id").values_list("slug", "note")))
"""

OWN_OBJECTS = """\
#
if Note.objects.filter(slug=item['slug']).exists():
    print('there')
    continue
Note.objects.create(slug=item['slug'], note=ask(item))
#
note, is_new = Note.objects.get_or_create(slug=item['slug'])
if note.note:
    continue
note.note = ask(item)
note.save()
#
Note.objects.update_or_create(slug=item['slug'], defaults={'note': ask(item)})
#
if Note.objects.filter(slug=item['slug'], note='').exists():
    Note.objects.filter(slug=item['slug']).update(note=ask(item))
#
note = Note.objects.filter(slug=item['slug']).first()
if note is None:
    note = Note(slug=item['slug'])
if note.note:
    continue
note.note = ask(item)
note.save()
"""

OTHER_OBJECTS = """\
#
known = list(Note.objects.values_list('note', flat=True))
Note.objects.create(slug=item['slug'], note=ask([item, known]))
#
if Note.objects.filter(note__contains=item['slug']).exists():
    continue
Note.objects.create(slug=item['slug'], note=ask(item))
#
note, is_new = Note.objects.get_or_create(slug=item['slug'])
last = Note.objects.order_by('-id').first()
note.note = ask([item, last.note])
note.save()
#
known = list(Note.objects.filter(slug=item['slug'], note__gt='').values_list('part__text', flat=True))
Note.objects.create(slug=item['slug'], note=ask([item, known]))
"""


def in_django(body: str) -> dict[str, str]:
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    return {"app.py": DJANGO.replace("{body}\n", indented), "items.json": ITEMS}


@pytest.mark.parametrize("body", [body for _, body in parts(OWN_OBJECTS)])
def test_an_items_own_object_of_django_waits_for_the_item_before_it(body: str, tmp_path: Path) -> None:
    check_runs_alike(in_django(body), tmp_path)


@pytest.mark.parametrize("body", [body for _, body in parts(OTHER_OBJECTS)])
def test_objects_of_others_keep_the_loop_with_django(body: str) -> None:
    check_noop(in_django(body), "external-read-back")


OBJECTS = """\
#
note.note = ask(note.slug)
note.save()
#
if Note.objects.filter(pk=note.pk).exclude(note='').exists():
    continue
note.note = ask(note.slug)
note.save()
"""
OTHERS_OF_OBJECTS = """\
#
before = Note.objects.get(pk=note.slug)
note.note = ask(before.note)
note.save()
#
shots = Note.objects.exclude(note='').order_by('-id')[:3]
note.note = ask(list(shots))
note.save()
"""


def through_objects(body: str) -> dict[str, str]:
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    loop = f'for note in Note.objects.filter(note="").order_by("id"):\n{indented}print(list'
    files = in_django("Note.objects.create(slug=item['slug'])")
    return files | {"app.py": files["app.py"].replace("print(list", loop)}


@pytest.mark.parametrize("body", [body for _, body in parts(OBJECTS)])
def test_objects_that_a_loop_goes_through_are_their_items_own(body: str, tmp_path: Path) -> None:
    check_runs_alike(through_objects(body), tmp_path)


@pytest.mark.parametrize("body", [body for _, body in parts(OTHERS_OF_OBJECTS)])
def test_objects_of_others_keep_a_loop_through_objects(body: str) -> None:
    check_noop(through_objects(body), "external-read-back")


HOLDING = [
    "with make() as db:\n    note = db.get(Note, item['id'])\n    note.note = ask(note.text)\n    db.commit()",
    "db = make()\nnote = db.get(Note, item['id'])\nnote.note = ask(note.text)\ndb.commit()\ndb.close()",
    "with engine.begin() as db:\n    db.execute(text('select 1'))\n    print(ask(item))",
    "with session.begin_nested():\n    session.add(Note(slug=item['slug'], note=ask(item)))",
]
WRITTEN = """\
#
with raw:
    raw.execute("update notes set text = 'busy' where id = ?", (item['id'],))
    raw.execute("update notes set note = ? where id = ?", (ask(item), item['id']))
#
with sqlite3.connect("shop.db", timeout=1) as db:
    db.execute("update notes set text = 'busy' where id = ?", (item['id'],))
    note = ask(item)
    db.execute("update notes set note = ? where id = ?", (note, item['id']))
"""
READ = """\
#
with sqlite3.connect("shop.db", timeout=1) as db:
    text = db.execute("select text from notes where id = ?", (item['id'],)).fetchone()[0]
    note = ask(text)
    db.execute("update notes set note = ? where id = ?", (note, item['id']))
#
with raw:
    raw.execute("update notes set text = 'busy' where id = ?", (item['id'],))
note = ask(item)
with raw:
    raw.execute("update notes set note = ? where id = ?", (note, item['id']))
"""


def in_sqlite(body: str) -> dict[str, str]:
    files = shop(body)
    opened = 'import sqlite3\n\nraw = sqlite3.connect("shop.db")\nfor item in json'
    return files | {"app.py": files["app.py"].replace("for item in json", opened)}


@pytest.mark.parametrize("body", [body for _, body in parts(WRITTEN)])
def test_no_item_waits_within_a_transaction_in_which_it_has_written(body: str) -> None:
    refusal = check_noop(in_sqlite(body), "unsupported-shape")
    assert refusal is not None
    assert "transaction" in refusal.detail


@pytest.mark.parametrize("body", [body for _, body in parts(READ)])
def test_a_transaction_that_only_reads_before_the_request_may_stand_open(body: str, tmp_path: Path) -> None:
    check_runs_alike(in_sqlite(body), tmp_path)


RELEASED = [
    "with make() as db:\n    shown = db.get(Note, item['id']).text\nprint(ask(shown))",
    "db = make()\nshown = db.get(Note, item['id']).text\ndb.close()\nprint(ask(shown))",
]


@pytest.mark.parametrize("body", HOLDING)
def test_no_connection_is_held_while_an_item_waits(body: str) -> None:
    refusal = check_noop(shop(body), "unsupported-shape")
    assert refusal is not None
    assert "holds a connection to the database" in refusal.detail


@pytest.mark.parametrize("body", RELEASED)
def test_a_connection_that_is_closed_before_the_request_is_none(body: str, tmp_path: Path) -> None:
    check_runs_alike(shop(body), tmp_path)


ROLLBACK = """\
try:
    session.add(Part(owner=item['id'], text='begun'))
    {before}
    note = ask(item)
    session.add(Note(slug=item['slug'], note=note))
    session.commit()
except ValueError:
    {after}
"""


def test_a_rollback_takes_back_what_other_items_have_written_before() -> None:
    body = ROLLBACK.format(before="session.flush()", after="session.rollback()")
    check_noop(shop(body), "dependent-iterations")
    assert rewrite(shop(ROLLBACK.format(before="session.commit()", after="print('bad')"))).planned
