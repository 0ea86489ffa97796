"""What became of writes about orders whose answer was lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from venuekit.plugin import AbsenceProof, Absent, Applied, Call, Lost, Reading, Resolution, Trace, Unclear, trace_of
from venuekit_bybit_inverse.endpoints.order_reads import OrderReadEndpoints
from venuekit_bybit_inverse.endpoints.parameters import CATEGORY
from venuekit_bybit_inverse.endpoints.reads import ReadEndpoints
from venuekit_bybit_inverse.order_payloads import BatchItem, OrderAck, OrderRow

__all__ = [
    "PROOF",
    "read_amended",
    "read_amended_batch",
    "read_canceled",
    "read_canceled_batch",
    "read_emptied",
    "resolve_batch",
    "resolve_order",
]

#: an order that no attempt can bring any more stands in neither list: a few seconds for lists that lag
PROOF = AbsenceProof(after=timedelta(seconds=5))
#: how an order is named, and where
_NAMES = ("orderId", "orderLinkId")
_OPEN = frozenset({"New", "PartiallyFilled", "Untriggered", "Triggered"})
_PAGE_SIZE = 50
#: what an amendment may change, by the name it is sent by, and the attribute of the order's row
_AMENDED_NUMBERS = {
    "qty": "qty",
    "price": "price",
    "triggerPrice": "trigger_price",
    "takeProfit": "take_profit",
    "stopLoss": "stop_loss",
    "tpLimitPrice": "tp_limit_price",
    "slLimitPrice": "sl_limit_price",
}
_AMENDED_WORDS = {
    "triggerBy": "trigger_by",
    "tpslMode": "tpsl_mode",
    "tpTriggerBy": "tp_trigger_by",
    "slTriggerBy": "sl_trigger_by",
}


async def _find(call: Call, item: Mapping[str, Any]) -> Sequence[OrderRow]:
    """Return the orders of a name, first from what is open, then from what has ended."""
    which = {name: item[name] for name in ("symbol", *_NAMES) if item.get(name)}
    found: Sequence[OrderRow] = (await call(OrderReadEndpoints.OPEN_ORDERS, category=CATEGORY, **which)).rows
    return found or (await call(OrderReadEndpoints.ORDER_HISTORY, category=CATEGORY, **which)).rows


def _ack(row: OrderRow) -> OrderAck:
    return OrderAck(row.order_id, row.order_link_id, row=row)


async def _resolve_item(call: Call, lost: Lost, item: Mapping[str, Any]) -> Resolution[OrderAck]:
    if not item.get("orderLinkId"):
        return Unclear("it was sent without an id of ours")
    name = item["orderLinkId"]
    traces = [(trace_of(lost, name, row.created_time), row) for row in await _find(call, item)]
    near = [(trace, row) for trace, row in traces if trace is not Trace.OF_ANOTHER]
    for trace, row in near:
        fits = row.symbol == item["symbol"] and row.side == item["side"] and row.qty == Decimal(item["qty"])
        if fits and trace is Trace.FOUND:
            return Applied(_ack(row))
    if any(trace is Trace.UNCLEAR for trace, _ in near):
        return Unclear(f"{name} may be the id of an earlier or later order: their times are too close to tell")
    return Unclear(f"{name} is the id of another order") if near else Absent(f"no order {name} is to be found")


async def resolve_order(call: Call, lost: Lost) -> Resolution[OrderAck]:
    """Look for an order by the id that we gave it; an older one of the same id is not it."""
    return await _resolve_item(call, lost, lost.parameters)


async def resolve_batch(call: Call, lost: Lost) -> Resolution[tuple[BatchItem, ...]]:
    """
    Look for each order of a batch.

    A batch arrives whole: once one of its orders is found and nothing can arrive any more, those that two looks do
    not find were not executed.
    """
    items: Sequence[Mapping[str, Any]] = lost.parameters["request"]
    found = [await _resolve_item(call, lost, item) for item in items]
    if all(isinstance(one, Absent) for one in found):
        return Absent(f"none of {len(items)} orders is to be found")
    if (
        any(isinstance(one, Absent) for one in found)
        and await call(ReadEndpoints.SERVER_TIME) > lost.fence + PROOF.after / 2
    ):
        found = [
            await _resolve_item(call, lost, item) if isinstance(one, Absent) else one
            for one, item in zip(found, items, strict=True)
        ]
    elif any(isinstance(one, Absent) for one in found):
        return Unclear(f"{sum(isinstance(one, Applied) for one in found)} of {len(items)} orders are found so far")
    unclear = next((one for one in found if isinstance(one, Unclear)), None)
    if unclear is not None:
        return unclear
    return Applied(
        tuple(
            BatchItem(one.answer)
            if isinstance(one, Applied)
            else BatchItem(OrderAck("", item["orderLinkId"]), absent=True)
            for one, item in zip(found, items, strict=True)
        )
    )


def _has_ended(row: OrderRow | None) -> bool:
    return row is not None and row.order_status not in _OPEN


async def read_canceled(call: Call, lost: Lost) -> Reading[OrderAck]:
    """Read whether an order is still open."""
    row = next(iter(await _find(call, lost.parameters)), None)
    # one word for what has not: that it is found between two looks tells of nobody else
    seen = row.order_status if row is not None and _has_ended(row) else "no such order, or an open one"
    return Reading(seen, _has_ended(row), None if row is None else _ack(row))


async def read_canceled_batch(call: Call, lost: Lost) -> Reading[tuple[BatchItem, ...]]:
    """Read whether any order of a batch is still open."""
    rows = [next(iter(await _find(call, item)), None) for item in lost.parameters["request"]]
    left = sum(not _has_ended(row) for row in rows)
    items = tuple(BatchItem(_ack(row)) for row in rows if row is not None)
    # no number: what is left may be an item that was refused, and tells of nobody else
    seen = "orders that have not ended" if left else "ended orders"
    return Reading(seen, not left, items if len(items) == len(rows) else None)


def _is_amended(row: OrderRow | None, item: Mapping[str, Any]) -> bool:
    if row is None:
        return False
    # a price of 0 takes it away, and shows as nothing
    numbers = {name: getattr(row, attribute) or 0 for name, attribute in _AMENDED_NUMBERS.items()}
    words = {name: getattr(row, attribute) for name, attribute in _AMENDED_WORDS.items()}
    return all(numbers[name] == Decimal(item[name]) for name in item.keys() & numbers.keys()) and all(
        words[name] == item[name] for name in item.keys() & words.keys()
    )


def _terms(row: OrderRow | None) -> tuple[Decimal | None, ...] | None:
    return None if row is None else (row.qty, row.price, row.trigger_price)


async def read_amended(call: Call, lost: Lost) -> Reading[OrderAck]:
    """Read whether an order has the quantity and price it should have."""
    row = next(iter(await _find(call, lost.parameters)), None)
    return Reading(_terms(row), _is_amended(row, lost.parameters), None if row is None else _ack(row))


async def read_amended_batch(call: Call, lost: Lost) -> Reading[tuple[BatchItem, ...]]:
    """Read whether all orders of a batch have the quantity and price they should have."""
    items = lost.parameters["request"]
    rows = [next(iter(await _find(call, item)), None) for item in items]
    holds = all(_is_amended(row, item) for row, item in zip(rows, items, strict=True))
    return Reading(
        # not the terms: where one of them was refused, they are neither the old nor the new ones, and nobody else's
        "the wanted terms" if holds else "other terms",
        holds,
        tuple(BatchItem(_ack(row)) for row in rows if row is not None) if holds else None,
    )


async def read_emptied(call: Call, lost: Lost) -> Reading[tuple[OrderAck, ...]]:
    """
    Read whether any order is left.

    An order just placed may not be seen yet: that nothing is seen counts only once the write cannot arrive any more.
    """
    which = {name: lost.parameters[name] for name in ("symbol", "baseCoin", "settleCoin") if name in lost.parameters}
    left = (await call(OrderReadEndpoints.OPEN_ORDERS, category=CATEGORY, openOnly=0, limit=_PAGE_SIZE, **which)).rows
    holds = not left and await call(ReadEndpoints.SERVER_TIME) > lost.fence
    # one word for both: an attempt of ours may empty it between two looks
    return Reading("no open orders" if holds else "open orders, or none yet", holds, ())
