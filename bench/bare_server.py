"""
The other side: an HTTP server with as little in it as can be, in a process of its own.

It verifies nothing and answers from a table, so that what is measured is the client. ``/requests`` tells how many
it has answered. Prints its port, serves until its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator
from functools import partial
from itertools import cycle
from urllib.parse import parse_qsl

from books import income_rows, placed_body
from books import instruments_body as usdm_instruments_body
from coin_market import HELD, account_bodies, instruments_body
from measure import pin
from position_market import moving_answers
from socket_exchange import SocketExchange

#: asked for once, when an account is opened
_KEY_INFO = (
    b'{"retCode":0,"retMsg":"OK","result":{"permissions":{},"readOnly":0,"ips":["*"],"isMaster":true,"userID":24617703,'
    b'"parentUid":"0"}}'
)
_LEVERAGE = b'{"symbol":"%s","leverage":20,"maxNotionalValue":"10000000"}'
_PAGE = 1000
#: how many times the market moves before it is where it was
_BODIES = 12


class _Answers:
    """The table: path to body; what is read more than once moves on with every read."""

    def __init__(self) -> None:
        self._requests = 0
        self._moving: dict[bytes, Iterator[bytes]] = {}
        for way, held in HELD.items():
            self._moving[f"/{way}/dapi/v1/account".encode()] = cycle(account_bodies(held, _BODIES))
            self._moving[f"/{way}/dapi/v1/exchangeInfo".encode()] = cycle([instruments_body()])
        self._moving |= moving_answers()
        self._income: list[tuple[int, bytes]] = []

    def to(self, target: bytes) -> bytes:
        path, _, query = target.partition(b"?")
        if path == b"/requests":
            return b"%d" % self._requests
        self._requests += 1
        if path.endswith(b"/leverage"):
            return _LEVERAGE % dict(parse_qsl(query))[b"symbol"]
        if path.endswith(b"/fapi/v1/order"):
            return placed_body(dict(parse_qsl(query)))
        if path == b"/fapi/v1/exchangeInfo":
            return usdm_instruments_body()
        if path.endswith(b"/v5/market/time"):
            now = time.time_ns()
            times = b'"result":{"timeSecond":"%d","timeNano":"%d"}' % (now // 10**9, now)
            return b'{"retCode":0,"retMsg":"OK",%s,"time":%d}' % (times, now // 10**6)
        if path.endswith(b"/v5/user/query-api"):
            return _KEY_INFO
        if path.endswith(b"/time"):
            return b'{"serverTime":%d}' % (time.time_ns() // 1_000_000)
        if path.endswith(b"/income"):
            asked = dict(parse_qsl(query))
            return self._income_page(int(asked[b"startTime"]), int(asked.get(b"endTime", 10**15)))
        moving = self._moving.get(path)
        return b'{"code":-1121,"msg":"the benchmark has no answer for this path"}' if moving is None else next(moving)

    def _income_page(self, start: int, end: int) -> bytes:
        if not self._income:
            self._income = income_rows()
        first = bisect_left(self._income, (start, b""))
        return b"[%s]" % b",".join(text for moment, text in self._income[first : first + _PAGE] if moment <= end)


class _Exchange(asyncio.Protocol):
    def __init__(self, answers: _Answers) -> None:
        self._pending = b""
        self._answers = answers
        self._socket: SocketExchange | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        pending = self._pending + data
        if self._socket is not None:
            self._pending = self._socket.take(pending)
            return
        while (end := pending.find(b"\r\n\r\n")) >= 0:
            head = pending[:end]
            length = 0
            for line in head.split(b"\r\n")[1:]:
                if line[:15].lower() == b"content-length:":
                    length = int(line[15:])
            if len(pending) < end + 4 + length:
                break
            pending = pending[end + 4 + length :]
            if b"\nSec-WebSocket-Key: " in head:
                self._socket = SocketExchange(self._transport, head, self._answers.to)
                continue
            body = self._answers.to(head.split(b" ", 2)[1])
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-MBX-USED-WEIGHT-1M: 1\r\n"
                b"X-Response-Time: 1ms\r\nServer: bench\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            )
        self._pending = pending


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(_Exchange, _Answers()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    pin(-1)
    asyncio.run(main())
