"""The one pipeline: sources, facts, graph, call sites, scores, rewrite plans, findings.

Every front end calls `analyze` (or `run`, to rewrite). Folders given are the program; for files given, the project
that holds them is, so that a call's verdict does not depend on which of its callers were named.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from batchlint import rules, sources
from batchlint.config import Config, is_project_root
from batchlint.entrypoints import manifests
from batchlint.findings import CallSite, FileError, Finding, Latency, Report, Rewrite, Verdict
from batchlint.sources import notebooks, words

if TYPE_CHECKING:
    from batchlint.facts import ModuleFacts
    from batchlint.graph import Graph, GraphSettings

Key = tuple[str, int, int]
_MOST_SQL = 300_000
"""Bytes of an SQL file that may say what tables there are; larger ones hold rows."""


class Program(NamedTuple):
    """One analysed program: the report, and what a rewrite needs to go on from there."""

    report: Report
    graph: Graph | None
    """None where no file has to do with a model call."""
    plans: dict[Key, Any]


def analyze(
    paths: Sequence[Path],
    config: Config,
    *,
    stdin: tuple[Path, str] | None = None,
    beyond: bool = False,
    with_hops: bool = False,
) -> Report:
    """The report over `paths`.

    `stdin` is a file's name and the text to take instead of what is on disk. `beyond` lets a file's program be the
    current folder where nothing marks a project. `with_hops`: also with the calls that only lead to a call site.
    """
    return run(paths, config, stdin=stdin, beyond=beyond, with_hops=with_hops).report


def run(
    paths: Sequence[Path],
    config: Config,
    *,
    stdin: tuple[Path, str] | None = None,
    beyond: bool = False,
    unsafe: bool = False,
    strategy: str = "auto",
    collect: str = "poll",
    to_rewrite: bool = False,
    with_hops: bool = False,
) -> Program:
    """Analyse `paths` and plan the rewrites; see `analyze`. `unsafe`, `strategy`, `collect`: see `codemod.plan`.

    `to_rewrite` reads all tests too, which a rewrite has to leave intact, and also tries to plan the calls that are not
    batchable though nobody is seen to wait, for the reason why not.
    """
    with _uncollected():
        how = {"unsafe": unsafe, "strategy": strategy, "collect": collect}
        return _run(paths, config, stdin=stdin, beyond=beyond, how=how, to_rewrite=to_rewrite, with_hops=with_hops)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Trees and facts live as long as the analysis: looking for garbage among them is a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _run(
    paths: Sequence[Path],
    config: Config,
    *,
    stdin: tuple[Path, str] | None,
    beyond: bool,
    how: dict[str, Any],
    to_rewrite: bool,
    with_hops: bool,
) -> Program:
    root = config.root.resolve()
    texts = {_relative(stdin[0], root): stdin[1]} if stdin else {}
    read = _read(program(paths, config, beyond=beyond), root, config, texts, tests=to_rewrite)
    wanted = _scope(paths, root)
    errors = [error for error in read.errors if wanted(error.path) or error.path not in read.python]
    if not read.modules:
        return Program(Report(str(root), (), (), tuple(sorted(errors)), sum(map(wanted, read.python))), None, {})
    from batchlint import callsites, graph, scoring

    entries, broken = manifests.read_manifests(root, [*read.python, *read.manifests])
    budgets, misplaced = _stated_budgets(read.modules)
    linked = graph.build(read.modules, entries, _settings(config, budgets, read, root), read.tests)
    sites = scoring.score(linked, callsites.find(linked, with_hops=with_hops))
    planned = [site for site in sites if not site.rounds]
    waiting = [site for site in planned if site.verdict is Verdict.BATCHABLE or (to_rewrite and could_wait(site))]
    plans: dict[Key, Any] = {}
    if waiting:
        from batchlint import codemod

        plans.update(codemod.plan(linked, waiting, briefly=not to_rewrite, **how))
    sites = [with_rewrite(site, plans.get((site.path, site.line, site.column))) for site in sites]
    sites = sorted(sites, key=lambda site: (site.path, site.line, site.column))
    findings, covered = _findings(sites, config, {module.path: module.text for module in read.modules})
    report = Report(
        root=str(root),
        call_sites=tuple(site for site in sites if wanted(site.path)),
        findings=tuple(finding for finding in findings if wanted(finding.path)),
        covered=tuple(finding for finding in covered if wanted(finding.path)),
        errors=tuple(sorted({*errors, *broken, *misplaced})),
        files_checked=sum(map(wanted, read.python)),
    )
    return Program(report, linked, plans)


# -- what is read
def program(paths: Sequence[Path], config: Config, *, beyond: bool = False) -> list[Path]:
    """The folders and files whose code is the program to analyse for `paths`."""
    folders = [path for path in paths if path.is_dir()]
    files = [path for path in paths if not path.is_dir()]
    if not files:
        return folders
    if is_project_root(config.root) or (beyond and config.root == Path.cwd()):
        return [config.root]
    return [*folders, *files]


class _Read(NamedTuple):
    modules: list[ModuleFacts]
    tests: dict[str, bytes]
    python: list[str]
    manifests: list[str]
    packages: frozenset[str]
    programs: frozenset[str]
    errors: list[FileError]


def files(paths: Sequence[Path], config: Config) -> list[str]:
    """The Python files that a run over `paths` covers, relative to the root; nothing is read."""
    root = config.root.resolve()
    wanted = _scope(paths, root)
    return sorted(path for path in _walk(program(paths, config), root, config, {}).python if wanted(path))


def _walk(program: Sequence[Path], root: Path, config: Config, texts: dict[str, str]) -> sources.Tree:
    folders = [_relative(path, root) for path in program if path.is_dir()]
    files = [_relative(path, root) for path in program if not path.is_dir()]
    tree = sources.walk(
        str(root),
        ["" if folder == "." else folder for folder in folders],
        dict.fromkeys([*files, *texts]),
        excludes=config.excludes,
        is_manifest=_is_beside,
        force=config.force_exclude,
    )
    if "." not in folders and is_project_root(root):
        # What starts the code may lie beside it: the crontab, the workflows, the Makefile of the project.
        beside = sources.walk(str(root), [""], (), excludes=config.excludes, is_manifest=_is_beside, force=False)
        tree.manifests = list(dict.fromkeys([*tree.manifests, *beside.manifests]))
    return tree


def _read(program: Sequence[Path], root: Path, config: Config, texts: dict[str, str], *, tests: bool) -> _Read:
    """The facts of the program's files that can have to do with a model call, and the names of all its files."""
    tree = _walk(program, root, config, texts)
    wanted = words.load(wrapper.name for wrapper in config.wrappers)
    loaded = sources.load(str(root), tree, wanted, texts, tests=tests)
    errors = [*tree.errors, *loaded.errors]
    modules: list[ModuleFacts] = []
    if loaded.files:
        from batchlint import extraction

        for file in loaded.files:
            try:
                modules.append(extraction.extract(file.path, file.text, file.tree))
            except RecursionError:
                errors.append(FileError(file.path, 1, "nested too deeply"))
    return _Read(modules, loaded.tests, tree.python, tree.manifests, frozenset(tree.packages), loaded.programs, errors)


