"""Signers: how bytes are signed; the credentials' half of signing."""

from __future__ import annotations

import enum
import hashlib
from typing import Protocol

from venuekit.credentials.secret import Secret

__all__ = ["HmacSigner", "SignatureAlgorithm", "Signer"]


class SignatureAlgorithm(enum.StrEnum):
    """How a signature was made."""

    HMAC_SHA256 = "hmac_sha256"


class Signer(Protocol):
    """Signs bytes; an implementation may keep the key in another process."""

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """How the signatures are made."""

    async def sign(self, payload: bytes) -> str:
        """Return the signature as text: lower-case hex for HMAC."""


class HmacSigner:
    """
    HMAC-SHA256 (RFC 2104) with a key that was scheduled once; each signature copies that state.

    The two hashes themselves are kept: a signature costs half as much as by :mod:`hmac`, which wraps them.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, secret: Secret) -> None:
        self._inner, self._outer = _key_schedule(secret)

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """HMAC-SHA256."""
        return SignatureAlgorithm.HMAC_SHA256

    async def sign(self, payload: bytes) -> str:
        """Return the signature in lower-case hex."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(payload)
        outer.update(inner.digest())
        return outer.hexdigest()

    def __repr__(self) -> str:
        return "HmacSigner(***)"


_BLOCK = 64
_INNER, _OUTER = bytes(byte ^ 0x36 for byte in range(256)), bytes(byte ^ 0x5C for byte in range(256))


def _key_schedule(secret: Secret) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Return both hashes, the key already in them; a key longer than a block stands in as its hash."""
    key = secret.reveal().encode()
    key = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return hashlib.sha256(key.translate(_INNER)), hashlib.sha256(key.translate(_OUTER))
