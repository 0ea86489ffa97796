"""Signing: base64 of an HMAC-SHA512 in a header, over verb, path, expiry, sub-account and body."""

from __future__ import annotations

import base64

from venuekit.plugin import (
    CredentialField,
    EncodedRequest,
    HmacSigner,
    HttpRequest,
    Signer,
    SignerFields,
    Stamp,
)

KEY = "X-Swap-Key"
PASSPHRASE = "X-Swap-Passphrase"
SUBACCOUNT = "X-Swap-Subaccount"
EXPIRES = "X-Swap-Expires"
SIGNATURE = "X-Swap-Signature"
TOKEN = "X-Swap-Token"

#: marks every request to the demo, which is on the live host
DEMO_HEADERS = {"X-Swap-Demo": "1"}


def _check_subaccount(text: str) -> str | None:
    return None if text.isascii() and text.isdigit() else "is no sub-account: give its number, such as 2"


FIELDS = (
    CredentialField("passphrase", "the passphrase that was chosen when the key was made"),
    CredentialField(
        "subaccount",
        "the number of a sub-account below the key, left out for the master account",
        secret=False,
        required=False,
        names_account=True,
        check=_check_subaccount,
    ),
)


def make_signer(fields: SignerFields) -> Signer:
    """Return the signer of an account."""
    return HmacSigner(fields.secret, "sha512")


def signed_text(verb: str, target: str, expires: str, subaccount: str, body: bytes) -> bytes:
    """Return the bytes that the signature is over, for client and venue; ``target`` is the path with its query."""
    return f"{verb}\n{target}\n{expires}\n{subaccount}\n".encode() + body


class SwapSigning:
    """The request says until when it is valid; all that the venue adds travels in headers."""

    __slots__ = ()

    def payload(self, encoded: EncodedRequest, stamp: Stamp) -> bytes:
        """Return the exact bytes to sign."""
        subaccount = stamp.fields.get("subaccount", "")
        return signed_text(encoded.verb, _target(encoded), _expires(stamp), subaccount, encoded.body or b"")

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:
        """Return the request with its signature in a header."""
        headers = {
            KEY: stamp.key,
            PASSPHRASE: stamp.fields["passphrase"],
            EXPIRES: _expires(stamp),
            SIGNATURE: base64.b64encode(signature).decode(),
        }
        if "subaccount" in stamp.fields:
            headers[SUBACCOUNT] = stamp.fields["subaccount"]
        return _request(encoded, headers)

    def without_signature(self, encoded: EncodedRequest, stamp: Stamp | None) -> HttpRequest:
        """Return a request with the session token, or with nothing."""
        return _request(encoded, {} if stamp is None else {TOKEN: stamp.token})


def _target(encoded: EncodedRequest) -> str:
    return f"{encoded.path}?{encoded.query}" if encoded.query else encoded.path


def _expires(stamp: Stamp) -> str:
    return str(stamp.timestamp + stamp.recv_window)


def _request(encoded: EncodedRequest, headers: dict[str, str]) -> HttpRequest:
    if encoded.content_type is not None:
        headers["Content-Type"] = encoded.content_type
    return HttpRequest(encoded.verb, f"{encoded.base}{_target(encoded)}", headers, encoded.body)
