"""
The other side: an HTTP server with as little in it as can be, in a process of its own.

It verifies nothing and answers from a table, so that what is measured is the client. Prints its port, serves until
its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
import time

from measure import pin

_LEVERAGE = b'{"symbol":"BTCUSDT","leverage":20,"maxNotionalValue":"10000000"}'


def _answer(path: bytes) -> bytes:
    if path.endswith(b"/leverage"):
        return _LEVERAGE
    if path.endswith(b"/time"):
        return b'{"serverTime":%d}' % (time.time_ns() // 1_000_000)
    return b'{"code":-1121,"msg":"the benchmark has no answer for this path"}'


class _Exchange(asyncio.Protocol):
    def __init__(self) -> None:
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        pending = self._pending + data
        while (end := pending.find(b"\r\n\r\n")) >= 0:
            head = pending[:end]
            length = 0
            for line in head.split(b"\r\n")[1:]:
                if line[:15].lower() == b"content-length:":
                    length = int(line[15:])
            if len(pending) < end + 4 + length:
                break
            pending = pending[end + 4 + length :]
            body = _answer(head.split(b" ", 2)[1].partition(b"?")[0])
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-MBX-USED-WEIGHT-1M: 1\r\n"
                b"X-Response-Time: 1ms\r\nServer: bench\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            )
        self._pending = pending


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Exchange, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    pin(-1)
    asyncio.run(main())
