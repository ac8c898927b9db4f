"""The calls that lead down to a model call: itself, and those of the functions that only pass a request on."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from batchlint import flow, given, judging, owners
from batchlint.facts import MODULE, FunctionId
from batchlint.findings import Latency
from batchlint.graph import Edge, Entry, Graph, ModelCall, Reach, relevant
from batchlint.graph.sittings import SITTING
from batchlint.graph.ways import Way
from batchlint.owners import OWN
from batchlint.places import RUNS, only_holds
from batchlint.symbols import host_of, last_name
from batchlint.symbols.names import LOCAL
from batchlint.symbols.parsed import PARSED
from batchlint.trees import spreads
from batchlint.values import Ext, Fn, Text

MAX_LEVELS = 8
"""How many wrappers of wrappers are followed."""
MAX_UP = 16
"""How many calls above the model's one is looked for."""
_ON_THEIR_OWN = frozenset({"schedule", "pipeline"})
"""Kinds of entry points that nobody's wish starts."""
_UNCLEAR = frozenset({"unknown", "background"})
"""Kinds of entry points of which nothing tells whether somebody waits there."""


class Level(NamedTuple):
    """A way down to the model call: from a call of `edges[0]`, or the model call itself."""

    edges: tuple[Edge, ...]
    way: Way
    is_plumbing: bool
    """Whether the call is a wrapper's of its own object's or module's inside."""
    parts: bool = False
    """Whether nothing of the request stands here, but nobody waits, as somebody does for others who call the same."""
    rounds: bool = False
    """Whether what has the requests stands further down: a call to look at, no decision."""


class _Wrapper(NamedTuple):
    """A function that passes what it takes on to the request, with the calls from it down to the model."""

    id: FunctionId
    way: Way
    below: tuple[Edge, ...]
    passed: set[str]
    """The parameters that it passes on."""
    asked: Sequence[ast.AST]
    """What its call down is given of the request."""
    is_kept: bool
    is_many: bool


