"""Orders: place, amend, cancel. The venue answers before it decides."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import (
    Amendment,
    Order,
    OrderAmendControl,
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderStatus,
)
from venuekit.plugin import Answer, NotFound, OperationError, OutcomeUnknown
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.order_form import check_steps, order_name, wire_order, with_client_id
from venuekit_bybit_inverse.order_payloads import OrderAck
from venuekit_bybit_inverse.order_reading import BybitOrderReading
from venuekit_bybit_inverse.order_sweep import Sweep
from venuekit_bybit_inverse.order_values import order_of_amendment, pending_order

__all__ = ["BybitOrders"]

#: seconds between looks at an order that was cancelled, until it has ended
_LOOKS = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)


class BybitOrders(BybitOrderReading, OrderControl, OrderAmendControl):
    """
    Place, amend and cancel orders.

    Whatever is sent about an order is acknowledged first and decided later: what comes back from placing and amending
    is PENDING, and may still be rejected.
    """

    __slots__ = ()

    async def place_order(self, request: OrderRequest) -> Order:
        """
        Place an order and return it as PENDING.

        Where the answer was lost and the order was found by its client id, it is returned as it was found.
        """
        whole = await with_client_id(self, "place_order", request)

        def to_order(answer: Answer[OrderAck]) -> Order:
            return pending_order(whole, answer.value, answer.received_at, (answer.raw or {}).get("result"))

        return await self.answer_as(to_order, BYBIT.CREATE_ORDER, category=CATEGORY, **wire_order(whole))

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
        Ask for a new quantity and price and return the order as PENDING.

        The acknowledgement holds ids alone: what else the order has is looked up. Where that fails it is told as a
        plain one, with what was asked for.
        """
        name = order_name(self, "amend_order", symbol, order_id, client_id)
        if quantity is None and price is None:
            raise self.refuse("give a quantity or a price", operation="amend_order", subject=symbol)
        await check_steps(self, "amend_order", symbol, {"quantity": quantity, "price": price})
        try:
            answer = await self.answer(
                BYBIT.AMEND_ORDER, category=CATEGORY, symbol=symbol, **name, qty=quantity, price=price
            )
        except OutcomeUnknown as unknown:
            unknown.then(lambda _: self.get_order(symbol, order_id=order_id, client_id=client_id))
            raise
        ack = answer.value.answer or OrderAck(order_id or "", client_id)
        change = Amendment(
            symbol=symbol, side=side, order_id=order_id, client_id=client_id, quantity=quantity, price=price
        )
        return await self._pending_amendment(change, ack, answer.received_at, (answer.raw or {}).get("result"))

    async def _pending_amendment(self, change: Amendment, ack: OrderAck, received_at: datetime, raw: Any) -> Order:
        """Return an order whose amendment the venue has taken, and may still refuse."""
        plain = order_of_amendment(change, ack, received_at, raw)
        if ack.row is not None:
            return plain
        try:
            seen = await self.get_order(change.symbol, **_name(change))
        except OperationError:
            return plain
        if seen.status.is_final:
            return seen
        quantity = seen.quantity if change.quantity is None else change.quantity
        price = seen.price if change.price is None else change.price
        return attrs.evolve(seen, status=OrderStatus.PENDING, quantity=quantity, price=price)

    async def cancel_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """
        Cancel an order and return how it ended, also when that was before.

        Raises:
            NotFound: the venue does not know it.
            OutcomeUnknown: the venue took the request, and the order is not to be found.
        """
        name = order_name(self, "cancel_order", symbol, order_id, client_id)
        try:
            await self.call(BYBIT.CANCEL_ORDER, category=CATEGORY, symbol=symbol, **name)
        except OutcomeUnknown as unknown:
            unknown.then(lambda _: self.get_order(symbol, order_id=order_id, client_id=client_id))
            raise
        except NotFound:
            ended = await self._read_ended_order(symbol, order_id, client_id)
            if ended is None:
                raise
            return ended
        return await self._final_order(symbol, order_id, client_id)

    async def cancel_all_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """
        Cancel plain and conditional orders, at most 500 a call, until none is left; return what stays open.

        What the venue has accepted and not decided about stands in no list yet, and lists may lag: so all orders of
        the symbol, or of every coin that anything settles in, are cancelled unseen first, and what looks empty is
        looked at again a moment later. What fails for one coin does not keep the others; unless a later round carries
        it out, it is raised in the end. Beside somebody who keeps placing orders it is given up after some rounds.

        Raises:
            OperationError: the orders of a symbol or coin could not be cancelled, whether or not any are seen.
        """
        return await Sweep(self, BYBIT.CANCEL_ALL, symbol).carry_out()

    async def _read_ended_order(self, symbol: str, order_id: str | None, client_id: str | None) -> Order | None:
        try:
            order = await self.get_order(symbol, order_id=order_id, client_id=client_id)
        except NotFound:
            return None
        return order if order.status.is_final else None

    async def _final_order(self, symbol: str, order_id: str | None, client_id: str | None) -> Order:
        """Look until an order has ended; what still has not after a few seconds is returned as it is."""
        order: Order | None = None
        unread: OperationError | None = None
        for pause in _LOOKS:
            if pause:
                await self.pause(pause)
            try:
                order = await self.get_order(symbol, order_id=order_id, client_id=client_id)
            except NotFound:
                continue
            except OperationError as error:
                unread = error
                continue
            if order.status.is_final:
                return order
        if order is not None:
            return order
        words = "the venue took the request, but the order is not to be found"
        raise OutcomeUnknown(
            words if unread is None else f"the venue took the request, but the order cannot be read ({unread})",
            venue=self.venue.id,
            operation="cancel_order",
            subject=symbol,
            client_id=client_id,
            resolve=lambda: self._final_order(symbol, order_id, client_id),
        )


def _name(change: Amendment) -> dict[str, str | None]:
    return {"order_id": change.order_id, "client_id": change.client_id}
