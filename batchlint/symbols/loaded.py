"""Modules that are loaded from their files: `spec_from_file_location(name, FOLDER / "3.label.py")`.

The file is named, or it is any of a folder that the program lists. The loader goes from the specification on to the
module; both stand for the module here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from batchlint.facts import FunctionId
from batchlint.trees import walk
from batchlint.values import Mod, Values

if TYPE_CHECKING:
    from batchlint.symbols import Program

SPECIFYING = "importlib.util.spec_from_file_location"
MAKING = "importlib.util.module_from_spec"
_MANY_MODULES = 40
"""Modules of a folder, of which nobody runs each."""
_DEEP = 5
_LISTED = re.compile(r"/?\*+\.py$")


def modules(program: Program, scope: FunctionId, node: ast.Call) -> Values:
    """The project's modules that the call's file can be."""
    given = [keyword.value for keyword in node.keywords if keyword.arg == "location"] or node.args[1:2]
    texts = {_LISTED.sub("", text).strip("./") for each in given for text in _texts(program, scope, each, 0)}
    files = {text.removesuffix(".py") for text in texts if text.endswith(".py")}
    stems = [stem for stem, path in program.index.stems.items() if not path.endswith("__init__.py")]
    if files:
        return frozenset(Mod(stem) for file in sorted(files) for stem in _nearest(scope.path, file, stems))
    folders = {stem.rpartition("/")[0] for stem in stems} - {""}
    named = {folder for text in sorted(texts - {""}) for folder in _nearest(scope.path, text, folders)}
    found = [stem for stem in stems if stem.rpartition("/")[0] in named]
    return frozenset(map(Mod, found)) if len(named) == 1 and len(found) <= _MANY_MODULES else frozenset()


def _nearest(importer: str, text: str, places: Iterable[str]) -> list[str]:
    """The places that the text names, of several those that stand beside or below the importer."""
    folder = importer.rpartition("/")[0]
    found = [place for place in places if place == text or place.endswith(f"/{text}")]
    beside = f"{folder}/{text}" if folder else text
    return [beside] if beside in found else found


def _texts(program: Program, scope: FunctionId, node: ast.expr, depth: int) -> Iterator[str]:
    """The texts of which a path is put together, also those of the names and parameters in it."""
    function = program.functions[scope]
    for each in walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
        elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load) and depth < _DEEP:
            bindings = function.bindings.get(each.id) or program.modules[scope.path].body.bindings.get(each.id)
            for binding in bindings or ():
                if binding.value is not None and binding.how in {"value", "element", "unpack"}:
                    yield from _texts(program, scope, binding.value, depth + 1)
            if not bindings and each.id in function.parameter_names:
                for caller, _, argument in program.callers.arguments(function, each.id):
                    yield from _texts(program, caller, argument, depth + 1)
