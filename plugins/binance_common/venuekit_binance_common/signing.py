"""The signing scheme: what text is signed, and where key and signature go."""

from __future__ import annotations

from urllib.parse import quote

from venuekit.message import HttpRequest
from venuekit.venue import Draft, Stamp

__all__ = ["API_KEY_HEADER", "QuerySigning"]

API_KEY_HEADER = "X-MBX-APIKEY"
_FORM = "application/x-www-form-urlencoded"


def _joined(*parts: str) -> str:
    return "&".join(part for part in parts if part)


class QuerySigning:
    """
    The signature covers the query string followed immediately by the form body, and is the last parameter.

    Receive window and timestamp go where the signature goes: to the end of the body when there is one, else to the
    end of the query. Everything is encoded before it is signed, and sent as it was signed.
    """

    __slots__ = ()

    def payload(self, draft: Draft, stamp: Stamp) -> bytes:
        """Return the exact bytes to sign."""
        window = f"recvWindow={stamp.recv_window}&timestamp={stamp.timestamp}"
        if draft.body is None:
            return (f"{draft.query}&{window}" if draft.query else window).encode("ascii")
        return (draft.query + _joined(draft.body.decode("ascii"), window)).encode("ascii")

    def signed(self, draft: Draft, stamp: Stamp, payload: bytes, signature: str) -> HttpRequest:
        """Return the request with its signature; what is sent is byte for byte what was signed."""
        if not signature.isalnum():  # hex needs no quoting, base64 does
            signature = quote(signature, safe="")
        text = payload.decode("ascii")
        headers = {API_KEY_HEADER: stamp.key}
        if draft.body is None:
            return HttpRequest(draft.verb, f"{draft.base}{draft.path}?{text}&signature={signature}", headers)
        body = f"{text[len(draft.query) :]}&signature={signature}"
        headers["Content-Type"] = _FORM
        return HttpRequest(draft.verb, _url(draft), headers, body.encode("ascii"))

    def unsigned(self, draft: Draft, key: str | None) -> HttpRequest:
        """Return a request that needs no signature, with the API key in its header when there is one."""
        headers = {} if key is None else {API_KEY_HEADER: key}
        if draft.body is not None:
            headers["Content-Type"] = _FORM
        return HttpRequest(draft.verb, _url(draft), headers, draft.body)


def _url(draft: Draft) -> str:
    query = f"?{draft.query}" if draft.query else ""
    return f"{draft.base}{draft.path}{query}"
