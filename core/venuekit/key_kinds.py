"""Kinds of keys: the algorithms by which accounts sign, as a venue declares those that it takes."""

from __future__ import annotations

import enum
from collections.abc import Collection


class KeyKind(enum.StrEnum):
    """
    How an account signs: with a secret that the venue has, too, or with a private key of which it has the public half.

    The secret of ``HMAC`` is a text, and its signature HMAC-SHA256. That of the others is a private key in PEM: ``RSA``
    of 2048 bits or more signs by RSASSA-PKCS1-v1_5 over SHA-256, ``ED25519`` the bytes themselves.
    """

    HMAC = "hmac"
    RSA = "rsa"
    ED25519 = "ed25519"

    @property
    def label(self) -> str:
        """How people write it, such as Ed25519."""
        return "Ed25519" if self is KeyKind.ED25519 else self.value.upper()


def list_kinds(kinds: Collection[KeyKind]) -> str:
    """Return kinds as words in their usual order, such as ``HMAC and RSA``."""
    *others, last = (kind.label for kind in KeyKind if kind in kinds)
    return f"{', '.join(others)} and {last}" if others else last


def check_kinds(venue_id: str, kinds: Collection[KeyKind]) -> None:
    """
    Check the kinds that a venue declares.

    Raises:
        TypeError: one is no KeyKind.
        ValueError: there are none.
    """
    for kind in kinds:
        if not isinstance(kind, KeyKind):
            raise TypeError(f"{venue_id}: its key_kinds hold {kind!r}; each is a KeyKind")
    if not kinds:
        raise ValueError(f"{venue_id}: its key_kinds are none; name those of its keys, such as KeyKind.HMAC")
