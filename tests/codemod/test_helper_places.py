"""Rewritten files find their helper module: however the program is laid out and started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .programs import Source, rewrite

LLM = """\
from openai import OpenAI

client = OpenAI(api_key="key")


def embed(text):
    return client.embeddings.create(model="text-embedding-3-small", input=text).data[0].embedding
"""
LOOP = """

def main(texts):
    for text in texts:
        print(embed(text))


if __name__ == "__main__":
    main([])
"""
FRONT = "import sys\nfrom pathlib import Path\n\n"


def started(source: Source, folder: Path, *command: str) -> dict[str, str]:
    """The rewritten files, after the program has been started with nothing to do."""
    done = rewrite(source)
    assert done.planned, done.refusals
    for path, text in done.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    ended = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert rewrite(done.files).files == done.files
    return done.files


@pytest.mark.parametrize(
    "change",
    [
        'sys.path.insert(0, str(Path(__file__).parent.parent / "src"))\n',
        'src = str(Path(__file__).parent.parent / "src")\nif src not in sys.path:\n    sys.path.append(src)\n',
        'import site\n\nsite.addsitedir(str(Path(__file__).parent.parent / "src"))\n',
        'sys.path += [str(Path(__file__).parent.parent / "src")]\n',
    ],
)
def test_the_import_stands_behind_the_change_of_the_path_that_it_needs(tmp_path: Path, change: str) -> None:
    script = f"{FRONT}{change}\nfrom shop.llm import embed  # noqa: E402\n{LOOP}"
    source = {"tools/load.py": script, "src/shop/__init__.py": "", "src/shop/llm.py": LLM}
    files = started(source, tmp_path, "tools/load.py")
    assert "embed  # noqa: E402\nfrom shop.llm_batch import run_batch  # noqa: E402\n" in files["tools/load.py"]


@pytest.mark.parametrize(("top", "named"), [("src", "llm_batch"), ("", "src.llm_batch")])
def test_a_package_whose_own_folder_is_put_on_the_path_is_not_named(tmp_path: Path, top: str, named: str) -> None:
    change = f'sys.path.insert(0, str(Path(__file__).parent.parent / "{top}"))\n'
    package = "" if top else "src."
    script = f"{FRONT}{change}\nfrom {package}shop import main  # noqa: E402\n\nmain([])\n"
    shop = f"from {package}llm import embed\n{LOOP.partition('if __name__')[0]}"
    source = {"tools/load.py": script, "src/__init__.py": "", "src/llm.py": LLM, "src/shop.py": shop}
    files = started(source, tmp_path, "tools/load.py")
    assert f"from {named} import" in files["src/shop.py"]


@pytest.mark.parametrize(
    ("name", "command", "place"),
    [("llm", ["company/src/load.py"], "company/src"), ("company.src.llm", ["-m", "company.src.load"], "company")],
)
def test_scripts_in_a_package_that_are_started_by_their_path(
    tmp_path: Path, name: str, command: list[str], place: str
) -> None:
    script = f"from {name} import embed\n{LOOP}"
    source = {"company/__init__.py": "", "company/src/__init__.py": "", "company/src/llm.py": LLM}
    files = started({**source, "company/src/load.py": script}, tmp_path, *command)
    assert f"{place}/llm_batch.py" in files


def test_a_path_that_is_changed_where_the_script_starts_moves_no_import(tmp_path: Path) -> None:
    start = 'if __name__ == "__main__":\n    import sys\n\n    sys.path.append("plugins")\n'
    script = "from shop.llm import embed\n" + LOOP.replace('if __name__ == "__main__":\n', start)
    source = {"load.py": script, "shop/__init__.py": "", "shop/llm.py": LLM}
    files = started(source, tmp_path, "load.py")
    assert files["load.py"].startswith("from shop.llm import embed\nfrom shop.llm_batch import run_batch\n")


def test_imports_that_work_before_the_path_changes_stay_together(tmp_path: Path) -> None:
    script = f'import sys\n\nfrom shop.llm import embed\n\nsys.path.append("plugins")\n{LOOP}'
    source = {"load.py": script, "shop/__init__.py": "", "shop/llm.py": LLM}
    files = started(source, tmp_path, "load.py")
    assert "from shop.llm import embed\nfrom shop.llm_batch import run_batch\n\nsys.path" in files["load.py"]


@pytest.mark.parametrize(
    ("name", "path"), [("company.shop", ""), ("shop", "import sys\n\nsys.path.insert(0, 'company')\n")]
)
def test_a_package_in_a_folder_that_is_none_is_named_as_the_project_does(tmp_path: Path, name: str, path: str) -> None:
    script = f"{path}from {name}.llm import embed\n{LOOP}"
    source = {"load.py": script, "company/shop/__init__.py": "", "company/shop/llm.py": LLM}
    files = started(source, tmp_path, "load.py")
    assert f"from {name}.llm_batch import run_batch\n" in files["load.py"]
    assert f"from {name}.llm_batch import" in files["company/shop/llm.py"]


def test_a_package_that_the_repository_itself_is_imports_relatively(tmp_path: Path) -> None:
    source = {
        "main.py": f"from . import texts\nfrom .models.llm import embed\n{LOOP}",
        "texts.py": "TEXTS = []\n",
        "models/llm.py": LLM,
    }
    placed = {f"evals/{path}": text for path, text in rewrite(source).files.items()}
    assert "from .models.llm_batch import run_batch\n" in placed["evals/main.py"]
    for path, text in placed.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    ended = subprocess.run(
        [sys.executable, "-m", "evals.main"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_a_file_that_others_import_relatively_does_so_too(tmp_path: Path) -> None:
    source = {
        "app/main.py": f"from .llm import embed\n{LOOP}",
        "app/llm.py": LLM,
    }
    files = started(source, tmp_path, "-m", "app.main")
    assert "from .llm_batch import request\n" in files["app/llm.py"]


def test_scripts_in_folders_of_their_own_get_the_parts_that_each_uses(tmp_path: Path) -> None:
    pool = """\
        from concurrent.futures import ThreadPoolExecutor

        import anthropic

        client = anthropic.Anthropic(api_key="key")


        def ask(text):
            message = [{"role": "user", "content": text}]
            return client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=message).content[0].text


        if __name__ == "__main__":
            with ThreadPoolExecutor() as pool:
                print(list(pool.map(ask, [])))
        """
    files = started({"one/embed.py": LLM + LOOP, "two/ask.py": pool}, tmp_path, "one/embed.py")
    assert "class BatchExecutor" not in files["one/llm_batch.py"]
    assert "class AnthropicBatches" not in files["one/llm_batch.py"]
    assert "class BatchExecutor" in files["two/llm_batch.py"]
    assert "class OpenAIBatches" not in files["two/llm_batch.py"]


def test_the_lines_above_an_import_that_goes_stay_above_the_next() -> None:
    source = """\
        from __future__ import annotations

        # The standard library.
        import asyncio
        import sys

        from openai import AsyncOpenAI

        client = AsyncOpenAI()


        async def ask(text):
            return (await client.responses.create(model="gpt-5", input=text)).output_text


        async def main():
            for answer in await asyncio.gather(*(ask(text) for text in sys.stdin)):
                print(answer)
        """
    text = rewrite(source).files["app.py"]
    assert text.startswith("from __future__ import annotations\n\n# The standard library.\nimport sys\n\nfrom openai")


def test_a_gather_and_the_requests_of_its_coroutines_have_one_helper(tmp_path: Path) -> None:
    model = """\
        from openai import AsyncOpenAI


        class Model:
            def __init__(self):
                self.client = AsyncOpenAI(api_key="key")

            async def ask(self, text):
                return (await self.client.responses.create(model="gpt-5", input=text)).output_text
        """
    bench = """\
        import asyncio

        from shop.llm import Model


        async def main(texts):
            model = Model()
            print(await asyncio.gather(*[model.ask(text) for text in texts]))


        if __name__ == "__main__":
            asyncio.run(main([]))
        """
    files = started({"shop/__init__.py": "", "shop/llm.py": model, "bench.py": bench}, tmp_path, "-m", "bench")
    assert "from shop.llm_batch import gather_batch" in files["bench.py"]
    assert "from shop.llm_batch import batched" in files["shop/llm.py"]
    assert [path for path in files if path.endswith("llm_batch.py")] == ["shop/llm_batch.py"]


STARRED = """\
from openai import OpenAI

