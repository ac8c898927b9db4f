"""From planned fan-outs to texts: which twins stand in place or beside, and what each file imports."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from batchlint.codemod import helper_places, imports, leftovers, log_handlers, plain, reexports, webhooks
from batchlint.codemod.blocks import Comprehension, Loop
from batchlint.codemod.call_rewriter import Names
from batchlint.codemod.changes import Fanout, FileChanges, Place
from batchlint.codemod.helper_places import HELPER
from batchlint.codemod.refusals import EditedHelperError
from batchlint.codemod.rewriter import rewrite
from batchlint.facts import FunctionId
from batchlint.graph import Graph
from batchlint.symbols import Program
from batchlint.values import Ext, Fn

_LOOKING_UP = frozenset(
    [
        "getattr", "setattr", "globals", "locals", "vars", "eval", "exec", "attrgetter", "methodcaller", "getmembers",
        "import_module", "patch", "object", "send_task", "signature", "add_job", "Fire",
    ]
)  # fmt: skip
"""Calls that find functions by a name in a string."""
_UNNAMED = {"called_again": re.compile(r"\.parse\b"), "Runnables": re.compile(r"\.a?(invoke|embed_query)\b")}
"""What code needs of the helper without naming it, by the methods that it calls."""
_BLANKS = re.compile(r"(?<=[\r\n])[ \t\f]+\Z")


def write(graph: Graph, fanouts: Sequence[Fanout], framework: str | None = None) -> Iterator[tuple[str, str, str]]:
    """Path, text before and text after of every file that changes, and of the helper module.

    `framework`: the web framework for which jobs that leave get a handler.
    """
    if not fanouts:
        return
    inner, outer = _apart(fanouts)
    whole = _merged(outer)
    twins = _twins(graph, whole)
    imported = _imported(graph, whole, twins)
    groups = helper_places.Groups(graph, whole, outer, HELPER)
    for path in sorted({*whole.changes, *(id.path for id in whole.twins)}):
        changes = whole.changes.get(path) or FileChanges()
        module = graph.modules[path]
        names = _names(graph, path, changes, imported, twins)
        wanted = imported.wanted.pop(path, {})
        names.bound = imports.bound(module.tree, HELPER) | {bound for _, bound in wanted.values()}
        names.bound = names.bound.union(*imported.direct.get(path, {}).values())
        names.bound |= {name for id, (_, name) in twins.items() if id.path == path and graph.function(id).owner is None}
        tasks = [*changes.tasks.values(), *(sent.task for sent in changes.sent.values())]
        names.bound |= {name for task in tasks for name in (task.twin, task.together)}
        names.fanning |= {_place(graph, path, graph.function(id).node) for id in inner if id.path == path}
        before, blanks = _apart_from_blanks(module.text)
        text, helpers = rewrite(before, changes, names)
        from_helper = {h for h in helpers if ":" not in h}
        groups.use(path, from_helper)
        named = {f"{name} as {names.aliases[name]}" if name in names.aliases else name for name in from_helper}
        text = imports.add(text, groups.module_for(path), named, wanted, groups.own(path))
        text = imported.completed(path, text, groups.own(path))
        for extra in sorted(h for h in helpers if ":" in h):
            package, _, name = extra.partition(":")
            text = imports.add(text, package, {name}, {}, {"celery"})
        text = leftovers.drop(before, text, partial(_is_named_elsewhere, graph, path))
        text = imports.drop_unused(before, text)
        if text != before:
            yield path, module.text, text + blanks
    for path, wanted in sorted(imported.wanted.items()):
        before, blanks = _apart_from_blanks(graph.modules[path].text)
        text = imports.add(before, "", set(), wanted)
        yield path, before + blanks, imported.completed(path, text, groups.own(path)) + blanks
    places = [_whole(graph, fanouts, groups, place) for place in groups.helpers()]
    for place in places:
        yield from _helper(graph, place)
    jobs = {job: words for fanout in fanouts for job, words in fanout.webhook.items()}
    if framework is not None and jobs and places:
        yield _handler(graph, groups, places[0].path, framework, jobs)


def _apart_from_blanks(text: str) -> tuple[str, str]:
    """The text, and the blanks in a last line without an end: LibCST drops the empty lines and comments before them."""
    found = _BLANKS.search(text)
    return (text[: found.start()], found[0]) if found else (text, "")


def others_place(graph: Graph, fanouts: Sequence[Fanout]) -> Callable[[Fanout], str | None]:
    """What tells of a fan-out in which place of its helper module another one of the project lies."""
    from batchlint import runtime

    def is_others(path: str) -> bool:
        module = graph.modules.get(path)
        return module is not None and not runtime.served(module.text)[0]

    if not fanouts:
        return lambda fanout: None
    outer = _apart(fanouts)[1]
    groups = helper_places.Groups(graph, _merged(outer), outer, HELPER)
    return lambda fanout: next(filter(is_others, map(groups.location, sorted(fanout.changes))), None)


def _helper(graph: Graph, place: helper_places.Helper) -> Iterator[tuple[str, str, str]]:
    """The helper module, where it is not there yet or lacks something."""
    from batchlint import runtime

    known = graph.modules.get(place.path)
    if known is None:
        yield place.path, "", runtime.render(place.providers, place.names)
    elif missing := runtime.lacking(known.text, place.providers, place.names):
        extended = runtime.extended(known.text, place.providers, place.names)
        if extended is None:
            options = " ".join(f"--provider {provider}" for provider in place.providers)
            lacking = f"was edited and lacks {', '.join(missing)}"
            raise EditedHelperError(f"{place.path} {lacking}: see `batchlint runtime {options}` for all parts")
        yield place.path, known.text, extended


def _whole(
    graph: Graph, fanouts: Sequence[Fanout], groups: helper_places.Groups, place: helper_places.Helper
) -> helper_places.Helper:
    """The helper with what its users need without naming it."""
    own = [f for f in fanouts if any(groups.location(path) == place.path for path in f.changes)]
    names = set(place.names)
    if "run_batch" in names and not all(plain.is_plain(graph, fanout) for fanout in own):
        names.add("Loop")
    texts = [graph.modules[path].text for fanout in own for path in fanout.changes]
    names |= {name for name, asked in _UNNAMED.items() if any(map(asked.search, texts))}
    names = names.union(*(fanout.parts for fanout in own))
    if names & {"Loop", "gather_in_order"} and log_handlers.is_shown(graph.program):
        names.add("logs_in_turn")
    return place._replace(names=sorted(names))


def _is_named_elsewhere(graph: Graph, path: str, name: str) -> bool:
    """Whether another file may use the variable of this one, by its name."""
    word = re.compile(rf"\b{name}\b")
    return name in (graph.modules[path].exports or ()) or any(
        word.search(module.text) for other, module in graph.modules.items() if other != path
    )


def _handler(
    graph: Graph, groups: helper_places.Groups, helper: str, framework: str, jobs: webhooks.Jobs
) -> tuple[str, str, str]:
    """The webhook's handler beside the helper, with these jobs."""
    path = helper.replace(f"{HELPER}.py", f"{webhooks.NAME}.py")
    module, depth = groups.beside(helper), path.count("/")
    known = graph.modules.get(path)
    if known is None:
        return path, "", webhooks.render(framework, module, jobs, depth)
    return path, known.text, webhooks.extended(path, known.text, framework, module, jobs, depth)


