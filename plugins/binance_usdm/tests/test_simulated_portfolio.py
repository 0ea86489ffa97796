"""The account of the portfolio margin API: sums over all wallets in USD, and equity to maintenance margin."""

from __future__ import annotations

import json
from decimal import Decimal

from tests.plugins.binance.exchange import START, Exchange, open_exchange, shape

from venuekit.simulator.ledger import Side
from venuekit.testing.recorded import Recorded
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.venue import VENUE

D = Decimal


def test_answer_has_the_documented_shape(recorded: Recorded) -> None:
    """Every documented field is there in its type, and no other one is."""
    exchange = open_exchange(VENUE, "portfolio_margin")

    told = exchange.fetch(USDM.PORTFOLIO_ACCOUNT)

    assert shape(told) == shape(json.loads(recorded.case("get_papi_v1_account").body))
    assert (told["accountStatus"], told["updateTime"]) == ("NORMAL", START)


def test_sums_are_those_of_the_wallets() -> None:
    """Collateral counts less its haircut, margins in full, and the ratio follows from both."""
    exchange = open_exchange(VENUE, "portfolio_margin")
    ledger = exchange.ledger
    ledger.deposit("BTC", D(1))
    ledger.fill("ETHUSDT", Side.BUY, D(10), D(3000))
    bitcoin, tether = ledger.balance("BTC"), ledger.balance("USDT")
    assert bitcoin.index_price is not None

    told = exchange.fetch(USDM.PORTFOLIO_ACCOUNT)

    other = tether.equity + ledger.balance("USDC").equity
    equity = other + bitcoin.index_price * (1 - bitcoin.haircut)
    assert D(told["accountEquity"]) == equity
    assert D(told["accountInitialMargin"]) == tether.initial_margin > 0
    assert D(told["accountMaintMargin"]) == tether.maintenance_margin > 0
    assert D(told["actualEquity"]) == other + bitcoin.index_price
    assert abs(D(told["uniMMR"]) - equity / tether.maintenance_margin) < D("1e-8")
    assert D(told["virtualMaxWithdrawAmount"]) == equity - tether.initial_margin


def test_classic_account_is_refused(flat: Exchange) -> None:
    """The portfolio margin API does not know it."""
    assert flat.refusal("GET", USDM.PORTFOLIO_ACCOUNT.path)[:2] == (401, -2015)
