"""The history of margin that was moved by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, ClassVar

from venuekit.capabilities import MarginChange, MarginChangeReader
from venuekit.parts.histories import Halved, History, Retention, Track, number_twins
from venuekit.plugin import Account, Answer, Endpoint, Pager, from_milliseconds
from venuekit_binance_common.enums import POSITION_SIDES
from venuekit_binance_common.positions.margin import MarginChangeRow

#: the fields that rows without an id share when they are alike
_IDENTITY = attrgetter("time", "side", "amount", "cause")


def margin_history(endpoint: Endpoint[tuple[MarginChangeRow, ...]], retention: Retention) -> History[MarginChange]:
    """Return the history of margin changes of a product, at most 30 days a request."""
    return History(
        endpoint=endpoint,
        paging=Halved(),
        items=_read_items,
        # rows carry no id: equal ones of one millisecond are numbered
        track=Track(
            lambda change: change.time or from_milliseconds(0),
            attrgetter("time", "side", "amount", "cause", "twin"),
        ),
        limit=500,
        width=timedelta(days=30),
        retention=retention,
    )


async def _read_items(_: Any, answer: Answer[tuple[MarginChangeRow, ...]]) -> Sequence[MarginChange]:
    raws = answer.raw or (None,) * len(answer.value)
    return number_twins([_change_of(row, raw) for row, raw in zip(answer.value, raws, strict=True)], _IDENTITY)


def _change_of(row: MarginChangeRow, raw: Mapping[str, Any] | None) -> MarginChange:
    side = POSITION_SIDES[row.position_side]
    return MarginChange(row.symbol, side, row.asset, row.signed, row.time, row.delta_type, raw=raw)


class BinanceMarginHistory(Account, MarginChangeReader):
    """The venue has no pages here: a stretch with more rows than it returns is asked for in halves."""

    __slots__ = ()

    MARGIN_HISTORY: ClassVar[History[MarginChange]]

    def iter_margin_changes(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: MarginChange | None = None,
    ) -> Pager[MarginChange]:
        """Walk the changes of a symbol, at most 30 days at a time; a request weighs 1."""
        return self.MARGIN_HISTORY.walk(self, start=start, end=end, after=after, filters={"symbol": symbol})
