"""In which round each access of an iteration happens: before a request, between requests, or after the last one.

A rewritten loop runs the part of every item before its first request first, then all answers come, and so on. What
would happen in another order is kept in order by barriers, or is a reason to refuse.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from batchlint.codemod import emptied, folders, scopes
from batchlint.codemod.access import CONTENT, MARK, OUTSIDE, STDOUT, STORE, Access, Channel, Frame, in_terms_of
from batchlint.codemod.blocks import Comprehension
from batchlint.codemod.conditions import can_be_hoisted
from batchlint.codemod.effects import EXTERNAL_LISTS, EXTERNAL_READS, FILE_LIST, FILE_READ
from batchlint.codemod.folders import LISTED
from batchlint.codemod.layout import Converts, Layout
from batchlint.codemod.paths import unnamed
from batchlint.codemod.reader import Reader
from batchlint.codemod.refusals import Refused
from batchlint.codemod.steps import MANY, Step
from batchlint.codemod.turn_keys import is_one, named_in
from batchlint.symbols import last_name
from batchlint.trees import walk

__all__ = ["MANY", "Barrier", "Phases", "Step", "lifted"]
_READING = FILE_READ | FILE_LIST | {"open"}
_OPENING = frozenset(path.rpartition(".")[2] for path in EXTERNAL_READS | EXTERNAL_LISTS)
"""What reads the file of a path, as a method of the path or with it."""

_FORGETFUL = "run_in_executor"
"""What runs a function where it is not known which item prints."""
_LOOSE = frozenset({"call", "random", "stdout"})
"""What may come in another order where the user allows it."""
_ROWS = frozenset({"sql", STORE})
"""What is made of rows, each with a key of its own."""
_KEYED = OUTSIDE | {"v"}
"""What is known by keys, under which items can wait for each other."""
_ORDERED = _LOOSE | {"transaction"}


@dataclass(slots=True)
class Barrier:
    """`yield in_turn(key)` before a statement: of a function, or of the loop body (`function` None)."""

    frame: Frame
    statement: ast.stmt
    key: str | None
    inside: bool = False
    """Whether it stands between the statement's requests and what the statement does with the answers."""


