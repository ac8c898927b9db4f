"""What drawing random numbers touches: the generator of a module, or one that the program makes for itself."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod.access import CONTENT, Access, Frame, touches
from batchlint.codemod.effects import LOG_RECEIVERS
from batchlint.codemod.scopes import path_to
from batchlint.symbols import Program, last_name
from batchlint.trees import is_none, walk

if TYPE_CHECKING:
    from batchlint.codemod.reader import Reader

MODULES = ("random.", "numpy.random.")
_SEEDING = ("seed", "default_rng", "set_seed")
_GENERATORS = frozenset({"Random", "default_rng", "RandomState", "Generator"})
_MAKERS = _GENERATORS | {"SystemRandom", "SeedSequence", "PCG64", "MT19937"}
_MAX_DEPTH = 6


class Chance:
    """Which numbers come out only matters where a seed makes them the same in every run."""

    def __init__(self, program: Program) -> None:
        made = (each.call.node for name in _GENERATORS for each in program.calls_by_name.get(name, ()))
        self._is_seeded = any(name in program.calls_by_name for name in _SEEDING)
        self._makes_seeded = self._is_seeded or any(_is_seeded(call) for call in made)

    def drawn(self, reader: Reader, path: str, call: ast.Call, frame: Frame) -> list[Access]:
        """The touches of a call of `path`, which is part of such a module."""
        func, line = call.func, call.lineno
        if path.rpartition(".")[2] in _MAKERS:
            return []
        found: list[Access] = []
        if last_name(func) == "shuffle" and call.args:
            found += touches(reader.path(call.args[0], frame), "write", line)
        if not (isinstance(func, ast.Attribute) and "()" in path):
            is_drawn = self._is_seeded and not _paces_retries(frame.function.node, call)
            return [*found, *([Access(("random",), "write", line)] if is_drawn else [])]
        receiver = reader.path(func.value, frame)
        if receiver and not self._is_unseeded(reader, func.value, frame):
            return [*found, *touches({(*p, CONTENT) for p in receiver}, "write", line)]
        if receiver or not self._makes_seeded or _is_made_here(func.value, frame):
            return found
        return [*found, Access(("random",), "write", line)]

    def _is_unseeded(self, reader: Reader, generator: ast.expr, frame: Frame) -> bool:
        """Whether it is a generator that begins anew in each run, by all that is assigned to it."""
        if "seed" in reader.program.calls_by_name:
            return False
        starts = reader.starts(generator, frame)
        return bool(starts) and all(isinstance(s, ast.Call) and not _is_seeded(s) for s in starts)


def _is_seeded(call: ast.Call) -> bool:
    given = [*call.args, *(k.value for k in call.keywords)]
    is_made = last_name(call.func) in _GENERATORS
    return not is_made or not all(map(is_none, given))


def _paces_retries(scope: ast.AST, call: ast.Call) -> bool:
    """Whether the number only makes the pause after an error longer or shorter: errors come by chance themselves."""
    around = path_to(scope, call)
    statement = next((node for node in reversed(around) if isinstance(node, ast.stmt)), None)
    if statement is None or not any(isinstance(node, ast.ExceptHandler) for node in around):
        return False
    if isinstance(statement, ast.Assign | ast.AugAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return all(isinstance(target, ast.Name) and _is_pause(scope, target.id) for target in targets)
    return isinstance(statement, ast.Expr) and _tells_a_pause(statement.value)


def _is_pause(scope: ast.AST, name: str) -> bool:
    """Whether the variable of the function is only for how long it sleeps, and for what it tells of that."""
    for node in walk(scope):
        if isinstance(node, ast.Global | ast.Nonlocal) and name in node.names:
            return False
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            around = path_to(scope, node)
            statement = next(each for each in reversed(around) if isinstance(each, ast.stmt))
            own = [*getattr(statement, "targets", []), getattr(statement, "target", None)]
            is_own = bool(own) and all(isinstance(each, ast.Name) and each.id == name for each in own if each)
            is_kept = is_own and isinstance(statement, ast.Assign | ast.AugAssign)
            if not is_kept and not (isinstance(statement, ast.Expr) and _tells_a_pause(statement.value)):
                return False
    return True


def _tells_a_pause(node: ast.expr) -> bool:
    called = node.value if isinstance(node, ast.Await) else node
    if not isinstance(called, ast.Call):
        return False
    receiver = called.func.value if isinstance(called.func, ast.Attribute) else None
    is_log = receiver is not None and LOG_RECEIVERS.search(ast.unparse(receiver)) is not None
    return is_log or last_name(called.func) in {"sleep", "print"}


def _is_made_here(node: ast.expr, frame: Frame, depth: int = 0) -> bool:
    """Whether the item makes the generator for itself."""
    if isinstance(node, ast.Call):
        return last_name(node.func) in _GENERATORS
    if not isinstance(node, ast.Name) or node.id not in frame.local or depth > _MAX_DEPTH:
        return False
    if node.id in frame.definitions:
        return node.id in frame.stable and _is_made_here(frame.definitions[node.id], frame, depth + 1)
    given, caller = frame.given.get(node.id), frame.caller
    return given is not None and caller is not None and _is_made_here(given, caller, depth + 1)
