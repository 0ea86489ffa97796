"""Amending open orders, one by one."""

from __future__ import annotations

from typing import Any

import attrs

from venuekit.capabilities import Amendment, Order, OrderSide, OrderStatus
from venuekit.endpoint import Change
from venuekit.errors import NotFound, OperationError, Outcome, OutcomeUnknown, Rejected
from venuekit.message import Answer
from venuekit.order_scope import OrderName
from venuekit.parts.orders.checks import check_name, check_steps
from venuekit.parts.orders.orders import Orders


@attrs.frozen
class Amendments(Orders):
    """The orders of one account, of which those of the first route can be amended."""

    async def amend(self, amendment: Amendment) -> Order:
        """Give an open order new terms; one that already has them is returned as it is."""
        route, name, symbol = self.routes.first, name_of(amendment), amendment.symbol
        form = await self.form(amendment)
        size = (await self.sizes())(symbol)

        def convert(answer: Answer[Change[Any]]) -> Order | None:
            row = answer.value.answer
            if row is None:
                return None
            (raw,) = route.answer.raws_of(answer.raw, 1)
            return route.amended(amendment, row, size, answer.received_at, raw)

        def is_known(order: Order | None) -> bool:
            return order is not None and order.status is not OrderStatus.PENDING

        try:
            parameters = {**route.reads.constants, **route.request(form, size)}
            order = await self.account.answer_as(convert, self.routes.amending.endpoint, **parameters)
        except NotFound as gone:
            raise await self.not_amendable(gone, name) from None
        except OutcomeUnknown as unknown:
            unknown.then(lambda order: order if is_known(order) else self.get(name))
            raise
        if order is not None:
            return await self.complete(amendment, order)
        return await self.account.look_after(lambda: self.get(name), subject=symbol, client_id=name.client_id)

    async def complete(self, amendment: Amendment, order: Order) -> Order:
        """Return an order that the venue has agreed to amend and may still refuse to, with everything else it has."""
        if order.status is not OrderStatus.PENDING:
            return order
        try:
            seen = await self.get(name_of(amendment))
        except OperationError:  # the venue took the amendment, and says nothing else
            return order
        if not seen.is_open:
            return seen
        quantity = seen.quantity if amendment.quantity is None else amendment.quantity
        price = seen.price if amendment.price is None else amendment.price
        return attrs.evolve(seen, status=OrderStatus.PENDING, quantity=quantity, price=price)

    async def form(self, amendment: Amendment) -> dict[str, Any]:
        """
        Return an amendment by the venue's names; where that wants both numbers, one that is None as the order has it.

        Raises:
            InvalidArgument: it names no order, no side or no number, or does not fit; nothing was sent.
            NotFound, Rejected: the order is gone, or stands where none can be amended; nothing was sent.
        """
        route, quantity, price = self.routes.first, amendment.quantity, amendment.price
        name = check_name(self.account, self.routes, name_of(amendment))
        if amendment.side not in tuple(OrderSide):
            raise self.account.refuse(f"there is no side {amendment.side!r}", subject=amendment.symbol)
        if quantity is None and price is None:
            raise self.account.refuse("give a quantity or a price", subject=amendment.symbol)
        numbers = {"quantity": quantity, "price": price}
        await check_steps(self.account, self.routes, amendment.symbol, numbers)
        if self.routes.amending.needs_both and (quantity is None or price is None):
            present = await self.find(route, name)
            if present is None:
                raise await self.not_amendable(self.not_found(name), name)
            quantity = present.quantity if quantity is None else quantity
            price = present.price if price is None else price
            amendment = attrs.evolve(amendment, quantity=quantity, price=price)
        return self.routes.amending.form(amendment)

    async def not_amendable(self, gone: NotFound, name: OrderName) -> OperationError:
        """Return why an order cannot be amended: it is on another route, or on none."""
        try:
            others = [await self.find(route, name, route.reads.open_one) for route in self.routes.routes[1:]]
        except OperationError:  # the refusal is the news
            return gone
        if not any(others):
            return gone
        return Rejected(
            "conditional orders cannot be amended: cancel it, and place another one",
            venue=gone.venue,
            operation=gone.operation,
            subject=gone.subject,
            code=gone.code,
            client_id=gone.client_id,
            outcome=Outcome.NOT_APPLIED,
        )


def name_of(amendment: Amendment) -> OrderName:
    """Return the order that an amendment names."""
    return OrderName(amendment.symbol, amendment.order_id, amendment.client_id)


def is_as_asked(order: Order | OperationError, amendment: Amendment) -> bool:
    """Say whether an order has the numbers that an amendment asks for."""
    return (
        isinstance(order, Order)
        and amendment.quantity in {None, order.quantity}
        and amendment.price in {None, order.price}
    )