def find(graph: Graph, model: ModelCall) -> Iterator[Level]:
    """The ways down to the model call, from the call itself up through the functions that pass parameters on to it."""
    start = graph.ways.start(model.function, model.node)
    yield Level((), start, False)
    is_many = model.fans_out or _stands_in_loop(graph, model)
    function = graph.function(model.function)
    asked: Sequence[ast.AST] = [*flow.request_arguments(model.node), *given.chained(model, function)]
    told = owners.written(function)
    passed = _passed_on(graph, model.function, start, model.node, asked, told, is_many=is_many)
    passed |= _own(graph, model.function, start, given.prompts(model, model.node), (), is_many=is_many)
    queue: list[_Wrapper] = []
    if passed:
        is_kept = _keeps_answer(graph, model.function, model.node)
        queue.append(_Wrapper(model.function, start, (), passed, asked, is_kept, is_many))
    seen: set[tuple[FunctionId, Way]] = {(model.function, start)}
    inside: set[tuple[FunctionId, Way]] = set()
    tops: list[_Top] = [] if passed else [(model.function, start, ())]
    done: list[_Top] = []
    queued: list[_Top] = []
    in_loop = is_many
    while queue:
        id, way, below, passed, asked, is_kept, is_many = queue.pop(0)
        if _is_sat_through(graph, id, below[0].node if below else model.node):
            continue  # whoever comes there from above sits in front of it as well
        is_shared = _is_shared(graph, id, way)
        # Of the calls in one caller the one in a loop speaks for those above: `if few: embed(texts) else: for ...`.
        for edge in sorted(graph.edges_to(id), key=lambda each: not each.repeats):
            if edge.kind == "queue":
                queued.append((id, way, below))
            if edge.kind == "queue" or not isinstance(edge.node, ast.Call) or _names_local(graph, edge):
                continue
            above = graph.ways.above(edge, way)
            if above is None:
                continue
            edges = (edge, *below)
            if last_name(edge.node.func) == "partial" or (
                edge.kind == "callback" and only_holds(graph, edge.caller, edge.node)
            ):
                continue  # binds or keeps what it is given, calls nothing
            if edge.kind == "callback" and not edge.repeats and graph.starts_here(id):
                continue  # makes it the entry point that it is
            # The call of a function that stands in this one is no decision of its own, but in a loop it is.
            is_nested = edge.caller == _outer(graph, id)
            is_inner = is_nested and not passed & _names(graph, id)
            handed = _given(graph, edge, passed, is_shared=is_shared)
            caller = graph.function(edge.caller)
            if not is_shared and handed and all(owners.is_own(caller, each) for each in handed):
                # Which object it is nobody decides who only asks his own: who asks that one does, unless to store it.
                is_one = not is_many and not edge.repeats and caller.name not in graph.program.registry.saving_methods
                is_new = (edge.caller, above) not in inside and len(edges) < MAX_LEVELS
                if is_one and is_new and not _decides(graph, edge.caller, above):
                    inside.add((edge.caller, above))
                    queue.append(_Wrapper(edge.caller, above, edges, {OWN}, handed, is_kept, is_many))
                handed = []
            if not handed and not is_inner:
                tops.append((id, way, below))
                continue
            if is_nested:
                handed = [*handed, *_captured(graph, id, asked)]
            repeats = is_many or edge.repeats
            told = [*owners.written(caller), *(owners.fed(flow.body(caller)) if OWN in passed else ())]
            taken = (
                passed if is_inner else _passed_on(graph, edge.caller, above, edge.node, handed, told, is_many=repeats)
            )
            if not is_inner and not (is_many and not is_shared):
                taken |= _own(graph, edge.caller, above, handed, told, is_many=repeats)
            # Who waits for what keeps its answer is told of below.
            is_told = (is_kept or passed == {OWN}) and graph.is_waited_for(edge.caller, above)
            if (edge.repeats or not is_inner) and not is_told:
                yield Level(edges, above, bool(taken) and not edge.repeats and _is_inside(edge))
            keeps = is_kept or _keeps_answer(graph, edge.caller, edge.node)
            if keeps and repeats and not _is_shared(graph, edge.caller, above):
                done.append((edge.caller, above, edges))
                continue  # the work of all items is done here, or those who wait have parted from those who do not
            if taken and (edge.caller, above) not in seen and len(edges) < MAX_LEVELS:
                seen.add((edge.caller, above))
                queue.append(_Wrapper(edge.caller, above, edges, taken, handed, keeps, repeats))
            elif not taken:
                tops.append((edge.caller, above, edges))
    yield from _partings(graph, start, [*tops, *done], in_loop and _keeps_answer(graph, model.function, model.node))
    yield from _starts(graph, [*done, *tops], in_loop)
    yield from _enqueuers(graph, [*done, *tops, *queued])


_Top = tuple[FunctionId, Way, tuple[Edge, ...]]
"""A function that makes the request up, with the calls from it down to the model."""


def _partings(graph: Graph, start: Way, tops: list[_Top], in_loop: bool) -> Iterator[Level]:
    """The calls by which those come to the request who do not wait, where others who start the same code do.

    With them the calls below, for which somebody waits. `in_loop`: whether all items are asked about, and the answers
    kept, where the model call stands.
    """
    seen: set[tuple[FunctionId, Way]] = set()
    while tops:
        id, way, below = tops.pop(0)
        if (id, way) in seen or len(below) >= MAX_LEVELS or not _is_open(graph, id, way):
            continue
        if any(edge.kind == "callback" for edge in below):
            continue  # runs what it hands over some other time
        seen.add((id, way))
        if any(map(_leads_dialogue, relevant(graph.reaches(id, way)))):
            continue  # so it does for those as well who only play one
        for edge in graph.edges_to(id):
            above = graph.ways.above(edge, way) if _calls_by_name(graph, edge) else None
            if above is None:
                continue
            if _is_open(graph, edge.caller, above):
                tops.append((edge.caller, above, (edge, *below)))
            elif _is_alone(graph, edge, above, many=_is_told_what(graph, edge) and _does_all(graph, below, in_loop)):
                yield from _on_the_way(graph, start, (edge, *below))


