"""Touches of what lies outside an iteration: variables, attributes, files, tables, and what outside calls do.

A channel is a path of names from a root (a variable, a file, a table). Two accesses meet where one channel is a prefix
of the other; they clash where one of them writes and they are not both sums.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from batchlint.codemod import folders
from batchlint.codemod.effects import PLAIN
from batchlint.codemod.folders import LISTED, Place, may_hold
from batchlint.facts import FunctionFacts
from batchlint.items import may_be_equal
from batchlint.symbols import last_name

if TYPE_CHECKING:
    from batchlint.codemod.linked import Items

Channel = tuple[str, ...]
SHARED = "[same]"
"""The step to one object that several items are given."""
STDOUT: Channel = ("stdout",)
VARIABLES: Channel = ("v",)
"""Any variable: the touch of code that finds it by a name which is not written there."""
OWN, ANY, LEN = "[own]", "[any]", "[len]"
CELL = "[,]"
"""The start of a step into a column that the key names beside the row: `frame.at[row, "name"]`."""
KEY = "[=]"
"""The start of a step into what a mapping has under a key that is written out: `row["name"]`."""
CELLS = "[cells]"
"""What stands in the columns of a frame, by whichever place it is named."""
PLACES = frozenset({"loc", "iloc", "at", "iat"})
"""What names cells of a frame by their row."""
KEYS = "[keys]"
"""Which keys a mapping has, in the order in which they came."""
OBJECT, CONTENT = "[object]", "[content]"
"""Which object a name stands for, and what is in it: methods that change an object leave the name as it is."""
ELEMENTS = "[elements]"
"""Which objects a list holds, whatever is in them."""
NAMESPACE = "[vars]"
"""The mapping of an object's attributes, as a step behind the object: what is in it is in the object."""
PRIVATE = "[private]"
"""A file or folder that no other item has, as a step behind its path."""
HELD = "[held]"
"""A file that stands open, read through the variable that holds it, as a step behind its path."""
STORE = "store"
"""The kind of channel of what lies in a database or store that is asked through a client."""
DATABASE = "[database]"
"""As the first step in a store: a database behind objects, which SQL may reach as well."""
OUTSIDE = frozenset({"file", "sql", STORE})
"""The kinds of what lies outside the program, with names for its parts."""
NEW = "[new]"
"""As `once`: a write to a row that the item itself has added."""
UNDONE: Channel = ("undone",)
"""What a rollback takes back: all that is not committed yet, whichever item has written it."""
MARK = "\u01c1"
"""In front of the item's own names, in texts of paths and keys."""


class Access(NamedTuple):
    """One touch of a channel; `key` is the text of the item's or file's key, if stable within the iteration."""

    channel: Channel
    how: str
    """read | write | close (the last write of a file) | fill (into an open file) | sum | tally (a sum that may begin
    with its key)"""
    line: int
    key: str | None = None
    means: str | None = None
    """The key as the iteration has it, with the parameters of helpers replaced by what they were given."""
    held: bool = False
    """Whether it reads what was fetched under the key before."""
    frame: int = 0
    """The number of the frame in whose names `key` is."""
    once: str = ""
    """By what it is told apart, if it sets, or finds set, what is the same whichever item sets it."""
    row: frozenset[tuple[str, str]] = frozenset()
    """The columns by which the row of a table is named, with what they hold as the iteration has it."""
    place: Place | None = None
    """Of a file: the folder it is in; of a listing: that which is listed."""
    named: bool = False
    """Of a file: whether its path is the text that a name stands for."""
    path: str = ""
    """The file of its line, where a helper that asks nothing has it."""
    adds: bool = False
    """Whether it makes a row."""
    asks: bool = False
    """Whether it only asks if something is in there, as `key in done` does."""

    @property
    def name(self) -> str:
        """The channel as a reader of the program would write it."""
        kind, *rest = self.channel
        if kind == "v" and SHARED in rest:
            return "an object that several items are given"
        if kind == "v":
            shown = ".".join(part for part in rest[2:] if part[:1] != "[")
            return f"`{shown}`" if shown else "a variable that is found by its name"
        if kind == "file" and LISTED in rest:
            return f"the folder `{shown_text(rest[0])}`"
        if kind == "file":
            return f"the file `{shown_text(rest[0])}`" if rest and rest[0].strip("'") else "a file"
        if kind == "undone":
            return "what is not committed yet"
        if kind == "sql":
            return f"the table `{rest[0]}`" if rest else "the database"
        if kind == STORE:
            name, *tables = rest[1:] if rest[0] == DATABASE else rest
            return f"`{tables[0].rpartition(':')[2]}` in {name}" if tables else f"what is in {name}"
        if kind == "service":
            return f"the service at `{rest[0]}`"
        if kind in {"field", "reached"}:
            return f"`{rest[0]}` of another item" if rest else "another item"
        if kind == "yield":
            return "what the generator yields"
        return f"`{rest[0]}`" if rest else kind


