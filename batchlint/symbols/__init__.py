"""What names and expressions mean across the program, worked out on demand and without regard to order of execution.

`Program.eval` gives the set of values that an expression can have. Parameters take the values of their annotation,
their default and the arguments of the calls that reach them; attributes those of every assignment to them.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import NamedTuple

from batchlint import entrypoints, providers
from batchlint.facts import (
    MODULE,
    Binding,
    CallFacts,
    ClassFacts,
    ClassId,
    FunctionFacts,
    FunctionId,
    Import,
    ModuleFacts,
)
from batchlint.modules import ModuleIndex
from batchlint.patterns import FilePattern, PathTable, file_pattern, head_of
from batchlint.sources import testfolders
from batchlint.symbols import (
    appended,
    arguments,
    dispatched,
    executors,
    expressions,
    externals,
    made,
    members,
    protocols,
    taken,
    unpacking,
    wrapped,
)
from batchlint.symbols.annotations import instance, rules_out
from batchlint.symbols.callers import Callers
from batchlint.symbols.members import PROPERTIES
from batchlint.symbols.memo import Memo
from batchlint.symbols.names import MAX_STEPS, MAX_UNTOLD_STEPS, host_of, is_constructor, is_partial, last_name
from batchlint.symbols.stored import Stored
from batchlint.values import NOTHING, Cls, Elems, Ext, Fn, Inst, Mod, Text, Value, Values, ordered

__all__ = ["PROPERTIES", "CallRef", "Program", "host_of", "is_partial", "last_name"]

_CALLS_DEEP = 20_000


class CallRef(NamedTuple):
    caller: FunctionFacts
    call: CallFacts


class Program(Memo):
    """All modules' facts, and what expressions in them mean."""

    def __init__(
        self,
        modules: Sequence[ModuleFacts],
        packages: frozenset[str] = frozenset(),
        programs: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__()
        self._programs = programs
        # What an expression means can lead through hundreds of others, each some calls deep.
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _CALLS_DEEP))
        self.catalogue = providers.load()
        self.registry = entrypoints.load()
        self.modules = {module.path: module for module in modules}
        if not packages:
            packages = frozenset(
                module.path.removesuffix("/__init__.py") for module in modules if module.path.endswith("/__init__.py")
            )
        external = (self.catalogue.packages | self.registry.packages) - self.catalogue.common_names
        self.index = ModuleIndex(self.modules, packages, external)
        self._adding = {path: module.text for path, module in self.modules.items() if "sys.path" in module.text}
        self.callers = Callers(self)
        self.functions: dict[FunctionId, FunctionFacts] = {}
        self.classes: dict[ClassId, ClassFacts] = {}
        self.calls_by_name: defaultdict[str, list[CallRef]] = defaultdict(list)
        self.call_facts: dict[int, CallRef] = {}
        """Calls by the identity of their node."""
        self.aliases: dict[str, set[str]] = {}
        """The names under which modules import what has another name, or have it as well."""
        self.attribute_writes: dict[str, list[tuple[FunctionFacts, ast.expr, Binding]]] = {}
        self._item_writes: dict[tuple[object, str], list[tuple[FunctionFacts, Binding]]] = {}
        """Assignments to items, by where the container stands (a function, or a class for attributes) and its name."""
        self._outside_items: dict[str, list[tuple[FunctionFacts, ast.expr, Binding]]] = {}
        """Assignments to items of other objects' attributes and other modules' variables, by their name."""
        self.self_writes: dict[ClassId, dict[str, list[tuple[FunctionFacts, Binding]]]] = {}
        self.run_inside: dict[int, ast.Call] = {}
        """The calls that an executor makes of what it is handed, by the identity of the node that hands it over."""
        self.stored = Stored(self)
        self._kinds_of_files: dict[str, list[FilePattern]] = {}
        self._names: dict[FunctionId, dict[str, Values]] = {}
        """What is known for good of names, by where they stand."""
        self._mro: dict[ClassId, tuple[list[ClassId], list[Ext]]] = {}
        self._subclasses: dict[ClassId, list[ClassId]] | None = None
        for module in modules:
            self._add(module)

    def _add(self, module: ModuleFacts) -> None:
        by_name = self.calls_by_name
        for klass in module.classes.values():
            self.classes[klass.id] = klass
        for function in module.functions.values():
            self.functions[function.id] = function
            for call in function.calls:
                reference = CallRef(function, call)
                self.call_facts[id(call.node)] = reference
                name = last_name(call.node.func)
                if name:
                    by_name[name].append(reference)
                if name in appended.FILLING:
                    self._add_appended(function, call.node)
            for base, name, binding in function.attributes:
                owner = self.self_class(function, base)
                if owner is not None:
                    writes = self.self_writes.setdefault(owner, {})
                    writes.setdefault(name, []).append((function, binding))
                else:
                    self.attribute_writes.setdefault(name, []).append((function, base, binding))
            for container, binding in function.items:
                self._add_item(function, container, binding)
            for name, bindings in function.bindings.items():
                for binding in bindings:
                    if binding.source and binding.source.name and binding.source.name != name:
                        self.aliases.setdefault(binding.source.name, set()).add(name)
        for bound in (module.body.bindings, *(klass.bindings for klass in module.classes.values())):
            for name, bindings in bound.items():
                for binding in bindings:
                    self._add_other_name(name, binding)

    def _add_other_name(self, name: str, binding: Binding) -> None:
        """What a module or a class has under another name as well: `Judge = FilteringJudge`."""
        meant = binding.value if binding.how == "value" else None
        if isinstance(meant, ast.Name | ast.Attribute) and last_name(meant) != name:
            self.aliases.setdefault(last_name(meant), set()).add(name)

    def _add_item(self, function: FunctionFacts, container: ast.expr, binding: Binding) -> None:
        if isinstance(container, ast.Name):
            for scope in (function.id, FunctionId(function.id.path, MODULE)):
                self._item_writes.setdefault((scope, container.id), []).append((function, binding))
        elif isinstance(container, ast.Attribute):
            owner = self.self_class(function, container.value)
            if owner is None and isinstance(container.value, ast.Name):
                named = ClassId(function.id.path, container.value.id)
                owner = named if named in self.classes else None
            if owner is not None:
                self._item_writes.setdefault((owner, container.attr), []).append((function, binding))
            elif isinstance(container.value, ast.Name):
                self._outside_items.setdefault(container.attr, []).append((function, container.value, binding))

    def _add_appended(self, function: FunctionFacts, call: ast.Call) -> None:
        """A new object or a function that is put into a list, to be called from there: `clients.append(OpenAI())`."""
        for binding in appended.given(function, call) if isinstance(call.func, ast.Attribute) else ():
            self._add_item(function, call.func.value, binding)  # type: ignore[attr-defined]

    def is_test(self, path: str) -> bool:
        """Whether a file is a test's, by its name or folder."""
        return not self.is_program(path) and any(pattern.matches(path) for pattern in self.files_of("test"))

    def is_program(self, path: str) -> bool:
        """Whether a file is part of a program whose folder is only called as tests are."""
        return testfolders.is_in(path, self._programs)

    def files_of(self, kind: str) -> list[FilePattern]:
        """The patterns of the files that are of the kind by their place alone."""
        if kind not in self._kinds_of_files:
            self._kinds_of_files[kind] = [
                file_pattern(convention.file)
                for convention in self.registry.conventions
                if convention.entry.kind == kind and convention.file is not None
            ]
        return self._kinds_of_files[kind]

    @cached_property
    def function_names(self) -> frozenset[str]:
        """The names of all functions and methods."""
        return frozenset(function.name for function in self.functions.values())

    @cached_property
    def stored_names(self) -> frozenset[str]:
        """Names of attributes that can hold a callable which is no method: what is assigned, and properties."""
        held = (
            name
            for klass in self.classes.values()
            for name, bindings in klass.bindings.items()
            if any(binding.how != "function" or self._is_property(klass.id.path, binding) for binding in bindings)
        )
        written = (name for writes in self.self_writes.values() for name in writes)
        return frozenset({*held, *written, *self.attribute_writes})

    def _is_property(self, path: str, binding: Binding) -> bool:
        return not PROPERTIES.isdisjoint(members.decorators(self.functions[FunctionId(path, binding.scope or "")]))

    def self_class(self, function: FunctionFacts, base: ast.expr) -> ClassId | None:
        """The class whose method `function` is or stands in, where `base` names the method's own object."""
        if not isinstance(base, ast.Name):
            return None
        method = self.method_around(function)
        if method is None or not method.parameters or method.parameters[0].arg != base.id:
            return None
        return ClassId(method.id.path, method.owner or "")

    def method_around(self, function: FunctionFacts) -> FunctionFacts | None:
        """The method that the function is or stands in."""
        return next((each for each in self.around(function) if each.owner is not None), None)

    def around(self, function: FunctionFacts) -> Iterator[FunctionFacts]:
        """The function and those that it stands in, from the inside out, without the module's body."""
        current: FunctionFacts | None = function
        while current is not None:
            yield current
            current = self.modules_function(current.id.path, current.parent)

    def scopes(self, function: FunctionFacts) -> tuple[FunctionFacts, ...]:
        """Where a name of the function is looked up: itself, those that it stands in, and the module's body."""
        return (*self.around(function), self.modules[function.id.path].body)

    def owner(self, function: FunctionFacts, name: str) -> FunctionFacts | None:
        """The scope whose variable or parameter the name is, as the function sees it."""
        return next((o for o in self.scopes(function) if name in o.bindings or name in o.parameter_names), None)

    def modules_function(self, path: str, qualname: str | None) -> FunctionFacts | None:
        return self.modules[path].functions.get(qualname) if qualname else None

    def eval(self, scope: FunctionId, node: ast.expr) -> Values:
        """The values that `node`, standing in the function `scope`, can have."""
        evaluate = expressions.EVALUATORS.get(type(node))
        return evaluate(self, scope, node) if evaluate else NOTHING

    def forget(self) -> None:
        super().forget()
        self._names.clear()

    def name(self, scope: FunctionId, name: str) -> Values:
        """The values of the name `name` as seen in `scope`."""
        names = self._names.get(scope)
        if names is None:
            names = self._names[scope] = {}
        known = names.get(name)
        if known is None:
            known, is_final = self._find_name(self.functions[scope], name)
            if is_final:
                names[name] = known
        return known

    def _find_name(self, start: FunctionFacts, name: str) -> tuple[Values, bool]:
        """The values of the name as seen in the function, and whether they are known for good."""
        for function in self.around(start):
            if name in function.bindings or name in function.parameter_names or name in {function.rest, function.named}:
                key = ("name", function.id, name)
                values = self.once(key, self._local, function, name)
                return values, key in self.memo
        module = self.modules[start.id.path]
        is_bound = name in module.body.bindings
        values = self.module_name(start.id.path, name) or _builtin(name)
        if is_bound:
            return values, ("name", module.body.id, name) in self.memo
        return values, not module.stars and "__getattr__" not in module.functions

    def module_name(self, path: str, name: str) -> Values:
        """What the module binds to `name`: its own bindings, else what it imports with `*`."""
        module = self.modules[path]
        if name in module.body.bindings:
            return self.once(("name", module.body.id, name), self._local, module.body, name)
        if module.stars:
            return self.once(("star", path, name), self._starred, module, name)
        if "__getattr__" in module.functions and not name.startswith("__"):
            return self.once(("lazy", path, name), self._lazy, module, name)
        return NOTHING

    def _starred(self, module: ModuleFacts, name: str) -> Values:
        for star in module.stars:
            stem = self.import_stem(star, module.path)
            if stem is not None:
                values = self.attribute(Mod(stem), name)
                if values:
                    return values
        if hasattr(builtins, name):
            return NOTHING
        outside = [s.module for s in module.stars if not s.level and self.import_stem(s, module.path) is None]
        return frozenset(Ext(f"{package}.{name}") for package in outside)

    def _lazy(self, module: ModuleFacts, name: str) -> Values:
        """What the module's `__getattr__` imports when the name is asked for (PEP 562)."""
        found: set[Value] = set()
        function = module.functions["__getattr__"]
        for alias, bindings in function.bindings.items():
            for binding in bindings:
                if binding.source is not None and name in (alias, binding.source.name):
                    found |= self.binding(function.id, binding)
        for value in members.asked(self, function.id, (call.node for call in function.calls)):
            if isinstance(value, Mod) and self.index.stems.get(value.stem) != module.path:
                found |= self.attribute(value, name)
        return frozenset(found)

    def _local(self, function: FunctionFacts, name: str) -> Values:
        values: set[Value] = set()
        if name in function.parameter_names or name == function.rest:
            values |= self.callers.parameter(function, name)
        annotated: set[Value] = set()
        for binding in function.bindings.get(name, ()):
            given = self.binding(function.id, binding)
            if binding.how == "annotation":
                annotated |= given
            else:
                values |= given
        # An annotation allows what nothing gives: objects that are known say more.
        if annotated and not any(_is_object(value) for value in values):
            values |= annotated
        if (name in self.attribute_writes or name in self._outside_items) and function.id.qualname == MODULE:
            values |= self._given_by_others(function.id.path, name)
        return frozenset(values) | self.held(function.id, name)

    def _given_by_others(self, path: str, name: str) -> Values:
        """What other modules assign to a module's variable or its items: `state.client = OpenAI()`."""
        given = [
            (function.id, binding, is_item)
            for writes, is_item in ((self.attribute_writes, False), (self._outside_items, True))
            for function, base, binding in writes.get(name, ())[:30]
            if isinstance(base, ast.Name) and self._is_module(function, base, path)
        ]
        values: set[Value] = set()
        for scope, binding, is_item in given:
            found = self.binding(scope, binding)
            values |= {Elems(found)} if found and is_item else found
        return frozenset(values)

    def _is_module(self, function: FunctionFacts, base: ast.Name, path: str) -> bool:
        """Whether a name is imported and stands for the module."""
        bindings = [*function.bindings.get(base.id, ()), *self.modules[function.id.path].body.bindings.get(base.id, ())]
        return any(binding.how == "import" for binding in bindings) and any(
            isinstance(value, Mod) and self.index.stems.get(value.stem) == path
            for value in self.eval(function.id, base)
        )

    def held(self, scope: FunctionId | ClassId, name: str) -> Values:
        """What assignments to items put into the container `name`."""
        writes = self._item_writes.get((scope, name))
        if not writes:
            return NOTHING
        values: set[Value] = set()
        for function, binding in writes[:20]:
            values |= self.binding(function.id, binding)
        values = {v for v in values if not isinstance(v, Text | Elems)} | appended.objects(frozenset(values))
        return frozenset({Elems(frozenset(values))}) if values else NOTHING

    def binding(self, scope: FunctionId, binding: Binding) -> Values:
        """The values that one binding gives its name."""
        how = binding.how
        if how == "function":
            id = FunctionId(scope.path, binding.scope or "")
            return frozenset({Fn(id), *map(Fn, self.dispatched.get(id, ()))})
        if how == "class":
            return frozenset({Cls(ClassId(scope.path, binding.scope or ""))})
        if how == "import":
            return self._imported(binding.source, scope.path) if binding.source else NOTHING
        if binding.scope is not None:
            scope = FunctionId(scope.path, binding.scope)
        if binding.value is None:
            return NOTHING
        if how == "value":
            return self.eval(scope, binding.value)
        if how == "annotation":
            return instance(self, scope, binding.value)
        if how == "element":
            return unpacking.element(self, scope, binding)
        if how == "unpack":
            return unpacking.unpacked(self, scope, binding)
        if how == "enter":
            return unpacking.entered(self, scope, binding.value)
        return NOTHING

    @cached_property
    def dispatched(self) -> Mapping[FunctionId, Sequence[FunctionId]]:
        """By a function, those of which one is called for it by the class of what it is given."""
        return dispatched.registered(self)

    def import_stem(self, source: Import, importer: str) -> str | None:
        """The stem of the project module that an import means; None for a module from outside."""
        if source.level:
            return self.index.relative(source.module, source.level, importer)
        adding = self._adding.get(importer, "")
        stem = self.index.find(source.module, importer, taking=source.name or "", adding=adding)
        if stem is None:
            return self._shadowing(source, importer)
        if self._has(stem, source.name):
            return stem
        is_library = self.index.is_library(source.module)
        return self._folder_of(source, importer) or (None if is_library else stem)

    def imported_path(self, source: Import, importer: str) -> str | None:
        """The file of the project module that an import means."""
        stem = self.import_stem(source, importer)
        return self.index.stems.get(stem) if stem is not None else None

    def _has(self, stem: str, name: str | None) -> bool:
        """Whether the module can have what is imported from it."""
        path = self.index.stems.get(stem)
        module = self.modules.get(path) if path is not None else None
        if not name or (module is None and path is not None) or self.index.exists(f"{stem}/{name}"):
            return True
        is_open = module is not None and (module.stars or "__getattr__" in module.functions)
        return bool(is_open) or (module is not None and name in module.body.bindings)

    def _folder_of(self, source: Import, importer: str) -> str | None:
        """The folder of the module's name that has a file for what is imported from it, as `utils/dates.py`."""
        found = self.index.find(f"{source.module}.{source.name}", importer)
        return found.rpartition("/")[0] if found is not None else None

    def _shadowing(self, source: Import, importer: str) -> str | None:
        """The file beside the importer that has a library's name, where it has what is imported: `agents.py`."""
        folder = importer.rpartition("/")[0]
        stem = f"{folder}/{source.module}" if folder else source.module
        path = self.index.stems.get(stem)
        if path is None or path == importer or path not in self.modules or not source.name:
            return None
        return stem if source.name in self.modules[path].body.bindings else None

    def _imported(self, source: Import, importer: str) -> Values:
        if source.name == "":
            return NOTHING  # `import a.b` binds `a`; the attribute finds `b`
        stem = self.import_stem(source, importer)
        if stem is None or (source.level and not self.index.exists(stem)):
            if source.level:
                return NOTHING
            return frozenset({Ext(f"{source.module}.{source.name}" if source.name else source.module)})
        if source.name is None:
            return frozenset({Mod(stem)})
        return self.attribute(Mod(stem), source.name)

    def body_of(self, module: Mod) -> FunctionFacts | None:
        """The body of a module of the program."""
        path = self.index.stems.get(module.stem)
        return self.modules[path].body if path is not None and path in self.modules else None

    def attribute(self, value: Value, name: str) -> Values:
        """The values of the attribute `name` of `value`."""
        if isinstance(value, Ext):
            longer = f"{value.path}.{name}"
            return NOTHING if self.is_too_long(longer) else frozenset({value._replace(path=longer)})
        if isinstance(value, Mod):
            path = self.index.stems.get(value.stem)
            if path is not None and path in self.modules:
                values = self.module_name(path, name)
                if values:
                    return values
            child = f"{value.stem}/{name}"
            return frozenset({Mod(child)}) if self.index.exists(child) else NOTHING
        if isinstance(value, Inst):
            return self.once(("member", value, name), members.member, self, value.id, name, value.exact, value)
        if isinstance(value, Cls):
            return self.once(("member", value, name), members.member, self, value.id, name, True, value)
        if isinstance(value, Fn):
            return self.once(("decorated", value.id, name), self._of_decorated, value.id, name)
        if isinstance(value, Text) and name == "value":
            return frozenset({value})  # a string has no such attribute: it is the member of an enumeration
        return NOTHING

    def _of_decorated(self, id: FunctionId, name: str) -> Values:
        """An attribute of a function: one of what decorators from outside made of it, as `main.command` under
        `@click.group()`, or one that the project stores there.
        """
        function = self.functions[id]
        scope = FunctionId(id.path, function.parent or MODULE)
        if any(name in wrapped.attributes(self, each.id) for each in wrapped.wrappers(self, function)):
            return frozenset({Fn(id)})
        made = {v for decorator in function.decorators for v in self.eval(scope, decorator) if isinstance(v, Ext)}
        found = frozenset[Value](Ext(f"{v.path}().{name}", v.host) for v in made if not self.is_too_long(v.path))
        return found | self._set_on(id, name) if name in self.attribute_writes else found

    def _set_on(self, id: FunctionId, name: str) -> Values:
        """What the project stores in the attribute of a function: `function.when = when`."""
        found: Values = NOTHING
        for writer, base, binding in self.attribute_writes[name]:
            if isinstance(base, ast.Name) and any(isinstance(v, Fn) and v.id == id for v in self.eval(writer.id, base)):
                found |= self.binding(writer.id, binding)
        return found

    def is_too_long(self, path: str) -> bool:
        """Whether nothing is followed that is reached over so many steps."""
        steps = path.count(".")
        return steps >= MAX_STEPS or (steps >= MAX_UNTOLD_STEPS and head_of(path) not in self._told)

    @cached_property
    def _told(self) -> frozenset[str]:
        """The first steps of long paths that the shipped data may tell something of."""
        tables = (each for each in (*self.catalogue, *self.registry) if isinstance(each, PathTable))
        packages = self.catalogue.packages | self.registry.packages
        return frozenset(
            {package.partition(".")[0] for package in packages}.union(*(each.open_heads for each in tables))
        )

    def mro(self, klass: ClassId) -> tuple[list[ClassId], list[Ext]]:
        """The class and its project bases, nearest first, and its external bases."""
        known = self._mro.get(klass)
        if known is not None:
            return known
        self._mro[klass] = ([klass], [])
        lines: list[list[ClassId]] = []
        externals: list[Ext] = []
        facts = self.classes.get(klass)
        if facts is not None:
            scope = FunctionId(klass.path, facts.parent or MODULE)
            for base in [*facts.node.bases, *[k.value for k in facts.node.keywords if k.arg == "metaclass"]]:
                if isinstance(base, ast.Subscript):
                    base = base.value
                for value in ordered(self.eval(scope, base)):
                    if isinstance(value, Cls) and value.id != klass:
                        inner, outer = self.mro(value.id)
                        lines.append(inner)
                        externals += [e for e in outer if e not in externals]
                    elif isinstance(value, Ext) and not value.path.startswith("builtins."):
                        externals.append(value)
        line = [klass, *members.merged(lines)]
        self._mro[klass] = (line, externals)
        return line, externals

    def subclasses(self, klass: ClassId) -> Sequence[ClassId]:
        """All project classes below `klass`, or that a protocol stands for."""
        if self._subclasses is None:
            self._subclasses = {}
            for each in list(self.classes):
                for base in self.mro(each)[0][1:]:
                    self._subclasses.setdefault(base, []).append(each)
            for protocol, each in protocols.implementers(self):
                below = self._subclasses.setdefault(protocol, [])
                below += [each] if each not in below else []
        return self._subclasses.get(klass, ())

    def returned(self, function: Fn) -> Values:
        """What a call of the function gives: its returns, or its return annotation."""
        return self.once(("return", function.id), self._returned, function.id)

    def _returned(self, id: FunctionId) -> Values:
        function = self.functions[id]
        return self._given_back(function, function.returns)

    def _given_back(self, function: FunctionFacts, returns: Sequence[ast.expr]) -> Values:
        """What the function gives that comes to one of the returns, and what its annotation says of that."""
        id = function.id
        found: set[Value] = set()
        for expression in returns:
            found |= self.eval(id, expression)
        if function.yields:
            held: set[Value] = set()
            for expression in function.yields:
                held |= self.eval(id, expression)
            found.add(Elems(frozenset(held)))
        annotation = getattr(function.node, "returns", None)
        told = {value for value in found if not self._says_less(value)}
        if annotation is not None and all(isinstance(value, Inst | Cls) for value in told):
            stated = instance(self, FunctionId(id.path, function.parent or MODULE), annotation)
            found |= stated if not told or rules_out(self, stated, told) else NOTHING
        return frozenset(found)

    def _says_less(self, value: Value) -> bool:
        """Whether an annotation says more: of what an unknown library gives, and of a list that is empty at first."""
        if isinstance(value, Ext):
            return value.path.partition(".")[0] not in self.catalogue.packages
        return isinstance(value, Text) or value == Elems(NOTHING)

    def call(self, scope: FunctionId, node: ast.Call) -> Values:
        """What the call gives."""
        found: set[Value] = set()
        for value in ordered(self.eval(scope, node.func)):
            if isinstance(value, Fn):
                wrapped = self.callers.wrapped(value.id)
                inner = self.callers.argument(node, self.functions[value.id], wrapped) if wrapped else None
                functions = self.eval(scope, inner) if inner is not None else NOTHING
                if any(isinstance(each, Fn | Inst) for each in functions):
                    found |= functions
                else:
                    given = arguments.made(self, scope, node, self.functions[value.id])
                    found |= (
                        given or self._fluent(scope, node, value) or self._of_class(value, self._given(node, value))
                    )
            elif isinstance(value, Cls):
                found |= made.objects(self, value.id)
            elif isinstance(value, Inst):
                called = self.attribute(value, "__call__")
                for method in ordered(called):
                    if isinstance(method, Fn):
                        found |= self.returned(method)
                if not called:
                    found |= {Ext(f"{e.path}()()", e.host) for e in self.mro(value.id)[1]}
            elif isinstance(value, Ext):
                found |= externals.external_call(self, scope, node, value) | executors.gives(self, scope, node, value)
        return frozenset(found | {Inst(klass, True) for klass in self.made_by(scope, node)})

    def _given(self, node: ast.Call, function: Fn) -> Values:
        """What the function gives this very call, as far as its arguments tell which returns it comes to."""
        facts = self.functions[function.id]
        returns = taken.returns(self, node, facts)
        return self.returned(function) if returns is None else self._given_back(facts, returns)

    def _of_class(self, method: Fn, made: Values) -> Values:
        """What a class method of a base gives for the class that it is called on: `Note.get(id)` gives no `Source`."""
        function = self.functions[method.id]
        if method.owner is None or function.owner is None or method.owner.qualname == function.owner:
            return made
        if "classmethod" not in members.decorators(function):
            return made
        own = {method.owner, *self.subclasses(method.owner)}
        if not any(isinstance(value, Inst) and value.id in own for value in made):
            return made
        base = ClassId(method.id.path, function.owner)
        others = {base, *self.subclasses(base)} - own
        return frozenset(value for value in made if not (isinstance(value, Inst) and value.id in others))

    def made_by(self, scope: FunctionId, node: ast.Call) -> list[ClassId]:
        """The project classes of which a constructor that an external base defines makes an object: `Own.from_x()`."""
        if not isinstance(node.func, ast.Attribute) or not is_constructor(node.func.attr):
            return []
        classes = [v for v in ordered(self.eval(scope, node.func.value)) if isinstance(v, Cls)]
        name = node.func.attr
        return [v.id for v in classes if not any(isinstance(each, Fn) for each in self.attribute(v, name))]

    def _fluent(self, scope: FunctionId, node: ast.Call, method: Fn) -> Values:
        """The object that a method which only returns its own was called on."""
        function = self.functions[method.id]
        if method.owner is None or not isinstance(node.func, ast.Attribute):
            return NOTHING
        own = [self.self_class(function, returned) is not None for returned in function.returns]
        if not own or not all(own):
            return NOTHING
        values = self.eval(scope, node.func.value)
        return frozenset(v for v in values if isinstance(v, Inst) and method in self.attribute(v, function.name))


def _is_object(value: Value) -> bool:
    return isinstance(value, Inst) or (isinstance(value, Elems) and any(map(_is_object, value.values)))


@cache
def _builtin(name: str) -> Values:
    return frozenset({Ext(f"builtins.{name}")})
