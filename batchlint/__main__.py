"""The `batchlint` command, also as `python -m batchlint`."""

from __future__ import annotations

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit."""
    # A command is short and what it builds lives to its end: looking for garbage among it takes longer than the rest,
    # from the first import on.
    gc.disable()
    from batchlint import cli

    cli.main()


if __name__ == "__main__":
    main()
