"""Routes of orders: those that wait."""

from __future__ import annotations

from typing import Any

from venuekit.simulator import SimRequest, Visit
from venuekit.simulator.ledger import Book, RestingOrder, Side
from venuekit_bybit_inverse.front.formatting import milliseconds, money, number, price
from venuekit_bybit_inverse.front.parameters import category, contract_of, invalid, page

__all__ = ["open_orders"]


def open_orders(request: SimRequest, visit: Visit) -> object:
    """Answer ``GET /v5/order/realtime``: what waits, newest first; nothing is kept of what has ended."""
    product, symbol, coin = category(request, visit), request.text("symbol"), request.text("settleCoin")
    if product == "linear" and not (symbol or coin or request.text("baseCoin")):
        raise invalid("Missing some parameters that must be filled in, symbol or settleCoin or baseCoin", visit)
    if symbol:
        contract_of(symbol, visit)
    waiting = (
        visit.ledger.open_orders(symbol or None) if product == "inverse" and request.text("openOnly") != "1" else ()
    )
    settle = {name: contract.settle for name, contract in visit.ledger.contracts.items()}
    rows = [_row(order) for order in reversed(waiting) if coin in {None, settle[order.symbol]}]
    return {**page(request, visit, rows, usual=20, most=50), "category": product}


def _row(order: RestingOrder) -> dict[str, Any]:
    conditional = order.book is Book.CONDITIONAL
    moment = milliseconds(order.created_at)
    return {
        "orderId": order.id,
        "orderLinkId": order.client_id or "",
        "blockTradeId": "",
        "symbol": order.symbol,
        "price": price(order.price),
        "qty": number(order.quantity),
        "side": "Buy" if order.side is Side.BUY else "Sell",
        "isLeverage": "",
        "positionIdx": 0,
        "orderStatus": "Untriggered" if conditional else "New",
        "cancelType": "UNKNOWN",
        "rejectReason": "EC_NoError",
        "avgPrice": "0",
        "leavesQty": number(order.quantity),
        "leavesValue": money(order.quantity / order.price),
        "cumExecQty": "0",
        "cumExecValue": "0",
        "cumExecFee": "0",
        "timeInForce": "GTC",
        "orderType": "Limit",
        "stopOrderType": "Stop" if conditional else "UNKNOWN",
        "orderIv": "",
        "triggerPrice": price(order.price) if conditional else "0.00",
        "takeProfit": "",
        "stopLoss": "",
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerDirection": (1 if order.side is Side.BUY else 2) if conditional else 0,
        "triggerBy": "LastPrice" if conditional else "UNKNOWN",
        "lastPriceOnCreated": "",
        "reduceOnly": order.reduce_only,
        "closeOnTrigger": False,
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "tpslMode": "Full",
        "tpLimitPrice": "",
        "slLimitPrice": "",
        "placeType": "",
        "createdTime": moment,
        "updatedTime": moment,
        "cumFeeDetail": {},
    }
