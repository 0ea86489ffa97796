"""Shared budget: the store that this process pays from, and the statements of the venue that it does not have yet."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any

from venuekit.credentials.redactor import redact_error
from venuekit.errors import BudgetUnavailable
from venuekit.pipeline.budget import Budget, PoolName
from venuekit.pipeline.budget_store import BudgetStore, PoolReport
from venuekit.pipeline.pool_states import count_used, keep_closed

if TYPE_CHECKING:
    from venuekit.clock import Clock
    from venuekit.pipeline.waiters import Waiter

#: closings that end so many seconds apart are one
_SAME = 0.05


class SharedBudget:
    """
    The store of one runtime.

    Its own pools mirror the store's: a request that they cannot pay does not ask the store at all. Closures are handed
    over at once, counts with the next payment.
    """

    def __init__(self, store: BudgetStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        #: whether the store could not be reached by the last payment
        self.is_lost = False
        #: no other process has it
        self._process = os.urandom(8).hex()
        #: by the identity of a pool of this process
        self._names: dict[int, PoolName] = {}
        #: pools whose counts the store may not have yet
        self._counted: dict[int, Budget] = {}
        #: numbers of requests that may wait in the store
        self._waiting: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, pool: Budget, name: PoolName) -> None:
        """Remember the name of a pool of this process."""
        self._names[id(pool)] = name

    def note(self, pool: Budget) -> None:
        """Hand over the count of a pool with the next payment: it has more than was paid."""
        self._counted[id(pool)] = pool

    def close(self, pools: Iterable[Budget]) -> None:
        """Hand over at once that pools were closed."""
        now = self._clock.monotonic()
        self._begin(self._store.report([self._report_of(pool, now) for pool in pools]))

    async def pay(self, waiter: Waiter) -> tuple[float, list[Budget]]:
        """
        Pay for a request from the store in one round trip.

        Returns:
            The seconds until it may try again, 0.0 when it is paid, and its pools that were closed elsewhere; they are
            closed here, too.

        Raises:
            BudgetUnavailable: the store cannot be reached; nothing was paid.
        """
        counted, self._counted, now = self._counted, {}, self._clock.monotonic()
        self._waiting.add(waiter.number)  # it is there unless it is known to be paid
        try:
            receipt = await self._store.pay(
                [(self._names[id(pool)], amount) for pool, amount in waiter.due],
                waiter.priority,
                waiter=self._name_of(waiter),
                operation=waiter.operation,
                reports=[self._report_of(pool, now) for pool in counted.values()],
            )
        except BudgetUnavailable:
            self.is_lost = True
            raise
        except Exception as error:  # a stranger's store, whatever it raises: nothing leaves unpaid
            self.is_lost = True
            words = f"the store of shared budgets failed: {redact_error(error)}"
            raise BudgetUnavailable(words, mend="mend the plugin that makes it") from error
        self.is_lost = receipt.is_alone
        if receipt.delay == 0.0:
            self._waiting.discard(waiter.number)
            return 0.0, []
        now = self._clock.monotonic()
        shut = {report.pool: report for report in receipt.closed}
        closed = []
        for pool, _ in waiter.due:
            report = shut.get(self._names[id(pool)])
            if report is not None and report.closed_for and pool.seconds_closed(now) + _SAME < report.closed_for:
                keep_closed(pool, report.closed_for, now, banned=report.is_banned)
                closed.append(pool)
        return receipt.delay, closed

    def leave(self, waiter: Waiter) -> None:
        """Take a request that gave up out of the store's lines; one that was paid is not there."""
        if waiter.number in self._waiting:
            self._waiting.discard(waiter.number)
            self._begin(self._store.leave(self._name_of(waiter)))

    async def aclose(self) -> None:
        """Hand over the statements under way, and close the store."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._store.aclose()

    def _name_of(self, waiter: Waiter) -> str:
        return f"{self._process}-{waiter.number}"

    def _report_of(self, pool: Budget, now: float) -> PoolReport:
        """Return the state of a pool as a statement of the venue: it knows no less than the venue said."""
        used, seconds = count_used(pool, now), pool.seconds_closed(now)
        return PoolReport(self._names[id(pool)], used, seconds or None, pool.is_banned(now))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # a lost store has warned by itself, and forgets a waiter that could not leave
