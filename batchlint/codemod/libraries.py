"""What calls into libraries touch, and methods of objects that the program does not define: by their names."""

from __future__ import annotations

import ast
import builtins
from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING

from batchlint.codemod import accounts, chance, process_wide
from batchlint.codemod.access import CONTENT, STDOUT, STORE, UNDONE, Access, Frame, touches
from batchlint.codemod.effects import (
    ARGUMENT_WRITES,
    DESCRIPTORS,
    DOCUMENTS,
    EXTERNAL_LISTS,
    EXTERNAL_READS,
    EXTERNAL_WRITES,
    FILE_LIST,
    FILE_READ,
    FILE_WRITE,
    FRAME_READ,
    FRAME_WRITE,
    HOLDING,
    LOG_RECEIVERS,
    LOOKS,
    MAKES_FOLDERS,
    MUTATORS,
    OPENERS,
    PRINTS_AT_ONCE,
    QUIET,
    READERS,
    TRANSACTIONS,
)
from batchlint.codemod.process_wide import ENVIRONMENT, ENVIRONMENT_CALLS, RUNS, SETS_UP
from batchlint.codemod.sets import has_own, is_set
from batchlint.codemod.statements import EXECUTING, Statements
from batchlint.facts import ClassId
from batchlint.symbols import last_name
from batchlint.values import Elems, Ext, Inst, Mod

if TYPE_CHECKING:
    from batchlint.codemod.reader import Reader

_BUILTIN = frozenset({"list", "dict", "set", "bytearray"})
"""Classes of which a method may be called with the object it changes: `list.append(texts, text)`."""

_OF_CONTAINERS = frozenset(name for kind in (list, dict, set, deque) for name in dir(kind))
"""Methods that a variable called `log` has where it is no logger."""

_BASES = _BUILTIN | {
    "deque", "Counter", "OrderedDict", "defaultdict", "UserDict", "UserList",
    "List", "Dict", "Set", "MutableSet", "MutableMapping", "MutableSequence",
}  # fmt: skip
"""Bases by which a class is a container."""


