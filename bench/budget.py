"""
CPU of the budget in this process: a request that pays three pools, and an answer whose headers count them.

The pools are those of an order on a futures venue: the weight of the address, and two windows of orders. They are paid
as fast as they allow, so that each window is full of payments. Beside it the same with a line of requests that wait
for another pool, which each request then has to look for. Prints JSON: microseconds per request, one number per round.
"""

from __future__ import annotations

import json
import time

from measure import pin

from venuekit.endpoint import Priority
from venuekit.pipeline.budget import due_at, pay, update_from_headers
from venuekit.pipeline.pools import make_budget
from venuekit.pipeline.waiters import Waiters
from venuekit.venue import Limit

REQUESTS, ROUNDS, LINE = 20_000, 15, 100
LIMITS = (
    Limit("weight", amount=2400, seconds=60, used_header="X-Used-Weight"),
    Limit("orders_1m", amount=1200, seconds=60, used_header="X-Orders-1m"),
    Limit("orders_10s", amount=300, seconds=10, used_header="X-Orders-10s"),
)
HEADERS = {"X-Used-Weight": "3", "X-Orders-1m": "3", "X-Orders-10s": "3"}
#: seconds from one request to the next: almost twenty a second, as the pool of a minute allows
APART = 0.0505


def measure(*, is_busy: bool) -> float:
    """Return the microseconds of one request."""
    pools = tuple((limit, make_budget(limit), None) for limit in LIMITS)
    waiters, spent = Waiters(), make_budget(Limit("other", amount=1, seconds=1e9))
    spent.spend(1, 0.0)
    for _ in range(LINE if is_busy else 0):
        waiters.delay(waiters.arrive("wait", Priority.READ, 0.0), [(spent, 1)], 0.0)
    due, now = due_at(pools, 1), 0.0
    began = time.process_time()
    for _ in range(REQUESTS):
        now += APART
        if waiters.is_busy:
            waiter = waiters.arrive("place_order", Priority.RISK, now)
            if waiters.delay(waiter, due, now):
                raise RuntimeError("the pools are paid faster than they allow")
            for pool, amount in due:
                pool.spend(amount, now)
            waiters.leave(waiter)
        elif pay(due, now, Priority.RISK.reserve):
            raise RuntimeError("the pools are paid faster than they allow")
        for limit, pool, _ in pools:
            update_from_headers(pool, limit, HEADERS, now)
    return (time.process_time() - began) / REQUESTS * 1e6


def main() -> None:
    """Measure, alternating."""
    pin(-1)
    times: dict[str, list[float]] = {"free": [], "line": []}
    for _ in range(ROUNDS):
        times["free"].append(measure(is_busy=False))
        times["line"].append(measure(is_busy=True))
    print(json.dumps(times))


if __name__ == "__main__":
    main()
