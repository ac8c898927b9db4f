"""Which entry an object is that was looked up, made or drawn: `note.text = ...` changes that one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from batchlint.codemod.access import Frame
from batchlint.codemod.chains import Acts, Chain, Chains, Step, table_of
from batchlint.codemod.entries import Entries, Entry, Row, identity, is_of_several
from batchlint.codemod.relations import Relation, Relations
from batchlint.codemod.store_kinds import Kind
from batchlint.facts import ClassId, FunctionFacts
from batchlint.patterns import heads
from batchlint.values import Cls, Ext, Fn, Inst

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths

_MAX_DEPTH = 4
_PLACES = (ast.Name, ast.Attribute, ast.Subscript)
Found = tuple[Kind, Entry]


class Objects:
    """Finds them."""

    def __init__(self, paths: Paths, chains: Chains, entries: Entries) -> None:
        self._paths = paths
        self._chains = chains
        self._entries = entries
        self.relations = Relations(paths.program, chains.mapping)

    def entry(self, node: ast.expr, function: FunctionFacts, frame: Frame | None, depth: int = 0) -> Found | None:
        """The entry that an object is which was looked up; None for others."""
        if isinstance(node, ast.Await | ast.NamedExpr):
            return self.entry(node.value, function, frame, depth)
        if isinstance(node, ast.BoolOp | ast.IfExp):
            parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
            return self._common([self.entry(part, function, frame, depth + 1) for part in parts])
        chain = self._chains.of(node, function, frame)
        if chain is not None and (looked_up := self._found(chain)) is not None:
            return looked_up
        base = node
        while isinstance(base, ast.Attribute | ast.Subscript):
            base = base.value
        chains, name = self._chains.drawn(base, function, frame)
        found = [each for chain in chains if (each := self._found(chain)) is not None]
        if found and base is node:
            tables = {entry.table for _, entry in found}
            return found[0][0], Entry(tables.pop() if len(tables) == 1 else None, identity(name))
        value, around, home = self._chains.behind(node, function, frame)
        if value is not None and depth < _MAX_DEPTH:
            return self.entry(value, home, around, depth + 1)
        if isinstance(node, ast.Call) and depth < _MAX_DEPTH:
            return self._of_call(node, function, frame, depth)
        return (found[0][0], Entry(None, [])) if found else None

    def _of_call(self, call: ast.Call, function: FunctionFacts, frame: Frame | None, depth: int) -> Found | None:
        """The entry that a function of the project gives, or that is made here."""
        values = self._paths.program.eval(function.id, call.func)
        made = next((v.id for v in values if isinstance(v, Cls) and v.id in self.relations.models), None)
        if made is not None:
            return self.relations.models[made], self._entries.made(call, function, frame)
        targets = [value for value in values if isinstance(value, Fn)]
        if len(targets) != 1 or frame is None or self._paths.program.functions[targets[0].id].is_generator:
            return None
        inside = self._paths.callee_frame(targets[0], call, frame)
        returns = [r for r in inside.function.returns if not (isinstance(r, ast.Constant) and r.value is None)]
        return self._common([self.entry(each, inside.function, inside, depth + 1) for each in returns])

    def _common(self, found: list[Found | None]) -> Found | None:
        """What is known of an object that is one of these."""
        known = [each for each in found if each is not None]
        if not known or len(known) < len(found) or len({entry.table for _, entry in known}) > 1:
            return None
        (kind, first), *others = known
        held = [{(r.field, self._paths.meaning(r.node, r.frame)) for r in entry.rows} for _, entry in others]
        rows = [r for r in first.rows if all((r.field, self._paths.meaning(r.node, r.frame)) in each for each in held)]
        return kind, Entry(first.table, rows)

    def _found(self, chain: Chain) -> Found | None:
        """What the chain looks up, if that is objects: `session.scalars(select(Note)).first()`."""
        part, acts = self._look(chain)
        if acts is None:
            return None
        behind = chain.steps[: len(chain.steps) - len(part.steps)] if "query" not in acts.group else []
        leads_on = any(isinstance(step.node, ast.Attribute) for step in behind)  # `note.author` is no note
        return part.kind, Entry(None, []) if leads_on else self._entries.of(part, acts)

    def _look(self, chain: Chain) -> tuple[Chain, Acts | None]:
        """The part of the chain that looks something up, with the steps of its query."""
        for number in range(len(chain.steps)) if chain.kind.objects else ():
            part = chain._replace(steps=chain.steps[number:])
            acts = self._chains.acts(part)
            is_look = acts is not None and (acts.how == "read" or acts.group.get("both"))
            whole = self._entries.with_query(part, acts) if acts is not None and is_look else None
            if acts is not None and whole is not None:
                return whole, acts
        return chain, None

    # -- by what is known of their classes
    def classes(self, node: ast.expr, function: FunctionFacts, attribute: str) -> list[ClassId]:
        """The classes of tables whose object it may be that has the attribute; without one, whichever it has."""
        having = self.relations.columns.get(attribute, []) if attribute else list(self.relations.models)
        lines = self._lines(node, function) if having else []
        if lines is None:
            return having if attribute else []
        return [klass for klass in having if any(klass in line for line in lines)]

    def _lines(self, node: ast.expr, function: FunctionFacts) -> list[list[ClassId]] | None:
        """The classes of tables whose object it is, each with those from which it comes; None where nothing tells."""
        values = self._paths.program.eval(function.id, node)
        found = [value.id for value in values if isinstance(value, Inst) and value.id in self.relations.models]
        if not found:
            found = [each.to for part in self._parts(node, function) for each in self.led_to(part, function)]
        is_told = any(not isinstance(v, Ext) or v.path.partition(".")[0] not in self._libraries for v in values)
        return [self.relations.line(each) for each in found] if found or is_told else None

    def _parts(self, node: ast.expr, function: FunctionFacts) -> Iterator[ast.expr]:
        """What may lead to the object: itself, what it stands for, or what a loop draws it from by a query."""
        node = self.place(node, function, None).node
        yield node
        for part in self._chains.drawn_from(node, function):
            while isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
                part = part.func.value
            yield part

    @cached_property
    def _libraries(self) -> frozenset[str]:
        """The packages of the stores, of whose objects it is not known what their attributes hold."""
        return frozenset(head for kind in self._chains.mapping for head in heads(kind.mapped_by))

    def own(self, call: ast.Call, function: FunctionFacts, frame: Frame) -> Found | None:
        """The row that a method of its object stores: `note.save()`; None for other calls."""
        func = call.func
        if not isinstance(func, ast.Attribute):
            return None
        for klass in (line[0] for line in self._lines(func.value, function) or ()):
            kind = self.relations.models[klass]
            if any(group.get("own") and "object" not in group for group in kind.changes.get(func.attr, ())):
                found = self.entry(func.value, function, frame)
                rows = found[1].rows if found is not None else self.named(self.place(func.value, function, frame))
                return kind, Entry(table_of(klass), rows)
        return None

    def place(self, node: ast.expr, function: FunctionFacts, frame: Frame | None) -> Step:
        """The object by the name or the place from which it comes."""
        for _ in range(_MAX_DEPTH):
            value, around, home = self._chains.behind(node, function, frame)
            if not isinstance(value, _PLACES):
                break
            node, frame, function = value, around, home
        return Step("", node, function, frame)

    def named(self, place: Step) -> list[Row]:
        """What tells the object at the place from the others of its table."""
        return [*identity(place), *self._owned(place)] if isinstance(place.node, _PLACES) else []

    def _owned(self, place: Step) -> Iterator[Row]:
        """The field by which rows belong to the object through which a loop draws them: `for book in author.books`."""
        _, *parts = self._parts(place.node, place.function)
        for part in parts if place.frame is not None else ():
            for to in self.led_to(part, place.function):
                yield from self.belonging(to, part, place.function, place.frame)

    def keyed(self, entry: Entry) -> list[Row]:
        """The rows of the entry, objects of others by the column with their id, and ids as they were looked up."""
        found: list[Row] = []
        for row in entry.rows:
            leading = self.relations.leading.get(row.field, ())
            key = next((each.key for each in leading if each.key and table_of(each.owner) == entry.table), None)
            if key is not None and isinstance(row.node, ast.Name) and self._is_object(row):
                node = ast.copy_location(ast.Attribute(row.node, "id", ast.Load()), row.node)
                row = Row(key, node, row.frame)
            found.append(self._as_asked(row))
        return found

    def _as_asked(self, row: Row) -> Row:
        """The row with the id by which an object was looked up: `author.id` behind `session.get(Author, key)`."""
        node, frame = row.node, row.frame
        if not isinstance(node, ast.Attribute) or node.attr != "id" or not isinstance(node.value, ast.Name):
            return row
        found = self.entry(node.value, frame.function, frame)
        ids = [each for each in found[1].rows if each.field == "id"] if found is not None else []
        return Row(row.field, ids[0].node, ids[0].frame) if ids else row

    def _is_object(self, row: Row) -> bool:
        values = self._paths.program.eval(row.frame.function.id, row.node)
        return any(isinstance(value, Inst) and value.id in self.relations.models for value in values)

    def repeats(self, place: Step) -> bool:
        """Whether a loop may draw the object several times: a query of several tables gives a row for each pair."""
        chains, _ = self._chains.drawn(place.node, place.function, place.frame)
        parts = (self._look(chain)[0] for chain in chains if chain.kind.objects)
        return any(any(map(is_of_several, part.steps)) or self._joins(part) for part in parts)

    @staticmethod
    def _joins(chain: Chain) -> bool:
        groups = [group for step in chain.steps for group in chain.kind.steps.get(step.name, ())]
        return any(g.get("repeats") for g in groups) and not any(g.get("once") for g in groups)

    # -- what leads to others
    def led_to(self, node: ast.expr, function: FunctionFacts) -> list[Relation]:
        """Where the expression leads, if it is an attribute that does."""
        found = self.relations.leading.get(node.attr, []) if isinstance(node, ast.Attribute) else []
        if not found or not isinstance(node, ast.Attribute):
            return []
        lines = self._lines(node.value, function)
        return found if lines is None else [each for each in found if any(each.owner in line for line in lines)]

    def belonging(
        self, relation: Relation, node: ast.expr, function: FunctionFacts, frame: Frame | None
    ) -> Iterator[Row]:
        """The field by which the rows belong to the object whose attribute leads to them."""
        if relation.field is None or frame is None or not isinstance(node, ast.Attribute):
            return
        yield from (Row(relation.field, row.node, row.frame) for row in identity(Step("", node.value, function, frame)))
