"""The simulated venue and the other product lines, and what a request may leave out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from plugins.bybit_inverse.tests.bybit_asking import INVERSE, Ask

from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Side
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

READS = ("/v5/order/history", "/v5/execution/list", "/v5/position/closed-pnl", "/v5/account/fee-rate")


@pytest.mark.parametrize("product", ["spot", "linear", "option"])
@pytest.mark.parametrize("path", READS)
async def test_other_product_lines_are_empty(ask: Ask, path: str, product: str) -> None:
    """A unified account has them too; there is nothing in them, also of a symbol that only they have."""
    for which in ({}, {"symbol": "BTCUSDT"}):
        answer = await ask("GET", path, {"category": product, **which})
        assert (answer["retCode"], answer["result"]["list"]) == (0, [])


async def test_log_without_the_kind_of_account(ask: Ask, sim: Simulation) -> None:
    """There is only one kind, so that the log is the same with and without it."""
    sim.ledger.fund("BTCUSD", sim.ledger.contract("BTCUSD").taker_fee)
    plain = await ask("GET", "/v5/account/transaction-log", {})
    named = await ask("GET", "/v5/account/transaction-log", {"accountType": "UNIFIED"})
    assert plain["result"]["list"] == named["result"]["list"]
    assert plain["result"]["list"][0]["type"] == "SETTLEMENT"


async def test_log_may_be_read_raw_without_the_kind_of_account(account: BybitInverseAccount) -> None:
    """The client does not insist on what the venue leaves to the caller."""
    page = await account.call(BYBIT.TRANSACTION_LOG)
    assert {row.type for row in page.rows} >= {"TRADE"}


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ({}, {"BTCUSD", "ETHUSD", "BTCUSDZ26"}),
        ({"baseCoin": "BTC"}, {"BTCUSD", "BTCUSDZ26"}),
        ({"status": "Trading"}, {"BTCUSD", "ETHUSD", "BTCUSDZ26"}),
        ({"status": "PreLaunch"}, set()),
        ({"symbolType": "innovation"}, set()),
    ],
)
async def test_instruments_of_a_kind(ask: Ask, which: dict[str, Any], expected: set[str]) -> None:
    """They can be narrowed by base coin, by status and by type."""
    answer = await ask("GET", "/v5/market/instruments-info", {**INVERSE, **which})
    assert {row["symbol"] for row in answer["result"]["list"]} == expected


async def test_fills_and_positions_share_a_sequence(ask: Ask, sim: Simulation) -> None:
    """A position has the number of its last fill; that of a funding payment lies between those of two fills."""
    sim.ledger.fill("ETHUSD", Side.BUY, Decimal(10), Decimal(3000))
    sim.ledger.fund("ETHUSD", Decimal("0.0001"))
    sim.ledger.fill("ETHUSD", Side.BUY, Decimal(10), Decimal(3000))
    answer = await ask("GET", "/v5/execution/list", {**INVERSE, "symbol": "ETHUSD"})
    numbers = [row["seq"] for row in answer["result"]["list"]]
    assert numbers == [4, 3, 2]  # the first one is of another symbol
    (position,) = (await ask("GET", "/v5/position/list", {**INVERSE, "symbol": "ETHUSD"}))["result"]["list"]
    assert position["seq"] == 4
