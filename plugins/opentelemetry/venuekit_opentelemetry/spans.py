"""Spans: one for an operation, and below it one for each attempt, as an HTTP client's."""

from __future__ import annotations

from contextvars import Token
from dataclasses import dataclass

from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider

from venuekit.plugin import Event, EventKind
from venuekit_opentelemetry.attributes import (
    Attributes,
    attributes_of_answer,
    attributes_of_operation,
    attributes_of_request,
)

#: an operation begins with one of them; others may come after its end
_FIRST = frozenset({EventKind.REQUEST, EventKind.WAIT, EventKind.FAULT, EventKind.BUDGET})
#: events of an operation that its span lists
_LISTED = frozenset(
    {EventKind.WAIT, EventKind.RETRY, EventKind.RESOLUTION, EventKind.UNKNOWN_OUTCOME, EventKind.UNWRITTEN}
)


@dataclass(slots=True, eq=False)
class _Running:
    """An operation under way: its span, the token that makes the former one current again, its attempt's span."""

    span: Span
    token: Token[context.Context]
    attempt: Span | None = None


class Spans:
    """The spans of the operations of one venue; reads that an operation makes are below its span."""

    def __init__(self, provider: TracerProvider | None = None) -> None:
        self._tracer = trace.get_tracer("venuekit", tracer_provider=provider)
        self._running: dict[int, _Running] = {}
        self._latest = 0

    def add(self, event: Event) -> None:
        """Add an event to the span of its operation, which begins with its first event."""
        running = self._running.get(event.serial)
        if running is None:
            # numbers only grow: one that was there before is that of an operation that has ended
            if event.kind not in _FIRST or event.serial <= self._latest:
                return
            running = self._begin(event)
        if event.kind is EventKind.REQUEST:
            running.attempt = self._begin_attempt(event)
        elif event.kind in {EventKind.ANSWER, EventKind.FAULT}:
            _end_attempt(running, attributes_of_answer(event))
        elif event.kind in _LISTED:
            running.span.add_event(event.kind.value, _details_of(event))
        elif event.kind is EventKind.END:
            self._end(event, self._running.pop(event.serial))

    def close(self) -> None:
        """End the spans of operations that were never ended."""
        for running in self._running.values():
            _end_attempt(running, {"error.type": "closed"})
            running.span.end()
        self._running.clear()

    def _begin(self, event: Event) -> _Running:
        self._latest = event.serial
        span = self._tracer.start_span(
            f"{event.venue} {event.operation}", kind=SpanKind.INTERNAL, attributes=attributes_of_operation(event)
        )
        token = context.attach(trace.set_span_in_context(span))
        running = self._running[event.serial] = _Running(span, token)
        return running

    def _begin_attempt(self, event: Event) -> Span:
        attributes = attributes_of_request(event)
        if event.attempt > 1:
            attributes["http.request.resend_count"] = event.attempt - 1
        if event.weight is not None:
            attributes["venuekit.weight"] = event.weight
        name = f"{attributes.get('http.request.method', 'HTTP')} {attributes.get('url.template', '')}".rstrip()
        return self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)

    def _end(self, event: Event, running: _Running) -> None:
        _end_attempt(running, {"error.type": "cancelled"})
        span, is_error = running.span, event.outcome != "applied"
        span.set_attribute("venuekit.attempts", event.attempt)
        if event.outcome is not None:
            span.set_attribute("venuekit.outcome", event.outcome.value)
        if event.error is not None:
            span.set_attribute("error.type", type(event.error).__name__)
        elif is_error:
            span.set_attribute("error.type", "cancelled")
        if is_error:
            span.set_status(Status(StatusCode.ERROR))
        span.end()
        context.detach(running.token)


def _end_attempt(running: _Running, attributes: Attributes) -> None:
    """End the span of an attempt, if one is under way."""
    span, running.attempt = running.attempt, None
    if span is None:
        return
    span.set_attributes(attributes)
    if "error.type" in attributes:
        span.set_status(Status(StatusCode.ERROR))
    span.end()


def _details_of(event: Event) -> Attributes:
    details = attributes_of_answer(event)
    if event.seconds is not None:
        details["venuekit.seconds"] = event.seconds
    if event.reason is not None:
        details["venuekit.reason"] = event.reason.value
    if event.outcome is not None:
        details["venuekit.outcome"] = event.outcome.value
    return details