def replaced(graph: Graph, fanouts: Sequence[Fanout]) -> set[FunctionId]:
    """The functions that become generators where they stand, as nothing but the fan-outs uses them."""
    twins = _twins(graph, _merged(_apart(fanouts)[1])) if fanouts else {}
    return {id for id, (how, _) in twins.items() if how == "in place"}


def _apart(fanouts: Sequence[Fanout]) -> tuple[set[FunctionId], list[Fanout]]:
    """The functions whose loops join others' rounds, and the fan-outs that run their own."""
    inner = _inner(fanouts)
    outer = [f for f in fanouts if f.function not in inner or not isinstance(f.node, Loop | Comprehension)]
    return inner, outer or list(fanouts[:1])


def _merged(fanouts: Sequence[Fanout]) -> Fanout:
    whole = Fanout(fanouts[0].function, fanouts[0].node)
    for fanout in fanouts:
        whole.merge(fanout)
        whole.is_async |= fanout.is_async
    return whole


def _twins(graph: Graph, whole: Fanout) -> dict[FunctionId, tuple[str, str]]:
    """How the twin of each function stands, and its name."""
    found: dict[FunctionId, tuple[str, str]] = {}
    named: dict[str, set[str]] = {}
    for group in _groups(graph, whole):
        users = {id.path for id in group} | {path for path in whole.changes if _uses(whole.changes[path], group)}
        for path in users - named.keys():
            named[path] = {n.id for n in ast.walk(graph.modules[path].tree) if isinstance(n, ast.Name)}
            named[path] |= {f.name for f in graph.modules[path].functions.values()}
        how, name = _twin(graph, group, whole, set().union(*(named[path] for path in users)))
        for path in users if how == "beside" else ():
            named[path].add(name)
        found |= dict.fromkeys(sorted(group), (how, name))
    return found


