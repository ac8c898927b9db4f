"""What a call of something from outside the project gives: a longer path, or what the library passes on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from batchlint.facts import Binding, ClassId, FunctionId
from batchlint.iterables import BARS, PASSING
from batchlint.symbols import imported, loaded, passing
from batchlint.symbols.annotations import instance
from batchlint.symbols.handedup import is_left_out
from batchlint.symbols.local_models import keeps_local, names_server
from batchlint.symbols.names import LOCAL, host_of
from batchlint.symbols.unpacking import iterated
from batchlint.values import NOTHING, Cls, Elems, Ext, Fn, Inst, Mod, Text, Value, Values, elements, ordered, origin_at

if TYPE_CHECKING:
    from batchlint.symbols import Program

_ITERATING = frozenset(
    f"builtins.{name}" for name in ("list", "tuple", "sorted", "set", "frozenset", "iter", "reversed", "filter", "dict")
)
_PICKING = frozenset({"builtins.next", "builtins.min", "builtins.max", "random.choice"})
_KEEPING = frozenset(
    {
        "asyncio.run", "asyncio.wait_for", "asyncio.create_task", "asyncio.ensure_future", "asyncio.shield",
        "copy.copy", "copy.deepcopy", "functools.partial", "functools.lru_cache()", "functools.cache",
        "functools.wraps()",
        "functools.partialmethod", "builtins.str", "contextlib.closing", "contextlib.nullcontext", "anyio.run",
        loaded.MAKING,
        "builtins.staticmethod", "builtins.classmethod", "asgiref.sync.async_to_sync()",
    }
)  # fmt: skip

_MANY_CLASSES = 20
"""Classes of a module, of which a setting hardly chooses one."""
_JOINING = frozenset({"urllib.parse.urljoin", "requests.compat.urljoin"})
_ADDRESSED = frozenset({"Request", "ClientSession"})
"""What is told the server or the URL first."""
_SPECIAL = frozenset(
    {"typing.cast", "functools.reduce", "random.choice", loaded.SPECIFYING, *imported.IMPORTING, *PASSING}
)


def _keywords(program: Program, scope: FunctionId, node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """The keyword arguments, also those that a variable holds: `options["base_url"] = url; OpenAI(**options)`."""
    for keyword in node.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value
        elif isinstance(keyword.value, ast.Name):
            held = keyword.value.id
            function = program.functions[scope]
            for name in sorted({name for owner, name in function.item_keys if owner == held}):
                yield from ((name, value) for value in function.item_keys[held, name] if value is not None)
            for display in (b.value for b in function.bindings.get(held, ()) if isinstance(b.value, ast.Dict)):
                for key, value in zip(display.keys, display.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, value


def external_call(program: Program, scope: FunctionId, node: ast.Call, value: Ext) -> Values:
    """The values of the call `node` of `value`."""
    path = value.path
    last = path.rpartition(".")[2]
    if path.startswith("builtins.") or path in _KEEPING or path in _SPECIAL or last in BARS:
        special = _builtin(program, scope, node, path)
        if special is not None:
            return special
    if node.args and path in {"os.getenv", "os.environ.get", "decouple.config", "environ.Env()"}:
        return program.eval(scope, node.args[1]) if len(node.args) > 1 else NOTHING
    if path in _JOINING and len(node.args) == 2:
        bases, tails = ([v.text for v in program.eval(scope, each) if isinstance(v, Text)] for each in node.args)
        return frozenset(Text(urljoin(base, tail)) for base in bases for tail in tails or [""])
    results = {f"{path}()"}
    if last in program.catalogue.literal_arguments:
        texts = {text.text for text in _argument_texts(program, scope, node, "service_name")}
        results = {f"{path}('{text}')" for text in texts} or results
    if path.count("()") > 7 or program.is_too_long(path):
        return NOTHING
    host = value.host
    if last in _ADDRESSED and node.args:
        host = _host(program, scope, node.args[0]) or host
    elif last == "HTTPSConnection":
        names = sorted(text.text for text in _argument_texts(program, scope, node, "host") if "/" not in text.text)
        host = host_of(f"//{names[0]}") if names else host
    for name, argument in _keywords(program, scope, node):
        if name in program.catalogue.local_arguments:
            host = _host(program, scope, argument) or host
            if host is None and names_server(program, scope, argument):
                host = LOCAL
        elif name in program.catalogue.switches and isinstance(argument, ast.Constant) and argument.value is True:
            host = program.catalogue.switches[name]
    if host is None and keeps_local(program, scope, node, path):
        host = LOCAL
    origin = value.origin
    if origin is None and (program.registry.builders.first(f"{path}()") or program.catalogue.agents.first(f"{path}()")):
        origin = origin_at(scope.path, node)
    found: set[Value] = {Ext(result, host, origin) for result in results}
    if program.registry.resolved.find(path):
        found |= {Inst(v.id) for each in node.args[:1] for v in program.eval(scope, each) if isinstance(v, Cls)}
    if program.catalogue.holders.find(path):
        for argument in [*node.args, *[keyword.value for keyword in node.keywords]]:
            found |= _parts(program, scope, argument)
    # What `wraps(function)` gives is called with the wrapper, not for the function.
    if node.args and path != "functools.wraps":
        found |= program.once(("functions", id(node)), _functions_given, program, scope, node)
        if path.endswith("()"):  # a decorator with arguments, applied by hand: `retry(stop=...)(client.ask)`
            found |= {
                v for v in program.eval(scope, node.args[0]) if isinstance(v, Ext) and program.catalogue.match(v.path)
            }
    return frozenset(found)


def _functions_given(program: Program, scope: FunctionId, node: ast.Call) -> Values:
    """The functions that a call is given first or second, which what it gives may call."""
    found: set[Value] = set()
    for argument in node.args[:2]:
        if isinstance(argument, ast.Name | ast.Attribute | ast.Lambda | ast.Call):
            found |= {v for v in program.eval(scope, argument) if isinstance(v, Fn)}
    return frozenset(found)


def _parts(program: Program, scope: FunctionId, node: ast.expr) -> Values:
    """The values in an expression, out of the tuples, lists and dicts around them."""
    if isinstance(node, ast.Tuple | ast.List):
        return frozenset().union(*(_parts(program, scope, each) for each in node.elts))
    if isinstance(node, ast.Dict):
        return frozenset().union(*(_parts(program, scope, each) for each in node.values))
    values = program.eval(scope, node)
    return frozenset(v for v in {*values, *elements(values)} if isinstance(v, Ext | Fn | Inst))


def _host(program: Program, scope: FunctionId, node: ast.expr) -> str | None:
    """The server that a URL names: a hosted one where any is possible, `localhost` only where nothing else is."""
    hosts = _hosts(program, scope, node, 0)
    hosted = sorted(host for host in hosts if host not in (None, LOCAL))
    return hosted[0] if hosted else LOCAL if hosts == {LOCAL} else None


def _hosts(program: Program, scope: FunctionId, node: ast.expr, depth: int) -> set[str | None]:
    """The hosts that a URL can name; None for what is not known."""
    if isinstance(node, ast.BoolOp):
        return set().union(*(_hosts(program, scope, each, depth) for each in node.values))
    if isinstance(node, ast.IfExp):
        return _hosts(program, scope, node.body, depth) | _hosts(program, scope, node.orelse, depth)
    if isinstance(node, ast.Name) and depth < 4:
        bindings = program.functions[scope].bindings.get(node.id, ())
        if bindings and all(binding.how == "value" and binding.value is not None for binding in bindings):
            return set().union(*(_hosts(program, scope, b.value, depth + 1) for b in bindings if b.value is not None))
    urls = [value.text for value in program.eval(scope, node) if isinstance(value, Text)]
    hosts = {None if program.catalogue.is_gateway(url) else host_of(url) for url in urls}
    if hosts == {LOCAL} and isinstance(node, ast.Name) and is_left_out(program, scope, node.id):
        return {None, LOCAL}
    return hosts or {None}


def _argument_texts(program: Program, scope: FunctionId, node: ast.Call, keyword: str) -> list[Text]:
    expressions = [*node.args[:1], *[k.value for k in node.keywords if k.arg == keyword]]
    return [v for e in expressions for v in program.eval(scope, e) if isinstance(v, Text)]


def _builtin(program: Program, scope: FunctionId, node: ast.Call, path: str) -> Values | None:
    arguments = node.args
    if path == "builtins.super":
        return _super(program, scope)
    if path == "builtins.globals":
        return frozenset({Elems(_callables_of(program, scope.path))})
    if not arguments:
        return None
    if path in _ITERATING:
        return frozenset({Elems(iterated(program, scope, arguments[0]))})
    if path in PASSING:
        return passing.given(program, scope, arguments, PASSING[path])
    if path == "builtins.map":
        held: set[Value] = set()
        for value in ordered(program.eval(scope, arguments[0])):
            if isinstance(value, Fn):
                held |= program.returned(value)
            elif isinstance(value, Cls):
                held.add(Inst(value.id, True))
        return frozenset({Elems(frozenset(held))})
    if path in {"builtins.zip", "builtins.enumerate"}:
        inner = frozenset().union(*(elements(program.eval(scope, a)) for a in arguments))
        return frozenset({Elems(inner)})
    if path == "functools.reduce" and len(arguments) > 1:
        return frozenset().union(
            elements(program.eval(scope, arguments[1])), *(program.eval(scope, a) for a in arguments[2:])
        )
    if path in _PICKING:
        return elements(program.eval(scope, arguments[0]))
    if path in _KEEPING or path.rpartition(".")[2] in BARS:
        return program.eval(scope, arguments[0])
    if path == loaded.SPECIFYING:
        return loaded.modules(program, scope, node)
    if path == "builtins.getattr" and len(arguments) > 1:
        found: set[Value] = set(program.eval(scope, arguments[2])) if len(arguments) > 2 else set()
        texts = [value for value in ordered(program.eval(scope, arguments[1])) if isinstance(value, Text)]
        holders = program.eval(scope, arguments[0])
        if isinstance(arguments[1], ast.Constant):
            found |= frozenset().union(*(program.stored.attribute(text.text, holders) for text in texts))
        for value in ordered(holders):
            for text in texts:
                for attribute in _named(program, value, text.text):
                    found |= program.attribute(value, attribute)
            if isinstance(value, Mod) and not any(re.search("[A-Za-z]", text.text) for text in texts):
                found |= _classes_of(program, value) | _jobs_of(program, value)
        return frozenset(found)
    if path == "builtins.type" and len(arguments) == 1:
        return frozenset(Cls(v.id) for v in program.eval(scope, arguments[0]) if isinstance(v, Inst))
    if path == "typing.cast" and len(arguments) > 1:
        return instance(program, scope, arguments[0]) | program.eval(scope, arguments[1])
    if path in imported.IMPORTING:
        return imported.modules(program, scope, node, path)
    return None


def _named(program: Program, value: Value, text: str) -> list[str]:
    """The attribute of that name; where only a part is known, as in `stage_{}`, all functions that are named so."""
    if text.isidentifier():
        return [text]
    if not re.fullmatch(r"[A-Za-z_]*(?:\{\}[A-Za-z_]*)+", text) or not re.search(r"[A-Za-z]{2}", text):
        return []
    pattern = re.compile(text.replace("{}", r"\w+"))
    scopes: list[dict[str, list[Binding]]] = []
    if isinstance(value, Inst | Cls):
        scopes = [program.classes[base].bindings for base in program.mro(value.id)[0] if base in program.classes]
    elif isinstance(value, Mod) and (path := program.index.stems.get(value.stem)) in program.modules:
        scopes = [program.modules[path].body.bindings]
    functions = (name for bindings in scopes for name, rows in bindings.items() if rows[0].how == "function")
    return list(dict.fromkeys(name for name in functions if pattern.fullmatch(name)))


def _callables_of(program: Program, path: str) -> Values:
    """The functions and classes of a module."""
    found: set[Value] = set()
    for name, bindings in program.modules[path].body.bindings.items():
        if any(binding.how in {"function", "class"} for binding in bindings):
            found |= program.module_name(path, name)
    return frozenset(found)


def _classes_of(program: Program, module: Mod) -> Values:
    """The classes that the module defines or has imported, of which a setting names one: `getattr(models, kind)`."""
    path = program.index.stems.get(module.stem)
    if path not in program.modules or program.is_test(path):
        return NOTHING
    bindings = program.modules[path].body.bindings
    names = [n for n, rows in bindings.items() if n[:1].isupper() and rows[0].how in {"class", "import"}]
    if len(names) > _MANY_CLASSES:
        return NOTHING
    return frozenset(v for name in names for v in program.module_name(path, name) if isinstance(v, Cls))


def _jobs_of(program: Program, module: Mod) -> Values:
    """The functions of a module that is a list of jobs, of which a command names one: `getattr(jobs, name)()`.

    Such a list has functions only that take nothing.
    """
    path = program.index.stems.get(module.stem)
    if path not in program.modules or program.is_test(path):
        return NOTHING
    bindings = program.modules[path].body.bindings
    names = [name for name, rows in bindings.items() if rows[0].how == "function" and not name.startswith("_")]
    jobs = [program.functions[FunctionId(path, name)] for name in names if FunctionId(path, name) in program.functions]
    is_list = len(jobs) > 1 and not any(job.default(name) is None for job in jobs for name in job.parameter_names)
    return frozenset(v for job in jobs for v in program.module_name(path, job.name)) if is_list else NOTHING


def _super(program: Program, scope: FunctionId) -> Values:
    method = program.method_around(program.functions[scope])
    if method is None or method.owner is None:
        return NOTHING
    line, externals = program.mro(ClassId(scope.path, method.owner))
    bases: set[Value] = {Inst(c, True) for c in line[1:2]}
    return frozenset(bases or {Ext(f"{e.path}()", e.host) for e in externals})
