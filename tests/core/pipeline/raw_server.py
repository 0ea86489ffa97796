"""A server that writes bytes as a test says, and knows no HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import attrs


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer as it stands on the wire."""
    head = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


ANSWER = answer(b"{}")


async def come(true: Callable[[], object]) -> None:
    """Wait for what the loop does next."""
    while not true():  # noqa: ASYNC110 - it is the loop's next turns that are waited for
        await asyncio.sleep(0)


@attrs.define(eq=False)
class Peer:
    """The server's end of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def request(self) -> bytes:
        """Read one request, head and body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        return head + await self.reader.readexactly(length)

    async def write(self, data: bytes) -> None:
        """Write, and wait until the kernel has it."""
        self.writer.write(data)
        await self.writer.drain()


@attrs.define(eq=False)
class RawServer:
    """Where it listens, and the connections it has seen."""

    url: str
    port: int
    peers: list[Peer] = attrs.field(factory=list)


@asynccontextmanager
async def raw_server(serve: Callable[[Peer, int], Awaitable[None]]) -> AsyncIterator[RawServer]:
    """Serve each connection with a function that gets its end and its number, counted from 1."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        server.peers.append(Peer(reader, writer))
        try:
            await serve(server.peers[-1], len(server.peers))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client is done with it
        finally:
            tasks.discard(task)
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0, limit=2**22)
    port = listening.sockets[0].getsockname()[1]
    server = RawServer(f"http://127.0.0.1:{port}", port)
    try:
        yield server
    finally:
        listening.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
