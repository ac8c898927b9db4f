"""Variables that hold sets: `done.add(key)` tells of that key alone, wherever the set was made.

Every way to a value counts: what a variable is bound to, what a helper returns, what a parameter is given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from batchlint.codemod.access import Frame
from batchlint.codemod.effects import CACHES
from batchlint.facts import MODULE, Binding, ClassId, FunctionFacts, FunctionId
from batchlint.symbols import Program, last_name
from batchlint.symbols.annotations import parsed
from batchlint.values import Ext, Fn, Inst

_MAX_DEPTH = 8
_NAMES = frozenset({"set", "Set"})
"""What annotations and bases of classes call a set that has `add`."""
_TELLING = frozenset({"add", "discard", "__contains__"})
_UNIONS = frozenset({"Optional", "Union", "Final", "ClassVar", "Annotated"})
_MAKING = frozenset({"copy", "union", "intersection", "difference", "symmetric_difference"})
"""Methods of a set that give another one."""
_KEEPING = CACHES | {"staticmethod", "classmethod", "cached_property", "abstractmethod", "override"}
"""Decorators under which a function gives what it returns."""


def is_set(program: Program, node: ast.expr, frame: Frame) -> bool:
    """Whether the value can only be a set, or nothing, where no class of the program is one."""
    return _Sets(program).holds([node], frame, 0)


def has_own(program: Program) -> bool:
    """Whether a class of the program is a set that says itself what is in it: any value may be one."""
    return any(_is_own(program, klass) for klass in program.classes)


def _is_own(program: Program, klass: ClassId) -> bool:
    bases = {last_name(base) for each in program.mro(klass)[0] for base in program.classes[each].node.bases}
    return bool(bases & _NAMES) and not _TELLING.isdisjoint(program.classes[klass].bindings)


class _Sets:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._asked: set[tuple[object, str]] = set()
        """Variables that the question has gone through: one that is given its own value holds nothing more."""

    def holds(self, values: Iterable[ast.expr | None], frame: Frame, depth: int) -> bool:
        """Whether all the values are sets, apart from `None`, which has nothing to call."""
        found = [v for v in values if not (isinstance(v, ast.Constant) and v.value is None)]
        return bool(found) and all(self._is_one(value, frame, depth + 1) for value in found)

    def _is_one(self, node: ast.expr | None, frame: Frame, depth: int) -> bool:
        if depth > _MAX_DEPTH:
            return False
        match node:
            case ast.Set() | ast.SetComp():
                return True
            case ast.Name():
                return self._of_name(node.id, frame, depth)
            case ast.Attribute():
                return self._of_attribute(node, frame, depth)
            case ast.Call():
                return self._of_call(node, frame, depth)
            case ast.Await(value=ast.Call() as call):
                return self._of_call(call, frame, depth)
            case ast.BinOp(op=ast.BitOr() | ast.BitAnd() | ast.BitXor() | ast.Sub()):
                return self.holds([node.left], frame, depth)
            case ast.BoolOp(op=ast.Or()):
                return self.holds(node.values, frame, depth)
            case ast.IfExp():
                return self.holds([node.body, node.orelse], frame, depth)
        return False

    def _of_name(self, name: str, frame: Frame, depth: int) -> bool:
        owner = self._program.owner(frame.function, name)
        if owner is None or name in (owner.rest, owner.named):
            return False
        if owner.id.qualname == MODULE and name in self._program.attribute_writes:
            return False  # another file may give the module's variable something else
        if (owner.id, name) in self._asked:
            return True
        self._asked.add((owner.id, name))
        inner = frame if owner is frame.function else Frame(owner, set())
        bindings = owner.bindings.get(name, [])
        if any(b.how == "annotation" and b.value is not None and _says_set(b.value) for b in bindings):
            return True
        telling = [each for each in bindings if not _tells_nothing(each)]
        if not all(self._binds(each, inner, depth) for each in telling):
            return False
        return self._of_parameter(owner, name, inner, depth) if name in owner.parameter_names else bool(telling)

    def _of_parameter(self, owner: FunctionFacts, name: str, frame: Frame, depth: int) -> bool:
        annotations = (p.annotation for p in owner.parameters if p.arg == name)
        if any(annotation is not None and _says_set(annotation) for annotation in annotations):
            return True
        if frame.caller is not None and name in frame.given:
            return self.holds([frame.given[name]], frame.caller, depth)
        default = owner.default(name)
        if default is not None and not self._is_nothing_or_one(default, owner, depth):
            return False
        given = list(self._program.callers.given(owner, name))
        return bool(given) and all(
            self.holds([value], Frame(self._program.functions[caller], set()), depth) for caller, value in given
        )

    def _is_nothing_or_one(self, node: ast.expr, owner: FunctionFacts, depth: int) -> bool:
        outer = self._program.functions.get(FunctionId(owner.id.path, owner.parent or MODULE), owner)
        return self.holds([ast.Set([]), node], Frame(outer, set()), depth)

    def _binds(self, binding: Binding, frame: Frame, depth: int) -> bool:
        if binding.how == "value":
            return self.holds([binding.value], frame, depth)
        if binding.how == "unpack" and binding.position is not None and not binding.is_part:
            return self._of_part(binding.value, binding.position, frame, depth)
        return False

    def _of_part(self, value: ast.expr | None, position: int, frame: Frame, depth: int) -> bool:
        """What stands at the place of all tuples that the call can give."""
        call = value.value if isinstance(value, ast.Await) else value
        returned = self._returned(call, frame) if isinstance(call, ast.Call) else None
        return bool(returned) and all(
            isinstance(each, ast.Tuple)
            and position < len(each.elts)
            and not any(isinstance(part, ast.Starred) for part in each.elts)
            and self.holds([each.elts[position]], inner, depth)
            for inner, each in returned or ()
        )

    def _of_attribute(self, node: ast.Attribute, frame: Frame, depth: int) -> bool:
        """All that is stored under the name in the classes of which it may be an attribute, and elsewhere."""
        program = self._program
        owners = program.eval(frame.function.id, node.value)
        if not owners or not all(isinstance(value, Inst) for value in owners):
            return False
        line = {k for v in owners if isinstance(v, Inst) for k in (*program.mro(v.id)[0], *program.subclasses(v.id))}
        key = (frozenset(line), node.attr)
        if key in self._asked:
            return True
        self._asked.add(key)
        stated = [b for k in line if k in program.classes for b in program.classes[k].bindings.get(node.attr, [])]
        written = [each for k in line for each in program.self_writes.get(k, {}).get(node.attr, ())]
        written += [(function, binding) for function, _, binding in program.attribute_writes.get(node.attr, ())]
        is_stated = any(b.how == "annotation" and b.value is not None and _says_set(b.value) for b in stated)
        if not is_stated and any(not _tells_nothing(each) for each in stated):
            return False
        telling = [(function, each) for function, each in written if not _tells_nothing(each)]
        return (is_stated or bool(telling)) and all(
            self._binds(each, Frame(function, set()), depth) for function, each in telling
        )

    def _of_call(self, call: ast.Call, frame: Frame, depth: int) -> bool:
        func, targets = call.func, self._program.eval(frame.function.id, call.func)
        if targets == {Ext("builtins.set")}:
            return True
        if isinstance(func, ast.Attribute) and not any(isinstance(value, Fn) for value in targets):
            return func.attr in _MAKING and self.holds([func.value], frame, depth)
        returned = self._returned(call, frame)
        return bool(returned) and all(
            self._states_set(inner) or self.holds([each], inner, depth) for inner, each in returned or ()
        )

    @staticmethod
    def _states_set(frame: Frame) -> bool:
        """Whether the function says that it returns a set."""
        annotation = getattr(frame.function.node, "returns", None)
        return annotation is not None and _says_set(annotation)

    def _returned(self, call: ast.Call, frame: Frame) -> list[tuple[Frame, ast.expr]] | None:
        """What the functions return that the call can enter; None where it may give something else."""
        targets = self._program.eval(frame.function.id, call.func)
        functions = [self._program.functions[value.id] for value in targets if isinstance(value, Fn)]
        if not functions or len(functions) < len(targets):
            return None
        if any(f.is_generator or {last_name(d) for d in f.decorators} - _KEEPING for f in functions):
            return None
        return [(Frame(function, set()), each) for function in functions for each in function.returns]


def _tells_nothing(binding: Binding) -> bool:
    """Whether it gives the name no value, or `None`, which has no methods to call."""
    is_none = isinstance(binding.value, ast.Constant) and binding.value.value is None
    return binding.how == "annotation" or (binding.how == "value" and is_none)


def _says_set(annotation: ast.expr) -> bool:
    """Whether the annotation allows a set, and nothing else but None."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        quoted = parsed(annotation.value)
        return quoted is not None and _says_set(quoted)
    if isinstance(annotation, ast.BinOp):
        parts = [annotation.left, annotation.right]
    elif isinstance(annotation, ast.Subscript) and last_name(annotation.value) in _UNIONS:
        parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    else:
        base = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        return last_name(base) in _NAMES
    told = [each for each in parts if not (isinstance(each, ast.Constant) and each.value is None)]
    return bool(told) and all(map(_says_set, told))
