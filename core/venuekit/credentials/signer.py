"""Signers: the algorithms that sign bytes with a secret."""

from __future__ import annotations

import enum
import hmac
from typing import Protocol

from venuekit.credentials.secret import Secret


class SignatureAlgorithm(enum.StrEnum):
    """The algorithm of a signature."""

    HMAC_SHA256 = "hmac_sha256"


class Signer(Protocol):
    """Signs bytes; an implementation may keep the key in another process."""

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """The algorithm of the signatures."""

    async def sign(self, payload: bytes) -> str:
        """Return the signature as text: lower-case hex for HMAC."""


class HmacSigner:
    """HMAC-SHA256 with a precomputed key state, which each signature copies."""

    __slots__ = ("_keyed",)

    def __init__(self, secret: Secret) -> None:
        self._keyed = hmac.new(secret.reveal().encode(), digestmod="sha256")

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """HMAC-SHA256."""
        return SignatureAlgorithm.HMAC_SHA256

    async def sign(self, payload: bytes) -> str:
        """Return the signature in lower-case hex."""
        keyed = self._keyed.copy()
        keyed.update(payload)
        return keyed.hexdigest()

    def __repr__(self) -> str:
        return "HmacSigner(***)"
