"""Lines that need no change stay byte for byte; the new ones look like the file they stand in."""

from __future__ import annotations

import io
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from pyflakes import api as pyflakes
from pyflakes.reporter import Reporter

from .programs import HELPER, check_rewritten, rewrite
from .test_runs_alike import LLM, PROGRAMS

LOOP = """\
from openai import OpenAI

client = OpenAI()


def main(texts):
    # One line for each text.
    for text in texts:  # in their order
        if not text:
            continue  # nothing to ask
        # The question itself.
        response = client.chat.completions.create(model='gpt-5', messages=[{'role': 'user', 'content': text}])  # paid
        print(response.choices[0].message.content)   # as it comes

    print("done")
"""


def after(source: str) -> str:
    """The rewritten text of one file, given as it is."""
    done = rewrite({"app.py": source})
    assert done.planned, done.refusals
    assert rewrite({"app.py": done.files["app.py"]}).files["app.py"] == done.files["app.py"]
    return done.files["app.py"]


def comments(text: str) -> list[str]:
    return [line.partition("#")[2] for line in text.splitlines() if "#" in line]


def test_comments_quotes_and_spaces_stay() -> None:
    text = after(LOOP)
    assert comments(text) == comments(LOOP)
    kept = [line for line in LOOP.splitlines() if "for text" not in line and "response =" not in line]
    kept = [line for line in kept if "continue" not in line]
    assert [line for line in kept if line.strip() and line not in text.splitlines()] == []


@pytest.mark.parametrize("head", ["texts if texts else DEFAULT", "texts, DEFAULT", "*texts, DEFAULT"])
def test_what_only_a_statement_can_go_over_bare_gets_parentheses(head: str) -> None:
    text = after(LOOP.replace("in texts:", f"in {head}:"))
    assert f"\n    run_batch(handle_text(text) for text in ({head}))\n" in text


def test_tabs_stay() -> None:
    text = after(LOOP.replace("    ", "\t"))
    assert "\n\t\tif not text:\n\t\t\treturn  # nothing" in text
    assert "\n\trun_batch(handle_text(text) for text in texts)\n" in text
    assert "\n    " not in text


def test_line_ends_of_windows_stay() -> None:
    text = after(LOOP.replace("\n", "\r\n"))
    assert text.count("\r\n") == text.count("\n")
    assert text.replace("\r\n", "\n") == after(LOOP)


def test_a_missing_last_newline_stays_missing() -> None:
    assert after(LOOP.rstrip("\n")) == after(LOOP).rstrip("\n")


@pytest.mark.parametrize(
    ("head", "expected"),
    {
        "after the third parties": (
            "import os\n\nimport httpx\nfrom openai import OpenAI\n",
            "import os\n\nimport httpx\nfrom openai import OpenAI\n\nfrom llm_batch import request, run_batch\n",
        ),
        "among the project's own": (
            "from openai import OpenAI\n\nfrom aaa import a\nfrom zzz import z\n",
            "from openai import OpenAI\n\nfrom aaa import a\nfrom llm_batch import request, run_batch\n"
            "from zzz import z\n",
        ),
        "in front of the project's own": (
            "from openai import OpenAI\n\nfrom models import m\nfrom zzz import z\n",
            "from openai import OpenAI\n\nfrom llm_batch import request, run_batch\nfrom models import m\n"
            "from zzz import z\n",
        ),
        "behind the project's own where they have no order": (
            "from openai import OpenAI\n\nfrom zzz import z\nfrom models import m\n",
            "from openai import OpenAI\n\nfrom zzz import z\nfrom models import m\n"
            "from llm_batch import request, run_batch\n",
        ),
        "among all of a section that is sorted as one": (
            "import os\n\nfrom httpx import get\nfrom openai import OpenAI\nfrom zzz import z\n",
            "import os\n\nfrom httpx import get\nfrom llm_batch import request, run_batch\nfrom openai import OpenAI\n"
            "from zzz import z\n",
        ),
        "below the docstring and the future": (
            '"""What it does."""\n\nfrom __future__ import annotations\n\nfrom openai import OpenAI\n',
            '"""What it does."""\n\nfrom __future__ import annotations\n\nfrom openai import OpenAI\n\n'
            "from llm_batch import request, run_batch\n",
        ),
    }.values(),
    ids=str,
)
def test_the_import_goes_where_the_file_has_its_own(head: str, expected: str) -> None:
    source = LOOP.replace("from openai import OpenAI\n", head)
    done = rewrite({"app.py": source, "aaa.py": "a = 1", "zzz.py": "z = 1", "models.py": "m = 1"})
    assert done.files["app.py"].startswith(expected)


