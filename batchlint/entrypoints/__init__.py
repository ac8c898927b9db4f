"""What starts code from outside, read from `data/entrypoints/*.yaml`: schedules, queues, routes, bots, scripts, ...

The data says which decorators, base classes, registrations and habits of naming make a function an entry point, and how
long the one behind it can wait. This module reads and matches; the graph asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple, TypeVar

from batchlint import datafiles
from batchlint.entrypoints import intervals, storing, waits
from batchlint.entrypoints.storing import Storing
from batchlint.findings import Latency
from batchlint.patterns import PathTable, file_pattern, name_matches

T = TypeVar("T")


class Kind(NamedTuple):
    """What an entry point is and how long whoever is behind it can wait (None: that alone does not tell)."""

    framework: str
    kind: str
    latency: Latency | None
    every: float | None = None
    """Minutes between two runs of a schedule, where the code tells."""

    def paced(self, minutes: float | None) -> Kind:
        """The kind of a schedule that comes again after so many minutes."""
        return self._replace(latency=intervals.latency_of(minutes), every=minutes)


class Base(NamedTuple):
    entry: Kind
    methods: tuple[str, ...]
    runs: str = ""
    """What runs a subclass by the name of its file, if it stands where that looks: `manage.py`."""


ANY_KEYWORD = "*"
"""In place of the keyword that holds the function: whichever does."""


class Handover(NamedTuple):
    """A call that is given a function: which argument, and what becomes of it.

    `action` is `register` (an entry point of `entry`), `enqueue` (started later by a worker), `schedule`, `call`, or
    `step` (runs when the workflow that it becomes a part of is run).
    """

    entry: Kind
    action: str
    argument: int | None = None
    keyword: str | None = None
    by_name: bool = False
    kind: str = "call"
    repeats: bool = False
    members: bool = False
    """Whether a class or object stands for all its methods, and nothing at all for the module's functions."""
    pause: int | None = None
    """The argument that says after how many seconds the function runs."""
    runs: bool = False
    """Whether the call itself runs what it registers, once per example."""
    gives: bool = False
    """Whether the call gives, at once or awaited, what the function gives."""


class Workflows(NamedTuple):
    """How a workflow is put together on a builder and run."""

    steps: PathTable[Handover]
    """Calls that add a step, or a function that chooses among them."""
    run: PathTable[bool]
    links: frozenset[str]
    """Methods of the builder that lead from one step to another, both by name."""
    branches: frozenset[str]
    """Those that lead from a step, by name, to the ones that a function names."""


class HttpCall(NamedTuple):
    """A library function that sends a request: where the URL stands among its arguments."""

    url: int | None
    keyword: str | None
    body: tuple[str, ...] = ()
    """Keywords that hold the body."""


class Body(NamedTuple):
    """A request body that only a model endpoint takes: it has all of `keys`, and one of `any` unless that is empty."""

    keys: frozenset[str]
    any: frozenset[str]
    provider: str
    endpoint: str
    kind: str

    def matches(self, keys: set[str], path: str = "") -> bool:
        """`keys` of the body, where `**` stands for keys that are not known; the endpoint's `path` tells as well."""
        is_there = path.rstrip("/").endswith(self.endpoint.removeprefix("/v1"))
        return self.keys <= keys and (not self.any or is_there or bool(keys & (self.any | {"**"})))


class Launch(NamedTuple):
    """A call that is given a command line: in these keywords, or as it stands there; `entry` if others run it."""

    entry: Kind | None = None
    keywords: tuple[str, ...] = ()


class Convention(NamedTuple):
    entry: Kind
    file: str | None
    klass: str | None
    function: str | None
    methods: tuple[str, ...]
    parameters: tuple[str, ...]
    packages: tuple[str, ...] = ()
    """Import names of the framework: without a file pattern the habit counts only where one of them is imported."""
    unguarded: bool = False
    """Whether the habit counts only in a file that does not start itself, by `if __name__ == "__main__"`."""

    def matches(self, path: str, klass: str | None, function: str, parameters: Iterable[str]) -> bool:
        if self.parameters and self.klass is None and not set(self.parameters) <= set(parameters):
            return False
        if self.file is not None and not file_pattern(self.file).matches(path):
            return False
        if self.klass is not None:
            return klass is not None and name_matches(self.klass, klass) and _among(function, self.methods)
        return self.function is None or name_matches(self.function, function)


