"""Loops of the grammar that ask again: by count, by flag, without end, with effects on either side of an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .grammar import Program

HEADS = {
    "for tries in range(3):": ("", "tries == 2", "tries < 2"),
    "for tries in range(1, limit + 1):": ("limit = 2", "tries >= limit", "tries + 1 <= limit"),
    "while tries < 3:": ("tries = 0", "tries >= 3", "tries != 3"),
    "while not done and tries < limit:": ("done, tries, limit = False, 0, 3", "tries == limit", "tries < limit"),
    "while not done:": ("done, tries = False, 0", "tries > 2", "tries <= 2"),
    "while True:": ("tries = 0", "tries > 2", "tries < 3"),
}
"""Heads, with what stands before them, what is true in the last pass, and what is false in it."""


def retry(program: Program, given: set[str]) -> list[str]:
    """The lines of one loop."""
    from .grammar import indented

    head = program.pick(*HEADS)
    before, last, more = HEADS[head]
    counts = head.startswith("while")
    body = program._ask(given)
    if body[0].startswith("answer =") or program.chance(6):
        body += ["if tries + 1 < len(item):" if "item" in given else "if tries < 1:", '    raise ValueError("short")']
    body += program._effect(given) if program.chance(2) else program._print(given)
    end = ["done = True"] if "not done" in head else ["break"]
    if program.chance(5):
        end = [*program._print(given), *end]
    handler = ["tries += 1"] if counts else []
    kind = program.pick("last", "last_else", "more", "every", "none")
    effect = program._effect(given)
    leave = ["break"] if head in {"while True:", "while not done:"} or program.chance(3) else []
    if kind == "none" or (kind == "every" and not leave):
        handler += [*(effect if kind == "every" else []), f"print('again', {program.text(given)})"]
    elif kind == "more":
        handler += [f"if {more}:", "    print('again')", "else:", *indented([*effect, *leave])]
    else:
        handler += [f"if {last}:", *indented([*effect, *leave])]
        handler += ["else:", "    print('again')"] if kind == "last_else" else []
    if head in {"while True:", "while not done:"} and kind in {"none", "every"}:
        handler += [f"if {last}:", "    break"]
    lines = [head, "    try:", *indented([*body, *end], 2)]
    lines += ["    except (openai.BadRequestError, ValueError) as error:", *indented(handler, 2)]
    if head != "while True:" and program.chance(3):
        lines += ["else:", *indented(program._effect(given))]
    bound = ['answer = ""'] if program.chance(2) else []
    return [*bound, *([before] if before else []), *lines]


def in_coroutines(text: str) -> str:
    """The program with all that asks awaited."""
    text = text.replace("import OpenAI", "import AsyncOpenAI").replace("client = OpenAI()", "client = AsyncOpenAI()")
    text = re.sub(r"client\.chat\.completions\.create\(.*?\}\]\)", r"(await \g<0>)", text)
    text = re.sub(r"(?<!def )\bask\(([^()]*(?:\([^()]*\)[^()]*)*)\)", r"(await ask(\1))", text)
    text = text.replace('print((await ask("live")))', 'print(asyncio.run(ask("live")))')
    text = text.replace("def main():", "async def main():").replace("\nmain()", "\nasyncio.run(main())")
    return "import asyncio\n" + text.replace("def ask(", "async def ask(")
