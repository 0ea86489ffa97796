"""Fill log: every fill of an account counted once, and the check that they explain the positions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypeAlias

from venuekit.capabilities import Fill, FillKind, OrderSide, Position, PositionSide

#: symbol and side of a position
Leg: TypeAlias = tuple[str, PositionSide]

#: fills that are remembered, so that a repeated one is not counted again
_REMEMBERED = 20_000
#: entries of a venue's list of fills by which no position changes
_WITHOUT_TRADE = frozenset({FillKind.FUNDING, FillKind.DIVIDEND, FillKind.SPLIT})
_ZERO = Decimal(0)


class FillLog:
    """The fills of one account since a view was opened, each counted once by its key."""

    def __init__(self) -> None:
        self._keys: OrderedDict[tuple[str, str], None] = OrderedDict()
        #: the sum of all fills of a leg, signed contracts
        self._sums: dict[Leg, Decimal] = {}
        #: quantity of a leg less its fills, at a moment when both were known to be complete
        self._opening: dict[Leg, Decimal] | None = None
        #: until when everything was complete the last time, and when a symbol first and last moved: monotonic clock
        self._balanced = float("inf")
        self._first: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def has(self, fill: Fill) -> bool:
        """Say whether a fill was counted."""
        return fill.key in self._keys

    def count(self, fill: Fill, now: float) -> bool:
        """Count a fill; return False for one that was counted before."""
        if fill.key in self._keys:
            return False
        self._keys[fill.key] = None
        if len(self._keys) > _REMEMBERED:
            self._keys.popitem(last=False)
        self.note_activity(fill.symbol, now)
        leg = leg_of(fill)
        self._sums[leg] = self._sums.get(leg, _ZERO) + quantity_moved_by(fill)
        return True

    def note_activity(self, symbol: str, now: float) -> None:
        """Note that a position changed, whose fills may come before or after it."""
        self._first.setdefault(symbol, now)
        self._last[symbol] = now

    def balance(self, positions: Iterable[Position], quiet_since: float) -> None:
        """Take positions that are complete as the sum of the fills before; but not those that moved lately."""
        quantities = quantities_of(positions)
        opening = self._opening or {}
        for leg in {*quantities, *self._sums}:
            if self._last.get(leg[0], quiet_since) <= quiet_since:
                opening[leg] = quantities.get(leg, _ZERO) - self._sums.get(leg, _ZERO)
        self._opening, self._balanced = opening, quiet_since

    def find_rests(
        self, positions: Iterable[Position], more: Iterable[Fill], symbols: Iterable[str]
    ) -> dict[Leg, Decimal]:
        """
        Return the legs of ``symbols`` whose position has moved by more or less than its fills, each with the rest.

        ``more`` are fills that are not counted yet. Legs whose opening position is not known are left out.
        """
        if self._opening is None:
            return {}
        quantities, sums = quantities_of(positions), dict(self._sums)
        for fill in more:
            sums[leg_of(fill)] = sums.get(leg_of(fill), _ZERO) + quantity_moved_by(fill)
        asked = set(symbols)
        rests = {
            leg: quantities.get(leg, _ZERO) - sums.get(leg, _ZERO) - self._opening.get(leg, _ZERO)
            for leg in {*quantities, *sums, *self._opening}
            if leg[0] in asked and (leg in self._opening or self._first.get(leg[0], self._balanced) >= self._balanced)
        }
        return {leg: rest for leg, rest in rests.items() if rest}


def leg_of(fill: Fill) -> Leg:
    """Return the leg that a fill is of."""
    return (fill.symbol, fill.position_side or PositionSide.BOTH)


def quantity_moved_by(fill: Fill) -> Decimal:
    """Return the contracts by which a fill moves its position."""
    if fill.kind in _WITHOUT_TRADE:
        return _ZERO
    return -fill.quantity if fill.side is OrderSide.SELL else fill.quantity


def quantities_of(positions: Iterable[Position]) -> Mapping[Leg, Decimal]:
    """Return the quantity of each leg."""
    quantities: dict[Leg, Decimal] = {}
    for position in positions:
        leg = (position.symbol, position.side)
        quantities[leg] = quantities.get(leg, _ZERO) + position.quantity
    return quantities
