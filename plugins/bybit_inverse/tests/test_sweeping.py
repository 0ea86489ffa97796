"""Cancelling everything: also what no list shows, and whatever becomes of one of the requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

import venuekit
from venuekit.capabilities import OrderRequest, OrderSide, OrderType
from venuekit.errors import PermissionDenied, Rejected
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.simulator.ledger import Record, Side
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
Arrivals = Callable[[str], list[str]]
REFUSED = CannedAnswer.json(200, {"retCode": 110024, "retMsg": "not now", "result": {}})


def coins(arrivals: Arrivals) -> list[str]:
    """Return the settle coins that were cancelled, in the order of the requests."""
    return [json.loads(one)["settleCoin"] for one in arrivals(BYBIT.CANCEL_ALL.path)]


async def test_every_coin_is_swept_unseen(account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals) -> None:
    """With no order to be seen, each coin that a listed contract settles in is cancelled once."""
    assert await account.cancel_all_orders() == ()
    assert coins(arrivals) == ["BTC", "ETH"]
    sim.ledger.rest_order("ETHUSD", Side.BUY, D(1), D(1000))
    assert await account.cancel_all_orders() == ()
    assert coins(arrivals)[2:] == ["BTC", "ETH"]
    assert sim.ledger.open_orders() == ()


@pytest.mark.parametrize("symbol", ["ETHUSD", None])
async def test_orders_that_no_list_shows_are_cancelled(
    account: BybitInverseAccount, sim: Simulation, symbol: str | None
) -> None:
    """While reads lag behind, what was placed just before is cancelled all the same."""
    sim.ledger.lag(Record.ORDERS, timedelta(seconds=30))
    request = OrderRequest(symbol="ETHUSD", side=OrderSide.BUY, type=OrderType.LIMIT, quantity=D(100), price=D(2000))
    await account.place_order(request)
    assert await account.get_open_orders() == ()
    assert await account.cancel_all_orders(symbol=symbol) == ()
    (order,) = sim.ledger.orders("ETHUSD", hidden=True)
    assert not order.is_open


async def test_one_coin_does_not_keep_the_others(account: BybitInverseAccount, sim: Simulation) -> None:
    """What is refused for a coin once is asked for again while orders are open; the other coin's orders are gone."""
    for symbol, price in (("BTCUSD", D(50_000)), ("ETHUSD", D(1000))):
        sim.ledger.rest_order(symbol, Side.BUY, D(1), price)
    sim.disturb(VENUE, BYBIT.CANCEL_ALL, REFUSED)
    assert await account.cancel_all_orders() == ()
    assert sim.ledger.open_orders() == ()


async def test_what_stays_refused_is_raised(account: BybitInverseAccount, sim: Simulation) -> None:
    """Orders that cannot be cancelled are told by the venue's refusal, not by silence."""
    sim.ledger.rest_order("ETHUSD", Side.BUY, D(1), D(1000))
    sim.disturb(VENUE, BYBIT.CANCEL_ALL, REFUSED, times=50)
    with pytest.raises(Rejected, match="not now"):
        await account.cancel_all_orders()


async def test_a_key_that_may_not_cancel_is_told_so(sim: Simulation) -> None:
    """Though no order is seen: there may be one that is not decided yet."""
    async with venuekit.connect(VENUE, sim.credentials(VENUE, read_only=True)) as account:
        assert isinstance(account, BybitInverseAccount)
        with pytest.raises(PermissionDenied):
            await account.cancel_all_orders()
