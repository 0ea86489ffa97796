"""Routes that read orders and fills, and their rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import attrs

from venuekit.capabilities import OrderStatus, OrderType, TimeInForce
from venuekit.simulator import Visit
from venuekit.simulator.ledger import Book, Execution, LedgerOrder, Reason, Side, TradeKind
from venuekit_bybit_inverse.simulated.messages import milliseconds, money, number, price
from venuekit_bybit_inverse.simulated.parameters import Parameters

#: the number of ended orders in the list of open ones, and the retention of those without a fill
_RECENT = 500
_KEPT = timedelta(hours=24)
_STATUSES = {
    OrderStatus.PENDING: "Created",
    OrderStatus.OPEN: "New",
    OrderStatus.PARTIALLY_FILLED: "PartiallyFilled",
    OrderStatus.FILLED: "Filled",
    OrderStatus.CANCELED: "Cancelled",
    # An order that does not fill at once is cancelled here.
    OrderStatus.EXPIRED: "Cancelled",
    OrderStatus.REJECTED: "Rejected",
    OrderStatus.TRIGGERED: "Triggered",
}
_TIMES = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.POST_ONLY: "PostOnly",
}
#: the venue's reason for cancelling or rejecting an accepted order
_REASONS = {
    Reason.POST_ONLY_REJECTED: "EC_PostOnlyWillTakeLiquidity",
    Reason.FOK_REJECTED: "EC_NoEnoughQtyToFill",
}
#: refusals after which an order counts as cancelled, not as rejected
_CANCELED = frozenset(_REASONS)
_KINDS = {
    TradeKind.TRADE: "Trade",
    TradeKind.LIQUIDATION: "BustTrade",
    TradeKind.ADL: "AdlTrade",
    TradeKind.FUNDING: "Funding",
}
#: where an order of the venue's own, or a conditional one of the client, comes from
_ORIGINS = {TradeKind.LIQUIDATION: "CreateByLiq", TradeKind.ADL: "CreateByAdl_PassThrough"}
_SIDES = {Side.BUY: "Buy", Side.SELL: "Sell"}


def open_orders(parameters: Parameters, visit: Visit) -> object:
    """
    Answer ``GET /v5/order/realtime``: open orders, or with ``openOnly=1`` recently ended ones; newest first.

    An order that is named by an id is shown open or ended, whatever ``openOnly`` says.
    """
    product = parameters.category()
    if product == "linear" and not any(map(parameters.text, ("symbol", "baseCoin", "settleCoin"))):
        raise parameters.invalid("Missing some parameters that must be filled in, symbol or settleCoin or baseCoin")
    orders: list[LedgerOrder] = []
    if product == "inverse":
        named, selects = parameters.selection()
        ended = parameters.text("openOnly") == "1"
        shown = [order for order in _newest_first(visit) if order.is_open] if named or not ended else []
        shown += _find_recent(visit) if named or ended else []
        orders = [order for order in shown if selects(order) and is_of_filter(order, parameters)]
        orders.sort(key=lambda order: int(order.id), reverse=True)
    rows = [_order_row(order, visit) for order in orders]
    return {**parameters.page(rows, usual=20, most=50), "category": product}


def order_history(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/order/history``: ended orders; cancelled and rejected ones without a fill for a day."""
    if (product := parameters.category()) != "inverse":
        return parameters.no_rows(product)
    named, selects = parameters.selection()
    times = range(visit.milliseconds + 1) if named else parameters.window()
    rows = [
        _history_row(order, visit)
        for order in _newest_first(visit)
        if selects(order) and not order.is_open and is_of_filter(order, parameters)
        if int(milliseconds(order.created_at)) in times and _is_kept(order, visit)
    ]
    return {**parameters.page(parameters.select(rows, "orderStatus"), usual=20, most=50), "category": "inverse"}


