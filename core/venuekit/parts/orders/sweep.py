"""Cancelling everything, in rounds."""

from __future__ import annotations

from collections.abc import Collection, Coroutine
from typing import Any, TypeAlias

import attrs

from venuekit.account import Account
from venuekit.capabilities import Order, OrderBehaviour, OrderKind
from venuekit.endpoint import Priority
from venuekit.errors import OperationError, Outcome, OutcomeUnknown
from venuekit.order_scope import OrderName
from venuekit.parts.concurrency import gather_all
from venuekit.parts.orders.orders import Orders, is_unknown
from venuekit.parts.orders.routes import CancelScope, OrderRoute, OrderRoutes

#: how many rounds may leave as many orders as there were, and how many there are in all beside one who keeps placing
_FRUITLESS_ROUNDS = 4
_ROUNDS_AT_MOST = 40
#: seconds until it is looked again
_PAUSE = 0.25
#: seconds for a request that is made when the deadline of all of them has passed
_NO_TIME = 0.001

#: the failures of one scope's requests, by the place of their routes
_Failures: TypeAlias = dict[tuple[CancelScope, int], OperationError]


@attrs.define
class Sweep:
    """
    Cancels all orders of a symbol or of the account, on every route.

    The requests of a round are sent at once, and the failure of one does not keep the others from being sent;
    ``failures`` are those of the last requests, ``unseen`` the scopes that are cancelled before any order is seen.
    ``until`` is when the deadline of the whole call passes, None for never.
    """

    account: Account
    routes: OrderRoutes
    symbol: str | None
    failures: _Failures = attrs.field(factory=dict)
    unseen: set[CancelScope] = attrs.field(factory=set)
    until: float | None = attrs.field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        limit = self.account.deadline
        self.until = None if limit is None else self.account.monotonic() + limit

    async def carry_out(self) -> tuple[Order, ...]:
        """
        Cancel, read and cancel again until no order is left or no round helps; return those that stay open.

        Where the venue decides later, an order may be in no list yet: so everything is cancelled unseen first, what
        looks empty is looked at once more, and a failed cancel is tried again in each round.

        Raises:
            OperationError: a request failed, and orders are left, or may be where they were cancelled unseen.
        """
        decides_later = self.account.behaviour(OrderBehaviour).decides_later
        pause = _PAUSE if decides_later else 0.0
        self.unseen = await self._everything()
        await self._cancel(self.unseen, ())
        left = await self._look() if self.unseen else await self._open_orders()
        if decides_later:
            left = left or await self._look(pause)
        fruitless = rounds = 0
        while left and fruitless < _FRUITLESS_ROUNDS and rounds < _ROUNDS_AT_MOST:
            if self.failures and not decides_later:
                break
            rounds += 1
            before = {order.key for order in left}
            seen = self.unseen if self.symbol is not None else await self._scopes_of(left)
            await self._cancel(seen | {scope for scope, _ in self.failures}, left)
            left = await self._look(pause)
            if left and {order.key for order in left} >= before:
                fruitless += 1
                left = await self._look(_PAUSE)
        if self.failures and (left or self.unseen):
            raise self._failure()
        return left

    async def _everything(self) -> set[CancelScope]:
        """Return the scopes that are cancelled unseen."""
        if self.symbol is not None:
            return {(self.routes.first.names.symbol, self.symbol)}
        return set() if self.routes.everything is None else set(await self.routes.everything(self._within_deadline()))

    async def _scopes_of(self, orders: tuple[Order, ...]) -> set[CancelScope]:
        symbols = frozenset(order.symbol for order in orders)
        if self.routes.scopes is not None:
            return set(await self.routes.scopes(self._within_deadline(), symbols))
        return {(self.routes.first.names.symbol, symbol) for symbol in symbols}

    async def _cancel(self, scopes: Collection[CancelScope], left: tuple[Order, ...]) -> None:
        """Cancel the orders of each scope on each route; ``left`` are those that were seen."""
        if not scopes:
            return
        parts = [(scope, index) for scope in sorted(scopes) for index, _ in enumerate(self.routes)]
        results = await gather_all(self._cancel_part(scope, self.routes.routes[index], left) for scope, index in parts)
        emptied_in_part = {part[0] for part, failures in zip(parts, results, strict=True) if None in failures}
        for part, failures in zip(parts, results, strict=True):
            self.failures.pop(part, None)
            for failure in filter(None, failures):
                self.failures.setdefault(part, failure)
                # the whole was asked for: where a part of it was carried out, none of it was not
                if part[0] in emptied_in_part and failure.outcome in {Outcome.NOT_SENT, Outcome.NOT_APPLIED}:
                    failure.outcome = Outcome.UNKNOWN
        if self.unseen and len(self.failures) == len(parts):
            raise self._failure()  # nothing at all was carried out: no use in going on

    async def _cancel_part(
        self, scope: CancelScope, route: OrderRoute, left: tuple[Order, ...]
    ) -> list[OperationError | None]:
        """Return the failure of each request that cancels the orders of a scope on a route, None for success."""
        account = self._within_deadline()
        if route.cancel_all is not None:
            return [await _failure_of(account.call(route.cancel_all, **route.reads.constants, **dict([scope])))]
        _, symbol = scope
        try:
            orders = left or await Orders(account, self.routes).list_open(symbol)
        except OperationError as unread:
            return [unread]
        # where all orders wait on one route, its kind is not that of each
        kinds = set(OrderKind) if len(self.routes.routes) == 1 else {route.kind}
        mine = [order for order in orders if order.symbol == symbol and order.kind in kinds]
        return list(await gather_all(_failure_of(self._cancel_one(account, route, order)) for order in mine))

    async def _cancel_one(self, account: Account, route: OrderRoute, order: Order) -> None:
        """Cancel an order of many; lost twice it is asked for once more, as often in all as a read."""
        parameters = route.reads.name_parameters(route.cancel, OrderName(order.symbol, order.id))
        try:
            try:
                await account.call(route.cancel, **parameters)
            except OutcomeUnknown:
                await account.pause(_PAUSE)
                await account.call(route.cancel, **parameters)
        except OperationError as refused:
            if isinstance(refused, OutcomeUnknown) or not is_unknown(route, refused):
                raise  # that it has ended meanwhile is as good

    async def _look(self, pause: float = 0.0) -> tuple[Order, ...]:
        """Return the open orders after a moment in which the venue may decide, and lists may follow."""
        if pause:
            await self.account.pause(pause)
        try:
            return await self.account.look_after(self._open_orders, subject=self.symbol)
        except OperationError:
            if self.failures:  # that of a cancellation says more
                raise self._failure() from None
            raise

    async def _open_orders(self) -> tuple[Order, ...]:
        return await Orders(self._within_deadline(), self.routes).list_open(self.symbol)

    def _failure(self) -> OperationError:
        """Return the first failure; ``resolve()`` of one after which orders may have ended returns the open ones."""
        failure = self.failures[min(self.failures)]
        orders = Orders(self.account, self.routes)
        if isinstance(failure, OutcomeUnknown):
            failure.then(lambda _: orders.list_open(self.symbol))
        elif failure.outcome is Outcome.UNKNOWN:
            failure.resolve_with(lambda: orders.list_open(self.symbol))
        return failure

    def _within_deadline(self) -> Account:
        """Return the account with the rest of the deadline, as urgent as a cancellation."""
        if self.until is None:
            return self.account.with_options(priority=Priority.URGENT)
        seconds = max(self.until - self.account.monotonic(), _NO_TIME)
        return self.account.with_options(priority=Priority.URGENT, deadline=seconds)


async def _failure_of(call: Coroutine[Any, Any, Any]) -> OperationError | None:
    try:
        await call
    except OperationError as error:
        return error
    return None
