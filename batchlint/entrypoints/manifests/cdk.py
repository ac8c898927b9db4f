"""Lambda functions of an AWS CDK app, in Python or TypeScript, by the constructs that trigger them.

Read as text: constructs are calls, which both languages write alike. A function that is handed on to another file keeps
what this file says about it.
https://docs.aws.amazon.com/cdk/v2/guide/constructs.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from batchlint.entrypoints.manifests import schedules
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project, dotted, folders_above
from batchlint.findings import Latency, Step

_CALL = re.compile(r"(?:([\w.]+)\s*(?::\s*[\w.]+\s*)?=\s*)?(?:new\s+)?\b((?:[A-Za-z_]\w*\.)*[A-Z]\w*|[\w.]+)\(")
_FUNCTIONS = frozenset({"Function", "PythonFunction", "SingletonFunction"})
_RULES = frozenset({"Rule", "Schedule", "CfnSchedule"})
_WEB = frozenset(
    {"LambdaIntegration", "HttpLambdaIntegration", "LambdaRestApi", "WebSocketLambdaIntegration",
     "LambdaProxyIntegration", "add_function_url", "addFunctionUrl"}
)  # fmt: skip
_EVENTS = frozenset({"add_event_source", "addEventSource", "LambdaSubscription", "LambdaDestination"})
_TARGETS = frozenset({"add_target", "addTarget"})
_STEPS = frozenset({"LambdaInvoke"})
_STRING = re.compile(r"""["'`]([^"'`\n]*)["'`]""")
_UNITS = {"minutes": 1, "hours": 60, "days": 1440}


class _Call(NamedTuple):
    """A call in the file: what it is bound to ("" for nothing), on what and under which name, its arguments."""

    bound: str
    owner: str
    name: str
    arguments: str
    line: int


def matches(path: str, folders: list[str]) -> bool:
    """Whether the file can hold constructs of one of the apps, whose folders have a `cdk.json`."""
    is_source = path.endswith((".py", ".ts")) and not path.endswith((".d.ts", ".test.ts"))
    return is_source and "node_modules/" not in path and any(path.startswith(folder) for folder in folders)


def apps(project: Project) -> list[str]:
    """The folders of the project's CDK apps, each with a slash at its end."""
    return [name[: -len("cdk.json")] for name in project.names if name.rpartition("/")[2] == "cdk.json"]


def read(path: str, project: Project) -> Iterator[ManifestTarget]:
    content = project.text(path) or ""
    if "aws_cdk" not in content and "aws-cdk" not in content:
        return
    calls = list(_calls(content))
    rules = {call.bound: call for call in calls if call.name in _RULES and "chedule" in call.arguments}
    functions = [call for call in calls if call.name in _FUNCTIONS and call.bound]
    for function in functions:
        handler = _handler(function, path, project)
        # A name stands for its function up to where another one gets it.
        ends = [each.line for each in functions if each.bound == function.bound and each.line > function.line]
        after = [call for call in calls if function.line <= call.line < min(ends, default=call.line + 1)]
        if handler:
            for kind, latency, line in _triggers(function.bound, after, rules):
                what = f"function {function.bound}, {kind.replace('_', ' ')}"
                yield ManifestTarget(handler, kind, latency, Step(path, line, what), "cdk")


def _triggers(function: str, calls: list[_Call], rules: dict[str, _Call]) -> Iterator[tuple[str, Latency, int]]:
    named = re.compile(rf"\b{re.escape(function)}\b")
    is_step = any(call.name in _STEPS and named.search(call.arguments) for call in calls)
    for call in calls:
        is_meant = named.search(call.arguments) is not None or (is_step and "StateMachine(" in call.arguments)
        if call.name in _RULES and "chedule" in call.arguments and is_meant:
            yield "schedule", _often(call.arguments), call.line
        elif call.name in _TARGETS and is_meant and call.owner in rules:
            yield "schedule", _often(rules[call.owner].arguments), call.line
        elif call.name in _WEB and (is_meant or call.owner == function):
            yield "web", Latency.REALTIME, call.line
        elif call.name in _EVENTS and (call.owner == function or named.search(call.arguments)):
            yield "task_queue", Latency.HOURS, call.line


def _handler(call: _Call, path: str, project: Project) -> str:
    """The dotted name of the function that the construct runs, "" if it is none of the project's."""
    handler = _text(call.arguments, "handler") or "handler"
    module, _, name = handler.rpartition(".")
    if not module:
        module = _text(call.arguments, "index").removesuffix(".py") or "index"
    place = re.search(r"(?:from_asset|fromAsset)\(|\bentry\s*[:=]", call.arguments)
    if place is None:
        return ""
    parts = _STRING.findall(_first(call.arguments[place.end() :]))
    file = project.file("/".join([*parts, f"{module.replace('.', '/')}.py"]), folders_above(path))
    return dotted(file, name) if file else ""


def _first(text: str) -> str:
    """The text up to the end of the argument that it starts with."""
    depth = 0
    for position, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if depth < 0 or (depth == 0 and sign in ",\n"):
            return text[:position]
    return text


def _text(arguments: str, name: str) -> str:
    found = re.search(rf"\b{name}\s*[:=]\s*{_STRING.pattern}", arguments)
    return found[1] if found else ""


def _often(arguments: str) -> Latency:
    """What the schedule in a rule's arguments allows."""
    rate = re.search(r"Duration\.(minutes|hours|days)\(\s*(\d+)", arguments)
    if rate:
        return schedules.latency(f"rate({int(rate[2]) * _UNITS[rate[1]]} minutes)")
    if ".cron(" in arguments:
        fields = [_text(arguments, name) for name in ("minute", "hour", "day", "month", "week_?[dD]ay")]
        return schedules.latency(*[f"cron({' '.join(field or '*' for field in fields)})"] if any(fields) else [])
    return schedules.latency(*_STRING.findall(arguments.partition("chedule")[2]))


def _calls(content: str) -> Iterator[_Call]:
    for found in _CALL.finditer(content):
        owner, _, name = found[2].rpartition(".")
        bound = (found[1] or "").rpartition(".")[2]
        line = content.count("\n", 0, found.start(2)) + 1
        yield _Call(bound, owner.rpartition(".")[2], name, _arguments(content, found.end()), line)


def _arguments(content: str, start: int) -> str:
    """What stands between the parenthesis that opens before `start` and the one that closes it."""
    depth, quote, position = 1, "", start
    while position < len(content) and depth:
        sign = content[position]
        if quote:
            if sign == "\\":
                position += 1
            elif sign == quote:
                quote = ""
        elif sign in "\"'`":
            quote = sign
        else:
            depth += (sign == "(") - (sign == ")")
        position += 1
    return content[start : position - 1]
