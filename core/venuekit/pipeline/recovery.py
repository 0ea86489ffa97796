"""
Recovery: one table of actions after a failed attempt, and the loop that carries them out.

Nothing here decides by guess: a write is sent again only where the table says RETRY, WAIT or RESYNC, and those rows
hold faults after which the venue is known not to have executed it (or, for a SET, one repetition after a read); a
cancel-all is sent as often as a read, since its fence holds back every order that a late one could end.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import attrs
import tenacity as _t

from venuekit.endpoint import Effect, Endpoint, WriteScope
from venuekit.errors import GuardRefused, OperationError
from venuekit.pipeline.attempt import Attempt
from venuekit.pipeline.belonging import is_older
from venuekit.pipeline.classify import Failure, FailureKind
from venuekit.pipeline.closing import is_absence, remember_absence
from venuekit.pipeline.measuring import measure
from venuekit.pipeline.observe import EventKind
from venuekit.pipeline.operation_record import OperationRecord
from venuekit.pipeline.resolve import SEND_AGAIN, attach_resolve, resolve_outcome, unknown_outcome
from venuekit.resolution import Change

T = TypeVar("T")


class Action(enum.StrEnum):
    """An action after a failed attempt."""

    RETRY = "retry"  #: send again after a growing wait
    WAIT = "wait"  #: the same, as long as the venue asks for
    RESYNC = "resync"  #: measure the venue's clock and send again, once
    RAISE = "raise"
    RESOLVE = "resolve"  #: read the outcome; see resolve.py
    LEAVE_OPEN = "leave_open"  #: raise at once as unknown: nothing can be read either, before ``retry_at``
    DONE = "done"  #: it is so already


class EffectColumn(enum.StrEnum):
    """The columns of the table: the effect of an record."""

    READ = "read"
    SET = "set"
    ALL_ORDERS = (
        "every_order"  #: a SET that ends all orders: its fence holds back every order that a repetition could end
    )
    ONCE = "once"  #: KEYED and DELTA
    SESSION = "session"
    SESSION_END = "session_end"


def effect_column(endpoint: Endpoint[Any]) -> EffectColumn:
    """Return the column an endpoint belongs to; ending a session is tried once."""
    if endpoint.write_scope is WriteScope.ALL_ORDERS and endpoint.effect is Effect.SET:
        return EffectColumn.ALL_ORDERS
    if endpoint.effect is Effect.SESSION:
        return EffectColumn.SESSION_END if endpoint.verb == "DELETE" else EffectColumn.SESSION
    if endpoint.effect in {Effect.KEYED, Effect.DELTA}:
        return EffectColumn.ONCE
    return EffectColumn(endpoint.effect.value)


_ALL = tuple(EffectColumn)


def _row(action: Action, **exceptions: Action) -> Mapping[EffectColumn, Action]:
    return {col: exceptions.get(col.value, action) for col in _ALL}


TABLE: Mapping[FailureKind, Mapping[EffectColumn, Action]] = {
    FailureKind.NEVER_SENT: _row(Action.RETRY),
    FailureKind.CERTIFICATE: _row(Action.RAISE),
    FailureKind.CLOCK: _row(Action.RESYNC),
    FailureKind.THROTTLED: _row(Action.WAIT),
    FailureKind.BANNED: _row(Action.WAIT),
    FailureKind.SHUT_OUT: _row(Action.WAIT, once=Action.LEAVE_OPEN),
    FailureKind.BUSY: _row(Action.WAIT, once=Action.RAISE),
    FailureKind.OVERLOADED: _row(Action.WAIT, once=Action.RESOLVE),
    FailureKind.LOST: _row(
        Action.RESOLVE, read=Action.RETRY, every_order=Action.RETRY, session=Action.RETRY, session_end=Action.RAISE
    ),
    FailureKind.DOUBTFUL: _row(Action.RAISE, set=Action.RESOLVE, every_order=Action.RESOLVE, once=Action.RESOLVE),
    FailureKind.SUSPECT: _row(Action.RAISE, set=Action.RESOLVE, every_order=Action.RESOLVE, once=Action.RESOLVE),
    FailureKind.NO_CHANGE: _row(Action.RAISE, set=Action.DONE, every_order=Action.DONE),
    FailureKind.UNSUPPORTED: _row(Action.RAISE),
    FailureKind.REFUSED: _row(Action.RAISE),
}


#: actions that are taken less often for the read of the venue's time, and the number of its attempts
_MEASURING = frozenset({Action.RESYNC, Action.RETRY})
_TRIES_OF_TIME = 2


def action_for(failure: Failure, record: OperationRecord[Any]) -> Action:
    """Look up the action after a failure."""
    chosen = TABLE[failure.kind][effect_column(record.endpoint)]
    if failure.kind is FailureKind.DOUBTFUL and chosen is Action.RESOLVE:
        code = failure.error.code
        if code not in record.endpoint.doubtful and not record.open_until:
            return Action.RAISE  # doubtful only after a loss of our own, and there was none
    if chosen is Action.DONE and record.endpoint.no_change_is_read:
        return Action.RESOLVE
    if chosen is Action.RESYNC and record.resynced:
        return Action.RAISE
    if chosen in _MEASURING and record.endpoint is record.session.venue_session.venue.server_time:
        # measuring the clock never waits for itself, nor long for a venue whose time endpoint fails
        return Action.RETRY if chosen is Action.RETRY and record.attempts < _TRIES_OF_TIME else Action.RAISE
    return chosen


async def recover(attempt: Attempt[T], failure: Failure) -> T:
    """
    Return the value after all, or raise the error that a failed first attempt ends in.

    Raises:
        OperationError: the last failure, or the result of resolving it.
    """
    record, pending = attempt.record, cast("Failure | None", failure)
    is_all_orders = effect_column(record.endpoint) is EffectColumn.ALL_ORDERS
    while True:
        try:
            return _after_loss(record, await _attempt_repeatedly(attempt, pending))
        except Failure as last:
            failure = last
        except OperationError as error:  # an attempt that did not leave
            if isinstance(error, GuardRefused) and record.first_reading is not None:
                words = f"it is not sent again: {error.message}"
                raise unknown_outcome(record, failure.error, words) from None
            attach_resolve(record, error)
            raise
        action = action_for(failure, record)
        if action is Action.DONE:
            # "no need to change": ours to claim only if no earlier attempt may have changed it
            return cast("T", Change(None, changed=None if record.open_until else False))
        if not _needs_resolution(record, failure, action):
            raise _last_error(record, failure, action)
        value = await resolve_outcome(record, failure, may_repeat=not is_all_orders)
        if value is not SEND_AGAIN:
            return cast("T", value)
        pending = None


def _needs_resolution(record: OperationRecord[Any], failure: Failure, action: Action) -> bool:
    """Say whether only a read can show how a write ended."""
    if action is Action.RESOLVE or record.first_reading is not None:  # or sent once more, after it had been lost
        return True
    # one that was tried again and again may have been carried out by any of its attempts
    is_spent = record.open_until and effect_column(record.endpoint) is EffectColumn.ALL_ORDERS
    return bool(is_spent) and failure.kind is not FailureKind.SHUT_OUT


def _last_error(record: OperationRecord[Any], failure: Failure, action: Action) -> OperationError:
    if action is Action.LEAVE_OPEN:
        why = "the venue itself did not say so, and nothing can be read before the address is let in again"
        return unknown_outcome(record, failure.error, why)
    if record.endpoint.may_be_absent and is_absence(failure, record.attempts):
        return record.annotate(remember_absence(record.session, record.endpoint, failure.error))
    attach_resolve(record, failure.error)
    return record.annotate(failure.error)


def _after_loss(record: OperationRecord[T], value: T) -> T:
    """Return the value of a success; a SET does not claim a change that an earlier attempt may have made."""
    if record.open_until and isinstance(value, Change):
        return cast("T", attrs.evolve(value, changed=None))
    return value


class _Again(Exception):
    """The only error ever offered to tenacity: one attempt failed in a way that allows another."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


