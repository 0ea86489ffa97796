"""Market history: candles of a symbol, and its funding rates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from venuekit.capabilities import Candle, CandleReader, FundingRate, FundingRateReader
from venuekit.parts.candles import CandleHistory
from venuekit.parts.histories import Halved, History, Retention, Track
from venuekit.plugin import Account, Answer, Pager
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.endpoints.market import CANDLE_WORDS

_CANDLES = CandleHistory(
    endpoint=BYBIT.CANDLES,
    words=CANDLE_WORDS,
    limit=1000,
    start="start",
    end="end",
    parameters={"category": CATEGORY},
)


async def _itself(_: Any, answer: Answer[tuple[FundingRate, ...]]) -> Sequence[FundingRate]:
    return answer.value


_FUNDING_RATES: History[FundingRate] = History(
    endpoint=BYBIT.FUNDING_RATES,
    paging=Halved(),
    items=_itself,
    track=Track(attrgetter("time"), attrgetter("time")),
    limit=200,
    # 180 rows of a contract with three fundings a day; a window with more than a page is halved
    width=timedelta(days=60),
    retention=Retention(words="the venue documents no limit", usual=timedelta(days=30)),
    parameters={"category": CATEGORY},
)


class BybitMarketHistory(Account, CandleReader, FundingRateReader):
    """Walk candles and funding rates; needs no key."""

    __slots__ = ()

    def iter_candles(
        self,
        symbol: str,
        interval: timedelta,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Candle | None = None,
    ) -> Pager[Candle]:
        """Walk the candles of a symbol, 999 a request; their turnover is the base coin, in which contracts settle."""
        return _CANDLES.walk(self, symbol, interval, start=start, end=end, after=after)

    def iter_funding_rates(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: FundingRate | None = None,
    ) -> Pager[FundingRate]:
        """Walk the funding rates of a symbol, at most 60 days and 200 rows a request."""
        return _FUNDING_RATES.walk(self, start=start, end=end, after=after, filters={"symbol": symbol})
