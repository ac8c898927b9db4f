"""A few of the items, to look at what comes of them, where a job asks about all."""

import pytest

from .verdicts import verdict

PROGRAM = """
    import json, sys
    from llm import ask

    def label(row):
        return ask(f"Label: {{row}}"){helper}

    def run_all(rows, out=sys.stdout):
        for row in rows:
            {kept}{job}

    def {name}(rows, number=5):
        {few} = rows[{cut}]
        for row in {few}:
            answer = label(row){preview}
            {shown}

    if __name__ == "__main__":
        given = json.load(open(sys.argv[1]))
        if "--test" in sys.argv:
            {name}(given)
        else:
            run_all(given)
    """
FEW = {
    "name": "run_test",
    "few": "some",
    "cut": ":number",
    "shown": "print(answer)",
    "kept": "out.write(json.dumps(label(row)))",
}
MARK = "  # !"


def _verdict(mark: str, **changes: str) -> str:
    marks = {each: MARK if each == mark else "" for each in ("helper", "job", "preview")}
    return verdict(PROGRAM.format(**{**FEW, **marks, **changes}))


@pytest.mark.parametrize("changes", [{}, {"name": "preview", "few": "samples"}], ids=str)
def test_somebody_looks_at_a_few_of_them(changes: dict[str, str]):
    assert _verdict("preview", **changes) == "realtime"
    assert _verdict("job", **changes) == "batchable"
    assert _verdict("helper", **changes) != "batchable"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "answer_some"},
        {"cut": "number:"},
        {"shown": "json.dump(answer, open(row['id'], 'w'))"},
        {"shown": "print(len(row))"},
        {"kept": "print(len(label(row)))"},
    ],
    ids=str,
)
def test_what_is_kept_or_nobody_else_keeps_is_a_job(changes: dict[str, str]):
    assert _verdict("preview", **changes) == "batchable"
