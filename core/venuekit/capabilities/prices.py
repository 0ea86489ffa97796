"""Prices: bid, ask, last, mark and index of contracts, and their funding, as they are now."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.capabilities._capability import Capability


@quick_init
@attrs.frozen
class Price:
    """
    The prices of one contract, quote per base; None where the venue does not say, or none is offered.

    ``bid`` and ``ask`` are the best ones of the book, ``last`` is that of the last trade. Profit, margin and
    liquidation are counted by ``mark``; ``index`` is the price of the underlying. ``funding_rate`` is the fraction that
    longs pay to shorts at ``next_funding_at``, by the venue's latest word; both are None where there is no funding.
    ``time`` is the venue's moment of the mark price: the others can be of another answer of the same call.
    """

    symbol: str
    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    mark: Decimal | None = None
    index: Decimal | None = None
    funding_rate: Decimal | None = None
    next_funding_at: datetime | None = None
    time: datetime | None = None


class PriceReader(Capability):
    """Read the present prices of contracts."""

    __slots__ = ()

    @abstractmethod
    async def get_prices(self, symbols: str | Iterable[str] | None = None) -> Mapping[str, Price]:
        """
        Return the prices by symbol, by the venue's cheapest requests.

        Args:
            symbols: One symbol, several, or None for all that the venue lists. All that are named are in the result,
                in their order; of none at all nothing is read.

        Raises:
            InvalidRequest: the venue does not list one of the symbols.
        """
