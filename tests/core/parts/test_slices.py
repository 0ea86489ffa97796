"""Slices of a position: never more than it, none above the largest order, and on the steps of the contract."""

from __future__ import annotations

from decimal import Decimal

import attrs
from hypothesis import given
from hypothesis import strategies as st

from venuekit.capabilities import Instrument, InstrumentKind, InstrumentStatus, Unit
from venuekit.parts.closing.slices import SLICES_AT_ONCE, slices_of

D = Decimal
CONTRACT = Instrument(
    "TOYUSD", "TOYUSD", "TOY", "USD", "USD", InstrumentKind.PERPETUAL, False, D(1), Unit.BASE, InstrumentStatus.TRADING
)
amounts = st.decimals(min_value="0.0001", max_value="1000000", allow_nan=False, allow_infinity=False, places=4)
steps = st.sampled_from([D("0.001"), D("0.01"), D(1), D(5)])


@given(quantity=amounts, step=steps, largest=amounts)
def test_slices_on_steps(quantity: Decimal, step: Decimal, largest: Decimal) -> None:
    """Together they are the quantity cut to the step, unless they would be too many; they differ by a step at most."""
    instrument = attrs.evolve(CONTRACT, quantity_step=step, max_market_quantity=largest)
    sizes = slices_of(quantity, instrument, at_market=True)

    assert all(0 < size <= largest and size % step == 0 for size in sizes)
    assert len(sizes) <= SLICES_AT_ONCE
    assert sum(sizes) <= quantity
    if sizes and len(sizes) < SLICES_AT_ONCE:
        assert sum(sizes) == quantity // step * step
        assert max(sizes) - min(sizes) <= step


@given(quantity=amounts, largest=amounts)
def test_slices_without_a_step(quantity: Decimal, largest: Decimal) -> None:
    """Where the contract has no step the last one is the rest."""
    sizes = slices_of(quantity, attrs.evolve(CONTRACT, max_quantity=largest), at_market=False)

    assert all(0 < size <= largest for size in sizes)
    assert sum(sizes) == (quantity if quantity <= SLICES_AT_ONCE * largest else SLICES_AT_ONCE * largest)


def test_an_unknown_contract_is_one_order() -> None:
    """Without steps and limits nothing is split, and the venue decides."""
    assert slices_of(D("0.7"), None, at_market=True) == (D("0.7"),)


def test_a_limit_order_has_a_limit_of_its_own() -> None:
    """The largest market order does not bind an order at a limit."""
    instrument = attrs.evolve(CONTRACT, quantity_step=D(1), max_quantity=D(100), max_market_quantity=D(10))
    assert slices_of(D(30), instrument, at_market=False) == (D(30),)
    assert slices_of(D(30), instrument, at_market=True) == (D(10), D(10), D(10))
