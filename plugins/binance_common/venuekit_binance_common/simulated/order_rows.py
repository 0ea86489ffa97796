"""The venue's rows of orders and fills."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from venuekit.capabilities import OrderStatus, OrderType, TimeInForce
from venuekit.simulator.ledger import Book, Contract, Execution, LedgerOrder, LedgerOrderRequest, Side, TradeKind
from venuekit_binance_common.simulated.formatting import amount, amount_or_zero, milliseconds, plain, quantity

#: the only type of orders in the conditional book
ALGO_TYPE = "CONDITIONAL"
#: the venue's word for the status of a conditional order
ALGO_STATUSES = {
    OrderStatus.OPEN: "NEW",
    OrderStatus.CANCELED: "CANCELED",
    OrderStatus.EXPIRED: "EXPIRED",
    OrderStatus.REJECTED: "REJECTED",
    OrderStatus.TRIGGERED: "FINISHED",
}
_TIMES = {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK", TimeInForce.POST_ONLY: "GTX"}


def order_row(order: LedgerOrder, contract: Contract, own: Mapping[str, object]) -> dict[str, Any]:
    """Return an order of the plain book as a row of a query, with the fields that only one product has."""
    row: dict[str, Any] = {
        "avgPrice": f"{order.average_price:.5f}" if order.average_price else "0.00000",
        "clientOrderId": client_id_of(order),
        "executedQty": quantity(order.filled, contract) if order.filled else "0",
        "orderId": int(order.id),
        "origQty": quantity(order.quantity, contract),
        "origType": order.type.name,
        "price": plain(order.price),
        "reduceOnly": order.reduce_only,
        "side": order.side.name,
        "positionSide": order.position_side.name,
        "status": "NEW" if order.status is OrderStatus.OPEN else order.status.name,
        "stopPrice": plain(order.trigger_price),
        "closePosition": order.close_position,
        "symbol": order.symbol,
        "time": milliseconds(order.created_at),
        "timeInForce": time_in_force_of(order),
        "type": type_now(order).name,
        "updateTime": milliseconds(order.updated_at),
        "workingType": label_of(order, "workingType", "CONTRACT_PRICE"),
        "priceProtect": label_of(order, "priceProtect", "") == "true",
    }
    return {**row, **own}


def matching_fields(order: LedgerOrderRequest) -> dict[str, object]:
    """Return the fields of an order about price matching and self-trade prevention."""
    return {
        "priceMatch": label_of(order, "priceMatch", "NONE"),
        "selfTradePreventionMode": label_of(order, "selfTradePreventionMode", "NONE"),
    }


def trailing_fields(order: LedgerOrder) -> dict[str, object]:
    """Return the fields that only a trailing order of the plain book has."""
    if order.type is not OrderType.TRAILING_STOP_MARKET:
        return {}
    return {
        "activatePrice": plain(order.activation_price),
        "priceRate": plain((order.callback_rate or Decimal(0)) * 100),
    }


def without(row: Mapping[str, Any], lacks: Collection[str]) -> dict[str, Any]:
    """Return a row without the fields in ``lacks``."""
    return {name: value for name, value in row.items() if name not in lacks}


def acknowledge(row: Mapping[str, Any], *, lacks: Collection[str], tells_fills: bool) -> dict[str, Any]:
    """Return an acknowledgement without the fields in ``lacks``; a bare one of placing does not report fills."""
    shown = without(row, lacks)
    shown["cumQty"] = shown["executedQty"]
    if not tells_fills:
        shown |= {"status": "NEW", "executedQty": "0", "cumQty": "0"}
    return shown


def algo_acknowledged(order: LedgerOrder, contract: Contract) -> dict[str, Any]:
    """Return the acknowledgement of placing a conditional order."""
    trails = order.type is OrderType.TRAILING_STOP_MARKET
    return {
        "algoId": int(order.id),
        "clientAlgoId": client_id_of(order),
        "algoType": ALGO_TYPE,
        "orderType": order.type.name,
        "symbol": order.symbol,
        "side": order.side.name,
        "positionSide": order.position_side.name,
        "timeInForce": time_in_force_of(order),
        "quantity": quantity(order.quantity, contract),
        "algoStatus": ALGO_STATUSES[order.status],
        "triggerPrice": plain(order.trigger_price),
        "price": plain(order.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": label_of(order, "selfTradePreventionMode", "EXPIRE_MAKER"),
        "workingType": label_of(order, "workingType", "CONTRACT_PRICE"),
        "priceMatch": label_of(order, "priceMatch", "NONE"),
        "closePosition": order.close_position,
        "priceProtect": label_of(order, "priceProtect", "") == "true",
        "reduceOnly": order.reduce_only,
        "activatePrice": plain(order.activation_price) if trails and order.activation_price else "",
        "callbackRate": plain((order.callback_rate or Decimal(0)) * 100) if trails else "",
        "createTime": milliseconds(order.created_at),
        "updateTime": milliseconds(order.updated_at),
        "triggerTime": milliseconds(order.updated_at) if order.triggered_order_id else 0,
        "goodTillDate": milliseconds(order.expires_at),
    }


def algo_row(order: LedgerOrder, contract: Contract) -> dict[str, Any]:
    """Return a conditional order as a row of a list."""
    row = algo_acknowledged(order, contract)
    del row["activatePrice"], row["callbackRate"]
    return {
        **row,
        "actualOrderId": order.triggered_order_id or "",
        "actualPrice": "0.00000",
        "tpTriggerPrice": "0.000",
        "tpPrice": "0.000",
        "slTriggerPrice": "0.000",
        "slPrice": "0.000",
        "tpOrderType": "",
    }


def algo_query_row(order: LedgerOrder, contract: Contract) -> dict[str, Any]:
    """Return a conditional order as the answer to its query."""
    row = algo_row(order, contract)
    for name in ("tpTriggerPrice", "tpPrice", "slTriggerPrice", "slPrice"):
        del row[name]
    actual = "MARKET" if order.type.is_market else "LIMIT"
    return {**row, "actualType": actual, "actualQty": row["quantity"]}


def trade_row(fill: Execution, contract: Contract, own: Mapping[str, object], *, sign: int) -> dict[str, Any]:
    """Return a fill, with the fields that only some products have; ``sign`` is that of a printed commission."""
    quote = contract.notional(fill.quantity, fill.price) if contract.is_inverse else fill.value
    return {
        "buyer": fill.side is Side.BUY,
        "commission": amount(sign * fill.commission),
        "commissionAsset": fill.commission_asset,
        "id": int(fill.trade_id),
        "maker": fill.is_maker,
        "orderId": int(fill.order_id or 0),
        "price": plain(fill.price),
        "qty": quantity(fill.quantity, contract),
        "quoteQty": plain(quote),
        "realizedPnl": amount_or_zero(fill.realized_pnl),
        "side": fill.side.name,
        "positionSide": fill.position_side.name,
        "symbol": fill.symbol,
        "time": milliseconds(fill.time),
        **own,
    }


def whole_trade_fields(fill: Execution, contract: Contract) -> dict[str, object]:
    """Return the fields of a fill for a product that also counts it in the base asset."""
    base = fill.value if contract.is_inverse else fill.quantity * contract.contract_size
    return {"baseQty": plain(base), "marginAsset": contract.settle, "pair": contract.pair}


def type_now(order: LedgerOrder) -> OrderType:
    """Return the present type of an order; a triggered one in its own book is an ordinary one."""
    if order.type.is_conditional and order.book is Book.PLAIN:
        return OrderType.MARKET if order.type.is_market else OrderType.LIMIT
    return order.type


def client_id_of(order: LedgerOrder) -> str:
    """Return the id of the client, or the one that the venue gave in its place, also that of a forced order."""
    if order.forced is TradeKind.LIQUIDATION:
        return f"autoclose-{milliseconds(order.created_at)}"
    return order.client_id or ("adl_autoclose" if order.forced is TradeKind.ADL else f"web_{order.id}")


def time_in_force_of(order: LedgerOrder) -> str:
    """Return the time in force of an order, in the venue's word for it where the client gave one."""
    return label_of(order, "timeInForce", _TIMES[order.time_in_force])


def label_of(order: LedgerOrderRequest, name: str, usual: str) -> str:
    """Return a value of the venue's own that is kept with an order, the usual one where it has none."""
    return str(order.labels.get(name) or usual)
