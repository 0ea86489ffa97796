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

from venuekit.endpoint import Change, Effect, Endpoint, WriteScope
from venuekit.errors import GuardRefused, OperationError, OutcomeNotStated, UnsupportedCapability
from venuekit.faults import is_listed
from venuekit.pipeline.arrival import measure
from venuekit.pipeline.completion import check_present
from venuekit.pipeline.events import notify_of
from venuekit.pipeline.failures import Failure, FailureKind, answer_of_earlier, is_older
from venuekit.pipeline.observe import EventKind
from venuekit.pipeline.operation import Operation
from venuekit.pipeline.resolve import SEND_AGAIN, attach_resolve, resolve_outcome, unknown_outcome
from venuekit.venue import EnvironmentName

T = TypeVar("T")


class Action(enum.StrEnum):
    """An action after a failed attempt."""

    RETRY = "retry"  #: send again after a growing wait
    WAIT = "wait"  #: the same, as long as the venue asks for
    RESYNC = "resync"  #: measure the venue's clock and send again, once
    RENEW = "renew"  #: fetch a new session token and send again, once
    RAISE = "raise"
    RESOLVE = "resolve"  #: read the outcome; see resolve.py
    LEAVE_OPEN = "leave_open"  #: raise at once as unknown: nothing can be read either, before ``retry_at``
    DONE = "done"  #: it is so already


class EffectColumn(enum.StrEnum):
    """The columns of the table: the effect of an operation."""

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
    FailureKind.TOKEN: _row(Action.RENEW),
    FailureKind.NONCE: _row(Action.RETRY),
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


_NOT_FOUND = 404
#: actions that are taken less often for the read of the venue's time, and the number of its attempts
_MEASURING = frozenset({Action.RESYNC, Action.RETRY})
_TRIES_OF_TIME = 2


def action_for(failure: Failure, operation: Operation[Any]) -> Action:
    """Look up the action after a failure."""
    chosen = TABLE[failure.kind][effect_column(operation.endpoint)]
    if failure.kind is FailureKind.DOUBTFUL and chosen is Action.RESOLVE:
        refusal, doubtful = failure.error, operation.endpoint.doubtful
        if not operation.open_until and not is_listed(doubtful, refusal.code, refusal.message):
            return Action.RAISE  # doubtful only after a loss of our own, and there was none
    if chosen is Action.DONE and operation.endpoint.no_change_is_read:
        return Action.RESOLVE
    if chosen is Action.RESYNC and operation.resynced:
        return Action.RAISE
    if chosen is Action.RENEW and (operation.renewed or operation.session.tokens is None):
        return Action.RAISE
    if chosen in _MEASURING and operation.endpoint is operation.session.venue_session.venue.server_time:
        # measuring the clock never waits for itself, nor long for a venue whose time endpoint fails
        return Action.RETRY if chosen is Action.RETRY and operation.attempts < _TRIES_OF_TIME else Action.RAISE
    return chosen


async def recover(operation: Operation[T], failure: Failure) -> T:
    """
    Return the value after all, or raise the error that a failed first attempt ends in.

    Raises:
        OperationError: the last failure, or the result of resolving it.
    """
    pending = cast("Failure | None", failure)
    is_all_orders = effect_column(operation.endpoint) is EffectColumn.ALL_ORDERS
    while True:
        try:
            return _after_loss(operation, await _attempt_repeatedly(operation, pending))
        except Failure as last:
            failure = last
        except OperationError as error:  # an attempt that did not leave
            if isinstance(error, GuardRefused) and operation.first_reading is not None:
                words = f"it is not sent again: {error.message}"
                raise unknown_outcome(operation, failure.error, words) from None
            attach_resolve(operation, error)
            raise
        action = action_for(failure, operation)
        if action is Action.DONE:
            # "no need to change": ours to claim only if no earlier attempt may have changed it
            return cast("T", Change(None, changed=None if operation.open_until else False))
        if not _needs_resolution(operation, failure, action):
            raise _last_error(operation, failure, action)
        value = await resolve_outcome(operation, failure, may_repeat=not is_all_orders)
        if value is not SEND_AGAIN:
            return cast("T", value)
        pending = None


def _needs_resolution(operation: Operation[Any], failure: Failure, action: Action) -> bool:
    """Say whether only a read can show how a write ended."""
    if action is Action.RESOLVE or operation.first_reading is not None:  # or sent once more, after it had been lost
        return True
    # one that was tried again and again may have been carried out by any of its attempts
    is_spent = operation.open_until and effect_column(operation.endpoint) is EffectColumn.ALL_ORDERS
    return bool(is_spent) and failure.kind is not FailureKind.SHUT_OUT


