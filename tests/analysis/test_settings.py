"""What a setting of the whole run switches on below, it does not switch off above."""

import pytest

from .verdicts import is_waited_for, verdict

APP = """
import os
from fastapi import FastAPI
from llm import ask

{setting}
app = FastAPI()

def complete(text):
    {below}

@app.get("/text")
def text(text: str):
    {above}

def use_local():
    {later}

if __name__ == "__main__":
    for line in open("texts.txt"):
        print(complete(line))
"""
BELOW = "if LOCAL: return open(text).read()\n    return ask(text)  # !"
ABOVE = "if LOCAL: return complete(text)"


def program(
    setting: str = 'LOCAL = os.environ.get("LOCAL")', below: str = BELOW, above: str = ABOVE, later: str = "pass"
) -> str:
    return APP.format(setting=setting, below=below, above=above, later=later)


@pytest.mark.parametrize(
    ("below", "above"),
    [
        (BELOW, ABOVE),
        ("if not LOCAL: return ask(text)  # !", "if not LOCAL: return text\n    return complete(text)"),
        ('if LOCAL == "no": return ask(text)  # !', 'if LOCAL == "yes": return complete(text)'),
        ('if LOCAL in ("no", "never"): return ask(text)  # !', 'if LOCAL == "yes": return complete(text)'),
        ('if LOCAL == "no": return ask(text)  # !', 'if LOCAL != "no": return complete(text)'),
    ],
)
def test_a_way_down_that_a_setting_closes_does_not_count(below: str, above: str) -> None:
    assert verdict(program(below=below, above=above)) == "batchable"


@pytest.mark.parametrize(
    "source",
    [
        program(above="if not LOCAL: return complete(text)"),
        program(above="return complete(text)"),
        program(below="return ask(text)  # !"),
        program(below=BELOW.replace("LOCAL", "os.path.exists(text)")),
        program(below="if not LOCAL or text: return ask(text)  # !"),
        program(below='if LOCAL == "no": return ask(text)  # !'),
        program(below='if LOCAL == "no": return ask(text)  # !', above='if LOCAL != "yes": return complete(text)'),
        program(later="global LOCAL; LOCAL = True"),
        program(setting="LOCAL = False\nLOCAL = os.environ.get('LOCAL')"),
        program(above=f"LOCAL = len(text) > 5\n    {ABOVE}"),
    ],
)
def test_a_way_down_that_is_open_counts(source: str) -> None:
    assert is_waited_for(source)


IN_TURN = """
import os
from llm import ask

LOCAL = os.environ.get("LOCAL")

def complete(text):
    if LOCAL: return open(text).read()
    return ask(text)  # !

def read(texts):
    last = ""
    if {test}:
        for text in texts:
            last = complete(text + last)
    else:
        for text in texts:
            print(complete(text))

if __name__ == "__main__":
    read(open("texts.txt").readlines())
"""


@pytest.mark.parametrize(("test", "expected"), [("LOCAL", "batchable"), ("not LOCAL", "realtime")])
def test_a_loop_of_the_other_setting_makes_no_request_depend_on_an_answer(test: str, expected: str) -> None:
    assert verdict(IN_TURN.format(test=test)) == expected


ROUTE = """
from fastapi import FastAPI
from work import complete
{imported}

app = FastAPI()

@app.get("/text")
def text(text: str):
    if {test}:
        return complete(text)
"""
WORK = """
from llm import ask
from settings import MODE

def complete(text):
    if MODE == "batch":
        return ask(text)  # !
    return text

if __name__ == "__main__":
    for line in open("texts.txt"):
        print(complete(line))
"""


@pytest.mark.parametrize(
    ("imported", "test", "expected"),
    [
        ("from settings import MODE", 'MODE == "live"', False),
        ("import settings", 'settings.MODE == "live"', False),
        ("from settings import MODE as mode", 'mode != "batch"', False),
        ("from settings import MODE", 'MODE == "batch"', True),
        ("from settings import OTHER", 'OTHER == "live"', True),
        ("from settings import state", 'state.MODE == "live"', True),
    ],
)
def test_a_setting_is_the_same_in_every_file(imported: str, test: str, expected: bool) -> None:
    settings = 'import os\nMODE = os.environ["MODE"]\nOTHER = os.environ["OTHER"]\nstate = object()\n'
    files = {"settings.py": settings, "work.py": WORK, "web.py": ROUTE.format(imported=imported, test=test)}
    assert is_waited_for(files) is expected


