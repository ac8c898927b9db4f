"""From a description to a score and a verdict: the factor table, and the few rules that read it.

`FACTORS` is the whole table. A score is the sum of the factors that apply, cut to 0..100; a call site is batchable
from `BATCHABLE` points on, provided that nobody waits on any path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from batchlint import gates, ownbatches, probes, rules
from batchlint.callsites import Described, refuses
from batchlint.facts import FunctionId, Span
from batchlint.findings import CallSite, Factor, Latency, Step, Verdict
from batchlint.graph import Edge, Graph, Reach, relevant
from batchlint.places import Trait, end_of, line_of
from batchlint.sharers import waited_for

FACTORS: dict[str, int] = {
    # Who starts the call, and so who could wait for it.
    "stated_hours": 100,
    "stated_minutes": 70,
    "schedule": 65,
    "pipeline": 65,
    "task_queue": 60,
    "evaluation": 55,
    "script": 40,
    "unknown_entry": 25,
    "often": -60,
    "live": -100,
    "test": -60,
    # How often: a collection of requests is what a batch is made of.
    "many": 25,
    "single_by_hand": -30,
    # What the request and its answer are like.
    "dependent": -70,
    "chain": -10,
    "memory": -60,
    "early_stop": -60,
    "stream": -70,
    "agent": -80,
    "live_kind": -100,
    "live_session": -100,
    "probe": -70,
    "gate": -45,
    "own_batch": -45,
    # What the provider has to offer.
    "tier": 10,
    "no_tier": 0,
    "other_endpoints": -60,
}
BATCHABLE = 60
_SHOWN = 20
"""Ways in that a call site lists."""
_DECISIVE = frozenset(
    {
        "dependent",
        "memory",
        "early_stop",
        "stream",
        "agent",
        "live_kind",
        "live_session",
        "probe",
        "live",
        "often",
        "test",
        "other_endpoints",
    }
)
_IN_TURN = frozenset({"dependent", "memory", "early_stop", "agent"})
"""What has each request wait for the answer to the one before."""
_OFFLINE = ("schedule", "pipeline", "task_queue", "evaluation")
_RUNS_JOB = re.compile(r"(^|_)(run|start|main|once|now|job|task|cron|daily|nightly|weekly)(_|$)", re.IGNORECASE)
"""Names of commands that run the job which is scheduled."""


def score(graph: Graph, sites: Sequence[Described]) -> list[CallSite]:
    """The call sites with factors, score and verdict, in the given order.

    Plumbing is left out where it is batchable and a call above it tells of it.
    """
    judged = [(site, _judge(graph, site)) for site in ownbatches.marked(graph, gates.marked(graph, sites))]
    batchable = [site for site, call in judged if call.verdict is Verdict.BATCHABLE and site.stated is None]
    probed = probes.shared(graph, sites, batchable)
    judged = [
        (site, _judge(graph, site._replace(traits=(*site.traits, probed[id(site)]))) if id(site) in probed else call)
        for site, call in judged
    ]
    judged = _whole(graph, judged)
    shared = waited_for(graph, judged)
    judged = [(site, _shared(graph, site, call, shared.get((call.path, call.line)))) for site, call in judged]
    hidden = {id(call) for site, call in judged if site.is_plumbing and call.verdict is Verdict.BATCHABLE}
    telling = [call for _, call in judged if id(call) not in hidden and not call.rounds]
    told = {(step.path, step.line) for call in telling for step in call.via}
    # Where others come through as well that are not batchable, it speaks for itself.
    told -= {(s.path, s.line) for call in telling if call.verdict is not Verdict.BATCHABLE for s in call.via}
    return [call for _, call in judged if id(call) not in hidden or (call.path, call.line) not in told]


def _shared(graph: Graph, site: Described, call: CallSite, trait: Trait | None) -> CallSite:
    """The call with what its other callers say; what a person stated stays."""
    if trait is None or call.verdict is not Verdict.BATCHABLE or call.rounds or site.stated is not None:
        return call
    return _judge(graph, site._replace(traits=(*site.traits, trait)))


def _whole(graph: Graph, judged: list[tuple[Described, CallSite]]) -> list[tuple[Described, CallSite]]:
    """The sites without those only to look at that lead to more than the requests they speak for: to some in turn.

    Nor does one tell anything that only itself speaks against what it leads to.
    """
    batchable = {(call.path, call.line) for site, call in judged if call.verdict is Verdict.BATCHABLE}
    judged = [
        (site, call)
        for site, call in judged
        if not site.rounds
        or call.verdict is Verdict.BATCHABLE
        or batchable.isdisjoint((step.path, step.line) for step in call.via)
    ]
    in_turn = [
        (site, reach)
        for site, call in judged
        if not site.rounds
        for factor in call.factors
        if factor.name in _IN_TURN
        for reach in _through(site.reaches, factor)
    ]
    ways = {(edge.caller, edge.span) for _, reach in in_turn for edge in reach.edges}
    starts = (graph.function(reach.edges[0].caller if reach.edges else site.function) for site, reach in in_turn)
    started = {each.id for start in starts for each in graph.program.around(start)}
    return [(site, call) for site, call in judged if not site.rounds or not _leads(site, ways, started)]


def _through(reaches: Sequence[Reach], factor: Factor) -> Sequence[Reach]:
    """The ways in on which the requests wait for each other: of a helper that several share it may be one's only."""
    inside = [reach for reach in reaches if any(_is_around(edge, factor) for edge in reach.edges)]
    return inside or reaches