client = OpenAI(api_key="key")
__all__ = ["client"]
__all__ += ["embed"]


def embed(text):
    return client.embeddings.create(model="text-embedding-3-small", input=text).data[0].embedding
"""


def test_what_comes_by_a_star_is_imported_by_its_name(tmp_path: Path) -> None:
    script = f"from shop import *\n{LOOP}print(embed, other)\n"
    package = {"shop/__init__.py": "from .llm import *\nfrom .more import *\n", "shop/more.py": "other = 1\n"}
    files = started({**package, "load.py": script, "shop/llm.py": STARRED}, tmp_path, "load.py")
    assert "from .llm import embed_batch" in files["shop/__init__.py"].splitlines()
    assert files["load.py"].startswith("from shop import *\n")
    assert "from shop import embed_batch\n" in files["load.py"]


@pytest.mark.parametrize(("more", "is_named"), [("", True), ("print(client)\n", False), ("print(vars())\n", False)])
def test_a_star_goes_where_nothing_else_comes_by_it(tmp_path: Path, more: str, is_named: bool) -> None:
    source = {
        "load.py": f"from llm import *  # noqa\n{LOOP}{more}",
        "llm.py": STARRED,
        "other.py": "import llm\nllm.embed('')\n",
    }
    files = started(source, tmp_path, "load.py")
    assert ("from llm import embed_batch  # noqa\n" in files["load.py"]) == is_named
    assert ("from llm import *  # noqa\n" in files["load.py"]) != is_named


def test_the_helper_lies_beside_what_the_others_import_also_where_that_is_no_package(tmp_path: Path) -> None:
    script = f"from llms.ask import embed\n{LOOP}"
    source = {"evals/__init__.py": "", "evals/cost.py": script, "llms/ask.py": LLM, "load.py": script}
    files = started(source, tmp_path, "-m", "evals.cost")
    assert [path for path in files if path.endswith("llm_batch.py")] == ["llms/llm_batch.py"]
    assert "from llms.llm_batch import run_batch\n" in files["evals/cost.py"]


NESTED = """\
def main(texts):
    from llms.ask import {names}

    for text in texts:
        print(embed(text){more})


