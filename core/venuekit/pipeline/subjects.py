"""Subjects: writes to one thing run one after another, and wait for what may still arrive."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable

import attrs

__all__ = ["Fence", "Subjects"]


@attrs.frozen
class Fence:
    """
    A write that may still arrive until ``until`` (milliseconds on the venue's clock).

    ``write`` identifies what it would do; the very same write need not wait for it.
    """

    symbol: str | None
    until: int
    write: Hashable


@attrs.define(eq=False)
class Subjects:
    """
    The subjects of one API key in one realm: the account (None) excludes every symbol.

    Waiters are served in the order they came, so that nobody starves.
    """

    _held: set[str | None] = attrs.field(factory=set, init=False)
    _waiting: deque[tuple[str | None, asyncio.Future[None]]] | None = attrs.field(default=None, init=False)
    #: writes that may still arrive
    fences: list[Fence] = attrs.field(factory=list, init=False)
    #: identities of history rows that writes of this key already explain
    claimed: set[str] | None = attrs.field(default=None, init=False)

    def try_enter(self, symbol: str | None) -> bool:
        """Hold this subject if no other write to it runs or waits; say whether that is so."""
        if self._waiting or (self._held and not self._free(symbol)):
            return False
        self._held.add(symbol)
        return True

    async def enter(self, symbol: str | None) -> None:
        """Wait until no other write to this subject runs, and hold it."""
        if self.try_enter(symbol):
            return
        if self._waiting is None:
            self._waiting = deque()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((symbol, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(symbol)
            else:
                self._waiting.remove((symbol, turn))
                self._wake()
            raise

    def leave(self, symbol: str | None) -> None:
        """Let the next one in."""
        self._held.discard(symbol)
        if self._waiting:
            self._wake()

    def raise_fence(self, fence: Fence) -> None:
        """Remember that a write may still arrive."""
        self.fences.append(fence)

    def claim(self, identity: str) -> None:
        """Remember that a history row belongs to a write that is explained."""
        self.claimed = (self.claimed or set()) | {identity}

    def lower(self, fence: Fence) -> None:
        """Forget a write that is proven to have arrived: it cannot arrive once more."""
        if fence in self.fences:
            self.fences.remove(fence)

    def fenced_until(self, symbol: str | None, write: Hashable, now: int) -> int:
        """Return until when (milliseconds) another write than those still under way must wait; 0 for not at all."""
        if not self.fences:
            return 0
        self.fences = [fence for fence in self.fences if fence.until >= now]
        return max((fence.until for fence in self.fences if self._meets(fence, symbol, write)), default=0)

    @staticmethod
    def _meets(fence: Fence, symbol: str | None, write: Hashable) -> bool:
        return fence.write != write and (symbol is None or fence.symbol is None or fence.symbol == symbol)

    def _free(self, symbol: str | None) -> bool:
        if symbol is None:
            return not self._held
        return None not in self._held and symbol not in self._held

    def _wake(self) -> None:
        waiting = self._waiting
        while waiting and self._free(waiting[0][0]):
            symbol, turn = waiting.popleft()
            if not turn.done():
                self._held.add(symbol)
                turn.set_result(None)
