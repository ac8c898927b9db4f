"""What objects of an item's own were given: `Item(text, LOG)` makes a new object, whose log is everybody's."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from batchlint.codemod.access import Channel, Frame
from batchlint.facts import MODULE, ClassId, FunctionId
from batchlint.values import Inst

if TYPE_CHECKING:
    from batchlint.codemod.paths import Paths


class GivenOnes:
    """Finds the channels behind their attributes."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._around: dict[FunctionId, set[FunctionId]] = {}
        self._is_given: dict[ClassId, bool] = {}

    def to(self, node: ast.Attribute, frame: Frame) -> set[Channel]:
        """The channels of what the attribute holds, where the object itself is nobody else's."""
        holder = self._holder(node.value, frame)
        found = self._paths.stored.channels(node, frame.function, {holder} if holder else set())
        found = {channel for channel in found if not holder or channel[: len(holder)] != holder}
        return {channel for channel in found if self._is_shared(channel, _outermost(frame))} if found else found

    def told(self, given: dict[str, ast.expr], receiver: ast.expr | None, caller: Frame) -> object:
        """Equal for two calls of a function whose own objects were given the same."""
        handed = [*given.items(), *([("", receiver)] if receiver is not None else [])]
        places = [(name, self._holder(each, caller)) for name, each in handed if self._may_be_given(each, caller)]
        return (_outermost(caller).number, tuple(places)) if places else None

    def _may_be_given(self, node: ast.expr, frame: Frame) -> bool:
        if not isinstance(node, ast.Name | ast.Attribute):
            return False
        values = self._paths.program.eval(frame.function.id, node)
        return any(isinstance(v, Inst) and self._of_class(v.id) for v in values)

    def _of_class(self, klass: ClassId) -> bool:
        if klass not in self._is_given:
            self._is_given[klass] = self._paths.stored.is_given(klass)
        return self._is_given[klass]

    @staticmethod
    def _holder(node: ast.expr, frame: Frame) -> Channel:
        """The variable in which the object was put when it was made."""
        at: Frame | None = frame
        while isinstance(node, ast.Name) and at is not None:
            function = at.function
            if node.id not in function.parameter_names:
                return ("v", function.id.path, function.id.qualname, node.id) if node.id in at.local else ()
            own = function.parameters[0].arg if function.owner is not None and function.parameters else ""
            given = at.receiver if node.id == own else at.given.get(node.id)
            if given is None:
                break
            node, at = given, at.caller
        return ()

    def _is_shared(self, channel: Channel, outermost: Frame) -> bool:
        """Whether other items have the variable too: what a function below the loop makes is the item's own."""
        owner = FunctionId(channel[1], channel[2])
        if owner.qualname == MODULE or owner not in self._paths.program.functions:
            return True
        if owner == outermost.function.id:
            return channel[3] not in outermost.local
        return owner in self._running(outermost.function.id)

    def _running(self, id: FunctionId) -> set[FunctionId]:
        """The functions that run while the function does: those around its text, and those that call it."""
        if id not in self._around:
            program, found, stack = self._paths.program, set[FunctionId](), [id]
            while stack:
                each = stack.pop()
                if each in found or each not in program.functions:
                    continue
                found.add(each)
                parent = program.functions[each].parent
                stack += [FunctionId(each.path, parent)] if parent else []
                stack += [edge.caller for edge in self._paths.graph.edges_to(each)]
            self._around[id] = found
        return self._around[id]


def _outermost(frame: Frame) -> Frame:
    """The frame of the item itself."""
    while frame.caller is not None:
        frame = frame.caller
    return frame
