"""`batchlint fix`: guards the user's tree, writes all files or none, and says what was and was not rewritten."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import tempfile
import tokenize
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from batchlint.config import Config
from batchlint.findings import CallSite, Finding

Show = Callable[[str], str]
_CELERY_BATCHES = re.compile(r"(?i)\bcelery[-_.]batches\b")


class TreeError(Exception):
    """A tree that must not be changed; the text is one line that says why and what to do."""


class Outcome(NamedTuple):
    """What one rewrite comes to. `refused` are findings; `left` are other calls that could wait but for a reason."""

    root: Path
    edits: list[Any]
    rewritten: list[Finding]
    refused: list[Finding]
    left: list[CallSite]
    reviews: list[Any]
    """A `codemod.Review` per loop, pool or gather that becomes batches."""
    errors: list[tuple[str, int, str]]


def rewrite(paths: Sequence[Path], config: Config, *, unsafe: bool, strategy: str, collect: str = "poll") -> Outcome:
    """Plan and render the rewrites of all findings over `paths`; nothing is written.

    `strategy`: see the command line; "accumulate" takes celery-batches where the project has it.
    """
    from batchlint import codemod, engine

    if strategy == "accumulate":
        has_batches = any(_CELERY_BATCHES.search(text) for text in _requirements(config.root))
        strategy = "celery-batches" if has_batches else "outbox"
    done = engine.run(paths, config, unsafe=unsafe, strategy=strategy, collect=collect, to_rewrite=True)
    report = done.report
    found = {(f.path, f.line, f.column): f.site.rewrite.available for f in report.findings}
    plans = {key: done.plans[key] for key, is_available in found.items() if is_available}
    left = [s for s in report.counted if (s.path, s.line, s.column) not in found and engine.could_wait(s)]
    try:
        framework = _framework(done.graph, config.root) if collect == "webhook" and done.graph else None
        rendered = codemod.render(done.graph, plans, framework=framework) if plans and done.graph else None
    except codemod.EditedHelperError as error:
        raise TreeError(str(error)) from None
    refused = rendered.refused if rendered else {}
    decided = ((f, refused.get((f.path, f.line, f.column))) for f in report.findings)
    findings = [replace(f, site=engine.with_rewrite(f.site, refusal)) for f, refusal in decided]
    return Outcome(
        root=Path(report.root),
        edits=rendered.edits if rendered else [],
        rewritten=[f for f in findings if f.site.rewrite.available],
        refused=[f for f in findings if not f.site.rewrite.available],
        left=left,
        reviews=codemod.review(done.graph, rendered.plans) if rendered and done.graph else [],
        errors=[(e.path, e.line, e.message) for e in report.errors],
    )


def _requirements(root: Path) -> list[str]:
    """The texts of the files in which the project states what it needs."""
    names = ("*requirements*.txt", "requirements/*.txt", "pyproject.toml", "setup.*", "Pipfile")
    found = [path for name in names for path in sorted(root.glob(name))]
    return [path.read_text(encoding="utf-8", errors="replace") for path in found]


def _framework(graph: Any, root: Path) -> str:
    """The web framework that receives the provider's events; TreeError where the project has none."""
    from batchlint.codemod import webhooks

    found = webhooks.framework_of(graph, _requirements(root))
    if found is None:
        raise TreeError(f"--collect webhook needs a web framework in the project: {', '.join(webhooks.frameworks())}")
    return found


# -- guarding the tree
def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints, or None where it is missing or refuses."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def check_vcs(paths: Sequence[Path], *, allow_dirty: bool, allow_no_vcs: bool) -> None:
    """Raise TreeError where a change could not be undone: no repository, or uncommitted changes."""
    folders = dict.fromkeys(path.resolve() if path.is_dir() else path.resolve().parent for path in paths)
    for folder in folders:
        status = _git(folder, "status", "--porcelain", "--untracked-files=no")
        if status is None:
            if not allow_no_vcs:
                raise TreeError(f"{folder} is in no git repository: a change could not be undone (--allow-no-vcs)")
        elif status and not allow_dirty:
            names = [line[3:] for line in status.splitlines()]
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise TreeError(
                f"uncommitted changes in {', '.join(names[:3])}{more}: commit or stash them first (--allow-dirty)"
            )


