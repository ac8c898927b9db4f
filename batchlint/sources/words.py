"""What makes a file one that can call a model, taken from the shipped data and the settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from batchlint import datafiles
from batchlint.patterns import expand, heads, tails


class Body(NamedTuple):
    """Keys of a request body that only a model endpoint takes: all of `keys`, and one of `any` unless that is empty.

    The end of the endpoint's path stands for `any` as well.
    """

    keys: tuple[bytes, ...]
    any: tuple[bytes, ...]
    tail: bytes


class Words(NamedTuple):
    packages: frozenset[str]
    """Import paths of SDKs, dotted where the first name alone says nothing (`google.genai`)."""
    marked: Mapping[str, tuple[bytes, ...]] = {}
    """Packages that count only in files that hold one of these words (`boto3` with `bedrock`)."""
    hosts: tuple[str, ...] = ()
    """Hosts of providers; `*` stands for any text in them."""
    clients: frozenset[str] = frozenset()
    """First names of the libraries that send HTTP requests."""
    sends: tuple[bytes, ...] = ()
    """Calls of those libraries that send one."""
    bodies: tuple[Body, ...] = ()
    methods: frozenset[bytes] = frozenset()
    """Calls on a client that was handed in, as far as their names say so (`.completions.create(`)."""
    enqueues: tuple[bytes, ...] = ()
    """Calls that take a function by its dotted name (`async_task(`)."""
    loads: tuple[bytes, ...] = ()
    """Calls that load modules by their dotted names (`import_module(`)."""
    named: tuple[bytes, ...] = ()
    """Those that take it first, where its bare name may do (`enqueue_job(`)."""
    launchers: tuple[bytes, ...] = ()
    """Calls that have a framework run a command line."""
    functions: tuple[bytes, ...] = ()
    """Names of functions that the user says are model calls."""
    tests: tuple[str, ...] = ()
    """Patterns of the files that are tests by their place alone."""


def load(functions: Iterable[str] = ()) -> Words:
    """The words of the shipped data; `functions` are the dotted names of the user's own wrappers."""
    providers, entrypoints = datafiles.documents("providers"), datafiles.documents("entrypoints")
    packages = {package for document in providers for package in document.get("packages", ())}
    # `google` says nothing where `google.genai` is the SDK.
    packages -= {package[:end] for package in packages for end, char in enumerate(package) if char == "."}
    hosts = sorted({host for document in providers for host in document.get("hosts", ())})
    return Words(
        packages=frozenset(packages),
        marked={
            package: tuple(word.encode() for word in document["words"])
            for document in providers
            if "words" in document
            for package in document["packages"]
        },
        hosts=tuple(hosts),
        clients=frozenset(_clients(entrypoints)),
        sends=_as_calls(_http(entrypoints)),
        bodies=tuple(
            Body(_encoded(row["keys"]), _encoded(row.get("any", ())), row["endpoint"].removeprefix("/v1").encode())
            for document in entrypoints
            for row in document.get("bodies", ())
        ),
        methods=frozenset(_as_call(method) for method in _methods(providers) if _is_telling(method)),
        enqueues=_as_calls(_by_name(entrypoints)),
        loads=tuple(f"{name}(".encode() for document in entrypoints for name in document.get("loads", ())),
        named=_as_calls(row for row in _by_name(entrypoints) if row.get("argument") == 0),
        launchers=_as_calls(_rows(entrypoints, "launches")),
        functions=tuple({name.rpartition(".")[2].encode() for name in functions}),
        tests=tuple(
            row["file"] for row in _rows(entrypoints, "conventions") if row.get("kind") == "test" and "file" in row
        ),
    )


def _as_calls(rows: Iterable[dict[str, Any]]) -> tuple[bytes, ...]:
    """How calls of the rows' paths end: `post(`."""
    return tuple(sorted({f"{name}(".encode() for row in rows for name in tails(row["path"])}))


def _rows(documents: list[dict[str, Any]], key: str) -> Iterable[dict[str, Any]]:
    for document in documents:
        for framework in document.get("frameworks", ()):
            yield from framework.get(key, ())


def _by_name(documents: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for document in documents:
        for framework in document.get("frameworks", ()):
            for rows in framework.values():
                yield from (
                    (row for row in rows if isinstance(row, dict) and row.get("by_name"))
                    if isinstance(rows, list)
                    else ()
                )


def _methods(documents: list[dict[str, Any]]) -> Iterable[str]:
    for document in documents:
        for row in document.get("calls", ()):
            yield from expand(row.get("method", ""))


def _is_telling(method: str) -> bool:
    """Whether a method's name says that it is a client's, and stands in a file as it does in the data."""
    return re.search("[._]", method) is not None and "(" not in method


def _as_call(method: str) -> bytes:
    return ("." + ".".join(method.split(".")[-2:]) + "(").encode()


def _clients(documents: list[dict[str, Any]]) -> Iterable[str]:
    for row in _http(documents):
        yield from heads(row["path"])


def _http(documents: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    return (row for document in documents for row in document.get("http", ()))


def _encoded(words: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in words)
