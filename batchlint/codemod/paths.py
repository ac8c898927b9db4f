"""Which channels names and expressions may be part of, function by function."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from batchlint.codemod import file_names, folders, own_files, scopes, sheets
from batchlint.codemod.access import ANY, CELL, KEY, MARK, NAMESPACE, OWN, PRIVATE, Access, Channel, Frame, same_objects
from batchlint.codemod.aliases import Aliases
from batchlint.codemod.blocks import Comprehension
from batchlint.codemod.captured import Captured
from batchlint.codemod.effects import CACHES, PLAIN
from batchlint.codemod.enclosing import Enclosing
from batchlint.codemod.exposure import Exposure
from batchlint.codemod.file_links import FileLinks
from batchlint.codemod.folders import LISTED
from batchlint.codemod.given_ones import GivenOnes
from batchlint.codemod.given_out import CHOOSING, FETCHING, GivenOut
from batchlint.codemod.instances import Instances
from batchlint.codemod.linked import Linked
from batchlint.codemod.matching import captures
from batchlint.codemod.methods import Method, Methods
from batchlint.codemod.parts import Sharing
from batchlint.codemod.process_wide import ENVIRONMENT, is_environment, is_module
from batchlint.codemod.recursion import Handed, Recursion
from batchlint.codemod.refusals import Refused
from batchlint.codemod.repeated import Repeated
from batchlint.codemod.settled import settled
from batchlint.codemod.shared import Shared
from batchlint.codemod.stored import Stored
from batchlint.codemod.stores import Stores
from batchlint.codemod.threads import Threads
from batchlint.codemod.versions import Versions, parts_in
from batchlint.facts import FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.iterables import CHUNKED, EACH, PAIRED
from batchlint.symbols import last_name
from batchlint.trees import replaced, walk
from batchlint.values import Cls, Ext, Fn

if TYPE_CHECKING:
    from batchlint.codemod.swapped import Swapped

_LEADING = frozenset(
    [
        ast.Name, ast.Attribute, ast.Subscript, ast.IfExp, ast.BoolOp, ast.Starred, ast.Await, ast.NamedExpr, ast.Call,
        ast.List, ast.Tuple,
    ]
)  # fmt: skip
"""Kinds of expressions whose value can be part of what something else names."""
_AROUND = {
    "vars": "builtins.vars", "iter": "builtins.iter", "writer": "csv.writer", "DictWriter": "csv.DictWriter",
    "TextIOWrapper": "io.TextIOWrapper", "closing": "contextlib.closing", "ZipFile": "zipfile.ZipFile",
    "GzipFile": "gzip.GzipFile", "nullcontext": "contextlib.nullcontext", "aclosing": "contextlib.aclosing",
    "proxy": "weakref.proxy", "cast": "typing.cast", "memoryview": "builtins.memoryview",
    "MappingProxyType": "types.MappingProxyType",
}  # fmt: skip
"""What gives something through which its argument is changed, by its last name."""
_PAIRING = frozenset([ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.For, ast.AsyncFor, ast.withitem, ast.Match])
_CACHES = CACHES | {"cached"}
_GOES_THROUGH = EACH | PAIRED | CHUNKED | {"islice", "chain", "sample", "choices", "nlargest", "nsmallest"}
"""Calls that give the items of what they are given."""
_POPULATIONS = frozenset({"population", "seq"})
"""Keywords with what random numbers choose from."""
_PARTS = (ast.Attribute, ast.Subscript)
Pair = Handed
"""A target, what it is bound to, and whether it is an element of that."""


class Paths:
    """Frames of functions and loops, and the channels behind the expressions in them."""

    def __init__(self, graph: Graph, threads: Threads) -> None:
        self.graph = graph
        self.threads = threads
        self.program = graph.program
        self.read = 0
        """How many calls of functions have been read so far."""
        self.most: int | None = None
        """How many may have been when the plan in hand is done."""
        self._parameters: dict[FunctionId, frozenset[str]] = {}
        self._bound: dict[FunctionId, frozenset[str]] = {}
        self._pairs: dict[FunctionId, list[Pair]] = {}
        self._assigned: dict[FunctionId, frozenset[str]] = {}
        self._beside: dict[FunctionId, dict[int, set[str]]] = {}
        """By function and the identity of a node, the names of the comprehensions and lambdas around it."""
        self._settled: dict[int, tuple[list[ast.stmt], list[tuple[str, ast.expr]]]] = {}
        self.enclosing = Enclosing(graph.program)
        self.stores = Stores(self)
        self.linked = Linked(graph.program, self.stores)
        self.shared = Shared(graph.program)
        self.stored = Stored(graph.program, self.shared)
        self.given = GivenOnes(self)
        self.recursion = Recursion(self)
        self.methods = Methods(graph.program)
        self.instances = Instances(graph.program)
        self.file_links = FileLinks(self)
        self.sharing = Sharing(self)
        self.versions = Versions(graph.program)
        self.exposure = Exposure(graph.program)
        self.aliases = Aliases(self)
        self.repeated = Repeated(self)
        self.captured = Captured(self)
        self.given_out = GivenOut(self)
        self.swapped: Swapped | None = None
        """The lists that methods take out of their objects, once it is known who asks."""

    # -- frames
    def callee_frame(self, target: Fn, call: ast.Call, caller: Frame) -> Frame:
        """The frame of `target` as called by `call`: its parameters alias what the arguments are."""
        aliases = self.handed(target, call, caller)
        given, receiver = dict(self.passed(target, call)), receiver_of(target, call)
        frame = self.entered(target.id, aliases, given, caller, receiver)
        frame.entry = call
        frame.alike = self.alike(target.id, aliases, given, caller, receiver)
        return frame

    def alike(
        self,
        id: FunctionId,
        aliases: dict[str, set[Channel]],
        given: dict[str, ast.expr],
        caller: Frame,
        receiver: ast.expr | None,
    ) -> object:
        """Equal for two calls of the function that hand it the same, as far as can be told."""
        handed = same_objects(aliases)
        marks = self.linked.marks(caller, given, receiver), self.given.told(given, receiver, caller)
        return (
            id,
            handed,
            marks,
            self._own_given(id, given, caller),
            self.enclosing.told(self.program.functions[id], caller),
        )

    def passed(self, target: Fn, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
        """The arguments that each go into one parameter, with its name."""
        function = self.program.functions[target.id]
        for parameter, argument in zip(function.positional[target.owner is not None :], call.args, strict=False):
            if isinstance(argument, ast.Starred):
                break
            yield parameter.arg, argument
        names = function.parameter_names
        yield from ((k.arg, k.value) for k in call.keywords if k.arg in names and k.arg is not None)

    def handed(self, target: Fn, call: ast.Call, caller: Frame) -> dict[str, set[Channel]]:
        """What each parameter of the function aliases."""
        aliases: dict[str, set[Channel]] = {}
        for name, argument in self.passed(target, call):
            aliases[name] = self.path(argument, caller)
            self._alias_copied(aliases, name, argument, caller)
        parameters = self.program.functions[target.id].parameters
        if target.owner is not None and parameters:
            receiver = receiver_of(target, call)
            own = self.path(receiver, caller) if receiver is not None else set()
            aliases[parameters[0].arg] = own.union(
                *(self.taken_from(m, caller) for m in self._held_as(target, call, caller))
            )
        function = self.program.functions[target.id]
        for name, channels in self.shared.defaults(function, call, aliases):
            aliases[name] = aliases.get(name, set()) | channels
        if function.named:
            others = [k for k in call.keywords if k.arg not in function.parameter_names]
            aliases[f"**{function.named}"] = set().union(*(self._held(k, caller) for k in others), set())
        return aliases

    def _held_as(self, target: Fn, call: ast.Call, caller: Frame) -> list[Method]:
        """Where the method is taken from its object that the call calls by another name."""
        held = self.methods.held(caller.function, call.func)
        return [m for m in held if any(v == target for v in self.program.eval(m.function.id, m.node))]

    def taken_from(self, method: Method, frame: Frame) -> set[Channel]:
        """The channels of the object from which a method was taken."""
        taken = method.node.value
        around: Frame | None = frame
        while around is not None and around.function is not method.function:
            around = around.caller
        if around is not None:
            return self.path(taken, around)
        found = self.path(taken, Frame(method.function, set()))
        return found | self.stored.origins(method.function, taken) if isinstance(taken, ast.Name) else found

    def _held(self, keyword: ast.keyword, caller: Frame) -> set[Channel]:
        """What a keyword argument is, or the values behind `**`."""
        paths = self.path(keyword.value, caller)
        return paths if keyword.arg else {(*p, ANY) for p in paths} | self.elements(keyword.value, caller)

    @staticmethod
    def elements(node: ast.expr, frame: Frame) -> set[Channel]:
        """What a `**` mapping or a copy of the frame's own holds: it is new itself."""
        return frame.aliases.get(f"**{node.id}", set()) if isinstance(node, ast.Name) else set()

    def entered(
        self,
        id: FunctionId,
        aliases: dict[str, set[Channel]],
        given: dict[str, ast.expr],
        caller: Frame,
        receiver: ast.expr | None,
    ) -> Frame:
        self.read += 1
        if self.most is not None and self.read > self.most:
            raise Refused("not-planned")
        function = self.program.functions[id]
        names, body = self._names(function), function_body(function)
        if self._makes_batches(function):
            raise Refused("unsupported-shape", f"`{Graph.label(id)}` makes batches already")
        bound = self._bound_in(function)
        outer = self.enclosing.outer(function)
        frame = Frame(function, self.names_in(function) - outer, {k: set(v) for k, v in aliases.items()})
        for target, again in self.recursion.calls(function):
            passed = [name for name, _ in self.passed(target, again)]
            for name, channels in self.shared.defaults(function, again, passed):
                frame.aliases[name] = frame.aliases.get(name, set()) | channels
        self.alias_statements(frame, body, self.pairs_in(function))
        frame.stable |= names - bound
        frame.stable -= function.outer | self.recursion.changed(function)
        for name in self.recursion.changed(function):  # which of the values it is, the call tells
            frame.definitions.pop(name, None)
            frame.firsts.pop(name, None)
        frame.given, frame.caller, frame.receiver = given, caller, receiver
        frame.targets = set(self._own_given(id, given, caller))
        return frame

    def _own_given(self, id: FunctionId, given: dict[str, ast.expr], caller: Frame) -> frozenset[str]:
        """The parameters that keep what is the item's own."""
        own = frozenset(name for name, argument in given.items() if self.is_own(argument, caller))
        return own - self._bound_in(self.program.functions[id]) if own else own

    def _names(self, function: FunctionFacts) -> frozenset[str]:
        """The parameters of the function."""
        if function.id not in self._parameters:
            nodes = ast.walk(function.arguments) if function.arguments else ()
            self._parameters[function.id] = frozenset(a.arg for a in nodes if isinstance(a, ast.arg))
        return self._parameters[function.id]

    def _makes_batches(self, function: FunctionFacts) -> bool:
        """Whether it runs a driver of its own, in which the requests of its callers cannot take part."""
        return any(
            isinstance(c.node.func, ast.Name) and c.node.func.id in {"run_batch", "gather_batch", "submit_or_collect"}
            for c in function.calls
        )

    def _bound_in(self, function: FunctionFacts) -> frozenset[str]:
        if function.id not in self._bound:
            self._bound[function.id] = self.recursion.changed(function).union(scopes.bound(function_body(function)))
        return self._bound[function.id]

    def pairs_in(self, function: FunctionFacts) -> list[Pair]:
        """What the function binds, and to what, with the parameters for which it hands itself another value."""
        if function.id not in self._pairs:
            self._pairs[function.id] = [*_pairs(function_body(function)), *self.recursion.handed(function)]
        return self._pairs[function.id]

    def alias_statements(self, frame: Frame, body: list[ast.stmt], pairs: list[Pair] | None = None) -> None:
        """Work out, in two passes for loops, what the frame's own names may alias and how often they are bound."""
        frame.bodies.append(body)
        counts: dict[str, int] = {}
        pairs = list(_pairs(body)) if pairs is None else pairs
        for _ in range(2):
            for target, value, element in pairs:
                self._alias(frame, target, value, element, counts)
        frame.stable |= {name for name, count in counts.items() if count == 2}
        twice = {name for name, count in counts.items() if count == 4 and name in frame.local}
        for name, value in self._settled_in(body) if twice else ():
            if name in twice:
                frame.stable.add(name)
                frame.definitions.pop(name, None)
                frame.firsts[name] = value

    def _settled_in(self, body: list[ast.stmt]) -> list[tuple[str, ast.expr]]:
        if id(body) not in self._settled:
            self._settled[id(body)] = body, list(settled(body))  # with the body, whose identity nothing else gets then
        return self._settled[id(body)][1]

    def _alias(self, frame: Frame, target: ast.expr, value: ast.expr, element: bool, counts: dict[str, int]) -> None:
        if isinstance(target, ast.Name):
            counts[target.id] = counts.get(target.id, 0) + 1
            if target.id in frame.local:
                frame.bound.setdefault(target.id, []).append(value)
                paths = {(*p, ANY) for p in self.iterated(value, frame)} if element else self.path(value, frame)
                paths |= self._given_out(value, frame) if element and isinstance(value, ast.Call) else set()
                frame.aliases.setdefault(target.id, set()).update(paths)
                if element:
                    frame.aliases[target.id] |= self.elements(value, frame)
                else:
                    self._alias_copied(frame.aliases, target.id, value, frame)
                    frame.definitions[target.id] = value
        elif not element and (rows := _turned(target, value)) is not None:
            held = {(*p, ANY, ANY) for p in self.path(rows, frame)}
            for name in (each.id for each in ast.walk(target) if isinstance(each, ast.Name)):
                frame.unpacked.add(name)
                counts[name] = counts.get(name, 0) + 1
                if name in frame.local:
                    frame.bound.setdefault(name, []).append(value)
                    frame.aliases.setdefault(name, set())
                    frame.aliases.setdefault(f"**{name}", set()).update(held)
        elif isinstance(target, ast.Tuple | ast.List):
            is_drawn = element or (isinstance(value, ast.Call) and last_name(value.func) in _GOES_THROUGH)
            for each in target.elts:
                frame.unpacked |= {each.id} if isinstance(each, ast.Name) else set()
                self._alias(frame, each, value, is_drawn, counts)
                if isinstance(each, ast.Name) and each.id in frame.local and isinstance(value, ast.Call):
                    frame.aliases[each.id] |= self._given_out(value, frame)
        elif isinstance(target, ast.Starred):
            self._alias(frame, target.value, value, element, counts)

    def _given_out(self, call: ast.Call, frame: Frame) -> set[Channel]:
        """What the elements are of a list that a function of the project gives: `for one in named(name):`."""
        if not any(isinstance(v, Fn) for v in self.program.eval(frame.function.id, call.func)):
            return set()
        return {channel for steps, channel in self.sharing.of(call, frame) if steps == (ANY,)}

    def _alias_copied(self, aliases: dict[str, set[Channel]], name: str, value: ast.expr, frame: Frame) -> None:
        """Note what the name's value shares with something of which it is a copy."""
        for steps, channel in self.sharing.copied(value, frame):
            if len(steps) < 2:
                aliases.setdefault(f"**{name}" if steps else name, set()).add(channel)

    # -- paths
    def root(self, frame: Frame, name: str) -> set[Channel]:
        if name in frame.local:
            return frame.aliases.get(name, set())
        for owner in self.program.around(frame.function):
            if (name in owner.bindings and name not in owner.outer) or name in self._names(owner):
                around = self.enclosing.frame(frame.function, owner, frame.caller)
                if around is not None and name in around.local:
                    return self.root(around, name)
                imported = self.shared.imported(owner, name)
                if imported is not None:
                    return imported
                return {("v", owner.id.path, owner.id.qualname, name)} | self._wrapped(owner, name)
        return self.shared.variable(frame.function.id.path, name)

    def _wrapped(self, owner: FunctionFacts, name: str) -> set[Channel]:
        """What the variable holds an object around, through which that is changed."""
        made = [b.value for b in owner.bindings.get(name, ()) if b.how in {"value", "enter"}]
        calls = [n for n in made if isinstance(n, ast.Call)]
        found = set().union(*(self._chosen(call, owner) for call in calls), set())
        around: list[ast.expr] = [n for n in made if isinstance(n, ast.Attribute) and n.attr == "__dict__"]
        around += [n for n in calls if n.args and last_name(n.func) in _AROUND]
        return found.union(*(self.path(node, Frame(owner, set())) for node in around))

    def _chosen(self, call: ast.Call, owner: FunctionFacts) -> set[Channel]:
        """What else the object is that the call gives, where other calls give it too."""
        classes = [v.id for v in self.program.eval(owner.id, call.func) if isinstance(v, Cls)]
        return set().union(*(self.instances.given(klass) for klass in classes), set())

    def path(self, node: ast.expr | None, frame: Frame) -> set[Channel]:
        """The channels that the expression's value may be part of."""
        if node.__class__ not in _LEADING:
            return set()
        if isinstance(node, ast.Name):
            return self.root(frame, node.id)
        if isinstance(node, ast.Attribute):
            if self.swapped is not None and id(node) in self.swapped.taken:
                return set()
            if is_environment(self.program, frame.function.id, node):
                return {ENVIRONMENT}
            if is_module(self.program, frame.function.id, node.value):
                return self.shared.variable(frame.function.id.path, node.attr)
            inside = self.path(node.value, frame)
            if node.attr == "__dict__":
                return {(*p, NAMESPACE) for p in inside}
            if node.attr == "__class__" and isinstance(node.ctx, ast.Store):
                return inside  # what its methods are, whichever attributes they read
            step = ANY if sheets.is_of_book(self.program, node, frame) else node.attr
            found = {p if len(p) > 6 else (*p, step) for p in inside} | self.shared.attribute(node, frame.function.id)
            if isinstance(node.ctx, ast.Load):
                found |= {(*p[:-1], node.attr) for p in self.elements(node.value, frame) if p[-1] == ANY}
            if node.attr in self.stored.names and isinstance(node.ctx, ast.Load):
                if inside:
                    found |= self.stored.channels(node, frame.function, inside)
                else:
                    found |= self.given.to(node, frame)
            return found
        if isinstance(node, ast.Subscript):
            names = self._names_of(node, frame)
            if names is not None:
                return names
            inside = self.path(node.value, frame)
            if not inside and isinstance(node.value, ast.Call | Comprehension):
                return self._chosen_by(node, frame)
            if isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
                return inside  # of which it has some elements
            steps = self._steps(node.slice, frame, inside)
            inside = {p if len(p) > 6 else (*p, *steps) for p in inside}
            return inside | self.elements(node.value, frame) if isinstance(node.ctx, ast.Load) else inside
        if isinstance(node, ast.IfExp):
            return self.path(node.body, frame) | self.path(node.orelse, frame)
        if isinstance(node, ast.BoolOp):
            return set().union(*(self.path(each, frame) for each in node.values))
        if isinstance(node, ast.NamedExpr):
            return self.path(node.value, frame) | self.root(frame, node.target.id)
        if isinstance(node, ast.Starred | ast.Await):
            return self.path(node.value, frame)
        if isinstance(node, ast.Call) and node.args and last_name(node.func) in _AROUND:
            values = self.program.eval(frame.function.id, node.func)
            if any(isinstance(v, Ext) and v.path in _AROUND.values() for v in values):
                inside = self.path(node.args[-1 if last_name(node.func) == "cast" else 0], frame)
                return {(*p, NAMESPACE) for p in inside} if last_name(node.func) == "vars" else inside
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if self.stores.gives(node, frame.function):
                return set()
            if (cell := self.cell(node, frame)) is not None:
                found = self.path(cell, frame)
                return found if sheets.names_column(cell) else {(*p, ANY) for p in found}
            if node.func.attr in sheets.known().makers:
                return {(*p, ANY) for p in self.path(node.func.value, frame)} | self.given_out.returned(node, frame)
            if node.func.attr in FETCHING and node.args:
                inside = self.path(node.func.value, frame)
                step = self._step(node.args[0], frame, inside)
                inside = {(*p, step) for p in inside}
                return inside | self.elements(node.func.value, frame)
            if node.func.attr in {"values", "items", "keys", "cursor", "begin", "connect"}:
                return self.path(node.func.value, frame) | self.elements(node.func.value, frame)
            if node.func.attr == "pop":
                return self.elements(node.func.value, frame)
        if isinstance(node, ast.List | ast.Tuple):
            return set().union(*(self.path(each, frame) for each in node.elts), set())
        if isinstance(node, ast.Call) and last_name(node.func) in CHOOSING and (node.args or node.keywords):
            return self._chosen_by(node, frame)
        return self.given_out.returned(node, frame) if isinstance(node, ast.Call) else set()

    def taking(self, statement: ast.stmt, frame: Frame) -> list[Access] | None:
        """What is touched in front of the statement by taking a list out of its object; None where it goes."""
        return self.swapped.at(statement, frame) if self.swapped is not None else []

    def bound_to(self, name: ast.Name, frame: Frame) -> set[Channel]:
        """The objects of which the variable holds a method: `known = words.get`, and `known(word)` reads `words`."""
        values: Iterable[ast.expr | None] = frame.bound.get(name.id, ())
        if name.id not in frame.local:
            owner = self.program.owner(frame.function, name.id)
            bindings = owner.bindings.get(name.id, ()) if owner is not None else ()
            values = [binding.value for binding in bindings if binding.how == "value"]
            frame = Frame(owner, set()) if owner is not None else frame
        held = (value.value for value in values if isinstance(value, ast.Attribute))
        return set().union(*(self.path(each, frame) for each in held), set())

    def _chosen_by(self, node: ast.expr, frame: Frame) -> set[Channel]:
        """What the expression takes out of a container: `next(each for each in found)`, `sorted(found)[0]`."""
        return {channel for steps, channel in self.sharing.of(node, frame) if not steps}

    def _names_of(self, node: ast.Subscript, frame: Frame) -> set[Channel] | None:
        """What is behind the name of a variable or attribute: `vars(memory)["last"]`; None for other items."""
        mapping = node.value
        if isinstance(mapping, ast.Call) and last_name(mapping.func) == "globals" and not mapping.args:
            named = [node.slice.value] if isinstance(node.slice, ast.Constant) else self._variables(frame)
            return set().union(*(self.shared.variable(frame.function.id.path, str(name)) for name in named), set())
        if isinstance(mapping, ast.Call) and last_name(mapping.func) == "vars" and len(mapping.args) == 1:
            inside = self.path(mapping.args[0], frame)
        elif isinstance(mapping, ast.Attribute) and mapping.attr == "__dict__":
            inside = self.path(mapping.value, frame)
        else:
            return None
        is_named = isinstance(node.slice, ast.Constant)
        return {(*p, str(node.slice.value)) for p in inside} if is_named else inside  # type: ignore[attr-defined]

    def _variables(self, frame: Frame) -> Iterable[str]:
        return self.program.modules[frame.function.id.path].body.bindings

    def own_arguments(self, value: Fn, call: ast.Call, caller: Frame) -> frozenset[str]:
        """The parameters of the function that are given what is the item's own."""
        return frozenset(name for name, argument in self.passed(value, call) if self.is_own(argument, caller))

    def called_frame(self, value: Fn, aliases: dict[str, set[Channel]], own: frozenset[str]) -> Frame:
        """The frame of a function as far as what it gives out goes. `own`: the parameters that are the item's own."""
        function = self.program.functions[value.id]
        frame = Frame(function, self.names_in(function) - function.outer, {n: set(p) for n, p in aliases.items()})
        frame.targets = set(own - self._bound_in(function))
        self.alias_statements(frame, function_body(function), self.pairs_in(function))
        return frame

    def names_in(self, function: FunctionFacts) -> set[str]:
        """The parameters of the function, and what it binds."""
        return set(self._names(function) | self._bound_in(function))

    def _steps(self, key: ast.expr, frame: Frame, containers: set[Channel]) -> tuple[str, ...]:
        """The steps into what is stored under a key, or under a row and a column."""
        if sheets.is_range(key):
            return ()
        key = sheets.split(key, frame) or key
        if isinstance(key, ast.Tuple) and len(key.elts) > 1:
            row, *_, column = key.elts
            step = OWN if self.is_own(row, frame) else ANY
            if len(key.elts) == 2 and isinstance(column, ast.Constant) and type(column.value) in {str, int}:
                is_named = isinstance(row, ast.Constant) and isinstance(row.value, str)
                return (f"{KEY}{ast.literal_eval(row)}" if is_named else step, f"{CELL}{ast.literal_eval(column)}")
            return (step,)
        return (self._step(key, frame, containers),)

    def _step(self, key: ast.expr, frame: Frame, containers: set[Channel]) -> str:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return KEY + key.value
        is_own = self.is_own(key, frame) and not any(map(self.repeated.is_repeating, containers))
        return OWN if is_own else ANY

    def cell(self, node: ast.expr, frame: Frame) -> ast.Subscript | None:
        """The cell of a sheet that the call names, `sheet[row, column]`, where no method of the project is called."""
        cell = sheets.item(node)
        if cell is None or not isinstance(node, ast.Call):
            return None
        if any(isinstance(v, Fn) for v in self.program.eval(frame.function.id, node.func)):
            return None
        assert isinstance(cell.slice, ast.Tuple)
        cell.slice.elts[1] = self._number(cell.slice.elts[1], frame)
        return cell

    def _number(self, node: ast.expr, frame: Frame) -> ast.expr:
        """The number that a name stands for: `LABEL = 7`; the expression itself where it is none."""
        owner = self.program.owner(frame.function, node.id) if isinstance(node, ast.Name) else None
        value = owner.only_value(node.id) if owner is not None and isinstance(node, ast.Name) else None
        return value if isinstance(value, ast.Constant) and type(value.value) is int else node

    def iterated(self, node: ast.expr, frame: Frame) -> set[Channel]:
        """The containers that a loop over `node` goes through."""
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in _GOES_THROUGH:
                given = [*node.args, *(k.value for k in node.keywords if k.arg in _POPULATIONS)]
                return set().union(*(self.iterated(a, frame) for a in given), set())
        return self.path(node, frame)

    def is_own(self, key: ast.expr, frame: Frame) -> bool:
        """Whether the key is different for every item."""
        return isinstance(key, ast.Name) and key.id in frame.targets

    def key_text(self, node: ast.expr, frame: Frame, depth: int = 0) -> str | None:
        """The expression's text, if it means the same throughout the iteration and has to do with the item."""
        if any(isinstance(part, ast.Slice) for part in (node, *getattr(node, "elts", ()))):
            return None  # several entries, of which others may have some
        places = self._places(frame.function)
        if places and any(ast.unparse(part) in places for part in walk(node) if isinstance(part, _PARTS)):
            return None  # it may be another one behind the answer
        names = scopes.read(node)
        own = {n for n in names if n in frame.local}
        if not own or not own <= frame.stable | frame.targets:
            return None
        return ast.unparse(node)

    def _places(self, function: FunctionFacts) -> frozenset[str]:
        """The attributes and items that the function gives other values."""
        if function.id not in self._assigned:
            parts = (n for n in walk(function.node) if isinstance(n, _PARTS) and isinstance(n.ctx, ast.Store))
            self._assigned[function.id] = frozenset(map(ast.unparse, parts))
        return self._assigned[function.id]

    def file_access(self, node: ast.expr, how: str, frame: Frame) -> Access:
        if self.file_links.leads_through(node, frame):
            return Access(("file",), how, node.lineno)
        beside = self._drawn_beside(node, frame)
        plain = file_names.bare(self.expand(beside, frame))
        expanded = file_names.constant(self, node, frame) or plain
        text = ast.unparse(expanded)
        own = text if MARK in text else None
        is_hidden = beside is not node and not scopes.read(node).isdisjoint(frame.local)
        place = folders.of_file(self, beside if is_hidden else node, frame) if how != "read" or own else None
        is_private = own and (own_files.is_own(plain, frame) or file_names.is_private(self, node, frame))
        channel = ("file", text, PRIVATE) if is_private else ("file", text)
        return Access(channel, how, node.lineno, own, place=place, named=isinstance(plain, ast.Name))

    def _drawn_beside(self, node: ast.expr, frame: Frame) -> ast.expr:
        """The path with names of a comprehension or lambda around it marked as such: they are not the item's."""
        function = frame.function
        if function.id not in self._beside:
            found: dict[int, set[str]] = {}
            for outer in walk(function.node):
                if isinstance(outer, Comprehension | ast.Lambda):
                    own = scopes.in_head(outer)
                    found |= {id(inner): found.get(id(inner), set()) | own for inner in walk(outer)}
            self._beside[function.id] = found
        own = self._beside[function.id].get(id(node), set())
        if frame.caller is None and not frame.tokens:
            own = own - frame.local  # of a comprehension whose items these are
        return replaced(node, lambda n: ast.Name(f"{MARK}0_{n.id}", ast.Load()) if n.id in own else n) if own else node

    def listing(self, call: ast.Call, folder: ast.expr | None, pattern: ast.expr | None, frame: Frame) -> Access:
        """What is seen of the files in a folder, or of those that a pattern names, by listing them."""
        if folder is not None and self.file_links.leads_through(folder, frame):
            return Access(("file",), "read", call.lineno)
        is_deep = last_name(call.func) in {"rglob", "walk"}
        place = folders.listed(self, folder, pattern, frame, is_deep=is_deep)
        expanded = self.expand(folder or pattern or ast.Constant("."), frame)
        text = ast.unparse(expanded)
        own = text if MARK in text else None
        is_private = own and folder is not None and own_files.is_own(expanded, frame)
        channel = ("file", text, LISTED, PRIVATE) if is_private else ("file", text, LISTED)
        return Access(channel, "read", call.lineno, own, place=place)

    def meaning(self, node: ast.expr, frame: Frame) -> str:
        """The text of a key as the iteration has it."""
        return ast.unparse(self.expand(node, frame, apart=True))

    def expand(self, node: ast.expr, frame: Frame, depth: int = 0, *, apart: bool = False) -> ast.expr:
        """The expression with own names replaced by what they were bound to or given, marked where that is not known.

        Parts in which nothing is replaced are those of `node`. `apart`: whether each value of a name has its own mark.
        """

        node = unnamed(node)
        parts = parts_in(node) if apart else {}

        def meaning(name: ast.Name) -> ast.expr:
            if name.id not in frame.local or isinstance(name.ctx, ast.Store):
                return name
            number = self.versions.number(name, parts.get(id(name)), frame) if apart else frame.number
            value, around = self.bound_once(name.id, frame)
            is_whole = number == frame.number and not (apart and name.id in frame.unpacked)
            if value is not None and depth <= 4 and is_whole:
                if around is not frame:
                    return self.expand(value, around, apart=apart)
                if name.id not in scopes.read(value) and _is_plain(value):
                    return self.expand(value, frame, depth + 1, apart=apart)
            return ast.Name(f"{MARK}{number}_{name.id}", ast.Load())

        return replaced(node, meaning)

    @staticmethod
    def bound_once(name: str, frame: Frame) -> tuple[ast.expr | None, Frame]:
        """What an own name that is bound once is bound to, was given or has as its default, and in which names."""
        value, caller = frame.definitions.get(name), frame.caller
        if name not in frame.stable or value is not None or caller is None:
            return (value if name in frame.stable else None), frame
        given = frame.given.get(name, receiver_in(frame, name))
        if given is not None:
            return given, caller
        default = frame.function.default(name)
        is_left_out = frame.entry is not None and _leaves_out(frame.entry, frame.function, name)
        return (default if is_left_out and _is_outer(default, frame) else None), frame


