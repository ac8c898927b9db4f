"""Helpers under decorators that try again: the twin has one of its own, with as many attempts as before."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from fake_provider import Failure, Faults

from batchlint import runtime

from .programs import check_noop, check_rewritten, check_runs_alike

LLM = """
import backoff
import openai
from openai import OpenAI
from tenacity import RetryError, retry, retry_if_exception_type, retry_if_result, stop_after_attempt
from tenacity import stop_after_delay, wait_none

client = OpenAI(max_retries=0)
PROBLEMS = (openai.BadRequestError, openai.RateLimitError)


def quick():
    while True:
        yield 0.001


@backoff.on_exception(backoff.expo, openai.BadRequestError, max_tries=3, factor=0.001)
def ask(text, **options):
    print("asking", text)
    return client.responses.create(model="gpt-5", input=text, **options).output_text


class Asker:
    @backoff.on_exception(
        quick,
        PROBLEMS,
        max_tries=lambda: 4,
        jitter=None,
        giveup=lambda error: "twice" in str(error),
        raise_on_giveup=False,
        logger=None,
    )
    def ask(self, text):
        \"\"\"The answer, or None.\"\"\"
        return client.responses.create(model="gpt-5", input=text).output_text


@retry(stop=stop_after_attempt(2), wait=wait_none(), retry=retry_if_exception_type(openai.BadRequestError))
def tried(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


@retry(
    stop=stop_after_attempt(3) | stop_after_delay(0.5),
    retry=retry_if_exception_type(openai.BadRequestError) | retry_if_result(lambda answer: len(answer) < 9),
    retry_error_callback=lambda state: f"{state.args[0]} was tried {state.attempt_number} times",
)
def long_enough(text):
    print("trying", text)
    return client.responses.create(model="gpt-5-mini", input=text).output_text if text != "c" else text
"""
PROGRAM = """
from concurrent.futures import ThreadPoolExecutor

import openai
from llm import Asker, RetryError, ask, long_enough, tried

WORDS = ["a", "refuse this", "b"]
for word in WORDS:
    try:
        print(ask(word, temperature=0))
    except openai.BadRequestError as error:
        print("gave up:", error.code)
asker = Asker()
print([asker.ask(word) for word in WORDS])
for word in WORDS:
    try:
        print(tried(word))
    except RetryError as error:
        print("gave up:", type(error.last_attempt.exception()).__name__)
for word in [*WORDS, "c"]:
    print(long_enough(word))
with ThreadPoolExecutor(2) as pool:
    print(list(pool.map(asker.ask, ["x", "refuse this", "y"])))
"""


def test_attempts_are_the_same_by_batch(tmp_path) -> None:
    faults = Faults(failures=[Failure("refuse this")])
    alike = check_runs_alike({"app.py": PROGRAM, "llm.py": LLM}, tmp_path, faults=faults)
    assert alike.before.ended.code == 0, alike.before.ended
    assert alike.after.ended.output.count("asking refuse this") == 3
    for word in ("refuse this", "c"):
        assert alike.after.ended.output.count(f"trying {word}") == 3
        assert f"{word} was tried 3 times" in alike.after.ended.output


def test_the_twin_has_a_decorator_of_its_own_and_leaves_the_realtime_form() -> None:
    before = """
        from backoff import expo, on_exception
        from openai import OpenAI, RateLimitError

        client = OpenAI()


        @on_exception(expo, RateLimitError, max_tries=5)
        def ask(text):
            \"\"\"The answer.\"\"\"
            return client.responses.create(model="gpt-5", input=text).output_text


        def main(texts):
            print(ask("one"))
            for text in texts:
                print(ask(text))


        main(["a", "b"])
        """
    after = """
        from backoff import expo
        from openai import OpenAI, RateLimitError

        from llm_batch import batch_on_exception, realtime, request, run_batch

        client = OpenAI()


        @batch_on_exception(expo, RateLimitError, max_tries=5)
        def ask_batch(text):
            \"\"\"The answer.\"\"\"
            return (yield request(
                client.responses.create, model="gpt-5", input=text
            )).output_text


        def ask(text):
            \"\"\"The answer.\"\"\"
            return realtime(ask_batch(text))


        def main(texts):
            print(ask("one"))

            def handle_text(text):
                print((yield from ask_batch(text)))

            run_batch(handle_text(text) for text in texts)


        main(["a", "b"])
        """
    check_rewritten(before, after)


def test_the_decorator_of_retry_is_replaced_too() -> None:
    before = """
        import retry
        from openai import OpenAI, RateLimitError

        client = OpenAI()


        @retry.retry(RateLimitError, tries=3, delay=2)
        def ask(text):
            return client.responses.create(model="gpt-5", input=text).output_text


        for text in ["a", "b"]:
            print(ask(text))
        """
    after = """
        from openai import OpenAI, RateLimitError

        from llm_batch import batch_retries, request, run_batch

        client = OpenAI()


        @batch_retries(RateLimitError, tries=3, delay=2)
        def ask(text):
            return (yield request(
                client.responses.create, model="gpt-5", input=text
            )).output_text


        def handle_text(text):
            print((yield from ask(text)))


        run_batch(handle_text(text) for text in ["a", "b"])
        """
    check_rewritten(before, after)


def test_its_decorator_without_a_call_is_left() -> None:
    program = """
        from retry import retry
        from openai import OpenAI

        client = OpenAI()


        @retry
        def ask(text):
            return client.responses.create(model="gpt-5", input=text).output_text


        for text in ["a", "b"]:
            print(ask(text))
        """
    check_noop(program, "unsupported-shape")


@pytest.mark.parametrize(
    ("options", "pauses"),
    [
        ({"tries": 3, "delay": 2}, [2, 2]),
        ({"tries": 4, "delay": 1, "backoff": 3, "max_delay": 5}, [1, 3, 5]),
        ({"tries": 3, "delay": 1, "jitter": 1}, [1, 2]),
        ({"tries": 2, "jitter": (1, 1)}, [0]),
    ],
)
def test_attempts_pause_as_those_of_retry(
    options: dict[str, Any], pauses: list[float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    with pytest.raises(ValueError, match="no"):
        _run(_batch_retries((ValueError, KeyError), **options), [ValueError("no")] * 9)
    assert slept == pauses
    assert len(caplog.records) == len(pauses)


def test_attempts_of_retry_end_with_success_and_with_other_errors() -> None:
    errors: list[Exception] = [ValueError(), ValueError()]
    assert _run(_batch_retries(ValueError), errors) == "answer"
    assert errors == []
    assert _run(_batch_retries(tries=0), []) is None
    with pytest.raises(KeyError):
        _run(_batch_retries(ValueError, tries=9), [ValueError(), KeyError()])


def _batch_retries(*args: Any, **options: Any) -> Any:
    helper: dict[str, Any] = {"__name__": "llm_batch"}
    exec(compile(runtime.render(["openai"], ["batch_retries"]), "llm_batch.py", "exec"), helper)
    return helper["batch_retries"](*args, **options)


def _run(decorate: Any, errors: list[Exception]) -> object:
    """What a function under the decorator returns that raises these errors in turn before it has an answer."""

    @decorate
    def ask() -> Generator[None, None, str]:
        yield
        if errors:
            raise errors.pop(0)
        return "answer"

    steps = ask()
    try:
        while True:
            next(steps)
    except StopIteration as ended:
        return ended.value


def test_a_limit_that_waits_goes_and_one_that_raises_stays() -> None:
    before = """
        from openai import OpenAI
        from ratelimit import limits, sleep_and_retry

        client = OpenAI()


        @sleep_and_retry
        @limits(calls=10, period=60)
        def ask(text):
            return client.responses.create(model="gpt-5", input=text).output_text


        for text in ["a", "b"]:
            print(ask(text))
        """
    after = """
        from openai import OpenAI

        from llm_batch import request, run_batch

        client = OpenAI()


        def ask(text):
            return (yield request(
                client.responses.create, model="gpt-5", input=text
            )).output_text


        def handle_text(text):
            print((yield from ask(text)))


        run_batch(handle_text(text) for text in ["a", "b"])
        """
    check_rewritten(before, after)
    check_noop(before.replace("        @sleep_and_retry\n", ""), "unsupported-shape")


@pytest.mark.parametrize(
    ("decorators", "words"),
    [
        ("@backoff.on_exception(backoff.expo, Exception, on_backoff=print)", "is told `on_backoff`"),
        ("@backoff.on_exception(backoff.expo, Exception, **OPTIONS)", "is told `**`"),
        ("@backoff.on_predicate(backoff.expo, max_tries=3)", "is wrapped by `@backoff.on_predicate`"),
        ("@retry", "is retried for ever by a bare `@retry`"),
    ],
)
def test_decorators_that_do_more_are_left_as_they_are(decorators: str, words: str) -> None:
    program = f"""\
import backoff
from openai import OpenAI
from tenacity import retry

OPTIONS = {{}}


{decorators}
def ask(text):
    return OpenAI().responses.create(model="gpt-5", input=text).output_text


for text in ["a", "b", "c", "d"]:
    print(ask(text))
"""
    refusal = check_noop(program, "unsupported-shape")
    assert refusal is not None
    assert words in refusal.detail


TRIED = """
import openai
from openai import OpenAI
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt

client = OpenAI(max_retries=0)
for word in ["a", "refuse this", "b"]:
    try:
        for attempt in Retrying(stop=stop_after_attempt(2), retry=retry_if_exception_type(openai.BadRequestError)):
            with attempt:
                answer = client.responses.create(model="gpt-5", input=word)
    except RetryError:
        print(word, "was refused")
        continue
    print(answer.output_text)
"""


def test_attempts_that_are_gone_through_bind_what_the_last_one_does(tmp_path: Path) -> None:
    alike = check_runs_alike({"app.py": TRIED}, tmp_path, faults=Faults(failures=[Failure("refuse this")]))
    assert "refuse this was refused" in alike.after.ended.output
    check_noop(TRIED.replace("for attempt in Retrying(", "for attempt in other(Retrying, "), "dependent-iterations")


@pytest.mark.parametrize(
    "call",
    [
        "Retrying(stop=stop_after_attempt(2))(client.responses.create, model='gpt-5', input=word)",
        "pool.submit(client.responses.create, model='gpt-5', input=word).result()",
    ],
)
def test_a_method_that_is_handed_over_is_left(call: str) -> None:
    program = f"""
        from concurrent.futures import ThreadPoolExecutor

        from openai import OpenAI
        from tenacity import Retrying, stop_after_attempt

        client, pool = OpenAI(), ThreadPoolExecutor()
        for word in open("words.txt"):
            print({call}.output_text)
        """
    found = check_noop(program, "unsupported-shape")
    assert found is not None
    assert "is handed to" in found.detail


POLICY = {
    "retrying.py": """
        import openai
        from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_none

        patient = retry(
            retry=retry_if_exception_type(openai.BadRequestError),
            wait=wait_none(),
            stop=stop_after_attempt(3),
            reraise=True,
        )
        """,
    "app.py": """
        import openai
        import retrying
        from openai import OpenAI
        from retrying import patient

        client = OpenAI(max_retries=0)


        class Asker:
            @staticmethod
            @patient
            def ask(text):
                print("asking", text)
                return client.responses.create(model="gpt-5", input=text).output_text


        @retrying.patient
        def ask(text):
            return client.responses.create(model="gpt-5-mini", input=text).output_text


        for text in ["a", "refuse this", "b"]:
            try:
                print(Asker.ask(text), ask(text))
            except openai.BadRequestError as error:
                print("gave up:", error.code)
        """,
}


def test_a_policy_that_has_a_name_holds_for_the_twin(tmp_path) -> None:
    faults = Faults(failures=[Failure("refuse this")])
    alike = check_runs_alike(POLICY, tmp_path, faults=faults)
    assert alike.after.ended.output.count("asking refuse this") == 3
    after = alike.rewritten.files
    assert after["retrying.py"] == alike.rewritten.before["retrying.py"]
    assert "@batch_retry(patient)" in after["app.py"]
    assert "@batch_retry(retrying.patient)" in after["app.py"]
