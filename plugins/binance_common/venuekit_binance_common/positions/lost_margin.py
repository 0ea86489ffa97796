"""How a lost move of margin is found out about: by the history's rows, and by the position they move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import Position, PositionSide
from venuekit.parts.columns import Column, Derived, number, text, whole, words
from venuekit.parts.rows import Reads, Rows
from venuekit.plugin import (
    AbsenceProof,
    Absent,
    Applied,
    Call,
    Endpoint,
    InvalidArgument,
    Lost,
    OtherWrite,
    Resolution,
    Resolve,
    Unclear,
    alike,
    find_unexplained,
    to_milliseconds,
)
from venuekit_binance_common.enums import POSITION_SIDES
from venuekit_binance_common.positions.margin import MarginChangeRow, MovedMargin

#: rows may be late; a request cannot be, past its fence
ABSENCE = AbsenceProof(after=timedelta(seconds=10))
#: more rows than this within seconds are not looked through
_MOST_ROWS = 50


@attrs.frozen
class Leg:
    """The part of a position that moves with its margin; ``updated`` is the venue's own stamp, in milliseconds."""

    symbol: str = ""
    side: PositionSide = PositionSide.BOTH
    quantity: Decimal = Decimal(0)
    isolated_wallet: Decimal = Decimal(0)
    updated: int | None = None


def legs_read(isolated_wallet: Column | Derived) -> Reads[Leg]:
    """Return the declaration of the legs in rows of positions; the column of the isolated wallet is the product's."""
    return Reads(
        Leg,
        key="symbol",
        symbol=text("symbol"),
        side=words("positionSide", POSITION_SIDES, unknown=PositionSide),
        quantity=number("positionAmt"),
        isolated_wallet=isolated_wallet,
        updated=whole("updateTime", may_be_blank=True),
    )


@attrs.frozen
class PositionLegs:
    """
    Reads the legs of a symbol: those of the position mode that holds, or none where the venue lists none.

    ``blur`` is how far two readings of one and the same wallet may differ, by the rounding of its parts: in the settle
    asset; 0 where the venue gives the wallet itself.
    """

    endpoint: Endpoint[Rows[Position]]
    legs: Reads[Leg]
    blur: Decimal = Decimal(0)

    async def __call__(self, call: Call, symbol: str) -> Mapping[PositionSide, Leg]:
        """Return the legs by side; where BOTH is listed beside those of hedge mode, without it."""
        named = {"symbol": symbol} if "symbol" in self.endpoint.by_name else {}
        rows = await call(self.endpoint, **named)
        legs = {leg.side: leg for leg in rows.read_by(self.legs).of({symbol}).values()}
        if len(legs) > 1:
            legs.pop(PositionSide.BOTH, None)
        return legs


def margin_before(read_legs: PositionLegs) -> Callable[[Call, Mapping[str, Any]], Awaitable[Leg]]:
    """Return a function that reads the leg before its margin is moved, and refuses a side the position mode lacks."""

    async def read(call: Call, parameters: Mapping[str, Any]) -> Leg:
        symbol, side = parameters["symbol"], _side(parameters)
        legs = await read_legs(call, symbol)
        if legs and side not in legs:
            fitting = "BOTH" if PositionSide.BOTH in legs else "LONG or SHORT"
            raise InvalidArgument(f"the position mode has no such side: name {fitting}, not {side.name}")
        return legs.get(side, Leg())

    return read


def margin_resolver(history: Endpoint[tuple[MarginChangeRow, ...]], read_legs: PositionLegs) -> Resolve:
    """
    Return the function that resolves a lost move of margin.

    It did when exactly one row that no other write explains has its direction, side and amount, from the moment the
    position was read before it (what an equal write that was answered earlier left behind is older, and part of what
    was read) until it could not arrive any more, and the position is not as it was before. It did not when there is
    no such row and the position is as it was before. Equal writes of other processes, and after a restart all that the
    journal knows, explain a row each. Rows carry no id: all of it assumes that no other actor moves margin of this
    position meanwhile.
    """

    async def resolve(call: Call, lost: Lost) -> Resolution[MovedMargin]:
        others = alike(lost, _row_key)
        rows = await _fitting(call, history, lost, others)
        if rows is None:
            return Unclear(f"the history has {_MOST_ROWS} rows or more of those seconds")
        found = find_unexplained(list(rows.items()), others)
        if found is None:
            if not rows and lost.before is not None:
                found = ()  # the position alone shows it
            else:
                return Unclear(f"{len(others)} equal writes of those seconds explain the rows of the history as well")
        fitting = dict(found)
        if len(fitting) > 1:
            return Unclear(
                f"the history has {len(fitting)} such rows: somebody else moves margin of this position, too"
            )
        legs = await read_legs(call, lost.parameters["symbol"])
        now = legs.get(_side(lost.parameters), Leg())
        unmoved = lost.before is not None and _is_same(lost.before, now, read_legs.blur)
        if not fitting:
            if unmoved:
                return Absent("no row in the history, and the position is as it was before")
            of = " that no other write explains" if others else ""
            return Unclear(f"no row in the history{of}, and nothing shows that the position is as it was before")
        if unmoved:
            return Unclear("the history has such a row, but the position is as it was before")
        ((identity, row),) = fitting.items()
        return Applied(MovedMargin(row.amount, row.type, row.asset, row.time), claims=identity)

    return resolve


async def _fitting(
    call: Call, history: Endpoint[tuple[MarginChangeRow, ...]], lost: Lost, others: Sequence[OtherWrite]
) -> Mapping[str, MarginChangeRow] | None:
    """
    Return the rows that may be the lost one or an equal one, by identity, oldest first.

    None when there are too many to look through.
    """
    symbol, direction = lost.parameters["symbol"], int(lost.parameters["type"])
    amount, side = Decimal(lost.parameters["amount"]), _side(lost.parameters)
    first = min([lost.since, *(one.sent_at for one in others)]) - lost.clock_error
    last = max([lost.fence, *(one.until for one in others)]) + lost.clock_error
    known = (lost.before and lost.before.updated) or 0  # a row that is not newer was part of the read before
    rows = await call(
        history,
        symbol=symbol,
        type=direction,
        startTime=to_milliseconds(first),
        endTime=to_milliseconds(last),
        limit=_MOST_ROWS,
    )
    if len(rows) >= _MOST_ROWS:
        return None
    fitting = [
        row
        for row in rows
        if (row.symbol, row.type, row.amount, row.position_side) == (symbol, direction, amount, side.name)
        and first <= row.time <= last
        and to_milliseconds(row.time) > known
    ]
    twins: Counter[int] = Counter()
    found = {}
    for row in sorted(fitting, key=lambda row: row.time):
        moment = to_milliseconds(row.time)
        twins[moment] += 1
        found[f"{symbol} {side.name} {row.signed} {moment} {twins[moment]}"] = row
    return {identity: row for identity, row in found.items() if identity not in lost.claimed}


def _row_key(parameters: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the facts about a write that a row of the history shows."""
    return parameters["symbol"], int(parameters["type"]), Decimal(parameters["amount"]), _side(parameters)


def _side(parameters: Mapping[str, Any]) -> PositionSide:
    return POSITION_SIDES[parameters.get("positionSide") or "BOTH"]


def _is_same(before: Leg, now: Leg, blur: Decimal) -> bool:
    same = (before.quantity, before.updated) == (now.quantity, now.updated)
    return same and abs(before.isolated_wallet - now.isolated_wallet) <= blur
