"""Streamed answers of which nobody sees a part: they are put together first, so that they may as well come at once."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from batchlint.facts import FunctionFacts
from batchlint.iterables import EACH
from batchlint.trees import is_none, parents_in, walk

_WHOLE = frozenset(
    {"get_final_message", "get_final_text", "get_final_completion", "get_final_response", "until_done", "json", "read",
     "aread"}
)  # fmt: skip
"""Methods of a stream that give all of it."""
_PARTS = frozenset({"text_stream", "iter_lines", "aiter_lines", "iter_text", "aiter_text", "iter_content", "content"})
"""What of a stream is gone through instead of itself."""
_ABOUT = frozenset(
    {"status_code", "status", "ok", "is_success", "is_error", "reason", "reason_phrase", "headers", "raise_for_status",
     "text", "close", "aclose"}
)  # fmt: skip
"""Attributes of an HTTP response that are none of its parts."""
_ADDS = frozenset({"append", "extend"})
_PUTS = _ADDS | frozenset(
    {"join", "get", "getattr", "hasattr", "isinstance", "len", "str", "strip", "lstrip", "rstrip", "decode", "replace",
     "startswith", "endswith", "removeprefix", "split", "loads", "model_dump"}
) | EACH  # fmt: skip
"""Calls that only look at a part and put it to the others."""
_TELLS = frozenset({"print", "debug", "info", "warning", "error", "exception"})
"""Calls that tell of a part that cannot be read."""
_PLAIN = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.If, ast.Pass, ast.Continue, ast.Try, ast.Raise)
_END = re.compile(r"done|stop|finish|(?<![a-z])end(ed)?(?![a-z])", re.IGNORECASE)
"""What the last part says, or the name of what is looked at for it."""
_COMPREHENSIONS = (ast.ListComp, ast.GeneratorExp)


Takes = Callable[[ast.Call, ast.expr], bool]
"""Whether a call of the project's own code only puts together what the argument is."""
Holds = Callable[[ast.Call], bool]
"""Whether a call only makes an object that holds what it is given."""


def is_put_together(function: FunctionFacts, call: ast.Call, takes: Takes) -> bool:
    """Whether the parts of the stream that the call gives only become one answer, and nothing shows them before."""
    return _Parts(function, takes=takes).are_taken_of(call)


def puts_together(function: FunctionFacts, name: str) -> bool:
    """Whether the function does so with the stream that it is given for the parameter."""
    return name not in function.bindings and _Parts(function).are_taken_by(name)


def is_passed_on(function: FunctionFacts, call: ast.Call, holds: Holds) -> bool:
    """Whether the stream that the call gives, or its parts one by one, is just what the function gives."""
    return _Parts(function).are_returned_of(call) or (
        bool(function.yields) and _Parts(function, holds=holds).are_taken_of(call)
    )


