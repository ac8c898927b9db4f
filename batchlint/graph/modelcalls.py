"""Which calls reach a hosted model: by the SDK's symbolic path, by plain HTTP, or because the configuration says so."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from batchlint.facts import MODULE, CallFacts, FunctionFacts, FunctionId
from batchlint.graph import runners
from batchlint.graph.callables import Callables
from batchlint.graph.conditions import tests_before
from batchlint.graph.handedin import HandedIn
from batchlint.graph.links import GraphSettings, ModelCall, Part, source
from batchlint.graph.toolusers import ToolUsers
from batchlint.providers import ApiCall
from batchlint.symbols import CallRef, Program, host_of, is_partial, last_name
from batchlint.symbols.local_models import asks_local_default, names_server, runs_locally
from batchlint.symbols.names import LOCAL
from batchlint.trees import walk
from batchlint.values import Ext, Fn, Inst, Text, Value, Values, ordered

_NO_MODEL = re.compile(
    r"/(batches|files|models/?$|uploads|usage|billing|oauth)|[/:](count_?tokens|batch\w+)$", re.IGNORECASE
)
"""Paths of a provider's host at which no model answers, or does in a batch."""
_KINDS = {
    "embed": "embeddings",
    "audio/speech": "speech",
    "text-to-speech": "speech",
    "audio/trans": "transcription",
    "speech-to-text": "transcription",
    "transcript": "transcription",
    "images/": "image",
    "text-to-image": "image",
    "stable-image": "image",
}
"""What an address asks for, by a part of its path."""
_MAX_NAMES = 3
"""Names for names that an address is followed through."""
_MAX_STEPS = 7
"""Variables, calls and parameters that a body is followed through."""

_COLLECTIONS = frozenset({"nodes", "documents", "texts"})
"""Parameters of what embeds a collection that take it."""


