"""Spans: stretches of time in milliseconds since 1970, both ends included, and how far back a venue lets them reach."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from venuekit._util.times import to_milliseconds
from venuekit.errors import InvalidArgument

_MILLISECOND = timedelta(milliseconds=1)


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


@attrs.frozen(kw_only=True)
class Retention:
    """
    How far back a venue keeps a history; ``words`` say the same in errors and warnings.

    It keeps either items younger than ``age``, or everything ``since`` an instant. Declare a little less than the
    venue documents, so that no request is too old when it arrives. A walk without a start begins ``usual`` before its
    end, where that is given: for a venue that documents no limit.
    """

    words: str
    age: timedelta | None = None
    since: datetime | None = None
    usual: timedelta | None = None

    def span(
        self, start: datetime | None, end: datetime | None, *, now: datetime, after: datetime | None = None
    ) -> Span:
        """
        Return the stretch to walk; it never reaches past ``now``, where rows may still arrive out of their order.

        Args:
            start, end: The caller's span; None for as far back as the venue keeps, and for now.
            now: The venue's clock.
            after: The time of the item to continue behind; one that is no longer kept is warned of, since what
                followed it may be gone too.

        Raises:
            InvalidArgument: reversed, without a time zone, or reaching back further than the venue keeps.
        """
        check_span(start, end)
        if start is None and after is None and self.usual is not None:
            start = (end or now) - self.usual
        newest, oldest = to_milliseconds(now), 0 if self.since is None else to_milliseconds(self.since)
        if self.age is not None:
            oldest = newest - self.age // _MILLISECOND
        first = oldest if start is None else _milliseconds(start)
        last = newest if end is None else _milliseconds(end)
        if first > last:
            words = f"{start or 'what the venue keeps'} begins after {end or 'now'}"
            raise InvalidArgument(f"the span is reversed: {words}")
        if start is not None and first < oldest:
            raise InvalidArgument(f"{start} is further back than the venue keeps: {self.words}")
        behind = oldest if after is None else to_milliseconds(after)
        if behind < oldest:
            gap = "the item to continue behind is older than the venue keeps, so there may be a gap behind it"
            warnings.warn(f"{gap}: {self.words}", UserWarning, stacklevel=2)
        return Span(max(first, oldest, behind), min(last, newest))


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
