"""Lost orders: the resolution of writes about orders whose answer was lost."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from venuekit.capabilities import Order, OrderType, OrderUpdate, OrderUpdateKind
from venuekit.errors import UnsupportedCapability
from venuekit.order_scope import OrderName
from venuekit.parts.orders.reads import BatchItem, Fetch, Lookup, OrderReads, ReadRow, Row, Search
from venuekit.resolution import AbsenceProof, Absent, Applied, Call, Lost, Reading, Resolution, Trace, Unclear, trace_of

#: seen of an order that has not ended: that it is found, or fills, between two looks shows no other writer
_NOT_ENDED = "no such order, or an open one"


@attrs.frozen(kw_only=True)
class LostOrders:
    """
    Finds the outcome of lost writes on one route, by the client id of an order and by its name.

    Attributes:
        reads: The reads of the route.
        proof: When not finding an order proves its absence.
        items: The parameter that holds the items of a batch.
        canceled_names: The orders that a batch of cancellations, given by its parameters, names.
        scopes: The parameters of a cancel-all that say whose orders it cancels; the list of open orders has them too.
        emptied_answer: The answer that a lost cancel-all would have had.
    """

    reads: OrderReads
    proof: AbsenceProof
    items: str = ""
    canceled_names: Callable[[Mapping[str, Any]], Sequence[OrderName]] | None = None
    scopes: Sequence[str] = ("symbol",)
    emptied_answer: Any = ()

    async def resolve_order(self, call: Call, lost: Lost) -> Resolution[Any]:
        """Look for an order by the id that we gave it; an older one of the same id is not it."""
        return await self._resolve(call, lost, lost.parameters)

    async def resolve_batch(self, call: Call, lost: Lost) -> Resolution[tuple[BatchItem, ...]]:
        """
        Look for each order of a batch.

        A batch arrives whole: once one of its orders is found and nothing can arrive any more, those that two looks do
        not find were not executed.
        """
        items: Sequence[Mapping[str, Any]] = lost.parameters[self.items]
        results = [await self._resolve(call, lost, item) for item in items]
        absent = sum(isinstance(result, Absent) for result in results)
        if absent == len(items):
            return Absent(f"none of {len(items)} orders is to be found")
        if absent:
            if not await lost.is_over(self.proof.after / 2):
                return Unclear(f"{len(items) - absent} of {len(items)} orders are found so far")
            results = [
                await self._resolve(call, lost, item) if isinstance(result, Absent) else result
                for result, item in zip(results, items, strict=True)
            ]
        unclear = next((result for result in results if isinstance(result, Unclear)), None)
        if unclear is not None:
            return unclear
        return Applied(
            tuple(BatchItem(row=one.answer) if isinstance(one, Applied) else BatchItem(absent=True) for one in results)
        )

    async def read_canceled(self, call: Call, lost: Lost) -> Reading[Any]:
        """
        Read whether an order has ended; an event of its end proves it before anything is read.

        One that is not found may be one that reads do not show yet; but where the list of open orders does not have it,
        and no other read can be had, it is open no longer.
        """
        name = self.reads.names.name_in(lost.parameters)
        ended = self._ended_by_event(lost, name)
        if ended is not None:
            return Reading(self.reads.rows.status(ended), holds=True, answer=self._answer(ended))
        search = await self._find(call, name)
        row = self._newest(search)
        if row is None and search.unread is not None:
            return Reading("not open", holds=True)
        if row is None or not self.reads.rows.has_ended(row):
            return Reading(_NOT_ENDED, holds=False, answer=self._answer(row))
        return Reading(self.reads.rows.status(row), holds=True, answer=self._answer(row))

    async def read_canceled_batch(self, call: Call, lost: Lost) -> Reading[tuple[BatchItem, ...]]:
        """Read whether all orders of a batch have ended; one that is not found has not."""
        names = () if self.canceled_names is None else self.canceled_names(lost.parameters)
        rows = [self._ended_by_event(lost, name) or self._newest(await self._find(call, name)) for name in names]
        have_ended = [row is not None and self.reads.rows.has_ended(row) for row in rows]
        seen = "ended orders" if all(have_ended) else "orders that have not ended"
        # where only some have ended, others may be items that were refused: that shows neither that it was not
        # executed nor another writer
        is_mixed = any(have_ended) and not all(have_ended)
        return Reading(
            None if is_mixed else seen, all(have_ended), tuple(BatchItem(row=self._answer(row)) for row in rows)
        )

    async def read_emptied(self, call: Call, lost: Lost) -> Reading[Any]:
        """
        Read whether any order is left.

        An order just placed may not be seen yet: that nothing is seen counts only once the write cannot arrive any
        more. Orders that may have been placed since it was sent show nothing at all: it may have ended all before them.
        """
        reads, parameters = self.reads, lost.parameters
        which = {name: parameters[name] for name in self.scopes if name in parameters}
        value = await call(reads.open_orders.endpoint, **reads.constants, **reads.open_parameters, **which)
        left = reads.open_orders.shape.rows(value)
        if left and not any(self._is_older(row, lost) for row in left):
            return Reading(None, holds=False, answer=self.emptied_answer)
        holds = not left and await lost.is_over()
        # one word for both: an attempt of ours may empty it between two looks
        return Reading("no open orders" if holds else "open orders, or none yet", holds, self.emptied_answer)

    async def read_amended(self, call: Call, lost: Lost) -> Reading[Any]:
        """Read whether an order has the terms that it should have."""
        row = self._newest(await self._find(call, self.reads.names.name_in(lost.parameters)))
        terms = self.reads.rows.terms
        seen = None if row is None or terms is None else terms(row)
        return Reading(seen, self._is_amended(row, lost.parameters), self._answer(row))

    async def read_amended_batch(self, call: Call, lost: Lost) -> Reading[tuple[BatchItem, ...]]:
        """Read whether all orders of a batch have the terms that they should have."""
        items: Sequence[Mapping[str, Any]] = lost.parameters[self.items]
        rows = [self._newest(await self._find(call, self.reads.names.name_in(item))) for item in items]
        are_amended = [self._is_amended(row, item) for row, item in zip(rows, items, strict=True)]
        # where only some have them, others were refused, or were set by a later write: that shows neither that it was
        # not executed nor another writer
        seen = None if any(are_amended) and not all(are_amended) else self._terms_of(rows)
        return Reading(seen, all(are_amended), tuple(BatchItem(row=self._answer(row)) for row in rows))

    async def _resolve(self, call: Call, lost: Lost, item: Mapping[str, Any]) -> Resolution[Any]:
        reads, names = self.reads, self.reads.names
        client_id = item.get(names.new_client_id)
        if not client_id:
            return Unclear("it was sent without an id of ours")
        proven = self._by_event(lost, client_id, item)
        if proven is not None:
            return proven
        name = OrderName(item[names.symbol], None, client_id)
        search = await reads.find(_fetch_by(call), name, reads.placed, to_the_end=reads.ids_are_reused, lenient=True)
        result = self._result(lost, client_id, [one.row for one in search.found], item)
        if search.unread is None or not isinstance(result, Absent):
            return result
        if isinstance(search.unread, UnsupportedCapability):
            return Unclear(f"{result.seen} among the open ones, which proves nothing, and no other can be read")
        raise search.unread

    def _by_event(self, lost: Lost, client_id: str, item: Mapping[str, Any]) -> Applied[Any] | None:
        """
        Return the outcome where events of the user stream prove an order, None where they prove nothing.

        Its newest event shows how it is, and that of its placing when it came into being.
        """
        of_event, symbol = self.reads.rows.of_event, item[self.reads.names.symbol]
        if of_event is None:
            return None
        orders: dict[Hashable, Order] = {}
        for update in lost.updates:
            order = update.order
            if order.client_id == client_id and order.symbol == symbol:
                known = orders.get(order.key)
                created_at = order.created_at or _placed_at(update)
                if known is not None:
                    created_at = known.created_at or created_at
                    order = known if _is_newer(known, order) else order
                orders[order.key] = attrs.evolve(order, created_at=created_at)
        for order in orders.values():
            row = of_event(order)
            result = None if row is None else self._result(lost, client_id, [row], item)
            if isinstance(result, Applied):
                return result
        return None

    def _ended_by_event(self, lost: Lost, name: OrderName) -> Row | None:
        """Return the row of an order whose end an event of the user stream has shown, None where none has."""
        columns = self.reads.rows
        for update in reversed(lost.updates):
            if update.order.status.is_final and columns.of_event is not None and self._is_named(update, name, lost):
                row = columns.of_event(update.order)
                if row is not None and columns.has_ended(row):
                    return row
        return None

    def _is_named(self, update: OrderUpdate, name: OrderName, lost: Lost) -> bool:
        """Say whether an event is of the order that a lost request names, and of no other."""
        order = update.order
        if name.symbol not in {None, order.symbol}:
            return False
        if name.id is not None:
            return order.id == name.id
        # an earlier order may have had the same client id, but no two that are open at once: what ended after the
        # request had left is the order that was meant
        is_sole = not self.reads.ids_are_reused
        is_later = order.updated_at is not None and order.updated_at > lost.sent_at + lost.clock_error
        return order.client_id == name.client_id and (is_sole or is_later)

    def _result(self, lost: Lost, client_id: str, rows: Sequence[Row], item: Mapping[str, Any]) -> Resolution[Any]:
        """Return the outcome that the orders of a client id show of a lost one."""
        columns = self.reads.rows
        traces = [(trace_of(lost, client_id, columns.created_at(row)), row) for row in rows]
        near = [(trace, row) for trace, row in traces if trace is not Trace.OF_ANOTHER]
        for trace, row in near:
            if trace is Trace.FOUND and columns.fits(row, item):
                return Applied(columns.answer(row))
        if any(trace is Trace.UNCLEAR for trace, _ in near):
            return Unclear(f"{client_id} may be the id of an earlier or later order: their times are too close to tell")
        if near:
            return Unclear(f"{client_id} is the id of another order")
        return Absent(f"no order {client_id} is to be found")

    def _is_older(self, row: Row, lost: Lost) -> bool:
        """Say whether an order was provably there before a write was sent."""
        created = self.reads.rows.created_at(row)
        return created is not None and created < lost.sent_at - lost.clock_error

    async def _find(self, call: Call, name: OrderName) -> Search:
        return await self.reads.find(_fetch_by(call), name, self.reads.one, lenient=True)

    def _newest(self, search: Search) -> Row | None:
        newest = self.reads.newest(search.found)
        return None if newest is None else newest.row

    def _terms_of(self, rows: Sequence[Row | None]) -> tuple[object, ...] | None:
        """Return the terms of each order, None where one of them cannot be read."""
        terms = self.reads.rows.terms
        found = [None if row is None or terms is None else terms(row) for row in rows]
        return None if None in found else tuple(found)

    def _is_amended(self, row: Row | None, item: Mapping[str, Any]) -> bool:
        is_amended = self.reads.rows.is_amended
        return row is not None and is_amended is not None and is_amended(row, item)

    def _answer(self, row: Row | None) -> Any:
        return None if row is None else self.reads.rows.answer(row)


def _placed_at(update: OrderUpdate) -> datetime | None:
    """Return when an order was placed, None where its event is of another step, or may be of a later one."""
    is_first = update.change is OrderUpdateKind.NEW and update.order.type is not OrderType.TRAILING_STOP_MARKET
    return (update.order.updated_at or update.time) if is_first else None


def _is_newer(order: Order, other: Order) -> bool:
    """Say whether an order is provably the newer state of two; venues do not all send events in their order."""
    return order.updated_at is not None and other.updated_at is not None and order.updated_at > other.updated_at


def _fetch_by(call: Call) -> Fetch:
    """Return the function that reads a lookup on behalf of a write."""

    async def fetch(lookup: Lookup, parameters: Mapping[str, Any]) -> Sequence[ReadRow]:
        return [ReadRow(row) for row in lookup.shape.rows(await call(lookup.endpoint, **parameters))]

    return fetch
