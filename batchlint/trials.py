"""What is called a test, a demo or a sample: by its name it is there to be tried."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from batchlint.facts import FunctionFacts, LoopNode
from batchlint.iterables import EACH
from batchlint.loops import is_item_loop
from batchlint.symbols import last_name

_TRIES = re.compile(r"^_?(test|demo|example|try)s?(_|$)|_(demo|example|test)s?$", re.IGNORECASE)
_SAMPLES = re.compile(r"^_?(test|demo|example|sample|try)s?(_|$)|_(demo|example|sample|test)s?$", re.IGNORECASE)


def is_called_samples(name: ast.expr) -> bool:
    return isinstance(name, ast.Name) and _SAMPLES.search(name.id) is not None


def is_called_trial(function: FunctionFacts) -> bool:
    return _TRIES.search(function.name) is not None


def gone_over(loops: Sequence[LoopNode]) -> list[ast.expr]:
    """What the loops over items go over, one by one."""
    return [_counted(loop.iter) for loop in loops if not isinstance(loop, ast.While) and is_item_loop(loop)]


def _counted(node: ast.expr) -> ast.expr:
    """What is counted through: `texts` of `enumerate(texts, 1)`."""
    return node.args[0] if isinstance(node, ast.Call) and last_name(node.func) in EACH and node.args else node
