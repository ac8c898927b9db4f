"""Databases and stores outside the program: an item's look at its own entry is no look at what others leave there.

What of a client looks, what writes and by what an entry is named: data/stores.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod import scopes
from batchlint.codemod.access import DATABASE, STORE, UNDONE, Access, Frame
from batchlint.codemod.chains import Acts, Chain, Chains, Step, table_of
from batchlint.codemod.store_kinds import Group, Kind, lookups
from batchlint.facts import ClassId, FunctionFacts
from batchlint.symbols import last_name
from batchlint.values import Cls

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths


_ANY = "*"
"""As a field: any of them."""


class Row(NamedTuple):
    """What names an entry: a field with what it holds."""

    field: str
    node: ast.expr
    frame: Frame


class Entry(NamedTuple):
    """What a call looks at or changes: all of a table, or what the rows name."""

    table: str | None
    """None where it is not known."""
    rows: list[Row]


class Stores:
    """Lists what calls of such clients touch."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._chains = Chains(paths)
        self._inner: set[int] = set()
        """Calls on the way to one that asks, by identity: nothing is asked for in them."""
        self._given: dict[int, bool] = {}

    def called(self, call: ast.Call, frame: Frame, *, dropped: bool) -> list[Access] | None:
        """The accesses of a call of such a client; None for other calls."""
        if id(call) in self._inner:
            return []
        if not isinstance(call.func, ast.Attribute):
            return None
        if call.func.attr not in self._chains.acting:
            kind, how = self._chains.unlisted(call, frame.function, frame), "write" if dropped else "read"
            return self._accesses(kind, Entry(None, []), [how], call.lineno) if kind is not None else None
        chain = self._chains.of(call, frame.function, frame)
        acts = self._chains.acts(chain) if chain is not None and chain.steps[0].name in chain.kind.acting else None
        whole = self._with_query(chain, acts) if chain is not None and acts is not None else None
        if chain is None or acts is None or whole is None:
            return None
        self._inner |= {id(step.node) for step in whole.steps[1:] if step.frame is frame}
        how, adds = acts.how, bool(acts.group.get("adds"))
        if "object" in acts.group:
            entry = self._stored(chain.steps[acts.at], acts.group, chain)
        else:
            entry = self._entry(whole, acts)
        if "query" in acts.group and whole.steps[-1].name != "select":
            how, adds = "write", whole.steps[-1].name == "insert"
        ways = [how, "read"] if acts.group.get("both") else [how]
        return self._accesses(chain.kind, entry, ways, call.lineno, adds=adds)

    def gives(self, call: ast.Call, function: FunctionFacts) -> bool:
        """Whether the call gives what a store has, and nothing that is known here."""
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in self._chains.acting:
            return False
        if id(call) not in self._given:
            chain = self._chains.of(call, function, None)
            acts = self._chains.acts(chain) if chain is not None else None
            self._given[id(call)] = acts is not None and acts.how == "read"
        return self._given[id(call)]

    def assigned(self, target: ast.expr, frame: Frame) -> list[Access]:
        """The accesses of an assignment to an attribute of what was looked up: `note.text = ...`."""
        if not isinstance(target, ast.Attribute) or not self._chains.has_objects:
            return []
        found = self._looked_up(target.value, frame.function, frame)
        if found is None:
            return []
        kind, entry = found
        if any(row.field == target.attr for row in entry.rows):
            entry = Entry(entry.table, [])  # it has another key afterwards
        return self._accesses(kind, entry, ["write"], target.lineno)

    # -- entries
    def _looked_up(self, node: ast.expr, function: FunctionFacts, frame: Frame | None) -> tuple[Kind, Entry] | None:
        """The entry that an object is which was looked up; None for others."""
        chain = self._chains.of(node, function, frame)
        if chain is not None:
            return self._found(chain)
        base = node
        while isinstance(base, ast.Attribute | ast.Subscript):
            base = base.value
        chains, name = self._chains.drawn(base, function, frame)
        found = [each for chain in chains if (each := self._found(chain)) is not None]
        tables = {entry.table for _, entry in found}
        if not found or base is not node:
            return (found[0][0], Entry(None, [])) if found else None
        return found[0][0], Entry(tables.pop() if len(tables) == 1 else None, _identity(name))

    def _found(self, chain: Chain) -> tuple[Kind, Entry] | None:
        """What the chain looks up, if that is objects: `session.scalars(select(Note)).first()`."""
        for number in range(len(chain.steps)) if chain.kind.objects else ():
            part = chain._replace(steps=chain.steps[number:])
            acts = self._chains.acts(part)
            whole = self._with_query(part, acts) if acts is not None and acts.how == "read" else None
            if acts is not None and whole is not None:
                return whole.kind, self._entry(whole, acts)
        return None

    def _with_query(self, chain: Chain, acts: Acts) -> Chain | None:
        """The chain with the steps of the query that its call is given, if it is given one."""
        if "query" not in acts.group:
            return chain
        query = self._chains.query(chain.steps[acts.at], acts.group)
        return chain._replace(steps=[*chain.steps[: acts.at + 1], *query]) if query is not None else None

    def _entry(self, chain: Chain, acts: Acts) -> Entry:
        """What the call looks at or changes."""
        if "through" in acts.group:
            return Entry(self._related(chain.table, acts.group["through"]), [])
        kind, table, is_named, rows = chain.kind, chain.table, chain.table is not None, list[Row]()
        changed: set[str] = set()
        for number, step in enumerate(chain.steps):
            acting = [acts.group] if number == acts.at else []
            if kind.run:
                acting = [*kind.looks.get(step.name, []), *kind.changes.get(step.name, [])]
            for each in [*kind.steps.get(step.name, []), *acting]:
                is_plain = "query" in each or not kind.objects
                if each.get("wider") or (not is_plain and _leads_on(step, is_filter=bool(each.get("named")))):
                    return Entry(None, [])
                changed |= self._changed(each, step)
                if "table" in each and not is_named:
                    table, is_named = self._named(step, each["table"]), True
                rows += self._rows(each, step)
        if acts.group.get("own") and chain.begin is not None:
            rows = _identity(chain.begin)
        if changed & {row.field for row in rows} or _ANY in changed:
            rows = []  # it has another key afterwards
        return Entry(table, rows)

    def _changed(self, group: Group, step: Step) -> set[str]:
        """The fields that the step gives another value."""
        if "sets" not in group or step.call is None:
            return set()
        if group["sets"] == "named":
            return {keyword.arg or _ANY for keyword in step.call.keywords}
        node = step.argument(group["sets"])
        if isinstance(node, ast.Name):
            value, _, _ = self._chains.behind(node, step.function, step.frame)
            node = value if value is not None else node
        if node is None:
            return set()
        return {name or _ANY for name in _names_in(node)} if isinstance(node, ast.Dict) else {_ANY}

    def _related(self, table: str | None, attribute: str) -> str | None:
        """The table to which an attribute of a table's objects leads; None where that is not known."""
        program = self._paths.program
        path, _, name = (table or "").partition(":")
        klass = ClassId(path, name)
        for facts in (program.classes[each] for each in program.mro(klass)[0] if each in program.classes):
            for binding in facts.bindings.get(attribute, ()):
                to = binding.value.args[:1] if isinstance(binding.value, ast.Call) else []
                if to:
                    return self._class(to[0], program.modules[facts.id.path].body) or self._named_so(to[0])
        for other, facts in program.classes.items():
            for binding in (b for bindings in facts.bindings.values() for b in bindings):
                call = binding.value
                names = {k.arg: k.value for k in call.keywords} if isinstance(call, ast.Call) else {}
                related = names.get("related_name")
                if isinstance(related, ast.Constant) and related.value == attribute:
                    return table_of(other)
            if attribute == f"{other.qualname.lower()}_set":
                return table_of(other)
        return None

    def _named_so(self, node: ast.expr) -> str | None:
        """The only class with the name that a text gives: `ForeignKey("shop.Note")`."""
        name = str(node.value).rpartition(".")[2] if isinstance(node, ast.Constant) else ""
        found = [each for each in self._paths.program.classes if each.qualname == name]
        return table_of(found[0]) if len(found) == 1 else None

    def _stored(self, acting: Step, group: Group, chain: Chain) -> Entry:
        """What the object that the call is given stands for."""
        node = acting.argument([group["object"]])
        if node is None:
            return Entry(None, [])
        found = self._looked_up(node, acting.function, acting.frame)
        if found is not None:
            return found[1]
        made, frame, function = node, acting.frame, acting.function
        if isinstance(node, ast.Name):
            value, frame, function = self._chains.behind(node, function, frame)
            made = value if value is not None else node
        if not isinstance(made, ast.Call):
            return Entry(None, [])
        return Entry(self._class(made.func, function), [*self._fields(made, Step("", made, function, frame))])

    def _rows(self, group: Group, step: Step) -> Iterator[Row]:
        """The fields of which a step says what they hold, in the names of an iteration."""
        call, frame = step.call, step.frame
        if frame is None or call is None:
            return
        for field, places in group.get("key", {}).items():
            node = step.argument(places)
            if node is not None:
                yield Row(field, _only(node), frame)
        if "fields" in group:
            node = step.argument(group["fields"])
            yield from self._fields(node, step) if node is not None else ()
        if group.get("named"):
            for keyword in call.keywords:
                name, _, lookup = (keyword.arg or "").partition("__")
                if name and lookup in {"", "exact"} and name not in group.get("besides", ()):
                    yield Row("id" if name == "pk" else name, _by_id(keyword.value), frame)
        if group.get("conditions"):
            for each in call.args:
                is_equal = isinstance(each, ast.Compare) and [type(op) for op in each.ops] == [ast.Eq]
                if is_equal and isinstance(each, ast.Compare) and isinstance(each.left, ast.Attribute):
                    yield Row(each.left.attr, each.comparators[0], frame)
        if group.get("equal") and len(call.args) == 2 and isinstance(call.args[0], ast.Constant):
            yield Row(str(call.args[0].value), call.args[1], frame)

    def _fields(self, node: ast.expr, step: Step) -> Iterator[Row]:
        """The fields of a dict or of an object that is made."""
        node, frame = _only(node), step.frame
        if isinstance(node, ast.Name):
            value, frame, _ = self._chains.behind(node, step.function, frame)
            node = _only(value) if value is not None else node
        if frame is None:
            return
        pairs: list[tuple[str | None, ast.expr]] = []
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                pairs.append((str(key.value) if isinstance(key, ast.Constant) else None, value))
        elif isinstance(node, ast.Call):
            pairs = [(keyword.arg, keyword.value) for keyword in node.keywords]
        if any(name is None for name, _ in pairs):
            return  # which may be any of the others
        for name, value in pairs:
            if name and not name.startswith("$") and not isinstance(value, ast.Dict):
                yield Row("id" if name == "pk" else name, value, frame)

    def _named(self, step: Step, places: Iterable[int | str]) -> str | None:
        """What names the table: a text, or the class that stands for it."""
        node = step.argument(places)
        if node is None:
            return None
        texts = self._chains.texts(node, step)
        return texts[0] if len(texts) == 1 else self._class(node, step.function)

    def _class(self, node: ast.expr, function: FunctionFacts) -> str | None:
        """The class that the expression is, or whose attribute."""
        for each in (node, node.value) if isinstance(node, ast.Attribute) else (node,):
            for value in self._paths.program.eval(function.id, each):
                if isinstance(value, Cls):
                    return table_of(value.id)
        return None

    def _accesses(
        self, kind: Kind, entry: Entry, ways: Iterable[str], line: int, *, adds: bool = False
    ) -> list[Access]:
        found = [self._access(kind, entry, how, line)._replace(adds=adds) for how in ways]
        is_undone = kind.objects and any(access.how == "write" for access in found)
        return [*found, *([Access(UNDONE, "sum", line)] if is_undone else [])]

    def _access(self, kind: Kind, entry: Entry, how: str, line: int) -> Access:
        is_known = entry.table is not None and "{}" not in entry.table
        store = (STORE, DATABASE, kind.name) if kind.objects else (STORE, kind.name)
        channel = (*store, str(entry.table)) if is_known else store
        paths, named = self._paths, list[tuple[Row, str]]()
        for row in entry.rows:
            text = paths.key_text(row.node, row.frame) if scopes.read(row.node) - {"self", "cls"} else None
            if text is not None and (how != "read" or not named or row.frame is named[0][0].frame):
                named.append((row, text))
        if not named:
            return Access(channel, how, line)
        means = [paths.meaning(row.node, row.frame) for row, _ in named]
        held = frozenset((row.field, each) for (row, _), each in zip(named, means, strict=True))
        key = ", ".join(text for _, text in named)
        return Access(channel, how, line, key, ", ".join(means), frame=named[0][0].frame.number, row=held)


