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
some = [int(digit) for digit in "0210"]


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
    "another column, of which it takes a cell": """
        for i in range(len(df)):
            answer = ask(f"{i + 1} of {len(df)}: {df['name'][i]} {df.name.iloc[i]}")
            df.loc[i, "out"] = answer
        print(df.to_csv())
        """,
    "the rows that a test leaves, numbered": """
        for number, i in enumerate(todo):
            row = df.loc[i]
            df.at[i, "out"] = ask(f"{row['name']} {row['out']}")
            if number % 2 == 0:
                df.to_csv("rows.csv")
        rows = list(df.index[df["name"] != "cup"])
        for i in rows:
            df.loc[i, "out"] = ask(df.loc[i])
        print(df.to_csv())
        """,
    "another column as a whole": """
        for i, row in df.iterrows():
            df.at[i, "out"] = ask(f"{row['name']}, not {sorted(df['name'])}, {len(df)}")
        print(df.to_csv())
        """,
    "the cell of the row that it fills": """
        for i in df.index:
            if pd.isna(df["out"][i]):
                df.loc[i, "out"] = ask(df["name"].iloc[i])
        print(df.to_csv())
        """,
    "a place in its row by number": """
        for i in range(len(df)):
            df.iloc[i, 1] = ask(df["name"][i])
        print(df.to_csv())
        """,
    "a row that comes behind the others": """
        rows = pd.DataFrame(columns=["name", "out"])
        for name in ["tea", "cup"]:
            rows.loc[len(rows)] = [name, ask(name)]
        print(rows.to_csv())
        """,
    "how many are filled, behind the answer": """
        for i, row in df.iterrows():
            df.at[i, "out"] = ask(row["name"])
            print(int(df["out"].isna().sum()))
        """,
    "a file of its own": """
        for i in todo:
            frame = pd.DataFrame({"answer": [ask(df.at[i, "name"])]})
            frame.to_csv(f"{i}.csv")
        """,
}
LEFT = {
    "rows of which one may come twice": """
        rows = list(df.index)
        rows.append(0)
        for i in rows:
            df.loc[i, "out"] = ask(df.loc[i])
        """,
    "rows by a list of their places": """
        for i in df.index[[0, 1, 0]]:
            df.loc[i, "out"] = ask(df.loc[i])
        """,
    "the same column of any row": """
        for i in some:
            df.at[i, "out"] = ask(df.at[i, "out"])
        """,
    "the row before, by another name of the place": """
        for i in range(1, len(df)):
            df.at[i, "out"] = ask(df.loc[i - 1, "out"])
        """,
    "any row as a whole": """
        for i in some:
            df.at[i, "out"] = ask(df.loc[i].to_dict())
        """,
    "the whole frame": """
        for i in df.index:
            df.at[i, "out"] = ask(df)
        """,
    "how many are left": """
        for i, row in df.iterrows():
            left = int(df["out"].isna().sum())
            df.at[i, "out"] = ask(f"{row['name']} ({left} left)")
        """,
    "the column as an attribute": """
        for i, row in df.iterrows():
            df.loc[i, "out"] = ask(f"{row['name']}, not {df.out.tolist()}")
        """,
    "all answers of a column by the column's name in a variable": """
        column = "out"
        for i, row in df.iterrows():
            df.at[i, column] = ask(f"{row['name']}, not {set(df[column])}")
        """,
    "the rows that have an answer": """
        for i, row in df.iterrows():
            same = df[(df["name"] == row["name"]) & (df["out"] != "")]
            df.loc[i, "out"] = same.iloc[0]["out"] if len(same) else ask(row["name"])
        """,
    "several columns, a filled one among them": """
        for i, row in df.iterrows():
            df.at[i, "out"] = ask(df[["name", "out"]].to_dict())
        """,
    "a cell of the row before": """
        for i in range(1, len(df)):
            df.at[i, "out"] = ask(df["out"].iloc[i - 1])
        """,
    "the last rows": """
        rows = pd.DataFrame(columns=["name", "out"])
        for name in ["tea", "cup"]:
            before = " ".join(rows["out"].tail(2))
            rows.loc[len(rows)] = [name, ask(before)]
        """,
    "how many rows there are": """
        rows = pd.DataFrame(columns=["name", "out"])
        for name in ["tea", "cup"]:
            number = len(rows)
            rows.loc[number] = [name, ask(f"{number}: {name}")]
        """,
    "a mapping of pairs that is read by one key": """
        found = {}
        for i in some:
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
