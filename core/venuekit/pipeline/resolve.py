"""Resolution: the outcome of a write whose answer was lost, by reading."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from venuekit import errors
from venuekit.clock import clock_error, from_milliseconds
from venuekit.credentials.redactor import redact
from venuekit.endpoint import Effect
from venuekit.errors import OperationError, Outcome, VenuekitError
from venuekit.pipeline.classify import Failure, FailureKind
from venuekit.pipeline.measuring import wait_until_past
from venuekit.pipeline.observe import EventKind
from venuekit.pipeline.operation_record import OperationRecord
from venuekit.pipeline.options import UNSET
from venuekit.pipeline.turns import wait_for_fences
from venuekit.resolution import AbsenceProof, Absent, Applied, Change, Lost, Reading, Unclear
from venuekit.traces import OtherWrite

#: seconds between looks for the trace of a lost write, before its absence can be proven
_LOOKS = (0.0, 1.0, 2.0)
#: the same when the venue is overloaded: fewer, and further apart each time
_SPARSE_LOOKS = (2.0, 4.0)

#: after these a setting that does not hold was refused, unless an earlier attempt is open
_REFUSALS = frozenset({FailureKind.DOUBTFUL, FailureKind.NO_CHANGE, FailureKind.SUSPECT})

#: the result for a write that may be sent once more
SEND_AGAIN: Final = object()


async def resolve_outcome(record: OperationRecord[Any], failure: Failure, *, may_repeat: bool) -> Any:
    """
    Return the value of a write whose answer was lost or doubtful, or SEND_AGAIN; nothing is sent from here but reads.

    Args:
        may_repeat: Whether a setting that does not hold may be sent a second time.

    Raises:
        OutcomeUnknown, Conflict, NotExecuted: as the names say.
        VenueError: a doubtful refusal turned out to be a refusal.
    """
    if record.endpoint.effect is Effect.SET:
        return await _read_back(record, failure, may_repeat=may_repeat)
    if failure.kind is FailureKind.SUSPECT:
        return await _look_once(record, failure)
    return await _prove_or_repeat(record, failure)


async def look_again(record: OperationRecord[Any], cause: OperationError) -> Any:
    """Try once more to find out, without sending anything but reads."""
    if record.endpoint.effect is not Effect.SET:
        return await _prove(record, cause)
    first, reading = record.first_reading, await read_now(record, cause)
    if reading.holds:
        return Change(reading.answer, changed=None)
    if first is not None and reading.value != first.value:
        raise _conflict(record, cause, reading)
    if record.session.venue_session.clock.milliseconds() <= record.open_until:
        raise unknown_outcome(record, cause, "it may still arrive")
    if (why := await wait_until_past(record, record.open_until)) is not None:
        raise unknown_outcome(record, cause, why)
    if first is None:  # it may have held until another actor, or a later write of ours, set this
        words = f"{_text_of_value(reading.value)} holds now; the value before it was sent was not read"
        raise unknown_outcome(record, cause, words)
    raise record.annotate(
        errors.NotExecuted(f"{_text_of_value(reading.value)} holds, and no attempt can arrive any more")
    )


async def resolve_later(record: OperationRecord[Any], cause: OperationError) -> Any:
    """Carry out ``error.resolve()``: look again, and close the journal's line once the outcome is known."""
    try:
        value = await look_again(record, cause)
    except errors.NotExecuted:
        record.close(Outcome.NOT_APPLIED)
        raise
    record.close(Outcome.APPLIED, record.claims)
    try:
        return record.finish(value)
    except OperationError as unconverted:
        look_for_value(record, unconverted)
        raise


def attach_resolve(record: OperationRecord[Any], error: OperationError) -> None:
    """Let ``resolve()`` of an error look again, where an attempt of its write may have been executed."""
    if record.open_until and record.endpoint.is_write and not error.can_resolve:
        error.resolve_with(lambda: resolve_later(record, error))


def look_for_value(record: OperationRecord[Any], unconverted: OperationError) -> None:
    """Have ``resolve()`` of an error read a write that was executed once more, for a value that can be converted."""
    endpoint = record.endpoint

    async def look() -> Any:
        value: Any = None
        if endpoint.readback is not None:
            reading = await read_now(record, unconverted)
            value = Change(reading.answer, changed=None) if reading.holds else None
        elif endpoint.resolve is not None:
            found = await _look(record, unconverted)
            value = found.answer if isinstance(found, Applied) else None
        if value is None:
            raise unconverted
        return record.finish(value)

    unconverted.resolve_with(look)


