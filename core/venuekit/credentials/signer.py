"""Signers: the algorithms that sign bytes with a secret."""

from __future__ import annotations

import hmac
from typing import Literal, Protocol, get_args

from venuekit.credentials.secret import Secret

#: the hash below an HMAC
Digest = Literal["sha256", "sha512"]


class Signer(Protocol):
    """
    Signs bytes; an implementation may keep the key in another process or device.

    Requests of one account are signed concurrently. An error means that the request was not sent; its text is shown.
    """

    async def sign(self, payload: bytes) -> bytes:
        """Return the raw signature of ``payload``; the venue's signing scheme writes it as hex, base64 or otherwise."""


class HmacSigner:
    """
    HMAC with a precomputed key state, which each signature copies.

    The key is the secret's text as UTF-8. A signature has 32 bytes with ``sha256``, 64 with ``sha512``.

    Raises:
        ValueError: the digest is none of these.
    """

    __slots__ = ("_keyed",)

    def __init__(self, secret: Secret, digest: Digest = "sha256") -> None:
        if digest not in get_args(Digest):
            raise ValueError(f"an HmacSigner has no digest {digest!r}; there are {', '.join(get_args(Digest))}")
        self._keyed = hmac.new(secret.reveal().encode(), digestmod=digest)

    async def sign(self, payload: bytes) -> bytes:
        """Return the signature, as raw bytes."""
        keyed = self._keyed.copy()
        keyed.update(payload)
        return keyed.digest()

    def __repr__(self) -> str:
        return "HmacSigner(***)"
