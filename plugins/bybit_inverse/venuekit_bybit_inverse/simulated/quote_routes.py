"""Public routes of prices, books, trades and funding, all derived from the marks of the ledger; see ``quotes``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from venuekit.simulator import Visit
from venuekit.simulator.ledger import Contract
from venuekit.simulator.quotes import (
    Candle,
    Interval,
    Level,
    make_book,
    make_candle,
    make_candles,
    make_trades,
    price_at,
)
from venuekit_bybit_inverse.simulated.messages import milliseconds, money, number, price
from venuekit_bybit_inverse.simulated.parameters import Parameters

INTERVALS: Mapping[str, Interval] = MappingProxyType(
    {
        **{str(minutes): Interval(timedelta(minutes=minutes)) for minutes in (1, 3, 5, 15, 30)},
        **{str(minutes): Interval(timedelta(minutes=minutes)) for minutes in (60, 120, 240, 360, 720)},
        "D": Interval(timedelta(days=1)),
        "W": Interval(timedelta(weeks=1)),
        "M": Interval(None),
    }
)
STEPS: Mapping[str, Interval] = MappingProxyType(
    {
        **{f"{minutes}min": Interval(timedelta(minutes=minutes)) for minutes in (5, 15, 30)},
        **{f"{hours}h": Interval(timedelta(hours=hours)) for hours in (1, 4)},
        "1d": Interval(timedelta(days=1)),
    }
)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)
#: the rate shown before the first funding: the usual one of a market without a premium
_FUNDING_RATE = Decimal("0.0001")
_RATE = Decimal("0.000001")

Row = list[str]


def tickers(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/market/tickers``: of a symbol or of all."""
    product = parameters.category()
    if product != "inverse":
        return {"category": product, "list": []}
    symbol = parameters.symbol()
    contracts = [visit.ledger.contracts[symbol]] if symbol else visit.ledger.contracts.values()
    return {"category": product, "list": [_ticker(contract, visit) for contract in contracts]}