class EventShape(NamedTuple):
    """What a handler of the framework reads from its event tells what triggers it."""

    entry: Kind
    keys: frozenset[str]
    """Keys of the event, one of which is read."""
    inside: frozenset[str]
    """Keys of its records, one of which the file reads; empty where the event's own keys tell."""
    attribute: str | None = None
    """The attribute of the event that has the keys, where the event is an object around them."""


class Setting(NamedTuple):
    """A table in settings that names tasks: the setting's name and the key (or position) of the task in each entry."""

    entry: Kind
    setting: str
    task_key: str


class TaskList(NamedTuple):
    """A list of the functions that a worker starts: an attribute of its settings, in files that import the queue."""

    entry: Kind
    name: str
    packages: frozenset[str]


class Mapper(NamedTuple):
    """Names by which object-relational mappers are used."""

    managers: frozenset[str]
    """Attributes of a class that stand for its rows."""
    keeps: frozenset[str]
    """Methods of a query that give a query."""
    gives: frozenset[str]
    """Those that give a row."""
    pairs: frozenset[str]
    """Those that give a row and something else."""
    one: frozenset[str]
    """Functions that are handed a class or a query and give a row."""
    many: frozenset[str]
    """Those that give a query."""
    makes: frozenset[str]
    """Class methods that make a manager of a query's class."""
    paging: frozenset[str]
    """Classes that part a query into pages."""
    turns: frozenset[str]
    """Their methods that give a page."""
    contents: frozenset[str]
    """Attributes of a page that are its rows."""
    querying: PathTable[bool]
    """Classes of managers and queries."""
    models: PathTable[bool]
    """Classes of rows, whose own attributes that no class of the project defines are managers."""
    sessions: PathTable[bool]
    """Objects through which rows are read and stored."""
    methods: frozenset[str]
    """All methods of a query."""
    asking: frozenset[str]
    """All such functions."""


