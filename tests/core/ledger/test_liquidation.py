"""Liquidation prices: published ones, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from venuekit.capabilities import MarginType, PositionMode, PositionSide
from venuekit.simulator.ledger import Contract, Ledger, LedgerTier, Rules, Side, tiers
from venuekit.simulator.ledger.contract import tier_of
from venuekit.simulator.ledger.margin import liquidation_price
from venuekit.simulator.ledger.money import ZERO, exact
from venuekit.simulator.ledger.state import Leg

D = Decimal
STEEP = tiers(
    (D(5), D(125), D("0.004")),
    (D(10), D(100), D("0.005")),
    (D(20), D(50), D("0.01")),
    (D(50), D(20), D("0.025")),
    (D(100), D(10), D("0.05")),
    (D(200), D(5), D("0.1")),
    (D(400), D(4), D("0.125")),
)
QUOTED = tiers((D(50_000), D(125), D("0.004")), (D(250_000), D(100), D("0.005")), (D(10) ** 9, D(50), D("0.01")))

ContractFactory = Callable[..., Contract]
LedgerFactory = Callable[..., Ledger]


def test_cross_inverse(cutting: Rules, inverse: ContractFactory, opened: LedgerFactory) -> None:
    """[live] Long 100,000 contracts of 100 at 45,000 with 101 coins: the venue's calculator said about 33,599.4."""
    contract = inverse(contract_size=D(100), mark=D(45_000), leverage=D(4), brackets=STEEP)
    ledger = opened(cutting, contract, money="101")
    ledger.fill("ONEUSD", Side.BUY, D(100_000), D(45_000))

    price = ledger.position("ONEUSD").liquidation_price

    assert price is not None
    assert D("33599.42") == price.quantize(D("0.01"))


def test_the_tier_is_the_one_at_the_liquidation_price(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """[calc] 1 at 50,000 with 10,000 lies in tier 2 now and in tier 1 when it is liquidated: 40,160.64."""
    ledger = opened(cutting, linear(), money="10000")
    ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_000))

    position = ledger.position("ONEUSDT")

    assert position.tier.tier == 2
    assert position.liquidation_price is not None
    assert D("40160.64") == position.liquidation_price.quantize(D("0.01"))


