"""Which loops go over items, and which only try again."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeGuard

from batchlint import successes
from batchlint.facts import LoopNode
from batchlint.iterables import EACH, PAIRED
from batchlint.trees import children, conjuncts, is_none, walk

_RETRY_NAME = re.compile(
    r"[Rr]etr(y|ies)|RETR(Y|IES)|[Aa]ttempt|ATTEMPT|[Bb]ackoff|BACKOFF|(?<![a-z])(tries|try_)|Tries|(?<![A-Z])(TRIES|TRY_)"
)
"""As words of their own: `entries` and `countries` are items."""
_TURN_NAME = re.compile(r"(?<![a-z])turns?(?![a-z])|Turns?(?![a-z])|(?<![A-Z])TURNS?(?![A-Z])")
_WAY_NAME = re.compile(
    r"^(\w+_)?(model|provider|engine|backend|endpoint|deployment|llm|api_?key|fallback)(_?(name|id|config|cfg|url))?$",
    re.IGNORECASE,
)
"""One of several that the same can be asked of."""
_MOST = re.compile(r"(^|_)max(imum)?(_|$)", re.IGNORECASE)
_ROUND_NAME = re.compile(
    r"(^|_)(rounds?|evolutions?|generations?|epochs?|passes|layers?|levels?|depth)(_|$)", re.IGNORECASE
)
_FEW = 10
HANDFUL = 3
"""So many things are a few tries, no collection."""
_DRAWS = frozenset({"islice", "readline", "fetchone", "fetchmany"})
_ROUNDS = 5
"""Dependent requests an item that are still worth as many batches."""
_SPLITS = frozenset({"split", "rsplit", "splitlines", "readlines"})
"""Methods that give the parts of a text; a second argument says how many at most."""
_CUTTING = re.compile(
    r"(^|_)(split|chunk|segment|cut)(_up|_long|_the)?_(text|document|transcript|article|page|content|paper|script|story)s?$"
    r"|(^|_)(split|divide|cut|chunk)_\w*in(to)?_(chunks|parts|sentences|paragraphs|segments|pieces|sections)$"
    r"|^(sent|sentence)_tokenize$",
    re.IGNORECASE,
)
"""Names of functions and of splitters' methods that do so: `splitter.split_text(page)`, `split_into_chunks(page)`."""
_CUTS = frozenset({"strip", "lstrip", "rstrip", "lower", "upper"})
_TELLING = frozenset({"sleep", "debug", "info", "warning", "error", "exception", "log"})
_PASSING = EACH | PAIRED
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def is_item_loop(loop: LoopNode) -> bool:
    """Whether `loop` runs once per item of a collection, rather than until something works or for ever."""
    if isinstance(loop, ast.comprehension):
        return True
    if isinstance(loop, ast.While):
        kinds = ast.Compare | ast.Name | ast.BoolOp | ast.Call | ast.UnaryOp
        is_counted = isinstance(loop.test, kinds) or _is_emptied(loop) or drawn_in_test(loop) is not None
        is_tried = _mentions_retry(loop.test) or _asks_until_given(loop) or _succeeds(loop)
        return is_counted and not is_tried
    if is_retry(loop) or is_fallback(loop):
        return False
    if _is_small_range(loop.iter) and (_is_unused(loop.target, loop.body) or ends_at_first_success(loop.body)):
        return False
    return not ends_at_first_success(loop.body)


class Drawn(NamedTuple):
    """What a `while` loop draws an item from, the name that it gives it, and how many statements of the body do so."""

    target: ast.Name
    value: ast.Call
    heads: int


