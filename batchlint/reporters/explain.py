"""One call's whole evidence: factors, every chain, the offer, the rewrite, and what would change the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from batchlint import rules
from batchlint.findings import CallSite, Latency, Verdict
from batchlint.reporters.terminal import VERDICT_STYLES, Line, chain_steps, paint, source_line
from batchlint.reporters.view import View, budget, offer, offer_source, rewrite

MAX_CONTEXTS = 12
_OPEN = frozenset({"unknown", "background", "example", "test"})
"""Kinds of ways in that say nothing of who waits."""


def render(view: View, site: CallSite) -> str:
    lines: list[Line] = [_head(site), *source_line(view, site), []]
    if site.rule in rules.RULES:
        lines += [[("rule", "bold")], [(f"  {site.rule} {rules.RULES[site.rule].summary}", "")], []]
    lines += [[("factors", "bold")], *_factors(site), []]
    lines += [[("who starts it", "bold")], *_contexts(site), []]
    lines += [[("batch tier", "bold")], [(f"  {offer(site)}", "")]]
    if source := offer_source(site):
        lines.append([(f"  {source}", "dim")])
    lines += [[], [("rewrite", "bold")], [(f"  {rewrite(site) or 'not planned: the call is not batchable'}", "")], []]
    lines.append([("what would change the verdict", "bold")])
    lines += [[(f"  {text}", "")] for text in advice(site)]
    return paint(lines, view.color)


def _head(site: CallSite) -> Line:
    return [
        (f"{site.path}:{site.line}:{site.column}", "bold"),
        (" ", ""),
        (str(site.verdict), f"bold {VERDICT_STYLES[site.verdict]}"),
        (f" {' '.join(site.call.split())}", ""),
        (f" (score {site.score}, budget {budget(site.latency)})", "dim"),
    ]


def _factors(site: CallSite) -> Iterator[Line]:
    for factor in sorted(site.factors, key=lambda f: -abs(f.weight)):
        yield [
            (f"  {factor.weight:+4d}  ", "yellow" if factor.weight > 0 else "green"),
            (f"{factor.name}: {factor.reason}", ""),
            (f"  {factor.path}:{factor.line}", "cyan"),
        ]
    if not site.factors:
        yield [("  none", "dim")]
    if site.verdict is Verdict.UNCLEAR and sum(factor.weight for factor in site.factors) > site.score:
        unknown = [c.chain[0] for c in site.contexts if c.latency is None and c.kind in _OPEN and c.chain]
        asked = [c.chain[0] for c in site.contexts if c.latency is None and c.kind == "interactive" and c.chain]
        what = f": nothing tells who waits on the way from {unknown[0].what}" if unknown else ""
        if asked and not unknown:
            unknown, what = asked, f": somebody may wait who is asked, or says something, by {asked[0].what}"
        yield [
            (f"  {f'={site.score}':>4}  ", "dim"),
            (f"as long as it is unclear{what}", ""),
            (f"  {unknown[0].path}:{unknown[0].line}" if unknown else "", "cyan"),
        ]


def _contexts(site: CallSite) -> Iterator[Line]:
    for context in site.contexts[:MAX_CONTEXTS]:
        yield [(f"  {context.kind}, budget {budget(context.latency)}", "")]
        for step in chain_steps(site, context):
            yield [("    ", ""), (f"{step.path}:{step.line}", "cyan"), (f"  {step.what}", "")]
    if len(site.contexts) > MAX_CONTEXTS:
        yield [(f"  … and {len(site.contexts) - MAX_CONTEXTS} more; `--output-format json` has them all", "")]
    if not site.contexts:
        yield [("  no entry point found", "")]
        for step in chain_steps(site, None):
            yield [("    ", ""), (f"{step.path}:{step.line}", "cyan"), (f"  {step.what}", "")]


def advice(site: CallSite) -> list[str]:
    """What a person can say or change so that the verdict is another, most telling first."""
    comment = "`# batchlint: latency={}` on the call or its def"
    if site.verdict is Verdict.BATCHABLE:
        return [f"{comment.format('realtime')}, if somebody waits for the answer after all"]
    if site.verdict is Verdict.UNCLEAR:
        question = site.question or "Who waits for the answer?"
        return [question, f"answer with {comment.format('hours')} (or minutes, realtime), or in the configuration"]
    lines = [
        f"the {context.kind} at {context.chain[0].path}:{context.chain[0].line} no longer reaches it"
        for context in site.contexts
        if context.latency is Latency.REALTIME and context.chain
    ][:3]
    against = sorted((f for f in site.factors if f.weight < 0), key=lambda f: f.weight)
    lines += [f"{factor.reason} ({factor.name}) no longer holds" for factor in against[:2]]
    return [*lines, f"{comment.format('hours')}, if nobody waits for the answer"]
