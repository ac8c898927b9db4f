"""Which project files and functions a command line starts, through the wrappers that people put before it."""

from __future__ import annotations

import ast
import re
import shlex
import textwrap
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from batchlint import datafiles
from batchlint.entrypoints.manifests import addresses, shells
from batchlint.entrypoints.manifests.targets import Project, folders_above

_PYTHON = re.compile(r"(?:.*/)?(?:python|pypy)[\d.]*(?:\.exe)?|\$\{?\{?\s*\w*PYTHON\w*\s*\}?\}?|(?:.*/)?ipython3?")
_SHELL = re.compile(r"(?:.*/)?(?:ba|da|z|k)?sh")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_SEPARATOR = re.compile(r"&&|\|\||[;|&\n]|\bthen\b|\bdo\b|\belse\b")
_HEREDOC = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?([^\n]*)\n(.*?)^\s*\1\s*$", re.DOTALL | re.MULTILINE)
_MORE = "$@"
"""Stands for arguments that the command does not show."""
_REDIRECTED = re.compile(r"(?:\d|&)?[<>]{1,2}(?:&\d)?")
MAX_DEPTH = 4


@cache
def _words_about() -> dict[str, Any]:
    """Words around commands, from the data: prefixes, options with values, runners, servers, launchers."""
    return datafiles.document("manifests", "prefixes")


class Started(NamedTuple):
    """What a command starts: a file of the project, `module:function` or a route, and whether a web server runs it.

    `given` are the arguments, where the command shows them.
    """

    target: str
    serves: bool = False
    given: tuple[str, ...] | None = None
    pause: float | None = None
    """Minutes after which a loop around the command starts it again."""


