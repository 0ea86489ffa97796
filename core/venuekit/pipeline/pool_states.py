"""States of the pools of this process: as an operator sees them, and as other processes have closed them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from venuekit._util.times import from_milliseconds
from venuekit.pipeline.budget import Budget, PoolName
from venuekit.pipeline.budget_store import PoolState, WaitingRequest
from venuekit.pipeline.pools import BucketBudget, SlidingBudget
from venuekit.pipeline.waiters import Waiters

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit.clock import Clock


def count_used(pool: Budget, now: float) -> int | None:
    """Return how much of a pool is spent in the running window, or is missing; None where its keeper does not say."""
    return pool.used(now) if isinstance(pool, SlidingBudget | BucketBudget) else None


def keep_closed(pool: Budget, seconds: float, now: float, *, banned: bool) -> None:
    """Close a pool as another process was refused; an operator's own keeper cannot tell it from a refusal of ours."""
    if isinstance(pool, SlidingBudget | BucketBudget):
        pool.keep_closed(seconds, now, banned=banned)
    else:
        pool.close(seconds, now, banned=banned)


def states_of(pools: Iterable[tuple[PoolName, Budget]], waiters: Waiters, clock: Clock) -> tuple[PoolState, ...]:
    """Return the states of pools, with the requests that wait for them."""
    now, wall = clock.monotonic(), clock.milliseconds()

    def moment(monotonic: float) -> datetime:
        return from_milliseconds(wall + round((monotonic - now) * 1000))

    states = []
    for name, pool in pools:
        line = waiters.waiting_for(pool)
        seconds = pool.seconds_closed(now)
        states.append(
            PoolState(
                name,
                used=count_used(pool, now),
                amount=name.limit.amount,
                waiting=tuple(WaitingRequest(one.operation, one.priority, moment(one.since)) for one in line),
                closed_until=moment(now + seconds) if seconds else None,
                is_banned=pool.is_banned(now),
            )
        )
    return tuple(states)
