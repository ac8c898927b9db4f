"""Files named after the one that the loop lists, or after the item's number, are those of one item."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike, rewrite

STAGES = """\
import glob
import os
from pathlib import Path

from openai import OpenAI

client = OpenAI()
IN, OUT = Path("in"), Path("out")


def texts():
    return sorted(path for path in IN.iterdir() if path.suffix == ".txt")


def more(paths):
    found = sorted(IN.glob("*.txt"))
    found.extend(OUT.glob("*.txt"))
    return found


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


for {item} in {items}:
    note = {note}
    tags = {tags}
    if os.path.exists(note):
        print("there is", note)
    else:
        text = ask(open({path}).read())
        with open(note, "w") as out:
            out.write(text)
    if not os.path.exists(tags):
        text = ask(open(note).read() + "!")
        with open(tags, "w") as out:
            out.write(text)
"""
FILES = {
    "in/a.txt": "tea",
    "in/b.txt": "cup",
    "in/c.txt": "jam",
    "in/d.txt": "tea",
    "out/b.md": "a note of before\n",
    "out/c.json": "{}\n",
}


def program(items: str, note: str, item: str = "path", path: str = "path") -> str:
    given = {"note": note.replace("EXT", "md"), "tags": note.replace("EXT", "json")}
    return STAGES.format(item=item, items=items, path=path, **given)


@pytest.mark.parametrize(
    "source",
    [
        program('sorted(IN.glob("*.txt"))', 'OUT / f"{path.stem}.EXT"'),
        program('sorted(IN.glob("*.txt"))', 'OUT / (path.stem + ".EXT")'),
        program("texts()", 'OUT / f"{path.name}.EXT"'),
        program('sorted(os.listdir("in"))', 'os.path.join("out", name + ".EXT")', "name", 'os.path.join("in", name)'),
        program('sorted(glob.glob("in/*.txt"))', 'f"out/{os.path.basename(path)}.EXT"'),
        program('sorted(IN.glob("*.txt"))', 'path.with_suffix(".EXT")'),
        program('enumerate(sorted(IN.rglob("*.txt")))', 'OUT / f"{index}.EXT"', "index, path"),
    ],
)
def test_each_item_goes_on_with_its_own_files(source: str, tmp_path: Path) -> None:
    done = check_runs_alike({"app.py": source, **FILES}, tmp_path)
    assert "in_turn(note)" not in done.rewritten.files["app.py"]


@pytest.mark.parametrize(
    "source",
    [
        program('sorted(IN.rglob("*.txt"))', 'OUT / f"{path.stem}.EXT"'),
        program('sorted(IN.glob("*/*.txt"))', 'OUT / f"{path.name}.EXT"'),
        program('sorted(IN.glob("*"))', 'OUT / f"{path.stem}.EXT"'),
        program('sorted(glob.glob("*/*.txt"))', 'f"out/{os.path.basename(path)}.EXT"'),
        program('sorted(IN.glob("*.txt"))', 'OUT / f"{path.stem[0]}.EXT"'),
        program('sorted(IN.glob("*.txt"))', 'OUT / f"{path.stem.lower()}.EXT"'),
        program('[*IN.glob("*.txt"), *OUT.glob("*.txt")]', 'OUT / f"{path.stem}.EXT"'),
        program('[path.parent / "a.txt" for path in IN.glob("*.txt")]', 'OUT / f"{path.stem}.EXT"'),
        program('sorted(IN.glob("*.txt"))', 'OUT / path.stem / ".." / "note.EXT"'),
        program("more(IN.glob('*.txt'))", 'OUT / f"{path.stem}.EXT"'),
    ],
)
def test_files_that_two_items_may_share_keep_the_loop(source: str) -> None:
    check_noop({"app.py": source, **FILES})


TREE = """\
from pathlib import Path

from openai import OpenAI

client = OpenAI()
IN, OUT = Path("in"), Path("out")


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


def digest(folder, out):
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*.txt")):
        note = out / f"{path.stem}.md"
        if not note.exists():
            note.write_text(ask(path.read_text()))
    notes = [note.read_text() for note in sorted(out.glob("??.md"))]
    (out / "README.md").write_text(ask("\\n".join(notes)))


for folder in sorted(path for path in IN.iterdir() if path.is_dir()):
    digest(folder, {out})
"""
TREES = {f"in/{folder}/{number}.txt": f"{folder} {number}" for folder in ("tea", "cup") for number in (10, 11, 12)}


def test_each_item_has_its_own_folder(tmp_path: Path) -> None:
    check_runs_alike({"app.py": TREE.replace("{out}", "OUT / folder.name"), **TREES}, tmp_path)


def test_a_folder_that_all_items_share_keeps_the_outer_loop() -> None:
    source = TREE.replace("{out}", "OUT")
    assert "run_batch(handle_folder" not in rewrite({"app.py": source, **TREES}).files["app.py"]


OTHERS = """\
from pathlib import Path

from openai import OpenAI

client = OpenAI()
IN, OUT = Path("in"), Path("out")
OUT.mkdir(exist_ok=True)
paths = sorted(IN.glob("*.txt"))
for path in paths:
    known = {known}
    note = client.responses.create(model="gpt-5-mini", input=f"{path.stem} {known}").output_text
    (OUT / f"{path.stem}.md").write_text(note)
"""


@pytest.mark.parametrize(
    "known",
    [
        'sum((OUT / f"{path.stem}.md").exists() for path in paths)',
        '[other.stem for other in paths if (OUT / f"{other.stem}.md").exists()]',
    ],
)
def test_a_look_at_the_files_of_others_keeps_the_loop(known: str) -> None:
    check_noop({"app.py": OTHERS.replace("{known}", known, 1), **FILES}, "external-read-back")


def test_a_look_at_the_items_own_file_is_none_at_others(tmp_path: Path) -> None:
    own = '(OUT / f"{path.stem}.md").exists()'
    check_runs_alike({"app.py": OTHERS.replace("{known}", own, 1), **FILES}, tmp_path)
