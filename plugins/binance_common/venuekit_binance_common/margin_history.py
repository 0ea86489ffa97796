"""The history of margin that was moved by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import attrs

from venuekit.account import Account
from venuekit.capabilities import MarginChange, MarginChangeReader
from venuekit.endpoint import Endpoint
from venuekit.walk import Walk
from venuekit.walking import Page, Span, Track, bisected
from venuekit_binance_common.margin_payloads import MarginChangeRow
from venuekit_binance_common.reach import Reach, milliseconds
from venuekit_binance_common.words import POSITION_SIDES

__all__ = ["BinanceMarginHistory"]

_MOST_ROWS = 500


@attrs.frozen
class _Found:
    """A change, and how many of its millisecond were just like it before: rows carry no id."""

    change: MarginChange
    twin: int = 0

    @property
    def key(self) -> Hashable:
        one = self.change
        return (one.time, one.side, one.amount, one.cause, self.twin)


def _moment(found: _Found) -> int:
    return 0 if found.change.time is None else milliseconds(found.change.time)


_TRACK = Track[_Found](time=_moment, key=lambda found: found.key)


class BinanceMarginHistory(Account, MarginChangeReader):
    """The venue has no pages here: a stretch with more rows than it tells is asked for in halves."""

    __slots__ = ()

    MARGIN_HISTORY: ClassVar[Endpoint[tuple[MarginChangeRow, ...]]]
    MARGIN_REACH: ClassVar[Reach]
    SERVER_TIME: ClassVar[Endpoint[datetime]]

    def iter_margin_changes(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: MarginChange | None = None,
    ) -> Walk[MarginChange]:
        """Walk the changes of a symbol, at most 30 days at a time; a request weighs 1."""

        async def walk() -> AsyncGenerator[MarginChange, None]:
            span = await self.MARGIN_REACH.span(
                self,
                self.SERVER_TIME,
                operation="iter_margin_changes",
                start=start,
                end=end,
                after=None if after is None else after.time,
            )
            found = bisected(
                fetch,
                span.windows(self.MARGIN_REACH.width),
                track=_TRACK,
                after=None if after is None else _Found(after),
                most_pages=1,
            )
            async for one in found:
                yield one.change

        async def fetch(window: Span, _: str | None) -> Page[_Found]:
            answer = await self.answer(
                self.MARGIN_HISTORY, symbol=symbol, startTime=window.start, endTime=window.end, limit=_MOST_ROWS
            )
            rows = _numbered(answer.value, answer.raw)
            # a full answer stands for a page of many, which makes the walk halve the stretch
            return Page(rows[::-1], "more" if len(rows) >= _MOST_ROWS else None)

        return Walk(walk, cost_per_page=self.MARGIN_HISTORY.weight_most)


def _numbered(rows: Sequence[MarginChangeRow], raws: Sequence[Mapping[str, Any]] | None) -> list[_Found]:
    seen: Counter[Hashable] = Counter()
    found = []
    for index, row in enumerate(rows):
        side = POSITION_SIDES[row.position_side]
        raw = None if raws is None else raws[index]
        change = MarginChange(row.symbol, side, row.asset, row.signed, row.time, row.delta_type, raw)
        identity = (row.time, side, row.signed, row.delta_type)
        found.append(_Found(change, seen[identity]))
        seen[identity] += 1
    return found
