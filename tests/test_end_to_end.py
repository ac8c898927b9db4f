"""`fix` on a copy of fixtures/catalog: the nightly job writes the same rows, by batch, at half the price."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from fake_provider import FakeProvider

CATALOG = Path(__file__).parent.parent / "fixtures" / "catalog"


@pytest.fixture
def shop(tmp_path):
    shutil.copytree(CATALOG, tmp_path / "catalog", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "catalog"


def batchlint(*arguments, cwd):
    done = subprocess.run([sys.executable, "-m", "batchlint", *arguments], cwd=cwd, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return done


def seeded(path):
    from importlib import util

    spec = util.spec_from_file_location("catalog_db", CATALOG / "shop" / "db.py")
    db = util.module_from_spec(spec)
    spec.loader.exec_module(db)
    with sqlite3.connect(path) as connection:
        connection.executescript(db.SCHEMA)
        for number in range(1, 8):
            connection.execute(
                "INSERT INTO products VALUES (?, ?, ?, NULL)", (number, f"p{number}", "a thing " * number)
            )
            text = "" if number == 3 else f"review {number}"
            connection.execute("INSERT INTO reviews VALUES (?, ?, ?, NULL)", (number, number, text))


def nightly(shop, database):
    """What the job prints, the rows it leaves, and the provider that it asked."""
    seeded(database)
    with FakeProvider() as provider:
        environment = {**os.environ, "CATALOG_DB": str(database), **provider.environment()}
        done = subprocess.run(
            [sys.executable, "-m", "shop.nightly"], cwd=shop, env=environment, capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(database) as connection:
        rows = [
            connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in ("products", "reviews")
        ]
    return done.stdout, rows, provider


def test_the_nightly_job_writes_the_same_rows_at_half_the_price(shop, tmp_path):
    output, rows, asked = nightly(shop, tmp_path / "before.db")
    assert (asked.realtime_calls, asked.cost) == (13, 13.0)
    batchlint("fix", "--allow-no-vcs", ".", cwd=shop)
    new_output, new_rows, new = nightly(shop, tmp_path / "after.db")
    assert (new_output, new_rows) == (output, rows)
    assert new.answered() == asked.answered()
    assert (new.realtime_calls, new.cost) == (0, 6.5)


def test_the_search_and_a_second_run_stay_as_they_are(shop):
    web = (shop / "shop" / "web.py").read_bytes()
    batchlint("fix", "--allow-no-vcs", ".", cwd=shop)
    once = {path: path.read_bytes() for path in shop.rglob("*.py")}
    assert once[shop / "shop" / "web.py"] == web
    batchlint("fix", "--allow-no-vcs", ".", cwd=shop)
    assert {path: path.read_bytes() for path in shop.rglob("*.py")} == once


def test_a_diff_changes_nothing(shop):
    before = {path: path.read_bytes() for path in shop.rglob("*.py")}
    done = batchlint("fix", "--diff", ".", cwd=shop)
    assert done.returncode == 1
    assert "+++ b/shop/nightly.py" in done.stdout
    assert {path: path.read_bytes() for path in shop.rglob("*.py")} == before


def test_every_run_names_the_same_reason(tmp_path):
    """Python's string hashes differ from run to run; what the report says must not."""
    tables = ("articles", "books", "comments", "digests")
    choice = "".join(f"'SELECT text FROM {table}' if kind == '{table}' else " for table in tables)
    stores = "".join(f"        db.execute('INSERT INTO {table} VALUES (?)', (answer,))\n" for table in tables)
    (tmp_path / "job.py").write_text(
        "import sqlite3\n"
        "from openai import OpenAI\n"
        "client = OpenAI()\n"
        "db = sqlite3.connect('texts.db')\n"
        "def main(texts, kind):\n"
        f"    query = {choice}'SELECT text FROM rest'\n"
        "    for text in texts:\n"
        "        known = db.execute(query).fetchall()\n"
        "        answer = client.responses.create(model='gpt-5', input=f'{known} {text}').output_text\n"
        f"{stores}"
        "if __name__ == '__main__':\n"
        "    main(['a', 'b'], 'books')\n"
    )
    reports = {
        subprocess.run(
            [sys.executable, "-m", "batchlint", "check", "--output-format", "json", "."],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
        ).stdout
        for seed in range(1, 7)
    }
    assert len(reports) == 1
    assert "the table `articles` is read in line 8" in reports.pop()


def test_a_check_does_not_load_what_only_a_rewrite_needs(shop):
    command = [sys.executable, "-X", "importtime", "-m", "batchlint", "check", "--exit-zero", "."]
    done = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=True)
    assert "`batchlint fix` rewrites it" in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "batchlint.codemod.planner" in loaded
    assert not {"libcst", "rich"} & loaded
