"""Of which built-in type an expression is, where its form or an annotation says so."""

from __future__ import annotations

import ast

from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId
from batchlint.graph.links import Part
from batchlint.symbols import last_name
from batchlint.symbols.annotations import parsed
from batchlint.values import Cls, Fn, Inst

Types = frozenset[str] | None
"""The types that a value can have by name; None where one of them is unknown."""

OBJECT = "an object"
"""A class of the project that no built-in type is a base of."""
SERIES = "a series"
"""Something that is iterated over and, by all usage, no string."""

_DISPLAYS: dict[type[ast.expr], str] = {
    ast.JoinedStr: "str",
    ast.List: "list",
    ast.ListComp: "list",
    ast.Tuple: "tuple",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.GeneratorExp: SERIES,
}
_MADE_BY = {"sorted": "list", "repr": "str", "len": "int"}
"""What built-in functions return; the classes make their own."""
_METHODS = {
    "join": "str",
    "lower": "str",
    "upper": "str",
    "strip": "str",
    "read_text": "str",
    "splitlines": "list",
    "tolist": "list",
}
BUILTIN = frozenset({"str", "bytes", "int", "float", "bool", "list", "tuple", "dict", "set", "frozenset"})
_ANNOTATIONS = {
    **{name: name for name in BUILTIN},
    "List": "list",
    "Tuple": "tuple",
    "Dict": "dict",
    "Set": "set",
    "None": "NoneType",
    **dict.fromkeys(("Sequence", "Iterable", "Iterator", "Collection", "Generator"), SERIES),
}
_ITERABLE = frozenset({"list", "set", "frozenset", SERIES})
_DEPTH = 8


