"""Which files are walked, and which of them count."""

import subprocess

import pytest

from batchlint import sources
from batchlint.sources import prefilter, testfolders, words

SDK = "import openai\n"


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def walk(root, *files, folders=("",), excludes=(), force=False):
    tree = sources.walk(
        str(root), folders, files, excludes=excludes, is_manifest=lambda path: path.endswith(".yml"), force=force
    )
    return sorted(tree.python)


def kept(files, functions=()):
    data = {path: text.encode() for path, text in files.items()}
    return set(prefilter.Prefilter(data, words.load(functions)).keep())


# -- the walk
def test_gitignore_is_honoured_on_every_level(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    write(
        tmp_path,
        {
            ".gitignore": "build/\n*_pb2.py\n!keep_pb2.py\n",
            "a.py": "",
            "a_pb2.py": "",
            "keep_pb2.py": "",
            "build/x.py": "",
            "pkg/.gitignore": "/local.py\n",
            "pkg/local.py": "",
            "pkg/sub/local.py": "",
        },
    )
    assert walk(tmp_path) == ["a.py", "keep_pb2.py", "pkg/sub/local.py"]


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ("*\n!*/\n!*.py\n*old*.py\n", ["app/a.py", "app/gen/b.py", "c.py"]),
        ("*\n!app/\n!app/*.py\n", ["app/a.py", "app/old_a.py"]),
        ("*\n!app\n", []),
        ("/*\n!/app/\n", ["app/a.py", "app/gen/b.py", "app/old_a.py"]),
        ("app/*\n!app/gen/\n", ["app/gen/b.py", "c.py"]),
        ("app/\n!app/gen/\n", ["c.py"]),
    ],
)
def test_what_is_not_ignored_after_all_is_walked(tmp_path, lines, kept):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    write(tmp_path, {".gitignore": lines, "app/a.py": "", "app/gen/b.py": "", "app/old_a.py": "", "c.py": ""})
    assert walk(tmp_path) == kept
    listed = ["git", "ls-files", "--others", "--exclude-standard", "*.py"]
    found = subprocess.run(listed, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert sorted(found.stdout.split()) == kept


def test_a_folder_below_the_repository_knows_the_ignore_files_above(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    write(tmp_path, {".gitignore": "/app/gen/\n", "app/gen/x.py": "", "app/y.py": ""})
    assert walk(tmp_path / "app") == ["y.py"]
    assert walk(tmp_path, folders=["app"]) == ["app/y.py"]


@pytest.mark.parametrize("line", ["venv\\", "!", "[z-a].py", "venv\\\n!\n[z-a].py"])
def test_a_line_that_is_no_pattern_ignores_nothing(tmp_path, line):
    write(
        tmp_path,
        {".gitignore": f"*_pb2.py\n{line}\n/gen/*\n", "a_pb2.py": "", "gen/x.py": "", "venv/y.py": "", "z.py": ""},
    )
    assert walk(tmp_path) == ["venv/y.py", "z.py"]


def test_excludes_are_names_or_patterns(tmp_path):
    write(tmp_path, {"venv/x.py": "", "src/venv/y.py": "", "src/a.py": "", "src/gen/b.py": "", "docs/conf.py": ""})
    assert walk(tmp_path, excludes=["venv", "src/gen/*.py", "docs/"]) == ["src/a.py"]


def test_a_file_that_is_named_counts_although_excluded_unless_forced(tmp_path):
    write(tmp_path, {"gen/a.py": ""})
    assert walk(tmp_path, "gen/a.py", folders=(), excludes=["gen"]) == ["gen/a.py"]
    assert walk(tmp_path, "gen/a.py", folders=(), excludes=["gen"], force=True) == []


def test_a_link_to_a_folder_is_not_walked_twice(tmp_path):
    write(tmp_path, {"real/a.py": ""})
    (tmp_path / "alias").symlink_to("real")
    assert walk(tmp_path) == ["real/a.py"]


# -- what counts
def test_nothing_counts_where_nothing_calls_a_model():
    assert kept({"a.py": "import json\n", "b.py": "import a\n# about openai\n"}) == set()


@pytest.mark.parametrize(
    "caller",
    [
        "from app import llm\n",
        "import app.llm\n",
        "from app.llm import ask\n",
        "from . import (\n    llm,\n)\n",
        "from .llm import ask\n",
        "def f():\n    from app.llm import ask\n",
        "from app import *\n",
        'import importlib\nm = importlib.import_module("app.llm")\n',
        'import importlib\n\n\ndef load(name):\n    return importlib.import_module(f"app.{name}")\n',
        'import importlib\n\n\ndef load(name):\n    return importlib.import_module("app." + name)\n',
    ],
)
def test_what_imports_a_file_that_counts_does_too(caller):
    files = {"app/__init__.py": "", "app/llm.py": SDK, "app/jobs.py": caller, "app/other.py": "import json\n"}
    found = kept(files)
    assert {"app/llm.py", "app/jobs.py"} <= found
    assert "app/other.py" not in found


@pytest.mark.parametrize(
    ("named", "counts"),
    [
        ('f"jobs.{name}.llm"', True),
        ('f"work.jobs.{name}.llm"', True),
        ('f"other.{name}.llm"', False),
        ('f"jobs_{name}.llm"', False),
    ],
)
def test_what_loads_a_module_of_a_package_in_a_package_counts(named, counts):
    caller = f"import importlib\n\n\ndef load(name):\n    path = {named}\n    return importlib.import_module(path)\n"
    files = {"work/jobs/first/llm.py": SDK, "work/other/__init__.py": "", "start.py": caller}
    assert ("start.py" in kept(files)) is counts


@pytest.mark.parametrize(
    ("named", "place", "counts"),
    [
        ('f"{__name__}.{name}"', "work/jobs/__init__.py", True),
        ('"." + name, __package__', "work/jobs/start.py", True),
        ('f"{__name__}.{name}"', "work/__init__.py", False),
        ("name", "work/jobs/__init__.py", False),
        ('f"{jobs.__name__}.{name}"', "start.py", True),
        ('f"{other.__name__}.{name}"', "start.py", False),
    ],
)
def test_what_loads_a_module_of_its_own_package_counts(named, place, counts):
    caller = f"import importlib\n\n\ndef load(name):\n    return importlib.import_module({named})\n"
    files = {"work/jobs/first.py": SDK, "work/other/__init__.py": "", place: caller}
    assert (place in kept(files)) is counts


@pytest.mark.parametrize(
    ("caller", "counts"),
    [
        ("from . import ask\n", True),
        ("from . import (\n    other,\n    ask,\n)\n", True),
        ("from . import other\n", False),
        ("from . import other as ask\n", False),
    ],
)
def test_the_packages_own_file_gives_names_as_well(caller, counts):
    files = {"app/__init__.py": "from .llm import ask\n", "app/llm.py": SDK, "app/jobs.py": caller}
    assert ("app/jobs.py" in kept({**files, "app/other.py": "import json\n"})) is counts


@pytest.mark.parametrize(
    ("caller", "counts"),
    [
        ("from app import llm\n", True),
        ("from app import (\n    other,\n    llm as model,\n)\n", True),
        ("from app import \\\n    llm\n", True),
        ("from app import *\nllm.ask()\n", True),
        ("import app\napp.llm.ask()\n", True),
        ("from app import other\n# no llm here\n", False),
    ],
)
def test_an_import_of_the_package_counts_where_it_can_give_the_module(caller, counts):
    found = kept({"app/__init__.py": "", "app/llm.py": SDK, "app/other.py": "", "caller.py": caller})
    assert ("caller.py" in found) is counts


def test_the_chain_of_imports_is_followed_through_re_exports():
    files = {
        "src/app/llm/client.py": SDK,
        "src/app/llm/__init__.py": "from .client import ask\n",
        "src/app/service.py": "from app.llm import ask\n",
        "src/app/web.py": "from app import service\n",
        "src/app/unrelated.py": "import os\n",
        "other/client.py": "x = 1\n",
    }
    assert kept(files) == set(files) - {"src/app/unrelated.py", "other/client.py"}


def test_settings_that_a_kept_file_imports_are_kept():
    files = {"llm.py": SDK + "from settings import URL\n", "settings.py": 'URL = "x"\n', "z.py": "URL = 1\n"}
    assert kept(files) == {"llm.py", "settings.py"}


def test_a_task_named_in_a_string_brings_its_enqueuer():
    files = {
        "shop/tasks.py": SDK,
        "shop/views.py": 'app.send_task("shop.tasks.tag", args=[1])\n',
        "shop/receivers.py": 'async_task("shop.tasks.tag", 1)\n',
        "shop/settings.py": 'BEAT = {"tag": {"task": "shop.tasks.tag"}}\n',
        "shop/plain.py": 'x = "some.other.thing"\n',
    }
    assert kept(files) == set(files) - {"shop/plain.py"}


def test_a_task_named_by_its_function_alone_brings_its_enqueuer():
    files = {
        "shop/worker.py": SDK + "async def tag(ctx, id):\n    ...\n",
        "shop/views.py": 'await pool.enqueue_job("tag", 1)\n',
        "shop/other.py": 'await pool.enqueue_job("weigh", 1)\n',
        "shop/plain.py": 'x = ("tag", 1)\n',
    }
    assert kept(files) == {"shop/worker.py", "shop/views.py"}


def test_users_of_a_registry_are_kept_with_what_a_decorator_put_there():
    files = {
        "engines/__init__.py": "KNOWN = {}\ndef register(name):\n    def add(cls):\n        KNOWN[name] = cls\n"
        "        return cls\n    return add\ndef make(name):\n    return KNOWN[name]()\n",
        "engines/hosted.py": SDK + 'from engines import register\n@register("hosted")\nclass Hosted:\n    ...\n',
        "engines/local.py": 'from engines import register\n@register("local")\nclass Local:\n    ...\n',
        "job.py": "from engines import make\nmake('hosted').summarise('x')\n",
        "page.py": "import html\n",
    }
    assert kept(files) == set(files) - {"page.py"}


def test_a_decorator_that_keeps_nothing_brings_no_other_user_of_its_file():
    files = {
        "tools.py": "def timed(run):\n    return run\ndef slug(text):\n    return text\n",
        "llm.py": SDK + "from tools import timed\n@timed\ndef ask(text):\n    ...\n",
        "page.py": "from tools import slug\nslug('x')\n",
    }
    assert kept(files) == {"tools.py", "llm.py"}


def test_a_file_that_starts_python_programs_is_kept_whichever_its_strings_name():
    files = {
        "steps/score.py": SDK,
        "steps/all.py": 'import subprocess, sys\nsubprocess.run([sys.executable, "-m", f"steps.{name}"])\n',
        "steps/pictures.py": 'import subprocess\nsubprocess.run(["convert", "a.png"])\n',
    }
    assert kept(files) == {"steps/score.py", "steps/all.py"}


def test_users_of_an_interface_are_kept_with_its_implementation():
    files = {
        "engines/base.py": "class Engine:\n    def summarise(self, text): ...\n",
        "engines/hosted.py": SDK + "from engines.base import Engine\nclass Hosted(Engine):\n"
        "    def summarise(self, text):\n        return text\n",
        "job.py": "from engines.base import Engine\ndef run(engine: Engine):\n    engine.summarise('x')\n",
        "other.py": "from engines.base import Engine\nclass Local(Engine):\n    def tokens(self): ...\n",
    }
    assert {"job.py", "engines/base.py", "engines/hosted.py"} <= kept(files)


def test_a_function_that_is_handed_the_client_brings_its_callers():
    files = {
        "main.py": SDK + "from loop import run\nrun(openai.OpenAI())\n",
        "loop.py": "def run(client):\n    return client.responses.create(model='m', input='x')\n",
        "tool.py": "import loop\nloop.run(None)\n",
    }
    assert kept(files) == set(files)


def test_hosts_bodies_and_own_wrappers_count():
    files = {
        "raw.py": 'import requests\nrequests.post("https://api.openai.com/v1/embeddings", json={})\n',
        "raw_host.py": 'import http.client\nc = http.client.HTTPSConnection("api.openai.com")\n',
        "set_url.py": 'import httpx\nhttpx.post(URL, json={"model": M, "messages": []})\n',
        "own.py": "from corp.llm import complete_text\ncomplete_text('x')\n",
        "other.py": 'import requests\nrequests.post("https://example.com/v1", json={"messages": []})\n',
    }
    assert kept(files) == {"raw.py", "raw_host.py", "set_url.py"}
    assert "own.py" in kept(files, functions=["corp.llm.complete_text"])


def test_a_client_that_the_base_class_has_sends_the_request():
    hosted = (
        "from engines.base import Engine\nclass Hosted(Engine):\n    def _send(self, text):\n"
        '        return self.http.post(f"{URL}/chat/completions", json={"model": M, "messages": []})\n'
    )
    files = {
        "engines/base.py": "import httpx\nclass Engine:\n    def __init__(self):\n        self.http = httpx.Client()\n"
        "    def write(self, text):\n        return self._send(text)\n",
        "engines/hosted.py": hosted,
        "job.py": "from engines.base import Engine\ndef run(engine: Engine):\n    engine.write('x')\n",
        "other.py": "from engines.base import Engine\ndef count(engine: Engine):\n    return engine.size\n",
    }
    assert kept(files) == {"engines/base.py", "engines/hosted.py", "job.py"}
    assert kept({**files, "engines/base.py": files["engines/base.py"].replace("httpx", "mailbox")}) == set()
    assert kept({**files, "engines/hosted.py": hosted.replace("/chat/completions", "/posts")}) == set()


def test_packages_that_serve_more_than_models_need_a_word_more():
    files = {
        "s3.py": 'import boto3\nboto3.client("s3")\n',
        "bedrock.py": 'import boto3\nboto3.client("bedrock-runtime")\n',
        "storage.py": "from google.cloud import storage\n",
        "gemini.py": "from google import genai\n",
    }
    assert kept(files) == {"bedrock.py", "gemini.py"}


def put_aside(files):
    filtering = prefilter.Prefilter({path: text.encode() for path, text in files.items()}, words.load(), tests=False)
    return set(filtering.keep()), set(filtering.aside)


def test_a_test_that_only_calls_what_counts_is_put_aside():
    files = {"llm.py": SDK, "job.py": "import llm\n", "tests/test_job.py": "import job\n", "test_x.py": "import json\n"}
    assert put_aside(files) == ({"llm.py", "job.py"}, {"tests/test_job.py"})


@pytest.mark.parametrize(
    "test",
    [
        "import llm\nimport openai\n",
        "import llm\nif __name__ == '__main__':\n    llm.ask()\n",
    ],
    ids=["calls a model itself", "is run as a program"],
)
def test_a_test_with_a_life_of_its_own_counts(test):
    assert put_aside({"llm.py": SDK, "tests/test_llm.py": test}) == ({"llm.py", "tests/test_llm.py"}, set())


def test_a_helper_of_a_test_that_counts_does_too():
    files = {
        "llm.py": SDK,
        "tests/test_llm.py": SDK + "from tests.helpers import f\n",
        "tests/helpers.py": "import llm\n",
    }
    assert put_aside(files) == (set(files), set())


@pytest.mark.parametrize(
    ("launcher", "counts"),
    [
        ("from airflow.operators.bash import BashOperator\nBashOperator(bash_command='python job.py')\n", True),
        ("import subprocess, sys\nsubprocess.run([sys.executable, 'job.py'])\n", True),
        ("import subprocess\nsubprocess.run(['python', 'job.py'])\n", True),
        ("import subprocess\nsubprocess.run(f'uv run job.py {day}', shell=True)\n", True),
        ("import os\nos.system('python job.py --all')\n", True),
        ("from importlib.util import spec_from_file_location\nspec = spec_from_file_location('job', path)\n", True),
        ("import subprocess\nsubprocess.run(['convert', 'a.png'])\n", False),
        ("import os\nos.system('convert a.png')\n", False),
        ("from airflow.operators.empty import EmptyOperator\nEmptyOperator()\n", False),
    ],
)
def test_what_may_start_a_program_counts(launcher, counts):
    assert ("dags/news.py" in kept({"job.py": SDK, "dags/news.py": launcher})) is counts


PROGRAM = {
    "llm.py": SDK,
    "label_tests/labels.py": "import llm\n",
    "label_tests/cli.py": """
from argparse import ArgumentParser
from label_tests import labels
if __name__ == "__main__":
    ArgumentParser().parse_args()
""",
}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, {"label_tests"}),
        ({"label_tests/deep/other.py": ""}, {"label_tests"}),
        ({"label_tests/deep/test_labels.py": ""}, set()),
        ({"label_tests/conftest.py": ""}, set()),
        ({"label_tests/cli.py": "from argparse import ArgumentParser"}, set()),
        ({"label_tests/cli.py": "if __name__ == '__main__': main()"}, set()),
    ],
)
def test_a_program_whose_folder_is_called_as_tests_are(files, expected):
    data = {path: text.encode() for path, text in {**PROGRAM, **files}.items()}
    assert testfolders.programs(data, words.load().tests) == expected


