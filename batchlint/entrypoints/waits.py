"""What shows whether somebody waits for work that goes on beside the code that started it, as the data says it."""

from __future__ import annotations

from typing import Any, NamedTuple

from batchlint.patterns import PathTable


class Reply(NamedTuple):
    """Where a messaging call says whom to."""

    argument: int | None
    keys: frozenset[str]


class Polled(NamedTuple):
    """How a route that enqueues shows that its page will ask for the result."""

    keys: frozenset[str]
    words: frozenset[str]
    begun: frozenset[str]
    """What a sentence of the answer says of work that goes on."""
    soon: frozenset[str]
    """Patterns for what a sentence says to somebody of work whose result they will see in a moment."""
    refused: frozenset[str]
    """Patterns for what it says where the work was not begun."""
    attributes: frozenset[str]
    lookups: frozenset[str]
    """Names of what looks a result up by the id of its task."""
    fetches: PathTable[bool]
    """What does so under a name that says too little."""
    pushes: frozenset[str]
    watched: frozenset[str]
    """What a task calls whose progress a page shows."""
    progress: frozenset[str]
    """Words for how far something is."""
    tells: frozenset[str]
    """Words in the names of calls by which a task lets others know of that."""
    readers: frozenset[str]
    """Base classes of views that also show one object by its id."""
    kept: frozenset[str]
    """Classes of a library whose rows hold what tasks gave."""


class Replies(NamedTuple):
    """How a message is put in front of somebody, and where the call says whom to."""

    calls: PathTable[Reply]
    methods: frozenset[str]
    """HTTP methods by which a messaging service is asked without a library."""
    urls: tuple[str, ...]
    """How the addresses of such services begin."""
    keys: frozenset[str]
    """Keys of their request bodies that say whom to."""
    handed: frozenset[str]
    """Names of addresses that come with what somebody wrote."""
    threads: frozenset[str]
    """Names of what puts an answer below what somebody wrote."""
    turns: frozenset[str]
    """Words in the names of columns that say whose turn of a conversation a row is."""
    speakers: frozenset[str]
    """What stands there for the model's turn."""


class Requests(NamedTuple):
    """What a route takes that does not come from whoever requests it, and what it reads that does."""

    jobs: frozenset[str]
    """Words in the paths of routes that are there for timers."""
    names: frozenset[str]
    """Names of the request itself."""
    given: frozenset[str]
    """Annotations and defaults of parameters that the framework fills."""
    holding: frozenset[str]
    """Attributes of a request that hold what was sent."""
    keys: frozenset[str]
    """Names of the keys and headers by which a timer makes itself known."""


class Asides(NamedTuple):
    """How a route starts work beside its answer."""

    starts: PathTable[bool]
    """Calls that make a coroutine a task of its own."""
    ended: frozenset[str]
    """Exceptions that say that the one at the other end has gone."""
    telling: frozenset[str]
    """Words in the names of calls that let others know."""
    acting: frozenset[str]
    """Words in the names of calls by which a job acts at once, or serves somebody who has written."""


def polled(documents: list[dict[str, Any]]) -> Polled:
    """How the shipped data says that a page asks for results."""
    rows = [document["polled"] for document in documents if "polled" in document]
    names = [name for name in Polled._fields if name != "fetches"]
    found = {name: frozenset(str(text) for row in rows for text in row[name]) for name in names}
    found["words"] = frozenset(word.lower() for word in found["words"])
    return Polled(**found, fetches=PathTable((path, True) for row in rows for path in row["fetches"]))


def replies(documents: list[dict[str, Any]]) -> Replies:
    """How it says that a message answers somebody."""
    rows = [document["replies"] for document in documents if "replies" in document]
    methods, keys, handed, threads, turns, speakers = (
        frozenset(str(text) for row in rows for text in row[name])
        for name in ("methods", "keys", "handed", "threads", "turns", "speakers")
    )
    urls = tuple(str(text) for row in rows for text in row["urls"])
    calls = [call for row in rows for call in row["calls"]]
    table = PathTable((call["path"], Reply(call.get("argument"), frozenset(call["keys"]))) for call in calls)
    return Replies(table, methods, urls, keys, handed, threads, turns, speakers)


def asides(documents: list[dict[str, Any]]) -> Asides:
    """How it says that a route goes on without some of its work."""
    rows = [document["asides"] for document in documents if "asides" in document]
    ended, telling, acting = (
        frozenset(str(text) for row in rows for text in row[name]) for name in ("ended", "telling", "acting")
    )
    return Asides(PathTable((path, True) for row in rows for path in row["starts"]), ended, telling, acting)


def requests(documents: list[dict[str, Any]]) -> Requests:
    """How a route shows what it takes from whoever requests it."""
    rows = [document["requests"] for document in documents if "requests" in document]
    return Requests(*(frozenset(str(text) for row in rows for text in row[name]) for name in Requests._fields))
