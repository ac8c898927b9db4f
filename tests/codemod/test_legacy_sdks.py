"""Calls of SDKs that their providers have given up: openai before 1.0, and google.generativeai."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_provider import FakeProvider
from legacy import needs_legacy_sdks, run

from batchlint.runtime import served

from .programs import HELPER, check_noop, check_rewritten, rewrite

OPENAI = """
import os

import openai

openai.api_key = os.environ["OPENAI_API_KEY"]
openai.api_base = os.environ["OPENAI_BASE_URL"]


def ask(text):
    try:
        answer = openai.ChatCompletion.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
    except openai.error.InvalidRequestError:
        return ""
    return answer["choices"][0]["message"]["content"]


def main():
    for word in ["harbour", "ferry", "pilot"]:
        with open("words.txt", "a") as out:
            out.write(f"{word}: {ask(word)}\\n")


main()
"""
GEMINI = """
import os
import warnings

warnings.simplefilter("ignore")
import google.generativeai as genai

genai.configure(api_key="x", transport="rest", client_options={"api_endpoint": os.environ["GOOGLE_GEMINI_BASE_URL"]})


class Describer:
    def __init__(self):
        self.model = genai.GenerativeModel("gemini-1.5-flash", generation_config={"temperature": 0})

    def describe(self, text):
        return self.model.generate_content(f"Describe {text}").text.strip()


def main():
    describer = Describer()
    for word in ["harbour", "ferry", "pilot"]:
        with open("words.txt", "a") as out:
            out.write(f"{word}: {describer.describe(word)}\\n")


main()
"""
TOLD_EACH_TIME = """
import itertools
import os
import warnings

warnings.simplefilter("ignore")
import google.generativeai as genai

KEY = "x"
KEYS = itertools.cycle("xy")


def ask(text, key):
    used = {used}
    if not used:
        raise RuntimeError("no key")
    genai.configure(
        api_key=used, transport="rest", client_options={{"api_endpoint": os.environ["GOOGLE_GEMINI_BASE_URL"]}}
    )
    return genai.GenerativeModel("gemini-1.5-flash").generate_content(text).text.strip()


def main():
    for word in ["harbour", "ferry", "pilot"]:
        draft = ask(word, {first})
        with open("words.txt", "a") as out:
            out.write(f"{{word}}: {{ask(draft, {second})}}\\n")


main()
"""
TOLD = TOLD_EACH_TIME.format(used="os.getenv('GEMINI_API_KEY') or os.getenv('NO_KEY', key)", first="KEY", second="KEY")
SDKS = pytest.mark.parametrize(
    "source, backend", [(OPENAI, "openai_legacy"), (GEMINI, "generativeai")], ids=["openai", "generativeai"]
)


@SDKS
def test_the_helper_has_a_backend_for_the_old_sdk_alone(source: str, backend: str) -> None:
    done = rewrite(source)
    assert HELPER in done.files, done.refusals
    assert served(done.files[HELPER])[0] == (backend,)


def test_old_and_new_sdks_are_served_by_one_helper() -> None:
    new = """
    from google import genai

    client = genai.Client()


    def main(words):
        for word in words:
            print(client.models.generate_content(model="gemini-2.5-flash", contents=word).text)
    """
    done = rewrite({"old.py": GEMINI, "new.py": new})
    assert done.refusals == []
    assert sorted(served(done.files[HELPER])[0]) == ["generativeai", "google"]


def test_the_call_of_a_class_becomes_a_request() -> None:
    before = """
    import openai


    def main(texts):
        for text in texts:
            print(openai.Embedding.create(model="text-embedding-ada-002", input=[text])["data"][0]["embedding"])
    """
    after = """
    import openai

    from llm_batch import request, run_batch


    def main(texts):
        def handle_text(text):
            print((yield request(
                openai.Embedding.create, model="text-embedding-ada-002", input=[text]
            ))["data"][0]["embedding"])

        run_batch(handle_text(text) for text in texts)
    """
    check_rewritten(before, after)


@pytest.mark.parametrize(
    "call",
    [
        'openai.ChatCompletion.create(model="m", messages=[{"role": "user", "content": text}], stream=True)',
        "chat.send_message(text)",
    ],
)
def test_what_the_old_sdks_stream_or_remember_stays(call: str) -> None:
    check_noop(
        f"""
        import google.generativeai as genai
        import openai

        chat = genai.GenerativeModel("gemini-1.5-flash").start_chat()


        def main(texts):
            for text in texts:
                for part in {call}:
                    print(part)
        """
    )


@pytest.mark.parametrize(
    ("used", "first", "second"),
    [
        ("key", "KEY", "'y'"),
        ("key", "word[:1]", "word[:1]"),
        ("next(KEYS)", "KEY", "KEY"),
        ("key or str(os.urandom(2))", "KEY", "KEY"),
        ("key[len(text) - 1]", "KEY", "KEY"),
    ],
)
def test_another_account_for_another_request_keeps_the_loop(used: str, first: str, second: str) -> None:
    check_noop(TOLD_EACH_TIME.format(used=used, first=first, second=second), "dependent-iterations")


@needs_legacy_sdks
@pytest.mark.parametrize(
    "source, batches", [(OPENAI, 1), (GEMINI, 1), (TOLD, 2)], ids=["openai", "generativeai", "told-each-time"]
)
def test_the_program_writes_the_same_file_for_half_the_price(tmp_path: Path, source: str, batches: int) -> None:
    done = rewrite(source)
    found, costs = [], []
    for name, files in (("before", done.before), ("after", done.files)):
        folder = tmp_path / name
        folder.mkdir()
        for path, text in files.items():
            (folder / path).write_text(text)
        with FakeProvider() as provider:
            ended = run(folder, provider, "app.py")
            assert ended.code == 0, ended
            found.append((folder / "words.txt").read_text())
            costs.append((provider.cost, len(provider.batches)))
    assert found[0] == found[1]
    assert costs == [(3.0 * batches, 0), (1.5 * batches, batches)]
