"""What libraries do with what they are handed: they call functions, and change objects without saying so."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeGuard

from batchlint.codemod.access import CONTENT, Access, Channel, Frame, touches
from batchlint.codemod.effects import ARGUMENT_WRITES, CACHES, LOG_RECEIVERS, MUTATORS, QUIET, READERS
from batchlint.codemod.refusals import Refused
from batchlint.codemod.scalars import is_scalar
from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId
from batchlint.symbols import Program, last_name, members
from batchlint.trees import walk
from batchlint.values import Cls, Ext, Fn, Inst, Value, ordered

if TYPE_CHECKING:
    from batchlint.codemod.reader import Reader

_LEAVING = re.compile(
    r"_*(dump|save|write|print|pprint|pp$|show|display|plot|log|report|notify|warn|send|post|put$|patch|delete|request"
    r"|url|upload|download|fetch|publish|emit|sleep|wait|make|mkdir|copy(2|file|tree)?$|move|remove|rename|unlink|chmod"
    r"|check|assert|validate|ensure|verify|raise|set_(num|option|seed|default)|seed|exit|kill|run|call|exec|system"
    r"|imwrite|imsave|render|echo|secho|track|to_|get|load|read|open|close|collect|free|init)"
)
"""Beginnings of names of functions that leave what they are given as it is."""
_INTO = frozenset({"out", "into", "inout"})
"""Keywords with what a function writes its result into."""
_CHECKING = frozenset(
    {
        "validator", "field_validator", "model_validator", "root_validator", "validates", "validates_schema",
        "post_load", "pre_load", "field_serializer", "model_serializer",
    }
)  # fmt: skip
"""Decorators of libraries that call the method when an object of its class is made or given out."""
_MADE = ("__new__", "__post_init__", "__attrs_post_init__", "model_post_init", "_missing_")
"""What else is called when an object is made, or a member of an enumeration looked up."""
_DERIVING = frozenset({"__init_subclass__"})
_ENDING = frozenset({"__del__"})
_SIGNALLING = frozenset({"signal.raise_signal", "signal.pthread_kill", "os.kill"})
_KEEPING = frozenset(
    [
        *(f"builtins.{name}" for name in ("callable", "getattr", "hasattr", "id", "isinstance", "issubclass", "print")),
        *(f"builtins.{name}" for name in ("repr", "setattr", "str", "super", "type", "vars")),
        *(f"functools.{name}" for name in ("partial", "partialmethod", "update_wrapper", "wraps")),
    ]
)
"""What calls no function that it is handed, or not yet."""


class Foreign:
    """Finds what that touches."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._program: Program = reader.program
        self._names = self._program.function_names
        self._making: dict[ClassId, list[Fn]] = {}
        """The methods that are called when an object is made, by its class."""

    def called(self, call: ast.Call, frame: Frame, dropped: bool) -> list[Access]:
        """The accesses of what a call does beside what it says."""
        call = self._reader.threads.plain(call)
        values = ordered(self._program.eval(frame.function.id, call.func))
        found = self._remembered(call, values, frame)
        if isinstance(call.func, ast.Attribute) and not any(isinstance(v, Fn) for v in values):
            values += [v for v in self._program.eval(frame.function.id, call.func.value) if isinstance(v, Cls)]
        for value in values:
            if isinstance(value, Cls):
                found += self._made(value, call, frame)
        if Ext("builtins.type") in values and len(call.args) == 3:
            found += self._derived(call.args[1:2], call, frame)
        if any(isinstance(v, Fn | Cls | Inst) for v in values):
            return found
        if not self._only_keeps(call, values):
            for each in [*call.args, *(k.value for k in call.keywords)]:
                found += self._handed(each, frame)
        found += self._changed(call, values, frame, dropped)
        if isinstance(call.func, ast.Attribute):
            found += self._kept(call, call.func, values, frame)
        return found

    # -- functions
    @staticmethod
    def _only_keeps(call: ast.Call, values: list[Value]) -> bool:
        """Whether what is called calls none of the functions that it is handed."""
        is_put = isinstance(call.func, ast.Attribute) and call.func.attr in MUTATORS
        return is_put or any(isinstance(v, Ext) and v.path in _KEEPING for v in values)

    def _handed(self, argument: ast.expr, frame: Frame) -> list[Access]:
        """What a function touches that a library is handed, and calls."""
        if not isinstance(argument, ast.Name | ast.Attribute):
            return []
        unknown = ast.keyword(None, ast.Constant(...))  # what it is called with
        call = ast.copy_location(ast.Call(argument, [], [unknown]), argument)
        if self._is_mutator(argument):
            changed = {(*p, CONTENT) for p in self._reader.path(argument.value, frame)}
            return touches(changed, "write", argument.lineno)
        if isinstance(argument, ast.Attribute) and argument.attr in READERS and argument.attr not in self._names:
            return touches({(*p, CONTENT) for p in self._reader.path(argument.value, frame)}, "read", argument.lineno)
        if isinstance(argument, ast.Name):
            changing = self._reader.changing_methods(call, frame)
            if changing:
                return changing
        if last_name(argument) not in self._names and last_name(argument) not in self._classes:
            return []
        values = ordered(self._program.eval(frame.function.id, argument))
        made = [v for v in values if isinstance(v, Cls)]
        found = [a for klass in made for a in self._made(klass, call, frame)]
        return found + self._entered(values, call, frame)

    def _is_mutator(self, argument: ast.expr) -> TypeGuard[ast.Attribute]:
        """Whether the argument is a method of a container that changes it: `xs.append`."""
        return isinstance(argument, ast.Attribute) and argument.attr in MUTATORS and argument.attr not in self._names

    def _entered(self, values: list[Value], call: ast.Call, frame: Frame) -> list[Access]:
        targets = [v for v in values if isinstance(v, Fn)]
        return [access for target in targets for access in self._reader.function(target, call, frame)]

    # -- definitions
    def defined(self, node: ast.AST, frame: Frame) -> list[Access]:
        """What is called where a function or a class is defined: its decorators, and what its bases ask for."""
        found: list[Access] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                found += self._reader.of(decorator, frame)
                call = ast.copy_location(ast.Call(decorator, [ast.Name(node.name, ast.Load())], []), decorator)
                values = ordered(self._program.eval(frame.function.id, decorator))
                found += self._entered(values, ast.fix_missing_locations(call), frame)
        if isinstance(node, ast.ClassDef):
            found += self._derived(node.bases, node, frame)
        return found

    def _derived(self, bases: list[ast.expr], node: ast.expr | ast.stmt, frame: Frame) -> list[Access]:
        """What is called when a class is made that derives from these."""
        named = [each for base in bases for each in (base.elts if isinstance(base, ast.Tuple) else [base])]
        values = [v for each in named for v in ordered(self._program.eval(frame.function.id, each))]
        found: list[Access] = []
        for klass in (v.id for v in values if isinstance(v, Cls)):
            methods = [*self._methods(klass, _DERIVING), *self._reader.instances.makers(klass)]
            call = ast.copy_location(ast.Call(ast.Name(klass.qualname, ast.Load()), [], []), node)
            found += [a for m in methods for a in self._reader.function(m, call, frame, fresh=True)]
        return found

    def _methods(self, klass: ClassId, names: frozenset[str]) -> Iterator[Fn]:
        """The methods of these names that the class has, or inherits."""
        for each in self._program.mro(klass)[0]:
            for name in sorted(names):
                yield from members.defined(self._program, each, name)

    @cached_property
    def _classes(self) -> frozenset[str]:
        return frozenset(facts.name for facts in self._program.classes.values())

    def _made(self, value: Cls, call: ast.Call, frame: Frame) -> list[Access]:
        """What methods touch that are called when an object is made."""
        methods = self._making.get(value.id)
        if methods is None:
            methods = self._making[value.id] = list(self._called_by_making(value.id))
        given = ast.copy_location(ast.Call(call.func, [], []), call)
        for method in self._methods(value.id, _ENDING):
            ending = self._reader.function(method, given, frame, fresh=True)
            if any(a.how != "read" and a.channel[0] != "call" for a in ending):
                name, line = self._program.classes[value.id].name, call.lineno
                what = f"`{name}` (line {line}) has an effect when its object goes, which is later where items wait"
                raise Refused("unsupported-shape", f"{what}; have a method do it that is called")
        return [a for method in methods for a in self._reader.function(method, given, frame, fresh=True)]

    def _called_by_making(self, id: ClassId) -> Iterator[Fn]:
        for klass in self._program.mro(id)[0]:
            facts = self._program.classes.get(klass)
            for name in facts.bindings if facts else ():
                for method in members.defined(self._program, klass, name):
                    if name in _MADE or not _CHECKING.isdisjoint(
                        members.decorators(self._program.functions[method.id])
                    ):
                        yield method

    # -- functions that libraries keep
    def _kept(self, call: ast.Call, func: ast.Attribute, values: list[Value], frame: Frame) -> list[Access]:
        """What functions touch that the object was handed before: it may call them now."""
        paths = [v.path for v in values if isinstance(v, Ext)]
        if not _SIGNALLING.isdisjoint(paths):
            kept = [given for channel, given in self._keeping if channel == ("signal",)]
        else:
            receivers = self._reader.path(func.value, frame) if self._keeping else set()
            kept = [g for c, g in self._keeping if any(p[: len(c)] == c for p in receivers)]
        found: list[Access] = []
        for function, argument in kept:
            given = ast.copy_location(ast.Call(argument, [], []), call)
            outside = Frame(function, set())
            if isinstance(argument, ast.Attribute) and argument.attr in MUTATORS:
                changed = {(*p, CONTENT) for p in self._reader.path(argument.value, outside)}
                found += touches(changed, "write", call.lineno)
            else:
                found += self._entered(self._values(function, argument), given, outside)
        return found

    @cached_property
    def _keeping(self) -> list[tuple[Channel, tuple[FunctionFacts, ast.expr]]]:
        """The objects that are handed functions which have an effect, each with one of these."""
        found: list[tuple[Channel, tuple[FunctionFacts, ast.expr]]] = []
        for reference in self._program.call_facts.values():
            function, call = reference.caller, reference.call.node
            if not isinstance(call.func, ast.Attribute):
                continue
            arguments = [*call.args, *(k.value for k in call.keywords)]
            given = [a for a in arguments if isinstance(a, ast.Lambda | ast.Name | ast.Attribute)]
            given = [a for a in given if self._changes(function, a)]
            if not given:
                continue
            targets = self._program.eval(function.id, call.func)
            if any(isinstance(v, Fn | Cls | Inst) for v in targets):
                continue
            owners = self._program.eval(function.id, call.func.value)
            is_module = any(isinstance(v, Ext) and "()" not in v.path for v in owners)
            channels = set() if is_module else self._reader.path(call.func.value, Frame(function, set()))
            if Ext("signal.signal") in targets:
                channels = {("signal",)}
            found += [(channel, (function, each)) for channel in sorted(channels) for each in given]
        return found

    def _changes(self, function: FunctionFacts, argument: ast.expr) -> bool:
        """Whether the argument is a function that changes something."""
        if self._is_mutator(argument):
            return True
        if not isinstance(argument, ast.Lambda) and last_name(argument) not in self._names:
            return False
        for value in self._values(function, argument):
            if isinstance(value, Fn) and self._has_effect(self._program.functions[value.id]):
                return True
        return False

    def _values(self, function: FunctionFacts, argument: ast.expr) -> list[Value]:
        if isinstance(argument, ast.Lambda):
            return [Fn(self._reader.callbacks.scope(function.id, argument))]
        return ordered(self._program.eval(function.id, argument))

    @staticmethod
    def _has_effect(function: FunctionFacts) -> bool:
        """Whether its text may change what is not its own."""
        if function.outer:
            return True
        return any(
            (isinstance(node, ast.Call) and last_name(node.func) in MUTATORS)
            or (isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store))
            for node in walk(function.node)
        )

    # -- objects
    def _changed(self, call: ast.Call, values: list[Value], frame: Frame, dropped: bool) -> list[Access]:
        """The objects that a call changes which it is handed."""
        paths = [v.path for v in values if isinstance(v, Ext)]
        given = [k.value for k in call.keywords if k.arg in _INTO]
        if "operator.methodcaller()" in paths:
            named = [_first(start) for start in [call.func, *self._reader.starts(call.func, frame)]]
            given += call.args[:1] if not set(named) & READERS else []
        elif dropped and any(self._may_change(path, call) for path in paths):
            given += call.args
        places = [a for a in given if isinstance(a, ast.Name | ast.Attribute | ast.Subscript)]
        places = [a for a in places if self._reader.path(a, frame) and not is_scalar(self._program, a, frame)]
        return touches({(*p, CONTENT) for a in places for p in self._reader.path(a, frame)}, "write", call.lineno)

    @staticmethod
    def _may_change(path: str, call: ast.Call) -> bool:
        """Whether the call of a library's function, of whose value nothing is made, may be there for its arguments."""
        if "()" in path or path.startswith("builtins.") or path in ARGUMENT_WRITES or QUIET.match(path):
            return False
        receiver = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
        return not LOG_RECEIVERS.search(receiver) and not _LEAVING.match(path.rpartition(".")[2])

    # -- functions that remember their calls
    def _remembered(self, call: ast.Call, values: list[Value], frame: Frame) -> list[Access]:
        """What a decorator keeps of calls, where the program asks the function for it."""
        if not self._asked:
            return []
        func, line = call.func, call.lineno
        if isinstance(func, ast.Attribute) and func.attr in self._asked.get(last_name(func.value), ()):
            return touches(self._reader.path(func.value, frame), "read", line)
        if last_name(func) in self._asked:
            return touches({(*p, CONTENT) for p in self._reader.path(func, frame)}, "write", line)
        return []

    @cached_property
    def _asked(self) -> dict[str, set[str]]:
        """By the names of decorated functions, the attributes that are asked of them."""
        kinds = {f.name: kind for f in self._program.functions.values() if (kind := self._memory(f))}
        found: dict[str, set[str]] = {}
        if not kinds:
            return found
        pattern = re.compile(rf"\b({'|'.join(map(re.escape, sorted(kinds)))})\.([a-z]\w*)")
        for module in self._program.modules.values():
            for name, attribute in pattern.findall(module.text):
                if kinds[name] == "own" or attribute == "cache_info":
                    found.setdefault(name, set()).add(attribute)
        return found

    def _memory(self, function: FunctionFacts) -> str:
        """Whether a decorator of the program's "own", or a "cache", may remember the calls of the function."""
        for decorator in function.decorators:
            func = decorator.func if isinstance(decorator, ast.Call) else decorator
            if last_name(func) in CACHES:
                return "cache"
            scope = FunctionId(function.id.path, function.parent or MODULE)
            if last_name(func) in self._names and any(isinstance(v, Fn) for v in self._program.eval(scope, func)):
                return "own"
        return ""


def _first(made: ast.expr) -> str:
    """The text that a call is given first."""
    first = made.args[0] if isinstance(made, ast.Call) and made.args else None
    return str(first.value) if isinstance(first, ast.Constant) else ""
