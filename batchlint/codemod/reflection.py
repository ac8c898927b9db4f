"""Code that finds variables by their names: `eval`, `globals()`, frames, what a function remembers of itself."""

from __future__ import annotations

import ast

from batchlint.codemod.access import VARIABLES, Access, Frame, touches
from batchlint.codemod.refusals import Refused
from batchlint.symbols import Program
from batchlint.values import Ext

_CALLS = {
    "eval": "builtins.eval", "exec": "builtins.exec", "globals": "builtins.globals", "_getframe": "sys._getframe",
    "_current_frames": "sys._current_frames", "currentframe": "inspect.currentframe", "stack": "inspect.stack",
    "get_objects": "gc.get_objects", "get_referrers": "gc.get_referrers", "get_referents": "gc.get_referents",
}  # fmt: skip
"""What gives variables that are not named where it is called, by its last step."""
_CHANGING = frozenset({"exec"})
_RUNNING = frozenset({"eval", "exec"})
_PLACES = frozenset({"f_globals", "f_locals", "f_back", "gi_frame", "cr_frame", "tb_frame", "__globals__"})
"""Attributes that hold variables of others."""
_OF_FUNCTIONS = frozenset({"__defaults__", "__kwdefaults__", "__code__", "cell_contents"})
"""Attributes that say what a function does."""


def found_by_name(program: Program, node: ast.AST, frame: Frame) -> list[Access]:
    """The touch of all variables by what may find any of them; Refused where it changes what a function is.

    Of `sys.modules["app"].notes` all steps are looked at, but not what is called or stands in brackets.
    """
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        is_own = name in _RUNNING and not runs_text(node)
        if name not in _CALLS or is_own or Ext(_CALLS[name]) not in program.eval(frame.function.id, node.func):
            return []
        return touches({VARIABLES}, "write" if name in _CHANGING else "read", node.lineno)
    found: list[Access] = []
    step: ast.AST = node
    while isinstance(step, ast.Attribute | ast.Subscript):
        if isinstance(step, ast.Attribute) and _finds(program, step, frame):
            found += touches({VARIABLES}, "read", step.lineno)
        step = step.value
    if isinstance(step, ast.Name) and step.id == "__main__" and step is not node:
        found += touches({VARIABLES}, "read", step.lineno)
    return found


def runs_text(call: ast.Call) -> bool:
    """Whether it runs a text that may name any variable: `eval(text)`, not `eval(text, {"rows": rows})`."""
    if not isinstance(call.func, ast.Name) or call.func.id not in _RUNNING:
        return False
    return not (len(call.args) > 1 and isinstance(call.args[1], ast.Dict) and None not in call.args[1].keys)


def _finds(program: Program, node: ast.Attribute, frame: Frame) -> bool:
    if not isinstance(node.ctx, ast.Load) and Ext("builtins") in program.eval(frame.function.id, node.value):
        raise Refused("unknown-effects", f"a name for all modules is set (line {node.lineno})")
    if node.attr in _OF_FUNCTIONS:
        raise Refused("unknown-effects", f"`{node.attr}` says what a function does (line {node.lineno})")
    return node.attr in _PLACES or (
        node.attr == "modules" and Ext("sys.modules") in program.eval(frame.function.id, node)
    )