def _leads_on(step: Step, *, is_filter: bool) -> bool:
    """Whether the step reads other tables as well: `notes__text="..."`, `query(Note, Part)`, `in_(select(...))`."""
    call = step.call
    if call is None:
        return False
    names = [keyword.arg or "" for keyword in call.keywords] if is_filter else []
    names += [str(each.value).lstrip("-") for each in call.args if isinstance(each, ast.Constant)]
    if any(part not in lookups() for name in names for part in name.split("__")[1:]):
        return True
    classes = {ast.unparse(each).partition(".")[0] for each in call.args if isinstance(each, ast.Name | ast.Attribute)}
    nested = (node for each in call.args for node in ast.walk(each) if isinstance(node, ast.Call))
    is_several = step.name in {"query", "select"} and len(classes) > 1
    return is_several or any(last_name(node.func) in {"select", "query", "exists"} for node in nested)


def _names_in(node: ast.Dict) -> Iterator[str | None]:
    """The fields that a dict gives values, also below `$set`; None for those that are not known."""
    for key, value in zip(node.keys, node.values, strict=True):
        name = key.value if isinstance(key, ast.Constant) else key.attr if isinstance(key, ast.Attribute) else None
        if isinstance(name, str) and name.startswith("$"):
            yield from _names_in(value) if isinstance(value, ast.Dict) else [None]
        else:
            yield name if isinstance(name, str) else None


def _identity(object: Step) -> list[Row]:
    """The field by which an object is told from the others of its table."""
    if object.frame is None:
        return []
    node = ast.copy_location(ast.Attribute(object.node, "id", ast.Load()), object.node)
    return [Row("id", node, object.frame)]


def _by_id(node: ast.expr) -> ast.expr:
    """The other name for the same: `note.pk` is `note.id`."""
    is_key = isinstance(node, ast.Attribute) and node.attr == "pk"
    return ast.copy_location(ast.Attribute(node.value, "id", ast.Load()), node) if is_key else node  # type: ignore[attr-defined]


def _only(node: ast.expr) -> ast.expr:
    """The one element of a list that has no other."""
    is_one = isinstance(node, ast.List | ast.Tuple) and len(node.elts) == 1
    return node.elts[0] if is_one and isinstance(node, ast.List | ast.Tuple) else node
