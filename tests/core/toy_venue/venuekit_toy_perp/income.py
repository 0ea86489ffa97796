"""Income: a history by time alone, whose pages the venue makes as long as it likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from venuekit.capabilities import Income, IncomeKind, IncomeReader
from venuekit.parts.histories import FromTime, History, Retention, Track, VenueWords
from venuekit.plugin import Account, Answer, Pager
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.payloads import IncomeRow

KINDS = {
    "profit": IncomeKind.REALIZED_PNL,
    "fee": IncomeKind.COMMISSION,
    "funding": IncomeKind.FUNDING,
    "transfer": IncomeKind.TRANSFER,
}


async def _items(_: Account, answer: Answer[tuple[IncomeRow, ...]]) -> Sequence[Income]:
    return [
        Income(
            id=row.id,
            time=row.at,
            asset=row.asset,
            amount=row.amount,
            kind=KINDS.get(row.why, IncomeKind.OTHER),
            venue_kind=row.why,
            symbol=row.contract,
        )
        for row in answer.value
    ]


async def _split(account: Account, filters: Mapping[str, Any], _: Sequence[Income]) -> Sequence[Mapping[str, Any]]:
    """Return filters by contract, for a moment that fills a page."""
    if filters:
        return ()
    return [{"contract": row.contract} for row in await account.read_once(TOY.CONTRACTS)]


_INCOME = History(
    endpoint=TOY.INCOME,
    paging=FromTime(_split),
    items=_items,
    track=Track(attrgetter("time"), attrgetter("key")),
    limit=100,
    limit_name=None,  # a page has a hundred rows, however many are asked for
    width=timedelta(days=30),
    retention=Retention(age=timedelta(days=90), words="90 days"),
    start="since",
    end="until",
    words={"kind": VenueWords(word="venue_kind", known=lambda: KINDS)},
)


class ToyIncome(Account, IncomeReader):
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
