"""Signing: the signed text, the place of the signature, and the distinction of success and refusal."""

from __future__ import annotations

import json

from venuekit.plugin import EncodedRequest, HttpRequest, HttpResponse, Refusal, Stamp

KEY_HEADER = "X-Toy-Key"


class ToySigning:
    """The query string ends with time, window and signature; signed is the verb, a blank, and path with query."""

    __slots__ = ()

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        """Return the exact bytes to sign."""
        stamped = f"time={stamp.timestamp}&window={stamp.recv_window}"
        query = f"{encoded.query}&{stamped}" if encoded.query else stamped
        return f"{encoded.verb} {encoded.path}?{query}".encode()

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:
        """Return the request with its signature."""
        _, _, target = payload.decode().partition(" ")
        return HttpRequest(encoded.verb, f"{encoded.base}{target}&signature={signature.hex()}", {KEY_HEADER: stamp.key})

    def without_signature(self, encoded: EncodedRequest, stamp: Stamp | None) -> HttpRequest:
        """Return a request that needs no signature."""
        url = f"{encoded.base}{encoded.path}" + (f"?{encoded.query}" if encoded.query else "")
        return HttpRequest(encoded.verb, url, {} if stamp is None else {KEY_HEADER: stamp.key})


def toy_answers(response: HttpResponse) -> Refusal | None:
    """Return the refusal in an answer, None for a success; the decoder checks whether a success can be read."""
    if 200 <= response.status < 300:
        return None
    try:
        error = json.loads(response.body)["error"]
        return Refusal(code=int(error["code"]), message=str(error["message"]), retry_after=error.get("retryAfter"))
    except (ValueError, LookupError, TypeError):
        return Refusal(code=None, message="")
