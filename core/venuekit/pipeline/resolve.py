"""Resolution: the outcome of a write whose answer was lost, by reading; also after the process that sent it is gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from venuekit import errors
from venuekit._util.called import run_as
from venuekit._util.times import from_milliseconds, to_milliseconds
from venuekit.clock import clock_error
from venuekit.credentials.redactor import redact_error
from venuekit.endpoint import Change, Effect
from venuekit.errors import OperationError, Outcome, VenuekitError
from venuekit.pipeline.arrival import is_over, may_be_over, wait_until_over
from venuekit.pipeline.events import notify_of, notify_of_resolution
from venuekit.pipeline.failures import Failure, FailureKind
from venuekit.pipeline.journal_lines import Ended, Unresolved
from venuekit.pipeline.observe import EventKind
from venuekit.pipeline.operation import Operation
from venuekit.pipeline.options import UNSET, Options
from venuekit.pipeline.waits import wait_for_fences
from venuekit.pipeline.write_scopes import footprint_of
from venuekit.resolution import Applied, Call, Lost, OtherWrite, Reading, Resolution, Unclear

if TYPE_CHECKING:
    from venuekit.pipeline.account_session import AccountSession

#: seconds between looks for the trace of a lost write, before its absence can be proven
_LOOKS = (0.0, 1.0, 2.0)
#: the same when the venue is overloaded: fewer, and further apart each time
_SPARSE_LOOKS = (2.0, 4.0)

#: after these a setting that does not hold was refused, unless an earlier attempt is open
_REFUSALS = frozenset({FailureKind.DOUBTFUL, FailureKind.NO_CHANGE, FailureKind.SUSPECT})

#: the result for a write that may be sent once more
SEND_AGAIN: Final = object()


async def resolve_outcome(operation: Operation[Any], failure: Failure, *, may_repeat: bool) -> Any:
    """
    Return the value of a write whose answer was lost or doubtful, or SEND_AGAIN; nothing is sent from here but reads.

    Args:
        may_repeat: Whether a setting that does not hold may be sent a second time.

    Raises:
        OutcomeUnknown, Conflict, NotExecuted: as the names say.
        VenueError: a doubtful refusal turned out to be a refusal.
    """
    try:
        if operation.endpoint.effect is Effect.SET:
            value = await _read_back(operation, failure, may_repeat=may_repeat)
        elif failure.kind is FailureKind.SUSPECT:
            value = await _look_once(operation, failure)
        else:
            value = await _prove_or_repeat(operation, failure)
    except OperationError as error:
        if error.outcome is not Outcome.UNKNOWN:  # of that one observers have been notified
            notify_of_resolution(operation, error.outcome)
        raise
    if value is not SEND_AGAIN:
        notify_of_resolution(operation, Outcome.APPLIED)
    elif operation.endpoint.effect is not Effect.SET:
        notify_of_resolution(operation, Outcome.NOT_APPLIED)
    return value


def _close(operation: Operation[Any], outcome: Outcome) -> None:
    """Account for the outcome of a write that was found out after its call had ended."""
    operation.close(outcome, operation.claims)
    notify_of_resolution(operation, outcome)


async def look_again(operation: Operation[Any], cause: OperationError) -> Any:
    """Try once more to find out, without sending anything but reads."""
    if operation.endpoint.effect is not Effect.SET:
        return await _prove(operation, cause)
    first = operation.first_reading
    for has_ended in (False, True):  # a read before it is over may show that it holds, and never that it does not
        reading = await read_now(operation, cause)
        if reading.holds:
            return Change(reading.answer, changed=None)
        if operation.is_overwritten:
            words = f"{_text_of_value(reading.value)} holds, and a later write of this account may have set it"
            raise unknown_outcome(operation, cause, words)
        if first is not None and (reading.value is None or reading.value != first.value):  # None: it cannot be told
            raise _conflict(operation, cause, reading)
        if not has_ended:
            await _check_over(operation, cause)
    if first is None:  # it may have held until another actor, or a later write of ours, set this
        words = f"{_text_of_value(reading.value)} holds now; the value before it was sent was not read"
        raise unknown_outcome(operation, cause, words)
    raise operation.annotate(
        errors.NotExecuted(f"{_text_of_value(reading.value)} holds, and no attempt can arrive any more")
    )


async def resolve_later(operation: Operation[Any], cause: OperationError) -> Any:
    """Carry out ``error.resolve()``: look again, and close the journal's line once the outcome is known."""
    try:
        value = await look_again(operation, cause)
    except errors.NotExecuted:
        _close(operation, Outcome.NOT_APPLIED)
        raise
    _close(operation, Outcome.APPLIED)
    try:
        return operation.finish(value)
    except OperationError as unconverted:
        look_for_value(operation, unconverted)
        raise


