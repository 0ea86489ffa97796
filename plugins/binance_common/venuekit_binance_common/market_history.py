"""Market history: candles of a symbol, and its funding rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from venuekit.capabilities import Candle, CandleReader, FundingRate, FundingRateReader
from venuekit.parts.candles import CandleColumns, CandleHistory
from venuekit.parts.columns import milliseconds, number, price, text
from venuekit.parts.histories import FromTime, History, Retention, Track
from venuekit.parts.rows import Reads
from venuekit.plugin import Account, Answer, Endpoint, Pager

if TYPE_CHECKING:
    from venuekit_binance_common.endpoints import BinanceEndpoints

#: the word of each length; months, which are of several lengths, are left out
INTERVALS: Mapping[timedelta, str] = MappingProxyType(
    {
        **{timedelta(minutes=count): f"{count}m" for count in (1, 3, 5, 15, 30)},
        **{timedelta(hours=count): f"{count}h" for count in (1, 2, 4, 6, 8, 12)},
        **{timedelta(days=count): f"{count}d" for count in (1, 3)},
        timedelta(weeks=1): "1w",
    }
)
#: the most candles of a request of weight 2: no other number gives as many for its weight
_CANDLES = 499
_FUNDINGS = 1000

#: the worth is quote of linear contracts and base of inverse ones: the asset in which they settle
decode_candles = CandleColumns(turnover=7, trades=8)
FUNDING_RATES = Reads(
    FundingRate,
    symbol=text("symbol", is_required=True),
    time=milliseconds("fundingTime"),
    rate=number("fundingRate"),
    mark=price("markPrice", may_be_blank=True),
)


def candle_history(endpoint: Endpoint[tuple[Candle, ...]], *, widest: timedelta | None = None) -> CandleHistory:
    """Return the candles of a product; ``widest`` is the widest window of a request, where there is one."""
    return CandleHistory(endpoint=endpoint, words=INTERVALS, limit=_CANDLES, widest=widest)


def funding_history(endpoint: Endpoint[tuple[FundingRate, ...]]) -> History[FundingRate]:
    """Return the funding rates of a product."""
    return History(
        endpoint=endpoint,
        paging=FromTime(),
        items=_itself,
        track=Track(attrgetter("time"), attrgetter("time")),
        limit=_FUNDINGS,
        width=timedelta(days=365),
        retention=Retention(words="the venue documents no limit", usual=timedelta(days=30)),
    )


async def _itself(_: Any, answer: Answer[tuple[FundingRate, ...]]) -> Sequence[FundingRate]:
    return answer.value


class BinanceMarketHistory(Account, CandleReader, FundingRateReader):
    """Walk candles and funding rates; needs no key."""

    __slots__ = ()

    endpoints: ClassVar[BinanceEndpoints]
    CANDLE_HISTORY: ClassVar[CandleHistory]
    FUNDING_HISTORY: ClassVar[History[FundingRate]]

    def iter_candles(
        self,
        symbol: str,
        interval: timedelta,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Candle | None = None,
    ) -> Pager[Candle]:
        """Walk the candles of a symbol, 498 a request, which weighs 2."""
        return self.CANDLE_HISTORY.walk(self, symbol, interval, start=start, end=end, after=after)

    def iter_funding_rates(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: FundingRate | None = None,
    ) -> Pager[FundingRate]:
        """Walk the funding rates of a symbol, a thousand a request, which weighs 1."""
        return self.FUNDING_HISTORY.walk(self, start=start, end=end, after=after, filters={"symbol": symbol})
