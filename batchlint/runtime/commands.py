"""`python llm_batch.py status|resume|cancel`: look after batches whose program is not running."""

from __future__ import annotations

import sys
import time

from batchlint.runtime.journal import journal
from batchlint.runtime.model import CONNECT, FOLDER
from batchlint.runtime.rounds import backoff, is_transient


def main(command: str = "status", *rest: str) -> int:
    """Exit code 0; 1 where a batch could not be asked for; 2 for a wrong command."""
    if command not in ("status", "resume", "cancel") or rest:
        print("usage: python llm_batch.py status|resume|cancel", file=sys.stderr)
        return 2
    if not (FOLDER / "state.sqlite").exists():
        print("no batches")
        return 0
    with journal() as db:
        names = "provider, scope, endpoint, model, batch, count, created"
        rows = list(db.execute(f"select {names} from batches order by created"))
    worst = 0
    for row in rows:
        try:
            worst = max(worst, _look_after(command, *row))
        except Exception as error:
            print(f"{row[4]}: cannot be asked for: {error}", file=sys.stderr)
            worst = 1
    if command == "resume":
        print("start the program again: it goes on with these batches")
    return worst


def _look_after(
    command: str, provider: str, scope: str, endpoint: str, model: str, batch: str | None, count: int, created: float
) -> int:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(created))
    what = f"{count} requests to {endpoint} with {model}, {when}"
    if batch is None:
        print(f"{what}: killed while it was being submitted; the next start of the program finds out")
        return 0
    backend = CONNECT[provider](scope)
    for pause in backoff():
        try:
            state = backend.poll(batch)
        except Exception as error:
            if command != "resume" or not is_transient(error):
                raise
        else:
            print(f"{batch}: {state.text} {state.failed}".rstrip() + f" ({what})", flush=True)
            if state.ended or command == "status":
                return 0
            if command == "cancel":
                backend.cancel(batch)
                print(f"{batch}: cancelling; what is answered already is paid, and the next start uses it")
                return 0
        time.sleep(pause)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
