"""Jobs that cannot stay for hours: their rewrite submits in one run and collects in the next, or is refused by name."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest
from fake_provider import FakeProvider
from launcher import LAUNCHER

from batchlint import rewriting
from batchlint.config import load
from batchlint.findings import Rewrite

WORKFLOW = """\
on:
  schedule:
    - cron: "0 3 * * *"
jobs:
  digest:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: pip install -r requirements.txt
      - run: python app.py
"""
SERVERLESS = """\
functions:
  digest:
    handler: app.handler
    events:
      - schedule: rate(1 day)
"""
ON_GITHUB = {".github/workflows/nightly.yml": WORKFLOW}
ON_LAMBDA = {"serverless.yml": SERVERLESS}
HEAD = """\
import json
from pathlib import Path

from openai import OpenAI

client = OpenAI()


def ask(text):
    response = client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": text}])
    return response.choices[0].message.content


"""
JOB = (
    HEAD
    + """\
def main():
    done = {}
    for path in sorted(Path("texts").glob("*.txt")):
        text = path.read_text().strip()
        if not text:
            print("empty:", path.name)
            Path("empty.log").write_text(path.name)
            continue
        done[path.stem] = ask(text)
    Path("done.json").write_text(json.dumps(done))


if __name__ == "__main__":
    main()
"""
)
HANDLER = JOB.replace("def main():", "def handler(event, context):").replace("    main()", "    handler({}, None)")


def project(folder: Path, files: Mapping[str, str]) -> rewriting.Outcome:
    """Write the files, and plan the rewrite of all that is found in them."""
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return rewriting.rewrite([folder], load([folder]), unsafe=False, strategy="auto")


def decided(outcome: rewriting.Outcome) -> Rewrite:
    found = [finding.site.rewrite for finding in [*outcome.rewritten, *outcome.refused]]
    assert len(found) == 1
    return found[0]


def after(outcome: rewriting.Outcome, path: str = "app.py") -> str:
    return next(edit.after for edit in outcome.edits if edit.path == path)


@pytest.mark.parametrize(
    ("source", "batches"), [(JOB, 1), (JOB.replace("= ask(text)", "= ask(ask(text))"), 2)], ids=["one", "in turn"]
)
def test_a_workflow_submits_and_the_next_run_collects(tmp_path: Path, source: str, batches: int) -> None:
    texts = {"texts/a.txt": "one\n", "texts/b.txt": "", "texts/c.txt": "two\n"}
    outcome = project(tmp_path, {"app.py": source, **ON_GITHUB, **texts})
    assert 'submit_or_collect(\n        (handle_path(path) for path in sorted(Path("texts")' in after(outcome)
    assert (decided(outcome).detail or "").startswith("in two phases, as GitHub Actions ends a run after 6 h: ")
    with FakeProvider() as provider:
        realtime = LAUNCHER.run(tmp_path, "app.py", provider.environment())
    expected = {name: (tmp_path / name).read_text() for name in ("done.json", "empty.log")}
    for name in expected:
        (tmp_path / name).unlink()
    rewriting.apply(outcome, allow_untracked=True)
    with FakeProvider() as provider:
        environment = {**provider.environment(), "LLM_BATCH_WAIT_SECONDS": "0"}
        for _ in range(batches):
            early = LAUNCHER.run(tmp_path, "app.py", environment)
            assert (early.code, early.output) == (0, ""), early
            assert not any((tmp_path / name).exists() for name in expected)
            shutil.rmtree(tmp_path / ".llm_batch")  # the next run is on another machine
        last = LAUNCHER.run(tmp_path, "app.py", environment)
        assert (last.code, last.output) == (realtime.code, realtime.output), last
        assert {name: (tmp_path / name).read_text() for name in expected} == expected
        assert (provider.realtime_calls, len(provider.batches), len(provider.exchanges)) == (0, batches, 2 * batches)
        assert not (tmp_path / ".llm_batch").exists()


def test_a_function_of_a_host_returns_early(tmp_path: Path) -> None:
    outcome = project(tmp_path, {"app.py": HANDLER, **ON_LAMBDA, "texts/a.txt": "one"})
    assert "@in_phases\ndef handler(event, context):" in after(outcome)
    assert 'job="app.handler"' in after(outcome)
    assert "wait=" not in after(outcome)
    rewriting.apply(outcome, allow_untracked=True)
    (tmp_path / "runtime.py").write_text("import app\n\nprint(app.handler({}, None), app.handler({}, None))\n")
    with FakeProvider() as provider:
        done = LAUNCHER.run(tmp_path, "runtime.py", provider.environment())
    assert (done.code, done.output) == (0, "None None\n"), done
    assert list(json.loads((tmp_path / "done.json").read_text())) == ["a"]


HOSTED = {
    "firebase": "from firebase_functions import scheduler_fn\n\n\n@scheduler_fn.on_schedule(schedule='0 3 * * *')\n",
    "azure": "import azure.functions as func\n\nhost = func.FunctionApp()\n\n\n"
    '@host.timer_trigger(schedule="0 0 3 * * *", arg_name="event")\n',
}


@pytest.mark.parametrize("head", HOSTED.values(), ids=HOSTED)
def test_a_schedule_in_a_decorator_tells_the_host(tmp_path: Path, head: str) -> None:
    outcome = project(
        tmp_path, {"app.py": JOB.replace("def main():", f"{head}def nightly(event):").split("if __name")[0]}
    )
    assert "@in_phases\ndef nightly(event):" in after(outcome)


@pytest.mark.parametrize(
    "starts",
    [{"crontab": "0 3 * * * python app.py\n"}, {"crontab": "0 3 * * * python app.py\n", **ON_GITHUB}, {}],
    ids=["cron", "cron and a workflow", "by hand"],
)
def test_a_job_that_can_stay_waits(tmp_path: Path, starts: dict[str, str]) -> None:
    outcome = project(tmp_path, {"app.py": JOB, **starts})
    assert "run_batch(handle_path(path)" in after(outcome)
    assert decided(outcome).detail is None
    assert "submit_or_collect" not in after(outcome, "llm_batch.py")


def test_a_second_run_has_nothing_to_do(tmp_path: Path) -> None:
    for starts, source in ((ON_GITHUB, JOB), (ON_LAMBDA, HANDLER)):
        folder = tmp_path / source[-10:-2].strip()
        rewriting.apply(project(folder, {"app.py": source, **starts}), allow_untracked=True)
        again = rewriting.rewrite([folder], load([folder]), unsafe=False, strategy="auto")
        assert again.edits == []


def test_a_helper_of_a_job_that_stays_gets_what_one_that_leaves_needs(tmp_path: Path) -> None:
    other = JOB.replace("def main", "def other").replace("    main()", "    other()")
    rewriting.apply(project(tmp_path, {"nightly.py": other}), allow_untracked=True)
    outcome = project(tmp_path, {"app.py": JOB, **ON_GITHUB})
    assert "def submit_or_collect(" in after(outcome, "llm_batch.py")


# What a handler does before or around its loop, and words of the sentence. `{}` is the loop.
LOOP = """\
for line in open("lines.txt"):
    print(ask(line))