def touches(
    channels: Iterable[Channel],
    how: str,
    line: int,
    key: str | None = None,
    means: str | None = None,
    frame: int = 0,
) -> list[Access]:
    """The same touch of several channels, in an order that does not change from run to run."""
    return [Access(channel, how, line, key, means, frame=frame) for channel in sorted(channels)]


def shown_text(text: str) -> str:
    """The text of a path without the marks of own names."""
    return re.sub(f"{MARK}\\d+_", "", text)


def in_terms_of(text: str | None, frame: Frame, others: Iterable[str] = ()) -> str | None:
    """The text of a key in the frame's own names and in `others`; None where it needs the names of another one."""
    if text is None or any(number != str(frame.number) for number in re.findall(f"{MARK}(\\d+)_", text)):
        return None
    names = {n.id for n in ast.walk(ast.parse(text, mode="eval")) if isinstance(n, ast.Name)}
    if any(not n.startswith(MARK) and not hasattr(builtins, n) for n in names.difference(others)):
        return None
    return shown_text(text)


def same_objects(aliases: Mapping[str, Iterable[Channel]]) -> object:
    """Equal where the parameters stand for the same objects."""
    return frozenset((name, frozenset(paths)) for name, paths in aliases.items())


def stem(access: Access) -> Channel:
    """The first steps of its channel; accesses with different ones do not clash, but for `VARIABLES`."""
    if access.channel[0] == STORE:
        return ("sql",)
    return access.channel[:4] if access.channel[0] == "v" else access.channel[:1]


def clash(a: Access, b: Access) -> bool:
    """Whether the order of the two accesses, made by two different items, matters."""
    if a.how == b.how == "read" or a.how == b.how == "sum" or (a.once and a.once == b.once):
        return False
    if _makes_before(a, b) or _makes_before(b, a):
        return False
    if "tally" in (a.how, b.how):
        return a.how == b.how and a.channel == b.channel and (a.means is None or a.means != b.means)
    if {a.channel[0], b.channel[0]} == {"sql", STORE}:
        return DATABASE in (a.channel[1:2] if a.channel[0] == STORE else b.channel[1:2])
    if a.channel[0] != b.channel[0]:
        return False
    if a.channel[0] == "file":
        return _files_clash(a, b)
    if a.channel[0] == "sql":
        return _tables_clash(a, b)
    if a.channel[0] == STORE:
        is_one_place = all(x == y for x, y in zip(a.channel, b.channel, strict=False))
        return is_one_place and not _are_rows_apart(a, b) and not _is_another_row(a, b)
    if a.channel[0] in {"field", "reached"} and a.how == b.how:
        return False
    if a.channel[0] == "service":
        return a.channel == b.channel and _services_clash(a, b)
    for index, (x, y) in enumerate(zip(a.channel, b.channel, strict=False)):
        if CONTENT in (x, y):
            return OBJECT not in (x, y)
        if NAMESPACE in (x, y):
            return True
        if LEN in (x, y):
            # Storing an element may add one; what happens within an element does not.
            told, other = (a, b) if x == LEN else (b, a)
            steps = other.channel[index:]
            if told.how == "write" and (x == y if other.how == "write" else is_element(steps[0])):
                return False  # a key that is added with its default says nothing of the others
            if steps[0] in PLACES:
                return len(steps) == 2  # a row as a whole may be a new one
            return x == y or (is_element(steps[0]) and all(step.startswith(CELL) for step in steps[1:]))
        if ELEMENTS in (x, y):
            inside = (b if x == ELEMENTS else a).channel[index:]
            return not (len(inside) > 1 and is_element(inside[0]) and (inside[1][:1] != "[" or is_element(inside[1])))
        if x == y == OWN:
            return False
        if CELLS in (x, y) and {x, y} & PLACES:
            continue
        x, y = _SAME_PLACES.get(x, x), _SAME_PLACES.get(y, y)
        if is_numbered(x) != is_numbered(y) and not (is_element(x) and is_element(y)):
            return True  # a cell that is named by another key has one step less
        if x != y and not ({x, y} & {OWN, ANY} and is_element(x) and is_element(y)):
            return False
    return True


