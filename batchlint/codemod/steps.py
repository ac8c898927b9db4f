"""What an iteration is laid out into."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from batchlint.codemod.access import Access, Channel, Frame, clash, stem

MANY = 3
"""Counts of requests are told apart up to here."""


@dataclass(slots=True)
class Step:
    """One thing that happens: a request (with its call), or the accesses of a piece of a statement."""

    frame: Frame
    statement: ast.stmt | None
    accesses: list[Access] = field(default_factory=list)
    request: ast.Call | None = None
    next: set[int] = field(default_factory=set)
    counts: set[int] = field(default_factory=set)
    ahead: bool = False
    is_end: bool = False
    """Whether it comes when the block of its statement has ended."""
    is_called: bool = False
    """Whether it comes in a call that can enter a function with requests instead."""
    touched: set[Channel] = field(init=False)
    """The stems of its accesses, and below of those that are more than reads."""
    changed: set[Channel] = field(init=False)

    def __post_init__(self) -> None:
        self.touched = set(map(stem, self.accesses))
        self.changed = {stem(access) for access in self.accesses if access.how != "read"}

    def touch(self, accesses: list[Access]) -> None:
        """Add what else it touches."""
        if accesses:
            self.accesses = [*self.accesses, *accesses]
            self.__post_init__()

    def leave_out(self, channel: Channel) -> None:
        """Forget the accesses of the channel."""
        self.accesses = [access for access in self.accesses if access.channel != channel]
        self.__post_init__()

    def meets(self, other: Step) -> bool:
        """Whether an access of the one can clash with one of the other."""
        return not (self.changed.isdisjoint(other.touched) and self.touched.isdisjoint(other.changed))

    def clashes(self, other: Step) -> Iterator[tuple[Access, Access]]:
        """The accesses of the two whose order matters."""
        if self.meets(other):
            for access in self.accesses:
                for opposite in other.accesses:
                    if clash(access, opposite):
                        yield access, opposite
