"""What names and expressions mean across the program, worked out on demand and without regard to order of execution.

`Program.eval` gives the set of values that an expression can have. Parameters take the values of their annotation,
their default and the arguments of the calls that reach them; attributes those of every assignment to them.
"""

from __future__ import annotations

import ast
import builtins
import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

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
    Reference,
)
from batchlint.modules import ModuleIndex
from batchlint.values import NOTHING, Cls, Elems, Ext, Fn, Inst, Mod, Text, Value, Values, elements

_ITERATING = frozenset(
    f"builtins.{name}" for name in ("list", "tuple", "sorted", "set", "frozenset", "iter", "reversed", "filter", "dict")
)
_PICKING = frozenset(f"builtins.{name}" for name in ("next", "min", "max"))
_KEEPING = frozenset(
    {
        "asyncio.run", "asyncio.wait_for", "asyncio.create_task", "asyncio.ensure_future", "asyncio.shield",
        "copy.copy", "copy.deepcopy", "functools.partial", "functools.lru_cache()", "functools.cache",
        "functools.wraps()",
        "functools.partialmethod", "builtins.str", "contextlib.closing", "contextlib.nullcontext", "anyio.run",
        "tqdm.tqdm", "tqdm.auto.tqdm", "builtins.staticmethod", "builtins.classmethod", "asgiref.sync.async_to_sync()",
    }
)  # fmt: skip
_UNIONS = frozenset({"Optional", "Union", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "Awaitable"})
_CONTAINERS = frozenset(
    {"list", "List", "Sequence", "Iterable", "Iterator", "set", "Set", "tuple", "Tuple", "Collection", "Generator",
     "AsyncIterator", "AsyncGenerator", "AsyncIterable", "deque", "frozenset"}
)  # fmt: skip
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"})
_MAX_CALLS = 400
_MAX_STEPS = 24


class CallRef(NamedTuple):
    caller: FunctionFacts
    call: CallFacts


