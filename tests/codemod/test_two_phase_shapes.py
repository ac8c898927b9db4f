"""Pools, coroutines and several requests in turn of jobs that cannot stay: the same as before, a round a run."""

from __future__ import annotations

import json
import shutil
import textwrap
from pathlib import Path
from typing import Any

import pytest
from fake_provider import Failure, FakeProvider, Faults
from launcher import LAUNCHER, Ended

from batchlint import rewriting

from .test_two_phase import HEAD, ON_GITHUB, ON_LAMBDA, after, decided, project

ASYNC_HEAD = (
    HEAD.replace("import json\n", "import asyncio\nimport json\n")
    .replace("OpenAI", "AsyncOpenAI")
    .replace("def ask", "async def ask")
    .replace("= client", "= await client")
)
THRICE = '\n\ndef polish(text):\n    return ask("once more: " + ask("better: " + ask(text)))\n'
ASYNC_THRICE = (
    "\n\nasync def polish(text):\n    draft = await ask(text)\n"
    '    better = await ask("better: " + draft)\n    return await ask("once more: " + better)\n'
)
RETRIED = """

def patient(text):
    for attempt in range(3):
        try:
            return ask(text)
        except Exception as error:
            print("attempt", attempt, type(error).__name__)
    return "nothing"
"""
BEFORE = 'texts = [path.read_text().strip() for path in sorted(Path("texts").glob("*.txt"))]\n'
AFTER = '\nPath("done.json").write_text(json.dumps(done))\nprint(len(done), "done")\n'
POOL = "from concurrent.futures import ThreadPoolExecutor, as_completed\n\n"