@pytest.mark.parametrize(("side", "money"), [(Side.BUY, "60000"), (Side.BUY, "50000")])
def test_fully_covered_positions_have_none(
    side: Side, money: str, cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """No price above zero can liquidate a long that is paid for."""
    ledger = opened(cutting, linear(), money=money)
    ledger.fill("ONEUSDT", side, D(1), D(50_000))

    assert ledger.position("ONEUSDT").liquidation_price is None


def test_a_price_that_rounds_to_nothing_is_none(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """At 1x a long is covered but for the digits that were cut from its margin."""
    ledger = opened(cutting, linear(leverage=D(1)))
    ledger.set_margin_type(MarginType.ISOLATED, "ONEUSDT")
    ledger.fill("ONEUSDT", Side.BUY, D("0.01"), D(500))
    ledger.fill("ONEUSDT", Side.BUY, D("1.40"), D("1829.77"))

    assert ledger.position("ONEUSDT").liquidation_price is None


def test_fully_covered_inverse_shorts_have_none(
    cutting: Rules, inverse: ContractFactory, opened: LedgerFactory
) -> None:
    """The value of an inverse short only shrinks as the price rises, so enough coins cover it for good."""
    ledger = opened(cutting, inverse(), money="3")
    ledger.fill("ONEUSD", Side.SELL, D(100_000), D(50_000))

    assert ledger.position("ONEUSD").liquidation_price is None


def test_legs_of_hedge_mode_share_one_cross_price(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """[faq] Both legs count together: (WB + cum - QL EPL + QS EPS) / (QL mmrL + QS mmrS - QL + QS)."""
    ledger = opened(cutting, linear(), money="10000")
    ledger.set_position_mode(PositionMode.HEDGE)
    ledger.fill("ONEUSDT", Side.BUY, D(3), D(50_000), PositionSide.LONG)
    ledger.fill("ONEUSDT", Side.SELL, D(1), D(52_000), PositionSide.SHORT)

    long, short = ledger.position("ONEUSDT", PositionSide.LONG), ledger.position("ONEUSDT", PositionSide.SHORT)

    # at that price the long lies in tier 2 (0.005, 50), the short in tier 1 (0.004, 0)
    expected = (D(10_000) + 50 - 150_000 + 52_000) / (D("0.015") + D("0.004") - 3 + 1)
    assert long.liquidation_price is not None
    assert expected.quantize(D("0.01")) == long.liquidation_price.quantize(D("0.01"))
    assert long.liquidation_price == short.liquidation_price


def test_isolated_legs_of_hedge_mode_stand_alone(
    cutting: Rules, linear: ContractFactory, opened: LedgerFactory
) -> None:
    """Each isolated leg has a price of its own, below the mark for the long and above it for the short."""
    ledger = opened(cutting, linear())
    ledger.set_position_mode(PositionMode.HEDGE)
    ledger.set_margin_type(MarginType.ISOLATED, "ONEUSDT")
    ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_000), PositionSide.LONG)
    ledger.fill("ONEUSDT", Side.SELL, D(1), D(50_000), PositionSide.SHORT)

    long, short = ledger.position("ONEUSDT", PositionSide.LONG), ledger.position("ONEUSDT", PositionSide.SHORT)

    assert long.liquidation_price is not None
    assert short.liquidation_price is not None
    assert long.liquidation_price < D(50_000) < short.liquidation_price


def test_other_positions_move_the_cross_price(cutting: Rules, linear: ContractFactory, opened: LedgerFactory) -> None:
    """A loss elsewhere in the same asset brings a cross position nearer to its liquidation."""
    ledger = opened(cutting, linear(), linear(symbol="TWOUSDT", pair="TWOUSDT", base="TWO"), money="30000")
    ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_000))
    ledger.fill("TWOUSDT", Side.SELL, D(1), D(50_000))
    before = ledger.position("ONEUSDT").liquidation_price
    ledger.set_mark("TWOUSDT", D(60_000))

    after = ledger.position("ONEUSDT").liquidation_price

    assert before is not None
    assert after is not None
    assert after > before + 10_000


@exact
def margin_left(
    contract: Contract, legs: list[Leg], backing: Decimal, mark: Decimal, table: tuple[LedgerTier, ...]
) -> Decimal:
    """Return what is left above the maintenance margin at a mark, worked out without the formula."""
    left = backing
    for leg in legs:
        value = abs(contract.value(leg.quantity, mark))
        left += contract.profit(leg.quantity, leg.entry, mark) - tier_of(table, value).maintenance_margin(value)
    return left


@given(
    quantities=st.lists(st.integers(1, 500), min_size=1, max_size=2),
    short_first=st.booleans(),
    entries=st.tuples(st.integers(100, 10_000), st.integers(100, 10_000)),
    backing=st.integers(0, 200_000),
    is_inverse=st.booleans(),
)
def test_nothing_is_left_at_the_liquidation_price(
    quantities: list[int], short_first: bool, entries: tuple[int, int], backing: int, is_inverse: bool
) -> None:
    """Whatever the tiers, the balance at the price equals the maintenance margin there."""
    signs = (-1, 1) if short_first else (1, -1)
    traded = zip(signs, quantities, entries, strict=False)
    legs = [Leg(quantity=D(sign * size), entry=D(entry)) for sign, size, entry in traded]
    table = STEEP if is_inverse else QUOTED
    contract = Contract(
        symbol="ONE",
        pair="ONE",
        base="ONE",
        quote="USD",
        settle="ONE" if is_inverse else "USD",
        is_inverse=is_inverse,
        contract_size=D(100) if is_inverse else D(1),
        brackets=table,
        mark=D(1000),
    )
    wallet = D(backing) / (1000 if is_inverse else 1)
    price = liquidation_price(contract, legs, wallet)
    assume(price is not None)

    assert price is not None
    assert abs(margin_left(contract, legs, wallet, price, table)) < D("1e-20")
    assert price > ZERO
