"""Stores that a method asks for the row of the item that it is given: no turn reads what another one has put there."""

import pytest

from .verdicts import verdict

PROGRAM = """
    import sys
    import pymongo
    from llm import ask

    class Rows:
        def __init__(self, db):
            self.collection = db.get_collection("notes")
            self.latest = {{}}

        def get_by_name(self, name):
            return self.collection.find_one({{"name": name}})

        def get_recent(self, name):
            return self.collection.find({{"after": name}})

        def update(self, name, given):
            self.collection.update_one({{"name": name}}, {{"$set": given}})

        def get_latest(self, name):
            return self.latest.get(name)

        def add(self, name, given):
            self.latest[name] = given

    class Service:
        def __init__(self, db):
            self.{store} = Rows(db)

        def known(self):
            return list(self.{store}.collection.find())

        def note(self, name):
            return f"about {{name}}"

        {a}def label(self, name):
            row = {aw}self.{store}.{asked}
            more = {more}
            if not row:
                return False
            try:
                answer = ask(row["text"] + str(more))
                {aw}self.{store}.{kept}
                return True
            except Exception as error:
                self.{store}.update(name, {{"error": str(error)}})

        {a}def again(self, name):
            return {aw}self.label(name)

    {a}def main(files):
        service = Service(pymongo.MongoClient().get_database("notes"))
        for line in files:
            {aw}service.{called}  # !

    if __name__ == "__main__":
        main(open(sys.argv[1]))
    """
USUAL = {
    "store": "rows",
    "asked": "get_by_name(name)",
    "kept": "update(row['_id'], {'label': answer})",
    "called": "label(line.strip())",
    "more": "self.note(name)",
    "a": "",
    "aw": "",
}


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"a": "async ", "aw": "await "},
        {"called": "again(line.strip())"},
        {"kept": "update(name, {'label': answer})"},
        {"asked": "get_by_name(name.lower())"},
    ],
)
def test_the_row_of_the_item(other: dict[str, str]) -> None:
    assert verdict(PROGRAM.format(**{**USUAL, **other})) == "batchable"


@pytest.mark.parametrize(
    "other",
    [
        {"asked": "get_by_name('first')"},
        {"asked": "get_recent(name)"},
        {"called": "label('first')"},
        {"called": "label(files.session_id)"},
        {"store": "conversations"},
        {"asked": "get_latest(name)", "kept": "add(name, answer)"},
        {"asked": "collection.find_one()"},
        {"more": "self.known()"},
    ],
)
def test_a_row_that_others_fill(other: dict[str, str]) -> None:
    assert verdict(PROGRAM.format(**{**USUAL, **other})) == "realtime"
