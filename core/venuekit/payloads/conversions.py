"""Conversions: from JSON to each type of a wire class."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias

from venuekit._util.times import from_milliseconds, read_iso
from venuekit.payloads.mismatch import Unfit
from venuekit.payloads.numbers import LARGEST, NO_LIMIT, intern_number

#: a hook of cattrs: the value, and the type it shall become
Convert: TypeAlias = Callable[[Any, Any], Any]

_NUMBER, _WHOLE, _TIME = "a decimal number", "a whole number", "a time in milliseconds"
_WRITTEN_TIME = "a time in milliseconds, or in ISO 8601 with its offset"
#: also finds 1 and 0, which equal True and False
_TRUTHS = {True: True, False: False, "true": True, "false": False}
_EPOCH = from_milliseconds(0)
_NO_TIMES = ("", None, 0, -1, "0", "-1")
#: as for other numbers; a text of so many digits and a sign
_WHOLE_END = int(LARGEST)
_LONGEST_WHOLE = 31
#: the first millisecond of the year 10000, which datetime does not know
TIME_END = 253_402_300_800_000


def to_decimal(value: Any, _: Any) -> Decimal:
    """Take a text or a JSON number, digits and exponent as written."""
    if type(value) is str:
        try:
            return intern_number(value)
        except ValueError:
            raise Unfit(_NUMBER, value) from None
    if type(value) is Decimal:
        return value
    if type(value) is int and -_WHOLE_END < value < _WHOLE_END:
        return Decimal(value)
    raise Unfit(_NUMBER, value)


def to_decimal_or_none(value: Any, _: Any) -> Decimal | None:
    """
    Do as :func:`to_decimal`, None for null, ``""`` and ``INF``, which says that there is no limit.

    It is a function of its own because most fields of most answers are this.
    """
    if type(value) is not str:
        return None if value is None else to_decimal(value, Decimal)
    if not value:
        return None
    try:
        return intern_number(value)
    except ValueError:
        if value == NO_LIMIT:
            return None
        raise Unfit(_NUMBER, value) from None


def to_int(value: Any, _: Any) -> int:
    """Take a whole JSON number or a text of digits, below 1e30 either way."""
    whole = value
    if type(value) is str and len(value) <= _LONGEST_WHOLE and value.isascii() and value.removeprefix("-").isdigit():
        whole = int(value)
    if type(whole) is int and -_WHOLE_END < whole < _WHOLE_END:
        return whole
    raise Unfit(_WHOLE, value)


def to_text(value: Any, _: Any) -> str:
    """Take a text, or a whole JSON number: ids come as both."""
    if type(value) is str:
        return value
    if type(value) is int and -_WHOLE_END < value < _WHOLE_END:
        return str(value)
    raise Unfit("text", value)


def to_bool(value: Any, _: Any) -> bool:
    """Take true and false, the same as text, 1 and 0."""
    try:
        return _TRUTHS[value]
    except (KeyError, TypeError):
        raise Unfit("true or false", value) from None


def to_datetime(value: Any, _: Any) -> datetime:
    """
    Take milliseconds since 1970 up to the year 9999, as a number or a text of digits, or ISO 8601 with its offset.

    0 and -1 say "never" and are no time, nor is anything else before 1970.
    """
    try:
        milliseconds = to_int(value, int)
    except Unfit:
        if type(value) is str:
            return _read_text(value)
        raise Unfit(_TIME, value) from None
    if not 0 < milliseconds < TIME_END:
        raise Unfit(_TIME, value)
    return from_milliseconds(milliseconds)


def _read_text(text: str) -> datetime:
    """Return the instant of a text in ISO 8601; it is after 1970, as one in milliseconds is."""
    try:
        moment = read_iso(text)
        if moment > _EPOCH:
            return moment
    except ValueError:
        pass
    raise Unfit(_WRITTEN_TIME, text)


def to_enum(value: Any, kind: type[Enum]) -> Enum:
    """Take the value of a member."""
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise Unfit(f"one of {', '.join(repr(member.value) for member in kind)}", value) from None


def to_optional(convert: Convert, kind: Any) -> Convert:
    """Return a conversion that also takes the texts of "none": null, ``""``, and for times 0 and -1."""
    if kind is Decimal:
        return to_decimal_or_none
    nothing = _NO_TIMES if kind is datetime else (None, "")

    def optional(value: Any, _: Any) -> Any:
        # True and False equal 1 and 0, and are no times
        return None if value in nothing and type(value) is not bool else convert(value, kind)

    return optional
