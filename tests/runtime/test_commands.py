"""`python llm_batch.py status|resume|cancel` on what a killed program left behind."""

from __future__ import annotations

import threading
from pathlib import Path

from fake_provider import FakeProvider, Faults

from runtime.programs import Program
from runtime.test_restart import OPENAI


def command(program: Program, provider: FakeProvider, *arguments: str) -> tuple[int, str]:
    result = program.run(provider, *arguments, script="llm_batch.py")
    return result.code, result.output


def test_without_state_there_is_nothing_to_look_after(tmp_path: Path) -> None:
    with FakeProvider() as provider:
        program = Program(tmp_path, OPENAI)
        assert command(program, provider, "status") == (0, "no batches\n")
        assert command(program, provider, "sing")[0] == 2
        assert not (tmp_path / ".llm_batch").exists()


def test_a_running_batch_is_shown_and_cancelled_and_its_answers_are_used(tmp_path: Path) -> None:
    with FakeProvider(Faults(hold_from=0)) as provider:
        program = Program(tmp_path, OPENAI)
        program.run_killed(provider, provider.faults.polled_while_held)
        code, output = command(program, provider, "status")
        assert (code, "batch_0: in_progress" in output, "5 requests" in output) == (0, True, True), output
        code, output = command(program, provider, "cancel")
        assert (code, "cancelling" in output) == (0, True), output
        provider.faults.hold_from = None
        result = program.run(provider)
        assert (result.code, len(provider.batches), sum(provider.answered().values())) == (0, 2, 5), result


def test_a_batch_that_may_not_exist_is_shown_and_not_asked_for(tmp_path: Path) -> None:
    faults = Faults(broken_replies={"POST /v1/files": [0]})
    with FakeProvider(faults) as provider:
        program = Program(tmp_path, OPENAI)
        program.run_killed(provider, faults.accepted)
        code, output = command(program, provider, "status")
        assert (code, "5 requests to /v1/chat/completions" in output, "killed" in output) == (0, True, True), output


def test_resume_waits_for_the_end(tmp_path: Path) -> None:
    with FakeProvider(Faults(hold_from=0)) as provider:
        program = Program(tmp_path, OPENAI)
        program.run_killed(provider, provider.faults.polled_while_held)
        provider.faults.polled_while_held = threading.Event()
        running = program.start(provider, "resume", script="llm_batch.py")
        assert provider.faults.polled_while_held.wait(20)
        provider.faults.hold_from = None
        result = running.wait()
        assert (result.code, "completed" in result.output) == (0, True), result
        assert program.run(provider).code == 0
        assert len(provider.batches) == 1