class Commands:
    """Resolves command lines of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._read: set[str] = set()
        """The shell scripts that the command in question has led into: scripts that call one another end."""

    def started(self, command: str, manifest: str, folder: str | None = None) -> list[Started]:
        """What `command`, as it stands in the file `manifest`, starts; `folder` is its working directory if stated."""
        bases = folders_above(manifest)
        if folder and not folder.startswith(("/", "$")):
            bases = [f"{base}/{folder}" if base else folder for base in bases] + bases
        self._read.clear()
        return list(dict.fromkeys(self._shell(command, bases, 0)))

    def argument_list(self, words: Sequence[str], manifest: str, folder: str | None = None) -> list[Started]:
        """The same for a command given as a list, as in `CMD ["python", "job.py"]`."""
        return self.started(" ".join(shlex.quote(word) for word in words), manifest, folder)

    # -- taking a command apart
    def _shell(self, text: str, bases: list[str], depth: int) -> Iterator[Started]:
        if depth > MAX_DEPTH:
            return
        text = _HEREDOC.sub(_as_argument, text.replace("\\\n", " "))
        for part, pause in shells.turns(text):
            for words in _simple_commands(part):
                if words[0] == "cd" and len(words) > 1:
                    target = words[1].strip("/")
                    bases = [f"{base}/{target}" if base else target for base in bases] + bases
                    continue
                found = list(self._words(words, bases, depth))
                if not found:  # the script or the interpreter may stand in a variable
                    found = [each for given in shells.choices(words, text) for each in self._words(given, bases, depth)]
                yield from (started if pause is None else started._replace(pause=pause) for started in found)

    def _words(self, words: list[str], bases: list[str], depth: int) -> Iterator[Started]:
        words = _without_prefixes(words)
        if not words:
            return
        head, rest = words[0], words[1:]
        name = head.rpartition("/")[2]
        if _PYTHON.fullmatch(head):
            yield from self._python(rest, bases, depth)
        elif _SHELL.fullmatch(head):
            yield from self._script(rest, bases, depth)
        elif name in _words_about()["runners"]:
            yield from self._runner(rest, bases, depth)
        elif name in {"make", "gmake"}:
            yield from self._make(rest, bases, depth)
        elif name in _words_about()["servers"]:
            yield from (
                Started(word, serves=True)
                for word in rest
                if re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(\))?", word)
            )
        elif name.endswith((".sh", ".bash")):
            yield from self._script(words, bases, depth)
        elif name in self._project.scripts:
            yield Started(self._project.scripts[name], given=_arguments(rest))
        elif name.endswith(".py"):
            yield from self._python(words, bases, depth)
        elif name in _words_about()["requesters"]:
            path = addresses.requested(rest)
            if path is not None:
                yield Started(path)
        elif name == "run-one" or name == "xargs":
            yield from self._words([*(word for word in rest if not word.startswith("-")), _MORE], bases, depth + 1)

    def _python(self, words: list[str], bases: list[str], depth: int) -> Iterator[Started]:
        index = 0
        while index < len(words) and words[index].startswith("-"):
            option = words[index]
            if option == "-m" and index + 1 < len(words):
                yield from self._module(words[index + 1], words[index + 2 :], bases, depth)
                return
            if option == "-c" and index + 1 < len(words):
                yield from _calls_in(words[index + 1])
                return
            index += 2 if option in {"-W", "-X"} else 1
        if index == len(words):
            return
        file = self._project.file(words[index], bases)
        if file is None:
            return
        if file.rpartition("/")[2] == "manage.py" and index + 1 < len(words):
            yield from self._management(words[index + 1], file)
            yield from self._runscript(words[index + 1 :], file)
        else:
            yield Started(file, given=_arguments(words[index + 1 :]))

    def _module(self, dotted: str, rest: list[str], bases: list[str], depth: int) -> Iterator[Started]:
        found = self._project.module(dotted, bases)
        if found is not None:
            yield Started(found, given=_arguments(rest))
        elif dotted in self._project.scripts or self._is_tool(dotted):
            yield from self._words([dotted, *rest], bases, depth + 1)
        elif dotted in _words_about()["launchers"]:
            words = [word for word in rest if word != "run"]
            yield from self._python([*(word for word in words if not word.startswith("-")), _MORE], bases, depth + 1)

    @staticmethod
    def _is_tool(name: str) -> bool:
        about = _words_about()
        return name in about["servers"] or name in about["prefixes"] or name in about["runners"]

    def _management(self, name: str, manage: str) -> Iterator[Started]:
        """`manage.py NAME`: the management command of that name, in whichever app has it."""
        folder = manage.rpartition("/")[0]
        end = f"management/commands/{name}.py"
        for file in self._project.names:
            if file.endswith("/" + end) and file.startswith(f"{folder}/" if folder else ""):
                yield Started(f"{file.removesuffix('.py').replace('/', '.')}.Command.handle")

    def _runscript(self, words: list[str], manage: str) -> Iterator[Started]:
        """`manage.py runscript NAME`: the function `run` of the script of that name, as django-extensions finds it."""
        names = [word for word in words[1:] if not word.startswith("-")][:1] if words[0] == "runscript" else []
        folder = manage.rpartition("/")[0]
        for name in names:
            end = f"scripts/{name.replace('.', '/')}.py"
            for file in self._project.names:
                if f"/{file}".endswith("/" + end) and file.startswith(f"{folder}/" if folder else ""):
                    yield Started(f"{file.removesuffix('.py').replace('/', '.')}.run")

    def _script(self, words: list[str], bases: list[str], depth: int) -> Iterator[Started]:
        """`sh -c "..."`, or a shell script of the project."""
        for index, word in enumerate(words):
            if re.fullmatch(r"-\w*c", word):
                if index + 1 < len(words):
                    yield from self._shell(words[index + 1], bases, depth + 1)
                return
            if not word.startswith(("-", "+")):
                file = self._project.file(word, bases)
                text = self._project.text(file) if file and file not in self._read else None
                if file and text and not file.endswith(".py"):
                    self._read.add(file)
                    yield from self._shell(text, [*folders_above(file)[:1], *bases], depth + 1)
                return

    def _runner(self, words: list[str], bases: list[str], depth: int) -> Iterator[Started]:
        """`uv run ...`, `poetry run ...`, `docker compose run service ...`: the first word on that can be a command."""
        if "--" in words:
            yield from self._words(words[words.index("--") + 1 :], bases, depth + 1)
            return
        for index, word in enumerate(words):
            name = word.rpartition("/")[2]
            if word in {"-m", "--module"} and index + 1 < len(words):
                yield from self._python(words[index:], bases, depth + 1)
                return
            if word.startswith("-") or word in {"exec", "run"}:
                continue
            is_known = name in self._project.scripts or name in {"make", "bash", "sh"} or self._is_tool(name)
            is_known = is_known or name in _words_about()["requesters"]
            if is_known or _PYTHON.fullmatch(word) or name.endswith((".py", ".sh")):
                yield from self._words(words[index:], bases, depth + 1)
                return

    def _make(self, words: list[str], bases: list[str], depth: int) -> Iterator[Started]:
        """The recipes of the named targets, and of what these depend on."""
        for index, word in enumerate(words):
            if word == "-C" and index + 1 < len(words):
                bases = [f"{base}/{words[index + 1]}" if base else words[index + 1] for base in bases]
        for name in ("Makefile", "makefile", "GNUmakefile"):
            file = self._project.file(name, bases)
            text = self._project.text(file) if file else None
            if file and text:
                recipes = _recipes(text)
                queue = [w for w in words if not w.startswith("-") and not _ASSIGNMENT.fullmatch(w)]
                done: set[str] = set()
                while queue:
                    target = queue.pop(0)
                    if target in recipes and target not in done:
                        done.add(target)
                        needs, recipe = recipes[target]
                        queue += needs
                        yield from self._shell(recipe, [*folders_above(file)[:1], *bases], depth + 1)
                return


def _as_argument(here: re.Match[str]) -> str:
    """A here-document as the argument of `-c`: shells and interpreters run both, who else reads one runs nothing."""
    return f" -c {shlex.quote(here[3])} {here[2]}"


def _arguments(words: Sequence[str]) -> tuple[str, ...]:
    """The words without those that say where input comes from and output goes: `>> log 2>&1`."""
    found: list[str] = []
    is_file = False
    for word in words:
        redirected = _REDIRECTED.match(word)
        if not is_file and not redirected:
            found.append(word)
        is_file = redirected is not None and redirected.end() == len(word) and not word[-1].isdigit()
    return tuple(found)


def _simple_commands(text: str) -> Iterator[list[str]]:
    for part in _split(text):
        try:
            words = shlex.split(part, comments=True)
        except ValueError:
            words = part.split()
        while words and (words[0] in {"!", "if", "while", "(", "{", "-", "@"} or _ASSIGNMENT.fullmatch(words[0])):
            words.pop(0)
        if words:
            words[0] = words[0].lstrip("(@-")
            words[-1] = words[-1] if "(" in words[-1] else words[-1].rstrip(")")
            yield words


def _split(text: str) -> Iterator[str]:
    """The parts between separators that stand outside quotes."""
    part, quote = "", ""
    index = 0
    while index < len(text):
        char = text[index]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "#" and (not part or part[-1].isspace()):
            end = text.find("\n", index)
            index = len(text) if end == -1 else end
            continue
        else:
            match = _SEPARATOR.match(text, index)
            is_word = match is not None and match[0].isalpha() and part and not part[-1].isspace()
            if match and not is_word and not (char == "&" and part.endswith(">")):
                yield part
                part = ""
                index = match.end()
                continue
        part += char
        index += 1
    yield part


def _without_prefixes(words: list[str]) -> list[str]:
    """The words from the real command on: `sudo -u www timeout 60 python x.py` -> `python x.py`."""
    prefixes = _words_about()["prefixes"]
    while words:
        name = words[0].rpartition("/")[2]
        if _ASSIGNMENT.fullmatch(words[0]) and not name.endswith(".py"):
            words = words[1:]
            continue
        if name not in prefixes:
            return words
        skip, index = prefixes[name], 1
        while index < len(words) and (words[index].startswith("-") or skip or _ASSIGNMENT.fullmatch(words[index])):
            if words[index] == "--":
                index += 1
                break
            if words[index].startswith("-"):
                index += 2 if words[index] in _words_about()["valued_options"] else 1
            elif _ASSIGNMENT.fullmatch(words[index]):
                index += 1
            else:
                skip -= 1
                index += 1
        words = words[index:]
    return words


def _recipes(text: str) -> dict[str, tuple[list[str], str]]:
    """Makefile targets: what each needs, and its recipe, with plain variables put in."""
    variables = dict(re.findall(r"^(\w+)[ \t]*[:?]?=[ \t]*(.*?)[ \t]*$", text, re.MULTILINE))
    text = re.sub(r"\$[({](\w+)[)}]", lambda match: variables.get(match[1], match[0]), text)
    found: dict[str, tuple[list[str], str]] = {}
    current: list[str] = []
    for line in text.replace("\\\n", " ").splitlines():
        rule = re.match(r"([\w./ -]+?)\s*::?(?!=)\s*([^#;]*)(?:;(.*))?", line)
        if line.startswith("\t"):
            for name in current:
                needs, recipe = found[name]
                found[name] = needs, f"{recipe}\n{line.strip().lstrip('@-')}"
        elif rule and not line.startswith((" ", ".")):
            current = rule[1].split()
            for name in current:
                found[name] = (rule[2].split(), rule[3] or "")
        elif line.strip() and not line.startswith("#"):
            current = []
    return found


def _calls_in(code: str) -> Iterator[Started]:
    """`python -c "from jobs import nightly; nightly()"`: the imported functions that it calls."""
    try:
        tree = ast.parse(textwrap.dedent(code))
    except (SyntaxError, ValueError):
        return
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            dotted = ast.unparse(node.func)
            first, _, rest = dotted.partition(".")
            if first in names or dotted.rpartition(".")[0] in names:
                yield Started(f"{names[first]}.{rest}".rstrip(".") if first in names else dotted)