def test_a_module_of_the_project_that_is_named_like_the_sdk_is_not_what_is_imported() -> None:
    source = LOOP.replace("from openai import OpenAI\n", "from openai import OpenAI\nfrom pydantic import BaseModel\n")
    done = rewrite({"app.py": source, "tools/__init__.py": "", "tools/openai.py": ""})
    assert "from pydantic import BaseModel\n\nfrom llm_batch import" in done.files["app.py"]


def test_imports_that_are_still_used_stay() -> None:
    source = LOOP.replace("print(response", "print(json.dumps(1), response")
    source = source.replace("from openai", "import json\nfrom openai")
    assert after(source).startswith("import json\nfrom openai import OpenAI\n")


def test_long_calls_keep_their_lines() -> None:
    check_rewritten(
        """
        from openai import OpenAI

        client = OpenAI()


        def main(texts):
            for text in texts:
                response = client.chat.completions.create(
                    model="gpt-5",
                    messages=[
                        {"role": "system", "content": "Be brief."},  # every time
                        {"role": "user", "content": text},
                    ],
                    temperature=0,
                )
                print(response)
        """,
        """
        from openai import OpenAI

        from llm_batch import request, run_batch

        client = OpenAI()


        def main(texts):
            def handle_text(text):
                response = yield request(
                    client.chat.completions.create,
                    model="gpt-5",
                    messages=[
                        {"role": "system", "content": "Be brief."},  # every time
                        {"role": "user", "content": text},
                    ],
                    temperature=0,
                )
                print(response)

            run_batch(handle_text(text) for text in texts)
        """,
    )


def test_two_findings_in_one_file_share_the_import() -> None:
    second = (
        LOOP + "\n\ndef again(words):\n    return [client.responses.create(model='m', input=word) for word in words]\n"
    )
    text = after(second)
    assert text.count("llm_batch") == 1
    assert "    def handle_word(word):\n        return (yield request(client.responses.create" in text
    assert "    return run_batch(handle_word(word) for word in words)\n" in text


HELPER_AND_LIVE = """\
from flask import Flask
from openai import OpenAI

client = OpenAI()
app = Flask(__name__)


def ask(text):
    '''An answer.'''
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    return response.choices[0].message.content


@app.get("/")
def live():
    return   ask("hello")    # somebody waits


def first(texts):
    return [ask(text) for text in texts]


def second(texts):
    for text in texts:
        print(ask(text))


def third(rows):
    for row in rows:
        row["answer"] = ask(row["text"])
"""


def test_one_helper_of_three_loops_gets_one_twin_and_its_live_caller_stays() -> None:
    text = after(HELPER_AND_LIVE)
    assert text.count("def ask_batch(text):") == 1
    assert text.count("def ask(text):") == 1
    assert text.count("ask_batch(") == 5
    route = HELPER_AND_LIVE[HELPER_AND_LIVE.index("@app.get") : HELPER_AND_LIVE.index("def first")]
    assert route in text


def test_a_helper_that_only_loops_use_is_changed_in_place() -> None:
    source = HELPER_AND_LIVE.replace('return   ask("hello")    # somebody waits', "return ''")
    text = after(source)
    assert "ask_batch" not in text
    assert text.count("yield from ask(") == 2


def test_the_helper_module_is_added_once_beside_the_code() -> None:
    done = rewrite({"app.py": LOOP})
    assert HELPER in done.files
    assert "def run_batch(" in done.files[HELPER]
    compile(done.files[HELPER], HELPER, "exec")


def test_calls_that_outgrow_the_lines_of_the_file_are_spread() -> None:
    check_rewritten(
        """
        from openai import OpenAI

        client = OpenAI()


        def main(texts):
            for text in texts:
                long = client.responses.create(model="gpt-5", input=text, instructions="Be brief.")
                longer = client.responses.create(
                    model="gpt-5", input=long.output_text, instructions="Be briefer.", temperature=0
                )
                short = client.responses.create(
                    model="gpt-5", input=longer.output_text, temperature=0
                )
                print(f"{client.responses.create(model='m', input=short.output_text).output_text} !")
        """,
        """
        from openai import OpenAI

        from llm_batch import request, run_batch

        client = OpenAI()


        def main(texts):
            def handle_text(text):
                long = yield request(
                    client.responses.create, model="gpt-5", input=text, instructions="Be brief."
                )
                longer = yield request(
                    client.responses.create,
                    model="gpt-5",
                    input=long.output_text,
                    instructions="Be briefer.",
                    temperature=0,
                )
                short = yield request(
                    client.responses.create, model="gpt-5", input=longer.output_text, temperature=0
                )
                print(f"{(yield request(client.responses.create, model='m', input=short.output_text)).output_text} !")

            run_batch(handle_text(text) for text in texts)
        """,
    )


