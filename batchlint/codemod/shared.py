"""Variables behind other names than their own: attributes of classes, functions and modules, defaults of parameters.

`Writer.last`, `self.last` and `cls.last` are one variable, as are `log.current` and the module's own `current`; a
default is made once, for all calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property

from batchlint.codemod.access import Channel
from batchlint.facts import MODULE, Binding, ClassFacts, ClassId, FunctionFacts, FunctionId, Import
from batchlint.symbols import Program, last_name
from batchlint.symbols.members import decorators
from batchlint.trees import DISPLAYS, spreads, walk
from batchlint.values import Cls, Fn, Inst, Mod

_CLASS, _FUNCTION = "class", "def"
"""Steps that no function's name can be."""
_MAKERS = frozenset(
    [
        "list", "dict", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict", "ChainMap", "count",
        "cycle", "iter", "SimpleNamespace", "StringIO", "BytesIO", "Random", "RandomState", "default_rng", "ContextVar",
        "local",
    ]
)  # fmt: skip
"""Calls that make what can be changed."""
_MAKING = frozenset({"__init__", "__post_init__", "__new__", "setup", "setUp"})
_MAX_DEPTH = 6


class Shared:
    """Finds their channels."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._defaults: dict[FunctionId, dict[str, set[Channel]]] = {}

    # -- defaults
    def defaults(
        self, function: FunctionFacts, call: ast.Call, passed: Iterable[str]
    ) -> Iterator[tuple[str, set[Channel]]]:
        """The parameters whose defaults a call takes, with what they are, where that can change or has a name."""
        known = self._defaults.get(function.id)
        if known is None:
            known = self._defaults[function.id] = dict(self._changing(function))
        if known:
            given = frozenset() if spreads(call) else frozenset(passed)
            yield from ((name, channels) for name, channels in known.items() if name not in given)

    def _changing(self, function: FunctionFacts) -> Iterator[tuple[str, set[Channel]]]:
        scope = FunctionId(function.id.path, function.parent or MODULE)
        for parameter in function.parameters:
            value = function.default(parameter.arg)
            if value is not None and self.can_change(value, scope):
                yield parameter.arg, {("v", function.id.path, function.id.qualname, parameter.arg)}
            elif isinstance(value, ast.Name) and function.parent is None and function.owner is None:
                bindings = self._program.modules[function.id.path].body.bindings.get(value.id, ())
                if any(b.how == "import" or (b.value and not _is_fixed(b.value)) for b in bindings):
                    yield parameter.arg, self.variable(function.id.path, value.id)

    # -- attributes
    def attribute(self, node: ast.Attribute, scope: FunctionId) -> set[Channel]:
        """What is behind the attribute of a class, of one of its objects, of a function or a module."""
        return self.named(node.value, node.attr, scope, is_set=not isinstance(node.ctx, ast.Load))

    def named(self, node: ast.expr, name: str, scope: FunctionId, *, is_set: bool = False) -> set[Channel]:
        """The same of the attribute `name` of `node`."""
        found: set[Channel] = set()
        if name in self._of_classes:
            owners = self._of_classes[name]
            for id, is_class in self._classes(node, scope):
                if is_class or not (is_set or name in self._described):
                    found |= {
                        ("v", each.path, _CLASS, each.qualname, name) for each in self._line(id) if each in owners
                    }
        if name in self._of_functions:
            functions = [v for v in self._program.eval(scope, node) if isinstance(v, Fn)]
            found |= {("v", v.id.path, _FUNCTION, v.id.qualname, name) for v in functions}
        if self._is_imported(node, scope):
            for value in self._program.eval(scope, node):
                path = self._program.index.stems.get(value.stem) if isinstance(value, Mod) else None
                if path is not None and path in self._program.modules:
                    found |= self.variable(path, name)
        return found

    def whole(self, node: ast.expr, scope: FunctionId) -> set[Channel]:
        """All attributes of a class or a function that is named: `setattr(Writer, ...)`."""
        found: set[Channel] = set()
        if self._of_classes:
            found |= {
                ("v", each.path, _CLASS, each.qualname)
                for id, is_class in self._classes(node, scope)
                if is_class
                for each in self._line(id)
            }
        functions = (v for v in self._program.eval(scope, node) if isinstance(v, Fn)) if self._of_functions else ()
        return found | {("v", v.id.path, _FUNCTION, v.id.qualname) for v in functions}

    def variable(self, path: str, name: str) -> set[Channel]:
        """The variable of a module, where it is bound: not where others import it from."""
        body = self._program.modules[path].body
        imported = self.imported(body, name)
        if imported is not None:
            return imported
        bindings = body.bindings.get(name, [])
        if not bindings or any(b.how in {"function", "class", "import"} for b in bindings):
            return set()
        return {("v", path, MODULE, name)}

    def imported(self, function: FunctionFacts, name: str) -> set[Channel] | None:
        """What a name that the function, or a module's body, imports stands for; None for all others."""
        found: set[Channel] | None = None
        for _ in range(_MAX_DEPTH):
            source = self._source(function, name)
            path = self._program.imported_path(source, function.id.path) if source is not None else None
            if source is None or path is None or path not in self._program.modules:
                break
            function, name = self._program.modules[path].body, source.name or name
            found = {("v", path, MODULE, name)}
        return found

    def _source(self, function: FunctionFacts, name: str) -> Import | None:
        """The import by which the function, or a module's body, has the name."""
        bindings = function.bindings.get(name, ())
        if bindings or function.id.qualname != MODULE:
            return next((b.source for b in bindings if b.how == "import" and b.source and b.source.name), None)
        stars = (star._replace(name=name) for star in self._program.modules[function.id.path].stars)
        return next((each for each in stars if self._gives(each, function.id.path, 0)), None)

    def _gives(self, source: Import, importer: str, depth: int) -> bool:
        """Whether `*` of the module brings the name: the module binds it, or has it by a `*` of its own."""
        path = self._program.imported_path(source, importer)
        module = self._program.modules.get(path) if path is not None else None
        if module is None or depth > _MAX_DEPTH:
            return False
        further = (star._replace(name=source.name) for star in module.stars)
        return (source.name or "") in module.body.bindings or any(
            self._gives(each, module.path, depth + 1) for each in further
        )

    def starts(self, node: ast.Attribute, scope: FunctionId) -> list[ast.expr | None]:
        """What the bodies of the classes bind to the attribute of one that is named."""
        found: list[ast.expr | None] = []
        for id, is_class in self._classes(node.value, scope):
            for each in self._program.mro(id)[0] if is_class else ():
                facts = self._program.classes.get(each)
                found += [b.value for b in facts.bindings.get(node.attr, ()) if b.how == "value"] if facts else []
        return found

    def _classes(self, node: ast.expr, scope: FunctionId) -> Iterator[tuple[ClassId, bool]]:
        """The classes that the expression names (True), or of which it is an object (False)."""
        if isinstance(node, ast.Attribute) and node.attr == "__class__":
            yield from ((id, True) for id, _ in self._classes(node.value, scope))
        elif isinstance(node, ast.Call) and last_name(node.func) == "type" and len(node.args) == 1:
            yield from ((id, True) for id, _ in self._classes(node.args[0], scope))
        else:
            for value in self._program.eval(scope, node):
                if isinstance(value, Inst | Cls):
                    yield value.id, isinstance(value, Cls)

    def _line(self, klass: ClassId) -> Iterable[ClassId]:
        return [*self._program.mro(klass)[0], *self._program.subclasses(klass)]

    def _is_imported(self, node: ast.expr, scope: FunctionId) -> bool:
        """Whether the expression may name a module."""
        while isinstance(node, ast.Attribute):
            node = node.value
        if not isinstance(node, ast.Name):
            return False
        owners = self._program.scopes(self._program.functions[scope])
        bound = next((owner.bindings[node.id] for owner in owners if node.id in owner.bindings), ())
        return any(b.how == "import" for b in bound)

    @cached_property
    def _of_classes(self) -> dict[str, set[ClassId]]:
        """Attributes that all objects of a class share: what its body makes and they change, and what is set on it."""
        found: dict[str, set[ClassId]] = {}
        for facts in self._program.classes.values():
            for name, bindings in facts.bindings.items():
                if any(b.how == "value" for b in bindings) and self._is_made_once(facts, name, bindings):
                    found.setdefault(name, set()).add(facts.id)
        for name, writes in self._program.attribute_writes.items():
            for function, base, _ in writes:
                for id, is_class in self._classes(base, function.id):
                    if is_class:
                        found.setdefault(name, set()).add(id)
        for id, name in self._set_by_name():
            found.setdefault(name, set()).add(id)
        for id, stored in self._program.self_writes.items():
            for name, places in stored.items():
                if any(_is_of_class(function) or self._keeps_default(function, b.value) for function, b in places):
                    found.setdefault(name, set()).add(id)
        return found

    def _set_by_name(self) -> Iterator[tuple[ClassId, str]]:
        """The attributes of classes that `setattr` may set: the one that it names, else all of the class's own."""
        for function, facts in self._program.calls_by_name.get("setattr", ()):
            args = facts.node.args
            owners = self._classes(args[0], function.id) if len(args) == 3 else ()
            for id in (id for id, is_class in owners if is_class):
                named = args[1].value if isinstance(args[1], ast.Constant) else None
                own = self._program.classes[id].bindings if id in self._program.classes else ()
                yield from ((id, name) for name in ([str(named)] if named else own))

    @cached_property
    def _described(self) -> frozenset[str]:
        """Attributes in whose place classes keep an object that is asked for their value (a descriptor)."""
        classes = self._program.classes
        asked = {id for id, facts in classes.items() if not {"__get__", "__set__"}.isdisjoint(facts.bindings)}
        found = set()
        for facts in classes.values() if asked else ():
            scope = FunctionId(facts.id.path, facts.parent or MODULE)
            for name, bindings in facts.bindings.items():
                calls = [b.value for b in bindings if b.how == "value" and isinstance(b.value, ast.Call)]
                made = [v.id for call in calls for v in self._program.eval(scope, call) if isinstance(v, Inst)]
                if any(each in asked for id in made for each in self._program.mro(id)[0]):
                    found.add(name)
        return frozenset(found)

    def _keeps_default(self, function: FunctionFacts, value: ast.expr | None) -> bool:
        """Whether the value may be a parameter's default that can change: all objects have the same then."""
        if not isinstance(value, ast.Name) or value.id not in function.parameter_names:
            return False
        default = function.default(value.id)
        if default is None or not self.can_change(default, FunctionId(function.id.path, function.parent or MODULE)):
            return False
        callers = self._program.callers
        given = {id(call) for _, call, _ in callers.arguments(function, value.id)}
        return any(id(call) not in given for _, call, _ in callers.call_sites(function))

    def _is_made_once(self, facts: ClassFacts, name: str, bindings: list[Binding]) -> bool:
        scope = FunctionId(facts.id.path, facts.parent or MODULE)
        if not any(b.value is not None and self.can_change(b.value, scope) for b in bindings if b.how == "value"):
            return False
        own = [c for c in self._line(facts.id) if name in self._program.self_writes.get(c, ())]
        if any(f.name in _MAKING for c in own for f, _ in self._program.self_writes[c][name]):
            return False  # each object has its own
        hints = [b.value for b in bindings if b.how == "annotation" and b.value is not None]
        is_model = bool(facts.node.decorator_list or self._program.mro(facts.id)[1])
        if is_model and not any(self._is_plain(b.value) for b in bindings if b.value is not None):
            return False  # a manager or a column
        return not (is_model and hints) or any(last_name(n) == "ClassVar" for h in hints for n in _parts(h))

    def can_change(self, value: ast.expr, scope: FunctionId) -> bool:
        """Whether the value is made there, and may become another one without a new name."""
        if isinstance(value, ast.Call) and any(isinstance(v, Cls) for v in self._program.eval(scope, value.func)):
            return True
        return self._is_plain(value)

    @staticmethod
    def _is_plain(value: ast.expr) -> bool:
        """Whether it is a container or the like that the language itself has."""
        return isinstance(value, DISPLAYS) or (isinstance(value, ast.Call) and last_name(value.func) in _MAKERS)

    @cached_property
    def _of_functions(self) -> frozenset[str]:
        """Attributes that are set on functions."""
        return frozenset(
            name
            for name, writes in self._program.attribute_writes.items()
            for function, base, _ in writes
            if isinstance(base, ast.Name) and any(isinstance(v, Fn) for v in self._program.eval(function.id, base))
        )


def _is_of_class(function: FunctionFacts) -> bool:
    """Whether the first parameter of a method is the class."""
    return "classmethod" in decorators(function) or function.name in {"__new__", "__init_subclass__"}


def _parts(hint: ast.expr) -> Iterator[ast.expr]:
    yield from (n for n in walk(hint) if isinstance(n, ast.Name | ast.Attribute))


def _is_fixed(value: ast.expr) -> bool:
    """Whether nothing in the value can become something else: a constant, or a tuple of them."""
    inner = value.elts if isinstance(value, ast.Tuple) else [value]
    return all(isinstance(each, ast.Constant) or (each is not value and _is_fixed(each)) for each in inner)
