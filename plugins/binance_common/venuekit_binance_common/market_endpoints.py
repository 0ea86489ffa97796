"""Endpoints of prices, candles and funding rates, which need no key: each product makes its own by its root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from venuekit.capabilities import Candle, CandleReader, FundingRate, FundingRateReader, Price, PriceReader
from venuekit.plugin import Echoes, Endpoint, Parameter, Security
from venuekit_binance_common.market_history import FUNDING_RATES, INTERVALS, decode_candles
from venuekit_binance_common.prices import decode_books, decode_marks, decode_trades
from venuekit_binance_common.venue import EVERY_SYMBOL, PAYS, SPAN, SYMBOL, THE_SYMBOL, limit_up_to

Weight = int | Callable[[Mapping[str, Any]], int]

#: the lengths of candles, and the month, which no capability takes
CANDLE_WORDS = frozenset({*INTERVALS.values(), "1M"})


def weigh_symbols(of_one: int, of_all: int) -> Weight:
    """Return the weight of a read that weighs more where it names no symbol."""
    return lambda parameters: of_all if parameters.get("symbol") is None else of_one


def mark_price(root: str, *more: Parameter, weight: Weight) -> Endpoint[tuple[Price, ...]]:
    """Return the read of the mark prices, of weight 10 at most; ``more`` are its further parameters."""
    return _prices(f"{root}/premiumIndex", decode_marks, *more, weight=weight, most=10)


def book_ticker(root: str, *more: Parameter, of_one: int = 2, of_all: int = 5) -> Endpoint[tuple[Price, ...]]:
    """Return the read of the best bids and asks; ``of_one`` and ``of_all`` are its weights."""
    return _prices(f"{root}/ticker/bookTicker", decode_books, *more, weight=weigh_symbols(of_one, of_all), most=of_all)


def last_price(root: str, *more: Parameter) -> Endpoint[tuple[Price, ...]]:
    """Return the read of the last trades' prices, of weight 1, or 2 for all."""
    return _prices(f"{root}/ticker/price", decode_trades, *more, weight=weigh_symbols(1, 2), most=2)


def _prices(
    path: str, decode: Callable[[bytes], tuple[Price, ...]], *more: Parameter, weight: Weight, most: int
) -> Endpoint[tuple[Price, ...]]:
    return Endpoint(
        "GET",
        path,
        decode=decode,
        answer_limit=EVERY_SYMBOL,
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(SYMBOL, *more),
        security=Security.NONE,
        weight=weight,
        weight_most=most,
        pools=PAYS,
        serves=(PriceReader.get_prices,),
    )


def candles(root: str) -> Endpoint[tuple[Candle, ...]]:
    """Return the read of candles."""
    return Endpoint(
        "GET",
        f"{root}/klines",
        decode=decode_candles,
        rows=((),),
        parameters=(
            THE_SYMBOL,
            Parameter("interval", required=True, choices=CANDLE_WORDS),
            *SPAN,
            limit_up_to(1500),
        ),
        security=Security.NONE,
        weight=_weigh_candles,
        weight_most=10,
        pools=PAYS,
        serves=(CandleReader.iter_candles,),
    )


def _weigh_candles(parameters: Mapping[str, Any]) -> int:
    """Return the weight of a read of candles, by the number that is asked for: 500 without one."""
    limit = int(parameters.get("limit") or 500)
    return 1 if limit < 100 else 2 if limit < 500 else 5 if limit <= 1000 else 10


def funding_rates(
    root: str, symbol: Parameter, pools: Mapping[str, int | None] = PAYS
) -> Endpoint[tuple[FundingRate, ...]]:
    """Return the read of past fundings, oldest first from its start on; ``symbol`` may be required."""
    return Endpoint(
        "GET",
        f"{root}/fundingRate",
        decode=FUNDING_RATES.read_all,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(symbol, *SPAN, limit_up_to(1000)),
        security=Security.NONE,
        pools=pools,
        serves=(FundingRateReader.iter_funding_rates,),
    )
