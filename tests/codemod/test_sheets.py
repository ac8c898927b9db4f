"""Cells of sheets that are named by row and column, together or apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike, rewrite

HEAD = """\
from openai import OpenAI
from openpyxl import Workbook

client = OpenAI()


def ask(text):
    answer = client.responses.create(model="gpt-5-mini", input=text)
    return answer.output_text


def fill(sheet, row):
    if sheet.cell(row=row, column=2).value:
        sheet.cell(row=row, column=3).value = ask(sheet.cell(row=row, column=2).value)


def make():
    made = Workbook()
    for row in [["id", "text", "label", "note"], [1, "tea"], [2, "cup"], [3, None], [4, "jam"]]:
        made.active.append(row)
    return made


book = make()
ws = book.active
"""
SHOW = """
for row in ws.values:
    print(row)
"""
ALIKE = {
    "by row and column": """
        for r in range(2, ws.max_row + 1):
            if not ws.cell(row=r, column=2).value:
                continue
            ws.cell(row=r, column=3).value = ask(ws.cell(row=r, column=2).value)
            ws.cell(r, 4, "done")
    """,
    "by position, with the row above": """
        for r in range(3, ws.max_row + 1):
            ws.cell(r, 3).value = ask(f"{ws.cell(r - 1, 2).value} {ws.cell(r, 2).value}")
    """,
    "by address": """
        for r in range(2, ws.max_row + 1):
            if ws[f"C{r}"].value is None:
                ws[f"C{r}"] = ask(f"{ws['B1'].value} {ws[f'B{r}'].value}")
    """,
    "numbered rows": """
        for r, (_, text, *rest) in enumerate(ws.iter_rows(min_row=2, values_only=True), start=2):
            ws.cell(row=r, column=3, value=ask(f"label {text}"))
    """,
    "rows that are counted": """
        r = 2
        for text in ["a", "b", "c"]:
            ws.cell(row=r, column=3).value = ask(text)
            ws.cell(row=r, column=1).value = text
            r += 1
    """,
    "a helper": """
        for r in range(2, ws.max_row + 1):
            fill(ws, r)
    """,
    "from one sheet into another": """
        out = book.create_sheet("labels")
        for r in range(2, ws.max_row + 1):
            out.cell(row=r, column=2).value = ask(f"label {ws.cell(row=r, column=2).value}")
        print(list(out.values))
    """,
    "every cell": """
        for r in range(2, ws.max_row + 1):
            for c in range(1, ws.max_column + 1):
                if isinstance(ws.cell(row=r, column=c).value, str):
                    ws.cell(row=r, column=c).value = ask(ws.cell(row=r, column=c).value)
    """,
}
STEPS = """
        for r in range(2, ws.max_row + 1):
            seen = SEEN
            ws.cell(row=r, column=3).value = ask(f"{seen} {ws.cell(row=r, column=2).value}")
"""
SEEN = {
    "the row above": "ws.cell(row=r - 1, column=3).value",
    "its address": 'ws[f"C{r - 1}"].value',
    "one cell": 'ws["C2"].value',
    "the column": 'ws["C"][1].value',
    "some rows": '[cell.value for row in ws["C2:C9"] for cell in row]',
    "all values": "[row[2] for row in ws.values]",
    "all rows": "[row[2].value for row in ws.iter_rows(min_row=2)]",
    "the cell above": "ws.cell(row=r, column=3).offset(row=-1).value",
    "the book's sheet": 'book["Sheet"].cell(row=r - 1, column=3).value',
    "rows of before": "rows[r - 2][2].value",
    "any cell": 'ws.cell(row=r - 1, column=int("3")).value',
}


def program(text: str) -> str:
    lines = text.strip("\n").split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip())
    return HEAD + "\n".join(line[indent:] for line in lines) + "\n" + SHOW


@pytest.mark.parametrize("name", ALIKE)
def test_a_cell_of_the_items_own(name: str, tmp_path: Path) -> None:
    check_runs_alike(program(ALIKE[name]), tmp_path)


@pytest.mark.parametrize("name", SEEN)
def test_a_cell_that_an_answer_has_filled(name: str) -> None:
    rows = "        rows = list(ws.rows)\n" if name == "rows of before" else ""
    check_noop(program(rows + STEPS.lstrip("\n").replace("SEEN", SEEN[name])), "dependent-iterations")


@pytest.mark.parametrize("place", ["ws.cell(row=r, column=1).value", "cells[r - 2].value", "cells[r - 2][0].value"])
def test_the_place_of_what_is_filled_before(place: str) -> None:
    loop = f"""
        cells, r = list(ws["D"]), 2
        for text in ["a", "b", "c"]:
            {place} = text
            ws.cell(row=r, column=3).value = ask(text)
            r += len("x")
    """
    found = check_noop(program(loop), "dependent-iterations")
    assert found is not None and "`r` is read before the request" in found.detail


@pytest.mark.parametrize("end", ["out.max_row", "out.dimensions", "len(list(out.rows))"])
def test_how_far_a_sheet_is_filled(end: str) -> None:
    loop = f"""
        out = book.create_sheet("labels")
        for text in ["tea", "cup"]:
            place = {end}
            out.cell(row=len(str(place)), column=1, value=ask(f"{{place}} {{text}}"))
    """
    check_noop(program(loop), "dependent-iterations")


def test_a_book_that_is_saved_and_read_again() -> None:
    loop = """
        from openpyxl import load_workbook

        book.save("labels.xlsx")
        for r in range(2, 6):
            read = load_workbook("labels.xlsx")
            cells = read.active
            cells.cell(r, 3).value = ask(f"{cells.cell(r, 2).value}")
            read.save("labels.xlsx")
    """
    check_noop(program(loop), "external-read-back")
    written = """
        for r in range(2, 6):
            ws.cell(r, 3).value = ask(f"{ws.cell(r, 2).value}")
            book.save("labels.xlsx")
    """
    assert rewrite(program(written)).planned
