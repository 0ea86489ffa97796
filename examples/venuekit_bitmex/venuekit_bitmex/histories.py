"""Histories: fills and orders between two times, and the movements of the wallet, which are counted by offset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

import venuekit.capabilities as cap
import venuekit.parts.histories as parts
import venuekit.plugin as vk
from venuekit.parts.values import values_of
from venuekit_bitmex.markets import LISTING, SYMBOL, private
from venuekit_bitmex.orders import COUNT, MOST, SPAN, START, TABLE, order_of
from venuekit_bitmex.positions import FILTER, filter_by
from venuekit_bitmex.rows import FILLS, INCOME, INCOMES, UNSETTLED

TRADES = private(
    "/execution/tradeHistory",
    FILLS,
    *(SYMBOL, FILTER, COUNT, *SPAN),
    rows=((),),
    echoes=vk.Echoes.each({"symbol": "symbol"}),
    serves=(cap.FillReader.iter_fills,),
)
WALLET = private(
    "/user/walletHistory",
    INCOME,
    *(vk.Parameter("currency", required=True), COUNT, START),
    rows=((),),
    serves=(cap.IncomeReader.iter_income,),
)
#: a session's profit is booked net of fees and funding
PARTS: Mapping[cap.IncomeKind, cap.IncomeKind] = dict.fromkeys(
    (cap.IncomeKind.COMMISSION, cap.IncomeKind.FUNDING), cap.IncomeKind.REALIZED_PNL
)


async def _fills(account: Any, answer: vk.Answer[Any]) -> Sequence[cap.Fill]:
    return values_of(account, TRADES, answer, answer.value, joined=await LISTING.by_symbol(account))


async def _orders(account: Any, answer: vk.Answer[Any]) -> Sequence[cap.Order]:
    contracts, raws = await LISTING.by_symbol(account), answer.raw or [None] * len(answer.value)
    pairs = zip(answer.value, raws, strict=True)
    return [order_of(row, contracts.get(row.symbol), answer.received_at, raw) for row, raw in pairs]


async def _incomes(account: Any, answer: vk.Answer[Any]) -> Sequence[cap.Income]:
    """Return the movements that have happened: the profit of a session that is not over changes until then."""
    ids = answer.value.column("transactID")
    settled = answer.value.chosen(lambda _: [place for place, one in enumerate(ids) if one != UNSETTLED])
    return values_of(account, WALLET, answer, settled)


async def _check(account: vk.Account, filters: Mapping[str, Any]) -> None:
    """Refuse a contract that BitMEX does not list: it answers an empty list about one."""
    if "symbol" in filters:
        await LISTING.find(account, filters["symbol"])


def _history(
    endpoint: vk.Endpoint[Any], items: Any, paging: parts.Paging, time: str = "time", **more: Any
) -> parts.History[Any]:
    return parts.History(
        endpoint=endpoint,
        paging=paging,
        items=items,
        track=parts.Track(attrgetter(time), attrgetter("key")),
        limit=MOST,
        limit_name="count",
        width=timedelta(days=36_500),
        retention=parts.Retention(words="everything", since=datetime(2014, 1, 1, tzinfo=UTC)),
        check=_check,
        **more,
    )


_WORDS = {"kind": parts.VenueWords(word="venue_kind", known=lambda: INCOMES, members=cap.IncomeKind)}
FILL_HISTORY = _history(TRADES, _fills, parts.FromTime(), parameters={"filter": filter_by(execType="Trade")})
ORDER_HISTORY = _history(TABLE, _orders, parts.FromTime(), "updated_at")
INCOME_HISTORY = _history(WALLET, _incomes, parts.NewestFirst("start"), parameters={"currency": "all"}, words=_WORDS)


class BitmexHistories(vk.Account, cap.FillReader, cap.IncomeReader, cap.OrderReader):
    """Fills, movements of the wallet, and orders."""

    __slots__ = ()

    def iter_fills(
        self, symbol: str, *, start: datetime | None = None, end: datetime | None = None, after: cap.Fill | None = None
    ) -> vk.Pager[cap.Fill]:
        """Walk the trades of a contract."""
        return FILL_HISTORY.walk(self, filters={"symbol": symbol}, start=start, end=end, after=after)

    def iter_income(
        self,
        *,
        symbol: str | None = None,
        asset: str | None = None,
        kind: cap.IncomeKind | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: cap.Income | None = None,
    ) -> vk.Pager[cap.Income]:
        """Walk the movements of the wallet; the profit of a contract is booked once a session."""
        if kind is not None and kind in PARTS:
            raise self.refuse(f"{kind} is booked as a part of {PARTS[kind]} here: ask for that")
        matching = {"symbol": symbol, "asset": asset, "kind": kind}
        return INCOME_HISTORY.walk(self, start=start, end=end, after=after, matching=matching)

    def iter_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: cap.Order | None = None,
    ) -> vk.Pager[cap.Order]:
        """Walk the orders by the time of their last change."""
        return ORDER_HISTORY.walk(self, filters={"symbol": symbol}, start=start, end=end, after=after)