def _leaves_out(call: ast.Call, function: FunctionFacts, parameter: str) -> bool:
    """Whether the call, which names the function itself and no `partial` of it, is without the argument."""
    is_direct = function.name == "__init__" or last_name(call.func) == function.name
    is_given = any(isinstance(a, ast.Starred) for a in call.args) or any(
        k.arg in {None, parameter} for k in call.keywords
    )
    return is_direct and not is_given


def unnamed(node: ast.expr) -> ast.expr:
    """The value of what is given a name where it stands: `(out := folder / name).exists()`."""
    return unnamed(node.value) if isinstance(node, ast.NamedExpr) else node


def _is_outer(default: ast.expr | None, frame: Frame) -> bool:
    """Whether the default of a parameter means the same in the function as where it is written."""
    return isinstance(default, ast.Constant | ast.Name | ast.Attribute) and not scopes.read(default) & frame.local


def _is_plain(node: ast.expr) -> bool:
    """Whether the expression has the same value wherever it stands."""
    return all(
        (n.func.id if isinstance(n.func, ast.Name) else getattr(n.func, "attr", "")) in PLAIN
        for n in ast.walk(node)
        if isinstance(n, ast.Call)
    )


def _pairs(body: list[ast.stmt]) -> Iterator[Pair]:
    for statement in body:
        for node in walk(statement):
            if node.__class__ not in _PAIRING:
                continue
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    yield target, node.value, False
            elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                yield node.target, node.value, False
            elif isinstance(node, ast.For | ast.AsyncFor):
                yield node.target, node.iter, True
            elif isinstance(node, ast.withitem) and node.optional_vars is not None:
                yield node.optional_vars, node.context_expr, False
            elif isinstance(node, ast.Match):
                for case in node.cases:
                    yield from ((target, value, False) for target, value in captures(case.pattern, node.subject))


