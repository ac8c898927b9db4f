"""The named reasons for which a call is left as it is: what stands in the way, and what to change."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from batchlint.facts import FunctionId

REFUSALS: dict[str, str] = {
    "dependent-iterations": "{what}, so one item's request may need another item's answer;"
    " build all requests before any answer is used",
    "external-read-back": "{what}; read it once before the loop, or key it by item",
    "early-stop": "{what}, and a batch would buy what comes after; collect all answers first, or keep it realtime",
    "streaming": "the answer is streamed, which no batch line can carry;"
    " drop `stream` where nobody watches the text appear",
    "generator-consumer": "{what}, and its consumer decides how many answers are bought; return a list instead",
    "live-consumer": "{what}; give the offline callers a function of their own",
    "unknown-effects": "{what}; their order cannot be shown to be irrelevant; --unsafe-fixes rewrites it all the same",
    "order-of-effects": "{what}, and a batch runs all requests first; --unsafe-fixes rewrites it all the same",
    "short-lived": "{what}; run it where it can wait for a day",
    "no-batch-tier": "{what}",
    "no-backend": "{what}",
    "no-flex-tier": "{what}",
    "single-events": "{what}; enqueue the items of a loop together, let the events come together first"
    " (`--strategy accumulate`), or take `--strategy flex`",
    "not-planned": "the program has many such calls, and much would have to be read for each;"
    " `batchlint fix --diff` looks at all of them",
    "no-fan-out": "nothing repeats this call, so there is nothing to put into one batch; `--strategy flex` may apply",
    "unsupported-shape": "{what}",
}
"""Each refusal's sentence; `{what}` is the evidence in this program."""


_LINES = re.compile(r"\blines (\d+) and (\d+)\b")
_LINE = re.compile(r"\bline (\d+)\b")
UNFIT = frozenset({"streaming", "generator-consumer", "no-batch-tier", "no-backend"})
"""What is the request's own affair: no other loop helps."""


class Refusal(NamedTuple):
    """Why a call site is not rewritten: a name out of `REFUSALS`, and the whole sentence."""

    name: str
    detail: str


class Refused(Exception):  # noqa: N818 - it carries a decision, not an error
    """Raised while planning, where a rewrite turns out not to be safe."""

    def __init__(self, name: str, what: str = "", advice: str = "") -> None:
        """`advice`: what to do here, instead of what the refusal says everywhere."""
        super().__init__(name)
        self.loop: str | None = None
        """Where the loop stands that stays as it is, if it is one: `path:line`."""
        self.around: tuple[FunctionId, ast.AST] | None = None
        """The loop's function, and the loop."""
        self.lines_in: str | None = None
        """The file of the lines that are named without one, where that is known."""
        sentence = REFUSALS[name].rpartition("; ")[0] + f"; {advice}" if advice else REFUSALS[name]
        self.refusal = Refusal(name, sentence.format(what=what))

    def seen_from(self, path: str) -> Refusal:
        """What is said of a call in this file: lines of another one with its name."""
        if self.lines_in is None or self.lines_in == path:
            return self.refusal
        detail = _LINES.sub(rf"lines \1 and \2 of {self.lines_in}", self.refusal.detail)
        return self.refusal._replace(detail=_LINE.sub(rf"{self.lines_in}:\1", detail))


class EditedHelperError(Exception):
    """A file of ours that lacks something and has been edited since it was written: it cannot be written anew."""
