"""`python llm_batch.py status|resume|cancel`."""

from __future__ import annotations

import sys
from typing import Any

from batchlint.runtime.asking import BACKENDS
from batchlint.runtime.journal import STATE, journal
from batchlint.runtime.rounds import Rounds


def main(command: str = "status", *rest: str) -> int:
    """Look after batches whose program is not running. Exit code 0; 1 where a batch could not be asked for."""
    if command not in ("status", "resume", "cancel") or rest:
        print("usage: python llm_batch.py status|resume|cancel", file=sys.stderr)
        return 2
    rows: list[Any] = []
    if STATE.exists():
        with journal() as db:
            rows += db.execute("select provider, server, batch, what from batches order by tried")
    failed = 0
    for provider, server, batch, what in rows:
        if batch is None:
            print(f"{what}: killed while it was being submitted")
            continue
        try:
            backend = next(kind for kind in BACKENDS.values() if kind.provider == provider).connect(server)
            state = Rounds().wait_for(batch, backend) if command == "resume" else backend.poll(batch)
            print(f"{batch}: {state.text} {state.failed}".rstrip() + f" ({what})")
            if command == "cancel" and not state.ended:
                backend.cancel(batch)
                print(f"{batch}: cancelling; what is answered already is paid, and the next start uses it")
        except Exception as error:
            print(f"{batch}: cannot be asked for: {error} ({what})", file=sys.stderr)
            failed = 1
    print("the next start of the program goes on with these batches" if rows else "no batches")
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
