"""The helper that rewritten code imports: tested modules here, one file of them in the user's tree."""

from batchlint.runtime.assemble import render

__all__ = ["render"]
