"""Requests signed by a wallet: user, signer and nonce among the parameters, and a signature over all of them."""

from __future__ import annotations

from venuekit.plugin import EncodedRequest, HttpRequest, Stamp

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class WalletSigning:
    """
    The signature covers the parameters as they are sent, and is the last of them.

    A GET carries them in its query string, every other verb in a form, as the venue documents it. There is neither a
    key in a header nor a timestamp: the wallet's address is ``user``, and the nonce is the time.
    """

    __slots__ = ()

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        """Return the exact bytes to sign."""
        own = f"nonce={stamp.nonce}&user={stamp.key}&signer={stamp.fields[SIGNER]}"
        body = "" if encoded.body is None else encoded.body.decode("ascii")
        return "&".join(part for part in (encoded.query, body, own) if part).encode("ascii")

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:  # noqa: ARG002  (a wallet's address is signed, too)
        """Return the request with its signature; the bytes sent are those that were signed."""
        text = b"%b&signature=0x%b" % (payload, signature.hex().encode("ascii"))
        url = f"{encoded.base}{encoded.path}"
        if encoded.verb == "GET":
            return HttpRequest("GET", f"{url}?{text.decode('ascii')}", {})
        return HttpRequest(encoded.verb, url, dict(_FORM), text)

    def without_signature(self, encoded: EncodedRequest, stamp: Stamp | None) -> HttpRequest:  # noqa: ARG002  (a wallet signs or says nothing)
        """Return a request that needs no signature; nothing in it names the account."""
        query = f"?{encoded.query}" if encoded.query else ""
        headers = {} if encoded.body is None else dict(_FORM)
        return HttpRequest(encoded.verb, f"{encoded.base}{encoded.path}{query}", headers, encoded.body)


#: the field of credentials with the address of the wallet that signs
SIGNER = "signer"
