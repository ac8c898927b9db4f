"""What the rewrite can carry: which calls become requests, which functions can have a twin."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from functools import cached_property

from batchlint.codemod import connections, listed, runnables
from batchlint.codemod.blocks import streams
from batchlint.codemod.callbacks import Callbacks
from batchlint.codemod.fakes import Fakes
from batchlint.codemod.families import Families
from batchlint.codemod.held import HELD, Held
from batchlint.codemod.refusals import Refused
from batchlint.codemod.streamed import Streamed
from batchlint.codemod.threads import Threads
from batchlint.facts import MODULE, Binding, ClassId, FunctionFacts, FunctionId
from batchlint.graph import Graph, ModelCall
from batchlint.patterns import head_of
from batchlint.symbols import last_name
from batchlint.values import Cls, Ext, Fn, Inst, Value, ordered

BACKENDS = {"openai": "openai", "anthropic": "anthropic", "google": "google", "mistralai": "mistral"}
"""The backends of the runtime helper, by the package that the client comes from."""
_LEGACY = {
    "openai": ("openai_legacy", ("Completion.create", "Completion.acreate", "Embedding.create", "Embedding.acreate")),
    "google": ("generativeai", (".generate_content", ".generate_content_async")),
}
"""Of SDKs that their providers have given up: which backend carries which calls."""
_OVER_HTTP = {"openai": "openai_http", "anthropic": "anthropic_http", "google-genai": "google_http"}
"""The backend that carries calls of a provider's API without an SDK, by provider."""
_THROUGH_STORAGE = frozenset({"vertexai"})
"""Providers whose batches read and write files of a cloud's own, which the helper does not make."""
_HARMLESS = frozenset(
    {"staticmethod", "classmethod", "abstractmethod", "abc.abstractmethod"}
    | {"override", "typing.override", "typing_extensions.override"}
)
_ENQUEUE = frozenset({"delay", "apply_async", "send", "enqueue"})
_METHODS = (".create", ".parse", ".generate_content", ".complete", ".complete_async", ".parse_async", ".create_async")
_COROUTINES = ("_async", ".ainvoke", ".aembed_query", ".AsyncClient().post", ".ClientSession().post")
"""Ends of the names of methods that are coroutine functions of clients that have others too."""
_NOT_IN_A_LINE = frozenset(
    {"extra_headers", "extra_query"}
    | {"files", "auth", "hooks", "verify", "cert", "proxies", "proxy", "ssl", "context", "cafile", "capath"}
)
"""What a call of an SDK, and one over HTTP, may be told about itself, but not a batch."""


MAPPED = "mapped"
"""What becomes of a mapping that joins the loop around it."""
SUBMITTED = "submitted"
"""What becomes of a call that hands a function to a pool which joins the loop around it."""
Target = str | tuple[Fn, ...] | None
"""What becomes of a call: "request" for a model call, "called" for that of a parameter which can be something else,
"held" for that of what a variable or table holds, the functions of which its twin enters one, or None."""