"""
REFUSED = {
    "a file that is written before": (
        'with open("log.txt", "a") as log:\n    log.write("started")\n{}',
        "`open` in app.py:15 opens a file for writing before the answers are there",
    ),
    "a folder that must be new": ('import os\nos.makedirs("out")\n{}', "`os.makedirs` in app.py:16 has an effect"),
    "a file that is open for writing meanwhile": (
        'with open("out.txt", "w") as out:\n    {}',
        "opens a file for writing before the answers",
    ),
    "a message that is sent before": (
        'import requests\nrequests.post("https://example.com", json=dict(text="starting"))\n{}',
        "`requests.post` in app.py:16 has an effect that each run would repeat",
    ),
    "a helper that writes": ("start()\n{}", "`Path('started').write_text` in app.py:21 has an effect"),
    "input of today": (
        "import datetime\nnames = [str(datetime.date.today())]\nfor name in names:\n    print(ask(name))\n",
        "`datetime.date.today` in app.py:16 gives the next run something else",
    ),
    "input from the network": (
        'import requests\nfor row in requests.get("https://example.com").json():\n    print(ask(row["text"]))\n',
        "`requests.get` in app.py:16 gives the next run something else",
    ),
    "rows since last night": (
        "import sqlite3\nquery = \"select t from x where at > datetime('now', '-1 day')\"\n"
        'for row in sqlite3.connect("a.db").execute(query):\n    print(ask(row[0]))\n',
        "selects by `datetime`",
    ),
    "rows that are marked before": (
        'import sqlite3\ndb = sqlite3.connect("a.db")\ndb.execute("update x set seen = 1")\n'
        'for row in db.execute("select t from x").fetchall():\n    print(ask(row[0]))\n',
        "may change the database",
    ),
    "what started this very run": ('for text in event["texts"]:\n    print(ask(text))\n', "`handler` reads `event`"),
    "a call in front of the batch": ('print(ask("Hello"))\n{}', "`ask` in app.py:15 asks a model too"),
    "a second batch in the same run": ('each("a")\neach("b")\n', "app.py:16 comes here too, perhaps in the same run"),
    "a file per item before its request": (
        'for line in open("lines.txt"):\n    Path("last").write_text(line)\n    print(ask(line))\n',
        "`Path('last').write_text` in app.py:16 has an effect",
    ),
    "a cleanup that runs whatever happens": (
        'try:\n    {}\nfinally:\n    Path("lock").unlink()\n',
        "`Path('lock').unlink` in app.py:19 has an effect",
    ),
    "an except that catches the end": (
        "try:\n    {}\nexcept BaseException as error:\n    print(error)\n",
        "the `except` in app.py:18 would catch the end of the run",
    ),
    "many requests an item": (
        'for line in open("lines.txt"):\n    print(ask(ask(ask(ask(ask(ask(line)))))))\n',
        "an item makes more than 5 requests in turn",
    ),
    "a request for each part of an item": (
        'for line in open("lines.txt"):\n    draft = ""\n    for word in ("short", "clear"):\n'
        "        draft = ask(draft + word)\n    print(draft)\n",
        "an item makes a request in each turn of a loop (app.py:17), and each takes a run",
    ),
    "a file between two requests of an item": (
        'for line in open("lines.txt"):\n    draft = ask(line)\n    Path("last").write_text(draft)\n'
        "    print(ask(draft))\n",
        "`Path('last').write_text` in app.py:17 has an effect",
    ),
    "what nobody knows": (
        "from corp import feed\nfor text in feed.fetch():\n    print(ask(text))\n",
        "it is not known",
    ),
}


HELPERS = {
    "start()": 'def start():\n    Path("started").write_text("yes")\n',
    "each(": "def each(name):\n    for line in open(name):\n        print(ask(line))\n",
}


def handler(body: str) -> str:
    """A program whose handler starts in line 14."""
    loop = textwrap.indent(LOOP, "    ").strip() if "    {}" in body else LOOP
    below = "".join(f"\n\n{text}" for name, text in HELPERS.items() if name in body)
    return HEAD + "def handler(event, context):\n" + textwrap.indent(body.replace("{}", loop), "    ") + below


@pytest.mark.parametrize(("body", "words"), REFUSED.values(), ids=REFUSED)
def test_what_the_next_run_cannot_go_on_with_is_refused(tmp_path: Path, body: str, words: str) -> None:
    outcome = project(tmp_path, {"app.py": handler(body), **ON_LAMBDA})
    details = [f.site.rewrite.detail or "" for f in outcome.refused if f.site.rewrite.reason == "short-lived"]
    assert len(details) == 1, outcome.refused
    assert words in details[0]
    assert details[0].startswith("AWS Lambda ends a run after 15 min, and the next one cannot go on: ")
    assert outcome.edits == []


TASK = """
def label_all(path):
    for line in open(path):
        print(ask(line))
