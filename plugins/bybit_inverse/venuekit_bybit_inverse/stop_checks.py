"""Checks of trading stops before they are sent: numbers, steps of the contract, and terms that need a stop."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from venuekit.capabilities import WorkingPrice
from venuekit.parts.checks import is_number
from venuekit.plugin import Account, is_multiple
from venuekit_bybit_inverse.instruments import instrument_row, refresh_row
from venuekit_bybit_inverse.order_form import TRIGGER_WORDS


def check_positive(account: Account, symbol: str, numbers: Mapping[str, object]) -> None:
    """Refuse a number that is given and not above 0."""
    for name, number in numbers.items():
        if number is not None and not (is_number(number) and number > 0):
            raise account.refuse(f"{name} must be a Decimal above 0, not {number!r}", subject=symbol)


def check_beside(account: Account, symbol: str, terms: Mapping[str, tuple[object, str, Decimal | None]]) -> None:
    """Refuse a term, by its name, whose stop is not set with it; the stop has a name and a value."""
    for name, (term, stop, value) in terms.items():
        if term is not None and not value:
            raise account.refuse(f"{name} needs a {stop} above 0 beside it", subject=symbol)


def trigger_words(account: Account, symbol: str, kinds: Mapping[str, WorkingPrice | None]) -> dict[str, str | None]:
    """Return the venue's words for working prices, by the names that they are given under; refuse an unknown one."""
    for name, kind in kinds.items():
        if kind is not None and kind not in TRIGGER_WORDS:
            known = ", ".join(TRIGGER_WORDS)
            raise account.refuse(f"{name} {kind!r} is not known here; the venue has {known}", subject=symbol)
    return {name: None if kind is None else TRIGGER_WORDS[kind] for name, kind in kinds.items()}


async def check_steps(
    account: Account, symbol: str, prices: Mapping[str, Decimal | None], quantity: Decimal | None = None
) -> None:
    """Refuse prices off the tick, and a quantity off its step; steps change, so the contract is read again before."""
    given = {name: Decimal(price) for name, price in prices.items() if price}
    if not given and quantity is None:
        return
    misfit = ""
    for read in (instrument_row, refresh_row):
        row = await read(account, symbol)
        steps = [(name, price, row.price_filter.tick_size) for name, price in given.items()]
        if quantity is not None:
            steps.append(("quantity", Decimal(quantity), row.lot_size_filter.qty_step))
        misfits = [f"{name} {value} is not a multiple of {step}" for name, value, step in steps if _is_off(value, step)]
        if not misfits:
            return
        misfit = misfits[0]
    raise account.refuse(f"{misfit}; it is never rounded here", subject=symbol)


def _is_off(value: Decimal, step: Decimal | None) -> bool:
    return bool(step) and not is_multiple(value, step or Decimal(1))
