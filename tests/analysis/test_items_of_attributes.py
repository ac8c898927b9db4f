"""Items of what an object or another one holds: a turn that stores its answer in its own is waited for by none."""

import pytest

from .verdicts import verdict

METHOD = """
    import json
    from llm import ask

    class Job:
        def __init__(self, rows):
            self.rows, self.texts, self.found = rows, [row["text"] for row in rows], {{}}

        def all(self):
            return str(self.rows)

        def of(self, i):
            return self.rows[i]["text"]

        def run(self):
            for i{more} in {source}:
                {before}
                answer = ask({asked})  # !
                {after}

    if __name__ == "__main__":
        Job(json.load(open("rows.json"))).run()
    """
COUNTED = {"more": "", "source": "range(len(self.rows))", "before": "pass"}
NUMBERED = {"more": ", row", "source": "enumerate(self.rows)", "before": "pass"}
APART = [
    {**COUNTED, "asked": "self.rows[i]['text']", "after": "self.rows[i]['note'] = answer"},
    {**COUNTED, "asked": "self.texts[i]", "after": "self.rows[i]['note'] = answer"},
    {**COUNTED, "before": "row = self.rows[i]", "asked": "row['text']", "after": "self.rows[i]['note'] = answer"},
    {**NUMBERED, "asked": "row['text']", "after": "self.rows[i]['note'] = answer"},
]
OTHERS = [
    {**COUNTED, "asked": "self.rows[i - 1]['note']", "after": "self.rows[i]['note'] = answer"},
    {**COUNTED, "asked": "str(self.rows)", "after": "self.rows[i]['note'] = answer"},
    {**COUNTED, "asked": "self.all()", "after": "self.rows[i]['note'] = answer"},
    {**COUNTED, "asked": "self.rows[i]['text']", "after": "self.rows[i + 1]['text'] = answer"},
    {**NUMBERED, "asked": "row['text'] + str(self.rows[:i])", "after": "self.rows[i]['note'] = answer"},
]


@pytest.mark.parametrize("parts", APART)
def test_an_item_of_its_own(parts: dict[str, str]):
    assert verdict(METHOD.format(**parts)) == "batchable"


@pytest.mark.parametrize("parts", OTHERS)
def test_an_item_that_other_turns_read(parts: dict[str, str]):
    assert verdict(METHOD.format(**parts)) == "realtime"


LOOP = """
    import json
    import networkx
    from llm import ask

    def run(graph, rows, columns):
        for {head}:
            {body}

    if __name__ == "__main__":
        run(networkx.read_gml("notes.gml"), json.load(open("rows.json")), json.load(open("names.json")))
    """


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ("n in list(graph.nodes)", "graph.nodes[n]['note'] = ask(graph.nodes[n]['text'])  # !", "batchable"),
        ("n in list(graph.nodes)", "graph.nodes[n]['note'] = ask(str(graph.nodes))  # !", "realtime"),
        ("i in range(0, len(rows), 9)", "rows[i : i + 9] = ask(str(rows[i : i + 9]))  # !", "batchable"),
        ("i in range(0, len(rows), 9)", "rows[i : i + 9] = ask(str(rows[i - 1 : i + 9]))  # !", "realtime"),
        ("name in columns", "rows[f'{name}_note'] = ask(rows[name])  # !", "batchable"),
        ("name in columns", "rows[name + '_note'] = ask(rows[name])  # !", "batchable"),
        ("name in columns", "rows[name + '_note'] = ask(rows[name] + rows['all_note'])  # !", "realtime"),
    ],
)
def test_parts_and_keys_of_the_turns_own(head: str, body: str, expected: str):
    assert verdict(LOOP.format(head=head, body=body)) == expected


SLICES = """
    import json
    from llm import ask

    def run(rows, size):
        for i in range(0, len(rows){step}):
            part = rows[i : i + size]
            answers = ask([row["text"] for row in part])  # !
            for {head}:
                rows[{at}]["note"] = answers[j]
            print(min(i + size, len(rows)))

    if __name__ == "__main__":
        run(json.load(open("rows.json")), 50)
    """


@pytest.mark.parametrize(
    ("step", "head", "at", "expected"),
    [
        (", size", "j, _ in enumerate(answers)", "i + j", "batchable"),
        (", size", "j in range(len(part))", "j + i", "batchable"),
        (", size", "j, _ in enumerate(answers, size)", "i + j", "realtime"),  # the next turn's part
        (", size", "j in range(len(part))", "i + size", "realtime"),
        (", size", "j in range(len(part))", "j", "realtime"),
        ("", "j in range(len(part))", "i + j", "realtime"),  # the turns' parts overlap
    ],
)
def test_items_counted_within_the_turns_own_part(step: str, head: str, at: str, expected: str):
    assert verdict(SLICES.format(step=step, head=head, at=at)) == expected