def _is_told_what(graph: Graph, edge: Edge) -> bool:
    """Whether the call is a program's of its own, or a file's with options: a page's own `main()` is the page."""
    return edge.caller.path != edge.callee.path or (edge.caller.qualname == MODULE and _chooses(graph, edge))


def _does_all(graph: Graph, below: Sequence[Edge], in_loop: bool) -> bool:
    """Whether the calls below go through all items and keep the answers: whoever starts that starts a whole job."""
    return in_loop or any(edge.repeats and _keeps_answer(graph, edge.caller, edge.node) for edge in below)


def _starts(graph: Graph, tops: Iterable[_Top], in_loop: bool) -> Iterator[Level]:
    """The calls, up to the start, by which those come to all the work who do not wait: `for day in days: index(day)`.

    That is a loop below, a harness that runs it once per example, or the one request of a scheduled job.
    """
    # Where others wait for what the inner loop asks, or a queue asks for one part at a time, it does not speak for all.
    queue = [top for top in tops if _kinds(graph, top[0], top[1]) <= RUNS - {"task_queue"}]
    queue = [
        (id, way, below)
        for id, way, below in queue
        if in_loop or any(edge.repeats for edge in below) or graph.runs(id) or _is_single(graph, (id, way, below))
    ]
    seen: set[tuple[FunctionId, Way]] = set()
    while queue:
        id, way, below = queue.pop(0)
        if (id, way) in seen or len(below) >= MAX_UP or graph.never_ends(id):
            continue
        seen.add((id, way))
        many = in_loop or any(edge.repeats for edge in below)
        callers = graph.edges_to(id)
        is_part = any(edge.repeats for edge in callers)
        runs = graph.runs(id)
        for edge in (*callers, *runs):
            is_clear = edge in runs or _calls_by_name(graph, edge) or _picks_a_job(graph, edge)
            above = graph.ways.above(edge, way) if is_clear else None
            if above is None or not (edge.repeats or (_chooses(graph, edge) and not _only_starts(graph, edge))):
                continue
            edges = (edge, *below)
            queue.append((edge.caller, above, edges))
            # What others do for each of many is one of them here.
            if (edge.repeats or not is_part) and _is_alone(graph, edge, above, many=many):
                yield Level(edges, above, is_plumbing=False, parts=True, rounds=True)


def _chooses(graph: Graph, edge: Edge) -> bool:
    """Whether the call says what is to be done: what it gives, or when. A file's plain `main()` only starts it."""
    call = edge.node
    if edge.caller.qualname != MODULE or not isinstance(call, ast.Call):
        return True
    facts = graph.program.call_facts.get(id(call))
    tests = facts.call.tests if facts is not None else ()
    return bool(call.args or call.keywords) or any("__name__" not in flow.all_read([test]) for test in tests)


def _only_starts(graph: Graph, edge: Edge) -> bool:
    """Whether the call gives nothing but the whole command line: `main(parser.parse_args())`."""
    call = edge.node
    if edge.caller.qualname != MODULE or not isinstance(call, ast.Call):
        return False
    given = [graph.program.eval(edge.caller, each) for each in (*call.args, *(k.value for k in call.keywords))]
    return bool(given) and all(
        len(values) == 1 and all(isinstance(v, Ext) and v.path == PARSED for v in values) for values in given
    )


def _enqueuers(graph: Graph, tops: Iterable[_Top]) -> Iterator[Level]:
    """The loops that nobody waits for and that enqueue a task per item: all items are together only there."""
    queue = list(tops)
    seen: set[tuple[FunctionId, Way]] = set()
    while queue:
        id, way, below = queue.pop(0)
        if (id, way) in seen or len(below) >= MAX_LEVELS:
            continue
        seen.add((id, way))
        for edge in graph.edges_to(id):
            is_queue = edge.kind == "queue"
            above = graph.ways.above(edge, way) if is_queue or _calls_by_name(graph, edge) else None
            if above is None:
                continue
            edges = (edge, *below)
            if not is_queue:
                queue.append((edge.caller, above, edges))
            elif edge.repeats and _is_alone(graph, edge, above, many=True):
                yield Level(edges, above, is_plumbing=False, parts=True, rounds=True)


