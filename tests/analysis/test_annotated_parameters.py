"""Parameters for which a base class is annotated, where the calls say which of its children is given."""

import pytest

from .verdicts import verdict

MODELS = """
    from abc import ABC, abstractmethod
    from llm import ask

    class Model(ABC):
        @abstractmethod
        def complete(self, text): ...

    class Hosted(Model):
        def complete(self, text):
            return ask(text)

    class Small(Model):
        def complete(self, text):
            return text[:80]
    """
TITLES = """
    from models import Model

    class Titles:
        def __init__(self, model: Model):
            self.model = model

        def of(self, text):
            return self.model.complete(text)  # !
    """
PROGRAM = {
    "models.py": MODELS,
    "titles.py": TITLES,
    "index.py": """
        from models import Model
        from titles import Titles

        class Index:
            def __init__(self, model: Model):
                self.titles = Titles(model)

            def add(self, lines):
                return [self.titles.of(line) for line in lines]
        """,
}
JOB = """
    import sys
    from index import Index
    from models import Hosted, Small
    from titles import Titles
    {imported}

    {made}

    if __name__ == "__main__":
        print({index}.add(open("lines.txt")))
    """


def _verdict(index: str, made: str = "", imported: str = "", **files: str) -> str:
    job = JOB.format(index=index, made=made, imported=imported)
    return verdict({**PROGRAM, "job.py": job, **{f"{path}.py": text for path, text in files.items()}})


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("Index(Hosted())", "batchable"),
        ("Index(Small())", "none"),
        ("Index(model=Small())", "none"),
        ("Index(Hosted() if sys.argv[1:] else Small())", "batchable"),
        ("Index(find('model'))", "batchable"),
        ("Index(find('model') or Small())", "batchable"),
        ("Index(*sys.argv)", "batchable"),
        ("Index(Small() if sys.argv[1:] else made(sys.argv[1]))", "batchable"),
        ("Index(chosen(sys.argv[1]))", "batchable"),
    ],
)
def test_what_all_calls_give_says_more_than_the_annotation(index: str, expected: str) -> None:
    made = """
    def made(name):
        return globals()[name]()

    def chosen(name):
        if name == "small":
            return Small()
        return made(name)
    """
    assert _verdict(index, made, "from plugins import find") == expected


def test_one_of_several_calls_may_give_the_other() -> None:
    assert _verdict("Index(Small())", "other = Index(Hosted())") == "batchable"


@pytest.mark.parametrize("made", ["MADE = {'titles': Titles}", "register(Titles)"])
def test_a_class_that_is_handed_on_may_be_given_others(made: str) -> None:
    assert _verdict("Index(Small())", made, "from plugins import register") == "batchable"


def test_what_only_tests_give_says_nothing() -> None:
    test = """
        from index import Index
        from models import Small

        def test_index():
            assert Index(Small()).add(["a"]) == ["a"]
        """
    job = """
        from plugins import make

        if __name__ == "__main__":
            print(make("index.Index").add(open("lines.txt")))
        """
    program = {**PROGRAM, "tests/test_index.py": test, "job.py": job}
    assert verdict(program) != "none"
