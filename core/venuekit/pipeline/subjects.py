"""Subjects: writes to one thing run one after another, and wait for what may still arrive."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Hashable, Mapping

import attrs

from venuekit.endpoint import Subject

__all__ = ["FENCING", "QUEUED", "Fence", "Subjects"]

#: what runs one after another
QUEUED = frozenset({Subject.ACCOUNT, Subject.SYMBOL})
#: what keeps others waiting while it may still arrive
FENCING = QUEUED | {Subject.EVERY_ORDER}
#: whose fences a write waits for
_HEEDED: Mapping[Subject, frozenset[Subject]] = {
    Subject.ACCOUNT: QUEUED,
    Subject.SYMBOL: QUEUED,
    Subject.ORDER: frozenset({Subject.EVERY_ORDER}),
    Subject.EVERY_ORDER: frozenset(),  # what ends orders waits for nothing
}


@attrs.frozen
class Fence:
    """
    A write that may still arrive until ``until`` (milliseconds on the venue's clock).

    ``symbol`` is None for every symbol. ``write`` identifies what it would do; the very same write need not wait.
    """

    symbol: str | None
    until: int
    write: Hashable
    subject: Subject


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
                # gone already where its turn came after it was cancelled
                if (symbol, turn) in self._waiting:
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

    def fenced_until(self, subject: Subject, symbols: Collection[str], write: Hashable, now: int) -> int:
        """
        Return until when (milliseconds) a write must wait for those that may still arrive; 0 for not at all.

        ``symbols`` are those that it touches, none for every one.
        """
        if not self.fences:
            return 0
        self.fences = [fence for fence in self.fences if fence.until >= now]
        heeded = [fence for fence in self.fences if fence.subject in _HEEDED[subject] and fence.write != write]
        return max(
            (one.until for one in heeded if not symbols or one.symbol is None or one.symbol in symbols), default=0
        )

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
