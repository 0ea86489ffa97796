"""Bybit's answers about orders and fills as rows, typed, nothing derived yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import attrs

from venuekit.parts.orders import BatchItem
from venuekit.plugin import PayloadMismatch, WireRow, payload_decoder
from venuekit_bybit_inverse.wire import PAGE, Page, WireSide, names

T = TypeVar("T")


@attrs.frozen(eq=False, repr=False)
class OrderRow(WireRow):
    """Row of ``GET /v5/order/realtime`` and ``/v5/order/history``; ``cum_exec_fee`` is paid > 0."""

    order_id: str
    symbol: str
    side: WireSide
    order_link_id: str | None = None
    position_idx: int = 0
    order_status: str | None = None
    order_type: str | None = None
    stop_order_type: str | None = None
    time_in_force: str | None = None
    qty: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    trigger_direction: int | None = None
    trigger_by: str | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    tpsl_mode: str | None = None
    tp_trigger_by: str | None = None
    sl_trigger_by: str | None = None
    tp_limit_price: Decimal | None = None
    sl_limit_price: Decimal | None = None
    avg_price: Decimal | None = None
    cum_exec_qty: Decimal | None = None
    cum_exec_value: Decimal | None = None
    cum_exec_fee: Decimal | None = None
    reduce_only: bool | None = None
    close_on_trigger: bool | None = None
    smp_type: str | None = None
    reject_reason: str | None = None
    created_time: datetime | None = None
    updated_time: datetime | None = None


@attrs.frozen(eq=False, repr=False)
class _OrderPage(WireRow):
    """A page of orders."""

    rows: tuple[OrderRow, ...]
    cursor: str | None = None


@attrs.frozen(eq=False, repr=False)
class OrderAck(WireRow):
    """
    The acknowledgement of a request about an order: not yet its result.

    ``create_at`` is given in batches only.
    ``row`` is no part of the answer: it holds the order where a lost answer was found out about by reading.
    """

    order_id: str
    order_link_id: str | None = None
    create_at: datetime | None = None
    row: OrderRow | None = None


@attrs.frozen(eq=False, repr=False)
class _Verdict(WireRow):
    code: int
    msg: str = ""


@attrs.frozen(eq=False, repr=False)
class _Acks(WireRow):
    list: tuple[OrderAck, ...]


@attrs.frozen(eq=False, repr=False)
class _Verdicts(WireRow):
    list: tuple[_Verdict, ...]


@attrs.frozen(eq=False, repr=False)
class _Batch(WireRow):
    result: _Acks
    ret_ext_info: _Verdicts


@attrs.frozen(eq=False, repr=False)
class FillRow(WireRow):
    """Row of ``GET /v5/execution/list``; ``exec_fee`` is paid > 0."""

    exec_id: str
    order_id: str
    symbol: str
    exec_price: Decimal
    exec_qty: Decimal
    exec_time: datetime
    exec_type: str
    side: WireSide = WireSide.FLAT
    order_link_id: str | None = None
    exec_value: Decimal | None = None
    exec_fee: Decimal | None = None
    fee_currency: str | None = None
    is_maker: bool | None = None
    order_type: str | None = None
    order_qty: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class _FillPage(WireRow):
    """A page of fills."""

    rows: tuple[FillRow, ...]
    cursor: str | None = None


_RENAMES: Mapping[type, Mapping[str, str]] = {
    **{kind: names(kind) for kind in (OrderRow, OrderAck, FillRow, _Batch)},
    **dict.fromkeys((_OrderPage, _FillPage), PAGE),
}


def _decoder(shape: type[T], *within: str | int) -> Callable[[bytes], T]:
    return payload_decoder(shape, renames=_RENAMES, within=within)


decode_orders: Callable[[bytes], Page[OrderRow]] = _decoder(_OrderPage, "result")
decode_fills: Callable[[bytes], Page[FillRow]] = _decoder(_FillPage, "result")
decode_acknowledgement = _decoder(OrderAck, "result")
decode_canceled = _decoder(tuple[OrderAck, ...], "result", "list")
_decode_batch = _decoder(_Batch)


def decode_batch(body: bytes) -> tuple[BatchItem, ...]:
    """
    Return the result of each item: its acknowledgement and its own code are in two lists.

    Raises:
        PayloadMismatch: the lists are not equally long.
    """
    batch = _decode_batch(body)
    acks, verdicts = batch.result.list, batch.ret_ext_info.list
    if len(acks) != len(verdicts):
        raise PayloadMismatch(f"result.list has {len(acks)} items, retExtInfo.list {len(verdicts)}")
    return tuple(
        BatchItem(row=ack, code=verdict.code or None, message=verdict.msg)
        for ack, verdict in zip(acks, verdicts, strict=True)
    )
