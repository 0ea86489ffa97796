"""Numbers and times, as the venue writes them."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from venuekit.plugin import to_milliseconds
from venuekit.simulator.ledger import Contract

_WHOLE = re.compile(r"[0-9]{1,19}")
#: the latest instant, in milliseconds since 1970
LATEST = 253_402_300_799_000


def amount(value: Decimal) -> str:
    """Return money with eight decimals, always: ``"0.00000000"``."""
    return f"{value:.8f}" if value else "0.00000000"


def amount_or_zero(value: Decimal | None) -> str:
    """Return money with eight decimals, ``"0"`` for zero and None."""
    return f"{value:.8f}" if value else "0"


def plain(value: Decimal | None) -> str:
    """Return a number in plain digits without trailing zeros, ``"0"`` for zero and None."""
    if not value:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimals_of(step: Decimal) -> int:
    """Return the number of decimals of a step: 3 for 0.001, 0 for 1."""
    return len(plain(step).partition(".")[2])


def quantity(value: Decimal, contract: Contract) -> str:
    """Return a quantity with as many decimals as its step."""
    return f"{value:.{decimals_of(contract.quantity_step)}f}"


def price(value: Decimal, contract: Contract, *, rounds: bool = False) -> str:
    """Return a price with as many decimals as its tick; one between two ticks has more, unless it is rounded."""
    text = f"{value:.{decimals_of(contract.price_tick)}f}"
    return text if rounds or Decimal(text) == value else plain(value)


def is_whole(text: str) -> bool:
    """Say whether a text is a whole number of at most 19 digits, without a sign: a LONG of the venue."""
    return _WHOLE.fullmatch(text) is not None


def number(value: Decimal) -> int | Decimal:
    """Return a number for JSON: an integer if it has no fraction."""
    return int(value) if value == value.to_integral_value() else Decimal(plain(value))


def milliseconds(instant: datetime | None) -> int:
    """Return milliseconds since 1970, 0 for None."""
    return 0 if instant is None else to_milliseconds(instant)
