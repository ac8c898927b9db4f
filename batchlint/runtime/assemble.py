"""Assembles the one file that goes into the user's tree, out of the modules of this package."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterable, Set
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from batchlint.facts import HELPER_MARK
from batchlint.runtime import facts

# In the order in which a reader meets them. A part brings along the parts that it imports.
# Names that no code imports stand for what only some programs need: `Loop` instead of the plain one, `called_again`,
# `Runnables`, `logs_in_turn`, `HTTPCalls`, `URLCalls`, `AioCalls`.
PARTS = {
    "asking": ("request", "BatchError"),
    "asks": (),
    "reading": (),
    "plain": ("run_batch",),
    "logs": ("logs_in_turn",),
    "driver": ("Loop",),
    "steps": ("Steps",),
    "turns": ("in_turn",),
    "loops": ("each",),
    "called": ("called",),
    "caches": ("batch_lru_cache", "batch_cache"),
    "live": ("realtime",),
    "tenacity_retry": ("batch_retry",),
    "backoff_retry": ("batch_on_exception",),
    "plain_retry": ("batch_retries",),
    "stepping": (),
    "pools": ("BatchExecutor", "batch_as_completed", "batch_wait"),
    "pools_in_turns": ("ended",),
    "workers": (
        "BatchProcessExecutor",
        "BatchPool",
        "BatchThreadPool",
        "BatchParallel",
        "batch_thread_map",
        "batch_process_map",
    ),
    "joined": ("BatchThread", "next_item", "batch_queue_joined"),
    "frames": ("batch_apply",),
    "keyed": ("batch_keyed", "batch_filter"),
    "rounds": (),
    "gather": ("gather_batch", "batched"),
    "ordering": ("gather_in_order", "in_order"),
    "threads": ("batched_thread",),
    "blocking": ("batched_steps",),
    "completing": ("as_completed_batch",),
    "taskgroups": ("BatchTaskGroup",),
    "started": ("batch_task",),
    "queues": ("BatchItems", "batch_joined"),
    "outcomes": (),
    "looking": (),
    "collecting": ("collect_batch", "raise_errors", "NotReady"),
    "outbox": ("put_aside", "taken_events"),
    "events": ("event_arguments",),
    "visits": ("in_phases", "BatchPending"),
    "two_phase": ("submit_or_collect",),
    "phased_pools": ("pools_in_phases",),
    "phased_gather": ("gathers_in_phases",),
    "journal": (),
    "facts": (),
    "replaying": (),
    "doubles": (),
    "http_accounts": (),
    "http_calls": ("HTTPCalls",),
    "urllib_calls": ("URLCalls",),
    "aiohttp_calls": ("AioCalls",),
    "stainless": (),
    "parsing": ("called_again",),
    "openai_legacy_batches": (),  # of two SDKs in one package the first one is asked first
    "openai_batches": (),
    "openai_http_batches": (),
    "message_results": (),
    "anthropic_batches": (),
    "anthropic_http_batches": (),
    "google_jobs": (),
    "generativeai_batches": (),
    "google_batches": (),
    "google_http_batches": (),
    "mistral_batches": (),
    "runnables": ("Runnables",),
    "commands": (),
}
NAMES = {name: part for part, names in PARTS.items() for name in names}
BACKENDS = {provider: f"{provider}_batches" for provider in facts.SOURCES}
HEADER = '''"""Submit-and-poll calls of hosted models, at the batch price. {mark}, now yours.

