"""Where a loop goes on the next time: an offset, a page, the time of what was seen last. No answer is in that."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from batchlint import flow
from batchlint.graph import Graph
from batchlint.places import Link

_CURSOR = re.compile(
    r"(^|_)(since|cursor|offset|watermark|timestamp|ts|(last|max|latest)_(id|uid|seen|checked|check|run|time|update_id)"
    r"|next_(page|token)|page_(token|number|no))(_|$)"
)
"""Names of variables, by their words in lower case."""


def is_one(graph: Graph, name: str, below: Sequence[Link]) -> bool:
    """Whether the variable only tells where to go on, and what was asked further down is not given back.

    `below`: the calls under the one that gives the variable its next value, down to the model's.
    """
    if not below or all(_gives(graph, link) for link in below):
        return False
    return _CURSOR.search(name.rpartition(".")[2].lower()) is not None


def _gives(graph: Graph, link: Link) -> bool:
    """Whether the function of the call gives, or keeps in its own object, what the call gives."""
    if not isinstance(link.node, ast.Call):
        return True
    function = graph.function(link.function)
    return flow.gives_answer(function, link.node) or bool(flow.fills(function, link.node))