class Registry(NamedTuple):
    """All frameworks' data, ready to be asked."""

    decorators: PathTable[Kind]
    silent: PathTable[Kind]
    """What those of them make of a function that returns nothing, where its result is what somebody works with."""
    bases: PathTable[Base]
    defaults: PathTable[Handover]
    """What makes a function an entry point as a parameter's default; with the argument that it needs for that."""
    handovers: PathTable[Handover]
    builders: PathTable[bool]
    """Objects on which the steps of a workflow are linked."""
    workflows: Workflows
    calls: PathTable[Kind]
    http: PathTable[HttpCall]
    bodies: list[Body]
    body_keys: frozenset[str]
    """Keys of which a model endpoint's body has at least one."""
    conventions: list[Convention]
    events: list[EventShape]
    modules: dict[str, Kind]
    settings: list[Setting]
    task_lists: list[TaskList]
    enqueue_methods: frozenset[str]
    """Methods on a task itself that put it into the queue: `delay`, `send`, ..."""
    calling_methods: dict[str, bool]
    """Methods on a function itself that run it, and whether they do so once per item."""
    altering_methods: frozenset[str]
    """Methods on a wrapped function that give it back with other options."""
    waits: frozenset[str]
    """Methods on what enqueueing returns that wait for the result."""
    packages: frozenset[str]
    live_packages: frozenset[str]
    """Those of frameworks that run code because somebody waits."""
    polled: waits.Polled
    replies: waits.Replies
    asides: waits.Asides
    requests: waits.Requests
    holding: frozenset[str]
    """Frameworks that hand a message out again where its handler takes long."""
    answering: frozenset[str]
    """Frameworks that give whoever starts a task what it returns."""
    commands: frozenset[str]
    """Frameworks of command lines: somebody types which of the functions is to run."""
    calling_enqueues: frozenset[str]
    """Frameworks whose tasks go into the queue when they are called like a function."""
    launches: PathTable[Launch]
    """Calls that start another program, or have a framework start one."""
    saving_methods: frozenset[str]
    """Methods by which an object is stored for good."""
    store_reads: frozenset[str]
    """Methods by which a store gives what it keeps under a key."""
    store_writes: frozenset[str]
    """Those by which it gets it."""
    live_inputs: frozenset[str]
    """Methods that put an answer into a session that is open."""
    live_words: tuple[str, ...]
    """Words in names that speak of such a session."""
    agent_arguments: frozenset[str]
    """Names of arguments by which a request's caller has its tools run, answer by answer."""
    tool_results: frozenset[str]
    """Keys of messages that hold what a tool gave for an answer."""
    tool_offers: frozenset[str]
    """Names under which a request tells the model which tools there are."""
    conversation_keys: frozenset[str]
    """Names under which a request says which conversation it goes on with."""
    probe_words: tuple[str, ...]
    """Words in names that speak of a request which only shows that the service answers."""
    clocked_words: tuple[str, ...]
    """Words in the names of files and functions that measure how long something takes."""
    probe_prompts: tuple[str, ...]
    """What such a request says."""
    questions: frozenset[str]
    """Names of parameters and options of a command line that hold somebody's question."""
    questions_once: frozenset[str]
    """Those that do so in a command that goes through nothing, and prints."""
    filters: frozenset[str]
    """Those of them that choose what is worked on where they name an option."""
    parsers: PathTable[bool]
    """Calls that give a command line an option, whose name is their first argument."""
    opens: PathTable[bool]
    """Calls that open a page or a file on the screen of whoever started the program."""
    gate_words: tuple[str, ...]
    """Words in names that speak of letting through what somebody sent in."""
    mapper: Mapper
    storing: Storing
    called: PathTable[tuple[str, str]]
    """Base classes whose objects run a method of the subclass by another one, `__call__` mostly: that, and its name."""
    dynamic: PathTable[bool]
    """What gives a class or an object that the code does not name."""
    local_names: frozenset[str]
    """Words in the name of such an object that say it calls no server."""
    parameters: dict[str, str]
    """Symbolic paths of what parameters of a name are by all usage."""
    resolved: PathTable[bool]
    """Calls that give the object of the class that they are given."""
    passing: PathTable[str]
    """Decorators that give a function first what is kept in an attribute, by the attribute's name."""
    named_objects: frozenset[str]
    """Methods that give the object of the class that a string names."""
    generic_methods: frozenset[str]
    """Method names that say too little to guess the class from."""
    inert_bases: frozenset[str]
    """Packages whose base classes call none of a subclass's methods."""


def _among(name: str, methods: tuple[str, ...]) -> bool:
    return name in methods or ("*" in methods and not name.startswith("_"))


@cache
def load() -> Registry:
    """The shipped data."""
    return build(datafiles.documents("entrypoints"))


