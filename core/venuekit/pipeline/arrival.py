"""Arrival: the proof that a lost request cannot arrive any more, by the bound that its venue declares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from venuekit.clock import OwnClock
from venuekit.endpoint import Security
from venuekit.errors import VenuekitError
from venuekit.request_bounds import TOLERANCE, RequestExpiry

if TYPE_CHECKING:
    from venuekit.message import HttpResponse
    from venuekit.pipeline.operation import Operation
    from venuekit.venue import Venue

#: how often a moment is waited for again, where the clock turned out to be behind it
_ROUNDS = 4
_MILLISECOND = timedelta(milliseconds=1)


def listener_of(venue: Venue[Any]) -> Callable[[Operation[Any], HttpResponse], None] | None:
    """Return the function that finds evidence in every answer, None for a venue that proves arrivals by its clock."""
    if venue.expiry is RequestExpiry.NONCE:
        return _note_number
    if venue.server_time is None and venue.answered_at is not None:
        return partial(_note_time, venue.answered_at)
    return None


def _note_number(operation: Operation[Any], _response: HttpResponse) -> None:
    """Remember that a number was answered: none below it arrives any more, and no write waits for those."""
    nonces = operation.session.nonces
    if nonces is not None and operation.nonce > nonces.answered:
        nonces.answered = operation.nonce
        operation.session.owner.write_scopes.lower_below(nonces.name, operation.nonce)


def _note_time(read: Callable[[HttpResponse], int | None], operation: Operation[Any], response: HttpResponse) -> None:
    """Remember the time that an answer gives."""
    given_at, clock = read(response), operation.session.venue_session.clock
    if given_at is not None and isinstance(clock, OwnClock):
        clock.hear(given_at)


def expiry_of(operation: Operation[Any]) -> RequestExpiry:
    """Return the bound of a request: that of the venue where it is signed, else none."""
    is_signed = operation.endpoint.security is Security.SIGNED
    return operation.session.venue_session.venue.expiry if is_signed else RequestExpiry.NONE


async def measure(operation: Operation[Any]) -> str | None:
    """Measure the venue's clock by one or two reads; return why it could not be, None when it was."""
    venue_session = operation.session.venue_session
    endpoint = venue_session.venue.server_time
    if endpoint is None:
        return "the venue has no endpoint for its time"
    try:
        await venue_session.clock.sync(lambda: operation.call(endpoint))
    except VenuekitError as error:
        return f"the venue's clock could not be measured ({endpoint}: {error})"
    return None


async def is_over(operation: Operation[Any], after: timedelta) -> bool:
    """Say, without a wait, whether it is proven that no attempt of a write has been able to arrive for so long."""
    venue_session, moment = operation.session.venue_session, _moment(operation, after)
    expiry = expiry_of(operation)
    if expiry is RequestExpiry.NONE:
        return False
    if expiry is RequestExpiry.NONCE:
        since = _overtaken_since(operation)
        return since is not None and _seconds_missing(operation, since, after) <= 0
    clock = venue_session.clock
    if isinstance(clock, OwnClock):
        return clock.is_past(moment)
    return await measure(operation) is None and clock.milliseconds() - clock.error > moment


def may_be_over(operation: Operation[Any]) -> bool:
    """Say, by our clock alone, whether a proof that it cannot arrive any more can be had without a long wait."""
    if expiry_of(operation) is RequestExpiry.NONCE:
        return True  # a later request proves it at any time
    return operation.session.venue_session.clock.milliseconds() > operation.open_until


async def wait_until_over(
    operation: Operation[Any], read: Callable[[], Awaitable[object]], after: timedelta = timedelta(0)
) -> str | None:
    """
    Wait until it is proven that no attempt of a write can arrive any more, and has not been able to for so long.

    ``read`` is a signed read about the write, by whose answer it may be proven. Returns why that stays unknown, None
    when it is proven; a read before then proves nothing.
    """
    venue_session, expiry = operation.session.venue_session, expiry_of(operation)
    venue, clock = venue_session.venue, venue_session.clock
    if expiry is RequestExpiry.NONE:
        return "nothing bounds how late a request can arrive here"
    if expiry is RequestExpiry.NONCE:
        return await _wait_until_overtaken(operation, read, after)
    if venue.server_time is not None:
        return await _wait_by_clock(operation, _moment(operation, after))
    if venue.answered_at is not None and isinstance(clock, OwnClock):
        return await _wait_by_answers(operation, clock, _moment(operation, after), read)
    return "the venue has no endpoint for its time, and our own clock proves nothing"


