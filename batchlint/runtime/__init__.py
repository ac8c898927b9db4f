"""The helper that rewritten code imports: tested modules here, one file of them in the user's tree."""

from batchlint.runtime.assemble import BACKENDS, extended, lacking, render, served

__all__ = ["BACKENDS", "extended", "lacking", "render", "served"]
