"""What management commands write to the stream that they began with: no driver can keep it for an item's turn."""

from __future__ import annotations

import pytest

from .programs import check_noop, rewrite

COMMAND = """
from django.core.management.base import BaseCommand
from openai import OpenAI

client = OpenAI()


class Command(BaseCommand):
    def handle(self, *args, **options):
        for line in open("lines.txt"):
            {before}
            answer = client.responses.create(model="gpt-5-mini", input=line)
            {after}
"""
ASKING = 'self.stdout.write(f"asking {line}")'
ANSWERED = "self.stdout.write(self.style.SUCCESS(answer.output_text))"


@pytest.mark.parametrize(
    ("before", "after"), [("pass", ANSWERED), ('self.stderr.write("asking")', ANSWERED), (ASKING, "pass")]
)
def test_a_stream_that_is_written_to_on_one_side_only_keeps_its_order(before: str, after: str) -> None:
    done = rewrite(COMMAND.format(before=before, after=after))
    assert (done.planned, done.notes) == (1, [])


def test_lines_before_and_after_the_answers_change_places_where_that_is_allowed() -> None:
    command = COMMAND.format(before=ASKING, after=ANSWERED)
    assert "`stdout` is used before the call" in check_noop(command, "order-of-effects").detail
    done = rewrite(command, unsafe=True)
    assert done.notes == [
        "allowed by --unsafe-fixes: `stdout` (line 10) now comes before the answers of all items (line 12)"
    ]


def test_a_stream_of_the_programs_own_may_be_read() -> None:
    command = COMMAND.format(before=ASKING, after=ANSWERED).replace(
        "def handle", "def __init__(self):\n        self.stdout = io.StringIO()\n\n    def handle"
    )
    check_noop("import io\n" + command, "dependent-iterations", unsafe=True)
