"""Secrets: text that is never shown; and signers: the algorithms that sign bytes with one."""

from __future__ import annotations

import enum
import hmac
from typing import NoReturn, Protocol, SupportsIndex
from weakref import WeakValueDictionary

_living: WeakValueDictionary[int, Secret] = WeakValueDictionary()


def living_secrets() -> tuple[Secret, ...]:
    """Return every secret of this process that is still in use: the redactor hides them."""
    return tuple(_living.values())


class Secret:
    """
    A text that only :meth:`reveal` returns.

    Its repr, str and format are masked, and it refuses to be pickled or copied into another process: pass a
    reference such as ``env:NAME`` instead.
    """

    __slots__ = ("__text", "__weakref__")

    def __init__(self, text: str) -> None:
        self.__text = text
        _living[id(self)] = self

    def reveal(self) -> str:
        """Return the text; call it only where the bytes are needed."""
        return self.__text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, format_spec: str) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.__text == other.__text

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a Secret cannot be pickled; pass a reference such as env:NAME instead")


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