def _is_around(edge: Edge, factor: Factor) -> bool:
    """Whether the factor is about the call, or about a loop around it."""
    spans = [(edge.span.line, edge.span.line), *((line_of(loop), end_of(loop)) for loop in edge.loops)]
    return edge.caller.path == factor.path and any(first <= factor.line <= last for first, last in spans)


def _leads(site: Described, ways: set[tuple[FunctionId, Span]], started: set[FunctionId]) -> bool:
    """Whether the site is on one of the ways, or what it calls begins one."""
    return (site.function, site.span) in ways or any(edge.callee in started for edge in site.edges)


def _judge(graph: Graph, site: Described) -> CallSite:
    reaches = relevant(site.reaches)
    tier = graph.program.catalogue.tier(site.model.provider, site.model.endpoint)
    factors = [*_who_waits(graph, site, _ranked(site, reaches)), *_repetition(graph, site, reaches), *_traits(site)]
    if tier is not None:
        factors.append(_factor("tier", _offer(tier.discount, tier.window_hours), site))
    elif refuses(graph, site.model):
        what = f"the provider has no batch API for {site.model.endpoint} ({site.model.kind})"
        factors.append(_factor("other_endpoints", what, site))
    else:
        note = graph.program.catalogue.tier_note(site.model.provider)
        factors.append(_factor("no_tier", note or f"no batch tier on record for {site.model.endpoint}", site))
    points = max(0, min(100, sum(factor.weight for factor in factors)))
    latency = site.stated if site.stated is not None else _budget(reaches)
    verdict = _verdict(site, reaches, factors, points, latency)
    if verdict is not Verdict.BATCHABLE:
        points = min(points, BATCHABLE - 1)
    return CallSite(
        path=site.function.path,
        line=site.span.line,
        column=site.span.column,
        end_line=site.span.end_line,
        end_column=site.span.end_column,
        function=graph.label(site.function),
        provider=site.model.provider,
        endpoint=site.model.endpoint,
        call=site.call,
        verdict=verdict,
        score=points,
        rule=_rule(site, reaches) if verdict is Verdict.BATCHABLE else None,
        latency=latency,
        shape=site.shape,
        factors=tuple(factors),
        contexts=tuple(graph.context(reach) for reach in _ranked(site, reaches)[:_SHOWN]),
        via=site.via,
        batch=tier,
        question=_question(graph, site, reaches) if verdict is Verdict.UNCLEAR else None,
        rounds=site.rounds,
    )


def _budget(reaches: Sequence[Reach]) -> Latency | None:
    """The strictest budget of the ways in; None where none of them tells."""
    known = [reach.entry.kind.latency for reach in reaches if reach.entry.kind.latency is not None]
    return min(known) if known else None


def _factor(name: str, reason: str, site: Described, step: Step | None = None) -> Factor:
    path, line = (step.path, step.line) if step else (site.function.path, site.span.line)
    return Factor(name, FACTORS[name], reason, path, line)


def _who_waits(graph: Graph, site: Described, reaches: Sequence[Reach]) -> Iterator[Factor]:
    if site.stated is not None:
        word = f"its stated budget is {site.stated}"
        name = {Latency.HOURS: "stated_hours", Latency.MINUTES: "stated_minutes"}.get(site.stated, "live")
        yield _factor(name, word, site)
        return
    strict = [r for r in reaches if r.entry.kind.latency is Latency.REALTIME]
    if strict:
        step = strict[0].entry.step
        yield _factor("live", f"somebody waits: {step.what}", site, step)
        return
    often = [r for r in reaches if r.entry.kind.latency is Latency.MINUTES]
    kinds = {r.entry.kind.kind: r for r in reversed(reaches)}
    for name in _OFFLINE:
        if name in kinds:
            step = kinds[name].entry.step
            yield _factor(name, f"started by {step.what}", site, step)
            break
    else:
        if "background" in kinds:
            what = kinds["background"].entry.step.what
            yield _factor("unknown_entry", f"whoever starts it gets an answer without it: {what}", site)
        elif "test" in kinds:
            yield _factor("test", f"only a test reaches it: {kinds['test'].entry.step.what}", site)
        elif "script" not in kinds:
            reach = next(iter(kinds.values()), None)
            what = reach.entry.step.what if reach else graph.label(site.function)
            yield _factor("unknown_entry", f"nothing here tells who starts it: {what}", site)
        else:
            step = kinds["script"].entry.step
            yield _factor("script", f"started by hand or by a job: {step.what}", site, step)
    if often:
        yield _factor("often", f"it runs every few minutes: {often[0].entry.step.what}", site, often[0].entry.step)


