"""Modules that are loaded from their files."""

import pytest

from .verdicts import cases, marked, verdict

LOADING = """
    import importlib.util
    import os
    from pathlib import Path

    HERE = Path(__file__).parent

    def load(path):
        spec = importlib.util.spec_from_file_location("loaded", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def main():
        {body}

    if __name__ == "__main__":
        main()
    """
SCRIPT = """
    from llm import ask

    def job():
        for line in open("lines.txt"):
            print(ask(line))  # !
    """
LOADED = {
    "by_its_name": """
        load(os.path.join(os.path.dirname(__file__), "jobs", "2.label.py")).job()""",
    "by_a_constant": """
        load(str(HERE / "jobs" / "2.label.py")).job()""",
    "each_of_a_folder": """
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "jobs")
        names = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
        for name in names:
            module = load(os.path.join(folder, name))
            if hasattr(module, "job"):
                module.job()""",
    "by_a_pattern": """
        for path in HERE.glob("jobs/*.py"):
            load(path).job()""",
}
OTHERS = {
    "another_file": """
        load(os.path.join(os.path.dirname(__file__), "jobs", "1.read.py")).job()""",
    "another_folder": """
        for path in HERE.glob("tasks/*.py"):
            load(path).job()""",
    "another_function": """
        load(str(HERE / "jobs" / "2.label.py")).check()""",
}
READ = """
    def job():
        print(open("lines.txt").read())
    """


def program(body: str) -> dict[str, str]:
    files = {"jobs/1.read.py": READ, "jobs/2.label.py": SCRIPT, "tasks/read.py": READ}
    return {**files, "app.py": LOADING.replace("{body}", body.strip())}


@pytest.mark.parametrize("body", cases(LOADED))
def test_the_loaded_module_s_function_is_called(body: str) -> None:
    assert verdict(program(body)) == "batchable"
    site = marked(program(body))
    assert site is not None and {context.chain[0].path for context in site.contexts} == {"app.py"}


@pytest.mark.parametrize("body", cases(OTHERS))
def test_what_is_loaded_from_elsewhere_says_nothing_of_it(body: str) -> None:
    assert verdict(program(body)) == "unclear"


CHOSEN = """
    import importlib
    import sys

    def main(name):
        package = f"jobs.{name}"
        importlib.import_module({named}).job()

    if __name__ == "__main__":
        main(sys.argv[1])
    """


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ('f"{package}.label"', "batchable"),
        ('f"jobs.{name}.label"', "batchable"),
        ('f"jobs.{name}.read"', "unclear"),
        ('f"tasks.{name}.label"', "unclear"),
        ('f"{name}.label"', "unclear"),
    ],
)
def test_a_module_of_a_package_of_which_a_name_is_given_is_one_of_several(named: str, expected: str) -> None:
    jobs = {f"jobs/{name}/read.py": READ for name in ("first", "second")}
    jobs |= {f"jobs/{name}/__init__.py": "" for name in ("first", "second")}
    files = {**jobs, "jobs/__init__.py": "", "jobs/second/label.py": SCRIPT, "app.py": CHOSEN.replace("{named}", named)}
    assert verdict(files) == expected


PLUGINS = """
    import importlib
    import pkgutil
    {imported}

    def found(package):
        modules = {}
        for info in pkgutil.iter_modules({at}.__path__):
            modules[info.name] = importlib.import_module({named})
        return modules
    """
STARTING = """
    import tasks
    from {finder} import found

    if __name__ == "__main__":
        for module in found(tasks).values():
            module.job()
    """


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ('f"{__name__}.{info.name}"', "batchable"),
        ('__package__ + "." + info.name', "batchable"),
        ('"." + info.name, __name__', "batchable"),
        ('f".{info.name}", package="tasks"', "batchable"),
        ('f"tasks.{info.name}"', "batchable"),
        ('f".{info.name}", package="others"', "unclear"),
        ('f".{info.name}", package=package', "unclear"),
        ('f"{package}.{info.name}"', "unclear"),
        ('f"others.{info.name}"', "unclear"),
    ],
)
def test_a_package_runs_the_modules_that_stand_in_it(named: str, expected: str) -> None:
    init = PLUGINS.replace("{imported}", "").replace("{at}.__path__", "__path__").replace("{named}", named)
    files = {"tasks/__init__.py": init, "tasks/label.py": SCRIPT, "others/__init__.py": "", "others/read.py": READ}
    assert verdict({**files, "app.py": STARTING.replace("{finder}", "tasks")}) == expected


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ('f"{tasks.__name__}.{info.name}"', "batchable"),
        ('f"{others.__name__}.{info.name}"', "unclear"),
        ('f"{__name__}.{info.name}"', "unclear"),
    ],
)
def test_a_file_runs_the_modules_of_a_package(named: str, expected: str) -> None:
    finder = PLUGINS.replace("{imported}", "import others, tasks").replace("{at}", "tasks").replace("{named}", named)
    files = {"tasks/__init__.py": "", "tasks/label.py": SCRIPT, "others/__init__.py": "", "others/read.py": READ}
    assert verdict({**files, "finder.py": finder, "app.py": STARTING.replace("{finder}", "finder")}) == expected
