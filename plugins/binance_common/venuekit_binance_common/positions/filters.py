"""Filters of positions: those the venue has, and sides of the position mode."""

from __future__ import annotations

from typing import Any

from venuekit.capabilities import Position, PositionBehaviour, PositionMode, PositionSide
from venuekit.parts.checks import check_side
from venuekit.parts.rows import Rows
from venuekit.plugin import Account, Answer, Outcome, PayloadMismatch


def check_filters(account: Account, **filters: str | None) -> None:
    """
    Refuse a filter that the venue does not have; one that is None was not asked for.

    Raises:
        InvalidArgument: nothing was sent.
    """
    known = account.behaviour(PositionBehaviour).filters
    for name, value in filters.items():
        if value is not None and name not in known:
            raise account.refuse(
                f"positions cannot be filtered by {name} here, only by {', '.join(sorted(known))}",
                subject=value,
            )


def refuse_odd(account: Account, answer: Answer[Any], symbol: str) -> None:
    """
    Refuse to answer for a symbol if one of its rows, or a row of an unknown symbol, could not be read.

    Raises:
        PayloadMismatch: there is such a row.
    """
    for odd in answer.odd:
        if odd.text("symbol") in {symbol, None}:
            raise PayloadMismatch(
                odd.words, venue=account.venue.id, operation=odd.operation, subject=symbol, outcome=Outcome.NOT_APPLIED
            )


def side_that_fits(account: Account, mode: PositionMode, side: PositionSide | None, symbol: str) -> PositionSide:
    """
    Return the side that is meant; none at all means BOTH.

    Raises:
        InvalidArgument: BOTH in hedge mode, LONG or SHORT in one-way mode.
    """
    asked = check_side(account, symbol, side) or PositionSide.BOTH
    if (asked is PositionSide.BOTH) is (mode is PositionMode.ONE_WAY):
        return asked
    fitting = "BOTH" if mode is PositionMode.ONE_WAY else "LONG or SHORT"
    raise account.refuse(
        f"the account is in {mode} mode: the side of a position is {fitting}, not {asked.name}",
        subject=symbol,
    )


def mode_of(rows: Rows[Position]) -> PositionMode | None:
    """Return the mode that rows show: hedge mode has legs, one-way mode BOTH alone. None without a row."""
    if not rows:
        return None
    return PositionMode.ONE_WAY if set(rows.column("positionSide")) == {"BOTH"} else PositionMode.HEDGE