def attach_resolve(operation: Operation[Any], error: OperationError) -> None:
    """Let ``resolve()`` of an error look again, where an attempt of its write may have been executed."""
    if operation.open_until and operation.endpoint.is_write and not error.can_resolve:
        error.resolve_with(lambda: resolve_later(operation, error))


def look_for_value(operation: Operation[Any], unconverted: OperationError) -> None:
    """Have ``resolve()`` of an error read a write that was executed once more, for a value that can be converted."""
    endpoint = operation.endpoint

    async def look() -> Any:
        value: Any = None
        if endpoint.readback is not None:
            reading = await read_now(operation, unconverted)
            value = Change(reading.answer, changed=None) if reading.holds else None
        elif endpoint.resolve is not None:
            found = await _look(operation, unconverted)
            value = found.answer if isinstance(found, Applied) else None
        if value is None:
            raise unconverted
        return operation.finish(value)

    unconverted.resolve_with(look)


async def resolve_entry(session: AccountSession, entry: Unresolved, call: Call) -> str:
    """
    Resolve an unfinished write, close its line and return its outcome in words.

    Raises:
        OutcomeUnknown, Conflict: nothing could be found out; the line stays open.
        ConfigurationError: the installed plugin does not know the endpoint any more.
    """
    clock = session.venue_session.clock
    with run_as((entry.operation,)):
        operation = operation_of(session, entry, call)
        is_setting = operation.endpoint.effect is Effect.SET
        cause = operation.annotate(errors.OutcomeUnknown(f"left unfinished at {entry.sent_at:%Y-%m-%d %H:%M:%S} UTC"))
        on_what = f" for {operation.subject}" if operation.subject else ""
        words = f"{session.venue_session.venue.id}: {operation.name}{on_what} of {entry.sent_at:%Y-%m-%d %H:%M:%S} UTC"
        if is_setting and may_be_over(operation):
            why = await wait_until_over(operation, lambda: read_now(operation, cause))
            reading = await read_now(operation, cause)
            if reading.holds:
                _close(operation, Outcome.APPLIED)
                return f"{words}: it holds"
            if why is not None:
                raise unknown_outcome(operation, cause, why)
            # it may have held until a later write; certain is only that it does not now
            if session.journal is not None:
                session.journal.end(Ended(entry.id, "does_not_hold", clock.milliseconds()))
            notify_of_resolution(operation, Outcome.UNKNOWN)
            return f"{words}: does not hold, {reading.value} does; it cannot arrive any more"
        try:
            await look_again(operation, cause)
        except errors.NotExecuted as error:
            _close(operation, Outcome.NOT_APPLIED)
            return str(error)
        _close(operation, Outcome.APPLIED)
        return f"{words}: {'it holds' if is_setting else 'it happened'}"


def operation_of(session: AccountSession, entry: Unresolved, call: Call) -> Operation[Any]:
    """Return the operation that an entry of the journal tells of, as if its answer had just been lost."""
    venue, parameters = session.venue_session.venue, entry.parameters
    endpoint = venue.endpoint_at(*entry.endpoint_name)
    if endpoint is None:
        raise errors.ConfigurationError(f"{venue.id}: no endpoint {entry.endpoint_name} in this version")
    try:
        encoded = session.wire.encode(endpoint, parameters)
        endpoint.client_ids_of(parameters)
        endpoint.symbols_of(parameters)
    except ValueError as error:
        raise errors.ConfigurationError(f"{venue.id}: {error}, as this version declares it") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError):
        words = f"{endpoint} was not sent like this: the contents of a list are not those this version sends"
        raise errors.ConfigurationError(f"{venue.id}: {words}") from None
    operation = Operation(session, endpoint, parameters, Options(), call, encoded, endpoint.decode)
    operation.attempts = 1
    operation.sent_at = to_milliseconds(entry.sent_at)
    operation.fence = operation.open_until = to_milliseconds(entry.fence)
    operation.journal_id, operation.made = entry.id, entry.made
    if entry.nonce is not None and session.nonces is not None and entry.nonce[0] == session.nonces.name:
        operation.nonce = entry.nonce[1]
    if endpoint.effect is Effect.SET:  # that it holds does not show that each of its attempts has arrived
        operation.leave_open()
    return operation


