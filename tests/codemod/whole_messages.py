"""Makes the folder that is the broker hold whole messages only: its transport reads what is written half."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


def _put(channel: Any, queue: str, payload: Any, **options: Any) -> None:
    name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
    written = Path(channel.control_folder, name)
    written.write_text(dumps(payload), encoding="utf-8")
    written.rename(Path(channel.data_folder_out, name))


filesystem.Channel._put = _put
