"""Orders: place, amend, cancel, query."""

from __future__ import annotations

import enum
from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.capabilities._capability import Capability
from venuekit.capabilities.enums import OrderSide
from venuekit.capabilities.history import Pager
from venuekit.capabilities.order_values import Amendment, Fill, Order, OrderRequest
from venuekit.errors import OperationError


class OrderReader(Capability):
    """Read orders of both books."""

    __slots__ = ()

    @abstractmethod
    async def get_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """
        Return one order, open or not, named by exactly one of ``order_id`` and ``client_id``.

        Raises:
            InvalidArgument: none or both are given; nothing was sent.
            NotFound: the venue does not know it (any more, or yet: reads may lag behind placing).
        """

    @abstractmethod
    async def get_open_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """Return one open order; raises NotFound when it is not open."""

    @abstractmethod
    async def get_open_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """Return the open orders of both books, of ``symbol`` or of all."""

    @abstractmethod
    def iter_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """Walk the orders the venue keeps, open or not, oldest first."""


class OrderControl(OrderReader):
    """Place and cancel orders."""

    __slots__ = ()

    @abstractmethod
    async def place_order(self, request: OrderRequest) -> Order:
        """
        Place an order; a client id always travels with it.

        Conditional types go to the book they belong to. Where the venue decides later the status is PENDING.

        Raises:
            InvalidArgument: not on the instrument's steps, a client id or combination the venue cannot take.
            Rejected: margin, position, price or mode forbid it.
            OutcomeUnknown, NotExecuted: the answer was lost; it was looked for by its client id.
        """

    @abstractmethod
    async def cancel_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """
        Cancel an order and return its final state, also when it had ended before.

        Raises:
            NotFound: the venue does not know it (any more, or yet).
            OutcomeUnknown: the answer was lost, and the venue does not report how the order ended.
        """

    @abstractmethod
    async def cancel_all_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """Cancel all orders of both kinds, read until none is left, and return those that could not be cancelled."""


class OrderAmendControl(Capability):
    """Change open orders in place."""

    __slots__ = ()

    @abstractmethod
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
        Give an open limit order a new quantity (contracts, in all) and price; None leaves a value as it is.

        Raises:
            NotFound: it is not open.
            Rejected: the venue does not take these values.
        """

    @abstractmethod
    async def amend_orders(self, amendments: Sequence[Amendment]) -> tuple[Order | OperationError, ...]:
        """
        Amend several open limit orders in one request; the results are in the order of ``amendments``.

        An item that failed is an error in its place; the others are amended all the same.

        Raises:
            InvalidArgument: none or too many, or one that :meth:`amend_order` would not send; nothing was sent.
            OutcomeUnknown: the answer was lost, and it could not be found out which orders were amended.
        """


class OrderBatchControl(Capability):
    """Several orders in one request; each item has its own result."""

    __slots__ = ()

    @abstractmethod
    async def place_orders(self, requests: Sequence[OrderRequest]) -> tuple[Order | OperationError, ...]:
        """
        Place several orders; the results are in the order of the requests, an error where one failed.

        Raises:
            InvalidArgument: none or too many, or one that :meth:`OrderControl.place_order` would not send: none was.
            OutcomeUnknown: the answer was lost, and of some it could not be found out; it names every client id.
        """

    @abstractmethod
    async def cancel_orders(
        self, symbol: str, *, order_ids: Sequence[str] = (), client_ids: Sequence[str] = ()
    ) -> tuple[Order | OperationError, ...]:
        """Cancel several orders of a symbol, named by ids or by client ids."""


class OrderTestControl(Capability):
    """Have an order checked without placing it."""

    __slots__ = ()

    @abstractmethod
    async def test_order(self, request: OrderRequest) -> None:
        """Return if the venue would take the order; raises the errors of :meth:`OrderControl.place_order`."""


class FillReader(Capability):
    """Read fills."""

    __slots__ = ()

    @abstractmethod
    def iter_fills(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Fill | None = None,
    ) -> Pager[Fill]:
        """Walk the fills of a symbol, oldest first."""


class ForcedOrderReader(Capability):
    """Read orders that the venue itself placed: liquidation and auto-deleveraging."""

    __slots__ = ()

    @abstractmethod
    def iter_forced_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """Walk forced orders, oldest first; ``after`` continues behind an item seen before."""


class CountdownScope(enum.StrEnum):
    """The orders that one countdown cancels."""

    SYMBOL = "symbol"
    ACCOUNT = "account"


@attrs.frozen
class CountdownBehaviour:
    """The ``scope`` of a venue's countdown; a venue that declares none has one for each symbol."""

    scope: CountdownScope


class CountdownControl(Capability):
    """Have the venue cancel everything when we fall silent."""

    __slots__ = ()

    @abstractmethod
    async def set_countdown(self, symbol: str | None, seconds: float | None) -> None:
        """
        Cancel all plain orders of ``symbol`` in so many seconds unless this is called again; None disarms.

        Where the scope is ACCOUNT, ``symbol`` is None and the orders are those of the account. It is not known to cover
        conditional orders in a book of their own.

        Raises:
            InvalidArgument: a symbol where the scope is ACCOUNT, none where it is SYMBOL, or a time that the venue does
                not take; nothing was sent.
        """

    @abstractmethod
    def countdown(self, symbol: str | None, seconds: float) -> AbstractAsyncContextManager[None]:
        """
        Keep the countdown armed and beating while the block runs; ``symbol`` as in :meth:`set_countdown`.

        A clean exit disarms it; an exception leaves it armed, so that the venue cancels the remaining orders. Blocks of
        one countdown that run at the same time in one process keep each other alive: the shortest time is armed, and
        the last one to end disarms it, unless one of them ended with an exception.
        """
