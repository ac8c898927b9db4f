"""What the providers' SDKs offer, read from `data/providers/*.yaml`: which paths are model calls, and their batch tier.

The data says it; this module only reads and matches.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, NamedTuple

from batchlint import datafiles, patterns
from batchlint.findings import BatchTier


class ApiCall(NamedTuple):
    """One method of an SDK that sends a request."""

    provider: str
    endpoint: str
    kind: str
    is_async: bool = False
    stream: bool = False
    legacy: bool = False
    """Of an SDK, or a version of one, that the provider has replaced and whose calls can be in no batch."""
    fans_out: bool = False
    agent: bool = False
    prompts: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    """Names of which the file must have one, where the call itself shows no model."""
    unless: tuple[str, ...] = ()
    """Arguments that bring what the model would have been asked for."""
    judges: str = ""
    """The argument that holds what asks the model, by name or one after the other."""


class AgentMaker(NamedTuple):
    """What makes an SDK's agent, and how the agent is given tools: by arguments, or by its own decorators."""

    tools: frozenset[str]
    decorators: frozenset[str]


class ToolRuns(NamedTuple):
    """Where a request is given functions that the SDK itself runs for the answers, and what switches that off."""

    argument: str
    tools: str
    switch: str
    disabled_by: str


class Flex(NamedTuple):
    """A provider's slower synchronous tier, chosen by one argument of the call."""

    models: tuple[str, ...]
    argument: str
    value: str
    discount: float
    source: str
    checked: str


class Default(NamedTuple):
    """Where a library keeps the model that calls ask which are given none."""

    holder: patterns.PathPattern
    field: str
    calls: patterns.PathPattern
    kind: str | None


@dataclass(slots=True)
class Provider:
    name: str
    packages: tuple[str, ...]
    hosts: tuple[str, ...]
    local_arguments: frozenset[str]
    prompts: tuple[str, ...]
    batch: dict[str, dict[str, Any]] = field(default_factory=dict)
    flex: Flex | None = None
    limits: dict[str, Any] = field(default_factory=dict)
    submits: tuple[str, ...] = ()
    """Ends of the paths of the SDK's methods that make a batch."""
    by_header: frozenset[str] = frozenset()
    """Steps of a path that have the SDK send a header, which the line of a batch does not have."""
    runs: ToolRuns | None = None
    models: tuple[tuple[re.Pattern[str], str], ...] = ()
    """Words in the names of models, each with the kind of request that such a model takes."""


class Calls:
    """The model calls of all SDKs by their symbolic paths, laid out for the packages that are asked for."""

    def __init__(self, documents: Sequence[tuple[dict[str, Any], Provider]]) -> None:
        self._documents = documents
        self._by_head: dict[str, list[int]] = {}
        """The documents by the first steps of their paths; "*" for those that can be any."""
        for position, (document, _) in enumerate(documents):
            rows = [row for key in ("calls", "clients") for row in document.get(key, []) if "path" in row]
            for head in sorted({head for row in rows for head in patterns.heads(row["path"])}):
                self._by_head.setdefault("*" if "*" in head else head, []).append(position)
        self._tables: dict[tuple[int, ...], patterns.PathTable[ApiCall]] = {}

    @cached_property
    def tails(self) -> set[str]:
        """The last steps of all paths, but for the common ones."""
        return {last for each, _ in self._documents if not each.get("common_methods") for last in _tails(each)}

    @cached_property
    def common_tails(self) -> dict[str, set[str]]:
        """By package the last steps of its paths where many a class has methods of these names."""
        common = [document for document, _ in self._documents if document.get("common_methods")]
        return {package: _tails(each) for each in common for package in each["packages"]}

    def first(self, path: str) -> ApiCall | None:
        """The call that the path names, by its most telling pattern."""
        head = patterns.head_of(path)
        positions = tuple(sorted({*self._by_head.get(head, ()), *self._by_head.get("*", ())}))
        table = self._tables.get(positions)
        if table is None:
            rows = sorted((row for each in positions for row in _calls(*self._documents[each])), key=_rank)
            table = patterns.PathTable(((pattern, call) for _, pattern, call in rows), lambda call: call.through)
            self._tables[positions] = table
        return table.first(path)


def _tails(document: dict[str, Any]) -> set[str]:
    return {last for row in document.get("calls", []) for last in patterns.tails(row.get("path") or row["method"])}


_rank = operator.itemgetter(0)