def _repetition(graph: Graph, site: Described, reaches: Sequence[Reach]) -> Iterator[Factor]:
    if site.many is not None:
        yield _factor("many", site.many.reason, site, Step(site.many.path, site.many.line, ""))
        return
    kinds = {reach.entry.kind.kind for reach in reaches}
    command = _typed(graph, site, reaches) if kinds <= {"schedule", "script"} else None
    if command is not None and "schedule" in kinds:
        yield _factor("single_by_hand", f"one call, also for whoever types {command.what}", site, command)
    elif site.stated is None and not kinds & {"schedule", "task_queue", "pipeline"}:
        yield _of(site.named) if site.named else _factor("single_by_hand", "one call, for whoever started it", site)


def _typed(graph: Graph, site: Described, reaches: Sequence[Reach]) -> Step | None:
    """The command of a command line that comes to the call, where no schedule runs that command, nor it sets one up.

    One that is called after running something is the job itself.
    """
    scheduled = [reach for reach in reaches if reach.entry.kind.kind == "schedule"]
    run = {id for reach in scheduled for id in _run(site, reach)}
    for reach in reaches:
        start = graph.function(_run(site, reach)[0])
        if reach.entry.kind.framework not in graph.program.registry.commands or _RUNS_JOB.search(start.name):
            continue
        if start.id not in run:
            lines = range(start.line, (getattr(start.node, "end_lineno", None) or start.line) + 1)
            steps = (each.entry.step for each in scheduled)
            if not any(step.path == start.id.path and step.line in lines for step in steps):
                return reach.entry.step
    return None


def _run(site: Described, reach: Reach) -> list[FunctionId]:
    """The functions that run on the way in, from the first to the site's own."""
    return [*(edge.caller for edge in reach.edges), site.function]


def _traits(site: Described) -> Iterator[Factor]:
    seen: set[str] = set()
    for trait in site.traits:
        if trait.name not in seen:
            seen.add(trait.name)
            yield _of(trait)


def _of(trait: Trait) -> Factor:
    return Factor(trait.name, FACTORS[trait.name], trait.reason, trait.path, trait.line)


def _verdict(
    site: Described, reaches: Sequence[Reach], factors: Sequence[Factor], points: int, latency: Latency | None
) -> Verdict:
    if site.stated is not None:
        return Verdict.REALTIME if site.stated is Latency.REALTIME else Verdict.BATCHABLE
    if any(factor.name in _DECISIVE for factor in factors):
        return Verdict.REALTIME
    kinds = {reach.entry.kind.kind for reach in reaches}
    if not kinds or not kinds <= {*_OFFLINE, "script"}:
        return Verdict.UNCLEAR
    if points >= BATCHABLE:
        return Verdict.BATCHABLE
    return Verdict.REALTIME if latency is None and site.many is None else Verdict.UNCLEAR


def _rule(site: Described, reaches: Sequence[Reach]) -> str | None:
    if site.stated is not None:
        return "RTB110"
    kinds = [reach.entry.kind.kind for reach in reaches]
    for kind in (*_OFFLINE, "script"):
        if kind in kinds:
            return rules.code_for(kind)
    return None


def _ranked(site: Described, reaches: Sequence[Reach]) -> list[Reach]:
    """The ways in, the strictest first, and of those the one through the loop that counts."""
    if site.longer is not None:
        reaches = [site.longer, *(reach for reach in reaches if reach.entry.step != site.longer.entry.step)]

    def rank(reach: Reach) -> tuple[int, bool, int]:
        latency = reach.entry.kind.latency
        return (latency if latency is not None else 9, not _goes_through(reach, site.many), len(reach.edges))

    return sorted(reaches, key=rank)


def _goes_through(reach: Reach, many: Trait | None) -> bool:
    """Whether the loop that repeats the call is on the way in."""
    if many is None:
        return False
    place = (many.path, many.line)
    return any(edge.repeats and (edge.caller.path, edge.span.line) == place for edge in reach.edges)


def _offer(discount: float, window: int | None) -> str:
    within = f", answers within {window} h" if window else ""
    return f"the batch tier costs {discount:.0%} less{within}"


def _question(graph: Graph, site: Described, reaches: Sequence[Reach]) -> str:
    name = graph.label(site.function)
    kinds = {reach.entry.kind.kind for reach in reaches}
    if not kinds or kinds <= {"unknown", "example"}:
        start = reaches[0].entry.step.what.partition(",")[0] if reaches else name
        return f"who starts {start}, and does anybody wait for it?"
    if any(trait.name == "gate" for trait in site.traits):
        return f"how long may what somebody sent in wait for what {name} finds?"
    if any(trait.name == "own_batch" for trait in site.traits):
        return f"are there ever more than a few items that {name} is to ask one by one about?"
    return f"does anybody wait for the answer that {name} gets?"
