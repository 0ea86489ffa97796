"""The endpoint that moves margin, and how a lost answer of it is found out about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import Any

import attrs

from venuekit.capabilities import Position, PositionMarginControl
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.plugin import (
    AbsenceProof,
    Absent,
    Applied,
    Call,
    Echoes,
    Effect,
    Encoding,
    Endpoint,
    Kind,
    Lost,
    Parameter,
    Resolution,
    Role,
    Unclear,
    WireRow,
    WriteScope,
)
from venuekit_bybit_inverse.endpoints.market import MarketEndpoints
from venuekit_bybit_inverse.endpoints.positions import PositionEndpoints
from venuekit_bybit_inverse.limits import cost
from venuekit_bybit_inverse.wire import CATEGORY, INVERSE, THE_SYMBOL, wire_row

_EXACT = Context(prec=34)
#: how far the clocks of two machines of the venue are believed to differ
_TOLERANCE = timedelta(seconds=1)
#: the taker fee is part of the sum and is left out: no inverse contract costs more than a thousandth
_FEE_AT_MOST = Decimal("0.001")


async def _read_position(call: Call, parameters: Mapping[str, Any]) -> Position | None:
    page = await call(PositionEndpoints.POSITION_LIST, category=CATEGORY, symbol=parameters["symbol"])
    return next(iter(page.rows.of({parameters["symbol"]}).values()), None)


async def _resolve(call: Call, lost: Lost) -> Resolution[MovedMargin]:
    """
    Compare the position's row with that of before the write; there is no history of margin changes.

    All of it assumes that no other actor moves margin of the position meanwhile.
    """
    for one in lost.others:
        if one.parameters["symbol"] == lost.parameters["symbol"] and one.until + lost.clock_error >= lost.since:
            return Unclear("the journal has another move of this margin since then, and the venue no history of either")
    before, now = lost.before, await _read_position(call, lost.parameters)
    if before is None or now is None:
        return Unclear("there is no row of the position from before to compare with")
    if (now.quantity, now.entry_price, now.leverage) != (before.quantity, before.entry_price, before.leverage):
        return Unclear("the position itself has changed since")
    if now.updated_at == before.updated_at and now.liquidation_price == before.liquidation_price:
        return Absent("the position is as it was before")
    if not (before.liquidation_price and now.liquidation_price and now.quantity):
        return Unclear("the position was touched, and shows no liquidation price that would tell by what")
    if now.updated_at is None or now.updated_at < lost.sent_at - _TOLERANCE:
        return Unclear("the position was touched before the request was sent")
    return await _compare(call, lost, before, now)


async def _compare(call: Call, lost: Lost, before: Position, now: Position) -> Resolution[MovedMargin]:
    """
    Read the margin that came in between out of the liquidation prices: those do not move with the mark.

    A long position's added margin is (Q (1 + mmr) / LP - Q / EP - Q / EP / L - deduction) (1 + fee), a short one's
    (Q / EP - Q / EP / L - deduction - Q (1 - mmr) / LP) (1 - fee); of two such sums everything but LP cancels out.
    """
    size, low, high = abs(now.quantity), before.liquidation_price or Decimal(0), now.liquidation_price or Decimal(0)
    rate = await _maintenance_rate(call, now.symbol, size, (low, high))
    listed = await call(MarketEndpoints.INSTRUMENTS, category=CATEGORY, symbol=now.symbol)
    tick = next((row.price_filter.tick_size for row in listed.rows), None)
    if rate is None or tick is None:
        return Unclear("the tier of the liquidation price cannot be told")
    sign = 1 if before.quantity > 0 else -1
    share = size * (1 + sign * rate)
    moved = sign * (_EXACT.divide(share, high) - _EXACT.divide(share, low))
    amount: Decimal = Decimal(lost.parameters["margin"])
    # either price is off by a tick at most
    blur = tick * share * (_EXACT.divide(1, low * low) + _EXACT.divide(1, high * high)) + abs(amount) * _FEE_AT_MOST
    if abs(moved - amount) <= blur < abs(amount) / 2:
        return Applied(MovedMargin(now.symbol, now.updated_at))
    shown = f"by its liquidation price, its margin moved by {moved:.8f} (give or take {blur:.8f})"
    return Unclear(f"the position was touched: {shown}, and {amount} was asked for")


async def _maintenance_rate(call: Call, symbol: str, size: Decimal, prices: tuple[Decimal, Decimal]) -> Decimal | None:
    """Return the rate of the tier in which the position would be liquidated; None when the prices lie in two tiers."""
    tiers = sorted(
        (await call(MarketEndpoints.RISK_LIMITS, category=CATEGORY, symbol=symbol)).rows, key=lambda tier: tier.tier
    )
    rates = {
        next((tier.maintenance_margin_rate for tier in tiers if size <= tier.cap * price), None) for price in prices
    }
    return rates.pop() if len(rates) == 1 else None


@attrs.frozen(eq=False, repr=False)
class MovedMargin(WireRow):
    """Answer of ``POST /v5/position/add-margin``: the position, without its side."""

    symbol: str
    updated_time: datetime | None = None


class MarginEndpoints(EndpointBook):
    """Moves of margin."""

    ADD_MARGIN = Endpoint(
        "POST",
        "/v5/position/add-margin",
        decode=wire_row(MovedMargin),
        echoes=Echoes({"symbol": "symbol"}),
        parameters=(
            INVERSE,
            THE_SYMBOL,
            Parameter("margin", Kind.DECIMAL, required=True, role=Role.AMOUNT),
            Parameter("positionIdx", Kind.INTEGER, minimum=Decimal(0), maximum=Decimal(0)),
        ),
        encoding=Encoding.JSON,
        effect=Effect.DELTA,
        write_scope=WriteScope.SYMBOL,
        before=_read_position,
        resolve=_resolve,
        absence_proof=AbsenceProof(after=timedelta(seconds=1)),
        pools=cost("add_margin"),
        serves=(PositionMarginControl.add_margin, PositionMarginControl.reduce_margin),
        note="Isolated accounts only; a negative amount reduces. The venue keeps no history of it: a lost answer is"
        " found out about by the position's row, which assumes that nobody else moves its margin.",
    )
