"""Which entries of a table calls name, by the fields of which they say what they hold."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod.access import Frame
from batchlint.codemod.chains import Acts, Chain, Chains, Step, table_of
from batchlint.codemod.store_kinds import Group, lookups
from batchlint.facts import FunctionFacts
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


class Entries:
    """Finds them."""

    def __init__(self, paths: Paths, chains: Chains) -> None:
        self._paths = paths
        self._chains = chains

    def with_query(self, chain: Chain, acts: Acts) -> Chain | None:
        """The chain with the steps of the query that its call is given, if it is given one."""
        if "query" not in acts.group:
            return chain
        query = self._chains.query(chain.steps[acts.at], acts.group)
        return chain._replace(steps=[*chain.steps[: acts.at + 1], *query]) if query is not None else None

    def of(self, chain: Chain, acts: Acts) -> Entry:
        """What the call looks at or changes."""
        kind, table, is_named, rows = chain.kind, chain.table, chain.table is not None, list[Row]()
        changed: set[str] = set()
        for number, step in enumerate(chain.steps):
            acting = [acts.group] if number == acts.at else []
            if kind.run:
                found = (self._chains.group(kind, how, step, chain.steps) for how in ("read", "write"))
                acting = [group for group in found if group is not None]
            for each in [*kind.steps.get(step.name, []), *acting]:
                is_plain = "query" in each or not kind.objects
                if each.get("wider") or (not is_plain and leads_on(step, is_filter=bool(each.get("named")))):
                    return Entry(None, [])
                changed |= self._changed(each, step)
                if "table" in each and not is_named:
                    table, is_named = self._named(step, each["table"]), True
                rows += self._rows(each, step)
        if acts.group.get("own") and chain.begin is not None:
            rows = identity(chain.begin)
        if changed & {row.field for row in rows} or _ANY in changed:
            rows = []  # it has another key afterwards
        return Entry(table, rows)

    def of_function(self, group: Group, step: Step) -> Entry:
        """The same of a function that is no method of a client."""
        if leads_on(step, is_filter=bool(group.get("named"))):
            return Entry(None, [])
        return Entry(self._named(step, group.get("table", ())), [*self._rows(group, step)])

    def made(self, call: ast.Call, function: FunctionFacts, frame: Frame | None) -> Entry:
        """What an object is that a call of a table's class makes."""
        return Entry(self.named_class(call.func, function), [*self._fields(call, Step("", call, function, frame))])

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
            yield from self._fields(node, step, group.get("typed", ())) if node is not None else ()
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

    def _fields(self, node: ast.expr, step: Step, types: Iterable[str] = ()) -> Iterator[Row]:
        """The fields of a dict or of an object that is made. `types`: names behind which their values stand."""
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
        for name, value in ((name, _of_type(value, types)) for name, value in pairs):
            if name and not name.startswith("$") and not isinstance(value, ast.Dict):
                yield Row("id" if name == "pk" else name, value, frame)

    def _named(self, step: Step, places: Iterable[int | str]) -> str | None:
        """What names the table: a text, or the class that stands for it."""
        node = step.argument(places)
        if node is None:
            return None
        texts = self._chains.texts(node, step)
        return texts[0] if len(texts) == 1 else self.named_class(node, step.function)

    def named_class(self, node: ast.expr, function: FunctionFacts) -> str | None:
        """The table of the class that the expression is, or whose attribute."""
        for each in (node, node.value) if isinstance(node, ast.Attribute) else (node,):
            for value in self._paths.program.eval(function.id, each):
                if isinstance(value, Cls):
                    return table_of(value.id)
        return None


def identity(object: Step) -> list[Row]:
    """The field by which an object is told from the others of its table."""
    if object.frame is None:
        return []
    node = ast.copy_location(ast.Attribute(object.node, "id", ast.Load()), object.node)
    return [Row("id", node, object.frame)]


def leads_on(step: Step, *, is_filter: bool) -> bool:
    """Whether the step reads other tables as well: `notes__text="..."`, `query(Note, Part)`, `in_(select(...))`."""
    call = step.call
    if call is None:
        return False
    names = [keyword.arg or "" for keyword in call.keywords] if is_filter else []
    names += [str(each.value).lstrip("-") for each in call.args if isinstance(each, ast.Constant)]
    if any(part not in lookups() for name in names for part in name.split("__")[1:]):
        return True
    nested = (node for each in call.args for node in ast.walk(each) if isinstance(node, ast.Call))
    return is_of_several(step) or any(last_name(node.func) in {"select", "query", "exists"} for node in nested)


def is_of_several(step: Step) -> bool:
    """Whether the step asks for entries of several tables side by side."""
    given = (each for each in (step.call.args if step.call else ()) if isinstance(each, ast.Name | ast.Attribute))
    return step.name in {"query", "select"} and len({ast.unparse(each).partition(".")[0] for each in given}) > 1


def _names_in(node: ast.Dict) -> Iterator[str | None]:
    """The fields that a dict gives values, also below `$set`; None for those that are not known."""
    for key, value in zip(node.keys, node.values, strict=True):
        name = key.value if isinstance(key, ast.Constant) else key.attr if isinstance(key, ast.Attribute) else None
        if isinstance(name, str) and name.startswith("$"):
            yield from _names_in(value) if isinstance(value, ast.Dict) else [None]
        else:
            yield name if isinstance(name, str) else None


def _by_id(node: ast.expr) -> ast.expr:
    """The other name for the same: `note.pk` is `note.id`."""
    is_key = isinstance(node, ast.Attribute) and node.attr == "pk"
    return ast.copy_location(ast.Attribute(node.value, "id", ast.Load()), node) if is_key else node  # type: ignore[attr-defined]


def _of_type(node: ast.expr, types: Iterable[str]) -> ast.expr:
    """The value behind the name of its type: `{"S": key}`."""
    is_one = isinstance(node, ast.Dict) and len(node.keys) == 1 and isinstance(node.keys[0], ast.Constant)
    return node.values[0] if is_one and node.keys[0].value in types else node  # type: ignore[attr-defined]


def _only(node: ast.expr) -> ast.expr:
    """The one element of a list that has no other."""
    is_one = isinstance(node, ast.List | ast.Tuple) and len(node.elts) == 1
    return node.elts[0] if is_one and isinstance(node, ast.List | ast.Tuple) else node
