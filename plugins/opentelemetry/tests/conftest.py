"""One event of each kind, as the framework makes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from venuekit.capabilities import GapReason
from venuekit.endpoint import EndpointName
from venuekit.errors import AnswerLost, Outcome
from venuekit.plugin import Effect, Event, EventKind, Priority

MakeEvent = Callable[..., Event]


@pytest.fixture
def make_event() -> MakeEvent:
    """Return a function that makes an event of an operation; arguments replace its fields."""

    def make(kind: EventKind, **fields: Any) -> Event:
        operation: dict[str, Any] = {
            "environment": "sim",
            "account": "desk",
            "serial": 1,
            "host": "api.acme.example",
            "endpoint": EndpointName("POST", "/v1/leverage"),
            "effect": Effect.SET,
            "priority": Priority.RISK,
        }
        return Event(kind, "acme", "set_leverage", "BTCUSD", 1, **(operation | fields))

    return make


@pytest.fixture
def every_kind(make_event: MakeEvent) -> list[Event]:
    """Return one event of each kind, or more, in the order in which an operation would meet them."""
    kind, lost = EventKind, AnswerLost("cut off", outcome=Outcome.UNKNOWN)
    closed: dict[str, Any] = {"pool": "weight", "amount": 100}
    events = [
        make_event(kind.CLOCK, serial=0, offset=0.25, uncertainty=0.02),
        make_event(kind.WAIT, seconds=2.0, reason=_reason("budget")),
        make_event(kind.BUDGET, **closed, is_closed=False),
        make_event(kind.REQUEST, weight=5),
        make_event(kind.FAULT, seconds=0.5, error=lost, outcome=lost.outcome),
        make_event(kind.RETRY, seconds=0.2, error=lost),
        make_event(kind.REQUEST, weight=5),
        make_event(kind.BUDGET, **closed, used=30),
        make_event(kind.BUDGET, **closed, is_closed=True, closed_until=datetime(2026, 1, 1, tzinfo=UTC)),
        make_event(kind.ANSWER, seconds=0.03, status=200, age=0.01),
        make_event(kind.RESOLUTION, outcome=Outcome.APPLIED),
        make_event(kind.UNKNOWN_OUTCOME, error=lost, outcome=Outcome.UNKNOWN),
        make_event(kind.UNWRITTEN),
        make_event(kind.STREAM_OPEN, serial=0, seconds=0.1),
        make_event(kind.STREAM_FAULT, serial=0, seconds=0.1, error=lost),
        make_event(kind.STREAM_FAULT, serial=0, seconds=0.1, plugin="TypeError (stream.py:1)"),
        make_event(kind.STREAM_MESSAGE, serial=0, age=0.02),
        make_event(kind.STREAM_GAP, serial=0, gap=GapReason.SILENT),
        make_event(kind.PLUGIN_FAILURE, plugin="observer note: RuntimeError (note.py:1)"),
        make_event(kind.END, seconds=3.0, outcome=Outcome.APPLIED),
    ]
    assert {event.kind for event in events} == {*EventKind}
    return events


def _reason(name: str) -> Any:
    from venuekit.pipeline import WaitReason

    return WaitReason(name)
