"""
The rows of orders, conditional orders and fills, straight from bytes to typed fields.

An import of this module imports msgspec; the functions of
:mod:`~venuekit_binance_common.orders.decoders` do so when they are first called.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from venuekit.parts.orders import BatchItem
from venuekit_binance_common.rows import Milliseconds, Number, decode_with, rows_decoder

__all__ = [
    "AlgoOrderRow",
    "CountdownRow",
    "OrderRow",
    "TradeRow",
    "decode_algo_order",
    "decode_algo_orders",
    "decode_batch",
    "decode_countdown",
    "decode_order",
    "decode_orders",
    "decode_trades",
]


Side: TypeAlias = Literal["BUY", "SELL"]


class OrderRow(msgspec.Struct, rename="camel", gc=False, frozen=True, kw_only=True):
    """A plain order; acknowledgements lack ``avg_price``, its value, and ``time``."""

    symbol: str
    order_id: int
    side: str
    status: str
    type: str
    client_order_id: str | None = None
    position_side: str | None = None
    orig_type: str | None = None
    time_in_force: str | None = None
    orig_qty: Number | None = None
    executed_qty: Number | None = None
    price: Number | None = None
    stop_price: Number | None = None
    avg_price: Number | None = None
    cum_quote: Number | None = None
    cum_base: Number | None = None
    reduce_only: bool | None = None
    close_position: bool | None = None
    working_type: str | None = None
    price_protect: bool | None = None
    price_match: str | None = None
    self_trade_prevention_mode: str | None = None
    good_till_date: Milliseconds | None = None
    activate_price: Number | None = None
    price_rate: Number | None = None
    time: Milliseconds | None = None
    update_time: Milliseconds | None = None


class AlgoOrderRow(msgspec.Struct, rename="camel", gc=False, frozen=True, kw_only=True):
    """
    A conditional order; ``actual_order_id`` is empty until it triggers.

    The acknowledgement of a cancellation has no more than the two ids.
    """

    algo_id: int
    client_algo_id: str | None = None
    symbol: str = ""
    side: str = ""
    order_type: str = ""
    algo_status: str | None = None
    position_side: str | None = None
    time_in_force: str | None = None
    quantity: Number | None = None
    actual_order_id: str | int | None = None
    trigger_price: Number | None = None
    price: Number | None = None
    self_trade_prevention_mode: str | None = None
    working_type: str | None = None
    price_match: str | None = None
    close_position: bool | None = None
    price_protect: bool | None = None
    reduce_only: bool | None = None
    activate_price: Number | None = None
    callback_rate: Number | None = None
    create_time: Milliseconds | None = None
    update_time: Milliseconds | None = None
    good_till_date: Milliseconds | None = None


class _ListedOrder(OrderRow, rename="camel", gc=False, frozen=True, kw_only=True):
    """A plain order of a list: one that cannot be read is left out of it, so all that is needed is looked at here."""

    side: Side


class _ListedAlgoOrder(AlgoOrderRow, rename="camel", gc=False, frozen=True, kw_only=True):
    """A conditional order of a list, likewise."""

    symbol: str
    side: Side
    order_type: str


class TradeRow(msgspec.Struct, rename="camel", gc=False, frozen=True, kw_only=True):
    """A fill; whether ``commission`` is paid above or below 0 depends on the venue."""

    symbol: str
    id: int
    order_id: int
    side: Side
    price: Number
    qty: Number
    time: Milliseconds
    position_side: str | None = None
    quote_qty: Number | None = None
    base_qty: Number | None = None
    realized_pnl: Number | None = None
    commission: Number | None = None
    commission_asset: str | None = None
    maker: bool | None = None


class CountdownRow(msgspec.Struct, rename="camel", gc=False, frozen=True, kw_only=True):
    """An armed countdown, in milliseconds; 0 is disarmed."""

    symbol: str
    countdown_time: int | str


class _Refusal(msgspec.Struct, gc=False, frozen=True, kw_only=True):
    code: int | str | None = None
    msg: str = ""


_ORDER = rows_decoder(OrderRow)
_ORDERS = rows_decoder(tuple[_ListedOrder, ...])
_ALGO_ORDER = rows_decoder(AlgoOrderRow)
_ALGO_ORDERS = rows_decoder(tuple[_ListedAlgoOrder, ...])
_TRADES = rows_decoder(tuple[TradeRow, ...])
_COUNTDOWN = msgspec.json.Decoder(CountdownRow)
_ITEMS = msgspec.json.Decoder(tuple[msgspec.Raw, ...])
_REFUSAL = msgspec.json.Decoder(_Refusal)


def decode_order(body: bytes) -> OrderRow:
    """Return one plain order."""
    return decode_with(_ORDER, body)


def decode_orders(body: bytes) -> tuple[OrderRow, ...]:
    """Return plain orders."""
    return decode_with(_ORDERS, body)


def decode_algo_order(body: bytes) -> AlgoOrderRow:
    """Return one conditional order."""
    return decode_with(_ALGO_ORDER, body)


def decode_algo_orders(body: bytes) -> tuple[AlgoOrderRow, ...]:
    """Return conditional orders."""
    return decode_with(_ALGO_ORDERS, body)


def decode_trades(body: bytes) -> tuple[TradeRow, ...]:
    """Return fills."""
    return decode_with(_TRADES, body)


def decode_countdown(body: bytes) -> CountdownRow:
    """Return an armed countdown."""
    return decode_with(_COUNTDOWN, body)


def decode_batch(body: bytes) -> tuple[BatchItem, ...]:
    """Return the result of each item of a batch; orders and refusals are in one list."""
    raws: tuple[msgspec.Raw, ...] = decode_with(_ITEMS, body)
    return tuple(map(_item, raws))


def _item(raw: msgspec.Raw) -> BatchItem:
    text = bytes(raw)
    refusal = decode_with(_REFUSAL, text)
    if refusal.code is None:
        return BatchItem(row=decode_order(text))
    return BatchItem(code=_number(refusal.code), message=refusal.msg)


def _number(code: int | str) -> int | str:
    """Return a code as the documentation writes it: a number, even where it travels as text."""
    return int(code) if isinstance(code, str) and code.removeprefix("-").isdecimal() else code
