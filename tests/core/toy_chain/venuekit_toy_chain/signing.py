"""Signing: typed data over the body of a request, with a nonce; and the venue's two kinds of answers."""

from __future__ import annotations

import json

from venuekit.plugin import EncodedRequest, HttpRequest, HttpResponse, Refusal, Stamp, read_foreign

_HEADERS = {"Content-Type": "application/json"}
#: between the signed structure and its end
SIGNATURE = ',"signature":"0x'


def _with_members(body: bytes | None, members: str) -> bytes:
    """Return a JSON object with further members at its end."""
    begin = (body or b"{}")[:-1]
    return begin + (b"," if len(begin) > 1 else b"") + members.encode() + b"}"


class ChainSigning:
    """
    The body carries wallet, vault, nonce and signature beside its parameters.

    Signed is the body without the signature. A read of an account is not signed: it names the wallet.
    """

    __slots__ = ()

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        """Return the typed data: the structure whose digest the wallet signs."""
        return _with_members(encoded.body, f'{_names(stamp)},"nonce":{stamp.nonce}')

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:
        """Return the request with its signature, in hex."""
        body = payload[:-1] + f'{SIGNATURE}{signature.hex()}"}}'.encode()
        return HttpRequest(encoded.verb, encoded.base + encoded.path, _HEADERS, body)

    def without_signature(self, encoded: EncodedRequest, stamp: Stamp | None) -> HttpRequest:
        """Return a read: public, or of the wallet that the stamp names."""
        body = encoded.body if stamp is None else _with_members(encoded.body, _names(stamp))
        return HttpRequest(encoded.verb, encoded.base + encoded.path, _HEADERS, body)


def _names(stamp: Stamp) -> str:
    names = {"wallet": stamp.key, **stamp.fields}
    return json.dumps(names, separators=(",", ":"))[1:-1]


def chain_answers(response: HttpResponse) -> Refusal | None:
    """Return the refusal in an answer, None for a success: an answer is either ``ok`` or ``err``."""
    try:
        answer = json.loads(response.body)
        if "ok" in answer:
            return None
        error = answer["err"]
        return Refusal(code=str(error["kind"]), message=str(error["text"]), retry_after=error.get("wait"))
    except (ValueError, LookupError, TypeError):
        if 200 <= response.status < 300:
            raise ValueError("the answer is neither ok nor err") from None
        return read_foreign(response)