class Program:
    """All modules' facts, and what expressions in them mean."""

    def __init__(self, modules: Sequence[ModuleFacts], packages: frozenset[str] = frozenset()) -> None:
        self.catalogue = providers.load()
        self.registry = entrypoints.load()
        self.modules = {module.path: module for module in modules}
        if not packages:
            packages = frozenset(
                module.path.removesuffix("/__init__.py") for module in modules if module.path.endswith("/__init__.py")
            )
        self.index = ModuleIndex(self.modules, packages, self.catalogue.packages | self.registry.packages)
        self.functions: dict[FunctionId, FunctionFacts] = {}
        self.classes: dict[ClassId, ClassFacts] = {}
        self.calls_by_name: dict[str, list[CallRef]] = {}
        self.call_facts: dict[int, CallRef] = {}
        """Calls by the identity of their node."""
        self.aliases: dict[str, set[str]] = {}
        self.attribute_writes: dict[str, list[tuple[FunctionFacts, ast.expr, Binding]]] = {}
        self._item_writes: dict[tuple[object, str], list[tuple[FunctionFacts, Binding]]] = {}
        """Assignments to items, by where the container stands (a function, or a class for attributes) and its name."""
        self.self_writes: dict[ClassId, dict[str, list[tuple[FunctionFacts, Binding]]]] = {}
        self._memo: dict[object, Values] = {}
        self._provisional: dict[object, Values] = {}
        self._active: dict[object, int] = {}
        self._cut = 1 << 30
        self._sites: dict[FunctionId, list[tuple[FunctionId, ast.Call, int]]] = {}
        self._mro: dict[ClassId, tuple[list[ClassId], list[Ext]]] = {}
        self._subclasses: dict[ClassId, list[ClassId]] | None = None
        self._owners: dict[str, list[ClassId]] | None = None
        self._decorated: dict[str, list[tuple[FunctionFacts, ast.expr]]] | None = None
        self._wrapped: dict[FunctionId, str | None] = {}
        self._references: dict[str, list[Reference]] | None = None
        for module in modules:
            self._add(module)

    def _add(self, module: ModuleFacts) -> None:
        for klass in module.classes.values():
            self.classes[klass.id] = klass
        for function in module.functions.values():
            self.functions[function.id] = function
            for call in function.calls:
                reference = CallRef(function, call)
                self.call_facts[id(call.node)] = reference
                name = last_name(call.node.func)
                if name:
                    self.calls_by_name.setdefault(name, []).append(reference)
            for base, name, binding in function.attributes:
                owner = self._self_class(function, base)
                if owner is not None:
                    writes = self.self_writes.setdefault(owner, {})
                    writes.setdefault(name, []).append((function, binding))
                else:
                    self.attribute_writes.setdefault(name, []).append((function, base, binding))
            for container, binding in function.items:
                if isinstance(container, ast.Name):
                    for scope in (function.id, module.body.id):
                        self._item_writes.setdefault((scope, container.id), []).append((function, binding))
                elif isinstance(container, ast.Attribute):
                    owner = self._self_class(function, container.value)
                    if owner is not None:
                        self._item_writes.setdefault((owner, container.attr), []).append((function, binding))
            for name, bindings in function.bindings.items():
                for binding in bindings:
                    if binding.source and binding.source.name and binding.source.name != name:
                        self.aliases.setdefault(binding.source.name, set()).add(name)

    def _self_class(self, function: FunctionFacts, base: ast.expr) -> ClassId | None:
        if not isinstance(base, ast.Name):
            return None
        current: FunctionFacts | None = function
        while current is not None:
            if current.owner is not None:
                parameters = current.parameters()
                if parameters and parameters[0].arg == base.id:
                    return ClassId(current.id.path, current.owner)
                return None
            current = self.modules_function(current.id.path, current.parent)
        return None

    def modules_function(self, path: str, qualname: str | None) -> FunctionFacts | None:
        return self.modules[path].functions.get(qualname) if qualname else None

    # -- evaluation
    def eval(self, scope: FunctionId, node: ast.expr) -> Values:
        """The values that `node`, standing in the function `scope`, can have."""
        evaluate = _EVALUATORS.get(type(node))
        return evaluate(self, scope, node) if evaluate else NOTHING

    def _once(self, key: object, compute: Callable[[], Values]) -> Values:
        """`compute`'s result, remembered unless it was cut short by a cycle through a caller."""
        known = self._memo.get(key)
        if known is not None:
            return known
        depth = self._active.get(key)
        if depth is not None:
            self._cut = min(self._cut, depth)
            return NOTHING
        depth = len(self._active)
        if depth > 150:
            return NOTHING
        saved, self._cut = self._cut, 1 << 30
        self._active[key] = depth
        try:
            values = compute()
        finally:
            del self._active[key]
        if self._cut >= depth:
            self._memo[key] = values
            self._cut = saved
        else:
            # Part of a cycle through a caller: exact only once that is known, good enough the second time round.
            self._cut = min(saved, self._cut)
            if key in self._provisional:
                values = self._memo[key] = values | self._provisional[key]
            else:
                self._provisional[key] = values
        return values

    def name(self, scope: FunctionId, name: str) -> Values:
        """The values of the name `name` as seen in `scope`."""
        function: FunctionFacts | None = self.functions[scope]
        while function is not None:
            if name in function.bindings or (function.arguments and _has_parameter(function, name)):
                return self._once(("name", function.id, name), partial(self._local, function, name))
            function = self.modules_function(scope.path, function.parent) if function.parent else None
        return self.module_name(scope.path, name) or frozenset({Ext(f"builtins.{name}")})

    def module_name(self, path: str, name: str) -> Values:
        """What the module binds to `name`: its own bindings, else what it imports with `*`."""
        module = self.modules[path]
        if name in module.body.bindings:
            return self._once(("name", module.body.id, name), lambda: self._local(module.body, name))
        if module.stars:
            return self._once(("star", path, name), lambda: self._starred(module, name))
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

    def _local(self, function: FunctionFacts, name: str) -> Values:
        values: set[Value] = set()
        if function.arguments and _has_parameter(function, name):
            values |= self.parameter(function, name)
        for binding in function.bindings.get(name, ()):
            values |= self.binding(function.id, binding)
        return frozenset(values) | self._held(function.id, name)

    def _held(self, scope: FunctionId | ClassId, name: str) -> Values:
        """What assignments to items put into the container `name`."""
        writes = self._item_writes.get((scope, name))
        if not writes:
            return NOTHING
        values: set[Value] = set()
        for function, binding in writes[:20]:
            values |= self.binding(function.id, binding)
        values = {value for value in values if not isinstance(value, Text | Elems)}
        return frozenset({Elems(frozenset(values))}) if values else NOTHING

    def binding(self, scope: FunctionId, binding: Binding) -> Values:
        """The values that one binding gives its name."""
        how = binding.how
        if how == "function":
            return frozenset({Fn(FunctionId(scope.path, binding.scope or ""))})
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
            return self.instance(scope, binding.value)
        if how == "element":
            return self._element(scope, binding)
        if how == "unpack":
            return self._unpacked(scope, binding)
        if how == "enter":
            return self._entered(scope, binding.value)
        return NOTHING

    def _element(self, scope: FunctionId, binding: Binding) -> Values:
        value, index = binding.value, binding.index
        if index is not None and isinstance(value, ast.Call):
            name = last_name(value.func)
            if name == "enumerate" and value.args:
                return elements(self.eval(scope, value.args[0])) if index else NOTHING
            if name == "zip" and index < len(value.args):
                return elements(self.eval(scope, value.args[index]))
            if name == "items" and isinstance(value.func, ast.Attribute):
                return elements(self.eval(scope, value.func.value)) if index else NOTHING
        found = elements(self.eval(scope, value)) if value is not None else NOTHING
        return elements(found) or found if index is not None else found

    def _unpacked(self, scope: FunctionId, binding: Binding) -> Values:
        value = binding.value
        if isinstance(value, ast.Await):
            value = value.value
        if isinstance(value, ast.Call) and binding.index is not None:
            found: set[Value] = set()
            for target in self.eval(scope, value.func):
                if isinstance(target, Fn):
                    for returned in self.functions[target.id].returns:
                        if isinstance(returned, ast.Tuple) and binding.index < len(returned.elts):
                            found |= self.eval(target.id, returned.elts[binding.index])
            if found:
                return frozenset(found)
        return elements(self.eval(scope, value)) if value is not None else NOTHING

    def _entered(self, scope: FunctionId, node: ast.expr) -> Values:
        found: set[Value] = set()
        for value in self.eval(scope, node):
            if isinstance(value, Elems):
                found |= value.values
            elif isinstance(value, Inst):
                entered = self.attribute(value, "__enter__") or self.attribute(value, "__aenter__")
                found |= {item for fn in entered if isinstance(fn, Fn) for item in self.returned(fn)} or {value}
            else:
                found.add(value)
        return frozenset(found)

    # -- imports
    def import_stem(self, source: Import, importer: str) -> str | None:
        """The stem of the project module that an import means; None for a module from outside."""
        if source.level:
            return self.index.relative(source.module, source.level, importer)
        return self.index.find(source.module, importer)

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

    # -- attributes
    def attribute(self, value: Value, name: str) -> Values:
        """The values of the attribute `name` of `value`."""
        if isinstance(value, Ext):
            longer = f"{value.path}.{name}"
            return frozenset({Ext(longer, value.host)}) if longer.count(".") < _MAX_STEPS else NOTHING
        if isinstance(value, Mod):
            path = self.index.stems.get(value.stem)
            if path is not None and path in self.modules:
                values = self.module_name(path, name)
                if values:
                    return values
            child = f"{value.stem}/{name}"
            return frozenset({Mod(child)}) if self.index.exists(child) else NOTHING
        if isinstance(value, Inst):
            return self._once(("member", value, name), lambda: self._member(value.id, name, value.exact, value))
        if isinstance(value, Cls):
            return self._once(("member", value, name), lambda: self._member(value.id, name, True, value))
        if isinstance(value, Fn):
            return self._once(("decorated", value.id, name), lambda: self._of_decorated(value.id, name))
        return NOTHING

    def _of_decorated(self, id: FunctionId, name: str) -> Values:
        """An attribute of what decorators from outside made of the function: `main.command` under `@click.group()`."""
        function = self.functions[id]
        scope = FunctionId(id.path, function.parent or MODULE)
        made = {v for decorator in function.decorators for v in self.eval(scope, decorator) if isinstance(v, Ext)}
        return frozenset(Ext(f"{v.path}().{name}", v.host) for v in made if v.path.count(".") < _MAX_STEPS)

    def _member(self, klass: ClassId, name: str, exact: bool, receiver: Inst | Cls) -> Values:
        line, externals = self.mro(klass)
        found: set[Value] = set()
        for base in line:
            values = self._own_member(base, name, receiver)
            if values:
                found |= values
                if any(isinstance(value, Fn) for value in values):
                    break
        if not exact:
            for subclass in self.subclasses(klass):
                found |= self._own_member(subclass, name, Inst(subclass))
        if not found and name != "__getattr__":
            found |= self._delegated(klass, name)
        if not found:
            for external in externals:
                path = f"{external.path}().{name}" if isinstance(receiver, Inst) else f"{external.path}.{name}"
                found.add(Ext(path, external.host))
        return frozenset(found)

    def _delegated(self, klass: ClassId, name: str) -> Values:
        """The attribute of what the class's `__getattr__` asks instead, as proxies and lazy imports do."""
        found: set[Value] = set()
        for method in self._member(klass, "__getattr__", True, Inst(klass, True)):
            if isinstance(method, Fn):
                for returned in self.functions[method.id].returns:
                    if isinstance(returned, ast.Call) and last_name(returned.func) == "getattr" and returned.args:
                        for value in self.eval(method.id, returned.args[0]):
                            if not (isinstance(value, Inst | Cls) and value.id == klass):
                                found |= self.attribute(value, name)
        return frozenset(found)

    def _own_member(self, klass: ClassId, name: str, receiver: Inst | Cls) -> Values:
        facts = self.classes.get(klass)
        if facts is None:
            return NOTHING
        found: set[Value] = set()
        scope = FunctionId(klass.path, facts.parent or MODULE)
        for binding in facts.bindings.get(name, ()):
            if binding.how == "function":
                method = Fn(FunctionId(klass.path, binding.scope or ""), receiver.id)
                found |= self._bound(method, receiver)
            else:
                found |= self.binding(scope, binding)
        for function, binding in self.self_writes.get(klass, {}).get(name, ()):
            found |= self.binding(function.id, binding)
        found |= self._held(klass, name)
        others = self.attribute_writes.get(name, ())
        if not found and len(others) <= 30:
            for function, base, binding in others:
                if any(isinstance(v, Inst | Cls) and klass in self.mro(v.id)[0] for v in self.eval(function.id, base)):
                    found |= self.binding(function.id, binding)
        if name in facts.bindings and not any(isinstance(value, Fn) for value in found):
            found |= self._field(facts, name)
        return frozenset(found)

    def _bound(self, method: Fn, receiver: Inst | Cls) -> Values:
        decorators = {last_name(d.func if isinstance(d, ast.Call) else d) for d in self.functions[method.id].decorators}
        if isinstance(receiver, Inst) and decorators & {
            "property",
            "cached_property",
            "hybrid_property",
            "computed_field",
        }:
            return self.returned(method)
        if "staticmethod" in decorators or (isinstance(receiver, Cls) and "classmethod" not in decorators):
            return frozenset({Fn(method.id)})
        return frozenset({method})

    def _field(self, facts: ClassFacts, name: str) -> Values:
        """A dataclass or model field: what the constructor's callers pass for it."""
        if facts.name in ("", None) or "__init__" in facts.bindings:
            return NOTHING
        fields = [field for field, bindings in facts.bindings.items() if any(b.how == "annotation" for b in bindings)]
        if name not in fields:
            return NOTHING
        found: set[Value] = set()
        position = fields.index(name)
        for caller, call in self._named_calls(facts.name):
            arguments = [keyword.value for keyword in call.node.keywords if keyword.arg == name]
            if not arguments and position < len(call.node.args):
                arguments = [call.node.args[position]]
            if arguments and any(
                isinstance(value, Cls) and facts.id in self.mro(value.id)[0]
                for value in self.eval(caller.id, call.node.func)
            ):
                found |= self.eval(caller.id, arguments[0])
        return frozenset(found)

    # -- classes
    def mro(self, klass: ClassId) -> tuple[list[ClassId], list[Ext]]:
        """The class and its project bases, nearest first, and its external bases."""
        known = self._mro.get(klass)
        if known is not None:
            return known
        self._mro[klass] = ([klass], [])
        line, externals = [klass], []
        facts = self.classes.get(klass)
        if facts is not None:
            scope = FunctionId(klass.path, facts.parent or MODULE)
            for base in [*facts.node.bases, *[k.value for k in facts.node.keywords if k.arg == "metaclass"]]:
                if isinstance(base, ast.Subscript):
                    base = base.value
                for value in self.eval(scope, base):
                    if isinstance(value, Cls) and value.id != klass:
                        inner, outer = self.mro(value.id)
                        line += [c for c in inner if c not in line]
                        externals += [e for e in outer if e not in externals]
                    elif isinstance(value, Ext) and not value.path.startswith("builtins."):
                        externals.append(value)
        self._mro[klass] = (line, externals)
        return line, externals

    def subclasses(self, klass: ClassId) -> Sequence[ClassId]:
        """All project classes below `klass`."""
        if self._subclasses is None:
            self._subclasses = {}
            for each in list(self.classes):
                for base in self.mro(each)[0][1:]:
                    self._subclasses.setdefault(base, []).append(each)
        return self._subclasses.get(klass, ())

    # -- annotations
    def instance(self, scope: FunctionId, annotation: ast.expr) -> Values:
        """The values that `annotation` allows."""
        if isinstance(annotation, ast.Constant):
            if not isinstance(annotation.value, str):
                return NOTHING
            try:
                annotation = ast.parse(annotation.value.strip(), mode="eval").body
            except (SyntaxError, ValueError):
                return NOTHING
            return self.instance(scope, annotation)
        if isinstance(annotation, ast.BinOp):
            return self.instance(scope, annotation.left) | self.instance(scope, annotation.right)
        if isinstance(annotation, ast.Subscript):
            return self._subscripted(scope, annotation)
        found: set[Value] = set()
        if isinstance(annotation, ast.Name | ast.Attribute):
            for value in self.eval(scope, annotation):
                if isinstance(value, Cls):
                    found.add(Inst(value.id))
                elif isinstance(value, Ext) and not value.path.startswith(("builtins.", "typing.")):
                    found.add(Ext(f"{value.path}()", value.host))
                elif isinstance(value, Inst | Elems):
                    found.add(value)
        return frozenset(found)

    def _subscripted(self, scope: FunctionId, annotation: ast.Subscript) -> Values:
        name = last_name(annotation.value)
        inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        if name in _UNIONS:
            found: set[Value] = set()
            for each in inner:
                if isinstance(each, ast.Call):
                    for value in self.eval(scope, each):
                        found |= {value} if not isinstance(value, Fn) else self.returned(value)
                else:
                    found |= self.instance(scope, each)
            return frozenset(found)
        if name in _CONTAINERS:
            return frozenset({Elems(frozenset().union(*(self.instance(scope, each) for each in inner)))})
        if name in _MAPPINGS:
            return frozenset({Elems(self.instance(scope, inner[-1]))})
        if name in {"type", "Type"}:
            return frozenset(v for v in self.eval(scope, inner[0]) if isinstance(v, Cls | Ext))
        return self.instance(scope, annotation.value)

    # -- parameters and calls
    def parameter(self, function: FunctionFacts, name: str) -> Values:
        """The values of a parameter: annotation, default, and the arguments of the calls that reach it."""
        parameters = function.parameters()
        outer = FunctionId(function.id.path, function.parent or MODULE)
        if function.owner is not None and parameters and parameters[0].arg == name:
            decorators = {last_name(d) for d in function.decorators}
            owner = ClassId(function.id.path, function.owner)
            if "classmethod" in decorators or function.name in {"__init_subclass__", "__new__"}:
                return frozenset({Cls(owner), *(Cls(c) for c in self.subclasses(owner))})
            if "staticmethod" not in decorators:
                return frozenset({Inst(owner)})
        found: set[Value] = set()
        for parameter in parameters:
            if parameter.arg == name and parameter.annotation is not None:
                found |= self.instance(outer, parameter.annotation)
        positional = [p.arg for p in parameters if p.arg not in {"self", "cls"}]
        if positional[:1] == [name]:
            found |= self._decorated_by(function)
        default = function.default(name)
        if default is not None:
            found |= self._default(outer, default)
        for caller, _, argument in self.arguments(function, name):
            found |= self.eval(caller, argument)
        return frozenset(found)

    def _decorated_by(self, decorator: FunctionFacts) -> Values:
        """The functions under a decorator: each is its first argument."""
        if self._decorated is None:
            self._decorated = {}
            for function in self.functions.values():
                for node in function.decorators:
                    self._decorated.setdefault(last_name(node), []).append((function, node))
        found: set[Value] = set()
        for function, node in self._decorated.get(decorator.name, ()):
            scope = FunctionId(function.id.path, function.parent or MODULE)
            if any(isinstance(value, Fn) and value.id == decorator.id for value in self.eval(scope, node)):
                found.add(Fn(function.id))
        return frozenset(found)

    def _default(self, scope: FunctionId, default: ast.expr) -> Values:
        values = self.eval(scope, default)
        if isinstance(default, ast.Call) and any(isinstance(v, Ext) and "Depends" in v.path for v in values):
            return frozenset(r for v in values if isinstance(v, Fn) for r in self.returned(v)) | frozenset(
                Inst(v.id, True) for v in values if isinstance(v, Cls)
            )
        return values

    def arguments(self, function: FunctionFacts, name: str) -> Iterator[tuple[FunctionId, ast.Call, ast.expr]]:
        """The expressions that reach the parameter `name`, each with the function and the call it stands in."""
        positional = [*function.arguments.posonlyargs, *function.arguments.args] if function.arguments else []
        index = next((i for i, parameter in enumerate(positional) if parameter.arg == name), None)
        for caller, node, shift in self.call_sites(function):
            keyword = next((k.value for k in node.keywords if k.arg == name), None)
            if keyword is not None:
                yield caller, node, keyword
            elif index is not None and 0 <= index - shift < len(node.args):
                argument = node.args[index - shift]
                if not any(isinstance(a, ast.Starred) for a in node.args[: index - shift + 1]):
                    yield caller, node, argument

    def call_sites(self, function: FunctionFacts) -> list[tuple[FunctionId, ast.Call, int]]:
        """The calls that reach `function` by its name: the caller, the call, how many parameters the receiver fills.

        Functions that are handed over (`executor.submit(f, a)`) count with the arguments shifted.
        """
        known = self._sites.get(function.id)
        if known is not None:
            return known
        self._sites[function.id] = []
        found: list[tuple[FunctionId, ast.Call, int]] = []
        is_method = function.owner is not None
        names = [function.name]
        if is_method and function.name in {"__init__", "__new__", "__post_init__"}:
            owner = ClassId(function.id.path, function.owner or "")
            names += [c.qualname.rpartition(".")[2] for c in (owner, *self.subclasses(owner))]
        for name in names:
            for caller, call in self._named_calls(name):
                for value in self.eval(caller.id, call.node.func):
                    if isinstance(value, Fn) and value.id == function.id:
                        found.append((caller.id, call.node, 1 if value.owner is not None else 0))
                        break
                    if isinstance(value, Cls) and name != function.name:
                        line = self.mro(value.id)[0]
                        owner = ClassId(function.id.path, function.owner or "")
                        if owner in line and self._first_definition(line, function.name) == owner:
                            found.append((caller.id, call.node, 1))
                            break
        found += self._handed_over(function)
        if is_method:
            found += self._duck_typed(function)
        self._sites[function.id] = found
        return found

    def _duck_typed(self, function: FunctionFacts) -> list[tuple[FunctionId, ast.Call, int]]:
        """Calls of the method's name on objects of unknown class, where one family of classes has it."""
        if not self._is_telling(function):
            return []
        return [
            (caller.id, call.node, 1)
            for caller, call in self._named_calls(function.name)
            if isinstance(call.node.func, ast.Attribute) and self._is_unknown(caller.id, call.node.func.value)
        ]

    def can_be(self, scope: FunctionId, node: ast.expr, function: FunctionFacts) -> bool:
        """Whether `node` is the function, or the method of its name on an object of unknown class."""
        values = self.eval(scope, node)
        if any(isinstance(value, Fn) and value.id == function.id for value in values):
            return True
        if not isinstance(node, ast.Attribute) or function.owner is None or not self._is_telling(function):
            return False
        return self._is_unknown(scope, node.value)

    def _is_telling(self, function: FunctionFacts) -> bool:
        name = function.name
        if len(name) < 5 or name.startswith("__") or name in self.registry.generic_methods:
            return False
        return self._is_one_family(name)

    def _is_one_family(self, name: str) -> bool:
        """Whether all classes with a method `name` have a project base (or themselves) in common."""
        if self._owners is None:
            self._owners = {}
            for klass, facts in self.classes.items():
                for member in facts.bindings:
                    self._owners.setdefault(member, []).append(klass)
        owners = self._owners.get(name, ())
        if not owners:
            return False
        common = set(self.mro(owners[0])[0])
        for owner in owners[1:]:
            common &= set(self.mro(owner)[0])
        return bool(common)

    def _is_unknown(self, scope: FunctionId, receiver: ast.expr) -> bool:
        values = self.eval(scope, receiver)
        return all(isinstance(v, Ext) and any(self.registry.dynamic.find(p) for p in _prefixes(v.path)) for v in values)

    def wrapped(self, id: FunctionId) -> str | None:
        """The parameter that the function returns wrapped in an inner function, as decorators do."""
        if id not in self._wrapped:
            self._wrapped[id] = self._find_wrapped(self.functions[id])
        return self._wrapped[id]

    def _find_wrapped(self, function: FunctionFacts) -> str | None:
        parameters = {parameter.arg for parameter in function.parameters()}
        returned = {expression.id for expression in function.returns if isinstance(expression, ast.Name)}
        for name in returned:
            for binding in function.bindings.get(name, ()):
                if binding.how == "function" and binding.scope:
                    inner = self.functions[FunctionId(function.id.path, binding.scope)]
                    for call in inner.calls:
                        called = call.node.func
                        if isinstance(called, ast.Name) and called.id in parameters:
                            return called.id
        return None

    @staticmethod
    def _argument(node: ast.Call, function: FunctionFacts, name: str) -> ast.expr | None:
        """The expression that the call gives for the parameter `name` of a plain function."""
        for keyword in node.keywords:
            if keyword.arg == name:
                return keyword.value
        names = [parameter.arg for parameter in function.parameters()]
        position = names.index(name) - (1 if function.owner is not None and names[0] in {"self", "cls"} else 0)
        return node.args[position] if 0 <= position < len(node.args) else None

    def _first_definition(self, line: list[ClassId], name: str) -> ClassId | None:
        return next((c for c in line if c in self.classes and name in self.classes[c].bindings), None)

    def _handed_over(self, function: FunctionFacts) -> list[tuple[FunctionId, ast.Call, int]]:
        found = []
        for reference in self.references(function.name):
            call = reference.call
            if call is None or reference.node not in call.args:
                continue
            position = call.args.index(reference.node)
            name = last_name(call.func)
            if name not in _RESTING or position not in (0, 1):
                continue
            if any(isinstance(v, Fn) and v.id == function.id for v in self.eval(reference.function, reference.node)):
                bound = any(isinstance(v, Fn) and v.owner for v in self.eval(reference.function, reference.node))
                found.append((reference.function, call, (1 if bound else 0) - position - 1))
        return found

    def references(self, name: str) -> Sequence[Reference]:
        """Where `name`, as a name or an attribute, is read without being called, in all modules."""
        if self._references is None:
            self._references = {}
            for module in self.modules.values():
                for each, found in module.references.items():
                    self._references.setdefault(each, []).extend(found)
        return self._references.get(name, ())

    def _named_calls(self, name: str) -> Iterable[CallRef]:
        calls = list(self.calls_by_name.get(name, ()))
        for alias in self.aliases.get(name, ()):
            calls += self.calls_by_name.get(alias, ())
        return calls[:_MAX_CALLS] if len(calls) > _MAX_CALLS else calls

    def returned(self, function: Fn) -> Values:
        """What a call of the function gives: its returns, or its return annotation."""
        return self._once(("return", function.id), lambda: self._returned(function.id))

    def _returned(self, id: FunctionId) -> Values:
        function = self.functions[id]
        found: set[Value] = set()
        for expression in function.returns:
            found |= self.eval(id, expression)
        if function.yields:
            held: set[Value] = set()
            for expression in function.yields:
                held |= self.eval(id, expression)
            found.add(Elems(frozenset(held)))
        annotation = getattr(function.node, "returns", None)
        if annotation is not None and not any(not isinstance(v, Text) for v in found):
            found |= self.instance(FunctionId(id.path, function.parent or MODULE), annotation)
        return frozenset(found)

    def call(self, scope: FunctionId, node: ast.Call) -> Values:
        """What the call gives."""
        found: set[Value] = set()
        for value in self.eval(scope, node.func):
            if isinstance(value, Fn):
                wrapped = self.wrapped(value.id)
                inner = self._argument(node, self.functions[value.id], wrapped) if wrapped else None
                functions = self.eval(scope, inner) if inner is not None else NOTHING
                if any(isinstance(each, Fn) for each in functions):
                    found |= functions
                else:
                    found |= self.returned(value)
            elif isinstance(value, Cls):
                found.add(Inst(value.id, True))
            elif isinstance(value, Inst):
                called = self.attribute(value, "__call__")
                for method in called:
                    if isinstance(method, Fn):
                        found |= self.returned(method)
                if not called:
                    found |= {Ext(f"{e.path}()()", e.host) for e in self.mro(value.id)[1]}
            elif isinstance(value, Ext):
                found |= self._external_call(scope, node, value)
        return frozenset(found)

    def _external_call(self, scope: FunctionId, node: ast.Call, value: Ext) -> Values:
        path = value.path
        if path.startswith("builtins.") or path in _KEEPING or path in {"typing.cast", "importlib.import_module"}:
            special = self._builtin(scope, node, path)
            if special is not None:
                return special
        if node.args and path in {"os.getenv", "os.environ.get", "decouple.config", "environ.Env()"}:
            return self.eval(scope, node.args[1]) if len(node.args) > 1 else NOTHING
        last = path.rpartition(".")[2]
        results = {f"{path}()"}
        if last in self.catalogue.literal_arguments:
            texts = {text.text for text in self._argument_texts(scope, node, "service_name")}
            results = {f"{path}('{text}')" for text in texts} or results
        if path.count("()") > 7 or path.count(".") > _MAX_STEPS:
            return NOTHING
        host = value.host
        if last == "Request" and node.args:
            host = self._host(scope, node.args[0]) or host
        for keyword in node.keywords:
            if keyword.arg in self.catalogue.local_arguments:
                host = self._host(scope, keyword.value) or host
        found: set[Value] = {Ext(result, host) for result in results}
        for argument in node.args[:2]:
            if isinstance(argument, ast.Name | ast.Attribute | ast.Lambda | ast.Call):
                found |= {v for v in self.eval(scope, argument) if isinstance(v, Fn)}
        return frozenset(found)

    def _host(self, scope: FunctionId, node: ast.expr) -> str | None:
        """The server that a URL names: a hosted one where any is possible, `localhost` only where nothing else is."""
        hosts = self._hosts(scope, node, 0)
        hosted = sorted(host for host in hosts if host not in (None, "localhost"))
        return hosted[0] if hosted else "localhost" if hosts == {"localhost"} else None

    def _hosts(self, scope: FunctionId, node: ast.expr, depth: int) -> set[str | None]:
        """The hosts that a URL can name; None for what is not known."""
        if isinstance(node, ast.BoolOp):
            return set().union(*(self._hosts(scope, each, depth) for each in node.values))
        if isinstance(node, ast.IfExp):
            return self._hosts(scope, node.body, depth) | self._hosts(scope, node.orelse, depth)
        if isinstance(node, ast.Name) and depth < 4:
            bindings = self.functions[scope].bindings.get(node.id, ())
            if bindings and all(binding.how == "value" and binding.value is not None for binding in bindings):
                return set().union(*(self._hosts(scope, b.value, depth + 1) for b in bindings if b.value is not None))
        hosts = {host_of(value.text) for value in self.eval(scope, node) if isinstance(value, Text)}
        return hosts or {None}

    def _argument_texts(self, scope: FunctionId, node: ast.Call, keyword: str) -> list[Text]:
        expressions = [*node.args[:1], *[k.value for k in node.keywords if k.arg == keyword]]
        return [v for e in expressions for v in self.eval(scope, e) if isinstance(v, Text)]

    def _builtin(self, scope: FunctionId, node: ast.Call, path: str) -> Values | None:
        arguments = node.args
        if path == "builtins.super":
            return self._super(scope)
        if not arguments:
            return None
        if path in _ITERATING:
            return frozenset({Elems(elements(self.eval(scope, arguments[0])))})
        if path == "builtins.map":
            held: set[Value] = set()
            for value in self.eval(scope, arguments[0]):
                if isinstance(value, Fn):
                    held |= self.returned(value)
                elif isinstance(value, Cls):
                    held.add(Inst(value.id, True))
            return frozenset({Elems(frozenset(held))})
        if path in {"builtins.zip", "builtins.enumerate"}:
            inner = frozenset().union(*(elements(self.eval(scope, a)) for a in arguments))
            return frozenset({Elems(inner)})
        if path in _PICKING:
            return elements(self.eval(scope, arguments[0]))
        if path in _KEEPING:
            return self.eval(scope, arguments[0])
        if path == "builtins.getattr" and len(arguments) > 1:
            found: set[Value] = set(self.eval(scope, arguments[2])) if len(arguments) > 2 else set()
            for name in self.eval(scope, arguments[1]):
                if isinstance(name, Text) and name.text.isidentifier():
                    for value in self.eval(scope, arguments[0]):
                        found |= self.attribute(value, name.text)
            return frozenset(found)
        if path == "builtins.type" and len(arguments) == 1:
            return frozenset(Cls(v.id) for v in self.eval(scope, arguments[0]) if isinstance(v, Inst))
        if path == "typing.cast" and len(arguments) > 1:
            return self.instance(scope, arguments[0]) | self.eval(scope, arguments[1])
        if path == "importlib.import_module":
            found = set()
            for name in self.eval(scope, arguments[0]):
                if isinstance(name, Text) and re.fullmatch(r"[\w.]+", name.text):
                    stem = self.index.find(name.text, scope.path)
                    found.add(Mod(stem) if stem else Ext(name.text))
            return frozenset(found)
        return None

    def _super(self, scope: FunctionId) -> Values:
        function: FunctionFacts | None = self.functions[scope]
        while function is not None and function.owner is None:
            function = self.modules_function(scope.path, function.parent)
        if function is None or function.owner is None:
            return NOTHING
        line, externals = self.mro(ClassId(scope.path, function.owner))
        bases: set[Value] = {Inst(c, True) for c in line[1:2]}
        return frozenset(bases or {Ext(f"{e.path}()", e.host) for e in externals})

    # -- expressions
    def _eval_name(self, scope: FunctionId, node: ast.Name) -> Values:
        return self.name(scope, node.id)

    def _eval_attribute(self, scope: FunctionId, node: ast.Attribute) -> Values:
        return self._once((scope, id(node)), lambda: self._attributes(scope, node))

    def _attributes(self, scope: FunctionId, node: ast.Attribute) -> Values:
        values = self.eval(scope, node.value)
        if len(values) == 1:
            return self.attribute(next(iter(values)), node.attr)
        found: set[Value] = set()
        for value in values:
            found |= self.attribute(value, node.attr)
        return frozenset(found)

    def _eval_call(self, scope: FunctionId, node: ast.Call) -> Values:
        return self._once((scope, id(node)), lambda: self._calls(scope, node))

    def _calls(self, scope: FunctionId, node: ast.Call) -> Values:
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr in _CONTAINER_METHODS:
            held = [v for v in self.eval(scope, func.value) if isinstance(v, Elems)]
            if held:
                inner = frozenset().union(*(v.values for v in held))
                return inner if func.attr in {"get", "pop", "popleft", "setdefault"} else frozenset({Elems(inner)})
            texts = [v for v in self.eval(scope, func.value) if isinstance(v, Text)]
            if texts and func.attr in {"rstrip", "strip", "lstrip"}:
                return frozenset(texts)
        if isinstance(func, ast.Attribute) and func.attr in {"format", "join", "replace"}:
            return frozenset(v for v in self.eval(scope, func.value) if isinstance(v, Text)) or self.call(scope, node)
        return self.call(scope, node)

    def _eval_inner(self, scope: FunctionId, node: ast.expr) -> Values:
        return self.eval(scope, node.value)  # type: ignore[attr-defined]

    def _eval_boolean(self, scope: FunctionId, node: ast.BoolOp) -> Values:
        return frozenset().union(*(self.eval(scope, value) for value in node.values))

    def _eval_conditional(self, scope: FunctionId, node: ast.IfExp) -> Values:
        return self.eval(scope, node.body) | self.eval(scope, node.orelse)

    def _eval_operator(self, scope: FunctionId, node: ast.BinOp) -> Values:
        if isinstance(node.op, ast.BitOr):
            return self.eval(scope, node.left) | self.eval(scope, node.right)
        if isinstance(node.op, ast.Add):
            left, right = self.eval(scope, node.left), self.eval(scope, node.right)
            texts = [v.text for v in left if isinstance(v, Text)]
            if texts:
                ends = [v.text for v in right if isinstance(v, Text)] or ["{}"]
                return frozenset(Text(a + b) for a in texts[:4] for b in ends[:4])
            return frozenset(v for v in left | right if isinstance(v, Elems))
        return NOTHING

    def _eval_subscript(self, scope: FunctionId, node: ast.Subscript) -> Values:
        found: set[Value] = set()
        for value in self.eval(scope, node.value):
            if isinstance(value, Elems):
                found |= value.values
            elif isinstance(value, Cls | Ext):
                found.add(value)
        return frozenset(found)

    def _eval_display(self, scope: FunctionId, node: ast.List | ast.Tuple | ast.Set) -> Values:
        return frozenset({Elems(frozenset().union(*(self.eval(scope, each) for each in node.elts[:60])))})

    def _eval_dict(self, scope: FunctionId, node: ast.Dict) -> Values:
        return frozenset({Elems(frozenset().union(*(self.eval(scope, each) for each in node.values[:60])))})

    def _eval_comprehension(self, scope: FunctionId, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Values:
        return frozenset({Elems(self.eval(scope, node.elt))})

    def _eval_dict_comprehension(self, scope: FunctionId, node: ast.DictComp) -> Values:
        return frozenset({Elems(self.eval(scope, node.value))})

    def _eval_constant(self, scope: FunctionId, node: ast.Constant) -> Values:
        value = node.value
        return frozenset({Text(value)}) if isinstance(value, str) and len(value) < 300 else NOTHING

    def _eval_joined(self, scope: FunctionId, node: ast.JoinedStr) -> Values:
        text = ""
        for part in node.values[:12]:
            if isinstance(part, ast.Constant):
                text += str(part.value)
            elif isinstance(part, ast.FormattedValue):
                inner = [v.text for v in self.eval(scope, part.value) if isinstance(v, Text)] if len(text) < 80 else []
                text += inner[0] if len(inner) == 1 else "{}"
        return frozenset({Text(text[:300])})

    def _eval_lambda(self, scope: FunctionId, node: ast.Lambda) -> Values:
        qualname = self.modules[scope.path].lambdas.get((node.lineno, node.col_offset))
        return frozenset({Fn(FunctionId(scope.path, qualname))}) if qualname else NOTHING


_RESTING = frozenset(
    {"submit", "to_thread", "partial", "run_in_executor", "run_in_threadpool", "apply_async", "run_sync",
     "add_task", "enqueue", "create_task", "call_soon", "call_later", "run", "start_soon", "Process", "Thread"}
)  # fmt: skip
_CONTAINER_METHODS = frozenset(
    {"get", "pop", "popleft", "setdefault", "values", "items", "copy", "rstrip", "strip", "lstrip"}
)
_EVALUATORS: dict[type[ast.AST], Callable[..., Values]] = {
    ast.Name: Program._eval_name,
    ast.Attribute: Program._eval_attribute,
    ast.Call: Program._eval_call,
    ast.Await: Program._eval_inner,
    ast.Starred: Program._eval_inner,
    ast.NamedExpr: Program._eval_inner,
    ast.YieldFrom: Program._eval_inner,
    ast.BoolOp: Program._eval_boolean,
    ast.IfExp: Program._eval_conditional,
    ast.BinOp: Program._eval_operator,
    ast.Subscript: Program._eval_subscript,
    ast.List: Program._eval_display,
    ast.Tuple: Program._eval_display,
    ast.Set: Program._eval_display,
    ast.Dict: Program._eval_dict,
    ast.ListComp: Program._eval_comprehension,
    ast.SetComp: Program._eval_comprehension,
    ast.GeneratorExp: Program._eval_comprehension,
    ast.DictComp: Program._eval_dict_comprehension,
    ast.Constant: Program._eval_constant,
    ast.JoinedStr: Program._eval_joined,
    ast.Lambda: Program._eval_lambda,
}


def last_name(node: ast.expr) -> str:
    """The last step of a name or attribute: `f` and `a.b.f` -> `f`; of a call its function's; else the empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call):
        return last_name(node.func)
    return ""


def _prefixes(path: str) -> list[str]:
    """`a.b()()` -> `a.b()()`, `a.b()`."""
    found = [path]
    while found[-1].endswith("()()"):
        found.append(found[-1][:-2])
    return found


def _has_parameter(function: FunctionFacts, name: str) -> bool:
    return any(parameter.arg == name for parameter in function.parameters())


def host_of(url: str) -> str | None:
    """The host of a URL, `localhost` for every address that is no hosted one; None if `url` has none."""
    if "//" not in url:
        return None
    host = urlsplit(re.sub(r"[{}<>]", "x", url)).hostname
    if not host:
        return None
    if (
        host in {"localhost", "host.docker.internal"}
        or host.endswith((".local", ".internal", ".localhost"))
        or "." not in host
    ):
        return "localhost"
    try:
        return "localhost" if ipaddress.ip_address(host).is_private else host
    except ValueError:
        return host
