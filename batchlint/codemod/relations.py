"""Attributes of the objects that stand for a table's rows: columns, and what leads to rows of another table."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from batchlint.codemod.store_kinds import Kind
from batchlint.facts import ClassFacts, ClassId
from batchlint.symbols import Program, last_name
from batchlint.trees import walk

_WORDS = re.compile(r"\w+")
_LISTS = frozenset({"list", "List", "Sequence", "Iterable", "set", "Set", "WriteOnlyMapped", "DynamicMapped"})
_FOREIGN = re.compile(r"(?:\bForeignKey\(|\bforeign_key=)['\"]([\w.]+)\.\w+['\"]")
_CODE = frozenset({"function", "class", "import"})


class Relation(NamedTuple):
    """Where an attribute leads."""

    kind: Kind
    owner: ClassId
    to: ClassId
    field: str | None = None
    """The field of the rows there that says to which object they belong; None where several objects share a row."""
    key: str | None = None
    """The owner's own column with the id of the one row to which it leads, if it leads to one."""


class Relations:
    """Finds them. `kinds`: the stores whose tables classes stand for."""

    def __init__(self, program: Program, kinds: list[Kind]) -> None:
        self._program = program
        self._kinds = kinds

    @cached_property
    def models(self) -> dict[ClassId, Kind]:
        """The classes that stand for tables."""
        found: dict[ClassId, Kind] = {}
        for klass in self._program.classes if self._kinds else ():
            bases = [each.path for each in self._program.mro(klass)[1]]
            kind = next((k for k in self._kinds if k.mapped and any(map(k.mapped.match, bases))), None)
            if kind is not None:
                found[klass] = kind
        return found

    @cached_property
    def columns(self) -> dict[str, list[ClassId]]:
        """The classes that have an attribute, by its name."""
        found: dict[str, list[ClassId]] = {}
        for klass in self.models:
            for name in self._fields(klass):
                found.setdefault(name, []).append(klass)
        return found

    @cached_property
    def leading(self) -> dict[str, list[Relation]]:
        """What attributes of the name lead to."""
        found: dict[str, list[Relation]] = {}
        for klass, kind in self.models.items():
            for name in self._fields(klass):
                for back, relation in self._of(klass, kind, name):
                    found.setdefault(back, []).append(relation)
        return found

    def line(self, klass: ClassId) -> list[ClassId]:
        """The class and those of the project from which it comes."""
        return [each for each in self._program.mro(klass)[0] if each in self._program.classes]

    def _fields(self, klass: ClassId) -> Iterator[str]:
        facts = self._program.classes[klass]
        for name, bindings in facts.bindings.items():
            if not name.startswith("__") and all(binding.how not in _CODE for binding in bindings):
                yield name

    def _of(self, klass: ClassId, kind: Kind, name: str) -> Iterator[tuple[str, Relation]]:
        """Where the attribute leads, and what leads back by it."""
        facts = self._program.classes[klass]
        made = next((b.value for b in facts.bindings[name] if isinstance(b.value, ast.Call)), None)
        how = kind.relations.get(last_name(made.func) or "") if made is not None else None
        to = self._target(facts, made, name) if made is not None and how is not None else None
        if made is None or to is None:
            return
        named = {keyword.arg: keyword.value for keyword in made.keywords}
        if how == "mapped":
            is_list = self._is_list(facts, made, name)
            field = self._key(to, klass) if is_list and "secondary" not in named else None
            yield name, Relation(kind, klass, to, field, None if is_list else self._key(klass, to))
            back = named.get("backref")
            shown = back.args[0] if isinstance(back, ast.Call) and back.args else back
            if isinstance(shown, ast.Constant):
                yield str(shown.value), Relation(kind, to, klass, self._key(klass, to))
            return
        yield name, Relation(kind, klass, to, key=None if how == "many" else f"{name}_id")
        back = named.get("related_name")
        default = facts.name.lower() if how == "one" else f"{facts.name.lower()}_set"
        yield (
            str(back.value) if isinstance(back, ast.Constant) else default,
            Relation(kind, to, klass, None if how == "many" else f"{name}_id"),
        )

    def _target(self, facts: ClassFacts, made: ast.Call, name: str) -> ClassId | None:
        """The class to whose objects it leads, by what it is given or the annotation."""
        hints = [b.value for b in facts.bindings[name] if b.how == "annotation" and b.value is not None]
        given = [*made.args[:1], *(k.value for k in made.keywords if k.arg in {"to", "argument"})]
        for node in (part for each in [*given, *hints] for part in walk(each)):
            text = node.value if isinstance(node, ast.Constant) else getattr(node, "id", getattr(node, "attr", None))
            if text == "self":
                return facts.id
            words = _WORDS.findall(text) if isinstance(text, str) else []
            found = [each for each in self.models if each.qualname in words]
            if found:
                return next((each for each in found if each.path == facts.id.path), found[0])
        return None

    @staticmethod
    def _is_list(facts: ClassFacts, made: ast.Call, name: str) -> bool:
        """Whether it leads to several objects, as far as that is written there."""
        hints = [b.value for b in facts.bindings[name] if b.how == "annotation" and b.value is not None]
        words = {word for hint in hints for word in _WORDS.findall(ast.unparse(hint))}
        return bool(words & _LISTS) or not hints

    def _key(self, table: ClassId, to: ClassId) -> str | None:
        """The column of the table that holds the id of the other one's rows, if it has one."""
        names = {to.qualname.lower()}
        for facts in (self._program.classes[each] for each in self.line(to)):
            given = [b.value for b in facts.bindings.get("__tablename__", ())]
            names |= {str(text.value) for text in given if isinstance(text, ast.Constant)}
        found = []
        for facts in (self._program.classes[each] for each in self.line(table)):
            for name, bindings in facts.bindings.items():
                texts = [ast.unparse(b.value) for b in bindings if b.value is not None and b.how == "value"]
                keys = [key for text in texts for key in _FOREIGN.findall(text)]
                found += [name] if any(key.rpartition(".")[2] in names for key in keys) else []
        return found[0] if len(found) == 1 else None