class Libraries:
    """Lists the accesses of such calls."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._statements = Statements(reader)

    def called(self, path: str, call: ast.Call, frame: Frame, dropped: bool) -> list[Access] | None:
        """The accesses of a call into a library; None where only the method's name can tell."""
        reader = self._reader
        if (inherited := self._inherited(call, frame)) is not None:
            return inherited
        plain = path.replace("()", "")
        if (asked := self._statements.asked(path, call, frame)) is not None:
            return asked
        process_wide.check_setting(reader.program, frame.function.id, plain, call)
        if plain.startswith("logging."):
            return reader.log_handlers.logged(reader, plain.rpartition(".")[2], call, frame)
        if plain in ENVIRONMENT_CALLS:
            return [Access(ENVIRONMENT, ENVIRONMENT_CALLS[plain], line=call.lineno)]
        if stream := PRINTS_AT_ONCE.match(plain):
            return [Access((*STDOUT, stream["name"]), "write", call.lineno)]
        if plain == "warnings.warn":
            return reader.captured.touches("warnings", call.lineno)
        if path == "builtins.print" or QUIET.match(plain):
            file = next((k.value for k in call.keywords if k.arg == "file"), None)
            if file is None and path == "builtins.print" and reader.prints:
                return [Access(STDOUT, "write", call.lineno)]
            captured = (
                reader.captured.touches("stdout", call.lineno) if file is None and path == "builtins.print" else ()
            )
            return [*touches(reader.path(file, frame), "write", call.lineno), *captured]
        if path == "builtins.getattr" and len(call.args) > 1:
            named = call.args[1].value if isinstance(call.args[1], ast.Constant) else None
            scope, read = frame.function.id, call.args[0]
            paths = reader.shared.named(read, str(named), scope) if named else reader.shared.whole(read, scope)
            return touches(paths, "read", call.lineno)
        if receivers := self.changed_by(call, frame):
            return touches(
                {(*p, CONTENT) for each in receivers for p in reader.path(each, frame)}, "write", call.lineno
            )
        written = 0 if plain.endswith((".fset", ".fdel")) else ARGUMENT_WRITES.get(path)
        if written is not None and len(call.args) > written:
            changed = call.args[written]
            paths = reader.path(changed, frame) | reader.shared.whole(changed, frame.function.id)
            if path == "builtins.setattr" and isinstance(call.args[1], ast.Constant):
                attribute = ast.Attribute(changed, str(call.args[1].value), ast.Store())
                paths |= reader.path(ast.copy_location(attribute, call), frame)
            return touches(paths | {(*p, CONTENT) for p in paths if len(p) == 4}, "write", call.lineno)
        if path in OPENERS and call.args:
            mode = next(iter([*call.args[1:2], *(k.value for k in call.keywords if k.arg in {"mode", "flag"})]), None)
            text = str(mode.value) if isinstance(mode, ast.Constant) else OPENERS[path] if mode is None else "w"
            ways = _opens_for(text) if path not in HOLDING or not set(text) & set("ac") else ["read", "write"]
            return [reader.file_access(call.args[0], how, frame) for how in ways]
        if path in DESCRIPTORS:
            return [Access(("file",), DESCRIPTORS[path], call.lineno)]
        if plain in RUNS:
            return process_wide.run(call, dropped=dropped)
        if path in EXTERNAL_LISTS:
            given = next((each.value for each in call.keywords if each.arg in {"path", "top", "root_dir"}), None)
            first = call.args[0] if call.args else None
            is_pattern = path.startswith("glob.")
            return [reader.listing(call, given if is_pattern else first or given, first if is_pattern else None, frame)]
        if (path in EXTERNAL_READS or FRAME_READ.match(path)) and call.args:
            if reader.searches.holds(frame.function.id.path, call):
                return [Access(("file",), "read", call.lineno)]
            return [reader.file_access(call.args[0], "read", frame)]
        if path in MAKES_FOLDERS:
            return []
        if path in EXTERNAL_WRITES and call.args:
            return [reader.file_access(each, "write", frame) for each in call.args]
        if path.startswith(chance.MODULES):
            return reader.chance.drawn(reader, path, call, frame)
        if accounts.is_set_by(plain):
            once = accounts.told_by(reader, call, frame)
            return [Access(("call", plain.rpartition(".")[0]), "write", call.lineno, once=once)]
        if isinstance(call.func, ast.Attribute) and ("()" in path or not _is_of_builtins(path)):
            return None
        if dropped and path.startswith("builtins.") and isinstance(call.func, ast.Name):
            return []
        if dropped:
            return [Access(("call", plain.rpartition(".")[0] or plain), "write", call.lineno)]
        return []

    def _inherited(self, call: ast.Call, frame: Frame) -> list[Access] | None:
        """What `super().add(name)` does to the object itself, in a class that is a container."""
        func, parameters = call.func, frame.function.parameters
        if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Call) or not parameters:
            return None
        if last_name(func.value.func) != "super" or func.attr not in _OF_CONTAINERS & (MUTATORS | LOOKS):
            return None
        program, klass = self._reader.program, ClassId(frame.function.id.path, frame.function.owner or "")
        line = [program.classes[each] for each in program.mro(klass)[0] if each in program.classes]
        if not any(last_name(_plain(base)) in _BASES for each in line for base in each.node.bases):
            return None
        receiver = ast.copy_location(ast.Name(parameters[0].arg, ast.Load()), call)
        places = {(*p, CONTENT) for p in self._reader.path(receiver, frame)}
        return touches(places, "write" if func.attr in MUTATORS else "read", call.lineno)

    def changed_by(self, call: ast.Call, frame: Frame) -> list[ast.expr]:
        """The object that a method is called with which changes it: `list.append(texts, text)`."""
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in MUTATORS or last_name(func.value) not in _BUILTIN:
            return []
        values = self._reader.program.eval(frame.function.id, func)
        is_one = any(isinstance(v, Ext) and v.path.startswith("builtins.") for v in values)
        return call.args[:1] if is_one else []

    def closing(self, node: ast.With | ast.AsyncWith, frame: Frame) -> list[Access]:
        """What is written at the latest when the `with` closes its files."""
        opened = (access for item in node.items for access in self._reader.of(item.context_expr, frame))
        written = [a for a in opened if a.how == "write"]
        files = (a._replace(how="close" if a.key else "fill") for a in written if a.channel[0] == "file")
        return [*files, *(a for a in written if a.channel[0] == STORE)]

    def _is_path(self, node: ast.expr, frame: Frame) -> bool:
        """Whether the expression makes a path: `Path(name)`, `folder / name`."""
        if isinstance(node, ast.BinOp):
            return isinstance(node.op, ast.Div)
        values = self._reader.program.eval(frame.function.id, node)
        return any(isinstance(value, Ext) and value.path.startswith("pathlib.") for value in values)

    def looked_up(self, receiver: ast.expr, call: ast.Call, frame: Frame) -> list[Access]:
        """The accesses of a call of what `getattr` finds by a name that is not known: it may change the object."""
        if any(isinstance(v, Ext | Mod) for v in self._reader.program.eval(frame.function.id, receiver)):
            return []
        return touches({(*p, CONTENT) for p in self._reader.path(receiver, frame)}, "write", call.lineno)

    def method(self, func: ast.Attribute, call: ast.Call, frame: Frame, dropped: bool) -> list[Access]:
        """The accesses of a call of a method that nothing in the program defines, by what its name says."""
        reader = self._reader
        if (inherited := self._inherited(call, frame)) is not None:
            return inherited
        name, line = func.attr, call.lineno
        receiver = reader.path(func.value, frame)
        shown = ast.unparse(func.value) if isinstance(func.value, ast.Name | ast.Attribute) else ""
        if name in SETS_UP or _is_logger(shown, name):
            return reader.log_handlers.logged(reader, name, call, frame)
        if name in EXECUTING and call.args:
            return self._statements.touched(call, frame, receiver)
        if (asked := self._statements.asked(name, call, frame)) is not None:
            return asked
        if name in TRANSACTIONS:
            # When items are committed shows nowhere, unless each opens a transaction of its own.
            taken_back = [Access(UNDONE, "write", line)] if name == "rollback" else []
            return [Access(("transaction", ast.unparse(func.value)), TRANSACTIONS[name], line), *taken_back]
        if name in {"flush", "task_done", "mkdir"} or (name == "sync" and self._is_shelf(func.value, frame)):
            return []
        if name == "__init__" and isinstance(func.value, ast.Call) and last_name(func.value.func) == "super":
            return []  # it makes the object to which it belongs
        if name == "open" and (shown or self._is_path(func.value, frame)):
            path, *modes = [func.value, *call.args]
            if self._is_imported(func.value, frame):  # `Image.open(path)`, or what a keyword hands over as it is
                if not modes:
                    return []
                path, *modes = modes
            mode = next(iter([*modes[:1], *(k.value for k in call.keywords if k.arg == "mode")]), None)
            text = str(mode.value) if isinstance(mode, ast.Constant) else "r"
            return [reader.file_access(path, how, frame) for how in _opens_for(text)]
        if name in FILE_READ and reader.searches.holds(frame.function.id.path, call):
            return [Access(("file",), "read", line)]
        if name in FILE_READ and not (name == "exists" and call.args):
            return [reader.file_access(func.value, "read", frame)]
        if name in {"replace", "rename"} and len(call.args) == 1 and self._is_path(func.value, frame):
            return [reader.file_access(each, "write", frame) for each in (func.value, call.args[0])]
        if name in FILE_WRITE:
            return [reader.file_access(func.value, "write", frame)]
        if name in FRAME_WRITE or (name == "save" and call.args and self._is_document(func.value, frame)):
            given = [*call.args[:1], *(k.value for k in call.keywords if k.arg in {"path", "path_or_buf", "buf"})]
            return [
                *touches(receiver, "read", line),
                *(reader.file_access(each, "write", frame) for each in given),
            ]
        if name in FILE_LIST:
            return [reader.listing(call, func.value, call.args[0] if call.args else None, frame)]
        if not receiver:
            # An object of the item's own, or of a call: its effects go nowhere that this program reads back by name.
            return (
                [Access(("call", shown or ast.unparse(func.value)), "write", line)]
                if dropped and name not in READERS and self._is_outside(func.value, frame)
                else []
            )
        if name in {"get", "exists"} and call.args and not dropped:
            return reader.element(call.args[0], receiver, "read", frame)
        if name in READERS and not dropped:
            return touches(receiver, "read", line)
        is_member = name in {"add", "discard"} and len(call.args) == 1 and self._is_set(func.value, frame)
        if is_member or (name in {"set", "put"} and len(call.args) == 2):
            return reader.element(call.args[0], receiver, "write", frame)
        if name == "setdefault" and call.args and reader.is_own(call.args[0], frame):
            keys = touches(reader.keys(receiver), "tally", line)
            return [*reader.element(call.args[0], receiver, "write", frame), *keys]
        if name not in MUTATORS and not dropped:
            return touches(receiver, "read", line)
        changed = touches({(*p, CONTENT) for p in receiver}, "write", line)
        if name == "append" and len(call.args) == 1 and self._keeps_all(func.value, frame):
            added = call.args[0]
            key = None if self._is_record(added, frame) else reader.key_text(added, frame)
            means = reader.meaning(added, frame) if key else None
            return [access._replace(key=key, means=means, frame=frame.number) for access in changed]
        return changed

    def _is_set(self, receiver: ast.expr, frame: Frame) -> bool:
        return not self._has_own_sets and is_set(self._reader.program, receiver, frame)

    @cached_property
    def _has_own_sets(self) -> bool:
        return has_own(self._reader.program)

    def _is_record(self, node: ast.expr, frame: Frame) -> bool:
        """Whether it is an object or a mapping, which may change and be no key: each would wait for the one before."""
        if any(isinstance(v, Inst) for v in self._reader.program.eval(frame.function.id, node)):
            return True
        shown = ast.unparse(node)
        parts = (n for n in ast.walk(frame.function.node) if isinstance(n, ast.Subscript | ast.Attribute))
        return any(
            (part.attr == "get" if isinstance(part, ast.Attribute) else _is_text(part.slice))
            and ast.unparse(part.value) == shown
            for part in parts
        )

    def _keeps_all(self, receiver: ast.expr, frame: Frame) -> bool:
        """Whether what is put into it is a reason for nothing else to leave: it is no object of some library."""
        if self._may_trim:
            return False
        values = self._reader.program.eval(frame.function.id, receiver)
        return all(
            isinstance(v, Elems) or (isinstance(v, Ext) and v.path.startswith(("builtins.", "json."))) for v in values
        )

    @cached_property
    def _may_trim(self) -> bool:
        """Whether a list of the program's may be a `deque` with a `maxlen`."""
        return any("deque" in module.text for module in self._reader.program.modules.values())

    def _is_shelf(self, node: ast.expr, frame: Frame) -> bool:
        values = self._reader.program.eval(frame.function.id, node)
        return any(isinstance(value, Ext) and value.path == "shelve.open()" for value in values)

    def _is_document(self, receiver: ast.expr, frame: Frame) -> bool:
        values = self._reader.program.eval(frame.function.id, receiver)
        return any(isinstance(value, Ext) and DOCUMENTS.match(value.path) is not None for value in values)

    def _is_imported(self, receiver: ast.expr, frame: Frame) -> bool:
        """Whether the receiver is a module or class of a library, and no object of one."""
        values = self._reader.program.eval(frame.function.id, receiver)
        found = [value for value in values if isinstance(value, Ext)]
        return bool(found) and not any("()" in value.path or value.path.startswith("builtins.") for value in found)

    def _is_outside(self, receiver: ast.expr, frame: Frame) -> bool:
        """Whether the receiver stands for something outside the item: an import, or what a call of one gives."""
        return any(
            isinstance(v, Ext) and not v.path.startswith("builtins.")
            for v in self._reader.program.eval(frame.function.id, receiver)
        ) and not (isinstance(receiver, ast.Name) and receiver.id in frame.local)


def _plain(base: ast.expr) -> ast.expr:
    """The class without its type arguments: `set[str]`."""
    return base.value if isinstance(base, ast.Subscript) else base


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_logger(shown: str, name: str) -> bool:
    """Whether the method of what is shown so is one of a logger, or of something else that only shows what it gets."""
    is_kept = name in {"append", "extend", "write"} or (shown.lower().endswith("log") and name in _OF_CONTAINERS)
    return LOG_RECEIVERS.search(shown) is not None and not is_kept


def _opens_for(mode: str) -> list[str]:
    """What is done with a file that is opened so: one that is emptied first shows nothing of what was in it."""
    if not set(mode) & set("wax+"):
        return ["read"]
    return ["read", "write"] if "+" in mode and not set(mode) & set("wx") else ["write"]


def _is_of_builtins(path: str) -> bool:
    """Whether the path is one of Python's own: a name that nothing is seen to bind counts as one, but may be none."""
    return path.startswith("builtins.") and hasattr(builtins, path.split(".")[1])
