"""Conversions: two histories of the venue as one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from venuekit.capabilities import Conversion, ConversionReader
from venuekit.parts.concurrency import gather
from venuekit.parts.histories import HistoryCall, Origin, Track, each, merge_histories
from venuekit.plugin import Account, Pager, from_milliseconds
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.endpoints.history import ConvertRow, ExchangeRow
from venuekit_bybit_inverse.reading import ALL_TIME, read_pages, rows_of

_EXCHANGES_PAGE = 50
_CONVERTS_PAGE = 100
_DONE = "success"
_ID: Callable[[ExchangeRow], str] = attrgetter("exchange_tx_id")
_TRACK = Track[Conversion](attrgetter("time"), attrgetter("id"))


class BybitConversions(Account, ConversionReader):
    """
    Read conversions by order and by quote.

    Neither history can be asked for a time, and both come newest first: they are read whole before the first item is
    there, about a kilobyte each, and filters are applied here. Conversions are made by hand, so they are few. A row
    that cannot be read is left out with a warning.
    """

    __slots__ = ()

    def iter_conversions(
        self,
        *,
        from_asset: str | None = None,
        to_asset: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Conversion | None = None,
    ) -> Pager[Conversion]:
        """Walk both histories; a conversion that is listed in both comes once, with the finer of its times."""
        call = HistoryCall(self)

        async def items() -> AsyncGenerator[Conversion, None]:
            span = await call.span(ALL_TIME, start, end)
            coarse, fine = await gather(self._exchanges(), self._converts(call.origin))
            known = coarse | fine
            if after is not None and known.get(after.id, after) != after:
                del known[after.id]  # its time has become finer since it was given
            every = [*known.values()]
            # newest first on the wire; those of one moment keep the order they were made in
            every.reverse()
            every.sort(key=_TRACK.time)
            async for one in merge_histories(each(every), track=_TRACK, after=after):
                wanted = from_asset in {None, one.from_asset} and to_asset in {None, one.to_asset}
                if wanted and span.start <= _TRACK.milliseconds(one) <= span.end:
                    yield one

        return Pager(items, cost_per_page=1)

    async def _exchanges(self) -> dict[str, Conversion]:
        pages = await read_pages(self, BYBIT.EXCHANGES, _ID, limit=_EXCHANGES_PAGE)
        return {
            row.exchange_tx_id: _conversion(row, row.exchange_rate, from_milliseconds(row.created_time * 1000), raw)
            for row, raw in zip(pages.rows, pages.raw, strict=True)
        }

    async def _converts(self, origin: Origin) -> dict[str, Conversion]:
        found: dict[str, Conversion] = {}
        known: set[str] = set()
        index = 1
        while True:
            answer = await self.answer_rows(BYBIT.CONVERTS, index=index, limit=_CONVERTS_PAGE)
            rows = answer.value.rows
            names = {row.exchange_tx_id for row in rows}
            if rows and known >= names:
                raise origin.mismatch(f"page {index} of conversions holds nothing new")
            for row, raw in rows_of(BYBIT.CONVERTS, answer):
                if row.exchange_status == _DONE:
                    found[row.exchange_tx_id] = _conversion(row, row.convert_rate, row.created_at, raw)
            if len(rows) + len(answer.odd) < _CONVERTS_PAGE:
                return found
            known |= names
            index += 1


def _conversion(
    row: ExchangeRow | ConvertRow, rate: Any, moment: datetime, raw: Mapping[str, Any] | None
) -> Conversion:
    return Conversion(
        id=row.exchange_tx_id,
        from_asset=row.from_coin,
        from_amount=-row.from_amount,
        to_asset=row.to_coin,
        to_amount=row.to_amount,
        rate=rate,
        time=moment,
        raw=raw,
    )
