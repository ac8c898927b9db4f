"""Programs that other programs start: the options that they are given lead down one branch only."""

import pytest

from batchlint.entrypoints.manifests import ManifestTarget
from batchlint.findings import Latency, Step

from .verdicts import is_waited_for, marked, verdict

WATCH = """
import subprocess
import sys
import time

def watch(kind):
    while True:
        subprocess.run({command})
        time.sleep(30)

if __name__ == "__main__":
    watch("remote")
"""
MAIN = """
import argparse
from label import label

def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("-k", "--kind", default="remote")
    return parser.parse_args()

if __name__ == "__main__":
    args = options()
    if args.kind == "local":
        print(open("labels.txt").read())
    elif {test}:
        label(open("texts.txt"))
"""
LABEL = """
from llm import ask

def label(texts):
    for text in texts:
        print(ask(text))  # !
"""


def program(command: str, test: str = 'args.kind == "remote"') -> dict[str, str]:
    return {"watch.py": WATCH.format(command=command), "main.py": MAIN.format(test=test), "label.py": LABEL}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ('["python", "main.py", "-k", "local"]', "batchable"),
        ('["python", "main.py", "--kind=local"]', "batchable"),
        ('f"python main.py --kind local"', "batchable"),
        ('["python", "main.py", "-k", "remote"]', "realtime"),
        ('["python", "main.py", "-k", kind]', "realtime"),
        ('["python", "main.py", "--other", "local"]', "realtime"),
        ('["python", "main.py"]', "realtime"),
    ],
)
def test_a_program_that_is_started_again_and_again_asks_only_where_its_options_lead(
    command: str, expected: str
) -> None:
    assert verdict(program(command)) == expected


@pytest.mark.parametrize(("number", "expected"), [("1", "batchable"), ("2", "realtime")])
def test_an_option_may_be_a_number(number: str, expected: str) -> None:
    assert verdict(program(f'["python", "main.py", "-k", "{number}"]', "args.kind == 2")) == expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('args.kind != "local"', "batchable"),
        ('args.kind in ("remote", "both")', "batchable"),
        ('args.kind in ("remote", "idle")', "realtime"),
        ('args.other == "remote"', "realtime"),
    ],
)
def test_each_form_of_a_test_is_held_against_the_option(test: str, expected: str) -> None:
    given = "local" if "!=" in test else "idle"
    assert verdict(program(f'["python", "main.py", "-k", "{given}"]', test)) == expected


@pytest.mark.parametrize(("kind", "expected"), [("local", False), ("remote", True)])
def test_a_page_waits_for_the_program_only_where_it_has_it_ask(kind: str, expected: bool) -> None:
    files = program('["true"]')
    files["watch.py"] = f"""
import subprocess
from fastapi import FastAPI

app = FastAPI()

@app.post("/labels")
def labels():
    subprocess.run(["python", "main.py", "-k", "{kind}"])
"""
    assert is_waited_for(files) is expected


COMMANDS = """
import argparse
from label import label

def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--day")
    parser.add_argument("--quiet", action="store_true")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("watch")
    rows = commands.add_parser("rows")
    rows.add_subparsers(dest="what").add_parser("label")
    return parser.parse_args()

def main():
    args = options()
    if args.command == "rows":
        label(open("texts.txt"))
    else:
        print("watching", args.day)

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ('["python", "main.py"]', "batchable"),
        ('[sys.executable, "-m", "main", "--day", kind, "--quiet"]', "batchable"),
        ('["python", "main.py", "--day", kind, "watch"]', "batchable"),
        ('["python", "main.py", "rows"]', "realtime"),
        ('["python", "main.py", "rows", "label"]', "realtime"),
        ('["python", "main.py", "--day", "1", "rows"]', "realtime"),
        ('["python", "main.py", kind]', "realtime"),
        ('["python", "main.py", "--quiet", kind]', "realtime"),
        ("[*WORDS, kind]", "realtime"),
    ],
)
def test_a_program_that_is_started_asks_only_for_its_subcommand(command: str, expected: str) -> None:
    watch = WATCH.format(command=command).replace("def watch", 'WORDS = ["python", "main.py"]\n\ndef watch')
    assert verdict({"watch.py": watch, "main.py": COMMANDS, "label.py": LABEL}) == expected


SWITCHES = """
import argparse
from label import label

def main(labels, day=None):
    if day:
        print("one day", day)
        return
    if labels:
        label(open("texts.txt"))

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--label", action="store_true", dest="labels")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--day", default=None)
    parser.add_argument("--size", type=int)
    args = parser.parse_args()
    {use}
