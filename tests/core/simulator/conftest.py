"""A client that speaks to the toy venue byte by byte, and shares no line with venuekit's own."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import attrs
import pytest

from venuekit.simulator import Simulation

Connect = Callable[..., AbstractAsyncContextManager["ToyClient"]]


@attrs.frozen
class Reply:
    """What came back; ``status`` is None when the connection was closed before an answer."""

    status: int | None
    headers: dict[str, str]
    body: bytes
    #: whether the body was shorter than promised
    cut: bool = False

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> int:
        """The venue's error code."""
        return int(self.json["error"]["code"])


_CLOSED = Reply(None, {}, b"")


class ToyClient:
    """One connection to one simulated venue, kept open as long as the server keeps it."""

    def __init__(self, sim: Simulation, venue_id: str, *, read_only: bool) -> None:
        self.key, self.secret = (sim.read_only_key, sim.read_only_secret) if read_only else (sim.key, sim.secret)
        self._sim = sim
        self._prefix = urlsplit(sim.rest(venue_id)).path
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def send(
        self, verb: str, path: str, *, signed: bool = True, at: int | None = None, window: int = 5000, **sent: object
    ) -> Reply:
        """Send a request and wait for the answer, or for the connection to be closed."""
        query = urlencode({name: str(value) for name, value in sent.items()})
        if signed:
            at = self._sim.milliseconds() if at is None else at
            query += ("&" if query else "") + f"time={at}&window={window}"
            text = f"{verb} {path}?{query}".encode()
            query += "&signature=" + hmac.new(self.secret.encode(), text, hashlib.sha256).hexdigest()
        return await self.raw(f"{verb} {self._prefix}{path}{'?' if query else ''}{query}", {"X-Toy-Key": self.key})

    async def raw(self, start: str, headers: dict[str, str], body: bytes = b"") -> Reply:
        """Send exactly this start line; on a warm connection when there is one."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._sim.port)
        lines = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.writer.write(f"{start} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return await self._receive()

    async def _receive(self) -> Reply:
        assert self.reader is not None
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.close()
            return _CLOSED
        first, *lines = head.decode().rstrip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        status = int(first.split(" ")[1])
        try:
            body = await self.reader.readexactly(int(headers["content-length"]))
        except asyncio.IncompleteReadError as error:
            await self.close()
            return Reply(status, headers, error.partial, cut=True)
        return Reply(status, headers, body)

    async def close(self) -> None:
        """Close the connection; the next request opens another."""
        writer, self.reader, self.writer = self.writer, None, None
        if writer is not None:
            writer.close()


@pytest.fixture
def toy() -> Connect:
    """How to connect to a running simulation, by ``async with``."""

    @asynccontextmanager
    async def connect(
        sim: Simulation, venue_id: str = "toy_perp", *, read_only: bool = False
    ) -> AsyncIterator[ToyClient]:
        client = ToyClient(sim, venue_id, read_only=read_only)
        try:
            yield client
        finally:
            await client.close()

    return connect
