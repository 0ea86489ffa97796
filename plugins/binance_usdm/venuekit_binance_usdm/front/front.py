"""The front: handlers, keys and refusals of the venue, over a ledger that knows no venue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from venuekit.capabilities import Setting
from venuekit.endpoint import Endpoint, Security
from venuekit.simulator import Front, Handler, Response, Route, SimKey, SimRequest, Usage, json_response
from venuekit.simulator.ledger import Refusal, Rules
from venuekit_binance_usdm.front import authentication, refusals
from venuekit_binance_usdm.front.account_routes import AccountRoutes
from venuekit_binance_usdm.front.listing import ASSETS, CONTRACTS, Listing
from venuekit_binance_usdm.front.market_routes import MarketRoutes
from venuekit_binance_usdm.front.order_routes import OrderRoutes
from venuekit_binance_usdm.front.scenarios import SCENARIOS
from venuekit_binance_usdm.front.settings_routes import SettingsRoutes
from venuekit_binance_usdm.limits import WEIGHT

__all__ = ["BinanceUsdmFront"]

_RETIRED = "GET /fapi/v1/positionRisk is retired, please use GET /fapi/v2/positionRisk"


class BinanceUsdmFront(Front):
    """USDⓈ-M futures; the rules are those of the whole realm."""

    rules = Rules(
        valuation_asset="USDT",
        orders_forbid=frozenset({Setting.MARGIN_TYPE, Setting.POSITION_MODE, Setting.ASSET_MODE}),
    )
    contracts = CONTRACTS
    assets = ASSETS
    scenarios = SCENARIOS
    refusals = MappingProxyType(
        {("GET", "/fapi/v1/positionRisk"): json_response({"code": -5000, "msg": _RETIRED}, status=400)}
    )

    def __init__(self) -> None:
        listing = Listing(self.contracts)
        self._market = MarketRoutes(listing, self.assets)
        self._routes = (self._market, AccountRoutes(listing), SettingsRoutes(listing), OrderRoutes(listing))

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return what answers each of the client's endpoints."""
        return {endpoint: handler for routes in self._routes for endpoint, handler in routes.handlers().items()}

    def extra_routes(self) -> Iterable[Route]:
        """Return routes that the venue has and the client does not use."""
        return self._market.extra_routes()

    def authenticate(
        self, request: SimRequest, security: Security, keys: Mapping[str, SimKey], milliseconds: int
    ) -> SimKey:
        """Return who asks; see :func:`authentication.authenticate`."""
        return authentication.authenticate(request, security, keys, milliseconds)

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """Check the window once more; see :func:`authentication.recheck`."""
        authentication.recheck(request, milliseconds)

    def refuse(self, refusal: Refusal, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002
        """Return the venue's words for what the ledger refused."""
        return refusals.of_ledger(refusal, request.path)

    def forbidden(self, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002
        """Return the answer to a read-only key that tries to write."""
        return refusals.error(-2015)

    def unknown_route(self, request: SimRequest, verbs: frozenset[str], milliseconds: int) -> Response:  # noqa: ARG002
        """Return the answer to a path or verb that the venue does not have."""
        message = f"Path {request.path}, Method {request.verb} is invalid"
        return json_response({"code": -5000, "msg": message}, status=404)

    def throttled(self, usage: Usage, request: SimRequest, milliseconds: int) -> Response:  # noqa: ARG002
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
