"""Which files can have to do with a model call, by literal search in their bytes: nothing is parsed.

A file counts when it names a model SDK (or the host of a provider), when it imports a file that counts, names one in
a string or starts Python programs, or when a file that counts imports it. What is dropped can neither make a model call
nor start one.

A test that only imports what counts is put aside: in most programs these are half of the code, and all that they tell
is that they call something.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property

from batchlint.patterns import file_pattern
from batchlint.sources import loading, testfolders
from batchlint.sources.words import Body, Words

_WORD = re.compile(rb"[A-Za-z_][\w.]*")
_HOST = re.compile(rb"://(?:[^/\s@\"']*@)?([\w.{}$*-]+)")
_STRING = re.compile(rb"[\"']([A-Za-z_][\w-]*(?:\.[\w-]+)*(?::\w[\w.]*)?)[\"']")
_ONE_STEP = re.compile(rb"\.\w+\(")
_TWO_STEPS = re.compile(rb"\.\w+\.\w+\(")
_CLASS = re.compile(rb"^[ \t]*class\s+\w+\s*\(([^)]*)\)", re.MULTILINE)
_FIRST = rb"\s*[\"']([A-Za-z_]\w*)[\"']"
_DECORATOR = re.compile(rb"@([A-Za-z_]\w*)")
_KEEPS = re.compile(rb"\w\[[^\]\n]+\][ \t]*=[ \t]*\w+[ \t]*$|\.append\(\w+\)[ \t]*$", re.MULTILINE)
"""What puts a bare name into a table or a list, as a decorator does that registers what it is put on."""
_LEFT = re.compile(rb"\n[^\s#)\]}]")
_METHOD = re.compile(rb"^[ \t]+(?:async[ \t]+)?def[ \t]+(_?[a-z]\w*)", re.MULTILINE)
_STRING_FILES = re.compile(
    r"(?:^|/)(?:settings|config|conf|celery|tasks?|beat|schedul|worker|urls|queue|jobs?)[^/]*(?:/|\.py)"
)


_LAUNCHERS = frozenset({"subprocess", "runpy", "asyncio.subprocess"})
_PROGRAMS = (b"sys.executable", b'"-m"', b"'-m'", b"run_module", b"run_path")
_FILE = re.compile(rb"([\w-]+\.py)[\"' ]")
_SHELLS = (b"os.system(", b"os.popen(", b"os.exec", b"os.spawn")
_LOADS_FILES = b"spec_from_file_location("
_GIVEN_DEPTH = 3
"""How many imports lie between a file that makes a client and the one that is given it."""


@dataclass(slots=True)
class _Imports:
    """What a file imports: dotted names, and for `from m import (a, b)` the module and where its names stand."""

    modules: list[tuple[str, int]]
    by_name: bool
    """Whether it imports something by a string (`import_module`, `__import__`)."""


class Prefilter:
    """Decides for one program; paths are relative to its root."""

    def __init__(
        self, files: Mapping[str, bytes], words: Words, *, tests: bool = True, programs: Set[str] = frozenset()
    ) -> None:
        """`tests`: whether the tests count like any other file; `programs`: folders of tests by their name only."""
        self._programs = programs
        self.aside: dict[str, bytes] = {}
        """The tests that were put aside."""
        self._files = files
        self._words = words
        self._tests = tests
        self._imports: dict[str, _Imports] = {}
        self._lines: dict[bytes, list[str]] = {}
        self._importers: dict[str, list[tuple[str, str, int]]] = {}
        """By the last step of what is imported: the file, the end of the stem that it means, its position."""
        self._near: dict[str, list[tuple[str, int]]] = {}
        """By the stem that a relative import means: the file and the position."""
        self._beside: dict[str, list[tuple[str, int]]] = {}
        """The same for `from . import x` and `from .. import x`, by the folder."""
        self._stems: dict[str, str] = {}
        self._by_last: dict[str, list[str]] = {}
        self._imported: dict[str, list[str]] = {}
        self._given: dict[str, bool] = {}
        self._classes: dict[str, tuple[set[bytes], set[bytes]]] = {}
        self._decorators: dict[str, set[str]] = {}
        self._calls: dict[str, list[bytes]] = {}
        self._strings: dict[str, list[list[str]]] = {}
        self._settings: set[bytes] = set()
        """Settings that hold the name of something in a kept module, which another file may import by it."""
        self._known_hosts: dict[bytes, bool] = {}
        self._seeds: dict[str, None] = {}
        self._roots = {package.partition(".")[0] for package in words.packages}

    def keep(self) -> list[str]:
        """The files that count, in the order given."""
        seeds = self._seeds = {path: None for path, data in self._files.items() if self._is_seed(path, data)}
        through = [path for path, data in self._files.items() if path not in seeds and self._requests(path, data)]
        if not seeds and not through:
            return []
        for path in self._files:
            stem = path.removesuffix(".py").removesuffix("/__init__")
            self._stems[stem] = path
            self._by_last.setdefault(stem.rpartition("/")[2], []).append(stem)
        seeds.update({path: None for path in through if self._is_given_sender(path)})
        if not seeds:
            return []
        for path, imports in self._imports.items():
            for module, position in imports.modules:
                if not module.startswith("."):
                    tail = module.replace(".", "/")
                    self._importers.setdefault(tail.rpartition("/")[2], []).append((path, tail, position))
                else:
                    index = self._near if module.strip(".") else self._beside
                    index.setdefault(_relative(module, path), []).append((path, position))
        kept: set[str] = set()
        self._take_importers(seeds, kept)
        while more := [path for path in self._others(kept) if not self._is_aside(path)]:
            self._take_importers(more, kept)
        self._take_imported(kept)
        self.aside = {path: data for path, data in self.aside.items() if path not in kept}
        return [path for path in self._files if path in kept]

    # -- what a file says
    def _is_seed(self, path: str, data: bytes) -> bool:
        words = self._words
        imports = self._imports[path] = self._read_imports(data)
        sends = False
        for module, _ in imports.modules:
            first = module.partition(".")[0]
            if first in self._roots and self._is_sdk(module, data):
                return True
            sends = sends or first in words.clients
        if b"://" in data and any(self._is_provider(host) for host in set(_HOST.findall(data))):
            return True
        if sends and (any(_holds_body(body, data) for body in words.bodies) or self._names_host(data)):
            return True
        return self._holds(path, words.functions)

    def _requests(self, path: str, data: bytes) -> bool:
        """Whether the file sends the body of a model call to an endpoint's path, by whatever client."""
        return self._holds(path, self._words.sends) and any(
            body.tail in data and _holds_body(body, data) for body in self._words.bodies
        )

    def _is_given_sender(self, path: str) -> bool:
        """Whether a file of the project that it imports has a library that sends requests: its base class may."""
        return any(
            module.partition(".")[0] in self._words.clients
            for imported in self._imported_by(path)
            for module, _ in self._imports[imported].modules
        )

    def _is_sdk(self, module: str, data: bytes) -> bool:
        packages, marked = self._words.packages, self._words.marked
        first = module.partition(".")[0]
        if first in marked:
            return any(word in data for word in marked[first])
        if any(module == package or module.startswith(package + ".") for package in packages):
            return True
        longer = [package for package in packages if package.startswith(module + ".")]
        return any(package.rpartition(".")[2].encode() in data for package in longer)

    @cached_property
    def _hosts(self) -> re.Pattern[str]:
        hosts = (re.escape(host).replace(r"\*", r"[\w{}$.-]*") for host in self._words.hosts)
        return re.compile("|".join(hosts) or r"(?!)")

    def _is_provider(self, host: bytes) -> bool:
        known = self._known_hosts.get(host)
        if known is None:
            text = host.decode(errors="replace")
            names = {text, text.partition("{")[0]} - {""}
            known = any(self._hosts.fullmatch(name) is not None for name in names)
            self._known_hosts[host] = known
        return known

    def _names_host(self, data: bytes) -> bool:
        """Whether a provider's host stands alone in a string, as `http.client` takes it."""
        return any(self._is_provider(text) for text in set(_STRING.findall(data)) if b"." in text)

    def _read_imports(self, data: bytes) -> _Imports:
        modules: list[tuple[str, int]] = []
        by_name = False
        find, known = data.find, self._lines
        position = find(b"import")
        while position >= 0:
            start = data.rfind(b"\n", 0, position) + 1
            end = find(b"\n", position)
            line = data[start : end if end >= 0 else len(data)]
            names = known.get(line)
            if names is None:
                names = known[line] = _modules_in(line)
            if names:
                modules += [(name, position) for name in names]
            by_name = by_name or b"import_" in line
            position = find(b"import", end if end >= 0 else len(data))
        return _Imports(modules, by_name)

    # -- who imports whom
    def _take_importers(self, paths: Iterable[str], kept: set[str]) -> None:
        """Add the files and whatever imports them, directly or not."""
        queue = [path for path in dict.fromkeys(paths) if path not in kept]
        kept.update(queue)
        while queue:
            for importer in self._importers_of(queue.pop()):
                if importer not in kept and not self._is_aside(importer):
                    kept.add(importer)
                    queue.append(importer)

    def _is_aside(self, path: str) -> bool:
        """Whether the file is a test that nobody runs as a program and that makes no model call of its own."""
        if self._tests or path in self._seeds:
            return False
        if path not in self.aside and self._is_test(path) and b"__main__" not in self._files[path]:
            self.aside[path] = self._files[path]
        return path in self.aside

    def _is_test(self, path: str) -> bool:
        is_test = any(file_pattern(pattern).matches(path) for pattern in self._words.tests)
        return is_test and not testfolders.is_in(path, self._programs)

    def _importers_of(self, path: str) -> Iterator[str]:
        stem = path.removesuffix(".py").removesuffix("/__init__")
        parent, _, last = stem.rpartition("/")
        for importer, _ in self._importing(stem):
            if importer != path:
                yield importer
        # `from . import name` takes the name from the package's own file, unless a module of it is called so.
        for importer, position in self._beside.get(stem, ()) if path.endswith("__init__.py") else ():
            names = _names_after(self._files[importer], position)
            taken = [name for before, name in zip(["", *names], names, strict=False) if "as" not in (before, name)]
            if importer != path and any(f"{stem}/{name}" not in self._stems for name in taken):
                yield importer
        # `from package import module`, and `import package` with `package.module` further down.
        for importer, position in (*self._importing(parent), *self._beside.get(parent, ())):
            if importer != path and _takes(self._files[importer], position, last):
                yield importer

    def _importing(self, stem: str) -> Iterator[tuple[str, int]]:
        """The files that import a file or folder by its name, and where."""
        yield from self._near.get(stem, ())
        for importer, tail, position in self._importers.get(stem.rpartition("/")[2], ()):
            if stem == tail or stem.endswith("/" + tail):
                yield importer, position

    def _imported_by(self, path: str) -> list[str]:
        """The files that `path` imports."""
        known = self._imported.get(path)
        if known is None:
            known = self._imported[path] = list(dict.fromkeys(self._find_imported(path)))
        return known

    def _find_imported(self, path: str) -> Iterator[str]:
        data = self._files[path]
        for module, position in self._imports[path].modules:
            for stem in self._resolve(module, path):
                if stem in self._stems:
                    if self._stems[stem] != path:
                        yield self._stems[stem]
                    if not self._stems[stem].endswith("__init__.py"):
                        continue
                for name in _names_after(data, position):
                    if f"{stem}/{name}" in self._stems:
                        yield self._stems[f"{stem}/{name}"]
        if self._holds(path, self._words.loads):
            names = {text.decode(errors="replace") for text in _STRING.findall(data)}
            stems = (stem for name in sorted(names) if "." in name for stem in self._resolve(name, path))
            yield from (self._stems[stem] for stem in stems if stem in self._stems)

    def _resolve(self, module: str, importer: str) -> list[str]:
        """The stems that a dotted name can mean as seen from `importer`, also folders without an `__init__.py`."""
        if module.startswith("."):
            return [_relative(module, importer)]
        tail = module.replace(".", "/")
        end = "/" + tail
        found = [s for s in self._by_last.get(tail.rpartition("/")[2], ()) if s == tail or s.endswith(end)]
        folder = importer.rpartition("/")[0]
        near = [s for s in found if folder.startswith(s.removesuffix(tail).rstrip("/"))]
        return near or found or [tail]

    def _take_imported(self, kept: set[str]) -> None:
        """Add what the kept files import: base classes, settings, addresses; re-exports are followed."""
        for _ in range(2):
            for path in list(kept):
                queue = list(self._imported_by(path))
                while queue:
                    found = queue.pop()
                    if found not in kept:
                        kept.add(found)
                        if found.endswith("__init__.py"):
                            queue += self._imported_by(found)

    # -- ways in that no import shows
    def _others(self, kept: set[str]) -> Iterator[str]:
        yield from self._users_of_bases(kept)
        yield from self._users_of_registries(kept)
        yield from self._given_clients(kept)
        yield from self._named_in_strings(kept)

    def _given_clients(self, kept: set[str]) -> Iterator[str]:
        """Files that are given the client of an SDK, or the address of a provider, by a file that imports them."""
        seen = set(kept)
        level = list(kept)
        for _ in range(_GIVEN_DEPTH):
            level = [found for path in level for found in self._imported_by(path) if found not in seen]
            seen.update(level)
            yield from (found for found in dict.fromkeys(level) if self._is_given_client(found))

    def _is_given_client(self, path: str) -> bool:
        known = self._given.get(path)
        if known is None:
            known = self._given[path] = self._asks(path) or self._posts(path)
        return known

    def _asks(self, path: str) -> bool:
        """Whether the file calls a method of the clients, as far as the last steps of its name tell."""
        data, methods = self._files[path], self._words.methods
        return not all(methods.isdisjoint(calls.findall(data)) for calls in (_ONE_STEP, _TWO_STEPS))

    def _holds(self, path: str, words: Iterable[bytes]) -> bool:
        data = self._files[path]
        for word in words:  # noqa: SIM110 (a generator takes twice as long, and large programs ask often)
            if word in data:
                return True
        return False

    def _posts(self, path: str) -> bool:
        """Whether the file sends a request with what could be the body of a model call."""
        data = self._files[path]
        return (
            self._holds(path, self._words.sends)
            and any(module.partition(".")[0] in self._words.clients for module, _ in self._imports[path].modules)
            and any(all(_is_quoted(key, data) for key in body.keys) for body in self._words.bodies)
        )

    def _classes_in(self, path: str) -> tuple[set[bytes], set[bytes]]:
        """The base classes that the file names, and calls of the methods that it defines; nothing without a base."""
        known = self._classes.get(path)
        if known is None:
            data = self._files[path]
            bases = {word.rpartition(b".")[2] for found in _CLASS.findall(data) for word in _WORD.findall(found)}
            known = self._classes[path] = bases, _method_calls(data) if bases else set()
        return known

    def _users_of_bases(self, kept: set[str]) -> Iterator[str]:
        """Files that call, on a base class's objects, a method that a kept file's subclass defines."""
        wanted: dict[str, set[bytes]] = {}
        too_many = max(200, len(self._files) // 10)
        for path in kept:
            bases, methods = self._classes_in(path)
            if not bases:
                continue
            for module, position in self._imports[path].modules:
                names = {name.encode() for name in _names_after(self._files[path], position)}
                if names.isdisjoint(bases):
                    continue
                for stem in self._resolve(module, path):
                    if stem in self._stems and self._stems[stem] not in kept:
                        wanted.setdefault(self._stems[stem], set()).update(methods)
        for base, methods in wanted.items():
            users = [importer for importer in self._importers_of(base) if importer not in kept]
            data = self._files[base]
            # A method of the base may call one of the subclass's, unless half of the program has that base.
            if len(users) < too_many and any(method in data for method in methods):
                methods |= _method_calls(data)
            for user in users:
                if self._holds(user, methods):
                    yield user

    def _users_of_registries(self, kept: set[str]) -> Iterator[str]:
        """Files that import from where a decorator comes that registers what a kept file holds.

        Those that register something else are among them: whoever asks the registry may get that instead.
        """
        registries: dict[str, None] = {}
        for path in kept:
            decorators = self._decorators_in(path)
            for module, position in self._imports[path].modules if decorators else ():
                taken = decorators.intersection(_names_after(self._files[path], position))
                for stem in self._resolve(module, path) if taken else ():
                    found = self._stems.get(stem)
                    if found is not None and found not in kept and _registers(self._files[found], taken):
                        registries[found] = None
        too_many = max(200, len(self._files) // 10)
        for registry in registries:
            users = [user for user, _ in self._importing(registry.removesuffix(".py").removesuffix("/__init__"))]
            if len(users) < too_many:
                yield from (user for user in users if user not in kept)

    def _decorators_in(self, path: str) -> set[str]:
        """The first names of the decorators in the file."""
        known = self._decorators.get(path)
        if known is None:
            data = self._files[path]
            known = self._decorators[path] = {
                found[1].decode()
                for found in _DECORATOR.finditer(data)
                if not data[data.rfind(b"\n", 0, found.start()) + 1 : found.start()].strip()
            }
        return known

    def _named_in_strings(self, kept: set[str]) -> Iterator[str]:
        """Files whose strings name a kept module or something in it: tasks, plug-ins, URL tables."""
        stems = {path.removesuffix(".py").removesuffix("/__init__") for path in kept}
        last: dict[str, list[str]] = {}
        for stem in stems:
            last.setdefault(stem.rpartition("/")[2], []).append(stem)
        files = {path.rpartition("/")[2].encode() for path in kept}
        folders = {f"/{stem.rpartition('/')[0]}" for stem in stems if "/" in stem}
        for path in self._files:
            if path in kept:
                continue
            functions = [b"def %b(" % name for name in self._enqueued_in(path)]
            is_asked = self._holds(path, self._settings) and self._holds(path, self._words.loads)
            is_enqueuing = functions and any(self._holds(each, functions) for each in kept)
            is_loading = self._imports[path].by_name and loading.loads_of(path, self._files[path], folders)
            if self._launches(path, files) or is_asked or is_enqueuing or is_loading:
                yield path
            for parts in self._strings_in(path):
                if any(_names_module(parts[:end], last) for end in range(max(len(parts) - 2, 1), len(parts) + 1)):
                    setting = rb"^([A-Z]\w+)[ \t]*[:=].*[\"']" + re.escape(".".join(parts)).encode()
                    self._settings.update(re.findall(setting, self._files[path], re.MULTILINE))
                    yield path
                    break

    def _enqueues(self, path: str) -> list[bytes]:
        """The calls in the file that take a function by its name."""
        known = self._calls.get(path)
        if known is None:
            data = self._files[path]
            known = self._calls[path] = [word for word in self._words.enqueues if word in data]
        return known

    def _enqueued_in(self, path: str) -> set[bytes]:
        """The bare names that calls which enqueue are given as a string: `enqueue_job("translate")`."""
        words = [word for word in self._enqueues(path) if word in self._words.named]
        return {name for word in words for name in re.findall(re.escape(word) + _FIRST, self._files[path])}

    def _strings_in(self, path: str) -> list[list[str]]:
        """The steps of the dotted names in the strings of a file that starts things by their name."""
        known = self._strings.get(path)
        if known is None:
            names = self._imports[path].by_name or _STRING_FILES.search(path) or self._enqueues(path)
            texts = {text.decode(errors="replace") for text in _STRING.findall(self._files[path])} if names else ()
            steps = (text.replace(":", ".").split(".") for text in texts)
            known = self._strings[path] = [parts for parts in steps if len(parts) > 1]
        return known

    def _launches(self, path: str, files: Set[bytes]) -> bool:
        """Whether the file runs Python programs: which ones, its strings need not say in full, unless by `files`."""
        data = self._files[path]
        if _LOADS_FILES in data or self._holds(path, self._words.launchers):
            return True
        is_starting = any(module in _LAUNCHERS for module, _ in self._imports[path].modules)
        if not is_starting and not self._holds(path, _SHELLS):
            return False
        if any(word in data for word in _PROGRAMS):
            return True
        return not self._is_test(path) and not files.isdisjoint(_FILE.findall(data))


def _registers(data: bytes, names: Iterable[str]) -> bool:
    """Whether one of the file's functions, classes or objects of these names puts something into a table or a list."""
    for name in names:
        defined = re.search(rb"^(?:def|class)?[ ]?%b\b" % name.encode(), data, re.MULTILINE)
        if defined is None:
            continue
        is_block = defined[0].startswith((b"def ", b"class "))
        end = _LEFT.search(data, defined.end()) if is_block else None
        if _KEEPS.search(data, defined.end() if is_block else 0, end.start() if end else len(data)):
            return True
    return False


def _method_calls(data: bytes) -> set[bytes]:
    return {b"." + name + b"(" for name in _METHOD.findall(data)}


def _holds_body(body: Body, data: bytes) -> bool:
    return all(_is_quoted(key, data) for key in body.keys) and (
        not body.any or body.tail in data or any(_is_quoted(key, data) for key in body.any)
    )


def _is_quoted(word: bytes, data: bytes) -> bool:
    return b'"%b"' % word in data or b"'%b'" % word in data or b"%b=" % word in data


def _names_module(parts: list[str], last: Mapping[str, list[str]]) -> bool:
    if len(parts) < 2:
        return False
    tail = "/".join(parts)
    return any(stem == tail or stem.endswith("/" + tail) for stem in last.get(parts[-1], ()))


def _modules_in(line: bytes) -> list[str]:
    """The modules that a line with the word `import` imports; every dotted name where it is no plain statement."""
    text = line.strip().decode(errors="replace")
    if text.startswith("from "):
        module = text[5:].split(None, 1)[0]
        return [module] if module.replace(".", "").isidentifier() or not module.strip(".") else []
    if text.startswith("import "):
        return [part.split()[0] for part in text[7:].partition("#")[0].split(",") if part.split()]
    if text.startswith("#"):
        return []
    return [word.decode().rstrip(".") for word in _WORD.findall(line) if word != b"import"]


def _names_after(data: bytes, position: int) -> list[str]:
    """The names in `import (a, b as c)` whose `import` stands at `position`; none for `import a.b`."""
    end = data.find(b"\n", position)
    rest = data[position + 6 : end if end >= 0 else len(data)]
    if b"(" in rest:
        end = data.find(b")", position)
        rest = data[position + 6 : end if end >= 0 else len(data)]
    return [word.decode() for word in _WORD.findall(rest)]


def _takes(data: bytes, position: int, name: str) -> bool:
    """Whether the import of a package at `position` can give the module `name` in it."""
    start, end = data.rfind(b"\n", 0, position) + 1, data.find(b"\n", position)
    if not data[start:position].lstrip().startswith(b"from") or data.find(b"\\", position, end) >= 0:
        return name.encode() in data
    return data.startswith(b"*", position + 7) or name in _names_after(data, position)


def _relative(module: str, importer: str) -> str:
    name = module.lstrip(".")
    folder = importer
    for _ in range(len(module) - len(name)):
        folder = folder.rpartition("/")[0]
    return "/".join(part for part in (folder, *name.split(".")) if part)
