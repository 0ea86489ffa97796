"""Rate limit rows: a venue's own count and amount of its limits, in frames of a WebSocket API or beside instruments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Annotated, Any, TypeAlias, TypeGuard

from venuekit._util.texts import warn
from venuekit.errors import PayloadMismatch
from venuekit.payloads.json_text import read_json
from venuekit.payloads.odd_rows import rows_at
from venuekit.venue import Limit, Venue

#: the type of a limit, and the length of its window in seconds
Window: TypeAlias = tuple[str | None, float | None]

#: the lengths of the words for an interval, in seconds
_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400}


def read_counts(text: bytes) -> Mapping[Window, int]:
    """
    Return the venue's counts in the rows of an answer, as JSON; a row that cannot be read is ignored.

    A row is ``{"rateLimitType", "interval", "intervalNum", "limit", "count"}``; it is about the limit that declares its
    type and length (:func:`window_of`). Of several about one limit the first one counts.
    """
    try:
        rows = _row_reader()(text)
    except (RecursionError, ValueError):
        return _read_odd_counts(text)
    return {(row.kind, _SECONDS.get(row.unit, 0) * row.number): row.count for row in reversed(rows)}


def window_of(limit: Limit) -> Window:
    """Return the window by which rows name a limit; no row is about one without a ``rate_limit``."""
    return limit.rate_limit, limit.seconds


def find_other_amounts(limits: Iterable[Limit], rows: Iterable[object]) -> list[tuple[Limit, int]]:
    """Return the limits whose amount is another one by a venue's rows, each with that one."""
    amounts = _read_numbers(rows, "limit")
    return [
        (limit, amount)
        for limit in limits
        for window, amount in amounts
        if window == window_of(limit) and amount != limit.amount
    ]


def compare_amounts(venue: Venue[Any], body: bytes, way: tuple[str | int, ...]) -> None:
    """Warn of each limit of a venue whose amount is another one by the rows in an answer."""
    try:
        rows = [read_json(bytes(row)) for row in rows_at(body, way)]
    except (LookupError, ValueError):
        return  # the answer itself was read: it has no such rows today
    for limit, amount in find_other_amounts(venue.limits, rows):
        mend = "requests may be refused" if amount < limit.amount else "requests may wait for no reason"
        warn(
            f"{venue.id}: its limit {limit.name} is {amount} by its own answer, and declared as {limit.amount}: {mend}"
        )


@cache
def _row_reader() -> Callable[[bytes], Any]:
    """Return the reader of rows that are written as documented."""
    import msgspec  # a program that opens no socket pays nothing for it

    whole = Annotated[int, msgspec.Meta(ge=0)]
    names = {"kind": "rateLimitType", "unit": "interval", "number": "intervalNum"}
    fields: list[Any] = [("kind", str), ("unit", str), ("number", whole), ("count", whole)]
    row: Any = msgspec.defstruct("LimitRow", fields, rename=names, gc=False)
    return msgspec.json.Decoder(list[row]).decode


def _read_odd_counts(text: bytes) -> Mapping[Window, int]:
    """Return the counts of those rows that can be read."""
    try:
        rows = read_json(text)
    except (PayloadMismatch, ValueError):
        return {}
    return dict(reversed(_read_numbers(rows if isinstance(rows, list) else (), "count")))


def _read_numbers(rows: Iterable[object], name: str) -> list[tuple[Window, int]]:
    """Return a number of each row, and the window that the row is about; one that lacks either is ignored."""
    found: list[tuple[Window, int]] = []
    for row in rows:
        if isinstance(row, Mapping):
            unit, times, number = row.get("interval"), row.get("intervalNum"), row.get(name)
            if _is_whole(times) and _is_whole(number):
                found.append(((str(row.get("rateLimitType")), _SECONDS.get(str(unit), 0) * times), number))
    return found


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
