"""Pools of this process: the sliding window and the token bucket, which count each payment and close when told to."""

from __future__ import annotations

from collections import deque
from math import ceil, floor

from venuekit.venue import Limit

#: the first pause, in seconds, after a refusal that names no time, and after a ban that names none
_PAUSE = 1.0
_BAN = 120.0
#: a shorter time that the venue names may be over already, by the error of its clock and ours
_BELIEVED = 0.1
#: how often the first pause the longest one is
_GROWTH = 128
#: a bucket is refilled in time when this many seconds are missing: sums of moments are rounded
_ROUNDING = 1e-7
#: a refusal that comes this many seconds after a pause, or after as long as it lasted, is one of a row
_QUIET = 5.0


class _Pool:
    """A pool that a refusal closes for a time."""

    __slots__ = ("_amount", "_banned", "_closed_until", "_pause")

    def __init__(self, limit: Limit) -> None:
        self._amount = limit.amount
        self._closed_until = 0.0
        self._banned = False
        #: our own last pause, in seconds; 0 before the first refusal
        self._pause = 0.0

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

    def keep_closed(self, seconds: float, now: float, *, banned: bool) -> None:
        """Spend nothing for so long, as another process was refused; it is no refusal of ours, whose pauses grow."""
        if now >= self._closed_until:
            self._banned = False
        self._banned = self._banned or banned
        self._closed_until = max(self._closed_until, now + seconds)

    def seconds_closed(self, now: float) -> float:
        """Return for how many seconds the pool is still closed."""
        return max(0.0, self._closed_until - now)

    def is_banned(self, now: float) -> bool:
        """Say whether it is closed because the address is shut out."""
        return self._banned and now < self._closed_until

    def _absorb_closing(self, other: _Pool) -> None:
        """Stay closed for as long as either."""
        self._banned = self._banned or other._banned
        self._closed_until = max(self._closed_until, other._closed_until)
        self._pause = max(self._pause, other._pause)


class SlidingBudget(_Pool):
    """
    A pool in this process: at most ``amount`` in any span of ``seconds``.

    A sliding window never exceeds a limit that the venue counts in fixed windows, wherever those begin. Requests
    that we did not see (of another process behind the same address) are added when the venue says so.

    Raises:
        ValueError: the limit is a token bucket.
    """

    __slots__ = ("_seconds", "_spent", "_used")

    def __init__(self, limit: Limit) -> None:
        if limit.seconds is None:
            raise ValueError(f"limit {limit.name!r} is a token bucket: BucketBudget keeps it")
        super().__init__(limit)
        self._seconds = limit.seconds
        self._used = 0
        self._spent: deque[tuple[float, int]] = deque()

    def wait(self, amount: int, now: float, reserve: float = 0.0) -> float:
        """Return the seconds until ``amount`` may be spent leaving a share of ``reserve`` unspent, 0.0 for now."""
        spent = self._spent
        horizon = now - self._seconds
        if spent and spent[0][0] <= horizon:
            self._forget_before(horizon)
        if now < self._closed_until:
            return self._closed_until - now
        if not amount:
            return 0.0
        excess = self._used + amount - self._amount
        if reserve:
            excess += floor(self._amount * reserve)
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

    def used(self, now: float) -> int:
        """Return how much is spent in the window that ends now."""
        self._forget_before(now - self._seconds)
        return self._used

    def absorb(self, other: SlidingBudget) -> None:
        """Count everything that was spent in another pool, which turned out to be the same one."""
        self._spent = deque(sorted((*self._spent, *other._spent)))
        self._used += other._used
        self._absorb_closing(other)

    def _forget_before(self, horizon: float) -> None:
        """Forget payments up to a moment."""
        spent = self._spent
        while spent and spent[0][0] <= horizon:
            self._used -= spent.popleft()[1]


class BucketBudget(_Pool):
    """
    A pool in this process: a bucket of ``amount`` tokens, full at first, into which ``refill`` tokens flow each second.

    At most ``amount + refill * t`` are spent in any ``t`` seconds. A request that costs more than the bucket holds,
    or than it may take, passes when the bucket is full, and the tokens it lacks must flow in before the next one.

    Raises:
        ValueError: the limit is a window.
    """

    __slots__ = ("_full_at", "_refill", "_taken")

    def __init__(self, limit: Limit) -> None:
        if limit.refill is None:
            raise ValueError(f"limit {limit.name!r} is a window: SlidingBudget keeps it")
        super().__init__(limit)
        self._refill = limit.refill
        #: when the bucket will be full again; a moment adds up no rounding, as a level would
        self._full_at = 0.0
        #: how many tokens were ever taken
        self._taken = 0

    def wait(self, amount: int, now: float, reserve: float = 0.0) -> float:
        """Return the seconds until ``amount`` may be spent leaving a share of ``reserve`` unspent, 0.0 for now."""
        if now < self._closed_until:
            return self._closed_until - now
        if not amount:
            return 0.0
        spare = max(0, self._amount - floor(self._amount * reserve) - amount)
        missing = self._full_at - spare / self._refill - now
        return missing if missing > _ROUNDING else 0.0

    def spend(self, amount: int, now: float) -> None:
        """Spend ``amount`` now."""
        if amount:
            self._taken += amount
            self._full_at = max(self._full_at, now) + amount / self._refill

    def set_used(self, used: int, now: float) -> None:
        """Take over how many tokens the venue says are missing, when they are more than ours."""
        self._full_at = max(self._full_at, now + used / self._refill)

    def used(self, now: float) -> int:
        """Return how many tokens are missing now, a part of one as one."""
        return ceil(max(0.0, self._full_at - now - _ROUNDING) * self._refill)

    def absorb(self, other: BucketBudget, now: float) -> None:
        """
        Take out all tokens that were ever taken from another bucket, which turned out to be the same one.

        Both were refilled, though only one was: the tokens that are missing in the other are too few.
        """
        self.spend(min(other._taken, self._amount), now)
        self._absorb_closing(other)


def make_budget(limit: Limit) -> SlidingBudget | BucketBudget:
    """Return a pool of this process that keeps a limit: a bucket where it has a ``refill``, else a window."""
    return SlidingBudget(limit) if limit.refill is None else BucketBudget(limit)
