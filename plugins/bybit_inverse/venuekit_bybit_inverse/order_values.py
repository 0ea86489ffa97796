"""Orders and fills: the venue's rows as our values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from venuekit.capabilities import (
    Amendment,
    Fill,
    FillKind,
    Order,
    OrderKind,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionSide,
    TimeInForce,
    Unit,
    WorkingPrice,
)
from venuekit.plugin import nonzero
from venuekit_bybit_inverse.order_payloads import FillRow, OrderAck, OrderRow
from venuekit_bybit_inverse.wire import CONTRACT_SIZE, WireSide, position_side_of

_BUYS_OR_SELLS = {WireSide.BUY: OrderSide.BUY, WireSide.SELL: OrderSide.SELL}
_STATUSES: Mapping[str, OrderStatus] = {
    "New": OrderStatus.OPEN,
    "PartiallyFilled": OrderStatus.PARTIALLY_FILLED,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELED,
    "PartiallyFilledCanceled": OrderStatus.CANCELED,
    "Deactivated": OrderStatus.CANCELED,
    "Rejected": OrderStatus.REJECTED,
    "Untriggered": OrderStatus.UNTRIGGERED,
    # a moment on the way to New: the order goes on under its id
    "Triggered": OrderStatus.OPEN,
}
_TIMES: Mapping[str, TimeInForce] = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "PostOnly": TimeInForce.POST_ONLY,
    "RPI": TimeInForce.RPI,
}
_TRIGGERS: Mapping[str, WorkingPrice] = {
    "LastPrice": WorkingPrice.LAST,
    "MarkPrice": WorkingPrice.MARK,
    "IndexPrice": WorkingPrice.INDEX,
}
_FILLS: Mapping[str, FillKind] = {
    "Trade": FillKind.TRADE,
    "BustTrade": FillKind.LIQUIDATION,
    "AdlTrade": FillKind.ADL,
    "Funding": FillKind.FUNDING,
    "Settle": FillKind.DELIVERY,
    "Delivery": FillKind.DELIVERY,
    "ForwardSplitSettle": FillKind.SPLIT,
    "ReverseSplitSettle": FillKind.SPLIT,
    "Dividend": FillKind.DIVIDEND,
}
#: the forms of an empty or absent word in the rows of orders
_NOTHING = frozenset({None, "UNKNOWN", "None", "EC_NoError"})
_TRAILING = "TrailingStop"
_PROFITS = frozenset({"TakeProfit", "PartialTakeProfit"})
_LOSSES = frozenset({"StopLoss", "PartialStopLoss"})
#: a conditional order of its own: its type follows from the direction it triggers in
_CONDITIONAL = "Stop"
_RISES = 1


def side_of(side: WireSide) -> OrderSide:
    """Return the side of an order; a word that is not known stays as it is."""
    return _BUYS_OR_SELLS.get(side) or OrderSide(side or "unknown")


def order_of(row: OrderRow, received_at: datetime | None = None, raw: Mapping[str, Any] | None = None) -> Order:
    """Return the order of a row."""
    conditional = row.stop_order_type not in _NOTHING
    status = row.order_status
    return Order(
        id=row.order_id,
        client_id=row.order_link_id,
        symbol=row.symbol,
        kind=OrderKind.CONDITIONAL if conditional else OrderKind.PLAIN,
        side=side_of(row.side),
        type=_type(row) if conditional else _plain_type(row.order_type),
        status=OrderStatus.PENDING if status is None else _STATUSES.get(status) or OrderStatus(status),
        position_side=position_side_of(row.position_idx),
        time_in_force=_open(_TIMES, TimeInForce, row.time_in_force),
        quantity=row.qty,
        filled=row.cum_exec_qty,
        price=nonzero(row.price),
        trigger_price=nonzero(row.trigger_price),
        average_price=nonzero(row.avg_price),
        filled_value=row.cum_exec_value,
        commission=None if row.cum_exec_fee is None else Decimal(0) - row.cum_exec_fee,
        contract_size=CONTRACT_SIZE,
        contract_unit=Unit.QUOTE,
        reduce_only=row.reduce_only,
        close_position=row.close_on_trigger,
        working_price=_open(_TRIGGERS, WorkingPrice, row.trigger_by),
        stp_mode=None if row.smp_type in _NOTHING else row.smp_type,
        reject_reason=None if row.reject_reason in _NOTHING else row.reject_reason,
        venue_status=status,
        created_at=row.created_time,
        updated_at=row.updated_time,
        received_at=received_at,
        raw=raw,
    )


def pending_order(
    request: OrderRequest,
    ack: OrderAck,
    received_at: datetime | None = None,
    raw: Mapping[str, Any] | None = None,
) -> Order:
    """Return an order that the venue has accepted and not decided about yet; or its row, where one was read."""
    if ack.row is not None:
        return order_of(ack.row, received_at, raw)
    return Order(
        id=ack.order_id,
        client_id=ack.order_link_id or str(request.client_id),
        symbol=request.symbol,
        kind=OrderKind.CONDITIONAL if request.type.is_conditional else OrderKind.PLAIN,
        side=request.side,
        type=request.type,
        status=OrderStatus.PENDING,
        position_side=PositionSide.BOTH,
        time_in_force=request.time_in_force,
        quantity=request.quantity,
        price=request.price,
        trigger_price=request.trigger_price,
        contract_size=CONTRACT_SIZE,
        contract_unit=Unit.QUOTE,
        reduce_only=request.reduce_only,
        working_price=request.working_price,
        stp_mode=request.stp_mode,
        created_at=ack.create_at,
        received_at=received_at,
        raw=raw,
    )


def order_of_amendment(
    change: Amendment,
    ack: OrderAck,
    received_at: datetime | None = None,
    raw: Mapping[str, Any] | None = None,
) -> Order:
    """Return an order whose amendment the venue has accepted; or its row, where one was read."""
    if ack.row is not None:
        return order_of(ack.row, received_at, raw)
    return Order(
        id=ack.order_id,
        client_id=ack.order_link_id or change.client_id,
        symbol=change.symbol,
        kind=OrderKind.PLAIN,
        side=change.side,
        type=OrderType.LIMIT,
        status=OrderStatus.PENDING,
        quantity=change.quantity,
        price=change.price,
        contract_size=CONTRACT_SIZE,
        contract_unit=Unit.QUOTE,
        received_at=received_at,
        raw=raw,
    )


def fill_of(row: FillRow, settle: str | None, raw: Mapping[str, Any] | None = None) -> Fill:
    """Return the fill of a row; an empty fee currency is the settle coin."""
    return Fill(
        id=row.exec_id,
        order_id=row.order_id,
        symbol=row.symbol,
        side=side_of(row.side),
        price=row.exec_price,
        quantity=row.exec_qty,
        time=row.exec_time,
        client_id=row.order_link_id,
        value=row.exec_value,
        commission=None if row.exec_fee is None else Decimal(0) - row.exec_fee,
        commission_asset=row.fee_currency or settle,
        kind=_FILLS.get(row.exec_type) or FillKind(row.exec_type),
        is_maker=row.is_maker,
        contract_size=CONTRACT_SIZE,
        contract_unit=Unit.QUOTE,
        raw=raw,
    )


def _open(table: Mapping[str, Any], kind: type[Any], word: str | None) -> Any:
    return None if word in _NOTHING else table.get(word or "") or kind(word)


def _plain_type(word: str | None) -> OrderType:
    return {"Limit": OrderType.LIMIT, "Market": OrderType.MARKET}.get(word or "") or OrderType(word or "unknown")


def _type(row: OrderRow) -> OrderType:
    """Return the type of a conditional order; a word that is not known stays as it is."""
    word, market = row.stop_order_type or "", row.order_type == "Market"
    if word == _TRAILING:
        return OrderType.TRAILING_STOP_MARKET
    if word not in {_CONDITIONAL, *_PROFITS, *_LOSSES}:
        return OrderType(word)
    takes_profit = word in _PROFITS
    if word == _CONDITIONAL:
        takes_profit = (row.trigger_direction == _RISES) is (row.side is WireSide.SELL)
    if takes_profit:
        return OrderType.TAKE_PROFIT_MARKET if market else OrderType.TAKE_PROFIT
    return OrderType.STOP_MARKET if market else OrderType.STOP
