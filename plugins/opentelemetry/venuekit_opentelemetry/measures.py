"""Metrics: each kind of event counts or measures something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import metrics

from venuekit.plugin import Event, EventKind
from venuekit_opentelemetry.attributes import (
    Attributes,
    attributes_of_account,
    attributes_of_answer,
    attributes_of_request,
    attributes_of_venue,
)

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider

#: edges of durations in seconds: those of the conventions for HTTP, and two for long waits
_DURATIONS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60)
_OF_STREAMS = frozenset({EventKind.STREAM_OPEN, EventKind.STREAM_FAULT, EventKind.STREAM_MESSAGE, EventKind.STREAM_GAP})


class Measures:
    """The instruments of one venue's events."""

    def __init__(self, provider: MeterProvider | None = None) -> None:
        meter = metrics.get_meter("venuekit", meter_provider=provider)

        def histogram(name: str, description: str) -> metrics.Histogram:
            return meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=_DURATIONS)

        self._requests = histogram("http.client.request.duration", "Duration of HTTP client requests.")
        self._operations = histogram("venuekit.operation.duration", "Duration of operations, over all their attempts.")
        self._waits = histogram("venuekit.wait.duration", "Waits of operations, by reason.")
        self._age = histogram("venuekit.event.age", "Age of answers and events that give a time of the venue.")
        self._spent = meter.create_counter("venuekit.budget.spent", "{weight}", "Weight of the requests sent.")
        self._used = meter.create_gauge("venuekit.budget.used", "{weight}", "Spent of a pool, as the venue counts.")
        self._left = meter.create_gauge("venuekit.budget.left", "{weight}", "Left of a pool, as the venue counts.")
        self._closed = meter.create_gauge("venuekit.budget.closed", "", "1 while a refusal keeps a pool closed.")
        self._retries = meter.create_counter("venuekit.retries", "{attempt}", "Attempts after a failed one.")
        self._faults = meter.create_counter("venuekit.faults", "{attempt}", "Attempts that failed, by error.")
        self._unknown = meter.create_counter("venuekit.unknown_outcomes", "{write}", "Writes of unknown outcome.")
        self._resolutions = meter.create_counter("venuekit.resolutions", "{write}", "Lost writes that were found out.")
        self._offset = meter.create_gauge("venuekit.clock.offset", "s", "Venue's clock ahead of ours.")
        self._uncertainty = meter.create_gauge("venuekit.clock.error", "s", "Error of the offset either way.")
        self._failures = meter.create_counter(
            "venuekit.plugin_failures", "{failure}", "Observers and hooks that raised."
        )
        self._connections = meter.create_counter(
            "venuekit.stream.connections", "{connection}", "Connections of user streams that were opened."
        )
        self._stream_faults = meter.create_counter(
            "venuekit.stream.faults", "{connection}", "Connections of user streams that could not be opened."
        )
        self._gaps = meter.create_counter("venuekit.stream.gaps", "{gap}", "Gaps in user streams, by reason.")
        self._unwritten = meter.create_counter("venuekit.journal.unwritten", "{line}", "Journal lines not written.")

    def add(self, event: Event) -> None:
        """Measure an event."""
        kind = event.kind
        if kind is EventKind.REQUEST:
            self._add_request(event)
        elif kind in {EventKind.ANSWER, EventKind.FAULT}:
            self._add_answer(event)
        elif kind is EventKind.BUDGET:
            self._add_budget(event)
        elif kind is EventKind.CLOCK:
            self._add_clock(event)
        elif kind in _OF_STREAMS:
            self._add_stream(event)
        else:
            self._add_step(event)

    def _add_request(self, event: Event) -> None:
        attributes = attributes_of_account(event) | {"venuekit.operation": event.operation}
        if event.priority is not None:
            attributes["venuekit.priority"] = event.priority.name.lower()
        self._spent.add(event.weight or 0, attributes)

    def _add_answer(self, event: Event) -> None:
        venue, answer = attributes_of_venue(event), attributes_of_answer(event)
        code = answer.pop("venuekit.code", None)
        if event.seconds is not None:
            self._requests.record(event.seconds, venue | attributes_of_request(event) | answer)
        if event.age is not None:
            self._age.record(max(0.0, event.age), venue)
        if event.kind is EventKind.FAULT and event.error is not None:
            error: Attributes = {"error.type": type(event.error).__name__}
            if code is not None:
                error["venuekit.code"] = code
            self._faults.add(1, venue | {"venuekit.operation": event.operation} | error)

    def _add_budget(self, event: Event) -> None:
        attributes = attributes_of_account(event) | {"venuekit.pool": event.pool or ""}
        if event.is_closed is not None:
            self._closed.set(int(event.is_closed), attributes)
        if event.used is not None and event.amount is not None:
            self._used.set(event.used, attributes)
            self._left.set(max(0, event.amount - event.used), attributes)

    def _add_clock(self, event: Event) -> None:
        if event.offset is not None and event.uncertainty is not None:
            self._offset.set(event.offset, attributes_of_venue(event))
            self._uncertainty.set(event.uncertainty, attributes_of_venue(event))

    def _add_stream(self, event: Event) -> None:
        account = attributes_of_account(event)
        if event.kind is EventKind.STREAM_OPEN:
            self._connections.add(1, account)
        elif event.kind is EventKind.STREAM_FAULT:
            error: Attributes = {} if event.error is None else {"error.type": type(event.error).__name__}
            self._stream_faults.add(1, account | error)
        elif event.gap is not None:
            self._gaps.add(1, account | {"venuekit.gap": event.gap.value})
        elif event.age is not None:
            self._age.record(max(0.0, event.age), attributes_of_venue(event))

    def _add_step(self, event: Event) -> None:
        venue = attributes_of_venue(event)
        operation = venue | {"venuekit.operation": event.operation}
        outcome: Attributes = {} if event.outcome is None else {"venuekit.outcome": event.outcome.value}
        if event.kind is EventKind.WAIT:
            reason: Attributes = {} if event.reason is None else {"venuekit.reason": event.reason.value}
            self._waits.record(event.seconds or 0.0, venue | reason)
        elif event.kind is EventKind.RETRY:
            self._retries.add(1, operation)
        elif event.kind is EventKind.RESOLUTION:
            self._resolutions.add(1, operation | outcome)
        elif event.kind is EventKind.UNKNOWN_OUTCOME:
            self._unknown.add(1, operation)
        elif event.kind is EventKind.END:
            self._operations.record(event.seconds or 0.0, operation | outcome)
        elif event.kind is EventKind.PLUGIN_FAILURE:
            self._failures.add(1, venue | {"venuekit.plugin": event.plugin or ""})
        elif event.kind is EventKind.UNWRITTEN:
            self._unwritten.add(1, venue)
