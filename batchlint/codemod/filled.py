"""Files that stand open around a loop: what goes through their variable is written into the file, or read from it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from batchlint.codemod.access import HELD, Access, Channel, Frame
from batchlint.codemod.blocks import opens
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.symbols import last_name

_OPENING = frozenset({"ZipFile", "File"})

if TYPE_CHECKING:
    from batchlint.codemod.reader import Reader


def fills(reader: Reader, accesses: Iterable[Access], known: dict[Channel, list[Access]]) -> list[Access]:
    """The touches of files through variables that hold them; `known` keeps the files of each variable."""
    found: list[Access] = []
    for access in accesses:
        if access.channel[0] != "v" or access.how not in {"read", "write"} or len(access.channel) < 4:
            continue
        variable = access.channel[1:4]
        if variable not in known:
            known[variable] = list(_files(reader, *variable))
        how = "fill" if access.how == "write" else "read"
        found += [file._replace(line=access.line) for file in known[variable] if file.how == how]
    return found


def _files(reader: Reader, path: str, qualname: str, name: str) -> Iterator[Access]:
    program = reader.program
    function = program.modules[path].body if qualname == MODULE else program.functions.get(FunctionId(path, qualname))
    if function is None:
        return
    direct = {id(binding.value) for binding in function.bindings.get(name, ())}
    for call in _opened(function, name):
        accesses = reader.of(call, Frame(function, set()))
        for access in (a for a in accesses if a.channel[0] == "file" and len(a.channel) > 1):
            if access.how == "write":
                yield access._replace(how="fill")
            elif access.how == "read" and id(call) in direct:  # what is made of a file is no file
                yield access._replace(channel=(*access.channel[:2], HELD))


def _opened(function: FunctionFacts, name: str, depth: int = 0) -> Iterator[ast.Call]:
    """The calls that open what the variable holds, or what it writes to: `writer = csv.writer(file)`."""
    for binding in function.bindings.get(name, ()):
        call = binding.value
        if binding.how not in {"value", "enter"} or not isinstance(call, ast.Call):
            continue
        if opens(call) or last_name(call.func) in _OPENING:
            yield call
            continue
        for argument in call.args[:1] if depth < 2 else ():
            if isinstance(argument, ast.Name):
                yield from _opened(function, argument.id, depth + 1)
            elif opens(argument):
                yield argument
