"""Who calls whom, which calls reach a hosted model, and who waits at the top: the program as a graph.

Everything is asked upwards, from a model call to the entry points, so only what can reach a model is ever worked out.
"""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from batchlint.entrypoints import Handover, Kind, intervals
from batchlint.entrypoints.manifests import ManifestTarget
from batchlint.facts import (
    MODULE,
    CallFacts,
    ClassId,
    FunctionFacts,
    FunctionId,
    LoopNode,
    ModuleFacts,
    Reference,
    Span,
    walk_own,
)
from batchlint.findings import Context, Latency, Step
from batchlint.loops import repeats
from batchlint.patterns import file_pattern
from batchlint.providers import ApiCall
from batchlint.symbols import CallRef, Program, host_of, last_name
from batchlint.values import Cls, Elems, Ext, Fn, Inst, Text, Value, Values

_CONFIRMATION = re.compile(
    r"\[?\(?\by(es)?\s*/\s*n(o)?\b|continue\?|proceed|sure\?|press (any|enter|return)", re.IGNORECASE
)
_MAX_FUNCTIONS = 400
PROPERTY = frozenset({"property", "cached_property", "computed_field", "hybrid_property"})


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A call of an SDK (or a raw HTTP request) that reaches a hosted model."""

    function: FunctionId
    span: Span
    node: ast.Call
    path: str
    call: str
    provider: str
    endpoint: str
    kind: str
    is_async: bool
    stream: bool
    agent: bool
    fans_out: bool
    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """One way in which `caller` starts `callee`: a call, or a call that hands the function over."""

    caller: FunctionId
    callee: FunctionId
    span: Span
    node: ast.expr
    kind: str
    repeats: bool
    loops: tuple[LoopNode, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A way in which the outside world starts a function."""

    kind: Kind
    step: Step


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """What the project says about itself: wrappers of model calls, entry points, stated budgets, packages on disk."""

    wrappers: tuple[tuple[str, str], ...] = ()
    """Dotted names of functions that are model calls, with their provider."""
    entry_points: tuple[tuple[str, str, Latency | None], ...] = ()
    """Dotted names of functions that somebody starts: kind and budget."""
    latencies: tuple[tuple[str, Latency], ...] = ()
    """Stated budgets: a dotted name, a glob over paths, or `path:line` of a call."""
    packages: frozenset[str] = frozenset()
    """Folders with an `__init__.py`, also of files that were not read."""


@dataclass(slots=True)
class Reach:
    """How the outside world reaches a function: each entry with the edges from it down to the function."""

    entry: Entry
    edges: tuple[Edge, ...]


