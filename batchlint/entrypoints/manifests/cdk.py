"""Lambda functions of an AWS CDK app, in Python or TypeScript, by the constructs that trigger them; scheduled tasks.

Read as text: constructs are calls, which both languages write alike. A function that is handed on to another file keeps
what this file says about it. In Python a method may make the function, or the rule for the target that it is given.
https://docs.aws.amazon.com/cdk/v2/guide/constructs.html
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from typing import NamedTuple

from batchlint.entrypoints.manifests import images, schedules
from batchlint.entrypoints.manifests.commands import Commands
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project, dotted, folders_above
from batchlint.findings import Latency, Step

_CALL = re.compile(
    r"(?:(return)\s+|([\w.]+)[ \t]*(?::[ \t]*[\w.]+[ \t]*)?(?<=\s)=\s+)?"
    r"(?:new\s+)?\b((?:[A-Za-z_]\w*\.)*[A-Z]\w*|[\w.]+)\("
)
"""A call, and what it is bound to: a keyword (`handler=tag()`) has no spaces around its sign."""
_METHOD = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)
_FUNCTIONS = frozenset({"Function", "PythonFunction", "SingletonFunction", "DockerImageFunction"})
_TASKS = frozenset({"ScheduledFargateTask", "ScheduledEc2Task"})
_RULES = frozenset({"Rule", "Schedule", "CfnSchedule"})
_WEB = frozenset(
    {"LambdaIntegration", "HttpLambdaIntegration", "LambdaRestApi", "WebSocketLambdaIntegration",
     "LambdaProxyIntegration", "add_function_url", "addFunctionUrl"}
)  # fmt: skip
_EVENTS = frozenset({"add_event_source", "addEventSource", "LambdaSubscription", "LambdaDestination"})
_TARGETS = frozenset({"add_target", "addTarget"})
_STEPS = frozenset({"LambdaInvoke"})
_IMAGE = re.compile(r"(?:from_image_asset|fromImageAsset|from_asset_image|fromAssetImage)\(")
_WRAPPED = frozenset({"LambdaFunction"})
_STRING = images.STRING
_UNITS = {"minutes": 1, "hours": 60, "days": 1440}


class _Call(NamedTuple):
    """A call in the file: what it is bound to ("" for nothing), on what and under which name, its arguments."""

    bound: str
    owner: str
    name: str
    arguments: str
    line: int
    is_local: bool
    """Whether what it is bound to is a variable of the method around it."""
    method: str
    """The Python method around it."""
    takes: str
    """What that method takes, as it stands there."""


class _Named(NamedTuple):
    """What stands for a function, by the call that it is bound to."""

    call: _Call
    function: _Call

    def stands_in(self, call: _Call) -> bool:
        """Whether the name can mean the function in the call."""
        return call.line >= self.call.line and (not self.call.is_local or call.method == self.call.method)


def matches(path: str, folders: list[str]) -> bool:
    """Whether the file can hold constructs of one of the apps, whose folders have a `cdk.json`."""
    is_source = path.endswith((".py", ".ts")) and not path.endswith((".d.ts", ".test.ts"))
    return is_source and "node_modules/" not in path and any(path.startswith(folder) for folder in folders)


def apps(project: Project) -> list[str]:
    """The folders of the project's CDK apps, each with a slash at its end."""
    return [name[: -len("cdk.json")] for name in project.names if name.rpartition("/")[2] == "cdk.json"]


