"""Quanto contracts: settled in neither base nor quote, worth a fixed amount of money for each point of their price."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.ledger.made_up import CUTTING, NEAREST, NOW, WIDE, D, sides

from venuekit.capabilities import MarginType, PositionSide, Unit
from venuekit.simulator.ledger import Asset, Contract, Ledger, PositionFigures, Rules, Side, tiers
from venuekit.simulator.ledger.contract import tier_of
from venuekit.simulator.ledger.margin import liquidation_price
from venuekit.simulator.ledger.state import Leg

TIERS = tiers((D(5), D(100), D("0.005")), (D(50), D(50), D("0.01")), (D(10**9), D(5), D("0.1")))
#: 0.0001 coins for each dollar of the price of another coin
QUANTO = Contract(
    symbol="TWOUSD",
    pair="TWOUSD",
    base="TWO",
    quote="USD",
    settle="ONE",
    is_inverse=False,
    contract_size=D(1),
    multiplier=D("0.0001"),
    brackets=TIERS,
    mark=D(1000),
    leverage=D(5),
)

quantities = st.integers(1, 10_000).map(D)
signed = st.tuples(quantities, st.sampled_from([1, -1])).map(lambda pair: pair[0] * pair[1])
prices = st.integers(50_000, 200_000).map(lambda cents: D(cents) / 100)
multipliers = st.integers(1, 10**6).map(lambda units: D(units) / 10**8)


def test_units_of_a_quanto_contract() -> None:
    """A contract is a contract, its value is counted in the settle asset, and it has no worth in its quote."""
    assert (QUANTO.is_quanto, QUANTO.contract_unit, QUANTO.value_unit) == (True, Unit.CONTRACTS, Unit.SETTLE)
    assert QUANTO.notional(D(3), D(1000)) is None


@given(multiplier=multipliers, quantity=signed, entry=prices, price=prices)
def test_value_and_profit_are_counted_by_contract_and_point(
    multiplier: Decimal, quantity: Decimal, entry: Decimal, price: Decimal
) -> None:
    """Value is contracts times multiplier times price, and profit contracts times multiplier times points."""
    contract = attrs.evolve(QUANTO, multiplier=multiplier)
    with localcontext(WIDE):
        assert contract.value(quantity, price) == quantity * multiplier * price
        assert contract.profit(quantity, entry, price) == quantity * multiplier * (price - entry)


@given(quantity=quantities, entry=prices, added=quantities, price=prices)
def test_adding_keeps_the_profit(quantity: Decimal, entry: Decimal, added: Decimal, price: Decimal) -> None:
    """The profit of two fills is that of one at their mean price, at any mark."""
    mean = QUANTO.mean_entry(quantity, entry, added, price)
    parts = QUANTO.profit(quantity, entry, D(1234)) + QUANTO.profit(added, price, D(1234))
    assert abs(QUANTO.profit(quantity + added, mean, D(1234)) - parts) < D("1e-20")


@given(quantity=signed, entry=prices, leverage=st.integers(2, 50))
def test_at_the_liquidation_price_the_margin_is_used_up(quantity: Decimal, entry: Decimal, leverage: int) -> None:
    """There, backing and profit are exactly the maintenance margin of the tier that applies."""
    leg = Leg(quantity=quantity, entry=entry)
    backing = abs(QUANTO.value(quantity, entry)) / leverage
    price = liquidation_price(QUANTO, [leg], backing)
    if price is None:
        return
    value = abs(QUANTO.value(quantity, price))
    maintenance = tier_of(TIERS, value).maintenance_margin(value)
    assert abs(backing + QUANTO.profit(quantity, entry, price) - maintenance) < D("1e-20")


def _figures(
    contract: Contract, rules: Rules, fills: Sequence[tuple[Side, Decimal, Decimal]], mark: Decimal, isolated: bool
) -> tuple[dict[str, Any], Any]:
    """Return the position and the balance after fills, without the words for units and the worth in the quote."""
    margin_type = MarginType.ISOLATED if isolated else MarginType.CROSS
    known = Asset("ONE", index_price=D(1))
    ledger = Ledger(rules, [contract], [known], now=lambda: NOW, margin_type=margin_type)
    ledger.deposit("ONE", D(10) ** 9)
    for side, quantity, price in fills:
        ledger.fill(contract.symbol, side, quantity, price)
    ledger.set_mark(contract.symbol, mark)
    ledger.fund(contract.symbol, D("0.0003"))
    figures: PositionFigures = ledger.position(contract.symbol, PositionSide.BOTH)
    shown = attrs.asdict(figures, recurse=False)
    for name in ("notional", "max_position_unit"):
        del shown[name]
    return shown, ledger.balance("ONE")


@given(
    fills=st.lists(st.tuples(sides, quantities, prices), min_size=1, max_size=8),
    mark=prices,
    cuts=st.booleans(),
    isolated=st.booleans(),
)
def test_a_quanto_contract_is_linear_in_its_settle_asset(
    fills: Sequence[tuple[Side, Decimal, Decimal]], mark: Decimal, cuts: bool, isolated: bool
) -> None:
    """Margins, fees, funding, profit and liquidation are those of a linear contract of the multiplier's size."""
    linear = attrs.evolve(QUANTO, quote="ONE", contract_size=QUANTO.unit_value, multiplier=None)
    rules = CUTTING if cuts else NEAREST
    assert _figures(QUANTO, rules, fills, mark, isolated) == _figures(linear, rules, fills, mark, isolated)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"multiplier": None}, "has a multiplier exactly when it settles in neither its base nor its quote"),
        ({"settle": "USD"}, "has a multiplier exactly when it settles in neither its base nor its quote"),
        ({"multiplier": D(0)}, "the multiplier of a quanto contract is positive, and its size is 1"),
        ({"contract_size": D(10)}, "the multiplier of a quanto contract is positive, and its size is 1"),
        ({"min_notional": D(5)}, "no worth in its quote, so no smallest one either"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(fields: dict[str, Any], words: str) -> None:
    """The error names the contract and says what does not fit."""
    with pytest.raises(ValueError, match=f"TWOUSD: .*{words}"):
        attrs.evolve(QUANTO, **fields)