@dataclass(slots=True)
class Graph:
    program: Program
    settings: GraphSettings = field(default_factory=GraphSettings)
    manifest: Sequence[ManifestTarget] = ()
    model_calls: list[ModelCall] = field(default_factory=list)
    _entries: dict[FunctionId, list[Entry]] = field(default_factory=dict)
    _edges_to: dict[FunctionId, list[Edge]] = field(default_factory=dict)
    _handed: dict[FunctionId, list[Edge]] = field(default_factory=dict)
    _registered: dict[FunctionId, list[Entry]] = field(default_factory=dict)
    _handover_calls: set[int] = field(default_factory=set)
    _reaches: dict[FunctionId, list[Reach]] = field(default_factory=dict)
    _caches: dict[str, object] = field(default_factory=dict)

    # -- what other stages ask
    @property
    def modules(self) -> dict[str, ModuleFacts]:
        return self.program.modules

    def function(self, id: FunctionId) -> FunctionFacts:
        return self.program.functions[id]

    def symbols(self, function: FunctionId, expression: ast.expr) -> set[str]:
        """The symbolic paths of the external things that `expression` can be."""
        return {value.path for value in self.program.eval(function, expression) if isinstance(value, Ext)}

    def contexts(self, id: FunctionId) -> list[Context]:
        """The entry points that reach the function, each with the chain from there."""
        return [self.context(reach) for reach in self.reaches(id)]

    def context(self, reach: Reach) -> Context:
        steps = [reach.entry.step]
        for edge in reach.edges:
            steps.append(
                Step(
                    edge.caller.path,
                    edge.span.line,
                    f"{self.label(edge.caller)} {_verb(edge)} {self.label(edge.callee)}",
                )
            )
        return Context(reach.entry.kind.kind, reach.entry.kind.latency, tuple(steps))

    def is_live(self, id: FunctionId) -> bool:
        """Whether somebody waits at one of the entry points, or none is known."""
        reaches = self.reaches(id)
        return not reaches or any(
            reach.entry.kind.latency is Latency.REALTIME or reach.entry.kind.kind == "unknown" for reach in reaches
        )

    def starts_here(self, id: FunctionId) -> bool:
        """Whether the outside world starts the very function."""
        return bool(self.entries(id))

    def stated(self, id: FunctionId, node: ast.expr) -> Latency | None:
        """The budget that a person stated for the call: on its line first, then on its function, then on its file."""
        best: tuple[int, Latency] | None = None
        for target, latency in self.settings.latencies:
            place, _, line = target.rpartition(":")
            if line.isdigit():
                rank = 3 if place == id.path and int(line) == node.lineno else 0
            elif "/" in target or "*" in target or target.endswith(".py"):
                rank = 1 if file_pattern(target).match(id.path) else 0
            else:
                rank = 2 if self._is_within(id, target) else 0
            if rank and (best is None or rank > best[0]):
                best = rank, latency
        return best[1] if best else None

    def is_test(self, path: str) -> bool:
        """Whether a file is a test's, by its name or folder."""
        return any(pattern.match(path) for pattern in self._test_files)

    @property
    def _test_files(self) -> list[re.Pattern[str]]:
        known = self._caches.get("test_files")
        if known is None:
            known = self._caches["test_files"] = [
                file_pattern(convention.file)
                for convention in self.program.registry.conventions
                if convention.entry.kind == "test" and convention.file is not None
            ]
        return known  # type: ignore[return-value]

    def _is_within(self, id: FunctionId, dotted: str) -> bool:
        """Whether the function is `dotted`, or stands in the function, class or module of that name."""
        name = f"{self.modules[id.path].name}.{id.qualname.replace('.<locals>', '')}"
        return f".{name}.".endswith(f".{dotted}.") or f".{dotted}." in f".{name}."

    @staticmethod
    def label(id: FunctionId) -> str:
        """The function's name as people say it."""
        if id.qualname == MODULE:
            return id.path.rpartition("/")[2]
        name = id.qualname.replace("<locals>.", "").partition("@")[0]
        return re.sub(r"<lambda:(\d+):\d+>", r"lambda in line \1", name)

    def edges_from(self, id: FunctionId) -> list[Edge]:
        """The calls of project functions that stand in the function."""
        found: list[Edge] = []
        for call in self.function(id).calls:
            for value in self.program.eval(id, call.node.func):
                for target in self._callables(value):
                    found.append(self._edge(id, target, call.node, "call", call))
        for edges in self._handed.values():
            found += [edge for edge in edges if edge.caller == id]
        return found

    def _callables(self, value: Value) -> Iterator[FunctionId]:
        if isinstance(value, Fn):
            yield value.id
        elif isinstance(value, Cls):
            for method in self.program.attribute(Inst(value.id, True), "__init__"):
                if isinstance(method, Fn):
                    yield method.id
        elif isinstance(value, Inst):
            for method in self.program.attribute(value, "__call__"):
                if isinstance(method, Fn):
                    yield method.id

    # -- building
    def build(self) -> Graph:
        """Find the model calls and where functions are handed over."""
        self.model_calls = list(self._find_model_calls())
        if self.model_calls:
            self._find_handovers()
            self._find_launches()
            self._read_manifest()
            self._read_stated_entries()
        return self

    def _span(self, path: str, node: ast.expr) -> Span:
        return self.modules[path].span(node)

    def _edge(
        self,
        caller: FunctionId,
        callee: FunctionId,
        node: ast.expr,
        kind: str,
        call: CallFacts | None,
        many: bool = False,
    ) -> Edge:
        loops = call.loops if call else ()
        return Edge(caller, callee, self._span(caller.path, node), node, kind, many or repeats(loops), loops)

    # -- model calls
    def _find_model_calls(self) -> Iterator[ModelCall]:
        catalogue, registry = self.program.catalogue, self.program.registry
        methods = catalogue.calls.tails | registry.http.tails
        wrappers = {name.rpartition(".")[2] for name, _ in self.settings.wrappers}
        for function in list(self.program.functions.values()):
            for call in function.calls:
                func = call.node.func
                if isinstance(func, ast.Attribute):
                    stored = isinstance(func.value, ast.Name) and func.value.id in {"self", "cls"}
                    if func.attr not in methods and not stored and func.attr not in wrappers:
                        continue
                elif isinstance(func, ast.Constant):
                    continue
                found = self._model_call(function, call)
                if found is not None:
                    yield found

    def _model_call(self, function: FunctionFacts, call: CallFacts) -> ModelCall | None:
        catalogue = self.program.catalogue
        values = self.program.eval(function.id, call.node.func)
        best: tuple[ApiCall, Ext] | None = None
        for value in sorted((v for v in values if isinstance(v, Ext)), key=lambda v: v.path):
            if value.host == "localhost":
                continue
            api = catalogue.match(value.path)
            if api is None and value.path.endswith(")"):
                api = catalogue.match(value.path + "()")
            if api is not None:
                best = best if best and not api.agent else (api, value)
        if best is None:
            best = self._http(function, call, values)
        if best is None:
            best = self._stated_wrapper(values, call)
        if best is None:
            return None
        api, value = best
        provider = (catalogue.host_provider(value.host) if value.host else None) or api.provider
        return ModelCall(
            function=function.id,
            span=self._span(function.id.path, call.node),
            node=call.node,
            path=value.path,
            call=_source(call.node.func),
            provider=provider,
            endpoint=api.endpoint,
            kind=api.kind,
            is_async=api.is_async or call.awaited,
            stream=api.stream,
            agent=api.agent,
            fans_out=api.fans_out,
            prompts=api.prompts,
        )

    def _http(self, function: FunctionFacts, call: CallFacts, values: Values) -> tuple[ApiCall, Ext] | None:
        program, registry = self.program, self.program.registry
        for value in values:
            http = registry.http.first(value.path) if isinstance(value, Ext) else None
            if http is None or not isinstance(value, Ext):
                continue
            urls = [k.value for k in call.node.keywords if k.arg == http.keyword]
            if http.url is not None and len(call.node.args) > http.url:
                urls.append(call.node.args[http.url])
            verb = call.node.args[0] if value.path.endswith(("request", "stream")) and call.node.args else None
            if isinstance(verb, ast.Constant) and str(verb.value).upper() in {"GET", "DELETE", "HEAD"}:
                continue
            bodies = [k.value for k in call.node.keywords if k.arg in http.body]
            bodies += call.node.args[1 if http.url == 0 else 2 :][:1]
            bodies += [b for url in urls for b in self._request_bodies(function, url)]
            keys = [self._keys(function, body) for body in bodies]
            if any(found and not found & registry.body_keys and "**" not in found for found in keys):
                continue
            targets = {each for url in urls for each in program.eval(function.id, url)}
            for each in sorted(targets, key=repr):
                found = self._endpoint(each, value)
                if found:
                    return found
            hosts = {host_of(each.text) for each in targets if isinstance(each, Text)}
            if "localhost" not in hosts and not any(isinstance(t, Ext) and t.host == "localhost" for t in targets):
                for body in registry.bodies:
                    if any(body.matches(found) for found in keys):
                        return ApiCall(body.provider, body.endpoint, body.kind, prompts=("json", "data", "content")), value
        return None

    def _request_bodies(self, function: FunctionFacts, url: ast.expr) -> Iterator[ast.expr]:
        """The bodies of request objects: `urlopen(Request(url, data=...))`, the object perhaps in a variable."""
        for node in (url, *(b.value for b in function.bindings.get(getattr(url, "id", ""), ()))):
            if isinstance(node, ast.Call) and last_name(node.func) == "Request":
                yield from (k.value for k in node.keywords if k.arg == "data")
                yield from node.args[1:2]

    def _keys(self, function: FunctionFacts, node: ast.expr | None, depth: int = 0) -> set[str]:
        """The keys of the dict that `node` is, through `json.dumps`, `.encode()`, variables, and calls of project functions."""
        if node is None or depth > 4:
            return set()
        if isinstance(node, ast.Dict):
            return {k.value if isinstance(k, ast.Constant) else "**" for k in node.keys}
        if isinstance(node, ast.Name):
            found: set[str] = set()
            for binding in function.bindings.get(node.id, ()):
                found |= self._keys(function, binding.value, depth + 1)
            if found:
                found |= {key for owner, key in function.item_keys if owner == node.id}
            return found
        if isinstance(node, ast.Call):
            if last_name(node.func) == "encode" and isinstance(node.func, ast.Attribute):
                return self._keys(function, node.func.value, depth + 1)
            if last_name(node.func) in {"dumps", "dict", "deepcopy", "copy"} and node.args:
                return self._keys(function, node.args[0], depth + 1)
            if last_name(node.func) == "dict":
                return {k.arg or "**" for k in node.keywords}
            found = set()
            for value in self.program.eval(function.id, node.func):
                if isinstance(value, Fn):
                    for returned in self.function(value.id).returns:
                        found |= self._keys(self.function(value.id), returned, depth + 1)
            return found
        if isinstance(node, ast.BinOp):
            return self._keys(function, node.left, depth + 1) | self._keys(function, node.right, depth + 1)
        if isinstance(node, ast.IfExp):
            return self._keys(function, node.body, depth + 1) | self._keys(function, node.orelse, depth + 1)
        return set()

    def _endpoint(self, url: Value, client: Ext) -> tuple[ApiCall, Ext] | None:
        catalogue = self.program.catalogue
        if isinstance(url, Ext):
            host, path = url.host, ""
        elif isinstance(url, Text):
            host, path = host_of(url.text) or client.host, urlsplit(re.sub(r"[{}]", "", url.text)).path
        else:
            return None
        provider = catalogue.host_provider(host) if host else None
        if provider is None or re.search(r"/(batches|files|models/?$|uploads|usage|billing)", path):
            return None
        kind = "embeddings" if "embed" in path else "chat"
        return ApiCall(provider, path or "unknown", kind, prompts=("json", "data", "content")), Ext(client.path, host)

    def _stated_wrapper(self, values: Values, call: CallFacts) -> tuple[ApiCall, Ext] | None:
        for dotted, provider in self.settings.wrappers:
            for value in values:
                if isinstance(value, Fn) and self._is_named(value.id, dotted):
                    return ApiCall(provider, "wrapper", "chat", prompts=("prompt", "messages", "input")), Ext(dotted)
                if isinstance(value, Ext) and value.path.replace("()", "") == dotted:
                    return ApiCall(provider, "wrapper", "chat", prompts=("prompt", "messages", "input")), value
        return None

    def _is_named(self, id: FunctionId, dotted: str) -> bool:
        name = f"{self.modules[id.path].name}.{id.qualname}"
        return name == dotted or name.endswith("." + dotted)

    # -- functions handed over
    def _find_handovers(self) -> None:
        registry = self.program.registry
        names = registry.handovers.tails
        for name in sorted(names | set(registry.enqueue_methods)):
            for reference in self.program.calls_by_name.get(name, ()):
                self._handover(reference, name)

    def _handover(self, reference: CallRef, name: str) -> None:
        program, registry = self.program, self.program.registry
        caller, call = reference
        func = call.node.func
        if name in registry.enqueue_methods and isinstance(func, ast.Attribute):
            for value in program.eval(caller.id, func.value):
                if isinstance(value, Fn):
                    self._enqueued(value, caller, call, registry.enqueue_methods[name])
        if name not in registry.handovers.tails:
            return
        for value in program.eval(caller.id, func):
            if not isinstance(value, Ext):
                continue
            for handover in registry.handovers.find(value.path):
                for source, function in self._handed_functions(reference, handover):
                    self._handover_calls.add(builtin_id(call.node))
                    many = handover.repeats or repeats(call.loops)
                    self._take(function, source.caller, source.call, replace(handover, repeats=many))

    def _handed_functions(self, reference: CallRef, handover: Handover) -> Iterator[tuple[CallRef, FunctionId]]:
        """The functions that the call is given, each with the call that hands it over first."""
        node = reference.call.node
        expressions = [k.value for k in node.keywords if k.arg and k.arg == handover.keyword]
        if not expressions and handover.argument is not None and len(node.args) > handover.argument:
            expressions = [node.args[handover.argument]]
        by_name = handover.by_name or handover.action in {"schedule", "register"}
        for expression in expressions:
            for source, handed in self._handed_from(reference, expression, 0):
                for value in self.program.eval(source.caller.id, handed):
                    for function in self._functions_in(value, by_name):
                        yield source, function

    def _functions_in(self, value: Value, by_name: bool, depth: int = 0) -> Iterator[FunctionId]:
        if isinstance(value, Fn):
            yield value.id
        elif isinstance(value, Text) and by_name:
            yield from self.named(value.text)
        elif isinstance(value, Elems) and depth < 2:
            for inner in value.values:
                yield from self._functions_in(inner, by_name, depth + 1)
        elif isinstance(value, Inst | Cls):
            receiver = value if isinstance(value, Inst) else Inst(value.id, True)
            for method in self.program.attribute(receiver, "__call__"):
                if isinstance(method, Fn):
                    yield method.id

    def named(self, text: str) -> Iterator[FunctionId]:
        """The functions that a string such as `app.tasks.run`, `app.main:run` or a task's registered name means."""
        dotted = text.replace(":", ".")
        head, _, last = dotted.rpartition(".")
        for id in self._by_last_name.get(last, ()):
            if not head:
                if self._is_task(id):
                    yield id
                continue
            name = f"{self.modules[id.path].name}.{id.qualname}"
            if name == dotted or name.endswith("." + dotted) or (dotted.endswith("." + name)):
                yield id
        yield from self._by_task_name.get(text, ())
        yield from self._by_command_name.get(text, ())

    @property
    def _by_last_name(self) -> dict[str, list[FunctionId]]:
        known = self._caches.get("last")
        if known is None:
            known = {}
            for id in self.program.functions:
                known.setdefault(self.function(id).name, []).append(id)
            self._caches["last"] = known
        return known  # type: ignore[return-value]

    @property
    def _by_task_name(self) -> dict[str, list[FunctionId]]:
        """Tasks by the name that their decorator gives them."""
        known = self._caches.get("tasks")
        if known is None:
            known = {}
            for function in self.program.functions.values():
                for decorator in function.decorators:
                    if isinstance(decorator, ast.Call):
                        for keyword in decorator.keywords:
                            if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                                known.setdefault(str(keyword.value.value), []).append(function.id)
            self._caches["tasks"] = known
        return known  # type: ignore[return-value]

    @property
    def _by_command_name(self) -> dict[str, list[FunctionId]]:
        """Django's management commands, named by their file."""
        known = self._caches.get("commands")
        if known is None:
            known = {}
            for id in self.program.functions:
                folder, _, name = id.path.removesuffix(".py").rpartition("/")
                if folder.endswith("management/commands") and id.qualname == "Command.handle":
                    known.setdefault(name, []).append(id)
            self._caches["commands"] = known
        return known  # type: ignore[return-value]

    def _is_task(self, id: FunctionId) -> bool:
        return any(entry.kind.kind in {"task_queue", "schedule"} for entry in self._decorated(self.function(id)))

    def _enqueued(self, value: Fn, caller: FunctionFacts, call: CallFacts, kind: Kind) -> None:
        if not self._is_task(value.id):
            return
        self._handover_calls.add(builtin_id(call.node))
        self._take(value.id, caller, call, Handover(kind, "enqueue"))

    def _take(self, function: FunctionId, caller: FunctionFacts, call: CallFacts, handover: Handover) -> None:
        if handover.action == "call":
            edge = self._edge(caller.id, function, call.node, handover.kind, call, handover.repeats)
            self._handed.setdefault(function, []).append(edge)
            return
        edge = self._edge(caller.id, function, call.node, "queue", call, handover.repeats)
        if handover.action == "enqueue":
            self._handed.setdefault(function, []).append(edge)
        kind = handover.entry
        latency = kind.latency
        if kind.kind == "schedule" or handover.action == "schedule":
            minutes = intervals.minutes_between(call.node)
            latency = intervals.latency_of(minutes) if latency is not None else None
        what = f"{last_name(call.node.func)} in {self.label(caller.id)} ({kind.framework})"
        step = Step(caller.id.path, call.node.lineno, what)
        self._registered.setdefault(function, []).append(Entry(replace(kind, latency=latency), step))

    def _read_manifest(self) -> None:
        for each in self.manifest:
            kind = Kind(each.framework, each.kind, each.latency)
            entry = Entry(kind, each.step)
            if each.target.endswith(".py"):
                if each.target in self.modules:
                    self._registered.setdefault(FunctionId(each.target, MODULE), []).append(entry)
            else:
                for id in self.named(each.target):
                    self._registered.setdefault(id, []).append(entry)
        for setting in self.program.registry.settings:
            for name in (setting.setting, f"{setting.setting}s"):
                self._read_setting(name, setting.task_key, setting.entry)

    def _read_setting(self, name: str, task_key: str, kind: Kind) -> None:
        for module in self.modules.values():
            tables: list[ast.expr] = []
            for function in module.functions.values():
                for binding in function.bindings.get(name, ()):
                    if binding.value is not None and binding.how == "value":
                        tables.append(binding.value)
                tables += [
                    b.value for _, attribute, b in function.attributes if attribute == name and b.value is not None
                ]
                tables += [k.value for call in function.calls for k in call.node.keywords if k.arg == name]
            for klass in module.classes.values():
                tables += [b.value for b in klass.bindings.get(name, ()) if b.value is not None and b.how == "value"]
            for table in tables:
                self._read_table(module, table, task_key, kind)

    def _read_table(self, module: ModuleFacts, table: ast.expr, task_key: str, kind: Kind) -> None:
        for row in ast.walk(table):
            target: ast.expr | None = None
            if isinstance(row, ast.Dict):
                keys = [key.value if isinstance(key, ast.Constant) else None for key in row.keys]
                if task_key in keys:
                    target = row.values[keys.index(task_key)]
            elif isinstance(row, ast.Tuple | ast.List) and task_key.isdigit() and len(row.elts) > int(task_key):
                target = row.elts[int(task_key)]
            if target is None:
                continue
            latency = intervals.latency_of(_row_minutes(row))
            for value in self.program.eval(module.body.id, target):
                for function in self._functions_in(value, True):
                    step = Step(module.path, target.lineno, f"schedule of {self.label(function)} ({kind.framework})")
                    self._registered.setdefault(function, []).append(Entry(replace(kind, latency=latency), step))

    def _read_stated_entries(self) -> None:
        for dotted, kind, latency in self.settings.entry_points:
            for id in self.named(dotted):
                step = Step(id.path, self.function(id).line, f"{self.label(id)} (stated in the configuration)")
                self._registered.setdefault(id, []).append(Entry(Kind("configuration", kind, latency), step))

    def _find_launches(self) -> None:
        """Modules that project code starts as programs of their own: `subprocess.run([sys.executable, "-m", "app.job"])`."""
        for name in self.program.registry.launches.tails:
            for caller, call in self.program.calls_by_name.get(name, ()):
                values = self.program.eval(caller.id, call.node.func)
                if any(isinstance(v, Ext) and self.program.registry.launches.first(v.path) for v in values):
                    for path in self._launched(caller, call.node):
                        body = FunctionId(path, MODULE)
                        edge = self._edge(caller.id, body, call.node, "call", call)
                        self._handed.setdefault(body, []).append(edge)

    def _launched(self, caller: FunctionFacts, node: ast.Call) -> Iterator[str]:
        words: list[str] = []
        for argument in node.args:
            parts = argument.elts if isinstance(argument, ast.List | ast.Tuple) else [argument]
            for part in parts:
                texts = [value.text for value in self.program.eval(caller.id, part) if isinstance(value, Text)]
                words += texts[0].split() if len(texts) == 1 else ["{}"]
        for before, word in zip(["", *words], words, strict=False):
            if before in {"-m", "run_module"} or (before == "" and last_name(node.func) == "run_module"):
                pattern = re.compile("(?:.*/)?" + re.escape(word).replace(r"\.", "/").replace(r"\{\}", "[^/]+") + r"\Z")
                for stem, path in self.program.index.stems.items():
                    if pattern.match(stem) or pattern.match(stem.removesuffix("/__main__")):
                        yield path
            elif word.endswith(".py") and word != ".py":
                wanted = word.replace("{}", "").lstrip("./")
                yield from (path for path in self.modules if path == wanted or path.endswith("/" + wanted))

    # -- entry points of one function
    def entries(self, id: FunctionId) -> list[Entry]:
        """The ways in which the outside world starts this very function."""
        known = self._entries.get(id)
        if known is None:
            known = self._entries[id] = list(self._find_entries(id))
        return known

    def _find_entries(self, id: FunctionId) -> Iterator[Entry]:
        function = self.function(id)
        registered = self._registered.get(id, ())
        yield from registered
        for entry in (*self._decorated(function), *self._inherited(function), *self._by_convention(function)):
            # What a manifest says of a cloud function is more than that it is one.
            if not registered or entry.kind.kind != "unknown":
                yield entry
        yield from self._in_front(function)
        if id.qualname == MODULE:
            yield from self._module_entries(function)

    def _decorated(self, function: FunctionFacts) -> Iterator[Entry]:
        scope = FunctionId(function.id.path, function.parent or MODULE)
        for decorator in function.decorators:
            paths: list[str] = []
            for value in self.program.eval(scope, decorator):
                if isinstance(value, Ext):
                    paths.append(value.path)
                elif isinstance(value, Fn) and value.id != function.id:
                    paths += [v.path for v in self.program.returned(value) if isinstance(v, Ext)]
            for path in paths:
                kind = self._decorator_kind(path)
                if kind is not None:
                    if kind.kind == "schedule" and kind.latency is not None:
                        minutes = intervals.minutes_between(decorator)
                        kind = replace(kind, latency=intervals.latency_of(minutes))
                    what = f"{self.label(function.id)} (@{_source(decorator)[:60]})"
                    yield Entry(kind, Step(function.id.path, function.line, what))

    def _decorator_kind(self, path: str) -> Kind | None:
        for _ in range(3):
            kind = self.program.registry.decorators.first(path)
            if kind is not None:
                return kind
            if not path.endswith("()"):
                return None
            path = path[:-2]
        return None

    def _inherited(self, function: FunctionFacts) -> Iterator[Entry]:
        if function.owner is None:
            return
        for external in self.program.mro(ClassId(function.id.path, function.owner))[1]:
            for base in self.program.registry.bases.find(external.path):
                star = "*" in base.methods and not function.name.startswith("_")
                if function.name in base.methods or star:
                    what = f"{self.label(function.id)} (a {external.path.rpartition('.')[2]})"
                    yield Entry(base.entry, Step(function.id.path, function.line, what))

    def _by_convention(self, function: FunctionFacts) -> Iterator[Entry]:
        parameters = [parameter.arg for parameter in function.parameters()]
        owner = function.owner.rpartition(".")[2] if function.owner else None
        for convention in self.program.registry.conventions:
            if convention.file is None and not self._imports(convention.packages):
                continue
            if function.id.qualname == MODULE and convention.function in (None, "*") and convention.parameters:
                continue
            if convention.matches(function.id.path, owner, function.name, parameters):
                what = f"{self.label(function.id)} ({convention.entry.framework})"
                yield Entry(convention.entry, Step(function.id.path, function.line, what))

    def _imports(self, packages: Iterable[str]) -> bool:
        """Whether any file imports one of the packages; true for an empty list."""
        packages = tuple(packages)
        known = self._caches.get("imports")
        if known is None:
            known = {
                binding.source.module.partition(".")[0]
                for module in self.modules.values()
                for function in module.functions.values()
                for bindings in function.bindings.values()
                for binding in bindings
                if binding.source is not None and not binding.source.level
            }
            self._caches["imports"] = known
        return not packages or any(package.partition(".")[0] in known for package in packages)  # type: ignore[operator]

    def _in_front(self, function: FunctionFacts) -> Iterator[Entry]:
        """Calls which show that a person sits in front: here, or in a function that this one calls."""
        for call, kind in self._fronts.get(function.id, ()):
            yield Entry(
                kind,
                Step(function.id.path, call.node.lineno, f"{_source(call.node)[:60]} in {self.label(function.id)}"),
            )

    @property
    def _fronts(self) -> dict[FunctionId, list[tuple[CallFacts, Kind]]]:
        known = self._caches.get("fronts")
        if known is None:
            known = self._caches["fronts"] = self._find_fronts()
        return known  # type: ignore[return-value]

    def _find_fronts(self) -> dict[FunctionId, list[tuple[CallFacts, Kind]]]:
        program, table = self.program, self.program.registry.calls
        found: dict[FunctionId, list[tuple[CallFacts, Kind]]] = {}
        for name in sorted(table.tails):
            for caller, call in program.calls_by_name.get(name, ()):
                for value in program.eval(caller.id, call.node.func):
                    kind = table.first(value.path) if isinstance(value, Ext) else None
                    if kind is not None and not _asks_for_confirmation(call.node):
                        found.setdefault(caller.id, []).append((call, kind))
        # `question = ask()` and then the model: the one who is asked is the caller's user too.
        for id, rows in list(found.items()):
            interactive = [row for row in rows if row[1].kind == "interactive"]
            if interactive and id.qualname != MODULE:
                for caller, node, _ in program.call_sites(program.functions[id]):
                    call = program.call_facts[builtin_id(node)].call
                    found.setdefault(caller, []).append((call, interactive[0][1]))
        return found

    def _module_entries(self, body: FunctionFacts) -> Iterator[Entry]:
        module = self.modules[body.id.path]
        for name, kind in self.program.registry.modules.items():
            if any(b.source and b.source.module.partition(".")[0] == name for bs in body.bindings.values() for b in bs):
                yield Entry(kind, Step(module.path, 1, f"{module.path} ({kind.framework})"))
        if any(entry.kind.kind in {"schedule", "pipeline"} for entry in self._registered.get(body.id, ())):
            return
        if module.main_line is not None:
            step = Step(module.path, module.main_line, f'{module.path}: if __name__ == "__main__"')
            yield Entry(Kind("main-block", "script", None), step)
        elif not self._is_imported(module):
            yield Entry(Kind("top-level", "script", None), Step(module.path, 1, f"{module.path}: top-level code"))

    def _is_imported(self, module: ModuleFacts) -> bool:
        known = self._caches.get("imported")
        if known is None:
            known = set()
            for each in self.modules.values():
                for function in each.functions.values():
                    for bindings in function.bindings.values():
                        for binding in bindings:
                            if binding.source is not None and binding.source.name != "":
                                known |= self._import_targets(binding.source, each.path)  # type: ignore[operator]
                for star in each.stars:
                    known |= self._import_targets(star, each.path)  # type: ignore[operator]
            self._caches["imported"] = known
        return module.path in known  # type: ignore[operator]

    def _import_targets(self, source: object, importer: str) -> set[str]:
        index = self.program.index
        stem = self.program._import_stem(source, importer)  # type: ignore[arg-type]
        if stem is None:
            return set()
        name = getattr(source, "name", None)
        stems = [stem, f"{stem}/{name}"] if name else [stem]
        return {index.stems[each] for each in stems if each in index.stems}

    # -- edges
    def edges_to(self, id: FunctionId) -> list[Edge]:
        """Every way in which project code starts the function."""
        known = self._edges_to.get(id)
        if known is None:
            self._edges_to[id] = []
            unique = {(e.caller, e.span, e.kind): e for e in self._find_edges(id) if e.caller != id}
            known = self._edges_to[id] = sorted(unique.values(), key=lambda e: (e.caller, e.span))
        return known

    def _find_edges(self, id: FunctionId) -> Iterator[Edge]:
        program = self.program
        function = self.function(id)
        enqueueing = self.program.registry.calling_enqueues
        kind = "queue" if any(e.kind.framework in enqueueing for e in self._decorated(function)) else "call"
        for caller, node, _ in program.call_sites(function):
            if builtin_id(node) not in self._handover_calls:
                yield self._edge(caller, id, node, kind, program.call_facts[builtin_id(node)].call)
        yield from self._handed.get(id, ())
        yield from self._indirect.get(id, ())
        yield from self._referenced(function)
        if function.owner is not None:
            yield from self._called_by_base(function)

    @property
    def _indirect(self) -> dict[FunctionId, list[Edge]]:
        known = self._caches.get("indirect")
        if known is None:
            known = self._caches["indirect"] = self._find_indirect()
        return known  # type: ignore[return-value]

    def _find_indirect(self) -> dict[FunctionId, list[Edge]]:
        """Calls of variables, parameters, items and stored callables, by the function that they can be."""
        program = self.program
        names = {function.name for function in program.functions.values()} | {
            c.name for c in program.classes.values()
        }
        stored = {name for writes in program._self_writes.values() for name in writes}
        stored |= {name for klass in program.classes.values() for name in klass.bindings}
        found: dict[FunctionId, list[Edge]] = {}
        for function in list(program.functions.values()):
            for call in function.calls:
                func = call.node.func
                if isinstance(func, ast.Name):
                    if func.id in names and not self._is_variable(function, func.id):
                        continue
                    if not self._is_variable(function, func.id):
                        continue
                elif isinstance(func, ast.Attribute):
                    if func.attr in names or func.attr not in stored:
                        continue
                for reference, expression in self._handed_from(CallRef(function, call), func, 0):
                    for value in program.eval(reference.caller.id, expression):
                        for target in self._callables(value):
                            edge = self._edge(reference.caller.id, target, reference.call.node, "call", reference.call)
                            if reference.call is not call:
                                edge = replace(edge, kind="callback", repeats=edge.repeats or repeats(call.loops))
                            found.setdefault(target, []).append(edge)
        return found

    def _handed_from(self, reference: CallRef, func: ast.expr, depth: int) -> Iterator[tuple[CallRef, ast.expr]]:
        """Where what is called comes from: for a parameter, the calls that hand it over, so that users of one helper stay apart."""
        function = self._parameter_owner(reference.caller, func.id) if isinstance(func, ast.Name) else None
        if isinstance(func, ast.Name) and function is not None and depth < 4:
            if self.program.wrapped(function.id) == func.id:
                return  # a decorator: its result counts as the function that it wraps
            handed = list(self.program.arguments(function, func.id))
            if handed:
                for caller, node, argument in handed:
                    outer = self.program.call_facts[builtin_id(node)]
                    yield from self._handed_from(CallRef(self.function(caller), outer.call), argument, depth + 1)
                return
        yield reference, func

    def _parameter_owner(self, function: FunctionFacts, name: str) -> FunctionFacts | None:
        """The function, this one or one around it, whose parameter `name` is."""
        current: FunctionFacts | None = function
        while current is not None:
            if name in current.bindings:
                return None
            if any(parameter.arg == name for parameter in current.parameters()):
                return current
            parent = current.parent
            current = self.program.modules_function(current.id.path, parent) if parent else None
        return None

    def _is_variable(self, function: FunctionFacts, name: str) -> bool:
        current: FunctionFacts | None = function
        while current is not None:
            if any(parameter.arg == name for parameter in current.parameters()):
                return True
            bindings = current.bindings.get(name)
            if bindings:
                return any(b.how in {"value", "element", "unpack", "enter", "annotation"} for b in bindings)
            parent = current.parent
            current = self.program.modules_function(current.id.path, parent) if parent else None
        bindings = self.modules[function.id.path].body.bindings.get(name)
        return bool(bindings) and any(b.how in {"value", "element", "unpack"} for b in bindings or ())

    def _referenced(self, function: FunctionFacts) -> Iterator[Edge]:
        """Where the function is read without being called: a property, or an argument of something external."""
        program = self.program
        is_property = any(last_name(d) in PROPERTY for d in function.decorators)
        for reference in program.references(function.name):
            if is_property:
                yield from self._property_read(function, reference)
            elif reference.call is not None and builtin_id(reference.call) not in self._handover_calls:
                if not program.can_be(reference.function, reference.node, function):
                    continue
                called = program.eval(reference.function, reference.call.func)
                known = any(isinstance(v, Fn) for v in program.eval(reference.function, reference.node))
                if known and called and not any(isinstance(v, Ext) for v in called):
                    continue  # project code that calls it shows as such
                call = program.call_facts[builtin_id(reference.call)].call
                many = last_name(reference.call.func) in _MAPPERS
                yield self._edge(reference.function, function.id, reference.call, "callback", call, many)

    def _property_read(self, function: FunctionFacts, reference: Reference) -> Iterator[Edge]:
        node = reference.node
        if not isinstance(node, ast.Attribute) or function.owner is None:
            return
        owner = ClassId(function.id.path, function.owner)
        for value in self.program.eval(reference.function, node.value):
            if isinstance(value, Inst) and owner in self.program.mro(value.id)[0]:
                yield self._edge(reference.function, function.id, node, "call", None)
                return

    def _called_by_base(self, function: FunctionFacts) -> Iterator[Edge]:
        """Methods that an external base class calls: the callers of its methods on such objects, or who hands them over."""
        program = self.program
        owner = ClassId(function.id.path, function.owner or "")
        if not self._acting_bases(owner) or function.name.startswith("__") and function.name != "__call__":
            return
        for klass in (owner, *program.subclasses(owner)):
            for caller, call in self._base_calls.get(klass, ()):
                yield self._edge(caller.id, function.id, call.node, "call", call)

    def _acting_bases(self, klass: ClassId) -> list[str]:
        """The packages of the external base classes that may call the methods of a subclass."""
        inert = self.program.registry.inert_bases
        packages = [external.path.partition(".")[0] for external in self.program.mro(klass)[1]]
        return [package for package in packages if package not in inert]

    @property
    def _base_calls(self) -> dict[ClassId, list[CallRef]]:
        known = self._caches.get("base_calls")
        if known is None:
            known = self._caches["base_calls"] = self._find_base_calls()
        return known  # type: ignore[return-value]

    def _find_base_calls(self) -> dict[ClassId, list[CallRef]]:
        """Calls of inherited methods on objects of project classes, and calls that hand such objects to their base's package."""
        program = self.program
        found: dict[ClassId, list[CallRef]] = {}
        acting = {klass: self._acting_bases(klass) for klass in program.classes}
        families = {_family(package) for packages in acting.values() for package in packages}
        if not families:
            return found
        own = {function.name for function in program.functions.values()}
        for module in self.modules.values():
            imported = families & self._imported_families(module)
            for function in module.functions.values():
                for call in function.calls:
                    for klass in self._inherited_call(function, call.node, own):
                        found.setdefault(klass, []).append(CallRef(function, call))
                    if imported:
                        for klass in self._handed_objects(function, call.node):
                            found.setdefault(klass, []).append(CallRef(function, call))
        return found

    @staticmethod
    def _imported_families(module: ModuleFacts) -> set[str]:
        return {
            _family(binding.source.module)
            for function in module.functions.values()
            for bindings in function.bindings.values()
            for binding in bindings
            if binding.source is not None and not binding.source.level
        }

    def _inherited_call(self, function: FunctionFacts, node: ast.Call, own: set[str]) -> Iterator[ClassId]:
        """Classes whose objects are called by a method that only their external base has."""
        func = node.func
        if isinstance(func, ast.Attribute):
            if func.attr in own or func.attr in _COMMON_METHODS:
                return
            receiver, attribute = func.value, func.attr
        elif isinstance(func, ast.Name) and self._is_variable(function, func.id):
            receiver, attribute = func, "__call__"
        elif isinstance(func, ast.Call | ast.Subscript):
            receiver, attribute = func, "__call__"
        else:
            return
        for value in self.program.eval(function.id, receiver):
            if isinstance(value, Inst) and self._acting_bases(value.id):
                members = self.program.attribute(value, attribute)
                if not any(isinstance(member, Fn) for member in members):
                    yield value.id

    def _handed_objects(self, function: FunctionFacts, node: ast.Call) -> Iterator[ClassId]:
        """Classes of the objects that are given to a callable of the package their base class comes from."""
        program = self.program
        families: set[str] | None = None
        for argument in [*node.args, *[k.value for k in node.keywords]]:
            if not isinstance(argument, ast.Name | ast.Call | ast.List | ast.Attribute):
                continue
            values = program.eval(function.id, argument)
            inner = {i for v in values if isinstance(v, Elems) for i in v.values}
            for value in {*values, *inner}:
                if not isinstance(value, Inst):
                    continue
                if families is None:
                    called = program.eval(function.id, node.func)
                    families = {_family(v.path) for v in called if isinstance(v, Ext)}
                if families & {_family(package) for package in self._acting_bases(value.id)}:
                    yield value.id

    # -- reachability
    def reaches(self, id: FunctionId) -> list[Reach]:
        """Every entry point that reaches the function, with the shortest way down."""
        known = self._reaches.get(id)
        if known is None:
            known = self._reaches[id] = [self._for_tests(reach) for reach in self._find_reaches(id)]
        return known

    def _for_tests(self, reach: Reach) -> Reach:
        """The way in as it counts: whatever starts in a test's file is a test."""
        kind = reach.entry.kind
        if kind.kind in {"script", "evaluation", "unknown"} and self.is_test(reach.entry.step.path):
            return Reach(replace(reach.entry, kind=replace(kind, kind="test")), reach.edges)
        return reach

    def _find_reaches(self, start: FunctionId) -> list[Reach]:
        paths: dict[FunctionId, tuple[Edge, ...]] = {start: ()}
        queue = deque([start])
        found: list[Reach] = []
        while queue and len(paths) < _MAX_FUNCTIONS:
            id = queue.popleft()
            edges = paths[id]
            entries = self.entries(id)
            found += [Reach(entry, edges) for entry in entries]
            incoming = self.edges_to(id)
            is_root = True
            for edge in incoming:
                if edge.kind == "queue" and not self._waits(edge):
                    is_root = False
                    continue
                is_root = False
                if edge.caller not in paths:
                    paths[edge.caller] = (edge, *edges)
                    queue.append(edge.caller)
            function = self.function(id)
            if function.parent is not None and is_root and not entries:
                outer = FunctionId(id.path, function.parent)
                if outer not in paths and function.name in {r for r in self._returned_names(outer)}:
                    paths[outer] = (self._edge(outer, id, _name_of(function), "callback", None), *edges)
                    queue.append(outer)
                    is_root = False
            if is_root and not entries and id.qualname != MODULE:
                step = Step(id.path, function.line, f"{self.label(id)}, which nothing here calls")
                found.append(Reach(Entry(Kind("unknown", "unknown", None), step), edges))
        return found

    def _returned_names(self, id: FunctionId) -> Iterator[str]:
        for expression in self.function(id).returns:
            yield last_name(expression)

    def _waits(self, edge: Edge) -> bool:
        """Whether the caller of a queue edge waits for the result after all: `.get()` on what enqueueing gave."""
        waits = self.program.registry.waits
        function = self.function(edge.caller)
        for call in function.calls:
            func = call.node.func
            if isinstance(func, ast.Attribute) and func.attr in waits:
                if func.value is edge.node:
                    return True
                if isinstance(func.value, ast.Name):
                    for binding in function.bindings.get(func.value.id, ()):
                        value = binding.value.value if isinstance(binding.value, ast.Await) else binding.value
                        if value is edge.node:
                            return True
        return self._is_polled(edge)

    def _is_polled(self, edge: Edge) -> bool:
        """Whether the enqueuing function answers with a state to ask for again, or looks at that state first."""
        polled = self.program.registry.polled
        called = [_source(call.node.func).lower() for call in self.function(edge.callee).calls]
        if any(word in name for word in polled.pushes for name in called):
            return False
        lookups = (reference for name in polled.lookups for reference in self.program.calls_by_name.get(name, ()))
        has_lookup = any(not self.is_test(reference.caller.id.path) for reference in lookups)
        words = polled.words | polled.keys if has_lookup else polled.words
        function: FunctionFacts | None = self.function(edge.caller)
        while function is not None and function.id.qualname != MODULE:
            for expression in function.returns:
                for node in ast.walk(expression):
                    if isinstance(node, ast.Constant) and str(node.value).lower() in words:
                        return True
                    if isinstance(node, ast.keyword) and node.arg in words:
                        return True
                    if isinstance(node, ast.Attribute) and node.attr.lower() in polled.words:
                        return True
            looks = (node for test in self._branches(function) for node in ast.walk(test))
            if function.returns and any(isinstance(n, ast.Attribute) and n.attr in polled.attributes for n in looks):
                return True
            parent = function.parent
            function = self.program.modules_function(function.id.path, parent) if parent else None
        return False

    @staticmethod
    def _branches(function: FunctionFacts) -> Iterator[ast.expr]:
        for node in walk_own(function.node):
            if isinstance(node, ast.If | ast.IfExp):
                yield node.test


