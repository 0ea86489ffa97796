"""Times as venues write and read them: milliseconds since 1970, and ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
#: up to here a float holds a time in seconds to the millisecond
FLOAT_END = 2**32 * 1000
#: a date, a time to the second or finer, and the offset from UTC
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d(?::?\d\d)?)", re.ASCII).fullmatch
#: digits of a second beyond microseconds, which datetime does not have
_FINER = re.compile(r"([.,]\d{6})\d+")


def from_milliseconds(milliseconds: int) -> datetime:
    """Return an instant given in milliseconds since 1970 as an aware UTC datetime, exactly."""
    if 0 <= milliseconds < FLOAT_END:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)  # at half the cost
    return EPOCH + milliseconds * MILLISECOND


def to_milliseconds(moment: datetime) -> int:
    """Return an instant as whole milliseconds since 1970; fractions of one are cut off."""
    return (moment - EPOCH) // MILLISECOND


def write_iso(moment: datetime) -> str:
    """
    Return an instant as ``2026-11-29T10:00:00.250Z``: in UTC, with milliseconds, or microseconds where it has some.

    Raises:
        ValueError: it has no time zone, or is outside of the years 1 to 9999 in UTC.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    try:
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"
    except OverflowError:
        raise ValueError(f"{moment} is outside of the years 1 to 9999 in UTC") from None


def read_iso(text: str) -> datetime:
    """
    Return the instant of a date, a time and its offset, as an aware UTC datetime; digits below a microsecond are cut.

    Raises:
        ValueError: the text is written otherwise, names no offset, or is outside of the years 1 to 9999 in UTC.
    """
    if _WRITTEN(text) is None:
        raise ValueError(f"{text!r} is no time in ISO 8601 with its offset")
    try:
        return datetime.fromisoformat(_FINER.sub(r"\1", text)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is outside of the years 1 to 9999 in UTC") from None
