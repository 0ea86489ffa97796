"""Public routes in this product's notation: lists whatever is named, pairs beside symbols, volumes in contracts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from venuekit.simulator import SimRequest
from venuekit.simulator.ledger import Contract
from venuekit.simulator.quotes import Candle, MarketTrade
from venuekit_binance_common.simulated.candle_routes import contract_type
from venuekit_binance_common.simulated.contract_routes import ContractRoutes
from venuekit_binance_common.simulated.formatting import plain
from venuekit_binance_common.simulated.public_routes import PAIR
from venuekit_binance_common.simulated.quote_routes import QuoteRoutes
from venuekit_binance_common.venue import SYMBOL


class CoinmQuoteRoutes(QuoteRoutes, ContractRoutes):
    """Candles are the newest of at most 200 days; funding is told of one symbol."""

    unwraps = False
    ticker_names = (SYMBOL, PAIR)
    widest_candles = timedelta(days=200)

    def ticker_contracts(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contracts of a symbol or of a pair; raises ``Denied`` for both at once."""
        symbol, pair = (self.text(request, name) for name in ("symbol", "pair"))
        if symbol is not None and pair is not None:
            raise self.errors.denial(-1128)
        return self.contracts_of(request) if pair is None else self.of_pair(request)

    def of_pair(self, request: SimRequest) -> tuple[Contract, ...]:
        """
        Return the contracts of the pair that a request names, all of them without a pair.

        Raises:
            Denied: -4087 for a pair that is not listed.
        """
        pair = self.text(request, "pair")
        contracts = tuple(contract for contract in self.contracts if pair in {None, contract.pair})
        if not contracts:
            raise self.errors.denial(self.errors.unknown_pair)
        return contracts

    def price_fields(self, contract: Contract) -> Mapping[str, object]:
        """Return the pair, under a short name."""
        return {"ps": contract.pair}

    def book_fields(self, contract: Contract, update: int) -> Mapping[str, object]:
        """Return the pair and the number of the last update."""
        return {"lastUpdateId": update, "pair": contract.pair}

    def depth_fields(self, contract: Contract) -> Mapping[str, object]:
        """Return the symbol and its pair."""
        return {"symbol": contract.symbol, "pair": contract.pair}

    def day_fields(self, day: Candle, contract: Contract) -> Mapping[str, object]:
        """Return the pair, and the volume in the base asset."""
        return {"pair": contract.pair, "baseVolume": plain(round(day.value, 8))}

    def market_trade_fields(self, trade: MarketTrade, contract: Contract) -> Mapping[str, object]:
        """Return the worth of a trade in the base asset."""
        return {"baseQty": plain(round(contract.value(trade.quantity, trade.price), 8))}

    def interest_fields(self, contract: Contract) -> Mapping[str, object]:
        """Return the pair, and the type of the contract."""
        return {"pair": contract.pair, "contractType": contract_type(contract)}
