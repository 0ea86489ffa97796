"""The WebSocket API of the other side: as little as can be, before the table that answers HTTP requests."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import struct
from collections.abc import Callable
from urllib.parse import urlencode

_ACCEPTED = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT = 0x81
#: the paths of methods, and the rows of limits beside each result
_PATHS = {"order.place": "/fapi/v1/order"}
_LIMITS = (
    b'[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":300,"count":1},'
    b'{"rateLimitType":"ORDERS","interval":"MINUTE","intervalNum":1,"limit":1200,"count":1}]'
)


class SocketExchange:
    """One connection after its handshake; frames are those of a client, masked and whole."""

    def __init__(self, transport: asyncio.Transport, head: bytes, answer: Callable[[bytes], bytes]) -> None:
        self._transport, self._answer = transport, answer
        key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key: "))
        accepted = base64.b64encode(hashlib.sha1(key + _ACCEPTED, usedforsecurity=False).digest())
        transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"
        )

    def take(self, data: bytes) -> bytes:
        """Answer each whole frame, and return the bytes of the next one."""
        while len(data) >= 6:
            length, start = data[1] & 0x7F, 2
            if length == 126:
                length, start = struct.unpack_from("!H", data, 2)[0], 4
            end = start + 4 + length
            if len(data) < end:
                break
            mask, masked = data[start : start + 4], data[start + 4 : end]
            if data[0] == _TEXT:
                repeated = int.from_bytes((mask * (length // 4 + 1))[:length])
                self._reply(json.loads((int.from_bytes(masked) ^ repeated).to_bytes(length)))
            data = data[end:]
        return data

    def _reply(self, request: dict[str, dict[str, str]]) -> None:
        path, query = _PATHS[str(request["method"])], urlencode(request["params"])
        result = self._answer(f"{path}?{query}".encode())
        name = json.dumps(request["id"]).encode()
        body = b'{"id":%s,"status":200,"result":%s,"rateLimits":%s}' % (name, result, _LIMITS)
        head = struct.pack("!BBH", _TEXT, 126, len(body)) if len(body) > 125 else struct.pack("!BB", _TEXT, len(body))
        self._transport.write(head + body)