@pytest.mark.parametrize(
    ("importing", "inside", "expected"),
    [
        ("from shop.tests.price_test import Price", "class Price: pass", True),
        ("from .tests import Price", "class Price: pass", True),
        ("import shop.tests.price_test", "class Price: pass", True),
        ("from shop.tests.price_test import Price", "def test_price(): pass", False),
        ("from shop.tests.price_test import Price", "from unittest import TestCase", False),
        ("# shop.tests.price_test", "class Price: pass", False),
        ("from shop.prices import Price", "class Price: pass", False),
    ],
)
def test_a_folder_in_which_nothing_is_tested_and_that_the_program_imports_is_part_of_it(importing, inside, expected):
    data = {"shop/cli.py": importing, "shop/tests/base.py": "", "shop/tests/price_test.py": inside}
    found = testfolders.programs({path: text.encode() for path, text in data.items()}, words.load().tests)
    assert ("shop/tests" in found) is expected
    # What only tests import is theirs.
    data = {"tests/cli_test.py": importing, "shop/tests/base.py": "", "shop/tests/price_test.py": inside}
    found = testfolders.programs({path: text.encode() for path, text in data.items()}, words.load().tests)
    assert "shop/tests" not in found


def test_tests_of_the_repository_are_no_program_whatever_they_are_called():
    data = {path.replace("label_tests", "tests"): text.encode() for path, text in PROGRAM.items()}
    assert testfolders.programs(data, words.load().tests) == set()
    data = {path.replace("label_tests", "shop/test"): text.encode() for path, text in PROGRAM.items()}
    assert testfolders.programs(data, words.load().tests) == {"shop/test"}


