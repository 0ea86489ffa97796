"""
Client CPU of a typed read of a COIN-M account with 500 symbols: venuekit beside bare aiohttp + ``orjson.loads``.

Both in one process, in rounds that take turns, on the same bytes from the same server in another process: once with
every symbol held and all positions returned, once with 20 of them held and those returned. The market moves from
read to read, so that no number is remembered from the one before.

Prints JSON: client CPU in microseconds per read, for each client one number per round.
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import aiohttp
from bare import bare_request, serving
from clients import open_account
from coin_market import ALL, FEW, HELD

from venuekit.capabilities import AccountReader

READS, ROUNDS, WARM_UP = 24, 15, 40


async def measure(base: str) -> dict[str, dict[str, list[float]]]:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        figures = {}
        for way in (ALL, FEW):
            account = await open_account(stack, "binance_coinm", f"{base}/{way}")
            ours = AccountReader.of(account).get_account
            assert len((await ours()).positions) == HELD[way]
            bare = partial(bare_request, session, "GET", f"{base}/{way}/dapi/v1/account")
            figures[way] = await rounds({"bare": bare, "venuekit": ours})
        return figures


async def rounds(clients: dict[str, Callable[[], Awaitable[Any]]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in clients}
    for read in clients.values():
        await several(read, WARM_UP)
    for number in range(ROUNDS):
        # whoever goes first changes from round to round
        for name in [*clients] if number % 2 else [*clients][::-1]:
            gc.collect()
            started = time.process_time()
            await several(clients[name], READS)
            found[name].append((time.process_time() - started) / READS * 1e6)
    return found


async def several(read: Callable[[], Awaitable[Any]], times: int) -> None:
    for _ in range(times):
        await read()


def main() -> None:
    with serving() as base:
        print(json.dumps(asyncio.run(measure(base))))


if __name__ == "__main__":
    main()
