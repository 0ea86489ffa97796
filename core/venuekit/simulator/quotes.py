"""
Quotes: the public figures of a market that has no book and no traders, derived from the path of its mark.

Every price that the mark takes counts as one trade of the smallest quantity, at that price. So the last trade is the
mark, candles and the figures of a day hold exactly the prices of its path, and they agree with each other. Before the
ledger was opened, the mark stood still at its first price, without a trade.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import attrs

from venuekit.simulator.ledger import Contract, PricePoint
from venuekit.simulator.ledger.money import ZERO, exact

__all__ = [
    "Candle",
    "Interval",
    "Level",
    "MarketTrade",
    "OrderBook",
    "make_book",
    "make_candle",
    "make_candles",
    "make_premiums",
    "make_trades",
    "price_at",
]

#: a Monday, so that weeks begin on one
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WEEK = timedelta(days=7)
#: smallest quantities on the first level of a book; the second has twice, the third three times as many
_ON_FIRST_LEVEL = 1000


@attrs.frozen
class Level:
    """One level of a book: its price, and the contracts on it."""

    price: Decimal
    quantity: Decimal


@attrs.frozen
class OrderBook:
    """Both sides of a book, best level first: the highest bid is below the mark, the lowest ask is above it."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@attrs.frozen
class MarketTrade:
    """One trade of the market, in contracts; ``is_buy``: the price rose to it or stayed, so its taker bought."""

    number: int
    time: datetime
    price: Decimal
    quantity: Decimal
    is_buy: bool


@attrs.frozen(kw_only=True)
class Candle:
    """
    The prices of a stretch of time, from ``opens_at`` to just before ``ends_at``.

    Volumes are contracts, values their worth in the settle asset; ``bought_*`` are of trades whose taker bought. A
    stretch without a trade has the last price before it four times. ``mean`` is weighted by volume, the last price
    without a trade. ``first`` and ``last`` are the numbers of its trades, None without one.
    """

    opens_at: datetime
    ends_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    mean: Decimal
    volume: Decimal = ZERO
    value: Decimal = ZERO
    bought_volume: Decimal = ZERO
    bought_value: Decimal = ZERO
    first: int | None = None
    last: int | None = None

    @property
    def trades(self) -> int:
        """The number of trades."""
        return 0 if self.first is None or self.last is None else self.last - self.first + 1


@attrs.frozen
class Interval:
    """
    The length of candles: a fixed one, or a calendar month with None.

    In UTC, candles begin at midnight, weeks on Mondays, months on the first; other lengths count from 1970.
    """

    length: timedelta | None

    def start_of(self, moment: datetime) -> datetime:
        """Return the opening of the candle that holds a moment."""
        if self.length is None:
            return datetime(moment.year, moment.month, 1, tzinfo=UTC)
        anchor = _MONDAY if self.length == _WEEK else _EPOCH
        return moment - (moment - anchor) % self.length

    def after(self, opening: datetime) -> datetime:
        """Return the opening of the next candle."""
        if self.length is None:
            return self.start_of(opening + timedelta(days=31))
        return opening + self.length

    def before(self, opening: datetime) -> datetime:
        """Return the opening of the candle before."""
        return self.start_of(opening - timedelta(days=1)) if self.length is None else opening - self.length


@exact
def make_book(contract: Contract, mark: Decimal, levels: int, depth: Decimal | None = None) -> OrderBook:
    """
    Return a book of ``levels`` on each side of the mark, a tick apart.

    Args:
        contract: The contract.
        mark: Its mark price, on a tick or between two.
        levels: Levels on each side; there are fewer bids where their price would be zero.
        depth: The contracts on each side that can trade, as of :meth:`Ledger.depth`; None for any number.
    """
    tick = contract.price_tick
    below = (mark / tick).to_integral_value(rounding="ROUND_CEILING") - 1
    above = (mark / tick).to_integral_value(rounding="ROUND_FLOOR") + 1
    bids = [(below - number) * tick for number in range(levels)]
    asks = [(above + number) * tick for number in range(levels)]
    return OrderBook(
        tuple(_levels(contract, [price for price in bids if price > 0], depth)), tuple(_levels(contract, asks, depth))
    )


def _levels(contract: Contract, prices: Sequence[Decimal], depth: Decimal | None) -> Iterator[Level]:
    left = depth
    for number, price in enumerate(prices, start=1):
        wanted = contract.quantity_step * _ON_FIRST_LEVEL * number
        quantity = wanted if left is None else min(wanted, left)
        left = None if left is None else left - quantity
        if quantity:
            yield Level(price, quantity)


def make_trades(path: Sequence[PricePoint], contract: Contract) -> tuple[MarketTrade, ...]:
    """Return the trades of a path of marks, oldest first: one for each point of it."""
    before = (path[0], *path)
    return tuple(
        MarketTrade(point.number, point.time, point.price, contract.min_quantity, is_buy=point.price >= earlier.price)
        for earlier, point in zip(before, path, strict=False)
    )


