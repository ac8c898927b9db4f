"""What a function is said to give, where the helper that it asks gives everybody's things."""

import pytest

from .verdicts import verdict

PROGRAM = {
    "plugins.py": """
        from importlib import import_module

        def load(module, name, default):
            try:
                return getattr(import_module(module), name)
            except ImportError:
                return default
        """,
    "mail.py": """
        from plugins import load

        class Mail:
            def send(self, text):
                print(text)

        SENDERS = load("mail_plugin", "SENDERS", default=[Mail()])
        """,
    "models.py": """
        from llm import ask

        class Model:
            def complete(self, text):
                return ask(text)
        """,
    "registry.py": """
        from models import Model
        from plugins import load

        MODELS = load("model_plugin", "MODELS", default={{}})

        def model_of(name){gives}:
            for each in MODELS:
                if each.name == name:
                    return each
            raise ValueError(name)
        """,
    "app.py": """
        from registry import model_of

        def main():
            for line in open("lines.txt"):
                print(model_of("small").complete(line))  # !

        if __name__ == "__main__":
            main()
        """,
}


@pytest.mark.parametrize(
    ("gives", "expected"),
    [(" -> Model", "batchable"), (' -> "Model"', "batchable"), ("", "none"), (" -> str", "none")],
)
def test_an_annotation_says_what_a_shared_helper_does_not(gives: str, expected: str) -> None:
    assert verdict({**PROGRAM, "registry.py": PROGRAM["registry.py"].format(gives=gives)}) == expected


FILLED = {
    "steps.py": """
        class Step:
            async def run(self, lines): ...

        class Copy(Step):
            async def run(self, lines):
                return lines
        """,
    "plan.py": """
        from steps import Copy, Step

        class Plan:
            def __init__(self, steps: list[Step]):
                self.steps = {{step.name: step for step in steps}}

            def order(self){gives}:
                done = []
                for name in sorted(self.steps):
                    step = {step}
                    done.append(step)
                return done
        """,
    "app.py": """
        import asyncio
        from llm import aask
        from plan import Plan
        from steps import Step

        class Judge(Step):
            async def run(self, lines):
                return [await aask(line) for line in lines]  # !

        async def main(plan: Plan):
            for step in plan.order():
                step.save(await step.run(step.lines))

        if __name__ == "__main__":
            asyncio.run(main(Plan([Judge()])))
        """,
}


@pytest.mark.parametrize(
    ("gives", "step", "expected"),
    [
        (" -> list[Step]", "self.steps[name]", "batchable"),
        (" -> list[str]", "self.steps[name]", "unclear"),
        (" -> list[Step]", "Copy()", "unclear"),
    ],
)
def test_an_annotation_says_what_fills_a_list(gives: str, step: str, expected: str) -> None:
    assert verdict({**FILLED, "plan.py": FILLED["plan.py"].format(gives=gives, step=step)}) == expected
