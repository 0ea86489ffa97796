"""Slices: a quantity as orders that the venue takes, none above its largest one."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from venuekit._util.decimals import EXACT, product
from venuekit.capabilities import Instrument

#: the most orders of one leg at a time; a larger rest follows once these have ended
SLICES_AT_ONCE = 10


def slices_of(quantity: Decimal, instrument: Instrument | None, *, at_market: bool) -> tuple[Decimal, ...]:
    """
    Return the quantities of the orders that close so many contracts (> 0), none where that is less than a step.

    They are as alike as the steps allow, so that none is a small rest that the venue would refuse, and together never
    more than ``quantity``. Of an instrument that is not known it is one order.
    """
    if instrument is None:
        return (quantity,)
    whole = instrument.round_quantity(quantity)
    largest = (instrument.max_market_quantity if at_market else None) or instrument.max_quantity
    most = whole if largest is None else instrument.round_quantity(largest)
    if whole <= 0 or most <= 0:
        return ()
    count = int(EXACT.divide_int(whole, most)) + (1 if EXACT.remainder(whole, most) else 0)
    if count > SLICES_AT_ONCE:
        return (most,) * SLICES_AT_ONCE
    step = instrument.quantity_step
    if not step:
        rest = EXACT.subtract(whole, product(most, Decimal(count - 1)))
        return (*(most,) * (count - 1), rest)
    steps = int(EXACT.divide(whole, step).to_integral_value(ROUND_CEILING))
    each, more = divmod(steps, count)
    return tuple(product(Decimal(each + (1 if index < more else 0)), step) for index in range(count))
