"""Questions of which of the items a run is to go through, where all of them is an answer: `input("Which (or all)? ")`.

Whoever picks starts the run, as with a command line; the run then goes through the items without them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batchlint.facts import CallFacts, FunctionFacts, LoopNode
from batchlint.symbols import last_name
from batchlint.trees import parents_in, stands_in, walk, walk_own

_ALL = frozenset({"all", "*"})
_OFFERS = re.compile(
    r"""['"\[(<]all['"\])>]|\bor all\b|^\s*[\[(]?\w{1,2}[\])]?\s*[.):=-]+\s*all(?:\s+(?:the\s+)?\w+)?\s*$""",
    re.IGNORECASE | re.MULTILINE,
)
"""`"0. All"`, `"'all' for everything"`, `"Numbers, or all: "`."""
_LOOKING = frozenset({"split", "strip", "lower", "upper", "isdigit", "isnumeric", "isdecimal", "startswith"})
_NUMBERS = frozenset({"int", "float", "str"})
_LEAVES = (ast.Return, ast.Raise, ast.Break)


def picks_from_all(function: FunctionFacts, question: CallFacts) -> bool:
    """Whether the question is which of the items are meant: "all" is compared with the answer, or on offer."""
    names = {
        name
        for name, bindings in function.bindings.items()
        for binding in bindings
        if binding.value is not None and binding.how == "value" and stands_in(question.node, binding.value)
    }
    if not names or not _are_parsed(function, names):
        return False
    compared = (node for node in walk_own(function.node) if isinstance(node, ast.Compare))
    if any(_read(node.left) & names and not _ALL.isdisjoint(_words(node.comparators)) for node in compared):
        return True
    shown = [question.node, *(call.node for call in function.calls if _is_shown_before(call, question))]
    return any(_OFFERS.search(text) for call in shown for text in _words(call.args))


def _are_parsed(function: FunctionFacts, names: set[str]) -> bool:
    """Whether the answer is only looked into for numbers and words, rather than handed on as what somebody says."""
    parents = parents_in(getattr(function.node, "body", []))
    read = (node for node in walk_own(function.node) if isinstance(node, ast.Name) and node.id in names)
    return all(_is_parsing(parents.get(id(node))) for node in read if isinstance(node.ctx, ast.Load))


def _is_parsing(node: ast.AST | None) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in _LOOKING
    if isinstance(node, ast.Call):
        return last_name(node.func) in _NUMBERS
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Sub)
    return isinstance(node, ast.Compare | ast.Subscript | ast.BoolOp | ast.UnaryOp | ast.If | ast.IfExp)


def is_taken_once(call: CallFacts, loop: LoopNode) -> bool:
    """Whether the loop ends after the call: what is done once the answer is one that it takes."""
    tests = (node for node in walk_own(loop) if isinstance(node, ast.If))
    return any(
        isinstance(block[-1], _LEAVES) and any(stands_in(call.node, each) for each in block)
        for test in tests
        for block in (test.body, test.orelse)
        if block
    )


def _is_shown_before(call: CallFacts, question: CallFacts) -> bool:
    return last_name(call.node.func) == "print" and call.node.lineno < question.node.lineno


def _read(node: ast.expr) -> set[str]:
    return {each.id for each in walk(node) if isinstance(each, ast.Name)}


def _words(nodes: list[ast.expr]) -> Iterator[str]:
    """The texts in the expressions."""
    for node in nodes:
        for each in walk(node):
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.value
