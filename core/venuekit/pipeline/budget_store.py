"""Budget store: pools that several processes and hosts spend from, and the states of pools as an operator sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import floor
from typing import Protocol

import attrs

from venuekit.endpoint import Priority
from venuekit.pipeline.budget import PoolName


@attrs.frozen
class PoolReport:
    """
    A statement of the venue about a pool.

    Attributes:
        pool: The pool it is about.
        used: The venue's own count in the running window, or the tokens that are missing in a bucket; None where it
            gave none.
        closed_for: For how many seconds nothing may be spent; None where the pool was not closed.
        is_banned: Whether it is closed because the address is shut out.
    """

    pool: PoolName
    used: int | None = None
    closed_for: float | None = None
    is_banned: bool = False


@attrs.frozen
class Receipt:
    """
    The result of a payment.

    Attributes:
        delay: 0.0 where every pool is paid; else nothing is paid anywhere, and it is the seconds until the request may
            try again.
        closed: The pools of the request that are closed, also by reports of other processes, each with
            ``closed_for``.
        is_alone: Whether the store is lost, and this process has paid from its own share of the pools.
    """

    delay: float
    closed: tuple[PoolReport, ...] = ()
    is_alone: bool = False


@attrs.frozen
class WaitingRequest:
    """A request that waits until it can pay; ``since`` is aware, in UTC."""

    operation: str
    priority: Priority
    since: datetime


@attrs.frozen
class PoolState:
    """
    The state of one pool.

    Attributes:
        name: The pool.
        used: How much is spent in the running window, or is missing in a bucket; None where an operator's own keeper
            of the pool does not say.
        amount: How much may be spent at most; less than the limit's where a process has only a share of it.
        waiting: The requests that wait for it, the next one first.
        closed_until: When a closed pool opens, aware and in UTC; None for an open one.
        is_banned: Whether it is closed because the address is shut out.
    """

    name: PoolName
    used: int | None
    amount: int
    waiting: tuple[WaitingRequest, ...] = ()
    closed_until: datetime | None = None
    is_banned: bool = False

    @property
    def reserves(self) -> Mapping[Priority, int]:
        """How much of the amount each priority leaves to those above it."""
        return {priority: floor(self.amount * priority.reserve) for priority in Priority}


class BudgetStore(Protocol):
    """
    Pools that several processes and hosts spend from.

    A request waits in order of rank, then arrival, also behind those of other processes.
    """

    async def pay(
        self,
        due: Sequence[tuple[PoolName, int]],
        priority: Priority,
        *,
        waiter: str,
        operation: str,
        reports: Sequence[PoolReport] = (),
    ) -> Receipt:
        """
        Spend in every pool in one step, or nothing at all; one round trip.

        Args:
            due: The amount for each pool; 0 for one that only has to be open.
            priority: How much of each pool it leaves to others, and its rank among those that wait.
            waiter: A name of this request that no other one has, in any process; the same one at each try.
            operation: The method that was called, for :meth:`states`.
            reports: Statements of the venue that were not handed over yet; they count before the payment.

        Raises:
            BudgetUnavailable: the store cannot be reached, and nothing may be spent without it. It gets the reports
                when it can.
        """

    async def report(self, reports: Sequence[PoolReport]) -> None:
        """Hand over statements of the venue at once; a store that cannot be reached gets them when it can."""

    async def leave(self, waiter: str) -> None:
        """Forget a request that waited and was given up."""

    async def states(self) -> tuple[PoolState, ...]:
        """Return the state of every pool that the store has, those of other processes included."""

    async def aclose(self) -> None:
        """Close the connections to the store."""