class Kinds(Part):
    """Answers for expressions in the functions of a program."""

    def of(self, scope: FunctionId, node: ast.expr, depth: int = 0) -> Types:
        """The types of what `node`, standing in the function `scope`, can be."""
        if depth > _DEPTH:
            return None
        if isinstance(node, ast.Constant):
            return frozenset({type(node.value).__name__})
        if type(node) in _DISPLAYS:
            return frozenset({_DISPLAYS[type(node)]})
        if isinstance(node, ast.Await | ast.NamedExpr):
            return self.of(scope, node.value, depth + 1)
        if isinstance(node, ast.IfExp):
            return _union(self.of(scope, node.body, depth + 1), self.of(scope, node.orelse, depth + 1))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self.of(scope, node.left, depth + 1) or self.of(scope, node.right, depth + 1)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            return self.of(scope, node.value, depth + 1)
        if isinstance(node, ast.Call):
            return self._called(scope, node)
        if isinstance(node, ast.Attribute):
            return self._field(scope, node)
        return self._name(scope, node.id, depth + 1) if isinstance(node, ast.Name) else None

    def _called(self, scope: FunctionId, node: ast.Call) -> Types:
        func = node.func
        values = self.program.eval(scope, func)
        if isinstance(func, ast.Name) and not any(isinstance(value, Fn | Cls) for value in values):
            made = _MADE_BY.get(func.id, func.id if func.id in BUILTIN else None)
            return frozenset({made}) if made else None
        functions = [value for value in values if isinstance(value, Fn)]
        if functions and len(functions) == len(values):
            return _union(*(self._annotated(self.function(each.id)) for each in functions))
        if values and all(isinstance(value, Cls) for value in values):
            return frozenset({OBJECT})
        made = _METHODS.get(func.attr) if isinstance(func, ast.Attribute) and not functions else None
        return frozenset({made}) if made else None

    def _annotated(self, function: FunctionFacts) -> Types:
        returns = getattr(function.node, "returns", None)
        if returns is None or function.is_generator:
            return None
        return self._allowed(FunctionId(function.id.path, function.parent or MODULE), returns)

    def _field(self, scope: FunctionId, node: ast.Attribute) -> Types:
        """The type that the classes which the object can be of annotate for the attribute."""
        owners = self.program.eval(scope, node.value)
        if not owners or not all(isinstance(value, Inst) for value in owners):
            return None
        return _union(*(self._in_class(value.id, node.attr) for value in owners if isinstance(value, Inst)))

    def _in_class(self, klass: ClassId, name: str) -> Types:
        for each in self.program.mro(klass)[0]:
            facts = self.program.classes.get(each)
            for binding in facts.bindings.get(name, ()) if facts is not None else ():
                if binding.how == "annotation" and binding.value is not None:
                    return self._allowed(FunctionId(each.path, MODULE), binding.value)
        return None

    def _name(self, scope: FunctionId, name: str, depth: int) -> Types:
        """The type of a variable of the function itself."""
        function = self.function(scope)
        bindings = function.bindings.get(name, [])
        outer = FunctionId(scope.path, function.parent or MODULE)
        found: list[Types] = []
        for binding in bindings:
            if binding.value is None:
                found.append(None)
            elif binding.how == "annotation":
                return self._allowed(outer, binding.value)
            elif binding.how == "element":
                found.append(self._element(scope, binding.value, depth))
            else:
                found.append(self.of(scope, binding.value, depth) if binding.how == "value" else None)
        for parameter in function.parameters:
            if parameter.arg == name:
                found.append(self._allowed(outer, parameter.annotation) if parameter.annotation else None)
        return _union(*found) if found else None

    def _element(self, scope: FunctionId, iterated: ast.expr, depth: int) -> Types:
        """The type of the items of a list, tuple or set whose annotation or display tells it."""
        if isinstance(iterated, ast.List | ast.Tuple | ast.Set) and iterated.elts:
            return _union(*(self.of(scope, each, depth + 1) for each in iterated.elts))
        if not isinstance(iterated, ast.Name):
            return None
        function = self.function(scope)
        annotations = [p.annotation for p in function.parameters if p.arg == iterated.id]
        annotations += [b.value for b in function.bindings.get(iterated.id, ()) if b.how == "annotation"]
        if len(annotations) != 1 or not isinstance(annotations[0], ast.Subscript):
            return None
        annotation = annotations[0]
        if _ANNOTATIONS.get(last_name(annotation.value)) not in _ITERABLE or isinstance(annotation.slice, ast.Tuple):
            return None
        return self._allowed(FunctionId(scope.path, function.parent or MODULE), annotation.slice)

    def _allowed(self, scope: FunctionId, annotation: ast.expr) -> Types:
        """The types that an annotation allows."""
        if isinstance(annotation, ast.Constant):
            if annotation.value is None:
                return frozenset({"NoneType"})
            quoted = parsed(annotation.value) if isinstance(annotation.value, str) else None
            return self._allowed(scope, quoted) if quoted is not None else None
        if isinstance(annotation, ast.BinOp):
            return _union(self._allowed(scope, annotation.left), self._allowed(scope, annotation.right))
        if isinstance(annotation, ast.Subscript):
            inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
            name = last_name(annotation.value)
            if name in {"Optional", "Union"}:
                types = _union(*(self._allowed(scope, each) for each in inner))
                return types | {"NoneType"} if types is not None and name == "Optional" else types
            if name in {"Annotated", "Final", "Required", "NotRequired", "Awaitable"}:
                return self._allowed(scope, inner[0])
            annotation = annotation.value
        known = _ANNOTATIONS.get(last_name(annotation))
        if known is not None:
            return frozenset({known})
        values = self.program.eval(scope, annotation)
        classes = [value.id for value in values if isinstance(value, Cls)]
        if classes and len(classes) == len(values) and not any(self.program.mro(each)[1] for each in classes):
            return frozenset({OBJECT})
        return None


def is_one(kind: str, types: frozenset[str]) -> bool | None:
    """What `isinstance` of a value of the kind says about a tuple of types; None where that is open."""
    if kind in types or (kind == "bool" and "int" in types):
        return True
    if kind == SERIES:
        return None if types - {"str", "bytes", "int", "float", "bool", "dict"} else False
    return False


def _union(*parts: Types) -> Types:
    known = [part for part in parts if part is not None]
    return frozenset().union(*known) if known and len(known) == len(parts) else None