def _relative(path: Path, root: Path) -> str:
    path = path.absolute()
    path = path.parent.resolve() / path.name
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def _scope(paths: Sequence[Path], root: Path) -> Any:
    """A test for the files (relative to `root`) that `paths` name."""
    folders = [_relative(path, root) for path in paths if path.is_dir()]
    files = {_relative(path, root) for path in paths if not path.is_dir()}
    if "." in folders:
        return lambda path: True
    prefixes = tuple(f"{folder}/" for folder in folders)
    return lambda path: path in files or path.startswith(prefixes)


# -- what comments state
def _stated_budgets(modules: Sequence[ModuleFacts]) -> tuple[list[tuple[str, Latency]], list[FileError]]:
    """Budgets from comments: for a def by its dotted name, for a call as `path:line`."""
    from batchlint import comments

    budgets: list[tuple[str, Latency]] = []
    errors: list[FileError] = []
    for module in modules:
        found, wrong = comments.stated(module.path, module.text)
        errors += wrong
        for comment in found:
            line = _code_line(module, comment.line) if comment.own_line else comment.line
            target = _commented(module, line)
            if target is None:
                message = "the latency comment is on neither a call nor a def"
                errors.append(FileError(module.path, comment.line, message))
            else:
                budgets.append((target, comment.latency))
    return budgets, errors


def _code_line(module: ModuleFacts, line: int) -> int:
    """The first line after `line` that holds code."""
    for number in range(line + 1, len(module.lines) + 1):
        text = module.lines[number - 1].strip()
        if text and not text.startswith("#"):
            return number
    return line


def _commented(module: ModuleFacts, line: int) -> str | None:
    for function in module.functions.values():
        node = function.node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first <= line < max(node.body[0].lineno, node.lineno + 1):
                return f"{module.name}.{function.id.qualname}" if module.name else function.id.qualname
    calls = [call.node for function in module.functions.values() for call in function.calls]
    around = [node for node in calls if node.lineno <= line <= (node.end_lineno or node.lineno)]
    if not around:
        return None
    # The comment may stand on any line of a call that spans several: the call's first line names it.
    closest = max(around, key=lambda node: node.lineno)
    return f"{module.path}:{closest.lineno}"


# -- what is reported
def could_wait(site: CallSite) -> bool:
    """Whether nothing in production is known to wait for the answer, although the call is not batchable."""
    # Whoever sits at the program and has it rewritten wants to know why that stays.
    is_asked = any(context.kind == "interactive" for context in site.contexts)
    is_other = site.verdict is not Verdict.BATCHABLE and (site.latency is not Latency.REALTIME or is_asked)
    return is_other and not any(factor.name == "test" for factor in site.factors)