def _is_single(graph: Graph, top: _Top) -> bool:
    """Whether a scheduled job makes the request, once."""
    reaches = relevant(graph.reaches(top[0], top[1]))
    is_scheduled = any(reach.entry.kind.kind == "schedule" for reach in reaches)
    return is_scheduled and not any(edge.repeats for reach in reaches for edge in reach.edges)


def _on_the_way(graph: Graph, start: Way, edges: tuple[Edge, ...]) -> Iterator[Level]:
    """The calls from the last one up to the first, but none of what goes on without an end: that only begins it."""
    way = start
    for at in range(len(edges) - 1, -1, -1):
        above = graph.ways.above(edges[at], way)
        if above is None or graph.never_ends(edges[at].callee):
            return
        way = above
        yield Level(edges[at:], way, is_plumbing=False, parts=True)


def _calls_by_name(graph: Graph, edge: Edge) -> bool:
    """Whether the code says there which function runs."""
    call = edge.node
    if edge.kind in {"queue", "callback"} or not isinstance(call, ast.Call):
        return False
    called = last_name(call.func)
    runs = [call.func, *(() if called[:1].isupper() else call.args)]
    if called in graph.program.registry.calling_methods and isinstance(call.func, ast.Attribute):
        runs.append(call.func.value)  # `tool.invoke(...)`
    callee = graph.function(edge.callee)
    is_made = callee.name == "__init__" and callee.owner is not None and callee.owner.rpartition(".")[2] == called
    is_named = callee.name in map(last_name, runs)
    return edge.kind != "call" or is_made or is_named or any(_is_only(graph, edge, each) for each in runs)


def _is_only(graph: Graph, edge: Edge, node: ast.expr) -> bool:
    """Whether the node is what the edge leads to by another name: `from app.jobs import run as run_jobs`."""
    return isinstance(node, ast.Name) and graph.program.eval(edge.caller, node) == {Fn(edge.callee)}


def _picks_a_job(graph: Graph, edge: Edge) -> bool:
    """Whether the call runs one of several functions, each of which asks a model: `JOBS[name](rows)`."""
    call = edge.node
    if edge.kind != "call" or not isinstance(call, ast.Call):
        return False
    values = graph.program.eval(edge.caller, call.func)
    return all(isinstance(value, Fn) and graph.asks(value.id) for value in values)


def _leads_dialogue(reach: Reach) -> bool:
    """Whether the code asks a person at a terminal, rather than that a person starts the program as a whole."""
    kind = reach.entry.kind
    is_asked = kind.kind == "interactive" and kind.framework != SITTING
    return is_asked and all(edge.callee.qualname != MODULE for edge in reach.edges)


def _is_sat_through(graph: Graph, id: FunctionId, node: ast.expr) -> bool:
    """Whether the function comes to the node only together with somebody whom it asks, before or between."""
    asking = (entry for entry in graph.entries(id) if entry.kind.kind == "interactive")
    asking = (entry for entry in asking if _is_in_front(entry) or (entry.asking is not None and entry.asking.is_aside))
    return any(not graph.are_apart(id, entry, node) for entry in asking)


def _is_in_front(entry: Entry) -> bool:
    """Whether the entry is a question to the one who waits, rather than whether to go on."""
    return entry.kind.latency is Latency.REALTIME and entry.kind.framework != SITTING


def _kinds(graph: Graph, id: FunctionId, way: Way) -> set[str]:
    """The kinds of entry points that lead to the function; what a schedule puts into a queue is the schedule's."""
    reaches = relevant(graph.reaches(id, way))
    scheduled = [reach.edges for reach in reaches if reach.entry.kind.kind == "schedule"]
    kinds = ((reach.entry.kind.kind, reach.edges) for reach in reaches)
    return {kind for kind, edges in kinds if kind != "task_queue" or edges not in scheduled}


