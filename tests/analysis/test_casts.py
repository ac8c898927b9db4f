"""Loops over objects that the code makes one by one run a plan's steps; loops over what loops make go over items."""

import pytest

from .verdicts import cases, marked, verdict

PROGRAM = {
    "steps.py": """
        from llm import ask

        class Step:
            def __init__(self, text=""):
                self.text = text

            def run(self): ...

        class Load(Step):
            def run(self):
                return open("lines.txt").read()

        class Judge(Step):
            def run(self):
                print(ask(self.text))  # !
        """,
    "app.py": """
        from steps import Judge, Load, Step

        def made(line):
            return Judge(line) if line.strip() else Load()

        def plan():
            return [Load(), Judge("the plan")]

        def main():
            {body}

        if __name__ == "__main__":
            main()
        """,
}
STEPS = {
    "written_out": """
            for step in [Load(), Judge("all")]:
                step.run()""",
    "from_a_function": """
            for n, step in enumerate(plan()):
                print(n)
                step.run()""",
}
ITEMS = {
    "made_by_a_loop": """
            for step in [made(line) for line in open("lines.txt")]:
                step.run()""",
    "made_in_a_loop": """
            steps = [Load()]
            for line in open("lines.txt"):
                steps.append(Judge(line))
            for step in steps:
                step.run()""",
    "each_for_all_items": """
            for line in open("lines.txt"):
                for step in [Load(), Judge(line)]:
                    step.run()""",
    "on_what_is_given": """
            for line in open("lines.txt"):
                Judge(line).run()""",
}


def program(body: str) -> dict[str, str]:
    return {**PROGRAM, "app.py": PROGRAM["app.py"].replace("{body}", body.strip())}


@pytest.mark.parametrize("body", cases(STEPS))
def test_a_step_of_a_plan_runs_once(body: str) -> None:
    site = marked(program(body))
    assert site is not None and "many" not in {factor.name for factor in site.factors}


@pytest.mark.parametrize("body", cases(ITEMS))
def test_what_a_loop_makes_or_each_item_asks_for_runs_for_each(body: str) -> None:
    assert verdict(program(body)) == "batchable"


def test_rows_that_a_library_makes_are_items() -> None:
    models = """
        from sqlalchemy.orm import DeclarativeBase
        from llm import ask

        class Base(DeclarativeBase): ...

        class Note(Base):
            def run(self):
                self.label = ask(self.text)  # !

        class Page(Note): ...
        """
    app = """
        from sqlalchemy import select
        from models import Note, Page

        def add(session, text):
            session.add_all([Note(text=text), Page(text=text)])

        def main(session):
            for note in session.scalars(select(Note)):
                note.run()

        if __name__ == "__main__":
            main(open_session())
        """
    assert verdict({"models.py": models, "app.py": app}) == "batchable"
