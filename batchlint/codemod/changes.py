"""What a plan changes, as data: the planner writes it over `ast`, the rewriter carries it out over LibCST.

Nodes are named by their place: 1-based line, 0-based column in characters, and the place of their end.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from batchlint.facts import FunctionId

Place = tuple[int, int, int, int]


@dataclass(slots=True)
class CallChange:
    """What becomes of a call.

    `request`: `yield request(f, ...)`; `enter`: `yield from twin(...)`; `await`: `batched(f, ...)`; `blocking`: `await
    batched(f, ...)`; `steps`: `await batched_steps(twin(...))`; `thread`: `batched_thread(f, ...)`; `made`:
    `batched(f, ...)` for what a thread was to call; `name`: only the callee's name; `called`: `yield from
    called(f, ...)` for a parameter.
    """

    how: str
    twin: FunctionId | None = None
    argument: int = 0
    """The place of what a thread was to call, among the arguments."""


@dataclass(frozen=True, slots=True)
class Counter:
    """The variable that a `while` loop counts on. `is_kept`: whether the rest of the body reads it behind that.

    `heads`: how many statements of the body come with drawing an item.
    """

    name: str
    is_kept: bool
    is_global: bool
    heads: int = 0


@dataclass(frozen=True, slots=True)
class Numbering:
    """The variable by which a loop numbers its items, which drawing them counts on.

    `heads`: how many statements of the body come with that. The last of them counts, or one that `is_behind` the
    request, which `is_kept` where the item goes on with its number counted on.
    """

    name: str
    heads: int
    is_global: bool
    is_behind: bool = False
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Buffer:
    """The lists that a loop fills, `levels` loops deep, and how many statements empty them when they are full.

    `rest`: how many do so with what is left over.
    """

    names: tuple[str, ...]
    resets: int
    levels: int
    rest: int = 0


@dataclass(slots=True)
class LoopChange:
    """A loop that becomes a nested generator function and a driver."""

    name: str
    parameters: list[str]
    outer: list[str]
    """Names that the body assigns for the function around it."""
    shared: list[str]
    """The same of global variables."""
    unset: list[str]
    """Those of `outer` that nothing else binds."""
    nested: bool
    """Whether it joins the rounds of a driver further out."""
    stop: str | None
    """The flag that a `break` before the request sets."""
    is_async: bool = False
    is_ordered: bool = False
    """Whether its coroutines wait for their turn."""
    counter: Counter | None = None
    numbering: Numbering | None = None
    runner: str | None = None
    """What runs the coroutines of all items, where they are not awaited."""
    collected: str | None = None
    """The list of what the loop yields, which is yielded behind the driver."""
    is_guarded: bool = False
    """Whether what comes before an error is yielded too."""
    taking: tuple[int, ...] = (0,)
    """In a `while` loop, the places of the statements that take the item."""
    state: str = ""
    """How the loop that does so declares what it binds for the function around it."""
    kept: dict[str, str] = field(default_factory=dict)
    """Parameters that are read after the loop, each with the name under which an item is drawn."""
    handed: dict[str, str] = field(default_factory=dict)
    """Parameters with the variables in which the next item finds them."""
    buffer: Buffer | None = None
    has_tail: bool = False
    """Whether the statement behind it, a call that asks, is its last item."""
    taken: int = 0
    """In a worker, how many statements of the body take the item."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How a comprehension keeps the items for which its condition number `position` asks.

    `names`: what the rest needs of the item. `answer`: what it calls the condition's value, or the value that the
    condition itself gives this name.
    """

    position: int
    names: tuple[str, ...]
    answer: str


@dataclass(slots=True)
class ComprehensionChange:
    """A comprehension that becomes a driver over generators.

    `name`: the nested function that it runs, None where it runs a twin itself. `flat`: what the answers are called
    over whose items the innermost loop goes.
    """

    name: str | None
    parameters: list[str]
    statement: Place
    nested: bool
    is_async: bool = False
    flat: str | None = None
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class EventsChange:
    """How single events of a task come together: by celery-batches, or in a queue that beat has `flush` hand on.

    `app`: what the signal for beat's schedule hangs on; `alone`: what tries one event again, where the task does.
    """

    flush: str | None
    schedule: str = ""
    app: str = ""
    alone: str | None = None


@dataclass(slots=True)
class TaskChange:
    """A queue task that gets a twin, and a task that runs the twin for all items.

    `options`: the text of the decorator's options that both have, with a comma behind each; `registered`: the name that
    the decorator gives it, or nothing.
    """

    twin: str
    together: str
    decorator: str
    options: str
    bound: bool
    retries: bool = False
    """Whether the task tries again by itself after some errors."""
    keeps_self: bool = False
    """Whether the twin asks the task's object for something: what its base class keeps, or what is `asked`."""
    asked: frozenset[str] = frozenset()
    """What it asks that object for which belongs to a run of the task."""
    first: str = ""
    """The class whose objects stand for the task in a batch, where something is asked."""
    registered: str = ""
    events: EventsChange | None = None

    def named(self, suffix: str) -> str:
        """The options of a task beside it, with a name that ends so where it has a name of its own."""
        return f'name="{self.registered}_{suffix}", {self.options}' if self.registered else self.options


@dataclass(slots=True)
class EnqueueChange:
    """A loop, comprehension, group or chunks of one task that become one call of the task for all items."""

    together: str
    task: FunctionId
    receiver: str
    """The task for all items as an expression."""
    item: str = ""
    """The arguments of one task as the text of a tuple."""
    options: str = ""
    """The text of the options of sending, with a comma in front of each."""
    on_commit: bool = False
    items: str | None = None
    """The list that a loop fills which does more than enqueue."""
    call: Place | None = None
    """The call in that loop."""
    guarded: bool = False
    """Whether the loop can end by an error, with tasks enqueued."""
    whole: str | None = None
    """The text of the items where they are there already."""


@dataclass(slots=True)
class SentLoop:
    """A loop in a task that becomes a task of its own: `parameters` are what it is sent of each item."""

    task: TaskChange
    enqueue: EnqueueChange
    parameters: list[str]


class Phased(NamedTuple):
    """How a driver leaves: what its batches are called, the seconds for which it waits, whether items ask in turn."""

    job: str
    wait: int
    rounds: bool
    decorator: str = ""
    """What says so on the function around a pool or a gather."""


class Release(NamedTuple):
    """How many statements of a `with` stay in it, and what the next one reads of its file."""

    inside: int
    given: Place | None = None


@dataclass(slots=True)
class FileChanges:
    """All changes of one file."""

    calls: dict[Place, CallChange] = field(default_factory=dict)
    yields: dict[Place, str] = field(default_factory=dict)
    """`yield`s of a loop, with the list that takes their values."""
    listed: dict[Place, str] = field(default_factory=dict)
    """Generators whose twin gives a list of what they yield, with its name."""
    loops: dict[Place, LoopChange] = field(default_factory=dict)
    comprehensions: dict[Place, ComprehensionChange] = field(default_factory=dict)
    barriers: dict[Place, str | None] = field(default_factory=dict)
    """`yield in_turn(key)` before a statement."""
    ordered: set[Place] = field(default_factory=set)
    """Those of both that coroutines await: `await in_order(key)`."""
    hoisted: set[Place] = field(default_factory=set)
    """Statements whose answers are stored first, and which then wait for their turn."""
    moved: set[Place] = field(default_factory=set)
    """Statements whose answers are stored first, as they read before what they change after."""
    exits: dict[Place, str] = field(default_factory=dict)
    """`continue` and `break` of a loop that becomes a function: the text of the flag to set, or nothing."""
    renames: dict[Place, str] = field(default_factory=dict)
    """Names and attributes that get another last step, with the helper's name they need."""
    policies: set[Place] = field(default_factory=set)
    """Those of them that are decorators made elsewhere: they become the argument of the helper's own."""
    registering: set[Place] = field(default_factory=set)
    """Names of decorators that put the twin into a table, and not the function."""
    references: dict[Place, FunctionId] = field(default_factory=dict)
    """Functions that are handed over: their twin is handed over instead."""
    untasked: set[Place] = field(default_factory=set)
    """Calls that make tasks of coroutines, which are gathered as they are."""
    unwrapped: set[Place] = field(default_factory=set)
    """`with` statements (of semaphores) that give way to their body, and calls to their first argument."""
    released: dict[Place, Release] = field(default_factory=dict)
    """`with` statements whose file is closed before the requests in them."""
    dropped: set[Place] = field(default_factory=set)
    """Statements that go."""
    swaps: dict[Place, str] = field(default_factory=dict)
    """What stands in front of statements: that a list is taken out of its object."""
    taken: dict[Place, str] = field(default_factory=dict)
    """Attributes that give way to the variable which has taken the list."""
    functions: dict[Place, str] = field(default_factory=dict)
    """Calls of a method that become calls of the helper's function with its object."""
    joined: set[Place] = field(default_factory=set)
    """Calls of `queue.join` that also see a batch fail."""
    awaited: set[Place] = field(default_factory=set)
    """Calls that give way to their first argument, awaited."""
    stripped: set[Place] = field(default_factory=set)
    """Gathers that lose the arguments of their progress bar."""
    undecorated: set[Place] = field(default_factory=set)
    """Decorators that the twin does not have."""
    mapped: dict[Place, str] = field(default_factory=dict)
    """Calls that call a function once per item, with the part of the helper that carries them."""
    ended: dict[Place, str] = field(default_factory=dict)
    """Statements behind which all that the pool of this name was given is waited for."""
    keywords: dict[Place, tuple[str, str]] = field(default_factory=dict)
    """Calls that get a keyword argument."""
    stubs: set[Place] = field(default_factory=set)
    """Methods that others implement: their twin has the body that they have."""
    wrapping: set[Place] = field(default_factory=set)
    """Decorators whose wrapper enters the twin of what it wraps."""
    phased: dict[Place, Phased] = field(default_factory=dict)
    """Loops and comprehensions whose driver may leave before the answers are there."""
    leaving: dict[Place, Phased] = field(default_factory=dict)
    """Functions whose pool or gather may leave."""
    early: set[Place] = field(default_factory=set)
    """Functions that return early where the driver leaves."""
    tasks: dict[Place, TaskChange] = field(default_factory=dict)
    enqueues: dict[Place, EnqueueChange] = field(default_factory=dict)
    sent: dict[Place, SentLoop] = field(default_factory=dict)
    """Loops of tasks that become tasks of their own."""
    names: set[str] = field(default_factory=set)
    """What is imported from the helper module, as far as the changes themselves do not tell."""


@dataclass(slots=True)
class Fanout:
    """One fan-out that becomes a driver: its changes by file, and the functions that need a twin."""

    function: FunctionId
    node: ast.AST
    changes: dict[str, FileChanges] = field(default_factory=dict)
    twins: set[FunctionId] = field(default_factory=set)
    families: list[frozenset[FunctionId]] = field(default_factory=list)
    """Implementations of one method, whose twins stand alike and have one name."""
    converted: set[int] = field(default_factory=set)
    """Identities of the calls and references that are changed."""
    held: list[Any] = field(default_factory=list)
    """Where functions come from that its calls take out of variables and tables, each with what calls them."""
    providers: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    """What its requests need of the helper that no code names."""
    is_async: bool = False
    is_blocking: bool = False
    """Whether coroutines below make requests that kept all others waiting."""
    iteration: Any = None
    """The `Phases` of one iteration, for a loop or a comprehension."""
    rounds: int | None = None
    """The requests in turn of an item that a pool, a gather or a mapping has, where that is known."""
    webhook: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Jobs that an event of the provider may run again, with what starts each."""
    notes: list[str] = field(default_factory=list)
    """What whoever reviews the change has to know."""
    alone: str = ""
    """Why the loop around it in its function cannot be the fan-out."""

    def file(self, path: str) -> FileChanges:
        return self.changes.setdefault(path, FileChanges())

    def merge(self, other: Fanout) -> None:
        """Take the other's changes in, and all that they need."""
        for path, changes in other.changes.items():
            mine = self.file(path)
            for each in fields(mine):
                getattr(mine, each.name).update(getattr(changes, each.name))
        self.twins |= other.twins
        self.converted |= other.converted
        self.providers |= other.providers
        self.parts |= other.parts
        self.is_blocking |= other.is_blocking
        self.families += other.families
        self.held += other.held
        self.notes += other.notes
