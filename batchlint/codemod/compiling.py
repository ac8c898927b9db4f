"""No file is written that does not compile: the fan-outs whose rewrite would make one so stay as they are."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from batchlint.codemod.changes import Fanout
from batchlint.sources.syntax import SourceError, parse

if TYPE_CHECKING:
    from batchlint.codemod import Edit


def compiling(
    fanouts: Iterable[Fanout], render: Callable[[list[Fanout]], list[Edit]]
) -> tuple[list[Edit], dict[int, str]]:
    """The edits of as many fan-outs as lead to files that compile; by the others' identity, what is wrong with them."""
    left, refused = list({id(fanout): fanout for fanout in fanouts}.values()), dict[int, str]()
    while left:
        edits = render(left)
        broken = _broken(edits)
        if not broken:
            return edits, refused
        touching = [fanout for fanout in left if broken.keys() & fanout.changes] or left
        alone = [fanout for fanout in touching if _broken(render([fanout]))]
        path, problem = min(broken.items())
        what = f"the rewritten {path} would not compile ({problem}); compute the answer in a statement of its own"
        refused.update((id(fanout), what) for fanout in alone or touching)
        left = [fanout for fanout in left if id(fanout) not in refused]
    return [], refused


def _broken(edits: Sequence[Edit]) -> dict[str, str]:
    """By path, what the compiler says of the files that it does not take."""
    found: dict[str, str] = {}
    for path, _, after in edits:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(parse(after), path, "exec", dont_inherit=True)
        except (SourceError, SyntaxError, ValueError) as error:
            found[path] = getattr(error, "msg", None) or str(error)
    return found