def ways_in(graph: Graph, id: FunctionId, way: Way, node: ast.expr, edge: Edge | None) -> list[Reach]:
    """The ways in which the outside world comes to the node of the function, which is the edge's if there is one."""
    found = (graph.at(reach, id, node) for reach in graph.reaches(id, way))
    reaches = [reach for reach in found if reach is not None]
    if edge is None or edge.kind != "queue":
        return reaches
    # Who waits for a task does not wait for what that enqueues, but who is told that all will be there in a moment.
    queued = ([each for each in reach.edges if each.kind == "queue"] for reach in reaches)
    return [reach for reach, edges in zip(reaches, queued, strict=True) if all(map(graph.is_promised, edges))]


def _is_alone(graph: Graph, edge: Edge, above: Way, *, many: bool = False) -> bool:
    """Whether nobody waits on any way to the call, and there is enough to ask for a batch."""
    reaches = relevant(ways_in(graph, edge.caller, above, edge.node, edge))
    kinds = {reach.entry.kind.kind for reach in reaches}
    # What somebody starts is worth it where it asks again and again.
    is_often = many or edge.repeats or any(each.repeats for reach in reaches for each in reach.edges)
    is_waited_for = any(reach.entry.kind.latency is Latency.REALTIME for reach in reaches)
    return not is_waited_for and kinds <= RUNS and (is_often or bool(kinds & _ON_THEIR_OWN))


def _names_local(graph: Graph, edge: Edge) -> bool:
    """Whether the call says that a server on this machine is to be asked: `self._post(f"{self.url}/api/generate")`."""
    first = edge.node.args[0] if isinstance(edge.node, ast.Call) and edge.node.args else None
    if not isinstance(first, ast.JoinedStr | ast.BinOp):
        return False
    values = graph.program.eval(edge.caller, first)
    return bool(values) and all(isinstance(value, Text) and host_of(value.text) == LOCAL for value in values)


def _is_inside(edge: Edge) -> bool:
    """Whether the call leads on to its own object's or module's inside."""
    func = edge.node.func if isinstance(edge.node, ast.Call) else None
    if isinstance(func, ast.Attribute):
        return isinstance(func.value, ast.Name) and func.value.id in {"self", "cls"}
    return isinstance(func, ast.Name) and edge.callee.path == edge.caller.path


def _names(graph: Graph, id: FunctionId) -> set[str]:
    function = graph.function(id)
    rest = [sign for sign, name in (("*", function.rest), ("**", function.named)) if name]
    return {*function.parameter_names, *rest}


def _captured(graph: Graph, id: FunctionId, asked: Sequence[ast.AST]) -> list[ast.AST]:
    """What goes into the request, beside what the function is handed, of the variables of the one it stands in."""
    function = graph.function(id)
    names = flow.origins(asked, flow.moves_of(function, asked)) - function.parameter_names - function.bindings.keys()
    return [ast.Name(name) for name in sorted(names) if "." not in name]


def _outer(graph: Graph, id: FunctionId) -> FunctionId | None:
    parent = graph.function(id).parent
    return FunctionId(id.path, parent) if parent is not None else None


def _given(graph: Graph, edge: Edge, passed: set[str], *, is_shared: bool) -> list[ast.AST]:
    """The arguments that become the parameters `passed` of the callee; all where the function is handed over.

    Of a method that `is_shared` also what its object is made of, where the caller makes it for this.
    """
    call = edge.node
    if not isinstance(call, ast.Call):
        return []
    arguments = flow.request_arguments(call)
    if edge.kind != "call" or (spreads(call) and passed != {OWN}):
        return arguments
    callee = graph.function(edge.callee)
    found = [argument for name, argument in given.arguments(graph, edge.caller, call, callee) if name in passed]
    if OWN in passed and isinstance(call.func, ast.Attribute) and call.func.attr == callee.name:
        own = call.func.value if is_shared else owners.picked(graph, edge)
        found += [own] if own is not None else []
    made = given.construction(graph, edge.caller, call) if is_shared and found else None
    return [*found, *(flow.request_arguments(made) if made is not None else ())]


