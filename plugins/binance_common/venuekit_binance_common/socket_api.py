"""The WebSocket API of both products: its messages, their signature, and the logon of Ed25519 keys."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from venuekit.plugin import (
    CheckedValue,
    HttpResponse,
    KeyKind,
    Security,
    SocketApi,
    SocketCall,
    SocketLogon,
    SocketMessage,
    SocketNotice,
    Stamp,
)
from venuekit_binance_common.venue import WEIGHT

_LOGON = SocketCall("session.logon", {}, Security.SIGNED)
_NO_HEADERS: Mapping[str, str] = {}
#: types of values that are written as they are
_AS_IT_IS = frozenset({str, int})
#: bytes of a signature by HMAC-SHA256, which is written in hex; those of RSA and Ed25519 keys are written in base64
_HMAC_LENGTH = 32


class BinanceForm:
    """
    The form of messages: ``{"id", "method", "params"}``, answered by ``{"id", "status", "result" or "error"}``.

    The text that is signed are all parameters, the key among them, by name in alphabetical order, as they are and not
    quoted. The venue documents both true and false as texts.
    """

    __slots__ = ()

    def fill(self, call: SocketCall, stamp: Stamp, /, *, is_logged_on: bool) -> SocketMessage:
        """Return the message without id and signature; after a logon the key is left out, the time is not."""
        parameters: dict[str, Any] = {**call.values}
        if not _AS_IT_IS.issuperset(map(type, parameters.values())):
            parameters = {name: _written(value) for name, value in parameters.items()}
        if call.security is Security.SIGNED:
            parameters["recvWindow"] = stamp.recv_window
            parameters["timestamp"] = stamp.timestamp
        if not is_logged_on:
            parameters["apiKey"] = stamp.key
        return {"method": call.method, "params": parameters}

    def payload(self, message: SocketMessage, /) -> bytes:
        """Return the exact bytes to sign."""
        parameters = message["params"]
        return "&".join(map("%s=%s".__mod__, sorted(parameters.items()))).encode()

    def attach_signature(self, message: SocketMessage, signature: bytes, /) -> None:
        """Put the signature among the parameters."""
        written = signature.hex() if len(signature) == _HMAC_LENGTH else b64encode(signature).decode()
        message["params"]["signature"] = written

    def read(self, fields: Mapping[str, bytes], /) -> HttpResponse:
        """Return an answer as it is over HTTP: a body of its result or error alone."""
        body = fields["result"] if "result" in fields else fields["error"]
        return HttpResponse(int(fields["status"]), _NO_HEADERS, body, fields.get("rateLimits", b""))

    def notice(self, fields: Mapping[str, bytes], /) -> SocketNotice:  # noqa: ARG002 - nothing without an id is good news
        """Say that the session is over: its key was revoked, or a message could not be read."""
        return SocketNotice.END


def _written(value: CheckedValue) -> str | int:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str | int) else json.dumps(value, separators=(",", ":"))


_FORM = BinanceForm()


def _make_logon(stamp: Stamp) -> SocketMessage:
    return _FORM.fill(_LOGON, stamp, is_logged_on=False)


def socket_api(path: str) -> SocketApi:
    """Return the WebSocket API of a product, at a path such as ``/ws-fapi/v1``."""
    return SocketApi(
        form=_FORM,
        path=path,
        logon=SocketLogon(
            message=_make_logon,
            payload=_FORM.payload,
            attach_signature=_FORM.attach_signature,
            key_kinds=frozenset({KeyKind.ED25519}),
        ),
        connection_life=timedelta(hours=24),
        opening={WEIGHT: 5},
    )
