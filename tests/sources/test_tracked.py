"""Files that an ignore file names and that are part of the program all the same."""

import subprocess

import pytest

from batchlint import sources
from batchlint.sources import words

SDK = "import openai\nopenai.OpenAI().responses.create(model='gpt-5', input='a')\n"


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def git(root, *arguments):
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


def walk(root, folder="", excludes=()):
    return sources.walk(
        str(root), [folder], (), excludes=excludes, is_manifest=lambda p: p.endswith(".yml"), force=False
    )


FILES = {
    ".gitignore": "lib/\nlocal*.py\n*.yml\n",
    "a.py": "",
    "local.py": "",
    "local_too.py": "",
    "jobs.yml": "",
    "other.yml": "",
    "lib/known.py": "",
    "lib/unknown.py": "",
    "src/lib/deep/ä.py": "",
    "src/lib/other/b.py": "",
}
TRACKED = ["a.py", "local.py", "jobs.yml", "lib/known.py", "src/lib/deep/ä.py"]


@pytest.mark.parametrize("arguments", [[], ["--separate-git-dir=../git"]], ids=["a folder of git's", "a file for it"])
def test_what_git_tracks_is_not_ignored(tmp_path, arguments):
    root = tmp_path / "work"
    write(root, FILES)
    git(root, "init", "-q", *arguments)
    git(root, "add", "-f", *TRACKED)
    tree = walk(root)
    assert sorted(tree.python) == ["a.py", "lib/known.py", "local.py", "src/lib/deep/ä.py"]
    assert tree.manifests == ["jobs.yml"]
    assert walk(root / "src").python == ["lib/deep/ä.py"]
    assert sorted(walk(root, excludes=["lib/*.py", "local.py"]).python) == ["a.py", "src/lib/deep/ä.py"]


@pytest.mark.parametrize("data", [b"", b"DIRC\0\0\0\4\0\0\0\1", b"DIRC\0\0\0\2\0\0\0\2" + b"\0" * 70])
def test_an_index_that_says_nothing_tracks_nothing(tmp_path, data):
    write(tmp_path, FILES)
    git(tmp_path, "init", "-q")
    (tmp_path / ".git" / "index").write_bytes(data)
    assert walk(tmp_path).python == ["a.py"]


@pytest.mark.parametrize(
    ("name", "importing", "is_part"),
    [
        ("app/__init__.py", "from .local import ask\n", True),
        ("app/main.py", "from . import other, local\n", True),
        ("app/main.py", "import local\n", True),
        ("main.py", "from app.local import ask\n", True),
        ("main.py", "import app.local\n", True),
        ("main.py", "from local import ask\n", False),
        ("app/main.py", "from .locals import ask\n", False),
        ("app/main.py", "# see local.py\n", False),
    ],
)
def test_in_a_copy_of_a_repository_the_program_has_what_it_imports(tmp_path, name, importing, is_part):
    write(tmp_path, {".gitignore": "local.py\nvenv/\n", "app/local.py": SDK, "venv/app/local.py": SDK, name: importing})
    tree = walk(tmp_path)
    loaded = sources.load(str(tmp_path), tree, words.load(()), {})
    assert ("app/local.py" in [file.path for file in loaded.files]) is is_part
    assert ("app/local.py" in tree.python) is is_part
    assert not any(file.path.startswith("venv") for file in loaded.files)


def test_in_a_repository_only_git_tells(tmp_path):
    git(tmp_path, "init", "-q")
    write(tmp_path, {".gitignore": "local.py\n", "app/local.py": SDK, "app/__init__.py": "from .local import ask\n"})
    assert sources.load(str(tmp_path), walk(tmp_path), words.load(()), {}).files == []