def _makes_before(a: Access, b: Access) -> bool:
    """Whether one makes, the first time, the object in which the other touches something: it is there by then."""
    is_inside = len(a.channel) < len(b.channel) and b.channel[len(a.channel)] != OBJECT
    return bool(a.once) and a.how == "write" and a.channel[0] == "v" and is_inside


_SAME_PLACES = {"at": "loc", "iat": "iloc"}
"""What names the same cells of a frame."""


def is_element(step: str) -> bool:
    """Whether the step leads to something that a container holds."""
    return step in (OWN, ANY) or step.startswith((CELL, KEY))


def is_numbered(step: str) -> bool:
    """Whether the step leads into a column that is named by its number."""
    return step.startswith(CELL) and step[len(CELL) :].isdigit()


def _files_clash(a: Access, b: Access) -> bool:
    """Files by the text of their path; `key` says that the path is the item's own."""
    if len(a.channel) == 1 or len(b.channel) == 1:
        return True
    if HELD in a.channel or HELD in b.channel:
        return a.channel[:2] == b.channel[:2]
    if "fill" in (a.how, b.how):
        return "read" in (a.how, b.how) and a.channel == b.channel
    if LISTED in a.channel or LISTED in b.channel:
        folder, file = (a, b) if LISTED in a.channel else (b, a)
        is_apart = PRIVATE in folder.channel and PRIVATE in file.channel
        if is_apart and file.channel[1].startswith(f"{folder.channel[1]} / "):
            return False
        return folder.place is None or file.place is None or may_hold(folder.place, file.place)
    if a.key is None and b.key is None:
        x, y = a.channel[1], b.channel[1]
        by_name = (each.named or _DOTTED.fullmatch(each.channel[1]) for each in (a, b))
        return x == y or not ((_is_text(x) and _is_text(y)) or all(by_name) or _are_named_apart(x, y))
    if a.key is not None and b.key is not None:
        if a.channel == b.channel:
            if PRIVATE in a.channel:
                return False
            # Two items may have the same file: whether it is there already depends on the one before.
            return "read" in (a.how, b.how)
        # The item's input file and its output file differ; a path with arithmetic on the index reaches another item's,
        # and so may one in the same folder that is named after something else than the item.
        is_counted = a.key != b.key and (_is_counted(a.key) or _is_counted(b.key))
        if _lie_in_one_tree(a.channel[1], b.channel[1]):
            return True
        return is_counted or (not _own_names(a.key) & _own_names(b.key) and folders.may_be_one(a.place, b.place))
    return False


@cache
def _is_counted(key: str) -> bool:
    """Whether the path is named by a number that is worked out from the item's: `f"{index - 1}.md"`."""
    sums = (n for n in ast.walk(ast.parse(key, mode="eval")) if isinstance(n, ast.BinOp))
    return any(
        isinstance(n.op, ast.Sub | ast.FloorDiv | ast.Mult)
        or (isinstance(n.op, ast.Add) and any(isinstance(getattr(s, "value", None), int) for s in (n.left, n.right)))
        for n in sums
    )


@cache
def _own_names(key: str) -> frozenset[str]:
    """The own names of the item in the text of a path, without those of which something else is made first."""
    whole = ast.parse(key, mode="eval").body
    stack, found = list(ast.iter_child_nodes(whole)), set()
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Call) and last_name(node.func) not in PLAIN:
            continue
        stack += ast.iter_child_nodes(node)
        found |= {node.id} if isinstance(node, ast.Name) and node.id.startswith(MARK) else set()
    return frozenset(found)


_UPWARDS = re.compile(r"\.parents?\b(\[\d+\])?|\b(os\.path\.)?dirname\b")


@cache
def _lie_in_one_tree(a: str, b: str) -> bool:
    """Whether two paths to a file of one name differ in what is the item's own alone: `folder.parent / "note.txt"`."""
    first, second = (folders.file_name(_UPWARDS.sub("", text)) for text in (a, b))
    parts, others = _outer_parts(a), _outer_parts(b)
    # A name that only one has may be that of a comprehension, as constants and two roots are not.
    is_within = (parts <= others or others <= parts) and all(part.isidentifier() for part in parts ^ others)
    return a != b and first is not None and first == second and is_within


