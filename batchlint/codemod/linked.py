"""Objects of other items: what a loop changes in one item may be read for the next one, under another name.

`by_id[post["parent"]]["summary"]` reads what `post["summary"] = answer` has stored in an earlier item. Both are touches
of the field `summary`; this module tells which expressions may stand for another item than the loop's own.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from batchlint.codemod import sheets
from batchlint.codemod.access import Access, Frame
from batchlint.codemod.effects import FILE_LIST
from batchlint.codemod.scalars import is_key, tells_of_no_other
from batchlint.codemod.stores import Stores
from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId
from batchlint.iterables import COUNTED, EACH, NUMBERS, PAIRED, SAME, SEVERAL
from batchlint.symbols import Program, last_name
from batchlint.trees import walk
from batchlint.values import Fn, Inst

_MAX_DEPTH = 8
_WORDS = re.compile(r"[\w.]+")
Asked = set[tuple[int, str]]
"""Names of frames, by identity, that a question has gone through: a text that is built in ten steps is asked once."""
_SCALARS = frozenset(
    [
        "len", "sum", "str", "repr", "int", "float", "bool", "round", "abs", "join", "format", "print", "any", "all",
        "range", "dumps", "count", "index", "isoformat", "time", "perf_counter", "hexdigest",
    ]
) | FILE_LIST  # fmt: skip
"""Calls whose value is no item and holds none: texts, numbers and paths."""
_OVER = EACH | PAIRED | {"values", "items", "islice"}
"""Calls that give the items of what they are given, or called on."""
_COPIES = SAME | {"tee", "islice", "deque", "copy"}
"""Calls that give all items of their argument, or some, and no others."""
_STORING = frozenset(["append", "add", "insert", "appendleft", "extend", "update", "setdefault", "push"])
_SHOWING = frozenset(["str", "repr", "format", "dumps", "pformat", "asdict", "vars"])
_DUMPING = frozenset(["model_dump", "model_dump_json", "to_dict", "to_json", "asdict"])
"""Calls that read all fields of what they are given, or called on."""


@dataclass(frozen=True, slots=True)
class Items:
    """The items of one loop: the targets, and the variables through which others of them can be reached."""

    function: FunctionFacts
    names: frozenset[str]
    are_linked: bool
    """Whether two targets can be items of the same container: `zip(posts, posts[1:])`."""
    others: frozenset[str]
    """Names of variables, and attributes of variables as they are written."""
    are_numbers: bool = False


class Linked:
    def __init__(self, program: Program, stores: Stores) -> None:
        self._program = program
        self._stores = stores
        self._known_flows: dict[FunctionId, list[tuple[str, str]]] = {}

    # -- the loop
    def of(self, function: FunctionFacts, generators: Iterable[tuple[ast.expr, ast.expr]]) -> Items:
        """The items of a loop in the function, by its targets and what they are drawn from."""
        generators = list(generators)
        names = {n.id for target, _ in generators for n in walk(target) if isinstance(n, ast.Name)}
        keys = {key for _, iterated in generators for key in _keys(iterated)}
        others = self._closure(function, keys | names)
        ways = [(t, way) for t, iterated in generators for way in (iterated, self._copied(function, iterated))]
        ways += [(t, way) for t, iterated in generators if (way := self._paired(function, iterated)) is not None]
        is_shared = any(_is_shared(target, way) for target, way in ways)
        given = self._given(function, others)
        are_numbers = all(isinstance(i, ast.Call) and last_name(i.func) in NUMBERS for _, i in generators)
        return Items(function, frozenset(names), is_shared, frozenset((others | given) - names), are_numbers)

    def _copied(self, function: FunctionFacts, iterated: ast.expr) -> ast.expr:
        """A `zip` of the variables from which those that it is given are copies, slices or iterators."""
        if not isinstance(iterated, ast.Call) or last_name(iterated.func) not in PAIRED:
            return iterated
        return ast.Call(iterated.func, [self._origin(function, each) for each in iterated.args], [])

    def _paired(self, function: FunctionFacts, iterated: ast.expr) -> ast.Call | None:
        """The `zip` or `product` whose pairs a variable holds that is gone through."""
        owner = self._program.owner(function, iterated.id) if isinstance(iterated, ast.Name) else None
        value = owner.only_value(iterated.id) if owner is not None and isinstance(iterated, ast.Name) else None
        while isinstance(value, ast.Call) and last_name(value.func) in _COPIES and value.args:
            value = value.args[0]
        return value if isinstance(value, ast.Call) and last_name(value.func) in PAIRED | SEVERAL else None

    def _origin(self, function: FunctionFacts, node: ast.expr, depth: int = 0) -> ast.expr:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            named = [self._origin(function, side, depth + 1) for side in (node.left, node.right)]
            return next((side for side in named if isinstance(side, ast.Name)), node)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            return self._origin(function, node.value, depth)
        if isinstance(node, ast.Call) and last_name(node.func) in _COPIES and node.args:
            return self._origin(function, node.args[0], depth)
        owner = self._program.owner(function, node.id) if isinstance(node, ast.Name) else None
        if owner is None or depth > _MAX_DEPTH or not isinstance(node, ast.Name):
            return node
        given = [value for target, value in _assigned(owner.node) if node.id in _names_in(target)]
        is_copy = len(given) == 1 and isinstance(given[0], ast.Name | ast.Subscript | ast.Call | ast.BinOp)
        return self._origin(owner, given[0], depth + 1) if is_copy else node

    def _closure(self, function: FunctionFacts, keys: set[str]) -> set[str]:
        """The variables that may hold what the given ones hold."""
        found = set(keys)
        flows = self._known_flows.get(function.id)
        if flows is None:
            flows = self._known_flows[function.id] = list(dict.fromkeys(self._flows(function)))
        while True:
            more = {to for source, to in flows if source in found} - found
            if not more:
                return found
            found |= more

    def _flows(self, function: FunctionFacts) -> Iterator[tuple[str, str]]:
        """From which variable something goes into which, in the function, its module and, for attributes, its class."""
        yield from _flows(function.node)
        if function.id.qualname != MODULE:
            for statement in self._program.modules[function.id.path].tree.body:
                if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    yield from _flows(statement)
        method = self._program.method_around(function)
        if method is not None:
            for other in self._program.modules[method.id.path].functions.values():
                if other.owner == method.owner and other is not function:
                    yield from ((_of_method(source, other), _of_method(to, other)) for source, to in _flows(other.node))

    def _given(self, function: FunctionFacts, others: set[str]) -> set[str]:
        """Parameters that callers give what has to do with what they give for one of the others."""
        mine = [name for name in function.parameter_names if name in others]
        if not mine or len(function.parameters) < 2:
            return set()
        found: set[str] = set()
        for caller, node, _ in self._program.callers.call_sites(function)[:20]:
            given = {
                name: set(_keys(argument))
                for name in function.parameter_names
                for at, call, argument in self._program.callers.arguments(function, name)
                if call is node and at == caller
            }
            keys = set().union(*(given.get(name, set()) for name in mine))
            linked = self._closure(self._program.functions[caller], keys)
            found |= {name for name, read in given.items() if read & linked}
        return found

    # -- expressions
    def may_be_other(self, node: ast.expr, frame: Frame, asked: Asked | None = None) -> bool:
        """Whether the expression may be another item of the loop around it, or hold some."""
        items = _items(frame)
        if items is None:
            return False
        asked = set() if asked is None else asked
        if isinstance(node, ast.Name):
            return self._name(node.id, frame, items, asked)
        if isinstance(node, ast.Attribute | ast.Subscript):
            field = field_of(node)
            if self.is_item(node.value, frame):
                return field in self._links
            if isinstance(node, ast.Attribute) and is_self(node.value) and self._is_method_of(frame, items):
                return f"self.{node.attr}" in items.others
            if field is not None and field not in self._links and ast.unparse(node) not in items.others:
                return False  # what an item holds under a name is no item
            return self.may_be_other(node.value, frame, asked)
        if isinstance(node, ast.Call):
            return self._call(node, frame, items, asked)
        if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
            return any(self.may_be_other(g.iter, frame, asked) for g in node.generators)
        if isinstance(node, ast.IfExp):
            return any(self.may_be_other(each, frame, asked) for each in (node.body, node.orelse))
        if isinstance(node, ast.BoolOp | ast.NamedExpr | ast.Await | ast.Starred | ast.List | ast.Tuple):
            inner = (n for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr))
            return any(self.may_be_other(each, frame, asked) for each in inner)
        return False

    def _name(self, name: str, frame: Frame, items: Items, asked: Asked) -> bool:
        if (id(frame), name) in asked:
            return False
        asked.add((id(frame), name))
        if name in frame.drawn:
            return any(self._holds_others(each, frame, asked) for each in frame.drawn[name])
        if frame.items is not None and name in items.names:
            return items.are_linked
        if name in frame.given and frame.caller is not None:
            rebound = any(self.may_be_other(each, frame, asked) for each in frame.bound.get(name, ()))
            return rebound or self.may_be_other(frame.given[name], frame.caller, asked)
        if name in {"self", "cls"}:
            if frame.receiver is None or frame.caller is None:
                return False
            return self.may_be_other(frame.receiver, frame.caller, asked)
        if name in frame.local:
            # What is drawn from what the item holds may be others; what it holds itself is its own.
            holds = self.may_be_other if name in frame.definitions else self._holds_others
            return any(holds(each, frame, asked) for each in frame.bound.get(name, ()))
        is_seen = frame.function.id.path == items.function.id.path and (
            frame.items is not None or name in self._program.modules[frame.function.id.path].body.bindings
        )
        return is_seen and name in items.others

    def _holds_others(self, node: ast.expr, frame: Frame, asked: Asked) -> bool:
        """Whether what is drawn from it may be other items: also what the item itself holds, as its children."""
        is_held = isinstance(node, ast.Attribute | ast.Subscript) and self.is_item(node.value, frame)
        if is_held and isinstance(node, ast.Attribute) and self._is_of_another_class(node, frame):
            return False
        return is_held or self.may_be_other(node, frame, asked)

    def _is_of_another_class(self, node: ast.Attribute, frame: Frame) -> bool:
        """Whether what an item's attribute holds is said to be of a class that has nothing to do with the item's."""
        program, owners = self._program, self._program.eval(frame.function.id, node.value)
        lines = [program.mro(value.id)[0] for value in owners if isinstance(value, Inst)]
        if not lines or len(lines) < len(owners):
            return False
        classes = [program.classes[each] for line in lines for each in line if each in program.classes]
        hints = [b.value for facts in classes for b in facts.bindings.get(node.attr, ()) if b.how == "annotation"]
        held = {klass for hint in hints if hint is not None for klass in self._named_in(hint)}
        related = {each for line in lines for each in line}
        apart = (related.isdisjoint(program.mro(klass)[0]) and not self._has_links(klass) for klass in held)
        return bool(held) and all(apart)

    def _named_in(self, hint: ast.AST) -> Iterator[ClassId]:
        """The classes of the project that an annotation names."""
        return (klass for node in walk(hint) for klass in self._program.classes if _names(node, klass))

    def _has_links(self, klass: ClassId) -> bool:
        """Whether objects of the class lead to other objects, or of classes below it."""
        program = self._program
        lines = [program.mro(klass)[0], *(program.mro(each)[0] for each in program.subclasses(klass))]
        fields = {
            name
            for each in itertools.chain.from_iterable(lines)
            for name in [*program.self_writes.get(each, ()), *getattr(program.classes.get(each), "bindings", ())]
        }
        return not fields.isdisjoint(self._links)

    def _call(self, node: ast.Call, frame: Frame, items: Items, asked: Asked) -> bool:
        name = last_name(node.func)
        if name in _SCALARS or self._stores.gives(node, frame.function):
            return False
        if sheets.is_cell(node):
            return not self._is_only_counted(frame)
        if name in sheets.known().neighbours:
            return True
        if name == "getattr" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            made = ast.Attribute(node.args[0], str(node.args[1].value), ast.Load())
            return self.may_be_other(ast.copy_location(made, node), frame, asked)
        if isinstance(node.func, ast.Attribute):
            if name == "get" and node.args and self.is_item(node.func.value, frame):
                return field_of(node) in self._links
            if not is_self(node.func.value) and self.may_be_other(node.func.value, frame, asked):
                return True
        targets = self._program.eval(frame.function.id, node.func)
        if any(isinstance(v, Fn) and self._reads_others(self._program.functions[v.id], items) for v in targets):
            return True
        return any(self.may_be_other(each, frame, asked) for each in node.args)

    def _reads_others(self, function: FunctionFacts, items: Items) -> bool:
        """Whether the function gives something out of the variables of its module or its object."""
        if function.id.path != items.function.id.path:
            return False
        read = {key for returned in function.returns for key in _keys(returned)}
        shared = {key for key in items.others if key.startswith("self.")}
        if items.function.id.qualname == MODULE or self._is_global(items):
            shared |= items.others & set(self._program.modules[function.id.path].body.bindings)
        return bool(self._closure(function, shared) & read - set(function.parameter_names))

    def _is_global(self, items: Items) -> bool:
        return not items.others.isdisjoint(self._program.modules[items.function.id.path].body.bindings)

    def _is_method_of(self, frame: Frame, items: Items) -> bool:
        """Whether `self` in the frame is an object of the class in which the loop stands."""
        own, around = (self._program.method_around(each) for each in (frame.function, items.function))
        return own is not None and around is not None and own.owner == around.owner

    def is_item(self, node: ast.expr, frame: Frame, depth: int = 0) -> bool:
        """Whether the expression is the loop's own item."""
        items = _items(frame)
        if items is None or not isinstance(node, ast.Name) or depth > _MAX_DEPTH:
            return False
        if frame.items is not None and node.id in items.names:
            return True
        if node.id in frame.given and frame.caller is not None:
            return self.is_item(frame.given[node.id], frame.caller, depth + 1)
        if is_self(node) and frame.receiver is not None and frame.caller is not None:
            return self.is_item(frame.receiver, frame.caller, depth + 1)
        bound = frame.bound.get(node.id, ()) if node.id in frame.local else ()
        return bool(bound) and all(self.is_item(each, frame, depth + 1) for each in bound)

    def marks(self, caller: Frame, given: dict[str, ast.expr], receiver: ast.expr | None) -> object:
        """Equal for two calls of a function that hand over items, and what may be others, in the same places."""
        items = _items(caller)
        if items is None:
            return None
        handed = [*given.items(), *([("self", receiver)] if receiver is not None else [])]
        places = ((name, self.is_item(each, caller), self.may_be_other(each, caller)) for name, each in handed)
        return items, frozenset(place for place in places if place[1] or place[2])

    # -- touches
    def draw(self, comprehension: ast.AST, frame: Frame) -> None:
        """Note what the names of a comprehension are drawn from."""
        for generator in comprehension.generators:  # type: ignore[attr-defined]
            for node in walk(generator.target):
                if isinstance(node, ast.Name):
                    frame.drawn.setdefault(node.id, []).append(generator.iter)

    def read(self, node: ast.Attribute | ast.Subscript, frame: Frame) -> list[Access]:
        """The touch of a field of what may be another item."""
        if sheets.is_cell(node.value) and self._is_only_counted(frame):
            return []  # its address tells which one it is
        field = field_of(node)
        if field is None:
            return []  # an index or a variable more likely leads to an item than into one
        inner = node.value
        is_other = self._is_in_other(inner, frame)
        if isinstance(node, ast.Attribute) and isinstance(inner, ast.Attribute):
            is_other = is_other or self.is_item(inner.value, frame)  # `node.up.text`: what it refers to may be one
        reached = [_reached(field, "read", node)] if self.is_item(inner, frame) else []
        return [*reached, *([_touch(field, "read", node)] if is_other else [])]

    def shown(self, node: ast.expr, frame: Frame) -> list[Access]:
        """The same of all fields, where the whole object is made a text of."""
        is_place = isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
        is_told = is_place and self.may_be_other(node, frame) and not tells_of_no_other(self._program, node, frame)
        return [_touch(None, "read", node)] if is_told else []

    def called(self, call: ast.Call, frame: Frame) -> list[Access]:
        """The same of a call: of `get` with a field, of what shows the whole, of what stores a field."""
        name, func = last_name(call.func), call.func
        if name in {"getattr", "setattr"} and len(call.args) > 1:
            named = call.args[1].value if isinstance(call.args[1], ast.Constant) else None
            field = None if named is None else str(named)
            if name == "setattr":
                is_one = self._is_in_item(call.args[0], frame) or self._is_in_other(call.args[0], frame)
                return [_touch(field, "write", call)] if is_one and len(call.args) == 3 else []
            return [_touch(field, "read", call)] if field and self._is_in_other(call.args[0], frame) else []
        if name in _SHOWING and call.args and (shown := self.shown(call.args[0], frame)):
            return shown
        if not isinstance(func, ast.Attribute):
            return []
        held = func.value
        if name in _STORING and isinstance(held, ast.Attribute) and self._leads_on(held.value, frame):
            return [_touch(held.attr, "write", call), _reached(held.attr, "write", call)]
        if name in _STORING and self._is_in_item(func.value, frame):
            dicts = [a for a in call.args if isinstance(a, ast.Dict)]
            constants = [k.value for each in dicts for k in each.keys if isinstance(k, ast.Constant)]
            keys = [*(k.arg for k in call.keywords if k.arg), *map(str, constants)]
            return [_touch(key, "write", call) for key in keys] or [_touch(None, "write", call)]
        if name in {"get", "pop"} and call.args and field_of(call) is not None and self._is_in_other(func.value, frame):
            return [_touch(field_of(call), "read", call)]
        if name in _DUMPING and self.may_be_other(func.value, frame):
            return [_touch(None, "read", call)]
        return []

    def merged(self, node: ast.AugAssign, frame: Frame) -> list[Access]:
        """The touch of fields that are stored in an item by `item |= {...}`."""
        if not isinstance(node.op, ast.BitOr) or not self._is_in_item(node.target, frame):
            return []
        keys = node.value.keys if isinstance(node.value, ast.Dict) else [None]
        known = [key.value if isinstance(key, ast.Constant) else None for key in keys]
        return [_touch(None if key is None else str(key), "write", node.target) for key in known]

    def stored(self, target: ast.expr, frame: Frame) -> list[Access]:
        """The touch of a field that is stored in an item."""
        if not isinstance(target, ast.Attribute | ast.Subscript):
            return []
        field = field_of(target)
        is_one = self._is_in_item(target.value, frame) or sheets.is_cell(target.value)
        if field is None:
            return [_touch(None, "write", target)] if is_one else []
        is_one = is_one or self._is_in_other(target.value, frame)
        reached = [_reached(field, "write", target)] if self._leads_on(target.value, frame) else []
        return [*reached, *([_touch(field, "write", target)] if is_one else [])]

    def _leads_on(self, node: ast.expr, frame: Frame) -> bool:
        """Whether it is another item to which the item leads: `node.next`, `for friend in agent.friends`."""
        if is_self(node):
            receiver, caller = frame.receiver, frame.caller
            return isinstance(receiver, ast.Attribute) and caller is not None and self._leads_on(receiver, caller)
        if isinstance(node, ast.Attribute) and self.is_item(node.value, frame):
            return True
        return isinstance(node, ast.Name | ast.Attribute) and self.may_be_other(node, frame)

    def _is_only_counted(self, frame: Frame) -> bool:
        """Whether the items are numbers, and no cells, and nothing leads from one cell to another."""
        items, leading = _items(frame), sheets.known().neighbours
        is_led = any(self._program.calls_by_name.get(name) for name in leading)
        return items is not None and items.are_numbers and not is_led

    def _is_in_item(self, node: ast.expr, frame: Frame, depth: int = 0) -> bool:
        """Whether the expression is the loop's own item, or something in it."""
        for each in steps_of(node):
            if self.is_item(each, frame):
                return True
            if is_self(each) and frame.receiver is not None and frame.caller is not None:
                return self._is_in_item(frame.receiver, frame.caller)
            if isinstance(each, ast.Name) and each.id in frame.local and depth < _MAX_DEPTH:
                bound = frame.bound.get(each.id, ())
                if bound and all(self._is_in_item(value, frame, depth + 1) for value in bound):
                    return True
        return False

    def _is_in_other(self, node: ast.expr, frame: Frame) -> bool:
        """Whether the expression may be another item, or something in one."""
        places = (each for each in steps_of(node) if each is node or not is_self(each))
        return any(self.may_be_other(each, frame) for each in places)

    def _is_object(self, function: FunctionFacts, value: ast.expr | None, depth: int = 0) -> bool:
        """Whether what is stored may be an object that stands elsewhere too: of a class, or out of a container."""
        if value is None or depth > 2:
            return False
        if isinstance(value, ast.Subscript):
            return not isinstance(value.slice, ast.Constant | ast.Slice)
        if isinstance(value, ast.Call) and last_name(value.func) in {"get", "pop"}:
            return any(not isinstance(argument, ast.Constant) for argument in value.args[:1])
        if any(isinstance(v, Inst) for v in self._program.eval(function.id, value)):
            return True
        bindings = function.bindings.get(value.id, ()) if isinstance(value, ast.Name) else ()
        return any(
            not is_key(b) if b.how == "element" else self._is_object(function, b.value, depth + 1) for b in bindings
        )

    @cached_property
    def _links(self) -> frozenset[str | None]:
        """Fields that hold other objects, as far as what is stored in them tells."""
        program = self._program
        found: set[str] = set()
        for name, writes in program.attribute_writes.items():
            found |= {name for function, _, binding in writes if self._is_object(function, binding.value)}
        for stored in program.self_writes.values():
            found |= {name for name, writes in stored.items() for f, b in writes if self._is_object(f, b.value)}
        for function in program.functions.values():
            found |= {b.target for _, b in function.items if b.target and self._is_object(function, b.value)}
        for klass in program.classes.values():
            for name, bindings in klass.bindings.items():
                hints = (n for b in bindings if b.how == "annotation" and b.value is not None for n in walk(b.value))
                if any(_names_class(program, hint) for hint in hints):
                    found.add(name)
        return frozenset(found)


