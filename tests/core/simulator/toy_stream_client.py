"""A client of the toy venue's stream that shares no line with venuekit's own."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from venuekit.simulator import Simulation


@asynccontextmanager
async def listen(
    sim: Simulation, *, key: Any = None, channels: tuple[str, ...] = ("wallet", "positions", "settings")
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Connect to the toy venue's stream, log in and subscribe."""
    key = key or sim.key_of("toy_perp")
    at = sim.milliseconds()
    signature = hmac.new(key.secret.encode(), f"stream{at}".encode(), hashlib.sha256).hexdigest()
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{sim.stream('toy_perp')}/v1/stream") as socket:
        await socket.send_json({"op": "login", "key": key.key, "time": at, "signature": signature})
        assert await socket.receive_json() == {"op": "login", "ok": True}
        if channels:
            await socket.send_json({"op": "subscribe", "channels": list(channels)})
            assert await socket.receive_json() == {"op": "subscribe", "ok": True, "channels": sorted(channels)}
        yield socket