def test_linters_find_nothing_new(tmp_path: Path) -> None:
    """pycodestyle and pyflakes, with lines as long as the longest of the original."""
    found = []
    for name, program in PROGRAMS.items():
        done = rewrite({"app.py": program, "llm.py": LLM})
        assert done.planned, name
        width = max(len(line) for text in done.before.values() for line in text.splitlines())
        for state, files in (("before", done.before), ("after", done.files)):
            folder = tmp_path / str(len(found)) / state
            folder.mkdir(parents=True)
            for path, text in files.items():
                (folder / path).write_text(text)
            options = [
                "--isolated",
                "--select=E,F,W",
                f"--max-line-length={max(88, width)}",
                "--format=%(path)s %(code)s",
            ]
            ended = subprocess.run(
                [sys.executable, "-m", "flake8", *options, "app.py", "llm.py"],
                cwd=folder,
                capture_output=True,
                text=True,
            )
            found.append(Counter(ended.stdout.splitlines()))
    assert [after - before for before, after in zip(found[::2], found[1::2], strict=True)] == [Counter()] * len(
        PROGRAMS
    )


@pytest.mark.parametrize("is_module", [True, False])
def test_what_nothing_reads_is_no_local_variable_that_a_linter_tells_of(is_module: bool) -> None:
    body = """
    for text in ["a", "b"]:
        length = len(text)
        with open("log.txt", "a") as log:
            answer = client.responses.create(model="gpt-5", input=text)
        shown = answer.output_text
        print(shown)
    """
    head = 'if __name__ == "__main__":' if is_module else "def main():"
    text = after(f"from openai import OpenAI\n\nclient = OpenAI()\n\n\n{head}{body}")
    assert ("global length, log\n" in text) is is_module
    told = io.StringIO()
    pyflakes.check(text, "app.py", Reporter(told, told))
    assert ("'length' is assigned to but never used" in told.getvalue()) is not is_module
    assert "'shown'" not in told.getvalue()


def test_a_name_that_the_file_has_already_stays_its_own() -> None:
    before = """
        from flask import request
        from openai import OpenAI

        client = OpenAI()


        def run_batch():
            for word in ["a", "b"]:
                print(client.responses.create(model="gpt-5", input=word), request.args)


        run_batch()
        """
    after = """
        from flask import request
        from openai import OpenAI

        from llm_batch import request as llm_request, run_batch as llm_run_batch

        client = OpenAI()


        def run_batch():
            def handle_word(word):
                print((yield llm_request(
                    client.responses.create, model="gpt-5", input=word
                )), request.args)

            llm_run_batch(handle_word(word) for word in ["a", "b"])


        run_batch()
        """
    check_rewritten(before, after)


def test_a_twin_that_is_called_like_a_part_of_the_helper_keeps_its_name() -> None:
    text = after("""\
from openai import OpenAI


def run(text):
    return OpenAI().responses.create(model="m", input=text)


class Writer:
    def gather(self, text):
        return run(text)


def main(texts):
    for text in texts:
        run(text)
    run("once")
    return [Writer().gather(text) for text in texts]
""")
    assert "from llm_batch import realtime, request, run_batch as llm_run_batch\n" in text
    assert "    llm_run_batch(handle_text(text) for text in texts)\n    run('once')\n" in text.replace('"', "'")
    assert "def gather(self, text):\n        return (yield from run_batch(text))" in text


def test_the_helper_is_imported_as_its_neighbours_are() -> None:
    head = "import math\nimport os\n\nfrom openai import OpenAI\n\n"
    source = LOOP.replace("from openai import OpenAI\n", f"{head}from .names import n\n")
    done = rewrite({"jobs/app.py": source, "jobs/names.py": "n = 1", "math/app.py": ""})
    expected = f"{head}from .llm_batch import request, run_batch\nfrom .names import n\n"
    assert done.files["jobs/app.py"].startswith(expected)