def drawn_in_test(loop: ast.While) -> Drawn | None:
    """The item that the loop draws from a file, an iterator or a cursor: `while rows := list(islice(reader, 100))`.

    Also with a comparison, `while (row := cursor.fetchone()) is not None`, and in two statements: `while True: rows =
    ...`, and `if not rows: break`.
    """
    test, heads = loop.test, 0
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.IsNot | ast.NotEq) and _is_end(test.comparators):
        test = test.left
    target: ast.expr | None = test.target if isinstance(test, ast.NamedExpr) else None
    value = test.value if isinstance(test, ast.NamedExpr) else None
    if isinstance(test, ast.Constant) and test.value and len(loop.body) > 1 and _ends_without(*loop.body[:2]):
        (target, value), heads = _assigned(loop.body[0]), 2
    if not isinstance(target, ast.Name) or not isinstance(value, ast.Call):
        return None
    drawing = value
    if _name(drawing.func) in {"list", "tuple"} and drawing.args and isinstance(drawing.args[0], ast.Call):
        drawing = drawing.args[0]
    name = _name(drawing.func)
    is_told = any(isinstance(node, ast.Attribute) and node.attr == "stdin" for node in walk(drawing))
    is_drawn = name in _DRAWS or (name == "next" and len(drawing.args) == 2)
    return Drawn(target, value, heads) if is_drawn and not is_told else None


def _assigned(statement: ast.stmt) -> tuple[ast.expr | None, ast.expr | None]:
    is_one = isinstance(statement, ast.Assign) and len(statement.targets) == 1
    return (statement.targets[0], statement.value) if is_one and isinstance(statement, ast.Assign) else (None, None)


def _ends_without(first: ast.stmt, then: ast.stmt) -> bool:
    """Whether the loop ends where the first statement has given its name nothing."""
    target, _ = _assigned(first)
    if not isinstance(then, ast.If) or then.orelse or len(then.body) != 1 or not isinstance(then.body[0], ast.Break):
        return False
    empty: ast.expr | None = None
    if isinstance(then.test, ast.UnaryOp) and isinstance(then.test.op, ast.Not):
        empty = then.test.operand
    elif isinstance(then.test, ast.Compare) and isinstance(then.test.ops[0], ast.Is | ast.Eq):
        empty = then.test.left if _is_end(then.test.comparators) else None
    return isinstance(empty, ast.Name) and isinstance(target, ast.Name) and empty.id == target.id


def _is_end(values: list[ast.expr]) -> bool:
    """Whether that is what a source gives which has no more: `None`, or the empty text of a file."""
    return len(values) == 1 and isinstance(values[0], ast.Constant) and values[0].value in (None, "", b"")


def works_once(loop: LoopNode) -> bool:
    """Whether a turn that goes well is the last one: the others try the same again."""
    if isinstance(loop, ast.comprehension):
        return False
    return ends_at_first_success(loop.body) or _succeeds(loop)


def _succeeds(loop: LoopNode) -> bool:
    return not isinstance(loop, ast.comprehension) and successes.are_met(loop.body, successes.ends_of(loop))


def is_retry(loop: ast.For | ast.AsyncFor | ast.comprehension) -> bool:
    """Whether the loop says that it tries the same again: a few times, however many are allowed."""
    return _mentions_retry(loop.target) or any(map(_mentions_retry, _gone_through(loop.iter)))


def is_fallback(loop: ast.For | ast.AsyncFor) -> bool:
    """Whether the loop asks one after the other until there is an answer: `for model in MODELS: ...; return text`."""
    targets = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
    if not any(isinstance(each, ast.Name) and _WAY_NAME.match(each.id) for each in targets):
        return False
    given = {
        node.id
        for statement in loop.body
        for node in walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return any(_leaves_with(statement, given) for statement in loop.body)


def _leaves_with(node: ast.AST, given: set[str], *, is_tested: bool = False) -> bool:
    """Whether the statement may end the loop with what was given there, rather than where something went wrong."""
    if isinstance(node, ast.Return):
        return node.value is not None and not given.isdisjoint(_names(node.value))
    if isinstance(node, ast.Break):
        return is_tested
    if isinstance(node, ast.If):
        is_there = not isinstance(node.test, ast.UnaryOp) and not given.isdisjoint(_names(node.test))
        in_body = any(_leaves_with(each, given, is_tested=is_there) for each in node.body)
        return in_body or any(_leaves_with(each, given, is_tested=not is_there) for each in node.orelse)
    if isinstance(node, ast.Try | ast.With | ast.AsyncWith):
        body = [*node.body, *(node.orelse if isinstance(node, ast.Try) else ())]
        return any(_leaves_with(each, given, is_tested=is_tested) for each in body)
    return False


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in walk(node) if isinstance(each, ast.Name)}


