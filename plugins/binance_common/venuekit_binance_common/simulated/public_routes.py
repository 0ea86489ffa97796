"""The parts of routes that need no account: their path, parameters and weights, and how rows are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from venuekit.plugin import Kind, Parameter
from venuekit.simulator import Handler, Route, Visit
from venuekit.simulator.ledger import Contract
from venuekit_binance_common.simulated.binance_venue import SimulatedBinance
from venuekit_binance_common.simulated.formatting import is_whole
from venuekit_binance_common.venue import WEIGHT

LIMIT = Parameter("limit", Kind.INTEGER)
FROM_ID = Parameter("fromId", Kind.INTEGER)
PAIR = Parameter("pair")

Costs = Callable[[Mapping[str, Any]], Mapping[str, int]]


def weigh(weight: int) -> Costs:
    """Return the cost of a request of one weight."""
    return lambda _: {WEIGHT: weight}


def weigh_symbols(of_one: int, of_all: int) -> Costs:
    """Return the cost of a request that weighs more where it names no symbol."""
    return lambda parameters: {WEIGHT: of_one if parameters.get("symbol") else of_all}


def weigh_limit(usual: int, *steps: tuple[int, int]) -> Costs:
    """Return the cost of a request by its limit, ``usual`` without one: the weight of the last step that it reaches."""

    def costs(parameters: Mapping[str, Any]) -> Mapping[str, int]:
        text = str(parameters.get("limit") or usual)
        limit = int(text) if is_whole(text) else usual
        return {WEIGHT: max((weight for least, weight in steps if limit >= least), default=steps[0][1])}

    return costs


class PublicRoutes(SimulatedBinance):
    """The base of the groups of public routes."""

    #: whether an answer is one row, not a list of rows, when a symbol is named
    unwraps: ClassVar[bool] = True

    def index_price(self, contract: Contract, visit: Visit) -> Decimal:
        """Return the index price of a contract."""
        return visit.ledger.index(contract.symbol)

    def public(self, name: str, handler: Handler, *parameters: Parameter, costs: Costs) -> Route:
        """Return a public route of the product's version."""
        return Route("GET", f"{self.endpoints.ORDERS.terms.root}/{name}", handler, parameters=parameters, costs=costs)
