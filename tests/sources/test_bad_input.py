"""Bad files: each is one line in `errors`, and the others go on."""

import json
import os

import pytest

from batchlint.config import load
from batchlint.engine import analyze

CALL = """
from openai import OpenAI

client = OpenAI()
for line in open("lines.txt"):
    print(client.chat.completions.create(model="m", messages=[{"role": "user", "content": line}]))
"""


@pytest.fixture
def check(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(**files):
        (tmp_path / "good.py").write_text(CALL)
        for name, content in files.items():
            path = tmp_path / f"{name}.py"
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(content)
        report = analyze([tmp_path], load([tmp_path], isolated=True))
        assert "good.py" in {site.path for site in report.call_sites}
        return report

    return run


def errors(report):
    return [(error.path, error.line, error.message) for error in report.errors]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"import openai\nx = '\xe9'\n", 2, "not UTF-8: byte 0xe9 cannot be decoded"),
        (b"x = '\xe9'\n", 1, "not UTF-8: byte 0xe9 cannot be decoded"),
        (b"# coding: klingon\nimport openai\nx = '\xe9'\n", 1, "unknown encoding 'klingon'"),
        (b"import openai\nx = 1\0\n", 2, "null byte: not a Python source file"),
        (b"import openai\n\ndef f(:\n", 3, "syntax error: invalid syntax"),
        (b"import openai\nprint 'x'\n", 2, "syntax error: Missing parentheses in call to 'print'"),
        (b"import openai\nx = " + b"(" * 400 + b"\n", 2, "too many nested parentheses"),
    ],
)
def test_a_bad_file_is_one_line(check, content, line, message):
    [(path, found, text)] = errors(check(bad=content))
    assert (path, found) == ("bad.py", line)
    assert message in text
    assert "\n" not in text


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + CALL.encode(),
        CALL.replace("\n", "\r\n").encode(),
        b"# -*- coding: latin-1 -*-\n# \xe9\n" + CALL.encode(),
        ("# naïve\n" + CALL).encode(),
    ],
)
def test_encodings_and_line_ends_are_read(check, content):
    report = check(odd=content)
    assert not report.errors
    there = {site.path: site for site in report.call_sites}
    lines = content.decode("latin-1").splitlines()
    assert "client.chat.completions.create" in lines[there["odd.py"].line - 1]


def test_empty_files_are_counted_and_no_error(check):
    report = check(empty="", blank="\n\n")
    assert not report.errors
    assert report.files_checked == 3


NEWER = {
    "except": "def f():\n    try:\n        pass\n    except ValueError, KeyError:\n        pass\n",
    "generic": "def f[T](x: T) -> T:\n    return x\n\nclass Box[T]:\n    pass\n\ntype Pair[T] = tuple[T, T]\n",
    "strings": 'def f(d):\n    return f"{d["a"]} {f"{d["b"]}"}"\n',
    "templates": 'def f(d):\n    return t"{d}"\n',
}


@pytest.mark.parametrize("before", NEWER.values(), ids=NEWER)
def test_syntax_of_newer_pythons_is_understood(check, before):
    report = check(newer=before + CALL)
    assert not report.errors
    [site] = [site for site in report.call_sites if site.path == "newer.py"]
    assert (before + CALL).splitlines()[site.line - 1][site.column - 1 :].startswith("client.chat")


def test_a_call_inside_a_newer_string_is_found_where_it_stands(check):
    text = (
        'import openai\nfor x in open("x"):\n    print(f"{openai.chat.completions.create(model="m", messages=[])}")\n'
    )
    [site] = [site for site in check(newer=text).call_sites if site.path == "newer.py"]
    assert text.splitlines()[site.line - 1][site.column - 1 :].startswith("openai.chat.completions")


def test_links_that_lead_nowhere_are_reported_and_loops_end(check, tmp_path):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "pkg" / "up").symlink_to("..")
    (tmp_path / "gone.py").symlink_to("nowhere.py")
    found = {path: text for path, _, text in errors(check())}
    assert set(found) == {"loop.py", "gone.py"}
    assert "symbolic links" in found["loop.py"]
    assert "No such file" in found["gone.py"]


def test_an_unreadable_file_is_reported(check, monkeypatch):
    real = os.open

    def refuse(path, *arguments, **options):
        if str(path).endswith("secret.py"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    assert errors(check(secret=CALL)) == [("secret.py", 1, "cannot be read: Permission denied")]


def test_errors_reach_every_format(check, tmp_path, capsys, monkeypatch):
    from batchlint.cli import cli

    check(bad=b"import openai\ndef f(:\n")
    cli.main(["check", "-e", "--isolated", "--output-format", "json", "."], standalone_mode=False)
    document = json.loads(capsys.readouterr().out)
    assert document["errors"] == [{"path": "bad.py", "line": 2, "message": "syntax error: invalid syntax"}]


def test_a_small_program_is_looked_at_whole(check):
    """Also what has nothing to do with a model: a file that cannot be parsed is never passed over in silence."""
    assert errors(check(aside="x = 1\ndef f(:\n")) == [("aside.py", 2, "syntax error: invalid syntax")]
