"""The expected event: an own request that the venue accepted is followed by one, or nothing is delivered any more."""

from __future__ import annotations

import attrs

from venuekit.clock import Clock
from venuekit.streams.connection import Connection


@attrs.define(eq=False)
class ExpectedEvent:
    """An event that is expected for ``within`` seconds of a request, and may have come as many before its answer."""

    clock: Clock = attrs.field(repr=False)
    within: float
    _asked_at: float | None = attrs.field(default=None, init=False)

    @property
    def overdue_at(self) -> float | None:
        """When the event is overdue, on the monotonic clock; None while none is expected."""
        return None if self._asked_at is None else self._asked_at + self.within

    def expect(self) -> bool:
        """Expect an event from now on, and return True; False where one is expected already."""
        if self._asked_at is not None:
            return False
        self._asked_at = self.clock.monotonic()
        return True

    def forget(self) -> None:
        """Expect none any more."""
        self._asked_at = None

    def look_at(self, connection: Connection) -> None:
        """Expect none any more where the connection has brought it."""
        asked_at, event_at = self._asked_at, connection.event_at
        if asked_at is not None and event_at is not None and event_at >= asked_at - self.within:
            self._asked_at = None

    def is_overdue(self, now: float) -> bool:
        """Say whether the event was to come by now."""
        overdue_at = self.overdue_at
        return overdue_at is not None and now >= overdue_at
