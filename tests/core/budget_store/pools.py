"""Pools of this process and pools of a server, on a clock that a test sets, behind one face."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from importlib.resources import files
from typing import Any, Protocol, TypeVar

from tests.core.budget_store.servers import Server

from venuekit.endpoint import Priority
from venuekit.pipeline.budget import Budget, PoolName
from venuekit.pipeline.budget_store import PoolReport, PoolState, Receipt
from venuekit.pipeline.pools import make_budget
from venuekit.pipeline.redis_link import pack
from venuekit.pipeline.redis_store import RedisStore
from venuekit.pipeline.shared_url import parse_store
from venuekit.pipeline.waiters import Waiter, Waiters
from venuekit.venue import Limit, LimitScope

T = TypeVar("T")

WINDOW = PoolName("acme", "live", Limit("weight", amount=10, seconds=60), address="any")
BUCKET = PoolName("acme", "live", Limit("tokens", amount=10, refill=4, scope=LimitScope.ACCOUNT), owner="a")

#: the moment at which the clock begins, in microseconds
_BEGIN = 1_764_000_000_000_000
_TIME = "redis.call('TIME')"
_CLOCK = "venuekit-test-clock"


class Pools(Protocol):
    """Pools that are paid from on a clock of their own."""

    def pay(self, *due: tuple[PoolName, int], priority: Priority = Priority.RISK) -> float:
        """Pay or return the seconds to wait; who waits is forgotten."""

    def ask_for(self, waiter: str, *due: tuple[PoolName, int], priority: Priority = Priority.RISK) -> Receipt:
        """Try to pay; who cannot waits in line until it pays or leaves."""

    def leave(self, waiter: str) -> None: ...

    def set_used(self, name: PoolName, used: int) -> None: ...

    def close(self, name: PoolName, seconds: float, *, banned: bool = False) -> None: ...

    def advance(self, seconds: float) -> None: ...


class LocalPools:
    """Pools of this process."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pools: dict[PoolName, Budget] = {}
        self.waiters = Waiters()
        self.waiting: dict[str, Waiter] = {}

    def pool(self, name: PoolName) -> Budget:
        return self.pools.setdefault(name, make_budget(name.limit))

    def pay(self, *due: tuple[PoolName, int], priority: Priority = Priority.RISK) -> float:
        delay = max(self.pool(name).wait(amount, self.now, priority.reserve) for name, amount in due)
        if not delay:
            for name, amount in due:
                self.pool(name).spend(amount, self.now)
        return delay

    def ask_for(self, waiter: str, *due: tuple[PoolName, int], priority: Priority = Priority.RISK) -> Receipt:
        one = self.waiting.get(waiter)
        if one is None:
            one = self.waiting[waiter] = self.waiters.arrive(waiter, priority, self.now)
        amounts = [(self.pool(name), amount) for name, amount in due]
        delay = self.waiters.delay(one, amounts, self.now)
        if not delay:
            for pool, amount in amounts:
                pool.spend(amount, self.now)
            self.leave(waiter)
        return Receipt(delay)

    def leave(self, waiter: str) -> None:
        self.waiters.leave(self.waiting.pop(waiter))

    def set_used(self, name: PoolName, used: int) -> None:
        self.pool(name).wait(0, self.now)  # an answer follows a payment, which has forgotten those of before
        self.pool(name).set_used(used, self.now)

    def close(self, name: PoolName, seconds: float, *, banned: bool = False) -> None:
        self.pool(name).close(seconds, self.now, banned=banned)

    def advance(self, seconds: float) -> None:
        self.now += seconds


class ServerPools:
    """Pools of a server, whose script asks a key for the time; a loop of its own, for tests that are no coroutines."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.now = 0
        self.runner = asyncio.Runner()
        self.store = RedisStore(parse_store(server.url))
        script = files("venuekit.pipeline").joinpath("redis_script.lua").read_text()
        assert script.count(_TIME) == 1
        script = script.replace(_TIME, f"{{0, redis.call('GET', '{_CLOCK}')}}")
        self.store._script = self.store._name = pack(("EVAL", script))
        self.reset()

    def reset(self) -> None:
        """Begin again with empty pools, whose past is known."""
        self.server.ask("FLUSHALL")
        self.store._has_warned_of_start = False
        self.now = _BEGIN
        self.set_clock()
        self.server.ask("SET", self.store._book.since, "1")

    def close_all(self) -> None:
        self.run(self.store.aclose())
        self.runner.close()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    def set_clock(self) -> None:
        self.server.ask("SET", _CLOCK, str(self.now))

    def advance(self, seconds: float) -> None:
        self.now += round(seconds * 1_000_000)
        self.set_clock()

    def pay(self, *due: tuple[PoolName, int], priority: Priority = Priority.RISK) -> float:
        delay = self.ask_for("once", *due, priority=priority).delay
        if delay:
            self.leave("once")
        return delay

    def ask_for(
        self,
        waiter: str,
        *due: tuple[PoolName, int],
        priority: Priority = Priority.RISK,
        reports: Sequence[PoolReport] = (),
    ) -> Receipt:
        """Try to pay; who cannot waits."""
        return self.run(self.store.pay(due, priority, waiter=waiter, operation=f"{waiter} of a test", reports=reports))

    def leave(self, waiter: str) -> None:
        self.run(self.store.leave(waiter))

    def set_used(self, name: PoolName, used: int) -> None:
        self.run(self.store.report([PoolReport(name, used=used)]))

    def close(self, name: PoolName, seconds: float, *, banned: bool = False) -> None:
        self.run(self.store.report([PoolReport(name, closed_for=seconds, is_banned=banned)]))

    def states(self) -> tuple[PoolState, ...]:
        return self.run(self.store.states())
