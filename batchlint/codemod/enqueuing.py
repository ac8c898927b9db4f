"""How tasks are put into their queue one by one, read off the code: in loops, comprehensions, groups and chunks."""

from __future__ import annotations

import ast
import io
import tokenize
from typing import TYPE_CHECKING

from batchlint.codemod import scopes
from batchlint.codemod.access import OUTSIDE, Frame
from batchlint.codemod.blocks import changed
from batchlint.codemod.changes import EnqueueChange
from batchlint.codemod.effects import LOG_RECEIVERS, PLAIN
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionFacts
from batchlint.symbols import last_name
from batchlint.trees import walk
from batchlint.values import Ext

if TYPE_CHECKING:
    from batchlint.codemod.planner import Planner

SENDING = frozenset({"delay", "apply_async", "delay_on_commit", "apply_async_on_commit"})
_SIGNATURES = frozenset({"s", "si"})
ROUTING = frozenset({"queue", "routing_key", "exchange", "priority", "serializer", "compression", "ignore_result"})
"""Options of a task and of its sending that mean the same for all items together."""
_LOOPS = ast.For | ast.AsyncFor | ast.While | ast.comprehension | ast.ListComp | ast.SetComp | ast.GeneratorExp
_IN_MEMORY = frozenset({"append", "add", "extend", "update", "setdefault", "discard", "insert"})
_CHANGES = _IN_MEMORY | {"clear", "pop", "popitem", "popleft", "appendleft", "remove", "sort", "reverse"}

_PLAIN = frozenset({"int", "float", "bool", "len", "list", "dict", "tuple", "set", "get", "isoformat", "model_dump"})
"""Calls, beside those that give the same everywhere, that do nothing but give a value."""


