"""A job that cannot stay: a run submits and leaves, the next one collects, on another disk if need be."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from fake_provider import Failure, FakeProvider, Faults

from runtime.programs import Program

JOB = """
    import sys
    from openai import OpenAI
    from llm_batch import request, submit_or_collect

    client = OpenAI()

    def describe(item, out):
        if item == "none":
            print("nothing for", item)
            return
        answer = yield request(
            client.chat.completions.create, model="gpt-4o-mini", messages=[{"role": "user", "content": item}]
        )
        print(item, answer.choices[0].message.content)
        out.append(item)

    def main():
        done = []
        submit_or_collect((describe(item, done) for item in sys.argv[1:]), job="job.main")
        with open("done.txt", "a") as file:
            file.write(" ".join(done) + "\\n")

    try:
        main()
    except Exception as error:
        print("alarm:", error)
"""
ROUNDS = """
    from openai import OpenAI
    from llm_batch import in_turn, request, submit_or_collect

    client = OpenAI()

    def ask(text):
        return (yield request(client.responses.create, model="gpt-5-mini", input=text)).output_text

    def check(item):
        draft = yield from ask(item)
        verdict = "skipped"
        if item != "b":
            verdict = yield from ask("check " + draft)
        yield in_turn()
        print(item, verdict)

    submit_or_collect((check(item) for item in "abc"), job="rounds")
"""
HOSTED = """
    import sys
    from openai import OpenAI
    from llm_batch import in_phases, request, submit_or_collect

    client = OpenAI()

    def describe(item):
        answer = yield request(client.responses.create, model="gpt-5-mini", input=item)
        print(item, answer.output_text)

    @in_phases
    def handler(event, context):
        submit_or_collect((describe(item) for item in ["one", "two", "one"]), job="app.handler")
        return "done"

    for _ in range(int(sys.argv[1])):
        print(handler({}, None))
