"""Fills, and the orders that the venue itself placed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from operator import attrgetter

from venuekit.capabilities import Fill, FillKind, FillReader, ForcedOrderReader, Order, OrderKind, OrderStatus, Unit
from venuekit.parts.histories import HistoryCall, Track, merge_histories
from venuekit.plugin import Account, Pager
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.histories import TWO_YEARS, ReceivedRow, cursor_history, itself
from venuekit_bybit_inverse.instruments import settle_coins
from venuekit_bybit_inverse.order_rows import FORCED, ListedFill, complete_fill, complete_order
from venuekit_bybit_inverse.reading import raw_rows
from venuekit_bybit_inverse.wire import CONTRACT_SIZE

_TRACK = Track[Fill](attrgetter("time"), attrgetter("key"))
#: an order that was given already may have been filled for so long
_OVERLAP = timedelta(hours=1)
_EXECUTIONS = cursor_history(
    BYBIT.EXECUTIONS,
    itself,
    time=attrgetter("row.time"),
    key=attrgetter("row.id"),
    limit=100,
    category=CATEGORY,
)


class BybitFills(Account, FillReader, ForcedOrderReader):
    """Read fills of the last two years; liquidations and deleveraging are known by the kind of their fills."""

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
        call = HistoryCall(self)

        async def items() -> AsyncGenerator[Fill, None]:
            span = await call.span(TWO_YEARS, start, end, after=None if after is None else after.time)
            settle = (await settle_coins(self, frozenset({symbol}))).get(symbol)
            rows = call.items(_EXECUTIONS, span, symbol=symbol)
            fills = (
                complete_fill(one.row, one.row.commission_asset or settle, one.raw)
                async for one in rows
                if one.row.kind is not FillKind.FUNDING
            )
            async for fill in merge_histories(fills, track=_TRACK, after=after):
                yield fill

        return Pager(items, cost_per_page=_EXECUTIONS.cost({}))

    def iter_forced_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """
        Walk the orders behind forced fills, each once; one that is no longer listed is described by its first fill.

        Liquidations and deleveraging are two histories, read side by side.
        """
        call = HistoryCall(self)

        async def items() -> AsyncGenerator[Order, None]:
            resume = None if after is None else after.created_at or after.updated_at
            behind = None if resume is None else resume - _OVERLAP
            span = await call.span(TWO_YEARS, start, end, after=behind)
            fills = [call.items(_EXECUTIONS, span, symbol=symbol, execType=kind) for kind in FORCED]
            seen: set[str] = set()
            met, held = after is None, list[ReceivedRow[ListedFill]]()
            async for received in merge_histories(*fills, track=_EXECUTIONS.track):
                if received.row.kind not in FORCED.values() or received.row.order_id in seen:
                    continue
                seen.add(received.row.order_id)
                if met:
                    yield await self._order_of_fill(received)
                elif after is not None and received.row.order_id == after.id:
                    met, held = True, []
                else:
                    held.append(received)
            for received in held:  # the item to continue behind is gone
                if resume is None or received.row.time >= resume:
                    yield await self._order_of_fill(received)

        return Pager(items, cost_per_page=_EXECUTIONS.cost({}))

    async def _order_of_fill(self, received: ReceivedRow[ListedFill]) -> Order:
        fill = received.row
        answer = await self.answer(BYBIT.ORDER_HISTORY, category=CATEGORY, symbol=fill.symbol, orderId=fill.order_id)
        for row, raw in zip(answer.value.rows, raw_rows(answer, len(answer.value.rows)), strict=True):
            return complete_order(row, answer.received_at, raw)
        return Order(
            id=fill.order_id,
            client_id=fill.client_id,
            symbol=fill.symbol,
            kind=OrderKind.PLAIN,
            side=fill.side,
            type=fill.order_type,
            status=OrderStatus.FILLED,
            quantity=fill.order_quantity,
            contract_size=CONTRACT_SIZE,
            contract_unit=Unit.QUOTE,
            venue_status=None,
            updated_at=fill.time,
            received_at=received.received_at,
            raw=received.raw,
        )
