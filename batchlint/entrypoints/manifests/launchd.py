"""Jobs of a Mac: property lists of launchd agents and daemons.

https://developer.apple.com/library/archive/documentation/MacOSX/Conceptual/BPSystemStartup/Chapters/CreatingLaunchdJobs.html
"""

from __future__ import annotations

from collections.abc import Iterator

from batchlint.entrypoints.intervals import latency_of
from batchlint.entrypoints.manifests.commands import Commands
from batchlint.entrypoints.manifests.containers import service
from batchlint.entrypoints.manifests.targets import ManifestTarget, Project
from batchlint.findings import FileError, Step

_SHOWN = 2
"""Times of the day that are told."""


def matches(path: str) -> bool:
    return path.endswith(".plist")


def read(path: str, project: Project, commands: Commands) -> Iterator[ManifestTarget | FileError]:
    content = project.text(path) or ""
    if "<key>Program" not in content:
        return  # the property list of an application, not of a job
    import plistlib
    from xml.parsers.expat import ExpatError

    try:
        job = plistlib.loads(content.encode())
        if not isinstance(job, dict):
            raise plistlib.InvalidFileException("a job is a dict")
    # Elements in the wrong place are an IndexError: the library's stack of open ones is empty.
    except (ExpatError, plistlib.InvalidFileException, ValueError, IndexError) as error:
        yield FileError(path, getattr(error, "lineno", 1), f"not a valid property list: {error}")
        return
    given = job.get("ProgramArguments")
    words = [job.get("Program"), *(given if isinstance(given, list) else [])[bool(job.get("Program")) :]]
    words = [word for word in words if isinstance(word, str)]
    key = next((each for each in ("StartCalendarInterval", "StartInterval") if each in job), "")
    line = content[: max(content.find(f"<key>{key or 'Program'}"), 0)].count("\n") + 1
    for started in commands.argument_list(words, path, job.get("WorkingDirectory")):
        if key:
            latency = latency_of(_minutes(job[key]))
            step = Step(path, line, f"launchd, {key} {_told(job[key])}".rstrip())
            yield ManifestTarget(started.target, "schedule", latency, step, "launchd", started.given)
        else:
            yield service(started, Step(path, line, f"job {path.rpartition('/')[2]}"), "launchd")


def _told(interval: object) -> str:
    """The seconds between two runs, or the times, in the words of the file."""
    if isinstance(interval, int):
        return f"{interval} s"
    times = [time for time in (interval if isinstance(interval, list) else [interval]) if isinstance(time, dict)]
    told = (" ".join(f"{key} {value}" for key, value in time.items()) for time in times[:_SHOWN])
    return ", ".join(told) + (", ..." if len(times) > _SHOWN else "")


def _minutes(interval: object) -> float | None:
    """Minutes between two runs: a number of seconds, or the times of a day, where what is left out is each one."""
    if isinstance(interval, int):
        return interval / 60
    given = interval if isinstance(interval, list) else [interval]
    times = [time for time in given if isinstance(time, dict)]
    if not times:
        return None
    if any("Minute" not in time and not time.keys() & {"Hour", "Day", "Weekday", "Month"} for time in times):
        return 1.0
    whole = 1440.0 if all(time.keys() - {"Minute"} for time in times) else 60.0
    return whole / len(times)