def executions(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/execution/list``: fills and funding, newest first; with an id, nothing else counts."""
    if (product := parameters.category()) != "inverse":
        return parameters.no_rows(product)
    named, selects = parameters.selection(order_id="order_id")
    times = range(visit.milliseconds + 1) if named else parameters.window()
    orders = {order.id: order for order in visit.ledger.orders()}
    fills = visit.ledger.fills(kinds=frozenset(TradeKind))
    rows = [
        _execution_row(fill, orders.get(fill.order_id or ""), visit)
        for fill in reversed(fills)
        if selects(fill) and int(milliseconds(fill.time)) in times
    ]
    rows = rows if named else parameters.select(rows, "execType")
    return {**parameters.page(rows, usual=50, most=100), "category": "inverse"}


def is_of_filter(order: LedgerOrder, parameters: Parameters) -> bool:
    """Say whether an order is of the kind that ``orderFilter`` asks for; without one, all are."""
    is_conditional = stop_type(order) is not None
    return {"Order": not is_conditional, "StopOrder": is_conditional}.get(parameters.text("orderFilter") or "", True)


def stop_type(order: LedgerOrder) -> str | None:
    """Return the kind of a conditional order, triggered or not; None of any other."""
    label = order.labels.get("stopOrderType")
    if label is not None:
        return str(label)
    return None if order.trigger_price is None else "Stop"


def _newest_first(visit: Visit) -> list[LedgerOrder]:
    return [order for order in reversed(visit.ledger.orders()) if order.status is not OrderStatus.PENDING]


def _find_recent(visit: Visit) -> list[LedgerOrder]:
    return [order for order in _newest_first(visit) if not order.is_open][:_RECENT]


def _is_kept(order: LedgerOrder, visit: Visit) -> bool:
    return bool(order.filled) or visit.now - order.updated_at <= _KEPT


def _order_row(order: LedgerOrder, visit: Visit) -> dict[str, Any]:
    """Return the row of an order in the list of open orders; one that closes a whole position is as large as that."""
    contract = visit.ledger.contracts[order.symbol]
    conditional, waits = stop_type(order) is not None, order.is_open
    if order.close_position and not order.quantity and waits:
        order = attrs.evolve(order, quantity=abs(visit.ledger.position(order.symbol).quantity))
    limit = order.price or order.average_price
    return {
        "orderId": order.id,
        "orderLinkId": _link_id(order),
        "blockTradeId": "",
        "symbol": order.symbol,
        "price": price(order.price, contract.price_tick) or "0",
        "qty": number(order.quantity),
        "side": _SIDES[order.side],
        "isLeverage": "",
        "positionIdx": 0,
        "orderStatus": _status(order),
        "createType": _origin(order),
        "cancelType": _cancel_type(order),
        "rejectReason": _reason(order),
        "avgPrice": money(order.average_price) or "0",
        "leavesQty": number(order.remaining) if waits else "0",
        "leavesValue": money(contract.value(order.remaining, limit)) if waits and limit else "0",
        "cumExecQty": number(order.filled),
        "cumExecValue": money(order.filled_value),
        "cumExecFee": money(-order.commission),
        "timeInForce": str(order.labels.get("timeInForce") or _TIMES[order.time_in_force]),
        "orderType": "Market" if order.type.is_market else "Limit",
        "stopOrderType": stop_type(order) or "UNKNOWN",
        "orderIv": "",
        "triggerPrice": price(order.trigger_price or order.activation_price, contract.price_tick) or "0.00",
        "takeProfit": _label(order.labels, "takeProfit", ""),
        "stopLoss": _label(order.labels, "stopLoss", ""),
        "tpTriggerBy": _label(order.labels, "tpTriggerBy", ""),
        "slTriggerBy": _label(order.labels, "slTriggerBy", ""),
        "triggerDirection": (1 if order.rises_to_trigger else 2) if conditional else 0,
        "triggerBy": _label(order.labels, "triggerBy", "LastPrice") if conditional else "UNKNOWN",
        "lastPriceOnCreated": "",
        "reduceOnly": order.reduce_only or order.of_position or order.forced is not None,
        "closeOnTrigger": order.labels.get("closeOnTrigger") == "true",
        "smpType": _label(order.labels, "smpType", "None"),
        "smpGroup": 0,
        "smpOrderId": "",
        "tpslMode": _label(order.labels, "tpslMode", "Full"),
        "tpLimitPrice": _label(order.labels, "tpLimitPrice", ""),
        "slLimitPrice": _label(order.labels, "slLimitPrice", ""),
        "placeType": "",
        "createdTime": milliseconds(order.created_at),
        "updatedTime": milliseconds(order.updated_at),
        "cumFeeDetail": {contract.settle: money(-order.commission)} if order.commission else {},
    }


def _history_row(order: LedgerOrder, visit: Visit) -> dict[str, Any]:
    """Return the row of an order in the history."""
    return {
        **_order_row(order, visit),
        "slippageToleranceType": "UNKNOWN",
        "slippageTolerance": "",
        "extraFees": "",
        "rpiTakerAccess": False,
        "rpiMatchedQty": "0",
    }


def _execution_row(fill: Execution, order: LedgerOrder | None, visit: Visit) -> dict[str, Any]:
    """Return the row of a fill; funding has no order."""
    tick = visit.ledger.contracts[fill.symbol].price_tick
    return {
        "symbol": fill.symbol,
        "orderType": "UNKNOWN" if order is None else "Market" if order.type is OrderType.MARKET else "Limit",
        "underlyingPrice": "",
        "orderLinkId": "" if order is None else _link_id(order),
        "side": _SIDES[fill.side],
        "indexPrice": "",
        "orderId": fill.order_id or "",
        "stopOrderType": (order and stop_type(order)) or "UNKNOWN",
        "createType": "" if order is None else _origin(order),
        "leavesQty": "0",
        "execTime": milliseconds(fill.time),
        "feeCurrency": fill.commission_asset,
        "isMaker": fill.is_maker,
        "execFee": money(-fill.commission),
        "feeRate": number(fill.fee_rate),
        "execId": fill.trade_id,
        "tradeIv": "",
        "blockTradeId": "",
        "markPrice": price(visit.ledger.mark(fill.symbol), tick),
        "execPrice": money(fill.price),
        "markIv": "",
        "orderQty": "0" if order is None else number(order.quantity),
        "orderPrice": "0" if order is None else price(order.price, tick) or "0",
        "execValue": money(fill.value),
        "execType": _KINDS[fill.kind],
        "execQty": number(fill.quantity),
        "closedSize": number(fill.closed_quantity),
        "extraFees": "",
        "seq": fill.sequence,
    }


def _link_id(order: LedgerOrder) -> str:
    # The venue's own orders have no client id.
    return "" if order.forced is not None else order.client_id or ""


def _origin(order: LedgerOrder) -> str:
    if order.forced is not None:
        return _ORIGINS[order.forced]
    kind = stop_type(order)
    return "CreateByUser" if kind is None else "CreateByStopOrder" if kind == "Stop" else f"CreateBy{kind}"


def _status(order: LedgerOrder) -> str:
    if order.status is OrderStatus.OPEN and order.book is Book.CONDITIONAL:
        return "Untriggered"
    if order.status is OrderStatus.CANCELED and order.book is Book.CONDITIONAL:
        return "Deactivated"
    if order.status is OrderStatus.REJECTED and order.reject_reason and order.reject_reason.reason in _CANCELED:
        return "Cancelled"
    return _STATUSES[order.status]


def _cancel_type(order: LedgerOrder) -> str:
    if order.status is not OrderStatus.CANCELED:
        return "UNKNOWN"
    return "CancelByUser" if order.reject_reason is None else "CancelByTpSlTsClear"


def _reason(order: LedgerOrder) -> str:
    # An order that has lost the position that it protects is cancelled for a reason, and not rejected for one.
    if order.reject_reason is None or order.status is OrderStatus.CANCELED:
        return "EC_NoError"
    return _REASONS.get(order.reject_reason.reason, "EC_Others")


def _label(labels: Mapping[str, object], name: str, usual: str) -> str:
    return str(labels.get(name) or usual)