def _uses(changes: FileChanges, ids: set[FunctionId]) -> bool:
    """Whether the file calls, or hands over, the twin of one of the functions."""
    return any(change.twin in ids for change in changes.calls.values()) or not ids.isdisjoint(
        changes.references.values()
    )


def _inner(fanouts: Sequence[Fanout]) -> set[FunctionId]:
    """Functions with a loop of their own that others fan out: their twin joins the others' rounds."""
    return {
        inner.function
        for inner in fanouts
        for outer in fanouts
        if inner is not outer and not inner.is_async and inner.function in outer.twins
    }


def _groups(graph: Graph, whole: Fanout) -> list[set[FunctionId]]:
    """The functions that get a twin, those together whose twins must stand alike."""
    groups: list[set[FunctionId]] = [{id} for id in sorted(whole.twins) if not graph.function(id).is_async]
    for family in whole.families:
        joined = [g for g in groups if g & family]
        groups = [*(g for g in groups if not g & family), *([set().union(*joined)] if joined else [])]
    return groups


def _twin(graph: Graph, ids: set[FunctionId], whole: Fanout, taken: set[str]) -> tuple[str, str]:
    """How the functions' twins stand, and their name: in place where nothing but changed code uses the functions.

    `taken`: the names in the files that define or use them.
    """
    first = graph.function(min(ids))
    is_object = first.name == "__call__"  # of which not all calls show
    if not is_object and _only_changed_code_uses(graph, ids, whole):
        return "in place", first.name
    name = "call_batch" if is_object else f"{first.name}_batch"
    while name in taken:
        name += "ed" if name.endswith("_batch") else "_"
    return "beside", name


def _only_changed_code_uses(graph: Graph, ids: set[FunctionId], whole: Fanout) -> bool:
    program = graph.program
    name = graph.function(min(ids)).name
    edges = [edge for id in sorted(ids) for edge in graph.edges_to(id)]
    if not edges or any(graph.entries(id) for id in ids):
        return False
    if any(builtin_id(edge.node) not in whole.converted for edge in edges):
        return False
    if any(name in (graph.modules[id.path].exports or ()) for id in ids):
        return False
    if _may_be_called_by_others(graph, ids, whole):
        return False
    using = {edge.caller.path for edge in edges}
    for other in graph.modules.values():
        for reference in other.references.get(name, ()):
            if builtin_id(reference.node) in whole.converted:
                continue
            values = program.eval(reference.function, reference.node)
            if any(isinstance(v, Fn) and v.id in ids for v in values):
                return False
        for each in other.functions.values():
            for binding in each.bindings.get(name, ()):
                if binding.how != "import" or other.path in using or binding.source is None:
                    continue
                if any(isinstance(v, Fn) and v.id in ids for v in program.binding(each.id, binding)):
                    return False
    looked_up = not _LOOKING_UP.isdisjoint(program.calls_by_name)
    return not any(other.names_in_string(name, alone=looked_up) for other in graph.modules.values())