def _last_error(operation: Operation[Any], failure: Failure, action: Action) -> OperationError:
    if action is Action.LEAVE_OPEN:
        why = "the venue itself did not say so, and nothing can be read before the address is let in again"
        return unknown_outcome(operation, failure.error, why)
    if operation.endpoint.may_be_absent and _is_absence(failure, operation.attempts):
        reason = f"{operation.endpoint} is not documented, and not there: {failure.error.message}"
        operation.session.venue_session.unsupported[operation.endpoint] = reason  # it is asked no more
        details: dict[str, Any] = {"code": failure.error.code, "status": failure.error.status}
        return operation.annotate(UnsupportedCapability(reason, **details))
    attach_resolve(operation, failure.error)
    is_simulated = operation.session.venue_session.environment.name is EnvironmentName.SIM
    if failure.kind is FailureKind.NEVER_SENT and is_simulated and not failure.error.mend:
        failure.error.mend = "is this simulator still running? venuekit sim serves one"
    return operation.annotate(failure.error)


def _is_absence(last: Failure, attempts: int) -> bool:
    """
    Say whether the last answer to a read that may be absent says so: in the venue's words, or once more by a bare 404.

    One page alone may be that of a gateway whose venue is just being restarted.
    """
    if last.kind is FailureKind.UNSUPPORTED:
        return True
    return attempts > 1 and isinstance(last.error, OutcomeNotStated) and last.error.status == _NOT_FOUND


def _after_loss(operation: Operation[T], value: T) -> T:
    """Return the value of a success; a SET does not claim a change that an earlier attempt may have made."""
    if operation.open_until and isinstance(value, Change):
        return cast("T", attrs.evolve(value, changed=None))
    return value


async def _attempt_repeatedly(operation: Operation[T], first: Failure | None) -> T:
    """
    Attempt until there is an answer or the table says something else than to try again.

    ``first`` is the failure an attempt already made has met; it counts as the first attempt.

    Raises:
        Failure: with RESOLVE, DONE or RAISE as its action; or one whose attempts or waits are used up.
    """
    pending, wire, met = first, operation.session.wire, 0
    refusal: OperationError | None = None

    async def attempt_once() -> T:
        nonlocal pending, met, refusal
        try:
            if refusal is not None and wire.strays > met:  # its true answer came while it was waited
                raise Failure(FailureKind.SUSPECT, refusal)
            if pending is not None:
                failure, pending = pending, None
                raise failure
            if operation.endpoint.completion is not None:
                await check_present(operation)
            return await operation.send()
        except Failure as failure:
            chosen = action_for(failure, operation)
            if chosen is Action.RESYNC:
                operation.resynced = True
                known = operation.session.venue_session.clock.origin
                if await measure(operation) is not None:
                    raise  # the clock could not be measured: the caller gets the refusal itself
                if is_older(operation, failure.given_at, since=operation.session.venue_session.clock.origin - known):
                    wire.distrust()
                    raise operation.failure(FailureKind.LOST, answer_of_earlier(failure.error)) from None
            elif chosen is Action.RENEW and operation.session.tokens is not None:
                operation.renewed = True
                operation.session.tokens.drop(operation.token)
            elif chosen not in {Action.RETRY, Action.WAIT}:
                raise
            if effect_column(operation.endpoint) is EffectColumn.ONCE and failure.kind is not FailureKind.NEVER_SENT:
                met, refusal = wire.strays, failure.error
            failure.allows_another = True
            raise

    policy = operation.session.venue_session.policy
    jitter = _t.wait_random_exponential(multiplier=policy.first_wait, max=policy.longest_wait)

    def wait(state: _t.RetryCallState) -> float:
        failure = _last_of(state)
        if failure.kind in {FailureKind.CLOCK, FailureKind.TOKEN, FailureKind.NONCE}:
            return 0.0
        return failure.delay or jitter(state)

    def stop(state: _t.RetryCallState) -> bool:
        return state.attempt_number >= policy.attempts or operation.waited + state.upcoming_sleep > operation.max_wait

    def retrying(state: _t.RetryCallState) -> None:
        notify_of(operation, EventKind.RETRY, seconds=state.upcoming_sleep, error=_last_of(state).error)

    loop = _t.AsyncRetrying(
        retry=_t.retry_if_exception(lambda error: isinstance(error, Failure) and error.allows_another),
        wait=wait,
        stop=stop,
        sleep=operation.wait,
        before_sleep=retrying,
        reraise=True,
    )
    return await loop(attempt_once)


def _last_of(state: _t.RetryCallState) -> Failure:
    """Return the failure of the last attempt: tenacity is offered no other error, and asks after a failure only."""
    return cast("Failure", cast("_t.Future", state.outcome).exception())
