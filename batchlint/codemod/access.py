"""What code touches outside its own iteration: variables, attributes, files, tables, and what outside calls do.

A channel is a path of names from a root (a variable, a file, a table). Two accesses meet where one channel is a prefix
of the other; they clash where one of them writes and they are not both sums.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from batchlint.codemod import scopes
from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId
from batchlint.graph import Graph
from batchlint.values import Cls, Ext, Fn, Inst

Channel = tuple[str, ...]
OWN, ANY = "[own]", "[any]"
MAX_DEPTH = 7
_MUTATORS = frozenset(
    ["append", "extend", "add", "update", "insert", "appendleft", "extendleft", "push", "setdefault", "put", "pop", "popitem", "popleft", "remove", "discard", "clear", "sort", "reverse", "write", "writelines", "writerow", "writerows", "commit", "execute", "executemany", "executescript", "send", "save", "delete", "insert_one", "insert_many", "update_one", "update_many", "replace_one", "bulk_create", "upsert", "set", "put_nowait", "increment", "incr", "record", "log", "add_all", "flush", "close", "next", "subtract", "move_to_end", "add_row", "insert_row", "add_documents", "add_texts", "write_text", "write_bytes", "mkdir", "unlink", "touch", "rename", "rmdir"]
)
_READERS = frozenset(
    ["get", "items", "keys", "values", "copy", "split", "join", "strip", "format", "lower", "upper", "encode", "decode", "startswith", "endswith", "replace", "rstrip", "lstrip", "count", "index", "find", "title", "capitalize", "splitlines", "read", "readline", "readlines", "fetchone", "fetchall", "fetchmany", "exists", "is_file", "is_dir", "model_dump", "model_dump_json", "dict", "json", "group", "groups", "match", "search", "render", "most_common", "total", "isoformat", "strftime"]
)
_FILE_READ = frozenset({"read_text", "read_bytes", "exists", "is_file", "stat"})
_FILE_LIST = frozenset({"iterdir", "glob", "rglob"})
_FILE_WRITE = frozenset({"write_text", "write_bytes", "unlink", "touch", "rename", "replace_file"})
_QUIET = re.compile(
    r"(logging|structlog|loguru|warnings|time\.sleep|tqdm|rich\.progress|traceback|gc|builtins\.(print|super|breakpoint))\b"
)
_EXTERNAL_READS = {
    "os.path.exists",
    "os.path.isfile",
    "os.path.getsize",
    "builtins.open",
    "io.open",
    "os.listdir",
    "glob.glob",
    "os.scandir",
}
_EXTERNAL_WRITES = {"os.remove", "os.unlink", "os.rename", "os.replace", "shutil.move", "shutil.copy"}
_ARGUMENT_WRITES = {
    "heapq.heappush": 0, "heapq.heappop": 0, "heapq.heapify": 0, "random.shuffle": 0, "json.dump": 1, "pickle.dump": 1, "yaml.dump": 1,
    "yaml.safe_dump": 1, "bisect.insort": 0, "builtins.setattr": 0, "builtins.delattr": 0, "builtins.next": 0,
}  # fmt: skip
_LOG_RECEIVERS = re.compile(r"(^|[._])(log|logger|logging|_log|_logger|pbar|bar|progress|console|st)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Access:
    """One touch of a channel; `key` is the text of the item's or file's key where that is stable within the iteration."""

    channel: Channel
    how: str  # read | write | sum
    line: int
    key: str | None = None

    @property
    def name(self) -> str:
        """The channel as a reader of the program would write it."""
        kind, *rest = self.channel
        if kind == "v":
            shown = ".".join(part for part in rest[2:] if part not in (OWN, ANY))
            return f"`{shown}`"
        if kind == "file":
            return f"the file `{rest[0]}`" if rest else "a file"
        if kind == "sql":
            return f"the table `{rest[0]}`" if rest else "the database"
        return f"`{rest[0]}`" if rest else kind


def clash(a: Access, b: Access) -> bool:
    """Whether the order of the two accesses, made by two different items, matters."""
    if a.how == b.how == "read" or a.how == b.how == "sum":
        return False
    if a.channel[0] != b.channel[0]:
        return False
    if a.channel[0] == "file":
        return _files_clash(a, b)
    if a.channel[0] == "sql":
        return _tables_clash(a, b)
    for x, y in zip(a.channel, b.channel, strict=False):
        if x == y == OWN:
            return False
        if x != y and not (x in (OWN, ANY) and y in (OWN, ANY)):
            return False
    return True


def _files_clash(a: Access, b: Access) -> bool:
    """Files by the text of their path; `key` says that the path is the item's own."""
    if len(a.channel) == 1 or len(b.channel) == 1:
        return True
    if a.key is None and b.key is None:
        return a.channel == b.channel
    if a.key is not None and b.key is not None:
        # The item's input file and its output file differ; a path with arithmetic on the index reaches another item's.
        return bool(re.search(r"\w\s*[-+]\s*1\b", a.key + " " + b.key)) and a.key != b.key
    return False


