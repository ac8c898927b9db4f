"""The words of the tool as types: latency, verdict, call site, factor, context, finding.

Every stage after the graph speaks in these; the JSON contract is `CallSite.to_dict`.
Lines and columns are 1-based, columns count characters, paths are relative to the checked root with "/".
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Latency(enum.IntEnum):
    """How long the one who waits for an answer can wait; ordered, the smallest is the strictest."""

    REALTIME = 0
    MINUTES = 1
    HOURS = 2

    @classmethod
    def parse(cls, text: str) -> Latency:
        """The budget named by `text`; ValueError for an unknown name."""
        try:
            return cls[text.upper()]
        except KeyError:
            raise ValueError(f"unknown latency {text!r}: use realtime, minutes or hours") from None

    def __str__(self) -> str:
        return self.name.lower()


class Verdict(enum.StrEnum):
    BATCHABLE = "batchable"
    REALTIME = "realtime"
    UNCLEAR = "unclear"


class Step(NamedTuple):
    """One place on a chain (an entry point, a call, a manifest line) and what happens there."""

    path: str
    line: int
    what: str

    def to_dict(self) -> dict[str, Any]:
        return {"path": self.path, "line": self.line, "what": self.what}


class Factor(NamedTuple):
    """A named share of the score: positive speaks for batching, negative against it."""

    name: str
    weight: int
    reason: str
    path: str
    line: int

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "weight": self.weight, "reason": self.reason, "path": self.path, "line": self.line}


class Context(NamedTuple):
    """One way in which the outside world reaches the call: the entry point's kind, its budget, the chain down."""

    kind: str
    latency: Latency | None
    chain: tuple[Step, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "latency": str(self.latency) if self.latency is not None else "unknown",
            "chain": [step.to_dict() for step in self.chain],
        }


class BatchTier(NamedTuple):
    """What the provider's batch API offers for the call's endpoint."""

    discount: float
    window_hours: int | None
    source: str
    checked: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "discount": self.discount,
            "window_hours": self.window_hours,
            "source": self.source,
            "checked": self.checked,
        }


class Rewrite(NamedTuple):
    """What `fix` would do to the call site: a strategy, or the refusal's name as `reason`.

    `detail`: what to change, or what to review in the rewrite; `notes`: the latter one by one.
    """

    available: bool
    strategy: str | None = None
    reason: str | None = None
    detail: str | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "available": self.available,
            "strategy": self.strategy,
            "reason": self.reason,
            "detail": self.detail,
            "notes": list(self.notes),
        }


class CallSite(NamedTuple):
    """A model call, or a call of a wrapper of one, with its verdict and all the evidence for it."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    function: str
    provider: str
    endpoint: str
    call: str
    verdict: Verdict
    score: int
    rule: str | None
    latency: Latency | None
    shape: str
    factors: tuple[Factor, ...] = ()
    contexts: tuple[Context, ...] = ()
    via: tuple[Step, ...] = ()
    batch: BatchTier | None = None
    rewrite: Rewrite = Rewrite(available=False)
    question: str | None = None
    """For an unclear call site: what a person has to answer."""
    rounds: bool = False
    """Whether it only leads down to what has the requests: that one is the finding."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "end_line": self.end_line,
            "end_column": self.end_column,
            "function": self.function,
            "provider": self.provider,
            "endpoint": self.endpoint,
            "call": self.call,
            "verdict": str(self.verdict),
            "score": self.score,
            "rule": self.rule,
            "latency": str(self.latency) if self.latency is not None else "unknown",
            "shape": self.shape,
            "factors": [factor.to_dict() for factor in self.factors],
            "contexts": [context.to_dict() for context in self.contexts],
            "via": [step.to_dict() for step in self.via],
            "rewrite": self.rewrite.to_dict(),
            "batch": self.batch.to_dict() if self.batch else None,
            "question": self.question,
            "rounds": self.rounds,
        }


class FileError(NamedTuple):
    """A file that could not be read or understood; the others go on."""

    path: str
    line: int
    message: str

    def to_dict(self) -> dict[str, Any]:
        return {"path": self.path, "line": self.line, "message": self.message}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A call site that a person should look at, under the rule that reports it."""

    path: str
    line: int
    column: int
    code: str
    message: str
    site: CallSite = field(compare=False)


class Report(NamedTuple):
    """What one analysis leaves: every call site, the findings among them, the files that could not be read."""

    root: str
    call_sites: tuple[CallSite, ...]
    findings: tuple[Finding, ...]
    errors: tuple[FileError, ...]
    files_checked: int
    covered: tuple[Finding, ...] = ()
    """What would be findings, but for others on the same chain that stand for them."""

    @property
    def counted(self) -> tuple[CallSite, ...]:
        """The call sites without those that are there a second time, as loops around others."""
        return tuple(site for site in self.call_sites if not site.rounds)
