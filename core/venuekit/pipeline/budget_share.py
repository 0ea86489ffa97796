"""Budget share: the part of each shared pool that one process may spend while the store of the pools is lost."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

import attrs

from venuekit.pipeline.budget import PoolName, pay
from venuekit.pipeline.pools import BucketBudget, SlidingBudget, make_budget
from venuekit.venue import Limit


@attrs.frozen
class Spending:
    """An amount that was spent without the store, and is to be counted by it."""

    pool: PoolName
    amount: int


class Share:
    """
    Pools of this process with a share of the amount and of the flow, 1 at least.

    They count from the first payment on, also those made by the store: a process that has spent its share already must
    wait when the store is lost.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._pools: dict[PoolName, SlidingBudget | BucketBudget] = {}
        #: by pool: the amount that the store does not know of
        self._unknown: dict[PoolName, int] = {}

    def count(self, due: Sequence[tuple[PoolName, int]], now: float) -> None:
        """Count a payment that the store has made."""
        for name, amount in due:
            pool = self._pool(name)
            pool.wait(amount, now)  # forgets old payments
            pool.spend(amount, now)

    def pay(self, due: Sequence[tuple[PoolName, int]], reserve: float, now: float) -> float:
        """Spend in every pool, or nothing at all; return the seconds to wait first, 0.0 when it is paid."""
        delay = pay([(self._pool(name), amount) for name, amount in due], now, reserve)
        if delay == 0.0:
            for name, amount in due:
                self._unknown[name] = min(self._unknown.get(name, 0) + amount, max(name.limit.amount, amount))
        return delay

    def take_spendings(self) -> list[Spending]:
        """Return the amounts that the store does not know of, and forget them."""
        unknown, self._unknown = self._unknown, {}
        return [Spending(name, amount) for name, amount in unknown.items()]

    def return_spendings(self, spendings: Sequence[Spending]) -> None:
        """Keep amounts that the store did not get after all."""
        for one in spendings:
            self._unknown[one.pool] = self._unknown.get(one.pool, 0) + one.amount

    def _pool(self, name: PoolName) -> SlidingBudget | BucketBudget:
        pool = self._pools.get(name)
        if pool is None:
            pool = self._pools[name] = make_budget(_part_of(name.limit, self._share))
        return pool


def _part_of(limit: Limit, share: float) -> Limit:
    refill = None if limit.refill is None else limit.refill * share
    return attrs.evolve(limit, amount=max(1, floor(limit.amount * share)), refill=refill)
