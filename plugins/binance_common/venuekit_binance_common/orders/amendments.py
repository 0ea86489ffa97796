"""Amending limit orders, one or several in one request."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from venuekit.capabilities import Amendment, Order, OrderAmendControl, OrderBehaviour, OrderSide
from venuekit.parts.concurrency import gather_all
from venuekit.plugin import Answer, Change, NotFound, OperationError, Outcome, OutcomeUnknown, Rejected
from venuekit_binance_common.orders.batches import Answered, BinanceOrderBatches, Result, answered_items, or_error
from venuekit_binance_common.orders.form import order_name, side_word, texts

if TYPE_CHECKING:
    from venuekit_binance_common.orders.rows import OrderRow

__all__ = ["BinanceOrderAmend"]


class BinanceOrderAmend(BinanceOrderBatches, OrderAmendControl):
    """
    Amend one limit order, or up to 5 at once.

    What the form of an item already refuses is refused for the whole batch, and nothing is sent.
    """

    __slots__ = ()

    async def amend_order(
        self,
        symbol: str,
        side: OrderSide,
        *,
        order_id: str | None = None,
        client_id: str | None = None,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
    ) -> Order:
        """
        Change a limit order; the venue wants both numbers, so what is None is read first.

        Conditional orders cannot be amended. An order that already is so is returned as it is.
        """
        name = order_name(self, "amend_order", symbol, order_id, client_id)
        endpoint = self._had(self.ORDERS.amend, "amend_order", OrderAmendControl)
        word = side_word(self, "amend_order", symbol, side)
        terms = await self._terms("amend_order", symbol, order_id, client_id, quantity, price)
        size = await self._size(symbol)
        worth = self._worth(size)

        def to_order(answer: Answer[Change[OrderRow]]) -> Order | None:
            row = answer.value.answer
            return None if row is None else self._order_of(row, size, answer.received_at, answer.raw)

        def present() -> Awaitable[Order]:
            return self.get_order(symbol, order_id=order_id, client_id=client_id)

        try:
            order = await self.answer_as(
                to_order, endpoint, symbol=symbol, side=word, **name, **terms, contractSize=worth
            )
        except NotFound as gone:
            raise await self._not_amendable(gone, symbol, name) from None
        except OutcomeUnknown as unknown:
            unknown.then(lambda order: order or present())
            raise
        if order is not None:
            return order
        return await self.look_after(present, operation="amend_order", subject=symbol, client_id=client_id)

    async def amend_orders(self, amendments: Sequence[Amendment]) -> tuple[Result, ...]:
        """
        Amend limit orders; one that already is so is returned as it is.

        Where an order must be read for the number that is None, and is gone, the others are amended all the same.
        """
        operation = "amend_orders"
        endpoint = self._had(self.ORDERS.amend_batch, operation, OrderAmendControl)
        self._check_count(operation, len(amendments), self.behaviour(OrderBehaviour).amend_batch)
        items = [await self._amendment(operation, one) for one in amendments]
        sent = [item for item in items if not isinstance(item, OperationError)]
        answers: Iterator[Answered] = iter(())
        if sent:
            worth = await self._worths([item["symbol"] for item in sent])
            try:
                answered = await self.answer_as(
                    answered_items(len(sent)), endpoint, batchOrders=[texts(item) for item in sent], contractSizes=worth
                )
            except OutcomeUnknown as unknown:
                unknown.then(lambda _: self._present([(one.symbol, one.order_id, one.client_id) for one in amendments]))
                raise
            answers = iter(answered)
        ended = [item if isinstance(item, OperationError) else next(answers) for item in items]
        return tuple(
            await gather_all(self._amended(operation, item, one) for item, one in zip(ended, amendments, strict=True))
        )

    async def _amendment(self, operation: str, one: Amendment) -> dict[str, Any] | OperationError:
        name = order_name(self, operation, one.symbol, one.order_id, one.client_id)
        word = side_word(self, operation, one.symbol, one.side)
        try:
            terms = await self._terms(operation, one.symbol, one.order_id, one.client_id, one.quantity, one.price)
        except (NotFound, Rejected) as gone:
            return gone
        return {"symbol": one.symbol, "side": word, **name, **terms}

    async def _amended(self, operation: str, answered: Answered | OperationError, one: Amendment) -> Result:
        if isinstance(answered, OperationError):
            return answered
        order = self._order_in(operation, answered, await self._size(one.symbol))
        if isinstance(order, Order):
            return order
        if order is not None:  # amended, and its row cannot be read
            present = await or_error(self.get_order(one.symbol, order_id=one.order_id, client_id=one.client_id))
            return present if isinstance(present, Order) else order
        is_same = answered.item.code == self.ORDERS.terms.unchanged
        if is_same:
            present = await or_error(self.get_order(one.symbol, order_id=one.order_id, client_id=one.client_id))
            is_same = not isinstance(present, Order) or _is_as_asked(present, one)
        if not is_same:
            failed = self._item_error(operation, answered.item, one.symbol, one.client_id)
            if isinstance(failed, OutcomeUnknown):
                present = await or_error(self.get_order(one.symbol, order_id=one.order_id, client_id=one.client_id))
                return present if _is_as_asked(present, one) else failed
            if isinstance(failed, NotFound):
                name = order_name(self, operation, one.symbol, one.order_id, one.client_id)
                failed = await self._not_amendable(failed, one.symbol, name)
            if answered.after_loss:
                failed.outcome = Outcome.UNKNOWN  # the attempt without an answer may have been taken
            return failed
        return present

    async def _terms(  # noqa: PLR0917 - what an amendment consists of
        self,
        operation: str,
        symbol: str,
        order_id: str | None,
        client_id: str | None,
        quantity: Decimal | None,
        price: Decimal | None,
    ) -> dict[str, Decimal | None]:
        """Return both numbers of an amendment; the one that is None as the order has it."""
        if quantity is None and price is None:
            raise self.refuse("give a quantity or a price", operation=operation, subject=symbol)
        await self._check_steps(operation, symbol, {"quantity": quantity, "price": price})
        if quantity is None or price is None:
            name = order_name(self, operation, symbol, order_id, client_id)
            present = await self._plain_order(symbol, name)
            if present is None:
                raise await self._not_amendable(self._no_order(operation, symbol, client_id), symbol, name)
            quantity = present.quantity if quantity is None else quantity
            price = present.price if price is None else price
        return {"quantity": quantity, "price": price}

    async def _not_amendable(self, gone: NotFound, symbol: str, name: Mapping[str, Any]) -> OperationError:
        """Return why a plain order is not to be found: it waits in the conditional book, or it is nowhere."""
        order_id, client_id = name.get("orderId"), name.get("origClientOrderId")
        try:
            other = await self._open_algo_order(symbol, None if order_id is None else str(order_id), client_id)
        except OperationError:  # the refusal is the news
            return gone
        if other is None:
            return gone
        words = "conditional orders cannot be amended: cancel it, and place another one"
        details: dict[str, Any] = {
            "venue": gone.venue,
            "operation": gone.operation,
            "subject": gone.subject,
            "code": gone.code,
        }
        return Rejected(words, **details, client_id=gone.client_id, outcome=Outcome.NOT_APPLIED)


def _is_as_asked(present: Result, wanted: Amendment) -> bool:
    return (
        isinstance(present, Order)
        and wanted.quantity in {None, present.quantity}
        and wanted.price in {None, present.price}
    )
