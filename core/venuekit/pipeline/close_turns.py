"""Close turns: closings of the positions of one account that share a symbol run one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

import attrs

from venuekit.capabilities.enums import PositionSide

#: ``Position.key``; the first part is the symbol
LegKey: TypeAlias = tuple[str, PositionSide, str | None, str | None]


@attrs.frozen
class Expected:
    """
    The quantity of a leg (signed contracts) that a fill has left, which no read has shown yet.

    ``at`` is when the fill was known, on the monotonic clock. ``filled_at`` is the venue's time of the fill, and
    ``read_at`` that of the last change in the row before it; None where the venue does not say.
    """

    quantity: Decimal
    at: float
    filled_at: datetime | None = None
    read_at: datetime | None = None

    def is_shown_by(self, updated_at: datetime | None) -> bool:
        """Say whether a row that changed last at this time is newer than the fill."""
        if updated_at is None or self.filled_at is None or self.read_at is None:
            return False
        return updated_at >= self.filled_at and updated_at > self.read_at


@attrs.define(eq=False)
class _Turn:
    symbols: frozenset[str] | None
    ended: asyncio.Event = attrs.field(factory=asyncio.Event)

    def meets(self, other: _Turn) -> bool:
        return self.symbols is None or other.symbols is None or not self.symbols.isdisjoint(other.symbols)


@attrs.define(eq=False)
class CloseTurns:
    """
    The closings of one account, by whichever of its keys, in the order in which they were asked for.

    ``expected`` is known to the next closing, too: it does not close a second time a leg that a read still shows which
    lags. ``shown`` is, for each symbol, the last fill that a read has shown: reads are as new as that, at least.
    """

    _turns: list[_Turn] = attrs.field(factory=list, init=False)
    expected: dict[LegKey, Expected] = attrs.field(factory=dict, init=False)
    shown: dict[str, float] = attrs.field(factory=dict, init=False)

    @asynccontextmanager
    async def take(self, symbols: frozenset[str] | None, seconds: float) -> AsyncIterator[bool]:
        """Wait for earlier closings of these symbols, None for all; yield whether they ended within these seconds."""
        turn = _Turn(symbols)
        ahead = [one for one in self._turns if turn.meets(one)]
        self._turns.append(turn)
        try:
            try:
                async with asyncio.timeout(seconds):
                    for one in ahead:
                        await one.ended.wait()
            except TimeoutError:
                yield False
            else:
                yield True
        finally:
            self._turns.remove(turn)
            turn.ended.set()

    def absorb(self, other: CloseTurns) -> None:
        """Take over the closings of another key that turned out to be of the same account."""
        self._turns += other._turns
        self.expected |= other.expected
        self.shown |= other.shown
        other._turns, other.expected, other.shown = self._turns, self.expected, self.shown