def _tables_clash(a: Access, b: Access) -> bool:
    if len(a.channel) == 1 or len(b.channel) == 1:
        return True
    if a.channel[1] != b.channel[1]:
        return False
    columns_a, columns_b = set(a.channel[2:]), set(b.channel[2:])
    if columns_a and columns_b and "*" not in columns_a | columns_b:
        return bool(columns_a & columns_b)
    return True


@dataclass(slots=True)
class Frame:
    """One function (or loop body) as it runs for an item: which names are the item's own, and what they may alias."""

    function: FunctionFacts
    local: set[str]
    aliases: dict[str, set[Channel]] = field(default_factory=dict)
    stable: set[str] = field(default_factory=set)
    """Own names that are bound once, so that an expression over them means the same throughout."""
    definitions: dict[str, ast.expr] = field(default_factory=dict)
    targets: set[str] = field(default_factory=set)
    """Own names with a different value for every item."""


class Reader:
    """Lists the accesses of expressions and of whole functions."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.program = graph.program
        self._active: list[FunctionId] = []
        self._is_seeded = any(name in self.program.calls_by_name for name in ("seed", "default_rng", "set_seed"))

    # -- frames
    def callee_frame(self, target: Fn, call: ast.Call, caller: Frame) -> Frame:
        """The frame of `target` as called by `call`: its parameters alias what the arguments are."""
        function = self.program.functions[target.id]
        parameters = function.parameters()
        names = {a.arg for a in ast.walk(function.arguments) if isinstance(a, ast.arg)} if function.arguments else set()
        body = function_body(function)
        frame = Frame(function, (names | scopes.bound(body)) - function.outer)
        arguments = list(call.args)
        if target.owner is not None and parameters:
            receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
            frame.aliases[parameters[0].arg] = self.path(receiver, caller) if receiver is not None else set()
            parameters = parameters[1:]
        for parameter, argument in zip(parameters, arguments, strict=False):
            if isinstance(argument, ast.Starred):
                break
            frame.aliases[parameter.arg] = self.path(argument, caller)
        for keyword in call.keywords:
            if keyword.arg in names:
                frame.aliases[keyword.arg or ""] = self.path(keyword.value, caller)
        self.alias_statements(frame, body)
        frame.stable |= names - scopes.bound(body)
        return frame

    def alias_statements(self, frame: Frame, body: list[ast.stmt]) -> None:
        """Work out, in two passes for the sake of loops, what the frame's own names may alias and how often they are bound."""
        counts: dict[str, int] = {}
        for _ in range(2):
            for statement in body:
                for node in ast.walk(statement):
                    pairs: list[tuple[ast.expr, ast.expr, bool]] = []
                    if isinstance(node, ast.Assign):
                        pairs = [(t, node.value, False) for t in node.targets]
                    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                        pairs = [(node.target, node.value, False)]
                    elif isinstance(node, ast.For | ast.AsyncFor):
                        pairs = [(node.target, node.iter, True)]
                    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
                        pairs = [(node.optional_vars, node.context_expr, False)]
                    for target, value, element in pairs:
                        self._alias(frame, target, value, element, counts)
        frame.stable |= {name for name, count in counts.items() if count == 2}

    def _alias(self, frame: Frame, target: ast.expr, value: ast.expr, element: bool, counts: dict[str, int]) -> None:
        if isinstance(target, ast.Name):
            counts[target.id] = counts.get(target.id, 0) + 1
            if target.id in frame.local:
                paths = {(*p, ANY) for p in self.iterated(value, frame)} if element else self.path(value, frame)
                frame.aliases.setdefault(target.id, set()).update(paths)
                if not element:
                    frame.definitions[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self._alias(frame, each, value, element, counts)

    # -- paths
    def root(self, frame: Frame, name: str) -> set[Channel]:
        if name in frame.local:
            return frame.aliases.get(name, set())
        owner: FunctionFacts | None = frame.function
        while owner is not None:
            parameter = owner.arguments is not None and any(
                a.arg == name for a in ast.walk(owner.arguments) if isinstance(a, ast.arg)
            )
            if (name in owner.bindings and name not in owner.outer) or parameter:
                return {("v", owner.id.path, owner.id.qualname, name)}
            owner = self.program.modules_function(owner.id.path, owner.parent)
        module = self.program.modules[frame.function.id.path].body
        bindings = module.bindings.get(name)
        if not bindings:
            return set()
        for binding in bindings:
            if binding.how == "import" and binding.source is not None and binding.source.name:
                stem = self.program.import_stem(binding.source, module.id.path)
                path = self.program.index.stems.get(stem) if stem else None
                if path is not None:
                    return {("v", path, MODULE, binding.source.name)}
            if binding.how in {"function", "class", "import"}:
                return set()
        return {("v", module.id.path, MODULE, name)}

    def path(self, node: ast.expr | None, frame: Frame) -> set[Channel]:
        """The channels that the expression's value may be part of."""
        if isinstance(node, ast.Name):
            return self.root(frame, node.id)
        if isinstance(node, ast.Attribute):
            return {p if len(p) > 6 else (*p, node.attr) for p in self.path(node.value, frame)}
        if isinstance(node, ast.Subscript):
            step = OWN if self.is_own(node.slice, frame) else ANY
            return {p if len(p) > 6 else (*p, step) for p in self.path(node.value, frame)}
        if isinstance(node, ast.IfExp):
            return self.path(node.body, frame) | self.path(node.orelse, frame)
        if isinstance(node, ast.BoolOp):
            return set().union(*(self.path(each, frame) for each in node.values))
        if isinstance(node, ast.Starred | ast.Await | ast.NamedExpr):
            return self.path(node.value, frame)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in {"get", "setdefault"} and node.args:
                step = OWN if self.is_own(node.args[0], frame) else ANY
                return {(*p, step) for p in self.path(node.func.value, frame)}
            if node.func.attr in {"values", "items", "keys", "cursor", "begin", "connect"}:
                return self.path(node.func.value, frame)
        if isinstance(node, ast.List | ast.Tuple):
            return set().union(*(self.path(each, frame) for each in node.elts), set())
        return set()

    def iterated(self, node: ast.expr, frame: Frame) -> set[Channel]:
        """The containers that a loop over `node` goes through."""
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in {
                "enumerate",
                "zip",
                "tqdm",
                "reversed",
                "islice",
                "list",
                "sorted",
                "iter",
                "track",
                "chain",
                "trange",
                "batched",
                "tuple",
            }:
                return set().union(*(self.iterated(a, frame) for a in node.args), set())
        return self.path(node, frame)

    def is_own(self, key: ast.expr, frame: Frame) -> bool:
        """Whether the key is different for every item."""
        return isinstance(key, ast.Name) and key.id in frame.targets

    def key_text(self, node: ast.expr, frame: Frame, depth: int = 0) -> str | None:
        """The expression's text, where it means the same throughout the iteration and has to do with the item; else None."""
        names = scopes.read(node)
        own = {n for n in names if n in frame.local}
        if not own or not own <= frame.stable | frame.targets:
            return None
        return ast.unparse(node)

    def file_access(self, node: ast.expr, how: str, frame: Frame) -> Access:
        expanded = self._expand(node, frame)
        names = scopes.read(expanded)
        own = names & frame.local
        text = ast.unparse(expanded)
        return Access(("file", text), how, node.lineno, text if own else None)

    def _expand(self, node: ast.expr, frame: Frame, depth: int = 0) -> ast.expr:
        """The path with the item's own names replaced by what they were bound to."""
        if depth > 4:
            return node
        reader = self

        class Expand(ast.NodeTransformer):
            def visit_Name(self, name: ast.Name) -> ast.AST:
                value = frame.definitions.get(name.id)
                if (
                    value is not None
                    and name.id in frame.stable
                    and name.id in frame.local
                    and name.id not in scopes.read(value)
                ):
                    return reader._expand(value, frame, depth + 1)
                return name

        return Expand().visit(ast.parse(ast.unparse(node), mode="eval").body)  # type: ignore[no-any-return]

    # -- expressions
    def of(self, node: ast.AST, frame: Frame, skip: set[int] | None = None, discarded: bool = False) -> list[Access]:
        """All accesses of the expression, sub-expressions in `skip` (by identity) left out."""
        found: list[Access] = []
        stack: list[tuple[ast.AST, bool]] = [(node, discarded)]
        while stack:
            current, dropped = stack.pop()
            if skip is not None and id(current) in skip:
                continue
            if isinstance(current, ast.Call):
                found += self._call(current, frame, dropped)
                children = [*current.args, *(k.value for k in current.keywords)]
                if isinstance(current.func, ast.Attribute):
                    children.append(current.func.value)
                stack += [(child, False) for child in children]
                continue
            if isinstance(current, ast.Lambda):
                stack.append((current.body, False))
                continue
            if isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if isinstance(current, ast.Name | ast.Attribute | ast.Subscript) and isinstance(current.ctx, ast.Load):
                key = self.key_text(current.slice, frame) if isinstance(current, ast.Subscript) else None
                found += [
                    Access(p, "read", current.lineno, key)
                    for p in self.path(current, frame)
                    if not self._is_bare_self(current, p)
                ]
                base = current
                while isinstance(base, ast.Attribute | ast.Subscript):
                    if isinstance(base, ast.Subscript):
                        stack.append((base.slice, False))
                    base = base.value
                if not isinstance(base, ast.Name):
                    stack.append((base, False))
                continue
            if (
                isinstance(current, ast.Compare)
                and any(isinstance(op, ast.In | ast.NotIn) for op in current.ops)
                and len(current.ops) == 1
            ):
                container, key_node = current.comparators[0], current.left
                key = self.key_text(key_node, frame)
                step = OWN if self.is_own(key_node, frame) else ANY
                found += [Access((*p, step), "read", current.lineno, key) for p in self.path(container, frame)]
                stack += [(key_node, False)]
                if not self.path(container, frame):
                    stack += [(container, False)]
                continue
            stack += [(child, False) for child in ast.iter_child_nodes(current)]
        return found

    @staticmethod
    def _is_bare_self(node: ast.AST, path: Channel) -> bool:
        return isinstance(node, ast.Name) and node.id in {"self", "cls"}

    def targets(self, target: ast.expr, frame: Frame, how: str = "write") -> list[Access]:
        """The accesses of an assignment to `target`."""
        if isinstance(target, ast.Tuple | ast.List):
            return [a for each in target.elts for a in self.targets(each, frame, how)]
        if isinstance(target, ast.Starred):
            return self.targets(target.value, frame, how)
        if isinstance(target, ast.Name):
            return (
                [] if target.id in frame.local else [Access(p, how, target.lineno) for p in self.root(frame, target.id)]
            )
        found = []
        key = None
        if isinstance(target, ast.Subscript):
            key = self.key_text(target.slice, frame)
            found += self.of(target.slice, frame)
        found += [Access(p, how, target.lineno, key) for p in self.path(target, frame)]
        return found

    # -- calls
    def _call(self, call: ast.Call, frame: Frame, dropped: bool) -> list[Access]:
        func, line = call.func, call.lineno
        values = self.program.eval(frame.function.id, func)
        found: list[Access] = []
        known = False
        for value in values:
            if isinstance(value, Fn):
                known = True
                found += self.function(value, call, frame)
            elif isinstance(value, Cls):
                known = True
                for method in self.program.attribute(Inst(value.id, True), "__init__"):
                    if isinstance(method, Fn):
                        found += self.function(method, call, frame, fresh=True)
            elif isinstance(value, Ext):
                external = self._external(value.path, call, frame, dropped)
                if external is not None:
                    known = True
                    found += external
        if known:
            return found
        if isinstance(func, ast.Attribute):
            return self._method(func, call, frame, dropped)
        if isinstance(func, ast.Name) and dropped and not values:
            return [Access(("call", func.id), "write", line)]
        return []

    def _external(self, path: str, call: ast.Call, frame: Frame, dropped: bool) -> list[Access] | None:
        """The accesses of a call into a library; None where only the method's name can tell."""
        plain = path.replace("()", "")
        if path == "builtins.print" or _QUIET.match(plain):
            file = next((k.value for k in call.keywords if k.arg == "file"), None)
            return [Access(p, "write", call.lineno) for p in self.path(file, frame)] if file is not None else []
        if path in _ARGUMENT_WRITES and len(call.args) > _ARGUMENT_WRITES[path]:
            return [Access(p, "write", call.lineno) for p in self.path(call.args[_ARGUMENT_WRITES[path]], frame)]
        if path in {"builtins.open", "io.open"} and call.args:
            mode = (
                call.args[1] if len(call.args) > 1 else next((k.value for k in call.keywords if k.arg == "mode"), None)
            )
            text = str(mode.value) if isinstance(mode, ast.Constant) else "r" if mode is None else "w"
            return [self.file_access(call.args[0], "write" if set(text) & set("wax+") else "read", frame)]
        if path in _EXTERNAL_READS and call.args:
            if path in {"os.listdir", "glob.glob", "os.scandir"}:
                return [Access(("file", ast.unparse(call.args[0])), "read", call.lineno)]
            return [self.file_access(call.args[0], "read", frame)]
        if path in _EXTERNAL_WRITES and call.args:
            return [self.file_access(each, "write", frame) for each in call.args]
        if path.startswith(("random.", "numpy.random.")):
            # Which numbers come out only matters where a seed makes them the same in every run.
            return [Access(("random",), "write", call.lineno)] if self._is_seeded else []
        if isinstance(call.func, ast.Attribute) and not path.startswith("builtins."):
            return None
        if dropped and path.startswith("builtins.") and isinstance(call.func, ast.Name):
            return []
        if dropped:
            return [Access(("call", plain.rpartition(".")[0] or plain), "write", call.lineno)]
        return []

    def _method(self, func: ast.Attribute, call: ast.Call, frame: Frame, dropped: bool) -> list[Access]:
        name, line = func.attr, call.lineno
        receiver = self.path(func.value, frame)
        shown = ast.unparse(func.value) if isinstance(func.value, ast.Name | ast.Attribute) else ""
        if _LOG_RECEIVERS.search(shown) and name not in {"append", "extend", "write"}:
            return []
        if name in {"execute", "executemany", "executescript"} and call.args:
            return self._sql(call, frame, receiver)
        if name in {"commit", "rollback", "flush"}:
            return []
        if name == "open" and shown:
            mode = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "mode"), None)
            text = str(mode.value) if isinstance(mode, ast.Constant) else "r"
            return [self.file_access(func.value, "write" if set(text) & set("wax+") else "read", frame)]
        if name in _FILE_READ:
            return [self.file_access(func.value, "read", frame)]
        if name in _FILE_WRITE:
            return [self.file_access(func.value, "write", frame)]
        if name in _FILE_LIST:
            return [Access(("file", ast.unparse(func.value)), "read", line)]
        if name in {"mkdir"}:
            return []
        if not receiver:
            # An object of the item's own, or of a call: its effects go nowhere that this program reads back by name.
            return (
                [Access(("call", shown or ast.unparse(func.value)), "write", line)]
                if dropped and name not in _READERS and self._is_outside(func.value, frame)
                else []
            )
        if name in _READERS and not dropped:
            key = self.key_text(call.args[0], frame) if name == "get" and call.args else None
            step = (OWN if self.is_own(call.args[0], frame) else ANY,) if name == "get" and call.args else ()
            return [Access((*p, *step), "read", line, key) for p in receiver]
        if name in _MUTATORS or dropped:
            return [Access(p, "write", line) for p in receiver]
        return [Access(p, "read", line) for p in receiver]

    def _is_outside(self, receiver: ast.expr, frame: Frame) -> bool:
        """Whether the receiver stands for something outside the item: an import, or what a call of one gives."""
        return any(
            isinstance(v, Ext) and not v.path.startswith("builtins.")
            for v in self.program.eval(frame.function.id, receiver)
        ) and not (isinstance(receiver, ast.Name) and receiver.id in frame.local)

    def _sql(self, call: ast.Call, frame: Frame, receiver: set[Channel]) -> list[Access]:
        texts = [v.text for v in self.program.eval(frame.function.id, call.args[0]) if hasattr(v, "text")]
        if not texts:
            return [Access(("sql",), "write", call.lineno)]
        return [Access(channel, how, call.lineno) for text in texts for channel, how in sql_accesses(text)]

    def function(self, target: Fn, call: ast.Call, caller: Frame, fresh: bool = False) -> list[Access]:
        """All accesses of a project function, in no order; those of a recursive call are there already."""
        if target.id in self._active or len(self._active) > MAX_DEPTH:
            return []
        self._active.append(target.id)
        try:
            frame = self.callee_frame(target, call, caller)
            if fresh:
                parameters = frame.function.parameters()
                if parameters:
                    frame.aliases[parameters[0].arg] = set()
            return [a for statement in function_body(frame.function) for a in self.statement(statement, frame)]
        finally:
            self._active.pop()

    def statement(self, statement: ast.stmt, frame: Frame) -> list[Access]:
        """All accesses of a statement and what stands in it."""
        found: list[Access] = []
        stack: list[ast.AST] = [statement]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            found += self.simple(node, frame)
            stack += [
                c for c in ast.iter_child_nodes(node) if isinstance(c, ast.stmt | ast.ExceptHandler | ast.match_case)
            ]
        return found

    def simple(self, node: ast.AST, frame: Frame, skip: set[int] | None = None) -> list[Access]:
        """The accesses of a statement's own expressions, without the blocks in it."""
        found: list[Access] = []
        if isinstance(node, ast.Assign):
            found += self.of(node.value, frame, skip)
            for target in node.targets:
                found += self.targets(target, frame)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                found += self.of(node.value, frame, skip)
                found += self.targets(node.target, frame)
        elif isinstance(node, ast.AugAssign):
            found += self.of(node.value, frame, skip)
            how = "sum" if isinstance(node.op, ast.Add | ast.Sub) and self._is_number(node, frame) else "write"
            found += self.targets(node.target, frame, how)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                found += self.targets(target, frame)
        elif isinstance(node, ast.For | ast.AsyncFor):
            found += self.of(node.iter, frame, skip)
            found += self.targets(node.target, frame)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                found += self.of(item.context_expr, frame, skip)
                if item.optional_vars is not None:
                    found += self.targets(item.optional_vars, frame)
        elif isinstance(node, ast.Expr):
            found += self.of(node.value, frame, skip, discarded=True)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    found += self.of(child, frame, skip)
        return found

    def _is_number(self, node: ast.AugAssign, frame: Frame) -> bool:
        """Whether the sum is one of numbers: the variable starts as a number everywhere."""
        target = node.target
        if isinstance(node.value, ast.Constant):
            return isinstance(node.value.value, int | float)
        starts: list[ast.expr | None] = []
        if isinstance(target, ast.Name):
            owner: FunctionFacts | None = frame.function
            while owner is not None and not starts:
                starts = [b.value for b in owner.bindings.get(target.id, ()) if b.how == "value"]
                owner = self.program.modules_function(owner.id.path, owner.parent)
            if not starts:
                body = self.program.modules[frame.function.id.path].body
                starts = [b.value for b in body.bindings.get(target.id, ()) if b.how == "value"]
        elif isinstance(target, ast.Attribute):
            for value in self.program.eval(frame.function.id, target.value):
                if isinstance(value, Inst):
                    starts += [b.value for _, b in self.program.self_writes.get(value.id, {}).get(target.attr, ())]
                    starts += [b.value for b in self._class_bindings(value.id, target.attr)]
        numbers = [s for s in starts if isinstance(s, ast.Constant) and isinstance(s.value, int | float)]
        return bool(numbers)

    def _class_bindings(self, klass: ClassId, name: str) -> list[ast.expr]:
        facts = self.program.classes.get(klass)
        return [b for b in facts.bindings.get(name, []) if b.how == "value"] if facts else []  # type: ignore[misc]


