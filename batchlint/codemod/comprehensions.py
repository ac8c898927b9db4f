"""Comprehensions that ask once per item: the driver takes their place, in one expression."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod import caught, scopes
from batchlint.codemod.access import Frame, clash, touches
from batchlint.codemod.blocks import Comprehension, awaits, comprehension_parts
from batchlint.codemod.changes import CallChange, ComprehensionChange, Fanout, Kept
from batchlint.codemod.distinct import distinct
from batchlint.codemod.eager import consumer
from batchlint.codemod.keeping import is_taken_next
from batchlint.codemod.naming import noun
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
        self._check_comprehension(function, node, trail, statement, nested)
        caught.check(function.node, statement)
        parts = self.asking(function, node)
        calls = list(planner.converted(function, parts))
        is_flat = parts == [node.generators[-1].iter]
        outer = node.generators[:-1] if is_flat else node.generators
        conditions = [c for g in outer for c in [*g.ifs, g.iter]] + (node.generators[-1].ifs if is_flat else [])
        conditions = [c for c in conditions if c not in parts]
        if planner.asks(function, conditions):
            raise Refused(
                "unsupported-shape", "a call decides which items the comprehension keeps; collect the answers first"
            )
        if not calls:
            raise Refused("unsupported-shape", "how the comprehension asks is not followed; ask in a loop")
        targets = [n.id for g in outer for n in ast.walk(g.target) if isinstance(n, ast.Name)]
        is_filter = len(parts) == 1 and parts[0] in node.generators[0].ifs
        named = [n for n in ast.walk(node) if isinstance(n, ast.NamedExpr)]
        if named and not (is_filter and self._names_answer(function, node, named, parts[0])):
            raise Refused("unsupported-shape", "the comprehension assigns names with `:=`; write it as a loop")
        planner.check_kept(function, parts, set(targets))
        frame = Frame(function, set(targets))
        frame.stable = set(targets)
        for generator in node.generators:
            frame.targets |= distinct(planner.program, function, generator.target, generator.iter)
            for name, channels in planner.reader.repeated.targets(function, generator.target, generator.iter).items():
                frame.aliases.setdefault(name, set()).update(channels)
        frame.items = planner.reader.linked.of(function, [(g.target, g.iter) for g in node.generators])
        self._check_taker(function, node, trail, frame)
        phases = Phases(planner.reader, planner.support.converts, planner.parallel)
        drawing = [access for test in conditions for access in planner.reader.of(test, frame)]
        phases.expression(frame, parts, statement, drawing)
        if not phases.has_request:
            raise Refused("no-fan-out")
        kept: Kept | None = None
        if is_flat:
            inner = node.generators[-1]
            known = {n.id for n in ast.walk(inner.target) if isinstance(n, ast.Name)}
            self._check_flat(phases, frame, node, inner.ifs, known)
        elif is_filter:
            later = node.generators[0].ifs[node.generators[0].ifs.index(parts[0]) + 1 :]
            inside = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            answer = named[0].target.id if named else "keep" if "keep" not in inside else planner.fresh(path, "keep")
            used = set().union(*(scopes.read(part) for part in [*comprehension_parts(node), *later]))
            names = tuple(name for name in dict.fromkeys(targets) if name in used)
            kept = Kept(node.generators[0].ifs.index(parts[0]), names, answer)
            self._check_flat(phases, frame, node, later, {answer, *targets})
        planner.check_ends(phases)
        for barrier in planner.judged(fanout, phases):
            if barrier.frame is frame:
                raise Refused(
                    "order-of-effects",
                    "what the comprehension does around the call would happen in another order; write it as a loop",
                )
            planner.bar(fanout, barrier)
        if not nested:
            fanout.iteration = phases
        asked = parts[0].value if isinstance(parts[0], ast.NamedExpr) else parts[0]
        entered = planner.support.converts(function.id, calls[0])
        whole = len(parts) == 1 and asked in calls and not (kept and kept.names) and isinstance(entered, tuple)
        is_async = fanout.is_async and not nested
        whole = whole and len(calls) == 1 and not is_async
        changes = fanout.file(path)
        word = noun(targets, node.generators[-1].iter)
        used = set().union(*(scopes.read(part) for part in parts))
        generators = [g for outer in _around([*trail, node]) for g in outer.generators]
        around = [n.id for g in generators for n in ast.walk(g.target) if isinstance(n, ast.Name)]
        changes.comprehensions[planner.place(path, node)] = ComprehensionChange(
            name=None if whole else planner.fresh(path, f"{'answer' if nested else 'handle'}_{word}"),
            parameters=list(dict.fromkeys([*targets, *(name for name in around if name in used)])),
            statement=planner.place(path, statement),
            nested=nested,
            is_async=is_async,
            flat=planner.fresh(path, "answers") if is_flat else None,
            kept=kept,
        )
        if whole:
            assert isinstance(entered, tuple)
            fanout.converted.add(id(calls[0]))
            changes.calls[planner.place(path, calls[0])] = CallChange("name", planner.enter(fanout, entered))
        planner.plan_body(fanout, function, parts, is_async)

    def _check_taker(self, function: FunctionFacts, node: Comprehension, trail: list[ast.AST], frame: Frame) -> None:
        """Refuse a generator that reads what takes its items, one by one: `texts.extend(ask(texts[-1]) for ...)`."""
        taker = next((n for n in reversed(trail) if isinstance(n, ast.Call)), None)
        if not isinstance(node, ast.GeneratorExp) or taker is None or not isinstance(taker.func, ast.Attribute):
            return
        reader = self.planner.reader
        taking = touches(reader.path(taker.func.value, Frame(function, set())), "write", node.lineno)
        parts = [*comprehension_parts(node), *(test for g in node.generators for test in g.ifs)]
        read = [access for part in parts for access in reader.of(part, frame)]
        met = next((a for a in read for b in taking if clash(a, b)), None)
        if met is not None:
            what = f"`{ast.unparse(taker.func)}` takes one item after the other (line {node.lineno})"
            raise Refused("dependent-iterations", f"{what}, and {met.name} is read for each")

    def asking(self, function: FunctionFacts, node: Comprehension) -> list[ast.expr]:
        """The expressions of the comprehension that ask: what it holds, a condition, or what its inner loop is over."""
        parts = comprehension_parts(node)
        if len(node.generators) == 1 and not self.planner.asks(function, parts):
            asking = [test for test in node.generators[0].ifs if self.planner.asks(function, [test])]
            return asking if len(asking) == 1 else parts
        if len(node.generators) > 1 and not self.planner.asks(function, parts):
            innermost = [node.generators[-1].iter]
            return innermost if self.planner.asks(function, innermost) else parts
        return parts

    def _names_answer(
        self, function: FunctionFacts, node: Comprehension, named: list[ast.NamedExpr], test: ast.expr
    ) -> bool:
        """Whether the condition only gives its answer a name, which nothing uses outside of the comprehension."""
        name = named[0].target.id
        within = {id(n) for n in ast.walk(node)}
        for other in (n for n in ast.walk(function.node) if isinstance(n, Comprehension)):
            if any(name in scopes.bound([g.target]) for g in other.generators):  # a name of its own
                parts = [*comprehension_parts(other), *(e for g in other.generators for e in [g.target, *g.ifs])]
                within |= {id(n) for part in parts for n in ast.walk(part)}
        for loop in (n for n in ast.walk(function.node) if isinstance(n, ast.For | ast.AsyncFor)):
            if name in scopes.bound([loop.target]) and not any(n is node for n in ast.walk(loop)):
                within |= {id(n) for part in (loop.target, *loop.body) for n in ast.walk(part)}
        others = (n for n in ast.walk(function.node) if isinstance(n, ast.Name) and id(n) not in within)
        is_asking = len(named) == 1 and self.planner.asks(function, [named[0].value])
        return is_asking and any(n is named[0] for n in ast.walk(test)) and all(n.id != name for n in others)

    def _check_flat(
        self, phases: Phases, frame: Frame, node: Comprehension, tests: list[ast.expr], known: set[str]
    ) -> None:
        """Refuse what is done with the answers after all have come, where it has to do with the asking.

        `tests`: the conditions that stand behind the asking; `known`: what the asking gives on.
        """
        parts = [*comprehension_parts(node), *tests]
        used = set().union(*(scopes.read(part) for part in parts)) - known
        after = Frame(frame.function, known)
        touched = [access for part in parts for access in self.planner.reader.of(part, after)]
        others = [access for step in phases.steps for access in step.accesses]
        if used & frame.local or any(a.how != "read" or any(clash(a, b) for b in others) for a in touched):
            raise Refused(
                "unsupported-shape",
                f"the comprehension in line {node.lineno} uses item and answer together; write it as a loop",
            )

    def _check_comprehension(
        self, function: FunctionFacts, node: Comprehension, trail: list[ast.AST], statement: ast.stmt, nested: bool
    ) -> None:
        path = function.id.path
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
        if _around([*trail, node]) and not nested:
            raise Refused("unsupported-shape", "the comprehension stands in another one; write the outer one as a loop")
        if isinstance(node, ast.GeneratorExp):
            taker = consumer(self.planner.graph.modules[path].tree, node)
            if taker is not None and not is_taken_next(self.planner, function, node):
                raise Refused("generator-consumer", f"a generator expression is handed to {taker} (line {node.lineno})")


def _around(trail: list[ast.AST]) -> list[Comprehension]:
    """The comprehensions in which the last node is made once per item: what the first loop is over is made once."""
    return [
        n
        for n, part, source in zip(trail, trail[1:], [*trail[2:], None], strict=False)
        if isinstance(n, Comprehension) and not (part is n.generators[0] and source is n.generators[0].iter)
    ]
