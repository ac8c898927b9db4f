"""Databases and stores outside the program: an item's look at its own entry is no look at what others leave there.

What of a client looks, what writes and by what an entry is named: data/stores.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod import scopes
from batchlint.codemod.access import STORE, Access, Frame
from batchlint.codemod.chains import Acts, Chain, Chains, Step
from batchlint.codemod.store_kinds import Group, Kind
from batchlint.facts import FunctionFacts
from batchlint.values import Cls

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths


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

    def called(self, call: ast.Call, frame: Frame) -> list[Access] | None:
        """The accesses of a call of such a client; None for other calls."""
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in self._chains.acting:
            return None
        if id(call) in self._inner:
            return []
        chain = self._chains.of(call, frame.function, frame)
        acts = self._chains.acts(chain) if chain is not None and chain.steps[0].name in chain.kind.acting else None
        whole = self._with_query(chain, acts) if chain is not None and acts is not None else None
        if chain is None or acts is None or whole is None:
            return None
        self._inner |= {id(step.node) for step in whole.steps[1:] if step.frame is frame}
        if "object" in acts.group:
            entry = self._stored(chain.steps[acts.at], acts.group, chain)
        else:
            entry = self._entry(whole, acts)
        ways = [acts.how, "read"] if acts.group.get("both") else [acts.how]
        return [self._access(chain.kind, entry, how, call.lineno) for how in ways]

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
        if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name):
            return []
        entry = self._looked_up(target.value, frame.function, frame) if self._chains.has_objects else None
        return [self._access(*entry, "write", target.lineno)] if entry is not None else []

    # -- entries
    def _looked_up(self, node: ast.expr, function: FunctionFacts, frame: Frame | None) -> tuple[Kind, Entry] | None:
        """The entry that an object is which was looked up; None for others."""
        chain = self._chains.of(node, function, frame)
        if chain is not None:
            return self._found(chain)
        chains, name = self._chains.drawn(node, function, frame)
        found = [each for chain in chains if (each := self._found(chain)) is not None]
        tables = {entry.table for _, entry in found}
        return (found[0][0], Entry(tables.pop() if len(tables) == 1 else None, _identity(name))) if found else None

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
        kind, table, is_named, rows = chain.kind, chain.table, chain.table is not None, list[Row]()
        for number, step in enumerate(chain.steps):
            acting = [acts.group] if number == acts.at else []
            if kind.run:
                acting = [*kind.looks.get(step.name, []), *kind.changes.get(step.name, [])]
            for each in [*kind.steps.get(step.name, []), *acting]:
                if each.get("wider"):
                    return Entry(None, [])
                if "table" in each and not is_named:
                    table, is_named = self._named(step, each["table"]), True
                rows += self._rows(each, step)
        if acts.group.get("own") and chain.begin is not None:
            rows = _identity(chain.begin)
        return Entry(table, rows)

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
                    return f"{value.id.path}:{value.id.qualname}"
        return None

    def _access(self, kind: Kind, entry: Entry, how: str, line: int) -> Access:
        is_known = entry.table is not None and "{}" not in entry.table
        channel = (STORE, kind.name, str(entry.table)) if is_known else (STORE, kind.name)
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