def with_rewrite(site: CallSite, plan: Any) -> CallSite:
    """The site with its plan, or with the refusal's name; nothing is promised for what is not batchable."""
    if plan is None:
        return site
    from batchlint import codemod

    if isinstance(plan, codemod.Refusal):
        return site._replace(rewrite=Rewrite(False, reason=plan.name, detail=plan.detail))
    if site.verdict is not Verdict.BATCHABLE:
        return site
    notes = tuple(plan.notes)
    return site._replace(rewrite=Rewrite(True, strategy=plan.strategy, detail="; ".join(notes) or None, notes=notes))


def _findings(sites: Sequence[CallSite], config: Config, texts: dict[str, str]) -> tuple[list[Finding], list[Finding]]:
    """One finding per decision, and those of the calls that a finding stands for.

    A stated budget decides for what lies below it; a `# noqa` on any call of a decision silences it.
    """
    from batchlint import comments
    from batchlint.decisions import decisions

    shown = [site for site in sites if not site.rounds]
    stated = [site for site in shown if any(f.reason.startswith("its stated budget") for f in site.factors)]
    # What a lambda in the call asks stands on the line of the call itself.
    below = ((step, site) for site in stated for step in site.via)
    decided = {(step.path, step.line) for step, site in below if (step.path, step.line) != (site.path, site.line)}
    reported: dict[Key, Finding] = {}
    for site in shown:
        code = _code(site)
        is_decided = (site.path, site.line) in decided
        if code is None or is_decided or not rules.selected(code, config.select, config.ignore):
            continue
        if site.verdict is Verdict.BATCHABLE and site.score < config.min_score:
            continue
        reported[_key(site)] = Finding(site.path, site.line, site.column, code, message(code, site), site)
    quiet: dict[str, comments.Silenced] = {}

    def silenced(site: CallSite) -> bool:
        if site.path not in quiet:
            quiet[site.path] = comments.silenced(texts.get(site.path, ""))
        return quiet[site.path].covers(reported[_key(site)].code, *range(site.line, site.end_line + 1))

    findings: list[Finding] = []
    covered: dict[Key, Finding] = {}
    for verdict in (Verdict.BATCHABLE, Verdict.UNCLEAR):
        for decision in decisions([f.site for f in reported.values() if f.site.verdict is verdict]):
            if config.noqa and any(silenced(site) for site in (decision.site, *decision.others)):
                continue
            findings.append(reported[_key(decision.site)])
            covered.update({_key(site): reported[_key(site)] for site in decision.others})
    return sorted(findings), sorted(covered.values())


def _key(site: CallSite) -> Key:
    return site.path, site.line, site.column


def _code(site: CallSite) -> str | None:
    if site.verdict is Verdict.UNCLEAR:
        return "RTB199"
    if site.verdict is Verdict.REALTIME:
        return None
    if site.rule in rules.RULES:
        return site.rule
    return next((code for context in site.contexts if (code := rules.code_for(context.kind))), "RTB104")


def message(code: str, site: CallSite) -> str:
    """The finding in one sentence, without places."""
    summary = rules.RULES[code].summary
    if site.verdict is Verdict.UNCLEAR:
        return f"{summary}: {site.question}" if site.question else summary
    starts = next((context.chain[0].what for context in site.contexts if context.chain), "")
    started = f", started by {_short(starts.splitlines()[0])}" if starts else ""
    return f"{summary}: `{_short(site.call)}` in `{site.function}`{started}"


def _short(call: str) -> str:
    call = " ".join(call.split())
    return call if len(call) <= 60 else f"{call[:59]}…"


def _settings(config: Config, stated: Sequence[tuple[str, Latency]], read: _Read, root: Path) -> GraphSettings:
    from batchlint import graph

    return graph.GraphSettings(
        wrappers=tuple((wrapper.name, wrapper.provider) for wrapper in config.wrappers),
        entry_points=tuple((entry.name, entry.kind, entry.latency) for entry in config.entry_points),
        latencies=(*stated, *((budget.target, budget.latency) for budget in config.latency)),
        packages=read.packages,
        programs=read.programs,
        schemas=lambda: _schemas(root, read.manifests),
        notebooks=lambda: _notebooks(root, read.manifests),
    )


def _is_beside(path: str) -> bool:
    """Whether the file says what starts the code, or what the tables of its database are."""
    return path.endswith(".sql") or notebooks.is_notebook(path) or manifests.is_manifest(path)


def _notebooks(root: Path, names: Sequence[str]) -> dict[str, list[notebooks.Cell]]:
    """The cells of the notebooks, by their path."""
    found = {name: root / name for name in names if notebooks.is_notebook(name)}
    small = {n: path for n, path in found.items() if path.is_file() and path.stat().st_size <= notebooks.MAX_BYTES}
    return {
        name: list(notebooks.cells(path.read_text(encoding="utf-8-sig", errors="replace")))
        for name, path in small.items()
    }


def _schemas(root: Path, names: Sequence[str]) -> list[str]:
    """The texts of the SQL files, but for dumps."""
    found = [root / name for name in names if name.endswith(".sql")]
    small = [path for path in found if path.is_file() and path.stat().st_size <= _MOST_SQL]
    return [path.read_text(encoding="utf-8", errors="replace") for path in small]
