"""After a refusal: pools close until it is over, and endpoints that an account lacks are not called again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from venuekit import errors
from venuekit.capabilities._capability import capability_of, methods_of
from venuekit.clock import from_milliseconds
from venuekit.pipeline.classify import Failure, FailureKind
from venuekit.venue import LimitScope

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit.endpoint import Endpoint
    from venuekit.pipeline.account_session import AccountSession
    from venuekit.pipeline.budget import Budget
    from venuekit.venue import Limit

#: failures that close pools
SHUTTING = frozenset({FailureKind.THROTTLED, FailureKind.BANNED, FailureKind.SHUT_OUT})
#: statuses by which HTTP itself speaks of everything that this address sends
_OF_THE_ADDRESS = frozenset({403, 418, 429})
_NOT_FOUND = 404


def apply_backoff(
    session: AccountSession, failure: Failure, costs: tuple[tuple[Limit, Budget, int | None], ...], attempts: int
) -> None:
    """
    Close the pools that a refusal speaks of, for as long as it says, and note in the failure when they open.

    A venue's code with an ordinary status, or one that is listed so, speaks of the account and the endpoint; a ban, a
    firewall and HTTP's own statuses speak of the address, whatever the endpoint pays into.
    """
    now = session.clock.monotonic()
    banned = failure.kind is FailureKind.BANNED or isinstance(failure.error, errors.Banned)
    of_address = failure.kind is FailureKind.SHUT_OUT or failure.error.status in _OF_THE_ADDRESS
    if banned or (of_address and not failure.is_account_limit):
        everywhere = [limit for limit in session.venue_session.venue.limits if limit.scope is LimitScope.ADDRESS]
        pools = [session.pool(limit) for limit in everywhere]
        if not banned:
            pools += [pool for limit, pool, _ in costs if limit.scope is LimitScope.ACCOUNT]
    else:
        pools = [pool for limit, pool, _ in costs if limit.scope is LimitScope.ACCOUNT]
    if pools:
        shut = max(pool.close(failure.delay, now, banned=banned) for pool in pools)
    else:  # nothing that could be closed: at least this call waits, longer each time
        shut = failure.delay or float(2 ** (attempts - 1))
    if failure.delay is None or shut > failure.delay:
        failure.delay = shut
        failure.error.retry_at = _after(session, shut)


def record_unsupported(session: AccountSession, endpoint: Endpoint[Any], reason: str) -> None:
    """
    Remember that this account lacks the capability of an endpoint that it does not have.

    That is a capability all of whose methods the endpoint serves, before any other: one that has further endpoints for
    some of its methods, as for cancelling, keeps them, and a second source says nothing about the first.
    """
    served = {method.__name__: capability_of(method) for method in endpoint.serves}
    for capability in set(served.values()):
        first = next(
            (one for one in session.venue_session.venue.endpoints if capability in map(capability_of, one.serves)), None
        )
        if first is endpoint and all(served.get(name) is capability for name in methods_of(capability)):
            session.learned = {**(session.learned or {}), capability: reason}


def is_absence(last: Failure, attempts: int) -> bool:
    """
    Say whether the last answer to a read that may be absent says so: in the venue's words, or once more by a bare 404.

    One page alone may be that of a gateway whose venue is just being restarted.
    """
    if last.kind is FailureKind.UNSUPPORTED:
        return True
    return attempts > 1 and isinstance(last.error, errors.OutcomeNotStated) and last.error.status == _NOT_FOUND


def remember_absence(
    session: AccountSession, endpoint: Endpoint[Any], error: errors.OperationError
) -> errors.OperationError:
    """Have an endpoint asked no more at this place, and return the error that says that it is not there."""
    reason = f"{endpoint} is not documented, and not there: {error.message}"
    session.venue_session.unsupported[endpoint] = reason
    outcome = errors.Outcome.NOT_APPLIED
    return errors.UnsupportedCapability(reason, code=error.code, status=error.status, outcome=outcome)


def too_long(
    session: AccountSession, costs: tuple[tuple[Limit, Budget, int | None], ...], delay: float, max_wait: float
) -> errors.OperationError:
    """Return the error of a request that was not sent: its pools open later than its waits may last, in seconds."""
    now = session.clock.monotonic()
    shut = [(pool.seconds_closed(now), limit.name, pool) for limit, pool, _ in costs if pool.seconds_closed(now)]
    if not shut:
        names = ", ".join(limit.name for limit, _, _ in costs)
        words = f"rate limit budget {names!r} is exhausted for {delay:.1f} s; max_wait is {max_wait:g} s"
        return errors.Throttled(words, retry_at=_after(session, delay))
    seconds, name, pool = max(shut, key=lambda one: one[0])
    kind = errors.Banned if pool.is_banned(now) else errors.Throttled
    return kind(f"an earlier refusal keeps pool {name} closed", retry_at=_after(session, seconds))


def _after(session: AccountSession, seconds: float) -> datetime:
    return from_milliseconds(session.venue_session.clock.milliseconds() + round(seconds * 1000))