def read(path: str, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    content = project.text(path) or ""
    if "aws_cdk" not in content and "aws-cdk" not in content:
        return
    calls = list(_calls(content))
    named = [each for call in calls if call.name in _FUNCTIONS for each in _names(call, calls)]
    for name in named:
        bound, handler = name.call.bound, _handler(name.function, path, project)
        # A name stands for its function up to where another one gets it.
        ends = [other.call.line for other in named if other.call.bound == bound and other.call.line > name.call.line]
        after = [call for call in calls if name.stands_in(call) and call.line < min(ends, default=call.line + 1)]
        if handler:
            for kind, latency, line in _triggers(bound, after, calls):
                what = f"function {bound}, {kind.replace('_', ' ')}"
                yield ManifestTarget(handler, kind, latency, Step(path, line, what), "cdk")
    for task in calls:
        image = images.of(task.arguments, path, project) if task.name in _TASKS else None
        for started in commands.argument_list(image.words, path, image.folder) if image is not None else ():
            step = Step(path, task.line, f"{task.name}, schedule")
            yield ManifestTarget(started.target, "schedule", _often(task.arguments), step, "cdk", started.given)


def _names(function: _Call, calls: list[_Call]) -> Iterator[_Named]:
    """The names that the function has in the file: where a method gives it, what others call it there."""
    if function.bound and function.bound == function.method:
        yield from (_Named(call, function) for call in calls if call.name == function.method and call.bound)
    elif function.bound:
        yield _Named(function, function)


def _triggers(function: str, calls: list[_Call], everywhere: list[_Call]) -> Iterator[tuple[str, Latency, int]]:
    names = [function, *(call.bound for call in calls if call.name in _WRAPPED and _names_one(call, [function]))]
    rules = {call.bound: call for call in everywhere if _is_rule(call)}
    methods = {rule.method: rule for rule in everywhere if _is_rule(rule) and _is_for_given(rule, everywhere)}
    is_step = any(call.name in _STEPS and _names_one(call, names) for call in calls)
    for call in calls:
        is_meant = _names_one(call, names) or (is_step and "StateMachine(" in call.arguments)
        if _is_rule(call) and is_meant:
            yield "schedule", _often(call.arguments), call.line
        elif call.name in _TARGETS and is_meant and call.owner in rules:
            yield "schedule", _often(rules[call.owner].arguments), call.line
        elif call.name in methods and is_meant:
            yield "schedule", _often(f"schedule {call.arguments}, {methods[call.name].arguments}"), call.line
        elif call.name in _WEB and (is_meant or call.owner == function):
            yield "web", Latency.REALTIME, call.line
        elif call.name in _EVENTS and (call.owner == function or _names_one(call, names)):
            yield "task_queue", Latency.HOURS, call.line


def _is_rule(call: _Call) -> bool:
    return call.name in _RULES and "chedule" in call.arguments


def _is_for_given(rule: _Call, calls: list[_Call]) -> bool:
    """Whether the rule is for a target that the method around it takes."""
    taken = re.findall(r"(?:^|,)[\s*]*(\w+)", rule.takes)
    beside = [call for call in calls if call.method == rule.method and call.owner == rule.bound]
    targets = [call.arguments for call in beside if call.name in _TARGETS] + [rule.arguments.partition("targets")[2]]
    return any(re.search(rf"\b{name}\b", each) for name in taken if name != "self" for each in targets)


def _names_one(call: _Call, names: list[str]) -> bool:
    return any(name and re.search(rf"\b{re.escape(name)}\b", call.arguments) for name in names)


def _handler(call: _Call, path: str, project: Project) -> str:
    """The dotted name of the function that the construct runs, "" if it is none of the project's."""
    image = images.of(call.arguments, path, project) if _IMAGE.search(call.arguments) else None
    handler = _text(call.arguments, "handler") or "handler"
    if image is not None:
        handler = image.words[-1] if image.words and re.fullmatch(r"[\w./-]+\.\w+", image.words[-1]) else ""
    module, _, name = handler.rpartition(".")
    if not module:
        module = _text(call.arguments, "index").removesuffix(".py") or "index"
    place = re.search(rf"{_IMAGE.pattern}|(?:from_asset|fromAsset)\(|\bentry\s*[:=]", call.arguments)
    if place is None:
        return ""
    parts = _STRING.findall(images.first(call.arguments[place.end() :]))
    file = project.file("/".join([*parts, f"{module.replace('.', '/')}.py"]), folders_above(path))
    return dotted(file, name) if file else ""


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
    methods = list(_METHOD.finditer(content))
    starts = [method.start() for method in methods]
    for found in _CALL.finditer(content):
        at = bisect(starts, found.start()) - 1
        method = methods[at] if at >= 0 else None
        if method is not None and found.start(3) == method.start(1):
            continue
        owner, _, name = found[3].rpartition(".")
        around = method[1] if method is not None else ""
        bound = around if found[1] else (found[2] or "").rpartition(".")[2]
        line = content.count("\n", 0, found.start(3)) + 1
        takes = _arguments(content, method.end()) if method is not None else ""
        arguments, is_local = _arguments(content, found.end()), method is not None and "." not in (found[2] or "")
        yield _Call(bound, owner.rpartition(".")[2], name, arguments, line, is_local, around, takes)


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
