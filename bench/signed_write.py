"""
Client CPU of a signed write (set the leverage of a symbol): venuekit beside bare aiohttp + hmac + orjson.

Both in one process, in rounds that take turns, against the same server in another process. venuekit goes its whole
way: argument checks, guard, subject, budget with its headers, clock, signature, verdict by the venue's fault table,
typed answer. The bare client keeps no budget, knows no clock but its own, and looks at no status.

Prints JSON: client CPU in microseconds per write, for each client one number per round.
"""

from __future__ import annotations

import asyncio
import gc
import hmac
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from measure import HERE, pin
from yarl import URL

import venuekit
from venuekit.capabilities import LeverageControl
from venuekit.clock import SystemClock

KEY, SECRET = "k" * 64, "s" * 64
WRITES, ROUNDS, WARM_UP = 320, 15, 400
SYMBOLS = tuple(f"SYM{number}USDT" for number in range(16))

Write = Callable[[str], Awaitable[Any]]


class FastClock(SystemClock):
    """
    Time whose monotonic seconds run a thousand times faster.

    A venue allows some 40 writes a second; the benchmark makes thousands. So the budget sees as many writes per
    window as it would in life, spends and forgets, and never has to wait.
    """

    __slots__ = ()

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic() * 1000


def bare_client(session: aiohttp.ClientSession, base: str) -> Write:
    headers = {"X-MBX-APIKEY": KEY}

    async def write(symbol: str) -> Any:
        query = f"symbol={symbol}&leverage=20&recvWindow=5000&timestamp={time.time_ns() // 1_000_000}"
        signature = hmac.new(SECRET.encode(), query.encode(), "sha256").hexdigest()
        url = URL(f"{base}/fapi/v1/leverage?{query}&signature={signature}", encoded=True)
        async with session.post(url, headers=headers) as response:
            return orjson.loads(await response.read())

    return write


async def venuekit_client(stack: AsyncExitStack, base: str, *, journal: Path | bool) -> Write:
    runtime = await stack.enter_async_context(venuekit.Runtime(clock=FastClock(), journal=journal))
    credentials = venuekit.Credentials.sim(base, KEY, SECRET)
    account = await stack.enter_async_context(venuekit.connect("binance_usdm", credentials, runtime=runtime))
    control = LeverageControl.of(account)
    return lambda symbol: control.set_leverage(symbol, 20)


async def one_by_one(write: Write, writes: int) -> None:
    for _ in range(writes):
        await write("BTCUSDT")


async def sixteen_at_once(write: Write, writes: int) -> None:
    async def worker(symbol: str) -> None:
        for _ in range(writes // len(SYMBOLS)):
            await write(symbol)

    await asyncio.gather(*map(worker, SYMBOLS))


async def measure(base: str, journals: Path) -> dict[str, dict[str, list[float]]]:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        clients = {
            "bare": bare_client(session, base),
            "venuekit": await venuekit_client(stack, base, journal=False),
            "venuekit with journal": await venuekit_client(stack, base, journal=journals),
        }
        figures: dict[str, dict[str, list[float]]] = {}
        for way in (one_by_one, sixteen_at_once):
            rounds: dict[str, list[float]] = {name: [] for name in clients}
            for write in clients.values():
                await way(write, WARM_UP)
            for number in range(ROUNDS):
                # whoever goes first changes from round to round
                names = [*clients][number % len(clients) :] + [*clients][: number % len(clients)]
                for name in names:
                    gc.collect()
                    started = time.process_time()
                    await way(clients[name], WRITES)
                    rounds[name].append((time.process_time() - started) / WRITES * 1e6)
            figures[way.__name__] = rounds
        return figures


def main() -> None:
    server = subprocess.Popen(  # noqa: S603  (our own server)
        [sys.executable, str(HERE / "bare_server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdout is not None
    pin(0)  # after the server has its own core: a child inherits where its parent may run
    try:
        port = int(server.stdout.readline())
        with tempfile.TemporaryDirectory() as journals:
            print(json.dumps(asyncio.run(measure(f"http://127.0.0.1:{port}", Path(journals)))))
    finally:
        server.communicate()


if __name__ == "__main__":
    main()
