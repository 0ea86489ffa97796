"""Amending limit orders."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from venuekit.account import Answer
from venuekit.capabilities import Order, OrderAmendControl, OrderSide
from venuekit.errors import NotFound, OperationError, Outcome, OutcomeUnknown, Rejected
from venuekit.resolution import Change
from venuekit_binance_common.orders.control import BinanceOrders
from venuekit_binance_common.orders.form import named, side_word

if TYPE_CHECKING:
    from venuekit_binance_common.orders.rows import OrderRow

__all__ = ["BinanceAmending", "BinanceOrderAmend"]


class BinanceAmending(BinanceOrders):
    """What amending one order and several have in common."""

    __slots__ = ()

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
            name = named(self, operation, symbol, order_id, client_id)
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


class BinanceOrderAmend(BinanceAmending, OrderAmendControl):
    """Amend one limit order."""

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
        name = named(self, "amend_order", symbol, order_id, client_id)
        endpoint = self._had(self.ORDERS.amend, "amend_order", OrderAmendControl)
        word = side_word(self, "amend_order", symbol, side)
        terms = await self._terms("amend_order", symbol, order_id, client_id, quantity, price)
        size = await self._size(symbol)
        worth = self._worth(size)

        def amended(answer: Answer[Change[OrderRow]]) -> Order | None:
            row = answer.value.answer
            return None if row is None else self._order_of(row, size, answer.received_at, answer.raw)

        def present() -> Awaitable[Order]:
            return self.get_order(symbol, order_id=order_id, client_id=client_id)

        try:
            order = await self.answer_as(
                amended, endpoint, symbol=symbol, side=word, **name, **terms, contractSize=worth
            )
        except NotFound as gone:
            raise await self._not_amendable(gone, symbol, name) from None
        except OutcomeUnknown as unknown:
            unknown.then(lambda order: order or present())
            raise
        if order is not None:
            return order
        return await self.look_after(present, operation="amend_order", subject=symbol, client_id=client_id)
