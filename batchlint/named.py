"""Items that somebody names on the command line, instead of all that there are: `if args.id: for id in args.id`.

Or one of them: `if args.id: ask(args.id)`. So are a few that the program names itself where nobody does, to look at
what comes of them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from batchlint.facts import FunctionFacts, FunctionId, LoopNode
from batchlint.flow import moves_of, origins, request_arguments
from batchlint.graph import Graph
from batchlint.graph.conditions import tests_before
from batchlint.graph.options import Options
from batchlint.loops import is_item_loop
from batchlint.previews import shows_some
from batchlint.symbols import last_name
from batchlint.symbols.parsed import name_of
from batchlint.trees import arguments, conjuncts, walk

NAMES = "somebody names the items"
"""How the reason begins of what is asked for who does."""
_identity = id
_DEEP = 4
"""Lists between the option and the loop."""
FILES = re.compile(r"(^|_)(files?|paths?|dirs?|director(y|ies)|folders?|inputs?|globs?|sources?)(_|$)", re.IGNORECASE)
"""Names of options for which a shell writes the names: `--files *.txt`."""
_PARTS = frozenset({"split", "splitlines"})
_IS_FILE, _IS_FOLDER = frozenset({"is_file", "isfile"}), frozenset({"is_dir", "isdir"})
_FEW = 8
"""Items that the program names to try itself."""


class Named:
    """Asked loop by loop."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._options = Options(graph.program)
        self._ones: dict[tuple[FunctionId, int], bool] = {}
        """By function and the identity of a call in it, whether that is for one thing."""

    def goes_over(self, id: FunctionId, node: ast.expr, loops: Sequence[LoopNode]) -> bool:
        """Whether all loops around `node` go over what an option names, without which the function does otherwise.

        Or over some that the program picks to show what comes of them.
        """
        if shows_some(self._graph, id, node, loops):
            return True
        function = self._graph.function(id)
        around = [loop for loop in loops if is_item_loop(loop)]
        if not around or not self._options.are_parsed_in(function):
            return False
        found = {self._option(function, loop) for loop in around}
        option = found.pop() if len(found) == 1 else None
        if option is None or FILES.search(option):
            return False
        is_cut = self._is_cut(function, option)
        if not is_cut and not self._is_list(id.path, option):
            return False
        asked = [test for test, holds in tests_before(function, node) if holds]
        if any(self._options.named(function, each) == option for test in asked for each in _attributes(test)):
            return True
        return is_cut and 0 < self._named_by_default(id.path, option) <= _FEW and self._only_shows(function)

    def _is_cut(self, function: FunctionFacts, option: str) -> bool:
        """Whether the option takes several names in one word: `args.ids.split(",")`."""
        return any(self._option_cut(function, call.node) == option for call in function.calls)

    def _option_cut(self, function: FunctionFacts, node: ast.expr) -> str | None:
        """The option that the expression takes apart."""
        func = node.func if isinstance(node, ast.Call) else None
        if not isinstance(node, ast.Call) or not isinstance(func, ast.Attribute) or func.attr != "split":
            return None
        is_cut = any(isinstance(each, ast.Constant) and each.value in (",", ";") for each in node.args[:1])
        return self._options.named(function, func.value) if is_cut else None

    def _named_by_default(self, path: str, option: str) -> int:
        """How many names the program's own text gives the option, all in one word: `default="a,b"`; 0 for others."""
        described = self._described(path, option)
        given = ((at.id, k.value) for at, call in described for k in call.keywords if k.arg == "default")
        return max((len(self._names(scope, default)) for scope, default in given), default=0)

    def _names(self, scope: FunctionId, default: ast.expr) -> list[str]:
        """The names in the default, which may be put together from a list: `default=",".join(IDS)`."""
        node = self._graph.constant(scope, default)[1]
        if isinstance(node, ast.Call) and last_name(node.func) == "join" and len(node.args) == 1:
            listed = self._graph.constant(scope, node.args[0])[1]
            items = listed.elts if isinstance(listed, ast.List | ast.Tuple) else []
            texts = [each.value for each in items if isinstance(each, ast.Constant)]
            return [str(each) for each in texts] if len(texts) == len(items) else []
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        return [each for each in re.split(r"[,;]+", text) if each]

    def _only_shows(self, function: FunctionFacts) -> bool:
        """Whether the function prints what comes of it, and writes it down only where an option tells it to."""
        if not any(last_name(call.node.func) == "print" for call in function.calls):
            return False
        for call in self._graph.storing(function.id):
            tests = [test for test, holds in tests_before(function, call.node) if holds]
            if not any(self._options.named(function, each) for test in tests for each in _attributes(test)):
                return False
        return True

    def is_one(self, id: FunctionId, node: ast.expr) -> bool:
        """Whether the call does for the one thing that an option names what the function else does for each of many.

        As in `if args.note: index(args.note)` beside `for note in notes: index(note)`.
        """
        key = (id, _identity(node))
        if key not in self._ones:
            self._ones[key] = self._is_one(id, node)
        return self._ones[key]

    def _is_one(self, id: FunctionId, node: ast.expr) -> bool:
        function, call = self._graph.function(id), self._graph.program.call_facts.get(_identity(node))
        if call is None or not isinstance(node, ast.Call):
            return False
        tests = [test for test, holds in tests_before(function, node) if holds]
        told = [each for test in tests for each in _attributes(test) if isinstance(each.value, ast.Name)]
        options = [each for each in told if not FILES.search(each.attr) and self._is_word(each.attr)]
        read = [each for argument in arguments(node) for each in _behind(function, argument)] if options else []
        given = {ast.dump(each) for node in read for each in _attributes(node)}
        if given.isdisjoint(map(ast.dump, options)) or any(map(is_item_loop, call.call.loops)):
            return False
        callee = ast.dump(node.func)
        others = (each for each in function.calls if ast.dump(each.node.func) == callee)
        return any(is_item_loop(loop) for each in others for loop in each.loops)

    def _is_word(self, option: str) -> bool:
        """Whether the option takes one word, wherever the program's parser is."""
        described = [
            call.node
            for _, call in self._graph.program.calls_by_name.get("add_argument", ())
            if any(isinstance(each, ast.Constant) and _name_of(each.value) == option for each in call.node.args)
        ]
        given = {keyword.arg for node in described for keyword in node.keywords}
        return bool(described) and given.isdisjoint({"nargs", "action", "choices"})

    def names_one(self, id: FunctionId, call: ast.expr) -> bool:
        """Whether the call is given what an option names, without which the function does otherwise.

        Or the one file that somebody names in place of a folder: `if not path.is_dir(): convert(path)`.
        """
        function = self._graph.function(id)
        if not isinstance(call, ast.Call) or not self._options.are_parsed_in(function):
            return False
        given = origins(request_arguments(call), moves_of(function))
        if any(of in given for test, holds in tests_before(function, call) for of in _files_in(test, holds)):
            return True
        asked = (each for test, holds in tests_before(function, call) if holds for each in _given_by(test))
        named = {ast.unparse(each): self._options.named(function, each) for each in asked}
        options = {
            name
            for name, option in named.items()
            if option is not None and not FILES.search(option) and self._options.takes_value(id.path, option)
        }
        return bool(options) and not options.isdisjoint(given)

    def _option(self, function: FunctionFacts, loop: LoopNode) -> str | None:
        return None if isinstance(loop, ast.While) else self._source(function, loop.iter, 0)

    def _source(self, function: FunctionFacts, node: ast.expr, depth: int) -> str | None:
        """The option whose words the items are made of one by one."""
        if isinstance(node, ast.ListComp | ast.GeneratorExp) and len(node.generators) == 1:
            return self._source(function, node.generators[0].iter, depth)
        if not isinstance(node, ast.Name):
            return self._options.named(function, node) or self._option_cut(function, node)
        if depth == _DEEP:
            return None
        values = [each.value for each in function.bindings.get(node.id, ()) if each.how == "value"]
        made = [each for each in values if each is not None and not _is_empty(each)]
        grown = list(_grown(function, node.id))
        if not values or None in values or None in grown:
            return None
        found = {self._source(function, each, depth + 1) for each in (*made, *grown) if each is not None}
        return found.pop() if len(found) == 1 else None

    def _is_list(self, path: str, option: str) -> bool:
        """Whether the option takes several words."""
        described = self._described(path, option)
        return any(keyword.arg == "nargs" for _, call in described[:1] for keyword in call.keywords)

    def _described(self, path: str, option: str) -> list[tuple[FunctionFacts, ast.Call]]:
        """The calls that add the option to a parser of the file."""
        added = self._graph.program.calls_by_name.get("add_argument", ())
        return [(at, call.node) for at, call in added if at.id.path == path and option in _options_of(call.node)]


