"""Which calls reach a function, and so what its parameters can be."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId, Reference
from batchlint.symbols import arguments, keyed, parsed, signatures, spreading, wrapped
from batchlint.symbols.annotations import instance, is_told
from batchlint.symbols.handed import Handed, argument_for
from batchlint.symbols.mapped import Mapped
from batchlint.symbols.names import LOCAL, REMOTE, is_constructor, last_name
from batchlint.values import NOTHING, Cls, Elems, Ext, Fn, Inst, Value, Values, elements, ordered

if TYPE_CHECKING:
    from batchlint.symbols import CallRef, Program

_RESTING = frozenset(
    {"submit", "to_thread", "partial", "run_in_executor", "run_in_threadpool", "apply_async", "run_sync",
     "add_task", "enqueue", "create_task", "call_soon", "call_later", "run", "start_soon", "Process", "Thread"}
)  # fmt: skip
_PACKING = frozenset({"Thread", "Process", "Timer", "apply_async", "apply", "start_new_thread"})
"""Callables that take a function and its arguments in a tuple."""
_MAX_CALLS = 400
_NO_POSITIONS = 1_000
"""A shift that leaves no positional argument: where they go is the library's business."""


class Callers:
    """Asked through `Program.callers`."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._sites: dict[FunctionId, list[tuple[FunctionId, ast.Call, int]]] = {}
        self._partly: set[FunctionId] = set()
        """Functions whose callers were looked for while values that these depend on were still being worked out."""
        self._owners: dict[str, list[ClassId]] | None = None
        self._decorated: dict[str, list[tuple[Fn | Cls, FunctionId, ast.expr]]] | None = None
        self._constructed: dict[ClassId, list[tuple[FunctionId, ast.Call, int]]] | None = None
        self._from_classes: dict[ClassId, list[tuple[FunctionId, ast.Call, int]]] | None = None
        self._chosen: dict[FunctionId | ClassId, list[tuple[FunctionId, ast.Call, int]]] = {}
        self._wrapped: dict[FunctionId, str | None] = {}
        self._references: dict[str, list[Reference]] | None = None
        self._handed = Handed(program, _RESTING)
        self._mapped = Mapped(program)

    def parameter(self, function: FunctionFacts, name: str) -> Values:
        """The values of a parameter: annotation, default, and the arguments of the calls that reach it."""
        parameters = function.parameters
        if name == function.rest:
            return self._rest(function)
        outer = FunctionId(function.id.path, function.parent or MODULE)
        if function.owner is not None and parameters and parameters[0].arg == name:
            decorators = {last_name(d) for d in function.decorators}
            owner = ClassId(function.id.path, function.owner)
            if "classmethod" in decorators or function.name in {"__init_subclass__", "__new__"}:
                return frozenset({Cls(owner), *(Cls(c) for c in self._program.subclasses(owner))})
            if "staticmethod" not in decorators:
                return frozenset({Inst(owner)})
        annotations = [p.annotation for p in parameters if p.arg == name and p.annotation is not None]
        named = frozenset().union(*(instance(self._program, outer, annotation) for annotation in annotations))
        found: set[Value] = set()
        own = function.owner is not None and parameters and parameters[0].arg in {"self", "cls"}
        if [p.arg for p in parameters[1 if own else 0 :]][:1] == [name]:
            found |= self._decorated_by(function) | self._passed_by(function)
        usual = self._program.registry.parameters.get(name)
        if usual is not None:
            found.add(Ext(usual))
        default = function.default(name)
        if default is not None:
            found |= self._default(outer, default)
        if isinstance(default, ast.Call) or function.decorators:
            found |= parsed.declared(self._program, function, name)
        sites = (*self.arguments(function, name), *self._given_by_parameters(function, name))
        given = [(caller, arguments.values(self._program, caller, node, argument)) for caller, node, argument in sites]
        found = found.union(*(values for _, values in given))
        found |= self._spread(function, name) | self._mapped.parameter(function, name)
        if is_told(self._program, named, given) and not arguments.may_be_others(self._program, function, sites):
            named = NOTHING
        # A client that is given says more than its class: at which server it asks.
        clients = {(value.path, value.host) for value in found if isinstance(value, Ext)}
        local = {path for path, host in clients if host == LOCAL and (path, None) not in clients}
        return frozenset({*found, *(v for v in named if not (isinstance(v, Ext) and v.path in local))})

    def _spread(self, function: FunctionFacts, name: str) -> Values:
        """What calls give for the parameter in what they spread: `ask(**options)`, `ask(*job)`."""
        found: set[Value] = set()
        index = _index(function, name)
        for caller, call, shift in (*self.call_sites(function), *self._handed.sites(function)):
            if any(keyword.arg is None for keyword in call.keywords):
                is_given = any(keyword.arg == name for keyword in call.keywords)
                found |= NOTHING if is_given else keyed.spread(self._program, caller, call, name)
            if index is not None:
                found |= spreading.starred(self._program, caller, call, index - shift)
        return frozenset(found)

    def _decorated_by(self, decorator: FunctionFacts) -> Values:
        """The functions and classes under a decorator: each is its first argument."""
        if self._decorated is None:
            self._decorated = {}
            for decorated, scope, node in self._all_decorated():
                self._decorated.setdefault(last_name(node), []).append((decorated, scope, node))
        found: set[Value] = set()
        maker = self._program.functions.get(FunctionId(decorator.id.path, decorator.parent or ""))
        names = {decorator.name, maker.name if maker is not None else decorator.name}
        for decorated, scope, node in (row for name in sorted(names) for row in self._decorated.get(name, ())):
            if any(isinstance(value, Fn) and value.id == decorator.id for value in self._program.eval(scope, node)):
                found.add(decorated)
        return frozenset(found)

    def _passed_by(self, function: FunctionFacts) -> Values:
        """What the decorators of a framework give the function first: `@click.pass_obj` what `ctx.obj` was set to."""
        program, outer = self._program, FunctionId(function.id.path, function.parent or MODULE)
        found: set[Value] = set()
        for values in (program.eval(outer, decorator) for decorator in function.decorators):
            names = {name for v in values if isinstance(v, Ext) for name in program.registry.passing.find(v.path)}
            made = {v for v in values if isinstance(v, Inst)} if names else set()  # of the class that it names
            found |= made or {v for name in sorted(names) for v in program.stored.attribute(name, NOTHING)}
        return frozenset(found)

    def _all_decorated(self) -> Iterator[tuple[Fn | Cls, FunctionId, ast.expr]]:
        """Each function and class with a decorator, and the scope in which that stands."""
        for function in self._program.functions.values():
            scope = FunctionId(function.id.path, function.parent or MODULE)
            yield from ((Fn(function.id), scope, node) for node in function.decorators)
        for klass in self._program.classes.values():
            scope = FunctionId(klass.id.path, klass.parent or MODULE)
            yield from ((Cls(klass.id), scope, node) for node in klass.node.decorator_list)

    def _default(self, scope: FunctionId, default: ast.expr) -> Values:
        values = self._program.eval(scope, default)
        if isinstance(default, ast.Call) and any(isinstance(v, Ext) and "Depends" in v.path for v in values):
            return frozenset(
                r for v in ordered(values) if isinstance(v, Fn) for r in self._program.returned(v)
            ) | frozenset(Inst(v.id, True) for v in values if isinstance(v, Cls))
        return values

    def owner(self, function: FunctionFacts, name: str) -> FunctionFacts | None:
        """The function, this one or one around it, whose parameter `name` is."""
        for current in self._program.around(function):
            if name in current.bindings:
                return None
            if name in current.parameter_names:
                return current
        return None

    def arguments(self, function: FunctionFacts, name: str) -> Iterator[tuple[FunctionId, ast.Call, ast.expr]]:
        """The expressions that reach the parameter `name`, each with the function and the call it stands in."""
        index = _index(function, name)
        yield from _matched(self.call_sites(function), name, index)
        if index is not None:
            yield from self._packed(function, name, index)
        yield from spreading.passed_on(self._program, function, name, index)

    def given(self, function: FunctionFacts, name: str) -> Iterator[tuple[FunctionId, ast.expr]]:
        """What the parameter is given, one by one, also by what maps the function over a list."""
        yield from ((caller, argument) for caller, _, argument in self.arguments(function, name))
        yield from self._mapped.items(function, name)

    def _given_by_parameters(
        self, function: FunctionFacts, name: str
    ) -> Iterator[tuple[FunctionId, ast.Call, ast.expr]]:
        """The same where a parameter is called that the function is handed over for: no edge, its users stay apart."""
        sites = self._handed.sites(function)
        return _matched(sites, name, _index(function, name)) if sites else iter(())

    def _packed(
        self, function: FunctionFacts, name: str, index: int
    ) -> Iterator[tuple[FunctionId, ast.Call, ast.expr]]:
        """Arguments that are handed over beside the function: `Thread(target=f, args=(a, b), kwargs={"c": c})`."""
        for reference in self.references(function.name):
            call = reference.call
            if call is None or last_name(call.func) not in _PACKING:
                continue
            keywords = {keyword.arg: keyword.value for keyword in call.keywords}
            if reference.node is not keywords.get("target") and reference.node not in call.args[:2]:
                continue
            if "args" in keywords and spreading.is_of_table(self._program, reference.function, call):
                continue
            handed = [v for v in self._program.eval(reference.function, reference.node) if isinstance(v, Fn)]
            if not any(value.id == function.id for value in handed):
                continue
            bound = any(value.owner for value in handed)
            after = call.args[call.args.index(reference.node) + 1 :] if reference.node in call.args else []
            packed = keywords.get("args") or next(iter(after), None)
            position = index - (1 if bound else 0)
            if isinstance(packed, ast.Tuple | ast.List) and 0 <= position < len(packed.elts):
                yield reference.function, call, packed.elts[position]
            named = keywords.get("kwargs")
            if isinstance(named, ast.Dict):
                for key, value in zip(named.keys, named.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == name:
                        yield reference.function, call, value

    def _rest(self, function: FunctionFacts) -> Values:
        """What `*args` holds: the positional arguments beyond the parameters."""
        assert function.arguments is not None
        first = len(function.arguments.posonlyargs) + len(function.arguments.args)
        found: set[Value] = set()
        for caller, node, shift in self.call_sites(function):
            for argument in node.args[max(first - shift, 0) :]:
                values = self._program.eval(caller, argument)
                found |= elements(values) if isinstance(argument, ast.Starred) else values
        return frozenset({Elems(frozenset(found))}) if found else NOTHING

    def call_sites(self, function: FunctionFacts) -> list[tuple[FunctionId, ast.Call, int]]:
        """The calls that reach `function` by its name: the caller, the call, how many parameters the receiver fills.

        Functions that are handed over (`executor.submit(f, a)`) count with the arguments shifted.
        """
        known = self._sites.get(function.id)
        if known is not None and (self._program.is_open or function.id not in self._partly):
            return known
        self._sites[function.id] = known or []
        found, is_full = self._program.in_full(lambda: self._find_sites(function))
        self._partly.discard(function.id)
        if not is_full:
            self._partly.add(function.id)
        self._sites[function.id] = found
        return found

    def _find_sites(self, function: FunctionFacts) -> list[tuple[FunctionId, ast.Call, int]]:
        found: list[tuple[FunctionId, ast.Call, int]] = []
        is_method = function.owner is not None
        names = [function.name]
        if is_method and function.name in {"__init__", "__new__", "__post_init__"}:
            owner = ClassId(function.id.path, function.owner or "")
            names += [c.qualname.rpartition(".")[2] for c in (owner, *self._program.subclasses(owner))]
        if not is_method and function.decorators:
            made = wrapped.wrappers(self._program, function)
            names += sorted({name for each in made for name in wrapped.attributes(self._program, each.id)})
        if function.decorators:
            dispatched = self._program.dispatched.items()
            names += [self._program.functions[head].name for head, others in dispatched if function.id in others]
        for name in names:
            for caller, call in self.named_calls(name):
                values = self._program.eval(caller.id, call.node.func)
                for value in ordered(values):
                    if isinstance(value, Fn) and value.id == function.id:
                        if not signatures.is_other(self._program, value, values, call.node):
                            found.append((caller.id, call.node, 1 if value.owner is not None else 0))
                        break
                    if isinstance(value, Cls) and name != function.name:
                        line = self._program.mro(value.id)[0]
                        owner = ClassId(function.id.path, function.owner or "")
                        if owner in line and self.first_definition(line, function.name) == owner:
                            found.append((caller.id, call.node, 1))
                            break
            if is_method and function.name == "__init__":
                owner = ClassId(function.id.path, function.owner or "")
                found += (*self._made(owner), *self._made_by_class(owner))
        found += self._from_choices(function)
        found += self._handed_over(function)
        if is_method:
            found += self._duck_typed(function)
        return found

    def _made(self, klass: ClassId) -> list[tuple[FunctionId, ast.Call, int]]:
        """What makes objects by what a base or a decorator from outside gives a class: it goes on to `__init__`."""
        if self._constructed is None:
            self._constructed = {}
            for name, calls in self._program.calls_by_name.items():
                for caller, call in calls if is_constructor(name) else ():
                    for made in self._program.made_by(caller.id, call.node):
                        shift = 1 if name == REMOTE else _NO_POSITIONS
                        self._constructed.setdefault(made, []).append((caller.id, call.node, shift))
        family = (klass, *self._program.subclasses(klass))
        return [site for each in family for site in self._constructed.get(each, ())]

    def _made_by_class(self, klass: ClassId) -> list[tuple[FunctionId, ast.Call, int]]:
        """Where class methods make an object of their class, whichever that is: `return cls(client)`."""
        if self._from_classes is None:
            self._from_classes = {}
            for caller, call in self._program.calls_by_name.get("cls", ()):
                for value in self._program.eval(caller.id, call.node.func):
                    if isinstance(value, Cls):
                        self._from_classes.setdefault(value.id, []).append((caller.id, call.node, 1))
        return [
            site
            for each in (klass, *self._program.subclasses(klass))
            if self._from_classes and self.first_definition(self._program.mro(each)[0], "__init__") == klass
            for site in self._from_classes.get(each, ())
        ]

    def find_choices(self) -> None:
        """Note the calls of what a table or a function gives: `LOADERS[kind](path)`, `load = LOADERS.get(kind)`.

        To be asked first of all: what they hand over is not in the values that are worked out on the way. These are
        forgotten again where one of the functions was asked for its callers.
        """
        found: dict[FunctionId | ClassId, list[tuple[FunctionId, ast.Call, int]]] = {}
        for caller in list(self._program.functions.values()):
            for call in caller.calls:
                if not _is_choice(caller, call.node.func):
                    continue
                values = self._program.eval(caller.id, call.node.func)
                for value in ordered(signatures.fitting(self._program, values, call.node)):
                    if isinstance(value, Fn | Cls):
                        shift = 1 if isinstance(value, Cls) or value.owner is not None else 0
                        found.setdefault(value.id, []).append((caller.id, call.node, shift))
        self._chosen = found
        is_handed = self._handed.find_choices()
        if is_handed or any(self._from_choices(self._program.functions[id]) for id in self._sites):
            self.forget()

    def forget(self) -> None:
        """Drop the calls that were found so far, and the values that depend on them."""
        self._sites.clear()
        self._partly.clear()
        self._handed.forget()
        self._constructed = self._from_classes = None
        self._program.forget()

    def _from_choices(self, function: FunctionFacts) -> list[tuple[FunctionId, ast.Call, int]]:
        if function.owner is None or function.name != "__init__":
            return self._chosen.get(function.id, [])
        owner = ClassId(function.id.path, function.owner)
        return [
            site
            for klass in (owner, *self._program.subclasses(owner))
            if klass in self._chosen and self.first_definition(self._program.mro(klass)[0], "__init__") == owner
            for site in self._chosen[klass]
        ]

    def _duck_typed(self, function: FunctionFacts) -> list[tuple[FunctionId, ast.Call, int]]:
        """Calls of the method's name on objects of unknown class, where one family of classes has it.

        Where several have it, those on objects that are named as the class is: `project.analyze()`.
        """
        name = function.name
        if not self._is_distinct(name):
            return []
        is_family = self._is_one_family(name)
        others = [Fn(FunctionId(each.path, f"{each.qualname}.{name}")) for each in (self._owners or {}).get(name, ())]
        family = [each for each in others if each.id in self._program.functions]
        return [
            (caller.id, call.node, 1)
            for caller, call in self.named_calls(name)
            if isinstance(call.node.func, ast.Attribute)
            if is_family or self._is_named_for(function, call.node.func.value)
            if self._is_unknown(caller.id, call.node.func)
            if not signatures.is_other(self._program, Fn(function.id), family, call.node)
        ]

    def can_be(self, scope: FunctionId, node: ast.expr, function: FunctionFacts) -> bool:
        """Whether `node` is the function, or the method of its name on an object of unknown class."""
        values = self._program.eval(scope, node)
        if any(isinstance(value, Fn) and value.id == function.id for value in values):
            return True
        if not isinstance(node, ast.Attribute) or function.owner is None or not self._is_distinct(function.name):
            return False
        is_meant = self._is_one_family(function.name) or self._is_named_for(function, node.value)
        return is_meant and self._is_unknown(scope, node)

    def _is_distinct(self, name: str) -> bool:
        """Whether a method's name says more than that of any library's."""
        return len(name) >= 5 and not name.startswith("__") and name not in self._program.registry.generic_methods

    def _is_named_for(self, function: FunctionFacts, receiver: ast.expr) -> bool:
        """Whether the receiver bears the name of the method's class, which no other class that has it bears."""
        said = last_name(receiver).replace("_", "").lower()
        owners = [each for each in (self._owners or {}).get(function.name, ()) if _simple(each) == said]
        return [(each.path, each.qualname) for each in owners] == [(function.id.path, function.owner)]

    def _is_one_family(self, name: str) -> bool:
        """Whether all classes with a method `name` have a project base (or themselves) in common."""
        if self._owners is None:
            self._owners = {}
            for klass, facts in self._program.classes.items():
                # What a test puts in the place of an object says nothing about the program.
                for member in facts.bindings if not self._program.is_test(klass.path) else ():
                    self._owners.setdefault(member, []).append(klass)
        owners = self._owners.get(name, ())
        if not owners:
            return False
        common = set(self._program.mro(owners[0])[0])
        for owner in owners[1:]:
            common &= set(self._program.mro(owner)[0])
        return bool(common)

    def _is_unknown(self, scope: FunctionId, method: ast.Attribute) -> bool:
        """Whether the receiver can be of any class, and no word of its name says that it calls no server."""
        if not self._program.registry.local_names.isdisjoint(last_name(method.value).lower().split("_")):
            return False
        values = self._program.eval(scope, method.value)
        # An object without such a method is not what is called here.
        return all(
            any(self._program.registry.dynamic.find(p) for p in _prefixes(v.path))
            if isinstance(v, Ext)
            else isinstance(v, Inst) and not self._program.attribute(v, method.attr)
            for v in values
        )

    def wrapped(self, id: FunctionId) -> str | None:
        """The parameter that the function returns wrapped in an inner function, as decorators do."""
        if id not in self._wrapped:
            self._wrapped[id] = self._find_wrapped(self._program.functions[id])
        return self._wrapped[id]

    def _find_wrapped(self, function: FunctionFacts) -> str | None:
        parameters = function.parameter_names
        returned = [_wrapper(expression) for expression in function.returns]
        for name in sorted({node.id for node in returned if isinstance(node, ast.Name)}):
            for binding in function.bindings.get(name, ()):
                if binding.how == "function" and binding.scope:
                    inner = self._program.functions[FunctionId(function.id.path, binding.scope)]
                    names = [call.node.func.id for call in inner.calls if isinstance(call.node.func, ast.Name)]
                    called = [each for each in names if each in parameters]
                    named = [_wrapping(decorator) for decorator in inner.decorators]
                    if called:
                        return next((each for each in called if each in named), called[0])
        return None

    @staticmethod
    def argument(node: ast.Call, function: FunctionFacts, name: str) -> ast.expr | None:
        """The expression that the call gives for the parameter `name` of a plain function."""
        for keyword in node.keywords:
            if keyword.arg == name:
                return keyword.value
        names = [parameter.arg for parameter in function.parameters]
        position = names.index(name) - (1 if function.owner is not None and names[0] in {"self", "cls"} else 0)
        return node.args[position] if 0 <= position < len(node.args) else None

    def first_definition(self, line: list[ClassId], name: str) -> ClassId | None:
        return next((c for c in line if c in self._program.classes and name in self._program.classes[c].bindings), None)

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
            if any(
                isinstance(v, Fn) and v.id == function.id
                for v in self._program.eval(reference.function, reference.node)
            ):
                bound = any(
                    isinstance(v, Fn) and v.owner for v in self._program.eval(reference.function, reference.node)
                )
                found.append((reference.function, call, (1 if bound else 0) - position - 1))
        return found

    def references(self, name: str) -> Sequence[Reference]:
        """Where `name`, as a name or an attribute, is read without being called, in all modules."""
        if self._references is None:
            self._references = {}
            for module in self._program.modules.values():
                for each, found in module.references.items():
                    self._references.setdefault(each, []).extend(found)
        return self._references.get(name, ())

    def named_calls(self, name: str) -> Iterable[CallRef]:
        calls = list(self._program.calls_by_name.get(name, ()))
        for other in self._other_names(name):
            calls += self._program.calls_by_name.get(other, ())
        return calls[:_MAX_CALLS] if len(calls) > _MAX_CALLS else calls

    def _other_names(self, name: str) -> list[str]:
        """The names that stand for it elsewhere, also those of such a name: imported, and imported from there."""
        found: list[str] = []
        seen = {name}
        waiting = [name]
        while waiting:
            others = sorted(self._program.aliases.get(waiting.pop(0), set()) - seen)
            seen.update(others)
            found += others
            waiting += others
        return found