class Phases(Layout):
    """Finds what of an iteration would happen in another order."""

    def __init__(
        self, reader: Reader, converts: Converts, parallel: Iterable[ast.AST] = (), *, is_async: bool = False
    ) -> None:
        """`parallel`: nested loops whose iterations join the same rounds. `is_async`: whether items are coroutines."""
        super().__init__(reader, converts, parallel, is_async=is_async)
        self.lost: set[Channel] | None = None
        """What nobody sees after an error, where items after one that fails go on once their answers are there."""
        self.parked: list[ast.stmt] = []
        """Statements in front of which an item waits for earlier ones with an equal key."""
        self.allowed: list[str] = []
        """What is only rewritten because `--unsafe-fixes` was given."""

    def asks(self, statement: ast.stmt, frame: Frame) -> bool:
        """Whether requests are made in the statement itself; Refused where its answers cannot be stored first."""
        calls = [call for call, _ in self._calls(statement, frame)]
        found = bool(calls)
        if found and not can_be_hoisted(statement, calls):
            what = f"line {statement.lineno} asks and has an effect at once; store the answer first"
            raise Refused("order-of-effects", what)
        return found

    def keep_output(self) -> bool:
        """Have the driver keep what items print for their turns, if they print: whether it has to."""
        printing = [step for step in self.steps if any(a.channel == STDOUT for a in step.accesses)]
        handed = (n for step in self.steps if step.statement is not None for n in walk(step.statement))
        if any(isinstance(n, ast.Call) and last_name(n.func) == _FORGETFUL for n in handed):
            return False
        if self.steps[0] in printing:  # all items are drawn before the first one runs
            return False
        for step in printing:
            step.leave_out(STDOUT)
        return bool(printing)

    def judge(self, unsafe: bool) -> list[Barrier]:
        """The barriers that keep the order of effects; Refused where none can."""
        try:
            return self._judged(unsafe)
        except Refused as refused:
            refused.lines_in = self._home
            raise

    @property
    def _home(self) -> str:
        """The file of the loop."""
        return self.steps[0].frame.function.id.path

    def _at(self, step: Step, access: Access) -> str:
        """Where the access stands, as one says it of the loop's file."""
        path = access.path or step.frame.function.id.path
        return f"line {access.line}" if path == self._home else f"{path}:{access.line}"

    def _both(self, step: Step, access: Access, other: Step, opposite: Access) -> str:
        """Where the two stand."""
        places = self._at(step, access), self._at(other, opposite)
        if all(place.startswith("line ") for place in places) and access.line != opposite.line:
            return f"lines {access.line} and {opposite.line}"
        return " and ".join(dict.fromkeys(places))

    def _judged(self, unsafe: bool) -> list[Barrier]:
        early = [s for s in self.steps if s.ahead and s.counts and s.request is None and s.accesses]
        late = [s for s in self.steps if not s.ahead and s.counts and s.accesses]
        barriers: dict[tuple[int, str | None], Barrier] = {}
        for step in early:
            met = [other for other in late if step.meets(other)]
            for access in step.accesses:
                for other in met:
                    for opposite in other.clashing(access):
                        if not self._keeps_order(step, access, other):
                            self._early_late((step, access), (other, opposite), barriers, unsafe)
        if self.is_async:
            self._drawn_first(early)
        self._emptied(early)
        self._middle(early, unsafe)
        self._parked(early)
        self._late(late, barriers)
        return [barrier for barrier in barriers.values() if not self._is_behind_another(barrier, barriers)]

    def _is_behind_another(self, barrier: Barrier, barriers: dict[tuple[int, str | None], Barrier]) -> bool:
        """Whether the item has had its turn on every way to the barrier: it keeps it from then on."""
        if barrier.key is not None or barrier.inside:
            return False
        scope, node = barrier.frame.function, cast("ast.AST", barrier.statement)
        for parent in reversed(scopes.path_to(scope.node, node)):
            others = [barriers.get((id(before), None)) for before in scopes.preceding(parent, node)]
            if any(other is not None for other in others):
                return True
            calls = (n for n in walk(parent) if isinstance(n, ast.Call))
            if isinstance(parent, ast.For | ast.AsyncFor | ast.While) and any(
                self.converts(scope.id, c) for c in calls
            ):
                return False  # its rounds may have turns of their own
            if (id(parent), None) in barriers:
                return True
            node = parent
        return False

    def _early_late(
        self,
        early: tuple[Step, Access],
        late: tuple[Step, Access],
        barriers: dict[tuple[int, str | None], Barrier],
        unsafe: bool,
    ) -> None:
        (step, access), (_, opposite) = early, late
        keyed = access.key is not None and _same_key(access, opposite) and _differs(access) and step.counts == {0}
        key = None
        # Rows that are made before and after requests would get other numbers.
        may_wait = access.how == "read" or (access.channel[0] in _ROWS and not opposite.adds)
        if keyed and step.statement is not None and access.channel[0] in _KEYED and may_wait:
            key = _key_of(access, step.statement, step.frame) or self._key_in(access, step.statement, step.frame)
            key = key or in_terms_of(access.key, step.frame, self._plain_names(step.frame))
            key = key or self._key_made(access, step.statement, step.frame)
            if access.channel[0] == "file":
                key = key or named_in(self.reader, access, step.frame)
        if key is not None and step.statement is not None and not _is_drawn_inside(key, step.statement):
            if access.held:
                return  # what fetched it waits
            barrier = Barrier(step.frame, step.statement, key)
            self.parked.append(step.statement)
            barriers.setdefault((id(step.statement), barrier.key), barrier)
            return
        here, where = self._at(*early), self._at(*late)
        if unsafe and access.how == "write" and access.channel[0] in _LOOSE | OUTSIDE:
            self.allowed.append(f"{access.name} ({here}) now comes before the answers of all items ({where})")
            return
        if access.how == "write" and opposite.how != "read" and access.channel[0] in _ORDERED:
            advice = "commit once, behind the loop" if access.channel[0] == "transaction" else ""
            what = f"{access.name} is used before the call ({here}) and after it ({where})"
            raise Refused("order-of-effects", what, advice)
        if access.channel[0] in OUTSIDE | {"service", "call", "random"}:
            folder, file = (access, opposite) if LISTED in access.channel else (opposite, access)
            if LISTED in folder.channel and file.how != "read":
                when = (f"before a request ({here})", f"after one ({where})")
                listed, written = when if folder is access else reversed(when)
                raise Refused(
                    "external-read-back",
                    f"{folder.name} is listed {listed}, and {file.name}, which may be in it, is written {written}",
                    "list it once before the loop, and note what comes in it",
                )
            raise _touched_around(access, here, opposite, where)
        verb, then = ("read" if each.how == "read" else "changed" for each in (access, opposite))
        raise Refused(
            "dependent-iterations",
            f"{access.name} is {verb} before the request ({here}) and {then} after an answer ({where})",
        )

    def _plain_names(self, frame: Frame) -> set[str]:
        """The names of the function around the items that mean the same throughout and are no module's."""
        function = frame.function
        bound = {name for name, bindings in function.bindings.items() if len(bindings) == 1}
        names = (bound | function.parameter_names - set(function.bindings)) - frame.local
        return {name for name in names if not self._is_read_of_a_module(name)}

    def _is_read_of_a_module(self, name: str) -> bool:
        """Whether a function reads a module's variable of the name."""
        homes = [module for module in self.reader.program.modules.values() if name in module.body.bindings]
        others = (each for module in homes for each in module.functions.values() if each is not module.body)
        inside = (each for each in others if name not in each.bindings and name not in each.parameter_names)
        return any(name in scopes.read(each.node) for each in inside) or any(module.stars for module in homes)

    def _key_made(self, access: Access, statement: ast.stmt, frame: Frame) -> str | None:
        """The key as a helper makes it of what it is handed, where to make it once more changes nothing."""
        if access.means is None or access.channel[0] != "v":
            return None
        own = frame.local | frame.function.parameter_names | set(frame.function.bindings)
        bound = sorted((own & frame.stable) - set(frame.definitions))  # also in front of the statement
        mine = {self.reader.meaning(ast.Name(name, ast.Load()), frame): name for name in bound}
        means = _in_names(access.means, mine)
        named = {n.id for n in ast.walk(ast.parse(means, mode="eval")) if isinstance(n, ast.Name)}
        known = {name for name in named - own if is_one(self.reader, frame, name)}
        text = in_terms_of(means, frame, self._plain_names(frame) | known | set(mine.values()))
        if text is None:
            return None
        made = ast.fix_missing_locations(ast.copy_location(ast.parse(text, mode="eval").body, statement))
        return text if all(each.how == "read" for each in self.reader.of(made, frame)) else None

    def _key_in(self, access: Access, statement: ast.stmt, frame: Frame) -> str | None:
        """The key as the statement hands it to a helper."""
        if access.means is None or access.channel[0] == "file":
            return None
        wanted = ast.parse(access.means, mode="eval").body
        parts = [
            ast.unparse(part) for part in (wanted.elts if access.row and isinstance(wanted, ast.Tuple) else [wanted])
        ]
        arguments = [
            a for n in walk(statement) if isinstance(n, ast.Call) for a in [*n.args, *(k.value for k in n.keywords)]
        ]
        found = {self.reader.meaning(a, frame): ast.unparse(a) for a in arguments if self.reader.key_text(a, frame)}
        return ", ".join(found[part] for part in parts) if all(part in found for part in parts) else None

    def _emptied(self, early: list[Step]) -> None:
        """Refuse files that stand empty while an item waits, and were read before."""
        read = [access for step in early for access in step.accesses]
        for step in early:
            node = step.statement
            if isinstance(node, ast.With) and not step.is_end and self.waits_inside(step.frame, node):
                emptied.check(self.reader, node, step.frame, read)

    def _drawn_first(self, early: list[Step]) -> None:
        """All coroutines are made before the first of them runs: what drawing an item touches comes before the rest."""
        drawing = self.steps[0]
        for step in early:
            for access, opposite in drawing.clashes(step) if step is not drawing else ():
                lines = f"({self._at(drawing, access)}) and by the items before it ({self._at(step, opposite)})"
                raise Refused("order-of-effects", f"{access.name} is used where an item is drawn {lines}")

    def _middle(self, early: list[Step], unsafe: bool) -> None:
        """Between two requests of an item lie other items' accesses of other rounds."""
        for step in early:
            for other in early:
                if step.counts == other.counts and len(step.counts) == 1 and MANY not in step.counts:
                    continue
                for access, opposite in step.clashes(other):
                    lines = f"({self._both(step, access, other, opposite)})"
                    if unsafe and access.channel[0] in _LOOSE:
                        self.allowed.append(f"{access.name} {lines} may come in another order")
                    elif not self._keeps_order(step, access, other) and not self._keeps_order(other, access, step):
                        what = f"{access.name} is used between one item's requests {lines}"
                        raise Refused("dependent-iterations", what, "let each item have its own")

    def _keeps_order(self, step: Step, access: Access, other: Step) -> bool:
        """Whether the keys of a tally come in the same order: no item gets to `other` but through `step`."""
        if access.how != "tally" or step is other:
            return False
        reached, pending = {0}, [0]
        while pending:
            index = pending.pop()
            if self.steps[index] is step:
                continue
            if self.steps[index] is other:
                return False
            pending += self.steps[index].next - reached
            reached |= self.steps[index].next
        return True

    def _parked(self, early: list[Step]) -> None:
        """Behind `in_turn(key)` an item goes on after later ones have begun: what it touches must not meet theirs."""
        places = {id(statement) for statement in self.parked}
        pending = [
            i for i, step in enumerate(self.steps) if step.statement is not None and id(step.statement) in places
        ]
        behind = set(pending)
        while pending:
            for following in self.steps[pending.pop()].next - behind:
                behind.add(following)
                pending.append(following)
        for step in [s for s in early if any(self.steps[i] is s for i in behind)]:
            for other in early:
                for access, opposite in step.clashes(other):
                    if not _same_key(access, opposite):
                        raise Refused(
                            "dependent-iterations",
                            f"{access.name} is used before the request ({self._both(step, access, other, opposite)})"
                            " by items that wait for each other",
                        )

    def _late(self, late: list[Step], barriers: dict[tuple[int, str | None], Barrier]) -> None:
        """After the last request: items that made fewer requests get here earlier, unless they wait for their turn."""
        clashing: list[Step] = []
        for step in late:
            lost = self.lost
            if lost is not None and any(a.how == "write" and a.channel[:4] not in lost for a in step.accesses):
                clashing.append(step)
                continue
            for other in late:
                if (
                    not self.parked
                    and not self.suspends
                    and step.counts == other.counts
                    and len(step.counts) == 1
                    and MANY not in step.counts
                ):
                    continue
                if any(step.clashes(other)):
                    clashing.append(step)
                    break
        if not clashing:
            return
        top = max(max(step.counts) for step in late)
        for step in clashing:
            if step.counts == {top} and top != MANY and not self.parked and not self.is_async:
                continue
            if step.is_end and step.statement is not None:
                what = f"the `with` in line {step.statement.lineno} has an effect when it ends"
                raise Refused("order-of-effects", what)
            if step.is_called and step.statement is not None:
                what = f"line {step.statement.lineno} calls what asks or has an effect"
                raise Refused("order-of-effects", what)
            if step.statement is not None:
                inside = self.asks(step.statement, step.frame)
                place = step.statement if inside else lifted(self, step.frame, step.statement)
                barriers.setdefault((id(place), None), Barrier(step.frame, place, None, inside))


