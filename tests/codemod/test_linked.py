"""What one item stores may be read for the next one under another name; such loops stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_runs_alike, rewrite

HEAD = """\
import itertools
from collections import defaultdict
from openai import OpenAI

client = OpenAI()


def ask(text, context=""):
    answer = client.responses.create(model="gpt-5-mini", input=f"{context} {text}")
    return answer.output_text


class Cue:
    def __init__(self, text, previous=None):
        self.text, self.previous = text, previous
        self.label = ""


def load():
    rows = [("a", "tea", None), ("b", "cup", "a"), ("c", "jam", "b"), ("d", "pot", "a")]
    return [{"id": id, "text": text, "parent": parent, "summary": ""} for id, text, parent in rows]


posts = load()
"""
SHOW = """
for post in posts:
    print(post["id"], post["text"], post["summary"])
"""

# Loops in which `FIELD` is read of what may be another item: with `summary`, which the loop stores, an answer is read.
LOOPS = {
    "a_table_of_the_items": """
by_id = {post["id"]: post for post in posts}
for post in posts:
    parent = by_id.get(post["parent"])
    post["summary"] = ask(post["text"], parent["FIELD"] if parent else "")
""",
    "a_table_in_a_function": """
def main(posts, by_id):
    for post in posts:
        parent = by_id.get(post["parent"])
        post["summary"] = ask(post["text"], parent["FIELD"] if parent else "")

main(posts, {post["id"]: post for post in posts})
""",
    "a_table_of_the_module": """
BY_ID = {post["id"]: post for post in posts}

def main():
    for post in posts:
        parent = BY_ID.get(post["parent"])
        post["summary"] = ask(post["text"], parent["FIELD"] if parent else "")

main()
""",
    "a_table_of_the_object": """
class Forum:
    def __init__(self, posts):
        self.posts = posts
        self.by_id = {post["id"]: post for post in posts}

    def parent(self, post):
        return self.by_id.get(post["parent"])

    def run(self):
        for post in self.posts:
            parent = self.parent(post)
            post["summary"] = ask(post["text"], parent["FIELD"] if parent else "")

Forum(posts).run()
""",
    "a_shifted_list": """
for before, post in zip([None, *posts], posts):
    post["summary"] = ask(post["text"], before["FIELD"] if before else "")
""",
    "a_shifted_list_in_a_helper": """
def summarise(post, before):
    context = before["FIELD"] if before else ""
    post["summary"] = ask(post["text"], context)

for before, post in zip([None, *posts], posts):
    summarise(post, before)
""",
    "pairs": """
for before, post in itertools.pairwise(posts):
    post["summary"] = ask(post["text"], before.get("FIELD", ""))
""",
    "groups": """
groups = defaultdict(list)
for post in posts:
    groups[post["parent"]].append(post)
for post in posts:
    siblings = groups[post["parent"]]
    post["summary"] = ask(post["text"], "; ".join(each["FIELD"] for each in siblings))
""",
    "a_copy": """
order = sorted(posts, key=lambda post: post["id"])
first = order[0]
for post in order:
    post["summary"] = ask(post["text"], first["FIELD"])
""",
    "a_reference_in_the_item": """
by_id = {post["id"]: post for post in posts}
for post in posts:
    post["up"] = by_id.get(post["parent"])
for post in posts:
    up = post["up"]
    post["summary"] = ask(post["text"], up["FIELD"] if up else "")
""",
    "the_one_before": """
previous = None
for post in posts:
    before, previous = previous, post
    post["summary"] = ask(post["text"], before["FIELD"] if before else "")
""",
    "an_update": """
by_id = {post["id"]: post for post in posts}
for post in posts:
    parent = by_id.get(post["parent"])
    answer = ask(post["text"], parent["FIELD"] if parent else "")
    post.update(summary=answer)
""",
}
NESTED = """
for post in posts:
    post["meta"] = {"summary": "", "text": post["text"]}
by_id = {post["id"]: post for post in posts}
for post in posts:
    parent = by_id.get(post["parent"])
    post["meta"]["summary"] = ask(post["text"], parent["meta"]["FIELD"] if parent else "")
for post in posts:
    print(post["meta"])
"""
OBJECTS = """
cues, last = [], None
for post in posts:
    last = Cue(post["text"], last)
    cues.append(last)
for cue in cues:
    cue.label = ask(cue.text, cue.previous.FIELD if cue.previous else "")
