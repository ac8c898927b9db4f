"""The cells of notebooks, with the lines of the file on which they stand."""

import json
from pathlib import Path

import pytest

from batchlint.config import Config
from batchlint.engine import analyze
from batchlint.sources.notebooks import Cell, cells, is_notebook

CELLS = [
    {"cell_type": "markdown", "source": ["import app\n", "app.run()"]},
    {"cell_type": "code", "source": ["import app\n", "%matplotlib inline\n", "rows = app.rows()"], "outputs": []},
    {"cell_type": "code", "source": ["%%bash\n", "python app.py"]},
    {"cell_type": "code", "source": []},
    {"cell_type": "code", "source": ["!pip install app\n", "if rows:\n", "    %time app.run(rows)\n", "app.run?"]},
]


def test_each_cell_has_its_line() -> None:
    text = json.dumps({"cells": CELLS, "nbformat": 4}, indent=1)
    found = list(cells(text))
    lines = text.splitlines()
    assert [cell.code for cell in found] == [
        "import app\npass\nrows = app.rows()",
        "pass\nif rows:\n    pass\npass",
    ]
    assert [lines[cell.line - 1].strip()[:11] for cell in found] == ['"import app', '"!pip insta']
    assert found[0].line > text[: text.index('"code"')].count("\n")


def test_a_source_may_be_one_string() -> None:
    text = json.dumps({"cells": [{"cell_type": "code", "source": "import app\napp.run()\n"}]})
    assert list(cells(text)) == [Cell(1, "import app\napp.run()\n")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [3, {"cell_type": "code"}]}'])
def test_what_is_no_notebook_has_none(text: str) -> None:
    assert list(cells(text)) == []


def test_copies_of_the_editor_are_none() -> None:
    assert is_notebook("study/labels.ipynb")
    assert not is_notebook("study/.ipynb_checkpoints/labels-checkpoint.ipynb")
    assert not is_notebook("labels.py")


def test_a_notebook_of_the_project_starts_its_functions(tmp_path: Path) -> None:
    source = "from openai import OpenAI\n\n\ndef run(rows):\n    for row in rows:\n        {}\n"
    call = "print(OpenAI().responses.create(model='gpt-5', input=row))"
    (tmp_path / "app.py").write_text(source.format(call))
    assert not analyze([tmp_path], Config(root=tmp_path)).findings
    (tmp_path / "study.ipynb").write_text(
        json.dumps({"cells": [CELLS[1], {"cell_type": "code", "source": "app.run(rows)"}]})
    )
    report = analyze([tmp_path], Config(root=tmp_path))
    assert [(finding.path, finding.line) for finding in report.findings] == [("app.py", 6)]
    assert [site.path for site in report.call_sites] == ["app.py"]
