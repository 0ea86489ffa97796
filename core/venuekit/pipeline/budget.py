"""Budget: the rate limits, as named pools that each attempt pays into, and that a refusal closes until it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import attrs

from venuekit import errors
from venuekit._util.times import from_milliseconds
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
#: a shorter wait, in seconds, is not told: it is only the least that must be waited for those that go first
_SHOWN = 0.05


@attrs.frozen
class PoolName:
    """
    Which pool: shared by every account of a realm and environment that meets the same limit.

    ``owner`` is None where the limit is the address's; else it is the venue's name for the account, or a fingerprint of
    the API key. ``symbol`` is the symbol where the limit is a symbol's, None for requests that name none. ``address``
    is the one that requests leave from where the limit is the address's, else None.
    """

    realm: str
    environment: str
    limit: Limit
    owner: str | None = None
    symbol: str | None = None
    address: str | None = None


class Budget(Protocol):
    """Keeps one pool; ``now`` is the injected clock's monotonic time in seconds."""

    def wait(self, amount: int, now: float, reserve: float = 0.0) -> float:
        """
        Return the seconds until ``amount`` may be spent leaving a share of ``reserve`` unspent, 0.0 for now.

        A request of the amount 0 only has to find the pool open.
        """

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

    pools: Pools  #: those that every request pays into
    due: list[tuple[Budget, int]] | None  #: None where it depends on the parameters
    #: limits of a symbol each, with the cost; they have a pool for every symbol
    by_symbol: tuple[tuple[Limit, int | None], ...] = ()


def due_at(pools: Pools, weight: int) -> list[tuple[Budget, int]]:
    """Return the amounts that a request of this weight pays."""
    return [(pool, weight if cost is None else cost) for _, pool, cost in pools]


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


def update_from_headers(pool: Budget, limit: Limit, headers: Mapping[str, str], now: float) -> int | None:
    """Correct a pool by the headers of an answer, and return the venue's count; None where they have no number."""
    used_header = limit.used_header
    header = used_header or limit.remaining_header
    value = None if header is None else headers.get(header)
    if value is None or not value.isdecimal() or len(value) > _DIGITS:
        return None
    used = int(value) if used_header else limit.amount - int(value)
    pool.set_used(used, now)
    return used


def apply_backoff(session: AccountSession, failure: Failure, costs: Pools, attempts: int) -> list[tuple[Limit, Budget]]:
    """
    Close the pools that a refusal speaks of, for as long as it says; return them.

    When they open is noted in the failure.

    A venue's code with an ordinary status, or one that is listed so, speaks of the account and the endpoint; a ban, a
    firewall and HTTP's own statuses speak of the address, whatever the endpoint pays into.
    """
    now = session.clock.monotonic()
    banned = failure.kind is FailureKind.BANNED or isinstance(failure.error, errors.Banned)
    of_address = failure.kind is FailureKind.SHUT_OUT or failure.error.status in _OF_THE_ADDRESS
    if banned or (of_address and not failure.is_account_limit):
        everywhere = [limit for limit in session.venue_session.venue.limits if limit.scope is LimitScope.ADDRESS]
        pools = [(limit, session.pool(limit)) for limit in everywhere]
        if not banned:
            pools += [(limit, pool) for limit, pool, _ in costs if limit.scope is not LimitScope.ADDRESS]
    else:
        pools = [(limit, pool) for limit, pool, _ in costs if limit.scope is not LimitScope.ADDRESS]
    if pools:
        shut = max(pool.close(failure.delay, now, banned=banned) for _, pool in pools)
        session.venue_session.note_closed([pool for _, pool in pools])
    else:  # nothing that could be closed: at least this call waits, longer each time
        shut = failure.delay or float(2 ** (attempts - 1))
    if failure.delay is None or shut > failure.delay:
        failure.delay = shut
        failure.error.retry_at = _after(session, shut)
    return pools


def budget_error(
    session: AccountSession, costs: Pools, delay: float, max_wait: float, ahead: int
) -> errors.OperationError:
    """
    Return the error of a request that was not sent: it could pay in ``delay`` seconds at the earliest.

    ``max_wait`` is how long its waits may last, and ``ahead`` how many requests go before it.
    """
    now = session.clock.monotonic()
    shut = [(pool.seconds_closed(now), limit.name, pool) for limit, pool, _ in costs if pool.seconds_closed(now)]
    if not shut:
        names = ", ".join(limit.name for limit, _, _ in costs)
        lasts = f" for {delay:.1f} s" if delay >= _SHOWN else ""
        line = f", and requests that go first: {ahead}" if ahead else ""
        words = f"rate limit budget {names!r} is exhausted{lasts}{line}; max_wait is {max_wait:g} s"
        return errors.Throttled(words, retry_at=_after(session, delay))
    seconds, name, pool = max(shut, key=lambda one: one[0])
    kind = errors.Banned if pool.is_banned(now) else errors.Throttled
    return kind(f"an earlier refusal keeps pool {name} closed", retry_at=_after(session, seconds))


def opening_of(session: AccountSession, pools: Iterable[Budget]) -> datetime:
    """Return when the last of some pools opens."""
    now = session.clock.monotonic()
    return _after(session, max(pool.seconds_closed(now) for pool in pools))


def _after(session: AccountSession, seconds: float) -> datetime:
    return from_milliseconds(session.venue_session.clock.milliseconds() + round(seconds * 1000))