for cue in cues:
    print(cue.text, cue.label)
"""
LOOPS["a_parameter_that_is_bound_again"] = """
by_id = {post["id"]: post for post in posts}

def main(posts, by_id):
    for post in posts:
        post["summary"] = summarise(post, by_id, post)

def summarise(post, by_id, other):
    other = by_id.get(post["parent"]) or other
    return ask(post["text"], other["FIELD"])

main(posts, by_id)
"""
HANDED_ON = "".join(f"    name{n} = name{n - 1} or post\n" for n in range(1, 13))
LOOPS["a_table_through_many_names"] = f"""
by_id = {{post["id"]: post for post in posts}}
for post in posts:
    name0 = by_id.get(post["parent"])
{HANDED_ON}
    post["summary"] = ask(post["text"], name12["FIELD"])
"""


@pytest.mark.parametrize("name", LOOPS)
def test_what_an_earlier_item_has_stored_is_read_under_another_name(name: str) -> None:
    refusal = check_noop(HEAD + LOOPS[name].replace("FIELD", "summary") + SHOW, "dependent-iterations")
    assert refusal is not None
    assert "`summary` of another item is read before the request" in refusal.detail


@pytest.mark.parametrize("name", LOOPS)
def test_another_field_of_another_item_is_read(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + LOOPS[name].replace("FIELD", "text") + SHOW, tmp_path)


def test_objects_that_refer_to_each_other(tmp_path: Path) -> None:
    refusal = check_noop(HEAD + OBJECTS.replace("FIELD", "label"), "dependent-iterations")
    assert refusal is not None
    assert "`label` of another item" in refusal.detail
    check_runs_alike(HEAD + OBJECTS.replace("FIELD", "text"), tmp_path)


TREES = {
    "children that are given": """
class Node:
    def __init__(self, text, children=()):
        self.text, self.children, self.summary = text, list(children), ""

leaf = Node("leaf")
mid = Node("mid", [leaf])
posts = [leaf, mid, Node("top", [mid])]
""",
    "children that are put in": """
class Node:
    def __init__(self, text):
        self.text, self.children, self.summary = text, [], ""

posts = [Node("leaf"), Node("mid"), Node("top")]
posts[2].children.append(posts[1])
posts[1].children.append(posts[0])
""",
}
TREE = """
for node in posts:
    node.summary = ask(node.text, " ".join(child.FIELD for child in node.children))
for node in posts:
    print(node.text, node.summary)
"""
FRIENDS = """
class Agent:
    def __init__(self, name):
        self.name, self.inbox, self.friends = name, [], []

a, b, c = Agent("a"), Agent("b"), Agent("c")
a.friends, b.friends = [b], [c]
for agent in (a, b, c):
    said = ask(agent.name, str(agent.inbox))
    for friend in agent.friends:
        friend.inbox.append(said)
    print(said)
"""
CUSTOMERS = """
class Customer:
    def __init__(self, name):
        self.name, self.notes = name, []

    def note(self, text):
        self.notes.append(text)

    def known(self):
        return " ".join(self.notes)


class Ticket:
    def __init__(self, customer, text):
        self.customer, self.text = customer, text


def tickets():
    customers = {name: Customer(name) for name in "ab"}
    return [Ticket(customers[name], text) for name, text in [("a", "1"), ("b", "2"), ("a", "3")]]


for ticket in tickets():
    answer = ask(ticket.text, ticket.customer.known())
    ticket.customer.note(answer)
    print(answer)
"""


CLASSES = """
from dataclasses import dataclass, field


@dataclass
class Column:
    name: str
    summary: str = ""{more}


@dataclass
class Table:
    name: str
    columns: list[{held}] = field(default_factory=list)
    summary: str = ""


def tables():
    found = [Table("shop", [Column("tea"), Column("cup")]), Table("stock", [Column("jam")])]
    {links}
    return found


found = tables()
for table in found:
    table.summary = ask(table.name)
    for column in table.columns:
        column.summary = ask(column.name, {read})
    print(table.summary, [column.summary for column in table.columns])
