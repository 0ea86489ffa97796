"""Reads of what limits the account and its symbols, which the client does not use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from venuekit.plugin import Security
from venuekit.simulator import Route, SimRequest, Visit
from venuekit.simulator.ledger import Contract
from venuekit_binance_common.simulated.market_routes import rate_limit_rows
from venuekit_binance_common.venue import SYMBOL, WEIGHT
from venuekit_binance_usdm.simulated.usd_margined import UsdMarginedVenue

#: the venue rates a symbol anew every half an hour
_RATED_EVERY = 30 * 60 * 1000
#: the documentation writes the rating in small letters, two recordings of the venue in capitals
_LOW = "LOW"


def _trading_status_weight(parameters: Mapping[str, Any]) -> Mapping[str, int]:
    return {WEIGHT: 10 if parameters.get("symbol") is None else 1}


class StatusRoutes(UsdMarginedVenue):
    """Orders per time, quantitative rules, and the risk of deleveraging."""

    def extra_routes(self) -> Iterable[Route]:
        """Return the three reads and the routes of the other groups."""
        of_symbol: dict[str, Any] = {"parameters": (SYMBOL,)}
        signed: dict[str, Any] = {"security": Security.SIGNED}
        yield Route("GET", "/fapi/v1/rateLimit/order", self.order_limits, costs=lambda _: {WEIGHT: 1}, **signed)
        yield Route(
            "GET",
            "/fapi/v1/apiTradingStatus",
            self.trading_status,
            costs=_trading_status_weight,
            **of_symbol,
            **signed,
        )
        yield Route("GET", "/fapi/v1/symbolAdlRisk", self.adl_risk, costs=lambda _: {WEIGHT: 1}, **of_symbol)
        yield from super().extra_routes()

    def order_limits(self, _request: SimRequest, _visit: Visit) -> object:
        """Return the orders that the account may send, by period."""
        return rate_limit_rows("ORDERS")

    def trading_status(self, request: SimRequest, visit: Visit) -> object:
        """
        Return the indicators of the quantitative rules: none.

        The venue lists those alone that exceed the threshold for a record, and the simulated one keeps none: nothing
        is locked here, however many orders remain unfilled.
        """
        self.contracts_of(request)
        return {"indicators": {}, "updateTime": visit.milliseconds}

    def adl_risk(self, request: SimRequest, visit: Visit) -> object:
        """Return the rating of a symbol, or of all: low, since scripts alone deleverage a position."""
        rated_at = visit.milliseconds // _RATED_EVERY * _RATED_EVERY
        rows = [_risk_row(contract, rated_at) for contract in self.contracts_of(request)]
        return rows[0] if request.text("symbol") is not None else rows


def _risk_row(contract: Contract, rated_at: int) -> Mapping[str, object]:
    return {"symbol": contract.symbol, "adlRisk": _LOW, "updateTime": rated_at}
