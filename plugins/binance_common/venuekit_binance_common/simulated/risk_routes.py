"""Routes that read mark prices, commission rates and positions in the auto-deleveraging queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from venuekit.capabilities import MarginType, PositionMode, PositionSide
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import Contract, Ledger, PositionFigures
from venuekit_binance_common.endpoints import BinanceEndpoints
from venuekit_binance_common.market import ADL_TOP
from venuekit_binance_common.simulated.formatting import amount, plain
from venuekit_binance_common.simulated.listing import Listing

_FUNDING_EVERY = 8 * 3600 * 1000


def adl_rank(figures: PositionFigures) -> int:
    """Return a rank in the queue: 0 when flat, 1 at a loss, otherwise it rises with the profit per margin."""
    if not figures.quantity:
        return 0
    if figures.unrealized_pnl <= 0 or not figures.position_initial_margin:
        return 1
    return min(ADL_TOP, 2 + int(2 * figures.unrealized_pnl / figures.position_initial_margin))


class RiskRoutes:
    """Reads of mark prices, commissions and ADL ranks."""

    endpoints: ClassVar[BinanceEndpoints]

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            self.endpoints.MARK_PRICE: self.mark_price,
            self.endpoints.COMMISSION: self.commission,
            self.endpoints.ADL: self.adl,
        }

    def extra_routes(self) -> Iterable[Route]:
        """Return routes that the client does not use."""
        return ()

    def mark_price(self, request: SimRequest, visit: Visit) -> object:
        """Return the mark prices: a list of symbols, or one object when a symbol is named."""
        rows = [mark_price_row(contract, visit) for contract in self._listing.contracts_of(request)]
        return rows if request.text("symbol") is None else rows[0]

    def commission(self, request: SimRequest, _visit: Visit) -> object:
        """Return the rates of a symbol."""
        return self.commission_row(self._listing.contract(self._listing.require_symbol(request)))

    def commission_row(self, contract: Contract) -> dict[str, object]:
        """Return the rates of a contract."""
        return {
            "symbol": contract.symbol,
            "makerCommissionRate": plain(contract.maker_fee),
            "takerCommissionRate": plain(contract.taker_fee),
        }

    def adl(self, request: SimRequest, visit: Visit) -> object:
        """Return the rank of each leg; cross in hedge mode has the marker HEDGE in place of BOTH."""
        return [
            {"symbol": contract.symbol, "adlQuantile": _ranks(visit.ledger, contract)}
            for contract in self._listing.contracts_of(request)
        ]


def mark_price_row(contract: Contract, visit: Visit) -> dict[str, object]:
    """Return a row of premiumIndex; an expiring contract has no funding."""
    mark, is_perpetual = amount(visit.ledger.mark(contract.symbol)), contract.expires_at is None
    return {
        "symbol": contract.symbol,
        "markPrice": mark,
        "indexPrice": mark,
        "estimatedSettlePrice": mark,
        "lastFundingRate": "0.00010000" if is_perpetual else "",
        "interestRate": "0.00010000" if is_perpetual else "",
        "nextFundingTime": (visit.milliseconds // _FUNDING_EVERY + 1) * _FUNDING_EVERY if is_perpetual else 0,
        "time": visit.milliseconds,
    }


def _ranks(ledger: Ledger, contract: Contract) -> Mapping[str, int]:
    legs = {
        side.name: adl_rank(ledger.position(contract.symbol, side)) for side in (PositionSide.LONG, PositionSide.SHORT)
    }
    is_hedge = ledger.position_mode is PositionMode.HEDGE
    if is_hedge and ledger.margin_type(contract.symbol) is not MarginType.ISOLATED:
        return {**legs, "HEDGE": 0}
    both = ledger.position(contract.symbol)
    rank = adl_rank(both)
    if not is_hedge:  # the rank of a one-way position is also reported for its side
        legs = {"LONG": rank if both.quantity > 0 else 0, "SHORT": rank if both.quantity < 0 else 0}
    return {**legs, "BOTH": rank}
