"""Orders: place, amend, cancel. Conditional ones go to the book they belong to; the caller sees one."""

from __future__ import annotations

from decimal import Decimal
from typing import NoReturn

import attrs

from venuekit.capabilities import (
    Order,
    OrderAmend,
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderTest,
)
from venuekit.errors import OperationError, OutcomeUnknown, Rejected
from venuekit_binance_common.instruments import unlisted
from venuekit_binance_common.order_form import algo_form, check_form, check_steps, is_number, named, order_form
from venuekit_binance_common.order_reading import BinanceOrderReading
from venuekit_binance_common.order_settling import UNKNOWN_ORDER
from venuekit_binance_common.order_values import algo_order_of, order_of
from venuekit_binance_common.payloads import InstrumentRow
from venuekit_binance_common.together import together_all

__all__ = ["BinanceOrderTest", "BinanceOrders"]

#: seconds between looks at an order that was cancelled, until the reads show that it has ended
_LOOKS = (0.0, 0.2, 0.4, 0.8)
#: how often cancelling everything may leave as much as there was
_FRUITLESS_ROUNDS = 4
_PAUSE = 0.25


class BinanceOrders(BinanceOrderReading, OrderControl, OrderAmend):
    """
    Place, amend and cancel orders.

    The client id, which is always sent, is unique among open orders only: while an order of the same id is open, a
    second one is refused with -4116; once the first is filled or cancelled, the same id places a second order.
    """

    __slots__ = ()

    async def place_order(self, request: OrderRequest) -> Order:
        """
        Place an order and return it with what was filled at once.

        Where the answer was lost and the order was found by its client id, it is returned as it was found. A lost
        conditional order cannot be found once it is no longer open where the venue has no query of them.
        """
        whole = await self._checked("place_order", request)
        size = await self._size(whole.symbol)
        if whole.type.is_conditional:
            algo = await self.answer(self.ORDERS.place_algo, **algo_form(whole))
            return algo_order_of(algo.value, size, algo.received_at, algo.raw)
        plain = await self.answer(self.ORDERS.place, **order_form(whole))
        return order_of(plain.value, size, plain.received_at, plain.raw)

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
        terms = await self._terms("amend_order", symbol, order_id, client_id, quantity, price)
        answer = await self.answer(self.ORDERS.amend, symbol=symbol, side=side.name, **name, **terms)
        if answer.value.answer is not None:
            return order_of(answer.value.answer, await self._size(symbol), answer.received_at, answer.raw)
        return await self.get_order(symbol, order_id=order_id, client_id=client_id)

    async def cancel_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """
        Cancel an order of either book and return how it ended, also when that was before.

        Raises:
            Rejected: the venue knows no such order (-2011).
            OutcomeUnknown: a conditional order is no longer open, and the venue does not tell how it ended.
        """
        name = named(self, "cancel_order", symbol, order_id, client_id)
        try:
            answer = await self.answer(self.ORDERS.cancel, symbol=symbol, **name)
        except Rejected as refused:
            if refused.code != UNKNOWN_ORDER:
                raise
            return await self._cancel_elsewhere(refused, symbol, order_id, client_id)
        row = answer.value.answer
        if row is None:  # the answer was lost, and there is no such plain order
            return await self._cancel_elsewhere(self._unfound(symbol, client_id), symbol, order_id, client_id)
        return await self._ended(order_of(row, await self._size(symbol), answer.received_at, answer.raw))

    async def cancel_all_orders(self, symbol: str | None = None) -> tuple[Order, ...]:
        """Cancel both books, plain and conditional, until nothing is open; return what stays open."""
        if symbol is not None:
            await self._cancel_all(symbol, ())
        left = await self.get_open_orders(symbol)
        fruitless = 0
        while left and fruitless < _FRUITLESS_ROUNDS:
            before = {order.key for order in left}
            for name in sorted({order.symbol for order in left}):
                await self._cancel_all(name, tuple(order for order in left if order.symbol == name))
            left = await self.get_open_orders(symbol)
            if left and {order.key for order in left} >= before:
                fruitless += 1
                await self._pause(_PAUSE)
                left = await self.get_open_orders(symbol)
        return left

    async def _cancel_all(self, symbol: str, left: tuple[Order, ...]) -> None:
        """Empty both books of a symbol; conditional ones go one by one where there is no way to cancel them all."""
        await self.call(self.ORDERS.cancel_all, symbol=symbol)
        if self.ORDERS.cancel_all_algo is not None:
            await self.call(self.ORDERS.cancel_all_algo, symbol=symbol)
            return
        conditional = [order for order in left or await self.get_open_orders(symbol) if order.type.is_conditional]
        await together_all(self._end_algo(order) for order in conditional)

    async def _end_algo(self, order: Order) -> None:
        try:
            await self.call(self.ORDERS.cancel_algo, algoId=int(order.id))
        except Rejected as refused:
            if refused.code != UNKNOWN_ORDER:
                raise  # that it has ended meanwhile is as good

    # -- one order that is to end

    async def _cancel_elsewhere(
        self, trouble: OperationError, symbol: str, order_id: str | None, client_id: str | None
    ) -> Order:
        """Cancel what is not open in the plain book: it has ended, or it is in the conditional one."""
        name = named(self, "cancel_order", symbol, order_id, client_id)
        plain = await self._plain_order(symbol, name)
        if plain is not None and (order_id is not None or not plain.status.is_final):
            if plain.status.is_final:
                return plain
            raise trouble
        algo = await self._algo_order(symbol, order_id, client_id)
        if algo is not None and algo.status is OrderStatus.UNTRIGGERED:
            return await self._cancel_algo(algo)
        ended = [order for order in (plain, algo) if order is not None]
        if not ended:
            raise trouble
        return max(ended, key=lambda order: (order.created_at is not None, order.created_at))

    async def _cancel_algo(self, order: Order) -> Order:
        try:
            change = await self.call(self.ORDERS.cancel_algo, algoId=int(order.id))
        except Rejected as refused:
            present = await self._algo_order(order.symbol, order.id, None)
            if refused.code != UNKNOWN_ORDER or present is None or not present.status.is_final:
                raise
            return present
        canceled = attrs.evolve(order, status=OrderStatus.CANCELED, venue_status="CANCELED", raw=None)
        if self.ORDERS.algo_order is None:
            if change.answer is None:
                self._not_told(order)
            return canceled
        for pause in _LOOKS:
            if pause:
                await self._pause(pause)
            present = await self._algo_order(order.symbol, order.id, None)
            if present is not None and present.status.is_final:
                return present
        return canceled

    async def _ended(self, acknowledged: Order) -> Order:
        """Return how an order ended: acknowledgements lack average price, value and the time it was placed."""
        # by its id: the client's may be that of another order by now
        name = named(self, "cancel_order", acknowledged.symbol, acknowledged.id, None)
        for pause in _LOOKS:
            if pause:
                await self._pause(pause)
            present = await self._plain_order(acknowledged.symbol, name)
            if present is not None and present.status.is_final:
                return present
        return acknowledged

    def _unfound(self, symbol: str, client_id: str | None) -> OutcomeUnknown:
        return OutcomeUnknown(
            "the answer was lost, and no such order is to be found",
            venue=self.venue.id,
            operation="cancel_order",
            subject=symbol,
            client_id=client_id,
        )

    def _not_told(self, order: Order) -> NoReturn:
        raise OutcomeUnknown(
            "it is no longer open, and whether it was cancelled or triggered cannot be read",
            venue=self.venue.id,
            operation="cancel_order",
            subject=order.symbol,
            client_id=order.client_id,
        )

    # -- checks before sending

    async def _checked(self, operation: str, request: OrderRequest) -> OrderRequest:
        """Return an order with a client id whose form and steps fit."""
        whole = check_form(self, operation, request)
        self._check_rate(operation, whole)
        numbers = {name: getattr(whole, name) for name in ("quantity", "price", "trigger_price", "activation_price")}
        check_steps(self, operation, await self._listed(operation, whole.symbol), numbers)
        return whole

    def _check_rate(self, operation: str, request: OrderRequest) -> None:
        """Refuse a rate that its parameter would refuse, before anything else of a batch has left."""
        rate, declared = request.callback_rate, self.ORDERS.place_algo.by_name["callbackRate"]
        low, high = declared.minimum, declared.maximum
        if rate is None or (is_number(rate) and (low is None or rate >= low) and (high is None or rate <= high)):
            return
        words = f"callback_rate must be from {low} up to {high} percent, not {rate!r}"
        raise self.refuse(words, operation=operation, subject=request.symbol)

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
        row = await self._listed(operation, symbol)
        check_steps(self, operation, row, {"quantity": quantity, "price": price})
        if quantity is None or price is None:
            name = named(self, operation, symbol, order_id, client_id)
            present = await self._plain_order(symbol, name)
            if present is None:
                raise self._no_order(operation, symbol, client_id)
            quantity = present.quantity if quantity is None else quantity
            price = present.price if price is None else price
        return {"quantity": quantity, "price": price}

    async def _listed(self, operation: str, symbol: str) -> InstrumentRow:
        row = await self._contract(symbol)
        if row is None:
            raise unlisted(self, self.CONTRACTS, symbol, operation=operation)
        return row

    async def _pause(self, seconds: float) -> None:
        await self.pause(seconds)


class BinanceOrderTest(BinanceOrders, OrderTest):
    """Have orders checked."""

    __slots__ = ()

    async def test_order(self, request: OrderRequest) -> None:
        """Return when the venue would take a plain order; it tests no conditional ones."""
        whole = await self._checked("test_order", request)
        if whole.type.is_conditional or self.ORDERS.test is None:
            words = "the venue tests limit and market orders only"
            raise self.refuse(words, operation="test_order", subject=whole.symbol)
        await self.call(self.ORDERS.test, **order_form(whole))
