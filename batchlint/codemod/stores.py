"""Databases and stores outside the program: an item's look at its own entry is no look at what others leave there.

What of a client looks, what writes and by what an entry is named: data/stores.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.access import DATABASE, NEW, STORE, UNDONE, Access, Frame
from batchlint.codemod.chains import Acts, Chain, Chains, Step, table_of
from batchlint.codemod.entries import Entries, Entry, Row
from batchlint.codemod.objects import Objects
from batchlint.codemod.store_kinds import Kind, functions
from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name
from batchlint.values import Cls, Ext

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths

_ADDING = frozenset({"add", "add_all", "merge"})


class Stores:
    """Lists what calls of such clients touch."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._chains = Chains(paths)
        self._entries = Entries(paths, self._chains)
        self._objects = Objects(paths, self._chains, self._entries)
        self._inner: set[int] = set()
        """Calls on the way to one that asks, by identity: nothing is asked for in them."""
        self._given: dict[int, bool] = {}

    def called(self, call: ast.Call, frame: Frame, *, dropped: bool) -> list[Access] | None:
        """The accesses of a call of such a client; None for other calls."""
        if id(call) in self._inner:
            return []
        if (last_name(call.func) or "") in functions() and (asked := self._of_function(call, frame)) is not None:
            return asked
        if not isinstance(call.func, ast.Attribute):
            return None
        if call.func.attr in self._chains.holding and (held := self._of_led_to(call, frame)) is not None:
            return held
        if call.func.attr not in self._chains.acting:
            return self._unlisted(call, frame, dropped=dropped)
        chain = self._chains.of(call, frame.function, frame)
        acts = self._chains.acts(chain) if chain is not None and chain.steps[0].name in chain.kind.acting else None
        whole = self._entries.with_query(chain, acts) if chain is not None and acts is not None else None
        if chain is None or acts is None or whole is None:
            led_to = self._of_led_to(call, frame) or self._of_object(call, frame)
            return led_to or self._unlisted(call, frame, dropped=dropped)
        self._inner |= {id(step.node) for step in whole.steps[1:] if step.frame is frame}
        how, adds = acts.how, bool(acts.group.get("adds"))
        if "object" in acts.group:
            return self._of_given(chain, acts, call)
        entry = self._entries.of(whole, acts)
        if "query" in acts.group and whole.steps[-1].name != "select":
            how, adds = "write", whole.steps[-1].name == "insert"
        ways = [how, "read"] if acts.group.get("both") else [how]
        return self._accesses(chain.kind, entry, ways, call.lineno, adds=adds)

    def _unlisted(self, call: ast.Call, frame: Frame, *, dropped: bool) -> list[Access] | None:
        """The accesses of a method of a client of which it is not known what it does."""
        kind, how = self._chains.unlisted(call, frame.function, frame), "write" if dropped else "read"
        return self._accesses(kind, Entry(None, []), [how], call.lineno) if kind is not None else None

    def gives(self, call: ast.Call, function: FunctionFacts) -> bool:
        """Whether the call gives what a store has, and nothing that is known here."""
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in self._chains.acting:
            return False
        if id(call) not in self._given:
            chain = self._chains.of(call, function, None)
            acts = self._chains.acts(chain) if chain is not None else None
            self._given[id(call)] = acts is not None and acts.how == "read"
        return self._given[id(call)]

    # -- attributes of rows
    def set(self, call: ast.Call, frame: Frame) -> list[Access]:
        """The accesses of `setattr(note, "text", ...)`."""
        if not isinstance(call.func, ast.Name) or call.func.id != "setattr" or len(call.args) != 3:
            return []
        name = call.args[1].value if isinstance(call.args[1], ast.Constant) else ""
        return self.assigned(ast.copy_location(ast.Attribute(call.args[0], str(name), ast.Store()), call), frame)

    def assigned(self, target: ast.expr, frame: Frame) -> list[Access]:
        """The accesses of an assignment to an attribute of what stands for a row: `note.text = ...`.

        One without a name is any of them.
        """
        if not isinstance(target, ast.Attribute) or not self._chains.has_objects:
            return []
        place = self._objects.place(target.value, frame.function, frame)
        made = self._made(place)
        if made and not self._is_added(place, target):
            return []
        found = self._objects.entry(target.value, frame.function, frame)
        classes = self._objects.classes(target.value, frame.function, target.attr)
        kinds = self._objects.relations.models
        if found is not None and (found[1].table is not None or len(classes) != 1):
            touched = [found]
        else:
            rows = found[1].rows if found is not None else self._objects.named(place)
            touched = [(kinds[each], Entry(table_of(each), rows)) for each in classes]
        accesses: list[Access] = []
        for kind, entry in touched:
            if not target.attr or any(row.field == target.attr for row in entry.rows):
                entry = Entry(entry.table, [])  # it has another key afterwards
            accesses += self._accesses(kind, entry, ["write"], target.lineno, column=target.attr)
        return [a._replace(once=NEW) if made and a.channel[0] == STORE else a for a in accesses]

    def _made(self, place: Step) -> bool:
        """Whether the object at the place is made here, as one of its class."""
        made, _, home = self._chains.behind(place.node, place.function, place.frame)
        values = self._paths.program.eval(home.id, made.func) if isinstance(made, ast.Call) else ()
        return any(isinstance(value, Cls) for value in values)

    def _is_added(self, place: Step, target: ast.Attribute) -> bool:
        """Whether the object is part of its table by then."""
        names = {ast.unparse(place.node), ast.unparse(target.value)}
        adding = (c for name in _ADDING for c in self._paths.program.calls_by_name.get(name, ()))
        added = (c.call.node for c in adding if c.caller.id.path == place.function.id.path)
        return any(c.lineno <= target.lineno and names & set(map(ast.unparse, c.args)) for c in added)

    def read(self, node: ast.expr, frame: Frame) -> list[Access]:
        """The accesses of reading attributes that lead to rows of other tables, or of rows that several items have."""
        found: list[Access] = []
        outer: ast.expr | None = None
        while isinstance(node, ast.Attribute | ast.Subscript):
            if isinstance(node, ast.Attribute) and node.attr in self._objects.relations.columns:
                found += self._repeated(node, frame)
            if isinstance(node, ast.Attribute) and node.attr in self._objects.relations.leading:
                found += self._led(node, outer, frame)
            outer, node = node, node.value
        return found

    def _led(self, node: ast.Attribute, outer: ast.expr | None, frame: Frame) -> Iterable[Access]:
        relations = self._objects.relations
        for to in self._objects.led_to(node, frame.function):
            asked = outer.attr if isinstance(outer, ast.Attribute) and to.key is not None else ""
            column = asked if to.to in relations.columns.get(asked, ()) else ""
            entry = Entry(table_of(to.to), [*self._objects.belonging(to, node, frame.function, frame)])
            yield from self._accesses(to.kind, entry, ["read"], node.lineno, column=column)

    def _repeated(self, node: ast.Attribute, frame: Frame) -> list[Access]:
        """The access of reading a column of a row that a loop draws several times, as one object."""
        place = self._objects.place(node.value, frame.function, frame)
        if not self._objects.repeats(place):
            return []
        rows, models = self._objects.named(place), self._objects.relations.models
        found: list[Access] = []
        for each in self._objects.classes(node.value, frame.function, node.attr):
            if models[each].shared:
                found += self._accesses(
                    models[each], Entry(table_of(each), rows), ["read"], node.lineno, column=node.attr
                )
        return found

    def _of_function(self, call: ast.Call, frame: Frame) -> list[Access] | None:
        """The accesses of a call of a function that is no method of a client: `get_object_or_404(Note, pk=key)`."""
        paths = [v.path for v in self._paths.program.eval(frame.function.id, call.func) if isinstance(v, Ext)]
        for each in functions()[last_name(call.func) or ""]:
            kind = self._chains.kind(each.store)
            if kind is not None and any(map(each.path.match, paths)):
                entry = self._entries.of_function(each.group, Step("", call, frame.function, frame))
                return self._accesses(kind, entry, [each.how], call.lineno)
        return None

    # -- what objects lead to
    def _of_led_to(self, call: ast.Call, frame: Frame) -> list[Access] | None:
        """The accesses of a call of what an object leads to: `note.tags.filter(...)`, `author.books.append(book)`."""
        name, node = last_name(call.func) or "", call.func
        inside: list[ast.Call] = []
        while isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
            inside.append(node.value)
            node = node.value.func
        found: list[Access] = []
        leading = node.value if isinstance(node, ast.Attribute) else node
        for to in self._objects.led_to(leading, frame.function):
            is_change = name in to.kind.changes or name in to.kind.holding
            if to.key is not None or not (is_change or name in to.kind.looks):
                continue
            entries = [Entry(table_of(to.to), [*self._objects.belonging(to, leading, frame.function, frame)])]
            entries += [Entry(table_of(to.owner), [])] if is_change and to.field is None else []
            for entry in entries:
                found += self._accesses(to.kind, entry, ["write" if is_change else "read"], call.lineno, adds=is_change)
        self._inner |= {id(each) for each in inside if found}
        return found or None

    def _of_object(self, call: ast.Call, frame: Frame) -> list[Access] | None:
        found = self._objects.own(call, frame.function, frame)
        return self._accesses(*found, ["write"], call.lineno) if found is not None else None

    def _of_given(self, chain: Chain, acts: Acts, call: ast.Call) -> list[Access]:
        """The accesses of a call that is given the object which it stores, or looks up anew."""
        step = chain.steps[acts.at]
        node = step.argument([acts.group["object"]])
        found = self._objects.entry(node, step.function, step.frame) if node is not None else None
        entry = found[1] if found is not None else Entry(None, [])
        if found is None and node is not None and acts.how == "read":
            place = self._objects.place(node, step.function, step.frame)
            tables = [table_of(each) for each in self._objects.classes(node, step.function, "")]
            entry = Entry(tables[0], self._objects.named(place)) if len(tables) == 1 else entry
        is_new = (
            acts.how == "read" and node is not None and self._made(self._objects.place(node, step.function, step.frame))
        )
        found_here = self._accesses(chain.kind, entry, [acts.how], call.lineno, adds=bool(acts.group.get("adds")))
        return [a._replace(once=NEW) if is_new and a.channel[0] == STORE else a for a in found_here]

    # -- accesses
    def _accesses(
        self, kind: Kind, entry: Entry, ways: Iterable[str], line: int, *, adds: bool = False, column: str = ""
    ) -> list[Access]:
        found = [self._access(kind, entry, how, line, column)._replace(adds=adds) for how in ways]
        is_undone = kind.objects and any(access.how == "write" for access in found)
        return [*found, *([Access(UNDONE, "sum", line)] if is_undone else [])]

    def _access(self, kind: Kind, entry: Entry, how: str, line: int, column: str) -> Access:
        is_known = entry.table is not None and "{}" not in entry.table
        store = (STORE, DATABASE, kind.name) if kind.objects else (STORE, kind.name)
        channel = (*store, str(entry.table), *([column] if column else [])) if is_known else store
        paths, named = self._paths, list[tuple[Row, str]]()
        for row in self._objects.keyed(entry):
            text = paths.key_text(row.node, row.frame) if scopes.read(row.node) - {"self", "cls"} else None
            if text is not None and (how != "read" or not named or row.frame is named[0][0].frame):
                named.append((row, text))
        if not named:
            return Access(channel, how, line)
        means = [paths.meaning(row.node, row.frame) for row, _ in named]
        held = frozenset((row.field, each) for (row, _), each in zip(named, means, strict=True))
        key = ", ".join(text for _, text in named)
        return Access(channel, how, line, key, ", ".join(means), frame=named[0][0].frame.number, row=held)