def _asks_until_given(loop: ast.While) -> bool:
    """Whether the loop tries until there is an answer at all: `while answer is None: answer = ask()`.

    Where it is only said to be empty (`while not answer`), a text or a part of an answer has to be put there.
    """
    test = loop.test
    nodes = (node for statement in loop.body for node in walk(statement) if isinstance(node, ast.Assign))
    given = [(target.id, node.value) for node in nodes for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and isinstance(test.operand, ast.Name):
        values = [value for name, value in given if isinstance(test.operand, ast.Name) and name == test.operand.id]
        return any(map(_is_text, values)) and not any(map(_is_flag, values))
    if not isinstance(test, ast.Compare) or not isinstance(test.left, ast.Name) or not isinstance(test.ops[0], ast.Is):
        return False
    return is_none(test.comparators[0]) and any(name == test.left.id for name, _ in given)


def _is_text(value: ast.expr) -> bool:
    """Whether the value is a part of an answer, perhaps cut to size: `answer.choices[0].text.strip()`."""
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in _CUTS:
        value = value.func.value
    return isinstance(value, ast.Attribute | ast.Subscript)


def _is_flag(value: ast.expr) -> bool:
    return isinstance(value, ast.Compare | ast.BoolOp) or (
        isinstance(value, ast.Constant) and isinstance(value.value, bool)
    )


def tries_again(loop: ast.While) -> bool:
    """Whether the loop counts all its turns as tries."""
    nodes = [node for statement in loop.body for node in walk(statement)]
    counted = [node for node in nodes if isinstance(node, ast.AugAssign) and isinstance(node.value, ast.Constant)]
    started = {ast.dump(target) for node in nodes if isinstance(node, ast.Assign) for target in node.targets}
    return any(_mentions_retry(node.target) and ast.dump(node.target) not in started for node in counted)


def takes_turns(loop: LoopNode) -> bool:
    """Whether the loop counts the turns of a game or a talk, of which each goes on from the last one."""
    if isinstance(loop, ast.While):
        return _says(_TURN_NAME, loop.test)
    is_counted = isinstance(loop.iter, ast.Call) and _name(loop.iter.func) in {"range", "count"}
    return is_counted and (_says(_TURN_NAME, loop.target) or _says(_TURN_NAME, loop.iter))


def is_handful(node: ast.expr) -> bool:
    """Whether an iterable is a literal of two or three constants (a dict's keys): a few tries, no collection."""
    elements = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else None
    if isinstance(node, ast.Dict):
        elements = [key for key in node.keys if key is not None]
        if len(elements) < len(node.keys):
            return False
    return elements is not None and 0 < len(elements) <= HANDFUL and all(map(_is_constant, elements))


def is_short(
    iterated: ast.expr,
    bound: Callable[[ast.expr], ast.expr],
    number: Callable[[ast.expr], float | None],
    requests: Callable[[], int] = lambda: 1,
) -> bool:
    """Whether a loop has a few turns or one for each of given things, rather than as many steps as it is allowed.

    `bound` gives what a name stands for, and `number` how many what is neither a name nor written out is: of what is
    called a maximum that is as many as it is allowed. A text has as many parts as it has. `requests`: how many follow
    each other in a turn, of those that are counted.
    """
    while isinstance(iterated, ast.Subscript) and isinstance(iterated.slice, ast.Slice):
        iterated = iterated.value
    iterated = bound(iterated)
    if isinstance(iterated, ast.ListComp | ast.GeneratorExp):
        return is_short(iterated.generators[0].iter, bound, number, requests)
    if is_split(iterated):
        return False
    if not isinstance(iterated, ast.Call) or not iterated.args:
        return True
    name = _name(iterated.func)
    if name in _PASSING:
        return is_short(iterated.args[0], bound, number, requests)
    given = iterated.args[1 if len(iterated.args) > 1 else 0]
    end = bound(given)
    if name != "range" or (isinstance(end, ast.Call) and isinstance(end.func, ast.Name) and end.func.id == "len"):
        return True
    turns = end.value if isinstance(end, ast.Constant) else None if _says(_MOST, given) else number(end)
    return isinstance(turns, int | float) and turns <= _ROUNDS and turns * requests() <= _ROUNDS


def is_split(node: ast.expr) -> bool:
    """Whether the expression splits a text, wherever it says so: `plan.splitlines()`, `splitter.split_text(page)`."""
    if isinstance(node, ast.Call) and _CUTTING.search(_name(node.func)):
        return True
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in _SPLITS:
        return False
    return len(node.args) + len(node.keywords) < 2 or _name(node.func.value) == "re"


def is_rounds(iterated: ast.expr, number: Callable[[ast.expr], float | None]) -> bool:
    """Whether a loop counts a few rounds, by their number or, where nothing tells it, by its name."""
    if isinstance(iterated, ast.Call) and _name(iterated.func) in _PASSING and iterated.args:
        return is_rounds(iterated.args[0], number)
    if not isinstance(iterated, ast.Call) or _name(iterated.func) != "range" or not iterated.args:
        return False
    end = iterated.args[1 if len(iterated.args) > 1 else 0]
    turns = end.value if isinstance(end, ast.Constant) else number(end)
    return turns <= _ROUNDS if isinstance(turns, int | float) else _says(_ROUND_NAME, end)


def condenses(loop: ast.While) -> bool:
    """Whether each turn makes less of what there is, until it is no more than allowed: `while len(notes) > most`.

    What else the loop may end at (`and rounds < 9`) makes the rounds no more.
    """
    made = (n for s in loop.body for n in walk(s) if isinstance(n, ast.Assign))
    given = {n.id for assigned in made for target in assigned.targets for n in walk(target) if isinstance(n, ast.Name)}
    return any(not given.isdisjoint(_measured(test)) for test in conjuncts(loop.test))


def _measured(test: ast.expr) -> set[str]:
    """The names of what the test asks to be more than is allowed."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Gt | ast.GtE):
        return set()
    size, most = test.left, test.comparators[0]
    # What runs until nothing is left works a list of things to do down.
    if not isinstance(size, ast.Call) or (isinstance(most, ast.Constant) and most.value in (0, 1)):
        return set()
    return {node.id for argument in size.args for node in walk(argument) if isinstance(node, ast.Name)}


def counts(loop: ast.While) -> bool:
    """Whether the loop ends at a number that its body counts up or down: in its test, an assertion or a way out."""
    names = {node.id for test in (loop.test, *_ends(loop.body)) for node in walk(test) if isinstance(node, ast.Name)}
    return any(name in names for statement in loop.body for node in walk(statement) for name in _counted(node))


def _ends(body: list[ast.stmt]) -> Iterator[ast.expr]:
    """The tests in each turn that end the loop at what they look at, whatever else is so: `assert tries < 5`."""
    for statement in _straight(body):
        if isinstance(statement, ast.Assert) or (
            isinstance(statement, ast.If)
            and isinstance(statement.test, ast.Compare)
            and any(isinstance(each, ast.Break | ast.Return | ast.Raise) for each in statement.body)
        ):
            yield statement.test


def _counted(node: ast.AST) -> Iterator[str]:
    """The name of what the statement counts: `tries += 1`, `tries = tries + 1`."""
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and isinstance(node.value, ast.Constant):
        yield node.target.id
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp) and len(node.targets) == 1:
        target, left = node.targets[0], node.value.left
        is_same = isinstance(target, ast.Name) and isinstance(left, ast.Name) and target.id == left.id
        if is_same and isinstance(target, ast.Name) and isinstance(node.value.right, ast.Constant):
            yield target.id


def _gone_through(iterated: ast.expr) -> Iterator[ast.expr]:
    """What the loop's values come from, without what only tells of its progress."""
    if isinstance(iterated, ast.Call) and _name(iterated.func) in _PASSING:
        for argument in iterated.args:
            yield from _gone_through(argument)
    else:
        yield iterated


def _name(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""


def _is_emptied(loop: ast.While) -> bool:
    """Whether the loop runs while an object's collection holds something, and takes it out: `self.queue.pop()`."""
    taken = (n.func.value for s in loop.body for n in walk(s) if isinstance(n, ast.Call) and _takes(n.func))
    return isinstance(loop.test, ast.Attribute) and any(ast.dump(loop.test) == ast.dump(each) for each in taken)


def _takes(func: ast.expr) -> TypeGuard[ast.Attribute]:
    return isinstance(func, ast.Attribute) and func.attr in {"pop", "popleft"}


def _is_constant(node: ast.expr) -> bool:
    """Whether a literal, or a name that is written as a constant's."""
    return isinstance(node, ast.Constant | ast.JoinedStr) or (isinstance(node, ast.Name) and node.id.isupper())


def _mentions_retry(node: ast.expr) -> bool:
    return _says(_RETRY_NAME, node)


def _says(pattern: re.Pattern[str], node: ast.expr) -> bool:
    return any(
        pattern.search(name)
        for inner in walk(node)
        for name in (
            [inner.id] if isinstance(inner, ast.Name) else [inner.attr] if isinstance(inner, ast.Attribute) else []
        )
    )


def _is_small_range(node: ast.expr) -> bool:
    return _is_range(node) and all(map(_is_small_constant, node.args))


def _is_range(node: ast.expr) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"


def _is_small_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value <= _FEW


def has_few_turns(loop: ast.AST) -> bool:
    """Whether the loop counts a few turns, each of which can go through all items: `for _ in range(PASSES)`."""
    if not isinstance(loop, ast.For):
        return False
    if isinstance(loop.iter, ast.List | ast.Tuple):
        return len(loop.iter.elts) <= _FEW
    return _is_range(loop.iter) and all(map(_is_small_number, loop.iter.args))


def _is_small_number(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_small_number(node.left) and _is_small_number(node.right)
    if isinstance(node, ast.Name | ast.Attribute):
        name = node.id if isinstance(node, ast.Name) else node.attr
        return name.isupper() or bool(_ROUND_NAME.search(name))
    return _is_small_constant(node)


def _is_unused(target: ast.expr, body: list[ast.stmt]) -> bool:
    """Whether the number of the turn is only told or slept by, if anything."""
    if not isinstance(target, ast.Name):
        return False
    told = {id(n) for s in body for call in walk(s) if _is_told(call) for n in _outside_calls(call)}
    read = any(isinstance(n, ast.Name) and n.id == target.id and id(n) not in told for s in body for n in walk(s))
    return target.id.startswith("_") or (target.id in {"i", "n"} and not read)


def _outside_calls(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a call, but in no other call in it."""
    for child in children(node):
        if not isinstance(child, ast.Call):
            yield child
            yield from _outside_calls(child)


def _is_told(node: ast.AST) -> bool:
    func = node.func if isinstance(node, ast.Call) else None
    return (isinstance(func, ast.Name) and func.id == "print") or (
        isinstance(func, ast.Attribute) and func.attr in _TELLING
    )


def ends_at_first_success(body: list[ast.stmt], leaves: tuple[type, ...] = (ast.Return, ast.Break)) -> bool:
    """Whether the straight path leaves the loop: a `return` or `break` under no condition, or on each side of one.

    So does a `return` of that kind in a loop of it: that tries several things in each of a few rounds.
    """
    return any(
        isinstance(statement, leaves)
        or (isinstance(statement, _LOOPS) and ends_at_first_success(statement.body, (ast.Return,)))
        or (
            isinstance(statement, ast.If)
            and ends_at_first_success(statement.body, leaves)
            and ends_at_first_success(statement.orelse, leaves)
        )
        for statement in _straight(body)
    )


def _straight(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        if isinstance(statement, ast.Try):
            yield from _straight(statement.body)
            yield from _straight(statement.orelse)
        elif isinstance(statement, ast.With | ast.AsyncWith):
            yield from _straight(statement.body)
