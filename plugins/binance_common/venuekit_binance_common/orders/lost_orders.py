"""What became of writes about orders whose answer was lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from venuekit.plugin import (
    AbsenceProof,
    Absent,
    Applied,
    Call,
    Endpoint,
    Lost,
    NotFound,
    OperationError,
    Reading,
    Resolution,
    Trace,
    Unclear,
    UnsupportedCapability,
    from_milliseconds,
    trace_of,
)
from venuekit_binance_common.orders.enums import OPEN_ALGO_STATUSES, OPEN_STATUSES
from venuekit_binance_common.payloads import Acknowledgement

if TYPE_CHECKING:
    from venuekit_binance_common.orders.rows import AlgoOrderRow, BatchItem, OrderRow

__all__ = [
    "NO_SUCH_ORDER",
    "NO_SUCH_PATH",
    "PROOF",
    "UNKNOWN_ORDER",
    "AlgoResolution",
    "OrderResolution",
    "read_or_none",
]

T = TypeVar("T")

#: what a query, and what a cancellation, of no order is refused with
NO_SUCH_ORDER = -2013
UNKNOWN_ORDER = -2011
#: what a path that the venue does not have is refused with
NO_SUCH_PATH = -5000
#: an order that no attempt can bring any more is found nowhere: reads may lag for some seconds
PROOF = AbsenceProof(after=timedelta(seconds=10), reads=2)
_EMPTY = Acknowledgement(200, "nothing is open")
#: what is seen of an order that has not ended: that it is found, or fills, between two looks tells of nobody else
_NOT_ENDED = "no such order, or an open one"


async def read_or_none(read: Awaitable[T]) -> T | None:
    """Return what is read of an order, None when the venue says that there is no such order."""
    try:
        return await read
    except NotFound as error:
        if error.code != NO_SUCH_ORDER:
            raise
        return None


@attrs.frozen
class OrderResolution:
    """Finds out about plain orders: what is open and what has ended is queried, what is open also by its own read."""

    order: Endpoint[OrderRow]
    open_order: Endpoint[OrderRow]
    open_orders: Endpoint[tuple[OrderRow, ...]]
    server_time: Endpoint[datetime]

    async def resolve_placement(self, call: Call, lost: Lost) -> Resolution[OrderRow]:
        """Look for an order by the id that we gave it; an older one of the same id is not it."""
        return await self._resolve(call, lost, lost.parameters)

    async def batch_placed(self, call: Call, lost: Lost) -> Resolution[tuple[BatchItem, ...]]:
        """
        Look for each order of a batch.

        A batch arrives whole: once one of its orders is found and nothing can arrive any more, those that two looks do
        not find were not executed.
        """
        from venuekit_binance_common.orders.rows import BatchItem

        items: Sequence[Mapping[str, Any]] = lost.parameters["batchOrders"]
        found = [await self._resolve(call, lost, item) for item in items]
        absent = sum(isinstance(one, Absent) for one in found)
        if absent == len(items):
            return Absent(f"none of {len(items)} orders is to be found")
        if absent:
            if await call(self.server_time) <= lost.fence + PROOF.after / 2:
                return Unclear(f"{len(items) - absent} of {len(items)} orders are found so far")
            found = [
                await self._resolve(call, lost, item) if isinstance(one, Absent) else one
                for one, item in zip(found, items, strict=True)
            ]
        unclear = next((one for one in found if isinstance(one, Unclear)), None)
        if unclear is not None:
            return unclear
        return Applied(
            tuple(BatchItem(row=one.answer) if isinstance(one, Applied) else BatchItem(absent=True) for one in found)
        )

    async def read_cancellation(self, call: Call, lost: Lost) -> Reading[OrderRow]:
        """Read whether an order has ended; one that is not to be found may be one that reads do not show yet."""
        row = await self._find(call, lost.parameters)
        if row is None or not _has_ended(row):
            return Reading(_NOT_ENDED, holds=False, answer=row)
        return Reading(row.status, holds=True, answer=row)

    async def batch_canceled(self, call: Call, lost: Lost) -> Reading[tuple[BatchItem, ...]]:
        """Read whether all orders of a batch have ended; what is not to be found has not."""
        from venuekit_binance_common.orders.rows import BatchItem

        symbol = lost.parameters["symbol"]
        names = [{"symbol": symbol, "orderId": one} for one in lost.parameters.get("orderIdList", ())]
        names += [
            {"symbol": symbol, "origClientOrderId": one} for one in lost.parameters.get("origClientOrderIdList", ())
        ]
        rows = [await self._find(call, name) for name in names]
        left = sum(not _has_ended(row) for row in rows)
        # no number: what is left may be an item that was refused, and tells of nobody else
        seen = "orders that have not ended" if left else "ended orders"
        return Reading(seen, not left, tuple(BatchItem(row=row) for row in rows))

    async def read_sweep(self, call: Call, lost: Lost) -> Reading[Acknowledgement]:
        """Read whether any plain order of a symbol is left; see :func:`_read_open_orders`."""
        return await _read_open_orders(call, lost, self.open_orders, self.server_time)

    async def read_amendment(self, call: Call, lost: Lost) -> Reading[OrderRow]:
        """Read whether an order has the quantity and price that it should have."""
        row = await self._find(call, lost.parameters)
        return Reading(_terms(row), _is_amended(row, lost.parameters), row)

    async def batch_amended(self, call: Call, lost: Lost) -> Reading[tuple[BatchItem, ...]]:
        """Read whether all orders of a batch have the quantity and price that they should have."""
        from venuekit_binance_common.orders.rows import BatchItem

        items: Sequence[Mapping[str, Any]] = lost.parameters["batchOrders"]
        rows = [await self._find(call, item) for item in items]
        holds = all(_is_amended(row, item) for row, item in zip(rows, items, strict=True))
        # not the terms: where one of them was refused, they are neither the old nor the new ones, and nobody else's
        return Reading("the wanted terms" if holds else "other terms", holds, tuple(BatchItem(row=row) for row in rows))

    async def _find(self, call: Call, item: Mapping[str, Any]) -> OrderRow | None:
        name = {key: item[key] for key in ("symbol", "orderId", "origClientOrderId") if item.get(key) is not None}
        if "orderId" in name:
            name["orderId"] = int(name["orderId"])
        return await self._query(call, self.order, **name)

    async def _query(self, call: Call, endpoint: Endpoint[OrderRow], **name: Any) -> OrderRow | None:
        read: Awaitable[OrderRow] = call(endpoint, **name)
        found: OrderRow | None = await read_or_none(read)
        return found

    async def _resolve(self, call: Call, lost: Lost, item: Mapping[str, Any]) -> Resolution[OrderRow]:
        client_id = item["newClientOrderId"]
        name = {"symbol": item["symbol"], "origClientOrderId": client_id}
        rows = [await self._query(call, endpoint, **name) for endpoint in (self.order, self.open_order)]

        def fits(row: OrderRow) -> bool:
            same = (row.symbol, row.side, row.orig_type or row.type) == (item["symbol"], item["side"], item["type"])
            # what closes whatever is open is asked for without a quantity
            return same and ("quantity" not in item or row.orig_qty == Decimal(item["quantity"]))

        return _match_lost_order(lost, client_id, [(row, row.time) for row in rows if row is not None], fits)


@attrs.frozen
class AlgoResolution:
    """
    Finds out about conditional orders.

    Where the venue turns out to have no query of them, only the open ones can be read: that an order is not among them
    proves nothing.
    """

    algo_order: Endpoint[AlgoOrderRow]
    open_algo_orders: Endpoint[tuple[AlgoOrderRow, ...]]
    server_time: Endpoint[datetime]

    async def resolve_placement(self, call: Call, lost: Lost) -> Resolution[AlgoOrderRow]:
        """Look for an order by the id that we gave it; an older one of the same id is not it."""
        item = lost.parameters
        client_id = item["clientAlgoId"]
        rows = [
            row for row in await call(self.open_algo_orders, symbol=item["symbol"]) if row.client_algo_id == client_id
        ]
        failure: OperationError | None = None
        try:
            queried = await read_or_none(call(self.algo_order, clientAlgoId=client_id))
            rows += [] if queried is None else [queried]
        except OperationError as unread:
            failure = unread
            if not self.algo_order.may_be_absent:
                raise

        def fits(row: AlgoOrderRow) -> bool:
            same = (row.symbol, row.side, row.order_type) == (item["symbol"], item["side"], item["type"])
            return same and ("quantity" not in item or row.quantity == Decimal(item["quantity"]))

        found = _match_lost_order(lost, client_id, [(row, row.create_time) for row in rows], fits)
        if failure is None or not isinstance(found, Absent):
            return found
        if isinstance(failure, UnsupportedCapability):
            return Unclear(f"{found.seen} among the open ones, which proves nothing, and no other can be read")
        raise failure

    async def read_cancellation(self, call: Call, lost: Lost) -> Reading[AlgoOrderRow]:
        """Read whether an order is still open; where it cannot be queried, whether the open ones still list it."""
        if self.algo_order.may_be_absent:
            # as urgent as the cancellation is: no read that may fail comes before it is known to be open
            for row in await call(self.open_algo_orders):
                if _is_named(row, lost.parameters):
                    return Reading(_NOT_ENDED, holds=False, answer=row)
        name = {key: lost.parameters[key] for key in ("algoId", "clientAlgoId") if key in lost.parameters}
        try:
            queried = await read_or_none(call(self.algo_order, **name))
        except OperationError:
            if not self.algo_order.may_be_absent:
                raise
            return Reading("not open", holds=True)
        if queried is None or queried.algo_status in OPEN_ALGO_STATUSES:
            return Reading(_NOT_ENDED, holds=False, answer=queried)
        return Reading(queried.algo_status, holds=True, answer=queried)

    async def read_sweep(self, call: Call, lost: Lost) -> Reading[Acknowledgement]:
        """Read whether any conditional order of a symbol is left; see :func:`_read_open_orders`."""
        return await _read_open_orders(call, lost, self.open_algo_orders, self.server_time)


def _is_named(row: AlgoOrderRow, name: Mapping[str, Any]) -> bool:
    if name.get("algoId") is None:
        return row.client_algo_id == name.get("clientAlgoId")
    return bool(row.algo_id == name["algoId"])


async def _read_open_orders(
    call: Call, lost: Lost, open_orders: Endpoint[tuple[Any, ...]], server_time: Endpoint[datetime]
) -> Reading[Acknowledgement]:
    """
    Read whether any order of a symbol is left.

    An order just placed may not be seen yet: that nothing is seen counts only once the write cannot arrive any more.
    """
    left = await call(open_orders, symbol=lost.parameters["symbol"])
    holds = not left and await call(server_time) > lost.fence
    # one word for both: an attempt of ours may empty it between two looks
    return Reading("no open orders" if holds else "open orders, or none yet", holds, _EMPTY)


def _has_ended(row: OrderRow | None) -> bool:
    return row is not None and row.status not in OPEN_STATUSES


def _terms(row: OrderRow | None) -> tuple[Decimal | None, Decimal | None] | None:
    return None if row is None else (row.orig_qty, row.price)


def _is_amended(row: OrderRow | None, item: Mapping[str, Any]) -> bool:
    # where the venue matched a price, none tells whether this is it
    return "price" in item and _terms(row) == (Decimal(item["quantity"]), Decimal(item["price"]))


def _match_lost_order(
    lost: Lost, client_id: str, rows: Sequence[tuple[T, int | None]], fits: Callable[[T], bool]
) -> Applied[T] | Absent | Unclear:
    """Return what the orders of a client id, each with when it was placed, say of a lost one."""
    traces = [(trace_of(lost, client_id, None if at is None else from_milliseconds(at)), row) for row, at in rows]
    near = [(trace, row) for trace, row in traces if trace is not Trace.OF_ANOTHER]
    for trace, row in near:
        if trace is Trace.FOUND and fits(row):
            return Applied(row)
    if any(trace is Trace.UNCLEAR for trace, _ in near):
        return Unclear(f"{client_id} may be the id of an earlier or later order: their times are too close to tell")
    return Unclear(f"{client_id} is the id of another order") if near else Absent(_nowhere(client_id))


def _nowhere(client_id: str) -> str:
    return f"no order {client_id} is to be found"
