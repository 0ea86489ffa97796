"""Commissions that an account pays in another asset, at its discount."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from tests.core.ledger.made_up import NOW, D

from venuekit.capabilities import IncomeKind
from venuekit.simulator.ledger import Asset, Contract, Ledger, Rules, Side

#: ONEUSDT at 50,000 with a taker's rate of 0.0004: a commission of 20 USDT for each contract
RULES = Rules(fee_asset=("", "FEE"), fee_discount=D("0.1"))


@pytest.fixture
def ledger(linear: Callable[..., Contract]) -> Ledger:
    """An account with 100,000 USDT and 10 FEE, worth 4 USD each, that pays commissions in FEE."""
    contracts = [
        linear(taker_fee=D("0.0004")),
        linear(symbol="ELSE", purse="another", taker_fee=D("0.0004")),
    ]
    assets = [Asset("USDT", index_price=D(1)), Asset("FEE", index_price=D(4)), Asset("USDT", D(1), purse="another")]
    ledger = Ledger(RULES, contracts, assets, now=lambda: NOW)
    ledger.deposit("USDT", D(100_000))
    ledger.deposit("USDT", D(100_000), purse="another")
    ledger.deposit("FEE", D(10))
    ledger.set_fee_asset_use(True)
    return ledger


def test_commission_is_paid_in_the_fee_asset_at_its_discount(ledger: Ledger) -> None:
    """20 USDT less a tenth are 18 USDT, 4.5 FEE: fill, row and wallet say the same."""
    execution = ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_000))

    assert (execution.commission, execution.commission_asset) == (D("-4.5"), "FEE")
    assert ledger.balance("FEE").wallet == D("5.5")
    assert ledger.balance("USDT").wallet == 100_000
    row = ledger.incomes()[-1]
    assert (row.kind, row.asset, row.amount, row.rate) == (IncomeKind.COMMISSION, "FEE", D("-4.5"), D("0.00036"))
    assert ledger.position("ONEUSDT").commission == -18


def test_no_digit_is_lost_where_a_rate_of_exchange_has_no_end(ledger: Ledger) -> None:
    """18 USDT at 4.5 USD are 4 FEE, though one USDT is 0.2222... FEE."""
    ledger.set_index_price("FEE", D("4.5"))

    execution = ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_000))

    assert (execution.commission, ledger.balance("FEE").wallet) == (D(-4), D(6))


def test_settle_asset_pays_where_the_fee_asset_does_not_suffice(ledger: Ledger) -> None:
    """A commission is paid whole from one wallet, without a discount from the settle asset's."""
    execution = ledger.fill("ONEUSDT", Side.BUY, D(3), D(50_000))

    assert (execution.commission, execution.commission_asset) == (D(-60), "USDT")
    assert ledger.balance("FEE").wallet == 10


def test_both_parts_of_a_crossing_fill_are_paid_alike(ledger: Ledger) -> None:
    """A fill that closes and opens has one commission in one asset, and a profit in the settle asset."""
    ledger.fill("ONEUSDT", Side.BUY, D("0.5"), D(50_000))

    execution = ledger.fill("ONEUSDT", Side.SELL, D(1), D(50_000))

    assert (execution.commission, execution.commission_asset) == (D("-4.5"), "FEE")
    assert ledger.balance("FEE").wallet == D("3.25")
    assert [closed.close_fee for closed in ledger.closed_pnls()] == [D(-9)]


def test_contracts_of_another_purse_pay_as_ever(ledger: Ledger) -> None:
    """The fee asset is of one purse."""
    execution = ledger.fill("ELSE", Side.BUY, D(1), D(50_000))

    assert (execution.commission, execution.commission_asset) == (D(-20), "USDT")


def test_choice_can_be_taken_back(ledger: Ledger) -> None:
    """It is off at first, and a repetition changes nothing."""
    assert ledger.pays_fee_asset
    assert not ledger.set_fee_asset_use(True)
    assert ledger.set_fee_asset_use(False)

    assert ledger.fill("ONEUSDT", Side.BUY, D(1), D(50_000)).commission_asset == "USDT"


def test_venue_without_fee_asset_has_no_choice(linear: Callable[..., Contract]) -> None:
    """The command is an error there, and so is a fee asset without an index price."""
    plain = Ledger(Rules(), [linear()], [Asset("USDT", index_price=Decimal(1))], now=lambda: NOW)

    with pytest.raises(ValueError, match="no fee asset"):
        plain.set_fee_asset_use(True)
    assert not plain.pays_fee_asset
    with pytest.raises(ValueError, match="needs an index price"):
        Ledger(RULES, [linear()], [Asset("USDT", index_price=D(1)), Asset("FEE")], now=lambda: NOW)
