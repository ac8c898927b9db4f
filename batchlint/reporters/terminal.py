"""The format for people: per finding the source line, who starts it, why nobody waits, the offer, and what `fix` does.

The layout is plain segments of (text, style); rich is loaded only when they are to be coloured.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator

from batchlint.findings import CallSite, Context, Finding, Step, Verdict
from batchlint.reporters.concise import statistics
from batchlint.reporters.view import View, budget, closing, offer, offer_source, plural, rewrite, why

Segment = tuple[str, str]
Line = list[Segment]
LABEL = 9
MAX_STEPS = 9
MIN_SHARED = 4
MAX_ERRORS = 10
MAX_NOTES = 4
VERDICT_STYLES = {Verdict.BATCHABLE: "yellow", Verdict.REALTIME: "green", Verdict.UNCLEAR: "cyan"}


def render(view: View) -> str:
    lines: list[Line] = []
    if view.statistics:
        lines += [[(text, "")] for text in statistics(view)]
    else:
        whole: CallSite | None = None
        for finding in view.report.findings:
            whole = whole if whole and _shared(finding.site, whole) else finding.site
            lines += [*_finding(view, finding, whole), []]
        if view.all_calls:
            lines += [*_other_calls(view), []]
        lines += _sources(view)
    lines += _errors(view)
    if not view.quiet:
        lines.append([(closing(view), "bold" if view.report.findings else "")])
    return paint(lines, view.color)


def paint(lines: list[Line], color: bool) -> str:
    """The lines as text, with terminal colours if asked for."""
    if not color:
        return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)
    import io

    from rich.console import Console
    from rich.text import Text

    buffer = io.StringIO()
    console = Console(file=buffer, force_terminal=True, soft_wrap=True, highlight=False, color_system="standard")
    for line in lines:
        console.print(Text.assemble(*line) if line else Text(""))
    return buffer.getvalue()


# -- one finding
def _finding(view: View, finding: Finding, whole: CallSite) -> list[Line]:
    """The lines of one finding; `whole` is the call whose chain is shown from its start: this one or one above."""
    site = finding.site
    head: Line = [
        (f"{finding.path}:{finding.line}:{finding.column}", "bold"),
        (" ", ""),
        (finding.code, "bold red"),
        (f" {finding.message} ", ""),
        (f"(score {site.score})", "dim"),
    ]
    return [head, *source_line(view, site), *_started(site, whole), *_answers(view, site)]


def source_line(view: View, site: CallSite) -> list[Line]:
    """The source line with the call marked; nothing where the file cannot be read."""
    text = view.line(site.path, site.line)
    if text is None:
        return []
    indent = len(text) - len(text.lstrip())
    start = max(site.column - 1 - indent, 0)
    shown = text.strip().expandtabs(1)
    end = site.end_column - 1 - indent if site.end_line == site.line else len(shown)
    room = max(view.width - 10, 40)
    if len(shown) > room:
        shown, end = shown[: room - 1] + "…", min(end, room)
    number = str(site.line)
    bar = " " * (len(number) + 3)
    mark = "^" * max(end - start, 1) if start < len(shown) else ""
    return [
        [(f"  {number} ", "dim"), ("│ ", "dim"), (shown, "")],
        [(f"{bar}│ ", "dim"), (" " * start + mark, "red")],
    ]


def _started(site: CallSite, whole: CallSite) -> list[Line]:
    """The chain from the entry point to the SDK call, and how many more entry points reach it."""
    if not site.contexts:
        return [_labelled("starts", "no entry point found")] if not site.via else _chain(site, whole)
    lines = _chain(site, whole)
    first, *others = [f"{c.chain[0].path}:{c.chain[0].line} ({c.kind})" for c in site.contexts if c.chain] or [""]
    names = list(dict.fromkeys(name for name in others if name != first))
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        lines.append(_labelled("", f"also from {', '.join(names[:3])}{more}"))
    return lines


def chain_steps(site: CallSite, context: Context | None) -> list[Step]:
    """Every step from the entry point over the call site down to the SDK call, each place once."""
    steps = [*(context.chain if context else ()), Step(site.path, site.line, site.call), *site.via]
    unique: dict[tuple[str, int], Step] = {}
    for step in steps:
        unique.setdefault((step.path, step.line), step)
    return list(unique.values())


def _first_chain(site: CallSite) -> list[Step]:
    return chain_steps(site, site.contexts[0] if site.contexts else None)


def _shared(site: CallSite, whole: CallSite) -> int:
    """How many steps the site's chain has in common with one that is shown, from the start; 0 for a few."""
    pairs = zip(_first_chain(site), _first_chain(whole), strict=False)
    same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    return same if same >= MIN_SHARED else 0


