"""LibCST building blocks for comprehensions that go over answers, or keep items by them."""

from __future__ import annotations

from typing import Any

import libcst as cst
import libcst.matchers as m

from batchlint.codemod.changes import ComprehensionChange, Kept
from batchlint.codemod.nodes import spread_list, standalone


def asking(node: Any, change: ComprehensionChange) -> Any:
    """The comprehension whose element asks: `node` itself, or what its rest goes over."""
    if change.flat is not None:
        outer, inner = _split_innermost(node.for_in)
        return cst.ListComp(elt=inner.iter, for_in=outer)
    if change.kept is not None:
        loop, answer = node.for_in, _condition(node, change.kept)[1]
        names = [cst.Element(cst.Name(name)) for name in change.kept.names]
        element = cst.Tuple([*names, cst.Element(standalone(answer))], lpar=[], rpar=[]) if names else answer
        return cst.ListComp(elt=element, for_in=loop.with_changes(ifs=loop.ifs[: change.kept.position]))
    return node


def over_answers(node: Any, change: ComprehensionChange, run: cst.BaseExpression, indent: str, room: int) -> Any:
    """The rest of `node`, with `run` in the place of what asks; on several lines where `room` does not hold it."""
    if change.flat is not None:
        inner = _split_innermost(node.for_in)[1].with_changes(iter=cst.Name(change.flat))
        return node.with_changes(for_in=cst.CompFor(target=cst.Name(change.flat), iter=run, inner_for_in=inner))
    kept = change.kept
    assert kept is not None
    names = [cst.Element(cst.Name(name)) for name in (*kept.names, kept.answer)]
    target = cst.Tuple(names, lpar=[], rpar=[]) if len(names) > 1 else cst.Name(kept.answer)
    later = node.for_in.ifs[kept.position + 1 :]
    tests = [cst.CompIf(_condition(node, kept)[0]), *later]
    whole = node.with_changes(for_in=cst.CompFor(target=target, iter=run, ifs=tests))
    code = cst.Module([]).code_for_node(whole)
    return spread_list(whole, indent) if isinstance(whole, cst.ListComp) and len(code) > room else whole


def _condition(node: Any, kept: Kept) -> tuple[cst.BaseExpression, cst.BaseExpression]:
    """The condition that asks, in terms of the answer; and the answer, in terms of the item."""
    test: cst.BaseExpression = node.for_in.ifs[kept.position].test
    asks = m.Yield() | m.Await()
    naming = next((n for n in m.findall(test, m.NamedExpr()) if m.findall(n, asks)), None)
    if naming is None and isinstance(test, cst.NamedExpr):
        naming = test
    if not isinstance(naming, cst.NamedExpr):
        return cst.Name(kept.answer), test
    named = test.deep_replace(naming, cst.Name(kept.answer))
    assert isinstance(named, cst.BaseExpression)
    return named, naming.value


def _split_innermost(loops: cst.CompFor) -> tuple[cst.CompFor, cst.CompFor]:
    """The loops of a comprehension without the innermost one, and that one."""
    inner = loops.inner_for_in
    if inner is None:
        raise ValueError("the comprehension has one loop only")
    if inner.inner_for_in is None:
        return loops.with_changes(inner_for_in=None), inner
    outer, innermost = _split_innermost(inner)
    return loops.with_changes(inner_for_in=outer), innermost
