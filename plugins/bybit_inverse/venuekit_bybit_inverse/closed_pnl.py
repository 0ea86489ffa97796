"""Closed profit and loss: the gains of closing orders, net of both fees."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

import attrs

from venuekit.capabilities import ClosedPnl, ClosedPnlReader, OrderSide
from venuekit.parts.histories import History, HistoryCall, Span, merge_histories, warn_when_refused
from venuekit.plugin import Account, Endpoint, EnvironmentName, Pager
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.endpoints.history import ClosedPnlRow
from venuekit_bybit_inverse.order_rows import SIDES
from venuekit_bybit_inverse.reading import TWO_YEARS, ReceivedRow, cursor_history, itself

#: rows are listed by their beginning, items by their end: how long a closing order usually takes
_OVERLAP = timedelta(days=7)


def _key(row: ClosedPnlRow) -> tuple[object, ...]:
    return (row.symbol, row.order_id, row.created_time, row.updated_time, row.closed_size, row.closed_pnl)


def _history_of(endpoint: Endpoint[Any]) -> History[ReceivedRow[ClosedPnlRow]]:
    return cursor_history(
        endpoint,
        itself,
        time=attrgetter("row.created_time"),
        key=lambda received: _key(received.row),
        limit=100,
        category=CATEGORY,
    )


_PRESENT, _OLD = _history_of(BYBIT.CLOSED_PNL), _history_of(BYBIT.OLD_CLOSED_PNL)


class BybitClosedPnl(Account, ClosedPnlReader):
    """
    Read closed profit and loss of the last two years.

    Positions closed before the account became a unified one are kept apart, by symbol: they are read too where a symbol
    is given.
    """

    __slots__ = ()

    def iter_closed_pnl(
        self,
        *,
        symbol: str | None = None,
        kind: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: ClosedPnl | None = None,
    ) -> Pager[ClosedPnl]:
        """Walk by when closing began, 7 days and 100 rows at a time; ``kind`` (``Trade``, ...) is applied here."""
        call = HistoryCall(self)

        async def items() -> AsyncGenerator[ClosedPnl, None]:
            if after is not None:
                span = await call.span(TWO_YEARS, start, end, after=after.closed_at - _OVERLAP)
                with suppress(_NotMetError):  # it began earlier than that, or is gone, and nothing was given yet
                    async for closed in _behind(self._rows(call, symbol, span), after, must_meet=True):
                        if kind in {None, closed.kind}:
                            yield closed
                    return
            span = await call.span(TWO_YEARS, start, end)
            async for closed in _behind(self._rows(call, symbol, span), after):
                if kind in {None, closed.kind}:
                    yield closed

        return Pager(items, cost_per_page=_PRESENT.cost({}))

    def _rows(
        self, call: HistoryCall, symbol: str | None, span: Span
    ) -> AsyncGenerator[ReceivedRow[ClosedPnlRow], None]:
        sources = [call.items(_PRESENT, span, symbol=symbol)]
        if symbol is not None and self.environment is not EnvironmentName.DEMO:  # a demo account was never another kind
            old = call.items(_OLD, span, symbol=symbol)
            sources.append(warn_when_refused(old, "what was closed before the account became a unified one"))
        return merge_histories(*sources, track=_PRESENT.track)


class _NotMetError(Exception):
    """The item to continue behind does not stand where it was looked for."""


async def _behind(
    rows: AsyncGenerator[ReceivedRow[ClosedPnlRow], None], after: ClosedPnl | None, *, must_meet: bool = False
) -> AsyncGenerator[ClosedPnl, None]:
    """
    Leave out everything up to the item to continue behind; if it is gone, everything closed by then.

    Raises:
        _NotMetError: it is not among the rows, and was to be met; nothing was given.
    """
    seen = None if after is None else attrs.evolve(after, raw=None)
    held: list[ClosedPnl] = []
    async for received in rows:
        closed = _pnl_of(received)
        if seen is None:
            yield closed
        elif seen in (closed, attrs.evolve(closed, side=None)):  # a file may be older than the side in it
            seen, held = None, []
        elif received.row.created_time <= seen.closed_at:
            held += [closed] if closed.closed_at > seen.closed_at else []
        elif must_meet:
            raise _NotMetError
        else:
            for late in held:
                yield late
            yield closed
            seen, held = None, []
    if seen is not None and must_meet:
        raise _NotMetError
    for late in held:
        yield late


def _pnl_of(received: ReceivedRow[ClosedPnlRow]) -> ClosedPnl:
    row = received.row
    fees = None if row.open_fee is None or row.close_fee is None else Decimal(0) - row.open_fee - row.close_fee
    return ClosedPnl(
        symbol=row.symbol,
        order_id=row.order_id,
        quantity=row.closed_size,
        entry_price=row.avg_entry_price,
        exit_price=row.avg_exit_price,
        pnl_net=row.closed_pnl,
        fees=fees,
        closed_at=row.updated_time,
        kind=row.exec_type,
        side=None if row.side is None else SIDES.get(row.side) or OrderSide(row.side),
        raw=received.raw,
    )