async def _read_back(record: OperationRecord[Any], failure: Failure, *, may_repeat: bool) -> Any:
    """SET: read; a target that does not hold is sent once more, and read again when that is lost, too."""
    first, reading = record.first_reading, await read_now(record, failure.error)
    if first is not None:  # it was sent a second time
        if reading.holds:
            return Change(reading.answer, changed=None)
        if reading.value != first.value:
            raise _conflict(record, failure.error, reading)
        raise unknown_outcome(record, failure.error, f"it was {_text_of_value(first.value)} and still is")
    record.first_reading, expected = reading, record.options.expected
    if reading.holds:
        if expected is not UNSET and expected != reading.value:
            record.lower_fence()  # it was something else before, so it is our attempt that we see
        is_open = record.open_until or failure.kind is FailureKind.SUSPECT
        return Change(reading.answer, changed=None if is_open else False)
    if failure.kind in _REFUSALS and not record.open_until:
        raise record.annotate(failure.error)
    if expected is not UNSET and reading.value != expected:
        raise _conflict(record, failure.error, reading)
    if may_repeat:
        return SEND_AGAIN
    words = f"it was sent {record.attempts} times, and {_text_of_value(reading.value)} is all that can be read"
    raise unknown_outcome(record, failure.error, words)


async def _look_once(record: OperationRecord[Any], failure: Failure) -> Any:
    """KEYED and DELTA, refused by an answer that may be another request's: believed when one look finds no trace."""
    was_open = record.open_until
    record.leave_open()
    found = await _look(record, failure.error)
    if isinstance(found, Applied):
        return found.answer
    if isinstance(found, Unclear) or was_open:
        raise unknown_outcome(record, failure.error, found.seen)
    record.lower_fence()
    record.open_until = 0
    failure.error.outcome = Outcome.NOT_APPLIED
    raise record.annotate(failure.error)


async def _prove_or_repeat(record: OperationRecord[Any], failure: Failure) -> Any:
    """KEYED and DELTA: never sent again, unless the caller opted in and its absence is proven."""
    if not record.open_until:
        record.open_until = record.fence  # a doubtful refusal speaks of an attempt of ours
    try:
        return await _prove(record, failure.error)
    except errors.NotExecuted as absent:
        until = record.options.resend_until
        if until is None or record.session.venue_session.clock.now() >= until or record.session.halted:
            raise
        try:
            await wait_for_fences(record)  # a write that was lost meanwhile must not undo it
        except errors.Fenced:
            raise absent from None
    record.open_until = 0
    return SEND_AGAIN


async def _prove(record: OperationRecord[Any], cause: OperationError) -> Any:
    """Look for the write until it is found, its absence is proven, or neither can be."""
    endpoint, clock = record.endpoint, record.session.venue_session.clock
    if endpoint.resolve is None:
        raise unknown_outcome(record, cause, "no read can show its outcome")
    proof = endpoint.absence_proof
    for pause in _SPARSE_LOOKS if isinstance(cause, errors.Overloaded) else _LOOKS:
        if pause:
            await record.session.clock.sleep(pause)
        found = await _look(record, cause)
        if isinstance(found, Applied):
            return found.answer
    if proof is None:
        await _sleep_until(record, from_milliseconds(record.open_until))
        found = await _look(record, cause)
        if isinstance(found, Applied):
            return found.answer
        raise unknown_outcome(record, cause, "finding nothing proves nothing here")
    moment = record.open_until + round(proof.after.total_seconds() * 1000)
    if (why := await wait_until_past(record, moment)) is not None:
        raise unknown_outcome(record, cause, f"nothing was found, and that proves nothing: {why}")
    return await _count_absences(record, cause, proof, clock.now())


async def _count_absences(
    record: OperationRecord[Any], cause: OperationError, proof: AbsenceProof, since: datetime
) -> Any:
    for number in range(proof.reads):
        if number:
            await record.session.clock.sleep(proof.interval.total_seconds())
        found = await _look(record, cause)
        if isinstance(found, Applied):
            return found.answer
        if isinstance(found, Unclear):
            raise unknown_outcome(record, cause, found.seen)
    raise record.annotate(
        errors.NotExecuted(f"{cause.message}; found nowhere in {proof.reads} reads since {since:%H:%M:%S}")
    )