"""


GOOGLE = (
    JOB.replace("from openai import OpenAI", "from google import genai")
    .replace("OpenAI()", "genai.Client()")
    .replace(
        'client.chat.completions.create, model="gpt-4o-mini", messages=[{"role": "user", "content": item}]',
        'client.models.generate_content, model="gemini-2.5-flash", contents=item',
    )
    .replace("answer.choices[0].message.content", "answer.text")
)
MISTRAL = (
    JOB.replace("from openai import OpenAI", "import os\n    from mistralai.client import Mistral")
    .replace("OpenAI()", 'Mistral(api_key="x", server_url=os.environ["MISTRAL_BASE_URL"])')
    .replace("client.chat.completions.create", "client.chat.complete")
    .replace("gpt-4o-mini", "mistral-small-latest")
)

OVER_HTTP = (
    JOB.replace("from openai import OpenAI", "import os, requests")
    .replace("OpenAI()", 'os.environ["OPENAI_BASE_URL"] + "/chat/completions"')
    .replace(
        'client.chat.completions.create, model="gpt-4o-mini", messages=[{"role": "user", "content": item}]',
        'requests.post, client, json={"model": "gpt-4o-mini", "messages": [{"role": "user", "content": item}]}',
    )
    .replace("    print(item", "    answer.raise_for_status()\n        print(item")
    .replace("answer.choices[0].message.content", 'answer.json()["choices"][0]["message"]["content"]')
)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path, JOB, ("openai",))


def renewed(program: Program) -> Program:
    """What the next runner of a CI service finds: the same files, and no state."""
    shutil.rmtree(program.folder / ".llm_batch", ignore_errors=True)
    return program


def times(provider: FakeProvider) -> list[int]:
    """How often each different request was answered."""
    return sorted(Counter(exchange.request for exchange in provider.exchanges).values())


@pytest.mark.parametrize("keeps_disk", [True, False])
def test_the_first_run_leaves_and_a_later_one_collects(program: Program, keeps_disk: bool) -> None:
    with FakeProvider(polls=3) as provider:
        for _ in range(2):
            first = program.run(provider, "one", "none", "two", "one")
            assert (first.code, first.output) == (0, ""), first
            assert "not ended yet; this run ends here, and the next one goes on" in first.errors
            assert not (program.folder / "done.txt").exists()
            if not keeps_disk:
                renewed(program)
        last = program.run(provider, "one", "none", "two", "one")
        assert last.code == 0, last
        assert [line.split()[0] for line in last.output.splitlines()] == ["one", "nothing", "two", "one"]
        assert (program.folder / "done.txt").read_text() == "one two one\n"
        assert (len(provider.batches), len(provider.exchanges)) == (1, 3)
        assert program.state == []


def test_a_run_that_may_wait_a_little_collects_at_once(program: Program) -> None:
    with FakeProvider() as provider:
        done = program.run(provider, "one", "two", LLM_BATCH_WAIT_SECONDS="60")
    assert [line.split()[0] for line in done.output.splitlines()] == ["one", "two"], done


def test_the_next_night_gets_answers_of_its_own(program: Program) -> None:
    with FakeProvider() as provider:
        for night in (1, 2):
            assert program.run(provider, "one", "two").output == ""
            assert renewed(program).run(provider, "one", "two").output
            renewed(program)
            assert len(provider.batches) == night
    assert times(provider) == [2, 2]


def test_new_items_in_each_run_do_not_keep_a_job_from_ever_ending(program: Program) -> None:
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        program.run(provider, "one", "two")
        second = renewed(program).run(provider, "one", "new", "two")
        assert [line.split()[0] for line in second.output.splitlines()] == ["one", "new", "two"], second
        assert (len(provider.batches), provider.realtime_calls) == (1, 1)
        assert times(provider) == [1, 1, 1]
        # What the provider refuses raises the SDK's own error, as from a batch.
        renewed(program).run(provider, "three")
        assert "alarm: Error code: 400" in renewed(program).run(provider, "three", "bad").output


@pytest.mark.parametrize(
    ("source", "provider_of", "package"),
    [
        (GOOGLE, "google", "google.genai"),
        (MISTRAL, "mistral", "mistralai"),
        (OVER_HTTP, "openai_http", "requests"),
    ],
    ids=["google", "mistral", "http"],
)
def test_other_providers_that_name_batches_do_the_same(
    tmp_path: Path, source: str, provider_of: str, package: str
) -> None:
    pytest.importorskip(package)
    program = Program(tmp_path, source, (provider_of,))
    with FakeProvider(Faults(failures=[Failure("bad")]), polls=3) as provider:
        for _ in range(2):
            assert renewed(program).run(provider, "one", "two").output == ""
        done = renewed(program).run(provider, "one", "new", "two")
        assert [line.split()[0] for line in done.output.splitlines()] == ["one", "new", "two"], done
        assert (len(provider.batches), provider.realtime_calls) == (1, 1)
        for _ in range(3):
            next_night = renewed(program).run(provider, "one", "bad")
        assert next_night.output.splitlines()[0].startswith("one"), next_night
        assert next_night.output.splitlines()[1].startswith("alarm:"), next_night
        assert (len(provider.batches), times(provider)) == (2, [1, 1, 1, 2])


def test_input_that_changed_for_the_most_part_is_submitted_anew(program: Program) -> None:
    with FakeProvider() as provider:
        program.run(provider, "one", "two", "gone")
        assert renewed(program).run(provider, "new", "two", "one", "one", "newer", "newest").output == ""
        last = renewed(program).run(provider, "new", "two", "one", "one", "newer", "newest")
        assert [line.split()[0] for line in last.output.splitlines()][:3] == ["new", "two", "one"], last
        assert times(provider) == [1, 1, 1, 1, 1, 2]
        # What was asked for and is gone is no answer of a later night.
        assert renewed(program).run(provider, "gone").output == ""
        assert len(provider.batches) == 3


def test_what_an_expired_batch_left_out_is_bought_once_more_and_the_rest_is_not(program: Program) -> None:
    items = [f"item {n}" for n in range(10)]
    faults = Faults(expiring=1)
    with FakeProvider(faults) as provider:
        for _ in range(3):
            done = renewed(program).run(provider, *items)
            assert done.code == 0, done
            if done.output:
                break
        assert len(done.output.splitlines()) == 10
        assert len(provider.batches) == 2
        assert max(provider.answered().values()) == 1


def test_two_requests_an_item_take_a_run_more(tmp_path: Path) -> None:
    program = Program(tmp_path, ROUNDS, ("openai",))
    with FakeProvider() as provider:
        outputs = [renewed(program).run(provider).output for _ in range(3)]
        assert outputs[:2] == ["", ""]
        assert [line.split()[0] for line in outputs[2].splitlines()] == ["a", "b", "c"]
        assert (len(provider.batches), times(provider)) == (2, [1] * 5)


def test_another_job_of_the_account_keeps_its_batches(program: Program, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Program(tmp_path / "other", JOB.replace("job.main", "other.main"), ("openai",))
    with FakeProvider() as provider:
        program.run(provider, "one")
        other.run(provider, "one")
        assert len(provider.batches) == 2
        assert program.run(provider, "one").output.startswith("one")
        assert renewed(other).run(provider, "one").output.startswith("one")
        assert len(provider.batches) == 2


@pytest.mark.parametrize("runs", [(2,), (1, 1)], ids=["warm", "cold"])
def test_a_hosted_function_returns_instead_of_ending_its_process(tmp_path: Path, runs: tuple[int, ...]) -> None:
    program = Program(tmp_path, HOSTED, ("openai",))
    output = []
    with FakeProvider() as provider:
        for count in runs:
            done = renewed(program).run(provider, str(count))
            assert done.code == 0, done
            output += done.output.splitlines()
        assert len(provider.batches) == 1
    assert output[0] == "None"
    assert [line.split()[0] for line in output[1:]] == ["one", "two", "one", "done"]


def test_code_on_a_read_only_disk_keeps_its_state_in_the_temporary_folder(tmp_path: Path) -> None:
    program = Program(tmp_path, HOSTED, ("openai",))
    (tmp_path / "tmp").mkdir()
    readable = "import os\nos.access = lambda path, mode: False\n"
    (tmp_path / "program.py").write_text(readable + (tmp_path / "program.py").read_text())
    with FakeProvider() as provider:
        assert program.run(provider, "1", TMPDIR=str(tmp_path / "tmp")).output == "None\n"
    assert not (tmp_path / ".llm_batch").exists()
    assert (tmp_path / "tmp" / ".llm_batch" / "state.sqlite").exists()
