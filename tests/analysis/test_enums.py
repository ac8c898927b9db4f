"""Members of enumerations, and modules of which a string says only a part."""

import pytest

from .verdicts import marked, verdict

TASKS = """
    import enum
    import sys
    from llm import ask

    class Task(BASE):
        TOPIC = "Which topic?"
        URGENT = "Is it urgent?"

        def answer(self, text):
            return ask(f"{self.value} {text}")

    if __name__ == "__main__":
        for line in open(sys.argv[1]):
            USE
    """
USES = {
    "each": "for task in Task: print(task.answer(line))  # !",
    "numbered": "for number, task in enumerate(Task): print(number, task.answer(line))  # !",
    "listed": "print([task.answer(line) for task in list(Task)])  # !",
    "named": "print(Task.TOPIC.answer(line))  # !",
    "chosen": "print(Task[line[:3]].answer(line))  # !",
    "called": "print(Task(line[:3]).answer(line))  # !",
}


@pytest.mark.parametrize("base", ["enum.Enum", "str, enum.Enum", "enum.IntFlag"])
@pytest.mark.parametrize("use", USES)
def test_a_method_of_an_enumerations_members_asks(use: str, base: str) -> None:
    assert verdict(TASKS.replace("BASE", base).replace("USE", USES[use])) == "batchable"


def test_what_another_class_holds_is_no_object_of_it() -> None:
    assert marked(TASKS.replace("BASE", "object").replace("USE", USES["named"])) is None


COMMANDS = {
    "commands/__init__.py": "",
    "commands/describe.py": """
        from llm import ask

        class Command:
            def run(self):
                for line in open("lines.txt"):
                    print(ask(line))  # !
        """,
    "commands/tidy.py": "class Command:\n    def run(self): ...\n",
}
MANAGE = """
    import importlib
    import sys

    if __name__ == "__main__":
        name = sys.argv[1]
        importlib.import_module(NAMED).Command().run()
    """


@pytest.mark.parametrize("named", ['f"commands.{name}"', '"commands." + name'])
def test_a_module_of_a_package_is_loaded_by_a_part_of_its_name(named: str) -> None:
    assert verdict({**COMMANDS, "manage.py": MANAGE.replace("NAMED", named)}) == "batchable"


@pytest.mark.parametrize("named", ['f"other.{name}"', 'f"commands.run_{name}"', "name"])
def test_a_module_of_another_name_is_not(named: str) -> None:
    assert verdict({**COMMANDS, "manage.py": MANAGE.replace("NAMED", named)}) == "unclear"
