"""Several orders in one request; each with a result of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import repeat
from typing import Any

from venuekit.capabilities import Amendment, Order, OrderBatchControl, OrderRequest
from venuekit.parts.concurrency import gather_all
from venuekit.plugin import (
    Answer,
    Change,
    NotExecuted,
    NotFound,
    OperationError,
    Outcome,
    OutcomeUnknown,
    PayloadMismatch,
    error_of,
)
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.order_form import check_steps, order_name, wire_order, with_client_id
from venuekit_bybit_inverse.order_payloads import BatchItem
from venuekit_bybit_inverse.order_values import pending_order
from venuekit_bybit_inverse.orders import BybitOrders

__all__ = ["BATCH_AT_MOST", "BybitOrderBatches"]

BATCH_AT_MOST = 20
#: seconds between looks for an order of which the venue does not know whether it took it
_LOOKS = (0.0, 1.0, 2.0)


class BybitOrderBatches(BybitOrders, OrderBatchControl):
    """
    Place, amend and cancel up to 20 orders at once.

    What the form of an item already refuses is refused for the whole batch, and nothing is sent.
    """

    __slots__ = ()

    async def place_orders(self, requests: Sequence[OrderRequest]) -> tuple[Order | OperationError, ...]:
        """Place orders; those that the venue took are PENDING."""
        operation = "place_orders"
        self._check_count(operation, len(requests))
        whole = [await with_client_id(self, operation, request) for request in requests]
        if len({request.client_id for request in whole}) < len(whole):
            raise self.refuse("two orders have the same client id", operation=operation)

        async def results(answer: Answer[tuple[BatchItem, ...]]) -> tuple[Order | OperationError, ...]:
            raw, received_at = _items(answer, len(whole)), repeat(answer.received_at)
            return tuple(await gather_all(map(result, answer.value, whole, raw, received_at)))

        async def result(
            item: BatchItem, request: OrderRequest, raw: Any, received_at: datetime
        ) -> Order | OperationError:
            failed = self._item_error(operation, item, request.symbol, request.client_id)
            if failed is None:
                return pending_order(request, item.ack, received_at, raw)
            return await self._look_for_order(request) or failed if isinstance(failed, OutcomeUnknown) else failed

        items = [_texts(wire_order(request)) for request in whole]
        try:
            answer = await self.answer_as(_complete(len(whole)), BYBIT.CREATE_BATCH, category=CATEGORY, request=items)
        except NotExecuted as absent:
            return absent.of_each((one.symbol, one.client_id) for one in whole)
        except OutcomeUnknown as unknown:
            unknown.then(results)
            raise
        return await results(answer)

    async def _look_for_order(self, request: OrderRequest) -> Order | None:
        """Look for an order of which the venue says that it does not know; its client id was never used before."""
        for pause in _LOOKS:
            await self.pause(pause)
            try:
                return await self.get_order(request.symbol, client_id=request.client_id)
            except OperationError:  # it is not there yet, or cannot be read: observers have seen why
                continue
        return None

    async def amend_orders(self, amendments: Sequence[Amendment]) -> tuple[Order | OperationError, ...]:
        """Amend orders; those whose amendment the venue took are PENDING."""
        operation = "amend_orders"
        self._check_count(operation, len(amendments))
        request = [await self._amendment(operation, amendment) for amendment in amendments]
        try:
            answer = await self.answer_as(
                _complete_change(len(amendments)), BYBIT.AMEND_BATCH, category=CATEGORY, request=request
            )
        except OutcomeUnknown as unknown:
            unknown.then(lambda _: self._present([(one.symbol, one.order_id, one.client_id) for one in amendments]))
            raise
        items = answer.value.answer or ()
        after_loss = answer.value.changed is None

        async def amend_result(item: BatchItem, change: Amendment, raw: Any) -> Order | OperationError:
            refused = self._item_error(operation, item, change.symbol, change.client_id, after_loss=after_loss)
            if refused is None:
                return await self._pending_amendment(change, item.ack, answer.received_at, raw)
            is_open = after_loss or isinstance(refused, OutcomeUnknown)
            return await self._read_earlier_amendment(change, refused) if is_open else refused

        return tuple(await gather_all(map(amend_result, items, amendments, _items(answer, len(items)))))

    async def cancel_orders(
        self, symbol: str, *, order_ids: Sequence[str] = (), client_ids: Sequence[str] = ()
    ) -> tuple[Order | OperationError, ...]:
        """Cancel orders and return how each ended: first those named by id, then those named by client id."""
        operation = "cancel_orders"
        names: list[tuple[str | None, str | None]] = [(one, None) for one in order_ids]
        names += [(None, one) for one in client_ids]
        self._check_count(operation, len(names))
        request = [{"symbol": symbol, **order_name(self, operation, symbol, *name)} for name in names]
        try:
            answer = await self.answer_as(
                _complete_change(len(names)), BYBIT.CANCEL_BATCH, category=CATEGORY, request=request
            )
        except OutcomeUnknown as unknown:
            unknown.then(lambda _: self._present([(symbol, *name) for name in names]))
            raise
        after_loss = answer.value.changed is None
        return tuple(
            await gather_all(
                self._cancel_result(operation, item, symbol, name, after_loss=after_loss)
                for item, name in zip(answer.value.answer or (), names, strict=True)
            )
        )

    async def _present(self, names: Sequence[tuple[str, str | None, str | None]]) -> tuple[Order | OperationError, ...]:
        """Return how orders are now, each named by symbol and either of its ids."""

        async def present(symbol: str, order_id: str | None, client_id: str | None) -> Order | OperationError:
            try:
                return await self.get_order(symbol, order_id=order_id, client_id=client_id)
            except OperationError as error:
                return error

        return tuple(await gather_all(present(*name) for name in names))

    async def _cancel_result(
        self, operation: str, item: BatchItem, symbol: str, name: tuple[str | None, str | None], *, after_loss: bool
    ) -> Order | OperationError:
        refused = self._item_error(operation, item, symbol, name[1])
        try:
            if refused is None:
                return await self._final_order(symbol, *name)
            is_looked_for = isinstance(refused, NotFound | OutcomeUnknown)
            ended = await self._read_ended_order(symbol, *name) if is_looked_for else None
        except OperationError as error:
            return error
        if ended is None and after_loss and isinstance(refused, NotFound):
            # the attempt without an answer may have cancelled it
            words = "the answer was lost, and no such order is to be found"
            return OutcomeUnknown(
                words,
                venue=self.venue.id,
                operation=operation,
                subject=symbol,
                client_id=name[1],
                outcome=Outcome.UNKNOWN,
            )
        return ended or refused

    async def _read_earlier_amendment(self, change: Amendment, refused: OperationError) -> Order | OperationError:
        """Look whether an earlier attempt, whose answer was lost, made the change that is refused now."""
        try:
            order = await self.get_order(change.symbol, order_id=change.order_id, client_id=change.client_id)
        except NotFound:
            return refused
        except OperationError as error:
            return error
        holds = change.quantity in {None, order.quantity} and change.price in {None, order.price}
        return order if holds else refused

    async def _amendment(self, operation: str, one: Amendment) -> dict[str, Any]:
        name = order_name(self, operation, one.symbol, one.order_id, one.client_id)
        if one.quantity is None and one.price is None:
            raise self.refuse("give a quantity or a price", operation=operation, subject=one.symbol)
        await check_steps(self, operation, one.symbol, {"quantity": one.quantity, "price": one.price})
        return _texts({"symbol": one.symbol, **name, "qty": one.quantity, "price": one.price})

    def _check_count(self, operation: str, count: int) -> None:
        if not 1 <= count <= BATCH_AT_MOST:
            raise self.refuse(f"a batch has 1 to {BATCH_AT_MOST} orders, not {count}", operation=operation)

    def _item_error(
        self, operation: str, item: BatchItem, symbol: str, client_id: str | None, *, after_loss: bool = False
    ) -> OperationError | None:
        """
        Return what became of an item that was not taken, None for one that was.

        ``after_loss`` says that an earlier attempt had no answer: that one may have been taken.
        """
        details: dict[str, Any] = {
            "venue": self.venue.id,
            "operation": operation,
            "subject": symbol,
            "client_id": client_id,
        }
        if item.absent:
            return NotExecuted("the answer was lost, others of the batch arrived, and this one is nowhere", **details)
        if not item.code:
            return None
        self.outdate_by(item.code)
        fault = self.venue.faults.classify(200, item.code, item.message)
        if fault.leaves_open:
            return OutcomeUnknown(item.message, code=item.code, **details)
        outcome = Outcome.UNKNOWN if after_loss else Outcome.NOT_APPLIED
        return error_of(fault)(item.message, code=item.code, outcome=outcome, **details)


def _complete(asked: int) -> Callable[[Answer[tuple[BatchItem, ...]]], Answer[tuple[BatchItem, ...]]]:
    """Return what refuses an answer that does not have an item for each of those that were asked for."""

    def read(answer: Answer[tuple[BatchItem, ...]]) -> Answer[tuple[BatchItem, ...]]:
        _check_count(len(answer.value), asked)
        return answer

    return read


def _complete_change(
    asked: int,
) -> Callable[[Answer[Change[tuple[BatchItem, ...]]]], Answer[Change[tuple[BatchItem, ...]]]]:
    """Do as :func:`_complete` for an amendment or a cancellation."""

    def read(answer: Answer[Change[tuple[BatchItem, ...]]]) -> Answer[Change[tuple[BatchItem, ...]]]:
        _check_count(len(answer.value.answer or ()), asked)
        return answer

    return read


def _check_count(answered: int, asked: int) -> None:
    if answered != asked:
        raise PayloadMismatch(f"{asked} orders were asked for, and {answered} were answered")


def _items(answer: Answer[Any], count: int) -> tuple[Mapping[str, Any] | None, ...]:
    """Return the venue's objects of a batch; None where they were not kept, or the answer was not to be believed."""
    rows = (answer.raw or {}).get("result", {}).get("list", ())
    return tuple(rows) if len(rows) == count else (None,) * count


def _texts(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item as it travels: numbers as plain digits, what is None left out."""
    return {
        name: format(value, "f") if isinstance(value, Decimal) else value
        for name, value in item.items()
        if value is not None
    }