if __name__ == "__main__":
    main([])
"""


@pytest.mark.parametrize(
    ("names", "more", "expected"),
    [
        ("embed", "", "embed_batch"),
        ("embed, tidy", ", tidy(text)", "embed_batch, tidy"),
        ("embed", ")\n    print(embed", "embed, embed_batch"),
        ("ask as embed", "", "ask_batch as embed_batch"),
    ],
)
def test_a_function_imports_its_twin_instead_of_what_it_needs_no_more(
    tmp_path: Path, names: str, more: str, expected: str
) -> None:
    api = "from flask import Flask\n\nfrom llms.ask import embed\n\napp = Flask(__name__)\napp.get('/')(embed)\n"
    own = names.partition(" as ")[0].partition(",")[0]
    llm = LLM + "\n\ndef tidy(text):\n    return text.strip()\n"
    source = {"llms/ask.py": llm.replace("embed(", f"{own}("), "api.py": api.replace("embed", own)}
    files = started({**source, "load.py": NESTED.format(names=names, more=more)}, tmp_path, "load.py")
    assert f"    from llms.ask import {expected}\n" in files["load.py"]


def test_a_repository_that_is_a_package_itself_has_its_helper_on_top(tmp_path: Path) -> None:
    source = {"__init__.py": "", "load.py": f"from llm import embed\n{LOOP}", "llm.py": LLM}
    files = started(source, tmp_path, "load.py")
    assert "llm_batch.py" in files
    assert "from llm_batch import run_batch\n" in files["load.py"]


def test_a_script_in_a_repository_that_is_a_package_itself_is_started_by_its_path(tmp_path: Path) -> None:
    files = started({"__init__.py": "", "load.py": LLM + LOOP, "db/__init__.py": ""}, tmp_path, "load.py")
    assert "from llm_batch import request, run_batch\n" in files["load.py"]
