"""Histories that the venue answers newest first, in windows and behind cursors."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Hashable, Mapping
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

import attrs

from venuekit.parts import histories as paging
from venuekit.parts.histories import Origin, Span, Track, walk_by_cursor
from venuekit.plugin import Account, Endpoint, InvalidArgument, Priority
from venuekit_bybit_inverse.reading import raw_rows
from venuekit_bybit_inverse.wire import Page

__all__ = ["MONTH", "RETENTION", "TWO_YEARS", "WEEK", "Found", "milliseconds", "newest_first", "span_of"]

R = TypeVar("R")

_MILLISECOND = timedelta(milliseconds=1)
#: the widest windows, in milliseconds: up to 7 days, less than 30 days
WEEK = timedelta(days=7) // _MILLISECOND
MONTH = timedelta(days=30) // _MILLISECOND
#: a minute less than the venue says, so that what is asked for is not too old when it arrives
TWO_YEARS = (timedelta(days=730) - timedelta(minutes=1)) // _MILLISECOND
RETENTION = "two years, asked for in windows of 7 days"


@attrs.frozen
class Found(Generic[R]):
    """A row, the venue's own object (None when it is not kept), and when both were received."""

    row: R
    raw: Mapping[str, Any] | None
    received_at: datetime


def milliseconds(moment: datetime) -> int:
    """Return an instant in milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


async def span_of(
    account: Account,
    operation: str,
    start: datetime | None,
    end: datetime | None,
    *,
    keeps: int = TWO_YEARS,
    words: str = RETENTION,
    after: datetime | None = None,
) -> Span:
    """
    Return the stretch to walk, by the venue's clock.

    Raises:
        InvalidArgument: reversed, or further back than the venue keeps.
        PayloadMismatch: the venue tells a time that is beyond reason.
    """
    now = milliseconds(await account.venue_time())
    resume = None if after is None else milliseconds(after)
    try:
        return paging.span_of(start, end, now=now, keeps=keeps, words=words, after=resume)
    except InvalidArgument as error:
        raise account.refuse(error.message, operation=operation) from None


def newest_first(
    account: Account,
    endpoint: Endpoint[Page[R]],
    span: Span,
    *,
    operation: str,
    time: Callable[[R], datetime],
    key: Callable[[R], Hashable],
    limit: int,
    width: int = WEEK,
    rows_name: str = "list",
    **which: Any,
) -> AsyncGenerator[Found[R], None]:
    """
    Walk a history oldest first, ``width`` milliseconds at a time; ``key`` is what no other row has.

    ``operation`` is what errors call it.
    """
    patient = account.with_options(priority=Priority.HISTORY)  # some of these endpoints answer urgent questions, too

    async def fetch(window: Span, cursor: str | None) -> paging.Page[Found[R]]:
        # A cursor arrives percent-encoded and must be sent as it came: the encoder encodes it once again.
        answer = await patient.answer_rows(
            endpoint,
            **which,
            startTime=window.start,
            endTime=window.end,
            limit=limit,
            cursor=None if cursor is None else unquote(cursor),
        )
        raw = raw_rows(answer, len(answer.value.rows), rows_name)
        rows = [Found(row, one, answer.received_at) for row, one in zip(answer.value.rows, raw, strict=True)]
        return paging.Page(rows, answer.value.cursor, len(rows) + len(answer.odd))

    track = Track[Found[R]](time=lambda found: milliseconds(time(found.row)), key=lambda found: key(found.row))
    return walk_by_cursor(fetch, span.windows(width), track=track, origin=Origin(account.venue.id, operation))
