"""Index prices: the first mark of a contract, and the worth of collateral."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from venuekit.errors import ConfigurationError
from venuekit.plugin import from_milliseconds
from venuekit.simulator import INDEX_PRICES, find_price, open_ledger
from venuekit.simulator.ledger import Asset, Contract
from venuekit.simulator.prices import price_assets, price_contract, round_to_tick
from venuekit_toy_perp.simulated import SimulatedToy

D = Decimal
_TOY = SimulatedToy.contracts[0]


def _contract(**changes: object) -> Contract:
    return attrs.evolve(_TOY, **{"mark": None, "base": "BTC", "price_tick": D("0.1"), **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("premium", "tick", "mark"),
    [("0", "0.1", "88000"), ("0.0136364", "0.1", "89200.0"), ("-0.0001136", "0.1", "87990"), ("0.014", "0.5", "89232")],
)
def test_a_mark_is_the_index_price_and_the_premium_on_the_tick(premium: str, tick: str, mark: str) -> None:
    """Without a mark of its own a contract starts at the index price of its base, higher by its premium."""
    priced = price_contract(_contract(premium=D(premium), price_tick=D(tick)))

    assert priced.mark == D(mark)
    assert priced.mark % D(tick) == 0


def test_a_declared_mark_is_kept() -> None:
    """A contract of a base that has no index price declares its mark."""
    assert price_contract(_TOY).mark == _TOY.mark == D(100)


def test_a_price_is_at_least_one_tick() -> None:
    """However low a price is, it is on the tick and above zero."""
    assert round_to_tick(D("0.00001"), D("0.1")) == D("0.1")
    assert round_to_tick(D("0.27"), D("0.1")) == D("0.3")


def test_a_contract_without_any_price_is_refused() -> None:
    """A simulated venue whose contract has neither a mark nor an index price cannot be opened, and is told why."""
    simulated = SimulatedToy()
    simulated.contracts = (_contract(base="MOON"),)

    with pytest.raises(ConfigurationError, match="TOYUSD: it declares no mark, and MOON has no index price"):
        open_ledger([simulated], lambda: from_milliseconds(0))


def test_a_premium_never_makes_a_price_negative() -> None:
    """A premium of -1 or less is no premium."""
    with pytest.raises(ValueError, match="premium is above -1"):
        _contract(premium=D(-1))


def test_collateral_is_worth_the_index_price() -> None:
    """Assets that back others have the index price; one that backs nothing, or has another name, keeps its own."""
    known, free, other = Asset("BTC", index_price=D(1)), Asset("ETH"), Asset("MOON", index_price=D(7))

    priced = price_assets([known, free, other])

    assert [asset.index_price for asset in priced] == [INDEX_PRICES["BTC"], None, D(7)]


def test_a_share_of_the_mark_is_on_the_tick() -> None:
    """A scenario finds prices around the mark, whatever the market is."""
    ledger = open_ledger([SimulatedToy()], lambda: from_milliseconds(0))

    assert find_price(ledger, "TOYUSD", D("0.98765")) == D("98.8")