class ModelCalls(Part):
    def __init__(self, program: Program, settings: GraphSettings) -> None:
        super().__init__(program)
        self._settings = settings
        self._handed = HandedIn(program)
        self._tool_users = ToolUsers(program)

    def find(self) -> Iterator[ModelCall]:
        catalogue, registry = self.program.catalogue, self.program.registry
        wrappers = {name.rpartition(".")[2] for name, _ in self._settings.wrappers}
        methods = catalogue.calls.tails | registry.http.tails | wrappers
        for package, common in catalogue.calls.common_tails.items():
            if any(package in module.text for module in self.modules.values()):
                methods |= common
        stored, is_binding = self.program.stored_names, bool(self.program.calls_by_name.get("partial"))
        callables = Callables(self.program, methods)
        helpers = {module.path for module in self.program.modules.values() if module.is_helper}
        for function in [each for each in self.program.functions.values() if each.id.path not in helpers]:
            for call in function.calls:
                func = call.node.func
                if isinstance(func, ast.Attribute):
                    is_own = isinstance(func.value, ast.Name) and func.value.id in {"self", "cls"}
                    if func.attr not in methods and not (is_own and func.attr in stored):
                        continue
                    if callables.is_display(function, func.value):
                        continue  # of the many `append`s hardly one is an SDK's
                elif isinstance(func, ast.Name):
                    if not wrappers and callables.is_plain(function, func.id):
                        continue
                    if is_binding and not call.node.args and not call.node.keywords:
                        continue  # the `partial` that binds the request's arguments is the place
                elif isinstance(func, ast.Constant):
                    continue
                found = self._model_call(function, call, func)
                if found is not None:
                    yield found
        for name, references in runners.calls_of(self.program):
            for reference in references:
                if reference.caller.id.path not in helpers:
                    yield from self._handed_on(reference, name, methods)
        yield from self._of_decorated(helpers)

    def _of_decorated(self, helpers: set[str]) -> Iterator[ModelCall]:
        """Calls of functions that an SDK's decorator turned into requests: `@prompt("Label {text}")`."""
        program, names = self.program, self.program.catalogue.calls.tails
        for function in [
            each for each in program.functions.values() if each.decorators and each.id.path not in helpers
        ]:
            scope = FunctionId(function.id.path, function.parent or MODULE)
            decorators = (each for each in function.decorators if last_name(each) in names)
            made = {
                v for each in decorators for v in program.eval(scope, each) if isinstance(v, Ext) and v.host != LOCAL
            }
            for value in ordered(made):
                called = value._replace(path=f"{value.path}()()")
                api = program.catalogue.match(called.path)
                if api is None:
                    continue
                for caller, call in program.calls_by_name.get(function.name, ()):
                    if Fn(function.id) in program.eval(caller.id, call.node.func):
                        yield self._described(caller, call, call.node.func, api, called)

    def _handed_on(self, reference: CallRef, name: str, methods: set[str]) -> Iterator[ModelCall]:
        """SDK methods that a pool, thread or retry is given, also in a `partial`: `to_thread(client.ask, ...)`."""
        function, call = reference
        rows = self.program.registry.handovers.by_last.get(name, ())
        places = {row.argument for row in rows if row.action == "call" and row.argument is not None}
        for place in sorted(places):
            handed = call.node.args[place] if place < len(call.node.args) else None
            made = call
            if is_partial(handed):
                made, handed = self.program.call_facts[id(handed)].call, handed.args[0]
            is_held = isinstance(handed, ast.Name) and handed.id not in self.program.function_names
            if not is_held and not (isinstance(handed, ast.Attribute) and handed.attr in methods):
                continue
            if handed is not None and self._hands_on(reference, place):
                found = self._model_call(function, made, handed)
                if found is not None:
                    yield found

    def _hands_on(self, reference: CallRef, place: int) -> bool:
        """Whether the call calls once what it is given at that place."""
        paths = [v.path for v in self.program.eval(reference.caller.id, reference.call.node.func) if isinstance(v, Ext)]
        rows = (row for path in paths for row in self.program.registry.handovers.find(path))
        return any(row.action == "call" and row.argument == place and not row.repeats for row in rows)

    def _model_call(self, function: FunctionFacts, call: CallFacts, func: ast.expr) -> ModelCall | None:
        """The model call that `call` is, if `func` is an SDK's method."""
        catalogue = self.program.catalogue
        values = self.program.eval(function.id, func)
        best: tuple[ApiCall, Ext] | None = None
        for value in ordered(v for v in values if isinstance(v, Ext)):
            if value.host == LOCAL:
                continue
            api = catalogue.match(value.path)
            if api is None and value.path.endswith(")"):
                api = catalogue.match(value.path + "()")
            if api is not None and self._asks_hosted(function, call, value, api):
                best = best if best and not api.agent else (api, value)
        if best is None:
            best = self._http(function, call, values)
        if best is None:
            best = self._stated_wrapper(values, call)
        if best is None:
            best = self._handed.find(function, call, func, values)
        if best is None or self._is_for_server(function, call):
            return None
        return self._described(function, call, func, *best)

    def _is_for_server(self, function: FunctionFacts, call: CallFacts) -> bool:
        """Whether the call is made only where a test names a server that people run themselves: `kind == "ollama"`."""
        servers = self.program.catalogue.servers
        tests = (test for test, holds in tests_before(function, call.node) if holds)
        return any(word in servers for test in tests for word in _only_words(test))

    def _described(
        self, function: FunctionFacts, call: CallFacts, func: ast.expr, api: ApiCall, value: Ext
    ) -> ModelCall:
        catalogue = self.program.catalogue
        provider = (catalogue.host_provider(value.host) if value.host else None) or api.provider
        has_tools = self._tool_users.has_tools(function, call, value, is_runner=api.agent)
        runs = catalogue.providers[api.provider].runs if api.provider in catalogue.providers else None
        if runs is not None and self._tool_users.runs_functions(function, call, runs):
            has_tools = True
        return ModelCall(
            function=function.id,
            span=self.span(function.id.path, call.node),
            node=call.node,
            path=value.path,
            call=source(func),
            provider=provider,
            endpoint=api.endpoint,
            kind=self._kind_by_model(function, call, api) or api.kind,
            is_async=api.is_async or (call.awaited and func is call.node.func),
            stream=api.stream,
            agent=api.agent if has_tools is None else has_tools,
            fans_out=api.fans_out,
            legacy=api.legacy,
            prompts=api.prompts,
            handed=func is not call.node.func,
        )

    def _kind_by_model(self, function: FunctionFacts, call: CallFacts, api: ApiCall) -> str | None:
        """What the model that the call names takes, where the provider's one method asks models of all kinds."""
        catalogue = self.program.catalogue
        if api.provider not in catalogue.providers or not catalogue.providers[api.provider].models:
            return None
        named = [*call.node.args[:1], *(k.value for k in call.node.keywords if k.arg in {"ref", "model"})]
        texts = [v.text for each in named for v in self.program.eval(function.id, each) if isinstance(v, Text)]
        return next((kind for text in texts if (kind := catalogue.kind_of(api.provider, text))), None)

    def _asks_hosted(self, function: FunctionFacts, call: CallFacts, value: Ext, api: ApiCall) -> bool:
        """Whether the models behind the call are hosted, as far as the call and its file show."""
        if runs_locally(self.program, function.id, call.node, value.path, answers=api.kind != "embeddings"):
            return False
        if asks_local_default(self.program, call.node, value.path, api.kind):
            return False
        if any(keyword.arg in api.unless for keyword in call.node.keywords):
            return False
        if api.fans_out and _is_given_none(call.node):
            return False
        if api.judges and self._judges_itself(function, call, api.judges):
            return False
        return not api.beside or self._is_beside(function.id.path, api.beside)

    def _judges_itself(self, function: FunctionFacts, call: CallFacts, argument: str) -> bool:
        """Whether all that judges is the project's own code, which asks by itself where it does, or counts words."""
        given = next((k.value for k in call.node.keywords if k.arg == argument), None)
        scope, node = self.constant(function.id, given) if given is not None else (function.id, None)
        judges = node.values if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        values = [self.program.eval(scope, each) for each in judges]
        return bool(values) and all(found and all(map(self._is_own, found)) for found in values)

    def _is_own(self, value: Value) -> bool:
        """Whether the value is the project's, or a library's that asks no hosted model."""
        return isinstance(value, Fn | Inst) or (isinstance(value, Ext) and self.program.catalogue.is_local(value.path))

    def _is_beside(self, path: str, names: Sequence[str]) -> bool:
        """Whether the file names one of them, or imports from another of the program's what one of them made."""
        module = self.modules[path]
        if any(name in module.text for name in names):
            return True
        imported = (name for name, bound in module.body.bindings.items() if any(each.source for each in bound))
        made = (
            value.path for name in imported for value in self.program.module_name(path, name) if isinstance(value, Ext)
        )
        return any(name in each for each in made for name in names)

    def _http(self, function: FunctionFacts, call: CallFacts, values: Values) -> tuple[ApiCall, Ext] | None:
        program, registry = self.program, self.program.registry
        for value in ordered(values):
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
            urls += [each for url in urls for each in self._request_urls(function, url)]
            targets = {each for url in urls for each in program.eval(function.id, url)}
            for each in sorted(ordered(targets), key=lambda target: not isinstance(target, Text)):
                found = self._endpoint(each, value)
                if found:
                    return found
            hosts = {host_of(each.text) for each in targets if isinstance(each, Text)}
            # An address that may begin at one of several servers is on this machine only where all of them are.
            is_own = LOCAL in hosts and hosts <= {LOCAL, None}
            addresses = (each for url in urls for each in self._bound(function.id, url))
            is_own = is_own or any(names_server(program, function.id, each) for each in addresses)
            if not is_own and not any(isinstance(t, Ext) and t.host == LOCAL for t in targets):
                paths = {_path_of(each.text) for each in targets if isinstance(each, Text)} or {""}
                for body in registry.bodies:
                    if any(body.matches(found, path) for found in keys for path in paths):
                        return ApiCall(
                            body.provider, body.endpoint, body.kind, prompts=("json", "data", "content")
                        ), value
        return None

    def _bound(self, scope: FunctionId, node: ast.expr, depth: int = 0) -> Iterator[ast.expr]:
        """The expression, and what the names in it stand for where that is one thing."""
        yield node
        for name in walk(node) if depth < _MAX_NAMES else ():
            where, value = self.constant(scope, name) if isinstance(name, ast.Name) else (scope, name)
            if value is not name and isinstance(value, ast.expr):
                yield from self._bound(where, value, depth + 1)

    def _request_bodies(self, function: FunctionFacts, url: ast.expr) -> Iterator[ast.expr]:
        """The bodies of request objects: `urlopen(Request(url, data=...))`, the object perhaps in a variable."""
        for node in _requests(function, url):
            yield from (k.value for k in node.keywords if k.arg == "data")
            yield from node.args[1:2]

    def _request_urls(self, function: FunctionFacts, url: ast.expr) -> Iterator[ast.expr]:
        """The addresses of such objects."""
        for node in _requests(function, url):
            yield from (k.value for k in node.keywords if k.arg == "url")
            yield from node.args[:1]

    def _keys(self, function: FunctionFacts, node: ast.expr | None, depth: int = 0) -> set[str]:
        """The keys of the dict that `node` is, through `json.dumps`, `.encode()`, variables and project functions."""
        if node is None or depth > _MAX_STEPS:
            return set()
        if isinstance(node, ast.Dict):
            return {str(k.value) if isinstance(k, ast.Constant) else "**" for k in node.keys}
        if isinstance(node, ast.Name):
            found: set[str] = set()
            for binding in function.bindings.get(node.id, ()):
                found |= self._keys(function, binding.value, depth + 1)
            if node.id in function.parameter_names and node.id not in function.bindings:
                found |= self._given_keys(function, node.id, depth)
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

    def _given_keys(self, function: FunctionFacts, name: str, depth: int) -> set[str]:
        """The keys of the dicts that all callers give for the parameter: none where one of them gives another body."""
        given = [
            self._keys(self.function(caller), argument, depth + 1)
            for caller, argument in self.program.callers.given(function, name)
            if not self.program.is_test(caller.path)
        ]
        return set.intersection(*given) if given else set()

    def _endpoint(self, url: Value, client: Ext) -> tuple[ApiCall, Ext] | None:
        catalogue = self.program.catalogue
        if isinstance(url, Ext):
            host, path = url.host, ""
        elif isinstance(url, Text):
            host, path = host_of(url.text) or client.host, _path_of(url.text)
        else:
            return None
        provider = catalogue.host_provider(host) if host else None
        if provider is None or _NO_MODEL.search(path):
            return None
        kind = next((kind for word, kind in _KINDS.items() if word in path), "chat")
        endpoint = catalogue.endpoint_at(provider, path) or "unknown"
        return ApiCall(provider, endpoint, kind, prompts=("json", "data", "content")), Ext(client.path, host)

    def _stated_wrapper(self, values: Values, call: CallFacts) -> tuple[ApiCall, Ext] | None:
        for dotted, provider in self._settings.wrappers:
            for value in ordered(values):
                if isinstance(value, Fn) and self._is_named(value.id, dotted):
                    return ApiCall(provider, "wrapper", "chat", prompts=("prompt", "messages", "input")), Ext(dotted)
                if isinstance(value, Ext) and value.path.replace("()", "") == dotted:
                    return ApiCall(provider, "wrapper", "chat", prompts=("prompt", "messages", "input")), value
        return None

    def _is_named(self, id: FunctionId, dotted: str) -> bool:
        name = f"{self.modules[id.path].name}.{id.qualname}"
        return name == dotted or name.endswith("." + dotted)


def _only_words(test: ast.expr) -> Iterator[str]:
    """The words that something must be where the test holds, each in small letters: `kind == "ollama" and ready`."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from _only_words(value)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        for side in (test.left, *test.comparators):
            text = str(side.value) if isinstance(side, ast.Constant) else last_name(side)
            yield re.sub(r"[^a-z]", "", text.lower())


def _path_of(url: str) -> str:
    return urlsplit(re.sub(r"[{}]", "", url)).path


def _requests(function: FunctionFacts, url: ast.expr) -> Iterator[ast.Call]:
    for node in (url, *(b.value for b in function.bindings.get(getattr(url, "id", ""), ()))):
        if isinstance(node, ast.Call) and last_name(node.func) == "Request":
            yield node


def _is_given_none(call: ast.Call) -> bool:
    """Whether the collection that the call would embed is written empty: an index to be filled, `Index(nodes=[])`."""
    named = [keyword.value for keyword in call.keywords if keyword.arg in _COLLECTIONS]
    return any(isinstance(each, ast.List | ast.Tuple) and not each.elts for each in (*call.args[:1], *named))
