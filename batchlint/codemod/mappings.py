"""Functions that something calls once per item, one after the other: `map(f, xs)`, `frame.apply(f)`."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from batchlint.codemod import caught, scopes
from batchlint.codemod.access import OWN, Frame
from batchlint.codemod.changes import Fanout
from batchlint.codemod.drawn import drawing
from batchlint.codemod.eager import consumer
from batchlint.codemod.mapped_items import call_per_item, names_of_items
from batchlint.codemod.phases import Phases
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionId
from batchlint.graph import Edge
from batchlint.symbols import last_name
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

_KEYED = re.compile(r"builtins\.(sorted|max|min)$|heapq\.(nlargest|nsmallest)$")
"""What calls its `key` once per item of its last argument."""
_ITERATORS = re.compile(r"builtins\.map$|itertools\.starmap$")
_FRAMES = re.compile(r"pandas\.((?!groupby|rolling|expanding|resample).)*\.(apply|map|progress_apply|progress_map)$")
_ONLY_FRAMES = frozenset({"progress_apply", "progress_map"})
_OTHER_WAYS = frozenset({"engine", "engine_kwargs", "result_type", "raw"})
"""Arguments with which a frame looks at more than the function's results, or calls it otherwise."""


class Mappings:
    """Plans them: as one driver over all items."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.program = planner.graph.program

    def carrier(self, edge: Edge) -> str | None:
        """The stand-in that carries the mapping; None where the function is handed to something else."""
        if not isinstance(edge.node, ast.Call):
            return None
        func = edge.node.func
        paths = {v.path for v in self.program.eval(edge.caller, func) if isinstance(v, Ext)}
        keys = [k.value for k in edge.node.keywords if k.arg == "key"]
        if keys and any(_KEYED.match(path) for path in paths):
            return "batch_keyed" if not any(map(_compares, keys)) else None
        if "builtins.filter" in paths:
            return "batch_filter"
        if any(_ITERATORS.match(path) for path in paths):
            return "run_batch"
        if any(_FRAMES.match(path) for path in paths) or (not paths and self._is_frame(edge)):
            return "batch_apply"
        return None

    def _is_frame(self, edge: Edge) -> bool:
        """Whether the method can only be a data frame's, where nothing says what its object is."""
        assert isinstance(edge.node, ast.Call)
        func = edge.node.func
        if not isinstance(func, ast.Attribute) or not any(
            b.source is not None and b.source.module == "pandas"
            for bindings in self.planner.graph.modules[edge.caller.path].body.bindings.values()
            for b in bindings
            if b.how == "import"
        ):
            return False
        if func.attr in _ONLY_FRAMES:
            return True
        column = isinstance(func.value, ast.Subscript) and isinstance(func.value.slice, ast.Constant)
        by_row = any(k.arg == "axis" for k in edge.node.keywords)
        return (func.attr == "apply" and (column or by_row)) or (func.attr == "map" and column)

    def fanout(self, edge: Edge, carrier: str) -> Fanout:
        """The fan-out of the mapping; Refused where its order of effects cannot be kept."""
        node, planner = edge.node, self.planner
        assert isinstance(node, ast.Call)
        if carrier in {"run_batch", "batch_filter"} and (
            taker := consumer(planner.graph.modules[edge.caller.path].tree, node)
        ):
            raise Refused("generator-consumer", f"`{last_name(node.func)}` is handed to {taker} (line {node.lineno})")
        told = {k.arg for k in node.keywords if not (k.arg == "result_type" and _takes_apart(k.value))}
        if carrier == "batch_apply" and (unfit := told & _OTHER_WAYS):
            raise Refused(
                "unsupported-shape", f"`{last_name(node.func)}` is told `{min(map(str, unfit))}` (line {node.lineno})"
            )
        starred = any(isinstance(a, ast.Starred) for a in node.args)
        if carrier == "batch_keyed" and (starred or len(node.args) != (2 if last_name(node.func)[0] == "n" else 1)):
            raise Refused("unsupported-shape", f"`{last_name(node.func)}` is given its items one by one")
        if not node.args:
            raise Refused("unsupported-shape", f"the function is handed over by name (line {node.lineno})")
        if carrier in {"run_batch", "batch_filter"}:
            below = planner.handing.processes.below(edge.callee)
            caught.check_mapped(self.program.functions[id] for id in sorted(below))
        fanout = Fanout(edge.caller, node)
        planner.handing.hand(fanout, edge.caller, edge, yields=True)
        self._check_order(fanout, edge)
        fanout.file(edge.caller.path).mapped[planner.place(edge.caller.path, node)] = carrier
        return fanout

    def _check_order(self, fanout: Fanout, edge: Edge) -> None:
        node, planner = edge.node, self.planner
        assert isinstance(node, ast.Call)
        function = planner.graph.function(edge.caller)
        tree = planner.graph.modules[edge.caller.path].tree
        statement = next(n for n in reversed(scopes.path_to(tree, node)) if isinstance(n, ast.stmt))
        handed = _handed(node)
        if isinstance(handed, ast.Lambda):
            qualname = planner.graph.modules[edge.caller.path].lambdas[handed.lineno, handed.col_offset]
            function = planner.graph.function(FunctionId(edge.caller.path, qualname))
            frame = Frame(function, {a.arg for a in ast.walk(handed.args) if isinstance(a, ast.arg)})
            expression, names = handed.body, [a.arg for a in handed.args.args]
        else:
            names = names_of_items(node)
            frame = Frame(function, set(names))
            called = next(iter(planner.handing.held(edge.caller, handed, node)), handed)
            expression = call_per_item(called, node)
        caller, sources = planner.graph.function(edge.caller), _sources(node)
        outer = Frame(caller, set())
        own = {(*root, OWN) for source in sources for root in planner.reader.iterated(source, outer)}
        for name in frame.local if sources else ():
            frame.aliases.setdefault(name, set()).update(own)
        for name, channels in planner.reader.repeated.handed(caller, node, names).items():
            frame.aliases.setdefault(name, set()).update(channels)
        frame.stable = set(frame.local)
        first = [access for source in sources for access in drawing(planner.reader, source, outer)]
        phases = Phases(planner.reader, planner.support.converts, planner.parallel)
        phases.expression(frame, [expression], statement, first)
        if not phases.has_request:
            raise Refused("no-fan-out")
        planner.check_ends(phases)
        for barrier in planner.judged(fanout, phases):
            if barrier.frame is frame:
                raise Refused(
                    "order-of-effects",
                    f"what is done around the call in line {node.lineno} would happen in another order;"
                    " write it as a loop",
                )
            planner.bar(fanout, barrier)


def _sources(node: ast.Call) -> list[ast.expr]:
    """What the items come from."""
    method = [node.func.value] if isinstance(node.func, ast.Attribute) else []
    return [source for source in (*node.args, *method) if source is not _handed(node)]


def _handed(node: ast.Call) -> ast.expr:
    """The function that is called with each item."""
    keys = [k.value for k in node.keywords if k.arg == "key"]
    return keys[0] if keys else node.args[0]


def _compares(key: ast.expr) -> bool:
    """Whether it is a function of two items, called with pairs that its answers choose: `cmp_to_key(compare)`."""
    return isinstance(key, ast.Call) and last_name(key.func) == "cmp_to_key"


def _takes_apart(how: ast.expr) -> bool:
    """Whether a frame only takes the function's results apart, or not, when it has them."""
    return isinstance(how, ast.Constant) and how.value in {"expand", "reduce"}
