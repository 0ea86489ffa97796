"""The keys that a simulated venue accepts."""

from __future__ import annotations

import hashlib
import hmac
import random
import string

import attrs

__all__ = ["KEY_LENGTH", "SimKey", "is_hmac_sha256", "make_key"]

#: keys and secrets are that many letters and digits
KEY_LENGTH = 64
_ALPHABET = string.ascii_letters + string.digits


@attrs.frozen
class SimKey:
    """
    An API key of the simulated account, with its secret; a read-only one is refused writes.

    ``sub_account`` says that the account belongs to another one: what only a master account may, a simulated venue
    refuses it.
    """

    key: str = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)
    read_only: bool = False
    sub_account: bool = False


def make_key(seed: int, *, read_only: bool = False, sub_account: bool = False) -> SimKey:
    """Return a key that depends on nothing but the seed."""
    purpose = "read-only" if read_only else "sub-account" if sub_account else "trading"
    source = random.Random(f"venuekit {purpose} key {seed}")  # noqa: S311  - must repeat; it opens nothing real

    def text() -> str:
        return "".join(source.choices(_ALPHABET, k=KEY_LENGTH))

    return SimKey(text(), text(), read_only, sub_account)


def is_hmac_sha256(secret: str, payload: bytes, signature: str) -> bool:
    """Say whether ``signature`` is the hexadecimal HMAC-SHA256 of ``payload``, in either case of letters."""
    expected = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.lower().encode())
