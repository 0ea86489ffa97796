"""Market history: the candles of contracts and their funding rates, as pagers walk them."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime, timedelta
from decimal import Decimal

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.capabilities._capability import Capability
from venuekit.capabilities.history import Pager


@quick_init
@attrs.frozen
class FundingRate:
    """
    The rate of one past funding of a contract: the fraction of a position's value that longs paid to shorts.

    ``mark`` is the price that the value was counted with, quote per base; None where the venue does not say.
    """

    symbol: str
    time: datetime
    rate: Decimal
    mark: Decimal | None = None


class FundingRateReader(Capability):
    """Read past funding rates."""

    __slots__ = ()

    @abstractmethod
    def iter_funding_rates(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: FundingRate | None = None,
    ) -> Pager[FundingRate]:
        """
        Walk the fundings of a symbol, oldest first, without a duplicate or a gap; none of one that expires.

        Args:
            symbol: The contract.
            start, end: The span, both inclusive; by default the last 30 days, up to now.
            after: Continue behind an item seen before.

        Raises (on the first item):
            InvalidArgument: the span is reversed.
            InvalidRequest: the venue does not list the symbol.
        """


@quick_init
@attrs.frozen
class Candle:
    """
    The trades of one contract from ``opens_at`` to the end of an interval; prices are quote per base.

    ``volume`` is contracts, ``turnover`` their worth in the settle asset, ``trades`` how many there were; None where
    the venue does not say.
    """

    symbol: str
    opens_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal | None = None
    trades: int | None = None


class CandleReader(Capability):
    """Read candles."""

    __slots__ = ()

    @abstractmethod
    def iter_candles(
        self,
        symbol: str,
        interval: timedelta,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Candle | None = None,
    ) -> Pager[Candle]:
        """
        Walk the candles of a symbol, oldest first, without a duplicate; only those that are over.

        Args:
            symbol: The contract.
            interval: The length of a candle, one of those that the venue has.
            start, end: Of the times at which they open, both inclusive; by default as many as one request gives, up to
                now.
            after: Continue behind an item seen before.

        Raises:
            InvalidArgument: the venue has no candles of this length; the error lists those that it has.

        Raises (on the first item):
            InvalidArgument: the span is reversed.
            InvalidRequest: the venue does not list the symbol.
        """
