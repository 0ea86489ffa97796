"""Time: one injected clock, and how far a venue's clock is from it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import attrs

if TYPE_CHECKING:
    import asyncio

__all__ = ["Clock", "SystemClock", "VenueClock", "clock_error", "from_milliseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_milliseconds(milliseconds: int) -> datetime:
    """Return an instant given in milliseconds since 1970 as an aware UTC datetime, exactly."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


class Clock(Protocol):
    """Where all time comes from; no other module asks the operating system."""

    def milliseconds(self) -> int:
        """Return the wall clock in milliseconds since 1970."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The clock of this machine."""

    __slots__ = ()

    def milliseconds(self) -> int:
        """Return the wall clock in milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        import asyncio

        await asyncio.sleep(seconds)


@attrs.define(eq=False)
class VenueClock:
    """
    A venue's clock as seen from here: ours plus an offset, taken from one filtered sample.

    A sample counts when its round trip was short; of up to three the one with the shortest round trip is taken, its
    answer placed in the middle of the trip.
    """

    clock: Clock
    offset: int = 0  #: milliseconds to add to our clock
    synced: bool = False
    #: a round trip in seconds that is short enough not to be measured again
    _good_trip: float = 0.5
    _samples: int = 3
    _running: asyncio.Task[None] | None = attrs.field(default=None, init=False, repr=False)

    def milliseconds(self) -> int:
        """Return the venue's time in milliseconds since 1970."""
        return self.clock.milliseconds() + self.offset

    def now(self) -> datetime:
        """Return the venue's time as an aware UTC datetime."""
        return from_milliseconds(self.milliseconds())

    async def sync(self, ask: Callable[[], Awaitable[datetime]]) -> None:
        """Measure the offset by asking the venue for its time; whoever asks meanwhile joins the same measurement."""
        import asyncio

        if self._running is None:
            self._running = asyncio.create_task(self._measure(ask))
            self._running.add_done_callback(self._finished)
        await asyncio.shield(self._running)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running = None
        if not task.cancelled():
            task.exception()  # whoever waited has met it; a measurement nobody waits for any more is not news

    async def _measure(self, ask: Callable[[], Awaitable[datetime]]) -> None:
        best: tuple[float, int] | None = None
        for _ in range(self._samples):
            started, before = self.clock.monotonic(), self.clock.milliseconds()
            theirs = await ask()
            trip = self.clock.monotonic() - started
            offset = round((theirs - from_milliseconds(before)) / timedelta(milliseconds=1) - trip * 500)
            if best is None or trip < best[0]:
                best = (trip, offset)
            if trip <= self._good_trip:
                break
        if best is not None:
            self.offset = best[1]
            self.synced = True


#: half of a slow round trip, in milliseconds
_ERROR = 250


def clock_error(clock: VenueClock) -> int:
    """Return by how many milliseconds a venue's clock, as it is known here, may be wrong either way."""
    return _ERROR if clock.synced else 10 * _ERROR
