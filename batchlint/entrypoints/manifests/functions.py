"""Functions as a service, by their triggers: serverless.yml, SAM and CloudFormation templates, Zappa, Azure Functions.

https://www.serverless.com/framework/docs/providers/aws/guide/events
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventsource.html
https://learn.microsoft.com/azure/azure-functions/functions-triggers-bindings
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from batchlint.entrypoints.manifests import documents, schedules
from batchlint.entrypoints.manifests.commands import Commands
from batchlint.entrypoints.manifests.documents import Node
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project, dotted, folders_above
from batchlint.findings import FileError, Latency, Step

_WEB = re.compile(r"http|^api|alb|websocket|url|lex|alexa|cognito", re.IGNORECASE)
_SCHEDULE = re.compile(r"schedule|timer", re.IGNORECASE)


def is_serverless(path: str) -> bool:
    return path.rpartition("/")[2] in {"serverless.yml", "serverless.yaml"}


def read_serverless(path: str, node: Node, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    for name, body, line in documents.items(documents.get(node, "functions")):
        handler = _handler(documents.text(documents.get(body, "handler")), "", path, project)
        if not handler:
            continue
        for event in documents.elements(documents.get(body, "events")):
            pairs = list(documents.items(event)) or [(documents.text(event), None, line)]
            for trigger, value, at in pairs:
                rates = documents.get(value, "rate") or documents.get(value, "schedule") or value
                expressions = documents.texts(rates)
                what = " ".join([f"function {name}, {trigger}", *expressions])
                yield _target(handler, trigger, expressions, Step(path, at, what))


def read_sam(path: str, node: Node, project: Project, commands: Commands) -> Iterator[ManifestTarget]:
    shared = documents.get(node, "Globals", "Function")
    resources = documents.get(node, "Resources")
    machines = {
        name: documents.get(resource, "Properties")
        for name, resource, _ in documents.items(resources)
        if documents.text(documents.get(resource, "Type")).endswith("::StateMachine")
    }
    for name, resource, _ in documents.items(resources):
        if documents.text(documents.get(resource, "Type")) not in {
            "AWS::Serverless::Function",
            "AWS::Lambda::Function",
        }:
            continue
        properties = documents.get(resource, "Properties")
        folder, stated = (
            documents.text(documents.get(properties, key)) or documents.text(documents.get(shared, key))
            for key in ("CodeUri", "Handler")
        )
        handler = _handler(stated, folder, path, project)
        if not handler:
            continue
        yield from _events(path, name, handler, properties)
        yield from _rules(path, name, handler, resources)
        for machine, steps in machines.items():
            if name in _named(steps):
                yield from _events(path, name, handler, steps)
                yield from _rules(path, machine, handler, resources)


def _events(path: str, function: str, handler: str, properties: Node) -> Iterator[ManifestTarget]:
    """The events that a resource states for itself."""
    for event, body, line in documents.items(documents.get(properties, "Events")):
        trigger = documents.text(documents.get(body, "Type"))
        inner = documents.get(body, "Properties")
        when = documents.get(inner, "Schedule") or documents.get(inner, "ScheduleExpression")
        expressions = documents.texts(when)
        step = Step(path, line, " ".join([f"function {function}, {event} ({trigger})", *expressions]))
        yield _target(handler, trigger, expressions, step)


def _named(node: Node) -> set[str]:
    """The resources that are named anywhere below the node: `!Ref Name`, `!GetAtt Name.Arn`, `${Name.Arn}`."""
    texts = [documents.text(each) for each in documents.walk(node)]
    return {name for text in texts for name in (text.partition(".")[0], *re.findall(r"\$\{(\w+)", text))}


def _rules(path: str, target: str, handler: str, resources: Node) -> Iterator[ManifestTarget]:
    """`AWS::Events::Rule` with a schedule whose target is the function, or a state machine with a step for it."""
    for name, resource, line in documents.items(resources):
        if documents.text(documents.get(resource, "Type")) not in {"AWS::Events::Rule", "AWS::Scheduler::Schedule"}:
            continue
        when = documents.text(documents.get(resource, "Properties", "ScheduleExpression"))
        targets = documents.get(resource, "Properties", "Targets") or documents.get(resource, "Properties", "Target")
        if when and target in _named(targets):
            yield _target(handler, "Schedule", [when], Step(path, line, f"rule {name}, {when}"))


def is_json(path: str) -> bool:
    return path.rpartition("/")[2] in {"zappa_settings.json", "function.json"}


def read_json(path: str, project: Project, commands: Commands) -> Iterator[ManifestTarget | FileError]:
    content = project.text(path) or ""
    try:
        data = json.loads(content)
    except ValueError as error:
        yield FileError(path, getattr(error, "lineno", 1), f"not valid JSON: {getattr(error, 'msg', error)}")
        return
    if not isinstance(data, dict):
        return
    if path.endswith("function.json"):
        script = data.get("scriptFile") or "__init__.py"
        file = project.file(str(script), folders_above(path)[:1])
        entry = str(data.get("entryPoint") or "main")
        for binding in data.get("bindings") or []:
            trigger = str(binding.get("type", "")) if isinstance(binding, dict) else ""
            if file and trigger.lower().endswith("trigger"):
                yield _target(dotted(file, entry), trigger, [str(binding.get("schedule", ""))], Step(path, 1, trigger))
        return
    for stage, body in data.items():
        for event in (body.get("events") or []) if isinstance(body, dict) else []:
            when = event.get("expression") or event.get("expressions") if isinstance(event, dict) else None
            if when and isinstance(event.get("function"), str):
                expressions = [str(each) for each in (when if isinstance(when, list) else [when])]
                line = content[: content.find(event["function"])].count("\n") + 1
                yield _target(
                    event["function"], "schedule", expressions, Step(path, line, f"stage {stage}, {expressions[0]}")
                )


def _handler(handler: str, folder: str, path: str, project: Project) -> str:
    """`src/jobs.nightly` or `jobs.nightly` in the function's folder -> its dotted name, "" if unknown."""
    place, _, function = handler.rpartition(".")
    if not place:
        return ""
    bases = folders_above(path)
    folder = folder.strip("./")
    if folder:
        bases = [f"{base}/{folder}" if base else folder for base in bases]
    file = project.file(place.replace(".", "/") + ".py", bases)
    return dotted(file, function) if file else ""


def _target(handler: str, trigger: str, expressions: list[str], step: Step) -> ManifestTarget:
    if _SCHEDULE.search(trigger):
        return ManifestTarget(handler, "schedule", schedules.latency(*expressions), step, "serverless")
    if _WEB.search(trigger):
        return ManifestTarget(handler, "web", Latency.REALTIME, step, "serverless")
    return ManifestTarget(handler, "task_queue", Latency.HOURS, step, "serverless")