class Enqueuing:
    """Reads one way of enqueuing; Refused where it is more than that."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.program = planner.graph.program

    def change(
        self, caller: FunctionFacts, call: ast.Call, task: FunctionFacts, together: str, is_bound: bool
    ) -> tuple[ast.AST, EnqueueChange]:
        """The statement or loop that enqueues, and what becomes of it."""
        trail = scopes.path_to(caller.node, call)
        place = next((n for n in reversed(trail) if isinstance(n, ast.stmt)), None)
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if not isinstance(place, ast.Expr):
            if self.is_dropped(caller, call):
                raise self.single(caller, call, task)
            raise Refused("unsupported-shape", f"what enqueuing gives is used (line {call.lineno}); drop it")
        if comment := _comment(self.text(caller, place.value)):
            raise Refused("unsupported-shape", f"`{comment}` stands within the enqueuing; put it above")
        change = EnqueueChange(together, task.id, self._receiver(call, together))
        if name in SENDING:
            change.item = self._item(caller, call, task, is_bound)
            change.options = self._options(caller, call, name, self._varying(trail, place))
            change.on_commit = name.endswith("_on_commit")
            if place.value is call:
                return self._loop(caller, call, trail, place, change)
            comprehension = place.value
            if isinstance(comprehension, ast.ListComp | ast.SetComp) and comprehension.elt is call:
                return place, change
        elif name in _SIGNATURES:
            change.item = self._item(caller, call, task, is_bound)
            change.options = self._sent_group(caller, call, place.value)
            return place, change
        elif name == "chunks":
            change.options = self._sent(caller, call, place.value)
            if len(call.args) == 2 and not call.keywords:
                change.whole = self.text(caller, call.args[0])
                return place, change
        raise Refused("unsupported-shape", f"line {call.lineno} enqueues in no way that the rewrite knows")

    def is_alone(self, caller: FunctionFacts, call: ast.Call) -> bool:
        """Whether the call enqueues one task, and stands in no loop of its function."""
        around = scopes.path_to(caller.node, call)
        if last_name(call.func) not in SENDING or any(isinstance(n, _LOOPS) for n in around):
            return False
        return self.is_dropped(caller, call) or not any(isinstance(n, ast.Lambda) for n in around)

    def is_dropped(self, caller: FunctionFacts, call: ast.Call) -> bool:
        """Whether the call enqueues one task and nothing takes what that gives, also in `on_commit`."""
        trail = scopes.path_to(self.planner.graph.modules[caller.id.path].tree, call)
        if last_name(call.func) not in SENDING:
            return False
        index = max(i for i, node in enumerate(trail) if isinstance(node, ast.stmt))
        place, inside = trail[index], trail[index + 1 :]
        if not isinstance(place, ast.Expr):
            return False
        if isinstance(place.value, ast.ListComp | ast.SetComp):
            return place.value.elt is call
        committed = [*inside[:2], call]
        return place.value is call or (
            isinstance(committed[0], ast.Call)
            and last_name(committed[0].func) == "on_commit"
            and isinstance(committed[1], ast.Lambda)
            and committed[1].body is call
        )

    @staticmethod
    def single(caller: FunctionFacts, call: ast.Call, task: FunctionFacts) -> Refused:
        where = f"{caller.id.path}:{call.lineno}"
        return Refused("single-events", f"`{task.id.qualname}` is enqueued for one event at a time ({where})")

    # -- loops
    def _loop(
        self, caller: FunctionFacts, call: ast.Call, trail: list[ast.AST], place: ast.Expr, change: EnqueueChange
    ) -> tuple[ast.AST, EnqueueChange]:
        index = next(
            (i for i, n in reversed(list(enumerate(trail))) if isinstance(n, ast.For | ast.AsyncFor | ast.While)), None
        )
        if index is None:
            raise self.single(caller, call, self.planner.graph.function(change.task))
        loop = trail[index]
        between = [n for n in trail[index + 1 :] if n is not place]
        if not isinstance(loop, ast.For) or not all(isinstance(n, ast.If) for n in between):
            raise Refused(
                "unsupported-shape", f"line {call.lineno} enqueues within more than a `for` loop and its conditions"
            )
        if loop.body == [place] and not loop.orelse:
            return loop, change
        change.items = self.planner.fresh(caller.id.path, f"{change.task.qualname}_items")
        change.call = self.planner.place(caller.id.path, call)
        beside = [n for s in loop.body for n in walk(s) if isinstance(n, ast.stmt) and n is not place]
        self._check_handed(loop, call)
        self._check_effects(caller, loop, beside)
        change.guarded = self._may_end_early(loop, beside)
        return loop, change

    @staticmethod
    def _check_handed(loop: ast.For, call: ast.Call) -> None:
        """A message is written when it is sent: what all items share must not change until all are sent together."""
        shared = scopes.read(call) - scopes.bound([loop])
        for node in (n for statement in loop.body for n in walk(statement)):
            each = changed(node, _CHANGES)
            if isinstance(each, ast.Name) and each.id in shared:
                what = f"`{each.id}` is one object for all tasks, changed for each (line {each.lineno})"
                raise Refused("unsupported-shape", f"{what}; make one for each")

    def _check_effects(self, caller: FunctionFacts, loop: ast.For, beside: list[ast.stmt]) -> None:
        """A crash in the loop must not leave an effect whose task was never enqueued."""
        if self.planner.unsafe:
            return
        frame = Frame(caller, scopes.bound(loop.body))
        for statement in beside:
            accesses = self.planner.reader.simple(statement, frame)
            outside = any(a.how != "read" and a.channel[0] in OUTSIDE | {"call"} for a in accesses)
            if outside or self._calls_something(caller, statement):
                raise Refused(
                    "order-of-effects", f"the loop that enqueues has another effect in line {statement.lineno}"
                )

    def _calls_something(self, caller: FunctionFacts, statement: ast.stmt) -> bool:
        """Whether the statement is a call for its effect, other than on a collection or a log."""
        value = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(value, ast.Call) or _is_log(value):
            return False
        return not (isinstance(value.func, ast.Attribute) and value.func.attr in _IN_MEMORY)

    @staticmethod
    def _may_end_early(loop: ast.For, beside: list[ast.stmt]) -> bool:
        """Whether the loop can leave its function with tasks enqueued: by an error, or by `return`."""
        if any(isinstance(s, ast.Return | ast.Raise) for s in beside):
            return True
        calls = [n for s in beside for n in walk(s) if isinstance(n, ast.Call)]
        return any(not _is_log(call) for call in calls)

    # -- groups and chunks
    def _sent_group(self, caller: FunctionFacts, call: ast.Call, value: ast.expr) -> str:
        """The options with which `group(task.s(x) for x in xs)` is sent."""
        group = next((n for n in walk(value) if isinstance(n, ast.Call) and _holds(n, call)), None)
        paths = {v.path for v in self.program.eval(caller.id, group.func) if isinstance(v, Ext)} if group else set()
        if group is None or group.keywords or not paths & {"celery.group", "celery.canvas.group"}:
            raise Refused(
                "unsupported-shape",
                f"line {call.lineno} builds a workflow of tasks that wait for each other; enqueue them one by one",
            )
        return self._sent(caller, group, value)

    def _sent(self, caller: FunctionFacts, signature: ast.Call, value: ast.expr) -> str:
        """The options with which a signature is sent, by a call or by `delay` and `apply_async`."""
        if isinstance(value, ast.Call) and value.func is signature and not value.args and not value.keywords:
            return ""
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.value is signature:
            name = value.func.attr
            if not value.args and (name == "apply_async" or (name == "delay" and not value.keywords)):
                return self._options(caller, value, name, set())
        raise Refused("unsupported-shape", f"line {value.lineno} enqueues in no way that the rewrite knows")

    # -- arguments
    def _item(self, caller: FunctionFacts, call: ast.Call, task: FunctionFacts, is_bound: bool) -> str:
        """The arguments of one task, as the text of a tuple."""
        args, keywords = self._arguments(call)
        if isinstance(args, ast.expr):
            if keywords:
                raise Refused("unsupported-shape", f"`args` in line {call.lineno} is a variable; write its items out")
            return self.text(caller, args)
        if named := next((a.arg for a in task.arguments.kwonlyargs if a.arg in keywords), "") if task.arguments else "":
            what = f"`{task.name}` takes `{named}` by its name alone, and the task for all hands on by place"
            raise Refused("unsupported-shape", f"{what} (line {call.lineno}); take the `*` away")
        texts = [self.text(caller, arg) for arg in args]
        given_in_order = [*args]
        parameters = task.parameters[1:] if is_bound else task.parameters
        names = [p.arg for p in parameters]
        last = max((names.index(k) for k in keywords if k in names), default=-1)
        for position in range(len(texts), last + 1) if set(keywords) <= set(names) else ():
            given = keywords.pop(names[position], None)
            default = task.default(names[position])
            if given is not None:
                texts.append(self.text(caller, given))
                given_in_order.append(given)
            elif isinstance(default, ast.Constant):
                texts.append(self.text(task, default))
        if keywords or (last >= 0 and (len(texts) != last + 1 or any(isinstance(a, ast.Starred) for a in args))):
            raise Refused(
                "unsupported-shape", f"the arguments in line {call.lineno} do not match `{task.name}` one by one"
            )
        if _is_reordered(given_in_order):
            what = f"the arguments in line {call.lineno} are worked out in another order than `{task.name}` takes them"
            raise Refused("order-of-effects", f"{what}; give them in its order")
        return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"

    def _arguments(self, call: ast.Call) -> tuple[list[ast.expr] | ast.expr, dict[str, ast.expr]]:
        given = {k.arg: k.value for k in call.keywords}
        if None in given:
            raise Refused("unsupported-shape", f"arguments are handed over as `**` in line {call.lineno}")
        if not last_name(call.func).startswith("apply_async"):
            return list(call.args), {str(name): value for name, value in given.items()}
        args: ast.expr | None = call.args[0] if call.args else given.get("args")
        more = call.args[1] if len(call.args) > 1 else given.get("kwargs")
        keywords: dict[str, ast.expr] = {}
        if isinstance(more, ast.Dict) and all(isinstance(k, ast.Constant) for k in more.keys):
            keywords = {
                str(k.value): v for k, v in zip(more.keys, more.values, strict=True) if isinstance(k, ast.Constant)
            }
        elif more is not None:
            raise Refused("unsupported-shape", f"`kwargs` in line {call.lineno} is a variable; write its items out")
        if args is None or isinstance(args, ast.Tuple | ast.List):
            return list(args.elts) if args is not None else [], keywords
        return args, keywords

    def _options(self, caller: FunctionFacts, call: ast.Call, name: str, varying: set[str]) -> str:
        """The text of the options that hold for all items, behind a comma each."""
        found = ""
        if not name.startswith("apply_async"):
            return found
        for keyword in call.keywords:
            if keyword.arg in {"args", "kwargs"}:
                continue
            if keyword.arg not in ROUTING | {"countdown"}:
                raise Refused("unsupported-shape", f"`{keyword.arg}` in line {call.lineno} is meant for one task")
            if scopes.read(keyword.value) & varying:
                raise Refused(
                    "unsupported-shape",
                    f"`{keyword.arg}` in line {call.lineno} differs from item to item; a batch starts them together",
                )
            found += f", {keyword.arg}={self.text(caller, keyword.value)}"
        return found

    @staticmethod
    def _receiver(call: ast.Call, together: str) -> str:
        """The task for all items, named as the call names the task."""
        task = call.func.value if isinstance(call.func, ast.Attribute) else None
        return f"{ast.unparse(task.value)}.{together}" if isinstance(task, ast.Attribute) else together

    def text(self, function: FunctionFacts, node: ast.expr) -> str:
        """The expression as it stands in the function's file."""
        return self.planner.graph.modules[function.id.path].segment(node)

    @staticmethod
    def _varying(trail: list[ast.AST], place: ast.stmt) -> set[str]:
        loops = [n for n in trail if isinstance(n, ast.For)]
        comprehensions = [n for n in trail if isinstance(n, ast.ListComp | ast.SetComp | ast.GeneratorExp)]
        targets = [g.target for n in comprehensions for g in n.generators]
        return scopes.bound(loops) | {n.id for t in targets for n in walk(t) if isinstance(n, ast.Name)}


