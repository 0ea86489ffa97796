"""Spans: the stretch of a history that is walked, and its windows."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.errors import InvalidArgument
from venuekit.parts.histories import (
    Retention,
    Span,
)
from venuekit.plugin import from_milliseconds

NOW = datetime(2026, 1, 31, tzinfo=UTC)
MILLISECONDS = round(NOW.timestamp() * 1000)
DAY = 24 * 3600 * 1000


def span(**which: Any) -> Span:
    """Return a span of a venue that keeps thirty days."""
    after = which.pop("after", None)
    behind = None if after is None else from_milliseconds(after)
    ends = which.pop("start", None), which.pop("end", None)
    return Retention(age=timedelta(days=30), words="30 d").span(*ends, now=NOW, after=behind)


def test_a_span_is_what_the_venue_keeps() -> None:
    """Without bounds from the oldest row kept up to now; a bound in the future is now."""
    assert span() == Span(MILLISECONDS - 30 * DAY, MILLISECONDS)
    assert span(end=NOW + timedelta(days=3)) == span()
    assert span(start=NOW - timedelta(days=1), after=MILLISECONDS - 5) == Span(MILLISECONDS - 5, MILLISECONDS)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"start": NOW, "end": NOW - timedelta(days=1)}, "reversed"),
        ({"end": NOW - timedelta(days=40)}, "reversed"),
        ({"start": NOW - timedelta(days=31)}, "further back than the venue keeps: 30 d"),
        ({"start": NOW.replace(tzinfo=None)}, "no time zone"),
    ],
)
def test_an_impossible_span_is_refused(bounds: dict[str, Any], words: str) -> None:
    """Reversed, too far back, or without a time zone."""
    with pytest.raises(InvalidArgument, match=words):
        span(**bounds)


def test_continuing_behind_what_is_no_longer_kept_is_said() -> None:
    """There may be a gap: a warning names the limit."""
    with pytest.warns(UserWarning, match=r"gap behind it: 30 d"):
        assert span(after=MILLISECONDS - 31 * DAY) == span()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        span(after=MILLISECONDS - 29 * DAY)


@given(start=st.integers(0, 1000), length=st.integers(0, 1000), width=st.integers(1, 300))
def test_windows_cover_a_span_once(start: int, length: int, width: int) -> None:
    """They follow each other without overlap or gap, none is wider than allowed, and halves do the same."""
    whole = Span(start, start + length)
    assert [moment for w in whole.windows(width) for moment in range(w.start, w.end + 1)] == list(
        range(whole.start, whole.end + 1)
    )
    assert all(w.end - w.start < width for w in whole.windows(width))
    for w in whole.windows(width):
        if w.end > w.start:
            older, newer = w.halves()
            assert (older.start, older.end + 1, newer.end) == (w.start, newer.start, w.end)
