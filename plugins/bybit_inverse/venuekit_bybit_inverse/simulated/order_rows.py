"""Rows of orders and fills, as reads show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from venuekit.capabilities import OrderStatus, OrderType, TimeInForce
from venuekit.simulator.ledger import Book, Execution, Ledger, LedgerOrder, Reason, Side, TradeKind
from venuekit_bybit_inverse.simulated.messages import milliseconds, money, number, price

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


def stop_type(order: LedgerOrder) -> str | None:
    """Return the kind of a conditional order, triggered or not; None of any other."""
    label = order.labels.get("stopOrderType")
    if label is not None:
        return str(label)
    return None if order.trigger_price is None else "Stop"


def order_row(order: LedgerOrder, ledger: Ledger) -> dict[str, Any]:
    """Return the row of an order in the list of open orders; one that closes a whole position is as large as that."""
    contract = ledger.contracts[order.symbol]
    conditional, waits = stop_type(order) is not None, order.is_open
    if order.close_position and not order.quantity and waits:
        order = attrs.evolve(order, quantity=abs(ledger.position(order.symbol).quantity))
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


def history_row(order: LedgerOrder, ledger: Ledger) -> dict[str, Any]:
    """Return the row of an order in the history."""
    return {
        **order_row(order, ledger),
        "slippageToleranceType": "UNKNOWN",
        "slippageTolerance": "",
        "extraFees": "",
        "rpiTakerAccess": False,
        "rpiMatchedQty": "0",
    }


def execution_row(fill: Execution, order: LedgerOrder | None, ledger: Ledger) -> dict[str, Any]:
    """Return the row of a fill; funding has no order."""
    tick = ledger.contracts[fill.symbol].price_tick
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
        "markPrice": price(ledger.mark(fill.symbol), tick),
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
