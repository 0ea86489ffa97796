"""
Memory of 10,000 accounts opened in one process through one Runtime, each with a key and a secret of its own.

What is counted is how much the resident memory of the process grows from the first account that is open on: modules,
transport and clock are there by then. Afterwards each account sends one signed write, which makes what is made when it
is first needed, as its pools. The server tells how many requests opening cost.

Prints JSON: MiB, KiB per account, CPU in microseconds per opening, requests.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
from bare import serving
from clients import FastClock

import venuekit
from venuekit.capabilities import LeverageControl

ACCOUNTS, AT_ONCE = 10_000, 16
_MIB = 1024 * 1024


def resident() -> int:
    """Return the bytes of this process that are in memory; the most there ever were where the system tells no more."""
    gc.collect()
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


async def measure(base: str) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(venuekit.Runtime(clock=FastClock(), journal=False))
        venue = await runtime.plugins.load("binance_usdm")

        async def opened(number: int) -> venuekit.Account:
            return await runtime.open(venue, venuekit.Credentials.sim(base, f"{number:064}", f"{number:064x}"))

        async def write(number: int) -> None:
            await LeverageControl.of(accounts[number]).set_leverage("BTCUSDT", 20)

        accounts = [await opened(0)]
        await write(0)
        asked, before, started = await requests(base), resident(), time.process_time()
        accounts += [await opened(number) for number in range(1, ACCOUNTS)]
        took, held = time.process_time() - started, resident() - before
        opening = await requests(base) - asked
        await all_of(write, range(1, ACCOUNTS))
        used = resident() - before
    return {
        "MiB": held / _MIB,
        "KiB per account": held / 1024 / ACCOUNTS,
        "MiB after a write each": used / _MIB,
        "us": took / ACCOUNTS * 1e6,
        "requests": opening,
    }


async def all_of(write: Callable[[int], Awaitable[None]], numbers: range) -> None:
    """Write with every account, some at a time."""

    async def some(part: range) -> None:
        for number in part:
            await write(number)

    await asyncio.gather(*(some(numbers[first::AT_ONCE]) for first in range(AT_ONCE)))


async def requests(base: str) -> int:
    """Ask the server how many requests it has answered."""
    async with aiohttp.ClientSession() as session, session.get(f"{base}/requests") as response:
        return int(await response.text())


def main() -> None:
    with serving() as base:
        print(json.dumps(asyncio.run(measure(base))))


if __name__ == "__main__":
    main()