class _Parts:
    """What becomes of the parts of a stream in a function; `holds`: it may yield them, also each in an object."""

    def __init__(self, function: FunctionFacts, *, takes: Takes | None = None, holds: Holds | None = None) -> None:
        self._function, self._takes, self._holds = function, takes, holds
        self._parents = parents_in([function.node])

    def are_taken_of(self, call: ast.Call) -> bool:
        holder = self._outside(call)
        name = self._name(holder)
        return self._is_taken(holder) if name is None else self.are_taken_by(name)

    def are_taken_by(self, name: str) -> bool:
        whole = _where_whole(self._function, name)
        named = (node for node in _read(self._function, name) if id(node) not in whole)
        read = [node for node in named if not _is_asked_for(self._parent(node))]
        return bool(read) and all(map(self._is_taken, read))

    def are_returned_of(self, call: ast.Call) -> bool:
        holder = self._outside(call)
        name = self._name(holder)
        named = _read(self._function, name) if name is not None else [holder]
        read = [each for each in named if each is holder or not _is_asked_for(self._parent(each))]
        return len(read) == 1 and isinstance(self._parent(read[0]), ast.Return)

    def _parent(self, node: ast.AST | None) -> ast.AST | None:
        return self._parents.get(id(node))

    def _outside(self, node: ast.expr) -> ast.expr:
        """The expression without an `await` in front of it."""
        parent = self._parent(node)
        return parent if isinstance(parent, ast.Await) else node

    def _name(self, node: ast.expr) -> str | None:
        """The name that holds the stream: of an assignment, or of what a `with` opens."""
        target: ast.expr | None = None
        parent = self._parent(node)
        if isinstance(parent, ast.Assign) and parent.value is node and len(parent.targets) == 1:
            target = parent.targets[0]
        elif isinstance(parent, ast.withitem):
            target = parent.optional_vars
        return target.id if isinstance(target, ast.Name) else None

    def _is_taken(self, node: ast.expr) -> bool:
        """Whether what stands there is gone through or asked for the whole, and no part gets anywhere else."""
        parent = self._parent(node)
        if isinstance(parent, ast.Attribute) and parent.attr in _WHOLE:
            return isinstance(self._parent(parent), ast.Call)
        is_argument = isinstance(parent, ast.Call) and node in parent.args
        if self._takes is not None and is_argument and self._takes(parent, node):  # type: ignore[arg-type]
            return True
        while isinstance(parent, ast.Attribute | ast.Call) and _passes(parent, node):
            node, parent = parent, self._parent(parent)
        if isinstance(parent, ast.YieldFrom):
            return self._holds is not None
        if isinstance(parent, ast.For | ast.AsyncFor):
            return parent.iter is node and not parent.orelse and all(map(self._puts, parent.body))
        if isinstance(parent, ast.comprehension):
            outer = self._parent(parent)
            gives = self._parent(outer)
            is_listed = isinstance(outer, ast.ListComp) or (isinstance(gives, ast.Call) and _called(gives) in _PUTS)
            shown = [outer.elt, *parent.ifs] if isinstance(outer, _COMPREHENSIONS) else []
            return is_listed and bool(shown) and all(map(self._shows_nothing, shown))
        return False

    def _puts(self, statement: ast.stmt) -> bool:
        """Whether the statement puts a part to the others, or looks whether it should."""
        inner = (node for node in walk(statement) if isinstance(node, ast.stmt))
        is_plain = all(isinstance(each, _PLAIN) or self._ends(each) for each in inner)
        return is_plain and self._shows_nothing(statement)

    def _ends(self, statement: ast.stmt) -> bool:
        """Whether the statement leaves the loop behind the last part."""
        test = self._parent(statement)
        return isinstance(statement, ast.Break) and isinstance(test, ast.If) and _speaks_of_end(test.test)

    def _shows_nothing(self, node: ast.AST) -> bool:
        """Whether nothing in the node leaves the function: parts of an object may be on somebody's page."""
        return not any(
            isinstance(each, ast.YieldFrom | ast.Await)
            or (isinstance(each, ast.Yield) and self._holds is None)
            or (isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store))
            or (isinstance(each, ast.Call) and not self._is_quiet(each))
            for each in walk(node)
        )

    def _is_quiet(self, call: ast.Call) -> bool:
        name = _called(call)
        is_held = isinstance(call.func, ast.Attribute) and not isinstance(call.func.value, ast.Name)
        is_put = name in _PUTS and not (is_held and name in _ADDS)
        is_told = name in _TELLS and self._is_in_handler(call)
        is_told = is_told or _debugs(call)
        is_made = isinstance(self._parent(call), ast.Raise)
        return is_put or is_told or is_made or (self._holds is not None and self._holds(call))

    def _is_in_handler(self, node: ast.AST) -> bool:
        above = self._parent(node)
        while above is not None and not isinstance(above, ast.ExceptHandler):
            above = self._parent(above)
        return above is not None


def _read(function: FunctionFacts, name: str) -> list[ast.expr]:
    return [
        node
        for node in walk(function.node)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    ]


def _where_whole(function: FunctionFacts, name: str) -> set[int]:
    """The identities of the nodes behind a test that says that the name holds no stream: `if isinstance(x, Stream)`."""
    found: set[int] = set()
    for node in walk(function.node):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Call) and _called(node.test) == "isinstance":
            asked, kinds = node.test.args[:1], node.test.args[1:]
            is_own = any(isinstance(each, ast.Name) and each.id == name for each in asked)
            if is_own and any(_word(kind).endswith("Stream") for kind in kinds):
                found |= {id(each) for statement in node.orelse for each in walk(statement)}
    return found


def _is_asked_for(parent: ast.AST | None) -> bool:
    """Whether the name only stands in a test of whether there is a stream, and one at all, or how it came about."""
    if isinstance(parent, ast.Attribute) and parent.attr in _ABOUT:
        return True
    if isinstance(parent, ast.Call) and _called(parent) == "isinstance":
        return True
    is_not = isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)
    return is_not or isinstance(parent, ast.If) or (isinstance(parent, ast.Compare) and is_none(parent.comparators[0]))


def _passes(parent: ast.Attribute | ast.Call, node: ast.expr) -> bool:
    """Whether the parent is what is gone through in place of the stream."""
    if isinstance(parent, ast.Attribute):
        return parent.attr in _PARTS
    return parent.func is node or (_called(parent) in EACH and node in parent.args[:1])


def _speaks_of_end(test: ast.expr) -> bool:
    words = (each.value if isinstance(each, ast.Constant) else _word(each) for each in walk(test))
    return any(isinstance(word, str) and _END.search(word) for word in words)


def _debugs(call: ast.Call) -> bool:
    """Whether a log keeps what nobody follows while it comes: `self.logger.debug(part)`."""
    func = call.func
    return isinstance(func, ast.Attribute) and func.attr == "debug" and "log" in _word(func.value).lower()


def _word(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _called(call: ast.Call) -> str:
    return _word(call.func)
