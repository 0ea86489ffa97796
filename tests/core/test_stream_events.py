"""Events of a user stream as values: readable, comparable, and silent about keys."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import attrs
import pytest

from venuekit import capabilities
from venuekit.capabilities import (
    Balance,
    BalanceUpdate,
    EventOrigin,
    Gap,
    GapReason,
    OrderUpdateKind,
    StreamEvent,
    UnknownEvent,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_every_event_is_frozen_and_says_when_and_where_it_came_from() -> None:
    """All of them are exported, take their fields by name, and begin with the same six."""
    kinds = [one for one in vars(capabilities).values() if isinstance(one, type) and issubclass(one, StreamEvent)]

    assert len(kinds) == 11
    for kind in kinds:
        names = [field.name for field in attrs.fields(kind)]
        assert names[:6] == ["received_at", "message", "time", "sequence", "origin", "raw"]
        assert all(field.kw_only for field in attrs.fields(kind))
        with pytest.raises(TypeError):
            kind(NOON, 1)  # type: ignore[call-arg]  # this is the point


def test_raw_is_neither_compared_nor_shown() -> None:
    """Two events are equal by their values; origin and message count."""
    event = BalanceUpdate(received_at=NOON, message=1, balance=Balance("TOY", wallet=Decimal(5)), raw={"a": 1})

    assert event == attrs.evolve(event, raw=None)
    assert " raw=" not in repr(event)
    assert event.origin is EventOrigin.STREAM
    assert event != attrs.evolve(event, origin=EventOrigin.RECOVERED)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.message = 2  # type: ignore[misc]  # this is the point


def test_an_unknown_event_shows_its_kind_and_size_only() -> None:
    """Its body may hold anything."""
    event = UnknownEvent(received_at=NOON, message=1, kind="NOVEL", body=b'{"e":"NOVEL"}')

    assert "kind='NOVEL', body=<13 bytes>" in repr(event)
    assert "{" not in repr(event)


def test_words_that_a_venue_adds_stay_readable() -> None:
    """A step of an order that nobody knows is OTHER, by the venue's own word."""
    kind = OrderUpdateKind("SPLIT")

    assert (kind.name, kind.value) == ("OTHER", "SPLIT")


def test_a_gap_says_since_when() -> None:
    """None is since the session began."""
    assert Gap(received_at=NOON, message=0, reason=GapReason.SILENT, words="no frame for 60 s").since is None
