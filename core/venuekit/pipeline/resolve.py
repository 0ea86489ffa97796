"""Finding out: what became of a write whose answer was lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import attrs

from venuekit import errors
from venuekit.clock import clock_error, from_milliseconds
from venuekit.credentials.redactor import redact
from venuekit.endpoint import Effect
from venuekit.errors import OperationError, Outcome, VenuekitError
from venuekit.pipeline.classify import Failure, FailureKind
from venuekit.pipeline.measuring import wait_until_past
from venuekit.pipeline.observe import EventKind
from venuekit.pipeline.operation import Operation
from venuekit.pipeline.options import UNSET
from venuekit.pipeline.retry import Action, EffectColumn, action_for, attempt_repeatedly, effect_column, no_change
from venuekit.pipeline.turns import wait_for_fences
from venuekit.resolution import AbsenceProof, Absent, Applied, Call, Change, Lost, Reading, Unclear
from venuekit.traces import OtherWrite

__all__ = [
    "attach_resolve",
    "error_of_open_write",
    "look_again",
    "look_for_value",
    "read_now",
    "resolve_later",
    "resolve_outcome",
]

T = TypeVar("T")

#: seconds between looks for the trace of a lost write, before its absence can be proven
_LOOKS = (0.0, 1.0, 2.0)
#: the same when the venue is overloaded: fewer, and further apart each time
_SPARSE_LOOKS = (2.0, 4.0)

#: after these a setting that does not hold was refused, unless an earlier attempt is open
_REFUSALS = frozenset({FailureKind.DOUBTFUL, FailureKind.NO_CHANGE, FailureKind.SUSPECT})

Resync = Callable[[Operation[Any]], Awaitable[bool]]


async def resolve_outcome(operation: Operation[Any], failure: Failure, call: Call, resync: Resync) -> Any:
    """
    Return the value of a write whose answer was lost or doubtful.

    Raises:
        OutcomeUnknown, Conflict, NotExecuted: as the names say.
        VenueError: a doubtful refusal turned out to be a refusal.
    """
    if operation.endpoint.effect is Effect.SET:
        return await _read_back(operation, failure, call, resync)
    if failure.kind is FailureKind.SUSPECT:
        return await _look_once(operation, failure, call)
    return await _resolve(operation, failure, call, resync)


async def look_again(operation: Operation[Any], cause: OperationError, call: Call, first: Reading[Any] | None) -> Any:
    """Try once more to find out, without sending anything but reads."""
    if operation.endpoint.effect is not Effect.SET:
        return await _prove(operation, cause, call)
    reading = await read_now(operation, cause, call, first)
    if reading.holds:
        return Change(reading.answer, changed=None)
    if first is not None and reading.value != first.value:
        raise _conflict(operation, cause, reading, call, first)
    if operation.session.venue_session.clock.milliseconds() <= operation.open_until:
        raise _unknown(operation, cause, "it may still arrive", call, first)
    if (why := await wait_until_past(operation, operation.open_until, call)) is not None:
        raise _unknown(operation, cause, why, call, first)
    if first is None:  # it may have held until somebody, or a later write of ours, set this
        words = f"{_text_of_value(reading.value)} holds now; nobody read what held before it was sent"
        raise _unknown(operation, cause, words, call, None)
    raise operation.annotate(
        errors.NotExecuted(f"{_text_of_value(reading.value)} holds, and no attempt can arrive any more")
    )


async def resolve_later(
    operation: Operation[Any], cause: OperationError, call: Call, first: Reading[Any] | None
) -> Any:
    """Do what ``error.resolve()`` does: look again, and close the journal's line when it is found out."""
    try:
        value = await look_again(operation, cause, call, first)
    except errors.NotExecuted:
        operation.close(Outcome.NOT_APPLIED)
        raise
    operation.close(Outcome.APPLIED, operation.claims)
    try:
        return operation.finish(value)
    except OperationError as unconverted:
        look_for_value(operation, unconverted, call)
        raise


def error_of_open_write(operation: Operation[Any], cause: OperationError, call: Call) -> OperationError:
    """Return the error of a write that somebody else than the venue answered, shutting this address out."""
    why = "the venue itself did not say so, and nothing can be read before the address is let in again"
    return _unknown(operation, cause, why, call, None)


def attach_resolve(operation: Operation[Any], error: OperationError, call: Call) -> None:
    """Let ``resolve()`` of an error look again, where an attempt of its write may have been executed."""
    if operation.open_until and operation.endpoint.is_write and not error.can_resolve:
        error.resolve_with(lambda: resolve_later(operation, error, call, None))


def look_for_value(operation: Operation[Any], unconverted: OperationError, call: Call) -> None:
    """Have ``resolve()`` of an error read a write that was executed once more, for a value that can be converted."""
    endpoint = operation.endpoint

    async def look() -> Any:
        value: Any = None
        if endpoint.readback is not None:
            reading = await read_now(operation, unconverted, call, None)
            value = Change(reading.answer, changed=None) if reading.holds else None
        elif endpoint.resolve is not None:
            found = await _look(operation, unconverted, call)
            value = found.answer if isinstance(found, Applied) else None
        if value is None:
            raise unconverted
        return operation.finish(value)

    unconverted.resolve_with(look)


