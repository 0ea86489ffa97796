"""
Client CPU of a signed write of another client, named by its distribution, beside a bare one in the same process.

Runs in an environment that has that client, aiohttp and orjson, and not venuekit. Prints JSON: microseconds per write,
for each client one number per round, and the client's version.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.metadata
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import aiohttp
from bare import KEY, SECRET, bare_request, serving

WRITES, ROUNDS, WARM_UP = 200, 11, 200

Write = Callable[[], Awaitable[Any]]


@asynccontextmanager
async def ccxt(base: str) -> AsyncIterator[Write]:
    from ccxt.async_support import binanceusdm

    client = binanceusdm({"apiKey": KEY, "secret": SECRET, "enableRateLimit": False})
    client.urls["api"]["fapiPrivate"] = f"{base}/fapi/v1"
    try:
        yield lambda: client.fapiPrivatePostLeverage({"symbol": "BTCUSDT", "leverage": 20})
    finally:
        await client.close()


@asynccontextmanager
async def python_binance(base: str) -> AsyncIterator[Write]:
    from binance import AsyncClient

    client = AsyncClient(KEY, SECRET)
    client.FUTURES_URL = f"{base}/fapi"
    try:
        yield lambda: client.futures_change_leverage(symbol="BTCUSDT", leverage=20)
    finally:
        await client.close_connection()


PEERS = {"ccxt": ccxt, "python-binance": python_binance}


async def measure(name: str, base: str) -> dict[str, Any]:
    address, query = f"{base}/fapi/v1/leverage", "symbol=BTCUSDT&leverage=20&"
    async with aiohttp.ClientSession() as session, PEERS[name](base) as write:
        clients: dict[str, Write] = {"bare": partial(bare_request, session, "POST", address, query), "peer": write}
        figures: dict[str, list[float]] = {client: [] for client in clients}
        for number in range(ROUNDS + 1):
            for client, request in clients.items():
                gc.collect()
                started = time.process_time()
                for _ in range(WRITES):
                    assert int((await request())["leverage"]) == 20
                if number:  # the first of each warms up
                    figures[client].append((time.process_time() - started) / WRITES * 1e6)
    return {**figures, "version": importlib.metadata.version(name)}


def main() -> None:
    with serving() as base:
        print(json.dumps(asyncio.run(measure(sys.argv[1], base))))


if __name__ == "__main__":
    main()
