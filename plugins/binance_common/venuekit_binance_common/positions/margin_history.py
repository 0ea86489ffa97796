"""The history of margin that was moved by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from venuekit.capabilities import MarginChange, MarginChangeReader
from venuekit.parts.histories import Origin, Page, Span, Track, walk_by_cursor
from venuekit.plugin import Account, Pager
from venuekit_binance_common.enums import POSITION_SIDES
from venuekit_binance_common.history_limits import HistoryLimit, milliseconds
from venuekit_binance_common.positions.margin import MarginChangeRow
from venuekit_binance_common.product import ProductEndpoints

__all__ = ["BinanceMarginHistory"]

_MOST_ROWS = 500


#: rows carry no id: those of one millisecond that are alike are told apart by their number
_TRACK = Track[MarginChange](
    time=lambda change: 0 if change.time is None else milliseconds(change.time),
    key=lambda change: (change.time, change.side, change.amount, change.cause, change.twin),
)


class BinanceMarginHistory(Account, MarginChangeReader):
    """The venue has no pages here: a stretch with more rows than it tells is asked for in halves."""

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]
    MARGIN_LIMIT: ClassVar[HistoryLimit]

    def iter_margin_changes(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: MarginChange | None = None,
    ) -> Pager[MarginChange]:
        """Walk the changes of a symbol, at most 30 days at a time; a request weighs 1."""

        async def walk() -> AsyncGenerator[MarginChange, None]:
            span = await self.MARGIN_LIMIT.span(
                self,
                operation="iter_margin_changes",
                start=start,
                end=end,
                after=None if after is None else after.time,
            )
            windows = span.windows(self.MARGIN_LIMIT.width)
            origin = Origin(self.venue.id, "iter_margin_changes")
            async for change in walk_by_cursor(fetch, windows, track=_TRACK, after=after, most_pages=1, origin=origin):
                yield change

        async def fetch(window: Span, _: str | None) -> Page[MarginChange]:
            answer = await self.answer_rows(
                self.endpoints.MARGIN_HISTORY,
                symbol=symbol,
                startTime=window.start,
                endTime=window.end,
                limit=_MOST_ROWS,
            )
            rows = _number_alike(answer.value, answer.raw)
            # a full answer stands for a page of many, which makes the walk halve the stretch
            return Page(rows[::-1], "more" if len(rows) + len(answer.odd) >= _MOST_ROWS else None)

        return Pager(walk, cost_per_page=self.endpoints.MARGIN_HISTORY.weight_most)


def _number_alike(rows: Sequence[MarginChangeRow], raws: Sequence[Mapping[str, Any]] | None) -> Sequence[MarginChange]:
    seen: Counter[Hashable] = Counter()
    changes = []
    for index, row in enumerate(rows):
        side = POSITION_SIDES[row.position_side]
        raw = None if raws is None else raws[index]
        alike = (row.time, side, row.signed, row.delta_type)
        changes.append(
            MarginChange(row.symbol, side, row.asset, row.signed, row.time, row.delta_type, seen[alike], raw)
        )
        seen[alike] += 1
    return changes
