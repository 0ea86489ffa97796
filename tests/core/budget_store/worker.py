"""
One process of several that spend from one pool: pays as fast as it is let, until its input ends.

Each payment is a line on standard output: between which moments of the machine's steady clock it was made, and its
amount. The wall clock of the process is ahead by as many seconds as it is told.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
import warnings

from venuekit import errors
from venuekit.endpoint import Priority
from venuekit.pipeline.budget import PoolName
from venuekit.pipeline.redis_store import RedisStore
from venuekit.pipeline.shared_url import parse_store
from venuekit.venue import Limit

AMOUNT, SECONDS, HEAVIEST = 20, 0.4, 3
POOL = PoolName("acme", "live", Limit("weight", amount=AMOUNT, seconds=SECONDS), address="any")


def set_wall_clock(ahead: float) -> None:
    """Make the wall clock of this process wrong."""
    real, real_ns = time.time, time.time_ns
    time.time = lambda: real() + ahead
    time.time_ns = lambda: real_ns() + int(ahead * 1e9)


async def spend(store: RedisStore, name: str, chance: random.Random) -> None:
    """Pay for one request."""
    amount, priority = chance.randint(1, HEAVIEST), chance.choice([*Priority])
    while True:
        before = time.monotonic()
        try:
            receipt = await store.pay([(POOL, amount)], priority, waiter=name, operation="place_order")
        except errors.BudgetUnavailable:
            await asyncio.sleep(0.02)
            continue
        if not receipt.delay:
            print(before, time.monotonic(), amount, flush=True)  # noqa: T201 - its work is to print
            return
        await asyncio.sleep(receipt.delay)


async def main(url: str, seed: str, ahead: str) -> None:
    warnings.simplefilter("ignore")
    set_wall_clock(float(ahead))
    store, chance = RedisStore(parse_store(url)), random.Random(seed)  # noqa: S311 - amounts, no secrets
    loop = asyncio.get_running_loop()
    ended = loop.run_in_executor(None, sys.stdin.read)

    async def spend_on(task: int) -> None:
        number = 0
        while not ended.done():
            number += 1
            await spend(store, f"{seed}/{task}/{number}", chance)

    await asyncio.gather(*(spend_on(task) for task in range(4)))
    await store.aclose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
