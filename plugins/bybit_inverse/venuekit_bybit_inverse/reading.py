"""Pages behind a cursor: lists, read to their end, and histories, walked in windows that are answered newest first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

import attrs

from venuekit.parts.histories import FromCursor, History, Retention, Track, VenueWords
from venuekit.plugin import Account, Answer, Endpoint, Outcome, PayloadMismatch

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
class Pages(Generic[R]):
    """
    The rows of all pages, each once, in the venue's order.

    ``raw`` holds the venue's own objects beside them, None without ``keep_raw``; ``as_of`` is the earliest time
    among the pages on the venue's clock, ``received_at`` the latest on ours; ``answers`` has one per page.
    """

    rows: tuple[R, ...]
    raw: tuple[Mapping[str, Any] | None, ...]
    as_of: datetime
    received_at: datetime
    answers: tuple[Answer[Any], ...]


def rows_of(endpoint: Endpoint[Any], answer: Answer[Any]) -> Iterable[tuple[Any, Mapping[str, Any] | None]]:
    """Return the rows of an answer beside the venue's own objects, which are None when they were not kept."""
    rows = answer.value.rows
    raws = [None] * len(rows) if answer.raw is None else answer.raw["result"][endpoint.rows[0][-1]]
    return zip(rows, raws, strict=True)


async def read_pages(
    account: Account,
    endpoint: Endpoint[Any],
    identity: Callable[[R], Hashable],
    /,
    *,
    by: Callable[..., Awaitable[Answer[Any]]] = Account.answer_rows,
    **parameters: Any,
) -> Pages[R]:
    """
    Read a list to its end: until there is no cursor, or an empty page.

    A row that comes again, by ``identity``, keeps its first place and takes its last values. A row that cannot be read
    is left out with a warning, or whatever else the method of the account does that each page is read ``by``.

    Raises:
        PayloadMismatch: a cursor comes back that was there before, or leads to nothing new, so that the following rows
            cannot be asked for; or as ``by`` does.
    """
    found: dict[Hashable, tuple[R, Mapping[str, Any] | None]] = {}
    cursors: set[str] = set()
    answer = await by(account, endpoint, **parameters)
    answers = [answer]
    while True:
        page, known = answer.value, len(found)
        for row, raw in rows_of(endpoint, answer):
            found[identity(row)] = row, raw
        if not (page.rows or answer.odd) or not page.cursor:
            rows, raws = tuple(row for row, _ in found.values()), tuple(raw for _, raw in found.values())
            return Pages(rows, raws, answers[0].as_of, answer.received_at, tuple(answers))
        if page.cursor in cursors or (len(found) == known and not answer.odd):
            words = "the venue repeats a cursor" if page.cursor in cursors else "a page holds nothing new"
            raise PayloadMismatch(
                f"{words}, so what is behind {len(found)} rows cannot be asked for",
                venue=account.venue.id,
                operation=endpoint.operation,
                outcome=Outcome.NOT_APPLIED,
            )
        cursors.add(page.cursor)
        # A cursor arrives percent-encoded and must be signed and sent as it came: the encoder encodes it once again.
        answer = await by(account, endpoint, **parameters, cursor=unquote(page.cursor))
        answers.append(answer)


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
        return [convert(ReceivedRow(row, raw, answer.received_at)) for row, raw in rows_of(endpoint, answer)]

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
