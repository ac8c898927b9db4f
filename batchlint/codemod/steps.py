"""What an iteration is laid out into."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from batchlint.codemod.access import VARIABLES, Access, Channel, Frame, clash, stem

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
    touched: dict[Channel, list[Access]] = field(init=False)
    """Its accesses by their stems, in their order."""
    changed: set[Channel] = field(init=False)
    """The stems of those that are more than reads."""

    def __post_init__(self) -> None:
        self.touched = {}
        for access in self.accesses:
            self.touched.setdefault(stem(access), []).append(access)
        self.changed = {key for key, accesses in self.touched.items() if any(a.how != "read" for a in accesses)}

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
        return _meet(self.changed, other.touched) or _meet(other.changed, self.touched)

    def clashing(self, access: Access) -> Iterator[Access]:
        """Its accesses whose order with the other one matters."""
        found = self.touched.get(stem(access), ())
        if access.channel[0] == "v" and (access.channel == VARIABLES or VARIABLES in self.touched):
            found = [own for own in self.accesses if own.channel[0] == "v"]
        return (own for own in found if clash(access, own))

    def clashes(self, other: Step) -> Iterator[tuple[Access, Access]]:
        """The accesses of the two whose order matters."""
        if self.meets(other):
            for access in self.accesses:
                for opposite in other.clashing(access):
                    yield access, opposite


def _meet(changed: Set[Channel], touched: Mapping[Channel, object]) -> bool:
    """Whether what has the one stems can be among what has the others."""
    return (
        not changed.isdisjoint(touched)
        or (VARIABLES in changed and any(key[0] == "v" for key in touched))
        or (VARIABLES in touched and any(key[0] == "v" for key in changed))
    )
