"""Hosted models on loopback, for tests: realtime and batch endpoints whose answers are a function of the request."""

from fake_provider.faults import Failure, Faults
from fake_provider.server import FakeProvider

__all__ = ["Failure", "FakeProvider", "Faults"]
