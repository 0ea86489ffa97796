"""A clock that follows the running event loop, so that client and simulator share a loop's made-up time."""

from __future__ import annotations

import asyncio

import attrs

__all__ = ["LoopClock"]


@attrs.frozen
class LoopClock:
    """
    A :class:`~venuekit.clock.Clock` whose time is the running loop's.

    ``start`` is the wall clock, in milliseconds since 1970, where the loop's own time is 0. On a loop that leaps over
    idle time (looptime), waiting costs nothing and all clocks still agree.
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