def price_at(path: Sequence[PricePoint], moment: datetime) -> Decimal:
    """Return the last price before a moment, the first one of all where none is before it."""
    return path[max(0, _position(path, moment) - 1)].price


@exact
def make_premiums(marks: Sequence[PricePoint], indexes: Sequence[PricePoint]) -> tuple[PricePoint, ...]:
    """
    Return the path of the premium: the mark by the index price, less one, from each time on at which either moved.

    Args:
        marks: The marks of a contract, oldest first, as :meth:`Ledger.marks` returns them.
        indexes: Its index prices, as :meth:`Ledger.indexes` returns them.
    """
    mark_at, index_at = ({point.time: point.price for point in path} for path in (marks, indexes))
    mark, index = marks[0].price, indexes[0].price
    premiums: list[PricePoint] = []
    for number, moment in enumerate(sorted(mark_at.keys() | index_at.keys()), start=1):
        mark, index = mark_at.get(moment, mark), index_at.get(moment, index)
        premiums.append(PricePoint(number, moment, mark / index - 1))
    return tuple(premiums)


@exact
def make_candle(
    path: Sequence[PricePoint], contract: Contract, start: datetime, end: datetime, *, is_traded: bool = True
) -> Candle:
    """
    Return one candle, from ``start`` to just before ``end``; of a day, these are its figures.

    Args:
        path: The marks of the contract, oldest first, as :meth:`Ledger.marks` returns them; or its index prices, or
            its premiums.
        contract: The contract.
        start: The opening.
        end: The end, which is no part of it.
        is_traded: Whether each point is a trade; without, a candle has no volume, and its mean is its last price.
    """
    first, beyond = _position(path, start), _position(path, end)
    previous, inside = path[max(0, first - 1)], path[first:beyond]
    prices = [point.price for point in inside] or [previous.price]
    candle = Candle(
        opens_at=start,
        ends_at=end,
        open=prices[0],
        high=max(prices),
        low=min(prices),
        close=prices[-1],
        mean=prices[-1],
        first=inside[0].number if inside else None,
        last=inside[-1].number if inside else None,
    )
    return _with_volumes(candle, contract, previous, inside) if is_traded and inside else candle


def _with_volumes(candle: Candle, contract: Contract, previous: PricePoint, inside: Sequence[PricePoint]) -> Candle:
    size = contract.min_quantity
    values = [contract.value(size, point.price) for point in inside]
    bought = [
        value
        for earlier, point, value in zip((previous, *inside), inside, values, strict=False)
        if point.price >= earlier.price
    ]
    volume, value = size * len(inside), sum(values, ZERO)
    worth = volume * contract.unit_value
    return attrs.evolve(
        candle,
        mean=worth / value if contract.is_inverse else value / worth,
        volume=volume,
        value=value,
        bought_volume=size * len(bought),
        bought_value=sum(bought, ZERO),
    )


def make_candles(
    path: Sequence[PricePoint],
    contract: Contract,
    interval: Interval,
    *,
    since: datetime | None,
    until: datetime,
    limit: int,
    newest: bool,
    is_traded: bool = True,
) -> tuple[Candle, ...]:
    """
    Return the candles that open from ``since`` to ``until``, both included, oldest first.

    Args:
        path: The marks of the contract, oldest first, as :meth:`Ledger.marks` returns them; or its index prices, or
            its premiums.
        contract: The contract; there is no candle that ends before it was listed.
        interval: Their length.
        since: The earliest opening; None: as early as there are candles.
        until: The latest opening; the candle of the present is there, unfinished, when this is the present.
        limit: The most candles.
        newest: Whether the newest ones are left where there are more of them, else the oldest.
        is_traded: Whether each point is a trade; without, candles have no volume.
    """
    if since is not None and since > until:
        return ()
    listed = contract.listed_at or _EPOCH
    earliest = interval.start_of(listed)
    if since is not None:
        earliest = max(earliest, _first_opening(interval, since))
    openings: list[datetime] = []
    opening, step = (interval.start_of(until), interval.before) if newest else (earliest, interval.after)
    while earliest <= opening <= until and len(openings) < limit:
        openings.append(opening)
        opening = step(opening)
    return tuple(
        make_candle(path, contract, opening, interval.after(opening), is_traded=is_traded)
        for opening in sorted(openings)
    )


def _first_opening(interval: Interval, moment: datetime) -> datetime:
    """Return the first opening at a moment or after it."""
    start = interval.start_of(moment)
    return start if start == moment else interval.after(start)


def _position(path: Sequence[PricePoint], moment: datetime) -> int:
    """Return the number of points before a moment."""
    return bisect_left(path, moment, key=lambda point: point.time)