def function_body(function: FunctionFacts) -> list[ast.stmt]:
    node = function.node
    if isinstance(node, ast.Lambda):
        return [ast.copy_location(ast.Expr(node.body), node.body)]
    return list(node.body)


_SELECT = re.compile(r"\bselect\s+(distinct\s+)?(.*?)\s+from\s+([\w.\"`\[\]]+)", re.IGNORECASE | re.DOTALL)
_JOINED = re.compile(r"\b(?:from|join)\s+([\w.\"`\[\]]+)", re.IGNORECASE)
_INSERT = re.compile(r"\b(?:insert|replace)\b.*?\binto\s+([\w.\"`\[\]]+)", re.IGNORECASE | re.DOTALL)
_UPDATE = re.compile(
    r"\bupdate\s+(?:or\s+\w+\s+)?([\w.\"`\[\]]+)\s+set\s+(.*?)(?:\bwhere\b|$)", re.IGNORECASE | re.DOTALL
)
_DELETE = re.compile(r"\bdelete\s+from\s+([\w.\"`\[\]]+)", re.IGNORECASE)


def sql_accesses(text: str) -> list[tuple[Channel, str]]:
    """The tables (and columns, where they are named) that a statement reads and writes."""
    plain = " ".join(text.split())
    update, insert, delete = _UPDATE.search(plain), _INSERT.search(plain), _DELETE.search(plain)
    if update:
        columns = [part.partition("=")[0].strip().lower() for part in update[2].split(",") if "=" in part]
        return [(("sql", _table(update[1]), *columns), "write")]
    if insert:
        return [(("sql", _table(insert[1]), "*"), "write")]
    if delete:
        return [(("sql", _table(delete[1]), "*"), "write")]
    select = _SELECT.search(plain)
    if select:
        tables = [_table(name) for name in _JOINED.findall(plain)]
        words = {w.lower() for w in re.findall(r"[A-Za-z_]\w*|\*", re.sub(r"'[^']*'", "", plain))}
        return [(("sql", table, *sorted(words)), "read") for table in dict.fromkeys(tables)]
    if re.match(r"(create|pragma|begin|commit|rollback|alter|drop|vacuum)\b", plain, re.IGNORECASE):
        return []
    return [(("sql",), "write")]


def _table(name: str) -> str:
    return name.strip('"`[]').lower()