def _may_be_called_by_others(graph: Graph, ids: set[FunctionId], whole: Fanout) -> bool:
    """Whether a call of a method of the name, on what nobody knows, may be a call of these."""
    program = graph.program
    if not any(graph.function(id).owner for id in ids):
        return False
    references = program.calls_by_name.get(graph.function(min(ids)).name, ())
    calls = ((r.caller.id, r.call.node.func) for r in references if builtin_id(r.call.node) not in whole.converted)
    return any(isinstance(func, ast.Attribute) and _is_of_unknown(program, id, func) for id, func in calls)


def _is_of_unknown(program: Program, scope: FunctionId, func: ast.Attribute) -> bool:
    """Whether a method of an object that came from anywhere is called: a library may have been given it before."""
    values = program.eval(scope, func)
    came = isinstance(func.value, ast.Attribute | ast.Call | ast.Subscript)
    return not values or (came and all(isinstance(v, Ext) and not _is_known(program, v) for v in values))


def _is_known(program: Program, value: Ext) -> bool:
    package = value.path.partition(".")[0]
    return package in {"builtins", *sys.stdlib_module_names} or program.stored.is_of_sdk(value)


def _names(
    graph: Graph,
    path: str,
    changes: FileChanges,
    imported: reexports.Imported,
    twins: dict[FunctionId, tuple[str, str]],
) -> Names:
    module = graph.modules[path]
    places: dict[Place, tuple[str, str]] = {}
    for id, (how, name) in twins.items():
        if id.path == path:
            places[_place(graph, path, graph.function(id).node)] = (how, name)
    callee: dict[Place, str] = {}
    calls = {_place(graph, path, c.node): c.node.func for f in module.functions.values() for c in f.calls}
    for where, change in changes.calls.items():
        if change.twin is not None and change.twin in twins:
            how, name = twins[change.twin]
            if how == "beside":
                is_object = graph.function(change.twin).name == "__call__"
                is_attribute = isinstance(calls.get(where), ast.Attribute)
                called = imported.called(path, change.twin, name, is_attribute=is_attribute)
                callee[where] = f".{name}" if is_object else called
    for where, id in changes.references.items():
        if id in twins and twins[id][0] == "beside":
            is_attribute = where[0] < where[2] or "." in module.lines[where[0] - 1][where[1] : where[3]]
            called = imported.called(path, id, twins[id][1], is_attribute=is_attribute)
            changes.renames[where] = f".{twins[id][1]}" if graph.function(id).name == "__call__" else called
    taken = {n.id for n in ast.walk(module.tree) if isinstance(n, ast.Name)}
    taken |= {f.name for f in module.functions.values()}
    return Names(places, callee, taken)


def _imported(graph: Graph, whole: Fanout, twins: dict[FunctionId, tuple[str, str]]) -> reexports.Imported:
    """The twins beside functions, and the tasks for all, that files import."""
    found = reexports.Imported(graph)
    for path, changes in whole.changes.items():
        used = {change.twin for change in changes.calls.values()} | set(changes.references.values())
        for id, (how, name) in twins.items():
            if how == "beside" and id.path != path and id in used and graph.function(id).owner is None:
                found.add(path, id, name)
        for enqueue in changes.enqueues.values():
            if enqueue.task.path != path:
                found.add(path, enqueue.task, enqueue.together)
    return found


def _place(graph: Graph, path: str, node: object) -> Place:
    assert isinstance(node, ast.stmt | ast.expr)
    span = graph.modules[path].span(node)
    return span.line, span.column - 1, span.end_line, span.end_column - 1


builtin_id = id