async def _read_back(operation: Operation[Any], failure: Failure, *, may_repeat: bool) -> Any:
    """SET: read; a target that does not hold is sent once more, and read again when that is lost, too."""
    first, reading = operation.first_reading, await read_now(operation, failure.error)
    if first is not None:  # it was sent a second time
        if reading.holds:
            return Change(reading.answer, changed=None)
        if reading.value != first.value:
            raise _conflict(operation, failure.error, reading)
        raise unknown_outcome(operation, failure.error, f"it was {_text_of_value(first.value)} and still is")
    operation.first_reading, expected = reading, operation.options.expected
    footprint = footprint_of(operation.endpoint, operation.parameters)
    if footprint is not None:
        operation.session.owner.write_scopes.watch(footprint, operation)
    if reading.holds:
        if expected is not UNSET and expected != reading.value:
            operation.lower_fence()  # it was something else before, so it is our attempt that we see
        is_open = operation.open_until or failure.kind is FailureKind.SUSPECT
        return Change(reading.answer, changed=None if is_open else False)
    if failure.kind in _REFUSALS and not operation.open_until:
        raise operation.annotate(failure.error)
    if expected is not UNSET and reading.value != expected:
        raise _conflict(operation, failure.error, reading)
    if may_repeat:
        return SEND_AGAIN
    words = f"it was sent {operation.attempts} times, and {_text_of_value(reading.value)} is all that can be read"
    raise unknown_outcome(operation, failure.error, words)


async def _look_once(operation: Operation[Any], failure: Failure) -> Any:
    """KEYED and DELTA, refused by an answer that may be another request's: believed when one look finds no trace."""
    operation.leave_open()
    found = await _look(operation, failure.error)
    if isinstance(found, Applied):
        return found.answer
    if isinstance(found, Unclear):
        raise unknown_outcome(operation, failure.error, found.seen)
    operation.lower_fence()
    operation.open_until = 0
    failure.error.outcome = Outcome.NOT_APPLIED
    raise operation.annotate(failure.error)


async def _prove_or_repeat(operation: Operation[Any], failure: Failure) -> Any:
    """KEYED and DELTA: never sent again, unless the caller opted in and its absence is proven."""
    if not operation.open_until:
        operation.open_until = operation.fence  # a doubtful refusal speaks of an attempt of ours
    try:
        return await _prove(operation, failure.error)
    except errors.NotExecuted as absent:
        until = operation.options.resend_until
        if until is None or operation.session.venue_session.clock.now() >= until or operation.session.halted:
            raise
        try:
            await wait_for_fences(operation)  # a write that was lost meanwhile must not undo it
        except errors.Fenced:
            raise absent from None
    operation.open_until = 0
    return SEND_AGAIN


async def _prove(operation: Operation[Any], cause: OperationError) -> Any:
    """Look for the write until it is found, its absence is proven, or neither can be."""
    endpoint, clock = operation.endpoint, operation.session.venue_session.clock
    if endpoint.resolve is None:
        raise unknown_outcome(operation, cause, "no read can show its outcome")
    proof = endpoint.absence_proof
    for pause in _SPARSE_LOOKS if isinstance(cause, errors.Overloaded) else _LOOKS:
        found = await _look(operation, cause, after=pause)
        if isinstance(found, Applied):
            return found.answer
    if proof is None:
        missing = operation.open_until - clock.milliseconds()
        # a millisecond past it, since the venue's own clock decides on equality
        found = await _look(operation, cause, after=max(0, missing + 1) / 1000)
        if isinstance(found, Applied):
            return found.answer
        raise unknown_outcome(operation, cause, "finding nothing proves nothing here")
    if (why := await wait_until_over(operation, lambda: _look(operation, cause), proof.after)) is not None:
        raise unknown_outcome(operation, cause, f"nothing was found, and that proves nothing: {why}")
    since = clock.now()
    for number in range(proof.reads):
        found = await _look(operation, cause, after=proof.interval.total_seconds() if number else 0)
        if isinstance(found, Applied):
            return found.answer
        if isinstance(found, Unclear):
            raise unknown_outcome(operation, cause, found.seen)
    raise operation.annotate(
        errors.NotExecuted(f"{cause.message}; found nowhere in {proof.reads} reads since {since:%H:%M:%S}")
    )


async def _look(operation: Operation[Any], cause: OperationError, *, after: float = 0) -> Resolution[Any]:
    """Look once, after so many seconds; a read that fails proves nothing, and is reported."""
    if after:
        await operation.sleep(after)
    resolve = operation.endpoint.resolve
    if resolve is None:
        return Unclear("nothing to read")
    try:
        found = await resolve(operation.call, as_lost(operation))
    except Exception as error:
        operation.reads += (f"a read failed: {_text_of_error(error)}",)
        raise unknown_outcome(operation, cause, "the reads that would show its outcome failed", error) from error
    if isinstance(found, Applied):
        operation.lower_fence()
        if found.claims is not None:
            operation.claims = found.claims
            operation.session.owner.write_scopes.claim(found.claims)
    else:
        operation.reads += (found.seen,)
    return found


