"""Orders: place, amend, cancel. The venue answers before it decides."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from venuekit.capabilities import (
    Amendment,
    Order,
    OrderAmend,
    OrderControl,
    OrderRequest,
    OrderSide,
)
from venuekit.endpoint import Change, Endpoint
from venuekit.errors import NotFound, OutcomeUnknown
from venuekit_bybit_inverse.endpoints import AMEND_ORDER, CANCEL_ALL, CANCEL_ORDER, CATEGORY, CREATE_ORDER
from venuekit_bybit_inverse.instruments import instrument_row, settle_coins
from venuekit_bybit_inverse.order_form import check_steps, filled_in, named, wire_order
from venuekit_bybit_inverse.order_payloads import OrderAck
from venuekit_bybit_inverse.order_reading import BybitOrderReading
from venuekit_bybit_inverse.order_values import amended_order, pending_order
from venuekit_bybit_inverse.reading import together_all

__all__ = ["BybitOrders"]

#: seconds between looks at an order that was cancelled, until it has ended
_LOOKS = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)
#: how often cancelling everything may leave as much as there was, and how often it is asked for in all
_FRUITLESS_ROUNDS = 4
_ROUNDS_AT_MOST = 40
#: seconds until it is looked again; an order that the venue has not decided about is in no list yet
_PAUSE = 0.25


class BybitOrders(BybitOrderReading, OrderControl, OrderAmend):
    """
    Place, amend and cancel orders.

    Whatever is sent about an order is acknowledged first and decided later: what comes back from placing and amending
    is PENDING, and may still be rejected.
    """

    __slots__ = ()

    create_order: ClassVar[Endpoint[OrderAck]] = CREATE_ORDER
    change_order: ClassVar[Endpoint[Change[OrderAck]]] = AMEND_ORDER
    end_order: ClassVar[Endpoint[Change[OrderAck]]] = CANCEL_ORDER
    end_orders: ClassVar[Endpoint[Change[tuple[OrderAck, ...]]]] = CANCEL_ALL

    async def place_order(self, request: OrderRequest) -> Order:
        """
        Place an order and return it as PENDING.

        Where the answer was lost and the order was found by its client id, it is returned as it was found.
        """
        whole = await filled_in(self, "place_order", request)
        answer = await self.answer(self.create_order, category=CATEGORY, **wire_order(whole))
        return pending_order(whole, answer.value, answer.received_at, (answer.raw or {}).get("result"))

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
        """Ask for a new quantity and price and return the order as PENDING; what is None was not changed."""
        name = named(self, "amend_order", symbol, order_id, client_id)
        if quantity is None and price is None:
            raise self.refuse("give a quantity or a price", operation="amend_order", subject=symbol)
        row = await instrument_row(self, symbol, "amend_order")
        check_steps(self, "amend_order", row, {"quantity": quantity, "price": price})
        answer = await self.answer(
            self.change_order, category=CATEGORY, symbol=symbol, **name, qty=quantity, price=price
        )
        ack = answer.value.answer or OrderAck(order_id or "", client_id)
        change = Amendment(symbol=symbol, side=side, id=order_id, client_id=client_id, quantity=quantity, price=price)
        return amended_order(change, ack, answer.received_at, (answer.raw or {}).get("result"))

    async def cancel_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """
        Cancel an order and return how it ended, also when that was before.

        Raises:
            NotFound: the venue does not know it.
            OutcomeUnknown: the venue took the request, and the order is not to be found.
        """
        name = named(self, "cancel_order", symbol, order_id, client_id)
        try:
            await self.call(self.end_order, category=CATEGORY, symbol=symbol, **name)
        except NotFound:
            ended = await self._ended_before(symbol, order_id, client_id)
            if ended is None:
                raise
            return ended
        return await self._final_order(symbol, order_id, client_id)

    async def cancel_all_orders(self, symbol: str | None = None) -> tuple[Order, ...]:
        """
        Cancel plain and conditional orders, at most 500 a call, until none is left; return what stays open.

        What the venue has accepted and not decided about stands in no list yet: so a symbol's orders are cancelled
        unseen first, and what looks empty is looked at again a moment later. Beside somebody who keeps placing orders
        it is given up after some rounds.
        """
        if symbol is not None:
            await self._cancel_all(symbol, frozenset())
        left = await self.get_open_orders(symbol) or await self._look_again(symbol)
        fruitless = rounds = 0
        while left and fruitless < _FRUITLESS_ROUNDS and rounds < _ROUNDS_AT_MOST:
            before = {order.id for order in left}
            await self._cancel_all(symbol, frozenset(order.symbol for order in left))
            left = await self._look_again(symbol)
            rounds += 1
            if {order.id for order in left} >= before:
                fruitless += 1
        return left

    async def _look_again(self, symbol: str | None) -> tuple[Order, ...]:
        """Return what is open after a moment in which the venue may decide."""
        await self._pause(_PAUSE)
        return await self.get_open_orders(symbol)

    async def _cancel_all(self, symbol: str | None, symbols: frozenset[str]) -> None:
        if symbol is not None:
            await self.call(self.end_orders, category=CATEGORY, symbol=symbol)
            return
        settle = await settle_coins(self, symbols)
        coins = {settle[one] for one in symbols if one in settle}
        await together_all(self.call(self.end_orders, category=CATEGORY, settleCoin=coin) for coin in sorted(coins))

    async def _ended_before(self, symbol: str, order_id: str | None, client_id: str | None) -> Order | None:
        try:
            order = await self.get_order(symbol, order_id=order_id, client_id=client_id)
        except NotFound:
            return None
        return order if order.status.is_final else None

    async def _final_order(self, symbol: str, order_id: str | None, client_id: str | None) -> Order:
        """Look until an order has ended; what still has not after a few seconds is returned as it is."""
        order: Order | None = None
        for pause in _LOOKS:
            if pause:
                await self._pause(pause)
            try:
                order = await self.get_order(symbol, order_id=order_id, client_id=client_id)
            except NotFound:
                continue
            if order.status.is_final:
                return order
        if order is not None:
            return order
        words = "the venue took the request, but the order is not to be found"
        raise OutcomeUnknown(words, venue=self.venue.id, operation="cancel_order", subject=symbol, client_id=client_id)

    async def _pause(self, seconds: float) -> None:
        await self.pause(seconds)
