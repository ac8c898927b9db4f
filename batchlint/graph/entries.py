"""The ways in which the outside world starts one function."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set
from functools import cached_property
from itertools import chain

from batchlint.entrypoints import Base, Convention, Kind
from batchlint.facts import MODULE, ClassId, FunctionFacts, FunctionId, Import, ModuleFacts
from batchlint.findings import Latency, Step
from batchlint.graph.backlogs import Backlogs
from batchlint.graph.clocks import Clocks
from batchlint.graph.decorators import Decorators
from batchlint.graph.defaults import Defaults
from batchlint.graph.fronts import Fronts
from batchlint.graph.links import Entry, Part, label, shape_of
from batchlint.graph.routes import REQUESTED
from batchlint.graph.rowsaves import RowSaves
from batchlint.symbols import Program
from batchlint.trees import walk


class Entries(Part):
    def __init__(
        self,
        program: Program,
        decorators: Decorators,
        registered: dict[FunctionId, list[Entry]],
        fronts: Fronts,
        row_saves: RowSaves,
        backlogs: Backlogs,
    ) -> None:
        super().__init__(program)
        self._row_saves, self._backlogs = row_saves, backlogs
        self._decorators = decorators
        self._defaults = Defaults(program)
        self._registered = registered
        self._fronts = fronts
        self._clocks = Clocks(program)
        self._entries: dict[FunctionId, list[Entry]] = {}

    def of(self, id: FunctionId) -> list[Entry]:
        """The ways in which the outside world starts this very function."""
        known = self._entries.get(id)
        if known is None:
            known = self._entries[id] = list(self._find_entries(id))
        return known

    def _find_entries(self, id: FunctionId) -> Iterator[Entry]:
        function = self.function(id)
        found = [*self._registered.get(id, ()), *self._decorators.entries(function), *self._own(function)]
        found += self._defaults.entries(function)
        found += self._row_saves.entries(function)
        if any(entry.kind.framework == REQUESTED for entry in found):
            # Whoever else requests it sees that the schedule's job is done, and asks nothing either.
            found = [entry for entry in found if entry.kind.kind != "web"]
        # What a manifest or a schedule says of a function is more than that some event starts it.
        told = any(entry.kind.kind != "unknown" for entry in found)
        if found and not told:
            found += self._by_event(function, {entry.kind.framework for entry in found})
            told = any(entry.kind.kind != "unknown" for entry in found)
        found = [entry for entry in found if not told or entry.kind.kind != "unknown"]
        yield from (self._backlogs.as_one(function, entry) for entry in found)
        yield from self._fronts.of(id)
        question = self._fronts.question(id) if any(entry.kind.kind == "script" for entry in found) else None
        if question is not None:
            yield question
        yield from (self._backlogs.as_one(function, entry) for entry in self._clocks.entries(function))

    def _own(self, function: FunctionFacts) -> Iterator[Entry]:
        """What the function is by its class, its name, its place and its file, the most telling of each kind."""
        started = list(self._module_entries(function)) if function.id.qualname == MODULE else []
        told = [entry for entry in started if entry.kind.framework != "top-level"]
        rest = [entry for entry in started if entry.kind.framework == "top-level"]
        seen: set[tuple[str, Latency | None]] = set()
        for entry in (*told, *self._inherited(function), *self._by_convention(function), *rest):
            if (entry.kind.kind, entry.kind.latency) not in seen:
                seen.add((entry.kind.kind, entry.kind.latency))
                yield entry

    def _inherited(self, function: FunctionFacts) -> Iterator[Entry]:
        if function.owner is None:
            return
        for external in self.program.mro(ClassId(function.id.path, function.owner))[1]:
            for base in self.program.registry.bases.find(external.path):
                star = "*" in base.methods and not function.name.startswith("_")
                if function.name in base.methods or star:
                    what = _run(function.id, base) or f"{label(function.id)} (a {external.path.rpartition('.')[2]})"
                    yield Entry(base.entry, Step(function.id.path, function.line, what))

    def _by_convention(self, function: FunctionFacts) -> Iterator[Entry]:
        shape = shape_of(function)
        is_program = self.program.is_program(function.id.path)
        for convention in self._conventions:
            if is_program and convention.entry.kind == "test" and convention.file is not None:
                continue
            if function.id.qualname == MODULE and convention.function in (None, "*") and convention.parameters:
                continue
            if convention.unguarded and self.modules[function.id.path].main_line is not None:
                continue
            if convention.matches(*shape):
                what = f"{label(function.id)} ({convention.entry.framework})"
                yield Entry(convention.entry, Step(function.id.path, function.line, what))

    def _by_event(self, function: FunctionFacts, frameworks: set[str]) -> Iterator[Entry]:
        """What triggers a handler, by the keys that it reads from its event."""
        shapes = [shape for shape in self.program.registry.events if shape.entry.framework in frameworks]
        if not shapes or not function.parameters:
            return
        event = function.parameters[0].arg
        for shape in shapes:
            held = f"{event}.{shape.attribute}" if shape.attribute else event
            holders = _holders(function, held)
            if found := sorted(shape.keys.intersection(keys_of(function.node, holders))):
                module = self.modules[function.id.path]
                if not shape.inside or not shape.inside.isdisjoint(keys_of(module.tree)):
                    what = f"{label(function.id)}, which reads `{held}[{found[0]!r}]`"
                    yield Entry(shape.entry, Step(function.id.path, function.line, what))

    @cached_property
    def _conventions(self) -> list[Convention]:
        """The habits of frameworks that this program can have."""
        conventions = self.program.registry.conventions
        return [each for each in conventions if each.file is not None or self._imports(each.packages)]

    def _imports(self, packages: Iterable[str]) -> bool:
        """Whether any file imports one of the packages; true for an empty list."""
        packages = tuple(packages)
        return not packages or any(package.partition(".")[0] in self.imported_packages for package in packages)

    @cached_property
    def imported_packages(self) -> Set[str]:
        """The packages that any file imports, by the first steps of their names."""
        stars = (each for module in self.modules.values() for each in module.stars)
        named = (each for _, each in self._import_bindings())
        return {each.module.partition(".")[0] for each in chain(named, stars) if not each.level}

    def _import_bindings(self) -> Iterator[tuple[str, Import]]:
        """All imports with a name, each with the file it stands in."""
        for module in self.modules.values():
            for function in module.functions.values():
                for bindings in function.bindings.values():
                    for binding in bindings:
                        if binding.source is not None:
                            yield module.path, binding.source

    def _module_entries(self, body: FunctionFacts) -> Iterator[Entry]:
        module = self.modules[body.id.path]
        for name, kind in self.program.registry.modules.items():
            if any(b.source and b.source.module.partition(".")[0] == name for bs in body.bindings.values() for b in bs):
                yield Entry(kind, Step(module.path, 1, f"{module.path} ({kind.framework})"))
        if any(entry.kind.kind in {"schedule", "pipeline"} for entry in self._registered.get(body.id, ())):
            return
        if module.main_line is not None:
            step = Step(module.path, module.main_line, f'{module.path}: if __name__ == "__main__"')
            yield Entry(Kind("main-block", "script", None), step)
        elif module.path not in self._imported_files and not self._serves(module):
            yield Entry(Kind("top-level", "script", None), Step(module.path, 1, f"{module.path}: top-level code"))

    def loading(self, entry: Entry, first: ast.expr) -> Entry:
        """The script as it counts where a file of routes makes the first call of a way down as it is loaded.

        Whoever runs that file starts a server, which answers nobody before that is done.
        """
        facts = self.program.call_facts.get(id(first))
        if entry.kind.kind != "script" or facts is None or facts.caller.id.qualname != MODULE:
            return entry
        tests = (node for test in facts.call.tests for node in walk(test))
        is_main = any(isinstance(node, ast.Name) and node.id == "__name__" for node in tests)
        if is_main or not self._serves(self.modules[facts.caller.id.path]):
            return entry
        step = Step(facts.caller.id.path, first.lineno, f"{facts.caller.id.path}, as its server starts")
        return Entry(Kind("server start", "unknown", None), step)

    def _serves(self, module: ModuleFacts) -> bool:
        """Whether the file holds routes or handlers: then its top level runs when the server starts."""
        return any(
            entry.kind.latency is Latency.REALTIME
            for function in module.functions.values()
            for entry in self._decorators.entries(function)
        )

    @cached_property
    def _imported_files(self) -> set[str]:
        """The project files that another one imports, but for tests: what only these import is started by itself."""
        found: set[str] = set()
        for path, imported in self._import_bindings():
            if imported.name != "" and not self.program.is_test(path):
                found |= self._import_targets(imported, path)
        for module in self.modules.values():
            for star in module.stars if not self.program.is_test(module.path) else ():
                found |= self._import_targets(star, module.path)
        return found

    def _import_targets(self, source: Import, importer: str) -> set[str]:
        index = self.program.index
        stem = self.program.import_stem(source, importer)
        if stem is None:
            return set()
        stems = [stem, f"{stem}/{source.name}"] if source.name else [stem]
        return {index.stems[each] for each in stems if each in index.stems}


def _run(id: FunctionId, base: Base) -> str:
    """The command that runs the class, by its file, where its base says so: `manage.py label (Command.handle)`."""
    folder, _, file = id.path.rpartition("/")
    is_command = base.runs and folder.rpartition("/")[2] == "commands" and id.qualname.startswith("Command.")
    return f"{base.runs} {file.removesuffix('.py')} ({label(id)})" if is_command else ""


def _holders(function: FunctionFacts, held: str) -> set[str]:
    """The names under which the function has `held`."""
    bound = ((name, binding.value) for name, found in function.bindings.items() for binding in found)
    return {held, *(name for name, value in bound if value is not None and _dotted(value) == held)}


def _dotted(node: ast.expr) -> str | None:
    """The name, or the attribute of a name, that the node is."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else None


def keys_of(tree: ast.AST, names: Set[str] | None = None) -> Iterator[str]:
    """The string keys that are read of one of the names, or of anything: `name["key"]`, `name.get("key")`."""
    for node in walk(tree):
        if isinstance(node, ast.Subscript):
            held, key = node.value, node.slice
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and node.args
        ):
            held, key = node.func.value, node.args[0]
        else:
            continue
        is_wanted = names is None or _dotted(held) in names
        if is_wanted and isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value