_COMMON_METHODS = frozenset(name for kind in (str, bytes, list, dict, set) for name in dir(kind))
_MAPPERS = frozenset(
    {"map", "imap", "starmap", "apply", "imap_unordered", "progress_apply", "thread_map", "process_map"}
)
builtin_id = id


def _family(path: str) -> str:
    """`langchain_core.runnables.X` -> `langchain`: packages of one project call each other's methods."""
    return re.split(r"[._]", path, maxsplit=1)[0]


def _verb(edge: Edge) -> str:
    word = {
        "queue": "enqueues",
        "pool": "hands to a pool:",
        "thread": "starts in a thread:",
        "map": "maps",
        "callback": "hands over",
    }
    return word.get(edge.kind, "calls") + (" per item" if edge.repeats and edge.kind == "call" else "")


def _source(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except (ValueError, RecursionError):
        return ""


def _name_of(function: FunctionFacts) -> ast.expr:
    node = function.node
    return (
        ast.copy_location(ast.Name(function.name, ast.Load()), node)
        if not isinstance(node, ast.Module)
        else ast.Name("")
    )


def _asks_for_confirmation(node: ast.Call) -> bool:
    return any(
        isinstance(inner, ast.Constant) and isinstance(inner.value, str) and _CONFIRMATION.search(inner.value)
        for argument in node.args
        for inner in ast.walk(argument)
    )


def _row_minutes(row: ast.AST) -> float | None:
    """Minutes between two runs in a row of a schedule table: `crontab(...)`, `timedelta(...)`, or seconds."""
    if isinstance(row, ast.Dict):
        for key, value in zip(row.keys, row.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in {
                "schedule",
                "every",
                "minutes",
                "hours",
                "seconds",
                "cron",
            }:
                if isinstance(value, ast.Constant) and isinstance(value.value, int | float):
                    scale = {"minutes": 1.0, "hours": 60.0}.get(str(key.value), 1 / 60)
                    return float(value.value) * scale
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    return intervals.cron_minutes(value.value)
                seconds = intervals.product(value)
                if seconds is not None:
                    return seconds / 60
                return intervals.minutes_between(value)
    if isinstance(row, ast.Tuple | ast.List):
        for element in row.elts:
            if isinstance(element, ast.Constant) and isinstance(element.value, str):
                minutes = intervals.cron_minutes(element.value)
                if minutes is not None:
                    return minutes
    return None


def build(
    modules: Sequence[ModuleFacts], manifest: Sequence[ManifestTarget] = (), settings: GraphSettings | None = None
) -> Graph:
    """The graph of a program from the facts of its files."""
    settings = settings or GraphSettings()
    return Graph(Program(modules, settings.packages), settings, manifest).build()
