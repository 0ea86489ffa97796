"""Order routes: the ways by which a venue takes orders, each with endpoints, names and rows of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import attrs

from venuekit._util.quick_init import quick_copy
from venuekit.account import Account
from venuekit.capabilities import Amendment, Order, OrderBehaviour, OrderKind, OrderRequest
from venuekit.endpoint import Endpoint
from venuekit.order_scope import OrderName
from venuekit.parts.orders.reads import MANY, ONE, OrderNames, OrderReads, Row, Shape

#: the size of a symbol's contracts, as the route's own functions need it
Size: TypeAlias = Any
#: one request that cancels all orders: the name of a parameter, and a symbol or coin
CancelScope: TypeAlias = tuple[str, str]

_complete = quick_copy(Order, "received_at", "raw")


def _itself(order: Row, _: Size, received_at: datetime | None, raw: Any) -> Order:
    return _complete(order, received_at, raw)


#: makes of an answer the order of its row, whatever was asked for
_OF_ITS_ROW: Any = attrs.Factory(lambda route: lambda _, *row: route.order_of(*row), takes_self=True)


@attrs.frozen
class OrderSteps:
    """The steps of a symbol: of quantities in contracts, of prices in quote per base; None for none."""

    quantity: Decimal | None
    price: Decimal | None


@attrs.frozen(kw_only=True)
class AmendRoute:
    """
    How open orders of a route are amended.

    Attributes:
        form: An amendment by the venue's names.
        needs_both: Whether the venue wants both numbers; one that is None is read first.
        unchanged: The code by which an amendment is refused that changes nothing; None for none.
    """

    endpoint: Endpoint[Any]
    batch: Endpoint[Any]
    form: Callable[[Amendment], dict[str, Any]]
    needs_both: bool = False
    unchanged: int | str | None = None


@attrs.frozen(kw_only=True)
class BatchRoute:
    """
    How several orders of a route travel in one request.

    Attributes:
        items: The parameter that holds the items.
        request: Makes the parameters of the forms of the items and the sizes of their contracts.
        cancel_requests: The requests that cancel the named orders of a symbol, each with the orders that it names, in
            the order in which they are given.
        shape: Where an answer holds its items, :class:`BatchItem` values.
    """

    place: Endpoint[Any]
    cancel: Endpoint[Any]
    items: str
    request: Callable[[Sequence[dict[str, Any]], Sequence[Size]], Mapping[str, Any]]
    cancel_requests: Callable[[str, Sequence[OrderName]], Sequence[tuple[Mapping[str, Any], Sequence[OrderName]]]]
    shape: Shape = MANY


@attrs.frozen(kw_only=True)
class OrderRoute:
    """
    One way by which a venue takes orders: its endpoints, the forms of its requests, and the values of its rows.

    Attributes:
        kind: The kind of the orders that wait here.
        takes: Whether an order is placed here.
        cancel_all: Empties the route for one :data:`CancelScope`; None where its orders are cancelled one by one.
        form: An order, whose client id is filled in, by the venue's names.
        request: Makes the parameters of a request of a form and the size of its contracts.
        order_of: The order of a row; its size is that of the symbol's contracts (``OrderRoutes.sizes``). By default a
            row is an ``Order`` already, as ``Reads`` makes it.
        placed: The order of the answer to ``place``, PENDING where that has no row; by default that of its row.
        amended: Likewise the order of the answer to an amendment.
        acknowledges: Whether the answer to ``cancel`` has the row of the order.
        answer: Where the answers to ``place``, ``cancel`` and an amendment hold their row.
        amending, batches: None where there are no amendments, or no batches.
        unknown_order: The codes by which a cancellation of no open order is refused.
        looks: Seconds between looks at an order that was cancelled, until one shows that it has ended.
    """

    kind: OrderKind
    takes: Callable[[OrderRequest], bool]
    reads: OrderReads
    place: Endpoint[Any]
    cancel: Endpoint[Any]
    cancel_all: Endpoint[Any] | None
    form: Callable[[OrderRequest], dict[str, Any]]
    request: Callable[[dict[str, Any], Size], Mapping[str, Any]] = lambda form, _: form
    order_of: Callable[[Row, Size, datetime | None, Any], Order] = _itself
    placed: Callable[[OrderRequest, Row, Size, datetime | None, Any], Order] = attrs.field(default=_OF_ITS_ROW)
    amended: Callable[[Amendment, Row, Size, datetime | None, Any], Order] = attrs.field(default=_OF_ITS_ROW)
    acknowledges: bool = False
    answer: Shape = ONE
    amending: AmendRoute | None = None
    batches: BatchRoute | None = None
    unknown_order: Collection[int | str] = ()
    looks: Sequence[float] = (0.0, 0.2, 0.4, 0.8)

    @property
    def names(self) -> OrderNames:
        """How requests name an order."""
        return self.reads.names


async def _no_size(_: Account) -> Callable[[str], Size]:
    return lambda _: None


@attrs.frozen(kw_only=True)
class OrderRoutes:
    """
    The routes of a venue, in the order in which an order is looked for, and their common facts.

    Attributes:
        misfit: Why the venue cannot take an order, as far as its form shows, in one sentence; None where it can.
        steps: Reads the steps of a symbol; with True it reads the instruments again. It raises
            InvalidRequest for a symbol that is not listed.
        sizes: Reads the facts about a symbol's contracts that the routes' functions need, once.
        not_found: The words, and the code, of the error for an order that is on no route.
        everything: The requests that cancel all orders of the account unseen; None where they are listed first.
        scopes: The requests that cancel all orders of some symbols; left out, one for each symbol.
    """

    routes: tuple[OrderRoute, ...]
    misfit: Callable[[OrderBehaviour, OrderRequest], str | None]
    steps: Callable[[Account, str, bool], Awaitable[OrderSteps]]
    sizes: Callable[[Account], Awaitable[Callable[[str], Size]]] = _no_size
    not_found: tuple[str, int | str | None]
    everything: Callable[[Account], Awaitable[Collection[CancelScope]]] | None = None
    scopes: Callable[[Account, frozenset[str]], Awaitable[Collection[CancelScope]]] | None = None

    def __iter__(self) -> Iterator[OrderRoute]:
        return iter(self.routes)

    @property
    def first(self) -> OrderRoute:
        """The route on which requests that name an order try their luck first."""
        return self.routes[0]

    @property
    def amending(self) -> AmendRoute:
        """The way orders are amended; raises TypeError where the venue declares none."""
        if self.first.amending is None:
            raise TypeError("the first route of the venue declares no amendments")
        return self.first.amending

    @property
    def batches(self) -> BatchRoute:
        """The way several orders travel in one request; raises TypeError where the venue declares none."""
        if self.first.batches is None:
            raise TypeError("the first route of the venue declares no batches")
        return self.first.batches

    def route_of(self, request: OrderRequest) -> OrderRoute:
        """Return the route on which an order is placed."""
        for route in self.routes:
            if route.takes(request):
                return route
        raise LookupError("no route of the venue takes the order")
