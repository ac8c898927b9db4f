"""The `batchlint` command, also as `python -m batchlint`."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and exit."""
    # A command is short and what it builds lives to its end: looking for garbage among it takes longer than the rest,
    # from the first import on.
    gc.disable()
    from batchlint import cli

    cli.main()


if __name__ == "__main__":
    # `python -m` looks here first: no file of the program that is read may stand in for a library, and run.
    if sys.path[0] in ("", os.getcwd()):  # noqa: PTH109 (pathlib might be one)
        del sys.path[0]
    main()
