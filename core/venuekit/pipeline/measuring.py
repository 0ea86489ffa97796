"""Measuring: the venue's clock, known anew before anything is concluded from a moment on it."""

from __future__ import annotations

from typing import Any

from venuekit.errors import VenuekitError
from venuekit.pipeline.operation_record import OperationRecord
from venuekit.venue import TOLERANCE, RequestExpiry

#: how often a moment is waited for again, where the clock turned out to be behind it
_ROUNDS = 4
#: a clock that may be this wrong, in milliseconds, is measured anew before a fence is believed to be over
_DOUBTFUL = TOLERANCE


async def measure(record: OperationRecord[Any]) -> str | None:
    """Measure the venue's clock by one or two reads; return why it could not be, None when it was."""
    venue_session = record.session.venue_session
    endpoint = venue_session.venue.server_time
    try:
        await venue_session.clock.sync(lambda: record.call(endpoint))
    except VenuekitError as error:
        return f"the venue's clock could not be measured ({endpoint}: {error})"
    return None


async def measure_if_doubtful(record: OperationRecord[Any]) -> None:
    """Measure the clock where it was not for long, or was set meanwhile; a failure leaves it as doubtful as it was."""
    if record.session.venue_session.clock.error > _DOUBTFUL:
        await measure(record)


async def wait_until_past(record: OperationRecord[Any], moment: int) -> str | None:
    """
    Wait until the venue's clock, measured anew, is past a moment in milliseconds.

    Returns why that stays unknown, None when it is past.
    """
    venue_session = record.session.venue_session
    if venue_session.venue.expiry is RequestExpiry.NONE:
        return "nothing bounds how late a request can arrive here"
    # where our clock was ahead, all of it may have to be waited for once more; no longer than that
    longest = moment - record.sent_at + TOLERANCE
    for _ in range(_ROUNDS):
        missing = moment + venue_session.clock.error - venue_session.clock.milliseconds()
        if missing > longest:
            return f"by the venue's clock it may still arrive for {missing / 1000:.1f} s"
        if missing >= 0:
            # a millisecond past it, since the venue's own clock decides on equality
            await record.session.clock.sleep((missing + 1) / 1000)
        if (why := await measure(record)) is not None:
            return why
        if venue_session.clock.milliseconds() - venue_session.clock.error > moment:
            return None
    return "our clock and the venue's do not run alike"
