"""A cold run of two commands over checkouts, one process each, and how many times as long the first one takes.

    python benchmarks/against.py FOLDER 'batchlint check --all-calls -e .' 'OTHER COMMAND' [--runs 3]

FOLDER holds the checkouts; each command runs in each of them, the two in turn. The figures are the seconds of processor
time (user and system) of the fastest run of each, so that what else the machine does counts little; a command that
fails is named. The exit code is 1 where the first takes longer.
"""

from __future__ import annotations

import argparse
import os
import resource
import shlex
import subprocess
import sys
from pathlib import Path

# An editable install has no bytecode of its own: written in the first run, it is there as in any other install.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(command: list[str], folder: Path) -> float:
    """Processor time of the command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    if done.returncode:
        print(f"{folder.name}: {command[0]} ends with {done.returncode}: {done.stderr.strip()[-200:]}", file=sys.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("first", type=shlex.split)
    parser.add_argument("second", type=shlex.split)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    totals = [0.0, 0.0]
    for checkout in sorted(path for path in options.folder.iterdir() if path.is_dir()):
        best = [float("inf")] * 2
        for _ in range(options.runs):
            for index, command in enumerate((options.first, options.second)):
                best[index] = min(best[index], seconds(command, checkout))
        totals = [total + each for total, each in zip(totals, best, strict=True)]
        print(f"{best[0]:7.2f} {best[1]:7.2f}  {checkout.name}")
    print(f"{totals[0]:7.2f} {totals[1]:7.2f}  together: {totals[0] / totals[1]:.2f} times as long")
    return int(totals[0] > totals[1])


if __name__ == "__main__":
    sys.exit(main())
