"""YAML with line numbers: nodes as they are composed, so that unknown tags and odd keys do no harm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from batchlint.findings import FileError

Node = Any
"""A node of PyYAML's, or None; PyYAML ships no useful types for these."""


def compose(path: str, text: str) -> tuple[list[Node], FileError | None]:
    """The documents of a file; an error for broken YAML, none for templates that only become YAML later."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return [node for node in yaml.compose_all(text, Loader=loader) if node is not None], None
    except yaml.YAMLError as error:
        if re.search(r"\{\{|\{%|<%", text.replace("${{", "")):
            return _templated(text, loader), None
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        return [], FileError(path, mark.line + 1 if mark else 1, f"not valid YAML: {problem}")


def _templated(text: str, loader: Any) -> list[Node]:
    """What is left of a template when its control lines are dropped and its values are replaced by a word."""
    import yaml

    lines = []
    for line in text.splitlines():
        bare = line.strip()
        if re.fullmatch(r"(?:\{\{-?.*?-?\}\}|\{%.*?%\})", bare):
            lines.append("")
        else:
            lines.append(re.sub(r"[\"']?\{\{.*?\}\}[\"']?", "templated", line))
    try:
        return [node for node in yaml.compose_all("\n".join(lines), Loader=loader) if node is not None]
    except yaml.YAMLError:
        return []


def items(node: Node) -> Iterator[tuple[str, Node, int]]:
    """Key, value and the key's line for each pair of a mapping; nothing for any other node."""
    if getattr(node, "id", "") == "mapping":
        for key, value in node.value:
            if key.id == "scalar":
                yield key.value, value, key.start_mark.line + 1


def get(node: Node, *keys: str) -> Node:
    """The value under a path of keys, or None."""
    for key in keys:
        node = next((value for name, value, _ in items(node) if name == key), None)
    return node


def elements(node: Node) -> list[Node]:
    """The elements of a sequence; a scalar or mapping stands for a list of itself, None for an empty one."""
    if node is None:
        return []
    return list(node.value) if node.id == "sequence" else [node]


def text(node: Node) -> str:
    """A scalar's text; "" for anything else."""
    return str(node.value) if getattr(node, "id", "") == "scalar" else ""


def texts(node: Node) -> list[str]:
    return [text(element) for element in elements(node)]


def line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for _, value, _ in items(node):
        yield from walk(value)
    if getattr(node, "id", "") == "sequence":
        for element in node.value:
            yield from walk(element)
