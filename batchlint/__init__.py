"""batchlint finds realtime calls to hosted models that nobody waits for, and rewrites them to the batch API."""

__version__ = "0.1.0"
