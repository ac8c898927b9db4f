"""The `batchlint` command. Only what a command needs is imported, when it runs.

Exit codes: 0 clean, 1 findings (`fix --diff`: would change), 2 usage, configuration or internal error; errors that
the user can mend are one line on stderr.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from batchlint import __version__, rules
from batchlint.config import Config, ConfigError, load, nearest

if TYPE_CHECKING:
    from batchlint.findings import Report
    from batchlint.reporters.view import View

BASELINE = ".batchlint-baseline.json"
F = TypeVar("F", bound=Callable[..., Any])


def main() -> NoReturn:
    """Run the command line and exit."""
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        click.echo(f"batchlint: error: {' '.join(error.format_message().split())}", err=True)
        code = 2
    except (click.Abort, KeyboardInterrupt):
        code = 2
    except ConfigError as error:
        click.echo(f"batchlint: error: {error}", err=True)
        code = 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 2
    except Exception:
        import traceback

        traceback.print_exc()
        click.echo("batchlint: error: internal error, see above", err=True)
        code = 2
    gc.freeze()  # so that the interpreter does not look for garbage when it ends
    sys.exit(code if isinstance(code, int) else 0)


# -- options that several commands share
def _codes(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    codes = tuple(code.strip().upper() for value in values for code in value.split(",") if code.strip())
    for code in codes:
        if rules.unknown_selector(code):
            raise click.BadParameter(f"unknown rule {code!r}{nearest(code, tuple(rules.RULES))}")
    return codes


def _format_names() -> list[str]:
    from batchlint.reporters import FORMATS

    return list(FORMATS)


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


paths_argument = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
config_options = _options(
    click.option("--config", "config_file", metavar="FILE", type=click.Path(path_type=Path), help="Read this file."),
    click.option("--isolated", is_flag=True, help="Read no configuration file."),
    click.option("--extend-exclude", metavar="GLOB", multiple=True, help="Leave out these files too."),
    click.option("--force-exclude", is_flag=True, help="Leave out excluded files even where they are named."),
)
rule_options = _options(
    click.option("--select", metavar="CODES", multiple=True, callback=_codes, help="Report these rules only."),
    click.option("--extend-select", metavar="CODES", multiple=True, callback=_codes, help="Report these rules too."),
    click.option("--ignore", metavar="CODES", multiple=True, callback=_codes, help="Do not report these rules."),
    click.option("--min-score", metavar="N", type=click.IntRange(0, 100), help="Report scores from N to 100."),
)
color_option = click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours in the terminal format."
)
exit_zero_option = click.option("-e", "--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")


def _settings(paths: Sequence[Path], options: dict[str, Any]) -> Config:
    config = load(paths, config=options["config_file"], isolated=options["isolated"])
    return config.override(
        select=options.get("select") or (),
        ignore=options.get("ignore") or (),
        extend_select=options.get("extend_select") or (),
        exclude=options["extend_exclude"],
        min_score=options.get("min_score"),
        force_exclude=options["force_exclude"],
    )


def _existing(paths: Sequence[Path]) -> list[Path]:
    for path in paths:
        if not path.exists():
            raise click.UsageError(f"{path}: no such file or folder")
    return list(paths) or [Path()]


# -- commands
@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="batchlint", message="%(prog)s %(version)s")
def cli() -> None:
    """Find realtime calls to hosted models that nobody waits for, and rewrite them to the batch API."""


@cli.command()
@paths_argument
@click.option("--output-format", type=click.Choice(_format_names()), default="rich", show_default=True)
@click.option("-o", "--output-file", metavar="FILE", type=click.Path(path_type=Path), help="Write the report there.")
@rule_options
@click.option("--all-calls", is_flag=True, help="Show every model call with its verdict.")
@click.option("--statistics", is_flag=True, help="Count findings per rule.")
@exit_zero_option
@click.option("--baseline", metavar="FILE", type=click.Path(path_type=Path), help="Hide the findings it knows.")
@click.option("--stdin-filename", metavar="FILE", type=click.Path(path_type=Path), help="Read this file from stdin.")
@click.option("--add-noqa", is_flag=True, help="Silence each finding with a comment on its line.")
@click.option("--show-files", is_flag=True, help="List the files that would be checked, and stop.")
@click.option("--show-settings", is_flag=True, help="Show the settings in effect, and stop.")
@click.option("-q", "--quiet", is_flag=True, help="Findings only, without the closing line.")
@click.option("-v", "--verbose", is_flag=True, help="Say on stderr what was read, and how long it took.")
@config_options
@color_option
def check(paths: tuple[Path, ...], **options: Any) -> int:
    """Report realtime model calls that could wait. PATHS default to the current folder."""
    stdin = _stdin(paths, options["stdin_filename"])
    chosen = [stdin[0]] if stdin else _existing(paths)
    config = _settings(chosen, options)
    if options["show_settings"]:
        return _show_settings(config)
    known = _known(options["baseline"])
    from batchlint import engine

    if options["show_files"]:
        show = path_shower(config.root)
        click.echo("".join(f"{show(path)}\n" for path in engine.files(chosen, config)), nl=False)
        return 0
    started = time.perf_counter()
    report = engine.analyze(chosen, config, stdin=stdin, with_hops=options["all_calls"])
    if options["verbose"]:
        source = config.source or "no configuration file"
        click.echo(
            f"{report.files_checked} files below {report.root}, {len(report.call_sites)} call sites, "
            f"{time.perf_counter() - started:.2f} s; settings from {source}",
            err=True,
        )
    if options["add_noqa"]:
        return _add_noqa(report, chosen if stdin is None else [])
    view = _view(report, options, known=known, stdin=stdin)
    _emit(options["output_format"], view, options["output_file"])
    return 1 if view.report.findings and not options["exit_zero"] else 0


def _show_settings(config: Config) -> int:
    from batchlint.config import as_text

    click.echo(as_text(config), nl=False)
    return 0


def _add_noqa(report: Report, paths: Sequence[Path]) -> int:
    from batchlint import noqa

    if not paths:
        raise click.UsageError("--add-noqa changes files: it does not go with --stdin-filename")
    try:
        count = noqa.add(Path(report.root), report.findings)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: cannot be written: {error.strerror}") from None
    click.echo(f"Silenced {count} finding{'' if count == 1 else 's'}.")
    return 0


def _stdin(paths: Sequence[Path], name: Path | None) -> tuple[Path, str] | None:
    if (paths == (Path("-"),)) != (name is not None):
        raise click.UsageError("reading from stdin takes both: `--stdin-filename FILE -`")
    if name is None:
        return None
    import tokenize
    from io import BytesIO

    data = sys.stdin.buffer.read()
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
        return name, data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{name}:1: cannot be decoded: {error}") from None


def _known(baseline: Path | None) -> set[str] | None:
    if baseline is None:
        return None
    from batchlint.fingerprints import BaselineError, read_baseline

    try:
        return read_baseline(baseline)
    except BaselineError as error:
        raise click.ClickException(str(error)) from None


def _view(
    report: Report, options: dict[str, Any], *, known: set[str] | None = None, stdin: tuple[Path, str] | None = None
) -> View:
    """The report as the user sees it: known findings hidden, paths relative to the current folder."""
    from batchlint.fingerprints import fingerprints
    from batchlint.reporters.view import View, file_lines, relocate

    pairs = list(zip(report.findings, fingerprints(report.findings), strict=True))
    shown = [(finding, mark) for finding, mark in pairs if known is None or mark not in known]
    marks = tuple(mark for _, mark in shown)
    report = report._replace(findings=tuple(finding for finding, _ in shown))
    to_stdout = options.get("output_file") is None
    return View(
        relocate(report, path_shower(Path(report.root))),
        line=file_lines(Path.cwd(), {_posix(stdin[0]): stdin[1]} if stdin else {}),
        all_calls=options.get("all_calls", False),
        statistics=options.get("statistics", False),
        hidden=len(pairs) - len(shown),
        quiet=options.get("quiet", False),
        color=_color(options["color"]) and to_stdout,
        width=_width() if options.get("output_format", "rich") == "rich" else 0,
        marks=marks,
    )


def _width() -> int:
    """Columns that the terminal format may fill."""
    if not ("COLUMNS" in os.environ or sys.stdout.isatty()):
        return 110
    import shutil

    return min(shutil.get_terminal_size((110, 24)).columns, 130)


def _posix(path: Path) -> str:
    return Path(os.path.relpath(path)).as_posix()


def path_shower(root: Path) -> Callable[[str], str]:
    """Turns a path relative to `root` into one relative to the current folder."""
    prefix = Path(os.path.relpath(root.resolve(), Path.cwd().resolve())).as_posix()
    if prefix == ".":
        return lambda path: path
    return lambda path: os.path.normpath(f"{prefix}/{path}").replace(os.sep, "/")


def _color(choice: str) -> bool:
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _emit(name: str, view: View, file: Path | None) -> None:
    from batchlint.reporters import render
    from batchlint.reporters.view import closing

    text = render(name, view)
    if file is None:
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{file}: cannot be written: {error.strerror}") from None
    click.echo(closing(view), err=True)


@cli.command()
@paths_argument
@click.option("--diff", is_flag=True, help="Show what would change, and change nothing.")
@rule_options
@click.option(
    "--strategy",
    type=click.Choice(["auto", "batch", "accumulate", "flex"]),
    default="auto",
    show_default=True,
    help="What to use; `accumulate` also collects the single events of a queue task until they are worth a batch.",
)
@click.option(
    "--collect",
    type=click.Choice(["poll", "webhook"]),
    default="poll",
    show_default=True,
    help="Who notices that a batch has ended: the job, or a handler of the provider's events.",
)
@click.option("--unsafe-fixes", is_flag=True, help="Also rewrite what cannot be shown to behave the same.")
@click.option("--allow-dirty", is_flag=True, help="Change files in a tree with uncommitted changes.")
@click.option("--allow-no-vcs", is_flag=True, help="Change files outside a git repository.")
@exit_zero_option
@config_options
@color_option
def fix(paths: tuple[Path, ...], **options: Any) -> int:
    """Rewrite findings to the batch API. PATHS default to the current folder."""
    from batchlint import rewriting

    chosen = _existing(paths)
    config = _settings(chosen, options)
    show = path_shower(config.root)
    try:
        if not options["diff"]:
            rewriting.check_vcs(chosen, allow_dirty=options["allow_dirty"], allow_no_vcs=options["allow_no_vcs"])
        outcome = rewriting.rewrite(
            chosen,
            config,
            unsafe=options["unsafe_fixes"],
            strategy=options["strategy"],
            collect=options["collect"],
        )
    except rewriting.TreeError as error:
        raise click.ClickException(str(error)) from None
    if options["diff"]:
        sys.stdout.write(rewriting.diff(outcome, show, color=_color(options["color"])))
        click.echo(rewriting.summary(outcome, show, would=True), err=True)
        return 1 if outcome.edits and not options["exit_zero"] else 0
    try:
        rewriting.apply(outcome, allow_untracked=options["allow_dirty"] or options["allow_no_vcs"])
    except rewriting.TreeError as error:
        raise click.ClickException(str(error)) from None
    click.echo(rewriting.summary(outcome, show, would=False))
    return 1 if outcome.refused and not options["exit_zero"] else 0


@cli.command()
@click.argument("what", metavar="CODE|PATH:LINE")
@config_options
@color_option
def explain(what: str, **options: Any) -> int:
    """Explain a rule, or one call: its factors, chains, and the rewrite planned."""
    if what.upper() in rules.RULES:
        click.echo(rules.RULES[what.upper()].page(), nl=False)
        return 0
    name, _, number = what.rpartition(":")
    if not name or not number.isdigit():
        hint = nearest(what.upper(), tuple(rules.RULES))
        raise click.UsageError(f"{what!r} is neither a rule nor PATH:LINE{hint}")
    path = Path(name)
    if not path.is_file():
        raise click.UsageError(f"{path}: no such file")
    from batchlint import engine
    from batchlint.reporters import explain as pages

    config = _settings([path], options)
    # The whole program's report: the call site that a line leads to may stand in another file.
    everything = dict.fromkeys([*engine.program([path], config, beyond=True), path])
    view = _view(engine.analyze(list(everything), config, beyond=True, with_hops=True), options)
    shown, line = _posix(path), int(number)
    sites = view.report.call_sites
    found = [s for s in sites if s.path == shown and s.line <= line <= s.end_line]
    found = found or [s for s in sites if any((step.path, step.line) == (shown, line) for step in s.via)]
    if not found:
        nearby = sorted({s.line for s in sites if s.path == shown})
        where = f"; this file has some at {', '.join(map(str, nearby))}" if nearby else " in this file"
        errors = "".join(f"; {e.path}:{e.line}: {e.message}" for e in view.report.errors if e.path == shown)
        raise click.UsageError(f"no model call at {shown}:{line}{where}{errors}")
    click.echo("\n".join(pages.render(view, site) for site in found), nl=False)
    return 0


@cli.command()
@click.argument("code", required=False)
def rule(code: str | None) -> int:
    """Show one rule, or list them all."""
    if code is None:
        for item in rules.RULES.values():
            asked = "  (only when selected)" if item.on_request else ""
            click.echo(f"{item.code}  {item.summary}{asked}")
        return 0
    if code.upper() not in rules.RULES:
        raise click.UsageError(f"unknown rule {code!r}{nearest(code.upper(), tuple(rules.RULES))}")
    click.echo(rules.RULES[code.upper()].page(), nl=False)
    return 0


@cli.command("config")
@paths_argument
@config_options
def config_command(paths: tuple[Path, ...], **options: Any) -> int:
    """Show the settings in effect for PATHS, and where they come from."""
    return _show_settings(_settings(_existing(paths), options))


@cli.command()
@paths_argument
@click.option(
    "-o", "--output-file", metavar="FILE", type=click.Path(path_type=Path), default=Path(BASELINE), show_default=True
)
@rule_options
@config_options
def baseline(paths: tuple[Path, ...], **options: Any) -> int:
    """Write the findings of today to a file that `check --baseline` hides."""
    from batchlint import engine
    from batchlint.fingerprints import write_baseline

    chosen = _existing(paths)
    report = engine.analyze(chosen, _settings(chosen, options))
    try:
        write_baseline(options["output_file"], report.findings, report.covered)
    except OSError as error:
        raise click.ClickException(f"{options['output_file']}: cannot be written: {error.strerror}") from None
    count = len(report.findings)
    click.echo(f"Wrote {count} known finding{'' if count == 1 else 's'} to {options['output_file']}.")
    return 0


@cli.command()
@paths_argument
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@config_options
def metrics(paths: tuple[Path, ...], **options: Any) -> int:
    """Count realtime calls without a realtime latency requirement, per verdict, rule and kind of entry point."""
    from batchlint import engine
    from batchlint import metrics as counting

    chosen = _existing(paths)
    numbers = counting.measure(engine.analyze(chosen, _settings(chosen, options)))
    click.echo(counting.as_json(numbers) if options["output_format"] == "json" else counting.as_text(numbers), nl=False)
    return 0


@cli.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--provider", "providers", metavar="NAME", multiple=True, help="Serve this provider; may be repeated.")
@click.option("--update", is_flag=True, help="Write FILE anew, with the parts that it has; else print the text.")
def runtime(file: Path | None, providers: tuple[str, ...], update: bool) -> int:
    """Print the helper that rewritten code imports, or write FILE (a `llm_batch.py`) anew."""
    from batchlint import runtime as helper

    if update and file is None:
        raise click.UsageError("--update needs the file to write")
    try:
        if file is None:
            text = helper.render(providers)
        else:
            served, names = helper.served(file.read_text(encoding="utf-8"))
            providers = tuple(dict.fromkeys([*served, *providers]))
            text = helper.render(providers, names)
        if update and file is not None:
            file.write_text(text, encoding="utf-8")
            click.echo(f"Wrote {file} for {', '.join(providers)}.")
        else:
            click.echo(text, nl=False)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    except SyntaxError as error:
        raise click.ClickException(f"{file}:{error.lineno}: {error.msg}") from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return 0
