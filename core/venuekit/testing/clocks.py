"""Clocks for tests: one of the event loop, and one on which waiting takes no time."""

from __future__ import annotations

import asyncio

import attrs


@attrs.frozen
class LoopClock:
    """
    A :class:`~venuekit.clock.Clock` whose time is the running loop's.

    ``start`` is the wall clock, in milliseconds since 1970, at the loop's own time 0. On a loop that leaps over idle
    time (looptime), waiting costs nothing and all clocks still agree.
    """

    start: int = 1_750_000_000_000

    def milliseconds(self) -> int:
        """Return the wall clock in milliseconds since 1970."""
        return self.start + round(asyncio.get_running_loop().time() * 1000)

    def monotonic(self) -> float:
        """Return the loop's time in seconds."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


@attrs.define
class InstantClock:
    """
    A :class:`~venuekit.clock.Clock` that only moves when a task waits; a wait advances it at once.

    Shared by client and simulator, it lets retries, fences and absence proofs pass in no time over real sockets. Only
    one task may wait at a time, and a write waits for another one of the same scope: for several tasks, use
    :class:`~venuekit.testing.LoopClock` on a loop that leaps.
    """

    #: the wall clock, in milliseconds since 1970
    now: int = 1_750_000_000_000
    waited: float = attrs.field(default=0.0, init=False)

    def milliseconds(self) -> int:
        """Return the wall clock in milliseconds since 1970."""
        return self.now + round(self.waited * 1000)

    def monotonic(self) -> float:
        """Return the total of all waits, in seconds."""
        return self.waited

    async def sleep(self, seconds: float) -> None:
        """Advance by ``seconds``, by a millisecond at least as real waits do, and let other tasks run."""
        if seconds > 0:
            self.waited += max(0.001, seconds)
        await asyncio.sleep(0)
