"""Budget: the rate limits, as named pools that each attempt pays into, and that a refusal closes until it is over."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from math import floor
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import attrs

from venuekit import errors
from venuekit.clock import from_milliseconds
from venuekit.pipeline.failures import Failure, FailureKind
from venuekit.venue import Limit, LimitScope

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit.pipeline.account_session import AccountSession

#: failures that close pools
SHUTTING = frozenset({FailureKind.THROTTLED, FailureKind.BANNED, FailureKind.SHUT_OUT})
#: statuses by which HTTP itself speaks of everything that this address sends
_OF_THE_ADDRESS = frozenset({403, 418, 429})

#: a header with more digits is no count
_DIGITS = 18

#: the first pause, in seconds, after a refusal that names no time, and after a ban that names none
_PAUSE = 1.0
_BAN = 120.0
#: a shorter time that the venue names may be over already, by the error of its clock and ours
_BELIEVED = 0.1
#: how often the first pause the longest one is
_GROWTH = 128
#: a refusal that comes this many seconds after a pause, or after as long as it lasted, is one of a row
_QUIET = 5.0


@attrs.frozen
class PoolName:
    """
    Which pool: shared by every account of a realm and environment that meets the same limit.

    ``account`` is a fingerprint of the API key where the limit is the account's, None where it is the address's.
    """

    realm: str
    environment: str
    limit: Limit
    account: str | None


class Budget(Protocol):
    """Keeps one pool; ``now`` is the injected clock's monotonic time in seconds."""

    def wait(self, amount: int, now: float, reserve: float = 0.0) -> float:
        """Return the seconds until ``amount`` may be spent leaving a share of ``reserve`` unspent, 0.0 for now."""

    def spend(self, amount: int, now: float) -> None:
        """Spend, after :meth:`wait` said now."""

    def set_used(self, used: int, now: float) -> None:
        """Take over how much the venue counted in its running window."""

    def close(self, seconds: float | None, now: float, *, banned: bool = False) -> float:
        """
        Spend nothing for as long as the venue says, and return for how many seconds that is.

        ``seconds`` is None where the venue does not say, 0 where it says a time that is over: then, and when it
        refuses again right after a pause, the pauses must grow. ``banned`` says that the address is shut out.
        """

    def seconds_closed(self, now: float) -> float:
        """Return for how many seconds the pool is still closed, 0.0 when it is open."""

    def is_banned(self, now: float) -> bool:
        """Say whether it is closed because the address is shut out."""


#: pools with the cost of a request in each, None for the endpoint's weight
Pools: TypeAlias = tuple[tuple[Limit, Budget, int | None], ...]


class Costs(NamedTuple):
    """The cost of a request to an endpoint."""

    pools: Pools
    due: list[tuple[Budget, int]] | None  #: None where the weight depends on the parameters
    reserve: float  #: the share of each pool that is reserved for more urgent requests

    def of(self, weight: int) -> list[tuple[Budget, int]]:
        """Return the amounts due at a weight."""
        return [(pool, weight if cost is None else cost) for _, pool, cost in self.pools]


class SlidingBudget:
    """
    A pool in this process: at most ``amount`` in any span of ``seconds``.

    A sliding window never exceeds a limit that the venue counts in fixed windows, wherever those begin. What the
    venue counted and we did not see (another process behind the same address) is added when it says so.
    """

    __slots__ = ("_amount", "_banned", "_closed_until", "_pause", "_seconds", "_spent", "_used")

    def __init__(self, limit: Limit) -> None:
        self._amount = limit.amount
        self._seconds = limit.seconds
        self._used = 0
        self._spent: deque[tuple[float, int]] = deque()
        self._closed_until = 0.0
        self._banned = False
        #: our own last pause, in seconds; 0 before the first refusal
        self._pause = 0.0

    def wait(self, amount: int, now: float, reserve: float = 0.0) -> float:
        """Return the seconds until ``amount`` may be spent leaving a share of ``reserve`` unspent, 0.0 for now."""
        spent = self._spent
        horizon = now - self._seconds
        while spent and spent[0][0] <= horizon:
            self._used -= spent.popleft()[1]
        if now < self._closed_until:
            return self._closed_until - now
        excess = self._used + amount - (self._amount - floor(self._amount * reserve))
        if excess <= 0 or not spent:
            return 0.0
        for moment, portion in spent:
            excess -= portion
            if excess <= 0:
                return moment - horizon
        return spent[-1][0] - horizon

    def spend(self, amount: int, now: float) -> None:
        """Spend ``amount`` now."""
        if amount:
            self._spent.append((now, amount))
            self._used += amount

    def set_used(self, used: int, now: float) -> None:
        """Take over the venue's own count when it is higher than ours."""
        if used > self._used:
            self.spend(used - self._used, now)

    def close(self, seconds: float | None, now: float, *, banned: bool = False) -> float:
        """Spend nothing for so long, or, where the venue does not say or refuses again, for a pause that doubles."""
        first = _BAN if banned and seconds is None else _PAUSE
        if now < self._closed_until:  # of a request that left before it was closed: no further refusal
            pause = 0.0 if self._banned or not banned else first
        else:
            again = self._pause > 0 and now - self._closed_until <= max(self._pause, _QUIET)
            self._banned = False
            if again:
                pause = self._pause = min(max(self._pause * 2, first), first * _GROWTH)
            else:
                pause, self._pause = 0.0 if seconds and seconds >= _BELIEVED else first, first
        self._banned = self._banned or banned
        self._closed_until = max(self._closed_until, now + max(pause, seconds or 0.0))
        return self._closed_until - now

    def seconds_closed(self, now: float) -> float:
        """Return for how many seconds the pool is still closed."""
        return max(0.0, self._closed_until - now)

    def is_banned(self, now: float) -> bool:
        """Say whether it is closed because the address is shut out."""
        return self._banned and now < self._closed_until


def pay(costs: Sequence[tuple[Budget, int]], now: float, reserve: float = 0.0) -> float:
    """
    Spend in every pool at once, or nothing at all; return the seconds to wait first, 0.0 when it is paid.

    ``reserve`` is the share of each pool that is reserved for more urgent requests.
    """
    longest = 0.0
    for pool, amount in costs:
        delay = pool.wait(amount, now, reserve)
        longest = max(longest, delay)
    if longest == 0.0:
        for pool, amount in costs:
            pool.spend(amount, now)
    return longest


def update_from_headers(pool: Budget, limit: Limit, headers: Mapping[str, str], now: float) -> None:
    """Correct a pool by the headers of an answer; a header that is not a number is ignored."""
    used_header = limit.used_header
    header = used_header or limit.remaining_header
    if header is None:
        return
    value = headers.get(header)
    if value is not None and value.isdecimal() and len(value) <= _DIGITS:
        pool.set_used(int(value) if used_header else limit.amount - int(value), now)


def apply_backoff(session: AccountSession, failure: Failure, costs: Pools, attempts: int) -> None:
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


def budget_error(session: AccountSession, costs: Pools, delay: float, max_wait: float) -> errors.OperationError:
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
