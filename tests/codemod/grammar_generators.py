"""Programs of the grammar whose answers are yielded to who takes them all, or not all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from .grammar import HEAD, ITEM_LISTS, SHOW, STATE, Program, indented

if TYPE_CHECKING:
    from .grammar import Draw

TAKEN = (
    "rows = list(answers())",
    "seen = dict(answers())",
    "out = [answer + item for item, answer in answers() if answer]",
    "rows.extend(answers())",
    "total = sum(len(answer) for item, answer in answers())",
    "out.extend(item for item, _ in sorted(answers()))",
)


def _generator(program: Program) -> list[str]:
    program.inside, program.is_calm = "helper", program.chance(2)
    given = {"text"}
    body = program.block(given, 0, 2)
    if program.chance(4):
        body += [f"if {program.test(given)}:", '    yield text, ""', *(["    continue"] if program.chance(2) else [])]
    body += [f"answer = {program.ask(given)}"]
    given.add("answer")
    body += program.block(given, 0, 1)
    if program.chance(4):
        body = ["try:", *indented([*body, "yield text, answer"]), "except openai.BadRequestError as error:"]
        body += ["    yield text, str(error)[:9]"]
    else:
        body += [program.pick("yield text, answer", "yield text, answer", "yield text, answer + text")]
    if program.chance(5):
        body += program.block(given, 1, 1)
    lines = ["for text in ITEMS:", *indented(body)]
    program.inside, program.is_calm = "loop", True
    is_counted = any("COUNT +=" in line for line in body)
    return ["def answers():", *indented([*(["global COUNT"] if is_counted else []), *lines])]


@st.composite
def yielding(draw: Draw) -> str:
    """A generator that asks for each item, and one that takes what it yields."""
    program = Program(draw)
    generator = _generator(program)
    if program.chance(3):
        taking = [program.pick(*TAKEN)]
    else:
        program.is_calm = program.chance(2)
        body = [line for _ in range(1 + program.chance(2)) for line in program._effect({"item", "answer"})]
        body += program._print({"item", "answer"}) if program.chance(4) else []
        body += [f"if {program.test({'item', 'answer'})}:", "    break"] if program.chance(12) else []
        head = program.pick("for item, answer in answers():", "for i, (item, answer) in enumerate(answers()):")
        taking = [head, *indented(body)]
    lines = [*STATE.splitlines(), *taking, "print('end')", *SHOW.splitlines()]
    parts = [HEAD.format(items=program.pick(*ITEM_LISTS)), "\n".join(generator) + "\n"]
    if "ask" in program.helpers:
        parts.insert(1, program.helper("ask") + "\n")
    if program.chance(2):
        lines = ["def main():", *indented(lines), "", "", "main()"]
    return "\n\n".join([*parts, "\n".join(lines) + "\n"])