async def _check_over(operation: Operation[Any], cause: OperationError) -> None:
    """Raise OutcomeUnknown unless it is proven that a setting cannot arrive any more."""
    if not may_be_over(operation):
        raise unknown_outcome(operation, cause, "it may still arrive")
    if (why := await wait_until_over(operation, lambda: read_now(operation, cause))) is not None:
        raise unknown_outcome(operation, cause, why)


async def read_now(operation: Operation[Any], cause: OperationError) -> Reading[Any]:
    """Read the present value; a read that fails raises OutcomeUnknown."""
    readback = operation.endpoint.readback
    if readback is None:
        raise unknown_outcome(operation, cause, "no read can show its outcome")
    try:
        reading = await readback(operation.call, as_lost(operation))
    except Exception as error:
        operation.reads += (f"a read failed: {_text_of_error(error)}",)
        raise unknown_outcome(operation, cause, "the read that would show its outcome failed", error) from error
    operation.reads += (f"read {_text_of_value(reading.value)}",)
    return reading


def _later(operation: Operation[Any], error: OperationError) -> datetime | None:
    """Return when an error says that it may be tried again, None when that is over."""
    until = error.retry_at
    return until if until is not None and until > operation.session.venue_session.clock.now() else None


def _text_of_error(error: Exception) -> str:
    """Return an error's text; a stranger's with its type, since the text alone may say nothing."""
    return str(error) if isinstance(error, VenuekitError) else redact_error(error)


def _text_of_value(value: object) -> str:
    return "an unknown value" if value is None else str(value)


def _conflict(operation: Operation[Any], cause: OperationError, reading: Reading[Any]) -> OperationError:
    """Return the error of a setting that another actor writes too, or that cannot be read."""
    if reading.value is None:
        return unknown_outcome(operation, cause, "its value cannot be told from the reads")
    first = operation.first_reading
    if first is not None and first.value is None:
        operation.first_reading = reading
        return unknown_outcome(operation, cause, f"{reading.value} holds; the value before could not be read")
    words = f"{reading.value} holds, neither the old nor the wanted value: another actor writes it too"
    return operation.annotate(errors.Conflict(words))


def unknown_outcome(
    operation: Operation[Any], cause: OperationError, why: str, failed: Exception | None = None
) -> OperationError:
    """Return the error of a write of which nothing can be concluded; ``failed`` is why a read failed."""

    async def again() -> Any:
        return await resolve_later(operation, cause)

    sole = " (this assumes that no other actor writes)" if operation.endpoint.effect is Effect.DELTA else ""
    error = errors.OutcomeUnknown(f"{cause.message}; {why}{sole}", resolve=again, code=cause.code, status=cause.status)
    operation.annotate(error)
    error.outcome = Outcome.UNKNOWN
    error.retry_at = _later(operation, failed if isinstance(failed, OperationError) else cause)
    notify_of(operation, EventKind.UNKNOWN_OUTCOME, error=error)
    return error


def as_lost(operation: Operation[Any]) -> Lost:
    """Return the write as the endpoint's ``resolve`` or ``readback`` takes it."""
    session, endpoint, journal = operation.session, operation.endpoint, operation.session.journal
    clock = session.venue_session.clock
    sent_at, claimed = operation.opened_at or operation.sent_at, frozenset(session.owner.write_scopes.claimed or ())
    others: tuple[OtherWrite, ...] = ()
    streams = session.venue_session.streams
    if journal is not None and endpoint.effect is Effect.DELTA:
        claimed |= journal.claims()
        # the order of our own is known: none of them ran between the read before and this write
        others = journal.others(operation.journal_id, endpoint.name, sole=operation.before is not None)
    return Lost(
        endpoint=endpoint,
        parameters=operation.parameters,
        sent_at=from_milliseconds(sent_at),
        fence=from_milliseconds(operation.open_until or operation.fence),
        client_id=operation.client_id,
        claimed=claimed - {operation.claims},
        before=operation.before,
        since=from_milliseconds(operation.before_at or sent_at),
        # a measurement since then may have shown that the time it was sent at is wrong
        clock_error=timedelta(milliseconds=clock_error(clock) + clock.moved_since(sent_at)),
        others=others,
        made=operation.made,
        updates=() if streams is None else streams.order_updates(session),
        look_over=partial(is_over, operation),
    )
