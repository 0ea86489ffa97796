"""What needs no venuekit: the server's process, and the client that does everything by hand."""

from __future__ import annotations

import hmac
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import orjson
from measure import HERE, pin
from yarl import URL

KEY, SECRET = "k" * 64, "s" * 64


@contextmanager
def serving() -> Iterator[str]:
    """Start the server in a process of its own, keep to another core than it does, and yield its address."""
    server = subprocess.Popen(  # noqa: S603  (our own server)
        [sys.executable, str(HERE / "bare_server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdout is not None
    pin(0)  # after the server has its own core: a child inherits where its parent may run
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.communicate()


async def bare_read(session: aiohttp.ClientSession, verb: str, address: str, query: str = "") -> bytes:
    """Sign and send by hand; no budget, no clock but our own, and no look at the status."""
    query = f"{query}recvWindow=5000&timestamp={time.time_ns() // 1_000_000}"
    signature = hmac.new(SECRET.encode(), query.encode(), "sha256").hexdigest()
    url = URL(f"{address}?{query}&signature={signature}", encoded=True)
    async with session.request(verb, url, headers={"X-MBX-APIKEY": KEY}) as response:
        return await response.read()


async def bare_request(session: aiohttp.ClientSession, verb: str, address: str, query: str = "") -> Any:
    """Sign, send and parse by hand."""
    return orjson.loads(await bare_read(session, verb, address, query))