async def _look(record: OperationRecord[Any], cause: OperationError) -> Applied[Any] | Absent | Unclear:
    """Look once; a read that fails proves nothing, and is reported."""
    resolve = record.endpoint.resolve
    if resolve is None:
        return Unclear("nothing to read")
    try:
        found = await resolve(record.call, _as_lost(record))
    except Exception as error:
        record.reads += (f"a read failed: {_text_of_error(error)}",)
        raise unknown_outcome(record, cause, "the reads that would show its outcome failed", error) from error
    if isinstance(found, Applied):
        record.lower_fence()
        if found.claims is not None:
            record.claims = found.claims
            record.session.write_scopes.claim(found.claims)
    else:
        record.reads += (found.seen,)
    return found


async def read_now(record: OperationRecord[Any], cause: OperationError) -> Reading[Any]:
    """Read the present value; a read that fails raises OutcomeUnknown."""
    readback = record.endpoint.readback
    if readback is None:
        raise unknown_outcome(record, cause, "no read can show its outcome")
    try:
        reading = await readback(record.call, _as_lost(record))
    except Exception as error:
        record.reads += (f"a read failed: {_text_of_error(error)}",)
        raise unknown_outcome(record, cause, "the read that would show its outcome failed", error) from error
    record.reads += (f"read {_text_of_value(reading.value)}",)
    return reading


async def _sleep_until(record: OperationRecord[Any], moment: datetime) -> None:
    missing = (moment - record.session.venue_session.clock.now()).total_seconds()
    if missing > 0:
        # a millisecond past it, since the venue's own clock decides on equality
        await record.session.clock.sleep(missing + 0.001)


def _later(record: OperationRecord[Any], error: OperationError) -> datetime | None:
    """Return when an error says that it may be tried again, None when that is over."""
    until = error.retry_at
    return until if until is not None and until > record.session.venue_session.clock.now() else None


def _text_of_error(error: Exception) -> str:
    """Return an error's text; a stranger's with its type, since the text alone may say nothing."""
    return str(error) if isinstance(error, VenuekitError) else redact(f"{type(error).__name__}: {error}")


def _text_of_value(value: object) -> str:
    return "an unknown value" if value is None else str(value)


def _conflict(record: OperationRecord[Any], cause: OperationError, reading: Reading[Any]) -> OperationError:
    """Return the error of a setting that another actor writes too, or that cannot be read."""
    if reading.value is None:
        return unknown_outcome(record, cause, "the venue does not report its value")
    first = record.first_reading
    if first is not None and first.value is None:
        record.first_reading = reading
        return unknown_outcome(record, cause, f"{reading.value} holds; the value before could not be read")
    words = f"{reading.value} holds, neither the old nor the wanted value: another actor writes it too"
    return record.annotate(errors.Conflict(words))


def unknown_outcome(
    record: OperationRecord[Any], cause: OperationError, why: str, failed: Exception | None = None
) -> OperationError:
    """Return the error of a write of which nothing can be concluded; ``failed`` is why a read failed."""

    async def again() -> Any:
        return await resolve_later(record, cause)

    sole = " (this assumes that no other actor writes)" if record.endpoint.effect is Effect.DELTA else ""
    error = errors.OutcomeUnknown(f"{cause.message}; {why}{sole}", resolve=again, code=cause.code, status=cause.status)
    record.annotate(error)
    error.outcome = Outcome.UNKNOWN
    error.retry_at = _later(record, failed if isinstance(failed, OperationError) else cause)
    if record.session.venue_session.observers:
        record.notify(EventKind.UNKNOWN_OUTCOME, error=error)
    return error


def _as_lost(record: OperationRecord[Any]) -> Lost:
    """Return the write as the endpoint's ``resolve`` or ``readback`` takes it."""
    session, endpoint, journal = record.session, record.endpoint, record.session.journal
    sent_at, claimed = record.opened_at or record.sent_at, frozenset(session.write_scopes.claimed or ())
    others: tuple[OtherWrite, ...] = ()
    if journal is not None and endpoint.effect is Effect.DELTA:
        claimed |= journal.claims()
        # the order of our own is known: none of them ran between the read before and this write
        others = journal.others(record.journal_id, endpoint.verb, endpoint.path, sole=record.before is not None)
    return Lost(
        endpoint=endpoint,
        parameters=record.parameters,
        sent_at=from_milliseconds(sent_at),
        fence=from_milliseconds(record.open_until or record.fence),
        client_id=record.client_id,
        claimed=claimed - {record.claims},
        before=record.before,
        since=from_milliseconds(record.before_at or sent_at),
        clock_error=timedelta(milliseconds=clock_error(session.venue_session.clock)),
        others=others,
        made=record.made,
    )