def _touched_around(access: Access, here: str, opposite: Access, where: str) -> Refused:
    """Why a file, a table or the like cannot be touched before the requests of all items and after their answers."""
    early, late = ("read" if each.how == "read" else "written" for each in (access, opposite))
    then = "again " if early == late else f"{late} "
    what = f"{access.name} is {early} in {here} before a request and {then}after one ({where})"
    if early == "read":
        return Refused("external-read-back", what)
    if late == "written":
        return Refused("order-of-effects", what)
    return Refused("external-read-back", what, "let each item have its own")


def lifted(phases: Phases, frame: Frame, statement: ast.stmt) -> ast.stmt:
    """The `with` around the statement, where no request stands in it: nothing is held open while an item waits."""
    for parent in reversed(scopes.path_to(frame.function.node, statement)):
        if not isinstance(parent, ast.With):
            break
        calls = (n for n in walk(parent) if isinstance(n, ast.Call))
        is_around = frame.function is phases.function and parent.lineno < phases.first_line
        if is_around or any(phases.converts(frame.function.id, call) is not None for call in calls):
            break
        statement = parent
    return statement


def _same_key(a: Access, b: Access) -> bool:
    if a.channel[0] in _ROWS:
        # Every column that names the first row says the same of the second.
        return bool(a.row) and a.row <= b.row
    if a.channel[0] == "file":
        # Whoever writes into the folder waits under the name of the folder.
        return a.channel == b.channel or (LISTED in a.channel and folders.is_same(a.place, b.place))
    if b.channel[-1] == CONTENT and not a.asks:
        return False  # what is put into a list changes more of it than whether it is in there
    return a.means is not None and a.means == b.means