{usage}
A restart finds the batches of a killed run through the state in `.llm_batch/` and pays for nothing twice; after a good
run the state is gone. LLM_BATCH_POLL_SECONDS, LLM_BATCH_DEADLINE_SECONDS and LLM_BATCH_DIR: how often it asks, how long
it waits and where its state is. `python llm_batch.py status`, `resume` or `cancel` look after running batches.
"""
# ruff: noqa: {lint}
'''
_LOOP = "run_batch(generator(item) for item in items)   # in the generator: answer = yield request(method, ...)"
_GATHER = "await gather_batch(*coroutines)                # in a coroutine: answer = await batched(method, ...)"
USAGE = {("plain", "driver"): _LOOP, ("gather",): _GATHER}
MARKED = re.compile(r"  # (?P<how>with|around) (?P<parts>\w+(, \w+)*)$")


def render(providers: Iterable[str], names: Iterable[str] = NAMES) -> str:
    """The text of `llm_batch.py` for code that uses these providers and imports these names.

    Raises ValueError for a provider without a backend (`BACKENDS` has those that have one).
    """
    wanted = list(dict.fromkeys(providers))
    unknown = [provider for provider in wanted if provider not in BACKENDS]
    if unknown or not wanted:
        raise ValueError(
            f"no batch backend for {', '.join(unknown) or 'nothing'}; there is one for {', '.join(BACKENDS)}"
        )
    return _rendered(tuple(wanted), frozenset(names))


@cache
def _rendered(wanted: tuple[str, ...], names: frozenset[str]) -> str:
    used = {"commands", *(BACKENDS[provider] for provider in wanted), *(NAMES[name] for name in names)}
    used = _closure(used)
    used = used - {"plain"} if "driver" in used else used
    usage = "".join(f"    {line}\n" for parts, line in USAGE.items() if not used.isdisjoint(parts))
    imports: dict[str, set[str]] = {}
    bodies = {p: _table(wanted) if p == "facts" else _add(p, used, imports) for p in PARTS if p in used}
    heirs = [part for part in ("openai_batches", "anthropic_batches") if part in used]
    if len(heirs) == 1:
        bodies[heirs[0]] = _one_class(bodies.pop("stainless"), bodies[heirs[0]])
    # Errors of any kind go to the code that asked; a pool's `with` gives the class, as Python 3.10 has no `Self`.
    lint = "BLE001, PYI034" if used & {"pools", "taskgroups"} else "BLE001"
    text = _needed("\n\n\n".join(filter(None, bodies.values())).rstrip() + "\n", {"request", "tidy", *names})
    head = HEADER.format(mark=HELPER_MARK, usage=usage, lint=lint) + "\n" + _imports(imports, text)
    return head + "\n\n" + text


def served(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The providers that a helper's text serves, from its table of facts, and the names that code may import."""
    providers: tuple[str, ...] = ()
    names = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif not isinstance(node, ast.AnnAssign) or ast.unparse(node.target) != "FACTS":
            continue
        elif isinstance(node.value, ast.Dict):
            providers = tuple(str(key.value) for key in node.value.keys if isinstance(key, ast.Constant))
    return providers, tuple(name for name in names if name in NAMES)


def lacking(text: str, providers: Iterable[str], names: Iterable[str]) -> list[str]:
    """What code that uses these providers and names needs beyond this helper."""
    has_providers, has_names = served(text)
    backends = [f"a backend for {provider}" for provider in sorted(set(providers) - set(has_providers))]
    return [*backends, *(f"`{name}`" for name in sorted(set(names) - set(has_names)))]


def extended(text: str, providers: Iterable[str], names: Iterable[str]) -> str | None:
    """The helper's text with what it lacks; None where somebody has edited it since it was written."""
    has_providers, has_names = served(text)
    if not has_providers or set(has_providers) - set(BACKENDS) or render(has_providers, has_names) != text:
        return None
    return render([*has_providers, *providers], [*has_names, *names])


def _closure(parts: set[str]) -> set[str]:
    found: set[str] = set()
    while parts - found:
        part = min(parts - found)
        found.add(part)
        parts = parts | set(_imported(part))
    return found


@cache
def _source(part: str) -> str:
    return (files("batchlint.runtime") / f"{part}.py").read_text(encoding="utf-8")


@cache
def _imported(part: str) -> frozenset[str]:
    """The parts that the part always needs."""
    nodes = ast.parse(_pruned(part, frozenset())).body if part != "facts" else []
    modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    prefix = "batchlint.runtime."
    return frozenset(module.removeprefix(prefix) for module in modules if module.startswith(prefix))


class Told(NamedTuple):
    """Statements that end in `# with PART`, which only such a part needs, or begin with `# around PART`."""

    parts: frozenset[str]
    whole: range
    """Their lines, with the blocks that they begin."""
    inside: range
    """The lines of those that stay without the part."""


@cache
def _told(part: str) -> list[Told]:
    source = _source(part)
    lines, found = source.splitlines(), []
    for node in ast.walk(ast.parse(source)):
        marked = MARKED.search(lines[node.lineno - 1]) if isinstance(node, ast.stmt) else None
        if marked and isinstance(node, ast.stmt):
            assert node.end_lineno
            block = node.body if marked["how"] == "around" and isinstance(node, ast.With) else None
            inside = range(block[0].lineno - 1, node.end_lineno) if block else range(0)
            whole = range(node.lineno - 1, node.end_lineno)
            found.append(Told(frozenset(marked["parts"].split(", ")), whole, inside))
    return found


