"""Losses: requests and answers that are late, or never arrive."""

from __future__ import annotations

import attrs

from venuekit.clock import Clock
from venuekit.simulator.disturbances.base import ArrivalInPlay, Disturbance, Proceed, Reply


@attrs.frozen
class Delay(Disturbance):
    """
    Seconds that pass ``before`` the venue looks at the request, while it is ``queued`` between the venue's first
    check of the time window and the second, and ``after`` it was carried out, before the answer leaves.
    """

    before: float = 0.0
    queued: float = 0.0
    after: float = 0.0

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Wait, carry out, wait."""
        attempt.queued += self.queued
        await _wait(attempt.clock, self.before)
        reply = await proceed()
        await _wait(attempt.clock, self.after)
        return reply


@attrs.frozen
class DropBefore(Disturbance):
    """The request is read and the connection closed: it is neither carried out nor answered."""

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002  - it never goes on
        """Hang up."""
        return Reply(None)


@attrs.frozen
class DropAfter(Disturbance):
    """The request is carried out, and its answer is lost."""

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Carry out, then hang up."""
        await proceed()
        return Reply(None)


@attrs.frozen
class ApplyLater(Disturbance):
    """
    The answer is lost at once, and the request is carried out ``seconds`` later.

    The venue checks its time window when it arrives and again when it is carried out: later than the window it changes
    nothing. With ``unchecked`` it is carried out even then, as no venue documents it.
    """

    seconds: float
    unchecked: bool = False

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:
        """Hang up, and carry the request out in the background."""
        attempt.queued += self.seconds
        attempt.rechecks = attempt.rechecks and not self.unchecked
        attempt.later.append(proceed())
        return Reply(None)


@attrs.frozen
class HalfOpen(Disturbance):
    """The connection stays open and the request is never answered, after carrying it out (``applied``) or without."""

    applied: bool = False

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Say nothing."""
        if self.applied:
            await proceed()
        return Reply(None, is_silent=True)


@attrs.frozen
class RefuseConnections(Disturbance):
    """
    The request is dropped, and for ``seconds`` the machine refuses every connection, as where no server listens.

    All venues of the simulation are at one port, and so share the outage; idle connections are closed, and
    streams broken.
    """

    seconds: float

    async def play(self, attempt: ArrivalInPlay, proceed: Proceed) -> Reply:  # noqa: ARG002
        """Hang up, and be away."""
        return Reply(None, refuse_for=self.seconds)


async def _wait(clock: Clock, seconds: float) -> None:
    if seconds > 0:
        await clock.sleep(seconds)
