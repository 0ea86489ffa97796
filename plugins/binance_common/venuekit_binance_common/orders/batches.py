"""Several orders in one request; each with a result of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs

from venuekit.capabilities import Order, OrderBatchControl, OrderBehaviour, OrderRequest
from venuekit.parts.concurrency import gather_all
from venuekit.plugin import (
    MISFITS,
    Answer,
    Applied,
    Change,
    Lost,
    MadeId,
    NeverSent,
    NotExecuted,
    OperationError,
    Outcome,
    OutcomeUnknown,
    PayloadMismatch,
    Priority,
    error_of,
    mismatch_of,
)
from venuekit_binance_common.orders.control import BinanceOrders
from venuekit_binance_common.orders.form import order_form, order_name, texts
from venuekit_binance_common.orders.lost_orders import UNKNOWN_ORDER

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit_binance_common.orders.rows import BatchItem
    from venuekit_binance_common.orders.values import Size

__all__ = ["Answered", "BinanceOrderBatches", "Result", "answered_items", "or_error"]

Result = Order | OperationError

#: within which an order of which the venue does not know whether it took it has come into being
_UNDECIDED = timedelta(minutes=1)
#: seconds between looks for an order of which the venue does not know whether it took it
_LOOKS = (0.0, 1.0, 2.0)


@attrs.frozen
class Answered:
    """One item of a batch's answer, the venue's own object where it is kept, and when it was sent and received."""

    item: BatchItem
    raw: Any
    as_of: datetime
    received_at: datetime
    #: whether an earlier attempt of the same batch had no answer
    after_loss: bool = False


class BinanceOrderBatches(BinanceOrders, OrderBatchControl):
    """
    Place up to 5, cancel up to 10 orders at once.

    What the form of an item already refuses is refused for the whole batch, and nothing is sent.
    """

    __slots__ = ()

    async def place_orders(self, requests: Sequence[OrderRequest]) -> tuple[Result, ...]:
        """
        Place orders: those of the plain book in one request, then those of a conditional one each by itself.

        Where it is not known what became of the first request, no conditional order is sent.
        """
        operation = "place_orders"
        self._check_count(operation, len(requests), self.behaviour(OrderBehaviour).place_batch)
        whole = [await self._check_request(operation, request) for request in requests]
        if len({request.client_id for request in whole}) < len(whole):
            raise self.refuse("two orders have the same client id", operation=operation)
        plain = [request for request in whole if self._book_of(request) is None]
        others = [(algo, request) for request in whole if (algo := self._book_of(request)) is not None]

        def in_order(placed: Sequence[Result], triggers: Sequence[Result]) -> tuple[Result, ...]:
            plain_ones, conditional_ones = iter(placed), iter(triggers)
            return tuple(next(plain_ones if self._book_of(one) is None else conditional_ones) for one in whole)

        try:
            placed = await self._place_plain(operation, plain) if plain else ()
        except OutcomeUnknown as unknown:
            left = [self._not_sent(operation, request) for _, request in others]
            unknown.then(lambda found: in_order(found, left))
            raise
        return in_order(placed, await gather_all(or_error(self._place_algo(*other)) for other in others))

    async def cancel_orders(
        self, symbol: str, *, order_ids: Sequence[str] = (), client_ids: Sequence[str] = ()
    ) -> tuple[Result, ...]:
        """
        Cancel orders and return how each ended: first those named by id, then those named by client id.

        What is not open in the plain book is looked for in the conditional one.
        """
        operation = "cancel_orders"
        most = self.behaviour(OrderBehaviour).cancel_batch
        self._check_count(operation, len(order_ids) + len(client_ids), most)
        names: list[tuple[str | None, str | None]] = [(one, None) for one in order_ids]
        names += [(None, one) for one in client_ids]
        ids = [order_name(self, operation, symbol, *name) for name in names]
        by_id = [name["orderId"] for name in ids if "orderId" in name]
        by_client_id = [name["origClientOrderId"] for name in ids if "origClientOrderId" in name]
        items = [
            *await self._cancel_named(symbol, "orderIdList", by_id, alone=not by_client_id),
            *await self._cancel_named(symbol, "origClientOrderIdList", by_client_id, alone=not by_id),
        ]
        return tuple(
            await gather_all(
                self._cancel_result(operation, item, symbol, name) for item, name in zip(items, names, strict=True)
            )
        )

    async def _cancel_named(
        self, symbol: str, name: str, ids: Sequence[int | str], *, alone: bool
    ) -> Sequence[Answered | OperationError]:
        """Cancel by one kind of id; where both kinds are asked for, a failure of one must not hide the other."""
        if not ids:
            return ()
        try:
            return await self.answer_as(
                answered_items(len(ids)), self.ORDERS.cancel_batch, symbol=symbol, **{name: ids}
            )
        except OperationError as error:
            if isinstance(error, OutcomeUnknown):
                by_id = name == "orderIdList"
                names = [(symbol, str(one), None) if by_id else (symbol, None, str(one)) for one in ids]
                error.then(lambda _: self._present(names))
            if alone:
                raise
            return [error] * len(ids)

    async def _present(self, names: Sequence[tuple[str, str | None, str | None]]) -> tuple[Result, ...]:
        """Return how orders are now, each named by symbol and either of its ids."""
        reads = [
            self.get_order(symbol, order_id=order_id, client_id=client_id) for symbol, order_id, client_id in names
        ]
        return tuple(await gather_all(map(or_error, reads)))

    async def _place_plain(self, operation: str, requests: Sequence[OrderRequest]) -> tuple[Result, ...]:
        items = [texts(order_form(one)) for one in requests]
        worth = await self._worths([one.symbol for one in requests])

        async def results(answers: Sequence[Answered]) -> tuple[Result, ...]:
            return tuple(await gather_all(map(result, answers, items, requests)))

        async def result(one: Answered, item: Mapping[str, Any], request: OrderRequest) -> Result:
            order = self._order_in(operation, one, await self._size(request.symbol))
            if isinstance(order, Order):
                return order
            client_id = item["newClientOrderId"]
            made = frozenset({client_id} if isinstance(client_id, MadeId) else ())
            lost = Lost(self.ORDERS.place, item, one.as_of, one.as_of + _UNDECIDED, made=made)

            async def look() -> Order:
                found = await self._look_for_order(lost, one.received_at)
                if found is None:
                    raise failed
                return found

            failed = order or self._item_error(operation, one.item, request.symbol, request.client_id)
            if failed.outcome is Outcome.NOT_APPLIED:
                return failed
            failed.resolve_with(look)
            return await or_error(look())

        try:
            answers = await self.answer_as(
                answered_items(len(requests)), self.ORDERS.place_batch, batchOrders=items, contractSizes=worth
            )
        except NotExecuted as absent:
            return absent.of_each((one.symbol, one.client_id) for one in requests)
        except OutcomeUnknown as unknown:
            unknown.then(results)
            raise
        return await results(answers)

    def _not_sent(self, operation: str, request: OrderRequest) -> NeverSent:
        return NeverSent(
            "it was not known then what became of the plain orders of the same batch",
            venue=self.venue.id,
            operation=operation,
            subject=request.symbol,
            client_id=request.client_id,
        )

    async def _look_for_order(self, lost: Lost, received_at: datetime) -> Order | None:
        """Look for an order of which the venue says that it does not know whether it took it."""
        resolve = self.ORDERS.place.resolve
        if resolve is None:
            return None
        for pause in _LOOKS:
            await self.pause(pause)
            try:
                found = await resolve(self.with_options(priority=Priority.RISK).call, lost)
            except OperationError:  # what cannot be read is not known: observers have seen why
                continue
            if isinstance(found, Applied):
                return self._order_of(found.answer, await self._size(lost.parameters["symbol"]), received_at, None)
        return None

    async def _worths(self, symbols: Sequence[str]) -> list[str] | None:
        """Return what a contract of each symbol is worth in the quote asset, None where it is some of the base."""
        size = await self._sizes()
        worth = [self._worth(size(symbol)) for symbol in symbols]
        return None if None in worth else [str(one) for one in worth]

    async def _cancel_result(
        self, operation: str, answered: Answered | OperationError, symbol: str, name: tuple[str | None, str | None]
    ) -> Result:
        if isinstance(answered, OperationError):
            return answered
        try:
            order = self._order_in(operation, answered, await self._size(symbol))
            if isinstance(order, Order):
                return await self._read_final_state(order)
            if order is not None:  # cancelled, and its row cannot be read
                present = await self._plain_order(symbol, order_name(self, operation, symbol, *name))
                return order if present is None else present
            failed = self._item_error(operation, answered.item, symbol, name[1])
            if isinstance(failed, OutcomeUnknown):
                present = await self._plain_order(symbol, order_name(self, operation, symbol, *name))
                return present if present is not None and present.status.is_final else failed
            if answered.item.code != UNKNOWN_ORDER:
                return failed
            if answered.after_loss:
                # the attempt without an answer may have cancelled it
                failed = self._unfound(operation, symbol, name[1])
            return await self._cancel_elsewhere(failed, symbol, *name)
        except OperationError as error:
            return error

    def _check_count(self, operation: str, count: int, most: int) -> None:
        if not 1 <= count <= most:
            raise self.refuse(f"a batch has 1 to {most} orders, not {count}", operation=operation)

    def _order_in(self, operation: str, answered: Answered, size: Size) -> Order | OperationError | None:
        """Return the order of an item, an error where its row cannot be read, None where there was a refusal."""
        row = answered.item.row
        if row is None:
            return None
        try:
            return self._order_of(row, size, answered.received_at, answered.raw)
        except MISFITS as error:
            mismatch = mismatch_of(error)
        mismatch.venue, mismatch.operation, mismatch.subject = self.venue.id, operation, row.symbol
        mismatch.client_id, mismatch.outcome = row.client_order_id, Outcome.APPLIED
        return mismatch

    def _item_error(
        self,
        operation: str,
        item: BatchItem,
        symbol: str,
        client_id: str | None,
    ) -> OperationError:
        """Return what became of an item that was not taken."""
        details: dict[str, Any] = {
            "venue": self.venue.id,
            "operation": operation,
            "subject": symbol,
            "client_id": client_id,
        }
        if item.absent:
            return NotExecuted("the answer was lost, others of the batch arrived, and this one is nowhere", **details)
        self.outdate_by(item.code)
        fault = self.venue.faults.classify(200, item.code, item.msg)
        if fault.leaves_open:
            return OutcomeUnknown(item.msg, code=item.code, **details)
        return error_of(fault)(item.msg, code=item.code, outcome=Outcome.NOT_APPLIED, **details)


def answered_items(asked: int) -> Callable[[Answer[Any]], Sequence[Answered]]:
    """Return what takes the answer of a batch of ``asked`` orders apart; one of another length cannot be believed."""

    def read(answer: Answer[Any]) -> Sequence[Answered]:
        change: Change[Any] = answer.value if isinstance(answer.value, Change) else Change(answer.value, changed=True)
        items: Sequence[BatchItem] = change.answer or ()
        if len(items) != asked:
            raise PayloadMismatch(f"{asked} orders were asked for, and {len(items)} were answered")
        raws = answer.raw if isinstance(answer.raw, list) and len(answer.raw) == asked else [None] * asked
        return [
            Answered(item, raw, answer.as_of, answer.received_at, after_loss=change.changed is None)
            for item, raw in zip(items, raws, strict=True)
        ]

    return read


async def or_error(order: Awaitable[Order]) -> Result:
    """Return an order, or the error that reading it ended in."""
    try:
        return await order
    except OperationError as error:
        return error
