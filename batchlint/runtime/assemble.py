"""Assembles the one file that goes into the user's tree, out of the modules of this package."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from importlib.resources import files

from batchlint.runtime import facts

BACKENDS = {
    "openai": ("stainless", "openai_batches"),
    "anthropic": ("stainless", "anthropic_batches"),
    "google": ("google_batches",),
    "mistral": ("mistral_batches",),
}
HEADER = '''"""Submit-and-poll calls of hosted models, at the batch price. Written by `batchlint fix`, now yours.

    run_batch(generator(item) for item in items)   # in the generator: answer = yield request(client.method, ...)
    await gather_batch(*coroutines)                # in the coroutine: answer = await batched(client.method, ...)

A restart finds the batches of a killed run through the state in `.llm_batch/` and pays for nothing twice; after a good
run the state is gone. LLM_BATCH_POLL_SECONDS, LLM_BATCH_DEADLINE_SECONDS and LLM_BATCH_DIR: how often it asks, how long
it waits and where its state is. `python llm_batch.py status`, `resume` or `cancel` look after running batches.
"""
'''


def render(providers: Iterable[str]) -> str:
    """The text of `llm_batch.py` for code that uses these providers ("openai", "anthropic", "google", "mistral").

    Raises ValueError for a provider without a backend.
    """
    wanted = list(dict.fromkeys(providers))
    unknown = [provider for provider in wanted if provider not in BACKENDS]
    if unknown or not wanted:
        raise ValueError(
            f"no batch backend for {', '.join(unknown) or 'nothing'}; there is one for {', '.join(BACKENDS)}"
        )
    modules = ["model", "<facts>", "journal", "rounds", "driver", "pools", "gather"]
    modules += dict.fromkeys(module for provider in wanted for module in BACKENDS[provider])
    modules.append("commands")
    imports: dict[str, set[str]] = {}
    bodies = [_table(wanted) if name == "<facts>" else _body(name, imports) for name in modules]
    text = HEADER + "\n" + _imports(imports) + "\n" + "\n\n\n".join(bodies)
    return text.rstrip() + "\n"


def providers_in(text: str) -> tuple[str, ...]:
    """The providers that a helper's text serves, from its table of limits; none for a text without one."""
    for node in ast.parse(text).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Dict)
            and ast.unparse(node.targets[0]) == "LIMITS"
        ):
            return tuple(str(key.value) for key in node.value.keys if isinstance(key, ast.Constant))
    return ()


def extended(text: str, providers: Iterable[str]) -> str | None:
    """The helper's text with backends for `providers` too; None where somebody has edited it since it was written."""
    served = providers_in(text)
    if not served or set(served) - set(BACKENDS) or render(served) != text:
        return None
    return render([*served, *providers])


def _body(module: str, imports: dict[str, set[str]]) -> str:
    """The module without its docstring and imports, which are collected."""
    source = (files("batchlint.runtime") / f"{module}.py").read_text(encoding="utf-8")
    lines = source.splitlines()
    tree = ast.parse(source)
    end = 0
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                imports.setdefault("", set()).add(alias.name)
        elif isinstance(node, ast.ImportFrom):
            if node.module and not node.module.startswith("batchlint"):
                imports.setdefault(node.module, set()).update(alias.name for alias in node.names)
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            break
        end = node.end_lineno or end
    return re.sub(r"  # noqa: \w+", "", "\n".join(lines[end:])).strip("\n")


def _imports(imports: dict[str, set[str]]) -> str:
    imports = {module: set(names) for module, names in imports.items()}
    future = imports.pop("__future__", set())
    plain = sorted(imports.pop("", set()))
    lines = [f"from __future__ import {name}" for name in sorted(future)] + [""]
    lines += [f"import {name}" for name in plain]
    for module, names in sorted(imports.items()):
        lines.append(f"from {module} import {', '.join(sorted(names, key=_isort))}")
    return "\n".join(lines) + "\n"


def _isort(name: str) -> tuple[bool, bool, str]:
    """Constants, then classes, then functions, as import sorters want them."""
    return (not name.isupper(), not name[0].isupper(), name)


def _table(providers: list[str]) -> str:
    """The facts about the providers in use, with source and date."""
    lines = ["# What one batch may hold: requests, bytes, texts to embed, and whether it holds one model only."]
    rows = {provider: facts.FACTS[provider] for provider in providers}
    lines.append("LIMITS = {")
    for provider, row in rows.items():
        values = ", ".join(map(str, row["limits"]))
        lines.append(f"    # {row['source']}, {row['checked']}")
        lines.append(f'    "{provider}": Limits({values}),')
    lines += ["}", "ENDPOINTS = {"]
    for provider, row in rows.items():
        lines.append(f'    "{provider}": (')
        lines += [f'        "{endpoint}",' for endpoint in row["endpoints"]] + ["    ),"]
    lines.append("}")
    statuses = {provider: row["error_status"] for provider, row in rows.items() if row["error_status"]}
    if statuses:
        lines.append("ERROR_STATUS = {")
        for provider, table in statuses.items():
            lines.append(f'    "{provider}": {{')
            lines += [f'        "{kind}": {status},' for kind, status in table.items()] + ["    },"]
        lines.append("}")
    lines.append(f"RESULTS_DAYS = {min(row['results_days'] for row in rows.values())}")
    return "\n".join(lines)