def _pruned(part: str, used: Set[str]) -> str:
    """The module without what only parts need that are not used; what is told about no part stays."""
    lines = _source(part).splitlines()
    dropped: set[int] = set()
    for told in _told(part):
        if used.isdisjoint(told.parts):
            for number in told.inside:
                lines[number] = lines[number].removeprefix("    ")
            dropped.update(set(told.whole) - set(told.inside))
    kept = (MARKED.sub("", line) for number, line in enumerate(lines) if number not in dropped)
    return re.sub(r"\n{3,}(?= )", "\n\n", "\n".join(kept)) + "\n"


def _add(part: str, used: Set[str], imports: dict[str, set[str]]) -> str:
    """The body of the part; what it imports is noted."""
    wanted = frozenset(name for told in _told(part) for name in told.parts if name in used)
    body, imported = _body(part, wanted)
    for module, name in imported:
        imports.setdefault(module, set()).add(name)
    return body


@cache
def _body(part: str, used: frozenset[str]) -> tuple[str, list[tuple[str, str]]]:
    """The module without its docstring and imports, and these: each name with its module, which itself has none."""
    source = _pruned(part, used)
    lines, imports = source.splitlines(), list[tuple[str, str]]()
    end = 0
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            imports += [("", alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.module and not node.module.startswith("batchlint"):
                imports += [(node.module, alias.name) for alias in node.names]
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            break
        end = node.end_lineno or end
    return re.sub(r"  # noqa: \w+", "", "\n".join(lines[end:])).strip("\n"), imports


def _one_class(base: str, own: str) -> str:
    """The class of `own` with what it has from that of `base`, on which no other builds."""
    first = next(node for node in ast.parse(base).body if isinstance(node, ast.ClassDef))
    setup = next(node for node in first.body if isinstance(node, ast.FunctionDef))
    lines = base.splitlines()
    assert setup.end_lineno is not None
    head, rest = own.replace(f"({first.name}):", ":").split("        super().__init__(owner)\n")
    ready, methods = rest.split("\n\n", 1)
    inherited = ["\n".join(lines[setup.body[0].lineno - 1 : setup.end_lineno]), ready, *lines[setup.end_lineno :]]
    return head + "\n".join(inherited) + "\n\n" + methods


def _needed(text: str, names: Set[str]) -> str:
    """Without the functions and classes that neither the names stand for nor what is kept needs."""
    nodes = ast.parse(text).body
    named = [{inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} for node in nodes]
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    places = {node.name: place for place, node in enumerate(nodes) if isinstance(node, kinds)}
    kept = {place for place in range(len(nodes)) if place not in places.values()}
    kept |= {place for name, place in places.items() if name in names}
    while more := {places[name] for place in kept for name in named[place] if name in places} - kept:
        kept |= more
    lines = text.splitlines()
    for place in set(places.values()) - kept:
        node = nodes[place]
        first = min(each.lineno for each in (node, *getattr(node, "decorator_list", ())))
        for number in range(first - 1, node.end_lineno or first):
            lines[number] = ""
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n") + "\n"


def _imports(imports: dict[str, set[str]], text: str) -> str:
    """The statements for those that the text names."""
    named = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)} | {"annotations"}
    plain = sorted(name for name in imports.pop("", ()) if name.partition(".")[0] in named)
    imports = {module: names & named for module, names in imports.items() if names & named}
    future = imports.pop("__future__", set())
    lines = [f"from __future__ import {name}" for name in sorted(future)] + [""]
    lines += [f"import {name}" for name in plain]
    for module, names in sorted(imports.items()):
        line = f"from {module} import {', '.join(sorted(names, key=_isort))}"
        long = [f"from {module} import (", *(f"    {name}," for name in sorted(names, key=_isort)), ")"]
        lines += [line] if len(line) <= 88 else long
    return "\n".join(lines) + "\n"


def _isort(name: str) -> tuple[bool, bool, str]:
    """Constants, then classes, then functions, as import sorters want them."""
    return (not name.isupper(), not name[0].isupper(), name)


def _table(providers: Iterable[str]) -> str:
    """The facts about the providers in use, with source and date."""
    lines = ["# `limits`: the requests, bytes and texts to embed of one batch. `endpoints`: where its requests may go."]
    lines.append("FACTS: dict[str, dict[str, Any]] = {")
    for provider in providers:
        table, source = facts.load(provider)
        text = ", ".join(f'"{name}": {_literal(value)}' for name, value in table.items()) + ","
        indent = " " * 8
        rows = textwrap.wrap(text, 120, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
        lines += [f'    "{provider}": {{  # {source}', *rows, "    },"]
    return "\n".join([*lines, "}"])


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))})"
    if isinstance(value, list | dict):
        return json.dumps(value)
    return f"{value:_}" if type(value) is int else repr(value)
