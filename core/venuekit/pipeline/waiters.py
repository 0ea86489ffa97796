"""Waiters: the requests that wait until they can pay, in a line before each pool, by rank and then arrival."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections.abc import Awaitable, Callable, Iterable, Sequence
from operator import attrgetter

import attrs

from venuekit.endpoint import Priority
from venuekit.pipeline.budget import Budget

#: a walk lets reads go first that come within so many seconds after it; later ones would starve it, who leaves more
WALK_YIELDS = 5.0
#: the shortest wait, in seconds: a rounding short of a moment would be waited for again and again
SHORTEST = 0.001

_ORDER = attrgetter("order")


@attrs.define(eq=False)
class Waiter:
    """
    A request that cannot pay yet.

    Attributes:
        operation: The method that was called.
        priority: Its rank, and the share of each pool that it leaves.
        number: The place of its arrival among all requests that ever waited.
        since: When it came, on the injected monotonic clock.
        due: The amount for each of its pools.
        until: When it expects to pay, on the same clock.
        lines: The lines that it waits in, by the identity of their pools.
        order: Its place in any of them: by rank, then arrival, where a walk counts as a read that came later.
    """

    operation: str
    priority: Priority
    number: int
    since: float
    due: Sequence[tuple[Budget, int]] = ()
    until: float = 0.0
    lines: dict[int, Line] = attrs.field(factory=dict, init=False, repr=False)
    order: tuple[int, float, int] = attrs.field(init=False)
    _woken: asyncio.Future[bool] | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        is_walk = self.priority is Priority.HISTORY
        rank = Priority.READ.rank if is_walk else self.priority.rank
        self.order = rank, self.since + (WALK_YIELDS if is_walk else 0.0), self.number

    async def rest(self, sleep: Callable[[], Awaitable[None]]) -> bool:
        """Wait until ``sleep`` ends or :meth:`wake` is called, whichever is first; say whether it was woken."""
        self._woken = asyncio.get_running_loop().create_future()
        timer = asyncio.ensure_future(_end_with(self._woken, sleep))
        try:
            return await self._woken
        finally:
            timer.cancel()
            self._woken = None

    def wake(self) -> None:
        """Have it look again at once whether it can pay."""
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(True)


async def _end_with(woken: asyncio.Future[bool], sleep: Callable[[], Awaitable[None]]) -> None:
    try:
        await sleep()
    except Exception as error:  # noqa: BLE001 - a clock's own failure, which belongs to the request that waits on it
        if not woken.done():
            woken.set_exception(error)
        return
    if not woken.done():
        woken.set_result(False)


class Line:
    """The requests that wait for one pool; there is always one."""

    __slots__ = ("_waiters",)

    def __init__(self) -> None:
        self._waiters: list[Waiter] = []

    def __len__(self) -> int:
        return len(self._waiters)

    def add(self, waiter: Waiter) -> None:
        """Take in one that is not there yet."""
        insort(self._waiters, waiter, key=_ORDER)

    def remove(self, waiter: Waiter) -> None:
        """Let one go."""
        del self._waiters[bisect_left(self._waiters, waiter.order, key=_ORDER)]

    def first(self) -> Waiter:
        """Return the one that pays next."""
        return self._waiters[0]

    def before(self, waiter: Waiter) -> list[Waiter]:
        """Return those that go before one."""
        return self._waiters[: bisect_left(self._waiters, waiter.order, key=_ORDER)]

    def all(self) -> list[Waiter]:
        """Return all, the next one first."""
        return list(self._waiters)


class Waiters:
    """
    The lines of one runtime.

    A request waits before the pools that it lacks, from then on until it is paid: so others take neither of two pools
    from it while it waits for the other one, and it holds up none that need only pools which it never lacked. It passes
    when none that goes before it waits for any of its pools.

    Attributes:
        is_busy: Whether a request may have to wait although its pools have enough; where it is False, requests look at
            their pools alone.
    """

    __slots__ = ("_arrived", "_is_always_busy", "_lines", "_waiting", "is_busy")

    def __init__(self) -> None:
        self._is_always_busy = self.is_busy = False
        #: by the identity of the pool, which its waiters hold
        self._lines: dict[int, Line] = {}
        self._waiting: dict[Waiter, None] = {}
        self._arrived = 0

    def stay_busy(self) -> None:
        """Have no request look at its pools alone: they are mirrors of shared ones."""
        self._is_always_busy = self.is_busy = True

    def arrive(self, operation: str, priority: Priority, now: float) -> Waiter:
        """Return a new request; it holds up others once it lacks a pool."""
        self._arrived += 1
        waiter = Waiter(operation, priority, self._arrived, now)
        self._waiting[waiter] = None
        self.is_busy = True
        return waiter

    def leave(self, waiter: Waiter) -> None:
        """Let a request go that has paid or given up; those behind it look again."""
        del self._waiting[waiter]
        lines, waiter.lines = waiter.lines, {}
        for identity, line in lines.items():
            line.remove(waiter)
            if len(line):
                line.first().wake()
            else:
                del self._lines[identity]
        self.is_busy = bool(self._waiting) or self._is_always_busy

    def delay(self, waiter: Waiter, due: Sequence[tuple[Budget, int]], now: float) -> float:
        """
        Return the seconds until a request may pay these amounts at the earliest, 0.0 for now.

        Where it may not, it is put before the pools that it lacks, or that others wait for who go before it.
        """
        waiter.due, longest = due, 0.0
        for pool, amount in due:
            delay = pool.wait(amount, now, waiter.priority.reserve)
            # a request that only has to find a pool open takes nothing from those before it
            ahead = self._ahead(waiter, pool) if amount else None
            if ahead is not None:
                delay = max(delay, ahead.until - now, SHORTEST)
            if delay > 0.0:
                longest = max(longest, delay, SHORTEST)
                if amount:
                    self._queue(waiter, pool)
        waiter.until = now + longest
        return longest

    def is_held_back(self, waiter: Waiter) -> bool:
        """Say whether a request waits for others that go before it, and so does not know for how long."""
        return any(line.first() is not waiter for line in waiter.lines.values())

    def count_ahead(self, waiter: Waiter) -> int:
        """Return how many requests go before one in any of its lines."""
        return len({one for line in waiter.lines.values() for one in line.before(waiter)})

    def wake(self, pools: Iterable[Budget]) -> None:
        """Have every request look again that pays into any of these pools: they were closed."""
        closed = set(map(id, pools))
        for waiter in self._waiting:
            if any(id(pool) in closed for pool, _ in waiter.due):
                waiter.wake()

    def all(self) -> list[Waiter]:
        """Return every request that waits, or is about to pay, in the order of ranks and arrival."""
        return sorted(self._waiting, key=_ORDER)

    def waiting_for(self, pool: Budget) -> list[Waiter]:
        """Return the requests that wait for a pool, the next one first."""
        line = self._lines.get(id(pool))
        return [] if line is None else line.all()

    def _ahead(self, waiter: Waiter, pool: Budget) -> Waiter | None:
        line = self._lines.get(id(pool))
        first = waiter if line is None else line.first()
        return first if first.order < waiter.order else None

    def _queue(self, waiter: Waiter, pool: Budget) -> None:
        identity = id(pool)
        if identity not in waiter.lines:
            line = waiter.lines[identity] = self._lines.setdefault(identity, Line())
            line.add(waiter)