def _outer_parts(text: str) -> set[str]:
    """The names and constants in the text of a path that are not the item's own."""
    nodes = list(ast.walk(ast.parse(text, mode="eval")))
    names = {n.id for n in nodes if isinstance(n, ast.Name) and not n.id.startswith(MARK)}
    return names | {repr(n.value) for n in nodes if isinstance(n, ast.Constant)}


_DOTTED = re.compile(r"[\w.]+")


def _are_named_apart(a: str, b: str) -> bool:
    """Whether two paths end in other file names, in whichever folders they lie."""
    first, second = folders.file_name(a), folders.file_name(b)
    return first is not None and second is not None and first.lower() != second.lower()


def _is_text(path: str) -> bool:
    return path[:1] in "'\""


def _services_clash(a: Access, b: Access) -> bool:
    """Whether one may show what the other changes: what has the item in its address, as `key`, belongs to the item.

    An address with another part of the item, `/notes/{row["parent"]}`, may be that of another one.
    """
    looks, changes = (a, b) if a.how == "read" else (b, a)
    if looks.key is None or changes.key is None:
        return looks.key is None
    return set(looks.key.split("\0")).isdisjoint(changes.key.split("\0"))


def _are_rows_apart(a: Access, b: Access) -> bool:
    """Whether two entries are others by how their keys begin or end: `f"in/{id}.pdf"` and `f"out/{id}.txt"`."""
    other = dict(b.row)
    return any(field in other and _never_equal(text, other[field]) for field, text in a.row)


def _is_another_row(a: Access, b: Access) -> bool:
    """Whether one changes the row that its item has added, and the other one adds a row, or changes its own new one."""
    return any(one.once == NEW and (other.adds or other.once == NEW) for one, other in ((a, b), (b, a)))


@cache
def _never_equal(one: str, other: str) -> bool:
    first, second = (ast.parse(text, mode="eval").body for text in (one, other))
    return not may_be_equal(first, second)


def _tables_clash(a: Access, b: Access) -> bool:
    if len(a.channel) == 1 or len(b.channel) == 1:
        return True
    if a.channel[1] != b.channel[1]:
        return False
    columns_a, columns_b = set(a.channel[2:]), set(b.channel[2:])
    if columns_a and columns_b and "*" not in columns_a | columns_b:
        return bool(columns_a & columns_b)
    return True


@dataclass(slots=True)
class Frame:
    """One function (or loop body) as it runs for an item: which names are the item's own, and what they may alias."""

    function: FunctionFacts
    local: set[str]
    aliases: dict[str, set[Channel]] = field(default_factory=dict)
    stable: set[str] = field(default_factory=set)
    """Own names that are bound once, so that an expression over them means the same throughout."""
    definitions: dict[str, ast.expr] = field(default_factory=dict)
    firsts: dict[str, ast.expr] = field(default_factory=dict)
    """Of own names that are bound a second time where the first value is nothing, that value."""
    bodies: list[list[ast.stmt]] = field(default_factory=list)
    """What runs in it."""
    unpacked: set[str] = field(default_factory=set)
    """Own names that stand for a part of what they are bound to: `name, text = row`."""
    targets: set[str] = field(default_factory=set)
    """Own names with a different value for every item."""
    tokens: set[str] = field(default_factory=set)
    """Of the frame of a loop's body: texts that tell the items' files apart, as `path.stem` of what a loop lists."""
    given: dict[str, ast.expr] = field(default_factory=dict)
    """What the parameters of a helper were given, in the names of the frame `caller`."""
    caller: Frame | None = None
    entry: ast.Call | None = None
    """The call by which `caller` enters it."""
    receiver: ast.expr | None = None
    """What it was called on, in the names of `caller`."""
    items: Items | None = None
    """Of the frame of a loop's body: what its items are."""
    bound: dict[str, list[ast.expr]] = field(default_factory=dict)
    """What own names are bound to, or elements of which."""
    drawn: dict[str, list[ast.expr]] = field(default_factory=dict)
    """What the names of comprehensions are drawn from."""
    alike: object = None
    """Equal for two frames of a function whose parameters alias the same; None where nothing says so."""
    number: int = field(default_factory=itertools.count(1).__next__)
