"""Histories: money and orders, page by page behind a cursor, between two times in ISO 8601."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

import attrs

from venuekit.capabilities import Income, IncomeKind, IncomeReader, Order, OrderReader
from venuekit.parts.histories import FromCursor, History, Retention, Track, VenueWords
from venuekit.plugin import Account, Answer, Endpoint, Pager
from venuekit_frozen_swap.endpoints import SWAP
from venuekit_frozen_swap.rows import INCOMES

_RETENTION = Retention(words="rows of the last 90 days", age=timedelta(days=90) - timedelta(minutes=1))


def _history(endpoint: Endpoint[Any], rows: str, time: str, **words: VenueWords) -> History[Any]:
    async def items(_: Any, answer: Answer[Any]) -> Sequence[Any]:
        if answer.raw is None:
            return tuple(answer.value.rows)
        return [attrs.evolve(row, raw=raw) for row, raw in zip(answer.value.rows, answer.raw[rows], strict=True)]

    return History(
        endpoint=endpoint,
        paging=FromCursor(),
        items=items,
        rows=attrgetter("rows"),
        track=Track(attrgetter(time), attrgetter("key")),
        limit=50,
        width=timedelta(days=7),
        retention=_RETENTION,
        start="from",
        end="to",
        words=words,
    )


_INCOME = _history(
    SWAP.INCOME, "rows", "time", kind=VenueWords(word="venue_kind", known=lambda: INCOMES, members=IncomeKind)
)
_ORDERS = _history(SWAP.ORDER_HISTORY, "orders", "created_at")


class SwapIncome(Account, IncomeReader):
    """The movements of the wallet."""

    __slots__ = ()

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
        """Walk the movements of 90 days; only the symbol is the venue's filter."""
        matching = {"asset": asset, "kind": kind}
        return _INCOME.walk(self, start=start, end=end, after=after, filters={"contract": symbol}, matching=matching)


class SwapOrderHistory(Account, OrderReader):
    """The orders of the account, open or not."""

    __slots__ = ()

    def iter_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """Walk the orders that were placed in the last 90 days."""
        return _ORDERS.walk(self, start=start, end=end, after=after, filters={"contract": symbol})