async def _read_back(operation: Operation[Any], failure: Failure, call: Call, resync: Resync) -> Any:
    """SET: read; if the target does not hold, send once more and read again, unless it was sent often enough."""
    first = await read_now(operation, failure.error, call, None)
    expected = operation.options.expected
    if first.holds:
        if expected is not UNSET and expected != first.value:
            operation.lower_fence()  # it was something else before, so it is our attempt that we see
        is_open = operation.open_until or failure.kind is FailureKind.SUSPECT
        return Change(first.answer, changed=None if is_open else False)
    if failure.kind in _REFUSALS and not operation.open_until:
        raise operation.annotate(failure.error)
    if expected is not UNSET and first.value != expected:
        raise _conflict(operation, failure.error, first, call, first)
    if effect_column(operation.endpoint) is EffectColumn.ALL_ORDERS:
        words = f"it was sent {operation.attempts} times, and {_text_of_value(first.value)} is all that can be read"
        raise _unknown(operation, failure.error, words, call, first)
    try:
        change = await attempt_repeatedly(operation, None, resync)
        return attrs.evolve(change, changed=None)
    except errors.GuardRefused as halted:
        raise _unknown(operation, failure.error, f"it is not sent again: {halted.message}", call, first) from None
    except Failure as second:
        if action_for(second, operation) is Action.DONE:
            return no_change(operation)
        last = await read_now(operation, second.error, call, first)
        if last.holds:
            return Change(last.answer, changed=None)
        if last.value != first.value:
            raise _conflict(operation, second.error, last, call, first) from None
        raise _unknown(
            operation, second.error, f"it was {_text_of_value(first.value)} and still is", call, first
        ) from None


async def _look_once(operation: Operation[Any], failure: Failure, call: Call) -> Any:
    """KEYED and DELTA, refused by what may be another request's answer: it is believed when nothing is seen."""
    was_open = operation.open_until
    operation.leave_open()
    found = await _look(operation, failure.error, call)
    if isinstance(found, Applied):
        return found.answer
    if isinstance(found, Unclear) or was_open:
        raise _unknown(operation, failure.error, found.seen, call, None)
    operation.lower_fence()
    operation.open_until = 0
    failure.error.outcome = Outcome.NOT_APPLIED
    raise operation.annotate(failure.error)


async def _resolve(operation: Operation[Any], failure: Failure, call: Call, resync: Resync) -> Any:
    """KEYED and DELTA: never sent again, unless the caller opted in and its absence is proven."""
    if not operation.open_until:
        operation.open_until = operation.fence  # a doubtful refusal speaks of an attempt of ours
    while True:
        try:
            return await _prove(operation, failure.error, call)
        except errors.NotExecuted as absent:
            until = operation.options.resend_until
            if until is None or operation.session.venue_session.clock.now() >= until or operation.session.halted:
                raise
            try:
                await wait_for_fences(operation, call)  # what was lost meanwhile must not undo it
            except errors.Fenced:
                raise absent from None
        operation.open_until = 0
        try:
            return await attempt_repeatedly(operation, None, resync)
        except Failure as again:
            chosen = action_for(again, operation)
            if chosen is Action.LEAVE_OPEN:
                raise error_of_open_write(operation, again.error, call) from None
            if chosen is not Action.RESOLVE:
                raise operation.annotate(again.error) from None
            failure = again


async def _prove(operation: Operation[Any], cause: OperationError, call: Call) -> Any:
    """Look for the write until it is found, its absence is proven, or neither can be."""
    endpoint, clock = operation.endpoint, operation.session.venue_session.clock
    if endpoint.resolve is None:
        raise _unknown(operation, cause, "nothing can be read that would tell", call, None)
    proof = endpoint.absence_proof
    for pause in _SPARSE_LOOKS if isinstance(cause, errors.Overloaded) else _LOOKS:
        if pause:
            await operation.session.clock.sleep(pause)
        found = await _look(operation, cause, call)
        if isinstance(found, Applied):
            return found.answer
    if proof is None:
        await _sleep_until(operation, from_milliseconds(operation.open_until))
        found = await _look(operation, cause, call)
        if isinstance(found, Applied):
            return found.answer
        raise _unknown(operation, cause, "finding nothing proves nothing here", call, None)
    moment = operation.open_until + round(proof.after.total_seconds() * 1000)
    if (why := await wait_until_past(operation, moment, call)) is not None:
        raise _unknown(operation, cause, f"nothing was found, and that proves nothing: {why}", call, None)
    return await _count_absences(operation, cause, call, proof, clock.now())


async def _count_absences(
    operation: Operation[Any], cause: OperationError, call: Call, proof: AbsenceProof, since: datetime
) -> Any:
    for number in range(proof.reads):
        if number:
            await operation.session.clock.sleep(proof.interval.total_seconds())
        found = await _look(operation, cause, call)
        if isinstance(found, Applied):
            return found.answer
        if isinstance(found, Unclear):
            raise _unknown(operation, cause, found.seen, call, None)
    raise operation.annotate(
        errors.NotExecuted(f"{cause.message}; found nowhere in {proof.reads} reads since {since:%H:%M:%S}")
    )


