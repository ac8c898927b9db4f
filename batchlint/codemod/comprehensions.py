"""Comprehensions that ask once per item: the driver takes their place, in one expression."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.access import Frame, clash
from batchlint.codemod.blocks import Comprehension, awaits, comprehension_parts
from batchlint.codemod.changes import CallChange, ComprehensionChange, Fanout
from batchlint.codemod.eager import consumer
from batchlint.codemod.phases import Phases
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner


class Comprehensions:
    """Plans them."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner

    def fanout(self, function: FunctionFacts, node: Comprehension) -> Fanout:
        """The fan-out of the comprehension; Refused where it cannot be one."""
        fanout = Fanout(function.id, node, is_async=awaits([node]))
        self.plan(fanout, function, node, nested=False)
        return fanout

    def plan(self, fanout: Fanout, function: FunctionFacts, node: Comprehension, nested: bool) -> None:
        """Plan it as a part of the fan-out; `nested`: inside a loop whose rounds it joins."""
        planner, path = self.planner, function.id.path
        tree = planner.graph.modules[path].tree
        trail = scopes.path_to(tree, node)
        statement = next(n for n in reversed(trail) if isinstance(n, ast.stmt))
        self._check_comprehension(path, node, trail, statement)
        parts = self.asking(function, node)
        calls = list(planner.converted(function, parts))
        is_flat = parts == [node.generators[-1].iter]
        outer = node.generators[:-1] if is_flat else node.generators
        conditions = [c for g in outer for c in [*g.ifs, g.iter]] + (node.generators[-1].ifs if is_flat else [])
        if not calls or planner.asks(function, conditions):
            raise Refused(
                "unsupported-shape", "a call decides which items the comprehension keeps; collect the answers first"
            )
        targets = [n.id for g in outer for n in ast.walk(g.target) if isinstance(n, ast.Name)]
        walrus = {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
        if walrus:
            raise Refused("unsupported-shape", "the comprehension assigns names with `:=`; write it as a loop")
        planner.check_kept(parts, set(targets))
        frame = Frame(function, set(targets))
        frame.stable = set(targets)
        for generator in node.generators:
            frame.targets |= planner.distinct(function, generator.target, generator.iter)
        phases = Phases(planner.reader, planner.support.converts, planner.parallel)
        phases.expression(frame, parts, statement, [])
        if not phases.has_request:
            raise Refused("no-fan-out")
        if is_flat:
            self._check_flat(phases, frame, node)
        for barrier in planner.judged(fanout, phases):
            if barrier.frame is frame:
                raise Refused(
                    "order-of-effects",
                    "what the comprehension does around the call would happen in another order; write it as a loop",
                )
            planner.bar(fanout, barrier)
        if not nested:
            fanout.iteration = phases
        whole = len(parts) == 1 and parts[0] in calls and planner.support.converts(function.id, calls[0]) != "request"
        is_async = fanout.is_async and not nested
        whole = whole and len(calls) == 1 and not is_async
        changes = fanout.file(path)
        changes.comprehensions[planner.place(path, node)] = ComprehensionChange(
            name=None if whole else planner.fresh(path, f"{'answer' if nested else 'handle'}_{planner.noun(targets)}"),
            parameters=list(dict.fromkeys(targets)),
            statement=planner.place(path, statement),
            nested=nested,
            is_async=is_async,
            flat=planner.fresh(path, "answers") if is_flat else None,
        )
        if whole:
            entered = planner.support.converts(function.id, calls[0])
            assert isinstance(entered, tuple)
            fanout.converted.add(id(calls[0]))
            changes.calls[planner.place(path, calls[0])] = CallChange("name", planner.enter(fanout, entered))
        planner.plan_body(fanout, function, parts, is_async)

    def asking(self, function: FunctionFacts, node: Comprehension) -> list[ast.expr]:
        """The expressions of the comprehension that ask: what it holds, or what its innermost loop goes over."""
        parts = comprehension_parts(node)
        if len(node.generators) > 1 and not self.planner.asks(function, parts):
            innermost = [node.generators[-1].iter]
            return innermost if self.planner.asks(function, innermost) else parts
        return parts

    def _check_flat(self, phases: Phases, frame: Frame, node: Comprehension) -> None:
        """Refuse what is done with the answers item by item, where it has to do with the items or with the asking."""
        inner = node.generators[-1]
        parts = [*comprehension_parts(node), *inner.ifs]
        kept = {n.id for n in ast.walk(inner.target) if isinstance(n, ast.Name)}
        used = set().union(*(scopes.read(part) for part in parts)) - kept
        after = Frame(frame.function, kept)
        touched = [access for part in parts for access in self.planner.reader.of(part, after)]
        others = [access for step in phases.steps for access in step.accesses]
        if used & frame.local or any(a.how != "read" or any(clash(a, b) for b in others) for a in touched):
            raise Refused(
                "unsupported-shape",
                f"the comprehension in line {node.lineno} uses item and answer together; write it as a loop",
            )

    def _check_comprehension(self, path: str, node: Comprehension, trail: list[ast.AST], statement: ast.stmt) -> None:
        if any(isinstance(n, ast.Lambda | ast.ClassDef) for n in trail[trail.index(statement) :]):
            raise Refused("unsupported-shape", "the comprehension stands in a lambda")
        if isinstance(statement, ast.While):
            raise Refused("unsupported-shape", "the comprehension stands in the condition of a `while` loop")
        line = self.planner.graph.modules[path].lines[statement.lineno - 1].strip()
        if line.startswith("elif"):
            raise Refused(
                "unsupported-shape",
                "the comprehension stands in the condition of an `elif`; compute it before the `if`",
            )
        outer = [n for n in trail if isinstance(n, Comprehension)]
        if outer:
            raise Refused("unsupported-shape", "the comprehension stands in another one; write the outer one as a loop")
        if isinstance(node, ast.GeneratorExp):
            taker = consumer(self.planner.graph.modules[path].tree, node)
            if taker is not None:
                raise Refused("generator-consumer", f"a generator expression is handed to {taker} (line {node.lineno})")