def _simple(klass: ClassId) -> str:
    """The class's own name, as a variable would have it but for underscores."""
    return klass.qualname.rpartition(".")[2].replace("_", "").lower()


def _index(function: FunctionFacts, name: str) -> int | None:
    """The position of a parameter, None for one that is only given by name."""
    return next((i for i, parameter in enumerate(function.positional) if parameter.arg == name), None)


def _matched(
    sites: Iterable[tuple[FunctionId, ast.Call, int]], name: str, index: int | None
) -> Iterator[tuple[FunctionId, ast.Call, ast.expr]]:
    """What the calls give for the parameter at the index, or by its name."""
    for caller, node, shift in sites:
        argument = argument_for(node, name, None if index is None else index - shift)
        if argument is not None:
            yield caller, node, argument


def _prefixes(path: str) -> list[str]:
    """`a.b()()` -> `a.b()()`, `a.b()`."""
    found = [path]
    while found[-1].endswith("()()"):
        found.append(found[-1][:-2])
    return found


def _wrapper(returned: ast.expr) -> ast.expr:
    """What a decorator returns, without what copies the name of the wrapped function: `wraps(function)(wrapper)`."""
    if not isinstance(returned, ast.Call) or not returned.args:
        return returned
    named = returned.func.func if isinstance(returned.func, ast.Call) else returned.func
    return returned.args[0] if last_name(named) in {"wraps", "update_wrapper"} else returned


def _wrapping(decorator: ast.expr) -> str | None:
    """The name of what an inner function says that it wraps: `@wraps(function)`."""
    is_named = isinstance(decorator, ast.Call) and last_name(decorator.func) == "wraps" and decorator.args
    return last_name(decorator.args[0]) if is_named and isinstance(decorator, ast.Call) else None


def _is_choice(caller: FunctionFacts, func: ast.expr) -> bool:
    """Whether the callee is what a subscript or a call gives, or a loop draws; on the spot or through a variable."""
    if isinstance(func, ast.Name):
        bindings = caller.bindings.get(func.id, ())
        values = [binding.value for binding in bindings if binding.how == "value"]
        drawn = any(binding.how == "element" for binding in bindings)
        return drawn or any(isinstance(value, ast.Subscript | ast.Call) for value in values)
    return isinstance(func, ast.Subscript | ast.Call)
