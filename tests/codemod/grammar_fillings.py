"""Programs of the grammar that fill a list and ask when it is full, and those that count what they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from .grammar import ASK, HEAD, ITEM_LISTS, SHOW, STATE, Program, indented

if TYPE_CHECKING:
    from .grammar import Draw

GIVEN = {"item"}


def _whole(program: Program, lines: list[str]) -> str:
    parts = [HEAD.format(items=program.pick(*ITEM_LISTS))]
    for name in ("ask", "tool.ask"):
        if name in program.helpers:
            parts.append(program.helper(name) + "\n")
    whole = [*STATE.splitlines(), *lines, "print('end')", *SHOW.splitlines()]
    if program.chance(2):
        whole = ["def main():", *indented(whole), "", "", "main()"]
    return "\n\n".join([*parts, "\n".join(whole) + "\n"])


def _some(program: Program, given: set[str], most: int = 2) -> list[str]:
    """Statements that ask for nothing."""
    lines: list[str] = []
    for _ in range(int(program.draw(st.integers(0, most)))):  # type: ignore[call-overload]
        lines += getattr(program, program.pick("_effect", "_effect", "_print", "_assign", "_leave"))(set(given))
    return lines


@st.composite
def filling(draw: Draw) -> str:
    """A loop that asks for full lists, and what asks for the rest."""
    program = Program(draw, is_calm=draw(st.booleans()))
    asks = program.pick(ASK.format("' '.join(full)"), "ask(' '.join(full))", "ask(full[0])")
    program.helpers |= {"ask"} if asks.startswith("ask(") else set()
    asking = [program.pick(f"answer = {asks}", f"out.append({asks})", f"print(full, {asks})", f"last = {asks}")]
    given = {*GIVEN, "answer"} if asking[0].startswith("answer") else GIVEN
    after = [line for line in _some(program, given) if "continue" not in line or program.chance(3)]
    asking += [] if any(line.startswith("if ") for line in after) else after
    asking += program._print(given) if program.chance(3) else []
    reset = program.pick("full = []", "full = []", "full.clear()", "del full[:]", "full = full[1:]")
    size = program.pick("len(full) >= 2", "len(full) == 3", "len(full) > 1", f"len(full) > 2 or {program.test(GIVEN)}")
    fills = [*_some(program, GIVEN), program.pick("full.append(item)", "full.append(item + 'z')", "full += [item]")]
    fills += program._effect(GIVEN) if program.chance(3) else []
    loop = ["for item in ITEMS + ITEMS:", *indented([*fills, f"if {size}:", *indented([*asking, reset])])]
    rest = program.pick("same", "same", "other", "none")
    tail = [*asking, *([reset] if program.chance(2) else [])] if rest == "same" else [f"print({asks})"]
    last = ["if full:", *indented(tail)] if rest != "none" else []
    return _whole(program, ["full = []", *loop, *last, "print(full)"])


@st.composite
def counting(draw: Draw) -> str:
    """A loop whose requests hold a number that it counts on behind them."""
    program = Program(draw, is_calm=draw(st.booleans()))
    ask = program.pick(ASK.format("f'{number} {item}'"), "ask(f'{number} {item}')", "ask(item)")
    program.helpers |= {"ask"} if ask.startswith("ask(") else set()
    given = {*GIVEN, "answer"}
    before = [*_some(program, GIVEN), *(["print(number)"] if program.chance(3) else [])]
    counts = [program.pick("number += 1", "number += 1", "number = number + 2")]
    counts = ["if answer:", *indented(counts)] if program.chance(6) else counts
    behind = program.pick("print(number, answer)", "out.append(f'{number} {answer}')", "seen[item] = answer")
    body = [*before, f"answer = {ask}", *_some(program, given), *counts]
    body += [behind] if program.chance(2) else []
    if program.chance(2):
        return _whole(program, ["number = 0", "for item in ITEMS:", *indented(body), "print(number)"])
    leaves = [f"if {program.test(GIVEN)}:", "    number += 1", "    continue"] if program.chance(2) else []
    leaves = [line.replace("continue", "break") for line in leaves] if program.chance(9) else leaves
    turn = ["item = ITEMS[number]", *leaves, *_before_asking(body), f"answer = {ask}", behind, "number += 1"]
    return _whole(program, ["number = 0", "while number < len(ITEMS):", *indented(turn), "print(number)"])


def _before_asking(body: list[str]) -> list[str]:
    """The first statements that leave no item out, which would be asked about for ever."""
    lines: list[str] = []
    for line in body:
        if line.startswith(("answer", "if", "number", " ")):
            break
        lines.append(line)
    return lines