class Catalogue(NamedTuple):
    """All providers' data, ready to be asked."""

    providers: dict[str, Provider]
    calls: Calls
    local: patterns.PathTable[bool]
    holders: patterns.PathTable[bool]
    """Callables whose result acts as what they are given: chains and branches around models."""
    agents: patterns.PathTable[AgentMaker]
    agent_arguments: frozenset[str]
    """Arguments under which agents are given to what runs them."""
    packages: frozenset[str]
    common_names: frozenset[str]
    """Packages among them whose name many a project gives a module of its own."""
    hosts: tuple[tuple[patterns.PathPattern, str], ...]
    """Patterns of hosts, each with its provider."""
    literal_arguments: frozenset[str]
    """Last steps of callables whose first string argument is part of the path: `boto3.client('bedrock-runtime')`."""
    local_arguments: frozenset[str]
    switches: dict[str, str]
    """Arguments that, if true, have the client ask another host, which one."""
    model_arguments: frozenset[str]
    """Arguments under which models are given to what asks them."""
    handed: tuple[dict[str, Any], ...]
    """Methods and arguments by which a request through an unknown client is known, with the path it stands for."""
    defaults: tuple[Default, ...]
    gateways: tuple[str, ...]
    """Parts of local addresses at which something passes requests on to hosted models."""
    servers: frozenset[str]
    """Names of servers that people run themselves."""

    def match(self, path: str) -> ApiCall | None:
        """The model call that `path` names, unless it runs locally."""
        return None if self.is_local(path) else self.calls.first(path)

    def is_local(self, path: str) -> bool:
        """Whether the path is that of a model on this machine, or of something of it."""
        return bool(self.local.find(path)) or any(self.local.find(prefix) for prefix in _object_prefixes(path))

    def is_gateway(self, url: str) -> bool:
        """Whether something at the address passes requests on to hosted models."""
        return any(part in url for part in self.gateways)

    def host_provider(self, host: str) -> str | None:
        for pattern, provider in self.hosts:
            if pattern.matches(host):
                return provider
        return None

    def tier(self, provider: str, endpoint: str) -> BatchTier | None:
        """The batch tier for the endpoint; None where there is none or the sources disagree."""
        facts = self._batch(provider)
        if not facts or endpoint not in facts.get("endpoints", ()) or facts.get("disputed"):
            return None
        return BatchTier(facts["discount"], facts.get("window_hours"), facts["source"], str(facts["checked"]))

    def endpoint_at(self, provider: str, path: str) -> str:
        """The endpoint of the provider's batch API that the path of a URL names; the path where it names none."""
        for endpoint in (self._batch(provider) or {}).get("endpoints", ()):
            resource, _, verb = endpoint.strip("/").partition(":")
            named = rf"(?:.*/)?{re.escape(resource)}" + (rf"/[^/:]*:{re.escape(verb)}" if verb else "")
            if re.fullmatch(named, path):
                return str(endpoint)
        return path

    def refuses(self, provider: str, endpoint: str) -> bool:
        """Whether the provider's batch API is known, and takes other endpoints only."""
        taken = (self._batch(provider) or {}).get("endpoints", ())
        return bool(taken) and endpoint not in taken

    def has_none(self, provider: str) -> bool:
        """Whether the provider is known to have no batch API at all."""
        return bool((self._batch(provider) or {}).get("for_none"))

    def kind_of(self, provider: str, model: str) -> str | None:
        """The kind of request that the model takes, as far as its name tells."""
        found = self.providers.get(provider)
        words = found.models if found else ()
        return next((kind for pattern, kind in words if pattern.search(model.partition(":")[0].lower())), None)

    def tier_note(self, provider: str) -> str | None:
        facts = self._batch(provider)
        return facts.get("note") if facts else None

    def flex(self, provider: str) -> Flex | None:
        found = self.providers.get(provider)
        return found.flex if found else None

    def is_submission(self, path: str) -> bool:
        """Whether the path is that of an SDK's method that makes a batch."""
        head = patterns.head_of(path)
        return any(path.endswith(each.submits) for each in self.providers.values() if head in each.packages)

    def header(self, path: str) -> str | None:
        """The step of the path for which the SDK sends a header that a batch cannot carry for one request."""
        head, steps = patterns.head_of(path), path.split(".")
        found = (each.by_header for each in self.providers.values() if head in each.packages)
        return next((step for names in found for step in steps if step in names), None)

    def _batch(self, provider: str) -> dict[str, Any] | None:
        for entry in self.providers.values():
            if provider in entry.batch:
                return entry.batch[provider]
        return None


def _object_prefixes(path: str) -> Iterator[str]:
    """`a.B().c.d` -> `a.B()`, the objects on the way to the method."""
    position = path.find("()")
    while position != -1:
        yield path[: position + 2]
        yield path[:position]
        position = path.find("()", position + 2)


