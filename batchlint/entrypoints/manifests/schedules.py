"""How often the schedules in manifests fire: cron lines, `rate(...)`, `@daily`, `OnCalendar=`, "every 5 minutes"."""

from __future__ import annotations

import re

from batchlint.entrypoints.intervals import cron_minutes, latency_of
from batchlint.findings import Latency

NAMED = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@reboot"}
_UNITS = {"s": 1 / 60, "sec": 1 / 60, "second": 1 / 60, "m": 1, "min": 1, "minute": 1, "h": 60, "hr": 60, "hour": 60,
          "d": 1440, "day": 1440, "w": 10080, "week": 10080, "month": 43200}  # fmt: skip


def minutes(expression: str) -> float | None:
    """Minutes between two runs; None where the expression does not tell."""
    text = expression.strip().strip("\"'").lower()
    if text.startswith("cron("):
        text = text[5:].rstrip(")")
    if text in {"@hourly", "hourly"}:
        return 60.0
    if text == "minutely":
        return 1.0
    found = cron_minutes(text)
    if found is not None:
        return found
    calendar = re.search(r"(?:^|\s)(\*|[\d,.-]+):(?:\d+/(\d+)|([*\d,]+))(?::\S+)?$", text)
    if calendar:
        if calendar[2]:
            return float(calendar[2])
        if calendar[3] == "*":
            return 1.0
        return 60.0 if calendar[1] == "*" else 1440.0
    spoken = re.search(r"(?:^|every |rate\(|@every )\s*(\d+)?\s*([a-z]+?)s?\)?$", text)
    if spoken and spoken[2] in _UNITS:
        return float(spoken[1] or 1) * _UNITS[spoken[2]]
    return None


def is_daily(text: str) -> bool:
    """Whether the text names a schedule that fires each day: its fields of days are all `*`, or a rate within a day."""
    fields = re.search(r"(?:^|[\s(])[\d*/,-]+ [\d*/,-]+ (?:\*|\?) \* (?:\*|\?)(?:$|[\s:,;)])", text)
    found = minutes(text)
    spoken = re.search(r"rate\(|every ", text)
    return fields is not None or (spoken is not None and found is not None and found <= 1440)


def latency(*expressions: str) -> Latency:
    """What who reads the job's result can wait, by the most frequent of its schedules."""
    known = [found for expression in expressions if (found := minutes(expression)) is not None]
    return latency_of(min(known) if known else None)