async def _wait_by_clock(operation: Operation[Any], moment: int) -> str | None:
    """Wait until the venue's clock, measured anew, is past a moment in milliseconds."""
    clock = operation.session.venue_session.clock
    for _ in range(_ROUNDS):
        missing = moment + clock.error - clock.milliseconds()
        if (why := await _sleep(operation, missing, moment)) is not None:
            return why
        if (why := await measure(operation)) is not None:
            return why  # pragma: no cover - run by test_measuring.py; Python 3.11 loses lines behind such an await
        if clock.milliseconds() - clock.error > moment:
            return None
    return "our clock and the venue's do not run alike"


async def _wait_by_answers(
    operation: Operation[Any], clock: OwnClock, moment: int, read: Callable[[], Awaitable[object]]
) -> str | None:
    """Wait until the venue's answers say that its clock is past a moment in milliseconds."""
    for _ in range(_ROUNDS):
        if clock.is_past(moment):
            return None
        await read()
        if clock.is_past(moment):
            return None
        if clock.earliest is None:
            await read()  # one answer alone is never believed
        if clock.earliest is None:
            return "no answer says the venue's time, and our own clock proves nothing"
        if (why := await _sleep(operation, moment - clock.earliest, moment)) is not None:
            return why
    return "the venue's answers say no time that is late enough"


async def _sleep(operation: Operation[Any], missing: int, moment: int) -> str | None:
    """Wait for so many milliseconds, unless that is longer than a moment can be away; return why not."""
    # where our clock was ahead, all of it may have to be waited for once more; no longer than that
    if missing > moment - operation.sent_at + TOLERANCE:
        return f"by the venue's clock it may still arrive for {missing / 1000:.1f} s"
    if missing >= 0:
        # a millisecond past it, since the venue's own clock decides on equality
        await operation.sleep((missing + 1) / 1000)
    return None


async def _wait_until_overtaken(
    operation: Operation[Any], read: Callable[[], Awaitable[object]], after: timedelta
) -> str | None:
    """Wait until a later number of the same signing key was answered, by a request of our own if need be."""
    rule = operation.session.venue_session.venue.nonce
    if not operation.nonce:
        return "it was not signed by this key, so that no request of this one overtakes it"
    if _overtaken_since(operation) is None:
        if rule is not None and rule.probe is not None:
            try:
                await operation.call(rule.probe)
            except VenuekitError as error:
                return f"it may arrive until a later request is answered, and none was ({rule.probe}: {error})"
        else:
            await read()
    since = _overtaken_since(operation)
    if since is None:
        return "it may arrive until a later signed request of this key is answered, and none was"
    await operation.sleep(max(0.0, _seconds_missing(operation, since, after)))
    # its traces are told by their times, which only a measured clock can compare
    return None if operation.session.venue_session.venue.server_time is None else await measure(operation)


def _overtaken_since(operation: Operation[Any]) -> float | None:
    """Return since when, on the monotonic clock, a later number of the same key is known as answered; None for none."""
    nonces = operation.session.nonces
    if nonces is None or not operation.nonce or nonces.answered <= operation.nonce:
        return None
    if operation.overtaken_at is None:
        operation.overtaken_at = operation.session.clock.monotonic()
    return operation.overtaken_at


def _seconds_missing(operation: Operation[Any], since: float, after: timedelta) -> float:
    """Return the seconds until it has been overtaken for so long."""
    return since + after.total_seconds() - operation.session.clock.monotonic()


def _moment(operation: Operation[Any], after: timedelta) -> int:
    """Return the moment on the venue's clock, in milliseconds, when it has been over for so long."""
    return (operation.open_until or operation.fence) + after // _MILLISECOND