def receiver_of(target: Fn, call: ast.Call) -> ast.expr | None:
    """What a method is called on."""
    if target.owner is not None and is_called_itself(target, call):
        return call.func
    return call.func.value if target.owner is not None and isinstance(call.func, ast.Attribute) else None


def is_called_itself(target: Fn, call: ast.Call) -> bool:
    """Whether what is called is an object of the project, whose class says what that does."""
    return target.id.qualname.endswith(".__call__") and last_name(call.func) != "__call__"


def receiver_in(frame: Frame, name: str) -> ast.expr | None:
    """What the method of the frame was called on, in the names of its caller, if `name` stands for that."""
    function, receiver = frame.function, frame.receiver
    if not function.owner or not function.parameters or function.parameters[0].arg != name or frame.caller is None:
        return None
    if isinstance(receiver, ast.Call) and last_name(receiver.func) == "super":
        around = frame.caller.function
        return ast.Name(around.parameters[0].arg, ast.Load()) if around.owner and around.parameters else None
    return receiver


def function_body(function: FunctionFacts) -> list[ast.stmt]:
    node = function.node
    if isinstance(node, ast.Lambda):
        return [ast.copy_location(ast.Expr(node.body), node.body)]
    return list(node.body)


def _turned(target: ast.expr, value: ast.expr) -> ast.expr | None:
    """The rows whose columns the names of the target get, each as a new tuple: `keys, texts = zip(*rows)`."""
    if not isinstance(target, ast.Tuple) or not all(isinstance(each, ast.Name) for each in target.elts):
        return None
    if not isinstance(value, ast.Call) or last_name(value.func) != "zip" or len(value.args) != 1:
        return None
    first = value.args[0]
    return first.value if isinstance(first, ast.Starred) else None
