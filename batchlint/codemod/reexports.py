"""How files import functions, directly or through others: whoever hands on a function has to hand on its twin too."""

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
        self._called: dict[tuple[str, FunctionId, bool], str] = {}

    def add(self, path: str, id: FunctionId, twin: str) -> None:
        """Note what `path` imports of the function, and what each file in between."""
        for bound, source in [*self._sources(path), *self._starred(path, self.graph.function(id).name)]:
            home, module = self._homes(path, source)
            if home is not None and source.name and self._has(home, source.name, id):
                self._called[path, id, False] = self._imported(path, bound, source, home, id, twin)
            elif module is not None and module != id.path:
                for name, _ in self._sources(module, top=True):
                    if self._has(module, name, id):
                        self._called[path, id, True] = self._given(module, name, id, twin)

    def called(self, path: str, id: FunctionId, twin: str, *, is_attribute: bool = False) -> str:
        """What the file calls the twin, by itself or as an attribute of a module."""
        return self._called.get((path, id, is_attribute), twin)

    def beside_star(self, path: str, text: str, own: Set[str]) -> str:
        """The file's text with what it needs beside its imports by `*`."""
        for module, names in sorted(self.beside_stars.get(path, {}).items()):
            others = (other for other in self.graph.modules if other != path)
            is_imported = any(path in self._homes(other, source) for other in others for source in self._all(other))
            if not is_imported and imports.is_star_for(text, names):
                text = imports.instead_of_star(text, module, names)
            else:
                text = imports.add(text, module, names, {}, own)
        return text

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
