"""Threads that read the same file."""

from __future__ import annotations

import threading

READING = threading.Lock()
