"""Public routes that both products of Binance have: open interest, terms of funding, index constituents, pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal

from venuekit.simulator import Route, SimRequest, Visit
from venuekit.simulator.ledger import Contract
from venuekit_binance_common.simulated.candle_routes import CandleRoutes
from venuekit_binance_common.simulated.formatting import amount, quantity
from venuekit_binance_common.simulated.market_routes import FUNDING_CAP, funding_interval
from venuekit_binance_common.simulated.public_routes import Costs, weigh
from venuekit_binance_common.venue import THE_SYMBOL


class ContractRoutes(CandleRoutes):
    """The index has one source, and the account is the only trader that the market knows."""

    #: the cost of a request for the terms of funding
    terms_cost: Costs = staticmethod(weigh(0))

    def extra_routes(self) -> Iterable[Route]:
        """Return the routes, which the client does not use."""
        yield from super().extra_routes()
        yield from self.more_candles()
        yield self.public("openInterest", self.open_interest, THE_SYMBOL, costs=weigh(1))
        yield self.public("fundingInfo", self.funding_terms, costs=self.terms_cost)
        yield self.public("constituents", self.constituents, THE_SYMBOL, costs=weigh(1))

    def open_interest(self, request: SimRequest, visit: Visit) -> object:
        """Return the open contracts of a symbol."""
        contract = self.contract(self.require_symbol(request))
        positions = [each for each in visit.ledger.positions() if each.symbol == contract.symbol]
        return {
            "symbol": contract.symbol,
            "openInterest": quantity(sum((abs(each.quantity) for each in positions), Decimal(0)), contract),
            "time": visit.milliseconds,
            **self.interest_fields(contract),
        }

    def interest_fields(self, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (a product may tell more)
        """Return the further fields of the open interest of a contract."""
        return {}

    def funding_terms(self, _request: SimRequest, _visit: Visit) -> object:
        """Return the bounds of the rate and the interval of each contract that is funded."""
        return [
            {
                "symbol": contract.symbol,
                "adjustedFundingRateCap": amount(FUNDING_CAP),
                "adjustedFundingRateFloor": amount(-FUNDING_CAP),
                "fundingIntervalHours": funding_interval(contract) // timedelta(hours=1),
                "disclaimer": False,
            }
            for contract in self.contracts
            if contract.expires_at is None
        ]

    def constituents(self, request: SimRequest, visit: Visit) -> object:
        """Return the one source of an index; raises ``Denied`` for one that no contract is of."""
        name = self.require_symbol(request)
        contract = next((each for each in self.contracts if name in {each.symbol, each.pair}), None)
        if contract is None:
            raise self.errors.denial(-1121)
        source = {"exchange": "binance", "symbol": name, "price": amount(self.index_price(contract, visit))}
        return {"symbol": name, "time": visit.milliseconds, "constituents": [{**source, "weight": amount(Decimal(1))}]}
