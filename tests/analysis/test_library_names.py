"""Packages of a project that have a library's name: what they do not have, is imported from the library."""

import pytest

from .verdicts import verdict

PACKAGE = """
    from llm import ask

    class Labels:
        def run_sync(self, text):
            return ask(text)
    """
WRITER = """
    import sys
    from agents import Agent, Runner

    def main():
        agent = Agent(name="writer", instructions="Write it again.")
        for line in open(sys.argv[1]):
            print(Runner.run_sync(agent, line), file=open(sys.argv[2], "a"))  # !

    if __name__ == "__main__":
        main()
    """
OWN = """
    import sys
    from agents import {imported}

    def main():
        for line in open(sys.argv[1]):
            print({imported}().run_sync(line), file=open(sys.argv[2], "a"))  # !

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize("package", [PACKAGE, "", "from . import writer"])
@pytest.mark.parametrize("folder", ["src/agents", "agents"])
def test_what_the_package_does_not_have_is_the_library_s(folder: str, package: str) -> None:
    program = {f"{folder}/__init__.py": package, f"{folder}/writer.py": WRITER}
    assert verdict(program) == "batchable"


@pytest.mark.parametrize(("imported", "expected"), [("Labels", "batchable"), ("Notes", "none")])
def test_what_the_package_has_is_its_own(imported: str, expected: str) -> None:
    assert verdict({"agents/__init__.py": PACKAGE, "nightly.py": OWN.format(imported=imported)}) == expected
