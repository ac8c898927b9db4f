"""What SQL statements read and write: tables, columns and rows, and what triggers and foreign keys do beside them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from batchlint.codemod import scopes
from batchlint.codemod.access import UNDONE, Access, Channel, Frame, touches
from batchlint.codemod.schemas import TELLING, Schema, schema_of, touches_in
from batchlint.codemod.store_kinds import paths_of
from batchlint.codemod.tables import columns_of, inserted, row_key, rows, table_name
from batchlint.datafiles import document
from batchlint.patterns import to_regex
from batchlint.symbols import last_name
from batchlint.trees import walk
from batchlint.values import Cls, Ext, Fn, Inst, Text, ordered

if TYPE_CHECKING:
    from batchlint.codemod.reader import Reader

EXECUTING = frozenset({"execute", "executemany", "executescript"})
_CALLING_BACK = (
    "create_function", "create_aggregate", "create_window_function", "create_collation", "set_trace_callback",
    "set_authorizer", "set_progress_handler", "register_adapter", "register_converter",
)  # fmt: skip
"""What gives a database of sqlite3 functions of the program to call."""
_CHANGING = re.compile(r"\s*(insert|replace|update|delete)\b", re.IGNORECASE)

_OF_A_CONNECTION = frozenset({".total_changes", "last_insert_rowid()", " changes()"})
_NAMED_MARK = re.compile(r"%\((\w+)\)s")


@cache
def _asking() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """What reads or writes a database otherwise, by the pattern of its path."""
    return [(re.compile(f"{to_regex(each['path'])}$"), each) for each in document("stores", "asking")["asking"]]


class Statements:
    """Lists the accesses of calls that execute SQL."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def touched(self, call: ast.Call, frame: Frame, receiver: set[Channel]) -> list[Access]:
        """The accesses of a call that executes SQL on the receiver; with their row where its keys are given."""
        path = frame.function.id.path
        beside_it = [access._replace(line=call.lineno, path=path) for access in self._called_back]
        texts = self._texts(call.args[0], frame)
        found = self._of_texts(texts, call, frame, receiver)
        changed = {channel for text in texts if (channel := inserted(text)) is not None}
        # What a statement does to rows that it does not name may be done to those that a running query comes to.
        unnamed = [each.channel for each in found if each.how == "write" and not each.row]
        changed |= {rows(channel[1]) for channel in unnamed if channel[0] == "sql" and len(channel) > 1}
        return [*found, *(Access(channel, "sum", call.lineno) for channel in sorted(changed)), *beside_it]

    def asked(self, path: str, call: ast.Call, frame: Frame) -> list[Access] | None:
        """The accesses of a call that has to do with a database without executing a statement; None for others."""
        if paths_of("reopening").fullmatch(path):
            return []
        told = next((each for pattern, each in _asking() if pattern.match(path)), None)
        if told is None:
            return None
        text, given, table = (_argument(call, told.get(part, ())) for part in ("text", "given", "table"))
        if table is not None:
            names = self._texts(table, frame)
            channels: set[Channel] = {("sql", table_name(name), "*") for name in names} or {("sql",)}
            return [
                *touches(channels, told["how"], call.lineno),
                *([Access(UNDONE, "sum", call.lineno)] if told["how"] == "write" else []),
            ]
        if text is None:
            return touches({("sql",)}, told.get("how", "write"), call.lineno)
        parts = [text, *([given] if given is not None else [])]
        made = ast.copy_location(ast.Call(ast.Name("execute", ast.Load()), parts, []), call)
        found = self.touched(made, frame, set())
        return [a._replace(how=told["how"]) if a.channel[0] == "sql" and "how" in told else a for a in found]

    def _of_texts(self, texts: list[str], call: ast.Call, frame: Frame, receiver: set[Channel]) -> list[Access]:
        if not texts:
            return [Access(("sql",), "write", call.lineno)]
        asked: Iterable[str] = self._asked_cursors
        if self._is(call, "cursor", frame):
            asked = _OF_A_CONNECTION.intersection(asked)
        told = touches({(*p, name.strip(" .()")) for p in receiver for name in asked}, "write", call.lineno)
        told = told if any(_CHANGING.match(text) for text in texts) else []
        said = [touch for text in texts for touch in touches_in(text)]
        beside = [each for touch in said for each in self._schema.beside(touch)]
        said += [touch for touch in beside if touch.same_row]
        adds = any(inserted(text) is not None for text in texts)
        found = told + [Access(touch.channel, touch.how, call.lineno, adds=adds) for touch in said]
        beside_it = [Access(UNDONE, "sum", call.lineno)] if any(map(_CHANGING.match, texts)) else []
        others = [Access(touch.channel, touch.how, call.lineno) for touch in beside if not touch.same_row] + beside_it
        given = call.args[1] if len(call.args) == 2 and len(texts) == 1 and last_name(call.func) == "execute" else None
        text = self._with_marks(texts[0], call, frame) if given is not None else ""
        if given is None or not {"?", ":"} & set(text):
            return found + others
        named = row_key(text, given, self._tables)
        # Fewer columns only make more items wait for each other; an object says little about the item.
        named = {column: node for column, node in named.items() if scopes.read(node) - {"self", "cls"}}
        keys = [(column, node, key) for column, node in named.items() if (key := self._reader.key_text(node, frame))]
        if not keys:
            return found + others
        row = frozenset((column, self._reader.meaning(node, frame)) for column, node, _ in keys)
        key = ", ".join(key for _, _, key in keys)
        means = ", ".join(self._reader.meaning(node, frame) for _, node, _ in keys)
        return [a._replace(key=key, means=means, frame=frame.number, row=row) for a in found] + others

    def _with_marks(self, text: str, call: ast.Call, frame: Frame) -> str:
        """The statement with its parameters named as SQLite has them, where that says the same."""
        if "%" not in text or not self._is(call, "percent", frame):
            return text
        return _NAMED_MARK.sub(r":\1", text).replace("%s", "?")

    def _is(self, call: ast.Call, what: str, frame: Frame) -> bool:
        """Whether that is on record of what executes the statement."""
        if not isinstance(call.func, ast.Attribute):
            return False
        values = self._reader.program.eval(frame.function.id, call.func.value)
        return bool(values) and all(isinstance(v, Ext) and paths_of(what).fullmatch(v.path) for v in values)

    def _texts(self, node: ast.expr, frame: Frame) -> list[str]:
        """The statements that the expression can be, of a parameter what the caller gives."""
        while isinstance(node, ast.Name) and node.id in frame.stable and node.id in frame.given and frame.caller:
            node, frame = frame.given[node.id], frame.caller
        if isinstance(node, ast.Call) and last_name(node.func) == "text" and len(node.args) == 1:
            node = node.args[0]  # as SQLAlchemy has it
        values = self._reader.program.eval(frame.function.id, node)
        return sorted({value.text for value in values if isinstance(value, Text)})

    @cached_property
    def _called_back(self) -> list[Access]:
        """What functions touch that a database calls while it executes a statement."""
        reader, found = self._reader, list[Access]()
        given = [each for name in _CALLING_BACK for each in reader.program.calls_by_name.get(name, ())]
        with reader.readings.afresh():
            for caller, argument in ((each.caller, argument) for each in given for argument in each.call.node.args):
                frame, call = Frame(caller, set()), ast.copy_location(ast.Call(argument, [], []), argument)
                if isinstance(argument, ast.Lambda):
                    found += reader.of(argument.body, reader.callbacks.lambda_frame(argument, frame))
                for value in ordered(reader.program.eval(caller.id, argument)):
                    found += reader.function(value, call, frame) if isinstance(value, Fn) else ()
                    methods = reader.program.attribute(Inst(value.id, True), "step") if isinstance(value, Cls) else ()
                    for method in methods:
                        found += reader.function(method, call, frame) if isinstance(method, Fn) else ()
        return list(dict.fromkeys(found))

    @cached_property
    def _asked_cursors(self) -> list[str]:
        """What the program asks cursors and connections about the statement before."""
        texts = [module.text for module in self._reader.graph.modules.values()]
        names = (".lastrowid", ".rowcount", *sorted(_OF_A_CONNECTION))
        return [name for name in names if any(name in text.lower() for text in texts)]

    @cached_property
    def _created(self) -> list[str]:
        """The texts that create tables and the like."""
        texts = [
            node.value
            for module in self._reader.graph.modules.values()
            if TELLING.search(module.text) or "collate" in module.text.lower()
            for node in walk(module.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "create" in node.value.lower()
        ]
        return [*texts, *self._reader.graph.settings.schemas()]

    @cached_property
    def _tables(self) -> dict[str, list[str]]:
        """The columns of the tables that the program creates."""
        return columns_of(self._created)

    @cached_property
    def _schema(self) -> Schema:
        return schema_of(self._created)


def _argument(call: ast.Call, places: Iterable[int | str]) -> ast.expr | None:
    """What the call is given at the first of these places or keywords."""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    found = (call.args[p] if isinstance(p, int) and p < len(call.args) else named.get(str(p)) for p in places)
    return next((each for each in found if each is not None), None)
