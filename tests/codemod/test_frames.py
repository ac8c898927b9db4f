"""Cells of data frames: an item that reads one column and fills another needs no other item's answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike

HEAD = """\
import pandas as pd
from openai import OpenAI

client = OpenAI()
df = pd.DataFrame({"name": ["tea", "cup", "jam", "pot"], "out": [None, "known", None, None]})
todo = df.index[df["out"].isna()]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=str(text)).output_text


"""
ALIKE = {
    "another column": """
        for i in todo:
            df.at[i, "out"] = ask(df.at[i, "name"])
            df.to_csv("rows.csv")
        """,
    "the same cell of its own row": """
        for i in df.index:
            df.at[i, "out"] = ask(df.loc[i, "out"])
        df.to_csv("rows.csv")
        """,
    "its own row": """
        for i in range(len(df)):
            row = df.loc[i]
            df.loc[i, "out"] = ask(row["name"])
        df.to_csv("rows.csv")
        """,
    "a file of its own": """
        for i in todo:
            frame = pd.DataFrame({"answer": [ask(df.at[i, "name"])]})
            frame.to_csv(f"{i}.csv")
        """,
}
LEFT = {
    "the same column of any row": """
        for i in todo:
            df.at[i, "out"] = ask(df.at[i, "out"])
        """,
    "the row before, by another name of the place": """
        for i in range(1, len(df)):
            df.at[i, "out"] = ask(df.loc[i - 1, "out"])
        """,
    "any row as a whole": """
        for i in todo:
            df.at[i, "out"] = ask(df.loc[i].to_dict())
        """,
    "the whole frame": """
        for i in df.index:
            df.at[i, "out"] = ask(df)
        """,
    "a mapping of pairs that is read by one key": """
        found = {}
        for i in todo:
            answer = ask(found.get(i, {"a": ""})["a"])
            found[i, "a"] = answer
        """,
}


def placed(body: str) -> str:
    return HEAD + body.replace("\n        ", "\n").lstrip("\n")


@pytest.mark.parametrize("name", ALIKE)
def test_rows_are_filled_by_batch(name: str, tmp_path: Path) -> None:
    check_runs_alike(placed(ALIKE[name]), tmp_path)


@pytest.mark.parametrize("name", LEFT)
def test_rows_that_may_need_each_other_stay(name: str) -> None:
    check_noop(placed(LEFT[name]), "dependent-iterations")


def test_a_file_that_is_read_as_a_frame_again_stays() -> None:
    body = """
        for name in df["name"]:
            answer = ask(pd.read_csv("log.csv"))
            pd.DataFrame({"answer": [answer]}).to_csv("log.csv")
        """
    check_noop(placed(body), "external-read-back")