"""
USES = {
    "tested_there": """if args.day:
        print(args.day)
    elif args.labels and not args.day:
        label(open("texts.txt"))""",
    "handed_on": "main(args.labels, day=args.day)",
    "handed_on_turned": "skip(not args.labels, args.day)",
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ('["python", "main.py"]', "batchable"),
        ('["python", "main.py", "--quiet", "--size", kind]', "batchable"),
        ('["python", "main.py", "--label", "--day", kind]', "batchable"),
        ('["python", "main.py", "--label", "--quiet"]', "realtime"),
        ('["python", "main.py", "--label", "--size", kind]', "realtime"),
        ('["python", "main.py", kind]', "realtime"),
        ('["python", "main.py", *([] if kind else ["--label"])]', "realtime"),
        ('["python", "main.py", "--label", *(["--day", kind] if kind else [])]', "realtime"),
    ],
)
def test_a_switch_that_the_command_leaves_out_is_off(use: str, command: str, expected: str) -> None:
    main = SWITCHES.format(use=use).replace(
        "if __name__", "def skip(no_labels, day):\n    if not no_labels and not day:\n        main(True)\n\nif __name__"
    )
    assert verdict({"watch.py": WATCH.format(command=command), "main.py": main, "label.py": LABEL}) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('command = ["python", "main.py"]', "batchable"),
        ('command = ["python", "main.py"]\n        if kind: command.append("--quiet")', "batchable"),
        ('command = ["python", "main.py"]\n        if kind: command.append("--label")', "realtime"),
        ('command = ["python", "main.py"]\n        command += ["--label"]', "realtime"),
        ('command = ["python", "main.py", "--label"]\n        command = ["python", "main.py"]', "batchable"),
        ('command = ["python", "main.py", "--label"]\n        if kind: command = ["python", "main.py"]', "realtime"),
        (
            'if kind: command = [sys.executable, "-u", "main.py", "--quiet"]\n'
            '        else: command = [sys.executable, "main.py", "--size", kind]',
            "batchable",
        ),
        (
            'if kind: command = [sys.executable, "-u", "main.py", "--quiet"]\n'
            '        else: command = [sys.executable, "main.py", "--label"]',
            "realtime",
        ),
        ('command = ["python", "main.py", "--label"]\n        if kind: command += ["--day", kind]', "realtime"),
        ('command = ["python", "main.py", "--label"]\n        command += ["--day", kind]', "batchable"),
    ],
)
def test_a_command_is_what_its_variable_holds_where_it_is_started(lines: str, expected: str) -> None:
    watch = WATCH.format(command="command").replace(
        "        subprocess.run", f"        {lines}\n        subprocess.run"
    )
    main = SWITCHES.format(use=USES["handed_on"])
    assert verdict({"watch.py": watch, "main.py": main, "label.py": LABEL}) == expected


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ('"--labels", action="store_false"', "realtime"),
        ('"--labels", default="all"', "realtime"),
        ('"--labels", default=os.environ.get("LABELS")', "realtime"),
        ('"--labels", action=argparse.BooleanOptionalAction', "batchable"),
        ('"--labels", action="store_true", **MORE', "realtime"),
    ],
)
def test_what_an_option_is_that_is_left_out_is_its_default(argument: str, expected: str) -> None:
    main = SWITCHES.format(use=USES["handed_on"]).replace('"--label", action="store_true", dest="labels"', argument)
    files = {"watch.py": WATCH.format(command='["python", "main.py"]'), "main.py": main, "label.py": LABEL}
    assert verdict(files) == expected


TIMED = """
import argparse
from llm import ask

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url")
    parser.add_argument("--day", default="today")
    parser.add_argument("--all", action="store_true")
    args = parser.parse_args()
    if {test}:
        for line in open("texts.txt"):
            print(ask(line), file=open("labels.txt", "a"))  # !
    else:
        print("nothing to do")

if __name__ == "__main__":
    main()
"""


def timed(line: str, test: str, target: str = "app.py") -> tuple[str, str]:
    """The verdict where a crontab has that line, and what starts the call."""
    step = Step("crontab", 1, f"0 4 * * * app.py {line}")
    crontab = [ManifestTarget(target, "schedule", Latency.HOURS, step, given=tuple(line.split()))]
    site = marked(TIMED.format(test=test), crontab)
    assert site is not None
    return str(site.verdict), site.factors[0].name


@pytest.mark.parametrize("target", ["app.py", "app.main"])
@pytest.mark.parametrize(
    ("line", "test", "starts"),
    [
        ("", "args.url", "script"),
        ("--all", "args.url", "script"),
        ("--url x", "args.url", "schedule"),
        ("--url $URL", "args.url", "schedule"),
        ("$OPTIONS", "args.url", "schedule"),
        ("--all", "args.all", "schedule"),
        ("", "args.all", "script"),
        ("", "not args.all", "schedule"),
        ("--all", "not args.all", "script"),
        ("", "args.url is not None", "script"),
        ("", 'args.day == "today"', "schedule"),
        ("--day=monday", 'args.day == "today"', "script"),
        ("--day=$DAY", 'args.day == "today"', "schedule"),
        ("", "args.unknown", "schedule"),
    ],
)
def test_a_schedule_comes_to_what_the_options_of_its_command_ask_for(line, test, starts, target):
    assert timed(line, test, target) == ("batchable", starts)


FLAGGED = """
import sys
from llm import ask

