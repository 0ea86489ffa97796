"""Signing: what text is signed, where the signature goes, and how answers tell success from refusal."""

from __future__ import annotations

import json

from venuekit.message import HttpRequest, HttpResponse
from venuekit.venue import Draft, Refusal, Stamp

__all__ = ["KEY_HEADER", "ToySigning", "toy_answers"]

KEY_HEADER = "X-Toy-Key"


class ToySigning:
    """The query string ends with time, window and signature; signed is the verb, a blank, and path with query."""

    __slots__ = ()

    def payload(self, draft: Draft, stamp: Stamp) -> bytes:
        """Return the exact bytes to sign."""
        stamped = f"time={stamp.timestamp}&window={stamp.recv_window}"
        query = f"{draft.query}&{stamped}" if draft.query else stamped
        return f"{draft.verb} {draft.path}?{query}".encode()

    def signed(self, draft: Draft, stamp: Stamp, payload: bytes, signature: str) -> HttpRequest:
        """Return the request with its signature."""
        _, _, target = payload.decode().partition(" ")
        return HttpRequest(draft.verb, f"{draft.base}{target}&signature={signature}", {KEY_HEADER: stamp.key})

    def unsigned(self, draft: Draft, key: str | None) -> HttpRequest:
        """Return a request that needs no signature."""
        url = f"{draft.base}{draft.path}" + (f"?{draft.query}" if draft.query else "")
        return HttpRequest(draft.verb, url, {} if key is None else {KEY_HEADER: key})


def toy_answers(response: HttpResponse) -> Refusal | None:
    """Return what was refused; the decoder finds out whether a success can be read."""
    if 200 <= response.status < 300:
        return None
    try:
        error = json.loads(response.body)["error"]
        return Refusal(code=int(error["code"]), message=str(error["message"]), retry_after=error.get("retryAfter"))
    except (ValueError, LookupError, TypeError):
        return Refusal(code=None, message="")
