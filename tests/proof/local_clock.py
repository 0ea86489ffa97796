"""The clock of our own machine, which somebody may set while we run."""

from __future__ import annotations

import attrs

from venuekit.testing.clocks import LoopClock


@attrs.define
class LocalClock:
    """A wall clock that is ``ahead`` of the venues' by so many milliseconds, and a monotonic one that is never set."""

    of_venues: LoopClock
    ahead: int = 0

    def milliseconds(self) -> int:
        """Return the wall clock in milliseconds since 1970."""
        return self.of_venues.milliseconds() + self.ahead

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return self.of_venues.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self.of_venues.sleep(seconds)
