"""The WebSocket API of one environment of a venue: the wires of its accounts, and the state that they share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import attrs

from venuekit.credentials.secret import Secret
from venuekit.endpoint import Endpoint, Priority
from venuekit.errors import ConfigurationError, NeverSent
from venuekit.pipeline.patience import TIMEOUT, Patience
from venuekit.pipeline.socket_link import SocketLink
from venuekit.pipeline.socket_wire import SocketWire, logs_on, sign_logon
from venuekit.pipeline.sockets import AiohttpSockets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from venuekit.clock import Clock
    from venuekit.pipeline.account_session import VenueSession
    from venuekit.pipeline.budget import Budget
    from venuekit.pipeline.owner import Owner
    from venuekit.pipeline.shared_budget import SharedBudget
    from venuekit.pipeline.wire import Wire

#: the operation by which the shared store names an opening that waits
OPENING = "open_connection"


@attrs.define(eq=False)
class SocketLinks:
    """
    The links of all accounts of one environment that use its WebSocket API.

    Attributes:
        endpoints: Those of the venue.
        sockets: Opens their connections.
        patience: Ends exchanges that take too long.
        clock: The injected clock.
    """

    endpoints: tuple[Endpoint[Any], ...] = attrs.field(repr=False)
    sockets: AiohttpSockets = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)
    patience: Patience = attrs.field(factory=lambda: Patience(TIMEOUT), repr=False)
    #: endpoints whose methods cost other than they do over HTTP, each with one of that cost
    priced: Mapping[Endpoint[Any], Endpoint[Any]] = attrs.field(init=False, repr=False)
    _links: WeakSet[SocketLink] = attrs.field(factory=WeakSet, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.priced = {
            one: attrs.evolve(one, weight=one.websocket_weight, weight_most=one.websocket_weight)
            for one in self.endpoints
            if one.websocket_method is not None and one.websocket_weight is not None
        }

    def make_wire(self, rest: Wire, shared: VenueSession, owner: Owner) -> SocketWire:
        """
        Return the wire of an account; its connection is opened by the first request.

        Raises:
            ConfigurationError: the venue, or this environment of it, has no WebSocket API.
        """
        venue, environment = shared.venue, shared.environment
        api, base = venue.socket_api, environment.websocket_api
        if api is None or base is None:
            where = venue.id if api is None else f"{venue.id} {environment.name}"
            raise ConfigurationError(f"{where} has no WebSocket API: open the account with transport='rest'")
        is_logged_on = logs_on(api, rest.signer)
        make_logon = None
        if api.logon is not None and is_logged_on:
            make_logon = partial(sign_logon, api.logon, rest, shared.clock, venue.recv_window)
        link = SocketLink(
            api=api,
            url=Secret(base + api.path),
            headers=environment.headers,
            sockets=self.sockets,
            patience=self.patience,
            clock=self.clock,
            answers=venue.answers,
            pay=partial(self._pay, shared, owner),
            make_logon=make_logon,
        )
        self._links.add(link)
        return SocketWire(rest, api, link, is_logged_on, self.priced)

    async def aclose(self) -> None:
        """Close all links, and the pool of connections."""
        for link in tuple(self._links):
            await link.aclose()
        self.patience.close()
        await self.sockets.aclose()

    async def _pay(self, shared: VenueSession, owner: Owner) -> None:
        """
        Pay for a connection that is about to be opened: to the shared store first, where budgets are shared.

        Nothing waits for the pools of this process, and the counts of the next answer correct them.

        Raises:
            NeverSent: the store has no room for it, and will have none for longer than an order may wait.
            BudgetUnavailable: the store cannot be reached.
        """
        api = shared.venue.socket_api
        costs = {} if api is None else api.opening
        due = [(shared.find_pool(owner, one), costs[one.name]) for one in shared.venue.limits if one.name in costs]
        if due and shared.shared is not None:
            await self._pay_store(shared, shared.shared, due)
        for pool, amount in due:
            pool.spend(amount, self.clock.monotonic())

    async def _pay_store(self, shared: VenueSession, store: SharedBudget, due: Sequence[tuple[Budget, int]]) -> None:
        began = self.clock.monotonic()
        waiter = shared.waiters.arrive(OPENING, Priority.URGENT, began)
        waiter.due = due
        try:
            while True:
                delay, closed = await store.pay(waiter)
                shared.waiters.wake(closed)
                if not delay:
                    return
                # the request that it is opened for is signed, and will be too old
                if self.clock.monotonic() + delay > began + shared.policy.max_wait_order:
                    raise NeverSent(f"the shared budget has no room for a connection for {delay:.1f} s")
                await waiter.rest(partial(self.clock.sleep, delay))
        finally:
            shared.waiters.leave(waiter)
            store.leave(waiter)
