"""How files import functions and their twins: these from where they stand, or through the files between."""

from __future__ import annotations

from collections.abc import Iterator, Set

from batchlint.codemod import imports
from batchlint.facts import MODULE, FunctionId, Import
from batchlint.graph import Graph

Wanted = dict[str, dict[str, tuple[str, str]]]
"""By file and the name that it imports: what the twin is called there, and what the file calls it."""


class Imported:
    """The imports of twins that files need, also those through which others import them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.wanted: Wanted = {}
        self.beside_stars: dict[str, dict[str, set[str]]] = {}
        """By file and the module from which it imports `*`: the twins that it needs."""
        self.direct: dict[str, dict[str, set[str]]] = {}
        """By file and module: the twins whose functions the file imports through others."""
        self._called: dict[tuple[str, FunctionId, bool], str] = {}

    def add(self, path: str, id: FunctionId, twin: str) -> None:
        """Note what `path` imports of the function, and what each file in between."""
        for bound, source in [*self._sources(path), *self._starred(path, self.graph.function(id).name)]:
            home, module = self._homes(path, source)
            if home is not None and source.name and self._has(home, source.name, id):
                module_of_twin = self._direct(path, bound, source, home, id, twin)
                if module_of_twin is None:
                    self._called[path, id, False] = self._imported(path, bound, source, home, id, twin)
                else:
                    self.direct.setdefault(path, {}).setdefault(module_of_twin, set()).add(twin)
            elif module is not None and module != id.path:
                for name, _ in self._sources(module, top=True):
                    if self._has(module, name, id):
                        self._called[path, id, True] = self._given(module, name, id, twin)

    def called(self, path: str, id: FunctionId, twin: str, *, is_attribute: bool = False) -> str:
        """What the file calls the twin, by itself or as an attribute of a module."""
        return self._called.get((path, id, is_attribute), twin)

    def completed(self, path: str, text: str, own: Set[str]) -> str:
        """The file's text with what it needs beside its imports of functions, or by `*`."""
        for module, names in sorted(self.direct.get(path, {}).items()):
            text = imports.add(text, module, names, {}, own)
        for module, names in sorted(self.beside_stars.get(path, {}).items()):
            others = (other for other in self.graph.modules if other != path)
            is_imported = any(path in self._homes(other, source) for other in others for source in self._all(other))
            if not is_imported and imports.is_star_for(text, names):
                text = imports.instead_of_star(text, module, names)
            else:
                text = imports.add(text, module, names, {}, own)
        return text

    def _direct(self, path: str, bound: str, source: Import, home: str, id: FunctionId, twin: str) -> str | None:
        """The module from which the file, which imports the function through others, can import the twin itself."""
        if home == id.path or len(self.graph.modules[path].body.bindings.get(bound, ())) != 1:
            return None
        text, name = "." * source.level + source.module, source.name or bound
        while home != id.path:
            if not any(given == name for given, _ in self._sources(home, top=True)):
                return None  # a star, which hands on the twin by itself
            source, further = next(self._further(home, name))
            named = _named_from(text, source, is_package=home.endswith("__init__.py"))
            if named is None:
                return None
            text, name, home = named, source.name or name, further
        return None if any(step.startswith("_") for step in text.split(".")) else text

    def _imported(self, path: str, bound: str, source: Import, home: str, id: FunctionId, twin: str) -> str:
        """What the file `path`, which imports from `home` what it calls `bound`, calls the twin."""
        name = source.name or bound
        given = self._given(home, name, id, twin)
        called = given if bound == name else given.replace(name, bound, 1)
        if bound not in self.graph.modules[path].body.bindings and any(self._starred(path, bound)):
            module = "." * source.level + source.module
            self.beside_stars.setdefault(path, {}).setdefault(module, set()).add(given)
        self.wanted.setdefault(path, {})[name] = (given, called)
        return called

    def _given(self, home: str, name: str, id: FunctionId, twin: str) -> str:
        """Under which name the file has the twin of what it calls `name`."""
        if home == id.path:
            if name in (self.graph.modules[home].exports or ()):
                self.wanted.setdefault(home, {})[name] = (twin, twin)
            return twin
        source, further = next(self._further(home, name))
        return self._imported(home, name, source, further, id, twin)

    def _has(self, home: str, name: str, id: FunctionId) -> bool:
        """Whether the file calls the function `name`."""
        seen = set()
        while home != id.path and (home, name) not in seen:
            seen.add((home, name))
            source, home = next(self._further(home, name), (None, home))
            name = source.name or name if source else name
        return home == id.path and name == self.graph.function(id).name

    def _further(self, path: str, name: str) -> Iterator[tuple[Import, str]]:
        """The imports by which the file has the name, and the files that these take it from."""
        for bound, source in [*self._sources(path, top=True), *self._starred(path, name)]:
            home, _ = self._homes(path, source)
            if bound == name and source.name and home is not None:
                yield source, home

    def _starred(self, path: str, name: str) -> Iterator[tuple[str, Import]]:
        """The imports by `*` that the name comes by, as imports of it."""
        module = self.graph.modules[path]
        for star in module.stars if name not in module.body.bindings else ():
            source = star._replace(name=name)
            home, _ = self._homes(path, source)
            if home is not None and self.graph.program.module_name(home, name):
                yield name, source

    def _homes(self, path: str, source: Import) -> tuple[str | None, str | None]:
        """The file that the import takes a name from, and the one that it means as a module."""
        program = self.graph.program
        stem = program.import_stem(source, path)
        if stem is None:
            return None, None
        stems = program.index.stems
        return stems.get(stem), stems.get(f"{stem}/{source.name}" if source.name else stem)

    def _all(self, path: str) -> Iterator[Import]:
        yield from (source for _, source in self._sources(path))
        yield from self.graph.modules[path].stars

    def _sources(self, path: str, *, top: bool = False) -> Iterator[tuple[str, Import]]:
        functions = self.graph.modules[path].functions
        for function in [functions[MODULE]] if top else functions.values():
            for bound, bindings in function.bindings.items():
                for binding in bindings:
                    if binding.how == "import" and binding.source is not None:
                        yield bound, binding.source


def _named_from(module: str, source: Import, *, is_package: bool) -> str | None:
    """What somebody who calls a module so calls the one from which that module imports."""
    if not source.level:
        return source.module
    name = module.lstrip(".")
    steps, climbed = name.split(".") if name else [], source.level - is_package
    dots = "." * (len(module) - len(name) + max(climbed - len(steps), 0))
    if climbed > len(steps) and not module.startswith("."):
        return None
    return dots + ".".join([*steps[: max(len(steps) - climbed, 0)], *filter(None, [source.module])])