"""
WORKERS = {
    "Dramatiq": (
        "import dramatiq\n" + HEAD + "@dramatiq.actor" + TASK,
        "a Dramatiq worker ends a run after 10 min",
    ),
    "RQ": (
        "from redis import Redis\nfrom rq import Queue\n" + HEAD + TASK + "\n\ndef upload(path):\n"
        "    Queue(connection=Redis()).enqueue(label_all, path)\n",
        "an RQ worker ends a run after 3 min",
    ),
    "arq": (
        "from arq import cron\n"
        + HEAD.replace("OpenAI", "AsyncOpenAI")
        .replace("def ask", "async def ask")
        .replace("= client", "= await client")
        + "async def label_all(ctx):\n    for line in open('lines.txt'):\n        print(await ask(line))\n\n\n"
        "class WorkerSettings:\n    cron_jobs = [cron(label_all, hour=2)]\n",
        "an arq worker ends a run after 5 min",
    ),
}


@pytest.mark.parametrize(("source", "words"), WORKERS.values(), ids=WORKERS)
def test_a_worker_that_ends_long_runs_is_no_place_to_wait_in(tmp_path: Path, source: str, words: str) -> None:
    outcome = project(tmp_path, {"app.py": source})
    details = [f.site.rewrite.detail or "" for f in outcome.refused if f.site.rewrite.reason == "short-lived"]
    assert len(details) == 1, outcome.refused
    assert details[0].startswith(words)
    assert "a worker takes each message once" in details[0]
    assert outcome.edits == []


STEADY = {
    "the plain loop": "{}",
    "rows that are not done yet": (
        'import sqlite3\nrows = sqlite3.connect("a.db").execute("select t from x where done is null").fetchall()\n'
        "for row in rows:\n    print(ask(row[0]))\n"
    ),
    "what a store keeps": (
        'import boto3\nbody = boto3.client("s3").get_object(Bucket="b", Key="k")["Body"].read()\n'
        'for row in json.loads(body):\n    print(ask(row["text"]))\n'
    ),
    "an except that lets the end pass": "try:\n    {}\nexcept Exception as error:\n    print(error)\n",
    "effects after the batch": '{}Path("done").write_text("yes")\nprint(ask("And now?"))\n',
    "requests in turn": 'for line in open("lines.txt"):\n    print(ask(ask(line)))\n',
    "a folder that may be there": 'import os\nos.makedirs("out", exist_ok=True)\n{}',
    "a loop that ends with its request": (
        'def last_of(names):\n    for name in names:\n        if name.startswith("a"):\n            return ask(name)\n'
        '    return ""\nfor line in open("lines.txt"):\n    print(last_of(line.split()))\n'
    ),
    "three in turn": 'for line in open("lines.txt"):\n    print(ask(ask(ask(line))))\n',
    "a comprehension": 'print([ask(line.strip()) for line in open("lines.txt")])\n',
}


@pytest.mark.parametrize("body", STEADY.values(), ids=STEADY)
def test_what_the_next_run_can_go_on_with_is_rewritten(tmp_path: Path, body: str) -> None:
    outcome = project(tmp_path, {"app.py": handler(body), **ON_LAMBDA})
    assert "submit_or_collect(" in after(outcome)


@pytest.mark.parametrize(
    ("workflow", "source", "words"),
    [
        (
            WORKFLOW + "      - run: git push\n",
            JOB,
            ".github/workflows/nightly.yml:11) would go on without the answers",
        ),
        (WORKFLOW.replace("app.py", "app.py && git push"), JOB, "a later command"),
        (WORKFLOW + "  mail:\n    needs: digest\n    steps:\n      - run: ./mail.sh\n", JOB, "job mail"),
        (
            WORKFLOW.replace("- run: python", "- run: curl -O https://example.com\n      - run: python"),
            JOB,
            "nightly.yml:10) may give the next",
        ),
        (WORKFLOW.replace("app.py", "app.py $(date)"), JOB, "nightly.yml:10) may give the next run something else"),
        (
            WORKFLOW,
            JOB.replace("    done = {}", '    Path("a").touch()\n    done = {}'),
            "`Path('a').touch` in app.py:15",
        ),
    ],
    ids=["a later step", "a later command", "a job behind it", "a fetch before", "the date", "an effect before"],
)
def test_a_workflow_that_cannot_leave_waits_and_says_why(
    tmp_path: Path, workflow: str, source: str, words: str
) -> None:
    outcome = project(tmp_path, {"app.py": source, ".github/workflows/nightly.yml": workflow})
    assert "run_batch(handle_path(path)" in after(outcome)
    detail = decided(outcome).detail or ""
    assert detail.startswith("waits within the run, which GitHub Actions ends after 6 h: ")
    assert words in detail


def test_batches_without_a_name_cannot_be_found_on_another_disk(tmp_path: Path) -> None:
    source = HANDLER.replace("from openai import OpenAI", "from anthropic import Anthropic as OpenAI")
    source = source.replace("chat.completions.create(", "messages.create(max_tokens=9, ")
    source = source.replace("choices[0].message.content", "content[0].text")
    outcome = project(tmp_path, {"app.py": source, **ON_LAMBDA})
    assert "batches of anthropic carry no name" in (decided(outcome).detail or "")


ON_GEMINI = (
    JOB.replace("from openai import OpenAI", "from google import genai")
    .replace("OpenAI()", "genai.Client()")
    .replace(
        'client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": text}])',
        'client.models.generate_content(model="gemini-2.5-flash", contents=text)',
    )
    .replace("response.choices[0].message.content", "response.text")
)


@pytest.mark.parametrize(
    ("cron", "source", "leaves"),
    [
        ("0 3 * * *", ON_GEMINI, True),
        ("*/30 * * * *", ON_GEMINI, True),
        ("0 3 * * 1", ON_GEMINI, False),
        ("0 3 1 * *", ON_GEMINI, False),
        ("0 3 * * *", ON_GEMINI.replace("= ask(text)", "= ask(ask(text))"), False),
        ("0 3 * * 1", JOB, True),
        ("0 3 * * 1", JOB.replace("= ask(text)", "= ask(ask(text))"), True),
    ],
)
def test_a_run_that_comes_when_the_answers_are_gone_would_buy_them_each_time(
    tmp_path: Path, cron: str, source: str, leaves: bool
) -> None:
    outcome = project(tmp_path, {"app.py": source, ".github/workflows/a.yml": WORKFLOW.replace("0 3 * * *", cron)})
    assert ("submit_or_collect(" in after(outcome)) is leaves
    if not leaves:
        assert "the provider keeps answers for 2 days, and a later run may come too late" in str(
            decided(outcome).detail
        )