def build(documents: list[dict[str, Any]]) -> Registry:
    frameworks = [framework for document in documents for framework in document.get("frameworks", [])]
    settings = [
        Setting(_kind(framework, row, schedule=True), row["setting"], str(row["task_key"]))
        for framework, row in _rows(frameworks, "schedules")
        if "setting" in row
    ]
    return Registry(
        decorators=PathTable(
            (row["path"], _kind(framework, row)) for framework, row in _rows(frameworks, "decorators")
        ),
        silent=PathTable(
            (row["path"], Kind(framework["name"], row["returns_nothing"], None))
            for framework, row in _rows(frameworks, "decorators")
            if "returns_nothing" in row
        ),
        bases=PathTable(
            (row["path"], Base(_kind(framework, row), tuple(row.get("methods", ["*"])), row.get("runs", "")))
            for framework, row in _rows(frameworks, "bases")
        ),
        defaults=PathTable(
            (row["path"], Handover(_kind(framework, row), "register", row["argument"], row["keyword"]))
            for framework, row in _rows(frameworks, "defaults")
        ),
        handovers=PathTable(_handovers(frameworks)),
        builders=PathTable((row["builder"], True) for _, row in _rows(frameworks, "workflows")),
        workflows=_workflows(frameworks),
        calls=PathTable((row["path"], _kind(framework, row)) for framework, row in _rows(frameworks, "calls")),
        http=PathTable((row["path"], _http(row)) for document in documents for row in document.get("http", [])),
        bodies=[
            Body(frozenset(row["keys"]), frozenset(row["any"]), row["provider"], row["endpoint"], row["kind"])
            for document in documents
            for row in document.get("bodies", [])
        ],
        body_keys=frozenset(key for document in documents for key in document.get("body_keys", [])),
        conventions=[_convention(framework, row) for framework, row in _rows(frameworks, "conventions")],
        events=[
            EventShape(
                _kind(framework, row), frozenset(row["keys"]), frozenset(row.get("inside", ())), row.get("attribute")
            )
            for framework, row in _rows(frameworks, "events")
        ],
        modules={row["imports"]: _kind(framework, row) for framework, row in _rows(frameworks, "modules")},
        settings=settings,
        task_lists=[
            TaskList(_kind(framework, row), row["name"], frozenset(framework["packages"]))
            for framework, row in _rows(frameworks, "lists")
        ],
        enqueue_methods=frozenset(
            row["method"].rpartition(".")[2] for _, row in _rows(frameworks, "enqueues") if "method" in row
        ),
        calling_methods={name: each for d in documents for name, each in d.get("calling_methods", {}).items()},
        altering_methods=frozenset(name for d in documents for name in d.get("altering_methods", ())),
        waits=frozenset(name for framework in frameworks for name in framework.get("waits", [])),
        packages=frozenset(package for framework in frameworks for package in framework.get("packages", [])),
        live_packages=frozenset(
            package
            for framework in frameworks
            if framework.get("latency") == "realtime"
            for package in framework.get("packages", [])
        ),
        polled=waits.polled(documents),
        replies=waits.replies(documents),
        asides=waits.asides(documents),
        requests=waits.requests(documents),
        holding=frozenset(framework["name"] for framework in frameworks if framework.get("held")),
        answering=frozenset(framework["name"] for framework in frameworks if framework.get("answers")),
        commands=frozenset(framework["name"] for framework in frameworks if framework.get("commands")),
        calling_enqueues=frozenset(
            framework["name"] for framework, row in _rows(frameworks, "enqueues") if row.get("method") == "__call__"
        ),
        launches=PathTable(
            [
                *((pattern, Launch()) for document in documents for pattern in document.get("launches", [])),
                *(
                    (row["path"], Launch(_kind(framework, row), tuple(row["keywords"])))
                    for framework, row in _rows(frameworks, "launches")
                ),
            ]
        ),
        saving_methods=frozenset(name for d in documents for name in d.get("saving_methods", {}).get("names", ())),
        store_reads=frozenset(name for d in documents for name in d.get("stores", {}).get("reads", ())),
        store_writes=frozenset(name for d in documents for name in d.get("stores", {}).get("writes", ())),
        live_inputs=frozenset(n for d in documents for n in d.get("live_sessions", {}).get("methods", ())),
        live_words=tuple(word for d in documents for word in d.get("live_sessions", {}).get("words", ())),
        agent_arguments=frozenset(n for d in documents for n in d.get("agent_arguments", {}).get("names", ())),
        tool_results=frozenset(n for d in documents for n in d.get("tool_results", {}).get("names", ())),
        tool_offers=frozenset(n for d in documents for n in d.get("tool_offers", {}).get("names", ())),
        conversation_keys=frozenset(n for d in documents for n in d.get("conversation_keys", {}).get("names", ())),
        probe_words=tuple(word for d in documents for word in d.get("probes", {}).get("words", ())),
        clocked_words=tuple(word for d in documents for word in d.get("probes", {}).get("clocked", ())),
        probe_prompts=tuple(word for d in documents for word in d.get("probes", {}).get("prompts", ())),
        questions=frozenset(n for d in documents for n in d.get("questions", {}).get("names", ())),
        questions_once=frozenset(n for d in documents for n in d.get("questions", {}).get("once", ())),
        filters=frozenset(n for d in documents for n in d.get("questions", {}).get("filters", ())),
        parsers=PathTable((path, True) for d in documents for path in d.get("questions", {}).get("parsers", ())),
        opens=PathTable((path, True) for d in documents for path in d.get("opens", ())),
        gate_words=tuple(word for d in documents for word in d.get("gates", {}).get("words", ())),
        mapper=_mapper(documents),
        storing=storing.read(documents),
        called=PathTable(
            (row["base"], (row.get("by", "__call__"), row["method"])) for d in documents for row in d.get("called", ())
        ),
        dynamic=PathTable((pattern, True) for document in documents for pattern in document.get("dynamic", [])),
        local_names=frozenset(name for document in documents for name in document.get("local_names", [])),
        parameters={name: path for document in documents for name, path in document.get("parameters", {}).items()},
        passing=PathTable(row for document in documents for row in document.get("passing", {}).items()),
        resolved=PathTable((pattern, True) for document in documents for pattern in document.get("resolved", [])),
        named_objects=frozenset(name for document in documents for name in document.get("named_objects", [])),
        generic_methods=frozenset(name for document in documents for name in document.get("generic_methods", [])),
        inert_bases=frozenset(name for document in documents for name in document.get("inert_bases", [])),
    )