"""
SELF_MADE = {
    "of the items' class": {
        "held": "Table", "more": "", "links": "found.append(Table('all', [*found]))", "read": "column.name"
    },
    "with a way to other items": {
        "held": "Column", "more": "\n    table: 'Table | None' = None", "links": "found[1].columns[0].table = found[0]",
        "read": "column.table.summary if column.table else ''",
    },
}  # fmt: skip


def test_what_items_hold_of_another_class_is_no_item(tmp_path: Path) -> None:
    alike = check_runs_alike(HEAD + CLASSES.format(held="Column", more="", links="", read="column.summary"), tmp_path)
    assert not alike.rewritten.refusals


@pytest.mark.parametrize("name", SELF_MADE)
def test_what_items_hold_may_lead_to_items(name: str) -> None:
    done = rewrite(HEAD + CLASSES.format(**SELF_MADE[name]))
    assert {refusal.name for _, _, refusal in done.refusals} == {"dependent-iterations"}


@pytest.mark.parametrize("name", TREES)
def test_items_that_hold_others(name: str, tmp_path: Path) -> None:
    check_noop(HEAD + TREES[name] + TREE.replace("FIELD", "summary"), "dependent-iterations")
    check_runs_alike(HEAD + TREES[name] + TREE.replace("FIELD", "text"), tmp_path)


@pytest.mark.parametrize("program", [FRIENDS, CUSTOMERS], ids=["friends", "customers"])
def test_items_that_change_what_others_read(program: str) -> None:
    check_noop(HEAD + program, "dependent-iterations")


def test_pairs_that_a_variable_holds(tmp_path: Path) -> None:
    loop = """
pairs = list(zip(posts, posts[1:]))
for before, post in pairs:
    post["summary"] = ask(post["text"], before["FIELD"])
"""
    check_noop(HEAD + loop.replace("FIELD", "summary") + SHOW, "dependent-iterations")
    check_runs_alike(HEAD + loop.replace("FIELD", "text") + SHOW, tmp_path)


def test_a_field_of_what_another_item_holds(tmp_path: Path) -> None:
    refusal = check_noop(HEAD + NESTED.replace("FIELD", "summary"), "dependent-iterations")
    assert refusal is not None
    assert "`summary` of another item" in refusal.detail
    check_runs_alike(HEAD + NESTED.replace("FIELD", "text"), tmp_path)


APART = {
    "another_list": """
labels = [{"summary": text} for text in ["x", "y", "z", "w"]]
for label, post in zip(labels, posts):
    post["summary"] = ask(post["text"], label["summary"])
""",
    "settings": """
settings = {"summary": "short"}
for post in posts:
    post["summary"] = ask(post["text"], settings["summary"])
""",
    "its_own_field": """
for post in posts:
    post["text"] = ask(post["text"])
""",
    "a_part_of_the_item": """
for post in posts:
    meta = post.get("meta", {})
    post["summary"] = ask(post["text"], meta.get("summary", ""))
""",
    "what_is_made_from_the_folder_of_the_items": """
import pathlib

class Model:
    def __init__(self, folder):
        self.folder, self.asked = folder, 0

    def ask(self, text):
        self.asked += 1
        return ask(text)

folder = pathlib.Path("posts")
folder.mkdir(exist_ok=True)
for post in posts:
    (folder / post["id"]).write_text(post["text"])
model = Model(folder)
for page in sorted(folder.glob("*")):
    print(model.ask(page.read_text()))
print(model.asked)
""",
    "the_key_of_a_table": """
found = []
for shelf, words in {"kitchen": ["tea", "cup"]}.items():
    for word in words:
        found.append({"shelf": shelf, "text": word})

for row in found:
    print(f"{row['shelf']}:")
    row["text"] = ask(row["text"])
""",
}


@pytest.mark.parametrize("name", APART)
def test_the_same_field_of_what_is_no_item(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + APART[name] + SHOW, tmp_path)


def test_a_list_that_is_unpacked_in_many_branches(tmp_path: Path) -> None:
    branch = """
        if kind == "KIND":
            for role, message in self.messages:
                if type(message) is tuple:
                    message, images = message
                told = told + f"{role} KIND {message}"
"""
    branches = "".join(branch.replace("KIND", f"k{n}") for n in range(30))
    loop = f"""
class Prompt:
    def __init__(self, text):
        self.messages = [("user", text), ("tool", (text, []))]

    def told(self, kind):
        told = ""
{branches}
        return told

for post in posts:
    prompt = Prompt(post["text"])
    post["summary"] = ask(prompt.told("k3"))
"""
    check_runs_alike(HEAD + loop + SHOW, tmp_path)
