"""The observer: hands each event to the spans and to the metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from venuekit_opentelemetry.measures import Measures
from venuekit_opentelemetry.spans import Spans

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from venuekit.plugin import Event


class Telemetry:
    """
    An observer of one venue.

    Args:
        meter_provider: Where metrics go; by default the program's.
        tracer_provider: Where spans go; by default the program's.
    """

    def __init__(
        self, meter_provider: MeterProvider | None = None, tracer_provider: TracerProvider | None = None
    ) -> None:
        self._measures = Measures(meter_provider)
        self._spans = Spans(tracer_provider)

    def __call__(self, event: Event) -> None:
        """Measure an event, and add it to the span of its operation."""
        self._measures.add(event)
        self._spans.add(event)

    async def aclose(self) -> None:
        """End the spans of operations that were never ended."""
        self._spans.close()
