"""Memory and throughput of a rewritten job: N embedding requests through the helper against a fast fake provider.

    python benchmarks/two_million.py [--requests 2000000] [--kill] [--realtime 2000]

Prints wall time, peak memory of the job's process, batches, and whether each row was written and paid once. `--kill`
kills the job (SIGKILL) in the middle and starts it again. `--realtime N` runs the same loop in realtime form over N
requests.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from batchlint.runtime import render

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

HEAD = """
import sqlite3, sys
from openai import OpenAI
client, count = OpenAI(), int(sys.argv[1])
db = sqlite3.connect("rows.db")
db.execute("create table if not exists rows (id integer, length integer)")
done = db.execute("select coalesce(max(id), -1) from rows").fetchone()[0] + 1
"""
BATCH = (
    HEAD
    + """
from llm_batch import request, run_batch
def embed(number):
    answer = yield request(client.embeddings.create, model="text-embedding-3-small", input=f"product {number}")
    db.execute("insert into rows values (?, ?)", (number, len(answer.data[0].embedding)))
    if number % 10_000 == 9_999:
        db.commit()
run_batch(embed(number) for number in range(done, count))
db.commit()
"""
)
REALTIME = (
    HEAD
    + """
for number in range(done, count):
    answer = client.embeddings.create(model="text-embedding-3-small", input=f"product {number}")
    db.execute("insert into rows values (?, ?)", (number, len(answer.data[0].embedding)))
    if number % 10_000 == 9_999:
        db.commit()
db.commit()
"""
)


def serve(ready: Path) -> None:
    """The fake provider in a process of its own; prints its books on SIGTERM."""
    from fake_provider import FakeProvider

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with FakeProvider(record=False, polls=2) as provider:
        ready.with_suffix(".part").write_text(provider.url)
        ready.with_suffix(".part").rename(ready)
        stop.wait()
        twice = sum(times > 1 for times in provider.paid.values())
        print(f"{len(provider.batches)} {len(provider.paid)} {twice} {provider.realtime_calls}", flush=True)


def job(folder: Path, source: str, count: int, url: str) -> subprocess.Popen[bytes]:
    (folder / "job.py").write_text(source)
    (folder / "llm_batch.py").write_text(render(["openai"]))
    environment = {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": "none", "LLM_BATCH_POLL_SECONDS": "0.2"}
    return subprocess.Popen([sys.executable, "job.py", str(count)], cwd=folder, env={**os.environ, **environment})


def rows(folder: Path) -> int:
    if not (folder / "rows.db").exists():
        return 0
    with sqlite3.connect(folder / "rows.db") as db:
        try:
            return int(db.execute("select count(*) from rows").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def measure(source: str, count: int, kill: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ready = folder / "url"
        server = subprocess.Popen([sys.executable, __file__, "--serve", str(ready)], stdout=subprocess.PIPE, text=True)
        while not ready.exists():
            time.sleep(0.05)
        start = time.monotonic()
        peak = 0
        process = job(folder, source, count, ready.read_text())
        if kill:
            while rows(folder) < count // 3 and process.poll() is None:
                time.sleep(0.5)
            process.kill()
            peak = os.wait4(process.pid, 0)[2].ru_maxrss
            print(f"killed after {rows(folder):,} committed rows")
            process = job(folder, source, count, ready.read_text())
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        peak = max(peak, usage.ru_maxrss) // 1024
        server.terminate()
        batches, paid, twice, realtime = map(int, server.communicate()[0].split())
        with sqlite3.connect(folder / "rows.db") as db:
            written, distinct = db.execute("select count(*), count(distinct id) from rows").fetchone()
        print(
            f"{count:,} requests in {seconds:.0f} s ({count / seconds:,.0f}/s), exit {status}, peak memory {peak} MB, "
            f"{batches} batches, {realtime} realtime calls, {written:,} rows ({distinct:,} distinct), "
            f"{paid:,} requests paid, {twice} of them twice"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=2_000_000)
    parser.add_argument("--kill", action="store_true", help="kill the job in the middle and start it again")
    parser.add_argument("--realtime", type=int, default=0, metavar="N", help="also run N requests in realtime form")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    measure(BATCH, options.requests, options.kill)
    if options.realtime:
        measure(REALTIME, options.realtime, False)


if __name__ == "__main__":
    main()
