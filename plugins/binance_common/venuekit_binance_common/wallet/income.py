"""Income: what moved the wallet, as the venue's own history tells it."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Hashable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, ClassVar

import attrs

from venuekit.capabilities import Income, IncomeKind, IncomeReader
from venuekit.parts.histories import Origin, Page, Span, Track, by_time, only
from venuekit.plugin import Pager
from venuekit_binance_common.history_limits import HistoryLimit, milliseconds
from venuekit_binance_common.product import ProductEndpoints
from venuekit_binance_common.symbols.contracts import BinanceContracts

__all__ = ["BinanceIncome", "decode_income"]

_PAGE_SIZE = 1000

_TRACK: Track[Income] = Track(time=attrgetter("time"), key=attrgetter("key"))
#: what the venue tells rows apart by
_IDENTITY = attrgetter("time", "venue_kind", "id", "asset", "symbol", "trade_id")
_BY_KIND = (
    "a millisecond holds more movements than the venue gives at once: they were asked for by every type that is known"
    " or was met, and, where that was not enough, by every contract that is listed or was met; any other is missing"
)


def decode_income(body: bytes) -> list[Income]:
    """Return the movements of an income answer; see :func:`~venuekit_binance_common.wallet.income_rows.decode`."""
    from venuekit_binance_common.wallet.income_rows import decode

    return decode(body)


class BinanceIncome(BinanceContracts, IncomeReader):
    """
    The movements of this product's wallets.

    A transaction id is unique only together with its type, so what identifies a row is type, transaction, asset,
    symbol and trade, and rows that have all of them in common are counted. ``symbol`` is the venue's own filter.
    ``asset`` and ``kind`` are picked out here: the venue filters by one of its types, and has several for most kinds.
    """

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]
    INCOME_LIMIT: ClassVar[HistoryLimit]

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
        from venuekit_binance_common.wallet.income_rows import INCOME_KINDS

        if kind is not None:
            if kind not in tuple(IncomeKind):
                raise self.refuse(f"there is no kind {kind!r}", operation="iter_income")
            kind = IncomeKind(kind)

        async def windows() -> Sequence[Span]:
            span = await self.INCOME_LIMIT.span(
                self,
                operation="iter_income",
                start=start,
                end=end,
                after=None if after is None else after.time,
            )
            return span.windows(self.INCOME_LIMIT.width)

        async def fetch(window: Span, filters: Mapping[str, Any]) -> Page[Income]:
            answer = await self.answer_rows(
                self.endpoints.INCOME, **filters, startTime=window.start, endTime=window.end, limit=_PAGE_SIZE
            )
            found = answer.value
            if answer.raw is not None:
                found = [attrs.evolve(one, raw=raw) for one, raw in zip(found, answer.raw, strict=True)]
            return Page(_number_alike(found), rows=len(answer.value) + len(answer.odd))

        async def split(filters: Mapping[str, Any], some: Sequence[Income]) -> Sequence[Mapping[str, Any]]:
            if "incomeType" not in filters:
                warnings.warn(_BY_KIND, UserWarning, stacklevel=2)
                return [
                    {**filters, "incomeType": name}
                    for name in dict.fromkeys((*(one.venue_kind for one in some), *INCOME_KINDS))
                ]
            # a row without a symbol cannot be asked for by one
            if "symbol" in filters or any(one.symbol is None for one in some):
                return ()
            listed = await self.read_once(self.CONTRACTS)
            return [{**filters, "symbol": name} for name in dict.fromkeys((*(one.symbol for one in some), *listed))]

        def walk() -> AsyncGenerator[Income, None]:
            of_kind: Callable[[Income], bool] | None = None
            if kind is not None:
                word, meaning = attrgetter("venue_kind"), attrgetter("kind")
                of_kind = only(kind, meaning, word=word, known=INCOME_KINDS, operation="iter_income")

            def matches(one: Income) -> bool:
                return asset in {None, one.asset} and (of_kind is None or of_kind(one))

            return by_time(
                fetch,
                windows,
                limit=_PAGE_SIZE,
                track=_TRACK,
                split=split,
                filters={} if symbol is None else {"symbol": symbol},
                after=after,
                keep=None if asset is None and kind is None else matches,
                origin=Origin(self.venue.id, "iter_income"),
                milliseconds=milliseconds,
            )

        return Pager(walk, cost_per_page=self.endpoints.INCOME.weight_most)


def _number_alike(found: Sequence[Income]) -> Sequence[Income]:
    """Return movements of which those with one identity are told apart by their number."""
    identities = [*map(_IDENTITY, found)]
    if len(set(identities)) == len(identities):
        return found
    seen: Counter[Hashable] = Counter()
    told = []
    for one, identity in zip(found, identities, strict=True):
        twin = seen[identity]
        told.append(attrs.evolve(one, twin=twin) if twin else one)
        seen[identity] += 1
    return told