# What stands between reading the texts and writing `done`, the head of the file, and the batches in turn.
SYNC = {
    "a mapping": ("with ThreadPoolExecutor(4) as pool:\n    done = list(pool.map(ask, texts))", 1),
    "a mapping that a loop takes": (
        "done = []\nwith ThreadPoolExecutor() as pool:\n    for text, answer in zip(texts, pool.map(ask, texts)):\n"
        '        with open("log.txt", "a") as log:\n            log.write(answer)\n        done.append(answer)',
        1,
    ),
    "a mapping kept in a variable": (
        "with ThreadPoolExecutor() as pool:\n    answers = pool.map(ask, texts)\ndone = sorted(answers)",
        1,
    ),
    "futures as they complete": (
        "done = {}\nwith ThreadPoolExecutor(max_workers=4) as pool:\n"
        "    futures = {pool.submit(ask, text): text for text in texts}\n"
        "    for future in as_completed(futures):\n        done[futures[future]] = future.result()\n"
        "done = dict(sorted(done.items()))",
        1,
    ),
    "futures in a loop": (
        "pool = ThreadPoolExecutor(4)\nfutures = []\nfor text in texts:\n    futures.append(pool.submit(ask, text))\n"
        "done = [future.result() for future in futures]\npool.shutdown()",
        1,
    ),
    "processes": ("import multiprocessing\nwith multiprocessing.Pool(2) as pool:\n    done = pool.map(ask, texts)", 1),
    "threads of multiprocessing": (
        "from multiprocessing.pool import ThreadPool\npool = ThreadPool(2)\n"
        "done = [answer for answer in pool.imap(ask, texts)]\npool.close()",
        1,
    ),
    "a mapping of a lambda, and what each text gets": (
        "with ThreadPoolExecutor() as pool:\n"
        "    futures = {each: pool.submit(lambda text: ask(text.strip()), each) for each in texts}\n"
        "    done = {text: future.result() for text, future in futures.items()}",
        1,
    ),
    "results that may be errors": (
        "with ThreadPoolExecutor() as pool:\n    futures = [pool.submit(ask, text) for text in texts]\ndone = []\n"
        "for future in futures:\n    try:\n        done.append(future.result())\n    except Exception as error:\n"
        '        print("failed", error)',
        1,
    ),
    "a star mapping": (
        "from multiprocessing import Pool\nwith Pool(2) as pool:\n"
        "    done = pool.starmap(ask, [(text,) for text in texts])",
        1,
    ),
    "a pool of three in turn": ("with ThreadPoolExecutor(4) as pool:\n    done = list(pool.map(polish, texts))", 3),
    "a loop of three in turn": (
        "done = {}\nfor text in texts:\n    done[text] = polish(text)\n"
        '    with open("log.txt", "a") as log:\n        log.write(text)',
        3,
    ),
    "pools in the turns of a loop": (
        "done = {}\nfor text in texts:\n    with ThreadPoolExecutor() as pool:\n"
        "        futures = [pool.submit(polish, each) for each in text.splitlines()]\n"
        "        done[text] = [future.result() for future in futures]",
        3,
    ),
    "pools in a function that a loop calls": (
        "def parts(text):\n    with ThreadPoolExecutor() as pool:\n"
        "        futures = [pool.submit(ask, each) for each in text.splitlines()]\n"
        "    return [future.result() for future in futures]\n\n"
        "done = {}\nfor text in texts:\n    done[text] = parts(text)",
        1,
    ),
    "a loop that tries again": ("done = {}\nfor text in texts:\n    done[text] = patient(text)", 1),
    "a pool that tries again": ("with ThreadPoolExecutor(4) as pool:\n    done = list(pool.map(patient, texts))", 1),
}
ASYNC = {
    "a gather": ("done = await asyncio.gather(*[ask(text) for text in texts])", 1),
    "tasks and a limit": (
        "limit = asyncio.Semaphore(2)\n\n"
        "async def limited(text):\n    async with limit:\n        return await ask(text)\n\n"
        "tasks = [asyncio.create_task(limited(text)) for text in texts]\ndone = await asyncio.gather(*tasks)",
        1,
    ),
    "a gather of coroutines that ask in a loop": (
        "async def told(text):\n    parts = []\n    for part in text.splitlines():\n"
        "        parts.append(await ask(part))\n    return ' '.join(parts)\n\n"
        "done = await asyncio.gather(*[told(text) for text in texts])",
        1,
    ),
    "a limit around what is stored": (
        "limit = asyncio.Semaphore(2)\n\nasync def stored(text):\n    async with limit:\n"
        "        answer = await ask(text)\n        Path(text).write_text(answer)\n    return answer\n\n"
        "done = await asyncio.gather(*[stored(text) for text in texts])",
        1,
    ),
    "as they complete": (
        "done = []\nfor each in asyncio.as_completed([ask(text) for text in texts]):\n    answer = await each\n"
        '    with open("log.txt", "a") as log:\n        log.write("one")\n    done.append(answer)\ndone.sort()',
        1,
    ),
    "a task group": (
        "async with asyncio.TaskGroup() as group:\n    tasks = [group.create_task(ask(text)) for text in texts]\n"
        "done = [task.result() for task in tasks]",
        1,
    ),
    "one after the other": (
        'done = {}\nfor text in texts:\n    done[text] = await ask(text)\n    Path(text).write_text("yes")',
        1,
    ),
    "a mapping": ("done = await asyncio.gather(*map(ask, texts))", 1),
    "parts one after the other": (
        "done = []\nfor start in range(0, len(texts), 2):\n"
        "    done += await asyncio.gather(*[ask(text) for text in texts[start : start + 2]])",
        1,
    ),
    "what may fail": (
        "try:\n    done = await asyncio.gather(*[ask(text) for text in texts])\nexcept Exception as error:\n"
        "    print(error)\n    return",
        1,
    ),
    "two in turn, one after the other": (
        "done = {}\nfor text in texts:\n    answer = await ask(await ask(text))\n    done[text] = answer",
        2,
    ),
    "a comprehension": ("done = [await ask(text) for text in texts]", 1),
    "a gather of three in turn": ("done = await asyncio.gather(*(polish(text) for text in texts))", 3),
}


def sync(body: str) -> str:
    helpers = "".join(text for name, text in (("polish(", THRICE), ("patient(", RETRIED)) if name[:-1] in body)
    main = "\n\ndef main():\n" + textwrap.indent(BEFORE + body + AFTER, "    ")
    return POOL + HEAD.rstrip("\n") + "\n" + helpers + main + '\n\nif __name__ == "__main__":\n    main()\n'


def coroutines(body: str) -> str:
    helper = ASYNC_THRICE if "polish" in body else ""
    main = "\n\nasync def main():\n" + textwrap.indent(BEFORE + body + AFTER, "    ")
    return ASYNC_HEAD.rstrip("\n") + "\n" + helper + main + '\n\nif __name__ == "__main__":\n    asyncio.run(main())\n'


JOBS = {
    **{name: (sync(body), turns) for name, (body, turns) in SYNC.items()},
    **{name: (coroutines(body), turns) for name, (body, turns) in ASYNC.items()},
}
TEXTS = {f"texts/{name}.txt": f"{name}\n" for name in ("one", "two", "three")}