@cache
def load() -> Catalogue:
    """The shipped data."""
    return build(datafiles.documents("providers"))


def build(documents: list[dict[str, Any]]) -> Catalogue:
    providers: dict[str, Provider] = {}
    local: list[tuple[str, bool]] = []
    literal: set[str] = set()
    hosts: list[tuple[patterns.PathPattern, str]] = []
    for document in documents:
        provider = _provider(document)
        providers[provider.name] = provider
        local += [(pattern, True) for pattern in document.get("local", [])]
        hosts += [(patterns.PathPattern(host), provider.name) for host in provider.hosts]
        for row in (*document.get("calls", []), *document.get("clients", [])):
            if "('" in row.get("path", ""):
                literal |= {step.rpartition(".")[2] for step in re.findall(r"([\w.]+)\('", row["path"])}
    return Catalogue(
        providers=providers,
        calls=Calls([(document, providers[document["provider"]]) for document in documents]),
        local=patterns.PathTable(local),
        holders=patterns.PathTable((pattern, True) for each in documents for pattern in each.get("holders", [])),
        agents=patterns.PathTable(
            (row["made"], AgentMaker(frozenset(row["tools"]), frozenset(row.get("decorators", []))))
            for document in documents
            for row in document.get("agents", [])
        ),
        agent_arguments=frozenset(name for document in documents for name in document.get("agent_arguments", [])),
        packages=frozenset(package for provider in providers.values() for package in provider.packages),
        common_names=frozenset(name for each in documents for name in each.get("common_names", [])),
        hosts=tuple(hosts),
        literal_arguments=frozenset(literal),
        local_arguments=frozenset(name for provider in providers.values() for name in provider.local_arguments),
        switches={name: host for each in documents for name, host in each.get("switches", {}).items()},
        model_arguments=frozenset(name for each in documents for name in each.get("model_arguments", [])),
        handed=tuple(row for document in documents for row in document.get("handed", [])),
        defaults=tuple(_default(row) for document in documents for row in document.get("defaults", [])),
        gateways=tuple(part for document in documents for part in document.get("gateways", [])),
        servers=frozenset(name for document in documents for name in document.get("servers", [])),
    )


def _default(row: dict[str, str]) -> Default:
    holder, calls = patterns.PathPattern(row["holder"]), patterns.PathPattern(row["calls"])
    return Default(holder, row["field"], calls, row.get("for"))


def _provider(document: dict[str, Any]) -> Provider:
    flex = document.get("flex")
    return Provider(
        name=document["provider"],
        packages=tuple(document.get("packages", [])),
        hosts=tuple(document.get("hosts", [])),
        local_arguments=frozenset(document.get("local_arguments", [])),
        prompts=tuple(document.get("prompts", [])),
        batch=document.get("batch", {}),
        flex=Flex(
            tuple(flex["models"]),
            flex["argument"],
            flex["value"],
            flex["discount"],
            flex["source"],
            str(flex["checked"]),
        )
        if flex
        else None,
        limits=document.get("limits", {}),
        submits=tuple(f".{path}" for path in document.get("submits", [])),
        by_header=frozenset(document.get("by_header", [])),
        runs=ToolRuns(**document["runs_tools"]) if "runs_tools" in document else None,
        models=tuple(
            (re.compile("|".join(map(re.escape, words))), kind) for kind, words in document.get("models", {}).items()
        ),
    )


def _calls(document: dict[str, Any], provider: Provider) -> Iterator[tuple[int, str, ApiCall]]:
    """Patterns with their rank: whole paths before methods, agents and longer methods before the rest."""
    through = tuple(document.get("through", []))
    for row in document.get("calls", []):
        call = ApiCall(
            provider=row.get("provider", provider.name),
            endpoint=row["endpoint"],
            kind=row["kind"],
            stream=row.get("stream", False),
            legacy=row.get("legacy", False),
            fans_out=row.get("fans_out", False),
            agent=row.get("agent", False),
            prompts=provider.prompts,
            through=through,
            beside=tuple(row.get("beside", [])),
            unless=tuple(row.get("unless", [])),
            judges=row.get("judges", ""),
        )
        if "path" in row:
            yield (0 if call.agent else 1), row["path"], call
            continue
        owners: dict[tuple[str, bool], ApiCall] = {}
        method = patterns.before_last(row["method"], patterns.THROUGH)
        for client in document.get("clients", []):
            key = client.get("provider", call.provider), bool(client.get("async", False))
            if key not in owners:
                owners[key] = call._replace(provider=key[0], is_async=key[1])
            path = f"{client['path']}{patterns.THROUGH}.{method}"
            yield (2 if "." in row["method"] else 3), path, owners[key]
