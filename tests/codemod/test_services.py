"""A service that an answer is sent to may say something else the next time that a program asks it."""

from __future__ import annotations

import pytest

from .programs import check_noop, rewrite

HEAD = """\
import json
import urllib.request

import httpx
import requests
from openai import OpenAI

client = OpenAI()
API = "https://shop.example/api"
HOOK = "https://hooks.example/4711"
PROJECT, OPTIONS = 7, {"project": 7}
session = requests.Session()


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


def rest(method, path, payload=None):
    data = None if payload is None else json.dumps(payload).encode()
    request = urllib.request.Request(API + path, data, method=method)
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def call(path, body=None, method=None):
    data = json.dumps(body).encode() if body is not None else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(API + path, data)) as response:
        return json.load(response)


def of_shop(path, base=API):
    return requests.get(f"{base}{path}").json()


def send(path, body=None):
    with urllib.request.urlopen(API + path, body) as response:
        return response.read()


class Shop:
    def __init__(self, base):
        self.base = base
        self.http = httpx.Client(base_url=base)

    def bins(self):
        return self.http.get("/bins").json()

    def parcel(self, id):
        return self.http.get(f"/parcels/{id}").json()

    def place(self, id, bin):
        self.http.post(f"/parcels/{id}", json={"bin": bin})


shop = Shop(API)


def main(ids):
    for id in ids:
        answer = ask(f"{id} {READ}")
        WRITE


main(open("ids.txt"))
"""
WRITES = {
    "requests": 'requests.post(f"{API}/parcels/{id}", json={"bin": answer})',
    "a session": 'session.put(API + f"/parcels/{id}", data=answer)',
    "a helper": 'rest("POST", "/parcels", {"id": id, "bin": answer})',
    "an opener": 'call("/parcels", {"id": id, "bin": answer})',
    "a body": 'send("/parcels", answer.encode())',
    "a body that may be none": 'send("/parcels", json.loads(answer))',
    "a request": 'requests.request("patch", f"{API}/parcels", json={"bin": answer})',
}
READS = {
    "requests": 'requests.get(f"{API}/bins").json()',
    "a session": 'session.get(API + "/bins", params={"free": "1"}).json()',
    "a helper": 'rest("GET", "/bins")',
    "an opener": 'call("/bins")',
    "a body that is left out": 'send("/bins")',
    "what may be a body": 'send("/bins", {}.get(id))',
    "a constant in the address": 'requests.get(f"{API}/projects/{PROJECT}/bins").json()',
    "an option in the address": 'requests.get(API + "/bins?limit=" + str(3), params=OPTIONS).json()',
    "keywords": 'requests.request(method="GET", url=API + "/bins").json()',
    "a template": 'requests.get("%s/bins" % API).json()',
    "a default": 'of_shop("/bins")',
    "urllib": 'urllib.request.urlopen("https://shop.example/api/bins").read()',
}


def program(read: str, write: str) -> str:
    return HEAD.replace("READ", read.replace('"', "'")).replace("WRITE", write)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("read", READS)
def test_what_answers_may_change_is_read_again(read: str, write: str) -> None:
    refusal = check_noop(program(READS[read], WRITES[write]), "external-read-back")
    assert refusal is not None
    assert "the service at `" in refusal.detail


def test_a_client_of_the_service() -> None:
    write = "shop.place(id, answer)"
    check_noop(program("shop.bins()", write), "external-read-back")
    assert rewrite(program("shop.parcel(id)", write)).planned


@pytest.mark.parametrize(
    ("read", "write"),
    [
        ('requests.get(f"{API}/parcels/{id}").json()', WRITES["requests"]),
        ('session.get(API + "/bins", params={"id": id}).json()', WRITES["a session"]),
        ('rest("GET", f"/parcels/{id}")', WRITES["a helper"]),
        ('call(f"/parcels/{id}")', WRITES["an opener"]),
        ('send(f"/parcels/{id}", {}.get(id))', WRITES["a body"]),
        (READS["requests"], "requests.post(HOOK, json={'text': answer})"),
        (READS["requests"], 'print(requests.get(f"{API}/parcels/{id}").json(), answer)'),
    ],
    ids=[
        "its own address",
        "its own question",
        "its own by a helper",
        "its own by an opener",
        "its own, sent or not",
        "another service",
        "only reads",
    ],
)
def test_what_no_answer_changes(read: str, write: str) -> None:
    assert rewrite(program(read, write)).planned


def test_the_address_of_another_item() -> None:
    check_noop(program('requests.get(f"{API}/parcels/{id[:-1]}").json()', WRITES["requests"]), "external-read-back")


@pytest.mark.parametrize(
    "write",
    [
        "list(map(send, ['/parcels'], [answer.encode()]))",
        "pool.submit(send, '/parcels', answer.encode()).result()",
        "functools.partial(send, body=answer.encode())('/parcels')",
    ],
    ids=["a map", "a pool", "a partial"],
)
def test_what_is_sent_by_a_function_that_is_handed_over(write: str) -> None:
    imports = "import functools\nfrom concurrent.futures import ThreadPoolExecutor\n\npool = ThreadPoolExecutor(1)\n"
    check_noop(imports + program(READS["requests"], write), "external-read-back")


def test_the_items_are_asked_for_once() -> None:
    listed = program("0", WRITES["requests"]).replace('open("ids.txt")', 'requests.get(f"{API}/ids").json()')
    assert rewrite(listed).planned


def test_a_script_may_fetch_here_and_tell_there() -> None:
    loop = "\n\nfor id in open('ids.txt'):\n    page = requests.get(id).text\n    print(ask(page))\n"
    assert rewrite(HEAD.partition("def main")[0] + loop + "    requests.post(HOOK, json={'text': page})\n").planned