@pytest.mark.parametrize(
    ("path", "text", "caller", "expected"),
    [
        ("shop/test_label.py", "def label(): pass\n", "shop/main.py", True),
        ("shop/smoke_label.py", "def label(): pass\n", "shop/main.py", False),
        ("shop/label_test.py", "def label(): pass\n", "shop/main.py", True),
        ("shop/label_test.py", "def test_label(): pass\n", "shop/main.py", False),
        ("shop/label_test.py", "import pytest\n", "shop/main.py", False),
        ("shop/label_test.py", "class Labels(TestCase): pass\n", "shop/main.py", False),
        ("shop/label_test.py", "def label(): pass\n", "shop/run_tests.py", False),
        ("shop/label_test.py", "def label(): pass\n", "tests/main.py", False),
        ("tests/label_test.py", "def label(): pass\n", "shop/main.py", False),
    ],
)
def test_a_file_called_as_tests_are_that_the_program_imports(path, text, caller, expected):
    name = path.rpartition("/")[2].removesuffix(".py")
    data = {path: text.encode(), caller: f"from shop.{name} import label\n".encode()}
    assert (path in testfolders.programs(data, words.load().tests)) is expected
    data[caller] = f"# see {name}\n".encode()
    assert path not in testfolders.programs(data, words.load().tests)


