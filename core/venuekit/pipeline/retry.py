"""
What a fault does: one table, and the function that carries it out.

Nothing here decides by guess: a write is sent again only where the table says RETRY, WAIT or RESYNC, and those rows
hold faults after which the venue is known not to have executed it (or, for a SET, one repetition after a read); what
ends every order is sent as often as a read, since its fence holds back whatever a late one could end.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

import attrs
import tenacity as _t

from venuekit.endpoint import Effect, Endpoint, WriteScope
from venuekit.errors import OperationError
from venuekit.pipeline.belonging import is_older
from venuekit.pipeline.classify import Failure, FailureKind
from venuekit.pipeline.observe import EventKind
from venuekit.pipeline.operation import Operation
from venuekit.resolution import Change

__all__ = [
    "TABLE",
    "Action",
    "EffectColumn",
    "action_for",
    "after_loss",
    "attempt_repeatedly",
    "effect_column",
    "no_change",
]

T = TypeVar("T")


class Action(enum.StrEnum):
    """What to do about a fault."""

    RETRY = "retry"  #: send again after a growing wait
    WAIT = "wait"  #: the same, as long as the venue asks for
    RESYNC = "resync"  #: measure the venue's clock and send again, once
    RAISE = "raise"
    RESOLVE = "resolve"  #: read what holds; see resolve.py
    LEAVE_OPEN = "leave_open"  #: raise at once as unknown: nothing can be read either, before ``retry_at``
    DONE = "done"  #: it is so already


class EffectColumn(enum.StrEnum):
    """The columns of the table: the effect of an operation."""

    READ = "read"
    SET = "set"
    ALL_ORDERS = (
        "every_order"  #: a SET that ends all orders: doing so once more harms nobody whom its fence lets through
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


#: what is done less often for the read of the venue's time than for others, and how often that is tried
_MEASURING = frozenset({Action.RESYNC, Action.RETRY})
_TRIES_OF_TIME = 2


def action_for(failure: Failure, operation: Operation[Any]) -> Action:
    """Look up what to do."""
    chosen = TABLE[failure.kind][effect_column(operation.endpoint)]
    if failure.kind is FailureKind.DOUBTFUL and chosen is Action.RESOLVE:
        code = failure.error.code
        if code not in operation.endpoint.doubtful and not operation.open_until:
            return Action.RAISE  # doubtful only after a loss of our own, and there was none
    if chosen is Action.DONE and operation.endpoint.no_change_is_read:
        return Action.RESOLVE
    if chosen is Action.RESYNC and operation.resynced:
        return Action.RAISE
    if chosen in _MEASURING and operation.endpoint is operation.session.venue_session.venue.server_time:
        # measuring the clock never waits for itself, nor long for a venue that does not tell its time
        return Action.RETRY if chosen is Action.RETRY and operation.attempts < _TRIES_OF_TIME else Action.RAISE
    return chosen


class _Again(Exception):
    """The only error ever offered to tenacity: one attempt failed in a way that allows another."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


async def attempt_repeatedly(
    operation: Operation[T], first: Failure | None, resync: Callable[[Operation[Any]], Awaitable[bool]]
) -> T:
    """
    Attempt until there is an answer or the table says something else than to try again.

    ``first`` is the failure an attempt already made has met; it counts as the first attempt.

    Raises:
        Failure: with RESOLVE, DONE or RAISE as its action; or one whose attempts or waits are used up.
    """
    pending = first
    wire, met = operation.session.wire, 0
    refusal: OperationError | None = None

    async def attempt() -> T:
        nonlocal pending, met, refusal
        try:
            if refusal is not None and wire.strays > met:  # its true answer came while it was waited
                raise Failure(FailureKind.SUSPECT, refusal)
            if pending is not None:
                failure, pending = pending, None
                raise failure
            return await operation.attempt()
        except Failure as failure:
            chosen = action_for(failure, operation)
            if chosen is Action.RESYNC:
                operation.resynced = True
                known = operation.session.venue_session.clock.origin
                if not await resync(operation):
                    raise  # no time to be had: the refusal itself is what the caller should see
                if is_older(operation, failure.given_at, since=operation.session.venue_session.clock.origin - known):
                    raise operation.as_lost(failure.error) from None
            elif chosen not in {Action.RETRY, Action.WAIT}:
                raise
            if effect_column(operation.endpoint) is EffectColumn.ONCE and failure.kind is not FailureKind.NEVER_SENT:
                met, refusal = wire.strays, failure.error
            raise _Again(failure) from None

    policy = operation.session.venue_session.policy
    jitter = _t.wait_random_exponential(multiplier=policy.first_wait, max=policy.longest_wait)

    def wait(state: _t.RetryCallState) -> float:
        failure = _again_of(state).failure
        if failure.kind is FailureKind.CLOCK:
            return 0.0
        return failure.delay or jitter(state)

    def stop(state: _t.RetryCallState) -> bool:
        return state.attempt_number >= policy.attempts or operation.waited + state.upcoming_sleep > operation.max_wait

    def retrying(state: _t.RetryCallState) -> None:
        if operation.session.venue_session.observers:
            operation.notify(EventKind.RETRY, seconds=state.upcoming_sleep, error=_again_of(state).failure.error)

    loop = _t.AsyncRetrying(
        retry=_t.retry_if_exception_type(_Again),
        wait=wait,
        stop=stop,
        sleep=operation.wait,
        before_sleep=retrying,
        reraise=True,
    )
    try:
        return await loop(attempt)
    except _Again as spent:
        raise spent.failure from None


def _again_of(state: _t.RetryCallState) -> _Again:
    failure = None if state.outcome is None else state.outcome.exception()
    if not isinstance(failure, _Again):
        raise TypeError("only our own failures are offered to tenacity")
    return failure


def no_change(operation: Operation[Any]) -> Change[Any]:
    """Return the success of a SET that met "no need": ours to claim only if no earlier attempt is open."""
    return Change(None, changed=None if operation.open_until else False)


def after_loss(operation: Operation[T], value: T) -> T:
    """Return the value of a success; a SET does not claim a change that an earlier attempt may have made."""
    if operation.open_until and isinstance(value, Change):
        return cast("T", attrs.evolve(value, changed=None))
    return value
