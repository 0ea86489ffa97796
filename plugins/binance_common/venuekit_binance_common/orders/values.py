"""Orders and fills: the venue's rows as our values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from venuekit.capabilities import (
    Fill,
    Order,
    OrderKind,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionSide,
    TimeInForce,
    Unit,
    WorkingPrice,
)
from venuekit.plugin import PayloadMismatch, from_milliseconds, nonzero
from venuekit_binance_common.enums import POSITION_SIDES
from venuekit_binance_common.orders.enums import (
    ALGO_STATUSES,
    NOTHING,
    SIDES,
    STATUSES,
    TIMES,
    TRIGGERS,
    TYPE_WORDS,
    TYPES,
)

if TYPE_CHECKING:
    from venuekit_binance_common.orders.rows import AlgoOrderRow, OrderRow, TradeRow

__all__ = ["Size", "algo_order_of", "fill_of", "order_of"]

_ZERO = Decimal(0)


@attrs.frozen
class Size:
    """The facts about one contract; ``size`` is None for a symbol that is not listed any more."""

    size: Decimal | None
    unit: Unit


def order_of(
    row: OrderRow,
    size: Size,
    received_at: datetime | None = None,
    raw: Mapping[str, Any] | None = None,
    *,
    one_book: bool = False,
) -> Order:
    """
    Return the order of a plain row.

    With ``one_book`` conditional orders stand among the others: a new one waits for its trigger as long as it has its
    first type, and the trigger price printed with one that trails means nothing.
    """
    waits = one_book and row.status == "NEW" and _type(row.type).is_conditional
    trails = one_book and (row.orig_type or row.type) == TYPE_WORDS[OrderType.TRAILING_STOP_MARKET]
    return Order(
        id=str(row.order_id),
        client_id=row.client_order_id or None,
        symbol=row.symbol,
        kind=OrderKind.PLAIN,
        side=_order_side(row.side),
        type=_type(row.orig_type or row.type),
        status=OrderStatus.UNTRIGGERED if waits else STATUSES.get(row.status) or OrderStatus(row.status),
        position_side=_side(row.position_side),
        time_in_force=_time_in_force(row.time_in_force),
        quantity=row.orig_qty,
        filled=row.executed_qty,
        price=nonzero(row.price),
        trigger_price=None if trails else nonzero(row.stop_price),
        average_price=nonzero(row.avg_price),
        # an inverse contract is quoted in the quote and settled in the base asset
        filled_value=row.cum_base if size.unit is Unit.QUOTE else row.cum_quote,
        contract_size=size.size,
        contract_unit=size.unit,
        reduce_only=row.reduce_only,
        close_position=row.close_position,
        working_price=_working_price(row.working_type),
        price_protect=row.price_protect,
        stp_mode=_word(row.self_trade_prevention_mode),
        price_match=_word(row.price_match),
        expires_at=_moment(row.good_till_date),
        activation_price=nonzero(row.activate_price),
        callback_rate=nonzero(row.price_rate),
        venue_status=row.status,
        created_at=_moment(row.time),
        updated_at=_moment(row.update_time),
        received_at=received_at,
        raw=raw,
    )


def algo_order_of(
    row: AlgoOrderRow, size: Size, received_at: datetime | None = None, raw: Mapping[str, Any] | None = None
) -> Order:
    """Return the order of a conditional row."""
    status = row.algo_status or "NEW"
    became = str(row.actual_order_id or "")
    return Order(
        id=str(row.algo_id),
        client_id=row.client_algo_id or None,
        symbol=row.symbol,
        kind=OrderKind.CONDITIONAL,
        side=_order_side(row.side),
        type=_type(row.order_type),
        status=ALGO_STATUSES.get(status) or OrderStatus(status),
        position_side=_side(row.position_side),
        time_in_force=_time_in_force(row.time_in_force),
        quantity=row.quantity,
        price=nonzero(row.price),
        trigger_price=nonzero(row.trigger_price),
        contract_size=size.size,
        contract_unit=size.unit,
        reduce_only=row.reduce_only,
        close_position=row.close_position,
        working_price=_working_price(row.working_type),
        price_protect=row.price_protect,
        stp_mode=_word(row.self_trade_prevention_mode),
        price_match=_word(row.price_match),
        expires_at=_moment(row.good_till_date),
        activation_price=nonzero(row.activate_price),
        callback_rate=nonzero(row.callback_rate),
        triggered_order_id=became or None,
        venue_status=status,
        created_at=_moment(row.create_time),
        updated_at=_moment(row.update_time),
        received_at=received_at,
        raw=raw,
    )


def fill_of(row: TradeRow, size: Size, raw: Mapping[str, Any] | None = None, *, commission_sign: int = -1) -> Fill:
    """
    Return the fill of a row; the row does not show whether it was forced.

    ``commission_sign`` turns the commission of the row into its effect on the account: -1 where positive means paid.
    """
    return Fill(
        id=str(row.id),
        order_id=str(row.order_id),
        symbol=row.symbol,
        side=_order_side(row.side),
        price=row.price,
        quantity=row.qty,
        time=from_milliseconds(row.time),
        position_side=_side(row.position_side),
        value=row.base_qty if size.unit is Unit.QUOTE else row.quote_qty,
        realized_pnl=row.realized_pnl,
        commission=None if row.commission is None else _ZERO + commission_sign * row.commission,
        commission_asset=row.commission_asset or None,
        is_maker=row.maker,
        contract_size=size.size,
        contract_unit=size.unit,
        raw=raw,
    )


def _order_side(word: str) -> OrderSide:
    side = SIDES.get(word)
    if side is None:
        raise PayloadMismatch(f"side: expected BUY or SELL, got {word!r}")
    return side


def _type(word: str) -> OrderType:
    return TYPES.get(word) or OrderType(word)


def _side(word: str | None) -> PositionSide | None:
    return None if word is None else POSITION_SIDES[word]


def _time_in_force(word: str | None) -> TimeInForce | None:
    return None if word is None or word in NOTHING else TIMES.get(word) or TimeInForce(word)


def _working_price(word: str | None) -> WorkingPrice | None:
    return None if word is None or word in NOTHING else TRIGGERS.get(word) or WorkingPrice(word)


def _word(word: str | None) -> str | None:
    return None if word is None or word in NOTHING else word


def _moment(milliseconds: int | None) -> datetime | None:
    return from_milliseconds(milliseconds) if milliseconds and milliseconds > 0 else None
