"""Steps that are linked on a builder and run together: who runs the workflow runs its steps.

A workflow without a way back is a pipeline. Around a loop each request is built from the last answer, as in an agent;
there, and where nothing here runs the workflow, a step is an entry point of its framework.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from batchlint.entrypoints import Handover
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph.handovers import Handovers
from batchlint.graph.links import Part
from batchlint.symbols import CallRef, Program, last_name
from batchlint.trees import walk
from batchlint.values import Ext, Text, ordered

_NESTED = 3
"""How deep workflows are looked for in workflows."""


class _Part(NamedTuple):
    """A function that a workflow runs, under the name of its step; a branch stands under the step that it follows."""

    name: str
    function: FunctionId
    added: CallRef
    handover: Handover


@dataclass(slots=True)
class _Workflow:
    parts: list[_Part] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    links: set[tuple[str, str]] = field(default_factory=set)
    jumps: list[tuple[str, set[str]]] = field(default_factory=list)
    """From a step to those among the texts that are steps; to any step where none is."""
    repeated: set[str] = field(default_factory=set)
    """Steps that run once per item of a collection."""
    is_clear: bool = True
    """Whether all links name the steps that they lead from and to."""
    runs: list[CallRef] = field(default_factory=list)
    inner: set[str] = field(default_factory=set)
    """Where workflows were made that are steps of this one."""

    def in_loops(self) -> set[str]:
        """The steps that lead back to themselves."""
        if not self.is_clear:
            return self.names
        after: dict[str, set[str]] = {}
        for source, target in self.links:
            after.setdefault(source, set()).add(target)
        for source, texts in self.jumps:
            after.setdefault(source, set()).update(texts & self.names or self.names)
        return {name for name in self.names if name in _reachable(after, name)}


class Workflows(Part):
    """Adds to the edges and entries of `handovers`."""

    def __init__(self, program: Program, handovers: Handovers) -> None:
        super().__init__(program)
        self._handovers = handovers
        self._workflows: dict[str, _Workflow] = {}
        self.runs: set[int] = set()
        """The calls that run a pipeline, by the identity of their nodes: its steps are what calls a model."""

    def find(self) -> None:
        """Fill `runs`, and what `handovers` knows about the steps."""
        known = self.program.registry.workflows
        for name in sorted(known.steps.tails):
            for reference in self.program.calls_by_name.get(name, ()):
                for value in self._external(reference):
                    for handover in known.steps.find(value.path):
                        self._add(reference, name, value.origin, handover)
        if not self._workflows:
            return
        self._find_links()
        self._find_runs()
        for workflow in self._workflows.values():
            self._connect(workflow)

    def _external(self, reference: CallRef) -> list[Ext]:
        values = self.program.eval(reference.caller.id, reference.call.node.func)
        return ordered(value for value in values if isinstance(value, Ext))

    def _add(self, reference: CallRef, method: str, origin: str | None, handover: Handover) -> None:
        arguments = reference.call.node.args
        workflow = self._workflows.setdefault(origin or "", _Workflow())
        is_branch = method in self.program.registry.workflows.branches
        names = self._texts(reference.caller, arguments[0]) if arguments else set()
        for value in (v for node in arguments[:2] for v in self.program.eval(reference.caller.id, node)):
            if isinstance(value, Ext) and value.origin is not None:
                workflow.inner.add(value.origin)
        for source, function in self._handovers.handed_functions(reference, handover):
            self._handovers.calls.add(id(reference.call.node))
            name = min(names) if len(names) == 1 else "" if is_branch else self.function(function).name
            workflow.parts.append(_Part(name, function, source.reference, handover))
            if not is_branch:
                workflow.names.add(name)
                self._find_jumps(workflow, name, function)

    def _find_jumps(self, workflow: _Workflow, name: str, function: FunctionId) -> None:
        """A step may itself say where to go on: `return Command(goto="review")`."""
        for call in self.function(function).calls:
            for keyword in call.node.keywords if last_name(call.node.func) == "Command" else ():
                if keyword.arg == "goto":
                    workflow.jumps.append((name, _constants(keyword.value)))

    def _find_links(self) -> None:
        known = self.program.registry.workflows
        for name in sorted(known.links | known.branches):
            for reference in self.program.calls_by_name.get(name, ()):
                arguments = reference.call.node.args
                for value in self._external(reference) if len(arguments) > 1 else ():
                    workflow = self._workflows.get(value.origin or "")
                    if workflow is None:
                        continue
                    sources = self._linked(workflow, reference, arguments[0])
                    if name in known.branches:
                        for source in sources or {""}:
                            self._branch(workflow, reference, source)
                    else:
                        targets = self._linked(workflow, reference, arguments[1])
                        workflow.links |= {(source, target) for source in sources for target in targets}

    def _linked(self, workflow: _Workflow, reference: CallRef, node: ast.expr) -> set[str]:
        """The steps at one end of a link; none for where the framework itself starts or ends."""
        texts = self._texts(reference.caller, node)
        if not texts and not any(isinstance(v, Ext) for v in self.program.eval(reference.caller.id, node)):
            workflow.is_clear = False
        return texts

    def _branch(self, workflow: _Workflow, reference: CallRef, source: str) -> None:
        node = reference.call.node
        mapped = [*node.args[2:3], *(k.value for k in node.keywords if k.arg == "path_map")]
        if mapped:
            tables = [self.constant(reference.caller.id, table)[1] for table in mapped]
            values = [v for t in tables for v in (t.values if isinstance(t, ast.Dict) else [t])]
            workflow.jumps.append((source, set().union(*map(_constants, values))))
            return
        for value in self.program.eval(reference.caller.id, node.args[1]):
            for function in self._handovers.functions_in(value, False):
                facts = self.function(function)
                workflow.jumps.append((source, _constants(facts.node)))
                workflow.repeated |= set(self._sent(facts))

    def _sent(self, function: FunctionFacts) -> Iterator[str]:
        """Steps that a branch starts for each item: `[Send("summarize", item) for item in state["items"]]`."""
        for call in function.calls:
            if last_name(call.node.func) == "Send" and call.node.args and self.repeats(function.id, call.loops):
                yield from self._texts(function, call.node.args[0])

    def _find_runs(self) -> None:
        run = self.program.registry.workflows.run
        for name in sorted(run.tails):
            for reference in self.program.calls_by_name.get(name, ()):
                for value in self._external(reference):
                    if run.first(value.path) and value.origin in self._workflows:
                        self._workflows[value.origin].runs.append(reference)
        for _ in range(_NESTED):
            for workflow in self._workflows.values():
                for origin in sorted(workflow.inner) if not workflow.in_loops() else ():
                    inner = self._workflows.get(origin, workflow)
                    inner.runs += [each for each in workflow.runs if each not in inner.runs]

    def _connect(self, workflow: _Workflow) -> None:
        looping = workflow.in_loops()
        for part in workflow.parts:
            if part.name in looping or not workflow.runs:
                self._handovers.enter(part.function, part.added, part.handover.entry)
                continue
            for caller, call in workflow.runs:
                many = part.name in workflow.repeated
                edge = self.edge(caller.id, part.function, call.node, "step", call, many)
                self._handovers.edges.setdefault(part.function, []).append(edge)
        if not looping:
            self.runs |= {id(call.node) for _, call in workflow.runs}

    def _texts(self, function: FunctionFacts, node: ast.expr) -> set[str]:
        nodes = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        return {v.text for each in nodes for v in self.program.eval(function.id, each) if isinstance(v, Text)}


def _constants(node: ast.AST) -> set[str]:
    return {each.value for each in walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def _reachable(after: dict[str, set[str]], start: str) -> set[str]:
    """What can be reached from the start in one step or more."""
    found: set[str] = set()
    left = list(after.get(start, ()))
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += after.get(name, ())
    return found
