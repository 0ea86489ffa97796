"""Symbols of further contracts: their parts, and the date of one that expires."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from venuekit.simulator import FieldError

#: contracts expire at this hour
_EXPIRY_HOUR = 8
_DATE = re.compile(r"[0-9]{6}")


def match_symbol(symbol: str, pattern: re.Pattern[str], forms: str) -> re.Match[str]:
    """Return the match of a symbol; raises ``FieldError`` with the venue's ``forms`` for any other symbol."""
    match = pattern.fullmatch(symbol)
    if match is None:
        raise FieldError(f"expected a symbol such as {forms}, not {symbol!r}", "symbol")
    return match


def read_expiry(text: str) -> datetime:
    """Return the expiry of ``YYMMDD``; raises ``FieldError`` for a text that is no date."""
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        return datetime.strptime(text, "%y%m%d").replace(hour=_EXPIRY_HOUR, tzinfo=UTC)
    except ValueError:
        raise FieldError(f"expected a date as YYMMDD at its end, not {text!r}", "symbol") from None
