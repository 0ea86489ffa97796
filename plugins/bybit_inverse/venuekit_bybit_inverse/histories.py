"""Histories that the venue answers newest first, in windows and behind cursors."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

import attrs

from venuekit.parts.histories import FromCursor, History, Retention, Track, VenueWords
from venuekit.plugin import Answer, Endpoint
from venuekit_bybit_inverse.reading import raw_rows, rows_name

R = TypeVar("R")
T = TypeVar("T")

#: the widest window of most histories; up to 7 days
_WEEK = timedelta(days=7)
#: a minute less than the venue says, so that no request is too old when it arrives
_YEARS = timedelta(days=730) - timedelta(minutes=1)
TWO_YEARS = Retention(age=_YEARS, words="two years, asked for in windows of 7 days")
#: no limit is documented: a start may lie anywhere
ALL_TIME = Retention(age=10 * _YEARS, words="20 years")


@attrs.frozen
class ReceivedRow(Generic[R]):
    """A row, the venue's own object (None when it is not kept), and when both were received."""

    row: R
    raw: Mapping[str, Any] | None
    received_at: datetime


def itself(row: ReceivedRow[R]) -> ReceivedRow[R]:
    """Return a row, for histories whose items are made of several rows or of one of several."""
    return row


def with_raw(received: ReceivedRow[Any]) -> Any:
    """Return a row that is an item already, with the venue's own object."""
    return attrs.evolve(received.row, raw=received.raw)


def cursor_history(
    endpoint: Endpoint[Any],
    convert: Callable[[ReceivedRow[Any]], T],
    *,
    time: Callable[[T], Any],
    key: Callable[[T], Hashable],
    limit: int,
    width: timedelta = _WEEK,
    retention: Retention = TWO_YEARS,
    words: Mapping[str, VenueWords] | None = None,
    **parameters: Any,
) -> History[T]:
    """
    Return a history of the venue.

    Args:
        convert: Returns the item of a row.
        parameters: Sent with every request.
    """

    async def items(_: Any, answer: Answer[Any]) -> Sequence[T]:
        rows = answer.value.rows
        raws = raw_rows(answer, len(rows), rows_name(endpoint))
        return [convert(ReceivedRow(row, raw, answer.received_at)) for row, raw in zip(rows, raws, strict=True)]

    return History(
        endpoint=endpoint,
        # a cursor arrives percent-encoded and must be sent as it came: the encoder encodes it once again
        paging=FromCursor(decode=unquote),
        items=items,
        rows=attrgetter("rows"),
        track=Track(time, key),
        limit=limit,
        width=width,
        retention=retention,
        parameters=parameters,
        words=words or {},
    )
