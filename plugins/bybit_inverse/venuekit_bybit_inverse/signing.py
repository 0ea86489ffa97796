"""The signature of Bybit's requests: a header, over timestamp, key, receive window and the text sent."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

from venuekit.plugin import EncodedRequest, HttpRequest, Stamp

_KEY = "X-BAPI-API-KEY"
_JSON = {"Content-Type": "application/json"}
#: bytes of a signature by HMAC-SHA256, which is written in hex; those of RSA keys are written in base64
_HMAC_LENGTH = 32


class BybitSigning:
    """
    The V5 header scheme.

    The signed text is timestamp, key and receive window without separators, followed by the query string exactly as
    it is sent, or by the exact bytes of the JSON body; a POST without parameters signs and sends ``{}``.
    """

    __slots__ = ()

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        """Return the exact bytes to sign."""
        return f"{stamp.timestamp}{stamp.key}{stamp.recv_window}{encoded.query}".encode() + (_body(encoded) or b"")

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:  # noqa: ARG002 (the query is sent as it was signed)
        """Return the request with key, timestamp, receive window and signature in its headers."""
        body = _body(encoded)
        headers = {
            _KEY: stamp.key,
            "X-BAPI-TIMESTAMP": str(stamp.timestamp),
            "X-BAPI-RECV-WINDOW": str(stamp.recv_window),
            "X-BAPI-SIGN": write_signature(signature),
            "X-BAPI-SIGN-TYPE": "2",
        }
        if body is not None:
            headers |= _JSON
        return HttpRequest(encoded.verb, _url(encoded), headers, body)

    def without_signature(self, encoded: EncodedRequest, stamp: Stamp | None) -> HttpRequest:
        """Return a request that needs no signature."""
        body = _body(encoded)
        headers: Mapping[str, str] = {} if body is None else _JSON
        return HttpRequest(
            encoded.verb, _url(encoded), headers if stamp is None else {**headers, _KEY: stamp.key}, body
        )


def websocket_payload(expires: int) -> bytes:
    """Return the text that is signed to authenticate on a WebSocket until ``expires``, milliseconds since 1970."""
    return f"GET/realtime{expires}".encode()


def write_signature(signature: bytes) -> str:
    """Return a signature as it is sent, in a header or in a message."""
    return signature.hex() if len(signature) == _HMAC_LENGTH else b64encode(signature).decode()


def _body(encoded: EncodedRequest) -> bytes | None:
    # A GET with a body, even an empty one, is answered with status 403.
    return None if encoded.verb == "GET" else encoded.body or b"{}"


def _url(encoded: EncodedRequest) -> str:
    url = encoded.base + encoded.path
    return f"{url}?{encoded.query}" if encoded.query else url
