"""Whether the page behind whoever enqueues a task will ask for its result."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from batchlint.facts import MODULE, CallFacts, ClassId, FunctionFacts, FunctionId, Span
from batchlint.graph.amounts import Amounts
from batchlint.graph.links import Edge, Entry, Part, source
from batchlint.graph.lookups import Lookups
from batchlint.graph.progress import Progress
from batchlint.graph.promises import Promises
from batchlint.graph.settled import Settled
from batchlint.graph.statuspages import StatusPages
from batchlint.symbols import Program, last_name
from batchlint.trees import arguments, stands_in, walk, walk_own
from batchlint.values import Cls, Fn, Inst

_STAGE_ABOVE = 2
"""Calls above what enqueues, by which the task before it is found."""
_ROUTES_ABOVE = 3
"""Calls above those who call what enqueues, by which a route may come to it."""


class Polls(Part):
    """Reads what routes answer and what states tasks leave behind."""

    def __init__(
        self,
        program: Program,
        is_test: Callable[[str], bool],
        lookups: Lookups,
        pages: StatusPages,
        entries: Callable[[FunctionId], list[Entry]],
        edges_to: Callable[[FunctionId], list[Edge]],
    ) -> None:
        super().__init__(program)
        self._entries = entries
        self._edges_to = edges_to
        self._is_test = is_test
        self._lookups, self._pages = lookups, pages
        self._amounts = Amounts(program)
        self._settled = Settled(program)
        self._progress = Progress(program)
        self._promises = Promises(program)
        self._polled: dict[tuple[FunctionId, FunctionId, Span], bool] = {}

    def is_polled(self, edge: Edge) -> bool:
        """Whether whoever enqueues answers with a state to ask for again, or looks at that state first.

        The enqueuing function is asked, the functions around it, those that call it, and the routes above these. A task
        that another one enqueues goes on with what the page asks for if both set the same state.
        """
        key = edge.caller, edge.callee, edge.span
        if key not in self._polled:
            self._polled[key] = False
            self._polled[key] = self._is_asked_for(edge) or self._is_next_stage(edge)
        return self._polled[key]

    def _is_next_stage(self, edge: Edge) -> bool:
        """Whether a task of which a page asks enqueues the callee, itself or in a helper, to set the same state."""
        settled = self._settled.of(edge.callee)
        level, seen = {edge.caller} if settled else set(), {edge.callee}
        for _ in range(_STAGE_ABOVE):
            above = [each for id in sorted(level) for each in self._edges_to(id)]
            stages = [each for each in above if each.kind == "queue"]
            alike = [each for each in stages if not settled.isdisjoint(self._settled.of(each.callee))]
            if any(self.is_polled(each) and self._is_asked_by_state(each) for each in alike):
                return True
            seen |= level
            level = {each.caller for each in above if each.kind == "call"} - seen
        return False

    def _is_asked_by_state(self, edge: Edge) -> bool:
        """Whether the page asks for a state rather than for the task by its id: that ends when the task itself does."""
        return self._is_asked_for(edge, by_id=False) or self._is_next_stage(edge)

    def _is_asked_for(self, edge: Edge, *, by_id: bool = True) -> bool:
        polled = self.program.registry.polled
        if self._progress.is_watched(edge.callee):
            return True
        if self.only_sets_off(edge):
            return False
        callee, function = self.function(edge.callee), self.function(edge.caller)
        callers = self._callers(function)
        asked = self._asked(function, callers)
        if any(map(self._promises.are_made, asked)):
            return True
        called = [source(call.node.func).lower() for call in _on_success(callee)]
        if any(word in name for word in polled.pushes for name in called):
            told = self._told_by(asked) & self._settled.of(edge.callee)
            return bool(told) and not told.isdisjoint(self._told_by(self._views(asked)))
        if any(self._speaks_of_state(each, by_id=by_id) for each in asked):
            return True
        if by_id and self._is_route(edge.caller) and self._lookups.gives_id(edge):
            return True
        if by_id and any(map(self._serves_route, self._lookups.by_row(edge))):
            return True
        settled = self._settled.of(edge.callee)
        if any(not self._shown(each).isdisjoint(settled) for each in asked if not self._is_cut(each)):
            return True
        if self._pages.tell(settled) and self._serves_route(edge.caller):
            return True
        if not settled and not self._lookups.are_there:
            return False
        routes = self._routes_above(callers)
        return any(
            self._speaks_of_state(each, by_id=by_id) or not self._shown(each).isdisjoint(settled) for each in routes
        )

    def is_promised(self, edge: Edge) -> bool:
        """Whether whoever enqueues says that the page has the result in a moment, whichever task it comes from."""
        function = self.function(edge.caller)
        return any(map(self._promises.are_made, self._asked(function, self._callers(function))))

    def _asked(self, function: FunctionFacts, callers: Sequence[FunctionFacts]) -> list[FunctionFacts]:
        """The functions that may answer where one of them enqueues: itself, those around it and its callers."""
        return [each for each in (function, *self._around(function), *callers) if each.id.qualname != MODULE]

    def only_sets_off(self, edge: Edge) -> bool:
        """Whether the call runs a scheduled task before its time, with no question of its own and no id to ask with."""
        if self._lookups.are_there or not isinstance(edge.node, ast.Call):
            return False
        above = (each.caller for each in self._edges_to(edge.callee) if each.kind == "call")
        if not any(self._is_scheduled(id) for id in (edge.callee, *above)):
            return False
        caller, task = self.function(edge.caller), Fn(edge.callee)
        return all(
            self._amounts.is_one(caller, each) or task in self.program.eval(edge.caller, each)
            for each in arguments(edge.node)
        )

    def _is_scheduled(self, id: FunctionId) -> bool:
        return any(entry.kind.kind == "schedule" for entry in self._entries(id))

    def _told_by(self, functions: Iterable[FunctionFacts]) -> set[str]:
        """The states that the functions' answers hold."""
        return {state for each in functions for answer in each.returns for state in self._told(each, answer)}

    def _views(self, but: Sequence[FunctionFacts]) -> Iterator[FunctionFacts]:
        """Other functions that a framework may ask for answers."""
        known = {each.id for each in but}
        yield from (
            each
            for each in self.program.functions.values()
            if each.id not in known and (each.decorators or each.owner) and not self._is_test(each.id.path)
        )

    def _callers(self, function: FunctionFacts) -> list[FunctionFacts]:
        return [self.function(caller) for caller, _, _ in self.program.callers.call_sites(function)]

    def _routes_above(self, functions: Sequence[FunctionFacts]) -> Iterator[FunctionFacts]:
        """The routes from which the functions are called, by way of helpers and of lambdas that are handed on."""
        seen = {each.id for each in functions}
        level = list(functions)
        for _ in range(_ROUTES_ABOVE):
            above = [each for function in level for each in (*self._around(function), *self._callers(function))]
            level = [each for each in {each.id: each for each in above}.values() if each.id not in seen]
            seen.update(each.id for each in level)
            yield from (each for each in level if self._is_route(each.id))

    def _is_route(self, id: FunctionId) -> bool:
        return any(entry.kind.kind == "web" for entry in self._entries(id))

    def _serves_route(self, id: FunctionId) -> bool:
        """Whether a route comes to the function, or is it."""
        level, seen = {id}, {id}
        for _ in range(_ROUTES_ABOVE):
            if any(map(self._is_route, sorted(level))):
                return True
            level = {edge.caller for each in level for edge in self._edges_to(each) if edge.kind == "call"} - seen
            seen |= level
        return False

    def _around(self, function: FunctionFacts) -> Iterator[FunctionFacts]:
        outer = self.program.modules_function(function.id.path, function.parent) if function.parent else None
        if outer is not None:
            yield outer
            yield from self._around(outer)

    # -- what a route says
    @cached_property
    def _words(self) -> frozenset[str]:
        """Words of an answer that is to be asked for again; ids only where something looks results up by their id."""
        polled = self.program.registry.polled
        return polled.words | polled.keys if self._lookups.are_there else polled.words

    @cached_property
    def _begun(self) -> re.Pattern[str]:
        """What a sentence says of work that has begun."""
        words = sorted(self.program.registry.polled.begun)
        return re.compile(rf" (?:{'|'.join(words)})(?![a-z])", re.IGNORECASE)

    def _speaks_of_state(self, function: FunctionFacts, *, by_id: bool = True) -> bool:
        """Whether the function answers with a state to ask for again; `by_id`: or with an id to ask with."""
        polled = self.program.registry.polled
        words = self._words if by_id else polled.words
        for expression in function.returns:
            nodes = list(self._answered(function, expression, ast.Dict))
            counted = {id(key) for node in nodes if isinstance(node, ast.Dict) for key in _counted(node)}
            nodes = [node for node in nodes if id(node) not in counted]
            told = {str(node.value) for node in nodes if isinstance(node, ast.Constant)}
            given = {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg is not None}
            if not words.isdisjoint({*(text.lower() for text in told), *told, *given}):
                return True
            if any(isinstance(node, ast.Attribute) and node.attr.lower() in polled.words for node in nodes):
                return True
            # An id to ask with counts also where nothing here looks results up, if the answer says that work has begun.
            if by_id and not polled.keys.isdisjoint(told | given) and any(map(self._begun.search, told)):
                return True
        if not function.returns:
            return False
        return self._is_accepting(function) or any(
            self._tests_state(function, test) for test in self._branches(function)
        )

    def _is_accepting(self, function: FunctionFacts) -> bool:
        """Whether the route is declared with the status of what is not done yet: `status_code=202`."""
        words = self.program.registry.polled.words
        given = (
            keyword.value for each in function.decorators if isinstance(each, ast.Call) for keyword in each.keywords
        )
        return any(
            (isinstance(node, ast.Constant) and isinstance(node.value, int) and str(node.value) in words)
            or (isinstance(node, ast.Attribute) and node.attr.lower() in words)
            for value in given
            for node in walk(value)
        )

    def _tests_state(self, function: FunctionFacts, test: ast.expr) -> bool:
        """Whether a condition looks at a state: an attribute of that name, or a variable beside one of the words."""
        polled = self.program.registry.polled
        nodes = list(walk(test))
        states = [node for node in nodes if isinstance(node, ast.Attribute) and node.attr in polled.attributes]
        if not all(self._is_sent(function, node.value) for node in states):
            return True
        has_word = any(isinstance(node, ast.Constant) and str(node.value).lower() in polled.words for node in nodes)
        return has_word and any(isinstance(node, ast.Name) and node.id in polled.attributes for node in nodes)

    def _is_sent(self, function: FunctionFacts, node: ast.expr) -> bool:
        """Whether it is what a route is sent, whose fields are what somebody wishes: `if body.status == "active"`."""
        if not isinstance(node, ast.Name) or node.id in function.bindings or not self._is_route(function.id):
            return False
        taken = next((each for each in function.parameters if each.arg == node.id), None)
        annotation = taken.annotation if taken is not None else None
        return annotation is not None and function.default(node.id) is None and "Depends" not in source(annotation)

    @staticmethod
    def _branches(function: FunctionFacts) -> Iterator[ast.expr]:
        for node in walk_own(function.node):
            if isinstance(node, ast.If | ast.IfExp):
                yield node.test

    # -- what it shows, and what the task makes of it
    def _shown(self, function: FunctionFacts) -> frozenset[str]:
        """The states that are among what the route answers with: those of a row, a schema or a serializer."""
        found: set[str] = set()
        declared = self._declared(function)
        for expression in function.returns:
            found |= self._states_of([] if declared else self._classes_in(function.id, expression))
            found |= set(self._made_with(function, expression)) | set(self._told(function, expression))
        return frozenset(found | self._states_of(declared) | set(self._serialized(function)))

    def _declared(self, function: FunctionFacts) -> list[ClassId]:
        """The classes to whose fields the framework cuts what the route answers with: `response_model=NoteOut`."""
        scope = FunctionId(function.id.path, function.parent or MODULE)
        decorators = [each for each in function.decorators if isinstance(each, ast.Call)] if function.returns else []
        given = (keyword for each in decorators for keyword in each.keywords)
        schemas = (keyword.value for keyword in given if keyword.arg in {"response_model", "response"})
        return [klass for schema in schemas for klass in self._classes_in(scope, schema)]

    def _is_cut(self, function: FunctionFacts) -> bool:
        """Whether the function only hands its answer to routes that the framework cuts it for."""
        if self._is_route(function.id):
            return False
        routes = [each for each in self._callers(function) if self._is_route(each.id)]
        return bool(routes) and all(self._declared(each) for each in routes)

    def _classes_in(self, scope: FunctionId, node: ast.expr) -> list[ClassId]:
        values = self.program.eval(scope, node)
        return [value.id for value in values if isinstance(value, Inst | Cls)]

    def _states_of(self, classes: list[ClassId]) -> set[str]:
        """The states among the fields of the classes."""
        states = self.program.registry.polled.attributes
        return {
            name
            for klass in classes
            for each in self.program.mro(klass)[0]
            if each in self.program.classes
            for name in states & self.program.classes[each].bindings.keys()
        }

    def _made_with(self, function: FunctionFacts, answer: ast.expr) -> Iterator[str]:
        """The states with which an object was made that the answer speaks of: `job = Job(status="queued")`.

        It speaks of the object or of the id that this was given: `Job(id=job_id, status="queued")`.
        """
        named = {node.id for node in walk(answer) if isinstance(node, ast.Name)}
        for name in sorted(named):
            for binding in function.bindings.get(name, ()):
                made = binding.value.value if isinstance(binding.value, ast.Await) else binding.value
                yield from self._states_given(made)
        for call in function.calls:
            ids = (k.value.id for k in call.node.keywords if _is_id(k.arg) and isinstance(k.value, ast.Name))
            if not named.isdisjoint(ids):
                yield from self._states_given(call.node)

    def _states_given(self, made: ast.expr | None) -> Iterator[str]:
        """The states, not yet final ones, that a call is given."""
        polled = self.program.registry.polled
        for keyword in made.keywords if isinstance(made, ast.Call) else ():
            word = keyword.value.value if isinstance(keyword.value, ast.Constant) else last_name(keyword.value)
            if keyword.arg in polled.attributes and str(word).lower() in polled.words:
                yield keyword.arg

    def _told(self, function: FunctionFacts, answer: ast.expr) -> Iterator[str]:
        """The states of an object that the answer holds, beside what else it tells of it: `{"status": job.status}`."""
        states = self.program.registry.polled.attributes
        for node in self._answered(function, answer, ast.Dict, ast.Call):
            held: Iterable[ast.expr] = node.values if isinstance(node, ast.Dict) else []
            if isinstance(node, ast.Call) and not _answers_http(node):
                held = [keyword.value for keyword in node.keywords if keyword.arg in states]
            held = map(_of_member, held)
            yield from (each.attr for each in held if isinstance(each, ast.Attribute) and each.attr in states)

    @staticmethod
    def _answered(function: FunctionFacts, answer: ast.expr, *kinds: type[ast.expr]) -> Iterator[ast.AST]:
        """The parts of an answer, also of what was put together for it before: `data = {"id": id}; return data`.

        So is what a list was given that it holds: `rows.append({"id": id})`.
        """
        yield from walk(answer)
        names = {node.id for node in walk(answer) if isinstance(node, ast.Name)}
        for name in sorted(names):
            for binding in function.bindings.get(name, ()):
                if isinstance(binding.value, kinds):
                    yield from walk(binding.value)
        for call in function.calls:
            func = call.node.func
            if isinstance(func, ast.Attribute) and func.attr == "append" and isinstance(func.value, ast.Name):
                for given in call.node.args if func.value.id in names else ():
                    if isinstance(given, kinds):
                        yield from walk(given)

    def _serialized(self, function: FunctionFacts) -> Iterator[str]:
        """The states that a view set shows of one object beside making it: its serializer's fields."""
        polled = self.program.registry.polled
        if function.owner is None:
            return
        owner = ClassId(function.id.path, function.owner)
        if polled.readers.isdisjoint(base.path.rpartition(".")[2] for base in self.program.mro(owner)[1]):
            return
        serializers = [v.id for v in self.program.attribute(Cls(owner), "serializer_class") if isinstance(v, Cls)]
        for path, qualname in serializers:
            meta = self.program.classes.get(ClassId(path, f"{qualname}.Meta"))
            for name in ("fields", "model") if meta is not None else ():
                for binding in meta.bindings.get(name, ()) if meta is not None else ():
                    if binding.value is None:
                        continue
                    texts = {node.value for node in walk(binding.value) if isinstance(node, ast.Constant)}
                    yield from polled.attributes & texts
                    if name == "model":
                        yield from self._states_of(self._classes_in(FunctionId(path, MODULE), binding.value))


def _on_success(function: FunctionFacts) -> Iterator[CallFacts]:
    """The function's calls but for those that an error leads to."""
    handlers = [node for node in walk_own(function.node) if isinstance(node, ast.ExceptHandler)]
    yield from (call for call in function.calls if not any(stands_in(call.node, each) for each in handlers))


def _counted(node: ast.Dict) -> Iterator[ast.expr]:
    """The keys under which there is a number of things: `{"queued": len(ids)}` is no state."""
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None and isinstance(value, ast.Call) and last_name(value.func) == "len":
            yield key


def _of_member(node: ast.expr) -> ast.expr:
    """What holds a member of an enumeration of which a value or a name is given: `note.status.value`."""
    is_part = isinstance(node, ast.Attribute) and node.attr in {"value", "name"}
    return node.value if is_part and isinstance(node.value, ast.Attribute) else node  # type: ignore[attr-defined]


def _is_id(name: str | None) -> bool:
    return name is not None and re.search(r"(^|_)(id|uuid|pk|key)$", name) is not None


def _answers_http(node: ast.Call) -> bool:
    """Whether the call's own status is that of the answer: `Response(data, status=upstream.status)`."""
    return last_name(node.func).endswith(("Response", "response"))
