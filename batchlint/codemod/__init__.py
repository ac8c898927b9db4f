"""From call sites to rewritten files: `plan` decides what each becomes or why it stays, `render` writes the texts."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from batchlint.codemod.changes import Fanout
from batchlint.codemod.events import COLLECTING
from batchlint.codemod.fanouts import Finder
from batchlint.codemod.flex import Flex
from batchlint.codemod.helper_places import HELPER
from batchlint.codemod.refusals import REFUSALS, EditedHelperError, Refusal, Refused
from batchlint.codemod.reviews import Review, reviews
from batchlint.facts import FunctionId
from batchlint.findings import CallSite
from batchlint.graph import Graph

__all__ = ["REFUSALS", "Edit", "EditedHelperError", "Plan", "Refusal", "Rendered", "Review", "plan", "render", "review"]

Key = tuple[str, int, int]


class Plan(NamedTuple):
    """What a call site becomes. `strategy`: batch, or flex."""

    strategy: str
    fanouts: tuple[Fanout, ...] = ()

    @property
    def notes(self) -> list[str]:
        """What to review, a sentence each."""
        return list(dict.fromkeys(note for fanout in self.fanouts for note in fanout.notes))


class Edit(NamedTuple):
    """A file's text before and after; `before` is empty for a new file."""

    path: str
    before: str
    after: str


def plan(
    graph: Graph,
    sites: Sequence[CallSite],
    *,
    unsafe: bool = False,
    strategy: str = "auto",
    collect: str = "poll",
    briefly: bool = False,
) -> dict[Key, Plan | Refusal]:
    """What each call site becomes, by path, line and column. `collect`: who notices the end of a batch.

    `briefly`: whether to leave the rest where much has been read: who lints does not wait for minutes.

    `strategy`: "auto" and "batch" leave tasks for single events; "outbox" and "celery-batches" say what collects them;
    "flex" takes the provider's slower synchronous tier.
    """
    finder = Finder(graph, unsafe, collect, strategy if strategy in COLLECTING else None, briefly=briefly)
    flex = Flex(finder.planner)
    nodes = _nodes(graph, {site.path for site in sites})
    plans: dict[Key, Plan | Refusal] = {}
    for site in sites:
        key = (site.path, site.line, site.column)
        found = nodes.get((*key, site.end_line, site.end_column))
        if found is None:
            plans[key] = Refused("unsupported-shape", "the call is not written as a call").refusal
            continue
        try:
            fanouts = flex.fanouts(*found) if strategy == "flex" else finder.fanouts(*found)
            plans[key] = Plan("flex" if strategy == "flex" else "batch", tuple(fanouts))
        except Refused as refused:
            plans[key] = refused.seen_from(site.path)
        except RecursionError:
            plans[key] = Refused("unsupported-shape", "the code around the call is nested too deeply").refusal
    return {**plans, **_displaced(graph, {key: plan for key, plan in plans.items() if isinstance(plan, Plan)})}


def _displaced(graph: Graph, plans: Mapping[Key, Plan]) -> dict[Key, Refusal]:
    """The plans whose helper has no place."""
    if not any(path.rpartition("/")[2] == f"{HELPER}.py" for path in graph.modules):
        return {}
    from batchlint.codemod.writing import others_place

    found: dict[Key, Refusal] = {}
    batches = {key: plan.fanouts for key, plan in plans.items() if plan.strategy == "batch"}
    taken = others_place(graph, list({id(f): f for fanouts in batches.values() for f in fanouts}.values()))
    for key, fanouts in batches.items():
        if place := next(filter(None, map(taken, fanouts)), None):
            what = f"{place} is the project's own, and the helper that rewritten code imports has its name; rename it"
            found[key] = Refused("unsupported-shape", what).refusal
    return found


def _nodes(graph: Graph, paths: Set[str]) -> dict[tuple[str, int, int, int, int], tuple[FunctionId, ast.Call]]:
    found: dict[tuple[str, int, int, int, int], tuple[FunctionId, ast.Call]] = {}
    for reference in graph.program.call_facts.values():
        path = reference.caller.id.path
        if path not in paths:
            continue
        found[(path, *graph.modules[path].span(reference.call.node))] = (reference.caller.id, reference.call.node)
    return found


def review(graph: Graph, plans: Mapping[Key, Plan]) -> list[Review]:
    """What there is to say of each fan-out that the plans change."""
    return reviews(graph, {key: plan.fanouts for key, plan in plans.items() if plan.strategy == "batch"})


class Rendered(NamedTuple):
    """The edits that carry plans out, the plans that they do carry out, and why the others stay after all."""

    edits: list[Edit]
    plans: dict[Key, Plan]
    refused: dict[Key, Refusal]


def render(graph: Graph, plans: Mapping[Key, Plan], *, framework: str | None = None) -> Rendered:
    """Carry the plans out: changed files in the order of their paths, then the helper module.

    `framework`: the web framework for which the jobs of `collect="webhook"` get a handler.
    """
    from batchlint.codemod.compiling import compiling
    from batchlint.codemod.writing import write

    def edited(fanouts: Sequence[Fanout]) -> list[Edit]:
        return [Edit(path, before, after) for path, before, after in write(graph, fanouts, framework)]

    edits, broken = compiling((fanout for plan in plans.values() for fanout in plan.fanouts), edited)
    done, refused = dict[Key, Plan](), dict[Key, Refusal]()
    for key, plan in plans.items():
        left = tuple(fanout for fanout in plan.fanouts if id(fanout) not in broken)
        if left or not plan.fanouts:
            done[key] = plan._replace(fanouts=left)
        else:
            refused[key] = Refused("unsupported-shape", broken[id(plan.fanouts[0])]).refusal
    return Rendered(edits, done, refused)
