"""Classes that a module has under another name as well, and that are made by it."""

import pytest

from .verdicts import verdict

MODELS = """
    from llm import ask

    class Hosted:
        def json(self, text):
            return ask(text)

    class Fake:
        def json(self, text):
            return "yes"
    """
JUDGES = """
    class FilteringJudge:
        def __init__(self, model):
            self.model = model

        def grade(self, text):
            return self.model.json(text)  # !

    Judge = FilteringJudge
    """
APP = """
    import sys
    from judges import {imported}
    from models import Fake, Hosted

    {more}

    def main():
        judge = {made}({model}())
        grades = [judge.grade(line) for line in open(sys.argv[1])]
        print(grades, file=open(sys.argv[2], "w"))

    if __name__ == "__main__":
        main()
    """


def of(imported: str, made: str, *, model: str = "Hosted", more: str = "") -> str:
    app = APP.format(imported=imported, made=made, model=model, more=more)
    return verdict({"models.py": MODELS, "judges.py": JUDGES, "app.py": app})


@pytest.mark.parametrize(
    ("imported", "made", "more"),
    [
        ("Judge", "Judge", ""),
        ("Judge as Grader", "Grader", ""),
        ("FilteringJudge", "Grader", "Grader = FilteringJudge"),
        ("Judge", "Suite().kind", "class Suite:\n        kind = Judge"),
    ],
)
def test_what_is_made_by_another_name_is_what_the_class_makes(imported: str, made: str, more: str) -> None:
    assert of(imported, made, more=more) == "batchable"
    assert of(imported, made, model="Fake", more=more) == "none"


def test_a_name_that_stands_for_another_class_makes_no_object_of_this_one() -> None:
    assert of("FilteringJudge", "Judge", more="class Judge:\n        def __init__(self, model): pass") == "none"
