"""What drawing the items of a loop touches, and whether it does so before the first item or between them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batchlint.codemod import lazily, running_sources
from batchlint.codemod.access import Access, Frame, touches
from batchlint.codemod.blocks import Comprehension, opens
from batchlint.codemod.effects import MUTATORS
from batchlint.codemod.paths import function_body
from batchlint.codemod.reader import Reader
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.iterables import EACH, ITERATORS
from batchlint.symbols import Program, last_name
from batchlint.trees import walk
from batchlint.values import Cls, Ext, Fn, Values

_WHOLE = re.compile(r"builtins\.(list|sorted|tuple|set|frozenset|dict|len|str)$|(json|yaml|tomllib|pickle)\.\w*loads?$")
"""Calls that have read all when they give something."""
_ALL = frozenset({"fetchall", "readlines", "splitlines", "split", "read_text", "read_bytes", "read"})
"""Methods that do the same."""
_OF_WHOLE = frozenset({"items", "values", "keys", "get", "copy", "strip"})
"""Methods whose value is as whole as their object."""
_OF_ITEMS = _OF_WHOLE | {
    "split", "join", "format", "lower", "upper", "encode", "decode", "startswith", "endswith", "replace", "rstrip",
    "lstrip", "title", "splitlines", "isoformat", "strftime", "removeprefix", "removesuffix", "pop", "group",
}  # fmt: skip
"""Methods of what is drawn that read nothing else."""
_PASS_ON = frozenset({"builtins.enumerate", "builtins.zip", "builtins.reversed"})
_THROUGH = EACH - ITERATORS
_MAPPING = re.compile(r"builtins\.(map|filter)$")
_PLAIN = re.compile(r"builtins\.(?!next$|open$|iter$|input$|getattr$|exec$|eval$)\w+$")
_KEEPING = frozenset({"staticmethod", "classmethod"})
_DISPLAYS = (
    ast.Constant | ast.List | ast.ListComp | ast.Dict | ast.DictComp | ast.Tuple | ast.Set | ast.SetComp | ast.JoinedStr
)
_YIELDS = ast.Yield | ast.YieldFrom
_NESTED = (
    ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | ast.With | ast.For | ast.While | ast.YieldFrom
) | Comprehension


def drawing(reader: Reader, iterated: ast.expr, outer: Frame, depth: int = 0) -> list[Access]:
    """The accesses of drawing the next item: what the iterable yields from, what a generator touches between two.

    `depth`: through how many variables it was found.
    """
    is_made = isinstance(_innermost(iterated), ast.List | ast.Tuple)  # which nobody else has, whatever is in it
    shapes = {(*p, "[shape]") for p in reader.iterated(iterated, outer)} if not is_made else set()
    found = touches(shapes, "read", iterated.lineno)
    for value, call in _called(reader, iterated, outer):
        function = reader.program.functions[value.id]
        between = _Split(reader.program, function).between() if function.is_generator else None
        if between is None:
            found += reader.function(value, call, outer)
        elif between:
            inner = reader.callee_frame(value, call, outer)
            found += [access for statement in between for access in reader.statement(statement, inner)]
    for part in lazily.parts(iterated):
        found += lazily.read(reader, part, outer)
        found += running_sources.drawing(reader, part, outer)
        for source, frame in lazily.held(reader, part, outer, depth):
            found += drawing(reader, source, frame, depth + 1)
    return found


def _innermost(iterated: ast.expr) -> ast.expr:
    """What is gone through, by `enumerate` or otherwise."""
    while isinstance(iterated, ast.Call) and iterated.args and last_name(iterated.func) in _THROUGH:
        iterated = iterated.args[0]
    return iterated


def _called(reader: Reader, iterated: ast.expr, outer: Frame) -> Iterator[tuple[Fn, ast.Call]]:
    """The generators that the next item comes from, and the functions that are called for it."""
    program, scope = reader.program, outer.function.id
    lazy = list(_one_by_one(program, scope, iterated))
    calls = [each for each in lazy if isinstance(each, ast.Call)]
    for call in calls:
        for value in program.eval(scope, call.func):
            if isinstance(value, Fn) and program.functions[value.id].is_generator:
                yield value, call
        if len(call.args) == 2 and last_name(call.func) == "iter":
            for value in program.eval(scope, call.args[0]):
                if isinstance(value, Fn):
                    what = f"`{program.functions[value.id].name}` says what comes next (line {call.lineno})"
                    raise Refused("dependent-iterations", f"{what}, maybe by what was done with the last item")
    passed = [argument for call in calls for argument in call.args]
    passed += [each.iter for each in lazy if isinstance(each, ast.comprehension)]
    for source in [*calls, *(passed or [iterated])]:
        yield from reader.implicit.drawn(scope, source)


def _one_by_one(program: Program, scope: FunctionId, node: ast.AST) -> Iterator[ast.Call | ast.comprehension]:
    """The calls and loops in the expression, without those of which all is taken before it gives its first item."""
    for child in ast.iter_child_nodes(node):
        yield from _one_by_one(program, scope, child) if not _takes_all(program, scope, node) else ()
    if isinstance(node, ast.Call | ast.comprehension):
        yield node


def _takes_all(program: Program, scope: FunctionId, node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _is_named(program, scope, node, _WHOLE)


def _is_named(program: Program, scope: FunctionId, call: ast.Call, paths: re.Pattern[str]) -> bool:
    values = program.eval(scope, call.func)
    return bool(values) and all(isinstance(value, Ext) and paths.match(value.path) for value in values)


class _Split:
    """A generator, where all before its first `yield` can be told from what it does between two."""

    def __init__(self, program: Program, function: FunctionFacts) -> None:
        self.program = program
        self.function = function
        self._before: list[ast.AST] = []
        """What has run, once, before the first item is given."""

    def between(self) -> list[ast.stmt] | None:
        """What runs behind the first `yield`; None where something read before goes on being read."""
        is_plain = {last_name(d) for d in self.function.decorators} <= _KEEPING and not self.function.is_async
        behind = self._behind(function_body(self.function)) if is_plain else None
        if behind is None or any(self._keeps_open(statement) for statement in behind):
            return None
        return behind

    def _behind(self, body: list[ast.stmt]) -> list[ast.stmt] | None:
        for position, statement in enumerate(body):
            if not _gives(statement):
                self._before.append(statement)
                continue
            rest = body[position + 1 :]
            if isinstance(statement, ast.With) and all(self._opens_file(i.context_expr) for i in statement.items):
                self._before += statement.items
                inner = self._behind(statement.body)
                return None if inner is None else [*inner, *rest]
            if isinstance(statement, ast.For):
                return [*statement.body, *statement.orelse, *rest] if self._is_whole(statement.iter) else None
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.YieldFrom):
                return rest if self._is_whole(statement.value.value) else None
            return None
        return []

    def _opens_file(self, context: ast.expr) -> bool:
        """Whether nothing but a file is closed behind the last item."""
        if not opens(context):
            return False
        return not any(isinstance(value, Fn | Cls) for value in self.program.eval(self.function.id, context.func))

    def _keeps_open(self, statement: ast.AST) -> bool:
        """Whether it may go on reading: by a call of something else, or a name that is no whole value."""
        for node in walk(statement):
            if isinstance(node, _NESTED):
                return True
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not self._is_known(node.id):
                return True
            if isinstance(node, ast.Call) and not self._is_calm(node):
                return True
        return False

    def _is_known(self, name: str) -> bool:
        """Whether nothing that was opened before is read through the name."""
        nodes = [node for part in self._before for node in walk(part)]
        if any(isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and n.id == name for n in nodes):
            return self._is_whole(ast.Name(name, ast.Load()))
        stores = any(isinstance(n, ast.Attribute | ast.Subscript) and isinstance(n.ctx, ast.Store) for n in nodes)
        calls = (n for n in nodes if isinstance(n, ast.Call))
        values = (value for call in calls for value in self.program.eval(self.function.id, call.func))
        return name not in self.function.parameter_names or not (stores or any(isinstance(v, Fn) for v in values))

    def _is_calm(self, call: ast.Call) -> bool:
        """Whether it makes an object of what it is given, asks an item for a part of it, or is a plain function."""
        values = self.program.eval(self.function.id, call.func)
        if _is_plain(values):
            return True
        root: ast.expr = call.func
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        bindings = self.function.bindings.get(root.id, ()) if isinstance(root, ast.Name) else ()
        is_of_item = bool(bindings) and all(b.how == "element" for b in bindings)
        is_project = any(isinstance(value, Fn) for value in values)
        return is_of_item and not is_project and last_name(call.func) in _OF_ITEMS

    def _is_whole(self, node: ast.expr | None, depth: int = 0) -> bool:
        """Whether all that the value holds is there, so that going through it reads nothing."""
        if node is None or depth > 6:
            return False
        if isinstance(node, ast.Name):
            bindings = self.function.bindings.get(node.id, ())
            is_own = bool(bindings) and node.id not in self.function.parameter_names | self.function.outer
            is_given = is_own and all(b.how == "value" and self._is_whole(b.value, depth + 1) for b in bindings)
            return is_given and all(self._is_still(stored, depth + 1) for stored in self._stored_in(node.id))
        if isinstance(node, ast.Subscript):
            return self._is_whole(node.value, depth + 1)
        if isinstance(node, ast.Call):
            return self._gives_whole(node, depth + 1)
        if isinstance(node, ast.GeneratorExp):
            parts = [node.elt, *(test for each in node.generators for test in each.ifs)]
            drawn = all(self._is_whole(each.iter, depth + 1) for each in node.generators)
            return drawn and not any(map(self._keeps_open, parts))
        return isinstance(node, _DISPLAYS) and self._is_still(node, depth + 1)

    def _stored_in(self, name: str) -> Iterator[ast.expr]:
        """What else is put into the variable's object."""
        for node in walk(self.function.node):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
                if isinstance(node.func.value, ast.Name) and node.func.value.id == name:
                    yield from node.args
            elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Subscript) for t in node.targets):
                yield node.value

    def _is_still(self, node: ast.expr, depth: int) -> bool:
        """Whether nothing that is open stands in the expression, but where all of it is read."""
        pending: list[ast.AST] = [node]
        while pending:
            current = pending.pop()
            if isinstance(current, ast.Call) and not self._gives_whole(current, depth) and not self._is_calm(current):
                return False
            if isinstance(current, ast.Name) and isinstance(current.ctx, ast.Load):
                bindings = self.function.bindings.get(current.id, ())
                if any(b.how != "element" for b in bindings) and not self._is_whole(current, depth):
                    return False
            if isinstance(current, Comprehension):  # what it goes through is read
                pending += [current.key, current.value] if isinstance(current, ast.DictComp) else [current.elt]
            elif not isinstance(current, ast.Call):
                pending += ast.iter_child_nodes(current)
            elif not self._gives_whole(current, depth):
                pending += [*current.args, *(keyword.value for keyword in current.keywords)]
        return True

    def _gives_whole(self, call: ast.Call, depth: int) -> bool:
        if depth > 6:
            return False
        scope = self.function.id
        if _is_named(self.program, scope, call, _WHOLE):
            return all(self._holds_nothing_open(argument, depth + 1) for argument in call.args)
        if all(isinstance(v, Ext) and v.path in _PASS_ON for v in self.program.eval(scope, call.func) or [None]):
            return all(self._is_whole(argument, depth) for argument in call.args)
        if _is_named(self.program, scope, call, _MAPPING) and len(call.args) > 1 and not call.keywords:
            return self._maps_calmly(call.args[0]) and all(self._is_whole(a, depth) for a in call.args[1:])
        if not isinstance(call.func, ast.Attribute):
            return False
        if any(isinstance(value, Fn | Cls) for value in self.program.eval(scope, call.func)):
            return False
        name = call.func.attr
        return name in _ALL or (name in _OF_WHOLE and self._is_whole(call.func.value, depth))

    def _maps_calmly(self, mapped: ast.expr) -> bool:
        """Whether what a mapping calls for each item makes an object of it, or reads nothing but the item."""
        if isinstance(mapped, ast.Lambda):
            return not self._keeps_open(mapped.body)
        if isinstance(mapped, ast.Constant):  # of `filter`
            return mapped.value is None
        values = self.program.eval(self.function.id, mapped)
        if isinstance(mapped, ast.Attribute) and mapped.attr == "_make":  # of a named tuple
            made = self.program.eval(self.function.id, mapped.value)
            return bool(made) and all(isinstance(v, Cls) for v in made) and not any(isinstance(v, Fn) for v in values)
        return _is_plain(values)

    def _holds_nothing_open(self, iterated: ast.expr, depth: int) -> bool:
        """Whether what going through it gives is not open itself, as the cursors in a list are."""
        for node in walk(iterated):
            if isinstance(node, ast.Call) and last_name(node.func) in {"map", "starmap", "filter"}:
                return False
            if isinstance(node, _DISPLAYS | ast.GeneratorExp) and not self._is_still(node, depth):
                return False
        names = [n for n in walk(iterated) if isinstance(n, ast.Name) and not self._is_whole(n, depth)]
        return not any(isinstance(b.value, _DISPLAYS) for n in names for b in self.function.bindings.get(n.id, ()))


def _gives(statement: ast.stmt) -> bool:
    return any(isinstance(node, _YIELDS) for node in walk(statement))


def _is_plain(values: Values) -> bool:
    """Whether all that may be called makes an object or is a plain function."""
    return bool(values) and all(isinstance(v, Cls) or (isinstance(v, Ext) and _PLAIN.match(v.path)) for v in values)
