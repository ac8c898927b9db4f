"""A command for one file or for all of a folder: what both share is told of where it goes through all."""

import pytest

from .verdicts import verdict

FOLDER = """
    import argparse
    import os.path
    from pathlib import Path
    from llm import ask

    def convert(path):
        return summary(path.read_text())<helper>

    def summary(text):
        return ask(text + "in short")<inner>

    def main():
        parser = argparse.ArgumentParser()
        parser.add_argument("path")
        parser.add_argument("--rules", default="rules.txt")
        args = parser.parse_args()
        path, rules = Path(args.path), Path(args.rules)
        if {test}:
            for each in path.glob("*.txt"):
                print(convert(each))<loop>
        else:
            print(convert({given}))<one>

    if __name__ == "__main__":
        main()
    """


def program(source: str, mark: str) -> str:
    for each in ("helper", "inner", "loop", "one"):
        source = source.replace(f"<{each}>", "  # !" if each == mark else "")
    return source


@pytest.mark.parametrize("test", ["path.is_dir()", "os.path.isdir(path)", "not path.is_file()"])
@pytest.mark.parametrize(
    ("mark", "expected"), [("helper", "realtime"), ("inner", "realtime"), ("loop", "batchable"), ("one", "realtime")]
)
def test_who_gives_one_file_instead_of_a_folder_waits_for_it(test: str, mark: str, expected: str) -> None:
    assert verdict(program(FOLDER.format(test=test, given="path"), mark)) == expected


@pytest.mark.parametrize(
    ("test", "given"), [("path.is_dir()", "rules"), ("path.exists()", "path"), ("rules.is_dir()", "path")]
)
def test_another_file_or_test_names_no_one_file(test: str, given: str) -> None:
    assert verdict(program(FOLDER.format(test=test, given=given), "inner")) == "batchable"


COUNT = """
    import argparse
    from concurrent.futures import ThreadPoolExecutor
    from llm import ask

    def convert(path):
        return summary(open(path).read())<helper>

    def summary(text):
        return ask(text + "in short")<inner>

    def convert_all(paths):
        with ThreadPoolExecutor() as pool:
            return list(pool.map(convert, paths))<loop>

    def main():
        parser = argparse.ArgumentParser()
        parser.add_argument("paths", nargs="+")
        paths = parser.parse_args().paths
        if {test}:
            path = {given}
            print(convert(path))<one>
            return
        print(convert_all(paths))

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(("mark", "expected"), [("helper", "realtime"), ("inner", "realtime"), ("loop", "batchable")])
def test_who_gives_one_file_of_any_number_waits_for_it(mark: str, expected: str) -> None:
    assert verdict(program(COUNT.format(test="len(paths) == 1", given="paths[0]"), mark)) == expected


@pytest.mark.parametrize(
    ("test", "given"), [("len(paths) == 2", "paths[0]"), ("len(paths) == 1", "'rules.txt'"), ("paths", "paths[0]")]
)
def test_one_of_several_or_another_is_not_the_one(test: str, given: str) -> None:
    assert verdict(program(COUNT.format(test=test, given=given), "inner")) == "batchable"
