"""The helper that rewritten code imports: tested modules here, one file of them in the user's tree."""

from batchlint.runtime.assemble import BACKENDS, extended, providers_in, render

__all__ = ["BACKENDS", "extended", "providers_in", "render"]
