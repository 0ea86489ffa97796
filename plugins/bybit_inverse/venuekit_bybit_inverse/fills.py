"""Fills, and the orders that the venue itself placed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta

from venuekit.capabilities import Fill, FillReader, ForcedOrderReader, Order, OrderKind, OrderStatus, OrderType, Unit
from venuekit.parts.histories import Span, Track, merge_histories
from venuekit.plugin import Account, Pager
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.history_pages import Found, milliseconds, newest_first, span_of
from venuekit_bybit_inverse.instruments import settle_coins
from venuekit_bybit_inverse.order_payloads import FillRow
from venuekit_bybit_inverse.order_values import fill_of, order_of, side_of
from venuekit_bybit_inverse.reading import raw_rows
from venuekit_bybit_inverse.wire import CONTRACT_SIZE

__all__ = ["BybitFills"]

_PAGE_SIZE = 100
#: written like a fill, and none
_FUNDING = "Funding"
#: the kinds of fills that the venue itself brought about
_FORCED = ("BustTrade", "AdlTrade")
_TRACK = Track[Fill](time=lambda fill: milliseconds(fill.time), key=lambda fill: fill.key)
#: an order that was given already may have been filled for so long
_OVERLAP = timedelta(hours=1)
_ROWS = Track[Found[FillRow]](time=lambda found: found.row.exec_time, key=lambda found: found.row.exec_id)


class BybitFills(Account, FillReader, ForcedOrderReader):
    """Read fills of the last two years; liquidations and deleveraging are told by the kind of their fills."""

    __slots__ = ()

    def iter_fills(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Fill | None = None,
    ) -> Pager[Fill]:
        """Walk fills, 7 days and 100 rows at a time; funding, which stands among them, is left out."""

        async def walk() -> AsyncGenerator[Fill, None]:
            span = await span_of(self, "iter_fills", start, end, after=None if after is None else after.time)
            settle = (await settle_coins(self, frozenset({symbol}))).get(symbol)
            rows = self._fill_rows("iter_fills", symbol, span)
            async for fill in merge_histories(_fills(rows, settle), track=_TRACK, after=after):
                yield fill

        return Pager(walk, cost_per_page=1)

    def iter_forced_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """
        Walk the orders behind forced fills, each once; one that is no longer listed is told by its first fill.

        Liquidations and deleveraging are two histories, read side by side.
        """

        async def walk() -> AsyncGenerator[Order, None]:
            resume = None if after is None else after.created_at or after.updated_at
            behind = None if resume is None else resume - _OVERLAP
            span = await span_of(self, "iter_forced_orders", start, end, after=behind)
            fills = [self._fill_rows("iter_forced_orders", symbol, span, kind) for kind in _FORCED]
            seen: set[str] = set()
            met, held = after is None, list[Found[FillRow]]()
            async for found in merge_histories(*fills, track=_ROWS):
                if found.row.exec_type not in _FORCED or found.row.order_id in seen:
                    continue
                seen.add(found.row.order_id)
                if met:
                    yield await self._order_of_fill(found)
                elif after is not None and found.row.order_id == after.id:
                    met, held = True, []
                else:
                    held.append(found)
            for found in held:  # the item to continue behind is gone
                if resume is None or found.row.exec_time >= resume:
                    yield await self._order_of_fill(found)

        return Pager(walk, cost_per_page=1)

    def _fill_rows(
        self, operation: str, symbol: str | None, span: Span, kind: str | None = None
    ) -> AsyncGenerator[Found[FillRow], None]:
        return newest_first(
            self,
            BYBIT.EXECUTIONS,
            span,
            operation=operation,
            time=lambda row: row.exec_time,
            key=lambda row: row.exec_id,
            limit=_PAGE_SIZE,
            category=CATEGORY,
            symbol=symbol,
            execType=kind,
        )

    async def _order_of_fill(self, found: Found[FillRow]) -> Order:
        fill = found.row
        answer = await self.answer(BYBIT.ORDER_HISTORY, category=CATEGORY, symbol=fill.symbol, orderId=fill.order_id)
        for row, raw in zip(answer.value.rows, raw_rows(answer, len(answer.value.rows)), strict=True):
            return order_of(row, answer.received_at, raw)
        return Order(
            id=fill.order_id,
            client_id=fill.order_link_id,
            symbol=fill.symbol,
            kind=OrderKind.PLAIN,
            side=side_of(fill.side),
            type=OrderType.MARKET if fill.order_type == "Market" else OrderType.LIMIT,
            status=OrderStatus.FILLED,
            quantity=fill.order_qty,
            contract_size=CONTRACT_SIZE,
            contract_unit=Unit.QUOTE,
            venue_status=None,
            updated_at=fill.exec_time,
            received_at=found.received_at,
            raw=found.raw,
        )


async def _fills(rows: AsyncGenerator[Found[FillRow], None], settle: str | None) -> AsyncGenerator[Fill, None]:
    async for found in rows:
        if found.row.exec_type != _FUNDING:
            yield fill_of(found.row, settle, found.raw)