@pytest.mark.parametrize(
    ("head", "name"),
    {
        "for word in texts": "handle_word(word)",
        "for w in texts": "handle_text(w)",
        "for w in sorted(texts)": "handle_text(w)",
        "for w in texts[1:]": "handle_text(w)",
        "for number, w in enumerate(texts)": "handle_text(number, w)",
        "for number, (w, kind) in enumerate(pairs)": "handle_pair(number, w, kind)",
        "for w, kind in record['boxes'].items()": "handle_box(w, kind)",
        "for w, kind in entries.items()": "handle_entry(w, kind)",
        "for start, end in record['spans']": "handle_span(start, end)",
        "for index, row in record.iterrows()": "handle_row(index, row)",
        "for w in status": "handle_item(w)",
        "for text_idx in range(len(texts))": "handle_text(text_idx)",
        "for w in range(0, len(texts), 10)": "handle_batch(w)",
    }.items(),
)
def test_the_function_is_named_after_an_item(head: str, name: str) -> None:
    text = after(
        f"from openai import OpenAI\n\n\ndef main(texts, pairs, entries, record, status):\n    {head}:\n"
        "        print(OpenAI().responses.create(model='m', input='x').output_text)\n"
    )
    assert f"def {name}:" in text


def test_lines_are_spread_where_they_stand() -> None:
    before = """
        from openai import OpenAI

        client = OpenAI()


        def ask(text, language):
            return client.responses.create(model="gpt-5", input=text + language).output_text


        def main(texts, answers):
            for number, text in enumerate(
                texts,  # all of them
            ):
                answers.append(
                    ask(text.strip() + "\\n\\nThe text ends here. Answer in one word.", "German")
                )
            print("this line is long for the text in it, which no formatter would break at any place between its words")
        """
    after = """
        from openai import OpenAI

        from llm_batch import request, run_batch

        client = OpenAI()


        def ask(text, language):
            return (yield request(
                client.responses.create, model="gpt-5", input=text + language
            )).output_text


        def main(texts, answers):
            def handle_text(number, text):
                answers.append(
                    (yield from ask(
                        text.strip() + "\\n\\nThe text ends here. Answer in one word.", "German"
                    ))
                )

            run_batch(
                handle_text(number, text)
                for number, text in enumerate(
                    texts,  # all of them
                )
            )
            print("this line is long for the text in it, which no formatter would break at any place between its words")
        """
    check_rewritten(before, after)


def test_what_is_added_to_long_lines_makes_lines_of_its_own() -> None:
    before = """
        from openai import OpenAI

        client = OpenAI()


        def summarize_text(text: str, language: str, audience: str, words: int) -> str:
            response = client.responses.create(model="gpt-5", input=text)
            return response.output_text


        def main(texts):
            summarize_text("once", "German", "children", 20)
            return [summarize_text(text, "German", "children", 20) for text in texts]
        """
    after = """
        from openai import OpenAI

        from llm_batch import Steps, realtime, request, run_batch

        client = OpenAI()


        def summarize_text_batch(
            text: str, language: str, audience: str, words: int
        ) -> Steps[str]:
            response = yield request(client.responses.create, model="gpt-5", input=text)
            return response.output_text


        def summarize_text(text: str, language: str, audience: str, words: int) -> str:
            return realtime(summarize_text_batch(text, language, audience, words))


        def main(texts):
            summarize_text("once", "German", "children", 20)
            return run_batch(
                summarize_text_batch(text, "German", "children", 20)
                for text in texts
            )
        """
    check_rewritten(before, after)


def test_a_longer_name_spreads_the_call_that_holds_it() -> None:
    text = after("""\
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI


class Writer:
    def summarize(self, text):
        return OpenAI().responses.create(model="gpt-5", input=text).output_text


def main(writer: Writer, texts):
    print(writer.summarize(texts[0]))
    with ThreadPoolExecutor() as pool:
        found = {}
        for text in texts:
            found[pool.submit(writer.summarize, text.strip().lower().capitalize())] = text
        for future in found:
            print(future.result())
""")
    assert (
        "            found[pool.submit(\n                writer.summarize_batch, text.strip().lower().capitalize()\n"
        "            )] = text\n"
    ) in text


def test_a_statement_whose_answer_stands_in_front_of_it_stays_on_its_line() -> None:
    text = after("""\
from openai import OpenAI


class Writer:
    def summarize(self, text):
        if not text:
            return text
        return OpenAI().responses.create(model="gpt-5", input=text).output_text


def main(writer: Writer, texts, summaries_of_all):
    print(writer.summarize(texts[0]))
    for number, text in enumerate(texts):
        summaries_of_all.append(writer.summarize(f"{text[0]} {text[1]}"))
""")
    assert (
        '        answer = yield from writer.summarize_batch(f"{text[0]} {text[1]}")\n'
        "        yield in_turn()\n        summaries_of_all.append(answer)\n"
    ) in text