async def _attempt_repeatedly(attempt: Attempt[T], first: Failure | None) -> T:
    """
    Attempt until there is an answer or the table says something else than to try again.

    ``first`` is the failure an attempt already made has met; it counts as the first attempt.

    Raises:
        Failure: with RESOLVE, DONE or RAISE as its action; or one whose attempts or waits are used up.
    """
    record, pending = attempt.record, first
    wire, met = record.session.wire, 0
    refusal: OperationError | None = None

    async def attempt_once() -> T:
        nonlocal pending, met, refusal
        try:
            if refusal is not None and wire.strays > met:  # its true answer came while it was waited
                raise Failure(FailureKind.SUSPECT, refusal)
            if pending is not None:
                failure, pending = pending, None
                raise failure
            return await attempt.send()
        except Failure as failure:
            chosen = action_for(failure, record)
            if chosen is Action.RESYNC:
                record.resynced = True
                known = record.session.venue_session.clock.origin
                if await measure(record) is not None:
                    raise  # the clock could not be measured: the caller gets the refusal itself
                if is_older(record, failure.given_at, since=record.session.venue_session.clock.origin - known):
                    raise record.as_lost(failure.error) from None
            elif chosen not in {Action.RETRY, Action.WAIT}:
                raise
            if effect_column(record.endpoint) is EffectColumn.ONCE and failure.kind is not FailureKind.NEVER_SENT:
                met, refusal = wire.strays, failure.error
            raise _Again(failure) from None

    policy = record.session.venue_session.policy
    jitter = _t.wait_random_exponential(multiplier=policy.first_wait, max=policy.longest_wait)

    def wait(state: _t.RetryCallState) -> float:
        failure = _again_of(state).failure
        if failure.kind is FailureKind.CLOCK:
            return 0.0
        return failure.delay or jitter(state)

    def stop(state: _t.RetryCallState) -> bool:
        return state.attempt_number >= policy.attempts or record.waited + state.upcoming_sleep > record.max_wait

    def retrying(state: _t.RetryCallState) -> None:
        if record.session.venue_session.observers:
            record.notify(EventKind.RETRY, seconds=state.upcoming_sleep, error=_again_of(state).failure.error)

    loop = _t.AsyncRetrying(
        retry=_t.retry_if_exception_type(_Again),
        wait=wait,
        stop=stop,
        sleep=record.wait,
        before_sleep=retrying,
        reraise=True,
    )
    try:
        return await loop(attempt_once)
    except _Again as spent:
        raise spent.failure from None


def _again_of(state: _t.RetryCallState) -> _Again:
    failure = None if state.outcome is None else state.outcome.exception()
    if not isinstance(failure, _Again):
        raise TypeError("only our own failures are offered to tenacity")
    return failure
