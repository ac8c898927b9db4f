"""What old SDKs do with `parse`: they parse what the request has returned."""

from __future__ import annotations

from typing import Any

from batchlint.runtime.doubles import copied


def called_again(method: Any, args: Any, kwargs: Any, answer: Any) -> Any:
    """What the method makes of the answer, in SDKs that parse behind the request."""
    double = copied(method.__self__, request=lambda *sent, **how: answer)
    return getattr(double, method.__name__)(*args, **kwargs)
