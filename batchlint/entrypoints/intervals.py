"""How often a schedule fires, as far as its literals tell, and what others know of the names in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from batchlint.findings import Latency

UNITS = {"second": 1 / 60, "minute": 1.0, "hour": 60.0, "day": 1440.0, "week": 10080.0, "month": 43200.0}
"""Minutes in each unit of time."""
OFTEN = 30.0
"""Minutes between two runs below which an answer in hours would come too late for the next run."""
_MOMENTS = frozenset({"next_run_time", "start_date", "end_date", "start_time", "end_time"})
"""Keywords of registrations that say when, not how often: `next_run_time=now + timedelta(seconds=10)`."""


def latency_of(minutes: float | None) -> Latency:
    """A job that runs every half hour or less often can wait hours; one that runs more often, minutes."""
    return Latency.MINUTES if minutes is not None and minutes < OFTEN else Latency.HOURS


def minutes_between(node: ast.expr, number: Callable[[ast.expr], float | None] | None = None) -> float | None:
    """Minutes between two runs, from the numbers of a registration (`every(10).minutes.do(f)`); None if unsaid.

    `number` knows those that are no literals.
    """
    nodes = list(ast.walk(node))
    moments = [inner.value for inner in nodes if isinstance(inner, ast.keyword) and inner.arg in _MOMENTS]
    when = {id(each) for moment in moments for each in ast.walk(moment)}
    known = product if number is None else lambda value: product(value) or number(value) or None
    found = [minutes for inner in nodes if id(inner) not in when and (minutes := _from(inner, known)) is not None]
    return min(found) if found else None


def is_once(node: ast.Call) -> bool:
    """Whether a registration names the moment at which the job runs, once."""
    return any(keyword.arg == "run_date" for keyword in node.keywords)


def cron_minutes(text: str) -> float | None:
    """Minutes between two runs of a crontab line's five fields; None if `text` is no such line."""
    fields = text.split()
    if len(fields) not in (5, 6) or not all(re.fullmatch(r"[\d*/,\-A-Za-z?L#]+", field) for field in fields):
        return None
    minute, hour = fields[0], fields[1]
    return (
        field_minutes(minute, 1.0, 60.0)
        if minute != "0" and not minute.isdigit()
        else field_minutes(hour, 60.0, 1440.0)
    )


def field_minutes(field: str, unit: float, whole: float) -> float:
    if field in {"*", "?"}:
        return unit
    step = re.fullmatch(r"(?:\*|[\d-]+)/(\d+)", field)
    if step:
        return max(int(step[1]), 1) * unit
    return whole / max(len(field.split(",")), 1)


def _from(node: ast.AST, number: Callable[[ast.expr], float | None]) -> float | None:
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "every":
            return None
        if name in {"crontab", "cron", "CronTrigger", "from_crontab", "cron_schedule", "Cron"}:
            return _crontab(node)
        parts = [
            value * UNITS[unit]
            for keyword in node.keywords
            if keyword.arg
            and (unit := keyword.arg.rstrip("s")) in UNITS
            and keyword.arg.endswith("s")
            and (value := number(keyword.value)) is not None
        ]
        parts += [
            seconds / 60
            for keyword in node.keywords
            if keyword.arg == "interval" and (seconds := number(keyword.value)) is not None
        ]
        return sum(parts) if parts else None
    if isinstance(node, ast.Attribute):
        unit = node.attr.rstrip("s")
        base = node.value
        if unit in UNITS and isinstance(base, ast.Call) and _is_named(base.func, "every"):
            count = number(base.args[0]) if base.args else 1.0
            return None if count is None else count * UNITS[unit]
    return None


def _is_named(node: ast.expr, name: str) -> bool:
    return (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Attribute) and node.attr == name)


def _crontab(node: ast.Call) -> float | None:
    if node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
        minutes = cron_minutes(node.args[0].value)
        if minutes is not None:
            return minutes
    fields = {keyword.arg: _text(keyword.value) for keyword in node.keywords}
    positional = [_text(argument) for argument in node.args[:2]]
    minute = fields.get("minute", positional[0] if positional else "*")
    hour = fields.get("hour", positional[1] if len(positional) > 1 else None)
    if minute is None:
        return None
    if "minute" not in fields and not positional and fields.keys() & {"hour", "day", "day_of_week", "month"}:
        return 60.0
    if not minute.isdigit():
        return field_minutes(minute, 1.0, 60.0)
    return field_minutes(hour, 60.0, 1440.0) if hour is not None else 60.0


def product(node: ast.expr) -> float | None:
    """The value of a literal number or a product of such; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = product(node.left), product(node.right)
        return left * right if left is not None and right is not None else None
    return None


def _text(node: ast.expr) -> str | None:
    return str(node.value) if isinstance(node, ast.Constant) else None