def candles(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/market/kline``: newest first, with volume in contracts and its worth in the settle coin."""
    return _candles(parameters, visit, _trade_row)


def mark_candles(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/market/mark-price-kline``: newest first."""
    return _candles(parameters, visit, _price_row)


def index_candles(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/market/index-price-kline``: newest first."""
    return _candles(parameters, visit, _price_row, of_index=True)


def order_book(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/market/orderbook``: a few levels around the mark, a tick apart."""
    contract = parameters.inverse_contract()
    levels = parameters.count("limit", usual=25, most=500)
    path = visit.ledger.marks(contract.symbol)
    book = make_book(contract, path[-1].price, levels, visit.ledger.depth(contract.symbol))
    return {
        "s": contract.symbol,
        "a": _level_rows(book.asks, contract),
        "b": _level_rows(book.bids, contract),
        "ts": visit.milliseconds,
        "u": path[-1].number,
        "seq": path[-1].number,
        "cts": int(milliseconds(path[-1].time)),
    }


def trades(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/market/recent-trade``: newest first."""
    contract = parameters.inverse_contract()
    limit = parameters.count("limit", usual=500, most=1000)
    rows = [
        {
            "execId": f"{contract.symbol}-{trade.number}",
            "symbol": contract.symbol,
            "price": price(trade.price, contract.price_tick),
            "size": number(trade.quantity),
            "side": "Buy" if trade.is_buy else "Sell",
            "time": milliseconds(trade.time),
            "isBlockTrade": False,
        }
        for trade in reversed(make_trades(visit.ledger.marks(contract.symbol), contract)[-limit:])
    ]
    return {"category": "inverse", "list": rows}


def fundings(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/market/funding/history``: newest first; a start is only taken together with an end."""
    contract = parameters.inverse_contract()
    limit = parameters.count("limit", usual=200, most=200)
    start, end = parameters.moment("startTime"), parameters.moment("endTime")
    if start is not None and end is None:
        raise parameters.invalid("params error: endTime is required with startTime")
    rows = [
        {
            "symbol": contract.symbol,
            "fundingRate": number(funding.rate),
            "fundingRateTimestamp": milliseconds(funding.time),
        }
        for funding in reversed(visit.ledger.fundings(contract.symbol))
        if (start is None or funding.time >= start) and (end is None or funding.time <= end)
    ]
    return {"category": "inverse", "list": rows[:limit]}


def open_interest(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/market/open-interest``: the present position at every step, since no other trader has one."""
    contract = parameters.inverse_contract()
    step = STEPS.get(parameters.require("intervalTime"))
    if step is None:
        raise parameters.invalid("params error: intervalTime invalid")
    start, end = parameters.moment("startTime"), parameters.moment("endTime")
    steps = make_candles(
        visit.ledger.marks(contract.symbol),
        contract,
        step,
        since=start,
        until=visit.now if end is None else min(end, visit.now),
        limit=1000,
        newest=True,
    )
    held = f"{abs(visit.ledger.position(contract.symbol).quantity):.8f}"
    rows = [{"openInterest": held, "timestamp": milliseconds(one.opens_at)} for one in reversed(steps)]
    return {"symbol": contract.symbol, "category": "inverse", **parameters.page(rows, usual=50, most=200)}


def price_limit(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/market/price-limit``: any price that the contract takes."""
    contract = parameters.inverse_contract(usual="linear")
    return {
        "symbol": contract.symbol,
        "buyLmt": price(contract.max_price, contract.price_tick),
        "sellLmt": price(contract.min_price, contract.price_tick),
        "ts": str(visit.milliseconds),
    }


def _ticker(contract: Contract, visit: Visit) -> dict[str, Any]:
    path, tick = visit.ledger.marks(contract.symbol), contract.price_tick
    mark, index, now = path[-1].price, visit.ledger.index(contract.symbol), visit.now
    day = make_candle(path, contract, now - _DAY, now + _MILLISECOND)
    before = price_at(path, now - _DAY)
    book = make_book(contract, mark, 1, visit.ledger.depth(contract.symbol))
    bid, ask = (levels[0] if levels else None for levels in (book.bids, book.asks))
    held = abs(visit.ledger.position(contract.symbol).quantity)
    return {
        "symbol": contract.symbol,
        "lastPrice": price(mark, tick),
        "indexPrice": price(index, tick),
        "markPrice": price(mark, tick),
        "prevPrice24h": price(before, tick),
        "price24hPcnt": _ratio(mark - before, before),
        "highPrice24h": price(day.high, tick),
        "lowPrice24h": price(day.low, tick),
        "prevPrice1h": price(price_at(path, now - _HOUR), tick),
        "openInterest": number(held),
        "openInterestValue": money(contract.value(held, mark)),
        "turnover24h": money(day.value),
        "volume24h": number(day.volume),
        **_terms(contract, visit, mark, index),
        "ask1Size": "0" if ask is None else number(ask.quantity),
        "bid1Price": "" if bid is None else price(bid.price, tick),
        "ask1Price": "" if ask is None else price(ask.price, tick),
        "bid1Size": "0" if bid is None else number(bid.quantity),
    }


def _terms(contract: Contract, visit: Visit, mark: Decimal, index: Decimal) -> dict[str, str]:
    """Return what a ticker tells of the next funding of a perpetual contract, or of the delivery of a dated one."""
    if contract.expires_at is not None:
        terms = {"basisRate": _ratio(mark - index, index), "deliveryFeeRate": "0.0005"}
        funding = {"fundingRate": "", "nextFundingTime": "0"}
    else:
        terms = {"basisRate": "", "deliveryFeeRate": ""}
        past = visit.ledger.fundings(contract.symbol)
        rate = past[-1].rate if past else _FUNDING_RATE
        funding = {"fundingRate": number(rate), "nextFundingTime": milliseconds(_next_funding(contract, visit.now))}
    return {**funding, "predictedDeliveryPrice": "", **terms, "deliveryTime": milliseconds(contract.expires_at)}


def _next_funding(contract: Contract, now: datetime) -> datetime | None:
    if contract.funding_interval is None:
        return None
    interval = Interval(contract.funding_interval)
    return interval.after(interval.start_of(now))


def _ratio(part: Decimal, whole: Decimal) -> str:
    return format((part / whole).quantize(_RATE), "f")


def _candles(
    parameters: Parameters, visit: Visit, row: Callable[[Candle, Contract], Row], *, of_index: bool = False
) -> object:
    contract = parameters.inverse_contract(usual="linear")
    interval = INTERVALS.get(parameters.require("interval"))
    if interval is None:
        raise parameters.invalid("params error: interval invalid")
    start, end = parameters.moment("start"), parameters.moment("end")
    shown = make_candles(
        visit.ledger.indexes(contract.symbol) if of_index else visit.ledger.marks(contract.symbol),
        contract,
        interval,
        since=start,
        until=visit.now if end is None else min(end, visit.now),
        limit=parameters.count("limit", usual=200, most=1000),
        newest=True,
    )
    rows = [row(candle, contract) for candle in reversed(shown)]
    return {"symbol": contract.symbol, "category": "inverse", "list": rows}


def _price_row(candle: Candle, contract: Contract) -> Row:
    prices = (candle.open, candle.high, candle.low, candle.close)
    return [milliseconds(candle.opens_at), *(price(one, contract.price_tick) for one in prices)]


def _trade_row(candle: Candle, contract: Contract) -> Row:
    return [*_price_row(candle, contract), number(candle.volume), money(candle.value)]


def _level_rows(levels: Iterable[Level], contract: Contract) -> list[Row]:
    return [[price(level.price, contract.price_tick), number(level.quantity)] for level in levels]