class Support:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.program = graph.program
        self.runnables = runnables.Runnables(graph.program)
        calls = map(self.runnables.as_made, map(_as_called, graph.model_calls))
        self.models: dict[int, ModelCall] = {id(call.node): call for call in calls}
        self.callbacks = Callbacks(self)
        self.threads = Threads(graph.program)
        self.held = Held(self)
        self.reaching = self._reaching([call.function for call in graph.model_calls])
        self.families = Families(graph)
        self.fakes = Fakes(graph.program)
        self._streamed = Streamed(graph)
        self._known: dict[tuple[FunctionId, int], Target | Refused] = {}
        self._joined: dict[int, str] = {}
        """By their identity, the calls that hand functions over and join the loop around them: MAPPED or SUBMITTED."""

    def _reaching(self, makers: Iterable[FunctionId]) -> set[FunctionId]:
        """The functions that make a request by calling down to one of its makers."""
        found = {id for id in makers if id.qualname != MODULE}
        stack = list(found)
        while stack:
            for edge in self.graph.edges_to(stack.pop()):
                if (
                    edge.kind == "call"
                    and edge.caller not in found
                    and edge.caller.qualname != MODULE
                    and isinstance(edge.node, ast.Call)
                ):
                    found.add(edge.caller)
                    stack.append(edge.caller)
            if not stack:
                stack = list({*self.callbacks.passed_on(found), *self.held.passed_on(found)} - found)
                found.update(stack)
        return found

    def converts(self, scope: FunctionId, call: ast.Call) -> Target:
        """What becomes of the call. Raises Refused where something would have to and cannot."""
        key = (scope, id(call))
        if key not in self._known:
            try:
                self._known[key] = self._converts(scope, call)
            except Refused as refused:
                self._known[key] = refused
        known = self._known[key]
        if isinstance(known, Refused):
            raise known
        return known

    def join(self, scope: FunctionId, calls: Iterable[ast.Call], how: str) -> set[FunctionId]:
        """Have the calls, which hand functions over, make requests where they stand: MAPPED or SUBMITTED.

        The functions that reach requests only now, for `part`.
        """
        self._joined |= {id(call): how for call in calls}
        more = self._reaching([scope]) - self.reaching
        self.reaching = self.reaching | more
        self._known.clear()
        return more

    def part(self, calls: Iterable[ast.Call], more: set[FunctionId]) -> None:
        """Have them make none again, and `more` reach none."""
        for call in calls:
            self._joined.pop(id(call), None)
        self.reaching = self.reaching - more
        self._known.clear()

    def _converts(self, scope: FunctionId, call: ast.Call) -> Target:
        if self.threads.outer(call) is not call:
            return None  # the call that has a thread make it counts
        if id(call) in self._joined:
            return self._joined[id(call)]
        if id(call) in self.held.per_item:
            return self._by_item(scope, call.func)
        through = self.callbacks.converts(scope, call)
        if through is not None:
            return through
        if self.model(call) is not None:
            return None if self.callbacks.is_called_below(call) or self._stays(scope, call) else "request"
        func = self.threads.plain(call).func
        if not isinstance(func, ast.Name | ast.Attribute):
            return self._by_item(scope, func)
        if last_name(func) in _ENQUEUE and not self._is_own(scope, func):
            return None
        try:
            entered = self.entered(scope, func)
        except Refused:
            if self.held.origin(scope, func) is None:
                raise
            return self._by_item(scope, func)
        if not entered:
            for value in self.program.eval(scope, func):
                if isinstance(value, Cls):
                    for method in self.program.attribute(Inst(value.id, True), "__init__"):
                        if isinstance(method, Fn) and method.id in self.reaching:
                            raise Refused(
                                "unsupported-shape",
                                f"the constructor of `{last_name(func)}` makes requests; make them in a method",
                            )
        return entered or None

    def entered(self, scope: FunctionId, func: ast.Name | ast.Attribute | ast.Call) -> tuple[Fn, ...]:
        """The functions with requests that a call of `func` enters one of, with all that stand beside them."""
        values = self.program.eval(scope, func)
        objects = self.called(values)
        targets = {v for v in values if isinstance(v, Fn)} | objects
        wanted = {t.id: t for t in targets if t.id in self.reaching}
        if not wanted:
            return ()
        if objects and not self._is_any_of(scope, func, objects):
            what = f"`{ast.unparse(func)}` can be something that asks nothing; call it by the name of a method"
            raise Refused("unsupported-shape", what)
        if foreign := self.foreign(values, scope):
            what = f"`{ast.unparse(func)}` can be `{foreign[0]}` as well, of which the project has no other form"
            raise Refused("unsupported-shape", what)
        if len({t.id for t in targets}) > 1:
            name = "__call__" if objects else last_name(func)
            family = self.families.of(targets, name) if objects or isinstance(func, ast.Attribute) else ()
            if not family:
                raise Refused("unsupported-shape", f"`{ast.unparse(func)}` can be one of {len(targets)} functions")
            return family
        target = next(iter(wanted.values()))
        if isinstance(func, ast.Call) or target.id.qualname.endswith(".__call__"):
            return (target,)
        if not self._is_named(scope, func, target) and not self._is_alias(scope, func, target):
            raise Refused(
                "unsupported-shape",
                f"`{ast.unparse(func)}` is a variable that holds a function; call the function by its name",
            )
        return (target,)

    def foreign(self, values: Iterable[Value], scope: FunctionId) -> list[str]:
        """What a call in the scope may enter beside the program's own functions, by path."""
        others = (v.path for v in values if isinstance(v, Ext) and not self.fakes.is_fake(v, scope.path))
        return sorted(filter(_can_be, others))

    def _by_item(self, scope: FunctionId, func: ast.expr) -> Target:
        """What becomes of a call of what a variable holds, or a table for a key: `HANDLERS[kind](row)`."""
        if not any(isinstance(v, Fn) and v.id in self.reaching for v in self.program.eval(scope, func)):
            return None
        origin = self.held.origin(scope, func)
        if origin is None:
            raise Refused("unsupported-shape", f"it is not known what `{ast.unparse(func)}` can be")
        return self.held.coroutines(origin) or HELD

    def called(self, values: Iterable[Value]) -> set[Fn]:
        """What a call of the objects enters."""
        found = (m for v in values if isinstance(v, Inst) for m in self.program.attribute(v, "__call__"))
        return {m for m in found if isinstance(m, Fn)}

    def _is_any_of(self, scope: FunctionId, func: ast.expr, objects: set[Fn]) -> bool:
        """Whether what is called is one of the objects: all that is handed over is, or all items of a collection."""
        bindings = self._bindings(scope, func.id) if isinstance(func, ast.Name) else []
        drawn = [b.value for b in bindings if b.how == "element" and b.value is not None]
        items = [item for each in drawn for item in listed.items(self, scope, each)]
        if isinstance(func, ast.Name) and func.id in self.program.functions[scope].parameter_names:
            items += [(caller, argument) for caller, _, argument in self.callbacks.handed(scope, func.id)]
        entered = [self.called(self.program.eval(place, item)) for place, item in items]
        is_known = all(found and found <= objects for found in entered) and (bool(items) or not drawn)
        return is_known and all(isinstance(v, Inst) for v in self.program.eval(scope, func))

    def model(self, call: ast.expr) -> ModelCall | None:
        """The model call that the call is, or has a thread make."""
        made = self.threads.made(call)
        parts = [call] if made is None or not isinstance(call, ast.Call) else [call, made, self.threads.handed(call)]
        return next((self.models[id(part)] for part in parts if id(part) in self.models), None)

    def blocks(self, call: ast.Call) -> bool:
        """Whether the model call keeps the coroutine waiting in which it stands, and all others with it."""
        model = self.model(call)
        return model is not None and not model.is_async and self.threads.made(call) is None

    def _is_own(self, scope: FunctionId, func: ast.expr) -> bool:
        """Whether the project has functions of that name, and one of them is meant."""
        values = self.program.eval(scope, func)
        return any(isinstance(v, Fn) and self.program.functions[v.id].name == last_name(func) for v in values)

    def _stays(self, scope: FunctionId, call: ast.Call) -> bool:
        """Whether the call cannot be carried, but stands in for implementations whose calls can be."""
        function = self.program.functions[scope]
        if function.owner is None or self._carried(scope, call):
            return False
        own = Fn(scope, ClassId(scope.path, function.owner))
        others = {f.id for f in self.families.of({own}, function.name)} - {scope}
        return any(m.function in others and self._carried(m.function, m.node) for m in self.models.values())

    def _carried(self, scope: FunctionId, call: ast.Call) -> bool:
        try:
            self.check_request(scope, call)
        except Refused:
            return False
        return True

    def _is_named(self, scope: FunctionId, func: ast.Name | ast.Attribute, target: Fn) -> bool:
        """Whether it is the function's own name, and no variable of the same name that a factory has filled."""
        if last_name(func) != target.id.qualname.rpartition(".")[2]:
            return False
        if isinstance(func, ast.Name):
            return all(b.how in {"function", "import"} for b in self._bindings(scope, func.id))
        parent = self.program.functions[target.id].parent
        return target.owner is not None or parent is None

    def _is_alias(self, scope: FunctionId, func: ast.expr, target: Fn) -> bool:
        """Whether the name is bound by `from x import f as name`."""
        bindings = self._bindings(scope, func.id) if isinstance(func, ast.Name) else []
        return bool(bindings) and all(b.how == "import" and b.source is not None and b.source.name for b in bindings)

    def _bindings(self, scope: FunctionId, name: str) -> list[Binding]:
        scopes = self.program.scopes(self.program.functions[scope])
        return next((found for each in scopes if (found := each.bindings.get(name))), [])

    def reaches(self, scope: FunctionId, call: ast.Call) -> bool:
        """Whether the call is a model call or leads to one."""
        try:
            return self.converts(scope, call) is not None
        except Refused:
            return True

    # -- checks
    def check_below(self, callees: Iterable[FunctionId]) -> None:
        """Refused where calls of the functions lead to requests, and no backend carries any of them."""
        found = [id for id in callees if id in self.reaching and id in self._below]
        if found and not any(id in self._carrying for id in found):
            call = self.graph.model_calls[min(self._below[id] for id in found)]
            self.check_request(call.function, call.node)

    @cached_property
    def _below(self) -> dict[FunctionId, int]:
        """By function, which model call is the first of those that it leads to."""
        below: dict[FunctionId, int] = {}
        for position, call in enumerate(self.graph.model_calls):
            for id in self._reaching([call.function]):
                below.setdefault(id, position)
        return below

    @cached_property
    def _carrying(self) -> set[FunctionId]:
        """Of the functions that reach requests, those with one that a backend carries."""
        return self._reaching([m.function for m in self.models.values() if self._carried(m.function, m.node)])

    def check_request(self, scope: FunctionId, call: ast.Call) -> str:
        """The backend that carries the request; Refused where none does."""
        model = self.model(call)
        assert model is not None
        catalogue = self.program.catalogue
        line = f"(line {call.lineno})"
        plain = self.threads.plain(call)
        if model.stream or streams(plain.keywords):
            raise Refused("streaming")
        if model.handed and self.threads.made(call) is None and not self.callbacks.is_called_below(call):
            what = f"`{model.call}` is handed to `{ast.unparse(call.func)}` {line}; hand over a function that calls it"
            raise Refused("unsupported-shape", what)
        if model.agent or model.fans_out:
            raise Refused(
                "unsupported-shape", f"`{model.call}` makes requests of its own {line}; call the model directly"
            )
        package, over_http = head_of(model.path), bool(connections.parts(model.path))
        is_known = package in catalogue.packages or over_http
        if catalogue.tier(model.provider, model.endpoint) is None and is_known:
            raise Refused("no-batch-tier", self._without_tier(model.provider, model.endpoint))
        backend = _backend(model.path, model.legacy, model.provider)
        if backend is not None:
            self._check_clients(scope, call)
        if backend is None and model.legacy:
            what = f"`{model.call}` {line} is of an SDK that the helper cannot call; move to the provider's current one"
            raise Refused("no-backend", what)
        if backend is None:
            advice = f"; call the SDK of {model.provider} itself" if model.provider in BACKENDS.values() else ""
            raise Refused("no-backend", f"the helper has no backend for `{model.call}` ({package}) {line}{advice}")
        if runnables.backend(model.path) is not None:
            self.runnables.check(scope, plain)
        if self._streamed.is_streamed(scope, plain, over_http=over_http):
            raise Refused("streaming")
        if over_http:
            connections.check(self._streamed, self.graph.function(scope), plain, package)
        if "with_raw_response" in model.path or "with_streaming_response" in model.path:
            raise Refused("unsupported-shape", f"the raw HTTP response is used {line}, which a batch does not have")
        if header := catalogue.header(model.path):
            what = f"`{header}` {line} sends a header, which a batch line does not carry; call the method without it"
            raise Refused("unsupported-shape", what)
        own = set() if backend == "google_http" else {"params"}  # Gemini's key may stand in the URL
        unfit = next((k.arg for k in plain.keywords if k.arg in _NOT_IN_A_LINE | own), None)
        if unfit:
            raise Refused("unsupported-shape", f"`{unfit}` {line} cannot go into a batch line")
        return backend

    def _check_clients(self, scope: FunctionId, call: ast.Call) -> None:
        """Refused where one of the clients that the call may ask is that of a host without a batch for us."""
        catalogue = self.program.catalogue
        for value in ordered(self.program.eval(scope, self.threads.plain(call).func)):
            if not isinstance(value, Ext):
                continue
            api = catalogue.match(value.path)
            provider = catalogue.host_provider(value.host) if value.host else None
            if api is None or provider is None:
                continue
            if catalogue.tier(provider, api.endpoint) is None:
                raise Refused("no-batch-tier", self._without_tier(provider, api.endpoint))
            if provider in _THROUGH_STORAGE:
                what = f"a batch of {provider} needs Cloud Storage or BigQuery (line {call.lineno})"
                raise Refused("no-backend", what)

    def _without_tier(self, provider: str, endpoint: str) -> str:
        """Why no batch takes the request."""
        catalogue = self.program.catalogue
        if catalogue.refuses(provider, endpoint):
            return f"the batch API of {provider} does not take {endpoint}"
        return catalogue.tier_note(provider) or f"no batch tier on record for {provider} {endpoint}"

    def check_handed(self, value: Ext, node: ast.expr, is_async: bool) -> str:
        """The backend that carries the requests of a method which is handed over; Refused where none does."""
        api = self.program.catalogue.match(value.path)
        shown = f"`{ast.unparse(node)}` (line {node.lineno})"
        backend = _backend(value.path, api.legacy, api.provider) if api and not runnables.backend(value.path) else None
        if api is None or backend is None:
            raise Refused("no-backend", f"the helper has no backend for {shown}")
        if (api.is_async and not is_async) or self.program.catalogue.tier(api.provider, api.endpoint) is None:
            raise Refused("no-batch-tier", f"no batch carries {shown}")
        if api.stream:
            raise Refused("streaming")
        return backend

    def check_twin(self, function: FunctionFacts, carried: list[ast.expr]) -> None:
        """Refused where the function can have no twin. `carried`: decorators that have one themselves."""
        label = Graph.label(function.id)
        if isinstance(function.node, ast.Lambda):
            raise Refused("unsupported-shape", "the request is made in a lambda; give it a `def`")
        for decorator in function.decorators:
            name = ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
            if name not in _HARMLESS and decorator not in carried:
                what = f"`{label}` is wrapped by `@{name}`, which expects an answer at once"
                raise Refused("unsupported-shape", what)


def _backend(path: str, is_legacy: bool, provider: str) -> str | None:
    """The backend that carries calls of the SDK's method, or calls over HTTP."""
    if connections.parts(path):
        return _OVER_HTTP.get(provider)
    backend, methods = _LEGACY.get(head_of(path), (None, ())) if is_legacy else (BACKENDS.get(head_of(path)), _METHODS)
    return backend if path.endswith(methods) else runnables.backend(path)


def _as_called(call: ModelCall) -> ModelCall:
    """The call, which makes a coroutine also where that is awaited elsewhere."""
    return call._replace(is_async=True) if call.path.endswith(_COROUTINES) else call


def _can_be(path: str) -> bool:
    """Whether the path may name something: a name that nothing binds counts as one of Python's own, but is none."""
    found: object = builtins
    for step in path.replace("()", "").split(".")[1:] if path.startswith("builtins.") else ():
        if not hasattr(found, step):
            return False
        found = getattr(found, step)
    return True
