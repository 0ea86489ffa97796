"""Refusals and exhausted pools: which pools a refusal closes, what headers correct, and the errors of a budget."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from multidict import CIMultiDict

from venuekit import errors
from venuekit._util.times import from_milliseconds
from venuekit.pipeline.budget import (
    Budget,
    apply_backoff,
    budget_error,
    due_at,
    opening_of,
    pay,
    update_from_headers,
)
from venuekit.pipeline.failures import Failure, FailureKind
from venuekit.pipeline.pools import SlidingBudget
from venuekit.venue import Limit, LimitScope

ADDRESS, UNPAID = (Limit(name, amount=10, seconds=60) for name in ("weight", "raw requests"))
ACCOUNT = Limit("orders", amount=10, seconds=60, scope=LimitScope.ACCOUNT)
NOW = 100.0
#: on the venue's clock, in milliseconds
VENUE_TIME = 1_750_000_001_000


@attrs.define
class Session:
    """A session as the budget sees it: clocks, a venue of two limits of the address, and their pools."""

    limits: tuple[Limit, ...] = (ADDRESS, ACCOUNT, UNPAID)
    closed: list[Budget] = attrs.field(factory=list)
    pools: dict[str, Budget] = attrs.field(factory=dict)

    @property
    def venue_session(self) -> Session:
        return self

    @property
    def venue(self) -> Session:
        return self

    @property
    def clock(self) -> Session:
        return self

    def monotonic(self) -> float:
        return NOW

    def milliseconds(self) -> int:
        return VENUE_TIME

    def pool(self, limit: Limit) -> Budget:
        return self.pools.setdefault(limit.name, SlidingBudget(limit))

    def note_closed(self, pools: list[Budget]) -> None:
        self.closed += pools

    def costs(self, *limits: Limit) -> Any:
        return tuple((limit, self.pool(limit), 1) for limit in limits)


def after(seconds: float) -> datetime:
    return from_milliseconds(VENUE_TIME + round(seconds * 1000))


def back_off(
    kind: FailureKind,
    status: int,
    *,
    delay: float | None = 7.0,
    limits: tuple[Limit, ...] = (ADDRESS, ACCOUNT),
    error: errors.OperationError | None = None,
    attempts: int = 1,
    **details: Any,
) -> tuple[Mapping[str, float], Failure]:
    """Return the pools that a refusal closes, with their seconds, and the failure."""
    session: Any = Session()
    failure = Failure(kind, error or errors.Throttled("slow"), delay, **details)
    failure.error.status = status
    pools = apply_backoff(session, failure, session.costs(*limits), attempts)
    assert session.closed == [pool for _, pool in pools]
    closed = {limit.name: pool.seconds_closed(NOW) for limit, pool in pools}
    others = [pool for name, pool in session.pools.items() if name not in closed]
    assert not any(pool.seconds_closed(NOW) for pool in others)
    return closed, failure


@pytest.mark.parametrize(
    ("kind", "status", "details", "names"),
    [
        (FailureKind.THROTTLED, 200, {}, ["orders"]),
        (FailureKind.THROTTLED, 503, {}, ["orders"]),
        (FailureKind.THROTTLED, 429, {"is_account_limit": True}, ["orders"]),
        (FailureKind.THROTTLED, 429, {}, ["weight", "raw requests", "orders"]),
        (FailureKind.THROTTLED, 418, {}, ["weight", "raw requests", "orders"]),
        (FailureKind.SHUT_OUT, 503, {}, ["weight", "raw requests", "orders"]),
        (FailureKind.BANNED, 200, {}, ["weight", "raw requests"]),
        (FailureKind.SHUT_OUT, 503, {"error": errors.Banned("out")}, ["weight", "raw requests"]),
        (FailureKind.THROTTLED, 200, {"limits": (ADDRESS,)}, []),
    ],
)
def test_a_refusal_closes_the_pools_that_it_speaks_of(
    kind: FailureKind, status: int, details: Mapping[str, Any], names: list[str]
) -> None:
    """Those of the account, of the address whatever the request paid, or both."""
    closed, failure = back_off(kind, status, **details)

    assert closed == dict.fromkeys(names, 7.0)
    assert failure.delay == 7.0


def test_a_ban_is_remembered_as_one() -> None:
    """A ban without a time lasts two minutes, and a request that meets it later is told of a ban."""
    for kind, error in ((FailureKind.BANNED, errors.Throttled("out")), (FailureKind.SHUT_OUT, errors.Banned("out"))):
        closed, failure = back_off(kind, 418, delay=None, error=error)
        assert closed == {"weight": 120.0, "raw requests": 120.0}
        assert (failure.delay, failure.error.retry_at) == (120.0, after(120))


def test_the_longest_pause_is_that_of_the_request() -> None:
    """Of several pools that grow their pauses the request waits for the last, and its error says until when."""
    session: Any = Session()
    session.pool(ACCOUNT).close(None, NOW - 1.5)
    failure = Failure(FailureKind.THROTTLED, errors.Throttled("slow"))
    failure.error.status = 429

    apply_backoff(session, failure, session.costs(ADDRESS, ACCOUNT), 1)

    longest = max(session.pool(limit).seconds_closed(NOW) for limit in (ADDRESS, ACCOUNT))
    assert longest > min(session.pool(limit).seconds_closed(NOW) for limit in (ADDRESS, ACCOUNT))
    assert (failure.delay, failure.error.retry_at) == (longest, after(longest))


def test_a_time_of_the_venue_is_kept() -> None:
    """Where the pools are closed for exactly as long as it says, its own time stays in the error."""
    told = datetime(2026, 1, 1, tzinfo=UTC)
    _, failure = back_off(FailureKind.THROTTLED, 429, error=errors.Throttled("slow", retry_at=told))

    assert (failure.delay, failure.error.retry_at) == (7.0, told)


@pytest.mark.parametrize(("delay", "attempts", "waits"), [(None, 1, 1.0), (None, 4, 8.0), (3.0, 4, 3.0)])
def test_a_request_without_pools_waits_longer_each_time(delay: float | None, attempts: int, waits: float) -> None:
    """Where nothing can be closed at least this call waits, for as long as the venue says, if it does."""
    closed, failure = back_off(FailureKind.THROTTLED, 200, delay=delay, limits=(), attempts=attempts)

    assert closed == {}
    assert failure.delay == waits
    assert failure.error.retry_at == (None if delay else after(waits))


# -- what is paid, and what headers say


def test_a_pool_without_a_cost_of_its_own_takes_the_weight() -> None:
    """A cost of nothing is one, too."""
    pool = SlidingBudget(ADDRESS)

    assert due_at(((ADDRESS, pool, None), (ADDRESS, pool, 0), (ADDRESS, pool, 3)), 7) == [
        (pool, 7),
        (pool, 0),
        (pool, 3),
    ]


def test_the_longest_wait_of_several_pools_is_returned() -> None:
    """In whichever order they are asked, and nothing is spent meanwhile; without a reserve all of a pool may be."""
    slow, fast, free = SlidingBudget(ADDRESS), SlidingBudget(Limit("a", amount=1, seconds=5)), SlidingBudget(ADDRESS)
    assert pay([(slow, 10), (fast, 1)], NOW) == 0.0

    assert pay([(free, 9), (slow, 1), (fast, 1)], NOW) == 60.0
    assert pay([(fast, 1), (slow, 1), (free, 9)], NOW) == 60.0
    assert free.wait(10, NOW) == 0.0
    assert pay([(free, 1)], NOW) == 0.0
    assert pay([(free, 8)], NOW, 0.2) > 0.0
    assert pay([(free, 7)], NOW, 0.2) == 0.0


@pytest.mark.parametrize(
    ("limit", "headers", "used"),
    [
        ({"used_header": "Used"}, {"Used": "3"}, 3),
        ({"used_header": "Used", "remaining_header": "Left"}, {"Used": "3", "Left": "1"}, 3),
        ({"remaining_header": "Left"}, {"Left": "4"}, 6),
        ({"used_header": "Used"}, {"Used": "9" * 18}, 10**18 - 1),
        ({"used_header": "Used"}, {"Used": "9" * 19}, None),
        ({"used_header": "Used"}, {"Used": "-3"}, None),
        ({"used_header": "Used"}, {}, None),
        ({}, {"Used": "3"}, None),
    ],
)
def test_the_venues_count_is_returned(limit: Mapping[str, Any], headers: Mapping[str, str], used: int | None) -> None:
    """None where no header has a number of at most 18 digits."""
    declared = Limit("calls", amount=10, seconds=60, **limit)
    pool = SlidingBudget(declared)

    assert update_from_headers(pool, declared, CIMultiDict(headers), NOW) == used
    assert (pool.wait(10, NOW) > 0) is (used is not None)


# -- errors


def words_of(delay: float, ahead: int = 0) -> errors.OperationError:
    """Return the error of a request that lacks two pools."""
    session: Any = Session()
    return budget_error(session, session.costs(ADDRESS, ACCOUNT), delay, 2.5, ahead)


def test_an_exhausted_budget_is_told_with_its_pools_and_the_time() -> None:
    """How long it lasts is left out where that is not known, and so are those ahead where there are none."""
    error = words_of(3.14159)

    assert type(error) is errors.Throttled
    assert error.message == "rate limit budget 'weight, orders' is exhausted for 3.1 s; max_wait is 2.5 s"
    assert error.retry_at == after(3.142)
    assert words_of(0.05).message == "rate limit budget 'weight, orders' is exhausted for 0.1 s; max_wait is 2.5 s"
    assert (
        words_of(0.049, 2).message
        == "rate limit budget 'weight, orders' is exhausted, and requests that go first: 2; max_wait is 2.5 s"
    )


def test_a_closed_pool_is_told_with_the_time_that_the_last_of_them_opens() -> None:
    """And whether that is a ban, of the pool that is closed for longest."""
    session: Any = Session()
    costs = session.costs(ADDRESS, ACCOUNT, UNPAID)
    session.pool(ACCOUNT).close(40.0, NOW)
    session.pool(ADDRESS).close(30.0, NOW, banned=True)
    error = budget_error(session, costs, 99.0, 2.0, 0)

    assert type(error) is errors.Throttled
    assert (error.message, error.retry_at) == ("an earlier refusal keeps pool orders closed", after(40))
    assert opening_of(session, [pool for _, pool, _ in costs]) == after(40)

    session.pool(ADDRESS).close(50.0, NOW, banned=True)
    error = budget_error(session, costs, 99.0, 2.0, 0)
    assert type(error) is errors.Banned
    assert (error.message, error.retry_at) == ("an earlier refusal keeps pool weight closed", after(50))


def test_pools_of_one_limit_may_open_in_the_same_moment() -> None:
    """A limit of a symbol has a pool for each; which of them is told makes no difference."""
    session: Any = Session()
    costs = [(ACCOUNT, SlidingBudget(ACCOUNT), 1) for _ in range(2)]
    for _, pool, _ in costs:
        pool.close(40.0, NOW)

    assert budget_error(session, tuple(costs), 1.0, 2.0, 0).retry_at == after(40)
