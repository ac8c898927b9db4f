"""Programs that list the folder in which the helper and its state come to lie: these would be items too."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from fnmatch import fnmatch

from batchlint.codemod.effects import EXTERNAL_LISTS, FILE_LIST
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts
from batchlint.graph import Graph
from batchlint.symbols import last_name
from batchlint.trees import walk
from batchlint.values import Ext

_LISTS = FILE_LIST | {path.rpartition(".")[2] for path in EXTERNAL_LISTS}
_FILES = ("llm_batch.py", ".llm_batch", "state.sqlite")
_PLAIN = frozenset({"Path", "PurePath", "pathlib", "os", "str", "__file__"})
"""Names in a path that leads to no other folder."""


def check(graph: Graph, files: Set[str]) -> None:
    """Refuse where a function of the files lists the program's own folder, and what lies in it may be an item."""
    for name in sorted(_LISTS):
        for reference in graph.program.calls_by_name.get(name, ()):
            function, call = reference.caller, reference.call.node
            if function.id.path in files and _may_see_helper(graph, function, call):
                what = f"`{ast.unparse(call)}` (line {call.lineno}) lists the folder in which the helper comes to lie"
                refused = Refused("external-read-back", what, "give the items a folder of their own")
                refused.lines_in = function.id.path
                raise refused


def _may_see_helper(graph: Graph, function: FunctionFacts, call: ast.Call) -> bool:
    values = graph.program.eval(function.id, call.func)
    is_external = any(isinstance(v, Ext) and v.path in EXTERNAL_LISTS for v in values)
    name, folder, pattern = last_name(call.func), None, None
    given: list[ast.expr | None] = [*call.args, *(k.value for k in call.keywords if k.arg in {"path", "top"})]
    first = given[0] if given else None
    if is_external and name in {"glob", "iglob"}:
        folder, pattern = next((k.value for k in call.keywords if k.arg == "root_dir"), None), first
        if isinstance(first, ast.Call) and last_name(first.func) == "join" and len(first.args) == 2:
            folder, pattern = first.args
    elif is_external:
        folder = first
    elif isinstance(call.func, ast.Attribute) and name in FILE_LIST:
        folder, pattern = call.func.value, first
    else:
        return False
    if not _is_own(graph.constant(function.id, folder)[1] if folder is not None else None):
        return False
    wanted = "*" if pattern is None else pattern.value if isinstance(pattern, ast.Constant) else ""
    above, _, last = str(wanted).rpartition("/")
    seen = [file for file in _FILES if fnmatch(file, last) and not (file[0] == "." and is_external and pattern)]
    is_deep = name in {"rglob", "walk"} or "**" in above
    kept = list(_kept(graph, function))
    seen = [f for f in seen if (is_deep or f != _FILES[2]) and (not kept or any(f.endswith(tuple(k)) for k in kept))]
    return bool(seen) and above in {"", ".", "**", "./**"}


def _is_own(folder: ast.expr | None) -> bool:
    """Whether the path is that of the working folder, or of the file's own."""
    parts = [] if folder is None else list(ast.walk(folder))
    texts = [each.value for each in parts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    names = {each.id for each in parts if isinstance(each, ast.Name)}
    return names <= _PLAIN and all(text in {"", ".", "./"} for text in texts)


def _kept(graph: Graph, function: FunctionFacts) -> Iterator[list[str]]:
    """The endings of names that tests in the function look for: `name.endswith(".md")`, `path.suffix in KINDS`."""
    nodes = list(walk(function.node))
    skips = {id(n.test) for n in nodes if isinstance(n, ast.If) and isinstance(n.body[-1], ast.Continue)}
    negated = {id(n.operand) for n in nodes if isinstance(n, ast.UnaryOp) and id(n) not in skips}
    for node in nodes:
        if id(node) in negated:
            continue
        if isinstance(node, ast.Call) and last_name(node.func) == "endswith" and node.args:
            wanted = node.args[0]
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.In):
            if not any(isinstance(n, ast.expr) and last_name(n) in {"suffix", "splitext"} for n in ast.walk(node.left)):
                continue
            wanted = node.comparators[0]
        else:
            continue
        wanted = graph.constant(function.id, wanted)[1]
        texts = [n.value for n in ast.walk(wanted) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        if texts:
            yield texts
