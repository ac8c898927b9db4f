"""What comments silence and state."""

import pytest

from batchlint.comments import silenced, stated
from batchlint.findings import Latency


@pytest.mark.parametrize(
    ("line", "code", "silent"),
    [
        ("f()  # noqa", "RTB101", True),
        ("f()  # NOQA: RTB101", "RTB101", True),
        ("f()  # noqa: E501, RTB102", "RTB102", True),
        ("f()  # noqa: RTB1", "RTB102", True),
        ("f()  # noqa: RTB101", "RTB102", False),
        ("f()  # noqa : E501", "RTB102", False),
        ('f("# noqa")', "RTB101", False),
        ("f()  # no qa", "RTB101", False),
    ],
)
def test_noqa(line, code, silent):
    assert silenced(f"x = 1\n{line}\n").covers(code, 2) is silent
    assert not silenced(f"x = 1\n{line}\n").covers(code, 1)


def test_a_whole_file_is_silenced_by_flake8s_comment():
    assert silenced("# flake8: noqa\nf()\n").covers("RTB101", 2)
    only = silenced("# flake8: noqa: RTB101\nf()\n")
    assert only.covers("RTB101", 2)
    assert not only.covers("RTB102", 2)


def test_stated_budgets_know_whether_they_stand_alone():
    text = "# batchlint: latency=hours\nf()\ng()  # batchlint: latency = realtime\n"
    found, errors = stated("a.py", text)
    assert not errors
    assert [(s.line, s.latency, s.own_line) for s in found] == [(1, Latency.HOURS, True), (3, Latency.REALTIME, False)]


@pytest.mark.parametrize("comment", ["# batchlint: latncy=hours", "# batchlint: latency=soon", "# batchlint: off"])
def test_what_a_comment_cannot_mean_is_an_error(comment):
    found, [error] = stated("a.py", f"f()  {comment}\n")
    assert not found
    assert (error.path, error.line) == ("a.py", 1)


def test_a_string_states_nothing():
    assert stated("a.py", 'x = "# batchlint: latency=hours"\n') == ([], [])