# -- writing
def apply(outcome: Outcome, *, allow_untracked: bool) -> None:
    """Write all edits: each file is replaced in one step, and all are put back if one cannot be written.

    Raises TreeError when a file changed since it was read, is untracked, or cannot be written.
    """
    staged: list[tuple[Path, Path, bytes | None]] = []
    try:
        for edit in outcome.edits:
            target = outcome.root / edit.path
            before, encoding = _on_disk(target, edit.path)
            if before is not None and not allow_untracked and _untracked(target):
                raise TreeError(f"{edit.path} is not in git: a change could not be undone (--allow-dirty)")
            if (before is None) != (not edit.before) or (before is not None and before.decode(encoding) != edit.before):
                raise TreeError(f"{edit.path} changed while it was read: run fix again")
            staged.append((target, _stage(target, edit.after.encode(encoding)), before))
        _replace_all(staged)
    except OSError as error:
        raise TreeError(f"{error.filename}: cannot be written: {error.strerror}") from None
    finally:
        for _, temporary, _ in staged:
            with suppress(FileNotFoundError):
                temporary.unlink()


def _on_disk(target: Path, shown: str) -> tuple[bytes | None, str]:
    try:
        data = target.read_bytes()
    except FileNotFoundError:
        return None, "utf-8"
    try:
        return data, tokenize.detect_encoding(BytesIO(data).readline)[0]
    except SyntaxError:
        raise TreeError(f"{shown}: its encoding is unknown") from None


def _untracked(target: Path) -> bool:
    inside = _git(target.parent, "rev-parse", "--is-inside-work-tree")
    return inside is not None and _git(target.parent, "ls-files", "--error-unmatch", "--", target.name) is None


def _stage(target: Path, data: bytes) -> Path:
    """A temporary file beside `target` with its mode and the new content, on disk."""
    real = target.resolve()
    number, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    with os.fdopen(number, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    mode = real.stat().st_mode & 0o7777 if real.exists() else 0o666 & ~_umask()
    Path(name).chmod(mode)
    return Path(name)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _replace_all(staged: Sequence[tuple[Path, Path, bytes | None]]) -> None:
    done: list[tuple[Path, bytes | None]] = []
    try:
        for target, temporary, before in staged:
            real = target.resolve()
            temporary.replace(real)
            done.append((real, before))
    except OSError:
        for target, before in done:
            if before is None:
                target.unlink()
            else:
                target.write_bytes(before)
        raise


# -- telling
def diff(outcome: Outcome, show: Show, *, color: bool = False) -> str:
    """The edits as one unified diff, with paths as the user sees them."""
    parts: list[str] = []
    for edit in outcome.edits:
        path = show(edit.path)
        lines = difflib.unified_diff(
            edit.before.splitlines(keepends=True),
            edit.after.splitlines(keepends=True),
            f"a/{path}" if edit.before else "/dev/null",
            f"b/{path}",
        )
        for line in lines:
            text = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            parts.append(_painted(text) if color else text)
    return "".join(parts)


def _painted(line: str) -> str:
    styles = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}
    style = "\x1b[1m" if line.startswith(("+++", "---")) else styles.get(line[0])
    return f"{style}{line.rstrip(chr(10))}\x1b[0m\n" if style else line