def main():
    if {test}:
        for line in open("texts.txt"):
            print(ask(line), file=open("labels.txt", "a"))  # !
    else:
        print("nothing to do")

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    ("line", "test", "starts"),
    [
        ("--all", '"--all" in sys.argv', "schedule"),
        ("", '"--all" in sys.argv', "script"),
        ("--one", '"--all" in sys.argv[1:]', "script"),
        ("--all", '"--all" not in sys.argv', "script"),
        ("", '"--all" not in sys.argv', "schedule"),
        ("$OPTIONS", '"--all" in sys.argv', "schedule"),
        ("", '"--all" in texts', "schedule"),
        ("", "name in sys.argv", "schedule"),
    ],
)
def test_a_schedule_comes_to_what_a_flag_of_its_command_asks_for(line, test, starts):
    step = Step("crontab", 1, f"0 4 * * * app.py {line}")
    crontab = [ManifestTarget("app.py", "schedule", Latency.HOURS, step, given=tuple(line.split()))]
    site = marked(FLAGGED.format(test=test), crontab)
    assert site is not None
    assert (str(site.verdict), site.factors[0].name) == ("batchable", starts)


def test_what_a_schedule_leaves_out_is_asked_once_by_whoever_types_it():
    program = TIMED.replace("for line in open", "if line := open").format(test="args.url")
    step = Step("crontab", 1, "0 4 * * * app.py")
    for given, expected in ((("--url", "x"), "batchable"), ((), "realtime"), (None, "batchable")):
        crontab = [ManifestTarget("app.py", "schedule", Latency.HOURS, step, given=given)]
        assert verdict(program, crontab) == expected


INNER = """
import argparse
from llm import ask

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", action="store_true")
    args = parser.parse_args()
    if args.pages:
        for page in open("pages.txt"):
            print(ask(page), file=open("notes.txt", "a"))  # !
        return
    print("nothing to do")
"""


@pytest.mark.parametrize(
    "started",
    ["from app.main import main\n\nmain()", "from .main import main\n\nif __name__ == '__main__':\n    main()"],
)
@pytest.mark.parametrize(("given", "starts"), [(("--pages",), "schedule"), ((), "script"), (None, "schedule")])
def test_another_file_of_the_program_may_parse_its_options(started, given, starts):
    files = {"app/__init__.py": "", "app/main.py": INNER, "app/__main__.py": started}
    step = Step("crontab", 1, "0 4 * * * python -m app")
    crontab = [ManifestTarget("app/__main__.py", "schedule", Latency.HOURS, step, given=given)]
    site = marked(files, crontab)
    assert site is not None
    assert (str(site.verdict), site.factors[0].name) == ("batchable", starts)


HANDED = """
import argparse
from llm import ask

def parsed():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", default="daily")
    return parser.parse_args()

def run(args):
    if args.kind == "weekly":
        notes(args)

def notes(options):
    for page in open("pages.txt"):
        print(ask(page), file=open("notes.txt", "a"))  # !

def main():
    args = parsed()
    run({args})

if __name__ == "__main__":
    main()
{more}
"""


@pytest.mark.parametrize(
    ("args", "more", "given", "starts"),
    [
        ("args", "", ("--kind", "weekly"), "schedule"),
        ("args", "", (), "script"),
        ("args", "", None, "schedule"),
        ("again(args)", "def again(args): return args.inner", (), "schedule"),
        ("args", "    run(argparse.Namespace(kind='weekly'))", (), "schedule"),
    ],
    ids=["asked for", "left out", "not told", "something else", "of two calls one"],
)
def test_what_was_parsed_is_handed_on(args, more, given, starts):
    step = Step("crontab", 1, "0 4 * * * app.py")
    crontab = [ManifestTarget("app.py", "schedule", Latency.HOURS, step, given=given)]
    site = marked(HANDED.replace("{args}", args).replace("{more}", more), crontab)
    assert site is not None
    assert (str(site.verdict), site.factors[0].name) == ("batchable", starts)