def _stands_in_loop(graph: Graph, model: ModelCall) -> bool:
    """Whether a loop over items stands around the model call itself."""
    call = graph.program.call_facts.get(id(model.node))
    return call is not None and graph.is_repeated(model.function, call.call)


def _passed_on(
    graph: Graph,
    id: FunctionId,
    way: Way,
    node: ast.expr,
    arguments: Sequence[ast.AST],
    told: Sequence[flow.Move],
    *,
    is_many: bool,
) -> set[str]:
    """The parameters of a function that only passes on: they become `arguments` of the call, the answer comes back.

    Those of the functions around it count too. What is started from outside decides itself, and so does what keeps the
    answers of all items (`is_many`), unless somebody waits then: who else calls it may have nobody waiting. What keeps
    the answer of one is asked again by whoever goes through the items. What its object keeps may be what it asks next.
    """
    if id.qualname == MODULE or not isinstance(node, ast.Call):
        return set()
    if _decides(graph, id, way):
        return set()
    function = graph.function(id)
    is_kept = is_many and _keeps_answer(graph, id, node)
    if is_kept and (flow.fills(function, node) or not _is_shared(graph, id, way)):
        return set()
    taken = flow.taken_parameters(function, arguments, told)
    own = owners.own_name(function)
    taken = {OWN if name == own else name for name in taken}
    inner = flow.moves_of(function, arguments)
    outer = _outer(graph, id)
    while not taken and outer is not None:
        taken = flow.taken_parameters(graph.function(outer), arguments, inner)
        outer = _outer(graph, outer)
    return taken


def _own(
    graph: Graph,
    id: FunctionId,
    way: Way,
    arguments: Sequence[ast.AST],
    told: Sequence[flow.Move],
    *,
    is_many: bool,
) -> set[str]:
    """The method's own object, where what it holds becomes the arguments: who calls the method picks it.

    Beyond the loop over all items that makes a difference only to those who do not wait for what others wait for.
    """
    function = graph.function(id)
    is_part = function.owner is not None and bool(flow.needs(arguments, [*flow.moves_of(function), *told]))
    if not is_part or _decides(graph, id, way):
        return set()
    return set() if is_many and not _is_shared(graph, id, way) else {OWN}


def _decides(graph: Graph, id: FunctionId, way: Way) -> bool:
    """Whether the outside world starts the very function, and nobody waits for it.

    A step of a pipeline that other steps call is started by them: which requests there are they decide.
    """
    if not graph.starts_here(id) or graph.is_waited_for(id, way):
        return False
    return not graph.is_step(id)


def _keeps_answer(graph: Graph, id: FunctionId, node: ast.expr) -> bool:
    """Whether what the call gives is not what the function gives."""
    saving = graph.program.registry.saving_methods
    function = graph.function(id)
    return isinstance(node, ast.Call) and not (
        flow.gives_answer(function, node, saving) or judging.judges(function, node)
    )


def _is_shared(graph: Graph, id: FunctionId, way: Way) -> bool:
    """Whether some of those who start the function wait for it, or sit in front of it, and others do not."""
    waits = {
        reach.entry.kind.latency is Latency.REALTIME or reach.entry.kind.framework == SITTING
        for reach in relevant(graph.reaches(id, way))
    }
    return len(waits) == 2


def _is_open(graph: Graph, id: FunctionId, way: Way) -> bool:
    """Whether some of those who start the function wait for it, or may do so for all that is known; others do not."""
    kinds = {reach.entry.kind.kind for reach in relevant(graph.reaches(id, way))}
    return _is_shared(graph, id, way) or (bool(kinds & _UNCLEAR) and bool(kinds & RUNS))
