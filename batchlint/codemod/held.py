"""Functions that a variable, a table or a `partial` holds: `score = make_scorer(client)`, `HANDLERS[kind](row)`.

The twin takes their place where they are held, so every call through the variable must be one that is rewritten.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod.access import Frame
from batchlint.codemod.changes import CallChange, Fanout
from batchlint.codemod.origins import Leaf, Origin, Origins
from batchlint.codemod.paths import Paths
from batchlint.codemod.refusals import Refused
from batchlint.codemod.registries import Entry
from batchlint.facts import MODULE, FunctionFacts, FunctionId
from batchlint.graph import Edge
from batchlint.symbols import last_name
from batchlint.trees import children, walk
from batchlint.values import Fn

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner
    from batchlint.codemod.support import Support

HELD = "held"
"""What becomes of a call of what a variable or a table holds."""
Parents = dict[int, ast.AST]
"""By the identity of a node, the node around it."""
_KEYS = frozenset({"len", "sorted", "list", "set", "tuple", "join"})
"""What takes the keys of a table."""


class Way(NamedTuple):
    """One function that a call can enter: the call of it, the function if it asks, or the body of a lambda."""

    call: ast.Call
    target: Fn | None
    body: ast.expr | None
    frame: Frame
    plain: Fn | None = None
    """The function of the project, if it asks nothing."""


class Held(Origins):
    """Plans what becomes of their calls."""

    def __init__(self, support: Support) -> None:
        super().__init__(support)
        self.paths = Paths(support.graph, support.threads)

    # -- planning
    def plan(self, planner: Planner, fanout: Fanout, function: FunctionFacts, call: ast.Call, is_async: bool) -> None:
        """Plan the call, and that twins are held instead of the functions."""
        origin = self.origin(function.id, call.func)
        assert origin is not None
        if {is_async} != {self.is_async(leaf) for leaf in origin.leaves}:
            raise Refused("unsupported-shape", f"a coroutine calls what `{ast.unparse(call.func)}` holds")
        if not is_async:  # what a coroutine calls makes coroutines, also as a twin
            calls, where = fanout.file(function.id.path).calls, planner.place(function.id.path, call)
            calls.setdefault(where, CallChange("enter" if self.all_ask(origin) else "called"))
        self._hold(planner, fanout, function.id, origin)

    def all_ask(self, origin: Origin) -> bool:
        return all(self.kind(leaf) == "asks" for leaf in origin.leaves)

    def hand(self, planner: Planner, fanout: Fanout, scope: FunctionId, node: ast.expr) -> bool:
        """Plan that the variable or attribute which is handed over holds twins; whether that is known to the last."""
        origin = self.origin(scope, node) if isinstance(node, ast.Name | ast.Attribute) else None
        if origin is None or not self.all_ask(origin) or any(map(self.is_async, origin.leaves)):
            return False
        fanout.converted.add(id(node))
        self._hold(planner, fanout, scope, origin)
        return True

    def _hold(self, planner: Planner, fanout: Fanout, scope: FunctionId, origin: Origin) -> None:
        fanout.held.append((origin, scope))
        for leaf in origin.leaves:
            if self.kind(leaf) != "asks":
                continue
            if isinstance(leaf.node, ast.Lambda):
                inner = self.program.functions[self.support.callbacks.scope(leaf.scope, leaf.node)]
                if self.all_ask(origin):
                    planner.handing.enter_lambda(fanout, leaf.scope, leaf.node, True)
                else:
                    planner.plan_body(fanout, inner, [leaf.node.body], False)
                continue
            if leaf.entry is not None:
                self._enter_entry(planner, fanout, leaf.entry)
                continue
            twin = planner.enter(fanout, (self.target(leaf),))
            fanout.file(leaf.scope.path).references[planner.place(leaf.scope.path, leaf.node)] = twin
            fanout.converted |= {id(leaf.node), *(id(edge.node) for edge in self._handing(leaf))}

    @staticmethod
    def _enter_entry(planner: Planner, fanout: Fanout, entry: Entry) -> None:
        """Plan that a decorator puts the twin into its table."""
        id_, path = entry.function.id, entry.function.id.path
        fanout.converted |= {id(entry.decorator), id(entry.name)}
        fanout.file(path).registering.add(planner.place(path, entry.name))
        planner.enter(fanout, (Fn(id_),))

    def _handing(self, leaf: Leaf) -> Iterator[Edge]:
        """The calls that hand the function over there."""
        for edge in self.graph.edges_to(self.target(leaf).id):
            if edge.kind != "call" and any(node is leaf.node for node in walk(edge.node)):
                yield edge

    def check(self, fanout: Fanout) -> None:
        """Refused where something else than the rewritten calls uses what now holds twins."""
        for origin, scope in fanout.held:
            for path, owner, name in sorted(origin.names):
                for parents, use in self._uses(path, owner, name):
                    if not self._is_fit(use, parents, origin, fanout):
                        what = f"`{name}` ({scope.path}:{use.lineno}) holds functions that ask, and is used otherwise"
                        raise Refused("unsupported-shape", f"{what}; call the functions by their names")
            self._check_notes(origin)
            for leaf in origin.leaves:
                self._check_closure(leaf, fanout)

    def _notes(self, origin: Origin) -> frozenset[str]:
        """What decorators note on the functions."""
        return self.registries.attributes((path, name) for path, owner, name in origin.names if owner == MODULE)

    def _check_notes(self, origin: Origin) -> None:
        """Refused where what a decorator notes on the functions is read elsewhere: it is noted on twins alone."""
        notes = self._notes(origin)
        for path, module in self.graph.modules.items() if notes else ():
            bound = {name for name, found in module.body.bindings.items() if any(b.how == "function" for b in found)}
            names = {name for _, _, name in origin.names} - bound
            for node in walk(module.tree):
                if not isinstance(node, ast.Attribute) or node.attr not in notes or isinstance(node.ctx, ast.Store):
                    continue
                if last_name(node.value) not in names:
                    what = f"`{ast.unparse(node)}` ({path}:{node.lineno}) may be read of a function that asks"
                    raise Refused("unsupported-shape", f"{what}; keep it in a table of its own")

    def _check_closure(self, leaf: Leaf, fanout: Fanout) -> None:
        """Refused where a function that a factory makes is called elsewhere too: there is one `def` for all of them."""
        if isinstance(leaf.node, ast.Lambda) or self.program.functions[self.target(leaf).id].parent is None:
            return
        for edge in self.graph.edges_to(self.target(leaf).id):
            if builtin_id(edge.node) not in fanout.converted:
                what = f"`{ast.unparse(leaf.node)}` is called elsewhere too ({edge.caller.path}:{edge.span.line})"
                raise Refused("unsupported-shape", what)

    def _uses(self, path: str, owner: str, name: str) -> Iterator[tuple[Parents, ast.Name | ast.Attribute]]:
        """Where the name is used, each with the parents of the nodes around it."""
        for other, module in self.graph.modules.items():
            if name not in module.text:
                continue
            tree: ast.AST = module.tree
            if other == path and owner not in (MODULE, "."):
                tree = self.program.functions[FunctionId(path, owner)].node
            bound = module.body.bindings.get(name, ())
            read = {name} if owner != "." and (other == path or any(b.how == "import" for b in bound)) else set()
            accessed = {name} if owner == "." or (owner == MODULE and other != path) else set()
            parents: Parents = {}
            uses: list[ast.Name | ast.Attribute] = []
            for node in walk(tree):
                parents.update((id(child), node) for child in children(node))
                if isinstance(node, ast.Name):
                    uses += [node] if node.id in read else []
                elif isinstance(node, ast.Attribute):
                    uses += [node] if node.attr in accessed else []
            yield from ((parents, use) for use in uses)

    def _is_fit(self, use: ast.Name | ast.Attribute, parents: Parents, origin: Origin, fanout: Fanout) -> bool:
        """Whether the use only hands on to rewritten calls, or looks at keys."""
        if not isinstance(use.ctx, ast.Load):
            return True
        if (around := parents.get(id(use))) is not None and self._is_store(around, origin):
            return True
        current: ast.AST = use
        while (parent := parents.get(id(current))) is not None:
            if id(current) in fanout.converted and current is use:
                return True
            if isinstance(parent, ast.Call) and parent.func is current and id(parent) in fanout.converted:
                return True
            if isinstance(parent, ast.Subscript) and parent.value is current and isinstance(parent.ctx, ast.Load):
                current = parent
            elif isinstance(parent, ast.Attribute):
                if parent.attr == "keys" or (parent.attr in self._notes(origin) and isinstance(parent.ctx, ast.Load)):
                    return True
                if parent.attr not in {"get", "values", "items"}:
                    return False
                current = parent
            elif isinstance(parent, ast.Call):
                if parent.func is not current:
                    return last_name(parent.func) in _KEYS and self._is_table(use)
                current = parent
            elif isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension):
                return self._is_table(current) or self._is_followed(parent.target, origin)
            elif isinstance(parent, ast.Assign | ast.NamedExpr | ast.AnnAssign):
                targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
                return all(self._is_followed(target, origin) for target in targets)
            elif isinstance(parent, ast.Compare):
                return all(isinstance(op, ast.In | ast.NotIn | ast.Is | ast.IsNot) for op in parent.ops)
            elif isinstance(parent, ast.If | ast.UnaryOp):
                return not isinstance(parent, ast.If) or parent.test is current
            elif isinstance(parent, ast.IfExp):
                if parent.test is current:
                    return True
                current = parent
            else:
                return isinstance(parent, ast.keyword) and parent.arg == "choices"
        return False

    def _is_store(self, node: ast.AST, origin: Origin) -> bool:
        """Whether a decorator puts functions there of which all are known."""
        tables = ((path, name) for path, owner, name in origin.names if owner == MODULE)
        return any(self.registries.is_store(table, node) for table in tables)

    def _is_table(self, node: ast.AST) -> bool:
        """Whether it is a variable that only holds a mapping, so that going through it gives keys."""
        bound = [
            b.value
            for module in self.graph.modules.values()
            for scope in (module.body, *module.functions.values())
            for b in scope.bindings.get(node.id if isinstance(node, ast.Name) else "", ())
            if b.how == "value"
        ]
        return bool(bound) and all(isinstance(value, ast.Dict) for value in bound)

    @staticmethod
    def _is_followed(target: ast.expr, origin: Origin) -> bool:
        names = {name for _, _, name in origin.names}
        places = (n for n in walk(target) if isinstance(n, ast.Name | ast.Attribute))
        return any(last_name(place) in names for place in places)

    # -- laying out
    def ways(self, call: ast.Call, frame: Frame) -> Iterator[Way]:
        """What the call can enter."""
        origin = self.origin(frame.function.id, call.func)
        assert origin is not None
        for leaf in origin.leaves:
            bound = {n.id for part in (*leaf.args, *leaf.keywords) for n in walk(part) if isinstance(n, ast.Name)}
            if leaf.scope != frame.function.id and bound & frame.local:
                raise Refused(
                    "unsupported-shape", f"`{min(bound & frame.local)}` means two things (line {call.lineno})"
                )
            made = ast.Call(leaf.node, [*leaf.args, *call.args], [*leaf.keywords, *call.keywords])
            made = ast.copy_location(made, call)
            if isinstance(leaf.node, ast.Lambda):
                outer = frame if leaf.scope == frame.function.id else Frame(self.program.functions[leaf.scope], set())
                inner = self.support.callbacks.lambda_frame(leaf.node, outer)
                for parameter, argument in zip(leaf.node.args.args, made.args, strict=False):
                    inner.aliases[parameter.arg] = self.paths.path(argument, frame)
                yield Way(made, None, leaf.node.body, inner)
            elif self.kind(leaf) == "asks":
                yield Way(made, self.target(leaf), None, frame)
            else:
                values = self.program.eval(leaf.scope, leaf.node)  # the name may mean nothing where it is called
                yield Way(made, None, None, frame, next((v for v in values if isinstance(v, Fn)), None))


builtin_id = id
