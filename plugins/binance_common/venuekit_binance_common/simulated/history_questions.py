"""The common parameters of history requests: time ranges, pages, number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

import attrs

from venuekit.simulator import SimRequest, Visit
from venuekit_binance_common.simulated.listing import Listing

T = TypeVar("T")

_MILLISECOND = timedelta(milliseconds=1)


@attrs.frozen(kw_only=True)
class HistoryQuestions:
    """
    The limits of one history: the range without times, the widest one, the retention, and rows per request.

    None is without limit.
    """

    listing: Listing
    usual: timedelta | None
    widest: timedelta | None
    keeps: timedelta | None
    rows: int
    most_rows: int

    def stretch(self, request: SimRequest, visit: Visit) -> range:
        """
        Return the requested milliseconds within the retention.

        Raises:
            Denied: -1023 for a reversed range, -1127 for one that is too wide, -1130 for a malformed number.
        """
        end = self.number(request, "endTime", visit.milliseconds)
        usual = 0 if self.usual is None else end - self.usual // _MILLISECOND
        start = self.number(request, "startTime", usual)
        if start > end:
            raise self.listing.errors.denial(-1023)
        times_sent = request.text("startTime") is not None and request.text("endTime") is not None
        if times_sent and self.widest is not None and end - start > self.widest // _MILLISECOND:
            raise self.listing.errors.denial(-1127, hours=self.widest // timedelta(hours=1))
        if self.keeps is not None:
            start = max(start, visit.milliseconds - self.keeps // _MILLISECOND)
        return range(start, end + 1)

    def page(self, request: SimRequest, rows: Sequence[T], *, first: str | None = None) -> Sequence[T]:
        """
        Return the requested number of rows, which are sorted from old to new.

        They are the oldest; without a beginning (``startTime`` or the number in ``first``) the newest.
        """
        limit = self.number(request, "limit", self.rows)
        if not 1 <= limit <= self.most_rows:
            raise self.listing.errors.denial(-1130, name="limit")
        if request.text("startTime") is None and (first is None or request.text(first) is None):
            return rows[max(0, len(rows) - limit) :]
        return rows[:limit]

    def number(self, request: SimRequest, name: str, otherwise: int) -> int:
        """Return an optional number; raises ``Denied``."""
        text = self.listing.text(request, name)
        if text is None:
            return otherwise
        if not text.isdecimal():
            raise self.listing.errors.denial(-1130, name=name)
        return int(text)