async def _look(operation: Operation[Any], cause: OperationError, call: Call) -> Applied[Any] | Absent | Unclear:
    """Look once; a read that fails is a look that tells nothing, and is reported as one."""
    resolve = operation.endpoint.resolve
    if resolve is None:
        return Unclear("nothing to read")
    try:
        found = await resolve(call, _as_lost(operation))
    except Exception as error:
        operation.reads += (f"a read failed: {_text_of_error(error)}",)
        raise _unknown(operation, cause, "the reads that would tell failed", call, None, error) from error
    if isinstance(found, Applied):
        operation.lower_fence()
        if found.claims is not None:
            operation.claims = found.claims
            operation.session.write_scopes.claim(found.claims)
    else:
        operation.reads += (found.seen,)
    return found


async def read_now(
    operation: Operation[Any], cause: OperationError, call: Call, first: Reading[Any] | None
) -> Reading[Any]:
    """Read what holds; a read that fails raises OutcomeUnknown."""
    readback = operation.endpoint.readback
    if readback is None:
        raise _unknown(operation, cause, "nothing can be read that would tell", call, first)
    try:
        reading = await readback(call, _as_lost(operation))
    except Exception as error:
        operation.reads += (f"a read failed: {_text_of_error(error)}",)
        raise _unknown(operation, cause, "the read that would tell failed", call, first, error) from error
    operation.reads += (f"read {_text_of_value(reading.value)}",)
    return reading


async def _sleep_until(operation: Operation[Any], moment: datetime) -> None:
    missing = (moment - operation.session.venue_session.clock.now()).total_seconds()
    if missing > 0:
        # a millisecond past it, since the venue's own clock decides on equality
        await operation.session.clock.sleep(missing + 0.001)


def _later(operation: Operation[Any], error: OperationError) -> datetime | None:
    """Return when an error says that it may be tried again, None when that is over."""
    until = error.retry_at
    return until if until is not None and until > operation.session.venue_session.clock.now() else None


def _text_of_error(error: Exception) -> str:
    """Return an error's text; a stranger's with its type, since the text alone may say nothing."""
    return str(error) if isinstance(error, VenuekitError) else redact(f"{type(error).__name__}: {error}")


def _text_of_value(value: object) -> str:
    return "an unknown value" if value is None else str(value)


def _conflict(
    operation: Operation[Any], cause: OperationError, reading: Reading[Any], call: Call, first: Reading[Any] | None
) -> OperationError:
    """Say that somebody else writes it too, or that nothing could be read."""
    if reading.value is None:
        return _unknown(operation, cause, "the venue does not say what holds", call, first)
    if first is not None and first.value is None:
        return _unknown(operation, cause, f"{reading.value} holds; what held before could not be read", call, reading)
    words = f"{reading.value} holds, neither the old nor the wanted value: somebody else writes it too"
    return operation.annotate(errors.Conflict(words))


def _unknown(  # noqa: PLR0917 - the parts of one sentence, in their order
    operation: Operation[Any],
    cause: OperationError,
    why: str,
    call: Call,
    first: Reading[Any] | None,
    failed: Exception | None = None,
) -> OperationError:
    """Build the honest default; ``failed`` is why a read failed."""

    async def again() -> Any:
        return await resolve_later(operation, cause, call, first)

    sole = " (all of this assumes that nobody else writes)" if operation.endpoint.effect is Effect.DELTA else ""
    error = errors.OutcomeUnknown(f"{cause.message}; {why}{sole}", resolve=again, code=cause.code, status=cause.status)
    operation.annotate(error)
    error.outcome = Outcome.UNKNOWN
    error.retry_at = _later(operation, failed if isinstance(failed, OperationError) else cause)
    if operation.session.venue_session.observers:
        operation.notify(EventKind.UNKNOWN_OUTCOME, error=error)
    return error


def _as_lost(operation: Operation[Any]) -> Lost:
    """Return the write as the endpoint's ``resolve`` or ``readback`` takes it."""
    session, endpoint, journal = operation.session, operation.endpoint, operation.session.journal
    sent_at, claimed = operation.opened_at or operation.sent_at, frozenset(session.write_scopes.claimed or ())
    others: tuple[OtherWrite, ...] = ()
    if journal is not None and endpoint.effect is Effect.DELTA:
        claimed |= journal.claims()
        # the order of our own is known: none of them ran between what was read before and this one
        others = journal.others(operation.journal_id, endpoint.verb, endpoint.path, sole=operation.before is not None)
    return Lost(
        endpoint=endpoint,
        parameters=operation.parameters,
        sent_at=from_milliseconds(sent_at),
        fence=from_milliseconds(operation.open_until or operation.fence),
        client_id=operation.client_id,
        claimed=claimed - {operation.claims},
        before=operation.before,
        since=from_milliseconds(operation.before_at or sent_at),
        clock_error=timedelta(milliseconds=clock_error(session.venue_session.clock)),
        others=others,
        made=operation.made,
    )
