"""Public routes that USDⓈ-M futures alone have: another version of last prices, a second book, indexes of assets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from venuekit.simulator import Route, SimRequest, Visit
from venuekit.simulator.ledger import Asset, Contract, FundingRate
from venuekit.simulator.quotes import MarketTrade
from venuekit_binance_common.simulated.contract_routes import ContractRoutes
from venuekit_binance_common.simulated.formatting import amount, quantity
from venuekit_binance_common.simulated.public_routes import LIMIT, weigh, weigh_symbols
from venuekit_binance_common.simulated.quote_routes import QuoteRoutes
from venuekit_binance_common.venue import FUNDING, SYMBOL, THE_SYMBOL, WEIGHT

_WHOLE_BOOK = 1000
_USD = "USD"


class UsdmQuoteRoutes(QuoteRoutes, ContractRoutes):
    """No orders of retail price improvement are in the market, and no index is made of several assets."""

    terms_cost = staticmethod(lambda _: {WEIGHT: 0, FUNDING: 1})

    def extra_routes(self) -> Iterable[Route]:
        """Return the routes, which the client does not use."""
        yield from super().extra_routes()
        yield self.public("ticker/price", self.ticker_price, SYMBOL, costs=weigh_symbols(1, 2))
        yield self.public("rpiDepth", self.whole_depth, THE_SYMBOL, LIMIT, costs=weigh(20))
        yield self.public("assetIndex", self.asset_indexes, SYMBOL, costs=weigh_symbols(1, 10))
        yield self.public("indexInfo", self.composite_indexes, SYMBOL, costs=weigh(1))

    def market_trade_fields(self, trade: MarketTrade, contract: Contract) -> Mapping[str, object]:
        """Return the worth of a trade, and that no retail price improvement took part in it."""
        return {**super().market_trade_fields(trade, contract), "isRPITrade": False}

    def aggregate_fields(self, trade: MarketTrade, contract: Contract) -> Mapping[str, object]:
        """Return the quantity that no retail price improvement took part in."""
        return {"nq": quantity(trade.quantity, contract)}

    def funding_fields(self, funding: FundingRate) -> Mapping[str, object]:
        """Return the mark of a funding, and that it was an ordinary one."""
        return {"markPrice": amount(funding.mark), "rateType": "Regular"}

    def whole_depth(self, request: SimRequest, visit: Visit) -> object:
        """Return the book with orders of retail price improvement; raises ``Denied`` for a limit other than 1000."""
        return self.book(request, visit, _WHOLE_BOOK, (_WHOLE_BOOK,))

    def asset_indexes(self, request: SimRequest, visit: Visit) -> object:
        """Return the index of each asset that is collateral in multi-assets mode, or of the one that is named."""
        symbol = self.text(request, "symbol")
        assets = [visit.ledger.asset(asset.name, purse=asset.purse) for asset in self.assets if asset.is_collateral]
        rows = [_asset_row(asset, visit) for asset in assets if symbol in {None, f"{asset.name}{_USD}"}]
        if not rows:
            raise self.errors.denial(-1121)
        return rows if symbol is None else rows[0]

    def composite_indexes(self, request: SimRequest, _visit: Visit) -> object:
        """Return nothing: no contract is of a composite index. Raises ``Denied`` for a symbol that is not listed."""
        self.contracts_of(request)
        return []


def _asset_row(asset: Asset, visit: Visit) -> Mapping[str, object]:
    """Return an asset's index in USD; what is bought or sold there is priced by the haircut of its collateral."""
    buffer, index = asset.haircut, asset.price
    bid, ask = index * (1 - buffer), index * (1 + buffer)
    return {
        "symbol": f"{asset.name}{_USD}",
        "time": visit.milliseconds,
        "index": amount(index),
        "bidBuffer": amount(buffer),
        "askBuffer": amount(buffer),
        "bidRate": amount(bid),
        "askRate": amount(ask),
        "autoExchangeBidBuffer": amount(buffer),
        "autoExchangeAskBuffer": amount(buffer),
        "autoExchangeBidRate": amount(bid),
        "autoExchangeAskRate": amount(ask),
    }
