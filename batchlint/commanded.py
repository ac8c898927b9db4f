"""Commands that are given the one thing that they ask about in the line that starts them: `score https://example.org`.

Whoever types that sits in front of the answer, also where a job has the same code ask about all that there are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from batchlint import flow, given
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.graph.conditions import tests_before
from batchlint.named import FILES
from batchlint.places import Place, Trait
from batchlint.symbols import last_name
from batchlint.trees import walk

ITEM = "somebody names the one item"
"""How the reason begins of what is asked for who does."""
_DECLARING = frozenset({"argument", "Argument"})
"""What says of a command's parameter that it is a word of the line."""
_OTHERS = frozenset({"nargs", "action", "choices", "default"})
"""What says of a word that it may be left out, is one of several, or no name."""
_FILE = re.compile(r"\b(files?|folders?|paths?|director(y|ies))\b", re.IGNORECASE)
"""How the help tells that a word names a file."""
_Step = tuple[FunctionId, ast.expr]


def names_one(place: Place) -> Trait | None:
    """The call for the one thing that a command is given, if that is how every way in begins."""
    links = place.links()
    site = (links[0].function, links[0].node)
    ways = [[*((edge.caller, edge.node) for edge in reach.edges), site] for reach in place.reaches]
    is_typed = bool(ways) and all(reach.entry.kind.kind == "script" for reach in place.reaches)
    if not is_typed or not all(_is_about_one(place.graph, way) for way in ways):
        return None
    return Trait("single_by_hand", f"{ITEM}, in {place.graph.label(site[0])}", site[0].path, site[1].lineno)


def _is_about_one(graph: Graph, way: Sequence[_Step]) -> bool:
    """Whether the last call of the way is made for what a word of the command line says."""
    passed: set[str] = set()
    for at, (id, node) in enumerate(way):
        function = graph.function(id)
        told = flow.reached(passed | _words(graph, function), flow.moves_of(function))
        if at + 1 < len(way):
            passed = _handed(graph, id, node, graph.function(way[at + 1][0]), told)
        elif isinstance(node, ast.Call):
            asked = flow.all_read([*flow.request_arguments(node), node.func])
            return not told.isdisjoint(asked) or any(map(told.__contains__, _picked(function, node)))
    return False


def _handed(graph: Graph, id: FunctionId, node: ast.expr, callee: FunctionFacts, told: set[str]) -> set[str]:
    """The names under which the callee has what is `told`: parameters, and those of the function around it."""
    rows = given.arguments(graph, id, node, callee) if isinstance(node, ast.Call) else ()
    found = {name for name, argument in rows if name is not None and not told.isdisjoint(flow.reads(argument))}
    is_inner = callee.id.path == id.path and callee.parent == id.qualname
    return found | {name for name in told if is_inner and name not in callee.parameter_names}


def _picked(function: FunctionFacts, node: ast.Call) -> Iterator[str]:
    """The names of what the item must be for the call: `for row in rows: if row.id == wanted: ask(row)`."""
    for test, holds in tests_before(function, node):
        if holds and isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq):
            yield from flow.reads(test)


def _words(graph: Graph, function: FunctionFacts) -> set[str]:
    """The names in the function of single words of the command line, but for those of files."""
    found = {*_declared(function), *_parsed(graph, function)}
    for row in flow.moves_of(function):
        if any(_is_word(node) and _must_be_given(function, node) for value in row.values for node in walk(value)):
            found |= row.given
    return {name for name in found if not FILES.search(name.rpartition(".")[2])}


def _is_word(node: ast.AST) -> bool:
    """`sys.argv[1]`."""
    is_argv = isinstance(node, ast.Subscript) and last_name(node.value) == "argv"
    return is_argv and isinstance(node.slice, ast.Constant)  # type: ignore[attr-defined]


def _must_be_given(function: FunctionFacts, word: ast.AST) -> bool:
    """Whether the function comes to the word without asking first if there is one: `if len(sys.argv) > 1:`."""
    tests = tests_before(function, word) if isinstance(word, ast.expr) else ()
    return not any(holds and "argv" in ast.unparse(test) for test, holds in tests)


def _declared(function: FunctionFacts) -> Iterator[str]:
    """The parameters that are words of a command's line: `@click.argument("url")`, `url: str = typer.Argument(...)`."""
    for each in function.decorators:
        if isinstance(each, ast.Call) and last_name(each.func) in _DECLARING and _is_one(each):
            yield from (str(word.value).lower() for word in each.args[:1] if isinstance(word, ast.Constant))
    for parameter in function.parameters:
        default = function.default(parameter.arg)
        if isinstance(default, ast.Call) and last_name(default.func) in _DECLARING and _is_one(default):
            yield parameter.arg


def _parsed(graph: Graph, function: FunctionFacts) -> Iterator[str]:
    """What the function reads of the words that its file's parser asks for: `args.url` of `add_argument("url")`."""
    holders = {
        name
        for name, bindings in function.bindings.items()
        if any(isinstance(each.value, ast.Call) and last_name(each.value.func) == "parse_args" for each in bindings)
    }
    added = graph.program.calls_by_name.get("add_argument", ()) if holders else ()
    places = [call.node for at, call in added if at.id.path == function.id.path and _has_place(call.node)]
    if all(map(_is_one, places)):  # what goes through a file has words for more than one item
        words = [ast.literal_eval(each.args[0]) for each in places]
        yield from (f"{holder}.{word}" for word in words for holder in sorted(holders))


def _has_place(added: ast.Call) -> bool:
    """Whether it declares a word by its place in the line, and no option."""
    name = added.args[0] if added.args else None
    return isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value[:1] != "-"


def _is_one(declared: ast.Call) -> bool:
    """Whether a word must be given, and names no file."""
    types = {
        last_name(k.value)
        for k in declared.keywords
        if k.arg == "type" and isinstance(k.value, ast.Name | ast.Attribute | ast.Call)
    }
    told = next((ast.unparse(k.value) for k in declared.keywords if k.arg == "help"), "")
    is_of_file = bool(_FILE.search(told)) or not types.isdisjoint({"File", "Path", "open", "FileType"})
    return _OTHERS.isdisjoint({k.arg for k in declared.keywords}) and not is_of_file
