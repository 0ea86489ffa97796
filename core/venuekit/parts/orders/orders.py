"""Orders over routes: find, place, cancel and amend them, whatever the routes of a venue are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from venuekit._util.quick_init import quick_copy, quick_init
from venuekit.account import Account
from venuekit.capabilities import Order, OrderBehaviour, OrderRequest, OrderStatus, OrderType
from venuekit.endpoint import Change
from venuekit.errors import NotFound, OperationError, Outcome, OutcomeUnknown, Rejected
from venuekit.faults import is_listed
from venuekit.message import Answer
from venuekit.order_scope import OrderName, make_client_id
from venuekit.parts.concurrency import gather_all
from venuekit.parts.orders.checks import check_steps, margin_type_misfit
from venuekit.parts.orders.reads import Lookup, ReadRow
from venuekit.parts.orders.routes import OrderRoute, OrderRoutes

_with_id = quick_copy(OrderRequest, "type", "client_id")
_NUMBERS = ("quantity", "price", "trigger_price", "activation_price")
_NOT_TOLD = "it is no longer open, and whether it was cancelled or triggered cannot be read"


@quick_init
@attrs.frozen
class Draft:
    """An order that was checked: its request with a client id, its route, and its form, which is built once."""

    request: OrderRequest
    route: OrderRoute
    form: dict[str, Any]


@quick_init
@attrs.frozen
class Orders:
    """The orders of one account, over the routes of its venue."""

    account: Account
    routes: OrderRoutes

    # -- reading

    async def get(self, name: OrderName) -> Order:
        """Return an order, open or not, from the first route that has it; raises NotFound."""
        for route in self.routes:
            order = await self.find(route, name)
            if order is not None:
                return order
        raise self.not_found(name)

    async def get_open(self, name: OrderName) -> Order:
        """Return an open order from the first route that has it; raises NotFound."""
        for route in self.routes:
            order = await self.find(route, name, route.reads.open_one)
            if order is not None:
                if not order.is_open:
                    break
                return order
        raise self.not_found(name)

    async def list_open(self, symbol: str | None, *, skip_odd: bool = False) -> tuple[Order, ...]:
        """
        Return the open orders of all routes, oldest first.

        A row that cannot be read is an error, so that none is taken for one that has ended; with ``skip_odd`` it is
        left out with a warning.
        """
        routes = self.routes.routes
        if len(routes) == 1:
            return tuple(await self.list_route(routes[0], symbol, skip_odd=skip_odd))
        lists = await gather_all(self.list_route(route, symbol, skip_odd=skip_odd) for route in routes)
        return tuple(sorted((order for orders in lists for order in orders), key=_creation_time))

    async def list_route(self, route: OrderRoute, symbol: str | None, *, skip_odd: bool = True) -> Sequence[Order]:
        """Return the open orders of one route, oldest first; see :meth:`list_open`."""
        reads = route.reads
        parameters = {**reads.constants, **reads.open_parameters, reads.names.symbol: symbol}
        rows = await reads.read_open(self.account, reads.open_orders, parameters, skip_odd)
        return sorted(await self.orders_of(route, rows), key=_creation_time)

    async def find(self, route: OrderRoute, name: OrderName, lookups: Sequence[Lookup] | None = None) -> Order | None:
        """Return an order of one route, None where that has none of this name."""

        async def fetch(lookup: Lookup, parameters: Mapping[str, Any]) -> Sequence[ReadRow]:
            return lookup.shape.read(await self.account.answer(lookup.endpoint, **parameters))

        search = await route.reads.find(fetch, name, route.reads.one if lookups is None else lookups)
        newest = route.reads.newest(search.found)
        return None if newest is None else (await self.orders_of(route, [newest]))[0]

    async def orders_of(self, route: OrderRoute, rows: Sequence[ReadRow]) -> list[Order]:
        """Return the orders of rows."""
        size, symbol_of = await self.sizes(), route.reads.rows.symbol
        return [route.order_of(one.row, size(symbol_of(one.row)), one.received_at, one.raw) for one in rows]

    def sizes(self) -> Any:
        """Read the size of a symbol's contracts once."""
        return self.routes.sizes(self.account)

    # -- placing

    async def draft(self, request: OrderRequest) -> Draft:
        """
        Return an order with a client id, made up when it has none, whose form and steps fit.

        Raises:
            InvalidArgument: the venue cannot take it; nothing was sent.
        """
        account, symbol = self.account, request.symbol
        declared = account.behaviour(OrderBehaviour)
        words = margin_type_misfit(declared, request) or self.routes.misfit(declared, request)
        if words is not None:
            raise account.refuse(words, subject=symbol)
        # an id that was made for an earlier order is the caller's own by now
        client_id = make_client_id() if request.client_id is None else str(request.client_id)
        kind = request.type if type(request.type) is OrderType else OrderType(request.type)
        request = _with_id(request, kind, client_id)
        route = self.routes.route_of(request)
        form = route.form(request)
        if not form.keys() <= route.place.by_name.keys():
            (name, *_) = form.keys() - route.place.by_name.keys()
            raise account.refuse(f"{name} is not known here", subject=symbol)
        await check_steps(account, self.routes, symbol, {name: getattr(request, name) for name in _NUMBERS})
        return Draft(request, route, form)

    async def place(self, draft: Draft) -> Order:
        """Place an order by itself."""
        route, request = draft.route, draft.request
        size = (await self.sizes())(request.symbol)

        def convert(answer: Answer[Any]) -> Order:
            (row,) = route.answer.rows(answer.value)
            (raw,) = route.answer.raws_of(answer.raw, 1)
            return route.placed(request, row, size, answer.received_at, raw)

        parameters = {**route.reads.constants, **route.request(draft.form, size)}
        return await self.account.answer_as(convert, route.place, **parameters)

    # -- cancelling

    async def cancel(self, name: OrderName) -> Order:
        """Cancel an order wherever it is, and return how it ended, also when that was before."""
        route = self.routes.first
        try:
            answer = await self.account.answer(route.cancel, **route.reads.name_parameters(route.cancel, name))
        except OperationError as failure:
            if isinstance(failure, OutcomeUnknown):
                failure.then(lambda _: self.get(name))
            if not is_unknown(route, failure):
                raise
            return await self.cancel_elsewhere(failure, name)

        async def look() -> Order:
            return await self.final(route, name, await self._read_acknowledgement(route, answer), answer.value)

        return await self.account.look_after(look, subject=name.symbol, client_id=name.client_id)

    async def cancel_elsewhere(self, failure: OperationError, name: OrderName) -> Order:
        """Cancel an order that is not open on the first route: it has ended, or it is on another one."""
        ended: list[Order] = []
        waiting: tuple[OrderRoute, Order] | None = None
        try:
            for route in self.routes:
                order = await self.find(route, name)
                if order is None:
                    continue
                if order.is_open:
                    if route is self.routes.first:
                        raise failure
                    waiting = (route, order)
                    break
                if route is self.routes.first and name.id is not None:
                    return order
                ended.append(order)
        except OperationError as unread:
            # an unknown outcome says more than that a look failed
            raise (failure if isinstance(failure, OutcomeUnknown) else unread) from None
        if waiting is not None:
            return await self._cancel_on(*waiting)
        if not ended:
            raise _not_known(failure)
        return max(ended, key=lambda order: (order.created_at is not None, order.created_at))

    async def _cancel_on(self, route: OrderRoute, order: Order) -> Order:
        """Cancel an order that was seen open on a route."""
        name = OrderName(order.symbol, order.id)
        try:
            answer = await self.account.answer(route.cancel, **route.reads.name_parameters(route.cancel, name))
        except OutcomeUnknown as unknown:
            unknown.then(lambda _: self.get(name))
            raise
        except Rejected as refused:
            present = await self.find(route, name)
            if not is_unknown(route, refused) or present is None or present.is_open:
                raise
            return present

        async def look() -> Order:
            acknowledged = await self._read_acknowledgement(route, answer)
            if acknowledged is None and answer.value.answer is not None:
                acknowledged = attrs.evolve(order, status=OrderStatus.CANCELED, venue_status="CANCELED", raw=None)
            return await self.final(route, name, acknowledged, answer.value, client_id=order.client_id)

        return await self.account.look_after(look, subject=name.symbol, client_id=order.client_id)

    async def _read_acknowledgement(self, route: OrderRoute, answer: Answer[Change[Any]]) -> Order | None:
        """Return the order of the answer to a cancellation, None where it does not describe one."""
        row = answer.value.answer
        if row is None or not (route.acknowledges or isinstance(row, Order)):  # an order shows how a lost one was found
            return None
        (raw,) = route.answer.raws_of(answer.raw, 1)
        size = (await self.sizes())(route.reads.rows.symbol(row))
        return route.order_of(row, size, answer.received_at, raw)

    async def final(
        self,
        route: OrderRoute,
        name: OrderName,
        acknowledged: Order | None,
        change: Change[Any] | None = None,
        *,
        client_id: str | None = None,
    ) -> Order:
        """
        Return how an order ended that the venue has agreed to cancel.

        It is looked at until it has; acknowledgements lack average price, value and the time it was placed, and are
        returned only where no look shows more. Where the venue decides later, an order that is still open after the
        last look is returned as it is.

        Raises:
            OutcomeUnknown: there is nothing of all that; its ``resolve()`` looks again.
        """
        if acknowledged is not None:  # by its own id: the client's may be that of another order by now
            name = OrderName(acknowledged.symbol, acknowledged.id)
        order: Order | None = None
        unread: OperationError | None = None
        for pause in route.looks if self._shows_ended(route) else ():
            if pause:
                await self.account.pause(pause)
            try:
                order = await self.find(route, name) or order
            except OperationError as error:  # it was cancelled, even where it cannot be read
                unread = error
                continue
            if order is not None and not order.is_open:
                return order
        if acknowledged is not None:
            return acknowledged
        if order is not None and self.account.behaviour(OrderBehaviour).decides_later:
            return order
        words = "the venue took the request, but the order is not to be found"
        if change is not None and change.answer is None:
            words = _NOT_TOLD
        elif unread is not None:
            words = f"the venue took the request, but the order cannot be read ({unread})"
        raise self.account.make_error(
            OutcomeUnknown,
            words,
            subject=name.symbol,
            client_id=name.client_id if client_id is None else client_id,
            resolve=lambda: self.final(route, name, None, change, client_id=client_id),
        )

    def _shows_ended(self, route: OrderRoute) -> bool:
        """Say whether any read of a route shows orders that have ended."""
        return any(not (one.lists or self.account.lacks(one.endpoint)) for one in route.reads.one)

    def not_found(self, name: OrderName) -> NotFound:
        """Return the error for an order that is on no route."""
        words, code = self.routes.not_found
        return self.account.make_error(
            NotFound,
            words,
            subject=name.symbol,
            client_id=name.client_id,
            code=code,
            outcome=Outcome.NOT_APPLIED,
        )


def is_unknown(route: OrderRoute, failure: OperationError) -> bool:
    """Say whether a cancellation failed because the route has no such open order."""
    is_refusal = isinstance(failure, NotFound | Rejected | OutcomeUnknown)
    return is_refusal and is_listed(route.unknown_order, failure.code, failure.message)


def _creation_time(order: Order) -> float:
    return 0.0 if order.created_at is None else order.created_at.timestamp()


def _not_known(refused: OperationError) -> OperationError:
    """Return the refusal of an order that is on no route as NotFound; where an answer is missing, that stays so."""
    if not isinstance(refused, Rejected):
        return refused
    return NotFound(
        refused.message,
        venue=refused.venue,
        operation=refused.operation,
        subject=refused.subject,
        code=refused.code,
        status=refused.status,
        outcome=refused.outcome,
        client_id=refused.client_id,
        parameters=refused.parameters,
        sent_at=refused.sent_at,
        fence=refused.fence,
        reads=refused.reads,
    )
