"""Public routes of prices, books, trades and funding, all derived from the marks of the ledger; see ``quotes``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import attrs

from venuekit.plugin import Endpoint, Parameter, Security
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import Contract, FundingRate
from venuekit.simulator.quotes import Candle, Level, MarketTrade, make_book, make_candle, make_trades
from venuekit_binance_common.simulated.binance_venue import HistoryLimits
from venuekit_binance_common.simulated.formatting import amount, milliseconds, plain, price, quantity
from venuekit_binance_common.simulated.public_routes import (
    FROM_ID,
    LIMIT,
    PublicRoutes,
    weigh,
    weigh_limit,
    weigh_symbols,
)
from venuekit_binance_common.venue import SPAN, SYMBOL, THE_SYMBOL

DEPTHS = (5, 10, 20, 50, 100, 500, 1000)
_USUAL_DEPTH = 500
#: levels from which on a book weighs so much
_WEIGHTS_OF_DEPTH = ((1, 2), (100, 5), (500, 10), (1000, 20))
_DAY = timedelta(days=1)
_NO_TRADE = -1
_TRADES = HistoryLimits(rows=500, most_rows=1000)
_AGGREGATES = HistoryLimits(widest=timedelta(hours=1), keeps=_DAY, rows=500, most_rows=1000)
_FUNDINGS = HistoryLimits(rows=100, most_rows=1000)


class QuoteRoutes(PublicRoutes):
    """Prices, books, trades and funding; the last trade is the mark, and the book is around it."""

    #: the parameters that select the rows of a ticker
    ticker_names: ClassVar[tuple[Parameter, ...]] = (SYMBOL,)
    #: the weight of recent trades
    trades_weight: ClassVar[int] = 5
    old_trades_limits: ClassVar[HistoryLimits] = HistoryLimits(keeps=timedelta(days=30), rows=100, most_rows=500)
    old_trades_security: ClassVar[Security] = Security.KEY

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            **super().handlers(),
            self.endpoints.BOOK_TICKER: self.ticker_book,
            self.endpoints.LAST_PRICE: self.ticker_price,
            self.endpoints.FUNDING_RATES: self.funding_rates,
        }

    def extra_routes(self) -> Iterable[Route]:
        """Return the routes, which the client does not use."""
        yield from super().extra_routes()
        yield self.public("ticker/24hr", self.ticker_day, *self.ticker_names, costs=weigh_symbols(1, 40))
        yield self.public("depth", self.depth, THE_SYMBOL, LIMIT, costs=weigh_limit(_USUAL_DEPTH, *_WEIGHTS_OF_DEPTH))
        yield self.public("trades", self.recent_trades, THE_SYMBOL, LIMIT, costs=weigh(self.trades_weight))
        old = self.public("historicalTrades", self.old_trades, THE_SYMBOL, LIMIT, FROM_ID, costs=weigh(20))
        yield attrs.evolve(old, security=self.old_trades_security)
        yield self.public("aggTrades", self.aggregates, THE_SYMBOL, FROM_ID, *SPAN, LIMIT, costs=weigh(20))

    # -- the fields that only some products have

    def price_fields(self, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (a product may tell more)
        """Return further fields of a last price."""
        return {}

    def book_fields(self, contract: Contract, update: int) -> Mapping[str, object]:  # noqa: ARG002  (as above)
        """Return further fields of a book ticker, whose last update has this number."""
        return {}

    def depth_fields(self, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (as above)
        """Return further fields of a book."""
        return {}

    def day_fields(self, day: Candle, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (as above)
        """Return the volume of a day in the quote asset, or the fields that a product has beside or instead of it."""
        return {"quoteVolume": plain(round(day.value, 8))}

    def market_trade_fields(self, trade: MarketTrade, contract: Contract) -> Mapping[str, object]:
        """Return the worth of a trade in the quote asset, or the fields that a product has beside or instead of it."""
        return {"quoteQty": plain(round(contract.value(trade.quantity, trade.price), 8))}

    def aggregate_fields(self, trade: MarketTrade, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (as above)
        """Return further fields of an aggregate of trades."""
        return {}

    def funding_fields(self, funding: FundingRate) -> Mapping[str, object]:  # noqa: ARG002  (as above)
        """Return further fields of a funding."""
        return {}

    # -- answers

    def ticker_contracts(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contracts whose tickers are requested."""
        return self.contracts_of(request)

    def rows_of(
        self, request: SimRequest, visit: Visit, write: Callable[[Contract, Visit], Mapping[str, object]]
    ) -> object:
        """Return a row for each requested contract, or the one row of a symbol that was named."""
        rows = [write(contract, visit) for contract in self.ticker_contracts(request)]
        return rows[0] if self.unwraps and request.text("symbol") is not None else rows

    def ticker_price(self, request: SimRequest, visit: Visit) -> object:
        """Return the last prices."""
        return self.rows_of(request, visit, self._price_row)

    def ticker_book(self, request: SimRequest, visit: Visit) -> object:
        """Return the best level of each side."""
        return self.rows_of(request, visit, self._book_row)

    def ticker_day(self, request: SimRequest, visit: Visit) -> object:
        """Return the figures of the last 24 hours."""
        return self.rows_of(request, visit, self.day_row)

    def _price_row(self, contract: Contract, visit: Visit) -> Mapping[str, object]:
        last = visit.ledger.marks(contract.symbol)[-1]
        return {
            "symbol": contract.symbol,
            **self.price_fields(contract),
            "price": price(last.price, contract),
            "time": milliseconds(last.time),
        }

    def _book_row(self, contract: Contract, visit: Visit) -> Mapping[str, object]:
        last = visit.ledger.marks(contract.symbol)[-1]
        book = make_book(contract, last.price, 1, visit.ledger.depth(contract.symbol))
        bid, ask = (side[0] if side else Level(Decimal(0), Decimal(0)) for side in (book.bids, book.asks))
        return {
            "symbol": contract.symbol,
            **self.book_fields(contract, last.number),
            "bidPrice": price(bid.price, contract),
            "bidQty": quantity(bid.quantity, contract),
            "askPrice": price(ask.price, contract),
            "askQty": quantity(ask.quantity, contract),
            "time": milliseconds(last.time),
        }

    def day_row(self, contract: Contract, visit: Visit) -> dict[str, object]:
        """Return the figures of a contract; a product may add its own."""
        path, now = visit.ledger.marks(contract.symbol), visit.now
        day = make_candle(path, contract, now - _DAY, now + timedelta(milliseconds=1))
        change = day.close - day.open
        return {
            "symbol": contract.symbol,
            "priceChange": price(change, contract),
            "priceChangePercent": f"{change / day.open * 100:.3f}",
            "weightedAvgPrice": price(day.mean, contract, rounds=True),
            "lastPrice": price(day.close, contract),
            "lastQty": quantity(contract.min_quantity, contract),
            "openPrice": price(day.open, contract),
            "highPrice": price(day.high, contract),
            "lowPrice": price(day.low, contract),
            "volume": quantity(day.volume, contract),
            **self.day_fields(day, contract),
            "openTime": milliseconds(day.opens_at),
            "closeTime": visit.milliseconds,
            "firstId": _NO_TRADE if day.first is None else day.first,
            "lastId": _NO_TRADE if day.last is None else day.last,
            "count": day.trades,
        }

    def depth(self, request: SimRequest, visit: Visit) -> object:
        """Return both sides of the book of a symbol; raises ``Denied`` for a number of levels that is not listed."""
        return self.book(request, visit, _USUAL_DEPTH, DEPTHS)

    def book(self, request: SimRequest, visit: Visit, usual: int, depths: Sequence[int]) -> object:
        """Return as many levels as a request wants; raises ``Denied`` for a number that is not one of ``depths``."""
        contract = self.contract(self.require_symbol(request))
        levels = self.number(request, "limit", usual)
        if levels not in depths:
            raise self.errors.denial(-4021, limit=levels)
        last = visit.ledger.marks(contract.symbol)[-1]
        book = make_book(contract, last.price, levels, visit.ledger.depth(contract.symbol))
        return {
            "lastUpdateId": last.number,
            **self.depth_fields(contract),
            "E": visit.milliseconds,
            "T": milliseconds(last.time),
            "bids": _level_rows(book.bids, contract),
            "asks": _level_rows(book.asks, contract),
        }

    def recent_trades(self, request: SimRequest, visit: Visit) -> object:
        """Return the newest trades of a symbol, from old to new."""
        return self._trades(request, visit, _TRADES)

    def old_trades(self, request: SimRequest, visit: Visit) -> object:
        """Return the trades of a symbol from an id on, the newest without one, from old to new."""
        return self._trades(request, visit, self.old_trades_limits)

    def _trades(self, request: SimRequest, visit: Visit, limits: HistoryLimits) -> object:
        contract = self.contract(self.require_symbol(request))
        first, kept = self.number(request, "fromId", 0), self.stretch(request, visit, limits)
        trades = [
            trade
            for trade in make_trades(visit.ledger.marks(contract.symbol), contract)
            if trade.number >= first and milliseconds(trade.time) in kept
        ]
        return [self._trade_row(trade, contract) for trade in self.page(request, trades, limits, first="fromId")]

    def _trade_row(self, trade: MarketTrade, contract: Contract) -> Mapping[str, object]:
        return {
            "id": trade.number,
            "price": price(trade.price, contract),
            "qty": quantity(trade.quantity, contract),
            **self.market_trade_fields(trade, contract),
            "time": milliseconds(trade.time),
            "isBuyerMaker": not trade.is_buy,
        }

    def aggregates(self, request: SimRequest, visit: Visit) -> object:
        """Return the trades of a symbol, each an aggregate of its own; raises ``Denied``."""
        contract = self.contract(self.require_symbol(request))
        first, times = self.number(request, "fromId", 0), self.stretch(request, visit, _AGGREGATES)
        trades = [
            trade
            for trade in make_trades(visit.ledger.marks(contract.symbol), contract)
            if trade.number >= first and milliseconds(trade.time) in times
        ]
        return [
            {
                "a": trade.number,
                "p": price(trade.price, contract),
                "q": quantity(trade.quantity, contract),
                **self.aggregate_fields(trade, contract),
                "f": trade.number,
                "l": trade.number,
                "T": milliseconds(trade.time),
                "m": not trade.is_buy,
            }
            for trade in self.page(request, trades, _AGGREGATES, first="fromId")
        ]

    def funding_rates(self, request: SimRequest, visit: Visit) -> object:
        """Return the fundings of a symbol or of all, from old to new."""
        if self.endpoints.FUNDING_RATES.by_name["symbol"].required:
            self.require_symbol(request)
        symbols = {contract.symbol for contract in self.contracts_of(request) if contract.expires_at is None}
        times = self.stretch(request, visit, _FUNDINGS)
        fundings = [row for row in visit.ledger.fundings() if row.symbol in symbols and milliseconds(row.time) in times]
        return [
            {
                "symbol": row.symbol,
                "fundingTime": milliseconds(row.time),
                "fundingRate": amount(row.rate),
                **self.funding_fields(row),
            }
            for row in self.page(request, fundings, _FUNDINGS)
        ]


def _level_rows(levels: Iterable[Level], contract: Contract) -> list[list[str]]:
    return [[price(level.price, contract), quantity(level.quantity, contract)] for level in levels]