_MAPPED = ("managers", "keeps", "gives", "pairs", "one", "many", "makes", "paging", "turns", "contents")


def _mapper(documents: list[dict[str, Any]]) -> Mapper:
    rows = [document["mappers"] for document in documents if "mappers" in document]
    names = {name: frozenset(text for row in rows for text in row[name]) for name in _MAPPED}
    querying, models, sessions = (
        PathTable((path, True) for row in rows for path in row[name]) for name in ("querying", "models", "sessions")
    )
    methods = names["keeps"] | names["gives"] | names["pairs"] | names["makes"] | names["turns"]
    return Mapper(
        **names,
        querying=querying,
        models=models,
        sessions=sessions,
        methods=methods,
        asking=names["one"] | names["many"],
    )


def _workflows(frameworks: list[dict[str, Any]]) -> Workflows:
    rows = [row for _, row in _rows(frameworks, "workflows")]
    links, branches = (frozenset(name for row in rows for name in row[key]) for key in ("links", "branches"))
    steps = PathTable(
        (step["path"], Handover(_kind(framework, {}), "step", step.get("argument"), step.get("keyword")))
        for framework, row in _rows(frameworks, "workflows")
        for step in row["steps"]
    )
    return Workflows(steps, PathTable((path, True) for row in rows for path in row["run"]), links, branches)


def _http(row: dict[str, Any]) -> HttpCall:
    return HttpCall(row.get("url"), row.get("keyword"), tuple(row.get("body", ())))


def _rows(frameworks: list[dict[str, Any]], key: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for framework in frameworks:
        for row in framework.get(key) or []:
            yield framework, row


def _handovers(frameworks: list[dict[str, Any]]) -> Iterator[tuple[str, Handover]]:
    for key, action in [
        ("registers", "register"),
        ("enqueues", "enqueue"),
        ("schedules", "schedule"),
        ("higher_order", "call"),
    ]:
        for framework, row in _rows(frameworks, key):
            if "path" not in row:
                continue
            entry = _kind(framework, row if action != "call" else {}, schedule=action == "schedule")
            yield (
                row["path"],
                Handover(
                    entry=entry,
                    action=action,
                    argument=row.get("argument"),
                    keyword=row.get("keyword"),
                    by_name=row.get("by_name", False),
                    kind=row.get("kind", "call") if action == "call" else action,
                    repeats=row.get("repeats", False),
                    members=row.get("members", False),
                    pause=row.get("pause"),
                    runs=row.get("runs", False),
                    gives=row.get("gives", False),
                ),
            )


def _kind(framework: dict[str, Any], row: dict[str, Any], *, schedule: bool = False) -> Kind:
    latency = row.get("latency", "hours" if schedule else framework.get("latency", "unknown"))
    kind = row.get("kind", "schedule" if schedule else framework["kind"])
    return Kind(framework["name"], kind, None if latency == "unknown" else Latency.parse(latency))


def _convention(framework: dict[str, Any], row: dict[str, Any]) -> Convention:
    return Convention(
        _kind(framework, row),
        row.get("file"),
        row.get("class"),
        row.get("function"),
        tuple(row.get("methods", ["*"])),
        tuple(row.get("parameters", [])),
        tuple(framework.get("packages") or ()),
        row.get("unguarded", False),
    )
