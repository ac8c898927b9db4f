"""Programs before and after the rewrite: planned in process, and run in child processes with the real SDKs.

A program is a mapping from path to source, or one source (then its path is `app.py`); sources are dedented.
"""

from __future__ import annotations

import sqlite3
import textwrap
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fake_provider import FakeProvider, Faults
from launcher import LAUNCHER, Ended

from batchlint import callsites, codemod, extraction, graph, scoring
from batchlint.codemod.refusals import Refusal
from batchlint.sources import syntax

Source = str | Mapping[str, str]
HELPER = "llm_batch.py"


@dataclass(frozen=True)
class Rewritten:
    """What the codemod makes of a program. `files`: all of them afterwards; `planned`: how many calls are rewritten."""

    before: dict[str, str]
    files: dict[str, str]
    planned: int
    refusals: list[tuple[str, int, Refusal]]
    notes: list[str]


def dedented(source: Source) -> dict[str, str]:
    given = {"app.py": source} if isinstance(source, str) else dict(source)
    return {path: textwrap.dedent(text).lstrip("\n") for path, text in given.items()}


def rewrite(source: Source, *, unsafe: bool = False, strategy: str = "auto") -> Rewritten:
    """Plan and render every call of the program that the engine may plan, whatever its verdict."""
    before = dedented(source)
    python = {path: text for path, text in before.items() if path.endswith(".py")}
    modules = [extraction.extract(path, text, syntax.parse(text)) for path, text in python.items()]
    marks = [path for path in before if path.rpartition("/")[2] == "__init__.py"]
    packages = frozenset(path.rpartition("/")[0] for path in marks)
    linked = graph.build(modules, settings=graph.GraphSettings(packages=packages))
    sites = [site for site in scoring.score(linked, callsites.find(linked)) if not site.rounds]
    decided = codemod.plan(linked, sites, unsafe=unsafe, strategy=strategy)
    plans = {key: plan for key, plan in decided.items() if isinstance(plan, codemod.Plan)}
    refusals = [(path, line, it) for (path, line, _), it in sorted(decided.items()) if isinstance(it, Refusal)]
    rendered = codemod.render(linked, plans)
    refusals += [(path, line, it) for (path, line, _), it in rendered.refused.items()]
    edits = {edit.path: edit.after for edit in rendered.edits}
    notes = [note for plan in rendered.plans.values() for note in plan.notes]
    return Rewritten(before, {**before, **edits}, len(rendered.plans), refusals, notes)


def check_noop(source: Source, name: str | None = None, *, unsafe: bool = False) -> Refusal | None:
    """Assert that nothing is changed; with `name`, that this refusal is given. Returns the first one of that name."""
    done = rewrite(source, unsafe=unsafe)
    assert done.files == done.before, "\n".join(text for path, text in done.files.items() if path != HELPER)
    if name is None:
        return None
    found = [refusal for _, _, refusal in done.refusals if refusal.name == name]
    assert found, f"no {name} in {done.refusals}"
    return found[0]


def check_rewritten(before: Source, after: Source, *, unsafe: bool = False, strategy: str = "auto") -> None:
    """Assert what the named files become; that a second run changes nothing; and that what is not named stays."""
    done = rewrite(before, unsafe=unsafe, strategy=strategy)
    expected = {**done.before, **dedented(after)}
    shown = {path: text for path, text in done.files.items() if path != HELPER}
    for path, text in expected.items():
        assert shown.get(path) == text, f"{path}: {done.refusals}\n{shown.get(path)}"
    assert set(shown) == set(expected)
    again = rewrite(done.files, unsafe=unsafe, strategy=strategy)
    assert again.files == done.files, "a second run changes more"


@dataclass
class Run:
    """All that a run of a program leaves for others to see."""

    ended: Ended
    files: dict[str, Any]
    answered: Counter[str]
    realtime: int
    cost: float

    @property
    def visible(self) -> tuple[int, str, str, dict[str, Any]]:
        """Exit code, output, the last line of the errors where it failed, and the files."""
        last = self.ended.errors.strip().splitlines()[-1:] if self.ended.code else []
        return self.ended.code, self.ended.output, "".join(last), self.files


def run(files: Mapping[str, str], folder: Path, script: str = "app.py", faults: Faults | None = None) -> Run:
    """Write the files into the folder and run one of them there, against a provider of its own."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    with FakeProvider(faults) as provider:
        ended = LAUNCHER.run(folder, script, provider.environment())
        return Run(ended, left_in(folder, files), provider.answered(), provider.realtime_calls, provider.cost)


def left_in(folder: Path, given: Mapping[str, str]) -> dict[str, Any]:
    """The files that a run made or changed, databases as their rows."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = "__pycache__" in name or name.startswith(".llm_batch") or name.endswith((".py", ".pyc"))
        if path.is_dir() or hidden or (name in given and path.read_text() == given[name]):
            continue
        found[name] = rows(path) if path.suffix in {".db", ".sqlite"} else path.read_bytes()
    return found


def rows(path: Path) -> dict[str, list[Any]]:
    with sqlite3.connect(path) as db:
        names = [name for (name,) in db.execute("select name from sqlite_master where type = 'table' order by name")]
        return {name: db.execute(f'select * from "{name}"').fetchall() for name in names}


@dataclass
class Alike:
    before: Run
    after: Run
    rewritten: Rewritten = field(repr=False)


def check_runs_alike(
    source: Source,
    folder: Path,
    *,
    script: str = "app.py",
    faults: Faults | None = None,
    realtime: int = 0,
    unsafe: bool = False,
) -> Alike:
    """Assert that the program does the same before and after its rewrite, with the same requests.

    `realtime`: calls of live callers, which stay realtime. `faults` are used twice, so they must
    not run out.
    """
    done = rewrite(source, unsafe=unsafe)
    assert done.files != done.before, done.refusals
    (folder / "before").mkdir()
    (folder / "after").mkdir()
    before = run(done.before, folder / "before", script, faults)
    after = run(done.files, folder / "after", script, faults)
    text = "\n".join(
        text for path, text in done.files.items() if not path.endswith(HELPER) and text != done.before[path]
    )
    assert after.visible == before.visible, f"{text}\n{before.ended}\n{after.ended}"
    assert after.answered == before.answered, f"{text}\nbefore only: {before.answered - after.answered}\n" + (
        f"after only: {after.answered - before.answered}"
    )
    assert after.realtime == realtime, text
    return Alike(before, after, done)
