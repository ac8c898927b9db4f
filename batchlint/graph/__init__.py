"""Who calls whom, which calls reach a hosted model, and who waits at the top: the program as a graph.

Everything is asked upwards, from a model call to the entry points, so only what can reach a model is ever worked out.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator, Mapping, Sequence, Set
from types import MappingProxyType

from batchlint.entrypoints import Kind
from batchlint.entrypoints.intervals import OFTEN
from batchlint.entrypoints.manifests import ManifestTarget
from batchlint.facts import MODULE, FunctionFacts, FunctionId, ModuleFacts
from batchlint.findings import Context, Latency, Step
from batchlint.graph.asides import Asides
from batchlint.graph.backlogs import Backlogs
from batchlint.graph.clocks import LOOPS, PACED, UNPACED
from batchlint.graph.conditions import are_apart, follows, is_under_all
from batchlint.graph.daytimes import comes_by_day
from batchlint.graph.decorators import Decorators
from batchlint.graph.durations import Durations
from batchlint.graph.edges import Edges
from batchlint.graph.elapsed import Elapsed
from batchlint.graph.entries import Entries
from batchlint.graph.feeders import Feeders
from batchlint.graph.filejobs import FileJobs
from batchlint.graph.followed import Followed
from batchlint.graph.fronts import Fronts
from batchlint.graph.handovers import Handovers
from batchlint.graph.kinds import Kinds
from batchlint.graph.links import Edge, Entry, GraphSettings, ModelCall, Part, Reach, label, relevant, verb
from batchlint.graph.lookups import Lookups
from batchlint.graph.modelcalls import ModelCalls
from batchlint.graph.names import Names
from batchlint.graph.notebooks import NotebookCalls
from batchlint.graph.parameters import Parameters
from batchlint.graph.polls import Polls
from batchlint.graph.recalls import Recalls
from batchlint.graph.registrations import Registrations
from batchlint.graph.replies import Replies
from batchlint.graph.routes import Routes
from batchlint.graph.rowsaves import RowSaves
from batchlint.graph.setoffs import SetOffs
from batchlint.graph.standins import StandIns
from batchlint.graph.statuspages import StatusPages
from batchlint.graph.subcommands import Subcommands
from batchlint.graph.tests import Tests
from batchlint.graph.timerkeys import TimerKeys
from batchlint.graph.unread import Unread
from batchlint.graph.waiting import Waiting
from batchlint.graph.ways import Way, Ways
from batchlint.graph.workflows import Workflows
from batchlint.patterns import file_pattern
from batchlint.symbols import Program, last_name

__all__ = [
    "Edge",
    "Entry",
    "Graph",
    "GraphSettings",
    "ManifestTarget",
    "ModelCall",
    "Reach",
    "build",
    "label",
    "relevant",
]

_MAX_FUNCTIONS = 400
_COMMANDS = frozenset({"script", "schedule", "evaluation"})
ANY_WAY = Way()


class Graph(Part):
    """A linked program: its model calls, and for each function who starts it."""

    def __init__(
        self,
        program: Program,
        settings: GraphSettings,
        manifest: Sequence[ManifestTarget] = (),
        tests: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        super().__init__(program)
        self.settings = settings
        program.callers.find_choices()
        self.model_calls: list[ModelCall] = list(ModelCalls(program, settings).find())
        decorators, parameters = Decorators(program), Parameters(program)
        self._subcommands = Subcommands(program)
        self._elapsed = Elapsed(program)
        names = Names(program, decorators)
        handovers = Handovers(program, names, parameters)
        routes = Routes(program, decorators, handovers)
        if self.model_calls:
            handovers.find()
            workflows = Workflows(program, handovers)
            workflows.find()
            self.model_calls = [model for model in self.model_calls if id(model.node) not in workflows.runs]
            keys = TimerKeys(program, decorators)
            Registrations(program, names, handovers, self._subcommands, routes, keys).read(manifest, settings)
        row_saves, fronts = RowSaves(program), Fronts(program, self.model_calls)
        self._backlogs = Backlogs(program, {model.function for model in self.model_calls})
        self._entries = Entries(program, decorators, handovers.entries, fronts, row_saves, self._backlogs)
        self._edges = Edges(program, decorators, handovers, parameters, row_saves)
        self._replies = Replies(program, handovers.edges)
        lookups = Lookups(program, self.is_test)
        pages = StatusPages(program, routes)
        polls = self._polls = Polls(program, self.is_test, lookups, pages, self.entries, self.edges_to)
        self._waiting = Waiting(program, polls, self._replies, lookups)
        self._followed, self._unread = Followed(program, self.entries, self.edges_to), Unread(program)
        self._stand_ins = StandIns(program)
        self._asides = Asides(program, polls, self.entries)
        self._set_offs = SetOffs(program, self.entries, self.edges_to)
        self._recalls = Recalls(program, {model.function for model in self.model_calls})
        self._feeders = Feeders(program, self.reaches)
        self._durations, self._kinds = Durations(program), Kinds(program)
        self.ways = Ways(program)
        # What only an option switches on that nobody gives here is started as the rest of its function is.
        self._any_words = Ways(program, by_word=False)
        self._tests = Tests(program, tests)
        self._notebooks = NotebookCalls(program, settings.notebooks)
        self._file_jobs = FileJobs(program, self.model_calls, self.entries, self.edges_to)
        self._reaches: dict[tuple[FunctionId, Way], list[Reach]] = {}
        self._asking: set[FunctionId] | None = None
        self._apart: dict[tuple[ast.expr, ast.expr], bool] = {}

    label = staticmethod(label)

    @property
    def imported_packages(self) -> Set[str]:
        """The packages that any file imports, by the first steps of their names."""
        return self._entries.imported_packages

    def entries(self, id: FunctionId) -> list[Entry]:
        """The ways in which the outside world starts this very function."""
        return self._entries.of(id)

    def edges_to(self, id: FunctionId) -> list[Edge]:
        """Every way in which project code starts the function."""
        edges = self._edges.to(id)
        is_called = any(not self.is_test(edge.caller.path) for edge in edges)
        return edges if is_called else [*edges, *self._notebooks.handing(id)]

    def context(self, reach: Reach) -> Context:
        steps = [reach.entry.step]
        for edge in reach.edges:
            steps.append(
                Step(
                    edge.caller.path,
                    edge.span.line,
                    f"{self.label(edge.caller)} {verb(edge)} {self.label(edge.callee)}",
                )
            )
        return Context(reach.entry.kind.kind, reach.entry.kind.latency, tuple(steps))

    def number(self, id: FunctionId, node: ast.expr) -> float | None:
        """The number that the expression stands for, as far as constants, fields and defaults tell it."""
        return self._durations.number(id, node)

    def types(self, id: FunctionId, node: ast.expr) -> frozenset[str] | None:
        """The built-in types that the expression can be of; None where one of them is unknown."""
        return self._kinds.of(id, node)

    def is_live(self, id: FunctionId) -> bool:
        """Whether somebody waits at one of the entry points, or none is known."""
        reaches = self.reaches(id)
        return not reaches or any(
            reach.entry.kind.latency is Latency.REALTIME or reach.entry.kind.kind in {"unknown", "background"}
            for reach in reaches
        )

    def is_waited_for(self, id: FunctionId, way: Way) -> bool:
        """Whether somebody is known to wait at one of the entry points."""
        return any(reach.entry.kind.latency is Latency.REALTIME for reach in relevant(self.reaches(id, way)))

    def is_promised(self, edge: Edge) -> bool:
        """Whether whoever enqueues tells somebody that what comes of it is there in a moment."""
        return self._polls.is_promised(edge)

    def is_awaited(self, edge: Edge) -> bool:
        """Whether whoever enqueues waits for the result after all."""
        return self._waiting.waits(edge)

    def leads_down(self, edges: Sequence[Edge], id: FunctionId, node: ast.expr) -> bool:
        """Whether the calls lead down to `node` by what they give and leave to defaults, flags too (`if search:`)."""
        way: Way | None = self.ways.start(id, node)
        for edge in reversed(edges):
            way = self.ways.above(edge, way) if way is not None else None
        return way is not None

    def asks(self, id: FunctionId) -> bool:
        """Whether the function, or one that it runs, asks a model."""
        if self._asking is None:
            self._asking = {model.function for model in self.model_calls}
            waiting = list(self._asking)
            while waiting:
                above = {edge.caller for edge in self.edges_to(waiting.pop())} - self._asking
                self._asking |= above
                waiting += above
        return id in self._asking

    def starts_here(self, id: FunctionId) -> bool:
        """Whether the outside world starts the very function."""
        return bool(self.entries(id))

    def runs(self, id: FunctionId) -> list[Edge]:
        """The calls of harnesses that run the function once per example."""
        return [entry.run for entry in self.entries(id) if entry.run is not None]

    def never_ends(self, id: FunctionId) -> bool:
        """Whether the function goes on in a loop of its own: whoever starts it only begins that."""
        return any(entry.kind.framework in LOOPS for entry in self.entries(id))

    def is_step(self, id: FunctionId) -> bool:
        """Whether other code calls by name what the outside world starts: a step of a pipeline, a command per item."""
        kinds = {entry.kind.kind for entry in self.entries(id)}
        if kinds <= _COMMANDS:
            return any(
                edge.kind == "call" and not self.is_test(edge.caller.path) and self._is_repeated(edge)
                for edge in self.edges_to(id)
            )
        if kinds != {"pipeline"}:
            return False
        return any(
            edge.kind == "call" and any(reach.entry.kind.kind == "pipeline" for reach in self.reaches(edge.caller))
            for edge in self.edges_to(id)
        )

    def _is_repeated(self, edge: Edge) -> bool:
        """Whether the call is made per item, here or further up."""
        return edge.repeats or any(each.repeats for reach in self.reaches(edge.caller) for each in reach.edges)

    def stated(self, id: FunctionId, node: ast.expr) -> Latency | None:
        """The budget that a person stated for the call: on its line first, then on its function, then on its file."""
        best: tuple[int, Latency] | None = None
        for target, latency in self.settings.latencies:
            place, _, line = target.rpartition(":")
            if line.isdigit():
                rank = 3 if place == id.path and int(line) == node.lineno else 0
            elif "/" in target or "*" in target or target.endswith(".py"):
                rank = 1 if file_pattern(target).matches(id.path) else 0
            else:
                rank = 2 if self._is_within(id, target) else 0
            if rank and (best is None or rank > best[0]):
                best = rank, latency
        return best[1] if best else None

    def is_test(self, path: str) -> bool:
        """Whether a file is a test's, by its name or folder."""
        return self.program.is_test(path)

    def _is_among_tests(self, path: str) -> bool:
        """Whether a file is a test's by its name and by its folder."""
        folder, _, name = path.rpartition("/")
        return self.is_test(name) and self.is_test(f"{folder}/_.py")

    def _is_within(self, id: FunctionId, dotted: str) -> bool:
        """Whether the function is `dotted`, or stands in the function, class or module of that name."""
        name = f"{self.modules[id.path].name}.{id.qualname.replace('.<locals>', '')}"
        return f".{name}.".endswith(f".{dotted}.") or f".{dotted}." in f".{name}."

    def reaches(self, id: FunctionId, way: Way = ANY_WAY) -> list[Reach]:
        """Every entry point that reaches the function, with the shortest way down.

        `way` is what the calls below ask of those above.
        """
        known = self._reaches.get((id, way))
        if known is None:
            found = self._find_reaches(id, way, self.ways) or self._find_reaches(id, way, self._any_words)
            paced = (self._by_day(reach, *((edge.caller, edge.node) for edge in reach.edges)) for reach in found)
            served = (self._loading(each, each.edges[0].node) if each.edges else each for each in paced)
            known = self._reaches[id, way] = [self._for_tests(reach, id) for reach in dict.fromkeys(served)]
        return known

    def _by_day(self, reach: Reach, *places: tuple[FunctionId, ast.expr]) -> Reach:
        """The way in as it counts where a job that comes often goes on to a place at times only."""
        kind = reach.entry.kind
        is_unpaced = kind.framework in UNPACED
        if not is_unpaced and (kind.kind != "schedule" or kind.latency is not Latency.MINUTES):
            return reach
        if not is_unpaced and any(comes_by_day(self.function(id), node) for id, node in places):
            return reach._replace(entry=reach.entry._replace(kind=kind._replace(latency=Latency.HOURS)))
        passed = {node: seconds for id, node in places if (seconds := self._elapsed.since_last(id, node)) is not None}
        minutes = max(passed.values(), default=0) / 60
        if minutes <= (kind.every or 0) or (is_unpaced and minutes < OFTEN):
            return reach
        entry = reach.entry._replace(kind=(PACED if is_unpaced else kind).paced(minutes))
        if is_unpaced:
            said = entry.step.what.partition(", which")[0]
            step = entry.step._replace(what=f"{said}, once in {minutes / 60:g} h")
            entry = entry._replace(step=step)
        for edge in reach.edges:
            if edge.node in passed:
                entry = self._backlogs.as_one(self.function(edge.callee), entry)
        return reach._replace(entry=entry)

    def _for_tests(self, reach: Reach, id: FunctionId) -> Reach:
        """The way in as it counts: whatever starts in a test's file is a test, also where a workflow runs the file.

        So is what a script runs of a file that is a test's by its name and its folder: either alone may be a tool's.
        """
        kind = reach.entry.kind
        path = reach.entry.step.path
        started = reach.edges[0].caller.path if reach.edges else id.path
        through = {id.path, *(edge.caller.path for edge in reach.edges)}
        in_test = self.is_test(path) or self.is_test(started) or any(map(self._is_among_tests, through))
        if kind.kind in {"script", "evaluation", "interactive", "unknown"} and in_test:
            return Reach(reach.entry._replace(kind=kind._replace(kind="test")), reach.edges)
        if kind.kind == "script" and any(pattern.matches(path) for pattern in self.program.files_of("example")):
            return Reach(reach.entry._replace(kind=kind._replace(kind="example")), reach.edges)
        return reach

    def _find_reaches(self, start: FunctionId, way: Way, ways: Ways) -> list[Reach]:
        paths: dict[tuple[FunctionId, Way], tuple[Edge, ...]] = {(start, way): ()}
        queue = deque(paths)
        found: list[Reach] = []
        # What is started beside a request comes last: the same function may be waited for on another way.
        later: list[tuple[FunctionId, Way, tuple[Edge, ...]]] = []
        beside = False
        leading: dict[FunctionId, list[Edge]] = {}
        while queue and len(paths) < _MAX_FUNCTIONS:
            place = queue.popleft()
            id, edges = place[0], paths[place]
            incoming = self.edges_to(id)
            entries = [ways.as_started(each, id, place[1]) for each in self._starts(id, incoming, beside)]
            taken = [(edge.caller, edge.node) for edge in edges]
            started = (self._subcommands.as_started(entry, *taken) for entry in entries)
            found += [Reach(entry, edges) for entry in started if entry is not None]
            for edge in incoming:
                leading.setdefault(edge.caller, []).append(edge)
                is_kept = False
                if edge.kind == "queue" and not self._waiting.waits(edge):
                    is_kept = self._recalls.keeps(edge)
                    if not is_kept:
                        continue
                if self._stand_ins.is_one(edge, incoming) or self._set_offs.is_one(edge, edges):
                    continue
                above = ways.above(edge, place[1])
                if above is not None and (edge.caller, above) not in paths:
                    if is_kept or self._asides.is_aside(edge):
                        later.append((edge.caller, above, (edge, *edges)))
                        continue
                    paths[edge.caller, above] = (edge, *edges)
                    queue.append((edge.caller, above))
            is_root = not incoming and not entries
            function = self.function(id)
            if is_root and function.parent is not None:
                outer = FunctionId(id.path, function.parent)
                if (outer, ANY_WAY) not in paths and function.name in set(self._returned_names(outer)):
                    paths[outer, ANY_WAY] = (self.edge(outer, id, _name_of(function), "callback", None), *edges)
                    queue.append((outer, ANY_WAY))
                    is_root = False
            if id.qualname != MODULE and not entries and all(self.is_test(edge.caller.path) for edge in incoming):
                cell = self._notebooks.entry(id)
                if cell is not None or is_root:
                    found.append(Reach(cell or self._tests.entry(id) or self._uncalled(id), edges))
            while later and not queue:
                beside = True
                caller, above, down = later.pop(0)
                if (caller, above) not in paths:
                    paths[caller, above] = down
                    queue.append((caller, above))
        return [reach for reach in found if not self._is_elsewhere(reach.entry, reach.edges, leading)]

    def _is_elsewhere(self, entry: Entry, edges: Sequence[Edge], leading: Mapping[FunctionId, Sequence[Edge]]) -> bool:
        """Whether the function asks whoever started it only where it goes none of the ways down."""
        if not edges:
            return False
        down = leading.get(edges[0].caller, edges[:1])
        return all(self.are_apart(edge.caller, entry, edge.node) for edge in down)

    def at(self, reach: Reach, id: FunctionId, node: ast.expr) -> Reach | None:
        """The way into the function as it counts at one of its nodes; None if it does not lead there."""
        if not reach.edges and self.are_apart(id, reach.entry, node):
            return None
        entry = self._subcommands.as_started(reach.entry, (id, node))
        if entry is None:
            return None
        return self._loading(self._by_day(reach._replace(entry=entry), (id, node)), node)

    def _loading(self, reach: Reach, first: ast.expr) -> Reach:
        """The way in as it counts with the first call on it."""
        return reach._replace(entry=self._entries.loading(reach.entry, first))

    def are_apart(self, id: FunctionId, entry: Entry, node: ast.expr) -> bool:
        """Whether a run of the function that comes to the node does not come to where it asks somebody."""
        if entry.asking is None:
            return False
        asking = entry.asking
        if entry.word and self._subcommands.is_for_others(entry, id, node):
            return True
        key = (asking.node, node)
        if key not in self._apart:
            function = self.function(id)
            is_elsewhere = asking.is_aside and not is_under_all(function, node, asking.node)
            is_later = asking.is_last and follows(asking.node, asking.loops, node)
            is_apart = is_elsewhere or is_later or are_apart(function, asking.node, asking.loops, node)
            self._apart[key] = is_apart
        return self._apart[key]

    def _starts(self, id: FunctionId, incoming: Sequence[Edge], beside: bool) -> Iterator[Entry]:
        """What starts the very function, as it counts for those who could wait; `beside`: for work that it leaves."""
        seen = (self._asides.seen(entry, id) for entry in self.entries(id))
        entries = [self._file_jobs.as_handled(entry, id) for entry in seen if entry is not None]
        if any(entry.kind.kind == "task_queue" for entry in entries):
            asking = (self._replies, self._followed, self._unread)
            entries += [entry for each in asking for entry in list(each.entries(id, incoming, entries))]
        entries += self._feeders.entries(id)
        return (self._asides.beside(entry) if beside else entry for entry in entries)

    def _uncalled(self, id: FunctionId) -> Entry:
        step = Step(id.path, self.function(id).line, f"{self.label(id)}, which nothing here calls")
        if self._file_jobs.is_one(id):
            what = f"{self.label(id)}, which goes from files to files (nothing here calls it)"
            return Entry(Kind("files", "script", None), step._replace(what=what))
        return Entry(Kind("unknown", "unknown", None), step)

    def _returned_names(self, id: FunctionId) -> Iterator[str]:
        for expression in self.function(id).returns:
            yield last_name(expression)


def _name_of(function: FunctionFacts) -> ast.expr:
    node = function.node
    return (
        ast.copy_location(ast.Name(function.name, ast.Load()), node)
        if not isinstance(node, ast.Module)
        else ast.Name("")
    )


def build(
    modules: Sequence[ModuleFacts],
    manifest: Sequence[ManifestTarget] = (),
    settings: GraphSettings | None = None,
    tests: Mapping[str, bytes] = MappingProxyType({}),
) -> Graph:
    """The graph of a program from the facts of its files; `tests`: those that were put aside, as they are on disk."""
    settings = settings or GraphSettings()
    return Graph(Program(modules, settings.packages, settings.programs), settings, manifest, tests)
