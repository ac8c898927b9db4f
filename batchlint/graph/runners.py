"""Calls of what calls a function that it is given: by the names on record, and by the variables that hold one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from batchlint.symbols import CallRef, Program


def calls_of(program: Program) -> Iterator[tuple[str, Sequence[CallRef]]]:
    """The calls that may hand a function over, by the last step of the name under which that is on record."""
    registry = program.registry
    for name in sorted(registry.handovers.tails | registry.enqueue_methods | set(registry.calling_methods)):
        yield name, program.calls_by_name.get(name, ())
    for name in sorted(registry.handovers.makers):
        for held in sorted(_held(program, name)):
            yield name, program.calls_by_name.get(held, ())


def _held(program: Program, name: str) -> set[str]:
    """The names that hold what a call of `name` makes: `evaluate` of `self.evaluate = Evaluate(devset=rows)`."""
    calls = program.calls_by_name.get(name, ())
    made = {id(call.node) for _, call in calls}
    bound = (b for caller in {c.id: c for c, _ in calls}.values() for b in caller.bindings.items())
    written = (each for writes in program.self_writes.values() for each in writes.items()) if made else ()
    found = {held for held, bindings in bound if any(id(binding.value) in made for binding in bindings)}
    return found | {held for held, rows in written if any(id(binding.value) in made for _, binding in rows)}