def _in_names(text: str, mine: Mapping[str, str]) -> str:
    """The expression with a name for each part of it that means what the name does."""

    class Named(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            name = mine.get(ast.unparse(node)) if isinstance(node, ast.expr) else None
            return ast.Name(name, ast.Load()) if name is not None else self.generic_visit(node)

    return ast.unparse(Named().visit(ast.parse(text, mode="eval").body))


def _differs(access: Access) -> bool:
    """Whether items may have different keys: where all have one, each would wait for the answer of the one before."""
    if access.channel[0] == "file":
        return True
    meanings = [value for _, value in access.row] if access.channel[0] in _ROWS else [access.means or ""]
    return any(MARK in meaning for meaning in meanings)


def _is_drawn_inside(key: str, statement: ast.stmt) -> bool:
    """Whether the key is in names that only a comprehension or a lambda of the statement binds."""
    inside: set[str] = set()
    for node in walk(statement):
        if isinstance(node, Comprehension | ast.Lambda):
            inside |= scopes.in_head(node)
    return bool(inside & scopes.read(ast.parse(key, mode="eval")))


def _key_of(access: Access, statement: ast.stmt, frame: Frame) -> str | None:
    """The key in the statement's own names; None where only a helper has names for it."""
    if access.channel[0] != "file":
        return access.key if access.frame == frame.number else in_terms_of(access.means, frame)
    # The path as the statement has it: the expanded text may name what is gone by then.
    is_here = access.path in {"", frame.function.id.path}
    calls = [n for n in walk(statement) if isinstance(n, ast.Call) and is_here and n.lineno == access.line]
    for node in calls:
        if (
            isinstance(node.func, ast.Attribute)
            and node.func.attr in _READING
            and not (isinstance(node.func.value, ast.Attribute) and node.func.value.attr == "path")
        ):
            return ast.unparse(unnamed(node.func.value))
    for node in sorted(calls, key=lambda call: last_name(call.func) not in _OPENING):
        if node.args:
            return ast.unparse(unnamed(node.args[0]))
    return in_terms_of(access.key, frame)
