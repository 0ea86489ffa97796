"""Rate limit rows: a venue's own count and amount of its limits, in frames of a WebSocket API or beside instruments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from venuekit._util.texts import warn
from venuekit.payloads.json_text import read_json
from venuekit.payloads.odd_rows import rows_at
from venuekit.pipeline.budget import Budget
from venuekit.venue import Limit, Venue

#: the lengths of the words for an interval, in seconds
_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400}


def update_from_rows(pool: Budget, limit: Limit, rows: Iterable[object], now: float) -> int | None:
    """
    Correct a pool by the rows of an answer, and return the venue's count; None where no row is about its limit.

    A row is ``{"rateLimitType", "interval", "intervalNum", "limit", "count"}``; it is about the limit that declares its
    type and length (``Limit.rate_limit``, ``seconds``). A row that cannot be read is ignored.
    """
    for row in rows:
        if isinstance(row, Mapping) and _is_about(row, limit) and (count := _whole_number(row, "count")) is not None:
            pool.set_used(count, now)
            return count
    return None


def find_other_amounts(limits: Iterable[Limit], rows: Iterable[object]) -> list[tuple[Limit, int]]:
    """Return the limits whose amount is another one by a venue's rows, each with that one."""
    found = [row for row in rows if isinstance(row, Mapping)]
    return [
        (limit, amount)
        for limit in limits
        for row in found
        if _is_about(row, limit) and (amount := _whole_number(row, "limit")) is not None and amount != limit.amount
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


def _is_about(row: Mapping[Any, object], limit: Limit) -> bool:
    """Say whether a row is about a limit: its type is the declared one, and its window is as long."""
    if limit.rate_limit is None or row.get("rateLimitType") != limit.rate_limit:
        return False
    unit, number = _SECONDS.get(str(row.get("interval"))), _whole_number(row, "intervalNum")
    return unit is not None and number is not None and unit * number == limit.seconds


def _whole_number(row: Mapping[Any, object], name: str) -> int | None:
    value = row.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
