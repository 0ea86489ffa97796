"""The venue's side of orders and trades."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from venuekit.capabilities import OrderStatus, OrderType, TimeInForce
from venuekit.simulator import SimRequest, Visit
from venuekit.simulator.ledger import (
    Book,
    Execution,
    LedgerOrder,
    LedgerOrderRequest,
    Reason,
    Refused,
    Side,
    TradeKind,
)
from venuekit_bitmex.simulated.tables import account_of
from venuekit_bitmex.simulated.words import UNITS, needed, number, page, time_text, units

_TYPES = {
    "Limit": OrderType.LIMIT,
    "Market": OrderType.MARKET,
    "Stop": OrderType.STOP_MARKET,
    "StopLimit": OrderType.STOP,
    "MarketIfTouched": OrderType.TAKE_PROFIT_MARKET,
    "LimitIfTouched": OrderType.TAKE_PROFIT,
}
_TIMES = {
    "GoodTillCancel": TimeInForce.GTC,
    "ImmediateOrCancel": TimeInForce.IOC,
    "FillOrKill": TimeInForce.FOK,
}
_STATES = {
    OrderStatus.OPEN: "New",
    OrderStatus.PARTIALLY_FILLED: "PartiallyFilled",
    OrderStatus.FILLED: "Filled",
    OrderStatus.CANCELED: "Canceled",
    OrderStatus.EXPIRED: "Expired",
    OrderStatus.REJECTED: "Rejected",
}
_WATCHED = ("LastPrice", "MarkPrice", "IndexPrice")
_POST_ONLY, _REDUCE_ONLY, _CLOSE = "ParticipateDoNotInitiate", "ReduceOnly", "Close"


def _word(table: dict[str, Any], value: object) -> str:
    return next((word for word, one in table.items() if one is value), str(value))


def _instructions(order: LedgerOrder) -> str:
    said = {
        _POST_ONLY: order.time_in_force is TimeInForce.POST_ONLY,
        _REDUCE_ONLY: order.reduce_only,
        _CLOSE: order.close_position,
        str(order.labels.get("watches")): "watches" in order.labels,
    }
    return ",".join(word for word, holds in said.items() if holds)


def order_row(order: LedgerOrder, visit: Visit) -> dict[str, object]:
    """Return one order."""
    contract = visit.ledger.contract(order.symbol)
    waits = order.book is Book.CONDITIONAL
    post_only = order.time_in_force is TimeInForce.POST_ONLY
    return {
        "orderID": order.id,
        "clOrdID": order.client_id or "",
        "clOrdLinkID": "",
        "account": account_of(visit),
        "symbol": order.symbol,
        "side": order.side.value.capitalize(),
        "orderQty": None if order.close_position and not order.quantity else order.quantity,
        "price": order.price,
        "displayQty": None,
        "stopPx": order.trigger_price,
        "pegOffsetValue": None,
        "pegPriceType": "",
        "currency": contract.quote,
        "settlCurrency": UNITS[contract.settle][0],
        "ordType": _word(_TYPES, order.type),
        "timeInForce": "GoodTillCancel" if post_only else _word(_TIMES, order.time_in_force),
        "execInst": _instructions(order),
        "contingencyType": "",
        "ordStatus": _STATES.get(order.status, order.status.value),
        "triggered": "StopOrderTriggered" if order.type.is_conditional and not waits else "",
        "workingIndicator": order.waits and not waits,
        "ordRejReason": "" if order.reject_reason is None else str(order.reject_reason),
        "leavesQty": order.remaining if order.is_open else 0,
        "cumQty": order.filled,
        "avgPx": order.average_price,
        "text": "Submitted via API.",
        "transactTime": time_text(order.updated_at),
        "timestamp": time_text(order.updated_at),
    }


def place(request: SimRequest, visit: Visit) -> object:
    """Place an order."""
    said = (request.text("execInst") or "").split(",")
    watched = [word for word in said if word in _WATCHED]
    time = TimeInForce.POST_ONLY if _POST_ONLY in said else _TIMES[request.text("timeInForce") or "GoodTillCancel"]
    order = visit.ledger.place(
        LedgerOrderRequest(
            symbol=needed(request, "symbol"),
            side=Side(needed(request, "side").lower()),
            type=_TYPES[request.text("ordType") or "Limit"],
            quantity=number(request, "orderQty") or Decimal(0),
            price=number(request, "price"),
            trigger_price=number(request, "stopPx"),
            time_in_force=time,
            reduce_only=_REDUCE_ONLY in said,
            close_position=_CLOSE in said and number(request, "orderQty") is None,
            client_id=request.text("clOrdID") or None,
            labels={"watches": watched[0]} if watched else {},
            watches_index="IndexPrice" in said,
        )
    )
    return order_row(order, visit)


def table(request: SimRequest, visit: Visit) -> object:
    """List orders by the time of their last change; ``{"open": true}`` filters those that have not ended."""

    def keep(name: str, value: Any, row: dict[str, object]) -> bool | None:
        return None if name != "open" else value is (row["ordStatus"] in {"New", "PartiallyFilled"})

    orders = sorted(visit.ledger.orders(request.text("symbol")), key=lambda one: one.updated_at)
    return page(request, [order_row(one, visit) for one in orders], keep)


def cancel(request: SimRequest, visit: Visit) -> object:
    """Cancel one order; one that cannot be cancelled is a row that says why."""
    names = {"orderID": request.text("orderID"), "clOrdID": request.text("clOrdID")}
    named = next((name for name, text in names.items() if text), "orderID")
    try:
        order = visit.ledger.order(names["orderID"], client_id=names["clOrdID"])
    except Refused as refused:
        if refused.reason is not Reason.UNKNOWN_ORDER:
            raise
        given = {name: text for name, text in names.items() if text}
        return [{**given, "ordStatus": "Rejected", "ordRejReason": f"Invalid {named}", "text": ""}]
    try:
        return [order_row(visit.ledger.cancel_order(order.id), visit)]
    except Refused as refused:
        if refused.reason is not Reason.ORDER_FINISHED:
            raise
        row = order_row(order, visit)
        return [{**row, "error": f"Unable to cancel order due to existing state: {row['ordStatus']}"}]


def cancel_all(request: SimRequest, visit: Visit) -> object:
    """Cancel all orders, of a contract or of all."""
    symbol = request.text("symbol")
    symbols = list(visit.ledger.contracts) if symbol is None else [visit.ledger.contract(symbol).symbol]
    return [order_row(one, visit) for each in symbols for one in visit.ledger.cancel_orders(each)]


def cancel_all_after(request: SimRequest, visit: Visit) -> object:
    """Arm the countdown of the account, or disarm it by 0."""
    timeout = timedelta(milliseconds=int(Decimal(needed(request, "timeout"))))
    visit.ledger.countdown(None, timeout)
    return {"now": time_text(visit.now), "cancelTime": time_text(visit.now + timeout) if timeout else 0}


def trades(request: SimRequest, visit: Visit) -> object:
    """List everything that moved the balance: trades and funding."""
    kinds = frozenset(TradeKind)
    return page(request, [_trade(one, visit) for one in visit.ledger.fills(request.text("symbol"), kinds=kinds)])


def _trade(row: Execution, visit: Visit) -> dict[str, object]:
    contract = visit.ledger.contract(row.symbol)
    cost = row.value * row.side.sign * (-1 if contract.is_inverse else 1)
    return {
        "execID": row.trade_id,
        "orderID": row.order_id or "00000000-0000-0000-0000-000000000000",
        "clOrdID": row.client_id or "",
        "account": account_of(visit),
        "symbol": row.symbol,
        "side": "" if row.kind is TradeKind.FUNDING else row.side.value.capitalize(),
        "lastQty": row.quantity,
        "lastPx": row.price,
        "lastLiquidityInd": "AddedLiquidity" if row.is_maker else "RemovedLiquidity",
        "currency": contract.quote,
        "settlCurrency": UNITS[row.commission_asset][0],
        "execType": "Funding" if row.kind is TradeKind.FUNDING else "Trade",
        "commission": row.fee_rate,
        "execCost": units(cost, contract.settle),
        "execComm": units(-row.commission, row.commission_asset),
        "realisedPnl": units(row.realized_pnl, contract.settle),
        "text": "Submission from API",
        "transactTime": time_text(row.time),
        "timestamp": time_text(row.time),
    }
