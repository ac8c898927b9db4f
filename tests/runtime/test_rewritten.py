"""`batchlint fix` on a job that calls Gemini and Mistral: the same output, no realtime call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fake_provider import FakeProvider
from launcher import LAUNCHER

pytest.importorskip("google.genai")
pytest.importorskip("mistralai")

JOB = '''"""Nightly summaries."""
import os

from google import genai
from mistralai.client import Mistral

gemini = genai.Client()
mistral = Mistral(api_key="x", server_url=os.environ["MISTRAL_BASE_URL"])


def summarise(text):
    response = gemini.models.generate_content(model="gemini-2.5-flash", contents=f"Summarise {text}")
    return response.text


def main():
    rows = open("rows.txt").read().split()
    for row in rows:
        print(row, summarise(row))
    for row in rows:
        answer = mistral.chat.complete(model="mistral-small-latest", messages=[{"role": "user", "content": row}])
        print(row, answer.choices[0].message.content)


if __name__ == "__main__":
    main()
'''


def test_a_job_over_gemini_and_mistral_runs_in_batches(tmp_path: Path) -> None:
    (tmp_path / "nightly.py").write_text(JOB, encoding="utf-8")
    (tmp_path / "rows.txt").write_text("one two three two", encoding="utf-8")
    (tmp_path / "crontab").write_text("0 3 * * * cd /srv/app && python nightly.py\n", encoding="utf-8")
    with FakeProvider() as provider:
        before = LAUNCHER.run(tmp_path, "nightly.py", provider.environment())
        asked = provider.answered()
    fix = [sys.executable, "-m", "batchlint", "fix", "--allow-no-vcs", "."]
    subprocess.run(fix, cwd=tmp_path, check=True, capture_output=True)
    with FakeProvider() as provider:
        after = LAUNCHER.run(tmp_path, "nightly.py", provider.environment())
        assert (before.code, before.output) == (after.code, after.output), after
        assert (provider.answered(), provider.realtime_calls, len(provider.batches)) == (asked, 0, 2)
