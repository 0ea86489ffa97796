"""
Wallets: private keys, their addresses, and signatures over typed data.

A real chain signs with a curve; this one keys a hash, so that the tests need no library for it. The simulated venue
knows the private keys and checks every signature.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from venuekit.plugin import CredentialsError, SignerFields

_DOMAIN = hashlib.sha256(b"Toy Chain, version 1").digest()
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_PRIVATE_KEY = re.compile(r"0x[0-9a-f]{64}")


def fault_of_address(text: str) -> str | None:
    """Return why a text is no address, None for an address."""
    return None if _ADDRESS.fullmatch(text) else "is no wallet's address: it has 40 lower-case hex digits behind 0x"


def fault_of_private_key(text: str) -> str | None:
    """Return why a text is no private key, None for one."""
    if _PRIVATE_KEY.fullmatch(text):
        return None
    return "is no wallet's private key: it has 64 lower-case hex digits behind 0x"


def address_of(private_key: str) -> str:
    """Return the address of a private key."""
    return "0x" + hashlib.sha256(b"address of " + bytes.fromhex(private_key[2:])).hexdigest()[:40]


def sign_typed(private_key: bytes, typed: bytes) -> bytes:
    """Return the signature of typed data: a structure, written as JSON, below the venue's domain."""
    digest = hashlib.sha256(_DOMAIN + hashlib.sha256(typed).digest()).digest()
    return hmac.new(private_key, digest, "sha256").digest()


class WalletSigner:
    """Signs typed data with the private key of one wallet."""

    __slots__ = ("_private_key",)

    def __init__(self, fields: SignerFields) -> None:
        self._private_key = bytes.fromhex(fields.secret.reveal()[2:])

    async def sign(self, payload: bytes) -> bytes:
        """Return the signature, 32 bytes."""
        return sign_typed(self._private_key, payload)

    def __repr__(self) -> str:
        return "WalletSigner(***)"


def make_signer(fields: SignerFields) -> WalletSigner:
    """
    Return the signer of a wallet.

    Raises:
        CredentialsError: the secret is the private key of another wallet.
    """
    if address_of(fields.secret.reveal()) != fields.key.reveal():
        raise CredentialsError("toy_chain: the secret is the private key of another wallet than the key names")
    return WalletSigner(fields)