OBJECT = """
from fastapi import FastAPI
from llm import ask

app = FastAPI()

class Writer:
    def __init__(self, backend):
        self.backend = backend

    def complete(self, text):
        if self.backend == "local":
            return text.upper()
        elif self.backend == "hosted":
            return ask(text)  # !

    def preview(self, text):
        {above}

    def use(self, backend):
        {later}

@app.get("/text")
def text(text: str, backend: str):
    return Writer(backend).preview(text)

if __name__ == "__main__":
    writer = Writer("hosted")
    for line in open("texts.txt"):
        print(writer.complete(line))
"""


@pytest.mark.parametrize(
    ("above", "change", "expected"),
    [
        ('if self.backend == "local": return self.complete(text)', "pass", "batchable"),
        ('return "" if self.backend != "local" else self.complete(text)', "pass", "batchable"),
        ('if self.backend == "hosted": return self.complete(text)', "pass", "realtime"),
        ("return self.complete(text)", "pass", "realtime"),
        ('if self.backend == "local": return Writer("hosted").complete(text)', "pass", "realtime"),
        ('if self.backend == "local": return self.complete(text)', "self.backend = backend", "realtime"),
    ],
)
def test_an_object_keeps_its_setting(above: str, change: str, expected: str) -> None:
    assert verdict(OBJECT.format(above=above, later=change)) == expected


INHERITED = """
from fastapi import FastAPI
from llm import ask

app = FastAPI()

class Base:
    def complete_all(self, texts):
        return [self.complete(text) for text in texts]

class Writer(Base):
    def __init__(self, backend):
        self.backend = backend

    def complete(self, text):
        if self.backend == "hosted":
            return ask(text)  # !
        return text.upper()

    def complete_all(self, texts):
        if self.backend {test}:
            return texts
        return super().complete_all(texts)

@app.get("/text")
def text(text: str, backend: str):
    return Writer(backend).complete_all([text])

if __name__ == "__main__":
    for line in open("texts.txt"):
        print(Writer("hosted").complete(line))
"""


@pytest.mark.parametrize(("test", "expected"), [('== "hosted"', "batchable"), ('== "other"', "realtime")])
def test_what_the_base_class_does_is_the_same_object_s(test: str, expected: str) -> None:
    assert verdict(INHERITED.format(test=test)) == expected


MADE = """
from fastapi import FastAPI
from llm import ask

app = FastAPI()

class Teller:
    def tell(self, text):
        return ask(text)  # !

class Builder:
    def __init__(self, rows, teller=None, *, mode="plain"):
        self.rows = rows
        self.teller = {kept}
        self.mode = mode

    def build(self):
        return [self.told(row) for row in self.rows]

    def told(self, row):
        if self.teller is None:
            return row
        return self.teller.tell(row)

    def use(self, teller):
        {later}

@app.get("/plain")
def plain(text: str):
    {made}

if __name__ == "__main__":
    for row in Builder(open("rows.txt"), Teller()).build():
        print(row)
"""
NEW = "builder = Builder([text])\n    "
BUILD = "\n    return builder.build()"


@pytest.mark.parametrize(
    ("made", "kept", "later", "expected"),
    [
        ("return Builder([text]).build()", "teller", "pass", "batchable"),
        ("return Builder([text], None).build()", "teller", "pass", "batchable"),
        ("builder = Builder(rows=[text], mode='fine')\n    return builder.build()", "teller", "pass", "batchable"),
        ("return Builder([text], Teller()).build()", "teller", "pass", "realtime"),
        ("return Builder([text], *TELLERS).build()", "teller", "pass", "realtime"),
        (f"{NEW}builder.teller = Teller(){BUILD}", "teller", "pass", "realtime"),
        ("return Builder([text]).build()", "teller or Teller()", "pass", "realtime"),
        (f"{NEW}builder.use(Teller()){BUILD}", "teller", "self.teller = teller", "realtime"),
    ],
    ids=["by default", "given none", "by name", "given", "given what is open", "changed", "made anyway", "set later"],
)
def test_an_object_is_what_it_was_made_with(made: str, kept: str, later: str, expected: str) -> None:
    assert verdict(MADE.format(made=made, kept=kept, later=later)) == expected
