"""What the first item to need it makes for all of them, between the attempts of one; and what only looks like that."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import threading

from openai import OpenAI

_client = None
_clients = {}
_lock = threading.Lock()
TEXTS = ["tea", "", "cup", "jam", "bun"]


"""
TAIL = """\


def ask(text, get):
    for attempt in range(3):
        answer = get().responses.create(model="gpt-5-mini", input=f"{text} {attempt}").output_text
        if sum(map(ord, answer)) % 2:
            return answer
    return ""


def main():
    for text in TEXTS:
        if text:
            print(text, ask(text, get_client))


main()
"""
PLAIN = TAIL.replace("text, get)", "text)").replace("get()", "get_client()").replace("text, get_client", "text")
ALIKE = {
    "a global that is None": """\
def get_client():
    global _client
    if _client is None:
        _client = OpenAI()
    return _client
""",
    "a global that is false": """\
def get_client():
    global _client
    if not _client:
        _client = OpenAI()
    return _client
""",
    "a parameter with a value for none": """\
def get_client(key=None):
    global _client
    key = key or "none"
    if _client is None:
        _client = OpenAI(api_key=key)
    return _client
""",
    "an early return": """\
def get_client():
    global _client
    if _client is not None:
        return _client
    print("connecting")
    _client = OpenAI()
    return _client
""",
    "a mapping": """\
def get_client():
    key = "openai"
    if key not in _clients:
        _clients[key] = OpenAI()
    return _clients[key]
""",
    "a lock, and a second look": """\
def get_client():
    global _client
    if _client is None:
        with _lock:
            if _client is None:
                _client = OpenAI()
    return _client
""",
    "either of two kinds": """\
def get_client(retries=2):
    global _client
    if _client is None:
        if len(TEXTS) > 3:
            _client = OpenAI(max_retries=retries)
        else:
            _client = OpenAI()
    return _client
""",
    "an or": """\
def get_client():
    global _client
    _client = _client or OpenAI()
    return _client
""",
}
OBJECT = """\
class Asker:
    def __init__(self, retries):
        self.retries = retries
        self._client = None

    def client(self):
        if self._client is None:
            self._client = OpenAI(max_retries=self.retries)
        return self._client

    def ask(self, text):
        for attempt in range(3):
            answer = self.client().responses.create(model="gpt-5-mini", input=f"{text} {attempt}").output_text
            if sum(map(ord, answer)) % 2:
                return answer
        return ""


asker = Asker(2)
for text in TEXTS:
    if text:
        print(text, asker.ask(text))
"""
OF_ITEMS = """\
_prefix = None


def get_prefix(text):
    global _prefix
    if _prefix is None:
        _prefix = VALUE
    return _prefix


def ask(text):
    for attempt in range(3):
        prompt = get_prefix(text) + f"{text} {attempt}" if attempt or text > "d" else text
        answer = OpenAI().responses.create(model="gpt-5-mini", input=prompt).output_text
        if sum(map(ord, answer)) % 2:
            return answer
    return ""


for text in TEXTS:
    print(text, ask(text))
"""
OTHER = """\
def get_other():
    global _prefix
    if _prefix is None:
        _prefix = "y"
    return _prefix


"""
LEFT = {
    "the item's own": OF_ITEMS.replace("VALUE", "text"),
    "the item's own where it has one": OF_ITEMS.replace("VALUE", "text").replace(
        "global _prefix\n", "global _prefix\n    text = text or 'none'\n"
    ),
    "a part of the item": OF_ITEMS.replace("VALUE", 'f"{text[:1]}: "'),
    "an answer": OF_ITEMS.replace("VALUE", 'OpenAI().responses.create(model="gpt-5", input="prefix").output_text'),
    "what counts": OF_ITEMS.replace("VALUE", "str(_lock)").replace(
        "return _prefix", "_prefix += '.'\n    return _prefix"
    ),
    "two values for one place": OF_ITEMS.replace("VALUE", '"x"')
    .replace("get_prefix(text) +", "(get_prefix(text) if attempt else get_other()) +")
    .replace("def ask", OTHER + "def ask"),
    "keys that come in another order": OF_ITEMS.replace("VALUE", "text.upper()")
    .replace("global _prefix\n    ", "")
    .replace("_prefix is None", "text not in _clients")
    .replace("_prefix =", "_clients[text] =")
    .replace("return _prefix", "return _clients[text]")
    + "print(_clients)\n",
    "a look at whether it is there": OF_ITEMS.replace("VALUE", '"x"')
    .replace("for attempt", "first = _prefix is None\n    for attempt")
    .replace("{text} {attempt}", "{text} {attempt} {first}"),
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_each_item_would_make_alike_does_not_tie_them(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + ALIKE[name] + PLAIN, tmp_path)


def test_an_attribute_of_an_object(tmp_path: Path) -> None:
    check_runs_alike(HEAD + OBJECT, tmp_path)


def test_its_twin_with_the_same_value_runs_alike(tmp_path: Path) -> None:
    check_runs_alike(HEAD + OF_ITEMS.replace("VALUE", '"x"'), tmp_path)


@pytest.mark.parametrize("name", LEFT)
def test_what_depends_on_the_item_that_sets_it(name: str) -> None:
    check_noop(HEAD + LEFT[name], "dependent-iterations")
