"""Chains, stores and calls that are given a model which runs on this machine: `Chroma(embedding_function=...)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from batchlint.facts import FunctionId
from batchlint.providers import Default
from batchlint.symbols.names import LOCAL, last_name
from batchlint.trees import walk
from batchlint.values import NOTHING, Ext, Value, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program

_ASKED = ("invoke", "embed_query", "chat", "get_text_embedding")
_PERHAPS = ("model", "provider")
"""Arguments that are a model's name with most SDKs, and an object with some."""
_BUILDING = ("from_", "afrom_", "create_", "load_")


def runs_locally(program: Program, scope: FunctionId, node: ast.Call, path: str, *, answers: bool = False) -> bool:
    """Whether the models that the call of the SDK's `path` is given all run on this machine.

    What `answers` asks a model of its own where it is given one for embeddings only.
    """
    is_local, is_stated, is_open = False, False, False
    for name, argument in _arguments(program, scope, node, path):
        if answers and name is not None and name.startswith("embed"):
            continue
        values = program.eval(scope, argument)
        local = [value for value in values if isinstance(value, Ext) and _is_local(program, value)]
        if local and len(local) == len(values):
            is_local = True
            is_stated |= any(value.host is None for value in local)
        elif _is_hosted(program, values) or (name is not None and not local):
            return False
        else:
            is_open = True
    return is_local and (is_stated or not is_open)


def asks_local_default(program: Program, node: ast.Call, path: str, kind: str) -> bool:
    """Whether the call leaves the model to the library's settings, which the program sets to models on this machine."""
    if any(keyword.arg in program.catalogue.model_arguments for keyword in node.keywords):
        return False
    found = (row for row in program.catalogue.defaults if row.kind in (None, kind) and row.calls.matches(path))
    return any(program.once(("default", row), _is_set_to_local, program, row) for row in found)


def _is_set_to_local(program: Program, default: Default) -> Values:
    """The models on this machine that the program sets a default to; none where it sets others too."""
    found: set[Value] = set()
    for function, base, binding in program.attribute_writes.get(default.field, ()):
        holders = program.eval(function.id, base)
        if not any(isinstance(value, Ext) and default.holder.matches(value.path) for value in holders):
            continue
        values = program.binding(function.id, binding)
        if not values or not all(isinstance(value, Ext) and _is_local(program, value) for value in values):
            return NOTHING
        found |= values
    return frozenset(found)


def keeps_local(program: Program, scope: FunctionId, node: ast.Call, path: str) -> bool:
    """Whether what the call makes asks only models on this machine: an index still asks whatever model answers."""
    if path.partition(".")[0] not in program.catalogue.packages:
        return False
    is_index = {keyword.arg for keyword in node.keywords} & program.catalogue.model_arguments == {"embed_model"}
    return not is_index and runs_locally(program, scope, node, path)


def names_server(program: Program, scope: FunctionId, address: ast.expr) -> bool:
    """Whether the class or function that gives a client its address is called after a server that one runs oneself.

    So may be the setting that the address comes from.
    """
    nodes = list(walk(address))
    if "openai" in scope.qualname.lower() or any(isinstance(node, ast.IfExp | ast.BoolOp) for node in nodes):
        return False  # it may be either
    words = [scope.qualname, *(last_name(node) for node in nodes if isinstance(node, ast.Name | ast.Attribute))]
    words += [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    named = "\n".join(words).lower().replace("_", "").replace("-", "")
    return any(server in named for server in program.catalogue.servers)


def _arguments(program: Program, scope: FunctionId, node: ast.Call, path: str) -> Iterator[tuple[str | None, ast.expr]]:
    """The arguments that can be models, with the names under which only models are given."""
    last = path.removesuffix("()").rpartition(".")[2]
    if last.startswith(_BUILDING) or last[:1].isupper():
        for argument in node.args[:3]:
            if isinstance(argument, ast.Name | ast.Attribute | ast.Call):
                yield None, argument
    for keyword in node.keywords:
        if keyword.arg in program.catalogue.model_arguments and not isinstance(keyword.value, ast.Constant):
            yield keyword.arg, keyword.value
        elif keyword.arg in _PERHAPS and any(
            isinstance(value, Ext) and _is_local(program, value) for value in program.eval(scope, keyword.value)
        ):
            yield None, keyword.value


def _is_local(program: Program, value: Ext) -> bool:
    return value.host == LOCAL or program.catalogue.is_local(value.path)


def _is_hosted(program: Program, values: Values) -> bool:
    """Whether a hosted model, or what asks one, is among the values: documents of an SDK are none."""
    paths = [value.path for value in values if isinstance(value, Ext) and not _is_local(program, value)]
    return any(program.catalogue.match(f"{path}.{method}") for path in paths for method in _ASKED)
