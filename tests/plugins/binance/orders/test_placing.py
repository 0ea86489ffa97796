"""Orders as they are sent: each type, with what the venue takes and tells; on every product."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.plugins.binance.orders.order_stage import CONDITIONAL, Stage, size, two_books

from venuekit.capabilities import OrderKind, OrderSide, OrderStatus, OrderType, PositionSide, WorkingPrice
from venuekit.simulator.ledger import Side

pytestmark = pytest.mark.looptime
D = Decimal


async def test_limit_order_as_it_is_sent(stage: Stage) -> None:
    """Side, type, numbers in plain digits, a client id of ours, and GTC, which the venue wants to be said."""
    order = await stage.account.place_order(stage.order(position_side=PositionSide.BOTH, reduce_only=False))
    (arrival,) = stage.arrivals(stage.account.endpoints.ORDERS.place)
    sent = {name: value for name, value in arrival.parameters.items() if name not in {"timestamp", "recvWindow"}}
    assert sent == {
        "symbol": stage.symbol,
        "side": "BUY",
        "type": "LIMIT",
        "positionSide": "BOTH",
        "timeInForce": "GTC",
        "quantity": str(stage.quantity),
        "price": "2000",
        "newOrderRespType": "RESULT",
        "newClientOrderId": order.client_id,
    }
    assert order.client_id.startswith("vk-")
    assert (order.status, order.kind, order.filled, order.price) == (OrderStatus.OPEN, OrderKind.PLAIN, 0, 2000)
    assert (order.contract_size, order.contract_unit) == size(stage)
    assert order.raw["orderId"] == int(order.id)


async def test_market_order_tells_what_was_filled(stage: Stage) -> None:
    """The answer holds the fill; the query also its value and average price."""
    order = await stage.account.place_order(stage.order(OrderType.MARKET, client_id="a.B:/c_-9"))
    assert (order.status, order.filled, order.client_id) == (OrderStatus.FILLED, stage.quantity, "a.B:/c_-9")
    told, held = await stage.account.get_order(stage.symbol, order_id=order.id), stage.ledger.order(order.id)
    assert (told.filled_value, told.average_price) == (held.filled_value, held.average_price)
    assert (told.created_at, told.updated_at) == (held.created_at, held.updated_at)


@pytest.mark.parametrize("kind", CONDITIONAL, ids=str)
async def test_conditional_types_go_to_their_own_book(stage: Stage, kind: OrderType) -> None:
    """One call places them, where there is one, and every read shows them beside the plain ones."""
    details = CONDITIONAL[kind] | {"working_price": WorkingPrice.MARK, "price_protect": True}
    plain = await stage.account.place_order(stage.order())
    order = await stage.account.place_order(stage.order(kind, client_id="when", **details))
    held = stage.ledger.order(order.id)
    assert (order.type, order.kind, order.status) == (kind, OrderKind.CONDITIONAL, OrderStatus.UNTRIGGERED)
    assert (order.trigger_price, order.price) == (details.get("trigger_price"), details.get("price"))
    assert (order.callback_rate, order.activation_price) == (
        details.get("callback_rate"),
        details.get("activation_price"),
    )
    assert (held.client_id, held.type.value) == ("when", kind.value)
    assert held.callback_rate in {None, D("0.015")}
    account, symbol = stage.account, stage.symbol
    for told in (
        await account.get_order(symbol, order_id=order.id),
        await account.get_order(symbol, client_id="when"),
        await account.get_open_order(symbol, order_id=order.id),
        await account.get_open_order(symbol, client_id="when"),
    ):
        assert (told.id, told.kind, told.working_price) == (order.id, OrderKind.CONDITIONAL, WorkingPrice.MARK)
        assert told.price_protect is True
        assert (told.status, told.trigger_price) == (OrderStatus.UNTRIGGERED, details.get("trigger_price"))
    assert [one.id for one in await account.get_open_orders(symbol=symbol)] == [plain.id, order.id]
    assert [one.id for one in await account.get_open_orders()] == [plain.id, order.id]
    assert [one.id async for one in account.iter_orders(symbol=symbol)] == [plain.id, order.id]


async def test_order_that_closes_whatever_is_open(stage: Stage) -> None:
    """It has no quantity, and waits for its trigger."""
    stage.ledger.fill(stage.symbol, Side.BUY, stage.quantity, D(3000))
    request = stage.order(
        OrderType.STOP_MARKET, side=OrderSide.SELL, quantity=None, trigger_price=D(2000), close_position=True
    )
    order = await stage.account.place_order(request)
    assert (order.close_position, stage.ledger.order(order.id).close_position) == (True, True)


@two_books
async def test_triggered_order_names_the_one_it_became(stage: Stage) -> None:
    """Its query tells it, and cancelling it returns that it has triggered."""
    order = await stage.account.place_order(stage.order(OrderType.STOP_MARKET, trigger_price=D(4000)))
    stage.ledger.set_mark(stage.symbol, D(4100))
    told = await stage.account.get_order(stage.symbol, order_id=order.id)
    became = await stage.account.get_order(stage.symbol, order_id=told.triggered_order_id)
    assert (told.status, became.status, became.filled) == ("triggered", OrderStatus.FILLED, stage.quantity)
    assert (await stage.account.cancel_order(stage.symbol, order_id=order.id)).status is OrderStatus.TRIGGERED