@pytest.mark.parametrize(
    ("path", "options", "keep", "expected"),
    [
        ("tests/labels.py", "argparse.ArgumentParser()", "json.dump(found, out)", True),
        ("shop/test_labels.py", "argparse.ArgumentParser()", "open(path, mode='w').write(found)", True),
        ("shop/test_labels.py", "typer.Typer()", "table.to_csv(path)", True),
        ("shop/test_labels.py", "typer.Typer()", "open(path, 'r').read()", False),
        ("shop/test_labels.py", "sys.argv", "table.to_csv(path)", False),
        ("tests/gold_evaluation.py", "sys.argv", "table.to_csv(path)", True),
        ("tests/labels/eval_labels.py", "main()", "json.dump(found, out)", True),
        ("tests/eval_labels.py", "main()", "print(found)", False),
        ("tests/eval_labels.py", "main()", "json.dump(found, out)\nimport unittest", False),
        ("tests/test_evaluation.py", "main()", "table.to_csv(path)", False),
        ("tests/medieval.py", "main()", "table.to_csv(path)", False),
        ("shop/smoke_test.py", "typer.Typer()", "table.to_csv(path)", False),
        ("shop/test_labels.py", "typer.Typer()", "table.to_csv(path)\nimport pytest", False),
    ],
)
def test_a_file_called_as_tests_are_that_keeps_what_comes_of_a_run(path, options, keep, expected):
    data = {path: f"print({options})\n{keep}\nif __name__ == '__main__': main()\n".encode()}
    assert (path in testfolders.programs(data, words.load().tests)) is expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("shop/label_test.py", "with open('labels.txt', 'w') as out: out.write(label())\n", True),
        ("shop/test_labels.py", "table.to_csv('labels.csv')\n", True),
        ("shop/test_labels.py", "def keep(table):\n    table.to_csv('labels.csv')\n", False),
        ("shop/test_labels.py", "table.to_csv('labels.csv')\nassert table\n", False),
        ("shop/test_labels.py", "table.to_csv('labels.csv')\ndef test_label(): pass\n", False),
        ("shop/smoke_test.py", "table.to_csv('labels.csv')\n", False),
        ("tests/test_labels.py", "table.to_csv('labels.csv')\n", False),
    ],
)
def test_a_file_called_as_tests_are_that_keeps_what_it_found_without_being_asked(path, text, expected):
    assert (path in testfolders.programs({path: text.encode()}, words.load().tests)) is expected


def test_no_part_of_such_a_program_is_put_aside():
    data = {path: text.encode() for path, text in PROGRAM.items()}
    filtering = prefilter.Prefilter(data, words.load(), tests=False, programs={"label_tests"})
    assert set(filtering.keep()) == set(PROGRAM)
