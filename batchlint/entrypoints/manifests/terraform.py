"""Functions as a service in Terraform, by the resources that trigger them, and the routes that their timers request.

The files of a folder are one module, whose blocks name one another. They are read as text, as far as braces go.
https://developer.hashicorp.com/terraform/language/syntax/configuration
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from batchlint import datafiles
from batchlint.entrypoints.manifests import addresses, schedules
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project, dotted, folders_above
from batchlint.findings import Latency, Step

_BLOCK = re.compile(r'^(resource|data|variable)\s+"([^"\n]+)"(?:\s+"([^"\n]+)")?\s*\{', re.MULTILINE)
_PARTS = re.compile(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|//[^\n]*|[{}]')
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_HERE = re.compile(r"\$\{path\.\w+\}/?")
_LEVELS = 3
"""How many resources lie between a function and the folder of its code."""


class _Block(NamedTuple):
    """A block: its type, the address by which others name it, what stands between its braces."""

    kind: str
    address: str
    body: str
    path: str
    line: int

    def names(self, address: str) -> bool:
        return re.search(rf"(?<![\w.]){re.escape(address)}(?![\w-])", self.body) is not None

    def value(self, attribute: str) -> str:
        """The attribute's text as it stands there, "" if it has none."""
        found = re.search(rf"^\s*{attribute}\s*=\s*(.+?)\s*$", self.body, re.MULTILINE)
        return found[1] if found else ""


def matches(path: str) -> bool:
    return path.endswith(".tf")


def read(paths: Iterable[str], project: Project) -> Iterator[ManifestTarget]:
    """What the functions in one folder's files are started by."""
    blocks = [block for path in paths for block in _blocks(path, project.text(path) or "")]
    functions, requests = _facts()["functions"], _facts()["requests"]
    for block in blocks:
        handler = _handler(block, blocks, project) if block.kind in functions else ""
        routes = list(addresses.paths(block.value(requests[block.kind]))) if block.kind in requests else []
        if block.kind in functions:  # where a function is to send what it makes stands in its environment
            routes = [each for text in _STRING.findall(block.body) if "://" in text for each in addresses.paths(text)]
        for kind, latency, trigger in _triggers(block, blocks) if handler or routes else ():
            step = Step(trigger.path, trigger.line, f"{block.address}, {trigger.address}")
            if handler:
                yield ManifestTarget(handler, kind, latency, step, "terraform")
            if kind == "schedule":
                yield from (ManifestTarget(route, kind, latency, step, "terraform") for route in routes)
        if block.kind in _facts()["schedules"]:
            step, latency = Step(block.path, block.line, block.address), _often(block, blocks)
            yield from (ManifestTarget(route, "schedule", latency, step, "terraform") for route in routes)


@cache
def _facts() -> dict[str, Any]:
    return datafiles.document("manifests", "functions")


def _blocks(path: str, text: str) -> Iterator[_Block]:
    for found in _BLOCK.finditer(text):
        depth, end = 1, len(text)
        for part in _PARTS.finditer(text, found.end()):
            depth += {"{": 1, "}": -1}.get(part[0], 0)
            if not depth:
                end = part.start()
                break
        kind, name = (found[2], found[3]) if found[3] else (found[1], found[2])
        address = {"data": f"data.{kind}.{name}", "variable": f"var.{name}"}.get(found[1], f"{kind}.{name}")
        yield _Block(kind, address, text[found.end() : end], path, text.count("\n", 0, found.start()) + 1)


def _triggers(function: _Block, blocks: list[_Block]) -> Iterator[tuple[str, Latency, _Block]]:
    facts = _facts()
    ways = [b for b in blocks if b.kind in facts["ways"] and (b.names(function.address) or function.names(b.address))]
    meant = [function.address, *(way.address for way in ways)]
    found = 0
    for block in blocks:
        if not any(block.names(address) for address in meant):
            continue
        row: tuple[str, Latency, _Block] | None = None
        if block.kind in facts["schedules"]:
            row = "schedule", _often(block, blocks), block
        elif block.kind in facts["targets"]:
            rule = next((r for r in blocks if r.kind == facts["targets"][block.kind] and block.names(r.address)), block)
            is_timed = "schedule_expression" in rule.body
            row = ("schedule", _often(rule, blocks), rule) if is_timed else ("task_queue", Latency.HOURS, rule)
        elif block.kind in facts["web"]:
            row = "web", Latency.REALTIME, block
        elif block.kind in facts["queues"]:
            row = "task_queue", Latency.HOURS, block
        if row is not None:
            found += 1
            yield row
    if not found and "event_trigger" in function.body:
        yield "task_queue", Latency.HOURS, function
    elif not found and re.search(r"^\s*trigger_http\s*=\s*true", function.body, re.MULTILINE):
        yield "web", Latency.REALTIME, function


def _often(block: _Block, blocks: list[_Block]) -> Latency:
    """What the schedule in the block allows, which may stand in a variable's default."""
    stated = block.value("schedule_expression") or block.value("schedule")
    variable = next((b for b in blocks if b.kind == "variable" and b.address == stated), None)
    return schedules.latency(*_STRING.findall(variable.value("default") if variable else stated))


def _handler(function: _Block, blocks: list[_Block], project: Project) -> str:
    """The dotted name of the project's function behind the resource, "" if it is none."""
    row = _facts()["functions"][function.kind]
    stated = _STRING.findall(function.value(row["handler"]) or function.value("command"))
    place, _, name = stated[0].rpartition(".") if stated else ("", "", "")
    place = place or row.get("file", "")
    if not place or not name:
        return ""
    file = project.file(f"{place.replace('.', '/')}.py", _folders(function, blocks))
    return dotted(file, name) if file else ""


def _folders(function: _Block, blocks: list[_Block]) -> list[str]:
    """Where the function's code can lie: what it is packed from, then the folders above the file."""
    sources, level = [function], [function]
    for _ in range(_LEVELS):
        level = [b for b in blocks if b.kind in _facts()["code"] and any(s.names(b.address) for s in level)]
        sources += level
    folder = function.path.rpartition("/")[0]
    found = []
    for source in sources:
        for text in _STRING.findall(source.body):
            place = _HERE.sub("", text)
            place = place.rpartition("/")[0] if place.endswith(".py") else place
            if "${" not in place and re.fullmatch(r"[\w./-]*", place):
                found.append(f"{folder}/{place}")
    return [*found, *folders_above(function.path)]
