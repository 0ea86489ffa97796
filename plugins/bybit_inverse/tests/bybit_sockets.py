"""A bare client of the simulated sockets: it signs in, says frames, and hears what arrived before the next pong."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import attrs

from venuekit.simulator import SimKey, Simulation

VENUE = "bybit_inverse"
Frame = dict[str, Any]


def sign_in(key: SimKey, expires: int, *, secret: str | None = None, **more: Any) -> Frame:
    """Return the frame that signs in until a time in milliseconds."""
    payload = f"GET/realtime{expires}".encode()
    signature = hmac.new((secret or key.secret).encode(), payload, hashlib.sha256).hexdigest()
    return {"op": "auth", "args": [key.key, expires, signature], **more}


@attrs.frozen
class Socket:
    """One connection."""

    sim: Simulation
    connection: aiohttp.ClientWebSocketResponse

    async def say(self, frame: Frame | str) -> None:
        """Send a frame."""
        await self.connection.send_str(frame if isinstance(frame, str) else json.dumps(frame))

    async def hear(self) -> Frame:
        """Return the next frame."""
        frame: Frame = json.loads(await self.connection.receive_str())
        return frame

    async def ask(self, frame: Frame | str) -> Frame:
        """Send a frame and return the next one."""
        await self.say(frame)
        return await self.hear()

    async def drain(self) -> list[Frame]:
        """Return the frames that arrived up to now, oldest first."""
        await self.say({"op": "ping"})
        frames = []
        while (frame := await self.hear())["op" if "op" in frame else "topic"] != "pong":
            frames.append(frame)
        return frames

    async def sign_in(self, key: SimKey | None = None, **more: Any) -> Frame:
        """Sign in with a key, the trading one when None, and return the acknowledgement."""
        return await self.ask(sign_in(key or self.sim.key_of(VENUE), self.sim.milliseconds() + 10_000, **more))

    async def subscribe(self, *topics: str, **more: Any) -> Frame:
        """Subscribe, and return the acknowledgement."""
        return await self.ask({"op": "subscribe", "args": list(topics), **more})


@asynccontextmanager
async def open_socket(sim: Simulation, path: str = "/v5/private") -> AsyncIterator[Socket]:
    """Connect to a socket of the simulated venue."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{sim.stream(VENUE)}{path}") as connection:
        yield Socket(sim, connection)


@asynccontextmanager
async def listen(sim: Simulation, *topics: str, key: SimKey | None = None) -> AsyncIterator[Socket]:
    """Connect to the private stream, sign in, and subscribe."""
    async with open_socket(sim) as socket:
        assert (await socket.sign_in(key))["success"]
        assert (await socket.subscribe(*topics))["success"]
        yield socket
