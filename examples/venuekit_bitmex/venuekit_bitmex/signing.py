"""Signing: a hexadecimal HMAC-SHA256 in a header, over verb, path with query, expiry in seconds, and body."""

from __future__ import annotations

import venuekit.plugin as vk

KEY, EXPIRES, SIGNATURE = "api-key", "api-expires", "api-signature"


def signed_text(verb: str, target: str, expires: str, body: bytes) -> bytes:
    """Return the bytes that the signature is over, for client and venue; ``target`` is the path with its query."""
    return f"{verb}{target}{expires}".encode() + body


class BitmexSigning:
    """A request says in whole seconds until when it is valid; key, expiry and signature travel in headers."""

    def payload(self, encoded: vk.EncodedRequest, stamp: vk.Stamp) -> bytes:
        """Return the exact bytes to sign."""
        return signed_text(encoded.verb, encoded.target, _expires(stamp), encoded.body or b"")

    def attach_signature(
        self, encoded: vk.EncodedRequest, stamp: vk.Stamp, payload: bytes, signature: bytes
    ) -> vk.HttpRequest:
        """Return the request with its signature."""
        return encoded.with_headers({KEY: stamp.key, EXPIRES: _expires(stamp), SIGNATURE: signature.hex()})

    def without_signature(self, encoded: vk.EncodedRequest, stamp: vk.Stamp | None) -> vk.HttpRequest:
        """Return a public request."""
        return encoded.with_headers({})


def _expires(stamp: vk.Stamp) -> str:
    """Return the last whole second of the window: later than that, nothing may be carried out."""
    return str((stamp.timestamp + stamp.recv_window) // 1000)
