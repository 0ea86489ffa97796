"""The parts of an account class that keep the promises about orders, over the routes that a venue declares."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

from venuekit.account import Account
from venuekit.capabilities import (
    Amendment,
    Order,
    OrderAmendControl,
    OrderBatchControl,
    OrderControl,
    OrderRequest,
    OrderSide,
)
from venuekit.errors import OperationError
from venuekit.order_check.check import look_before_sending
from venuekit.order_scope import OrderName
from venuekit.parts.orders.amendments import Amendments
from venuekit.parts.orders.batches import Batches
from venuekit.parts.orders.checks import check_name
from venuekit.parts.orders.orders import Orders
from venuekit.parts.orders.routes import OrderRoutes
from venuekit.parts.orders.sweep import Sweep


class OrderPart(Account, OrderControl):
    """Places, cancels and reads orders over :attr:`ORDER_ROUTES`; a venue adds ``iter_orders``."""

    __slots__ = ()

    ORDER_ROUTES: ClassVar[OrderRoutes]

    async def get_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """
        Return an order, open or not, from the first route that has it.

        On a route without a query of orders only the open ones are found.
        """
        name = check_name(self, self.ORDER_ROUTES, OrderName(symbol, order_id, client_id))
        return await Orders(self, self.ORDER_ROUTES).get(name)

    async def get_open_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """Return an open order from the first route that has it."""
        name = check_name(self, self.ORDER_ROUTES, OrderName(symbol, order_id, client_id))
        return await Orders(self, self.ORDER_ROUTES).get_open(name)

    async def get_open_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """Return the open orders of every route, oldest first; one that cannot be read is left out with a warning."""
        return await Orders(self, self.ORDER_ROUTES).list_open(symbol, skip_odd=True)

    async def place_order(self, request: OrderRequest) -> Order:
        """
        Place an order and return it with its fills so far, or PENDING where the venue decides later.

        Where the answer was lost and the order was found by its client id, it is returned as it was found. On a route
        without a query of orders a lost one cannot be found once it is no longer open. With the option ``check_orders``
        the account is read first, and an order that it will refuse is not sent.
        """
        orders = Orders(self, self.ORDER_ROUTES)
        draft = await orders.draft(request)
        if self._options.check_orders:
            (refusal,) = await look_before_sending(self, (draft.request,))
            if refusal is not None:
                raise refusal
        return await orders.place(draft)

    async def cancel_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """
        Cancel an order of any route and return how it ended, also when that was before.

        Where the venue decides later, an order that is still open after some seconds is returned as it is.

        Raises:
            NotFound: the venue does not know it (any more, or yet).
            OutcomeUnknown: it is no longer open, and the venue does not report how it ended.
        """
        name = check_name(self, self.ORDER_ROUTES, OrderName(symbol, order_id, client_id))
        return await Orders(self, self.ORDER_ROUTES).cancel(name)

    async def cancel_all_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """
        Cancel every route until no order is open, for some rounds; return those that stay open.

        The failure for one symbol, route or order keeps no other from being cancelled; it is raised afterwards.

        Raises:
            OperationError: a cancellation failed, and orders are left, or may be where they were cancelled unseen.
        """
        return await Sweep(self, self.ORDER_ROUTES, symbol).carry_out()


class OrderBatchPart(Account, OrderBatchControl):
    """
    Places and cancels several orders at once, as many as ``OrderBehaviour`` says.

    An item whose form is refused refuses the whole batch, and nothing is sent.
    """

    __slots__ = ()

    ORDER_ROUTES: ClassVar[OrderRoutes]

    async def place_orders(self, requests: Sequence[OrderRequest]) -> tuple[Order | OperationError, ...]:
        """
        Place orders: those of the first route in one request, then those of another one each by itself.

        While the outcome of the first request is not known, no order of another route is sent. With the option
        ``check_orders`` the account is read first; an order that it will refuse is an error in its place, and the
        others are sent.
        """
        return await Batches(self, self.ORDER_ROUTES).place(requests, looks=self._options.check_orders)

    async def cancel_orders(
        self, symbol: str, *, order_ids: Sequence[str] = (), client_ids: Sequence[str] = ()
    ) -> tuple[Order | OperationError, ...]:
        """
        Cancel orders and return how each ended: first those named by id, then those named by client id.

        An order that is not open on the first route is looked for on the others.
        """
        names = [OrderName(symbol, order_id, None) for order_id in order_ids]
        names += [OrderName(symbol, None, client_id) for client_id in client_ids]
        return await Batches(self, self.ORDER_ROUTES).cancel(symbol, names)


class OrderAmendPart(Account, OrderAmendControl):
    """
    Amends limit orders, alone and several at once.

    An item whose form is refused refuses the whole batch, and nothing is sent.
    """

    __slots__ = ()

    ORDER_ROUTES: ClassVar[OrderRoutes]

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
        Change a limit order; one that already is so is returned as it is.

        Where the venue wants both numbers, one that is None is read first. Where it decides later, the order is
        returned as PENDING with the requested values. Conditional orders of a route of their own cannot be amended.
        """
        amendment = Amendment(
            symbol=symbol, side=side, order_id=order_id, client_id=client_id, quantity=quantity, price=price
        )
        return await Amendments(self, self.ORDER_ROUTES).amend(amendment)

    async def amend_orders(self, amendments: Sequence[Amendment]) -> tuple[Order | OperationError, ...]:
        """
        Amend limit orders; one that already is so is returned as it is.

        Where an order must be read for the number that is None, and is gone, the others are amended all the same.
        """
        return await Batches(self, self.ORDER_ROUTES).amend(amendments)
