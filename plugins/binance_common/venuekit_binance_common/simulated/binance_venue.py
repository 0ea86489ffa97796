"""The simulated venue of either product: keys, rules and refusals of the venue, over a ledger that knows no venue."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from venuekit.capabilities import Setting
from venuekit.plugin import Endpoint, Security
from venuekit.simulator import Handler, Response, Route, SimKey, SimRequest, SimulatedVenue, Usage, json_response
from venuekit.simulator.ledger import Asset, LedgerRefusal, Rules
from venuekit_binance_common.simulated.authentication import Authentication
from venuekit_binance_common.simulated.errors import Errors
from venuekit_binance_common.simulated.listing import Listing
from venuekit_binance_common.venue import WEIGHT

RULES = Rules(
    max_conditional_orders=200,
    valuation_asset="USDT",
    orders_forbid=frozenset({Setting.MARGIN_TYPE, Setting.POSITION_MODE, Setting.ASSET_MODE}),
)

#: collateral assets in multi-assets mode, a mode of the account: index prices in USD, and haircuts
MARGIN_ASSETS = (
    Asset("USDT", index_price=Decimal(1)),
    Asset("USDC", index_price=Decimal(1)),
    Asset("BTC", index_price=Decimal(88_000), haircut=Decimal("0.05")),
    Asset("BNB", index_price=Decimal(900), is_collateral=False),
)


class Routes(Protocol):
    """A group of routes for some of the endpoints."""

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""

    def extra_routes(self) -> Iterable[Route]:
        """Return routes that the client does not use."""


class SimulatedBinance(SimulatedVenue):
    """The base of both products; each declares its contracts, its errors and its routes."""

    rules = RULES
    assets = MARGIN_ASSETS
    errors: ClassVar[Errors]

    def __init__(self) -> None:
        self._authentication = Authentication(self.errors)
        self._routes = self.routes(Listing(self.contracts, self.errors))

    @abstractmethod
    def routes(self, listing: Listing) -> tuple[Routes, ...]:
        """Return all groups of routes."""

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each of the client's endpoints."""
        return {endpoint: handler for routes in self._routes for endpoint, handler in routes.handlers().items()}

    def extra_routes(self) -> Iterable[Route]:
        """Return routes of the venue that the client does not use."""
        return tuple(route for routes in self._routes for route in routes.extra_routes())

    def authenticate(
        self, request: SimRequest, security: Security, keys: Mapping[str, SimKey], milliseconds: int
    ) -> SimKey:
        """Return the caller's key; see :class:`~venuekit_binance_common.simulated.authentication.Authentication`."""
        return self._authentication.authenticate(request, security, keys, milliseconds)

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """Check the window once more; see :class:`~venuekit_binance_common.simulated.authentication.Authentication`."""
        self._authentication.recheck(request, milliseconds)

    def refuse(self, refusal: LedgerRefusal, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002
        """Return the venue's answer for a refusal of the ledger."""
        return self.errors.of_ledger(refusal, request.path)

    def forbidden(self, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002
        """Return the answer to a read-only key that tries to write."""
        return self.errors.error(-2015)

    def unknown_route(self, request: SimRequest, verbs: frozenset[str], milliseconds: int) -> Response:  # noqa: ARG002
        """Return the answer to a path or verb that the venue does not have."""
        message = f"Path {request.path}, Method {request.verb} is invalid"
        return json_response({"code": -5000, "msg": message}, status=404)

    def limit_response(self, usage: Usage, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002
        """Return the answer to a request beyond a limit: -1003 for the weight, -1015 for the orders."""
        limit = usage.limit
        if limit.name == WEIGHT:
            code = -1003
            message = (
                f"Too many requests; current limit is {limit.amount} requests per minute. "
                "Please use the websocket for live updates to avoid polling the API."
            )
        else:
            code = -1015
            message = f"Too many new orders; current limit is {limit.amount} orders per {limit.seconds:g} seconds."
        wait = max(1, -(-(usage.resets_at - milliseconds) // 1000))
        return json_response({"code": code, "msg": message}, status=429, headers={"Retry-After": str(wait)})
