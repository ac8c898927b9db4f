"""How many programs Hypothesis draws: few here, many with `--hypothesis-profile=nightly`."""

from hypothesis import HealthCheck, settings

_CALM = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
settings.register_profile("default", max_examples=50, derandomize=True, **_CALM)
settings.register_profile("nightly", max_examples=10_000, **_CALM)
settings.load_profile("default")
