"""Income: what moved the wallet, as the venue's own history tells it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import ClassVar

import attrs

from venuekit.account import Account
from venuekit.capabilities import Income, IncomeKind, IncomeReader
from venuekit.endpoint import Endpoint
from venuekit.walk import Walk
from venuekit.walking import Origin, Span, Track, paged
from venuekit_binance_common.reach import Reach

__all__ = ["BinanceIncome", "decode_income"]

_PAGE_SIZE = 1000

_TRACK: Track[Income] = Track(time=attrgetter("time"), key=attrgetter("key"))


def decode_income(body: bytes) -> list[Income]:
    """Return the movements of an income answer; see :func:`~venuekit_binance_common.income_rows.decode`."""
    from venuekit_binance_common.income_rows import decode

    return decode(body)


class BinanceIncome(Account, IncomeReader):
    """
    The movements of this product's wallets.

    A transaction id is unique only together with its type, so what identifies a row is type, transaction, asset,
    symbol and trade. ``symbol`` is the venue's own filter, and so is ``kind`` where one of the venue's types stands
    for it; ``asset`` and any other ``kind`` are picked out here.
    """

    __slots__ = ()

    INCOME: ClassVar[Endpoint[list[Income]]]
    INCOME_REACH: ClassVar[Reach]
    SERVER_TIME: ClassVar[Endpoint[datetime]]

    def iter_income(
        self,
        *,
        symbol: str | None = None,
        asset: str | None = None,
        kind: IncomeKind | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Income | None = None,
    ) -> Walk[Income]:
        """Walk the history, a thousand rows a page."""
        from venuekit_binance_common.income_rows import INCOME_KINDS

        if kind is not None:
            if kind not in tuple(IncomeKind):
                raise self.refuse(f"there is no kind {kind!r}", operation="iter_income")
            kind = IncomeKind(kind)
        of_kind = [name for name, meaning in INCOME_KINDS.items() if meaning is kind]
        only_type = of_kind[0] if len(of_kind) == 1 else None

        async def windows() -> Sequence[Span]:
            span = await self.INCOME_REACH.span(
                self,
                self.SERVER_TIME,
                operation="iter_income",
                start=start,
                end=end,
                after=None if after is None else after.time,
            )
            return span.windows(self.INCOME_REACH.width)

        async def fetch(window: Span, page: int) -> Sequence[Income]:
            answer = await self.answer(
                self.INCOME,
                symbol=symbol,
                incomeType=only_type,
                startTime=window.start,
                endTime=window.end,
                page=page,
                limit=_PAGE_SIZE,
            )
            if answer.raw is None:
                return answer.value
            return [attrs.evolve(one, raw=raw) for one, raw in zip(answer.value, answer.raw, strict=True)]

        def wanted(one: Income) -> bool:
            return (asset is None or asset == one.asset) and (kind is None or kind is one.kind)

        def walk() -> AsyncGenerator[Income, None]:
            keep = None if asset is None and kind is None else wanted
            origin = Origin(self.venue.id, "iter_income")
            return paged(fetch, windows, limit=_PAGE_SIZE, track=_TRACK, after=after, keep=keep, origin=origin)

        return Walk(walk, cost_per_page=self.INCOME.weight_most)
