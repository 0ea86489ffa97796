"""Spans: stretches of time in milliseconds since 1970, both ends included."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import datetime

import attrs

from venuekit.errors import InvalidArgument


@attrs.frozen
class Span:
    """A stretch of time in milliseconds, both ends included."""

    start: int
    end: int

    def windows(self, width: int) -> Sequence[Span]:
        """Return the stretch cut into pieces of at most ``width`` milliseconds, oldest first."""
        return [Span(start, min(start + width - 1, self.end)) for start in range(self.start, self.end + 1, width)]

    def halves(self) -> tuple[Span, Span]:
        """Return the older and the newer half."""
        middle = (self.start + self.end) // 2
        return Span(self.start, middle), Span(middle + 1, self.end)


def check_span(start: datetime | None, end: datetime | None) -> None:
    """Raise ``InvalidArgument`` for ends without a time zone, and for a start behind the end."""
    for moment in (start, end):
        if moment is not None and moment.tzinfo is None:
            raise InvalidArgument(f"{moment} has no time zone")
    if start is not None and end is not None and start > end:
        raise InvalidArgument(f"the span is reversed: {start} begins after {end}")


def span_of(
    start: datetime | None,
    end: datetime | None,
    *,
    now: int,
    keeps: int,
    words: str,
    after: int | None = None,
) -> Span:
    """
    Return the stretch to walk; it never reaches past ``now``, where rows may still arrive out of their order.

    Args:
        start, end: The caller's span; None for as far back as the venue keeps, and for now.
        now: The venue's clock.
        keeps: How many milliseconds back the venue keeps its history.
        words: The same in words, for the error.
        after: The time of the item to continue behind; one that is no longer kept is warned of, since what followed
            it may be gone too.

    Raises:
        InvalidArgument: reversed, or reaching back further than the venue keeps.
    """
    check_span(start, end)
    oldest = now - keeps
    first = oldest if start is None else _milliseconds(start)
    last = now if end is None else _milliseconds(end)
    if first > last:
        raise InvalidArgument(f"the span is reversed: {start or 'what the venue keeps'} begins after {end or 'now'}")
    if start is not None and first < oldest:
        raise InvalidArgument(f"{start} is further back than the venue keeps: {words}")
    if after is not None and after < oldest:
        gap = f"the item to continue behind is older than the venue keeps, so there may be a gap behind it: {words}"
        warnings.warn(gap, UserWarning, stacklevel=2)
    return Span(max(first, oldest, 0 if after is None else after), min(last, now))


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
