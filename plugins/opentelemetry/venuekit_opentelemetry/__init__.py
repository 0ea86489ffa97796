"""Spans and metrics of every operation, for a program that has configured OpenTelemetry, or for Prometheus alone."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from venuekit.plugin import hookimpl

if TYPE_CHECKING:
    from venuekit.plugin import Observer

VENUEKIT_API = 1

#: where the metrics are served in the form of Prometheus, as host and port
PROMETHEUS_VARIABLE = "VENUEKIT_PROMETHEUS"

#: each names a provider that OpenTelemetry loads by itself
_PROVIDER_VARIABLES = ("OTEL_PYTHON_TRACER_PROVIDER", "OTEL_PYTHON_METER_PROVIDER")


@hookimpl
def venuekit_observe() -> Observer | None:
    """
    Return an observer, none where the program has set no provider and ``VENUEKIT_PROMETHEUS`` is not set.

    Raises:
        ConfigurationError: the metrics cannot be served at the address that the variable has.
    """
    address = os.environ.get(PROMETHEUS_VARIABLE, "")
    if not address and not _is_configured():
        return None
    from venuekit_opentelemetry.telemetry import Telemetry

    if not address:
        return Telemetry()
    from venuekit_opentelemetry.prometheus import serve_metrics

    return Telemetry(serve_metrics(address))


def _is_configured() -> bool:
    """Say whether the program has set a provider; those of OpenTelemetry's API alone keep nothing."""
    if any(os.environ.get(name) for name in _PROVIDER_VARIABLES):
        return True
    trace, metrics = sys.modules.get("opentelemetry.trace"), sys.modules.get("opentelemetry.metrics")
    providers: list[object] = []
    if trace is not None:
        providers.append(trace.get_tracer_provider())
    if metrics is not None:
        providers.append(metrics.get_meter_provider())
    own = ("opentelemetry.trace", "opentelemetry.metrics")
    return any(not type(provider).__module__.startswith(own) for provider in providers)
