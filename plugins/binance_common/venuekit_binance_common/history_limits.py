"""How far a history goes back, and how much of it one request may ask for."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from venuekit.parts import histories as paging
from venuekit.parts.histories import Span
from venuekit.plugin import Account, InvalidArgument, from_milliseconds

__all__ = ["HistoryLimit", "milliseconds"]

_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """Return an instant in milliseconds since 1970."""
    return (moment - from_milliseconds(0)) // _MILLISECOND


def _width(value: timedelta) -> int:
    return value // _MILLISECOND


@attrs.frozen(kw_only=True)
class HistoryLimit:
    """
    How far a history goes back, ``words`` say the same, and the widest stretch that one request may span.

    What is kept is either what is younger than ``keeps``, or everything ``since`` the product opened.
    """

    width: int = attrs.field(converter=_width)
    words: str
    keeps: timedelta | None = None
    since: datetime | None = None

    async def span(
        self,
        account: Account,
        *,
        operation: str,
        start: datetime | None,
        end: datetime | None,
        after: datetime | None,
    ) -> Span:
        """
        Return the stretch to walk, by the venue's clock.

        Raises:
            InvalidArgument: reversed or without a time zone, which is said before anything is sent, or further back
                than the venue keeps.
            PayloadMismatch: the venue tells a time that is beyond reason.
        """
        for moment in (start, end):
            if moment is not None and moment.tzinfo is None:
                raise account.refuse(f"{moment} has no time zone", operation=operation)
        if start is not None and end is not None and start > end:
            raise account.refuse(f"the span is reversed: {start} begins after {end}", operation=operation)
        now = milliseconds(await account.venue_time())
        resume = None if after is None else milliseconds(after)
        try:
            return paging.span_of(start, end, now=now, keeps=self._oldest(now), words=self.words, after=resume)
        except InvalidArgument as error:
            raise account.refuse(error.message, operation=operation) from None

    def _oldest(self, now: int) -> int:
        if self.keeps is not None:
            return self.keeps // _MILLISECOND
        return now if self.since is None else now - milliseconds(self.since)