def left(folder: Path) -> dict[str, str]:
    """What a run has written."""
    found = {
        path.name: path.read_text()
        for path in folder.glob("*")
        if path.suffix in {".json", ".txt", ""} and path.is_file()
    }
    return {name: text for name, text in found.items() if not name.startswith(".")}


def next_run(folder: Path, provider: FakeProvider, script: str = "app.py") -> Ended:
    """A run on a machine that no run before it has used."""
    shutil.rmtree(folder / ".llm_batch", ignore_errors=True)
    return LAUNCHER.run(folder, script, {**provider.environment(), "LLM_BATCH_WAIT_SECONDS": "0"})


def before(folder: Path, files: dict[str, str], faults: Faults | None = None) -> tuple[Any, Ended, dict[str, str]]:
    """The planned rewrite, and what the program does without it."""
    outcome = project(folder, files)
    with FakeProvider(faults) as provider:
        done = LAUNCHER.run(folder, "app.py", provider.environment())
    assert done.code == 0, done
    written = left(folder)
    for name in written:
        (folder / name).unlink()
    return outcome, done, written


@pytest.mark.parametrize(("source", "turns"), JOBS.values(), ids=JOBS)
def test_runs_submit_a_round_each_and_the_last_one_does_the_same(tmp_path: Path, source: str, turns: int) -> None:
    outcome, realtime, written = before(tmp_path, {"app.py": source, **ON_GITHUB, **TEXTS})
    assert (decided(outcome).detail or "").startswith("in two phases, "), decided(outcome).detail
    rewriting.apply(outcome, allow_untracked=True)
    with FakeProvider() as provider:
        for _ in range(turns):
            early = next_run(tmp_path, provider)
            assert (early.code, early.output) == (0, ""), early
            assert left(tmp_path) == {}
        last = next_run(tmp_path, provider)
        assert (last.code, last.output) == (0, realtime.output), f"{after(outcome)}\n{last}"
        assert left(tmp_path) == written
        assert (provider.realtime_calls, len(provider.batches)) == (0, turns)
        assert len(provider.exchanges) == 3 * turns
        assert not (tmp_path / ".llm_batch").exists()
        assert next_run(tmp_path, provider).output == ""  # the next night has a batch of its own
        assert len(provider.batches) == turns + 1


@pytest.mark.parametrize(("source", "turns"), JOBS.values(), ids=JOBS)
def test_new_items_in_each_run_do_not_keep_a_job_from_ending(tmp_path: Path, source: str, turns: int) -> None:
    rewriting.apply(project(tmp_path, {"app.py": source, **ON_GITHUB, **TEXTS}), allow_untracked=True)
    with FakeProvider() as provider:
        for run in range(turns):
            assert next_run(tmp_path, provider).output == ""
            (tmp_path / "texts" / f"new{run}.txt").write_text(f"new {run}\n")
            (tmp_path / "texts" / "three.txt").unlink(missing_ok=True)  # one that has gone meanwhile
        last = next_run(tmp_path, provider)
        assert f"{2 + turns} done" in last.output, last
        # Nothing is paid twice; at the full price is only what came too late for a batch.
        assert max(provider.answered().values()) == 1
        assert provider.realtime_calls <= turns * (turns + 1) // 2
        done = json.loads((tmp_path / "done.json").read_text())
    (tmp_path / "done.json").unlink()
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "app.py").write_text(source)
    shutil.copytree(tmp_path / "texts", plain / "texts")
    with FakeProvider() as provider:
        LAUNCHER.run(plain, "app.py", provider.environment())
    expected = json.loads((plain / "done.json").read_text())
    assert json.dumps(done) == json.dumps(expected)


DECORATED = """

@tenacity.retry(stop=tenacity.stop_after_attempt(2), reraise=True)
def patient(text):
    return ask(text)
"""
LOGGED = """done = []
for text in texts:
    try:
        done.append(patient(text))
    except Exception as error:
        done.append(type(error).__name__)
    with open("log.txt", "a") as log:
        log.write(text)
"""


@pytest.mark.parametrize("helper", [RETRIED, DECORATED], ids=["a loop", "a decorator"])
def test_what_is_tried_again_takes_a_run_more_and_repeats_no_effect(tmp_path: Path, helper: str) -> None:
    source = sync(LOGGED).replace(RETRIED, helper).replace("import json", "import json\nimport tenacity", 1)
    faults = Faults(failures=[Failure("two")])
    outcome, realtime, written = before(tmp_path, {"app.py": source, **ON_GITHUB, **TEXTS}, faults)
    assert (decided(outcome).detail or "").startswith("in two phases, "), decided(outcome).detail
    rewriting.apply(outcome, allow_untracked=True)
    tries = 3 if helper is RETRIED else 2
    with FakeProvider(faults) as provider:
        for _ in range(tries):
            assert next_run(tmp_path, provider).output == ""
            assert left(tmp_path) == {}
        assert next_run(tmp_path, provider).output == realtime.output
        assert left(tmp_path) == written
        assert (provider.realtime_calls, len(provider.batches), len(provider.exchanges)) == (0, tries, 2 + tries)