def _given_by(test: ast.expr) -> Iterator[ast.Attribute]:
    """What is there where the test holds: `args.id`, `args.id is not None`, `args.id and args.day`."""
    for part in conjuncts(test):
        if isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.IsNot):
            yield from _given_by(part.left)
        elif isinstance(part, ast.Attribute):
            yield part


def _files_in(test: ast.expr, holds: bool) -> Iterator[str]:
    """The names of what is a file, or no folder, where the test turns out so."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _files_in(test.operand, not holds)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is holds:
        for part in test.values:
            yield from _files_in(part, holds)
    elif isinstance(test, ast.Call) and last_name(test.func) in (_IS_FILE if holds else _IS_FOLDER):
        asked = [*test.args, *([test.func.value] if isinstance(test.func, ast.Attribute) else [])]
        yield from (each.id for each in asked if isinstance(each, ast.Name))


def _grown(function: FunctionFacts, name: str) -> Iterator[ast.expr | None]:
    """What the loops go over in which the list gets an item, or the parts of one; None for items from elsewhere."""
    for call in function.calls:
        func = call.node.func
        if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name) or func.value.id != name:
            continue
        loops = [loop for loop in call.loops if isinstance(loop, ast.For)]
        is_one = func.attr == "append" or (func.attr == "extend" and bool(loops) and _are_parts(call.node, loops[-1]))
        if func.attr in {"append", "extend", "insert", "update", "add"}:
            yield loops[0].iter if is_one and len(loops) == len(call.loops) == 1 else None


def _options_of(call: ast.Call) -> list[str]:
    """The names under which what the call adds to a parser is read."""
    flags = [each.value for each in call.args if isinstance(each, ast.Constant)]
    return [name_of(flag) for flag in flags if isinstance(flag, str) and flag[:1] == "-"]


def _are_parts(call: ast.Call, loop: ast.For) -> bool:
    """Whether the call adds the words of the loop's item."""
    given = call.args[0] if call.args else None
    if isinstance(given, ast.ListComp | ast.GeneratorExp) and len(given.generators) == 1:
        given = given.generators[0].iter
    if (
        not isinstance(given, ast.Call)
        or not isinstance(given.func, ast.Attribute)
        or last_name(given.func) not in _PARTS
    ):
        return False
    held = given.func.value
    return isinstance(held, ast.Name) and isinstance(loop.target, ast.Name) and held.id == loop.target.id


def _name_of(flag: object) -> str:
    return name_of(flag) if isinstance(flag, str) and flag.startswith("--") else ""


def _behind(function: FunctionFacts, node: ast.expr) -> Iterator[ast.expr]:
    """The expression, and what the names in it are bound to."""
    yield node
    for name in walk(node):
        if isinstance(name, ast.Name):
            yield from (each.value for each in function.bindings.get(name.id, ()) if each.value is not None)


def _is_empty(node: ast.expr) -> bool:
    return isinstance(node, ast.List) and not node.elts


def _attributes(node: ast.expr) -> Iterator[ast.Attribute]:
    return (each for each in walk(node) if isinstance(each, ast.Attribute))
