"""Orders that are amended and cancelled."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from plugins.bybit_inverse.tests.bybit_orders import body, market, order

from venuekit.capabilities import (
    Amendment,
    OrderSide,
    OrderStatus,
)
from venuekit.errors import (
    InvalidArgument,
    InvalidRequest,
    NotFound,
)
from venuekit.simulator import SecondActor, Simulation
from venuekit.simulator.ledger import Side
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
#: the order of the documented cancellation
DOCUMENTED = "c6f055d9-7f21-4079-913d-e6523a9cfffa"
Replay = Callable[..., None]
Arrivals = Callable[[str], list[str]]

# -- amending


async def test_amend_order(account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals) -> None:
    """Only what is given is sent."""
    placed = await account.place_order(order())
    amended = await account.amend_order("ETHUSD", OrderSide.BUY, order_id=placed.id, price=D("2100.50"))
    assert (amended.status, amended.price, amended.quantity) == ("pending", D("2100.50"), D(100))
    assert body(arrivals("/v5/order/amend")) == {
        "category": "inverse",
        "symbol": "ETHUSD",
        "orderId": placed.id,
        "price": "2100.50",
    }
    assert sim.ledger.order(placed.id).price == D("2100.5")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "quantity or a price"),
        ({"price": D("0.001")}, "not a multiple"),
        ({"quantity": D(0)}, "above 0"),
    ],
)
async def test_amendments_that_are_not_sent(
    account: BybitInverseAccount, arrivals: Arrivals, change: dict[str, Any], words: str
) -> None:
    """Nothing to change, or off the steps; in a batch too."""
    with pytest.raises(InvalidArgument, match=words):
        await account.amend_order("ETHUSD", OrderSide.BUY, order_id="1", **change)
    with pytest.raises(InvalidArgument, match=words):
        await account.amend_orders([Amendment(symbol="ETHUSD", side=OrderSide.BUY, order_id="1", **change)])
    assert arrivals("/v5/order/amend") == arrivals("/v5/order/amend-batch") == []


async def test_amendments_that_are_refused(account: BybitInverseAccount) -> None:
    """An order that is not open, and values that it has already."""
    with pytest.raises(NotFound, match="order not exists"):
        await account.amend_order("ETHUSD", OrderSide.BUY, order_id="404", price=D(1))
    placed = await account.place_order(order())
    with pytest.raises(InvalidRequest, match="remains unchanged"):
        await account.amend_order("ETHUSD", OrderSide.BUY, order_id=placed.id, price=D(2000))


# -- cancelling


async def test_cancel_order_returns_how_it_ended(account: BybitInverseAccount, replay: Replay) -> None:
    """Also when that was before; one that the venue does not know is an error."""
    placed = await account.place_order(order(client_id="mine"))
    assert (await account.cancel_order("ETHUSD", client_id="mine")).status is OrderStatus.CANCELED
    assert (await account.cancel_order("ETHUSD", order_id=placed.id)).status is OrderStatus.CANCELED
    filled = await account.place_order(market())
    assert (await account.cancel_order("ETHUSD", order_id=filled.id)).status is OrderStatus.FILLED
    replay("post_v5_order_cancel_110001")
    with pytest.raises(NotFound, match="does not exist"):
        await account.cancel_order("ETHUSD", order_id="404")


async def test_cancel_is_decided_later(account: BybitInverseAccount, sim: Simulation, replay: Replay) -> None:
    """An acknowledged cancel is waited for; one that never takes effect leaves the order open, and says so."""
    placed = await account.place_order(order())
    replay("post_v5_order_cancel", **{DOCUMENTED: placed.id})
    soon = SecondActor(lambda ledger: ledger.cancel_order(placed.id))
    sim.disturb(VENUE, BYBIT.OPEN_ORDERS, SecondActor(lambda _: None), soon)
    assert (await account.cancel_order("ETHUSD", order_id=placed.id)).status is OrderStatus.CANCELED
    stays = await account.place_order(order())
    replay("post_v5_order_cancel", **{DOCUMENTED: stays.id})
    assert (await account.cancel_order("ETHUSD", order_id=stays.id)).status is OrderStatus.OPEN


async def test_cancel_everything(account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals) -> None:
    """Of a symbol, or by settle coin; at most 500 a call, again until nothing is left."""
    for number in range(310):
        for symbol in ("BTCUSD", "BTCUSDZ26"):
            sim.ledger.rest_order(symbol, Side.BUY, D(1 + number), D(50_000))
    sim.ledger.rest_order("ETHUSD", Side.BUY, D(1), D(1000))
    assert await account.cancel_all_orders(symbol="ETHUSD") == ()
    assert body(arrivals(BYBIT.CANCEL_ALL.path)) == {"category": "inverse", "symbol": "ETHUSD"}
    assert len(sim.ledger.open_orders()) == 620
    assert await account.cancel_all_orders() == ()
    assert [json.loads(one)["settleCoin"] for one in arrivals(BYBIT.CANCEL_ALL.path)[1:]] == ["BTC", "ETH", "BTC"]
    assert sim.ledger.open_orders() == ()


async def test_what_cannot_be_cancelled_is_returned(
    account: BybitInverseAccount, sim: Simulation, replay: Replay
) -> None:
    """After a few rounds that cancel nothing it is given up."""
    sim.ledger.rest_order("ETHUSD", Side.BUY, D(1), D(1000))
    replay("post_v5_order_cancel_all", times=9)
    (left,) = await account.cancel_all_orders(symbol="ETHUSD")
    assert (left.symbol, left.status) == ("ETHUSD", OrderStatus.OPEN)


@pytest.mark.parametrize("symbol", ["ETHUSD", None])
async def test_cancel_everything_before_the_venue_has_decided(
    account: BybitInverseAccount, sim: Simulation, symbol: str | None
) -> None:
    """An order that is accepted and stands in no list yet is cancelled too."""
    sim.ledger.set_decision_delay(timedelta(milliseconds=100))
    placed = await account.place_order(order())
    assert await account.cancel_all_orders(symbol=symbol) == ()
    assert sim.ledger.open_orders() == ()
    assert (await account.get_order("ETHUSD", order_id=placed.id)).status is OrderStatus.CANCELED


async def test_cancel_everything_beside_somebody_who_keeps_placing(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up after some rounds, and what is open is returned."""
    monkeypatch.setattr("venuekit.parts.orders.sweep._PAUSE", 0.0)
    another = SecondActor(lambda ledger: ledger.rest_order("ETHUSD", Side.BUY, D(100), D(1000)), after=True)
    sim.disturb(VENUE, BYBIT.CANCEL_ALL, another, times=100)
    (left,) = await account.cancel_all_orders(symbol="ETHUSD")
    assert left.status is OrderStatus.OPEN
    assert len(arrivals(BYBIT.CANCEL_ALL.path)) < 100
