"""Prices: mark and funding, the best bid and ask, and the last trade are three reads, sent at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

import attrs

from venuekit.capabilities import Price, PriceReader
from venuekit.parts.columns import Same, derived, milliseconds, number, price, text
from venuekit.parts.concurrency import gather
from venuekit.parts.listing import add_hint
from venuekit.parts.prices import name_symbols, rate_of_funding, read_prices
from venuekit.parts.rows import Reads
from venuekit.plugin import Account, InvalidRequest
from venuekit_binance_common.market import recall_instruments, unknown_symbol_error
from venuekit_binance_common.payloads import one_or_many

if TYPE_CHECKING:
    from venuekit_binance_common.endpoints import BinanceEndpoints


_MARKS = Reads(
    Price,
    symbol=text("symbol", is_required=True),
    mark=number("markPrice", is_required=True),
    index=number("indexPrice", may_be_blank=True),
    next_funding_at=milliseconds("nextFundingTime", may_be_blank=True),
    funding_rate=derived(rate_of_funding, number("lastFundingRate", may_be_blank=True), Same("next_funding_at")),
    time=milliseconds("time", may_be_blank=True),
)
_BOOKS = Reads(Price, symbol=text("symbol", is_required=True), bid=price("bidPrice"), ask=price("askPrice"))
_TRADES = Reads(Price, symbol=text("symbol", is_required=True), last=price("price"))

decode_marks = one_or_many(_MARKS.read_all)
decode_books = one_or_many(_BOOKS.read_all)
decode_trades = one_or_many(_TRADES.read_all)


class BinancePrices(Account, PriceReader):
    """Read the prices of contracts; needs no key."""

    __slots__ = ()

    endpoints: ClassVar[BinanceEndpoints]

    async def get_prices(self, symbols: str | Iterable[str] | None = None) -> Mapping[str, Price]:
        """
        Return the prices by symbol, each part by its symbol or with those of all, whichever weighs less.

        Bid, ask and last can be some milliseconds apart from the mark, as three requests are.
        """
        names = name_symbols(symbols)
        if names == ():
            return {}
        endpoints = self.endpoints
        try:
            marks, books, trades = await gather(
                read_prices(self, endpoints.MARK_PRICE, names),
                read_prices(self, endpoints.BOOK_TICKER, names),
                read_prices(self, endpoints.LAST_PRICE, names),
            )
        except InvalidRequest as refused:
            if names is not None and refused.subject in names:
                add_hint(refused, recall_instruments(self))
            raise
        listed = dict.fromkeys((*marks, *books, *trades))
        for symbol in names or ():
            if symbol not in listed:
                raise unknown_symbol_error(self, endpoints.MARK_PRICE, symbol)
        return {symbol: _join(symbol, marks, books, trades) for symbol in names or listed}


def _join(symbol: str, marks: Mapping[str, Price], books: Mapping[str, Price], trades: Mapping[str, Price]) -> Price:
    nothing = Price(symbol)
    book, trade = books.get(symbol, nothing), trades.get(symbol, nothing)
    return attrs.evolve(marks.get(symbol, nothing), bid=book.bid, ask=book.ask, last=trade.last)
