"""Child processes that have the SDKs which their providers have given up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_provider import FakeProvider
from launcher import ENVIRONMENT, Ended

FOLDER = os.environ.get("LEGACY_SDKS", "")
needs_legacy_sdks = pytest.mark.skipif(
    not FOLDER, reason="pip install --target FOLDER -r tests/legacy-sdks.txt, and LEGACY_SDKS=FOLDER"
)


def start(folder: Path, provider: FakeProvider, *arguments: str) -> subprocess.Popen[str]:
    environment = {**ENVIRONMENT, **provider.environment(), "HOME": str(folder), "PYTHONPATH": FOLDER}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, provider: FakeProvider, *arguments: str) -> Ended:
    process = start(folder, provider, *arguments)
    output, errors = process.communicate(timeout=60)
    return Ended(process.returncode, output, errors)
