"""Position margin: moved by hand between the account and an isolated position, and the history of such moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from venuekit.capabilities import MarginChange, MarginChangeReader, PositionMarginControl, PositionSide
from venuekit.parts.checks import check_amount, check_side
from venuekit.parts.histories import Halved, History, Retention, Track, number_twins
from venuekit.plugin import Account, Answer, Endpoint, Pager, WireRow, from_milliseconds, payload_decoder
from venuekit_binance_common.enums import POSITION_SIDES
from venuekit_binance_common.payloads import camel_names

if TYPE_CHECKING:
    from venuekit_binance_common.endpoints import BinanceEndpoints

#: the venue's numbers for the two directions
ADDED, REDUCED = 1, 2


@attrs.frozen(eq=False, repr=False)
class MovedMargin(WireRow):
    """
    The acknowledgement of a move: an amount > 0, a JSON number here, and its direction.

    ``asset`` and ``time`` are None: only a row of the history, from which a lost one is made, has them.
    """

    amount: Decimal
    type: int
    asset: str | None = None
    time: datetime | None = None


@attrs.frozen(eq=False, repr=False)
class MarginChangeRow(WireRow):
    """One row of the history: an amount > 0 and its direction; rows carry no id."""

    symbol: str
    type: int
    amount: Decimal
    asset: str
    time: datetime
    position_side: str
    delta_type: str | None = None

    @property
    def signed(self) -> Decimal:
        """The amount seen from the position: added > 0, taken away < 0."""
        return self.amount if self.type == ADDED else -self.amount


decode_moved_margin = payload_decoder(MovedMargin)
decode_margin_changes = payload_decoder(tuple[MarginChangeRow, ...], renames=camel_names(MarginChangeRow))


#: wallets have at most this many decimals
_DECIMALS = 8
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


class BinanceMargin(Account, PositionMarginControl, MarginChangeReader):
    """
    The symbol must be isolated (-4049) and hold a position (-4054).

    A lost answer is found out about by the history and the position, which is read before every move; that assumes
    that no other actor moves margin of this position meanwhile.
    The history has no pages: a stretch with more rows than it returns is asked for in halves.
    """

    __slots__ = ()

    endpoints: ClassVar[BinanceEndpoints]
    MARGIN_HISTORY: ClassVar[History[MarginChange]]

    async def add_margin(self, symbol: str, amount: Decimal, *, side: PositionSide | None = None) -> MarginChange:
        """Move ``amount`` of the margin asset, at most eight decimals, to the position; hedge mode needs ``side``."""
        return await self._move(symbol, amount, ADDED, side)

    async def reduce_margin(self, symbol: str, amount: Decimal, *, side: PositionSide | None = None) -> MarginChange:
        """Move ``amount`` back to the account; more than the position can do without is refused (-4051)."""
        return await self._move(symbol, amount, REDUCED, side)

    async def _move(self, symbol: str, amount: object, direction: int, side: PositionSide | None) -> MarginChange:
        moved_amount = check_amount(self, symbol, amount, decimals=_DECIMALS)
        given_side = check_side(self, symbol, side)

        def change(moved: MovedMargin) -> MarginChange:
            signed = moved.amount if direction == ADDED else -moved.amount
            return MarginChange(symbol, given_side or PositionSide.BOTH, moved.asset, signed, moved.time)

        return await self.call_as(
            change,
            self.endpoints.POSITION_MARGIN,
            symbol=symbol,
            positionSide=None if given_side is None else given_side.name,
            amount=moved_amount,
            type=direction,
        )

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
