"""Candles: the lists that a venue writes them as, and the history of a symbol for each length that the venue has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

import attrs

from venuekit.account import Account
from venuekit.capabilities import Candle, Pager
from venuekit.endpoint import Endpoint
from venuekit.errors import PayloadMismatch
from venuekit.message import Answer
from venuekit.parts.histories import Halved, History, Retention, Track
from venuekit.payloads import read_json
from venuekit.payloads.conversions import to_datetime, to_decimal
from venuekit.payloads.mismatch import Unfit

__all__ = ["CandleColumns", "CandleHistory"]

_NO_LIMIT = "the venue documents no limit"
_UNITS = ((timedelta(weeks=1), "w"), (timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "m"))


@attrs.frozen(kw_only=True)
class CandleColumns:
    """
    The places in a list that is a candle; calling it decodes a body to candles without their symbol.

    Attributes:
        within: JSON names from the top of an answer to the list of candles.
        turnover: The place of the worth of the traded contracts in the settle asset.
        trades: The place of the number of trades, None where there is none.
    """

    within: tuple[str, ...] = ()
    turnover: int
    trades: int | None = None

    def __call__(self, body: bytes) -> tuple[Candle, ...]:
        """
        Return the candles of an answer, in its order; opening time, prices and volume are the first six places.

        Raises:
            ValueError: the bytes are not JSON.
            PayloadMismatch: they are, but no lists of numbers; the message names the row.
        """
        rows = read_json(body)
        for name in self.within:
            rows = rows.get(name) if isinstance(rows, dict) else None
        if not isinstance(rows, list):
            raise PayloadMismatch(f"{'.'.join(self.within) or 'the answer'} is no list of candles")
        return tuple(self._read(number, row) for number, row in enumerate(rows))

    def _read(self, number: int, row: Any) -> Candle:
        try:
            opens_at = to_datetime(row[0], datetime)
            prices = [to_decimal(each, Decimal) for each in row[1:6]]
            turnover = to_decimal(row[self.turnover], Decimal)
            trades = None if self.trades is None else int(row[self.trades])
            open_, high, low, close, volume = prices
        except (Unfit, TypeError, ValueError, LookupError) as error:
            raise PayloadMismatch(f"the candle in row {number} cannot be read: {error}") from error
        return Candle("", opens_at, open_, high, low, close, volume, turnover, trades)


@attrs.frozen(kw_only=True)
class CandleHistory:
    """
    The candles of a venue, of each length that it has.

    Attributes:
        endpoint: Reads the candles of a symbol that open within a window.
        words: The venue's word for each length.
        limit: Candles of a request; choose the number at which one weighs least.
        widest: The widest window of a request, None where the venue documents none.
        interval, start, end: The venue's names of these parameters.
        parameters: Sent with every request.
    """

    endpoint: Endpoint[tuple[Candle, ...]]
    words: Mapping[timedelta, str]
    limit: int
    widest: timedelta | None = None
    interval: str = "interval"
    start: str = "startTime"
    end: str = "endTime"
    parameters: Mapping[str, Any] = attrs.field(factory=dict)

    def walk(
        self,
        account: Account,
        symbol: str,
        interval: timedelta,
        *,
        start: datetime | None,
        end: datetime | None,
        after: Candle | None,
    ) -> Pager[Candle]:
        """
        Return the pager of ``CandleReader.iter_candles``.

        Raises:
            InvalidArgument: the venue has no candles of this length.
        """
        word = self.words.get(interval)
        if word is None:
            known = ", ".join(map(_length_text, self.words))
            raise account.refuse(f"there are no candles of {_length_text(interval)}, but of {known}", subject=symbol)
        history = self._history(symbol, interval, word)
        return history.walk(account, start=start, end=end, after=after, filters={"symbol": symbol})

    def _history(self, symbol: str, interval: timedelta, word: str) -> History[Candle]:
        # a window of one candle less than the limit is never full: the direction of the venue's pages does not matter
        width = (self.limit - 1) * interval

        async def items(_: Any, answer: Answer[tuple[Candle, ...]]) -> Sequence[Candle]:
            # the present candle is not over: its figures still move
            return [attrs.evolve(one, symbol=symbol) for one in answer.value if one.opens_at + interval <= answer.as_of]

        return History(
            endpoint=self.endpoint,
            paging=Halved(),
            items=items,
            track=Track(attrgetter("opens_at"), attrgetter("opens_at")),
            limit=self.limit,
            width=width if self.widest is None else min(width, self.widest),
            retention=Retention(words=_NO_LIMIT, usual=width),
            start=self.start,
            end=self.end,
            parameters={**self.parameters, self.interval: word},
        )


def _length_text(length: timedelta) -> str:
    """Return a length in the largest unit that it is a whole number of, as 5m, 1h, 3d or 1w."""
    for unit, name in _UNITS:
        if length and not length % unit:
            return f"{length // unit}{name}"
    return str(length)