def _comment(text: str) -> str | None:
    """The first comment in an expression, if it has one."""
    tokens = tokenize.generate_tokens(io.StringIO(f"({text})").readline)
    return next((token.string for token in tokens if token.type == tokenize.COMMENT), None)


def _is_reordered(given: list[ast.expr]) -> bool:
    """Whether a call that may do something, one of the values, comes before what stands before it, or behind it."""
    written = sorted(given, key=lambda value: (value.lineno, value.col_offset))
    moved = [value for value, other in zip(given, written, strict=True) if value is not other]
    counting = [value for value in moved if not isinstance(value, ast.Constant | ast.Name)]
    acting = [n for value in counting for n in walk(value) if isinstance(n, ast.Call | ast.Await | ast.NamedExpr)]
    does = any(not isinstance(n, ast.Call) or last_name(n.func) not in PLAIN | _PLAIN for n in acting)
    return does and len(counting) > 1


def _holds(group: ast.Call, call: ast.Call) -> bool:
    """Whether the group's argument is a comprehension over the call."""
    argument = group.args[0] if len(group.args) == 1 else None
    if isinstance(argument, ast.Starred):
        argument = argument.value
    return isinstance(argument, ast.ListComp | ast.GeneratorExp) and argument.elt is call


def _is_log(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in {"print", "len", "str", "int", "repr"}
    return isinstance(call.func, ast.Attribute) and LOG_RECEIVERS.search(ast.unparse(call.func.value)) is not None
