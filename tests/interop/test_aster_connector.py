"""binance-futures-connector, unchanged, against the Binance-compatible venue: older paths, and one book of orders."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, closing
from decimal import Decimal
from typing import Any

import pytest
from binance.error import ClientError
from binance.um_futures import UMFutures

import venuekit
from venuekit.capabilities import OrderStatus
from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.interop(client="binance-futures-connector", venue="aster_usdm_v1", subject="orders")

D = Decimal
SYMBOL = "ETHUSDT"


@pytest.fixture
async def aster(clients: ExitStack) -> AsyncIterator[Any]:
    """The simulated venue, flat, and the client that talks to it from a thread."""
    async with venuekit.simulate("aster_usdm_v1", scenario="flat") as sim:
        client = UMFutures(key=sim.key, secret=sim.secret, base_url=sim.rest("aster_usdm_v1"))
        clients.enter_context(closing(client.session))
        sim.ledger.set_mark(SYMBOL, D(3000))
        yield sim, client


async def ask(client: UMFutures, method: str, **arguments: Any) -> Any:
    """Call a method of the client in a thread, so that the simulator can answer meanwhile."""
    return await asyncio.to_thread(getattr(client, method), **arguments)


async def test_conditional_orders_stand_among_the_others(aster: Any) -> None:
    """X01: placed, queried and listed by the plain endpoints; triggered it is filled under the same id."""
    sim, client = aster
    order = {"symbol": SYMBOL, "side": "BUY", "quantity": "0.1"}
    stop = await ask(client, "new_order", **order, type="STOP_MARKET", stopPrice="4000", newClientOrderId="mine")
    limit = await ask(client, "new_order", **order, type="LIMIT", timeInForce="GTC", price="2000")
    assert (stop["type"], stop["status"], D(stop["stopPrice"])) == ("STOP_MARKET", "NEW", 4000)
    listed = await ask(client, "get_orders", symbol=SYMBOL)
    assert [row["orderId"] for row in listed] == [stop["orderId"], limit["orderId"]]
    sim.ledger.set_mark(SYMBOL, D(4100))
    told = await ask(client, "query_order", symbol=SYMBOL, origClientOrderId="mine")
    assert (told["orderId"], told["type"], told["origType"]) == (stop["orderId"], "MARKET", "STOP_MARKET")
    assert (told["status"], told["executedQty"]) == ("FILLED", "0.100")
    (trade,) = await ask(client, "get_account_trades", symbol=SYMBOL)
    (fill,) = sim.ledger.fills(SYMBOL)
    assert D(trade["commission"]) == fill.commission < 0
    with pytest.raises(ClientError) as caught:
        await ask(client, "get_open_orders", symbol=SYMBOL, orderId=stop["orderId"])
    assert caught.value.error_code == -2013


async def test_batches_and_cancelling_everything(aster: Any) -> None:
    """X01: each item has its own result; one request empties the book of every type."""
    sim, client = aster
    order = {"symbol": SYMBOL, "side": "SELL", "quantity": "0.1"}
    items = [
        {**order, "type": "TRAILING_STOP_MARKET", "callbackRate": "1.5", "activationPrice": "3500"},
        {**order, "type": "STOP_MARKET", "stopPrice": "3100"},
        {**order, "type": "TAKE_PROFIT", "stopPrice": "3500", "price": "3490"},
    ]
    answers = await ask(client, "new_batch_order", batchOrders=items)
    assert [one.get("code") or one["type"] for one in answers] == ["TRAILING_STOP_MARKET", -2021, "TAKE_PROFIT"]
    assert (answers[0]["priceRate"], D(answers[0]["activatePrice"])) == ("1.5", 3500)
    sim.ledger.rest_order(SYMBOL, Side.BUY, D("0.1"), D(2000))
    assert (await ask(client, "cancel_open_orders", symbol=SYMBOL))["code"] == "200"
    assert {held.status for held in sim.ledger.orders(SYMBOL)} == {OrderStatus.CANCELED}


@pytest.mark.interop(subject="refusals")
async def test_what_it_does_not_have(aster: Any) -> None:
    """X01: no order test, no amendments, no version of account and balance that the client asks for."""
    _, client = aster
    order = {"symbol": SYMBOL, "side": "BUY", "quantity": "0.1", "price": "2000"}
    calls: dict[str, dict[str, Any]] = {
        "new_order_test": {**order, "type": "LIMIT", "timeInForce": "GTC"},
        "modify_order": {**order, "orderId": 1},
        "account": {},
        "balance": {},
    }
    for method, arguments in calls.items():
        with pytest.raises(ClientError) as caught:
            await ask(client, method, **arguments)
        assert (caught.value.status_code, caught.value.error_code) == (404, -5000)
