"""The venue's rows of orders and fills."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venuekit.capabilities import OrderStatus, OrderType, TimeInForce
from venuekit.simulator.ledger import Book, Contract, Execution, LedgerOrder, Reason, Side, TradeKind
from venuekit_bybit_inverse.simulated.formatting import milliseconds, money, number, price

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
_SIDES = {Side.BUY: "Buy", Side.SELL: "Sell"}


def order_row(order: LedgerOrder, contract: Contract) -> dict[str, Any]:
    """Return the row of an order in the list of open orders."""
    conditional = order.trigger_price is not None
    waits = order.is_open
    limit = order.price or order.average_price
    return {
        "orderId": order.id,
        "orderLinkId": _link_id(order),
        "blockTradeId": "",
        "symbol": order.symbol,
        "price": price(order.price) or "0",
        "qty": number(order.quantity),
        "side": _SIDES[order.side],
        "isLeverage": "",
        "positionIdx": 0,
        "orderStatus": _status(order),
        "cancelType": "CancelByUser" if order.status is OrderStatus.CANCELED else "UNKNOWN",
        "rejectReason": _reason(order),
        "avgPrice": money(order.average_price) or "0",
        "leavesQty": number(order.remaining) if waits else "0",
        "leavesValue": money(contract.value(order.remaining, limit)) if waits and limit else "0",
        "cumExecQty": number(order.filled),
        "cumExecValue": money(order.filled_value),
        "cumExecFee": money(-order.commission),
        "timeInForce": str(order.labels.get("timeInForce") or _TIMES[order.time_in_force]),
        "orderType": "Market" if order.type.is_market else "Limit",
        "stopOrderType": "Stop" if conditional else "UNKNOWN",
        "orderIv": "",
        "triggerPrice": price(order.trigger_price) or "0.00",
        "takeProfit": _label(order.labels, "takeProfit", ""),
        "stopLoss": _label(order.labels, "stopLoss", ""),
        "tpTriggerBy": _label(order.labels, "tpTriggerBy", ""),
        "slTriggerBy": _label(order.labels, "slTriggerBy", ""),
        "triggerDirection": (1 if order.rises_to_trigger else 2) if conditional else 0,
        "triggerBy": _label(order.labels, "triggerBy", "LastPrice") if conditional else "UNKNOWN",
        "lastPriceOnCreated": "",
        "reduceOnly": order.reduce_only or order.forced is not None,
        "closeOnTrigger": order.close_position,
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


def history_row(order: LedgerOrder, contract: Contract) -> dict[str, Any]:
    """Return the row of an order in the history."""
    return {
        **order_row(order, contract),
        "slippageToleranceType": "UNKNOWN",
        "slippageTolerance": "",
        "extraFees": "",
        "rpiTakerAccess": False,
        "rpiMatchedQty": "0",
    }


def execution_row(fill: Execution, order: LedgerOrder | None, sequence: int, mark: str) -> dict[str, Any]:
    """Return the row of a fill; funding has no order."""
    return {
        "symbol": fill.symbol,
        "orderType": "UNKNOWN" if order is None else "Market" if order.type is OrderType.MARKET else "Limit",
        "underlyingPrice": "",
        "orderLinkId": "" if order is None else _link_id(order),
        "side": _SIDES[fill.side],
        "indexPrice": "",
        "orderId": fill.order_id or "",
        "stopOrderType": "UNKNOWN" if order is None or order.book is Book.PLAIN else "Stop",
        "leavesQty": "0",
        "execTime": milliseconds(fill.time),
        "feeCurrency": fill.commission_asset,
        "isMaker": fill.is_maker,
        "execFee": money(-fill.commission),
        "feeRate": number(fill.fee_rate),
        "execId": fill.trade_id,
        "tradeIv": "",
        "blockTradeId": "",
        "markPrice": mark,
        "execPrice": money(fill.price),
        "markIv": "",
        "orderQty": "0" if order is None else number(order.quantity),
        "orderPrice": "0" if order is None else price(order.price) or "0",
        "execValue": money(fill.value),
        "execType": _KINDS[fill.kind],
        "execQty": number(fill.quantity),
        "closedSize": number(fill.closed_quantity),
        "extraFees": "",
        "seq": sequence,
    }


def _link_id(order: LedgerOrder) -> str:
    # The venue's own orders have no client id.
    return "" if order.forced is not None else order.client_id or ""


def _status(order: LedgerOrder) -> str:
    if order.status is OrderStatus.OPEN and order.book is Book.CONDITIONAL:
        return "Untriggered"
    if order.status is OrderStatus.CANCELED and order.book is Book.CONDITIONAL:
        return "Deactivated"
    if order.status is OrderStatus.REJECTED and order.reject_reason and order.reject_reason.reason in _CANCELED:
        return "Cancelled"
    return _STATUSES[order.status]


def _reason(order: LedgerOrder) -> str:
    if order.reject_reason is None:
        return "EC_NoError"
    return _REASONS.get(order.reject_reason.reason, "EC_Others")


def _label(labels: Mapping[str, object], name: str, usual: str) -> str:
    return str(labels.get(name) or usual)
