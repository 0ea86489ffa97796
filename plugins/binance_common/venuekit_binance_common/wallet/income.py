"""Income: the movements of the wallet, from the venue's own history."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, ClassVar

import attrs

from venuekit.capabilities import Income, IncomeKind, IncomeReader
from venuekit.parts.histories import FromTime, History, Retention, Track, VenueWords, number_twins
from venuekit.plugin import Answer, Endpoint, Pager
from venuekit_binance_common.symbols.contracts import BinanceContracts
from venuekit_binance_common.wallet.income_rows import INCOME_KINDS

#: the fields that identify a row
_IDENTITY = attrgetter("time", "venue_kind", "id", "asset", "symbol", "trade_id")
_BY_KIND = (
    "a millisecond holds more movements than the venue gives at once: they were asked for by every type that is known"
    " or was met, and, where that was not enough, by every contract that is listed or was met; any other is missing"
)


def income_history(
    endpoint: Endpoint[tuple[Income, ...]], retention: Retention, *, width: timedelta = timedelta(days=30)
) -> History[Income]:
    """Return the history of income of a product; ``width`` is the widest window that one request may ask for."""
    return History(
        endpoint=endpoint,
        paging=FromTime(_split),
        items=_read_items,
        track=Track(attrgetter("time"), attrgetter("key")),
        limit=1000,
        width=width,
        retention=retention,
        words={"kind": VenueWords(word="venue_kind", known=lambda: INCOME_KINDS, members=IncomeKind)},
    )


async def _read_items(_: Any, answer: Answer[tuple[Income, ...]]) -> Sequence[Income]:
    incomes: Sequence[Income] = answer.value
    if answer.raw is not None:
        incomes = [attrs.evolve(income, raw=raw) for income, raw in zip(incomes, answer.raw, strict=True)]
    return number_twins(incomes, _IDENTITY)


async def _split(
    account: BinanceContracts, filters: Mapping[str, Any], some: Sequence[Income]
) -> Sequence[Mapping[str, Any]]:
    """Return filters by type, and of a type by symbol, that together ask for a whole millisecond."""
    if "incomeType" not in filters:
        warnings.warn(_BY_KIND, UserWarning, stacklevel=2)
        kinds = dict.fromkeys((*(income.venue_kind for income in some), *INCOME_KINDS))
        return [{**filters, "incomeType": kind} for kind in kinds]
    # a row without a symbol cannot be asked for by one
    if "symbol" in filters or any(income.symbol is None for income in some):
        return ()
    listed = await account.read_once(account.CONTRACTS)
    symbols = dict.fromkeys((*(income.symbol for income in some), *listed))
    return [{**filters, "symbol": symbol} for symbol in symbols]


class BinanceIncome(BinanceContracts, IncomeReader):
    """
    The movements of this product's wallets.

    A transaction id is unique only together with its type, so a row is identified by type, transaction, asset,
    symbol and trade, and rows that have all of them in common are counted. ``symbol`` is the venue's own filter.
    ``asset`` and ``kind`` are picked out here: the venue filters by one of its types, and has several for most kinds.
    """

    __slots__ = ()

    INCOME_HISTORY: ClassVar[History[Income]]

    def iter_income(
        self,
        *,
        symbol: str | None = None,
        asset: str | None = None,
        kind: IncomeKind | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Income | None = None,
    ) -> Pager[Income]:
        """Walk the history by time, a thousand rows a page."""
        return self.INCOME_HISTORY.walk(
            self,
            start=start,
            end=end,
            after=after,
            filters={"symbol": symbol},
            matching={"asset": asset, "kind": kind},
        )
