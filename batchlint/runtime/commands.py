"""`python llm_batch.py status|resume|cancel`."""

from __future__ import annotations

import sys

from batchlint.runtime.asking import BACKENDS
from batchlint.runtime.journal import journal
from batchlint.runtime.rounds import Rounds, fetch


def main(command: str = "status") -> int:
    """Look after batches whose program is not running. Exit code 0; 1 where a batch could not be asked for."""
    if command not in ("status", "resume", "cancel"):
        print("usage: python llm_batch.py status|resume|cancel", file=sys.stderr)
        return 2
    with journal() as db:
        rows, failed = db.execute("select provider, server, id, what from batches order by since").fetchall(), 0
    for provider, server, id, what in rows:
        if id is None:
            print(f"{what}: killed while it was being submitted")
            continue
        try:
            backend = BACKENDS[provider].connect(server)
            state = Rounds().persist("resume", fetch, id, backend, []) if command == "resume" else backend.poll(id)
            ended, text, refused = state
            print(f"{id}: {text} {refused}".rstrip() + f" ({what})")
            if command == "cancel" and not ended:
                backend.cancel(id)
                print(f"{id}: cancelling; what is answered already is paid, and the next start uses it")
        except Exception as error:
            print(f"{id}: cannot be asked for: {error} ({what})", file=sys.stderr)
            failed = 1
    print("the next start of the program goes on with these batches" if rows else "no batches")
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
