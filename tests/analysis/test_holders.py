"""Objects of which one part goes into the requests of a loop while another changes there."""

import pytest

from .verdicts import verdict

PROGRAM = """
    from llm import ask

    class State:
        def __init__(self, names):
            self.names = names
            self.topic = "fruit"
            self.lines = []
            self.done = 0

        def update(self, line=None):
            if line:
                {update}

        def _note(self, line):
            {note}

        @property
        def known(self):
            return self.lines

    def run(state):
        for name in state.names:
            answer = ask(f"{{state.topic}}: {{name}}")  # !
            {after}

    if __name__ == "__main__":
        run(State(open("names.txt").readlines()))
    """


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ("self.lines.append(line)", "batchable"),
        ("self.lines = self.lines[-9:]", "batchable"),
        ("self.topic = line", "realtime"),
        ("self.topic += line", "realtime"),
        ("self._note(line)", "realtime"),
        ("topics = self.names; topics.append(line)", "realtime"),
        ("refine(self, line)", "realtime"),
    ],
)
def test_a_method_changes_what_it_assigns(update: str, expected: str):
    assert verdict(PROGRAM.format(update=update, note="self.topic = line", after="state.update(answer)")) == expected


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("state.update(line=answer)", "batchable"),
        ("state.update(answer); print(state.done)", "batchable"),
        ("state.update(answer); state.topic = answer", "realtime"),
        ("state.update(answer); refine(state)", "realtime"),
        ("state.update(answer); print(state.known)", "realtime"),
    ],
)
def test_nothing_else_may_change_what_is_asked_with(after: str, expected: str):
    program = PROGRAM.format(update="self._note(line)", note="self.lines.append(line)", after=after)
    assert verdict(program) == expected
