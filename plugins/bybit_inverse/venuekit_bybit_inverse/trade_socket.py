"""The trade socket: orders as messages of a connection that was authenticated once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from venuekit.plugin import HttpResponse, SocketApi, SocketCall, SocketLogon, SocketMessage, SocketNotice, Stamp
from venuekit_bybit_inverse.signing import websocket_payload, write_signature

#: for how long a message that authenticates is valid, in milliseconds
_VALID = 10_000
_AUTHENTICATION, _PONG = b'"auth"', b'"pong"'


class TradeForm:
    """
    The form of messages: ``{"reqId", "header", "op", "args"}``, answered by ``{"reqId", "retCode", "retMsg", "data"}``.

    The time of a request and its window travel in its header; nothing of it is signed.
    """

    __slots__ = ()

    def fill(self, call: SocketCall, stamp: Stamp, /, *, is_logged_on: bool) -> SocketMessage:  # noqa: ARG002 - no request is sent without
        """Return the message of an order, without its id."""
        header = {"X-BAPI-TIMESTAMP": str(stamp.timestamp), "X-BAPI-RECV-WINDOW": str(stamp.recv_window)}
        return {"header": header, "op": call.method, "args": [call.values]}

    def payload(self, message: SocketMessage, /) -> bytes:
        """Return the bytes to sign of a message that authenticates: its key is followed by the end of its life."""
        return websocket_payload(message["args"][1])

    def attach_signature(self, message: SocketMessage, signature: bytes, /) -> None:
        """Put the signature behind them."""
        message["args"].append(write_signature(signature))

    def read(self, fields: Mapping[str, bytes], /) -> HttpResponse:
        """Return an answer in the envelope that it has over HTTP, with the limits as its headers."""
        headers: dict[str, Any] = json.loads(fields.get("header", b"{}"))
        parts = [b'"retCode":' + fields["retCode"], b'"retMsg":' + fields["retMsg"]]
        parts.append(b'"result":' + fields.get("data", b"{}"))
        parts.append(b'"retExtInfo":' + fields.get("retExtInfo", b"{}"))
        moment = headers.get("Timenow")
        if isinstance(moment, str) and moment.isdecimal():
            parts.append(b'"time":' + moment.encode())
        return HttpResponse(200, {name: str(value) for name, value in headers.items()}, b"{" + b",".join(parts) + b"}")

    def notice(self, fields: Mapping[str, bytes], /) -> SocketNotice:
        """Say what a message without an id is: the answer to the authentication, or to a ping."""
        operation = fields.get("op")
        if operation == _AUTHENTICATION:
            return SocketNotice.LOGON
        return SocketNotice.ALIVE if operation == _PONG else SocketNotice.END


_FORM = TradeForm()


def _authentication(stamp: Stamp) -> SocketMessage:
    return {"op": "auth", "args": [stamp.key, stamp.timestamp + _VALID]}


TRADE_SOCKET = SocketApi(
    form=_FORM,
    path="/v5/trade",
    id_field="reqId",
    logon=SocketLogon(
        message=_authentication, payload=_FORM.payload, attach_signature=_FORM.attach_signature, has_id=False
    ),
    ping='{"op":"ping"}',
)
