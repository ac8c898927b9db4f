"""Which files and functions a command line starts."""

import pytest

from batchlint.entrypoints.manifests.commands import Commands
from batchlint.entrypoints.manifests.targets import ANY_WORD, ManifestTarget, Project
from batchlint.findings import Step

FILES = {
    "job.py": "",
    "manage.py": "",
    "src/shop/__init__.py": "",
    "src/shop/__main__.py": "",
    "src/shop/nightly.py": "",
    "shop/app/management/commands/embed.py": "",
    "shop/app/scripts/label.py": "",
    "tools/run.sh": '#!/bin/sh\nset -e\ncd "$(dirname "$0")"\npython ../job.py --all  # python other.py\n',
    "tools/control.sh": "bash tools/control.sh stop\nbash tools/again.sh\n" * 8 + "python job.py\n",
    "tools/again.sh": "bash tools/control.sh a\n" * 8,
    "Makefile": "PY = python\n\nall: nightly\n\nnightly: deps\n\t@$(PY) job.py\n\ndeps:\n\tpip install -r x\n",
    "deploy/readme.txt": "",
}


@pytest.fixture
def started(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    commands = Commands(Project(tmp_path, list(FILES), {"shop-nightly": "shop.nightly:main"}))

    def run(command, folder=None):
        return [each.target for each in commands.started(command, "deploy/crontab", folder)]

    return run


@pytest.mark.parametrize(
    "command",
    [
        "python job.py",
        "/usr/bin/python3.11 -u -W ignore job.py --all > /dev/null 2>&1",
        "cd /srv/app && .venv/bin/python job.py",
        "/srv/app/.venv/bin/python /srv/app/job.py >> /var/log/x.log",
        "MODEL=x sudo -u www-data env A=1 timeout -k 5 60 nice -n 10 python job.py",
        "flock -n /tmp/x.lock python job.py",
        "./job.py",
        "bash -lc 'source env/bin/activate; python job.py'",
        "uv run --with httpx python job.py",
        "uv run job.py",
        "poetry run python job.py",
        "docker compose run --rm worker python job.py",
        "docker exec shop_web_1 python job.py",
        "kubectl exec deploy/web -- python job.py",
        "bash tools/run.sh",
        "bash tools/control.sh run",
        "make nightly",
        "make all ENV=prod",
        "python -m coverage run job.py",
        "if true; then python job.py; fi",
        "python $HOME/app/job.py",
        "echo start | tee log; (python job.py) &",
        'SCRIPT="job.py"; python "$SCRIPT"',
        "if [ -f job.py ]; then SCRIPT=job.py; elif [ -f main.py ]; then SCRIPT=main.py; fi; python ${SCRIPT}",
        "RUN='uv run python job.py'\n$RUN --all",
        'for name in job.py other.py; do python "$name"; done',
    ],
)
def test_wrappers_are_looked_through(started, command):
    assert started(command) == ["job.py"]


def test_modules_scripts_and_management_commands(started):
    assert started("python -m shop.nightly") == ["src/shop/nightly.py"]
    assert started("python -m shop") == ["src/shop/__main__.py"]
    assert started("shop-nightly --all") == ["shop.nightly:main"]
    assert started("uv run shop-nightly") == ["shop.nightly:main"]
    assert started("python manage.py embed --all") == ["shop.app.management.commands.embed.Command.handle"]
    assert started("python manage.py runscript -v2 label --script-args 7") == ["shop.app.scripts.label.run"]
    assert started("python manage.py runscript") == []
    assert started("python -c 'from shop.nightly import main; main()'") == ["shop.nightly.main"]


@pytest.mark.parametrize("front", ["python", "python - ", "uv run python -"])
def test_a_here_document_is_run_by_the_interpreter_that_reads_it(started, front):
    code = "<<'PY' | tee log\nfrom shop.nightly import main\nfor day in ('mon', 'tue'):\n    main(day)\nPY\n"
    assert started(front + code) == ["shop.nightly.main"]
    assert started("bash <<EOF\ncd /srv\npython job.py\nEOF\n") == ["job.py"]
    assert started("uvicorn shop.web:app --port 80") == ["shop.web:app"]


def test_the_working_directory_counts(started):
    assert started("python nightly.py", "src/shop") == ["src/shop/nightly.py"]
    assert started("cd src/shop && python nightly.py") == ["src/shop/nightly.py"]


@pytest.mark.parametrize(
    "command",
    [
        "echo python job.py",
        "# python job.py",
        "python missing.py",
        "python -m http.server",
        "python /opt/other/tool.py",
        "pip install job.py-tools",
        "cp job.py /tmp",
        "make unknown",
        "cat <<EOF\npython job.py\nEOF",
        "python -c 'print(1)'",
        "",
        "unclosed 'quote python job.py",
        'SCRIPT="job.py"; cat "$SCRIPT"; python "$1"',
        'SCRIPT="$(pwd)/job.py-backup"; python "$SCRIPT"',
        "OTHER=job.py; python $SCRIPT",
    ],
)
def test_what_starts_nothing_of_the_project(started, command):
    assert started(command) == []


def test_the_first_argument_is_kept_where_it_can_name_a_subcommand(tmp_path):
    (tmp_path / "cli.py").write_text("")
    commands = Commands(Project(tmp_path, ["cli.py"], {"shop": "cli:main"}))

    def words(*lines):
        found = (each for line in lines for each in commands.started(line, "crontab"))
        step = Step("crontab", 1, "")
        return [ManifestTarget(each.target, "schedule", None, step, given=each.given).word for each in found]

    lines = ["python cli.py digest --day 3", "python -m cli digest", "shop digest", "python cli.py --all", "shop"]
    assert words(*lines) == ["digest", "digest", "digest", "", ""]
    held = ['python cli.py "$TASK"', "shop ${TASK}", "shop $1", "shop ${inputs_task}", "shop $TASK.txt"]
    assert words(*held) == [ANY_WORD, ANY_WORD, ANY_WORD, "", ""]


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("python cli.py --day 3 --all", ("--day", "3", "--all")),
        ("cd /srv && uv run python -m cli --day 3 | tee log", ("--day", "3")),
        ("shop", ()),
        ("xargs python cli.py < files", ("$@",)),
        ("python -m accelerate.commands.launch --mixed_precision=no cli.py --day 3", ("3", "$@")),
        ("python cli.py --day 3 >> log 2>&1", ("--day", "3")),
        ("python cli.py 2>log <texts --all", ("--all",)),
        ("python -c 'import cli; cli.main()'", None),
    ],
)
def test_the_arguments_are_kept(tmp_path, line, given):
    (tmp_path / "cli.py").write_text("")
    commands = Commands(Project(tmp_path, ["cli.py"], {"shop": "cli:main"}))
    assert [each.given for each in commands.started(line, "crontab")] == [given]
