"""`--strategy flex`: the provider's slower synchronous tier, which is one argument of the call."""

from __future__ import annotations

import ast
import json
from fnmatch import fnmatch

from batchlint.codemod.changes import Fanout
from batchlint.codemod.planner import Planner
from batchlint.codemod.refusals import Refused
from batchlint.facts import FunctionId
from batchlint.graph import Graph, ModelCall
from batchlint.values import Text


class Flex:
    """Plans the argument at the model calls that a site leads to."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.graph = planner.graph
        self.program = planner.graph.program

    def fanouts(self, function: FunctionId, node: ast.Call) -> list[Fanout]:
        """The changes for one call site; Refused where somebody waits for one of its model calls, or no tier exists."""
        models = self._below(function, node, set())
        if not models:
            raise Refused("no-flex-tier", "no model call was found below the call")
        return [self._changed(model) for model in models]

    def _below(self, function: FunctionId, node: ast.Call, seen: set[FunctionId]) -> list[ModelCall]:
        model = self.planner.support.models.get(id(node))
        if model is not None:
            return [model]
        targets = self.planner.support.converts(function, node)
        entered = [t.id for t in targets if t.id not in seen] if isinstance(targets, tuple) else []
        seen.update(entered)
        return [m for id in entered for call in self.graph.function(id).calls for m in self._below(id, call.node, seen)]

    def _changed(self, model: ModelCall) -> Fanout:
        call, where = model.node, f"(line {model.node.lineno})"
        tier = self.program.catalogue.flex(model.provider)
        if tier is None or "." in tier.argument:
            raise Refused("no-flex-tier", f"no flex tier that one argument selects on record for {model.provider}")
        if self.graph.is_live(model.function):
            raise Refused("live-consumer", f"somebody waits for `{Graph.label(model.function)}`")
        if model.stream:
            raise Refused("streaming")
        names = {keyword.arg for keyword in call.keywords}
        if tier.argument in names:
            raise Refused("no-flex-tier", f"the call names its `{tier.argument}` already {where}")
        if None in names:
            raise Refused("no-flex-tier", f"the arguments {where} are handed over as `**`; add `{tier.argument}` there")
        wanted = next((keyword.value for keyword in call.keywords if keyword.arg == "model"), None)
        values = self.program.eval(model.function, wanted) if wanted is not None else frozenset()
        texts = [value.text for value in values if isinstance(value, Text)]
        unfit = next((t for t in texts if not any(fnmatch(t, pattern) for pattern in tier.models)), None)
        if not texts or unfit is not None:
            shown = f"`{unfit}`" if unfit is not None else "a model that only the run knows"
            raise Refused("no-flex-tier", f"the tier has {', '.join(tier.models)}, and the call {where} asks {shown}")
        fanout = Fanout(model.function, call)
        place = self.planner.place(model.function.path, call)
        fanout.file(model.function.path).keywords[place] = tier.argument, json.dumps(tier.value)
        return fanout
