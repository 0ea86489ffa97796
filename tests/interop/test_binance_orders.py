"""binance-futures-connector, unchanged, places, queries, amends and cancels orders and reads what became of them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from binance.error import ClientError
from tests.interop.desk import BOTH

from venuekit.capabilities import OrderStatus
from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.interop(client="binance-futures-connector", subject="orders")

#: a symbol that is flat, a quantity and a price far from the market
ORDERS = {"usdm": ("ETHUSDT", "0.1", "2000"), "coinm": ("ETHUSD_PERP", "10", "2000")}


@pytest.fixture(params=BOTH)
def desk(request: pytest.FixtureRequest) -> Any:
    """Either product behind its own client."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def order(desk: Any) -> dict[str, str]:
    """An order that rests far from the market."""
    symbol, quantity, price = ORDERS[desk.venue.removeprefix("binance_")]
    numbers = {"quantity": quantity, "price": price}
    return {"symbol": symbol, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", **numbers}


async def test_place_query_and_cancel(desk: Any, order: dict[str, str]) -> None:
    """U05, U07, U08, U12, U13: an order rests, is found by both of its names, and ends."""
    placed = await desk.call("new_order", **order, newClientOrderId="mine")
    held = desk.ledger.order(str(placed["orderId"]))
    assert (placed["status"], held.client_id, held.price) == ("NEW", "mine", Decimal(2000))
    symbol = order["symbol"]
    by_id = await desk.call("query_order", symbol=symbol, orderId=placed["orderId"])
    assert by_id == await desk.call("query_order", symbol=symbol, origClientOrderId="mine")
    assert by_id == await desk.call("get_open_orders", symbol=symbol, orderId=placed["orderId"])
    assert [row["orderId"] for row in await desk.call("get_orders", symbol=symbol)] == [placed["orderId"]]
    canceled = await desk.call("cancel_order", symbol=symbol, origClientOrderId="mine")
    assert (canceled["status"], canceled["orderId"]) == ("CANCELED", placed["orderId"])
    assert desk.ledger.order(str(placed["orderId"])).status is OrderStatus.CANCELED
    for method, code in (("cancel_order", -2011), ("get_open_orders", -2013)):
        with pytest.raises(ClientError) as caught:
            await desk.call(method, symbol=symbol, orderId=placed["orderId"])
        assert caught.value.error_code == code


async def test_market_order_and_its_fill(desk: Any, order: dict[str, str]) -> None:
    """U05, U14, U23: a market order is filled; its history and its trade tell what it cost."""
    symbol, quantity = order["symbol"], order["quantity"]
    taken = {"symbol": symbol, "side": "SELL", "type": "MARKET", "quantity": quantity}
    placed = await desk.call("new_order", **taken, newOrderRespType="RESULT")
    assert (placed["status"], Decimal(placed["executedQty"])) == ("FILLED", Decimal(quantity))
    (row,) = await desk.call("get_all_orders", symbol=symbol)
    (trade,) = await desk.call("get_account_trades", symbol=symbol)
    held = desk.ledger.order(str(placed["orderId"]))
    (fill,) = desk.ledger.fills(symbol)
    worth = "baseQty" if desk.ledger.contract(symbol).is_inverse else "quoteQty"
    assert Decimal(row["cumBase" if worth == "baseQty" else "cumQuote"]) == held.filled_value
    assert (Decimal(trade[worth]), Decimal(trade["commission"])) == (fill.value, -fill.commission)
    assert (trade["orderId"], trade["buyer"], trade["maker"]) == (placed["orderId"], False, False)


async def test_batches(desk: Any, order: dict[str, str]) -> None:
    """U06, U10: each item has its own answer, in the order of the request."""
    wrong = {**order, "positionSide": "LONG"}
    placed = await desk.call("new_batch_order", batchOrders=[order, wrong, {**order, "price": "1999"}])
    assert [row.get("code") for row in placed] == [None, -4061, None]
    ids = [placed[0]["orderId"], placed[2]["orderId"], 99_999]
    # only one of the two clients writes a list as JSON by itself
    listed = ids if desk.venue == "binance_usdm" else json.dumps(ids, separators=(",", ":"))
    ended = await desk.call("cancel_batch_order", symbol=order["symbol"], orderIdList=listed, origClientOrderIdList=[])
    assert [row.get("status", row.get("code")) for row in ended] == ["CANCELED", "CANCELED", -2011]
    assert desk.ledger.open_orders() == ()


async def test_amend(desk: Any, order: dict[str, str]) -> None:
    """U31: quantity and price change; the same values again are refused."""
    placed = await desk.call("new_order", **order)
    change = {"symbol": order["symbol"], "side": "BUY", "orderId": placed["orderId"]}
    numbers = {"quantity": order["quantity"], "price": "1900"}
    amended = await desk.call("modify_order", **change, **numbers)
    assert Decimal(amended["price"]) == desk.ledger.order(str(placed["orderId"])).price == Decimal(1900)
    with pytest.raises(ClientError) as caught:
        await desk.call("modify_order", **change, **numbers)
    assert caught.value.error_code in {-5027, -4197}


async def test_cancel_everything_and_countdown(desk: Any, order: dict[str, str]) -> None:
    """U09, U11: everything of a symbol is cancelled; a countdown is armed and disarmed."""
    symbol = order["symbol"]
    for price in ("2000", "1999"):
        await desk.call("new_order", **{**order, "price": price})
    armed = await desk.call("countdown_cancel_order", symbol=symbol, countdownTime=60_000)
    assert armed == {"symbol": symbol, "countdownTime": "60000"}
    assert desk.ledger.deadline(symbol) is not None
    await desk.call("countdown_cancel_order", symbol=symbol, countdownTime=0)
    assert desk.ledger.deadline(symbol) is None
    assert (await desk.call("cancel_open_orders", symbol=symbol))["code"] == 200
    assert desk.ledger.open_orders() == ()


async def test_forced_orders(desk: Any, order: dict[str, str]) -> None:
    """U27: what the venue itself closed."""
    symbol = order["symbol"]
    desk.ledger.fill(symbol, Side.BUY, Decimal(order["quantity"]), Decimal(3000))
    forced = desk.ledger.deleverage(symbol)
    (row,) = await desk.call("force_orders", symbol=symbol)
    assert (row["orderId"], row["status"], row["clientOrderId"]) == (int(forced.id), "FILLED", forced.client_id)


@pytest.mark.interop(venue="binance_usdm")
async def test_order_test(usdm: Any) -> None:
    """U05: a test checks and places nothing."""
    symbol, quantity, price = ORDERS["usdm"]
    order = {"symbol": symbol, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": quantity}
    await usdm.call("new_order_test", **order, price=price)
    assert usdm.ledger.orders(symbol) == ()
    with pytest.raises(ClientError) as caught:
        await usdm.call("new_order_test", **order)
    assert caught.value.error_code == -1102


REFUSALS: dict[str, tuple[dict[str, Any], int]] = {
    "no quantity": ({"quantity": ""}, -1102),
    "no price": ({"price": None}, -1102),
    "too precise": ({"price": "2000.12345"}, -1111),
    "nothing": ({"quantity": "0"}, -4003),
    "a stop": ({"type": "STOP_MARKET", "stopPrice": "2000"}, -4120),
    "an unknown side": ({"side": "HOLD"}, -1117),
    "an unknown type": ({"type": "WISH"}, -1116),
    "an unknown time in force": ({"timeInForce": "EVER"}, -1115),
    "a side in one-way mode": ({"positionSide": "SHORT"}, -4061),
    "nothing to reduce": ({"reduceOnly": "true"}, -2022),
    "unknown symbol": ({"symbol": "NOPE"}, -1121),
}


@pytest.mark.interop(subject="refusals")
@pytest.mark.parametrize(("change", "code"), REFUSALS.values(), ids=REFUSALS)
async def test_refusals(desk: Any, order: dict[str, Any], change: dict[str, Any], code: int) -> None:
    """The client meets the venue's codes, and nothing is placed."""
    wanted = {name: value for name, value in {**order, **change}.items() if value is not None}
    with pytest.raises(ClientError) as caught:
        await desk.call("new_order", **wanted)
    assert caught.value.error_code == code
    assert desk.ledger.orders(order["symbol"]) == ()


@pytest.mark.interop(subject="refusals")
async def test_duplicate_client_id(desk: Any, order: dict[str, str]) -> None:
    """-4116 while the first one is open; once it has ended, the same id places a second order."""
    await desk.call("new_order", **order, newClientOrderId="mine")
    with pytest.raises(ClientError) as caught:
        await desk.call("new_order", **order, newClientOrderId="mine")
    assert caught.value.error_code == -4116
    await desk.call("cancel_open_orders", symbol=order["symbol"])
    await desk.call("new_order", **order, newClientOrderId="mine")
    assert len(desk.ledger.orders(order["symbol"])) == 2