def summary(outcome: Outcome, show: Show, *, would: bool) -> str:
    """One line per call and new file, then the counts."""
    lines = [f"{show(path)}:{line}: error: {message}" for path, line, message in outcome.errors]
    verb = "would be rewritten" if would else "rewritten"
    for finding in outcome.rewritten:
        rewrite = finding.site.rewrite
        is_reviewed = any((finding.path, finding.line, finding.column) in review.calls for review in outcome.reviews)
        detail = f": {rewrite.detail}" if rewrite.detail and not is_reviewed else ""
        lines.append(f"{_place(finding.site, show)}: {finding.code} {verb} ({rewrite.strategy}){detail}")
    shown = {(f.site.path, f.site.line) for f in (*outcome.rewritten, *outcome.refused)}
    shown |= {(site.path, site.line) for site in outcome.left}
    for finding in outcome.refused:
        below = finding.site.via[-1:]
        asked = "".join(f"; asked at {show(s.path)}:{s.line}" for s in below if (s.path, s.line) not in shown)
        shown |= {(step.path, step.line) for step in below}
        lines.append(f"{_place(finding.site, show)}: {finding.code} {_refusal(finding.site)}{asked}")
    lines += [f"{_place(site, show)}: {_refusal(site)}" for site in outcome.left]
    lines += [
        f"{show(edit.path)}: {'would be' if would else 'was'} added: {_added(edit.path)}"
        for edit in outcome.edits
        if not edit.before
    ]
    lines += [line for review in outcome.reviews for line in _review(review, outcome, show)]
    changed = sum(bool(edit.before) for edit in outcome.edits)
    if not outcome.rewritten and not outcome.refused:
        closing = "Nothing to rewrite."
    else:
        closing = f"{'Would rewrite' if would else 'Rewrote'} {_calls(len(outcome.rewritten))} in {_files(changed)}"
        closing += f"; {len(outcome.refused)} not rewritten." if outcome.refused else "."
    return "\n".join([*lines, closing])


def _added(path: str) -> str:
    if path.rpartition("/")[2] == "llm_batch_webhook.py":
        return "the handler of the provider's events; mount it in the app, and check how it starts each of its JOBS"
    return "the helper that the rewritten code imports"


def _review(review: Any, outcome: Outcome, show: Show) -> list[str]:
    """What one fan-out comes to: calls moved, batches a run, saving, what to review."""
    from batchlint.runtime.facts import FACTS

    sites = [f.site for f in outcome.rewritten if (f.path, f.line, f.column) in review.calls]
    limits = [limit for each in review.providers if (limit := FACTS[each]["limits"][0])]
    more = f"beyond {min(limits):,} requests or for several models" if limits else "for several models"
    unit = "for each turn of a loop" if review.is_repeated else "a run"
    turns = {None: "one batch for each request that an item makes in turn", 1: f"one batch {unit}"}
    batches = turns.get(review.rounds, f"{review.rounds} batches {unit}, one after the other")
    lines = [
        f"{show(review.path)}:{review.line}: {review.function}: moves {_calls(len(sites))}; {batches} (more {more})"
    ]
    offers = {
        f"saves {site.batch.discount:.0%} of what {site.provider} {site.endpoint} costs"
        f" ({site.batch.source}, {site.batch.checked})"
        for site in sites
        if site.batch is not None and site.batch.discount > 0
    }
    lines += [f"    {offer}" for offer in sorted(offers)]
    windows = [site.batch.window_hours for site in sites if site.batch is not None and site.batch.window_hours]
    notes = [*review.notes, *([f"a batch may take {max(windows)} h"] if windows else [])]
    return [*lines, *(f"    review: {note}" for note in notes)]


def _place(site: CallSite, show: Show) -> str:
    return f"{show(site.path)}:{site.line}:{site.column}"


def _refusal(site: CallSite) -> str:
    """The named reason: the planner's, or the factor that speaks most against batching."""
    if site.rewrite.reason:
        return f"not rewritten ({site.rewrite.reason}): {site.rewrite.detail or 'no further detail'}"
    against = [factor for factor in site.factors if factor.weight < 0]
    if against:
        factor = min(against, key=lambda f: f.weight)
        return f"not rewritten ({factor.name}): {factor.reason}"
    return f"not rewritten (unclear): {site.question or 'it is not known who waits for the answer'}"


def _calls(count: int) -> str:
    return f"{count} call" + ("" if count == 1 else "s")


def _files(count: int) -> str:
    return f"{count} file" + ("" if count == 1 else "s")
