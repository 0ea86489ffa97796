"""Pace: how many calls on many accounts may be under way before their pools run out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import attrs

from venuekit.venue import LimitScope

if TYPE_CHECKING:
    from venuekit.pipeline.account_session import AccountSession
    from venuekit.pipeline.budget import Budget


@attrs.define(eq=False)
class CallPayments:
    """The payments of one call, by the identity of the pool, and the largest reserve that its requests left."""

    amounts: dict[int, int] = attrs.field(factory=dict)
    reserve: float = 0.0

    def add(self, due: Sequence[tuple[Budget, int]], reserve: float) -> None:
        """Count the payment of a request."""
        for pool, amount in due:
            self.amounts[id(pool)] = self.amounts.get(id(pool), 0) + amount
        self.reserve = max(self.reserve, reserve)


#: counts the payments of the call that runs; None where they are not asked for
PAYMENTS: ContextVar[CallPayments | None] = ContextVar("venuekit_payments", default=None)


class Pace:
    """
    The pace of calls that are all alike, on accounts of one venue: the next one waits until the pools of their address
    can pay for it.

    A call is expected to cost as much as the ended ones did on average, or as the dearest so far while none has ended.
    Pools of an account alone hold back no other account, and are left to its own requests; so is a pool that is closed
    by a ban, or for longer than any request waits: its requests say until when at once.
    """

    def __init__(self) -> None:
        self._under_way: set[CallPayments] = set()
        #: by the identity of the pool: the number of ended calls that paid into it, and their sum
        self._ended: dict[int, tuple[int, int]] = {}
        self._reserve = 0.0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count the payments of the block as those of one call."""
        payments = CallPayments()
        token = PAYMENTS.set(payments)
        self._under_way.add(payments)
        try:
            yield
        finally:
            PAYMENTS.reset(token)
            self._under_way.remove(payments)
            self._reserve = max(self._reserve, payments.reserve)
            for pool, amount in payments.amounts.items():
                calls, total = self._ended.get(pool, (0, 0))
                self._ended[pool] = calls + 1, total + amount

    def delay(self, session: AccountSession) -> float:
        """Return the seconds until one more call on an account can be paid beside those under way, 0.0 for now."""
        now, longest = session.clock.monotonic(), 0.0
        reserve = max((self._reserve, *(one.reserve for one in self._under_way)))
        for limit in session.venue_session.venue.limits:
            if limit.scope is not LimitScope.ADDRESS:
                continue
            pool = session.pool(limit)
            usual = self._usual(pool)
            is_shut = pool.is_banned(now) or pool.seconds_closed(now) > session.venue_session.policy.max_wait_history
            if usual and not is_shut:
                unpaid = sum(max(0, usual - one.amounts.get(id(pool), 0)) for one in self._under_way)
                longest = max(longest, pool.wait(usual + unpaid, now, reserve))
        return longest

    def _usual(self, pool: Budget) -> int:
        """Return the expected cost of a call in a pool, rounded up."""
        calls, total = self._ended.get(id(pool), (0, 0))
        if calls:
            return -(-total // calls)
        return max((one.amounts.get(id(pool), 0) for one in self._under_way), default=0)