def _chain(site: CallSite, whole: CallSite) -> list[Line]:
    """The steps, a line each; in one line those that are shown above already, and the middle of a long chain."""
    steps = _first_chain(site)
    places = [f"{step.path}:{step.line}" for step in steps]
    width = min(max(map(len, places)), 48)
    rows = [(f"{place:<{width}}  ", step.what) for place, step in zip(places, steps, strict=True)]
    same = _shared(site, whole) if whole is not site else 0
    if same:
        rows = [rows[0], ("", f"… {same - 2} steps as for {whole.path}:{whole.line} …"), *rows[same - 1 :]]
    if len(rows) > MAX_STEPS:
        half = MAX_STEPS // 2
        rows = [*rows[:half], ("", f"… {len(rows) - 2 * half} more steps …"), *rows[-half:]]
    lines: list[Line] = []
    for number, (place, what) in enumerate(rows):
        label = "" if number else "starts" if site.contexts else "calls"
        first = what.splitlines()[0] if what else ""
        lines.append([(f"  {label:<{LABEL}}", "dim"), (place, "cyan"), (first, "")])
    return lines


def _answers(view: View, site: CallSite) -> Iterator[Line]:
    reasons = why(site)
    if site.verdict is Verdict.UNCLEAR and site.question:
        yield from labelled("question", site.question, view.width)
    elif reasons:
        yield from labelled("waits", f"nobody: {'; '.join(reasons)}", view.width)
    date = f" (as of {site.batch.checked})" if site.batch and site.batch.discount > 0 else ""
    yield from labelled("batch", offer(site) + date, view.width)
    yield from _fix(view, site)


def _fix(view: View, site: CallSite) -> Iterator[Line]:
    """What `fix` does; several things to review on a line each."""
    notes = site.rewrite.notes
    if not (text := rewrite(site)):
        return
    if len(notes) < 2:
        yield from labelled("fix", text, view.width)
        return
    bare = rewrite(site._replace(rewrite=site.rewrite._replace(detail=None)))
    yield from labelled("fix", f"{bare}; to review:", view.width)
    for note in notes[:MAX_NOTES]:
        yield from labelled("", note, view.width, bullet="- ")
    if len(notes) > MAX_NOTES:
        yield _labelled("", f"- {len(notes) - MAX_NOTES} more: `batchlint fix --diff` lists them")


def labelled(label: str, text: str, width: int, *, bullet: str = "") -> Iterator[Line]:
    """A label in the margin and its text, wrapped at `width` with the margin kept free, also below a `bullet`."""
    wrapped = textwrap.wrap(
        text,
        max(width - LABEL - 2, 40),
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )
    for number, part in enumerate(wrapped or [""]):
        yield _labelled(label if number == 0 else "", part)


def _labelled(label: str, text: str) -> Line:
    return [(f"  {label:<{LABEL}}", "dim"), (text, "")]


# -- around the findings
def _other_calls(view: View) -> Iterator[Line]:
    found = {id(finding.site) for finding in view.report.findings}
    for site in view.report.call_sites:
        if id(site) in found:
            continue
        reason = site.question or "; ".join(why(site, limit=1))
        yield [
            (f"{site.path}:{site.line}:{site.column}", "bold"),
            (" ", ""),
            (str(site.verdict), VERDICT_STYLES[site.verdict]),
            (f" {site.call} ", ""),
            (f"(score {site.score}, {budget(site.latency)}) {reason}", "dim"),
        ]


def _sources(view: View) -> Iterator[Line]:
    sources = sorted({offer_source(f.site) for f in view.report.findings if f.site.batch and f.site.batch.discount > 0})
    for number, source in enumerate(sources):
        yield [("prices  " if number == 0 else "        ", "dim"), (source, "dim")]
    if sources:
        yield []


def _errors(view: View) -> Iterator[Line]:
    errors = view.report.errors
    for error in errors[:MAX_ERRORS]:
        yield [(f"{error.path}:{error.line}", "bold"), (" error: ", "red"), (error.message, "")]
    if len(errors) > MAX_ERRORS:
        rest = plural(len(errors) - MAX_ERRORS, "more file")
        yield [(f"{rest} could not be read; `--output-format concise` lists them all.", "")]
    if errors:
        yield []
