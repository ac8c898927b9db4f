"""Functions in a class that its name alone calls: their first parameter is no object of it."""

import pytest

from .verdicts import verdict

PROGRAM = {
    "manager.py": """
        import llm

        class Manager:
            text = "none"

            @classmethod
            def questions(cls, level):
                return {called}.ask(f"questions for {{level}}")

            def ask({own}):
                return llm.ask({asked})
        """,
    "app.py": """
        import sys
        from manager import Manager

        def main(levels):
            for level in levels:
                print(Manager.questions(level))  # !

        if __name__ == "__main__":
            main(open(sys.argv[1]))
        """,
}


@pytest.mark.parametrize(
    ("called", "own", "asked", "expected"),
    [
        ("cls", "content", "content", "batchable"),
        ("Manager", "content", "content", "batchable"),
        ("cls()", "self, content", "content", "batchable"),
        ("cls()", "self, content", "self.text", "none"),
    ],
)
def test_what_it_is_given_goes_on(called: str, own: str, asked: str, expected: str) -> None:
    files = {path: text.format(called=called, own=own, asked=asked) for path, text in PROGRAM.items()}
    assert verdict(files) == expected