def on_lambda(source: str) -> str:
    """The job with a handler that starts it."""
    body = "asyncio.run(main())" if "async def main" in source else "main()"
    return source.split("\nif __name__")[0] + f"\ndef handler(event, context):\n    {body}\n    return 'done'\n"


@pytest.mark.parametrize("name", ["a mapping", "a gather", "a gather of three in turn"])
def test_a_function_of_a_host_returns_early(tmp_path: Path, name: str) -> None:
    source, turns = JOBS[name]
    outcome = project(tmp_path, {"app.py": on_lambda(source), **ON_LAMBDA, **TEXTS})
    assert "@in_phases\ndef handler(event, context):" in after(outcome)
    rewriting.apply(outcome, allow_untracked=True)
    (tmp_path / "runtime.py").write_text("import app\n\nprint(app.handler({}, None))\n")
    with FakeProvider() as provider:
        outputs = [next_run(tmp_path, provider, "runtime.py").output for _ in range(turns + 1)]
        assert (provider.realtime_calls, len(provider.batches)) == (0, turns)
    assert outputs == ["None\n"] * turns + ["3 done\ndone\n"]


MAP = "with ThreadPoolExecutor(4) as pool:\n    done = list(pool.map({}, texts))"
# What stands in `main`, the helper that asks, and words of the sentence.
REFUSED_SYNC = {
    "an effect before": ('Path("log").write_text("")\n' + MAP.format("ask"), "", "`Path('log').write_text` in app.py"),
    "an effect in the pool's block": (
        "with ThreadPoolExecutor() as pool:\n    futures = [pool.submit(ask, text) for text in texts]\n"
        '    Path("log").write_text("")\ndone = [future.result() for future in futures]',
        "",
        "`Path('log').write_text` in app.py",
    ),
    "an effect before the first result": (
        "pool = ThreadPoolExecutor()\nfutures = [pool.submit(ask, text) for text in texts]\n"
        'Path("log").write_text("")\ndone = [future.result() for future in futures]',
        "",
        "`Path('log').write_text` in app.py",
    ),
    "an effect before results that come one by one": (
        'with ThreadPoolExecutor() as pool:\n    answers = pool.map(ask, texts)\n    Path("log").write_text("")\n'
        "    done = list(answers)",
        "",
        "`Path('log').write_text` in app.py",
    ),
    "other work in the pool": (
        "with ThreadPoolExecutor() as pool:\n    pool.submit(print, 1)\n    done = list(pool.map(ask, texts))",
        "",
        "`pool.submit` in app.py",
    ),
    "an effect of an item": (
        MAP.format("noted"),
        'def noted(text):\n    Path("last").write_text(text)\n    return ask(text)\n',
        "`Path('last').write_text` in app.py",
    ),
    "the clock in an item": (
        MAP.format("dated"),
        "def dated(text):\n    import datetime\n    return ask(str(datetime.date.today()) + text)\n",
        "`datetime.date.today` in app.py",
    ),
    "chance in an item": (
        MAP.format("lucky"),
        "def lucky(text):\n    import random\n    return ask(text + str(random.random()))\n",
        "`random.random` in app.py",
    ),
    "the network in an item": (
        MAP.format("fetched"),
        "def fetched(url):\n    import requests\n    return ask(requests.get(url).text)\n",
        "`requests.get` in app.py",
    ),
    "an effect of items that do not ask": (
        MAP.format("some"),
        'def some(text):\n    if not text:\n        Path("empty").write_text("yes")\n        return ""\n'
        "    return ask(text)\n",
        "has an effect for items with fewer requests",
    ),
    "an effect of items that ask in turn": (
        MAP.format("twice"),
        'def twice(text):\n    answer = ask(ask(text))\n    Path(text).write_text("yes")\n    return answer\n',
        "has an effect for items with fewer requests",
    ),
    "an item that catches all": (
        MAP.format("stubborn"),
        "def stubborn(text):\n    try:\n        return ask(text)\n    except:\n        return None\n",
        "would catch the end of the run",
    ),
    "a mapping for each part": (
        "done = []\nwith ThreadPoolExecutor() as pool:\n    for start in range(0, len(texts), 2):\n"
        "        done += list(pool.map(ask, texts[start : start + 2]))",
        "",
        "one run would come here several times",
    ),
    "two mappings in turn": (
        "with ThreadPoolExecutor() as pool:\n    drafts = list(pool.map(ask, texts))\n"
        "    done = list(pool.map(ask, drafts))",
        "",
        "a pool is given work several times in a run",
    ),
    "what each thread starts with": (
        "with ThreadPoolExecutor(4, initializer=print) as pool:\n    done = list(pool.map(ask, texts))",
        "",
        "`initializer`",
    ),
}
GATHER = "done = await asyncio.gather(*[{}(text) for text in texts])"
REFUSED_ASYNC = {
    "an effect before": ('Path("log").write_text("")\n' + GATHER.format("ask"), "", "`Path('log').write_text`"),
    "an effect behind the tasks": (
        "tasks = [asyncio.create_task(ask(text)) for text in texts]\n"
        'Path("log").write_text("")\ndone = await asyncio.gather(*tasks)',
        "",
        "`Path('log').write_text` in app.py",
    ),
    "an effect in the group's block": (
        "async with asyncio.TaskGroup() as group:\n    tasks = [group.create_task(ask(text)) for text in texts]\n"
        '    Path("log").write_text("")\ndone = [task.result() for task in tasks]',
        "",
        "`Path('log').write_text` in app.py",
    ),
    "an effect of an item": (
        GATHER.format("noted"),
        'async def noted(text):\n    Path("last").write_text(text)\n    return await ask(text)\n',
        "`Path('last').write_text` in app.py",
    ),
    "the clock in an item": (
        GATHER.format("dated"),
        "async def dated(text):\n    import datetime\n    return await ask(str(datetime.date.today()) + text)\n",
        "`datetime.date.today` in app.py",
    ),
    "an effect of items that do not ask": (
        GATHER.format("some"),
        'async def some(text):\n    if not text:\n        Path("empty").write_text("yes")\n        return ""\n'
        "    return await ask(text)\n",
        "has an effect for items with fewer requests",
    ),
    "an effect of items that wait for something else": (
        GATHER.format("slow"),
        "async def slow(text):\n    await asyncio.sleep(1)\n    answer = await ask(text)\n"
        '    Path(text).write_text("yes")\n    return answer\n',
        "has an effect for items with fewer requests",
    ),
    "an item that catches its end": (
        GATHER.format("stubborn"),
        "async def stubborn(text):\n    try:\n        return await ask(text)\n"
        "    except asyncio.CancelledError:\n        return None\n",
        "would catch the end of the run",
    ),
    "a request for each part of an item": (
        GATHER.format("rolling"),
        'async def rolling(text):\n    draft = ""\n    for word in ("short", "clear"):\n'
        "        draft = await ask(draft + word)\n    return draft\n",
        "",
    ),
    "a gather for each part": (
        "done = []\nfor start in range(0, len(texts), 2):\n"
        '    done += await asyncio.gather(*[ask(text) for text in texts[start : start + 2]])\n    print("next")',
        "",
        "",
    ),
    "tasks that are gathered part by part": (
        "done = []\ntasks = [asyncio.create_task(ask(text)) for text in texts]\nfor task in tasks:\n"
        '    done += await asyncio.gather(task)\n    Path("log").write_text("one more")',
        "",
        "coroutines are gathered several times in a run",
    ),
    "two gathers in turn": (
        GATHER.format("ask") + "\n" + GATHER.format("ask").replace("texts", "done"),
        "",
        "coroutines are gathered several times in a run",
    ),
}


@pytest.mark.parametrize(
    ("source", "helper", "words"),
    [
        *((sync(body), helper, words) for body, helper, words in REFUSED_SYNC.values()),
        *((coroutines(body), helper, words) for body, helper, words in REFUSED_ASYNC.values()),
    ],
    ids=[*REFUSED_SYNC, *REFUSED_ASYNC],
)
def test_what_the_next_run_cannot_go_on_with_is_refused(tmp_path: Path, source: str, helper: str, words: str) -> None:
    start = "async def main" if "async def main" in source else "def main"
    source = on_lambda(source).replace(start, f"{helper}\n\n{start}" if helper else start)
    outcome = project(tmp_path, {"app.py": source, **ON_LAMBDA})
    assert outcome.edits == [], after(outcome)
    details = [finding.site.rewrite.detail or "" for finding in outcome.refused]
    assert details
    assert all(words in detail for detail in details)
