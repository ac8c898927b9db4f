"""Output formats, one module each, all with `render(view) -> str`; loaded only when asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchlint.reporters.view import View

FORMATS: dict[str, str] = {
    "rich": "terminal",
    "concise": "concise",
    "json": "json_report",
    "json-lines": "json_report",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "markdown": "markdown",
    "html": "html",
}


def render(name: str, view: View) -> str:
    """The report in the format `name`, ending in a newline unless empty; KeyError for an unknown format."""
    module = importlib.import_module(f"batchlint.reporters.{FORMATS[name]}")
    if name == "json-lines":
        text: str = module.render_lines(view)
    else:
        text = module.render(view)
    return text