def _assigned(scope: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in walk(scope):
        if isinstance(node, ast.Assign):
            yield from ((target, node.value) for target in node.targets)


def _names_in(target: ast.expr) -> set[str]:
    return (
        {n.id for n in walk(target) if isinstance(n, ast.Name)} if isinstance(target, ast.Name | ast.Tuple) else set()
    )


def _touch(field: str | None, how: str, node: ast.expr) -> Access:
    return Access(("field",) if field is None else ("field", field), how, node.lineno)


def _reached(field: str, how: str, node: ast.expr) -> Access:
    """The touch of an item's field by who comes to the item from another one."""
    return Access(("reached", field), how, node.lineno)


def field_of(node: ast.expr) -> str | None:
    """The attribute or constant key that the expression reads or stores; None where it is not known."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return node.slice.value if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str) else None
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        return node.args[0].value if isinstance(node.args[0].value, str) else None
    return None


def steps_of(node: ast.expr) -> Iterator[ast.expr]:
    """The expression, and what it is an attribute or item of."""
    yield node
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
        yield node


def _items(frame: Frame) -> Items | None:
    while frame.items is None and frame.caller is not None:
        frame = frame.caller
    return frame.items


def _names_class(program: Program, hint: ast.AST) -> bool:
    return any(_names(hint, klass) for klass in program.classes)


def _names(hint: ast.AST, klass: ClassId) -> bool:
    if isinstance(hint, ast.Constant) and isinstance(hint.value, str):
        return klass.qualname in _WORDS.findall(hint.value)
    return isinstance(hint, ast.Name) and hint.id == klass.qualname


def is_self(node: ast.expr | None) -> bool:
    """Whether the expression is the name of a method's own object or class."""
    return isinstance(node, ast.Name) and node.id in {"self", "cls"}


def _keys(node: ast.AST) -> Iterator[str]:
    """The variables in an expression through which items can come: names and attributes of `self`."""
    if isinstance(node, ast.Attribute) and is_self(node.value):
        yield f"self.{node.attr}"
    elif isinstance(node, ast.Name):
        yield from () if is_self(node) else (node.id,)
    elif isinstance(node, ast.Call) and last_name(node.func) in _SCALARS:
        return
    elif not isinstance(node, ast.Compare | ast.JoinedStr | ast.Constant):
        parts = ast.iter_child_nodes(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            parts = (n for n in parts if n is not node.func)
        for part in parts:
            yield from _keys(part)


def _flows(scope: ast.AST) -> Iterator[tuple[str, str]]:
    for node in walk(scope):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                yield from _into(target, node.value)
                if _is_over(node.value):  # what is drawn from the copy is in the original too
                    yield from ((to, source) for source, to in _into(target, node.value))
                yield from ((to, name) for name in _listed(node.value) for _, to in _into(target, node.value))
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            yield from _into(node.target, node.iter)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _STORING:
            for argument in node.args:
                yield from _into(node.func.value, argument)


def _listed(value: ast.expr) -> list[str]:
    """The variables whose objects a list is written out with: what is drawn from it is in them too."""
    parts = value.elts if isinstance(value, ast.List | ast.Tuple | ast.Set) else ()
    inner = (part.target if isinstance(part, ast.NamedExpr) else part for part in parts)
    return [part.id for part in inner if isinstance(part, ast.Name)]


def _into(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, str]]:
    if isinstance(target, ast.Tuple | ast.List):
        same = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
        values = value.elts if same and isinstance(value, ast.Tuple | ast.List) else [value] * len(target.elts)
        for each, given in zip(target.elts, values, strict=True):
            yield from _into(each, given)
        return
    root = target
    while isinstance(root, ast.Subscript | ast.Starred | ast.Call) or (
        isinstance(root, ast.Attribute) and not is_self(root.value)
    ):
        root = root.func if isinstance(root, ast.Call) else root.value
    places = {*_keys(root), *([ast.unparse(target)] if isinstance(target, ast.Attribute) else [])}
    for to in sorted(places):
        yield from ((source, to) for source in _keys(value) if source != to)


def _is_over(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return last_name(value.func) in _OVER
    return isinstance(value, ast.Name | ast.Attribute | ast.Subscript | ast.ListComp)


def _of_method(key: str, method: FunctionFacts) -> str:
    return key if key.startswith("self.") else f"{method.id.qualname}:{key}"


def _is_shared(target: ast.expr, iterated: ast.expr) -> bool:
    """Whether several of the targets can be items of the same container."""
    if not isinstance(target, ast.Tuple | ast.List):
        return False
    if isinstance(iterated, ast.Call):
        name = last_name(iterated.func)
        if name in EACH and iterated.args:
            inner = target.elts[1] if name in COUNTED and len(target.elts) > 1 else target
            return _is_shared(inner, iterated.args[0])
        if name in PAIRED:
            sources = [set(_keys(each)) for each in iterated.args]
            return any(a & b for i, a in enumerate(sources) for b in sources[i + 1 :])
        return name in SEVERAL
    return False
