"""Parameters: their kinds and roles, and the checks of the values that a caller hands in."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

import attrs

from venuekit._util.texts import is_secret_name
from venuekit._util.times import write_iso

_pattern = lru_cache(maxsize=256)(re.compile)
_WHOLE = re.compile(r"-?[0-9]+").fullmatch

#: the value of a parameter as it goes into a request
CheckedValue: TypeAlias = str | int | list[Any]


class Kind(enum.StrEnum):
    """The type of a parameter as the caller hands it in."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"  #: int or Decimal; sent as plain digits, never with an exponent
    NUMBER = "number"  #: as DECIMAL; in a JSON body a JSON number, digit for digit
    BOOLEAN = "boolean"
    TIME = "time"  #: an aware datetime; sent in ISO 8601, as ``2026-11-29T10:00:00.250Z``
    LIST = "list"  #: sent as compact JSON


#: the most digits of a number: the journal reads no more, and no venue takes as many
_DIGITS_MAX = 400
_BITS_MAX = 1328  #: of an int of so many digits

_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.NUMBER})


class Role(enum.StrEnum):
    """The meaning of a parameter; guards, write scopes and error texts read it."""

    SYMBOL = "symbol"
    LEVERAGE = "leverage"
    QUANTITY = "quantity"
    PRICE = "price"
    AMOUNT = "amount"
    CLIENT_ID = "client_id"
    ORDER_ID = "order_id"


@attrs.frozen(kw_only=True)
class Parameter:
    """
    One parameter, by the venue's own name.

    ``choices``, ``minimum``, ``maximum`` and ``pattern`` (a regular expression for the whole text) hold what the
    venue documents for every symbol and account, so that what they refuse is refused before sending. What the venue
    does not take, but guards, write scopes and resolution want to know of a request, is ``local`` and never sent. A
    listen key is ``secret``: shown nowhere, and not in the journal; left out, the name decides.

    ``items`` says how the Decimals within a LIST are written: DECIMAL as texts, NUMBER as JSON numbers. Left out, they
    are refused, and the caller writes the texts.
    """

    name: str = attrs.field(kw_only=False)
    kind: Kind = attrs.field(default=Kind.TEXT, kw_only=False)
    required: bool = False
    role: Role | None = None
    choices: frozenset[str] | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    pattern: str | None = None
    local: bool = False
    items: Kind | None = None
    secret: bool = attrs.field(default=attrs.Factory(lambda self: is_secret_name(self.name), takes_self=True))


def fault_of(parameter: Parameter) -> str | None:
    """Return why a parameter cannot be what it says, in one sentence with the mend; None where it can."""
    kind, name = parameter.kind, parameter.name
    if parameter.choices is not None and kind not in {Kind.TEXT, Kind.INTEGER}:
        return f"{name} has choices, which are texts, and its kind is {kind}: declare minimum and maximum, or Kind.TEXT"
    if kind is Kind.INTEGER and (odd := [one for one in parameter.choices or () if not _WHOLE(one)]):
        return f"{name} is an integer and may not be {odd[0]!r}: declare choices of plain digits, or Kind.TEXT"
    if parameter.choices is not None and not parameter.choices:
        return f"{name} has no choices, so that no value can be sent: name them, or leave choices out"
    if parameter.pattern is not None and kind is not Kind.TEXT:
        return f"{name} has a pattern, and its kind is {kind}: leave the pattern out, or declare Kind.TEXT"
    low, high = parameter.minimum, parameter.maximum
    if (low is not None or high is not None) and kind not in _NUMBERS:
        return f"{name} has a minimum or maximum, and its kind is {kind}: leave them out, or declare a kind of number"
    if low is not None and high is not None and low > high:
        return f"{name} is at least {low} and at most {high}, so that no value can be sent: swap them"
    if parameter.items is not None and (kind is not Kind.LIST or parameter.items not in {Kind.DECIMAL, Kind.NUMBER}):
        return f"{name} has items={parameter.items} and is {kind}: items is Kind.DECIMAL or Kind.NUMBER, of a LIST"
    return None


def plain(number: Decimal | int) -> str:
    """Return a number in plain digits, never with an exponent."""
    return format(number, "f") if isinstance(number, Decimal) else str(number)


def _check_text(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str):
        raise _refuse(parameter, "a text", value)
    if parameter.choices is not None and value not in parameter.choices:
        raise _refuse(parameter, f"one of {', '.join(sorted(parameter.choices))}", value)
    if parameter.pattern is not None and not _pattern(parameter.pattern).fullmatch(value):
        raise _refuse(parameter, f"a text like {parameter.pattern}", value)
    return str(value)


def _check_integer(parameter: Parameter, value: Any) -> int:
    is_whole = type(value) is int or (isinstance(value, Decimal) and _is_short(value) and value == int(value))
    least, most = parameter.minimum, parameter.maximum
    if not is_whole or (least is not None and value < least) or (most is not None and value > most):
        raise _refuse(parameter, _expectation(parameter, "a whole number"), value)
    if parameter.choices is not None and str(int(value)) not in parameter.choices:
        raise _refuse(parameter, f"one of {', '.join(sorted(parameter.choices))}", value)
    return int(value)


def _check_decimal(parameter: Parameter, value: Any) -> str:
    if isinstance(value, Decimal):
        is_number, is_short = value.is_finite(), -_DIGITS_MAX < value.adjusted() < _DIGITS_MAX
    else:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        is_short = is_number and value.bit_length() <= _BITS_MAX
    least, most = parameter.minimum, parameter.maximum
    if not is_number or (least is not None and value < least) or (most is not None and value > most):
        raise _refuse(parameter, _expectation(parameter, "an int or Decimal"), value)
    text = plain(value) if is_short else ""
    if not text or len(text) > _DIGITS_MAX:
        raise ValueError(f"{parameter.name} has more than {_DIGITS_MAX} digits")
    return text


def _is_short(number: Decimal) -> bool:
    """Say whether a number is finite, and no exponent hides more digits than may be written out."""
    return number.is_finite() and -_DIGITS_MAX < number.adjusted() < _DIGITS_MAX


def _check_boolean(parameter: Parameter, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _refuse(parameter, "True or False", value)
    return value


def _check_time(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise _refuse(parameter, "a datetime with a time zone", value)
    return write_iso(value)


def _check_list(parameter: Parameter, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise _refuse(parameter, "a list", value)
    return list(value)


def _expectation(parameter: Parameter, noun: str) -> str:
    low = "" if parameter.minimum is None else f" from {parameter.minimum}"
    high = "" if parameter.maximum is None else f" up to {parameter.maximum}"
    return noun + low + high


def _refuse(parameter: Parameter, expected: str, value: Any) -> ValueError:
    return ValueError(f"{parameter.name} must be {expected}, not {value!r}")


#: the check of each kind; it returns the value as it is sent, and raises ``ValueError`` for one that is refused
CHECKS: Mapping[Kind, Callable[[Parameter, Any], CheckedValue]] = {
    Kind.TEXT: _check_text,
    Kind.INTEGER: _check_integer,
    Kind.DECIMAL: _check_decimal,
    Kind.NUMBER: _check_decimal,
    Kind.BOOLEAN: _check_boolean,
    Kind.TIME: _check_time,
    Kind.LIST: _check_list,
}
